/*
 * txshape: the transaction control that a text brings along.
 *
 * Many files carry their own BEGIN and COMMIT. One pair around everything means the same as no pair, so pawl can leave
 * the two out and use its own transaction. "Around everything" lets PRAGMA, SET and RESET stand before and behind the
 * pair, and client lines anywhere. Pairs one after another, with statements between, in front or behind, can be taken as
 * one transaction, too, unless something in them is bound to the end of a pair (sql/session: session_ends_with); then
 * each is one for itself. What does not pair cannot be recorded truthfully and is reported.
 *
 * There is a second form that means the same: COMMIT first and BEGIN last, written for a runner that has a
 * transaction open around each file, as sqlx has, to get a moment outside it for PRAGMA foreign_keys:
 *     COMMIT; PRAGMA foreign_keys = OFF; BEGIN; ..; COMMIT; PRAGMA foreign_keys = ON; BEGIN;
 * What stands between a COMMIT and the next BEGIN loses nothing by being inside one transaction with the rest, unless
 * the engine refuses it there.
 */
#ifndef PAWL_SQL_TXSHAPE_H
#define PAWL_SQL_TXSHAPE_H

#include "sql/head.h"
#include "sql/split.h"

enum txshape_kind {
    TXSHAPE_NONE,       /* no transaction control */
    TXSHAPE_PAIR,       /* one pair around everything */
    TXSHAPE_INSIDE_OUT, /* COMMIT .. BEGIN, once or more: each leaves the runner's transaction and comes back */
    TXSHAPE_SEVERAL, /* pairs that follow each other, or one that is not around everything: `offender` is the first */
    TXSHAPE_OTHER,   /* anything else: `offender` */
};

struct txshape {
    enum txshape_kind kind;
    struct statement begin, commit; /* PAIR */
    size_t before, behind;          /* PAIR: how many PRAGMA, SET and RESET statements stand outside the pair */
    struct statement offender;      /* OTHER, SEVERAL */
    const char *reason;             /* OTHER: "ROLLBACK", ..; SEVERAL: "a second transaction", .. */
    size_t controls;                /* how many BEGINs and COMMITs there are */
    size_t statements;              /* all, without client lines, BEGINs and COMMITs */
    bool has_outside;               /* a statement that the engine refuses inside a transaction: `outside`, `why` */
    struct statement outside;
    const char *why;
    bool begun, ended, others_before; /* while reading; */
    bool inside_out, away;            /* of INSIDE_OUT: COMMIT came first; its BEGIN is still to come */
};

/*
 * Statement by statement, for those who walk the text themselves: start with *x zeroed, add each statement but client
 * lines with its head, then end. The members are valid after txshape_end.
 */
void txshape_add(struct txshape *x, const struct statement *st, const struct head *h);
void txshape_end(struct txshape *x);

/* The whole text at once. PAWL_OK, or PAWL_SOURCE with the place of a lexical fault as split_next gives it. */
int txshape_read(struct txshape *x, const struct dialect *dialect, struct slice text, struct pawl_error *e);

#endif
