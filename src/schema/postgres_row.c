#include "schema/postgres_facts.h"

/* ---- the text of a query ----------------------------------------------------------------------------------------- */

/* {14?new:::old}: the part that this version understands. */
static void add_versioned(struct pg_in *in, struct strbuf *b, struct slice choice)
{
    size_t mark = slice_find_byte(choice, '?'), other = slice_find(choice, SLICE(":::"));
    int64_t version = 0;
    slice_i64(slice_sub(choice, 0, mark), &version);
    if (in->version >= version)
        strbuf_add(b, slice_sub(choice, mark + 1, other));
    else if (other != SIZE_MAX)
        strbuf_add(b, slice_sub(choice, other + 3, choice.n));
}

/* {where x}: x is the oid of a relation that is wanted. */
static void add_where(struct strbuf *b, struct slice oid, bool all)
{
    strbuf_add(b, oid);
    if (all)
        strbuf_addf(b, " >= %d", PG_FIRST_USER_OID);
    else
        strbuf_addz(b, " = any ($1::oid[])");
}

/* Other braces are those of arrays. */
static bool is_choice(struct slice s)
{
    return slice_starts(s, SLICE("where ")) || (s.n > 2 && s.p[0] == '1' && s.p[2] == '?');
}

struct slice pg_text(struct pg_in *in, struct arena *a, const char *sql, bool all)
{
    struct slice s = slice_of(sql);
    struct strbuf *b = &in->text;
    strbuf_reset(b);
    while (s.n) {
        size_t open = slice_find_byte(s, '{');
        strbuf_add(b, slice_sub(s, 0, open));
        if (open == SIZE_MAX)
            break;
        s = slice_sub(s, open + 1, s.n);
        if (!is_choice(s)) {
            strbuf_addc(b, '{');
            continue;
        }
        struct slice inner = slice_sub(s, 0, slice_find_byte(s, '}'));
        if (slice_starts(inner, SLICE("where ")))
            add_where(b, slice_sub(inner, 6, inner.n), all);
        else
            add_versioned(in, b, inner);
        s = slice_sub(s, inner.n + 1, s.n);
    }
    return strbuf_ok(b) ? arena_dup(a, strbuf_slice(b)) : (struct slice){NULL, 0};
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

bool pg_text_of(struct arena *a, const struct db_value *v, struct slice *out)
{
    *out = (struct slice){NULL, 0};
    if (v->type != DB_TEXT)
        return true;
    *out = arena_dup(a, v->s);
    return out->p;
}

static void put_value(struct fact *f, const char *attribute, const struct db_value *v)
{
    bool word = attribute[0] == '!';
    switch (v->type) {
    case DB_NULL:
        break;
    case DB_BOOL:
        fact_word(f, attribute, v->i ? "yes" : "no");
        break;
    case DB_INT:
        fact_number(f, attribute, v->i);
        break;
    case DB_TEXT:
        if (word) {
            fact_attribute(f, attribute + 1);
            strbuf_add(&f->text, v->s);
        } else {
            fact_text(f, attribute, v->s);
        }
        break;
    case DB_REAL: /* the queries ask for text instead, whose digits are the server's */
    case DB_BLOB:
        break;
    }
}

/* The next word of a spec, into a small buffer; false at the end. */
static bool spec_word(const char **spec, char *out, size_t size)
{
    size_t n = strcspn(*spec, " ");
    if (n == 0 || n >= size)
        return false;
    memcpy(out, *spec, n);
    out[n] = '\0';
    *spec += n + ((*spec)[n] == ' ');
    return true;
}

void pg_spec(struct fact *f, const char *spec, const struct db_value *columns, size_t n)
{
    char word[48];
    for (size_t i = 0; i < n && spec_word(&spec, word, sizeof word); i++) {
        if (strcmp(word, ".") != 0)
            put_value(f, word, &columns[i]);
        else if (columns[i].type == DB_TEXT)
            fact_name(f, columns[i].s);
    }
}

void pg_begin(struct fact *f, const char *spec, const struct db_value *columns, size_t n)
{
    char kind[48];
    if (!spec_word(&spec, kind, sizeof kind))
        return;
    fact_begin(f, kind);
    pg_spec(f, spec, columns, n);
}

int pg_keep(struct pg_in *in, struct pg_line ***end, struct pawl_error *e)
{
    if (!fact_ok(&in->fact))
        return err_nomem(e);
    struct pg_line *line = arena_alloc(&in->arena, sizeof *line);
    if (!line)
        return err_nomem(e);
    line->n = in->fact.text.n;
    line->text = arena_strz(&in->arena, fact_line(&in->fact));
    line->key_n = fact_key_length(&in->fact);
    if (!line->text)
        return err_nomem(e);
    **end = line;
    *end = &line->next;
    return PAWL_OK;
}
