#include "sql/calls.h"

static bool is_one(const struct cursor *c, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (cursor_is(c, words[i]))
            return true;
    return false;
}

/* Words before ( that call nothing. */
static bool is_grammar(const struct cursor *c)
{
    static const char *const words[] = {
        "all",    "and",    "any",   "as",   "between",   "by",       "case", "cast", "coalesce", "else",
        "except", "exists", "from",  "in",   "intersect", "is",       "join", "like", "limit",    "not",
        "nullif", "offset", "on",    "or",   "over",      "select",   "some", "then", "union",    "using",
        "values", "when",   "where", "with", "filter",    "distinct", NULL,
    };
    return is_one(c, words);
}

/* Functions and types of both engines that change nothing; nobody gives his own function such a name. */
static bool is_harmless(const struct cursor *c)
{
    static const char *const words[] = {
        "abs",         "avg",       "ceil",       "char",    "char_length", "concat",     "conflict",
        "count",       "date",      "datetime",   "decimal", "extract",     "floor",      "gen_random_uuid",
        "hex",         "ifnull",    "iif",        "instr",   "json",        "json_array", "json_extract",
        "json_object", "julianday", "left",       "length",  "lower",       "ltrim",      "max",
        "md5",         "min",       "mod",        "now",     "numeric",     "nvarchar",   "position",
        "printf",      "random",    "randomblob", "replace", "right",       "round",      "row_number",
        "rtrim",       "strftime",  "string_agg", "substr",  "substring",   "sum",        "time",
        "timestamp",   "to_char",   "total",      "trim",    "typeof",      "unixepoch",  "upper",
        "uuid",        "varchar",   "varying",    NULL,
    };
    return is_one(c, words);
}

/* With `rows`, harmless ones are passed over, and so is INTO table (columns). */
static bool walk(struct cursor c, bool rows)
{
    bool name = false, target = false;
    size_t depth = 0;
    for (; c.t.kind != TOKEN_END && c.t.kind != TOKEN_ERROR; cursor_step(&c)) {
        if (cursor_mark(&c, '(')) {
            depth++;
            if (name && !target)
                return true;
            target = false;
        } else if (cursor_mark(&c, ')') && depth-- == 0) {
            return false;
        }
        target = rows && (cursor_is(&c, "into") || (target && !is_grammar(&c)));
        name = c.t.kind == TOKEN_QUOTED || (c.t.kind == TOKEN_WORD && !is_grammar(&c) && !(rows && is_harmless(&c)));
    }
    return c.t.kind == TOKEN_ERROR && rows;
}

bool calls_any(struct cursor c)
{
    return walk(c, false);
}

bool calls_only_harmless(const struct dialect *dialect, struct slice text)
{
    struct cursor c;
    cursor_init(&c, dialect, text);
    return !walk(c, true);
}
