#include "proof/columns.h"

#include "schema/fact.h"
#include "schema/item.h"
#include "sql/quote.h"

static bool is_named(struct slice part, const struct dialect *d, struct slice written)
{
    STRBUF(plain, 1024);
    return !written.n || (quote_strip(&plain, d, written) && slice_eq(strbuf_slice(&plain), part));
}

/* Is this the fact "columns [schema.]table"? */
static bool of_table(struct arena *a, struct slice line, const struct dialect *d, const struct head_name *table)
{
    struct item it;
    if (!slice_starts(line, SLICE("columns ")) || item_read(a, line, &it, NULL) != PAWL_OK || !it.n_parts)
        return false;
    bool schema = it.n_parts == 1 ? !table->schema.n : is_named(it.parts[0], d, table->schema);
    return schema && is_named(it.parts[it.n_parts - 1], d, table->name);
}

/* The line of the table as the change leaves it, or, if `last`, as it found what it drops. */
static struct slice line_in(struct arena *a, const struct delta *change, bool last, const struct dialect *d,
                            const struct head_name *table)
{
    for (size_t i = 0; i < change->n; i++) {
        const struct change *c = &change->items[i];
        struct slice line = c->after.p || !last ? c->after : c->before;
        if (line.p && of_table(a, line, d, table))
            return line;
    }
    return (struct slice){0};
}

static struct slice find_line(const struct columns_known *known, const struct proof_trace *t, const struct dialect *d,
                              const struct head_name *table)
{
    struct slice line = {0};
    for (size_t j = known->k + 1; j-- > 0 && !line.p;)
        if (j < t->n)
            line = line_in(known->a, &t->versions[j].change, j == known->k, d, table);
    return line.p ? line : line_in(known->a, &t->baseline, false, d, table);
}

bool columns_known(void *context, const struct head_name *table, size_t n, struct strbuf *out)
{
    const struct columns_known *known = context;
    for (size_t i = 0; i < known->told->n; i++) {
        const struct dialect *d = known->told->engines[i].driver->dialect;
        struct slice line = find_line(known, &known->told->before[i].trace, d, table), rest = fact_value(line, "order");
        struct key column;
        if (!line.p)
            continue;
        for (size_t put = 0; put < n && item_next(known->a, &rest, &column); put++) {
            strbuf_addz(out, put ? ", " : "");
            quote_identifier(out, d, column.name);
        }
        return strbuf_ok(out) && out->n;
    }
    return false;
}
