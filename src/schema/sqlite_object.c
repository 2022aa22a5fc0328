#include "schema/sqlite_facts.h"

int sqlite_put(struct sqlite_object *o, struct pawl_error *e)
{
    return o->t->failed ? err_nomem(e) : scan_put(o->scan, o->fact, e);
}

/* ---- heads ------------------------------------------------------------------------------------------------------- */

static bool kind_at(struct sqlite_object *o, size_t *i)
{
    static const struct {
        const char *word;
        enum sqlite_kind kind;
    } kinds[] = {{"table", SQLITE_KIND_TABLE},
                 {"index", SQLITE_KIND_INDEX},
                 {"view", SQLITE_KIND_VIEW},
                 {"trigger", SQLITE_KIND_TRIGGER}};
    bool virtual = tokens_word(o->t, *i, "virtual");
    o->unique = tokens_word(o->t, *i, "unique");
    *i += virtual || o->unique || tokens_word(o->t, *i, "temp") || tokens_word(o->t, *i, "temporary");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (tokens_word(o->t, *i, kinds[k].word)) {
            o->kind = virtual ? SQLITE_KIND_VIRTUAL : kinds[k].kind;
            ++*i;
            return true;
        }
    return false;
}

bool sqlite_object_head(struct sqlite_object *o)
{
    struct tokens *t = o->t;
    size_t i = 1;
    if (t->broken || !tokens_word(t, 0, "create") || !kind_at(o, &i))
        return false;
    if (tokens_word(t, i, "if") && tokens_word(t, i + 1, "not") && tokens_word(t, i + 2, "exists"))
        i += 3;
    if (tokens_is(t, i + 1, '.'))
        i += 2;
    if (!tokens_is_name(t, i))
        return false;
    o->name = tokens_name(t, i);
    o->at = i + 1;
    return !t->failed;
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

void sqlite_key_item(struct sqlite_object *o, size_t from, size_t to)
{
    struct tokens *t = o->t;
    bool desc = false;
    struct slice collation = {NULL, 0};
    if (to > from + 1 && tokens_word(t, to - 1, "autoincrement"))
        to--;
    if (to > from + 1 && (tokens_word(t, to - 1, "asc") || tokens_word(t, to - 1, "desc")))
        desc = tokens_word(t, --to, "desc");
    if (to > from + 2 && tokens_word(t, to - 2, "collate")) {
        collation = tokens_name(t, to - 1);
        to -= 2;
    }
    if (to == from + 1 && tokens_is_name(t, from))
        fact_item(o->list, tokens_name(t, from));
    else
        fact_expression(o->list, tokens_inner(t, from, to));
    if (collation.p) {
        fact_raw(o->list, ":collate=");
        fact_item(o->list, collation);
    }
    if (desc)
        fact_raw(o->list, ":desc");
}

size_t sqlite_key_list(struct sqlite_object *o, size_t open)
{
    size_t end = tokens_group_end(o->t, open), i = open + 1;
    size_t close = end > i && tokens_is(o->t, end - 1, ')') ? end - 1 : end;
    fact_begin(o->list, "");
    while (i < close) {
        size_t to = tokens_item_end(o->t, i, close);
        sqlite_key_item(o, i, to);
        if (to < close)
            fact_raw(o->list, ",");
        i = to + 1;
    }
    return end;
}

static void keys(struct sqlite_object *o, const char *attribute, size_t *i)
{
    *i = sqlite_key_list(o, *i);
    o->t->failed |= !fact_ok(o->list);
    fact_attribute(o->fact, attribute);
    fact_raw(o->fact, fact_ok(o->list) ? fact_line(o->list).p : "");
}

/* What is left of the statement was not understood. */
static int put_with_rest(struct sqlite_object *o, size_t i, struct pawl_error *e)
{
    if (i < o->t->n)
        fact_text(o->fact, "unread", tokens_text(o->t, i, o->t->n));
    return sqlite_put(o, e);
}

/* ---- index ------------------------------------------------------------------------------------------------------- */

static void begin(struct sqlite_object *o, const char *kind)
{
    fact_begin(o->fact, kind);
    fact_name(o->fact, o->name);
}

/* ON [schema.]table */
static bool on_table(struct sqlite_object *o, size_t *i)
{
    if (!tokens_word(o->t, *i, "on"))
        return false;
    *i += tokens_is(o->t, *i + 2, '.') ? 3 : 1;
    fact_text(o->fact, "on", tokens_name(o->t, *i));
    ++*i;
    return true;
}

static int index_facts(struct sqlite_object *o, struct pawl_error *e)
{
    size_t i = o->at;
    begin(o, "index");
    if (!on_table(o, &i) || !tokens_is(o->t, i, '('))
        return put_with_rest(o, o->at, e);
    fact_word(o->fact, "unique", o->unique ? "yes" : "no");
    keys(o, "keys", &i);
    if (tokens_word(o->t, i, "where")) {
        fact_text(o->fact, "where", tokens_inner(o->t, i + 1, o->t->n));
        i = o->t->n;
    } else {
        fact_word(o->fact, "where", "none");
    }
    return put_with_rest(o, i, e);
}

/* ---- view -------------------------------------------------------------------------------------------------------- */

static int view_facts(struct sqlite_object *o, struct pawl_error *e)
{
    size_t i = o->at;
    begin(o, "view");
    if (tokens_is(o->t, i, '('))
        keys(o, "columns", &i);
    if (!tokens_word(o->t, i, "as"))
        return put_with_rest(o, i, e);
    fact_text(o->fact, "query", tokens_text(o->t, i + 1, o->t->n));
    return sqlite_put(o, e);
}

/* ---- trigger ----------------------------------------------------------------------------------------------------- */

/* BEFORE is what is meant when nothing is said. */
static const char *trigger_time(struct sqlite_object *o, size_t *i)
{
    if (tokens_word(o->t, *i, "instead") && tokens_word(o->t, *i + 1, "of")) {
        *i += 2;
        return "instead-of";
    }
    bool after = tokens_word(o->t, *i, "after");
    *i += after || tokens_word(o->t, *i, "before");
    return after ? "after" : "before";
}

static bool trigger_event(struct sqlite_object *o, size_t *i)
{
    static const char *const events[] = {"insert", "update", "delete"};
    size_t k = 0;
    while (k < 3 && !tokens_word(o->t, *i, events[k]))
        k++;
    if (k == 3)
        return false;
    ++*i;
    fact_word(o->fact, "event", events[k]);
    if (!tokens_word(o->t, *i, "of"))
        return true;
    fact_attribute(o->fact, "of");
    for (++*i; *i < o->t->n && !tokens_word(o->t, *i, "on"); ++*i) {
        if (tokens_is(o->t, *i, ','))
            fact_raw(o->fact, ",");
        else
            fact_item(o->fact, tokens_name(o->t, *i));
    }
    return true;
}

/* The BEGIN of the body. In the WHEN expression a column of that name stands behind a dot or in parentheses. */
static size_t trigger_begin(const struct tokens *t, size_t i)
{
    while (i < t->n && (!tokens_word(t, i, "begin") || tokens_is(t, i - 1, '.')))
        i = tokens_is(t, i, '(') ? tokens_group_end(t, i) : i + 1;
    return i;
}

static int trigger_facts(struct sqlite_object *o, struct pawl_error *e)
{
    struct tokens *t = o->t;
    size_t i = o->at;
    begin(o, "trigger");
    fact_word(o->fact, "time", trigger_time(o, &i));
    if (!trigger_event(o, &i) || !on_table(o, &i)) {
        begin(o, "trigger");
        return put_with_rest(o, o->at, e);
    }
    if (tokens_word(t, i, "for") && tokens_word(t, i + 1, "each") && tokens_word(t, i + 2, "row"))
        i += 3;
    size_t body = trigger_begin(t, i);
    if (tokens_word(t, i, "when")) {
        fact_text(o->fact, "when", tokens_inner(t, i + 1, body));
        i = body;
    }
    if (i == body && body + 1 < t->n && tokens_word(t, t->n - 1, "end")) {
        fact_text(o->fact, "body", tokens_text(t, body + 1, t->n - 1));
        i = t->n;
    }
    return put_with_rest(o, i, e);
}

/* ---- virtual table ----------------------------------------------------------------------------------------------- */

/* Arguments mean what the module makes of them, so their quotes stay. */
static int virtual_facts(struct sqlite_object *o, struct pawl_error *e)
{
    struct tokens *t = o->t;
    size_t i = o->at;
    begin(o, "virtual-table");
    if (!tokens_word(t, i, "using") || !tokens_is_name(t, i + 1))
        return put_with_rest(o, i, e);
    fact_text(o->fact, "module", tokens_name(t, i + 1));
    i += 2;
    if (tokens_is(t, i, '(') && tokens_group_end(t, i) == t->n && tokens_is(t, t->n - 1, ')')) {
        fact_text(o->fact, "arguments", tokens_verbatim(t, i + 1, t->n - 1));
        i = t->n;
    }
    return put_with_rest(o, i, e);
}

int sqlite_object_facts(struct sqlite_object *o, struct pawl_error *e)
{
    switch (o->kind) {
    case SQLITE_KIND_TABLE:
        return sqlite_table_facts(o, e);
    case SQLITE_KIND_VIRTUAL:
        return virtual_facts(o, e);
    case SQLITE_KIND_INDEX:
        return index_facts(o, e);
    case SQLITE_KIND_VIEW:
        return view_facts(o, e);
    case SQLITE_KIND_TRIGGER:
        return trigger_facts(o, e);
    }
    return PAWL_OK;
}
