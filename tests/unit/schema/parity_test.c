#include "schema_test.h"
#include "postgres.h"
#include "schema/parity.h"

static struct parity compared(struct arena *a, const char *sqlite, const char *postgres)
{
    struct db *dbs[] = {scratch(), pg_scratch_open((struct db_options){0})};
    const char *sql[] = {sqlite, postgres};
    struct parity_side sides[2] = {0};
    struct pawl_error e = {0};
    struct parity out;
    for (size_t i = 0; i < 2; i++) {
        struct slice *lines;
        struct facts *f = open_facts(dbs[i]);
        run_sql(dbs[i], sql[i]);
        refresh(f, a);
        assert_int_equal(facts_lines(f, a, &lines, &sides[i].n, &e), PAWL_OK);
        sides[i].lines = lines;
        sides[i].schemas = i == 1;
        facts_close(f);
        db_close(dbs[i]);
    }
    assert_int_equal(parity_compare(a, &sides[0], &sides[1], &out, &e), PAWL_OK);
    return out;
}

static void expect(const char *sqlite, const char *postgres, const char *differences)
{
    ARENA(a);
    struct parity p = compared(&a, sqlite, postgres);
    STRBUF(b, 1 << 20);
    for (size_t i = 0; i < p.n; i++)
        strbuf_addf(&b, SLICE_FMT " | " SLICE_FMT "\n", SLICE_ARG(p.items[i].first), SLICE_ARG(p.items[i].second));
    assert_string_equal(strbuf_z(&b), differences);
}

static void the_same_text_means_the_same(void **state)
{
    (void)state;
    const char *sql =
        "create table \"the users\" (id bigint primary key, \"e mail\" varchar(20) not null default 'x' unique, active boolean not "
        "null default true, made timestamptz default current_timestamp, price numeric(8, 2) check (price > 0), data bytea);"
        "create table posts (a integer not null, b integer not null, author bigint references \"the users\" on delete cascade, "
        "body text default 'It''s', primary key (a, b), constraint two unique (b, author));"
        "create index posts_author on posts (author desc, b);"
        "create unique index only_some on posts (author) where author > 3;"
        "alter table posts add column more text not null default '';";
    expect(sql, sql, "");
}

/* What the engines keep in other words, or PostgreSQL in other letters. */
static void spelling_is_no_difference(void **state)
{
    (void)state;
    const char *sql =
        "create table Users (Id bigint not null primary key, n integer not null default -1, price numeric(8, 2) default -1.5, "
        "Name varchar(20) default 'A b', day date default current_date, data jsonb default '{}', x double precision default 0.5, "
        "made timestamp(3) default current_timestamp, code varchar(9) default ('a ' || 'b'), owed dec(8, 2) default (1 + 2));"
        "create table p (A bigint references USERS on delete set null, b smallint check (b > 1), unique (A, b));"
        "create index users_lower on Users (lower(Name), n desc);";
    expect(sql, sql, "");
}

/* What SQLite has no type or function for is written with those it has. */
static void what_one_has_not_is_no_difference(void **state)
{
    (void)state;
    expect(
        "create table t (id integer primary key autoincrement, a text, b text, c integer not null default 1, d datetime "
        "default (datetime('now')), e text default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), f text check (f in ('a', 'b')) "
        "default 'a', g blob, h blob, i text default (lower(hex(randomblob(16)))), j text, k boolean default 0 check (k in (0, 1)))",
        "create type letter as enum ('a', 'b');"
        "create table t (id bigint generated always as identity primary key, a uuid, b jsonb, c boolean not null default true, "
        "d timestamptz default now(), e timestamptz default now(), f letter default 'a', g uuid, h bytea, "
        "i uuid default gen_random_uuid(), j inet, k boolean default 'f')",
        "");
    expect(
        "create table t (a integer default +5, b integer default 0x10, c real default 1e3, d blob default x'00fF', e text "
        "default \"x\", f text default 5, g numeric default 0)",
        "create table t (a integer default 5, b integer default 16, c real default 1000, d bytea default '\\x00ff', e text "
        "default 'x', f varchar(9) default '5', g numeric(9, 2) default 0.00)",
        "");
}

/* A type's name in PostgreSQL is a whole: in "print_state" there is no INT. */
static void names_of_types_are_whole(void **state)
{
    (void)state;
    expect("create table t (a text, b text, c int4range)",
           "create type print_state as enum ('a', 'b'); create domain updated as text;"
           "create table t (a print_state, b updated, c int4range)",
           "");
}

static void what_indexes_say_beyond_sqlite_is_left_out(void **state)
{
    (void)state;
    expect("create table t (a text, b text, c text); create index i on t (a, b desc); create unique index u on t (c)",
           "create table t (a text, b text, c jsonb, unique (c)); create unique index u on t (c);"
           "create index i on t (a text_pattern_ops nulls first, b desc nulls last); create index g on t using gin (c)",
           "");
    expect("create table t (a text); create index i on t (a)", "create table t (a text); create index i on t (a desc)",
           "index t keys=a partial=no | \n | index t keys=a:desc partial=no\n");
}

/* Facts by their table; a foreign key also points to one. */
static void facts_belong_to_tables(void **state)
{
    (void)state;
    ARENA(a);
    static const struct {
        const char *line, *table, *target;
        bool schemas;
    } cases[] = {
        {"column public.users.email type=text", "users", NULL, true},
        {"column Users.email type=text", "users", NULL, false},
        {"primary-key app.users.users_pkey columns=id", "app.users", NULL, true},
        {"index public.i on=public.t unique=no keys=a", "t", NULL, true},
        {"foreign-key public.t.f columns=a references=public.users(id)", "t", "users", true},
        {"foreign-key t:a columns=a references=Users", "t", "users", false},
        {"view public.v", NULL, NULL, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice table, target;
        assert_true(parity_table(&a, slice_of(cases[i].line), cases[i].schemas, &table));
        assert_true(parity_target(&a, slice_of(cases[i].line), cases[i].schemas, &target));
        assert_int_equal(table.p != NULL, cases[i].table != NULL);
        assert_int_equal(target.p != NULL, cases[i].target != NULL);
        assert_true(!table.p || slice_eq(table, slice_of(cases[i].table)));
        assert_true(!target.p || slice_eq(target, slice_of(cases[i].target)));
    }
}

static void differences_are_told(void **state)
{
    (void)state;
    expect("create table t (id integer primary key, a text)", "create table t (id serial primary key, a text not null)",
           "column t.a class=text null=yes | column t.a class=text null=no\n");
    expect("create table t (a text)", "create table t (a numeric)",
           "column t.a class=text null=yes | column t.a class=numeric null=yes\n");
    expect("create table t (a integer)", "create table t (a timestamp)",
           "column t.a class=integer null=yes | column t.a class=timestamp null=yes\n");
    expect("create table t (a text)", "create table t (a uuid not null)",
           "column t.a class=text null=yes | column t.a class=uuid null=no\n");
    expect("create table t (a text)", "create table t (a uuid default gen_random_uuid())",
           " | default t.a value=gen_random_uuid()\n");
    expect("create table t (a boolean default 1)", "create table t (a boolean default false)",
           "default t.a value=true | default t.a value=false\n");
    expect("create table t (a text default '1')", "create table t (a text default 'one')",
           "default t.a value='1' | default t.a value='one'\n");
    expect("create table t (a text default 'now')", "create table t (a timestamp default now())",
           "default t.a value='now' | default t.a value=now\n");
    expect("create table t (a text check (a > 'a'), b text check (b > 'a'))", "create table t (a uuid, b text)",
           "checks t count=2 | \n");
    expect("create table t (a int default 1)", "create table t (a int default 2)",
           "default t.a value=1 | default t.a value=2\n");
    expect("create table t (a int unique, b int)", "create table t (a int, b int); create unique index on t (a)", "");
    expect("create table t (a int)", "create table t (a int); create table u (a int)",
           " | column u.a class=integer null=yes\n | table u\n");
    expect(
        "create table t (a int primary key, b int references t (a))",
        "create table t (a int primary key, b int references t (a) on delete set null)",
        "foreign-key t columns=b references=t(a) on_delete=none on_update=none | foreign-key t columns=b references=t(a) "
        "on_delete=set-null on_update=none\n");
    expect("create table t (a int check (a > 1))", "create table t (a int)", "checks t count=1 | \n");
    expect("create table t (a int); create index i on t (a)", "create table t (a int)",
           "index t keys=a partial=no | \n");
    expect("create table t (a int, b int); create index i on t (a)",
           "create table t (a int, b int); create index i on t (b)",
           "index t keys=a partial=no | \n | index t keys=b partial=no\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_text_means_the_same),
        cmocka_unit_test(spelling_is_no_difference),
        cmocka_unit_test(what_one_has_not_is_no_difference),
        cmocka_unit_test(names_of_types_are_whole),
        cmocka_unit_test(what_indexes_say_beyond_sqlite_is_left_out),
        cmocka_unit_test(facts_belong_to_tables),
        cmocka_unit_test(differences_are_told),
    };
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
