/*
 * Was anything written, and how many rows of which catalogs.
 *
 * Whoever writes is given a transaction number. Before that, the snapshot (which transactions have ended, however late they
 * began) tells two moments apart. In a transaction that has its number already, the end of the write-ahead log does, since
 * nothing permanent is written without it, unless the server logs as little as it can (wal_level = minimal leaves out tables
 * of the same transaction), or there are temporary or unlogged tables: then no two stamps are equal. Other sessions' writes make
 * stamps differ, too, which costs a look and is never wrong.
 *
 * Within a transaction the server counts the rows that are written to each table, and these counts never become less, whatever is
 * rolled back. It goes on counting or begins anew with the next transaction. A database that is ours alone is in front of a
 * transaction as the last one left it: so where a transaction was counted to its end, counting goes on with the next one.
 */
#include "db/postgres.h"

#include <stdio.h>

#include "base/strbuf.h"
#include "sql/dialect.h"
#include "sql/lexer.h"

#define MAX_SQL 16384
#define MAX_LOCKED ((size_t)16 << 20)

/*
 * Which transactions have ended, as a hash, if we have none ourselves; ours, if we have one; the end of the log, if it tells; which are running; when ours
 * began, which no other has in common; whether rows are counted; where the log ends as it did ($2) and that may mean something, whether
 * there are tables that it does not tell about, unless it is known that there were none and no row of pg_class was written since;
 * those rows ($1); the counts, all of them together, and, unless that is $3 or $3 is less than nothing, which relations are locked as
 * one does to change them. In a transaction that began at $4 and has written nothing since the log ended at $2, nothing was counted either:
 * then the counts are not asked for.
 */
static const char columns_sql[] =
    "select case when txid_current_if_assigned() is null then hashtextextended(s::text, 0) & 9223372036854775807 end, "
    "txid_current_if_assigned(), "
    "case when txid_current_if_assigned() is null or pg_is_in_recovery() or current_setting('wal_level') = 'minimal' "
    "then null else log end, "
    "txid_snapshot_xmin(s), txid_snapshot_xmax(s), (extract(epoch from now()) * 1000000)::bigint, "
    "current_setting('track_counts')::bool, case when txid_current_if_assigned() is not null and log = $2 and w <> $1 then "
    "exists (select from pg_class where relpersistence <> 'p' and relkind = 'r') end, w, ";
static const char counts_sql[] =
    "k.counts, k.total, case when $3 >= 0 and k.total <> $3 then (select coalesce(string_agg(distinct relation::text, ' '), '') from "
    "pg_locks where pid = pg_backend_pid() and locktype = 'relation' and (mode not in ('AccessShareLock', 'RowShareLock', "
    "'RowExclusiveLock') or (relation < 16384 and mode <> 'AccessShareLock'))) end";
static const char from_sql[] =
    " from txid_current_snapshot() s, lateral (select pg_stat_get_xact_tuples_inserted(1259) + "
    "pg_stat_get_xact_tuples_updated(1259), case when not pg_is_in_recovery() then "
    "(pg_current_wal_insert_lsn() - pg_lsn '0/0')::bigint end) c (w, log)";
static const char from_counts_sql[] =
    ", lateral (select coalesce($4 <> (extract(epoch from now()) * 1000000)::bigint or (txid_current_if_assigned() is not null and "
    "(pg_is_in_recovery() or current_setting('wal_level') = 'minimal' or log <> $2)), true)) d (differs), "
    "lateral (select string_agg(i || ' ' || made || ' ' || gone, ' '), case when differs then coalesce(sum(made + gone), 0)::bigint end "
    "from (select i, pg_stat_get_xact_tuples_inserted(o) + pg_stat_get_xact_tuples_updated(o), pg_stat_get_xact_tuples_deleted(o) "
    "from unnest('{";
static const char from_counts_rest_sql[] =
    "}'::oid[]) with ordinality x (o, i) where differs) x (i, made, gone) where made + gone > 0) k (counts, total)";

static bool next_number(struct slice *s, int64_t *out)
{
    size_t end = slice_find_byte(*s, ' ');
    end = end == SIZE_MAX ? s->n : end;
    bool ok = end && slice_i64(slice_sub(*s, 0, end), out);
    *s = end < s->n ? slice_sub(*s, end + 1, s->n) : (struct slice){NULL, 0};
    return ok;
}

static int on_mark(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_stamps *stamps = context;
    struct pg_mark *out = &stamps->next;
    int64_t i, made, gone;
    (void)n;
    *out = (struct pg_mark){.ended = v[0].type == DB_INT ? v[0].i : 0,
                            .transaction = v[1].type == DB_INT ? (uint64_t)v[1].i : 0,
                            .log = v[2].type == DB_INT ? v[2].i : -1,
                            .oldest = (uint64_t)v[3].i,
                            .end = (uint64_t)v[4].i,
                            .began = v[5].i,
                            .counted = v[6].i != 0,
                            .unlogged = v[7].type == DB_BOOL && v[7].i != 0,
                            .looked = v[7].type == DB_BOOL,
                            .relations = v[8].i,
                            .counts = v[10].type == DB_INT,
                            .total = v[10].type == DB_INT ? v[10].i : -1,
                            .listed = v[11].type == DB_TEXT,
                            .taken = true};
    struct slice list = v[9].type == DB_TEXT ? v[9].s : (struct slice){NULL, 0};
    while (next_number(&list, &i) && next_number(&list, &made) && next_number(&list, &gone)) {
        for (size_t w = 0; w < DB_WATCHED; w++) {
            if (stamps->place[w] != i)
                continue;
            out->made[w] = (uint64_t)made;
            out->gone[w] = (uint64_t)gone;
        }
    }
    if (!out->listed)
        return PAWL_OK;
    strbuf_reset(&stamps->next_locked);
    strbuf_add(&stamps->next_locked, v[11].s);
    return strbuf_ok(&stamps->next_locked) ? PAWL_OK : err_nomem(e);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static void add_text(struct strbuf *b, const char *sql, const char *const values[PG_STAMP_PARAMETERS])
{
    struct slice text = slice_of(sql);
    for (size_t at; (at = slice_find_byte(text, '$')) != SIZE_MAX; text = slice_sub(text, at + 2, text.n)) {
        strbuf_add(b, slice_sub(text, 0, at));
        size_t i = (size_t)(text.p[at + 1] - '1');
        strbuf_addz(b, i < PG_STAMP_PARAMETERS ? values[i] : "null");
    }
    strbuf_add(b, text);
}

static void add_query(const struct pg_stamps *s, struct strbuf *b, const char *const values[PG_STAMP_PARAMETERS])
{
    add_text(b, columns_sql, values);
    add_text(b, s->watched.n ? counts_sql : "null, null, null", values);
    strbuf_addz(b, from_sql);
    if (!s->watched.n)
        return;
    add_text(b, from_counts_sql, values);
    strbuf_add(b, s->distinct);
    strbuf_addz(b, from_counts_rest_sql);
}

size_t pg_stamp_requests(struct pg_db *db, struct strbuf *b, struct db_request out[PG_STAMP_REQUESTS])
{
    struct pg_stamps *s = &db->stamps;
    static const char *const parameters[] = {"$1", "$2", "$3", "$4"};
    char texts[PG_STAMP_PARAMETERS][32];
    const char *values[PG_STAMP_PARAMETERS];
    size_t n = 0, from = 0;
    bool kept = s->kept && s->resets == db->base.resets;
    bool list = db->base.alone && !s->begins;
    const int64_t numbers[] = {s->logged ? s->mark.relations : -1, s->mark.taken ? s->mark.log : -1,
                               !list                                ? -1
                               : s->mark.taken && s->mark.total > 0 ? s->mark.total
                                                                    : 0,
                               s->mark.taken ? s->mark.began : -1};
    for (size_t i = 0; i < PG_STAMP_PARAMETERS; i++) {
        s->parameters[i] = DB_V_INT(numbers[i]);
        snprintf(texts[i], sizeof texts[i], "%lld", (long long)numbers[i]);
        values[i] = texts[i];
    }
    if (!pg_may_keep(db)) {
        add_query(s, b, values);
    } else {
        if (!kept) {
            strbuf_addf(b, "prepare pawl_stamp_%u (bigint, bigint, bigint, bigint) as ", ++s->number);
            add_query(s, b, parameters);
            from = b->n;
            n = 1;
        }
        strbuf_addf(b, "pawl_stamp_%u", s->number);
    }
    if (!strbuf_ok(b))
        return 0;
    struct slice all = strbuf_slice(b);
    if (n)
        out[0] = (struct db_request){.sql = slice_sub(all, 0, from)};
    out[n] = (struct db_request){.sql = slice_sub(all, from, all.n), .on_row = on_mark, .context = s};
    if (pg_may_keep(db)) {
        out[n].prepared = true;
        out[n].params = s->parameters;
        out[n].n_params = PG_STAMP_PARAMETERS;
    }
    s->kept = kept; /* until it is known to be there */
    s->next = (struct pg_mark){.taken = false};
    return n + 1;
}

/* What is locked: listed just now, or as it was if nothing was written since. */
static void lock_on(struct pg_stamps *s, bool same, bool follows)
{
    if (s->next.listed) {
        struct strbuf was = s->locked;
        s->locked = s->next_locked;
        s->next_locked = was;
    } else if (!same) {
        strbuf_reset(&s->locked);
    }
    s->locked_known = s->next.listed || (same ? s->locked_known : follows);
}

/* Goes on counting, or begins a new epoch. Is it still the same transaction? */
static bool count_on(struct pg_db *db)
{
    struct pg_stamps *s = &db->stamps;
    const struct pg_mark *was = &s->mark;
    struct pg_mark *now = &s->next;
    if (!now->counts && was->taken && was->began == now->began) {
        memcpy(now->made, was->made, sizeof now->made);
        memcpy(now->gone, was->gone, sizeof now->gone);
        now->total = was->total;
    }
    bool same = was->taken && was->began == now->began && !s->left;
    bool follows = !same && was->taken && s->sealed && db->base.alone;
    if (!same && !follows)
        s->epoch++;
    for (size_t i = 0; i < DB_WATCHED; i++) {
        if (follows) {
            s->before_made[i] += was->made[i] - now->made[i];
            s->before_gone[i] += was->gone[i] - now->gone[i];
        }
        s->made[i] = s->before_made[i] + now->made[i];
        s->gone[i] = s->before_gone[i] + now->gone[i];
    }
    if (!same) {
        memcpy(s->first_made, s->made, sizeof s->made);
        memcpy(s->first_gone, s->gone, sizeof s->gone);
    }
    lock_on(s, same, follows);
    s->counted = now->counted && (s->counted || (!same && !follows));
    if (now->looked)
        s->logged = !now->unlogged;
    else
        s->logged = s->logged && (follows || (same && now->relations == was->relations));
    return same;
}

void pg_stamp_taken(struct pg_db *db, bool in_front)
{
    struct pg_stamps *s = &db->stamps;
    if (in_front) /* of the COMMIT */
        s->left = !s->inside;
    s->kept = pg_may_keep(db);
    s->resets = db->base.resets;
    if (!s->next.taken)
        return;
    bool same = count_on(db);
    s->left = in_front;
    s->mark = s->next;
    s->exact = true;
    if (same && db->base.alone && s->last.data >= 0 && !s->mark.transaction)
        ; /* it has written nothing, whatever happens in the server's other databases */
    else if (!s->mark.transaction)
        s->last = (struct db_stamp){s->mark.ended, s->mark.ended};
    else if (s->mark.log >= 0 && !s->mark.unlogged)
        s->last = (struct db_stamp){s->mark.log, s->mark.log};
    else
        s->last = (struct db_stamp){-++s->n, -s->n};
    /* Nothing here tells rows from schema. */
    s->holds = s->last.data >= 0 && db->base.driver->in_transaction(&db->base);
}

int pg_stamp(struct db *base, struct db_stamp *out, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    struct db_request requests[PG_STAMP_REQUESTS];
    struct db_fault fault = {.offset = SIZE_MAX};
    STRBUF(text, MAX_SQL);
    if (db->pq.transactionStatus(db->conn) == PQTRANS_INERROR)
        return err_set(e, PAWL_SQL, "the transaction has failed, and answers nothing any more");
    if (!db->stamps.holds) {
        db->stamps.begins = false;
        size_t n = pg_stamp_requests(db, &text, requests);
        int code = n ? pg_run_plain(db, requests, n, &fault, e) : err_nomem(e);
        if (code)
            return code;
        pg_stamp_taken(db, false);
    }
    *out = db->stamps.last;
    return PAWL_OK;
}

/* ---- what is sent meanwhile -------------------------------------------------------------------------------------- */

/* Marks in a transaction, which write nothing and undo nothing. */
static bool is_mark(const struct db_request *r)
{
    return slice_ieq(slice_sub(r->sql, 0, 10), SLICE("savepoint ")) ||
           slice_ieq(slice_sub(r->sql, 0, 8), SLICE("release "));
}

/* Statements of the driver itself, which concern only the session and the tables that go with it. */
static bool is_reset(struct pg_db *db, const struct db_request *r)
{
    for (const char *const *s = pg_session_sql; *s; s++)
        if (r->sql.p == *s)
            return db->stamps.logged;
    return false;
}

static bool is_only(const struct db_request *r, const char *word)
{
    return slice_ieq(slice_trim(r->sql), slice_of(word));
}

/* May the statement begin or end a transaction, or take a part of one back? */
static bool is_control(const struct db_request *r)
{
    static const char *const words[] = {"begin", "start", "commit", "end", "rollback", "abort", "prepare", NULL};
    struct lexer lx;
    struct token t;
    bool is = false;
    lexer_init(&lx, &dialect_postgres, r->sql);
    if (!lexer_next(&lx, &t))
        return false;
    for (const char *const *w = words; *w && !is; w++)
        is = lexer_word(&lx, &t, *w);
    return is;
}

void pg_stamp_before(struct pg_db *db, const struct db_request *requests, size_t n)
{
    struct pg_stamps *s = &db->stamps;
    s->held = s->holds;
    s->was_exact = s->exact;
    s->inside = !s->left;
    s->begins = n == 1 && is_only(requests, "begin");
    for (size_t i = 0; i < n; i++) {
        const struct db_request *r = &requests[i];
        bool begins = is_only(r, "begin");
        if (is_mark(r))
            continue;
        bool control = is_control(r);
        bool back = control && slice_find_byte(slice_trim(r->sql), ' ') != SIZE_MAX; /* to a savepoint */
        s->holds = false;
        s->exact &=
            r->rows_only || slice_ieq(slice_sub(r->sql, 0, 12), SLICE("rollback to ")); /* that uncounts nothing */
        if (control) {
            s->logged &= begins || is_only(r, "commit");
            s->left |= !back;
        }
        s->sealed &= begins || is_reset(db, r);
    }
}

bool pg_stamp_can_wait(const struct pg_db *db)
{
    return db->stamps.holds || !db->base.stamp_behind;
}

enum pg_stamp_place pg_stamp_place(const struct pg_db *db, const struct db_request *requests, size_t n)
{
    const struct pg_stamps *s = &db->stamps;
    PGTransactionStatusType status = db->pq.transactionStatus(db->conn);
    if (n == 1 && is_only(requests, "commit"))
        return db->base.alone && status == PQTRANS_INTRANS && !s->was_exact && s->watched.n ? PG_STAMP_IN_FRONT
                                                                                            : PG_STAMP_NONE;
    bool wanted = db->base.stamp_behind && !s->holds &&
                  (status == PQTRANS_INTRANS || (status == PQTRANS_IDLE && is_only(requests, "begin")));
    for (size_t i = 0; i < n && wanted; i++)
        wanted = !requests[i].copy.p;
    return wanted ? PG_STAMP_BEHIND : PG_STAMP_NONE;
}

void pg_stamp_ended(struct pg_db *db, const struct db_request *request, bool counted)
{
    struct pg_stamps *s = &db->stamps;
    bool follows = s->mark.taken && s->watched.n && s->inside;
    if (is_only(request, "commit"))
        s->sealed = follows && (s->was_exact || counted);
    else if (is_only(request, "rollback"))
        s->sealed = follows && db->base.goes_back;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* The tables "1259,2606,1259", each once; where each stands. */
static bool take_watched(struct pg_stamps *s, struct slice tables, struct strbuf *distinct)
{
    int64_t oids[DB_WATCHED];
    size_t n = 0;
    memset(s->place, 0, sizeof s->place);
    for (size_t w = 0; tables.n && w < DB_WATCHED; w++) {
        size_t end = slice_find_byte(tables, ','), at = 0;
        end = end == SIZE_MAX ? tables.n : end;
        if (!slice_i64(slice_sub(tables, 0, end), &oids[n]))
            return false;
        while (oids[at] != oids[n])
            at++;
        if (at == n)
            strbuf_addf(distinct, "%s%lld", n++ ? "," : "", (long long)oids[at]);
        s->place[w] = (unsigned char)(at + 1);
        tables = slice_sub(tables, end + 1, tables.n);
    }
    return strbuf_ok(distinct);
}

int pg_watch(struct db *base, struct slice tables, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    STRBUF(distinct, MAX_SQL);
    struct slice copy;
    if (slice_eq(db->stamps.watched, tables))
        return PAWL_OK;
    copy = arena_dup(&db->arena, tables);
    if (!copy.p || !take_watched(&db->stamps, tables, &distinct))
        return err_nomem(e);
    pg_stamps_reset(db);
    db->stamps.watched = (struct slice){NULL, 0};
    db->stamps.distinct = arena_dup(&db->arena, strbuf_slice(&distinct));
    if (!db->stamps.distinct.p)
        return err_nomem(e);
    db->stamps.watched = copy;
    db->stamps.locked.max = db->stamps.next_locked.max = MAX_LOCKED;
    return PAWL_OK;
}

void pg_stamps_reset(struct pg_db *db)
{
    struct pg_stamps *s = &db->stamps;
    s->holds = s->exact = s->kept = s->sealed = s->counted = s->logged = s->locked_known = false;
    s->mark.taken = false;
}

void pg_all_logged(struct db *base)
{
    struct pg_stamps *s = &pg_of(base)->stamps;
    s->logged = s->mark.taken;
}

void pg_written(struct db *base, struct db_written *out)
{
    const struct pg_stamps *s = &pg_of(base)->stamps;
    *out = (struct db_written){.epoch = s->epoch,
                               .counted = s->counted && s->mark.taken,
                               .transaction = s->mark.transaction,
                               .oldest = s->mark.oldest,
                               .end = s->mark.end,
                               .made = s->made,
                               .gone = s->gone,
                               .began = s->mark.began,
                               .first_made = s->first_made,
                               .first_gone = s->first_gone,
                               .locked = {s->locked_known ? strbuf_z(&s->locked) : NULL, s->locked.n}};
}
