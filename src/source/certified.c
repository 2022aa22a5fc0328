#include "source/certified.h"

#include <inttypes.h>

#include "source/eol.h"

struct comparing {
    struct arena *a;
    const struct certificate *c;
    const struct migration_set *set;
    struct certified *out;
    bool downs;
    size_t cap;
    struct pawl_error *e;
};

#define PROVE "`pawl verify --write` proves it and writes its line"
#define PROVE_AGAIN \
    "if that is meant, `pawl verify --write` proves it again; if not, take the file back from version control"

static int add(struct comparing *x, struct certified_item item)
{
    struct certified *out = x->out;
    if (!item.message.p || !arena_grow(x->a, (void **)&out->items, &x->cap, out->n, sizeof *out->items))
        return err_nomem(x->e);
    out->items[out->n++] = item;
    return PAWL_OK;
}

static bool same_up(const struct certificate_line *l, const struct migration *m)
{
    return memcmp(l->up, m->up.checksum, SHA384_BYTES) == 0;
}

static const struct certificate_line *line_of(const struct certificate *c, int64_t version)
{
    size_t i = certificate_find(c, version);
    return i == SIZE_MAX ? NULL : &c->lines[i];
}

/* ---- ups that are other ones ------------------------------------------------------------------------------------- */

/* The line that has this up text although its own migration does not have it any more; NULL = none. */
static const struct certificate_line *moved_from(const struct comparing *x, const struct migration *m)
{
    for (size_t i = 0; i < x->c->n; i++) {
        const struct certificate_line *l = &x->c->lines[i];
        if (l->version == m->version || !same_up(l, m))
            continue;
        size_t k = migration_find(x->set, l->version);
        if (k == SIZE_MAX || !same_up(l, &x->set->items[k]))
            return l;
    }
    return NULL;
}

/* Is `m` one of two that changed places, and the other one `l`'s? */
static bool is_swap(const struct comparing *x, const struct certificate_line *own, const struct certificate_line *l)
{
    size_t k = migration_find(x->set, l->version);
    return own && k != SIZE_MAX && same_up(own, &x->set->items[k]);
}

static int add_moved(struct comparing *x, const struct migration *m, const struct certificate_line *own,
                     const struct certificate_line *l)
{
    struct certified_item item = {CERTIFIED_RENUMBERED, m->version, l->version, m,
                                  own ? own->line : 0,  {NULL, 0},  NULL};
    if (is_swap(x, own, l)) {
        if (l->version < m->version)
            return PAWL_OK; /* told there */
        item.kind = CERTIFIED_SWAPPED;
        item.message =
            arena_printf(x->a, "the files of %" PRId64 " and %" PRId64 " have changed places", m->version, l->version);
        item.hint = "give them back their versions; what is deployed has them the other way round";
        return add(x, item);
    }
    item.message =
        arena_printf(x->a, "migration %" PRId64 " was certified as version %" PRId64 ": the file was renumbered",
                     m->version, l->version);
    item.hint = "give it back its version, unless it was applied nowhere; then `pawl verify --write`";
    return add(x, item);
}

static int words_of(struct comparing *x, const struct migration_file *file, const unsigned char *sum,
                    const char **words)
{
    struct eol_difference d = {0};
    struct pawl_error e;
    int code = eol_compare(file, (struct slice){(const char *)sum, SHA384_BYTES}, &d, &e);
    *words = !code && d.flags ? eol_words(d.flags) : NULL;
    return code == PAWL_NOMEM ? err_nomem(x->e) : PAWL_OK; /* one that cannot be read is another one */
}

static int add_changed(struct comparing *x, const struct migration *m, const struct certificate_line *l, bool up)
{
    const char *words;
    int code = words_of(x, up ? &m->up : &m->down, up ? l->up : l->down, &words);
    if (code)
        return code;
    struct certified_item item = {
        up ? CERTIFIED_UP : CERTIFIED_DOWN, m->version, 0, m, l->line, {NULL, 0}, PROVE_AGAIN};
    item.message = arena_printf(x->a, "the %s text of migration %" PRId64 " was changed after it was certified",
                                up ? "up" : "down", m->version);
    if (words) {
        item.kind = CERTIFIED_ENDINGS;
        item.message =
            arena_printf(x->a, "the %s text of migration %" PRId64 " differs from the certified one in %s only",
                         up ? "up" : "down", m->version, words);
        item.hint = "say `*.sql -text` in .gitattributes and check the file out again";
    }
    return add(x, item);
}

/* ---- one version ------------------------------------------------------------------------------------------------- */

static int compare_down(struct comparing *x, const struct migration *m, const struct certificate_line *l)
{
    bool has = m->down.path.p != NULL;
    if (has && l->has_down)
        return !x->downs || memcmp(l->down, m->down.checksum, SHA384_BYTES) == 0 ? PAWL_OK
                                                                                 : add_changed(x, m, l, false);
    if (has == l->has_down)
        return PAWL_OK;
    struct certified_item item = {has ? CERTIFIED_DOWN_ADDED : CERTIFIED_DOWN_REMOVED,
                                  m->version,
                                  0,
                                  m,
                                  l->line,
                                  {NULL, 0},
                                  has ? PROVE : PROVE_AGAIN};
    item.message =
        has ? arena_printf(x->a, "migration %" PRId64 " has got a down file since it was certified", m->version)
            : arena_printf(x->a, "the down file of migration %" PRId64 " was removed after it was certified",
                           m->version);
    return add(x, item);
}

static int compare_texts(struct comparing *x, const struct migration *m, const struct certificate_line *l)
{
    const struct certificate_line *from = same_up(l, m) ? NULL : moved_from(x, m);
    if (from)
        return add_moved(x, m, l, from);
    if (!same_up(l, m))
        return add_changed(x, m, l, true);
    int code = PAWL_OK;
    if (!slice_eq(l->description, m->description)) {
        struct certified_item item = {CERTIFIED_RENAMED,
                                      m->version,
                                      0,
                                      m,
                                      l->line,
                                      {NULL, 0},
                                      "give it back its name, or `pawl verify --write` takes over the new one"};
        item.message = arena_printf(x->a, "migration %" PRId64 " was renamed: it was certified as \"" SLICE_FMT "\"",
                                    m->version, SLICE_ARG(l->description));
        code = add(x, item);
    }
    return code ? code : compare_down(x, m, l);
}

static int compare_new(struct comparing *x, const struct migration *m)
{
    const struct certificate_line *from = moved_from(x, m);
    bool between = x->c->n && x->c->lines[x->c->n - 1].version > m->version;
    if (from)
        return add_moved(x, m, NULL, from);
    struct certified_item item = {between ? CERTIFIED_BETWEEN : CERTIFIED_NEW, m->version, 0, m, 0, {NULL, 0}, PROVE};
    item.message = between
                       ? arena_printf(x->a, "migration %" PRId64 " is not certified, and is older than others that are",
                                      m->version)
                       : arena_printf(x->a, "migration %" PRId64 " is not certified", m->version);
    if (between)
        item.hint = "`pawl verify --write` proves it and all behind it; was it merged from another branch?";
    return add(x, item);
}

/* The text of a line without a file may be there under another version; then that is told there. */
static int compare_gone(struct comparing *x, const struct certificate_line *l)
{
    for (size_t i = 0; i < x->set->n; i++) {
        const struct migration *m = &x->set->items[i];
        const struct certificate_line *own = line_of(x->c, m->version);
        if (same_up(l, m) && (!own || !same_up(own, m)))
            return PAWL_OK;
    }
    struct certified_item item = {
        CERTIFIED_GONE,
        l->version,
        0,
        NULL,
        l->line,
        {NULL, 0},
        "take the file back from version control; if it was applied nowhere, `pawl verify --write`"};
    item.message =
        arena_printf(x->a, "the file of migration %" PRId64 " \"" SLICE_FMT "\", which is certified, is gone",
                     l->version, SLICE_ARG(l->description));
    return add(x, item);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void find_prefix(const struct comparing *x)
{
    struct certified *out = x->out;
    const struct certificate *c = x->c;
    while (out->prefix < x->set->n && out->prefix < c->n &&
           c->lines[out->prefix].version == x->set->items[out->prefix].version &&
           same_up(&c->lines[out->prefix], &x->set->items[out->prefix]))
        out->prefix++;
}

int certified_compare(struct arena *a, const struct certificate *c, const struct migration_set *set, bool downs,
                      struct certified *out, struct pawl_error *e)
{
    struct comparing x = {.a = a, .c = c, .set = set, .out = out, .downs = downs, .e = e};
    *out = (struct certified){.lines = arena_array(a, set->n + 1, sizeof *out->lines)};
    int code = out->lines ? PAWL_OK : err_nomem(e);
    for (size_t i = 0, k = 0; !code && (i < set->n || k < c->n);) {
        bool file = i < set->n, line = k < c->n;
        int64_t there = file ? set->items[i].version : INT64_MAX, certified = line ? c->lines[k].version : INT64_MAX;
        if (file && line && there == certified) {
            out->lines[i] = &c->lines[k];
            code = compare_texts(&x, &set->items[i++], &c->lines[k++]);
        } else if (file && there < certified) {
            code = compare_new(&x, &set->items[i++]);
        } else {
            code = compare_gone(&x, &c->lines[k++]);
        }
    }
    find_prefix(&x);
    return code;
}

const struct certified_item *certified_about(const struct certified *c, int64_t version)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].version == version || (c->items[i].kind == CERTIFIED_SWAPPED && c->items[i].other == version))
            return &c->items[i];
    return NULL;
}
