/*
 * script: what a migration text is made of, found out before its first statement is sent.
 */
#ifndef PAWL_SOURCE_SCRIPT_H
#define PAWL_SOURCE_SCRIPT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/migration.h"
#include "model/report.h"
#include "source/text.h"
#include "source/walk.h"
#include "sql/dialect.h"

struct script {
    size_t statements;     /* that will be sent: without own BEGIN and COMMIT and harmless client lines */
    bool no_transaction;   /* it runs without a transaction: the file asks for it, or cannot do otherwise */
    bool own_transaction;  /* one BEGIN/COMMIT pair stands around everything; both are not sent */
    size_t begin, commit;  /* byte offsets of those two statements in text.sql */
    bool inside_out;       /* COMMIT and BEGIN lead out of the runner's transaction and back; they are not sent */
    bool several;          /* BEGIN/COMMIT pairs stand in it that can be one transaction; they are not sent */
    bool new_enum_value;   /* it adds a value to an enum type, which may be used only after its COMMIT */
    bool foreign_keys_off; /* it says PRAGMA foreign_keys = OFF, which does nothing inside a transaction */
    bool lacks;            /* it has statements for which the engine has no words: see schema/emulate */
    bool
        wide; /* it has statements about the whole server, as CREATE ROLE, or blocks that make roles: see schema/beside */
    bool rebuilds;           /* some of them may need foreign keys to be off */
    bool guards;             /* it has statements that make something only unless it is there: see sql/guards */
    bool empty;              /* no statement for any engine */
    bool skip;               /* `-- pawl: only ENGINE` names other engines than this one */
    bool left_out;           /* something in it, or all of it, is for other engines only */
    bool repeatable;         /* `-- pawl: repeatable` */
    int64_t lock_timeout_ms; /* `-- pawl: lock_timeout = 5s`; -1 = not said */
    bool mentions_ledger;
    bool annotated;    /* there may be directives */
    struct slice kept; /* the text itself, where it was kept since it was looked at (engine/run); see script_text */
};

/*
 * Splits and looks at the whole text for one engine (by driver name and dialect). All findings go to `report` with
 * line and column. PAWL_SOURCE if one of them means that the text cannot be run as it is (see source/findings); the
 * error is then the first such finding. `file` is one of m's two; for a down, emptiness is a finding of its own.
 *
 * A file with a statement that cannot be in a transaction runs without one if the finding about it is no error. One with
 * transactions of its own that are more than one pair around it all is taken as one transaction, or, where something in it
 * is bound to the end of one of them, runs without one and sends them; if the finding about it is no error. A transaction
 * that is left open, ROLLBACK, and COMMIT without BEGIN are refused whatever the level: what such a file has done cannot be
 * told.
 */
int script_check(const struct migration *m, const struct migration_file *file, const struct text *text,
                 const char *engine, const struct dialect *dialect, struct slice ledger, struct report *report,
                 struct script *out, struct pawl_error *e);

/* The text that was looked at: as it was kept, or opened again (see text_open); text_close is for both. */
int script_text(const struct script *script, const struct migration_file *file, struct text *out, struct pawl_error *e);

/* One statement that is to be sent. */
struct script_statement {
    size_t offset;     /* in text.sql */
    struct slice sql;  /* without its terminator */
    struct slice copy; /* .p set: the data lines that a COPY ... FROM stdin reads */
    bool outside;      /* cannot run inside a transaction block; set only in a file without a transaction */
    bool begins, ends; /* in a file without a transaction: its own BEGIN; its own COMMIT, END or ROLLBACK */
};

struct script_cursor {
    const struct script *script;
    const struct text *text;
    struct walk walk;
    size_t released; /* what was given back of a large text */
};

/*
 * Yields the statements of a text that script_check has passed, one by one and without allocating: the two ends of an
 * own transaction, harmless client lines and what directives give to other engines are left out. Of a large text what
 * was yielded more than a few megabytes ago is given back to the system (source/text); its slices stay valid.
 */
void script_start(struct script_cursor *c, const struct script *script, const struct text *text, const char *engine,
                  const struct dialect *dialect);
bool script_next(struct script_cursor *c, struct script_statement *out);

#endif
