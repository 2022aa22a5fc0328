#include "proof/draft.h"

#include "source/script.h"
#include "sql/split.h"

/* ---- reading ------------------------------------------------------------------------------------------------------- */

struct reader {
    struct arena *a;
    struct draft *d;
    size_t cap;
    size_t engines; /* that do not skip the whole file */
};

static struct draft_statement *find_or_add(struct reader *r, const struct script_statement *st, bool first)
{
    struct draft *d = r->d;
    for (size_t i = 0; !first && i < d->n; i++)
        if (d->items[i].offset == st->offset)
            return &d->items[i];
    if (!arena_grow(r->a, (void **)&d->items, &r->cap, d->n, sizeof *d->items))
        return NULL;
    d->items[d->n] = (struct draft_statement){.offset = st->offset, .length = st->sql.n};
    return &d->items[d->n++];
}

/* May it stand in a block? */
static bool plain(const struct script_statement *st, const struct dialect *dialect)
{
    struct head h;
    head_read(&h, dialect, st->sql);
    bool into = h.class == HEAD_DDL && h.action == HEAD_CREATE && h.object == HEAD_TABLE &&
                head_has(&h, HEAD_FROM_QUERY) && !slice_ieq(slice_sub(st->sql, 0, 6), SLICE("create"));
    bool calls = h.class == HEAD_SELECT && rewrite_performs(st->sql);
    return !st->copy.p && !into && rewrite_fits(dialect, st->sql) && !head_has(&h, HEAD_OUTSIDE) &&
           (h.class == HEAD_DDL || h.class == HEAD_INSERT || h.class == HEAD_UPDATE || h.class == HEAD_DELETE || calls);
}

struct reading {
    uint32_t guards; /* of the engines that read the statement so far */
    const struct dialect *dialect;
    size_t engines;
    bool odd; /* they do not agree on where it ends, or it is no plain text */
};

static int read_for(struct reader *r, const struct migration *m, const struct migration_file *file,
                    const struct proof_options *o, bool first, struct reading **readings, struct pawl_error *e)
{
    struct text text = {.raw = r->d->original, .sql = r->d->original};
    struct report quiet;
    struct script script;
    struct script_cursor c;
    struct script_statement st;
    report_init(&quiet, NULL, NULL);
    int code = script_check(m, file, &text, o->driver->name, o->driver->dialect, o->ledger, &quiet, &script, NULL);
    if (code == PAWL_NOMEM)
        return err_nomem(e);
    if (code || script.skip)
        return PAWL_OK;
    r->engines++;
    r->d->whole &=
        !script.own_transaction && !script.inside_out && !script.several && !script.no_transaction && !script.annotated;
    script_start(&c, &script, &text, o->driver->name, o->driver->dialect);
    while (script_next(&c, &st)) {
        size_t before = r->d->n;
        struct draft_statement *s = find_or_add(r, &st, first);
        if (!s)
            return err_nomem(e);
        struct reading *grown = *readings;
        if (r->d->n != before) {
            grown = arena_array(r->a, r->d->n, sizeof *grown);
            if (grown && before)
                memcpy(grown, *readings, before * sizeof *grown);
            if (grown)
                grown[before] = (struct reading){.guards = UINT32_MAX, .dialect = o->driver->dialect};
            *readings = grown;
        }
        if (!grown)
            return err_nomem(e);
        struct reading *g = &grown[s - r->d->items];
        g->guards &= o->driver->dialect->guards;
        g->engines++;
        g->odd |= st.copy.p || s->length != st.sql.n;
        r->d->whole &= plain(&st, o->driver->dialect);
    }
    return PAWL_OK;
}

/* By offset; the second engine's own statements came last. */
static void sort(struct draft *d, struct reading *readings)
{
    for (size_t i = 1; i < d->n; i++)
        for (size_t j = i; j > 0 && d->items[j - 1].offset > d->items[j].offset; j--) {
            struct draft_statement s = d->items[j];
            struct reading g = readings[j];
            d->items[j] = d->items[j - 1];
            readings[j] = readings[j - 1];
            d->items[j - 1] = s;
            readings[j - 1] = g;
        }
}

static void find_ends(struct draft *d, const struct reading *readings)
{
    for (size_t i = 0; i < d->n; i++) {
        struct lexer lx;
        struct token t;
        struct draft_statement *s = &d->items[i];
        lexer_init(&lx, readings[i].dialect, d->original);
        lx.at = s->offset + s->length;
        lexer_next(&lx, &t);
        s->at = s->offset;
        s->end = t.kind == TOKEN_PUNCTUATION && t.c == ';' ? t.offset + 1 : s->offset + s->length;
    }
}

/* A directive belongs to the one statement behind it, so what it stands before cannot become several. */
static void keep_single(struct rewrites *forms, const struct dialect *dialect)
{
    size_t kept = 0;
    for (size_t i = 0; i < forms->n; i++) {
        struct splitter s;
        struct statement st;
        split_init(&s, dialect, forms->forms[i].sql);
        split_next(&s, &st, NULL);
        if (split_next(&s, &st, NULL) == SPLIT_END)
            forms->forms[kept++] = forms->forms[i];
    }
    forms->n = kept;
}

int draft_read(struct arena *a, const struct migration *m, const struct migration_file *file, struct slice original,
               const struct proof_options *engines, size_t n_engines, const struct rewrite_known *known,
               struct draft *out, struct pawl_error *e)
{
    struct reading *readings = NULL;
    struct reader r = {.a = a, .d = out};
    *out = (struct draft){.original = original, .text = original, .whole = true};
    int code = PAWL_OK;
    for (size_t i = 0; !code && i < n_engines; i++)
        code = read_for(&r, m, file, &engines[i], i == 0, &readings, e);
    if (code || !readings) /* no statements */
        return code;
    sort(out, readings);
    find_ends(out, readings);
    for (size_t i = 0; !code && i < out->n; i++) {
        struct draft_statement *s = &out->items[i];
        s->everywhere = readings[i].engines == r.engines;
        out->whole &= s->everywhere && !readings[i].odd;
        if (!readings[i].odd)
            code = rewrite_forms(a, readings[i].dialect, readings[i].guards, known,
                                 slice_sub(original, s->offset, s->offset + s->length), &s->forms, e);
        if (!s->everywhere)
            keep_single(&s->forms, readings[i].dialect);
    }
    return code;
}

/* ---- choosing ------------------------------------------------------------------------------------------------------ */

static struct slice form_of(const struct draft *d, const struct draft_statement *s)
{
    return s->chosen ? s->forms.forms[s->chosen - 1].sql : slice_sub(d->original, s->offset, s->offset + s->length);
}

static int compose(struct arena *a, struct draft *d, struct pawl_error *e)
{
    size_t room = d->original.n + 1, n = 0, from = 0;
    for (size_t i = 0; i < d->n; i++)
        room += form_of(d, &d->items[i]).n;
    char *text = arena_alloc(a, room);
    if (!text)
        return err_nomem(e);
    for (size_t i = 0; i <= d->n; i++) {
        size_t to = i < d->n ? d->items[i].offset : d->original.n;
        memcpy(text + n, d->original.p + from, to - from);
        n += to - from;
        if (i == d->n)
            break;
        struct slice form = form_of(d, &d->items[i]);
        d->items[i].at = n;
        memcpy(text + n, form.p, form.n);
        n += form.n;
        from = to + d->items[i].length;
    }
    d->text = (struct slice){text, n};
    return PAWL_OK;
}

size_t draft_find(const struct draft *d, size_t offset)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < d->n && !d->once; i++)
        if (d->items[i].at <= offset)
            found = i;
    return found;
}

int draft_advance(struct arena *a, struct draft *d, size_t i, bool *moved, struct pawl_error *e)
{
    *moved = i < d->n && !d->once && d->items[i].chosen < d->items[i].forms.n;
    if (!*moved)
        return PAWL_OK;
    d->items[i].chosen++;
    return compose(a, d, e);
}

int draft_once(struct arena *a, struct draft *d, const struct dialect *dialect, struct slice done, bool *moved,
               struct pawl_error *e)
{
    struct slice text = {0};
    *moved = false;
    if (d->once || !d->whole || !d->n)
        return PAWL_OK;
    int code = rewrite_once(a, dialect, d->original, d->items[0].offset, d->items[d->n - 1].end, done, &text, e);
    if (code || !text.p)
        return code;
    for (size_t i = 0; i < d->n; i++)
        d->items[i].chosen = 0;
    d->text = text;
    d->once = *moved = true;
    return PAWL_OK;
}

void draft_drop(struct draft *d)
{
    for (size_t i = 0; i < d->n; i++)
        d->items[i].chosen = 0;
    d->once = false;
    d->text = d->original;
}
