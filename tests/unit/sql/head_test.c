#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "sql/head.h"

static const char *const classes[] = {"opaque", "ddl", "insert", "update",      "delete", "merge",       "select",
                                      "copy",   "set", "pragma", "transaction", "call",   "maintenance", "session"};
static const char *const transactions[] = {"",        "begin",       "commit",  "rollback", "savepoint",
                                           "release", "rollback-to", "prepare", "prepared", "set"};
static const char *const actions[] = {"?",       "create", "drop",   "alter",    "rename",  "move",
                                      "comment", "grant",  "revoke", "truncate", "refresh", "reindex"};
static const char *const changes[] = {"",         "type",        "default", "no-default", "not-null", "null",
                                      "identity", "no-identity", "no-expr", "validate",   "attach",   "detach",
                                      "rls",      "no-rls",      "owner",   "option"};

static void flags(struct strbuf *b, uint32_t f)
{
    static const char *const names[] = {"if-exists", "if-not-exists", "or-replace", "temp",      "concurrently",
                                        "unique",    "unnamed",       "many",       "cascade",   "only",
                                        "conflict",  "query",         "writes",     "may-write", "outside",
                                        "no-effect", "virtual",       "foreign",    "partition"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (f & (1u << i))
            strbuf_addf(b, " +%s", names[i]);
}

static void name(struct strbuf *b, const char *before, const struct head_name *n)
{
    if (n->name.n)
        strbuf_addf(b, "%s" SLICE_FMT "%s" SLICE_FMT, before, SLICE_ARG(n->schema), n->schema.n ? "." : "",
                    SLICE_ARG(n->name));
}

/* class action object name on:table to:name +flags */
static void render(struct strbuf *b, const struct dialect *d, const char *text)
{
    struct head h;
    head_read(&h, d, slice_of(text));
    strbuf_reset(b);
    strbuf_addz(b, classes[h.class]);
    if (h.transaction)
        strbuf_addf(b, " %s", transactions[h.transaction]);
    if (h.action)
        strbuf_addf(b, " %s %s", actions[h.action], head_object_name(h.object));
    name(b, " ", &h.name);
    name(b, " on:", &h.on);
    if (h.to.n)
        strbuf_addf(b, " to:" SLICE_FMT, SLICE_ARG(h.to));
    if (h.pragma.n)
        strbuf_addf(b, " " SLICE_FMT "=" SLICE_FMT, SLICE_ARG(h.pragma), SLICE_ARG(h.value));
    if (h.chains)
        strbuf_addz(b, " +chain");
    flags(b, h.flags);
    assert_int_equal(head_has(&h, HEAD_OUTSIDE) || head_has(&h, HEAD_NO_EFFECT), h.why != NULL);
}

struct sample {
    const struct dialect *dialect;
    const char *text;
    const char *head;
};

#define S &dialect_sqlite
#define P &dialect_postgres
#define M &dialect_mysql

static const struct sample control[] = {
    {S, "BEGIN", "transaction begin"},
    {S, "begin immediate transaction", "transaction begin"},
    {P, "BEGIN ISOLATION LEVEL SERIALIZABLE", "transaction begin"},
    {P, "START TRANSACTION READ ONLY", "transaction begin"},
    {P, "BEGIN RAISE NOTICE 'a'", "opaque +may-write"},
    {P, "COMMIT", "transaction commit"},
    {P, "commit work and no chain", "transaction commit"},
    {P, "commit work and chain", "transaction commit +chain"},
    {M, "rollback and chain", "transaction rollback +chain"},
    {S, "END TRANSACTION x;", "transaction commit"},
    {P, "END;", "transaction commit"},
    {P, "END IF", "opaque +may-write"},
    {P, "ROLLBACK", "transaction rollback"},
    {P, "ABORT", "transaction rollback"},
    {P, "ROLLBACK TO SAVEPOINT a", "transaction rollback-to"},
    {S, "ROLLBACK TRANSACTION TO a", "transaction rollback-to"},
    {P, "SAVEPOINT a", "transaction savepoint"},
    {P, "RELEASE a", "transaction release"},
    {P, "PREPARE TRANSACTION 'a'", "transaction prepare"},
    {P, "PREPARE a AS SELECT 1", "session"},
    {P, "COMMIT PREPARED 'a'", "transaction prepared +outside"},
    {P, "SET TRANSACTION READ ONLY", "transaction set"},
    {P, "SET CONSTRAINTS ALL DEFERRED", "transaction set"},
    {P, "SET LOCAL lock_timeout = '1s'", "set lock_timeout='1s'"},
    {P, "SET search_path TO a, b", "set search_path=a, b"},
    {P, "SET a.b = 'c'", "set a.b='c'"},
    {P, "RESET ALL", "set ALL="},
    {S, "PRAGMA foreign_keys = OFF", "pragma foreign_keys=OFF +no-effect"},
    {S, "PRAGMA main.foreign_keys(0)", "pragma foreign_keys=0 +no-effect"},
    {S, "PRAGMA foreign_keys", "pragma foreign_keys="},
    {S, "PRAGMA journal_mode=WAL", "pragma journal_mode=WAL +outside"},
    {S, "PRAGMA journal_mode='wal'", "pragma journal_mode='wal' +outside"},
    {S, "PRAGMA journal_mode=DELETE", "pragma journal_mode=DELETE +no-effect"},
    {S, "PRAGMA wal_checkpoint", "pragma wal_checkpoint= +outside"},
    {S, "PRAGMA user_version = -3", "pragma user_version=-3"},
    {P, "PRAGMA a", "opaque +may-write"},
    {S, "VACUUM", "maintenance +outside"},
    {P, "VACUUM FULL a", "maintenance +outside"},
    {P, "ANALYZE a", "maintenance"},
    {P, "CLUSTER", "maintenance +outside"},
    {P, "CLUSTER a USING b", "maintenance"},
    {P, "REINDEX INDEX a", "maintenance reindex index a"},
    {P, "REINDEX TABLE CONCURRENTLY s.a", "maintenance reindex table s.a +concurrently +outside"},
    {P, "REINDEX (VERBOSE, CONCURRENTLY) INDEX a", "maintenance reindex index a +concurrently +outside"},
    {P, "REINDEX DATABASE a", "maintenance reindex database a +outside"},
    {P, "REFRESH MATERIALIZED VIEW CONCURRENTLY a", "maintenance refresh materialized view a +concurrently +writes"},
    {P, "ALTER SYSTEM SET a = 1", "ddl alter object +outside"},
    {P, "ALTER DATABASE a SET TABLESPACE b", "ddl alter database a +outside"},
    {P, "ALTER DATABASE a SET x = 1", "ddl alter database a"},
    {P, "CREATE DATABASE a", "ddl create database a +outside"},
    {P, "DROP DATABASE IF EXISTS a WITH (FORCE)", "ddl drop database a +if-exists +outside"},
    {P, "CREATE TABLESPACE a LOCATION 'b'", "ddl create tablespace a +outside"},
    {P, "CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c", "ddl create subscription a +outside"},
    {P, "CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c WITH (create_slot = false)", "ddl create subscription a"},
    {P, "DISCARD ALL", "session +outside"},
    {P, "DISCARD PLANS", "session"},
    {P, "ALTER TABLE a DETACH PARTITION s.b CONCURRENTLY", "ddl alter table a +outside"},
    {P, "ALTER TABLE a DETACH PARTITION b FINALIZE", "ddl alter table a"},
    {P, "LOCK TABLE a", "session"},
    {P, "DO $$ BEGIN END $$", "call +may-write"},
    {M, "XA START 'a'", "transaction prepare"},
    {M, "START SLAVE", "opaque +may-write"},
};

static const struct sample data[] = {
    {S, "INSERT INTO a VALUES (1)", "insert a +writes"},
    {S, "INSERT OR IGNORE INTO main.a SELECT 1", "insert main.a +conflict +query +writes"},
    {S, "REPLACE INTO a VALUES (1)", "insert a +conflict +writes"},
    {P, "INSERT INTO a (b) VALUES ((SELECT 1)) ON CONFLICT DO NOTHING", "insert a +conflict +writes"},
    {P, "WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x", "insert a +query +writes"},
    {P, "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", "select +writes"},
    {P, "WITH RECURSIVE x (a, b) AS NOT MATERIALIZED (SELECT 1), y AS (SELECT 2) UPDATE c SET d = 1",
     "update c +writes"},
    {P, "UPDATE ONLY s.a SET b = 1", "update s.a +writes"},
    {S, "UPDATE OR REPLACE a SET b = 1", "update a +writes"},
    {P, "DELETE FROM a WHERE b", "delete a +writes"},
    {P, "MERGE INTO a USING b ON c WHEN MATCHED THEN DELETE", "merge a +writes"},
    {P, "SELECT 1", "select"},
    {P, "(SELECT 1) UNION SELECT 2", "select"},
    {P, "SELECT setval('a', 1)", "select +may-write"},
    {P, "SELECT a INTO TEMP b FROM c", "ddl create table b +temp +query +writes"},
    {P, "VALUES (1)", "select"},
    {M, "SELECT 1 INTO @a", "select"},
    {P, "COPY s.a (b) FROM stdin", "copy s.a +writes"},
    {P, "COPY a TO stdout", "copy a"},
    {P, "COPY (SELECT 1) TO stdout", "copy"},
    {P, "TRUNCATE ONLY a, s.b CASCADE", "ddl truncate table a +many +cascade +writes"},
    {M, "INSERT IGNORE a VALUES (1)", "insert a +conflict +writes"},
    {M, "INSERT INTO a VALUES (1) ON DUPLICATE KEY UPDATE b = 1", "insert a +conflict +writes"},
    {P, "EXPLAIN ANALYZE DELETE FROM a", "session +may-write"},
    {P, "FROB a", "opaque +may-write"},
};

static const struct sample ddl[] = {
    {S, "CREATE TABLE IF NOT EXISTS main.\"a b\" (c)", "ddl create table main.\"a b\" +if-not-exists"},
    {S, "CREATE TABLE 'a' (b)", "ddl create table 'a'"},
    {S, "CREATE TEMP TABLE a AS SELECT 1", "ddl create table a +temp +query +writes"},
    {S, "CREATE VIRTUAL TABLE a USING fts5(b)", "ddl create table a +virtual"},
    {P, "CREATE UNLOGGED TABLE a (b int GENERATED ALWAYS AS (1) STORED)", "ddl create table a"},
    {P, "CREATE TABLE a PARTITION OF s.b FOR VALUES IN (1)", "ddl create table a on:s.b +partition"},
    {P, "CREATE FOREIGN TABLE a (b int) SERVER c", "ddl create table a +foreign"},
    {P, "CREATE TABLE a.b.c (d int)", "ddl +may-write"},
    {P, "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON ONLY s.b USING gin (c)",
     "ddl create index a on:s.b +if-not-exists +concurrently +unique +only +outside"},
    {P, "CREATE INDEX ON a (b)", "ddl create index on:a +unnamed"},
    {P, "CREATE INDEX CONCURRENTLY ON a (b)", "ddl create index on:a +concurrently +unnamed +outside"},
    {S, "CREATE INDEX concurrently ON a (b)", "ddl create index concurrently on:a"},
    {P, "DROP INDEX CONCURRENTLY IF EXISTS a, s.b", "ddl drop index a +if-exists +concurrently +many +outside"},
    {P, "CREATE OR REPLACE VIEW a AS SELECT 1", "ddl create view a +or-replace"},
    {P, "CREATE MATERIALIZED VIEW IF NOT EXISTS a AS SELECT 1", "ddl create materialized view a +if-not-exists"},
    {P, "CREATE TYPE a AS ENUM ('b')", "ddl create type a"},
    {P, "CREATE DOMAIN a AS int", "ddl create domain a"},
    {P, "CREATE SEQUENCE a", "ddl create sequence a"},
    {P, "CREATE OR REPLACE FUNCTION s.a(b int) RETURNS int AS $$$$ LANGUAGE sql",
     "ddl create function s.a +or-replace"},
    {P, "CREATE CONSTRAINT TRIGGER a AFTER UPDATE OF b, c ON s.d EXECUTE FUNCTION e()", "ddl create trigger a on:s.d"},
    {S, "CREATE TEMP TRIGGER IF NOT EXISTS a AFTER INSERT ON b BEGIN SELECT 1; END",
     "ddl create trigger a on:b +if-not-exists +temp"},
    {P, "CREATE POLICY a ON b USING (c)", "ddl create policy a on:b"},
    {P, "CREATE RULE a AS ON INSERT TO b DO NOTHING", "ddl create rule a on:b"},
    {P, "CREATE SCHEMA IF NOT EXISTS a AUTHORIZATION b", "ddl create schema a +if-not-exists"},
    {P, "CREATE SCHEMA a CREATE TABLE b (c int)", "ddl +may-write"},
    {P, "CREATE SCHEMA AUTHORIZATION a", "ddl +may-write"},
    {P, "CREATE EXTENSION IF NOT EXISTS \"a-b\" WITH SCHEMA c", "ddl create extension \"a-b\" +if-not-exists"},
    {P, "CREATE EVENT TRIGGER a ON ddl_command_end EXECUTE FUNCTION b()", "ddl create event trigger a"},
    {P, "CREATE ROLE a", "ddl create role a"},
    {P, "CREATE CAST (a AS b) WITHOUT FUNCTION", "ddl create object"},
    {P, "DROP TABLE IF EXISTS a, s.b CASCADE", "ddl drop table a +if-exists +many +cascade"},
    {P, "DROP FUNCTION a(int, text), b", "ddl drop function a +many"},
    {P, "DROP TRIGGER a ON s.b", "ddl drop trigger a on:s.b"},
    {P, "DROP TABLE a b", "ddl +may-write"},
    {P, "DROP CAST (a AS b)", "ddl drop object"},
    {P, "ALTER TABLE IF EXISTS ONLY s.a RENAME TO b", "ddl rename table s.a to:b +if-exists +only"},
    {P, "ALTER TABLE a SET SCHEMA b", "ddl move table a to:b"},
    {P, "ALTER TABLE a RENAME b TO c", "ddl alter table a"},
    {P, "ALTER INDEX a RENAME TO b", "ddl rename index a to:b"},
    {P, "ALTER TYPE a ADD VALUE 'b'", "ddl alter type a"},
    {P, "ALTER TRIGGER a ON b RENAME TO c", "ddl rename trigger a on:b to:c"},
    {P, "ALTER FUNCTION a(int) RENAME TO b", "ddl rename function a to:b"},
    {P, "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b", "ddl +may-write"},
    {P, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO a", "ddl alter object"},
    {S, "ALTER TABLE a RENAME TO b", "ddl rename table a to:b"},
    {S, "ALTER TABLE ONLY a RENAME TO b", "ddl rename table a to:b +only"},
    {S, "ALTER TABLE only RENAME TO b", "ddl rename table only to:b"},
    {S, "ALTER TABLE only.a RENAME TO b", "ddl rename table only.a to:b"},
    {M, "ALTER TABLE a RENAME b", "ddl rename table a to:b"},
    {M, "ALTER TABLE a RENAME AS b", "ddl rename table a to:b"},
    {M, "RENAME TABLE a TO b", "ddl rename table a to:b"},
    {M, "CREATE DEFINER=`a`@`%` PROCEDURE b() SELECT 1", "ddl create procedure b"},
    {M,
     "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`a`@`%` SQL SECURITY DEFINER */ /*!50001 VIEW a AS "
     "SELECT 1 */",
     "ddl create view a"},
    {M, "CREATE FULLTEXT INDEX a ON b (c)", "ddl create index a on:b"},
    {M, "DROP INDEX a ON b", "ddl drop index a on:b"},
    {P, "COMMENT ON COLUMN s.a.b IS 'c'", "ddl comment column b on:s.a"},
    {P, "COMMENT ON CONSTRAINT a ON b IS NULL", "ddl comment constraint a on:b"},
    {P, "COMMENT ON FUNCTION a(int) IS 'b'", "ddl comment function a"},
    {P, "GRANT SELECT, INSERT (a) ON TABLE s.b TO c", "ddl grant table s.b"},
    {P, "REVOKE ALL ON a, b FROM c", "ddl revoke table a +many"},
    {P, "GRANT a TO b", "ddl grant role"},
    {P, "GRANT SELECT ON ALL TABLES IN SCHEMA a TO b", "ddl grant object"},
    {P, "GRANT USAGE ON SCHEMA a TO b", "ddl grant schema a"},
    {P, "CREATE TABLE 'a", "ddl +may-write"},
};

static void all(const struct sample *samples, size_t n)
{
    STRBUF(b, 4096);
    for (size_t i = 0; i < n; i++) {
        render(&b, samples[i].dialect, samples[i].text);
        assert_string_equal(strbuf_z(&b), samples[i].head);
    }
}

static void knows_transaction_control(void **state)
{
    (void)state;
    all(control, sizeof control / sizeof *control);
}

static void knows_data_statements(void **state)
{
    (void)state;
    all(data, sizeof data / sizeof *data);
}

static void knows_ddl(void **state)
{
    (void)state;
    all(ddl, sizeof ddl / sizeof *ddl);
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static void render_parts(struct strbuf *b, const struct dialect *d, const char *text)
{
    struct head h;
    struct head_parts parts;
    struct head_part p;
    head_read(&h, d, slice_of(text));
    strbuf_reset(b);
    head_parts_init(&parts, &h, d, slice_of(text));
    while (head_parts_next(&parts, &p)) {
        strbuf_addf(b, "%s%s", b->n ? " | " : "", actions[p.action]);
        if (!p.action) {
            strbuf_addf(b, " " SLICE_FMT, SLICE_ARG(p.text));
            continue;
        }
        strbuf_addf(b, " %s%s%s", head_object_name(p.object), p.change ? ":" : "", changes[p.change]);
        name(b, " ", &p.name);
        if (p.to.n)
            strbuf_addf(b, " to:" SLICE_FMT, SLICE_ARG(p.to));
        flags(b, p.flags);
        if (p.rest.n)
            strbuf_addf(b, " {" SLICE_FMT "}", SLICE_ARG(p.rest));
    }
}

static const struct sample parts[] = {
    {P, "ALTER TABLE a ADD COLUMN b int DEFAULT f(1, 2), ADD IF NOT EXISTS c text[], DROP COLUMN IF EXISTS d CASCADE",
     "create column b {int DEFAULT f(1, 2)} | create column c +if-not-exists {text[]} | drop column d +if-exists "
     "+cascade"},
    {P, "ALTER TABLE a ADD b int, DROP c", "create column b {int} | drop column c"},
    {P, "ALTER TABLE a ADD CONSTRAINT b CHECK (c > 1) NOT VALID, ADD PRIMARY KEY (d, e), DROP CONSTRAINT IF EXISTS f",
     "create constraint b {CHECK (c > 1) NOT VALID} | create constraint +unnamed {PRIMARY KEY (d, e)} | "
     "drop constraint f +if-exists"},
    {P, "ALTER TABLE a ADD UNIQUE (b), ADD FOREIGN KEY (c) REFERENCES d, ADD EXCLUDE USING gist (e WITH =)",
     "create constraint +unnamed {UNIQUE (b)} | create constraint +unnamed {FOREIGN KEY (c) REFERENCES d} | "
     "create constraint +unnamed {EXCLUDE USING gist (e WITH =)}"},
    {P, "ALTER TABLE a ADD CONSTRAINT b UNIQUE USING INDEX c", "create constraint b {UNIQUE USING INDEX c}"},
    {P, "ALTER TABLE a ADD COLUMN unique_id int", "create column unique_id {int}"},
    {P,
     "ALTER TABLE a ALTER COLUMN b TYPE numeric(1, 2) USING b::numeric, ALTER c SET DATA TYPE int, ALTER d SET NOT "
     "NULL, "
     "ALTER e DROP NOT NULL, ALTER f SET DEFAULT 1, ALTER g DROP DEFAULT",
     "alter column:type b {numeric(1, 2) USING b::numeric} | alter column:type c {int} | alter column:not-null d | "
     "alter column:null e | alter column:default f {1} | alter column:no-default g"},
    {P,
     "ALTER TABLE a ALTER b ADD GENERATED ALWAYS AS IDENTITY, ALTER c DROP IDENTITY IF EXISTS, ALTER d SET STATISTICS "
     "5",
     "alter column:identity b {ALWAYS AS IDENTITY} | alter column:no-identity c +if-exists | "
     "alter column:option d {STATISTICS 5}"},
    {P, "ALTER TABLE a RENAME COLUMN b TO c", "rename column b to:c"},
    {P, "ALTER TABLE a RENAME b TO c", "rename column b to:c"},
    {P, "ALTER TABLE a RENAME CONSTRAINT b TO c", "rename constraint b to:c"},
    {P, "ALTER TABLE a RENAME TO c", "rename table to:c"},
    {P, "ALTER TABLE a VALIDATE CONSTRAINT b, ENABLE ROW LEVEL SECURITY, OWNER TO c, SET (fillfactor = 1, x = 2)",
     "alter constraint:validate b | alter table:rls | alter table:owner {c} | alter table:option {(fillfactor = 1, x = "
     "2)}"},
    {P, "ALTER TABLE a ATTACH PARTITION s.b FOR VALUES FROM (1) TO (2)",
     "alter table:attach s.b {FOR VALUES FROM (1) TO (2)}"},
    {P, "ALTER TABLE a DETACH PARTITION b CONCURRENTLY", "alter table:detach b +concurrently +outside"},
    {P, "ALTER TABLE a FROB b, DROP c", "? FROB b | drop column c"},
    {P, "ALTER TABLE a ADD COLUMN b", "? ADD COLUMN b"},
    {P, "ALTER TYPE a ADD VALUE IF NOT EXISTS 'b' BEFORE 'c'", "create enum value 'b' +if-not-exists {BEFORE 'c'}"},
    {P, "ALTER TYPE a RENAME VALUE 'b' TO 'c'", "rename enum value 'b' to:'c'"},
    {P, "ALTER TYPE a ADD ATTRIBUTE b int, DROP ATTRIBUTE IF EXISTS c",
     "create attribute b {int} | drop attribute c +if-exists"},
    {P, "ALTER TYPE a RENAME TO b", "rename type to:b"},
    {P, "ALTER SEQUENCE a RESTART", "? RESTART"},
    {P, "CREATE TABLE a (b int)", ""},
    {S, "ALTER TABLE a ADD COLUMN b", "create column b"},
    {S, "ALTER TABLE a ADD b TEXT CHECK (b IN ('x', 'y'))", "create column b {TEXT CHECK (b IN ('x', 'y'))}"},
    {S, "ALTER TABLE a DROP COLUMN [b c]", "drop column [b c]"},
    {S, "ALTER TABLE a ALTER COLUMN b TYPE int", "alter column:type b {int}"},
    {M,
     "ALTER TABLE a ADD UNIQUE KEY b (c), ADD INDEX (d), ADD COLUMN e int AFTER f, MODIFY g int, DROP INDEX h, RENAME "
     "INDEX i TO j",
     "create index b +unique {(c)} | create index +unnamed {(d)} | create column e {int AFTER f} | alter column:type g "
     "{int} | "
     "drop index h | rename index i to:j"},
    {M, "ALTER TABLE a CHANGE b c int, DROP PRIMARY KEY, DROP FOREIGN KEY d",
     "? CHANGE b c int | ? DROP PRIMARY KEY | drop constraint d"},
};

static void takes_alter_apart(void **state)
{
    (void)state;
    STRBUF(b, 4096);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        render_parts(&b, parts[i].dialect, parts[i].text);
        assert_string_equal(strbuf_z(&b), parts[i].head);
    }
}

static void lists_names(void **state)
{
    (void)state;
    static const char *const samples[][2] = {
        {"DROP TABLE IF EXISTS a, s.b , \"c\" CASCADE", " a s.b \"c\""},
        {"DROP FUNCTION a(int, text), s.b(), c", " a s.b c"},
        {"TRUNCATE TABLE ONLY a *, ONLY b", " a b"},
        {"DROP TABLE a", " a"},
        {"SELECT 1", ""},
    };
    STRBUF(b, 4096);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct head h;
        struct head_names n;
        struct head_name one;
        head_read(&h, P, slice_of(samples[i][0]));
        head_names_init(&n, &h, P, slice_of(samples[i][0]));
        strbuf_reset(&b);
        while (head_names_next(&n, &one))
            name(&b, " ", &one);
        assert_string_equal(strbuf_z(&b), samples[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_transaction_control),
        cmocka_unit_test(knows_data_statements),
        cmocka_unit_test(knows_ddl),
        cmocka_unit_test(takes_alter_apart),
        cmocka_unit_test(lists_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
