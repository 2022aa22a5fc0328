/*
 * batch: statements on their way to the database, each with the place it came from.
 *
 * The engine queues; the batch sends when it is full or told to. On a driver that pipelines, one flight may hold many
 * migrations; on others it is a loop. Whatever fails is traced back to file, line and column.
 */
#ifndef PAWL_ENGINE_BATCH_H
#define PAWL_ENGINE_BATCH_H

#include "db/db.h"
#include "model/migration.h"
#include "model/report.h"
#include "source/script.h"
#include "source/text.h"

enum batch_role {
    BATCH_FRAME,     /* session, begin, commit and the like */
    BATCH_RECORD,    /* the ledger row that says "this one is mine": fails if somebody else was faster */
    BATCH_STATEMENT, /* of the migration itself */
    BATCH_AFTER,     /* behind the last COMMIT: if it fails, everything in front of it is done */
};

struct batch_origin {
    enum batch_role role;
    int64_t version;                   /* 0 = none */
    const struct migration_file *file; /* NULL = none */
    struct slice text;                 /* the whole text of the file, for locating */
    size_t offset;                     /* of the statement in it */
    bool made;                         /* sent in place of that statement: an offset in it is none in the text */
};

struct run_watch; /* engine/run.h */

struct batch {
    struct db *db;
    const struct run_watch *watch; /* NULL = nobody looks behind each statement */
    struct report *report;         /* told what statements were carried out otherwise; may be NULL */
    struct arena arena;            /* of what is queued; emptied by each flush */
    struct db_request *requests;
    struct batch_origin *origins;
    size_t n, cap, origins_cap;
    struct text *texts; /* kept open until what refers to them was sent */
    size_t n_texts, texts_cap;
    size_t bytes;               /* of the texts that are kept open */
    struct batch_origin failed; /* after an error: what failed */
    bool lost;                  /* after an error: the connection broke, and what was committed is not known */
};

void batch_init(struct batch *b, struct db *db);
void batch_clear(struct batch *b);
/* Queues one request. An unmade one (.sql.p NULL) is PAWL_NOMEM. The memory it refers to must outlive the flush. */
int batch_add(struct batch *b, struct db_request request, struct batch_origin origin, struct pawl_error *e);
/* Queues a constant statement such as BEGIN. */
int batch_frame(struct batch *b, const char *sql, int64_t version, struct pawl_error *e);
/* Puts back what the texts so far have left in the session, where the driver does so by itself; sends what is queued first. */
int batch_tidy(struct batch *b, struct pawl_error *e);
/* The same, and queues what puts the session back to what a migration may expect to find (db_driver.session). */
int batch_session(struct batch *b, int64_t version, bool keys_off, struct pawl_error *e);
/* Takes over the text and closes it after the flush. */
int batch_keep(struct batch *b, struct text *text, struct pawl_error *e);
/*
 * Queues one statement of a text with `lacks`: what schema/emulate says is to be sent for it, for which all that is queued is sent
 * first. Other statements are queued as they are.
 */
int batch_statement(struct batch *b, const struct script *script, const struct script_statement *s,
                    struct batch_origin origin, struct pawl_error *e);
/*
 * Queues every statement of the text that is meant for this engine, in pieces if there are many. Sends in between when the
 * queue is full, so memory stays bounded for a text of any size. `in_place`: see struct plan.
 */
int batch_script(struct batch *b, const struct script *script, const struct text *text, const struct migration *m,
                 const struct migration_file *file, const bool *in_place, struct pawl_error *e);
/* Enough is queued that sending pays. */
bool batch_full(const struct batch *b);
/* Sends what is queued. On failure b->failed says what failed, and e has its place. Nothing is queued any more. */
int batch_flush(struct batch *b, struct pawl_error *e);

#endif
