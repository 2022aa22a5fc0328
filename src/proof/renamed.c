#include "proof/renamed.h"

#include <stdlib.h>

#include "schema/fact.h"
#include "schema/phrase.h"
#include "sql/quote.h"
#include "sql/rewrite.h"
#include "sql/split.h"

#define TEXT_MAX ((size_t)1 << 20)

struct finding {
    struct arena *a;
    const struct dialect *d;
    const struct slice *before, *after;
    size_t n_before, n_after;
    struct render_rename *items;
    size_t n, cap;
    bool nomem;
};

/* ---- facts ----------------------------------------------------------------------------------------------------------- */

static int order(const void *x, const void *y)
{
    return slice_cmp(*(const struct slice *)x, *(const struct slice *)y);
}

static bool has_line(const struct slice *lines, size_t n, struct slice line)
{
    return n && bsearch(&line, lines, n, sizeof *lines, order) != NULL;
}

static bool has_key(const struct slice *lines, size_t n, struct slice key)
{
    return fact_among(lines, n, key).p != NULL;
}

static struct slice key_of(struct finding *f, const struct render_rename *r, struct slice table, struct slice name)
{
    struct slice dot = SLICE("."), none = SLICE("");
    struct slice key = arena_printf(f->a, "%s " SLICE_FMT SLICE_FMT SLICE_FMT SLICE_FMT SLICE_FMT, r->kind,
                                    SLICE_ARG(r->schema), SLICE_ARG(r->schema.n ? dot : none), SLICE_ARG(table),
                                    SLICE_ARG(table.n ? dot : none), SLICE_ARG(name));
    f->nomem |= !key.p;
    return key.p ? key : SLICE("");
}

/* ---- statements ------------------------------------------------------------------------------------------------------ */

static bool is_simple(struct slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i && c >= '0' && c <= '9')))
            return false;
    }
    return name.n > 0;
}

static struct slice plain(struct finding *f, struct slice written)
{
    STRBUF(b, 4096);
    if (!quote_strip(&b, f->d, written))
        return SLICE("");
    struct slice name = arena_dup(f->a, strbuf_slice(&b));
    f->nomem |= !name.p;
    return name.p && is_simple(name) ? name : SLICE("");
}

static struct slice schema_of(struct finding *f, struct slice written)
{
    if (!f->d->first_schema)
        return SLICE("");
    return written.n ? plain(f, written) : slice_of(f->d->first_schema);
}

/* The next name of what may have been renamed before in the same text. */
static void add(struct finding *f, struct render_rename r)
{
    if (!r.was.n || !r.now.n || (f->d->first_schema && !r.schema.n))
        return;
    for (size_t i = 0; i < f->n; i++) {
        struct render_rename *x = &f->items[i];
        bool same = slice_eq(x->schema, r.schema);
        if (same && !r.table.n && slice_eq(x->table, r.was)) /* a column of a table that is renamed */
            x->table = r.now;
        if (same && strcmp(x->kind, r.kind) == 0 && slice_eq(x->now, r.was) && slice_eq(x->table, r.table)) {
            x->now = r.now;
            return;
        }
    }
    if (!arena_grow(f->a, (void **)&f->items, &f->cap, f->n, sizeof *f->items))
        f->nomem = true;
    else
        f->items[f->n++] = r;
}

static void read_statement(struct finding *f, struct slice sql)
{
    struct head h;
    struct head_parts parts;
    struct head_part p;
    head_read(&h, f->d, sql);
    if (h.class != HEAD_DDL || (h.object != HEAD_TABLE && h.object != HEAD_SEQUENCE) ||
        (h.action != HEAD_RENAME && h.action != HEAD_ALTER))
        return;
    struct render_rename r = {.kind = h.object == HEAD_TABLE ? "table" : "sequence",
                              .schema = schema_of(f, h.name.schema),
                              .table = SLICE("")};
    if (h.action == HEAD_RENAME) {
        r.was = plain(f, h.name.name);
        r.now = plain(f, h.to);
        add(f, r);
        return;
    }
    head_parts_init(&parts, &h, f->d, sql);
    while (head_parts_next(&parts, &p)) {
        if (p.action != HEAD_RENAME || p.object != HEAD_COLUMN)
            continue;
        r.kind = "column";
        r.table = plain(f, h.name.name);
        r.was = plain(f, p.name.name);
        r.now = plain(f, p.to);
        if (r.table.n)
            add(f, r);
    }
}

/* What the table was called before the migration. */
static struct slice old_table(const struct finding *f, const struct render_rename *column)
{
    for (size_t i = 0; i < f->n; i++)
        if (!f->items[i].table.n && strcmp(f->items[i].kind, "table") == 0 &&
            slice_eq(f->items[i].schema, column->schema) && slice_eq(f->items[i].now, column->table))
            return f->items[i].was;
    return column->table;
}

static bool facts_agree(struct finding *f, const struct render_rename *r)
{
    struct slice old = r->table.n ? old_table(f, r) : r->table;
    return !slice_eq(r->was, r->now) && has_key(f->before, f->n_before, key_of(f, r, old, r->was)) &&
           !has_key(f->before, f->n_before, key_of(f, r, old, r->now)) &&
           has_key(f->after, f->n_after, key_of(f, r, r->table, r->now)) &&
           !has_key(f->after, f->n_after, key_of(f, r, r->table, r->was));
}

/* Those of tables and sequences, or those of columns. */
static void keep(struct finding *f, bool columns, struct renamed *out)
{
    for (size_t i = 0; i < f->n; i++) {
        struct render_rename r = f->items[i];
        if ((r.table.n > 0) != columns || !facts_agree(f, &f->items[i]))
            continue;
        if (columns)
            r.old_table = old_table(f, &f->items[i]);
        out->items[out->n++] = r;
    }
}

int renamed_find(struct arena *a, const struct dialect *d, struct slice text, const struct slice *before,
                 size_t n_before, const struct slice *after, size_t n_after, struct renamed *out, struct pawl_error *e)
{
    struct finding f = {.a = a, .d = d, .before = before, .n_before = n_before, .after = after, .n_after = n_after};
    struct splitter s;
    struct statement st;
    *out = (struct renamed){.n = 0};
    split_init(&s, d, text);
    while (split_next(&s, &st, NULL) == SPLIT_STATEMENT)
        if (st.kind == STATEMENT_SQL)
            read_statement(&f, slice_sub(text, st.offset, st.offset + st.length));
    out->items = arena_array(a, f.n + 1, sizeof *out->items);
    if (!out->items)
        return err_nomem(e);
    keep(&f, false, out);
    keep(&f, true, out);
    return f.nomem ? err_nomem(e) : PAWL_OK;
}

/* ---- facts with the old names ---------------------------------------------------------------------------------------- */

static bool in_name(char c)
{
    return c == '_' || c == '$' || (c & 0x80) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* Is there schema.name at `at`? Of a column, or where there are no schemas, the name alone. */
static bool stands_at(struct slice line, size_t at, const struct render_rename *r)
{
    size_t end = at + r->now.n;
    if (end > line.n || memcmp(line.p + at, r->now.p, r->now.n) != 0 || (end < line.n && in_name(line.p[end])) ||
        (at && in_name(line.p[at - 1])))
        return false;
    if (r->table.n || !r->schema.n)
        return true;
    size_t front = at - (at > r->schema.n ? r->schema.n + 1 : 0);
    return front < at && line.p[at - 1] == '.' && memcmp(line.p + front, r->schema.p, r->schema.n) == 0 &&
           (!front || !in_name(line.p[front - 1]));
}

static struct slice replaced(struct arena *a, struct slice line, const struct render_rename *r)
{
    STRBUF(b, TEXT_MAX + line.n * 2);
    size_t done = 0;
    for (size_t i = 0; i + r->now.n <= line.n; i++)
        if (line.p[i] == r->now.p[0] && stands_at(line, i, r)) {
            strbuf_add(&b, slice_sub(line, done, i));
            strbuf_add(&b, r->was);
            done = i + r->now.n;
        }
    if (!done)
        return line;
    strbuf_add(&b, slice_sub(line, done, line.n));
    return strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : (struct slice){NULL, 0};
}

/* Does the fact belong to the table? Its name begins with it, or it says on=. */
static bool is_of(struct slice line, const struct render_rename *r)
{
    STRBUF(b, 1024);
    struct slice table = r->table.n ? r->old_table : r->was;
    strbuf_add(&b, r->schema);
    strbuf_addz(&b, r->schema.n ? "." : "");
    strbuf_add(&b, table);
    struct slice path = strbuf_slice(&b), rest = line;
    for (size_t at; (at = slice_find(rest, path)) != SIZE_MAX; rest = slice_sub(rest, at + path.n, rest.n)) {
        const char *p = rest.p + at;
        bool ends = p + path.n == line.p + line.n || !in_name(p[path.n]);
        size_t offset = (size_t)(p - line.p);
        bool key = offset && line.p[offset - 1] == ' ' && slice_find_byte(slice_sub(line, 0, offset), '=') == SIZE_MAX;
        if (ends && (key || (offset >= 4 && memcmp(p - 4, " on=", 4) == 0)))
            return true;
    }
    return false;
}

/* Whether a name is one that the engine makes up depends on the names it is made of, so that may come back with them. */
static int rename_line(struct arena *a, const struct renamed *r, const struct slice *before, size_t n_before,
                       struct slice *line, struct pawl_error *e)
{
    struct slice all = *line, own = *line;
    for (size_t i = 0; i < r->n; i++) {
        all = replaced(a, all, &r->items[i]);
        struct slice next = replaced(a, own, &r->items[i]);
        if (!all.p || !next.p)
            return err_nomem(e);
        if (is_of(r->items[i].table.n ? own : next, &r->items[i]))
            own = next;
    }
    struct slice generated = arena_printf(a, SLICE_FMT " name=generated", SLICE_ARG(all));
    if (!generated.p)
        return err_nomem(e);
    bool is = has_line(before, n_before, all);
    *line = is ? all : has_line(before, n_before, generated) ? generated : own;
    return PAWL_OK;
}

int renamed_back(struct arena *a, const struct renamed *r, const struct slice *before, size_t n_before,
                 const struct slice *after, size_t n_after, struct slice **out, size_t *n, struct pawl_error *e)
{
    int code = PAWL_OK;
    *out = arena_array(a, n_after + 1, sizeof **out);
    *n = n_after;
    if (!*out)
        return err_nomem(e);
    for (size_t i = 0; i < n_after && !code; i++) {
        (*out)[i] = after[i];
        if (!has_line(before, n_before, after[i]))
            code = rename_line(a, r, before, n_before, &(*out)[i], e);
    }
    qsort(*out, n_after, sizeof **out, order);
    return code;
}

/* ---- statements with the old names ----------------------------------------------------------------------------------- */

static void say(struct strbuf *b, const struct render_rename *r, bool pawl)
{
    const char *if_exists = pawl ? "IF EXISTS " : "";
    if (r->table.n)
        phrase_add(b, "ALTER TABLE %q RENAME COLUMN %z%n TO %n", r->schema, r->old_table, if_exists, r->now, r->was);
    else
        phrase_add(b, "ALTER %z %z%q RENAME TO %n", strcmp(r->kind, "table") == 0 ? "TABLE" : "SEQUENCE", if_exists,
                   r->schema, r->now, r->was);
}

int renamed_say(struct arena *a, const struct dialect *d, const struct renamed *r, enum render_runner runner,
                struct rendering *out, bool *said, struct pawl_error *e)
{
    bool pawl = runner == RENDER_PAWL;
    *said = pawl || (d->guards & GUARD_ALTER);
    for (size_t i = 0; i < r->n && *said; i++) {
        STRBUF(b, TEXT_MAX);
        struct rewrites forms;
        say(&b, &r->items[i], pawl);
        int code = pawl ? PAWL_OK : rewrite_forms(a, d, d->guards, NULL, phrase_keep(a, &b), &forms, e);
        if (!code && !pawl && forms.n) {
            strbuf_reset(&b);
            strbuf_add(&b, forms.forms[0].sql);
        }
        if (!code)
            code = render_put(a, out, &b, SLICE(""), e);
        if (code)
            return code;
        out->items[out->n - 1].pawl = pawl;
    }
    return PAWL_OK;
}
