#include "source/inspect.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "source/replaces.h"

#define BUFFER_SIZE ((size_t)1 << 16)

bool inspector_init(struct inspector *in)
{
    *in = (struct inspector){.buffer = mem_alloc(BUFFER_SIZE)};
    if (in->buffer && hasher_init_sha384(&in->hasher))
        return true;
    inspector_clear(in);
    return false;
}

void inspector_clear(struct inspector *in)
{
    hasher_clear(&in->hasher);
    mem_free(in->buffer);
    in->buffer = NULL;
}

/* ---- no-transaction ---------------------------------------------------------------------------------------------- */

/* "-- no-transaction" and nothing else but white space; also without the space behind the dashes. */
static bool is_directive_line(struct slice line)
{
    line = slice_trim(line);
    if (!slice_starts(line, SLICE("--")))
        return false;
    return slice_eq(slice_trim(slice_sub(line, 2, line.n)), SLICE("no-transaction"));
}

static uint32_t count_lines(struct slice s)
{
    uint32_t n = 0;
    for (const char *p = s.p, *end = s.p + s.n; s.n && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

/* The length of the white space or comment that starts at `at`; 0 = something else stands there. */
static size_t skip_trivia(struct slice text, size_t at, bool *found)
{
    struct slice rest = slice_sub(text, at, text.n);
    if (rest.p[0] == ' ' || (rest.p[0] >= '\t' && rest.p[0] <= '\r'))
        return 1;
    if (slice_starts(rest, SLICE("--"))) {
        size_t end = slice_find_byte(rest, '\n');
        struct slice line = slice_sub(rest, 0, end);
        *found = is_directive_line(line);
        return line.n;
    }
    if (slice_starts(rest, SLICE("/*"))) {
        size_t end = slice_find(slice_sub(rest, 2, rest.n), SLICE("*/"));
        return end == SIZE_MAX ? rest.n : end + 4;
    }
    return 0;
}

bool inspect_no_transaction(struct slice text, uint32_t *hidden_line)
{
    *hidden_line = 0;
    if (slice_starts(text, SLICE("-- no-transaction")))
        return true;
    size_t at = slice_starts(text, UTF8_BOM) ? UTF8_BOM.n : 0;
    while (at < text.n) {
        bool found = false;
        size_t n = skip_trivia(text, at, &found);
        if (found) {
            *hidden_line = 1 + count_lines(slice_sub(text, 0, at));
            return true;
        }
        if (n == 0)
            return false;
        at += n;
    }
    return false;
}

/* ---- one file ---------------------------------------------------------------------------------------------------- */

/* What is carried from one piece to the next. */
struct progress {
    uint64_t done;  /* bytes before this piece */
    uint32_t lines; /* line ends before this piece */
};

/* Looks for a NUL; sets where and in which line. */
static void look_for_nul(struct slice piece, const struct progress *at, struct inspection *out)
{
    size_t nul = out->nul == UINT64_MAX ? slice_find_byte(piece, '\0') : SIZE_MAX;
    if (nul == SIZE_MAX)
        return;
    out->nul = at->done + nul;
    out->nul_line = at->lines + 1 + count_lines(slice_sub(piece, 0, nul));
}

/*
 * Looks for invalid UTF-8. Returns how many bytes at the end of the piece must be looked at again with what follows,
 * because they may be the beginning of a character.
 */
static size_t look_at_utf8(struct slice piece, bool last, const struct progress *at, struct inspection *out)
{
    size_t fault = out->utf8_fault == UINT64_MAX ? utf8_fault(piece) : SIZE_MAX;
    if (fault == SIZE_MAX)
        return 0;
    if (!last && piece.n - fault < 4)
        return piece.n - fault;
    out->utf8_fault = at->done + fault;
    out->utf8_line = at->lines + 1 + count_lines(slice_sub(piece, 0, fault));
    return 0;
}

static void look_at_start(struct slice piece, struct inspection *out)
{
    out->bom = slice_starts(piece, UTF8_BOM);
    out->no_transaction = inspect_no_transaction(piece, &out->hidden_line);
    out->replaces = replaces_any(piece);
}

/* Reads the open file through; 0, an errno, or -1 when the hasher has no memory. */
static int read_through(struct inspector *in, struct folder_file *file, struct inspection *out)
{
    struct progress at = {0};
    size_t kept = 0; /* bytes at the front of the buffer that are hashed already */
    for (bool last = false; !last;) {
        size_t got;
        int problem = folder_file_read(file, in->buffer + kept, BUFFER_SIZE - kept, &got);
        if (problem)
            return problem;
        last = got < BUFFER_SIZE - kept;
        if (!hasher_add(&in->hasher, (struct slice){in->buffer + kept, got}))
            return -1;
        struct slice piece = {in->buffer, kept + got};
        if (at.done == 0)
            look_at_start(piece, out);
        look_for_nul(piece, &at, out);
        kept = look_at_utf8(piece, last, &at, out);
        if (!last) {
            at.done += piece.n - kept;
            at.lines += count_lines(slice_sub(piece, 0, piece.n - kept));
            memmove(in->buffer, in->buffer + piece.n - kept, kept);
        }
        out->size += got;
    }
    return 0;
}

int inspect_file(struct inspector *in, const struct folder *folder, const struct folder_entry *entry,
                 struct inspection *out, struct pawl_error *e)
{
    *out = (struct inspection){.utf8_fault = UINT64_MAX, .nul = UINT64_MAX};
    struct folder_file file;
    out->problem = folder_file_open(folder, entry, &file);
    if (out->problem)
        return PAWL_OK;
    int problem = hasher_begin(&in->hasher) ? read_through(in, &file, out) : -1;
    folder_file_close(&file);
    if (problem < 0 || (problem == 0 && !hasher_end(&in->hasher, out->checksum)))
        return err_nomem(e);
    out->problem = problem;
    return PAWL_OK;
}
