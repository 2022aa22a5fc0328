#include "schema_test.h"
#include "postgres.h"
#include "postgres_mutations.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The text of facts that have never seen the database before. */
static const char *fresh_text(struct db *db, struct arena *a)
{
    struct facts *f = open_facts(db);
    refresh(f, a);
    const char *text = text_of(f, a);
    facts_close(f);
    return text;
}

static void same_as_fresh(struct db *db, struct facts *f, struct arena *a, const char *after)
{
    const char *followed = text_of(f, a), *fresh = fresh_text(db, a);
    size_t same = 0, line = 0;
    while (followed[same] && followed[same] == fresh[same])
        line = followed[same++] == '\n' ? same : line;
    if (strcmp(followed, fresh) != 0)
        fail_msg("after %s\n--- followed\n%.300s\n--- fresh\n%.300s", after, followed + line, fresh + line);
}

static bool try_exec(struct db *db, const char *sql)
{
    struct pawl_error e = {0};
    if (!db_exec(db, sql, &e))
        return true;
    print_message("not possible here: %s: %s\n", sql, e.message);
    return false;
}

/* All of them can be made here, but for what only newer servers know; tests run on older ones, too. */
#define KNOWS_ALL 150000

static const char *mutations[COUNT(postgres_mutations)];
static size_t n_mutations;

static int find_mutations(void **state)
{
    if (pg_server_up(state))
        return -1;
    struct db *db = pg_scratch_open((struct db_options){0});
    bool all = atoi(pg_text(db, "show server_version_num")) >= KNOWS_ALL;
    for (size_t i = 0; i < COUNT(postgres_mutations); i++)
        if (try_exec(db, postgres_mutations[i]))
            mutations[n_mutations++] = postgres_mutations[i];
    db_close(db);
    return all && n_mutations < COUNT(postgres_mutations) ? -1 : 0;
}

/* Taking facts anew takes long, so that it is done after each statement only when asked for. */
static size_t every = 16;

/* ---- following a database ---------------------------------------------------------------------------------------- */

static void facts_that_follow_are_facts_taken_anew(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    for (size_t i = 0; i < n_mutations; i++) {
        ARENA(a);
        pg_exec(db, mutations[i]);
        refresh(f, &a);
        if (i % every == 0)
            same_as_fresh(db, f, &a, mutations[i]);
    }
    ARENA(last);
    same_as_fresh(db, f, &last, "all");
    facts_close(f);
    db_close(db);
}

/* Each change is seen in the transaction that makes it, and is gone when that is rolled back. */
static void rolled_back_changes_are_gone(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    ARENA(first);
    refresh(f, &first);
    pg_exec(db, "begin");
    for (size_t i = 0; i < n_mutations; i++) {
        ARENA(a);
        pg_exec(db, "savepoint one");
        if (!try_exec(db, mutations[i]))
            pg_exec(db, "rollback to savepoint one");
        struct delta d = refresh(f, &a);
        const char *with = text_of(f, &a);
        pg_exec(db, "rollback to savepoint one");
        struct pawl_error e = {0};
        if (facts_rolled_back(f, &d, &e))
            fail_msg("%s", e.message);
        if (i % every == 7 % every) {
            struct delta none = refresh(f, &a);
            if (none.n)
                fail_msg("something is left of %s: " SLICE_FMT, mutations[i], SLICE_ARG(none.items[0].key));
            same_as_fresh(db, f, &a, "a rollback");
        }
        try_exec(db, mutations[i]) ? (void)0 : pg_exec(db, "rollback to savepoint one");
        pg_exec(db, "release savepoint one");
        refresh(f, &a);
        const char *again = text_of(f, &a);
        if (strcmp(with, again) != 0)
            fail_msg("%s, rolled back and done again\n%s\n---\n%s", mutations[i], with, again);
    }
    ARENA(last);
    same_as_fresh(db, f, &last, "all");
    pg_exec(db, "rollback");
    facts_close(f);
    db_close(db);
}

/* The same over what was committed long ago. */
static void a_rolled_back_transaction_leaves_nothing(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    for (size_t i = 0; i < n_mutations; i++) {
        ARENA(a);
        struct pawl_error e = {0};
        refresh(f, &a);
        pg_exec(db, "begin");
        pg_exec(db, mutations[i]);
        struct delta d = refresh(f, &a);
        pg_exec(db, "rollback");
        if (facts_rolled_back(f, &d, &e))
            fail_msg("%s", e.message);
        struct delta none = refresh(f, &a);
        if (none.n)
            fail_msg("something is left of %s: " SLICE_FMT, mutations[i], SLICE_ARG(none.items[0].key));
        if (i % every == 3 % every)
            same_as_fresh(db, f, &a, "a rollback");
        pg_exec(db, mutations[i]);
    }
    facts_close(f);
    db_close(db);
}

/*
 * What was dropped and made again is the same to the facts and another thing to the catalogs. Going back over that leaves nothing
 * to tell, and yet nothing is remembered rightly.
 */
static void made_again_and_rolled_back(void **state)
{
    static const char *const again[] = {
        "drop view v; create view v as select id from t",
        "drop table u; create table u (id int primary key)",
        "drop index i; create index i on t (label)",
        "alter table t drop constraint positive; alter table t add constraint positive check (id > 0)",
        "drop function f(); create function f() returns int language sql as 'select 1'",
    };
    /* which the catalogs tell only where the object is listed, not where objects are */
    static const char *const then[] = {
        "alter view v alter column id set default 5", "alter table u alter column id set default 5",
        "alter index i set (fillfactor = 50)",        "alter table t alter column id set default 5",
        "comment on function f() is 'made once'",
    };
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    run_sql(
        db,
        "create table t (id int, label text, constraint positive check (id > 0)); create table u (id int primary key); "
        "create index i on t (label); create view v as select id from t; "
        "create function f() returns int language sql as 'select 1'");
    for (size_t i = 0; i < COUNT(again); i++) {
        ARENA(a);
        struct pawl_error e = {0};
        refresh(f, &a);
        pg_exec(db, "begin");
        run_sql(db, "create table other (a int); drop table other");
        refresh(f, &a);
        pg_exec(db, "savepoint one");
        run_sql(db, again[i]);
        struct delta d = refresh(f, &a);
        assert_int_equal(d.n, 0);
        pg_exec(db, "rollback to savepoint one");
        assert_int_equal(facts_rolled_back(f, &d, &e), PAWL_OK);
        run_sql(db, then[i]);
        refresh(f, &a);
        same_as_fresh(db, f, &a, then[i]);
        pg_exec(db, "commit");
    }
    facts_close(f);
    db_close(db);
}

/* As many are gone as came back, so that counting them tells nothing. */
static void dropped_while_others_come_back(void **state)
{
    static const char *const drops[] = {
        "drop view one",         "drop view two",         "drop index r_one",
        "drop index s_one",      "drop trigger one on s", "drop trigger two on s",
        "drop rule one on s",    "drop rule two on t",    "drop policy one on s",
        "drop policy one on t",  "drop table u",          "drop table v",
        "drop sequence counter", "drop view three",       "alter table t drop constraint positive",
        "drop view two",
    };
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    run_sql(
        db,
        "create table r (id int); create table s (id int); create table u (id int); create table v (id int); "
        "create table t (id int, constraint positive check (id > 0)); create sequence counter; "
        "create view one as select id from r; create view two as select id from r; create view three as select id from r; "
        "create index r_one on r (id); create index s_one on s (id); "
        "create function f() returns trigger language plpgsql as 'begin return null; end'; "
        "create trigger one after insert on s for each row execute function f(); "
        "create trigger two after insert on s for each row execute function f(); "
        "create rule one as on update to s do nothing; create rule two as on update to t do nothing; "
        "create policy one on s; create policy one on t");
    for (size_t i = 0; i + 1 < COUNT(drops); i++) {
        ARENA(a);
        struct pawl_error e = {0};
        refresh(f, &a);
        pg_exec(db, "begin");
        pg_exec(db, drops[i]);
        struct delta d = refresh(f, &a);
        pg_exec(db, "rollback");
        assert_int_equal(facts_rolled_back(f, &d, &e), PAWL_OK);
        pg_exec(db, "begin");
        pg_exec(db, drops[i + 1]);
        refresh(f, &a);
        same_as_fresh(db, f, &a, drops[i + 1]);
        pg_exec(db, "rollback");
        facts_close(f);
        f = open_facts(db);
    }
    facts_close(f);
    db_close(db);
}

/* Relations of an extension are its own, but who may use them is said by those who install it. */
static void grants_on_what_extensions_own(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    ARENA(a);
    run_sql(
        db,
        "create extension pg_trgm; create view mine as select 1 as id; create sequence numbers; grant select on mine to public; "
        "alter extension pg_trgm add view mine; alter extension pg_trgm add sequence numbers");
    refresh(f, &a);
    const char *before = text_of(f, &a);
    assert_null(strstr(before, "mine"));
    run_sql(db, "grant insert on mine to public; grant usage on sequence numbers to public");
    refresh(f, &a);
    assert_non_null(strstr(text_of(f, &a), "privilege table.public.mine.public can=insert,select\n"));
    assert_non_null(strstr(text_of(f, &a), "privilege sequence.public.numbers.public can=usage\n"));
    same_as_fresh(db, f, &a, "grants");
    run_sql(db, "grant update (id) on mine to public; grant select (oid) on pg_authid to public");
    refresh(f, &a);
    assert_non_null(strstr(text_of(f, &a), "privilege column.public.mine.id.public can=update\n"));
    assert_non_null(strstr(text_of(f, &a), "privilege column.pg_catalog.pg_authid.oid.public can=select\n"));
    same_as_fresh(db, f, &a, "grants on columns");
    run_sql(db, "revoke insert on mine from public; revoke usage on sequence numbers from public");
    run_sql(db, "revoke update (id) on mine from public; revoke select (oid) on pg_authid from public");
    refresh(f, &a);
    assert_null(strstr(text_of(f, &a), "mine"));
    assert_null(strstr(text_of(f, &a), "pg_authid"));
    same_as_fresh(db, f, &a, "revokes");
    pg_exec(db, "begin");
    pg_exec(db, "create table other (id int)");
    refresh(f, &a);
    pg_exec(db, "savepoint one");
    run_sql(db, "grant insert on mine to public; grant update (id) on mine to public");
    struct pawl_error e = {0};
    struct delta d = refresh(f, &a);
    assert_int_equal(d.n, 2);
    pg_exec(db, "rollback to savepoint one");
    assert_int_equal(facts_rolled_back(f, &d, &e), PAWL_OK);
    refresh(f, &a);
    same_as_fresh(db, f, &a, "rolled back grants");
    pg_exec(db, "rollback");
    facts_close(f);
    db_close(db);
}

/* ---- ways back --------------------------------------------------------------------------------------------------- */

static void begin(struct db *db)
{
    db->stamp_behind = true;
    pg_exec(db, "begin");
    db->stamp_behind = false;
}

static size_t mark(struct facts *f)
{
    struct pawl_error e = {0};
    size_t at;
    if (facts_mark(f, &at, &e))
        fail_msg("%s", e.message);
    return at;
}

static void go_back(struct facts *f, size_t at, const struct delta *d)
{
    struct pawl_error e = {0};
    if (facts_return(f, at, d, &e))
        fail_msg("%s", e.message);
}

/* Are changes found by what is locked? Not those that lock nothing. */
static bool by_locks;

static struct delta refresh_after(struct db *db, struct facts *f, struct arena *a, const char *sql)
{
    db->locks_tell =
        by_locks && !strcasestr(sql, "grant") && !strcasestr(sql, "revoke") && !strcasestr(sql, "extension");
    struct delta d = refresh(f, a);
    db->locks_tell = false;
    return d;
}

/* Over a savepoint, and then for good, within one transaction. */
static void a_way_back_leads_to_what_was_there(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    ARENA(first);
    refresh(f, &first);
    begin(db);
    refresh(f, &first);
    for (size_t i = 0; i < n_mutations; i++) {
        ARENA(a);
        const char *before = text_of(f, &a);
        pg_exec(db, "savepoint one");
        size_t outer = mark(f), inner = mark(f);
        assert_int_equal(inner, outer + 1);
        bool done = try_exec(db, mutations[i]);
        if (!done)
            pg_exec(db, "rollback to savepoint one");
        struct delta d = refresh_after(db, f, &a, mutations[i]);
        assert_true(facts_can_return(f, outer));
        pg_exec(db, "rollback to savepoint one");
        go_back(f, outer, &d);
        assert_string_equal(text_of(f, &a), before);
        if (i % every == 5 % every)
            same_as_fresh(db, f, &a, mutations[i]);
        struct delta none = refresh(f, &a);
        assert_int_equal(none.n, 0);
        if (done)
            pg_exec(db, mutations[i]);
        pg_exec(db, "release savepoint one");
        refresh_after(db, f, &a, mutations[i]);
        if (i % every == 11 % every)
            same_as_fresh(db, f, &a, mutations[i]);
    }
    facts_close(f);
    pg_exec(db, "rollback");
    db_close(db);
}

/* A database that is ours alone is followed from one transaction to the next, also behind one that was rolled back. */
static void transactions_follow_each_other(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    ARENA(first);
    begin(db);
    refresh(f, &first);
    struct db_written w;
    db->driver->written(db, &w);
    uint64_t epoch = w.epoch;
    pg_exec(db, "commit");
    for (size_t i = 0; i < n_mutations; i++) {
        ARENA(a);
        const char *before = text_of(f, &a);
        begin(db);
        size_t at = mark(f);
        pg_exec(db, mutations[i]);
        struct delta d = refresh_after(db, f, &a, mutations[i]);
        assert_true(facts_can_return(f, at));
        db->goes_back = true;
        pg_exec(db, "rollback");
        go_back(f, at, &d);
        assert_string_equal(text_of(f, &a), before);
        begin(db);
        if (i % every == 9 % every)
            same_as_fresh(db, f, &a, mutations[i]);
        pg_exec(db, mutations[i]);
        refresh_after(db, f, &a, mutations[i]);
        pg_exec(db, "commit");
        begin(db);
        struct delta none = refresh(f, &a);
        assert_int_equal(none.n, 0);
        if (i % every == 2 % every)
            same_as_fresh(db, f, &a, mutations[i]);
        db->driver->written(db, &w);
        assert_true(w.counted);
        assert_true(w.epoch == epoch);
        pg_exec(db, "commit");
    }
    facts_close(f);
    db_close(db);
}

/* The same, but that what has changed is told by what is locked, as far as locks tell it. */
static void locks_tell_what_has_changed(void **state)
{
    by_locks = true;
    a_way_back_leads_to_what_was_there(state);
    transactions_follow_each_other(state);
    by_locks = false;
}

/* What locks do not tell is why they are not relied upon where privileges may change; the rest is seen. */
static void what_locks_do_not_tell(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    ARENA(a);
    run_sql(db, "create table one (id int); create table two (id int)");
    refresh(f, &a);
    begin(db);
    refresh(f, &a);
    by_locks = true;
    const char *const seen[] = {"alter table one rename to three",
                                "create type mood as enum ('fair')",
                                "create domain many as int check (value > 0)",
                                "create table four (id int); create type five as (id int); drop table two",
                                "create function six() returns int language sql as 'select 6'",
                                "comment on table three is 'one of them'",
                                "alter index four_i rename to four_j",
                                "update pg_class set relreplident = 'f' where relname = 'four'"};
    for (size_t i = 0; i < COUNT(seen); i++) {
        if (i == 6) {
            pg_exec(db, "create index four_i on four (id)");
            refresh_after(db, f, &a, "");
            pg_exec(db, "commit");
            begin(db);
            refresh(f, &a);
        }
        run_sql(db, seen[i]);
        assert_true(refresh_after(db, f, &a, seen[i]).n > 0);
        same_as_fresh(db, f, &a, seen[i]);
    }
    pg_exec(db, "commit");
    begin(db);
    refresh(f, &a);
    pg_exec(db, "grant select on three to public");
    assert_int_equal(refresh_after(db, f, &a, "").n, 0);
    by_locks = false;
    pg_exec(db, "rollback");
    facts_close(f);
    db_close(db);
}

/* What was not counted is looked for everywhere: behind the last stamp of a transaction, by a statement that ends it on its own. */
static void what_was_not_counted_is_seen(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    ARENA(a);
    begin(db);
    refresh(f, &a);
    run_sql(db, "create table one (id int); commit; create table two (id int); begin; create table three (id int)");
    pg_exec(db, "commit");
    begin(db);
    struct delta d = refresh(f, &a);
    assert_true(d.n > 2);
    same_as_fresh(db, f, &a, "a commit of others");
    pg_exec(db, "create table four (id int)");
    refresh(f, &a);
    pg_exec(db, "rollback"); /* nobody was told that all is taken back */
    begin(db);
    refresh(f, &a);
    same_as_fresh(db, f, &a, "a rollback that nobody told");
    pg_exec(db, "commit");
    pg_exec(db, "create table five (id int)");
    begin(db);
    refresh(f, &a);
    same_as_fresh(db, f, &a, "a statement between two transactions");
    facts_close(f);
    pg_exec(db, "commit");
    db_close(db);
}

/* What a caller has set is as it was, inside and outside of transactions. */
static void settings_are_left_alone(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    ARENA(a);
    pg_exec(db, "create schema s");
    pg_exec(db, "set search_path to s, public");
    fresh_text(db, &a);
    assert_string_equal(pg_text(db, "show search_path"), "s, public");
    pg_exec(db, "begin");
    pg_exec(db, "set local search_path to public");
    pg_exec(db, "set datestyle to german");
    fresh_text(db, &a);
    assert_string_equal(pg_text(db, "show search_path"), "public");
    pg_exec(db, "commit");
    assert_string_equal(pg_text(db, "show search_path"), "s, public");
    assert_string_equal(pg_text(db, "show datestyle"), "German, DMY");
    db_close(db);
}

int main(int argc, char **argv)
{
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    if (argc > 1 && strcmp(argv[1], "--all") == 0)
        every = 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_that_follow_are_facts_taken_anew),
        cmocka_unit_test(rolled_back_changes_are_gone),
        cmocka_unit_test(a_rolled_back_transaction_leaves_nothing),
        cmocka_unit_test(made_again_and_rolled_back),
        cmocka_unit_test(dropped_while_others_come_back),
        cmocka_unit_test(grants_on_what_extensions_own),
        cmocka_unit_test(a_way_back_leads_to_what_was_there),
        cmocka_unit_test(transactions_follow_each_other),
        cmocka_unit_test(locks_tell_what_has_changed),
        cmocka_unit_test(what_locks_do_not_tell),
        cmocka_unit_test(what_was_not_counted_is_seen),
        cmocka_unit_test(settings_are_left_alone),
    };
    return cmocka_run_group_tests(tests, find_mutations, pg_server_down);
}
