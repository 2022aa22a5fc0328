#include "source/eol.h"

#include "base/utf8.h"
#include "source/text.h"

enum spelling { AS_IS, LF, CRLF };
enum final { FINAL_AS_IS, FINAL_WITH, FINAL_WITHOUT };

/* One way in which the text may have been written when it was recorded. */
struct variant {
    enum spelling endings;
    bool bom;
    enum final final;
};

struct comparison {
    struct hasher hasher;
    struct slice body;     /* without byte order mark */
    bool bom;              /* the file has one */
    bool has_lf, has_crlf; /* bare LF; CRLF */
    const char *recorded;
};

const char *eol_words(unsigned flags)
{
    static const char *const words[] = {
        [0] = "",
        [EOL_ENDINGS] = "line endings",
        [EOL_BOM] = "byte order mark",
        [EOL_ENDINGS | EOL_BOM] = "line endings and byte order mark",
        [EOL_FINAL] = "final line end",
        [EOL_ENDINGS | EOL_FINAL] = "line endings and final line end",
        [EOL_BOM | EOL_FINAL] = "byte order mark and final line end",
        [EOL_ENDINGS | EOL_BOM | EOL_FINAL] = "line endings, byte order mark and final line end",
    };
    return words[flags & (EOL_ENDINGS | EOL_BOM | EOL_FINAL)];
}

/* Adds the text line by line with the variant's line ends; the last line's own is left to add_final. */
static bool add_lines(struct hasher *h, struct slice body, enum spelling endings)
{
    struct slice end = endings == CRLF ? SLICE("\r\n") : SLICE("\n");
    if (endings == AS_IS)
        return hasher_add(h, body);
    while (body.n) {
        size_t lf = slice_find_byte(body, '\n');
        if (lf == SIZE_MAX)
            return hasher_add(h, body);
        size_t line = lf && body.p[lf - 1] == '\r' ? lf - 1 : lf;
        if (!hasher_add(h, slice_sub(body, 0, line)) || !hasher_add(h, end))
            return false;
        body = slice_sub(body, lf + 1, body.n);
    }
    return true;
}

/* The body without its last line end, if it has one. */
static struct slice without_final(struct slice body)
{
    if (body.n && body.p[body.n - 1] == '\n')
        body.n--;
    if (body.n && body.p[body.n - 1] == '\r')
        body.n--;
    return body;
}

static bool hash_variant(struct comparison *c, const struct variant *v, unsigned char *sum)
{
    struct slice body = v->final == FINAL_AS_IS ? c->body : without_final(c->body);
    bool crlf = v->endings == CRLF || (v->endings == AS_IS && c->has_crlf && !c->has_lf);
    return hasher_begin(&c->hasher) && (!v->bom || hasher_add(&c->hasher, UTF8_BOM)) &&
           add_lines(&c->hasher, body, v->endings) &&
           (v->final != FINAL_WITH || hasher_add(&c->hasher, crlf ? SLICE("\r\n") : SLICE("\n"))) &&
           hasher_end(&c->hasher, sum);
}

static unsigned flags_of(const struct comparison *c, const struct variant *v)
{
    return (v->endings != AS_IS ? EOL_ENDINGS : 0u) | (v->bom != c->bom ? EOL_BOM : 0u) |
           (v->final != FINAL_AS_IS ? EOL_FINAL : 0u);
}

/* Would this only try a text again that was tried? */
static bool is_pointless(const struct comparison *c, const struct variant *v)
{
    bool ends = c->body.n && c->body.p[c->body.n - 1] == '\n';
    return (v->endings == LF && !c->has_crlf) || (v->endings == CRLF && !c->has_lf) ||
           (v->final == FINAL_WITH && ends) || (v->final == FINAL_WITHOUT && !ends);
}

static int try_variants(struct comparison *c, struct eol_difference *out, struct pawl_error *e)
{
    unsigned char sum[SHA384_BYTES];
    for (unsigned i = 0; i < 3 * 2 * 3; i++) { /* the likely ones first */
        struct variant v = {.endings = i % 3, .bom = i / 3 % 2 ? !c->bom : c->bom, .final = i / 6};
        if (is_pointless(c, &v))
            continue;
        if (!hash_variant(c, &v, sum))
            return err_nomem(e);
        if (memcmp(sum, c->recorded, sizeof sum) == 0) {
            out->flags = flags_of(c, &v);
            return PAWL_OK;
        }
    }
    return PAWL_OK;
}

/* Which line ends are there? */
static void look_at_endings(struct comparison *c)
{
    struct slice rest = c->body;
    for (size_t lf; (lf = slice_find_byte(rest, '\n')) != SIZE_MAX; rest = slice_sub(rest, lf + 1, rest.n)) {
        if (lf && rest.p[lf - 1] == '\r')
            c->has_crlf = true;
        else
            c->has_lf = true;
    }
}

int eol_compare(const struct migration_file *file, struct slice recorded, struct eol_difference *out,
                struct pawl_error *e)
{
    *out = (struct eol_difference){.equal =
                                       slice_eq(recorded, (struct slice){(const char *)file->checksum, SHA384_BYTES})};
    if (out->equal || recorded.n != SHA384_BYTES)
        return PAWL_OK;
    struct text text;
    int code = text_open(file, &text, e);
    if (code != PAWL_OK)
        return code;
    struct comparison c = {.body = text.sql, .bom = text.skipped > 0, .recorded = recorded.p};
    look_at_endings(&c);
    code = hasher_init_sha384(&c.hasher) ? try_variants(&c, out, e) : err_nomem(e);
    hasher_clear(&c.hasher);
    text_close(&text);
    return code;
}
