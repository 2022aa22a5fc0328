/*
 * Generated tables, from a fixed seed, changed by statements that SQLite has no words for: the facts are then those of a schema that
 * was written so from the beginning, and everything that the statement does not name (rows, rowids, counters, statistics, other
 * tables) is what it was.
 */
#include "schema_test.h"

#include "base/hash.h"
#include "schema/emulate.h"

#define COLUMNS 6
#define MAX 65536

struct column {
    const char *name, *type, *null, *value, *more;
    bool gone;
};

struct table {
    const char *name; /* as written */
    struct column columns[COLUMNS + 2];
    size_t n;
    const char *constraints[12];
    size_t n_constraints;
    const char *options;
    bool lines, rowid, autoincrement, qualified, index_on_d;
    unsigned indexes, others;
};

static uint64_t state;

static unsigned pick(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

/* ---- a schema ---------------------------------------------------------------------------------------------------- */

static const char *const names[] = {"users", "\"order\"", "[we ird]", "\"qu\"\"ote\"", "`select`", "Users"};

static struct table generate(void)
{
    struct table t = {.name = names[pick(6)], .lines = pick(2), .rowid = true, .options = ""};
    unsigned key = pick(6);
    t.columns[0] = (struct column){"id", "INTEGER", "", "", "", false};
    t.columns[1] = (struct column){pick(2) ? "a" : "\"A b\"", pick(2) ? "TEXT" : "VARCHAR(20)", "", "", "", false};
    t.columns[2] = (struct column){"b", "INTEGER", "NOT NULL", pick(2) ? "DEFAULT 3" : "DEFAULT (1 + 2)", "", false};
    t.columns[3] =
        (struct column){pick(2) ? "\"group\"" : "c", "TEXT", "", "", pick(2) ? "UNIQUE" : "COLLATE NOCASE", false};
    t.columns[4] = (struct column){"d", "INTEGER", "", "", pick(2) ? "REFERENCES other (id)" : "", false};
    t.n = 5;
    switch (key) {
    case 0:
        t.columns[0].more = "PRIMARY KEY";
        break;
    case 1:
        t.columns[0].more = "PRIMARY KEY AUTOINCREMENT";
        t.autoincrement = true;
        break;
    case 2:
        t.constraints[t.n_constraints++] = "CONSTRAINT pk PRIMARY KEY (id)";
        break;
    case 3:
        t.constraints[t.n_constraints++] = "PRIMARY KEY (id, b)";
        t.options = " WITHOUT ROWID";
        t.rowid = false;
        break;
    case 4:
        t.columns[0].type = "INT";
        t.columns[0].more = "PRIMARY KEY";
        break;
    default:
        t.columns[0].more = "UNIQUE";
        break;
    }
    if (pick(4) == 0 && strcmp(t.columns[1].type, "TEXT") == 0) {
        t.options = t.rowid ? " STRICT" : " WITHOUT ROWID, STRICT";
    }
    if (pick(3) == 0)
        t.columns[t.n++] = (struct column){
            "e", "INTEGER", "", "", pick(2) ? "AS (b * 2)" : "GENERATED ALWAYS AS (b + 1) STORED", false};
    if (pick(2))
        t.constraints[t.n_constraints++] = "CONSTRAINT ck CHECK (b < 1000)";
    if (pick(4) == 0 && strcmp(t.name, "users") == 0) {
        t.constraints[t.n_constraints++] = "CHECK (users.b <> 77)";
        t.qualified = true;
    }
    if (pick(3) == 0 && key != 3)
        t.constraints[t.n_constraints++] = "FOREIGN KEY (b) REFERENCES child (id) DEFERRABLE INITIALLY DEFERRED";
    t.indexes = pick(16);
    t.others = pick(16);
    return t;
}

static void create_table(struct strbuf *s, const struct table *t)
{
    const char *separator = t->lines ? ", -- remark\n    " : ", ", *comma = t->lines ? "\n    " : "";
    strbuf_addf(s, "CREATE TABLE %s%s(", t->name, t->lines ? " /* a table */ " : "");
    for (size_t i = 0; i < t->n; i++) {
        const struct column *c = &t->columns[i];
        if (c->gone)
            continue;
        strbuf_addf(s, "%s%s %s %s %s %s", comma, c->name, c->type, c->null, c->value, c->more);
        comma = separator;
    }
    for (size_t i = 0; i < t->n_constraints; i++)
        if (t->constraints[i])
            strbuf_addf(s, "%s%s", comma, t->constraints[i]);
    strbuf_addf(s, "%s)%s;\n", t->lines ? " -- the last\n" : "", t->options);
}

/* All but rows; what refers to the table uses no column that a statement changes or drops. */
static void create(struct strbuf *s, const struct table *t)
{
    strbuf_addz(s, "CREATE TABLE other (id INTEGER PRIMARY KEY);\n");
    create_table(s, t);
    strbuf_addf(s, "CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER%s%s%s);\n", t->rowid ? " REFERENCES " : "",
                t->rowid ? t->name : "", t->rowid ? " (id) ON DELETE CASCADE" : "");
    strbuf_addz(s, "CREATE TABLE log (what);\n");
    if (t->indexes & 1)
        strbuf_addf(s, "CREATE INDEX i1 ON %s (b DESC) WHERE b > 0;\n", t->name);
    if (t->indexes & 2)
        strbuf_addf(s, "CREATE UNIQUE INDEX i2 ON %s (id, (b + 1));\n", t->name);
    if (t->indexes & 4)
        strbuf_addf(s, "CREATE INDEX \"i 3\" ON %s (%s COLLATE RTRIM);\n", t->name, t->columns[3].name);
    if ((t->indexes & 8) && !t->columns[4].gone)
        strbuf_addf(s, "CREATE INDEX i4 ON %s (d);\n", t->name);
    if (t->others & 1)
        strbuf_addf(s, "CREATE VIEW v AS SELECT id, b FROM %s AS t WHERE t.b > 1;\n", t->name);
    if (t->others & 2)
        strbuf_addf(s, "CREATE TRIGGER t1 AFTER INSERT ON %s BEGIN INSERT INTO log VALUES (new.id); END;\n", t->name);
    if (t->others & 4)
        strbuf_addf(s, "CREATE TRIGGER t2 AFTER UPDATE ON other BEGIN UPDATE %s SET b = b + 1; END;\n", t->name);
    if ((t->others & 8) && (t->others & 1))
        strbuf_addz(s, "CREATE TRIGGER t3 INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES (new.b); END;\n");
}

static void fill(struct strbuf *s, const struct table *t)
{
    strbuf_addz(s, "INSERT INTO other VALUES (1), (2);\nINSERT INTO child VALUES (1, NULL), (2, NULL), (5, NULL);\n");
    for (int i = 1; i <= 8; i++)
        strbuf_addf(s, "INSERT INTO %s (id, %s, b, %s, d) VALUES (%d, '%d', %d, %s%d', %s);\n", t->name,
                    t->columns[1].name, t->columns[3].name, i * 3, i * 10, i % 2 + 1, i % 3 ? "'x" : "'Y'' ", i,
                    i % 4 ? "1" : "NULL");
    strbuf_addf(s, "DELETE FROM %s WHERE id IN (6, 24);\n", t->name);
    if (t->rowid)
        strbuf_addz(s, "INSERT INTO child VALUES (10, 3), (11, 3), (12, 9);\n");
    strbuf_addz(s, "ANALYZE;\n");
}

/* ---- what is in it ----------------------------------------------------------------------------------------------- */

static int on_row(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct strbuf *s = context;
    (void)n, (void)e;
    strbuf_add(s, c[0].s);
    strbuf_addc(s, '\n');
    return PAWL_OK;
}

static void dump_query(struct db *db, struct strbuf *s, const char *sql)
{
    struct pawl_error e = {0};
    if (db_run(db, &(struct db_request){.sql = slice_of(sql), .on_row = on_row, .context = s}, 1, NULL, &e))
        fail_msg("%s\n%s", sql, e.message);
}

/* Rows of all tables; of the table itself the columns that are not `touched`. */
static const char *dump(struct arena *a, struct db *db, const struct table *t, const char *touched)
{
    STRBUF(s, MAX);
    STRBUF(q, MAX);
    strbuf_addf(&q, "SELECT 'row ' || quote(%s)", t->rowid ? "rowid" : "id");
    for (size_t i = 0; i < 5; i++)
        if (strcmp(t->columns[i].name, touched) != 0)
            strbuf_addf(&q, " || ' ' || quote(%s)", t->columns[i].name);
    strbuf_addf(&q, " FROM %s ORDER BY id", t->name);
    dump_query(db, &s, strbuf_z(&q));
    dump_query(db, &s, "SELECT 'child ' || quote(id) || quote(t) FROM child ORDER BY id");
    dump_query(db, &s, "SELECT 'other ' || quote(id) FROM other ORDER BY id");
    dump_query(db, &s, "SELECT 'log ' || quote(what) FROM log ORDER BY rowid");
    dump_query(db, &s,
               "SELECT 'stat ' || tbl || ' ' || idx || ' ' || stat FROM sqlite_stat1 WHERE idx <> 'i4'"
               " AND idx NOT LIKE 'sqlite_autoindex%' ORDER BY tbl, idx");
    if (t->autoincrement)
        dump_query(db, &s, "SELECT 'sequence ' || name || seq FROM sqlite_sequence ORDER BY name");
    dump_query(db, &s, "SELECT * FROM pragma_integrity_check");
    dump_query(db, &s, "SELECT 'left ' || name FROM sqlite_schema WHERE name LIKE 'pawl%'");
    return arena_strz(a, strbuf_slice(&s));
}

static int run_emulated(struct db *db, struct slice sql, struct pawl_error *e)
{
    ARENA(a);
    struct emulation m;
    int code = emulate(&a, db, sql, &m, e);
    if (code)
        return code;
    if (m.as_is)
        return db_run(db, &(struct db_request){.sql = sql}, 1, NULL, e);
    return db_run(db, m.requests, m.n, NULL, e);
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static void add_column(struct table *t, struct column c)
{
    t->columns[t->n++] = c;
}

static bool drop_named(struct table *t, const char *name)
{
    char front[32];
    snprintf(front, sizeof front, "CONSTRAINT %s ", name);
    for (size_t i = 0; i < t->n_constraints; i++)
        if (t->constraints[i] && strncmp(t->constraints[i], front, strlen(front)) == 0) {
            t->constraints[i] = NULL;
            return true;
        }
    return false;
}

/* One statement about t, and t as it is meant to be then; false: it means nothing for this table. */
static bool change(unsigned which, struct table *t, struct strbuf *s, const char **touched)
{
    struct column *a = &t->columns[1], *b = &t->columns[2];
    bool strict = strstr(t->options, "STRICT") != NULL, keyed = !t->rowid;
    *touched = "";
    strbuf_addf(s, "ALTER TABLE %s ", t->name);
    switch (which) {
    case 0:
        a->null = "NOT NULL";
        strbuf_addf(s, "ALTER COLUMN %s SET NOT NULL", a->name);
        return true;
    case 1:
        b->null = "";
        strbuf_addz(s, "ALTER b DROP NOT NULL");
        return !keyed;
    case 2:
        a->type = strict ? "BLOB" : "TEXT";
        strbuf_addf(s, "ALTER COLUMN %s TYPE %s", a->name, a->type);
        return !strict;
    case 3:
        a->value = "DEFAULT 'it''s'";
        strbuf_addf(s, "ALTER COLUMN %s SET DEFAULT 'it''s'::text", a->name);
        return true;
    case 4:
        b->value = "";
        strbuf_addz(s, "ALTER COLUMN b DROP DEFAULT");
        return true;
    case 5:
        t->constraints[t->n_constraints++] = "CONSTRAINT big CHECK (b > -5)";
        strbuf_addz(s, "ADD CONSTRAINT big CHECK (b > -5)");
        return true;
    case 6:
        t->constraints[t->n_constraints++] = "CONSTRAINT both UNIQUE (id, b)";
        strbuf_addz(s, "ADD CONSTRAINT IF NOT EXISTS both UNIQUE (id, b)");
        return true;
    case 7:
        t->constraints[t->n_constraints++] =
            "CONSTRAINT to_other FOREIGN KEY (d) REFERENCES other (id) ON DELETE SET NULL";
        strbuf_addz(s, "ADD CONSTRAINT to_other FOREIGN KEY (d) REFERENCES other (id) ON DELETE SET NULL NOT VALID");
        return true;
    case 8:
        strbuf_addz(s, "DROP CONSTRAINT ck");
        return drop_named(t, "ck");
    case 9:
        t->columns[4].gone = true;
        *touched = "d";
        strbuf_addz(s, "DROP COLUMN IF EXISTS d");
        return true;
    case 10:
        add_column(t, (struct column){"n", "TEXT", "", "", "UNIQUE", false});
        strbuf_addz(s, "ADD COLUMN IF NOT EXISTS n TEXT UNIQUE");
        return true;
    case 11:
        add_column(t, (struct column){"n", "INTEGER", "NOT NULL", "DEFAULT (1 + 1)", "", false});
        strbuf_addz(s, "ADD n INTEGER NOT NULL DEFAULT (1 + 1)");
        return true;
    case 12:
        add_column(t, (struct column){"n", "INTEGER", "", "", "GENERATED ALWAYS AS (b * 3) STORED", false});
        strbuf_addz(s, "ADD COLUMN n INTEGER GENERATED ALWAYS AS (b * 3) STORED");
        return true;
    case 13:
        a->type = "INTEGER";
        *touched = a->name;
        strbuf_addf(s, "ALTER COLUMN %s SET DATA TYPE INTEGER USING length(%s) + b", a->name, a->name);
        return true;
    case 14:
        strbuf_addz(s, "RENAME CONSTRAINT ck TO \"new name\"");
        if (!drop_named(t, "ck"))
            return false;
        t->constraints[t->n_constraints++] = "CONSTRAINT \"new name\" CHECK (b < 1000)";
        return true;
    case 15:
        a->null = "NOT NULL";
        b->value = "DEFAULT 9";
        add_column(t, (struct column){"n", "INTEGER", "", "", "REFERENCES other (id)", false});
        strbuf_addf(s,
                    "ALTER COLUMN %s SET NOT NULL, ADD COLUMN n INTEGER REFERENCES other (id), ALTER b SET DEFAULT 9",
                    a->name);
        return true;
    default:
        add_column(t, (struct column){"n", "INTEGER", "", "DEFAULT 1", "REFERENCES other (id)", false});
        strbuf_addz(s, "ADD COLUMN n INTEGER DEFAULT 1 REFERENCES other (id)");
        return true;
    }
}
#define CHANGES 17

static void one(unsigned seed, unsigned which)
{
    ARENA(a);
    STRBUF(before, MAX);
    STRBUF(after, MAX);
    STRBUF(sql, MAX);
    const char *touched;
    state = seed * 7919u + 17;
    struct table t = generate(), want = t;
    if (!change(which, &want, &sql, &touched))
        return;
    create(&before, &t);
    create(&after, &want);
    fill(&before, &t);
    struct db *db = scratch();
    struct pawl_error e = {0};
    run_sql(db, strbuf_z(&before));
    const char *rows = dump(&a, db, &t, touched);
    run_sql(db, "BEGIN");
    if (run_emulated(db, strbuf_slice(&sql), &e))
        fail_msg("seed %u: %s\n%s\n%s", seed, e.message, strbuf_z(&sql), strbuf_z(&before));
    /* Back and once more: nothing outside the transaction has remembered it. */
    run_sql(db, "ROLLBACK; BEGIN");
    if (run_emulated(db, strbuf_slice(&sql), &e))
        fail_msg("seed %u, again: %s\n%s\n%s", seed, e.message, strbuf_z(&sql), strbuf_z(&before));
    run_sql(db, "COMMIT");
    const char *now = dump(&a, db, &t, touched);
    if (strcmp(rows, now) != 0)
        fail_msg("seed %u: %s\n%sbefore:\n%safter:\n%s", seed, strbuf_z(&sql), strbuf_z(&before), rows, now);
    struct facts *f = open_facts(db);
    struct db *other = scratch();
    run_sql(other, strbuf_z(&after));
    struct facts *g = open_facts(other);
    refresh(f, &a);
    refresh(g, &a);
    struct slice *x, *y;
    size_t n, m;
    struct delta d;
    if (facts_lines(f, &a, &x, &n, &e) || facts_lines(g, &a, &y, &m, &e) || delta_between(&a, x, n, y, m, &d, &e))
        fail_msg("%s", e.message);
    if (delta_grade(&d) > DIFFERENCE_TEXT)
        fail_msg("seed %u: %s\n%s\n%.*s\n%.*s", seed, strbuf_z(&sql), strbuf_z(&before), SLICE_ARG(d.items[0].before),
                 SLICE_ARG(d.items[0].after));
    facts_close(f);
    facts_close(g);
    db_close(other);
    db_close(db);
}

static void every_statement_on_many_tables(void **unused)
{
    (void)unused;
    for (unsigned seed = 0; seed < 40; seed++)
        for (unsigned which = 0; which < CHANGES; which++)
            one(seed, which);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_statement_on_many_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
