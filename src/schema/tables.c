#include "schema/tables.h"

#include "schema/fact.h"

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One character of a quoted name, with schema/fact's escapes; returns how many bytes of s it takes. */
static size_t unescape(struct slice s, char *out)
{
    if (s.p[0] != '\\' || s.n < 2) {
        *out = s.p[0];
        return 1;
    }
    if (s.p[1] == 'x' && s.n >= 4) {
        *out = (char)(hex(s.p[2]) * 16 + hex(s.p[3]));
        return 4;
    }
    *out = s.p[1] == 'n' ? '\n' : s.p[1] == 'r' ? '\r' : s.p[1] == 't' ? '\t' : s.p[1];
    return 2;
}

/* The next name of a list whose members are separated by `separator`, as a copy; .p NULL without memory. */
static struct slice next_name(struct arena *a, struct slice *rest, char separator)
{
    char *text = arena_alloc(a, rest->n + 1);
    size_t n = 0;
    size_t i = 0;
    bool quoted = rest->n && rest->p[0] == '"';
    if (!text)
        return (struct slice){NULL, 0};
    for (i = quoted; i < rest->n && rest->p[i] != (quoted ? '"' : separator); n++) {
        size_t taken = 1;
        text[n] = rest->p[i];
        if (quoted)
            taken = unescape(slice_sub(*rest, i, rest->n), &text[n]);
        i += taken;
    }
    i += quoted;
    *rest = slice_sub(*rest, i + (i < rest->n && rest->p[i] == separator), rest->n);
    return (struct slice){text, n};
}

static int read_columns(struct arena *a, struct slice list, struct table *t, struct pawl_error *e)
{
    size_t cap = 0;
    while (list.n) {
        void *columns = t->columns;
        if (!arena_grow(a, &columns, &cap, t->n_columns, sizeof *t->columns))
            return err_nomem(e);
        t->columns = columns;
        t->columns[t->n_columns] = next_name(a, &list, ',');
        if (!t->columns[t->n_columns++].p)
            return err_nomem(e);
    }
    return PAWL_OK;
}

static int read_name(struct arena *a, struct slice name, struct table *t, struct pawl_error *e)
{
    t->name = next_name(a, &name, '.');
    if (t->name.p && name.n) {
        t->schema = t->name;
        t->name = next_name(a, &name, '.');
    }
    return t->name.p ? PAWL_OK : err_nomem(e);
}

static int add_table(struct arena *a, struct slice line, struct table **out, size_t *n, size_t *cap,
                     struct pawl_error *e)
{
    size_t at = 0;
    struct slice kind, name;
    void *tables = *out;
    if (!fact_field(line, &at, &kind) || !fact_field(line, &at, &name))
        return PAWL_OK;
    if (!arena_grow(a, &tables, cap, *n, sizeof **out))
        return err_nomem(e);
    *out = tables;
    struct table *t = &(*out)[(*n)++];
    *t = (struct table){.schema = SLICE(""), .is_virtual = slice_eq(kind, SLICE("virtual-table"))};
    int code = read_name(a, name, t, e);
    return code || t->is_virtual ? code : read_columns(a, fact_value(line, "order"), t, e);
}

/* Composite types have columns too, but no rows; those of foreign tables are somebody else's, and may not be readable. */
static bool has_rows(struct facts *f, struct arena *a, struct slice line)
{
    static const char *const others[] = {"composite", "foreign-table"};
    size_t at = 0;
    struct slice kind, name;
    bool has = fact_field(line, &at, &kind) && fact_field(line, &at, &name);
    for (size_t i = 0; i < sizeof others / sizeof *others && has; i++) {
        struct slice key = arena_printf(a, "%s " SLICE_FMT, others[i], SLICE_ARG(name));
        has = !key.p || !facts_get(f, key).p;
    }
    return has;
}

int tables_read(struct facts *f, struct arena *a, struct table **out, size_t *n, struct pawl_error *e)
{
    const struct slice kinds[] = {SLICE("columns "), SLICE("virtual-table ")};
    size_t cap = 0, from, to;
    int code = PAWL_OK;
    *out = NULL;
    *n = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        facts_range(f, kinds[k], &from, &to);
        for (size_t i = from; i < to && !code; i++)
            if (has_rows(f, a, facts_at(f, i)))
                code = add_table(a, facts_at(f, i), out, n, &cap, e);
    }
    return code;
}
