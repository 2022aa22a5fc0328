#include "source/replaces.h"

#include <inttypes.h>

#include "base/utf8.h"

static const struct slice DIRECTIVE = {"-- pawl: replaces ", 18}; /* as it is written; see is_directive */

/* ---- the head of a text ------------------------------------------------------------------------------------------ */

/* The comments in front of the first statement. */
struct head {
    struct slice text;
    size_t at;
    uint32_t line;
};

static void head_init(struct head *h, struct slice text)
{
    *h = (struct head){text, slice_starts(text, UTF8_BOM) ? UTF8_BOM.n : 0, 0};
}

/* Its next line; false where something else than a `--` comment or an empty line stands. */
static bool next_line(struct head *h, struct slice *out)
{
    if (h->at >= h->text.n)
        return false;
    struct slice rest = slice_sub(h->text, h->at, h->text.n);
    *out = slice_sub(rest, 0, slice_find_byte(rest, '\n'));
    h->at += out->n + 1;
    h->line++;
    *out = slice_trim(*out);
    return !out->n || slice_starts(*out, SLICE("--"));
}

static bool take(struct slice *s, struct slice word)
{
    if (!slice_starts(*s, word))
        return false;
    *s = slice_trim(slice_sub(*s, word.n, s->n));
    return true;
}

/* What stands behind the word in `rest`; spaces as source/annotate takes them. */
static bool is_directive(struct slice line, struct slice *rest)
{
    *rest = line;
    return take(rest, SLICE("--")) && take(rest, SLICE("pawl:")) && slice_starts(*rest, SLICE("replaces")) &&
           (rest->n == 8 || rest->p[8] == ' ' || rest->p[8] == '\t') && take(rest, SLICE("replaces"));
}

bool replaces_any(struct slice text)
{
    struct head h;
    struct slice line, rest;
    head_init(&h, text);
    while (next_line(&h, &line))
        if (is_directive(line, &rest))
            return true;
    return false;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static struct slice take_word(struct slice *s)
{
    *s = slice_trim(*s);
    struct slice word = slice_sub(*s, 0, slice_find_byte(*s, ' '));
    *s = slice_sub(*s, word.n, s->n);
    return word;
}

static bool read_digest(struct slice word, unsigned char out[REPLACED_BYTES])
{
    if (word.n != 2 * (size_t)REPLACED_BYTES)
        return false;
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return true;
}

/* NULL: it is fine. */
static const char *read_line(struct slice rest, const struct replaced *before, struct replaced *out)
{
    *out = (struct replaced){0};
    if (!slice_i64(take_word(&rest), &out->version) || out->version <= 0)
        return "`replaces` needs a version, a number from 1 on";
    if (!read_digest(take_word(&rest), out->digest))
        return "`replaces` needs the first 32 digits of a checksum behind the version, in lower case";
    if (before && out->version < before->version)
        return "versions of `replaces` must ascend";
    out->baseline = before && out->version == before->version;
    return NULL;
}

int replaces_read(struct arena *a, struct slice text, int64_t version, const struct replaced **out, size_t *n,
                  struct replaces_fault *fault, struct pawl_error *e)
{
    struct head h;
    struct slice line, rest;
    struct replaced *items = NULL;
    size_t cap = 0;
    *fault = (struct replaces_fault){0};
    *n = 0;
    head_init(&h, text);
    while (!fault->line && next_line(&h, &line)) {
        if (!is_directive(line, &rest))
            continue;
        void *grown = items;
        if (!arena_grow(a, &grown, &cap, *n, sizeof *items))
            return err_nomem(e);
        items = grown;
        const char *why = read_line(rest, *n ? &items[*n - 1] : NULL, &items[*n]);
        if (!why && items[*n].version > version)
            why = "a baseline replaces no later version than its own";
        if (why)
            *fault = (struct replaces_fault){h.line, why};
        else
            ++*n;
    }
    if (!fault->line && *n && items[*n - 1].version != version)
        *fault = (struct replaces_fault){h.line, "the last version that a baseline replaces must be its own"};
    if (fault->line)
        *n = 0;
    *out = items;
    return PAWL_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void add_line(struct strbuf *b, int64_t version, const unsigned char *digest, struct slice description)
{
    char digits[2 * REPLACED_BYTES + 1];
    hex_encode(digits, digest, REPLACED_BYTES);
    strbuf_add(b, DIRECTIVE);
    strbuf_addf(b, "%" PRId64 " %s%s" SLICE_FMT "\n", version, digits, description.n ? " " : "",
                SLICE_ARG(description));
}

void replaces_write(struct strbuf *b, const struct migration *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct migration *m = &items[i];
        for (size_t k = 0; k < m->n_replaces; k++)
            add_line(b, m->replaces[k].version, m->replaces[k].digest, SLICE(""));
        add_line(b, m->version, m->up.checksum, m->description);
    }
}
