#include "source/annotate.h"

/* The words that `only` takes: the drivers' names. */
static const struct {
    struct slice name;
    const struct dialect *dialect;
} engines[] = {
    {{"sqlite", 6}, &dialect_sqlite},
    {{"postgres", 8}, &dialect_postgres},
    {{"mysql", 5}, &dialect_mysql},
    {{"mariadb", 7}, &dialect_mysql},
};
#define N_ENGINES (sizeof engines / sizeof *engines)

unsigned annotate_engine(struct slice name)
{
    for (size_t i = 0; i < N_ENGINES; i++)
        if (slice_eq(name, engines[i].name))
            return 1u << i;
    return 0;
}

const struct dialect *annotate_dialect(unsigned bits)
{
    for (size_t i = 0; i < N_ENGINES; i++)
        if (bits & (1u << i))
            return engines[i].dialect;
    return NULL;
}

bool annotate_any(struct slice text)
{
    return slice_find(text, SLICE("pawl:")) != SIZE_MAX;
}

static void unknown(struct annotation *out, const char *why)
{
    *out = (struct annotation){.kind = ANNOTATION_UNKNOWN, .why = why};
}

/* Takes the first word off; words end at white space, commas and `=`. */
static struct slice take_word(struct slice *s)
{
    *s = slice_trim(*s);
    size_t n = 0;
    while (n < s->n && !strchr(" \t\v\f\r\n,=", s->p[n]))
        n++;
    struct slice word = slice_sub(*s, 0, n);
    *s = slice_sub(*s, n, s->n);
    return word;
}

static void read_only(struct slice rest, struct annotation *out)
{
    out->kind = ANNOTATION_ONLY;
    for (;;) {
        struct slice word = take_word(&rest);
        if (word.n == 0 && rest.n == 0)
            break;
        if (word.n == 0 && rest.p[0] == ',') {
            rest = slice_sub(rest, 1, rest.n);
            continue;
        }
        unsigned bit = annotate_engine(word);
        if (!bit) {
            unknown(out, "`only` names an engine that is none of sqlite, postgres, mysql, mariadb");
            return;
        }
        out->engines |= bit;
    }
    if (!out->engines)
        unknown(out, "`only` names no engine");
}

static void read_lock_timeout(struct slice rest, struct annotation *out)
{
    static const struct {
        struct slice unit;
        int64_t milliseconds;
    } units[] = {{{"ms", 2}, 1}, {{"s", 1}, 1000}, {{"min", 3}, 60000}};
    int64_t number;
    rest = slice_trim(rest);
    if (rest.n && rest.p[0] == '=')
        rest = slice_trim(slice_sub(rest, 1, rest.n));
    size_t digits = 0;
    while (digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '9')
        digits++;
    struct slice unit = slice_trim(slice_sub(rest, digits, rest.n));
    if (slice_i64(slice_sub(rest, 0, digits), &number) && number <= INT32_MAX)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (slice_eq(unit, units[i].unit)) {
                out->kind = ANNOTATION_LOCK_TIMEOUT;
                out->milliseconds = number * units[i].milliseconds;
                return;
            }
    unknown(out, "`lock_timeout` needs a whole number and a unit, like 500ms, 5s or 2min");
}

void annotate_read(struct slice comment, struct annotation *out)
{
    *out = (struct annotation){.kind = ANNOTATION_NONE};
    if (!slice_starts(comment, SLICE("--")))
        return;
    struct slice rest = slice_trim(slice_sub(comment, 2, comment.n));
    if (!slice_starts(rest, SLICE("pawl:")))
        return;
    rest = slice_trim(slice_sub(rest, 5, rest.n));
    struct slice word = take_word(&rest);
    if (slice_eq(word, SLICE("only")))
        read_only(rest, out);
    else if (slice_eq(word, SLICE("lock_timeout")))
        read_lock_timeout(rest, out);
    else if (slice_eq(word, SLICE("repeatable")) && slice_trim(rest).n == 0)
        out->kind = ANNOTATION_REPEATABLE;
    else if (slice_eq(word, SLICE("replaces")))
        out->kind = ANNOTATION_REPLACES;
    else if (slice_eq(word, SLICE("no-transaction")))
        unknown(out, "this is said by a first line `-- no-transaction`, so that sqlx understands it too");
    else
        unknown(out,
                "pawl knows `only ENGINE`, `repeatable`, `lock_timeout = TIME` and, in a baseline, `replaces VERSION`");
}
