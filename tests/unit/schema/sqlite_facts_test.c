#include "schema_test.h"

static const struct {
    const char *sql, *facts;
} cases[] = {
    {"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, created_at TEXT DEFAULT CURRENT_TIMESTAMP)",
     "column users.created_at type=TEXT null=yes default=CURRENT_TIMESTAMP\n"
     "column users.email type=TEXT null=no default=none\n"
     "column users.id type=INTEGER null=yes default=none\n"
     "columns users order=id,email,created_at\n"
     "primary-key users columns=id at=column\n"
     "table users rowid=yes strict=no\n"},
    {"CREATE TABLE t (a INT, b TEXT, CONSTRAINT pk PRIMARY KEY (b DESC, a) ON CONFLICT REPLACE) WITHOUT ROWID, STRICT",
     "column t.a type=INT null=yes default=none\n"
     "column t.b type=TEXT null=yes default=none\n"
     "columns t order=a,b\n"
     "primary-key t columns=b:desc,a conflict=REPLACE constraint=pk\n"
     "table t rowid=no strict=yes\n"},
    {"CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t DEFAULT VALUES; ANALYZE",
     "column t.a type=INTEGER null=yes default=none\n"
     "columns t order=a\n"
     "primary-key t columns=a autoincrement=yes at=column\n"
     "table t rowid=yes strict=no\n"},
    {"CREATE TABLE t (\"a b\", c DECIMAL (10, 2) DEFAULT (1 + 1), d DOUBLE  PRECISION COLLATE nocase DEFAULT -1,"
     " e DEFAULT 'it''s', f \"none\" DEFAULT \"none\", \"g\n\" AS (c * 2) STORED, h GENERATED ALWAYS AS ([c]))",
     "column t.\"a b\" type=none null=yes default=none\n"
     "column t.\"g\\n\" type=none null=yes default=none generated=stored expression=\"c * 2\"\n"
     "column t.c type=DECIMAL(10,2) null=yes default=\"1 + 1\"\n"
     "column t.d type=\"DOUBLE PRECISION\" null=yes default=-1 collation=nocase\n"
     "column t.e type=none null=yes default='it''s'\n"
     "column t.f type=\"\\\"none\\\"\" null=yes default=\"none\"\n"
     "column t.h type=none null=yes default=none generated=virtual expression=c\n"
     "columns t order=\"a b\",c,d,e,f,\"g\\n\",h\n"
     "table t rowid=yes strict=no\n"},
    {"CREATE TABLE t (a CONSTRAINT nn NOT NULL ON CONFLICT IGNORE CONSTRAINT df DEFAULT 1 CHECK (a > 0 -- why\n"
     " AND \"a\" < 9) CONSTRAINT named CHECK (a <> 5), CHECK (a > 0), CHECK (a  >  0) CONSTRAINT named CHECK (a!=6))",
     "check t.named expression=\"a <> 5\" at=column\n"
     "check t.named#2 expression=\"a != 6\"\n"
     "check t:\"a > 0 AND a < 9\" at=column\n"
     "check t:\"a > 0\"\n"
     "check t:\"a > 0\"#2\n"
     "column t.a type=none null=no default=1 null_conflict=IGNORE null_constraint=nn default_constraint=df\n"
     "columns t order=a\n"
     "table t rowid=yes strict=no\n"},
    {"CREATE TABLE p (x PRIMARY KEY, y); CREATE TABLE t (a REFERENCES p, b REFERENCES \"p\" (x) ON DELETE SET NULL"
     " ON UPDATE CASCADE MATCH FULL DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (a, b) REFERENCES p (y, x)"
     " ON DELETE NO ACTION NOT DEFERRABLE, CONSTRAINT k FOREIGN KEY (a) REFERENCES p DEFERRABLE)",
     "column p.x type=none null=yes default=none\n"
     "column p.y type=none null=yes default=none\n"
     "column t.a type=none null=yes default=none\n"
     "column t.b type=none null=yes default=none\n"
     "columns p order=x,y\n"
     "columns t order=a,b\n"
     "foreign-key t.k columns=a references=p deferrable=immediate\n"
     "foreign-key t:a columns=a references=p at=column\n"
     "foreign-key t:a,b columns=a,b references=p(y,x)\n"
     "foreign-key t:b columns=b references=p(x) on_delete=set-null on_update=cascade match=FULL deferrable=deferred"
     " at=column\n"
     "primary-key p columns=x at=column\n"
     "table p rowid=yes strict=no\n"
     "table t rowid=yes strict=no\n"},
    {"CREATE TABLE t (a, b UNIQUE, UNIQUE (b, a), CONSTRAINT u UNIQUE (a COLLATE rtrim) ON CONFLICT FAIL);"
     "CREATE UNIQUE INDEX i ON t (a COLLATE nocase DESC, lower(b), \"a\" || b ASC) WHERE (a > 0 AND b IS NOT NULL);"
     "CREATE INDEX \"j k\" ON T (b)",
     "column t.a type=none null=yes default=none\n"
     "column t.b type=none null=yes default=none\n"
     "columns t order=a,b\n"
     "index \"j k\" on=T unique=no keys=b where=none\n"
     "index i on=t unique=yes keys=a:collate=nocase:desc,(lower(b)),(\"a || b\") where=\"a > 0 AND b IS NOT NULL\"\n"
     "table t rowid=yes strict=no\n"
     "unique t.u columns=a:collate=rtrim conflict=FAIL\n"
     "unique t:b columns=b at=column\n"
     "unique t:b,a columns=b,a\n"},
    {"CREATE TABLE t (a, b); CREATE VIEW v (x, \"y z\") AS SELECT a , \"b\" FROM t /* all */ WHERE a IN (1, - -2);"
     "CREATE TRIGGER tr UPDATE OF a, b ON t FOR EACH ROW WHEN (new.a > 1) BEGIN DELETE FROM t WHERE a=new.a; SELECT 1;"
     " END; CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN SELECT 'x;  y'; END",
     "column t.a type=none null=yes default=none\n"
     "column t.b type=none null=yes default=none\n"
     "columns t order=a,b\n"
     "table t rowid=yes strict=no\n"
     "trigger tr time=before event=update of=a,b on=t when=\"new.a > 1\" body=\"DELETE FROM t WHERE a = new.a; SELECT"
     " 1;\"\n"
     "trigger tv time=instead-of event=insert on=v body=\"SELECT 'x;  y';\"\n"
     "view v columns=x,\"y z\" query=\"SELECT a, b FROM t WHERE a IN (1, - -2)\"\n"},
    {"CREATE VIRTUAL TABLE ft USING fts5(a, b, tokenize = 'porter ascii'); CREATE TABLE ft_more (x);"
     "CREATE VIRTUAL TABLE r USING rtree (id, x1, x2)",
     "column ft_more.x type=none null=yes default=none\n"
     "columns ft_more order=x\n"
     "table ft_more rowid=yes strict=no\n"
     "virtual-table ft module=fts5 arguments=\"a, b, tokenize = 'porter ascii'\"\n"
     "virtual-table r module=rtree arguments=\"id, x1, x2\"\n"},
    {"CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY); CREATE TEMP TABLE gone (a)", ""},
    {"CREATE TABLE t AS SELECT 1 AS a, 'x' AS b", "column t.a type=none null=yes default=none\n"
                                                  "column t.b type=none null=yes default=none\n"
                                                  "columns t order=a,b\n"
                                                  "table t rowid=yes strict=no\n"},
};

static void reads_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ARENA(a);
        assert_string_equal(facts_of(&a, cases[i].sql), cases[i].facts);
    }
}

/* Pairs that mean the same, so their facts are the same text. */
static const struct {
    const char *one, *other;
} same[] = {
    {"CREATE TABLE t (a TEXT, b INT)", "create table \"t\"(\n  [a] TEXT, -- first\n  `b` INT\n)"},
    {"CREATE TABLE t (a TEXT)", "CREATE TABLE old (a TEXT); ALTER TABLE old RENAME TO t"},
    {"CREATE TABLE t (a TEXT)", "CREATE TABLE t (b TEXT); ALTER TABLE t RENAME COLUMN b TO a"},
    {"CREATE TABLE t (a TEXT, b INT)", "CREATE TABLE t (a TEXT, b INT, c); ALTER TABLE t DROP COLUMN c"},
    {"CREATE TABLE t (a TEXT, b INT NOT NULL DEFAULT 0 CHECK (b >= 0) REFERENCES t(a))",
     "CREATE TABLE t (a TEXT); ALTER TABLE t ADD COLUMN b INT NOT NULL DEFAULT 0 CHECK (b >= 0) REFERENCES t(a)"},
    {"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b)",
     "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b);"
     "CREATE TABLE new_t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO new_t SELECT * FROM t; DROP TABLE t;"
     "ALTER TABLE new_t RENAME TO t; CREATE INDEX i ON \"t\" (\"b\")"},
    {"CREATE TABLE t (a); CREATE TABLE c (x REFERENCES t (a), CHECK (x > 0));"
     "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM c WHERE c.x = new.a; END; CREATE VIEW v AS SELECT a FROM t",
     "CREATE TABLE u (a); CREATE TABLE d (y REFERENCES u (a), CHECK (y > 0));"
     "CREATE TRIGGER tr AFTER INSERT ON u BEGIN DELETE FROM d WHERE d.y = new.a; END; CREATE VIEW v AS SELECT a FROM u;"
     "ALTER TABLE u RENAME TO t; ALTER TABLE d RENAME COLUMN y TO x; ALTER TABLE d RENAME TO c"},
    {"CREATE TABLE t (a TEXT NULL COLLATE BINARY, b ON_CONFLICT, UNIQUE (a ASC) ON CONFLICT ABORT)",
     "CREATE TABLE t (a TEXT, b ON_CONFLICT, UNIQUE (a))"},
    {"CREATE TABLE t (a DEFAULT (1), CHECK ((a > 1)), CHECK (a < 9))",
     "CREATE TABLE t (a DEFAULT 1, CHECK (a < 9) CHECK (a>1))"},
    {"CREATE TABLE t (a); CREATE INDEX i ON t (a)",
     "CREATE TABLE t (a); CREATE INDEX IF NOT EXISTS main.i ON t (a ASC)"},
};

static void equal_schemas_have_equal_facts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        ARENA(a);
        assert_string_equal(facts_of(&a, same[i].one), facts_of(&a, same[i].other));
    }
}

/* A user's table is not mistaken for a part of a virtual table, whichever comes first. */
static void shadow_tables_come_and_go(void **state)
{
    (void)state;
    ARENA(a);
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    run_sql(db, "CREATE TABLE docs_data (x)");
    refresh(f, &a);
    assert_int_equal(facts_count(f), 3);
    run_sql(db, "CREATE VIRTUAL TABLE ft USING fts5(a)");
    struct delta d = refresh(f, &a);
    assert_int_equal(d.n, 1);
    run_sql(db, "DROP TABLE ft; CREATE TABLE ft_data (x)");
    d = refresh(f, &a);
    assert_int_equal(facts_count(f), 6);
    assert_non_null(facts_get(f, SLICE("table ft_data")).p);
    facts_close(f);
    db_close(db);
}

/* Broken texts, as a damaged or hand-edited schema has them: read to the end, as text where there is nothing better. */
static void reads_broken_texts(void **state)
{
    (void)state;
    static const char *const words[] = {"(",      ")",     ",",      "CHECK",     "PRIMARY", "KEY",        "REFERENCES",
                                        "AS",     "\"q\"", "'s'",    "NOT",       "NULL",    "CONSTRAINT", "DEFAULT",
                                        "-",      "ON",    "UNIQUE", "FOREIGN",   "COLLATE", "x",          ".",
                                        "BEGIN",  "END",   "\"",     "GENERATED", "ALWAYS",  "DEFERRABLE", "INITIALLY",
                                        "UPDATE", "OF",    "WHEN",   "USING"};
    const char *heads[] = {"CREATE TABLE t (a ", "CREATE INDEX i ON t (",    "CREATE TRIGGER tr ",
                           "CREATE VIEW v ",     "CREATE VIRTUAL TABLE vt ", "CREATE ",
                           "CREATE TABLE t (a, "};
    uint64_t seed = 7;
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    run_sql(db, "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, '')");
    for (int round = 0; round < 5000; round++) {
        ARENA(a);
        STRBUF(sql, 1u << 16);
        struct pawl_error e = {0};
        struct delta d;
        strbuf_addz(&sql, heads[round % 7]);
        for (int i = 0; i < 12; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            strbuf_addf(&sql, "%s ", words[(seed >> 33) % (sizeof words / sizeof *words)]);
        }
        struct db_value params[] = {DB_V_TEXT(strbuf_slice(&sql))};
        struct db_request r = {.sql = SLICE("UPDATE sqlite_schema SET sql = ?1"), .params = params, .n_params = 1};
        assert_int_equal(db_run(db, &r, 1, NULL, &e), PAWL_OK);
        int code = facts_refresh(f, &a, &d, &e);
        if (code != PAWL_OK && code != PAWL_INTERNAL) /* two columns of one name */
            fail_msg("%s: %s", strbuf_z(&sql), e.message);
        assert_true(code || facts_count(f) > 0);
    }
    facts_close(f);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind),
        cmocka_unit_test(equal_schemas_have_equal_facts),
        cmocka_unit_test(shadow_tables_come_and_go),
        cmocka_unit_test(reads_broken_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
