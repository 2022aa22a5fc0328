#include "source/text.h"

#include "base/utf8.h"

/* How much of a mapped file is looked at before its pages are given back. */
#define WINDOW ((size_t)1 << 21)

static int fault_at(const struct migration_file *file, struct slice text, size_t offset, const char *what,
                    struct pawl_error *e)
{
    uint32_t line = 1;
    for (size_t i = 0; i < offset; i++)
        line += text.p[i] == '\n';
    err_set(e, PAWL_SOURCE, "%s at byte offset %zu", what, offset);
    err_place(e, file->path, line, 0);
    err_hint(e, "save the file as UTF-8 without NUL bytes");
    return PAWL_SOURCE;
}

/* The end of the window that begins at `from`: not within a character. */
static size_t window_end(struct slice text, size_t from)
{
    if (text.n - from <= WINDOW)
        return text.n;
    size_t end = from + WINDOW;
    for (int i = 0; i < 3 && ((unsigned char)text.p[end] & 0xc0) == 0x80; i++)
        end--;
    return end;
}

/* Checks and hashes window by window, giving back each one. */
static int look_through(const struct migration_file *file, const struct view *view, struct hasher *h,
                        struct pawl_error *e)
{
    struct slice text = view->bytes;
    for (size_t from = 0, to; from < text.n; from = to) {
        to = window_end(text, from);
        struct slice piece = slice_sub(text, from, to);
        if (!hasher_add(h, piece))
            return err_nomem(e);
        size_t nul = slice_find_byte(piece, '\0');
        if (nul != SIZE_MAX)
            return fault_at(file, text, from + nul, "a NUL byte", e);
        size_t fault = utf8_fault(piece);
        if (fault != SIZE_MAX)
            return fault_at(file, text, from + fault, "not valid UTF-8", e);
        view_release(view, from, to);
    }
    return PAWL_OK;
}

static int verify(const struct migration_file *file, const struct view *view, struct pawl_error *e)
{
    unsigned char sum[SHA384_BYTES];
    struct hasher h;
    if (!hasher_init_sha384(&h))
        return err_nomem(e);
    int code = hasher_begin(&h) ? look_through(file, view, &h, e) : err_nomem(e);
    if (code == PAWL_OK && !hasher_end(&h, sum))
        code = err_nomem(e);
    hasher_clear(&h);
    if (code != PAWL_OK || memcmp(sum, file->checksum, sizeof sum) == 0)
        return code;
    err_set(e, PAWL_CHANGED, "this file was changed while pawl was running");
    err_place(e, file->path, 0, 0);
    err_hint(e, "run the command again when nothing writes to the folder");
    return PAWL_CHANGED;
}

int text_open(const struct migration_file *file, struct text *out, struct pawl_error *e)
{
    *out = (struct text){0};
    int code = view_open(file->path.p, &out->view, e);
    if (code != PAWL_OK)
        return code;
    code = verify(file, &out->view, e);
    if (code != PAWL_OK) {
        text_close(out);
        return code;
    }
    out->raw = out->view.bytes;
    out->skipped = slice_starts(out->raw, UTF8_BOM) ? UTF8_BOM.n : 0;
    out->sql = slice_sub(out->raw, out->skipped, out->raw.n);
    return PAWL_OK;
}

void text_close(struct text *t)
{
    view_close(&t->view);
    *t = (struct text){0};
}

void text_release(const struct text *t, size_t from, size_t to)
{
    view_release(&t->view, t->skipped + from, t->skipped + to);
}
