/* Casts of arrays, as PostgreSQL writes them and does not read them again. */
#include "schema/render_postgres.h"

/* The end of "[ .. ]" from its opening; s.n if it never closes. */
static size_t bracket_end(struct slice s, size_t i)
{
    size_t depth = 0;
    bool string = false;
    for (; i < s.n; i++) {
        string ^= s.p[i] == '\'';
        if (!string && s.p[i] == '[')
            depth++;
        else if (!string && s.p[i] == ']' && --depth == 0)
            return i;
    }
    return s.n;
}

/* Takes over what was written so far and what is left of the text from `from` on; 0: nothing was changed. */
static void take_over(struct strbuf *b, struct strbuf *out, size_t from)
{
    struct slice s = strbuf_slice(b);
    strbuf_add(out, slice_sub(s, from, s.n));
    bool ok = strbuf_ok(out);
    if (from && ok) {
        strbuf_reset(b);
        strbuf_add(b, strbuf_slice(out));
    }
    b->failed |= from && !ok;
}

/*
 * The server writes x IN ('a', 'b') for a varchar as (x)::text = ANY ((ARRAY['a'::character varying, ..])::text[]), and reads
 * that as something else: casts within the array. Without the cast around it, it becomes what it was.
 */
static void settle_arrays(struct strbuf *b)
{
    static const struct slice open = {"((ARRAY[", 8}, close = {")::text[])", 10};
    struct slice s = strbuf_slice(b);
    PHRASE(out);
    size_t from = 0;
    for (size_t at; (at = slice_find(slice_sub(s, from, s.n), open)) != SIZE_MAX;) {
        at += from;
        size_t end = bracket_end(s, at + open.n - 1);
        bool is = slice_starts(slice_sub(s, end + 1, s.n), close) &&
                  slice_find(slice_sub(s, at, end), SLICE("::character varying")) != SIZE_MAX;
        strbuf_add(&out, slice_sub(s, from, is ? at + 1 : at + open.n));
        if (is)
            phrase_add(&out, "%s)", slice_sub(s, at + 2, end + 1));
        from = is ? end + 1 + close.n : at + open.n;
    }
    take_over(b, &out, from);
}

/* 0.5, 12: a list of nothing but numbers. What else is in it, or in front of it, makes false. */
static bool are_numbers(struct slice list, bool *fraction)
{
    *fraction = false;
    for (size_t i = 0; i < list.n; i++) {
        char c = list.p[i];
        *fraction |= c == '.';
        if (!(c >= '0' && c <= '9') && c != '.' && c != ',' && c != ' ')
            return false;
    }
    return list.n > 0;
}

/*
 * (ARRAY[0.5, 0.9])::double precision[] is one array of numeric that is cast as a whole, where a function wants another one. Read
 * again, each number would be cast by itself; with the type that the array has of its own, it becomes what it was.
 */
static void settle_numbers(struct strbuf *b)
{
    static const struct slice open = {"(ARRAY[", 7}, close = {")::double precision[]", 21};
    struct slice s = strbuf_slice(b);
    PHRASE(out);
    size_t from = 0;
    for (size_t at; (at = slice_find(slice_sub(s, from, s.n), open)) != SIZE_MAX;) {
        at += from;
        bool fraction = false;
        size_t end = bracket_end(s, at + open.n - 1), behind = end < s.n ? end + 1 : s.n;
        bool is = end < s.n && slice_starts(slice_sub(s, behind, s.n), close) &&
                  are_numbers(slice_sub(s, at + open.n, end), &fraction);
        strbuf_add(&out, slice_sub(s, from, behind));
        if (is)
            strbuf_addz(&out, fraction ? "::numeric[]" : "::integer[]");
        from = behind;
    }
    take_over(b, &out, from);
}

void pgn_settle(struct strbuf *b)
{
    settle_arrays(b);
    settle_numbers(b);
}
