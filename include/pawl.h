/*
 * pawl.h: apply, inspect and prove SQL migrations.
 *
 * Values are open structs, handles are opaque. Strings are UTF-8 and NUL-terminated. The library never prints, never
 * exits, keeps no global state and survives every failed allocation. A handle is used by one thread at a time; different
 * handles are independent. Reverting lives in pawl_revert.h, on purpose apart.
 *
 * This header holds words and prototypes only, so every room of the source tree may include it.
 */
#ifndef PAWL_H
#define PAWL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_VERSION "0.1.0"

/* ---- result codes ------------------------------------------------------------------------------------------------ */

/*
 * The one table of results: X(NAME, exit status of the command, name in JSON, meaning).
 * The enum, pawl_code_name, the exit statuses and the manual are all made from it.
 */
/* clang-format off */
#define PAWL_CODES(X) \
    X(OK, 0, "ok", "done, or everything holds") \
    X(CHECK, 1, "check", "a check does not hold: a proof failed, something is pending, health is not ok") \
    X(USAGE, 2, "usage", "wrong usage of the command or the library") \
    X(CONFIG, 2, "config", "wrong configuration") \
    X(UNREACHABLE, 3, "unreachable", "the database cannot be reached or opened") \
    X(LOCKED, 4, "locked", "another process holds the lock, and waiting took too long") \
    X(SQL, 5, "sql", "the SQL of a migration failed") \
    X(REFUSED, 6, "refused", "refused: revert not allowed, database protected, or no confirmation") \
    X(CHANGED, 6, "changed", "refused: an applied file is not what was applied") \
    X(MISSING, 6, "missing", "refused: an applied file is gone, or the database is newer than the files") \
    X(DIRTY, 6, "dirty", "refused: the ledger says that a migration was left half done") \
    X(UNPROVED, 6, "unproved", "refused: a file is not the one that was certified, or the certificate cannot be used") \
    X(DRIFT, 6, "drift", "refused: the schema is not the certified one") \
    X(SOURCE, 7, "source", "the migration files cannot be used as they are") \
    X(LEDGER, 8, "ledger", "the ledger table does not have the shape it must have") \
    X(IO, 9, "io", "the file system failed: no permission, no space, read error") \
    X(DATA, 10, "data", "the database refused: corrupt, full, read-only, or a constraint broken at the end") \
    X(NOMEM, 11, "nomem", "out of memory") \
    X(INTERNAL, 12, "internal", "a fault in pawl itself; please report it") \
    X(INTERRUPTED, 130, "interrupted", "stopped by the user; what was not committed was rolled back")
/* clang-format on */

enum pawl_code {
#define X(name, status, text, meaning) PAWL_##name,
    PAWL_CODES(X)
#undef X
};

/*
 * An error is a plain value of fixed size: it never allocates and needs no clean-up. `message` is one line in lower
 * case without a full stop, `hint` names the next action or is empty. Passwords never appear in it.
 */
struct pawl_error {
    enum pawl_code code;
    uint32_t line;    /* from 1; 0 = unknown */
    uint32_t column;  /* from 1, in characters; 0 = unknown */
    int64_t version;  /* the migration concerned; 0 = none */
    char sqlstate[6]; /* as the engine gave it (SQLite: its extended result code in decimal), or "" */
    char file[256];   /* path as found; a longer one keeps its end */
    char message[512];
    char hint[384];
};

/* ---- findings ---------------------------------------------------------------------------------------------------- */

enum pawl_level { PAWL_LEVEL_OFF, PAWL_LEVEL_NOTE, PAWL_LEVEL_WARNING, PAWL_LEVEL_ERROR };

/*
 * The one table of findings: X(NAME, stable code, default level, meaning). A line `code = "off"|"note"|"warning"|"error"`
 * in the [findings] table of pawl.toml changes a level.
 */
/* clang-format off */
#define PAWL_FINDINGS(X) \
    X(DUPLICATE_VERSION, "duplicate-version", ERROR, "two files carry the same version") \
    X(BAD_NAME, "bad-name", ERROR, "a .sql file whose name is outside the grammar; sqlx refuses the whole folder") \
    X(BAD_VERSION, "bad-version", ERROR, "a version that is zero, negative, signed or too large") \
    X(IGNORED_FILE, "ignored-file", NOTE, "a file that neither sqlx nor pawl reads as a migration") \
    X(DOWN_WITHOUT_UP, "down-without-up", ERROR, "a down file without its up file") \
    X(UP_WITHOUT_DOWN, "up-without-down", WARNING, "an up file without a down file") \
    X(EMPTY_UP, "empty-up", WARNING, "an up file without any statement") \
    X(EMPTY_DOWN, "empty-down", ERROR, "a down file without any statement") \
    X(GAP, "gap", WARNING, "a number is missing in a sequential set") \
    X(MIXED_NUMBERING, "mixed-numbering", WARNING, "sequential numbers and dates in one set; 2026_05_18 is version 2026") \
    X(BOM, "bom", NOTE, "a byte order mark: part of the checksum, not sent to the engine") \
    X(NOT_UTF8, "not-utf8", ERROR, "a file that is not valid UTF-8") \
    X(NUL_BYTE, "nul-byte", ERROR, "a file that contains a NUL byte") \
    X(UNREADABLE, "unreadable", ERROR, "a file or folder that cannot be read") \
    X(LEXICAL, "lexical", ERROR, "an unterminated string, comment, quote, body or block") \
    X(TRANSACTION_CONTROL, "transaction-control", WARNING, "BEGIN or COMMIT other than one pair around the whole file: pawl takes it as one transaction, or each pair for itself if the file needs that; sqlx does not. Those that do not pair are always an error") \
    X(HIDDEN_NO_TRANSACTION, "hidden-no-transaction", WARNING, "`-- no-transaction` stands where sqlx does not see it") \
    X(NEEDS_NO_TRANSACTION, "needs-no-transaction", WARNING, "a statement that cannot run in a transaction, in a file without `-- no-transaction`: pawl runs it without one, sqlx does not run it") \
    X(CLIENT_COMMAND, "client-command", ERROR, "a command of a client program (psql, sqlite3) that no engine understands") \
    X(TWO_HALVES, "two-halves", ERROR, "a file with its down in it, behind a comment such as `-- migrate:down`: pawl would run both halves") \
    X(UNKNOWN_DIRECTIVE, "unknown-directive", WARNING, "a `-- pawl:` directive that pawl does not know") \
    X(TEXT_MENTIONS_LEDGER, "text-mentions-ledger", WARNING, "a migration that names the ledger table itself") \
    X(BAD_BASELINE, "bad-baseline", ERROR, "a baseline whose list of what it replaces cannot be used, or beside which such a file still stands") \
    X(APPLY_FAILS, "apply-fails", ERROR, "the up text fails on the schema it was written for") \
    X(ONLY_PAWL, "only-pawl", ERROR, "a text that applies under pawl only: the engine has no words for a statement in it") \
    X(REPLAY_FAILS, "replay-fails", ERROR, "the up text fails when it is run again at once") \
    X(REPLAY_CHANGES_SCHEMA, "replay-changes-schema", ERROR, "running the up text again at once changes the schema") \
    X(REPLAY_CHANGES_DATA, "replay-changes-data", ERROR, "running the up text again at once changes data") \
    X(DOWN_FAILS, "down-fails", ERROR, "the down text fails") \
    X(DOWN_VACUOUS, "down-vacuous", ERROR, "the down text changes nothing although the up text did") \
    X(DOWN_INCOMPLETE, "down-incomplete", ERROR, "the down text does not restore the schema from before the up text") \
    X(DOWN_TOGETHER, "down-together", WARNING, "the schema is restored only by this down together with its neighbours'") \
    X(REDOWN_FAILS, "redown-fails", ERROR, "the down text fails when it is run again at once") \
    X(REDOWN_CHANGES, "redown-changes", ERROR, "running the down text again at once changes something") \
    X(REUP_FAILS, "reup-fails", ERROR, "the up text fails after its own down text") \
    X(REUP_DIFFERS, "reup-differs", ERROR, "up after down gives another schema than up alone") \
    X(HEAD_FAILS, "head-fails", ERROR, "the up text fails when it is run again at the newest version") \
    X(HEAD_CHANGES_SCHEMA, "head-changes-schema", ERROR, "running the up text again at the newest version changes the schema") \
    X(HEAD_CHANGES_DATA, "head-changes-data", ERROR, "running the up text again at the newest version changes data") \
    X(HEAD_ROW_FAILS, "head-row-fails", ERROR, "an up text fails when all are run again in a row") \
    X(HEAD_ROW_CHANGES, "head-row-changes", ERROR, "all up texts run again in a row change schema or data") \
    X(REVERSE_FAILS, "reverse-fails", ERROR, "a down text fails when all are run in strict reverse order") \
    X(REVERSE_DIFFERS, "reverse-differs", ERROR, "reverting in strict reverse order does not restore an earlier schema") \
    X(COLUMN_ORDER, "column-order", NOTE, "the same schema but for the order of columns") \
    X(GENERATED_NAMES, "generated-names", NOTE, "the same schema but for names the engine made up") \
    X(TEXT_ONLY, "text-only", NOTE, "the same schema, spelled differently") \
    X(FOREIGN_KEYS_BROKEN, "foreign-keys-broken", ERROR, "rows that break a foreign key after the migration") \
    X(CASCADE_DELETES, "cascade-deletes", ERROR, "a table made anew by hand deletes rows of other tables where a runner enforces foreign keys, as sqlx does") \
    X(PARITY, "parity", WARNING, "the two engines' schemas mean different things from this version on") \
    X(UNPORTABLE_PLACEHOLDER, "unportable-placeholder", OFF, "a placeholder, `?` or `?1`, that only SQLite takes in a migration, for NULL") \
    X(UNPORTABLE_TIME, "unportable-time", OFF, "a function for dates and times that one engine alone has, like strftime(), datetime('now'), now()") \
    X(UNPORTABLE_TRIGGER, "unportable-trigger", OFF, "a trigger, which each engine writes its own way") \
    X(GUARDED_FAILS, "guarded-fails", NOTE, "pawl's own runner cannot tell whether the migration ran, or go on with it, when the ledger is lost") \
    X(GUARD_DIFFERS, "guard-differs", ERROR, "IF NOT EXISTS passes over what is there already, and that is not what the file declares") \
    X(GUARD_UNKNOWN, "guard-unknown", WARNING, "IF NOT EXISTS passes over what is there already, and the two could not be compared") \
    X(NOT_PROVED, "not-proved", ERROR, "a proof that could not be run, because one before it failed") \
    X(DRIFT, "drift", ERROR, "the schema of the database is not the certified one, or that of no version") \
    X(CERTIFICATE_BROKEN, "certificate-broken", ERROR, "the certificate cannot be used: edited, cut off, merged, or not one") \
    X(CERTIFICATE_STALE, "certificate-stale", ERROR, "the certificate does not say what the files are, or what they do")
/* clang-format on */

enum pawl_finding_id {
#define X(name, code, level, meaning) PAWL_FINDING_##name,
    PAWL_FINDINGS(X)
#undef X
        PAWL_FINDING_COUNT
};

/* One observation about the files or about what they do. Strings live until the callback that got it returns. */
struct pawl_finding {
    enum pawl_finding_id id;
    enum pawl_level level;
    int64_t version;       /* 0 = none */
    const char *engine;    /* NULL = all engines, or none involved */
    const char *file;      /* NULL = none */
    uint32_t line, column; /* from 1; 0 = unknown */
    const char *message;   /* one line */
    const char *detail;    /* further lines (statement, the engine's message, difference in facts), or NULL */
    const char *hint;      /* NULL = none */
};

/* The stable code ("empty-down") of a finding, and its meaning; NULL for a number that is none. */
const char *pawl_finding_code(enum pawl_finding_id id);
const char *pawl_finding_meaning(enum pawl_finding_id id);
/* "off", "note", "warning", "error". */
const char *pawl_level_name(enum pawl_level level);
/* "ok", "refused", ...: the third column of PAWL_CODES. */
const char *pawl_code_name(enum pawl_code code);
int pawl_code_exit_status(enum pawl_code code);
/* PAWL_VERSION of the library that is running. */
const char *pawl_version(void);

/* ---- proofs ------------------------------------------------------------------------------------------------------ */

/* X(NAME, key in JSON, column heading, meaning). */
/* clang-format off */
#define PAWL_PROOFS(X) \
    X(APPLY, "apply", "up", "the up text applies") \
    X(REPLAY, "replay", "replay", "the up text again, at once: no error, same facts, same data") \
    X(DOWN, "down", "down", "the down text restores exactly the facts from before") \
    X(REDOWN, "redown", "redown", "the down text again: no error, nothing changes") \
    X(REUP, "reup", "reup", "the up text after the down text gives the same facts") \
    X(HEAD, "head", "head", "the up text again at the newest version, alone and in a row, whatever the ledger says") \
    X(REVERSE, "reverse", "reverse", "all downs in strict reverse order restore every earlier version")
/* clang-format on */

enum pawl_proof {
#define X(name, key, heading, meaning) PAWL_PROOF_##name,
    PAWL_PROOFS(X)
#undef X
        PAWL_PROOF_COUNT
};

/* X(NAME, name in output and JSON, meaning): with which runner the up text may be run again without harm. */
/* clang-format off */
#define PAWL_RUNNERS(X) \
    X(UNKNOWN, "-", "not known: the up text does not apply") \
    X(PLAIN, "plain", "any: a tool that sends the text as it is, and pawl") \
    X(PAWL, "pawl", "pawl alone, which asks the schema first") \
    X(NEITHER, "neither", "none")
/* clang-format on */

enum pawl_runner {
#define X(name, text, meaning) PAWL_RUNNER_##name,
    PAWL_RUNNERS(X)
#undef X
};
const char *pawl_runner_name(enum pawl_runner runner);

enum pawl_verdict {
    PAWL_VERDICT_NONE, /* not run; a finding says why */
    PAWL_VERDICT_PASS,
    PAWL_VERDICT_NOTE, /* holds but for something harmless that a finding names */
    PAWL_VERDICT_FAIL,
};

/* ---- decisions --------------------------------------------------------------------------------------------------- */

/* X(NAME, name in JSON, meaning): what was decided about a migration, or about a statement, by what the database has. */
/* clang-format off */
#define PAWL_DECISIONS(X) \
    X(IN_PLACE, "in-place", "its effect is there: it is recorded and not run") \
    X(RUN, "run", "its effect is not there: it runs") \
    X(PARTLY, "partly", "some of its statements are in place; the others run") \
    X(SKIP, "skip", "a statement whose effect is there: it is passed over, by pawl or by its own IF NOT EXISTS")
/* clang-format on */

enum pawl_decision {
#define X(name, text, meaning) PAWL_DECISION_##name,
    PAWL_DECISIONS(X)
#undef X
};
/* "in-place", ... */
const char *pawl_decision_name(enum pawl_decision decision);

/* ---- events ------------------------------------------------------------------------------------------------------ */

enum pawl_event_kind {
    PAWL_EVENT_STEP_BEGIN, /* version, file, reverting: a migration starts */
    PAWL_EVENT_STEP_END,   /* the same, and elapsed_ns: it is committed (or, in a dry run, would be) */
    PAWL_EVENT_NOTE,       /* message: something the user should know; level says how much */
    /* object, count: rows or values that this revert destroys; total: how many such events come; message: what is new and has as
     * many, so that it may be the same under another name ("table cats"), or NULL */
    PAWL_EVENT_LOSS,
    PAWL_EVENT_FINDING,  /* finding */
    PAWL_EVENT_ENGINE,   /* engine, engine_version: verify starts on this engine */
    PAWL_EVENT_PROOF,    /* version, file, proof, verdict */
    PAWL_EVENT_PROGRESS, /* message = stage, count of total */
    PAWL_EVENT_RUNNER,   /* version, file, runner, engine */
    PAWL_EVENT_DECISION, /* decision, version, file, message = why; for a statement line and column, too */
};

/* Everything that happens is told through one callback. Strings live until it returns. Unused members are 0 or NULL. */
struct pawl_event {
    enum pawl_event_kind kind;
    enum pawl_level level;
    bool reverting;
    bool dry_run;
    enum pawl_proof proof;
    enum pawl_verdict verdict;
    int64_t version;
    uint64_t elapsed_ns;
    int64_t count, total;
    const char *file;
    const char *description;
    const char *message;
    const char *object; /* "users.email", "table users" */
    const char *engine;
    const char *engine_version;
    const struct pawl_finding *finding;
    enum pawl_decision decision;
    enum pawl_runner runner;
    uint32_t line, column; /* from 1; 0 = none */
};

typedef void pawl_event_fn(void *context, const struct pawl_event *event);

/* ---- the handle -------------------------------------------------------------------------------------------------- */

struct pawl;

struct pawl_level_setting {
    enum pawl_finding_id id;
    enum pawl_level level;
};

/* What keeps a second run away from a PostgreSQL database. SQLite's own transactions do that. */
enum pawl_lock {
    PAWL_LOCK_ADVISORY, /* the session lock that sqlx takes, too, for the whole run */
    /* The ledger itself, in each migration's transaction: works through a pooler in transaction mode, but only for migrations
     * in a transaction. */
    PAWL_LOCK_TABLE,
};

/* How throw-away databases of one engine are prepared. */
struct pawl_scratch {
    const char *engine;       /* "sqlite" or "postgres" */
    const char *const *setup; /* SQL files run first: what a host application provides */
    size_t n_setup;
    const char *const *stubs; /* SQLite: names of functions to stub (they return NULL) */
    size_t n_stubs;
    const char *const *extensions; /* SQLite: extension libraries to load */
    size_t n_extensions;
};

/*
 * What a handle works on. Start from PAWL_CONFIG_INIT and set what differs. Strings are copied by pawl_open.
 */
struct pawl_config {
    size_t size;             /* sizeof(struct pawl_config): lets a later library know what an older caller filled in */
    const char *dir;         /* folder of the migrations; default "migrations" */
    const char *url;         /* database; NULL is fine for what needs none (verify, new) */
    const char *table;       /* ledger, unquoted as in sqlx, may be schema.name; default "_sqlx_migrations" */
    const char *environment; /* as the user named it, or NULL if nobody did */
    bool is_protected;       /* the named environment is marked protected */
    const char *const *protected_urls; /* databases that stay protected under whatever name they are reached */
    size_t n_protected_urls;
    bool foreign_keys;        /* SQLite: keep foreign keys enforced while migrations run; default false */
    bool ignore_missing;      /* applied versions without a file are no reason to refuse (sqlx's --ignore-missing) */
    uint32_t wait_ms;         /* how long to wait for a lock or a busy database; default 10000 */
    uint32_t connect_wait_ms; /* how long to retry a server that does not answer yet; default 0 */
    uint32_t lock_timeout_ms; /* PostgreSQL: how long a statement of a migration may wait for a lock; 0 = for ever;
                               * default 5000. `-- pawl: lock_timeout = ...` in a file is stronger */
    uint32_t lock_retries;    /* how often a migration that waited too long is tried again; default 10 */
    uint32_t statement_timeout_ms; /* PostgreSQL: how long a statement of a migration may run; 0 = for ever */
    const struct pawl_level_setting *levels;
    size_t n_levels;
    pawl_event_fn *on_event;       /* may be NULL */
    void *context;                 /* handed to on_event */
    const volatile int *interrupt; /* set to non-zero (by a signal handler, say) to stop; may be NULL */
    enum pawl_lock lock;           /* default PAWL_LOCK_ADVISORY */
    const char *certificate;       /* pawl.lock; NULL = the file of that name in `dir`. See pawl_verify_options */
    const char *const *ignore;     /* patterns of objects that are left out when schemas are compared: "queue_*" */
    size_t n_ignore;
    /* For what is found out on throw-away databases. */
    const char *scratch_url; /* a server on which they may be made; NULL: that of `url`, or one of our own */
    const struct pawl_scratch *scratch;
    size_t n_scratch;
};
#define PAWL_CONFIG_INIT \
    ((struct pawl_config){.size = sizeof(struct pawl_config), \
                          .dir = "migrations", \
                          .table = "_sqlx_migrations", \
                          .wait_ms = 10000, \
                          .lock_timeout_ms = 5000, \
                          .lock_retries = 10})

/* Checks the configuration; connects to nothing and reads no files yet. *out is NULL on failure. */
int pawl_open(struct pawl **out, const struct pawl_config *config, struct pawl_error *e);
void pawl_close(struct pawl *p);

enum pawl_transactions {
    PAWL_TRANSACTIONS_AUTO, /* one for the whole run if the database is empty and every file allows it, else per file */
    PAWL_TRANSACTIONS_PER_FILE, /* one for each migration */
    PAWL_TRANSACTIONS_SINGLE,   /* one for the whole run; refused if a file does not allow it */
};

/* Whether `up` may run what the certificate does not have. What it has is compared with the schema in any case. */
enum pawl_require_proof {
    PAWL_REQUIRE_PROOF_AUTO, /* not in the environments production and prod */
    PAWL_REQUIRE_PROOF_YES,
    PAWL_REQUIRE_PROOF_NO,
};

struct pawl_up_options {
    int64_t to;        /* last version to apply; 0 = all */
    uint32_t steps;    /* how many at most; 0 = all */
    bool dry_run;      /* tell what would be done, change and create nothing */
    bool out_of_order; /* run pending migrations that are older than the newest applied one, rather than refuse */
    bool replay;       /* whatever the ledger says: find out what is in place, rebuild the ledger, run the rest */
    enum pawl_transactions transactions;
    enum pawl_require_proof require_proof;
    const char *const
        *allow_drift; /* patterns of objects in which the schema may differ from the certified one; "*" = all */
    size_t n_allow_drift;
};

struct pawl_result {
    size_t steps;    /* migrations applied or reverted (or, in a dry run, that would be) */
    int64_t version; /* highest applied version afterwards; 0 = none */
};

/* Applies what is pending. `options` may be NULL. On failure *out tells what was done before. */
int pawl_up(struct pawl *p, const struct pawl_up_options *options, struct pawl_result *out, struct pawl_error *e);

enum pawl_state {
    PAWL_STATE_PENDING,
    PAWL_STATE_APPLIED,
    PAWL_STATE_CHANGED,      /* applied, but the file is another one now */
    PAWL_STATE_LINE_ENDINGS, /* applied, and the file differs only in line endings or byte order mark */
    PAWL_STATE_MISSING,      /* applied, but there is no file; older than the newest file */
    PAWL_STATE_AHEAD,        /* applied, no file, and newer than every file: the database is ahead */
    PAWL_STATE_DIRTY,        /* the ledger says it was begun and not finished */
    PAWL_STATE_PARTIAL,      /* a baseline, of whose migrations some are applied and some are not: it stands below it */
};
const char *pawl_state_name(enum pawl_state state);

struct pawl_status_row {
    int64_t version;
    enum pawl_state state;
    bool has_down;
    const char *description;
    const char *file;          /* NULL if there is none */
    const char *installed_on;  /* as the database shows it, UTC; NULL if not applied */
    int64_t execution_time_ns; /* -1 = unknown */
    size_t replaces;           /* of a baseline: how many migrations it stands for; 0 = it is none */
    size_t recorded;           /* of a baseline: how many rows of theirs and its own the ledger has */
};

struct pawl_status {
    const struct pawl_status_row *rows; /* by version */
    size_t n;
    int64_t version; /* highest applied; 0 = none */
    int64_t latest;  /* highest file; 0 = none */
    size_t pending, changed, missing, ahead, dirty, partial;
    bool has_ledger;
    bool ok; /* every migration is applied and unchanged; with ignore_missing, a file may be gone */
    const char *engine, *engine_version;
};

/* Reads only. *out is valid until the next call with this handle. */
int pawl_status(struct pawl *p, struct pawl_status *out, struct pawl_error *e);

/* X(NAME, text). In the order of what matters more: the first that is true is the status. */
#define PAWL_HEALTHS(X) \
    X(OK, "ok") \
    X(UNREACHABLE, "unreachable") \
    X(DIRTY, "dirty") \
    X(CHANGED, "changed") \
    X(MISSING, "missing") \
    X(DRIFT, "drift") \
    X(PENDING, "pending") \
    X(AHEAD, "ahead")

enum pawl_health_status {
#define X(name, text) PAWL_HEALTH_##name,
    PAWL_HEALTHS(X)
#undef X
};

struct pawl_health {
    enum pawl_health_status status;
    int64_t version, latest;
    size_t pending;
    char message[256]; /* one line; empty if ok */
};
const char *pawl_health_name(enum pawl_health_status status);

/*
 * Is the database at the version of the files? Read-only, takes no lock, creates nothing, one round trip after connecting.
 * Returns PAWL_OK whenever *out was filled in, which it is for an unreachable database too.
 */
int pawl_health(struct pawl *p, struct pawl_health *out, struct pawl_error *e);

/*
 * The same, and does the schema match the certificate? Still read-only; reads all catalogs once. PAWL_UNPROVED if there is
 * nothing to compare with.
 */
int pawl_health_deep(struct pawl *p, struct pawl_health *out, struct pawl_error *e);

/* One fact (docs/facts.md) in which the live schema differs from the certified one. */
struct pawl_drift_line {
    const char *object;    /* "column users.email" */
    const char *certified; /* the fact as it is certified; NULL = it is not */
    const char *live;      /* as it is; NULL = it is not */
};

struct pawl_drift {
    bool matches;         /* nothing that counts differs */
    const char *harmless; /* it matches but for this ("the order of columns"); NULL = for nothing */
    int64_t version;      /* with which it was compared: the highest that is applied */
    const struct pawl_drift_line *lines;
    size_t n;
    const char *sql; /* statements that would make the live schema the certified one; NULL = they are not known */
    const char *const *unmanaged; /* objects that no migration has made: "table queue" */
    size_t n_unmanaged;
    size_t facts, ignored; /* that are there; that were left out */
    bool shapes;           /* the server is of another major version than the certificate: only shapes were compared */
    const char *engine, *engine_version;
};

/*
 * Compares the live schema with the certificate, at the version that the ledger says. Reads only; where only fingerprints could be
 * compared and they differ, the set is rehearsed on a scratch database. PAWL_UNPROVED if there is nothing to compare with.
 * *out is valid until the next call with this handle.
 */
int pawl_drift(struct pawl *p, struct pawl_drift *out, struct pawl_error *e);

enum pawl_certify {
    PAWL_CERTIFY_NOTHING,
    PAWL_CERTIFY_WRITE, /* if every required proof holds, write what was shown to the certificate and beside it */
    PAWL_CERTIFY_CHECK, /* whatever the certificate does not say, or says otherwise, is a finding */
};

struct pawl_verify_options {
    const char *engine;      /* "sqlite", "postgres", or NULL: every one that is at hand */
    enum pawl_runner runner; /* PAWL: it is enough if pawl itself can run the files again; else any runner must */
    const char *repro_dir;   /* where to write a runnable script for each failure; NULL = nowhere */
    enum pawl_certify certify;
    bool all; /* with a certificate: prove again what it says was proved */
};

/*
 * Proves the folder on scratch databases of its own; the database of the configuration is not touched. Everything is told
 * through events. Returns PAWL_OK if every required proof holds, PAWL_CHECK if one does not, else why nothing could be proved.
 */
int pawl_verify(struct pawl *p, const struct pawl_verify_options *options, struct pawl_error *e);

struct pawl_fix_options {
    const char *engine;       /* as for verify; NULL: every one at hand on which the whole set applies */
    const char *const *files; /* paths, names or versions; none = all that are not applied */
    size_t n_files;
    bool unapplied; /* the user's word that no database which matters has these files: the ledger is not asked */
    bool write;     /* replace the files; otherwise only tell */
};

enum pawl_fix_state {
    PAWL_FIX_REWRITTEN, /* safe to run twice now; with `write` the file has the new text */
    PAWL_FIX_LEFT,      /* no form that could be found is safe: `reason` */
    PAWL_FIX_APPLIED,   /* in the ledger: its bytes must stay what they are */
};
const char *pawl_fix_state_name(enum pawl_fix_state state);

struct pawl_fix_text {
    int64_t version;
    bool reverting; /* it is the down file */
    enum pawl_fix_state state;
    const char *file;
    const char *before, *after; /* the whole file; `after` is NULL unless rewritten */
    const char *reason;         /* one line, or NULL */
};

struct pawl_fix_report {
    const struct pawl_fix_text *items; /* every file that is not safe to run twice as it stands, by version */
    size_t n;
    size_t rewritten, left, applied;
};

/*
 * Rewrites files that are not safe to run twice into ones that are, for any runner: only words that guard a statement are added,
 * layout and comments stay. Everything is proved on scratch databases before it is told or written: the schema after each version
 * stays exactly what it was, and no proof comes off worse. With a URL the ledger says which files are applied; without one and
 * without `unapplied` nothing is written (PAWL_REFUSED). PAWL_REFUSED, too, for a file that was named and is applied. PAWL_CHECK:
 * the set does not apply. *out is valid until the next call with this handle.
 */
int pawl_fix(struct pawl *p, const struct pawl_fix_options *options, struct pawl_fix_report *out, struct pawl_error *e);

struct pawl_downs_options {
    const char *engine;       /* as for verify; NULL: every one at hand on which the whole set applies */
    const char *const *files; /* versions, paths or names; none = all migrations without a down file */
    size_t n_files;
    bool pawl_only; /* the texts may need pawl as their runner, which makes them shorter on SQLite */
    bool write;     /* write the files; otherwise only tell */
};

enum pawl_downs_state {
    PAWL_DOWNS_WRITTEN, /* a text that holds was found; with `write` the file has it */
    PAWL_DOWNS_LEFT,    /* none: `reason` */
    PAWL_DOWNS_HOLDS,   /* the down file that is there holds already */
};
const char *pawl_downs_state_name(enum pawl_downs_state state);

struct pawl_downs_text {
    int64_t version;
    enum pawl_downs_state state;
    const char *file;   /* the down file, there or not */
    const char *before; /* what it has now; NULL = it is not there */
    const char *text;   /* NULL unless written */
    const char *reason; /* one line, or NULL */
};

struct pawl_downs_report {
    const struct pawl_downs_text *items; /* by version */
    size_t n;
    size_t written, left;
};

/*
 * Makes down texts from what each migration does to the schema, seen on scratch databases, and proves them: each restores the
 * schema from before, can run twice, and its up applies again. Rows do not come back; comments in the text say which. A down that is
 * there is replaced only if its migration is named and it does not hold. PAWL_CHECK: the set does not apply. *out is valid until
 * the next call with this handle.
 */
int pawl_downs(struct pawl *p, const struct pawl_downs_options *options, struct pawl_downs_report *out,
               struct pawl_error *e);

struct pawl_squash_options {
    int64_t to;         /* the last version that is squashed, and the baseline's own */
    const char *engine; /* as for verify; NULL: both, and both must be at hand */
    bool write;         /* write the baseline and remove the files that it replaces; otherwise only tell */
};

struct pawl_squash_report {
    int64_t version;
    const char *file, *down_file; /* of the baseline; down_file NULL: it has none, and `no_down` says why */
    const char *text, *down_text;
    const char *no_down;
    const char *const *removed; /* files that it replaces */
    size_t n_removed;
    size_t replaced;           /* migrations */
    size_t statements, shared; /* of its text; those that run on every engine */
    size_t rows;
    size_t unseen; /* so many of the last replaced migrations change rows only: no schema tells whether they ran */
    const char *engines[2]; /* for which it is and was proved */
    size_t n_engines;
    bool proved;                            /* `pawl verify` passes with it */
    enum pawl_proof lost[PAWL_PROOF_COUNT]; /* what all replaced migrations have shown, and it does not */
    size_t n_lost;
    bool certified; /* with `write`: the certificate, which was there, was written anew */
    /* With `write`: an earlier squash up to that version had been interrupted, and its end was made up for. Of all that stands
     * above only version, files, `removed` and `certified` are told. */
    bool finished;
};

/*
 * Makes one migration, a baseline, of all up to a version: SQL that builds their schema and brings the rows that they have made. It is
 * proved to lead to the same facts at that version and at every later one, and to the same rows. Databases that have all of the
 * replaced versions count as having it; databases that stand below it are refused. PAWL_CHECK: it cannot be proved, or the files
 * are not those of their certificate. *out is valid until the next call with this handle.
 */
int pawl_squash(struct pawl *p, const struct pawl_squash_options *options, struct pawl_squash_report *out,
                struct pawl_error *e);

/* Where a schema is: a URL; "@12" (version 12 of the folder, "@" the newest, "@0" before the first); a file name.facts; NULL: the
 * database of the configuration. */
struct pawl_dump_options {
    const char *source;
    const char *engine; /* for versions of the folder; NULL: that of the configured database, else SQLite */
    bool sql;           /* SQL that builds the schema, instead of facts */
};

struct pawl_dump {
    const char *text;   /* lines */
    const char *engine; /* NULL = cannot be told (a file without facts) */
    size_t facts;
    size_t missing; /* what SQL could not be written for; comments in the text name it */
};

/* Reads only; a version of the folder is run on a scratch database. *out is valid until the next call with this handle. */
int pawl_dump(struct pawl *p, const struct pawl_dump_options *options, struct pawl_dump *out, struct pawl_error *e);

struct pawl_diff_options {
    const char *from, *to; /* as pawl_dump_options.source */
    const char *engine;
    bool sql; /* SQL that leads from one to the other, too */
};

/* One fact that differs; NULL = is not there. */
struct pawl_change {
    const char *before, *after;
};

struct pawl_difference {
    const struct pawl_change *items; /* in the order of their keys; none = the same schema */
    size_t n;
    const char *engine;
    const char *sql;
    size_t missing; /* as in pawl_dump */
};

int pawl_diff(struct pawl *p, const struct pawl_diff_options *options, struct pawl_difference *out,
              struct pawl_error *e);

struct pawl_repair_options {
    bool dry_run;
    bool fold; /* record a baseline in place of the rows of what it replaces, as in a database that began with it */
};
/* Restamps checksums that differ only in line endings or byte order mark; clears a dirty row when the schema shows that it may. */
int pawl_repair(struct pawl *p, const struct pawl_repair_options *options, struct pawl_result *out,
                struct pawl_error *e);

/* Records every migration up to `version` as applied without running it. Refused if the ledger has rows. */
int pawl_baseline(struct pawl *p, int64_t version, struct pawl_result *out, struct pawl_error *e);
/* The same for the version that the schema shows; PAWL_REFUSED says what differs if it is that of none. */
int pawl_detect(struct pawl *p, struct pawl_result *out, struct pawl_error *e);

enum pawl_numbering { PAWL_NUMBERING_AUTO, PAWL_NUMBERING_SEQUENTIAL, PAWL_NUMBERING_TIMESTAMP };

struct pawl_new_options {
    const char *name; /* description; spaces become underscores */
    enum pawl_numbering numbering;
    const char *sql; /* the up text; its down text is made as by pawl_downs. NULL: skeletons to be filled in */
};
struct pawl_new_files {
    int64_t version;
    char up[1024], down[1024]; /* paths written */
};
/* Writes an up and a down skeleton, numbered and named as the folder does. Makes the folder if there is none. */
int pawl_new(struct pawl *p, const struct pawl_new_options *options, struct pawl_new_files *out, struct pawl_error *e);

#ifdef __cplusplus
}
#endif

#endif
