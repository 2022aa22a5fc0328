/*
 * sqlite: the SQLite driver's own parts, shared by its files only.
 */
#ifndef PAWL_DB_SQLITE_H
#define PAWL_DB_SQLITE_H

#include <sqlite3.h>

#include "db/db.h"

struct sqlite_log; /* sqlite_touch.c */

/* Statements that frame others and come again and again; how many are kept, and how long they may be. */
#define SQLITE_FRAMES 8
#define SQLITE_FRAME_LENGTH 24

struct sqlite_db {
    struct db base;
    sqlite3 *handle;
    sqlite3_stmt *schema_version;        /* kept, because stamps are asked for often */
    sqlite3_stmt *data_version;          /* the same; see sqlite_keys.c */
    sqlite3_stmt *frames[SQLITE_FRAMES]; /* BEGIN, COMMIT and the like, kept */
    struct arena arena;                  /* lives as long as the connection */
    struct slice path;                   /* "" for a database in memory */
    bool foreign_keys;
    uint32_t wait_ms;
    const volatile int *interrupt;
    /* What the statements of the open transaction may have done to foreign keys; see sqlite_keys.c. */
    struct arena touched_arena;
    struct sqlite_touched *touched;
    bool touched_all;
    bool replace_seen;      /* a table may say ON CONFLICT REPLACE */
    int64_t replace_asked;  /* PRAGMA data_version when it was asked whether one does; 0 = never */
    struct slice watched;   /* the statement that is being prepared */
    bool unwatched;         /* for the moment */
    struct sqlite_log *log; /* scratch databases: what statements touched; else NULL */
    unsigned left;          /* by texts in the session; see sqlite_session.c */
    bool schema_by_hand; /* PRAGMA writable_schema was switched on: rows of sqlite_schema may change like any others */
};

static inline struct sqlite_db *sqlite_of(struct db *db)
{
    return (struct sqlite_db *)(void *)db;
}

/* Fills in e from the handle's last error, and returns the code that fits it. */
int sqlite_error(sqlite3 *handle, int result, struct pawl_error *e);

/* See db_driver.open, .close and .scratch. */
int sqlite_open(const struct db_target *target, const struct db_options *options, struct db **out,
                struct pawl_error *e);
void sqlite_close(struct db *db);
int sqlite_scratch(const struct db_target *server, const struct db_options *options, struct db **out,
                   struct pawl_error *e);

int sqlite_parse(struct arena *a, struct db_target *target, struct pawl_error *e);

/* Begins to watch what statements touch. */
void sqlite_keys_watch(struct sqlite_db *db);
/* Forgets what was touched: a new transaction begins. */
void sqlite_keys_forget(struct sqlite_db *db);
/* Are all foreign keys whole that the open transaction can have broken? PAWL_DATA if not; see db_driver.check. */
int sqlite_keys_check(struct db *db, struct pawl_error *e);

/* Notes what a statement that is being prepared leaves in the session. */
void sqlite_session_watch(struct sqlite_db *db, int action, const char *first, const char *second,
                          const char *database);
/* See db_driver.tidy. */
int sqlite_session_tidy(struct db *db, struct pawl_error *e);

/* All pages of one database into another. */
int sqlite_copy(sqlite3 *to, sqlite3 *from, struct pawl_error *e);
int sqlite_backup(struct db *db, struct slice path, struct pawl_error *e);

/* For scratch databases: what statements touch; see db_driver.touched. */
bool sqlite_log_open(struct sqlite_db *db);
void sqlite_touch(struct sqlite_db *db, int action, const char *first, const char *second);
uint64_t sqlite_touch_mark(struct db *db);
bool sqlite_touched(struct db *db, uint64_t since, db_touch_fn *on_touch, void *context);

int sqlite_snapshot(struct db *db, struct db_snapshot **out, struct pawl_error *e);
int sqlite_restore(struct db *db, struct db_snapshot *snapshot, struct pawl_error *e);
void sqlite_forget(struct db_snapshot *snapshot);

#endif
