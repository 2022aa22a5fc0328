/*
 * postgres_facts: the parts of the PostgreSQL introspector among themselves. Nothing else includes it.
 *
 * What is read in one go is either a relation (a table with its columns, constraints, indexes, triggers and so on; a view, a
 * sequence, a composite type) or a group (all functions, all comments). Both are units of the scan: a relation's id is its oid,
 * a group's is PG_GROUP_UNIT plus its number.
 *
 * Names and what they mean in the catalogs: https://www.postgresql.org/docs/current/catalogs.html
 */
#ifndef PAWL_SCHEMA_POSTGRES_FACTS_H
#define PAWL_SCHEMA_POSTGRES_FACTS_H

#include "base/arena.h"
#include "base/map.h"
#include "schema/introspect.h"

#define PG_GROUP_UNIT (UINT64_C(1) << 40)
#define PG_MAX_KEYS 32           /* columns of an index, as the server is built by everyone */
#define PG_DEFAULT_COLLATION 100 /* pg_collation "default" */
#define PG_BTREE 403             /* pg_am "btree" */
#define PG_FIRST_USER_OID 16384  /* smaller oids belong to what initdb made */

/* ---- relations --------------------------------------------------------------------------------------------------- */

/* Rows that can disappear without a trace in other rows of their relation are counted; see postgres_changes.c. */
enum pg_counted { PG_RELATIONS, PG_INDEXES, PG_CONSTRAINTS, PG_TRIGGERS, PG_RULES, PG_POLICIES, PG_COUNTED };

#define PG_LOOKS 64  /* at catalogs, at most */
#define PG_STAMPS 11 /* the first ones, which are at rows of relations */

/* What is remembered of a relation between scans; one block of memory. */
struct pg_rel {
    uint32_t oid, schema;
    uint32_t counts[PG_COUNTED];
    uint64_t transaction;       /* in which it was read last; 0 = in none that wrote */
    uint32_t stamps[PG_STAMPS]; /* of its young rows; see postgres_changes.c */
    char kind;                  /* pg_class.relkind */
    bool hidden;                /* of an extension, of the system, temporary, or the ledger: no facts */
    bool member;                /* of an extension */
    bool fresh;                 /* read in this scan */
    bool wanted;                /* is to be read in this scan */
    bool gone;                  /* is only kept for the way back */
    struct pg_rel *next_gone;
    uint32_t now[PG_COUNTED]; /* while counting */
    struct slice name;
    size_t n_columns;      /* highest attnum */
    struct slice *columns; /* names by attnum - 1; .p NULL = dropped */
    size_t n_indexes;
    uint32_t *indexes; /* their oids */
};

/* ---- what a scan has read and not yet put ------------------------------------------------------------------------ */

struct pg_line { /* a fact that is complete */
    char *text;
    size_t n, key_n;
    struct pg_line *next;
};

struct pg_column {
    struct pg_column *next;
    int number;
    struct slice name, statistics, options, fdw_options;
    struct pg_value *value; /* default or expression; NULL = none */
    uint32_t type, collation;
    int64_t modifier;
    char identity, generated, compression, storage;
    bool not_null, inherited, privileges;
};

struct pg_constraint {
    struct pg_constraint *next;
    uint32_t oid, index, parent, target;
    struct slice name, columns, target_columns, set_columns, text;
    struct pg_value *expression; /* of a check */
    char kind, on_update, on_delete, match;
    bool deferrable, deferred, valid, local, inherited, no_inherit, enforced, period;
};

struct pg_index {
    struct pg_index *next;
    uint32_t oid, method;
    struct slice name, keys, classes, collations, options, where, with, tablespace, parent;
    struct slice *expressions; /* by position; .p NULL = a column */
    int n_keys;
    bool unique, valid, clustered, identity, has_expressions, nulls_equal;
    bool has_constraint;
};

struct pg_sequence {
    uint32_t type, owner;
    int owner_column;
    int64_t start, increment, min, max, cache;
    bool cycle, identity, unlogged;
};

/* A relation being read. */
struct pg_table {
    struct pg_rel *rel;
    struct pg_line *lines;
    struct pg_column *columns, *last; /* by number; where the last one was put */
    struct pg_constraint *constraints;
    struct pg_index *indexes;
    struct pg_sequence *sequence;
    bool unlogged, partition;
    bool logged;     /* neither that nor temporary */
    bool privileges; /* some were granted or taken, not counting those of columns */
    bool named, put;
};

/* A default or a check's expression; one value for all that read the same. */
struct pg_value {
    uint32_t oid; /* of one row of pg_attrdef, or of pg_constraint, that has it */
    char of;      /* 'd' or 'c': which of the two */
    bool known;
    struct slice text;
};

struct pg_schema {
    struct slice name;
    bool system;
};

struct pg_type {
    struct slice name;
    uint32_t collation;
    char storage;
};

struct pg_class { /* of operators */
    struct slice schema, name;
    uint32_t type;
    bool is_default;
};

struct pg_group {
    bool read;
    struct pg_line *lines, **end;
};

#define PG_GROUPS 6 /* types and functions, others, text search, comments, privileges, members of extensions */

struct pg_young { /* a relation with rows younger than the horizon */
    uint32_t oid;
    uint32_t stamps[PG_STAMPS];
};

struct pg_moment {
    uint64_t horizon, transaction; /* the oldest transaction running then; our own, 0 = it has no number yet */
    uint64_t end;                  /* none that can be seen has this number or a higher one, but for our own */
    uint64_t epoch;                /* in which rows are counted: see db_written */
    int64_t began;                 /* when our transaction did */
    uint64_t made[PG_LOOKS], gone[PG_LOOKS];
    bool counted; /* by a server that counts */
};

struct pg_name { /* a known name that has become another one since the first way back */
    int64_t *at, was;
};

/* What goes back with the database; see introspector.save. */
struct pg_kept {
    struct pg_rel **rels;
    size_t n_rels, n_names;
    struct pg_moment moment;
    uint64_t horizon, since, rolled_back;
    uint64_t digests[PG_LOOKS], rows[PG_LOOKS];
    uint64_t foreign[PG_COUNTED];
    bool foreign_known[PG_COUNTED];
    bool logged, none[PG_STAMPS];
};

#define PG_BATCH 224
struct pg_batch { /* requests on their way to becoming one batch */
    struct db_request requests[PG_BATCH];
    size_t n;
    bool failed;
};
#define PG_STATEMENTS 192

struct pg_oids { /* in the scan's arena */
    uint32_t *v;
    size_t n, cap;
};

struct pg_in {
    struct db *db;
    int version; /* 15 */
    struct slice ledger_schema, ledger;
    bool unstamped;       /* nobody takes a stamp in front of scans */
    bool known;           /* what follows is of the last scan */
    uint64_t horizon;     /* rows of younger transactions may have changed since */
    uint64_t since;       /* so may, in the same epoch, rows that this or a younger one has written */
    struct pg_rel **rels; /* by oid */
    size_t n_rels, cap_rels;
    struct pg_moment moment, next_moment;
    uint64_t digests[PG_LOOKS], next_digests[PG_LOOKS];
    uint64_t rows[PG_LOOKS], next_rows[PG_LOOKS]; /* that the digests are of */
    bool system_changed;                          /* rows of the system's own relations */
    bool logged, next_logged;                     /* there is no table that the log does not tell about */
    bool looked[PG_LOOKS];
    uint64_t rolled_back;       /* a transaction some of whose changes were rolled back since; 0 = none */
    bool inside;                /* the same epoch as at the last scan */
    bool by_locks;              /* and what has changed is what is locked */
    bool none[PG_STAMPS];       /* by look: no relation has a row there that is read */
    bool seen[PG_STAMPS];       /* this scan has read one */
    bool spare[PG_STAMPS];      /* there is none, and there has been none since: it need not be read */
    size_t n_kept;              /* ways back that are open, */
    struct pg_rel *gone;        /* for which these are kept, */
    struct pg_name *names_were; /* and this */
    size_t n_names, cap_names;
    /* statements that the server keeps for us */
    const void *statements[PG_STATEMENTS];
    size_t n_statements;
    uint64_t session;
    uint64_t resets;          /* of the session, when they were prepared */
    bool unprepared;          /* it has lost one, so do without */
    struct arena names_arena; /* of known_names */
    struct map known_names;
    struct pg_group groups[PG_GROUPS];
    struct arena names; /* schemas, types and the like, read again in each scan that reads anything */
    struct map schemas, types, classes, collations, methods, values; /* by oid, by type and modifier, by tree */
    /* of the scan that runs */
    struct arena arena;
    struct map wanted, checks, expressions; /* defaults by oid of pg_attrdef, checks by oid, indexes by oid */
    struct pg_table *tables;                /* by oid */
    size_t n_tables, cap_tables, last_table;
    size_t first_table; /* of those that are being read */
    bool all;           /* which are all there are */
    struct pg_young **young;
    size_t n_young, cap_young;
    struct map young_by_oid;
    struct pg_oids again;       /* read only because of what was rolled back */
    uint64_t there[PG_COUNTED]; /* rows that the server counts */
    bool counted[PG_COUNTED];
    /* Of them, those of relations that are left out (an extension's); once known, since then only they may be in excess. */
    uint64_t foreign[PG_COUNTED];
    bool foreign_known[PG_COUNTED];
    struct fact fact;
    struct strbuf text, place; /* place: " schema.name" of the relation whose facts are put */
};

/* ---- postgres_row.c: from rows to facts -------------------------------------------------------------------------- */

/*
 * A query whose rows are facts. The spec names its columns in order: first the kind of the fact, then for each column "." (a part
 * of the name), or the attribute that it becomes ("!attribute": a word of our own). NULL leaves the attribute out. `since`/`until`:
 * major versions. In the text, {14?new:::old} chooses by version, and {where x} becomes the condition on x, the oid of a relation.
 */
struct pg_query {
    const char *spec;
    const char *sql;
    int since, until; /* 0 = any */
};

#define PG_USER_SCHEMA(alias) alias ".nspname !~ '^pg_' and " alias ".nspname <> 'information_schema'"
#define PG_NO_MEMBER(catalog, oid) \
    "not exists (select from pg_depend e where e.classid = '" catalog "'::regclass and e.objid = " oid \
    " and e.deptype = 'e')"

/* The text for this version. `all`: every relation, else those of $1. .p NULL = no memory. */
struct slice pg_text(struct pg_in *in, struct arena *a, const char *sql, bool all);
/* Begins a fact with a row; then, what pg_spec does: writes the attributes of a spec for the columns. */
void pg_begin(struct fact *f, const char *spec, const struct db_value *columns, size_t n);
void pg_spec(struct fact *f, const char *spec, const struct db_value *columns, size_t n);
/* A complete fact, kept in the scan's arena. */
int pg_keep(struct pg_in *in, struct pg_line ***end, struct pawl_error *e);

bool pg_text_of(struct arena *a, const struct db_value *v, struct slice *out); /* NULL gives .p NULL */
static inline uint32_t pg_oid(const struct db_value *v)
{
    return v->type == DB_INT ? (uint32_t)v->i : 0;
}
static inline char pg_char(const struct db_value *v)
{
    return v->type == DB_TEXT && v->s.n ? v->s.p[0] : '\0';
}
static inline bool pg_bool(const struct db_value *v)
{
    return v->type == DB_BOOL && v->i;
}

#endif
