/* Ups that have nothing to be taken back. */
#include "proof/undo.h"
#include "source/script.h"
#include "source/text.h"
#include "sql/head.h"

struct idling {
    bool makes, drops; /* statements with IF [NOT] EXISTS; a table that is dropped and made again has lost its rows */
};

/* Surely nothing, in a migration behind which the schema is what it was. */
static bool does_nothing(struct idling *i, const struct head *h)
{
    bool kind = h->object >= HEAD_TABLE && h->object <= HEAD_SCHEMA;
    bool makes = h->action == HEAD_CREATE && head_has(h, HEAD_IF_NOT_EXISTS);
    bool drops = h->action == HEAD_DROP && head_has(h, HEAD_IF_EXISTS);
    i->makes |= makes;
    i->drops |= drops;
    if (h->class == HEAD_SELECT)
        return !head_has(h, HEAD_WRITES) && !head_has(h, HEAD_MAY_WRITE);
    return h->class == HEAD_TRANSACTION || (kind && (makes || drops) && !head_has(h, HEAD_TEMP));
}

int undo_idle(const struct migration *m, const struct proof_options *engine, bool *idle, struct pawl_error *e)
{
    struct idling seen = {false, false};
    struct report quiet;
    struct script script;
    struct script_cursor c;
    struct script_statement st;
    struct text text;
    int code = text_open(&m->up, &text, e);
    *idle = false;
    if (code)
        return code;
    report_init(&quiet, NULL, NULL);
    code = script_check(m, &m->up, &text, engine->driver->name, engine->driver->dialect, engine->ledger, &quiet,
                        &script, NULL);
    *idle = !code && !script.mentions_ledger;
    script_start(&c, &script, &text, engine->driver->name, engine->driver->dialect);
    while (*idle && !script.skip && script_next(&c, &st)) {
        struct head h;
        head_read(&h, engine->driver->dialect, st.sql);
        *idle = !st.copy.p && does_nothing(&seen, &h) && !(seen.makes && seen.drops);
    }
    text_close(&text);
    return code == PAWL_NOMEM ? err_nomem(e) : PAWL_OK;
}
