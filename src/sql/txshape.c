#include "sql/txshape.h"

static void offend(struct txshape *x, const struct statement *st, const char *reason)
{
    if (x->kind == TXSHAPE_OTHER)
        return;
    x->kind = TXSHAPE_OTHER;
    x->offender = *st;
    x->reason = reason;
}

/* Not one pair around everything, which the first such statement says. */
static void several(struct txshape *x, const struct statement *st, const char *reason)
{
    if (x->kind != TXSHAPE_NONE)
        return;
    x->kind = TXSHAPE_SEVERAL;
    x->offender = *st;
    x->reason = reason;
}

/* COMMIT first: each one must find its BEGIN. */
static void inside_out(struct txshape *x, const struct statement *st, bool begin)
{
    if (begin && !x->away)
        offend(x, st, "BEGIN inside a transaction");
    else if (!begin && x->away)
        offend(x, st, "COMMIT without BEGIN");
    if (!x->inside_out)
        x->commit = *st;
    x->inside_out = true;
    x->away = !begin;
}

static void control(struct txshape *x, const struct statement *st, const struct head *h)
{
    if (h->chains)
        offend(x, st, h->transaction == HEAD_TX_COMMIT ? "COMMIT AND CHAIN" : "ROLLBACK");
    x->controls += h->transaction == HEAD_TX_BEGIN || h->transaction == HEAD_TX_COMMIT;
    switch (h->transaction) {
    case HEAD_TX_BEGIN:
        if (x->inside_out) {
            inside_out(x, st, true);
            break;
        }
        if (x->begun && !x->ended)
            offend(x, st, "BEGIN inside a transaction");
        else if (x->ended)
            several(x, st, "a second transaction");
        else if (x->others_before)
            several(x, st, "BEGIN behind other statements");
        x->begun = true;
        x->ended = false;
        x->begin = *st;
        break;
    case HEAD_TX_COMMIT:
        if (!x->begun) {
            inside_out(x, st, false);
            break;
        }
        if (x->ended)
            offend(x, st, "COMMIT without BEGIN");
        x->ended = true;
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
        if (x->ended)
            several(x, st, "a statement behind COMMIT");
        else if (!x->begun)
            x->others_before = true;
        break;
    }
}

static void plain(struct txshape *x, const struct statement *st, const struct head *h)
{
    bool setting = h->class == HEAD_SET || h->class == HEAD_PRAGMA;
    x->statements++;
    if (head_has(h, HEAD_OUTSIDE) && !x->has_outside) {
        x->has_outside = true;
        x->outside = *st;
        x->why = h->why;
    }
    if (!x->begun && setting)
        x->before++;
    else if (x->ended && setting)
        x->behind++;
    else if (x->ended)
        several(x, st, "a statement behind COMMIT");
    else if (!x->begun)
        x->others_before = true;
}

void txshape_add(struct txshape *x, const struct statement *st, const struct head *h)
{
    if (h->class == HEAD_TRANSACTION)
        control(x, st, h);
    else
        plain(x, st, h);
}

void txshape_end(struct txshape *x)
{
    if (x->begun && !x->ended)
        offend(x, &x->begin, "BEGIN without COMMIT");
    if (x->away)
        offend(x, &x->commit, "COMMIT without BEGIN");
    if (x->kind == TXSHAPE_NONE && (x->begun || x->inside_out))
        x->kind = x->begun ? TXSHAPE_PAIR : TXSHAPE_INSIDE_OUT;
    if (x->kind != TXSHAPE_PAIR)
        x->before = x->behind = 0;
}

int txshape_read(struct txshape *x, const struct dialect *dialect, struct slice text, struct pawl_error *e)
{
    struct splitter s;
    struct statement st;
    enum split_result result;
    *x = (struct txshape){0};
    split_init(&s, dialect, text);
    while ((result = split_next(&s, &st, e)) == SPLIT_STATEMENT) {
        struct head h;
        if (st.kind == STATEMENT_CLIENT)
            continue;
        head_read(&h, dialect, slice_sub(text, st.offset, st.offset + st.length));
        txshape_add(x, &st, &h);
    }
    txshape_end(x);
    return result == SPLIT_ERROR ? PAWL_SOURCE : PAWL_OK;
}
