#include "proof/origin.h"

#include "sql/head.h"

#define MAX_PARTS 4

/* Lower says more. */
static int rank(const struct change *c)
{
    static const char *const kinds[] = {"table",  "view",  "matview", "type",     "enum",      "function",
                                        "column", "index", "trigger", "sequence", "constraint"};
    int n = (int)(sizeof kinds / sizeof *kinds);
    size_t space = slice_find_byte(c->key, ' ');
    struct slice kind = slice_sub(c->key, 0, space);
    for (int i = 0; i < n; i++)
        if (slice_eq(kind, slice_of(kinds[i])))
            return i;
    return slice_eq(kind, SLICE("columns")) ? n + 1 : n;
}

const struct change *origin_headline(const struct delta *d)
{
    const struct change *best = &d->items[0];
    for (size_t i = 1; i < d->n; i++)
        if (rank(&d->items[i]) < rank(best))
            best = &d->items[i];
    return best;
}

size_t origin_find(const struct trial *tr, size_t k, const struct change *c)
{
    for (size_t j = tr->set->n; j-- > k + 1;) {
        const struct change *other = delta_find(&tr->steps[j].change, c->key);
        if (!other)
            continue;
        bool removed = other->before.p && !other->after.p;
        bool added = !other->before.p && other->after.p;
        bool opposite = !c->before.p ? removed : !c->after.p ? added : !removed && !added;
        return opposite || (c->before.p && c->after.p) ? j : SIZE_MAX;
    }
    return SIZE_MAX;
}

/* ---- which statement --------------------------------------------------------------------------------------------- */

/* "column users.email" gives users and email; what stands behind a ':' is content and no name. */
static size_t name_parts(struct slice key, struct slice parts[MAX_PARTS])
{
    size_t space = slice_find_byte(key, ' ');
    struct slice name = space == SIZE_MAX ? key : slice_sub(key, space + 1, key.n);
    size_t n = 0;
    for (size_t i = 0, start = 0; i <= name.n && n < MAX_PARTS; i++) {
        bool end = i == name.n || name.p[i] == ':';
        if (!end && name.p[i] != '.')
            continue;
        if (i > start)
            parts[n++] = slice_sub(name, start, i);
        start = i + 1;
        if (end)
            break;
    }
    return n;
}

static struct slice bare(struct slice s)
{
    bool quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '`' || s.p[0] == '[');
    return quoted ? slice_sub(s, 1, s.n - 1) : s;
}

/* The set of parts, as bits, that stand in a statement as words. */
static unsigned names_in(const struct dialect *dialect, struct slice sql, const struct slice *parts, size_t n)
{
    struct lexer lx;
    struct token t;
    unsigned found = 0;
    lexer_init(&lx, dialect, sql);
    while (lexer_next(&lx, &t))
        if (t.kind == TOKEN_WORD || t.kind == TOKEN_QUOTED)
            for (size_t i = 0; i < n; i++)
                if (slice_ieq(bare(lexer_slice(&lx, &t)), bare(parts[i])))
                    found |= 1u << i;
    return found;
}

/* How sure is it that this statement is the one? DDL with the whole name most, then with its last part, then its first. */
static int weigh(const struct dialect *dialect, struct slice sql, const struct slice *parts, size_t n)
{
    struct head h;
    unsigned found = names_in(dialect, sql, parts, n);
    if (!found)
        return 0;
    head_read(&h, dialect, sql);
    int weight = found == (1u << n) - 1 ? 4 : found >> (n - 1) & 1 ? 2 : 0;
    return 1 + 2 * weight + (h.class == HEAD_DDL);
}

size_t origin_statement(const struct trial *tr, const struct unit *u, struct slice key, struct slice *statement)
{
    const struct db_driver *driver = tr->options->driver;
    struct slice parts[MAX_PARTS];
    size_t n = name_parts(key, parts), at = SIZE_MAX;
    int best = 0;
    struct script_cursor c;
    struct script_statement st;
    script_start(&c, &u->script, &u->text, driver->name, driver->dialect);
    while (n && script_next(&c, &st)) {
        int weight = weigh(driver->dialect, st.sql, parts, n);
        if (weight > best) {
            best = weight;
            at = st.offset;
            *statement = st.sql;
        }
    }
    return at;
}
