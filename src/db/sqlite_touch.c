/*
 * What statements touch, noted by the authorizer as they are prepared, in a ring: for scratch databases, where the same
 * questions ("which objects may be other ones now?") are asked after each of thousands of texts, and reading the whole schema
 * for the answer would cost more than the texts themselves.
 *
 * Facts about SQLite 3.38 to 3.46 (build.c, alter.c, vacuum.c): DROP TABLE takes indexes and triggers along without naming
 * them; ALTER TABLE RENAME and DROP COLUMN may rewrite the text of any object, through functions whose names begin with
 * sqlite_rename_; VACUUM, which gives new rowids to the rows of sqlite_schema, attaches a database.
 */
#include "base/mem.h"
#include "db/sqlite.h"

#define ENTRIES 512
#define MAX_NAME 60

struct entry {
    unsigned char how; /* enum db_touch; 0 = cannot be told */
    unsigned char n;
    char name[MAX_NAME];
};

struct sqlite_log {
    uint64_t count; /* ever noted; the newest is entries[(count - 1) % ENTRIES] */
    struct entry entries[ENTRIES];
};

static void note(struct sqlite_log *log, unsigned how, const char *name)
{
    size_t n = name ? strlen(name) : 0;
    struct entry *t = &log->entries[log->count++ % ENTRIES];
    *t = (struct entry){.how = (unsigned char)(n > MAX_NAME ? 0 : how), .n = (unsigned char)(n > MAX_NAME ? 0 : n)};
    memcpy(t->name, name ? name : "", t->n);
}

void sqlite_touch(struct sqlite_db *db, int action, const char *first, const char *second)
{
    if (!db->log)
        return;
    switch (action) {
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        if (strcmp(first, "sqlite_master") != 0 && strcmp(first, "sqlite_schema") != 0)
            note(db->log, DB_TOUCH_ROWS, first);
        break;
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_VTABLE:
        note(db->log, DB_TOUCH_ROWS | DB_TOUCH_SHAPE, first);
        break;
    case SQLITE_ALTER_TABLE:
        note(db->log, DB_TOUCH_ROWS | DB_TOUCH_SHAPE, second);
        break;
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_VIEW:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TRIGGER:
        note(db->log, DB_TOUCH_SHAPE, first);
        break;
    case SQLITE_FUNCTION:
        if (second && strncmp(second, "sqlite_rename_", 14) == 0 && strcmp(second, "sqlite_rename_test") != 0)
            note(db->log, DB_TOUCH_SHAPE, "");
        break;
    case SQLITE_ATTACH:
        note(db->log, 0, "");
        break;
    default:
        break;
    }
}

bool sqlite_log_open(struct sqlite_db *db)
{
    db->log = mem_alloc(sizeof *db->log);
    return db->log != NULL;
}

uint64_t sqlite_touch_mark(struct db *base)
{
    const struct sqlite_db *db = sqlite_of(base);
    return db->log ? db->log->count : 0;
}

bool sqlite_touched(struct db *base, uint64_t since, db_touch_fn *on_touch, void *context)
{
    const struct sqlite_db *db = sqlite_of(base);
    const struct sqlite_log *log = db->log;
    if (!log || db->schema_by_hand || log->count - since > ENTRIES)
        return false;
    for (uint64_t i = since; i < log->count; i++) {
        const struct entry *t = &log->entries[i % ENTRIES];
        if (!t->how)
            return false;
        on_touch(context, (struct slice){t->name, t->n}, t->how);
    }
    return true;
}
