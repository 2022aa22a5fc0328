#include "sql/txshape.h"

struct reading {
    struct txshape *x;
    bool begun, ended;
    bool others_before; /* something other than settings stood before BEGIN or after COMMIT */
};

static void offend(struct txshape *x, const struct statement *st, const char *reason)
{
    if (x->kind == TXSHAPE_OTHER)
        return;
    x->kind = TXSHAPE_OTHER;
    x->offender = *st;
    x->reason = reason;
}

static void control(struct reading *r, const struct statement *st, const struct head *h)
{
    struct txshape *x = r->x;
    switch (h->transaction) {
    case HEAD_TX_BEGIN:
        if (r->ended)
            offend(x, st, "a second transaction");
        else if (r->begun)
            offend(x, st, "BEGIN inside a transaction");
        else if (r->others_before)
            offend(x, st, "BEGIN behind other statements");
        r->begun = true;
        x->begin = *st;
        break;
    case HEAD_TX_COMMIT:
        if (!r->begun || r->ended)
            offend(x, st, "COMMIT without BEGIN");
        r->ended = true;
        x->commit = *st;
        break;
    case HEAD_TX_ROLLBACK:
        offend(x, st, "ROLLBACK");
        break;
    case HEAD_TX_PREPARE:
        offend(x, st, "PREPARE TRANSACTION");
        break;
    case HEAD_TX_PREPARED:
        offend(x, st, "COMMIT PREPARED or ROLLBACK PREPARED");
        break;
    case HEAD_TX_NONE:
    case HEAD_TX_SAVEPOINT:
    case HEAD_TX_RELEASE:
    case HEAD_TX_ROLLBACK_TO:
    case HEAD_TX_SET:
        x->statements++;
        break;
    }
}

static void plain(struct reading *r, const struct statement *st, const struct head *h)
{
    struct txshape *x = r->x;
    bool setting = h->class == HEAD_SET || h->class == HEAD_PRAGMA;
    x->statements++;
    if (head_has(h, HEAD_OUTSIDE) && !x->has_outside) {
        x->has_outside = true;
        x->outside = *st;
        x->why = h->why;
    }
    if (!r->begun && setting)
        x->before++;
    else if (r->ended && setting)
        x->behind++;
    else if (r->ended)
        offend(x, st, "a statement behind COMMIT");
    else if (!r->begun)
        r->others_before = true;
}

int txshape_read(struct txshape *x, const struct dialect *dialect, struct slice text, struct pawl_error *e)
{
    struct splitter s;
    struct statement st;
    struct reading r = {.x = x};
    enum split_result result;
    *x = (struct txshape){0};
    split_init(&s, dialect, text);
    while ((result = split_next(&s, &st, e)) == SPLIT_STATEMENT) {
        struct head h;
        if (st.kind == STATEMENT_CLIENT)
            continue;
        head_read(&h, dialect, slice_sub(text, st.offset, st.offset + st.length));
        if (h.class == HEAD_TRANSACTION)
            control(&r, &st, &h);
        else
            plain(&r, &st, &h);
    }
    if (result == SPLIT_ERROR)
        return PAWL_SOURCE;
    if (r.begun && !r.ended)
        offend(x, &x->begin, "BEGIN without COMMIT");
    if (x->kind == TXSHAPE_NONE && r.begun)
        x->kind = TXSHAPE_PAIR;
    if (x->kind != TXSHAPE_PAIR)
        x->before = x->behind = 0;
    return PAWL_OK;
}
