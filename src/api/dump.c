/* Schemas as facts and as SQL, from wherever they are. */
#include <stdlib.h>

#include "api/engines.h"
#include "base/strbuf.h"
#include "engine/course.h"
#include "schema/fact.h"
#include "schema/render.h"
#include "source/directory.h"
#include "sys/file.h"

#define TEXT_MAX ((size_t)256 << 20)

/* A schema with the engine it is of; .driver NULL: not known (an empty file of facts). */
struct schema {
    const struct db_driver *driver;
    struct slice *lines;
    size_t n;
};

struct looking {
    struct pawl *p;
    const char *engine; /* as named by the user, or NULL */
};

/* ---- where from ---------------------------------------------------------------------------------------------------- */

static int by_line(const void *x, const void *y)
{
    return slice_cmp(*(const struct slice *)x, *(const struct slice *)y);
}

/* Facts begin with the same kinds on every engine; those of PostgreSQL have a schema in front of each table. */
static const struct db_driver *driver_of_facts(const struct schema *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (slice_starts(s->lines[i], SLICE("schema ")))
            return db_driver_find("postgres");
        if (slice_starts(s->lines[i], SLICE("table ")))
            return db_driver_find(fact_value(s->lines[i], "rowid").p ? "sqlite" : "postgres");
    }
    return NULL;
}

static int from_file(struct looking *l, const char *path, struct schema *out, struct pawl_error *e)
{
    struct slice text;
    size_t cap = 0;
    int code = file_read(&l->p->operation, path, TEXT_MAX, &text, e);
    while (!code && text.n) {
        struct slice line = slice_sub(text, 0, slice_find_byte(text, '\n'));
        text = slice_sub(text, line.n + 1, text.n);
        if (!line.n || line.p[0] == '#')
            continue;
        if (!arena_grow(&l->p->operation, (void **)&out->lines, &cap, out->n, sizeof *out->lines))
            return err_nomem(e);
        out->lines[out->n++] = line;
    }
    if (!code && out->n)
        qsort(out->lines, out->n, sizeof *out->lines, by_line);
    out->driver = l->engine ? db_driver_find(l->engine) : driver_of_facts(out);
    return code;
}

static int from_database(struct looking *l, const struct db_target *target, struct schema *out, struct pawl_error *e)
{
    const struct pawl_config *c = &l->p->config;
    struct db_options o = {
        .read_only = true, .wait_ms = c->wait_ms, .connect_wait_ms = c->connect_wait_ms, .interrupt = c->interrupt};
    struct db *db = NULL;
    int code = db_open(target, &o, &db, e);
    if (!code)
        code = course_look(&l->p->operation, db, slice_of(c->table), &out->lines, &out->n, e);
    out->driver = target->driver;
    db_close(db);
    return code;
}

static int no_version(struct slice name, struct pawl_error *e)
{
    err_set(e, PAWL_USAGE, "there is no version " SLICE_FMT " in the folder", SLICE_ARG(name));
    err_hint(e, "@0 is the schema before the first migration, @ alone the newest");
    return PAWL_USAGE;
}

/* How many migrations lead to the version. */
static int steps_to(const struct migration_set *set, struct slice name, size_t *out, struct pawl_error *e)
{
    int64_t version = 0;
    *out = set->n;
    if (!name.n)
        return PAWL_OK;
    if (!slice_i64(name, &version) || version < 0)
        return no_version(name, e);
    size_t k = version ? migration_find(set, version) : 0;
    if (k == SIZE_MAX)
        return no_version(name, e);
    *out = version ? k + 1 : 0;
    return PAWL_OK;
}

static int from_folder(struct looking *l, struct slice name, struct schema *out, struct pawl_error *e)
{
    struct pawl *p = l->p;
    const struct pawl_config *c = &p->config;
    struct migration_set set;
    struct course course;
    size_t to = 0;
    out->driver = l->engine          ? db_driver_find(l->engine)
                  : p->target.driver ? p->target.driver
                                     : db_driver_find("sqlite");
    int code = source_read(&p->operation, c->dir, SOURCE_UPS, &p->report, &set, e);
    if (!code)
        code = steps_to(&set, name, &to, e);
    struct course_request q = {
        .driver = out->driver,
        .near = p->target.driver == out->driver && p->target.driver ? &p->target : NULL,
        .scratch = &p->scratch,
        .db = {.interrupt = c->interrupt, .foreign_keys = c->foreign_keys, .wait_ms = c->wait_ms},
        .set = &set,
        .to = to,
        .ledger = slice_of(c->table),
        .like = &p->report};
    if (!code)
        code = course_make(&p->operation, &q, &course, e);
    if (!code && course.failed) {
        if (e)
            *e = course.error;
        return course.failed;
    }
    return code ? code : course_state(&p->operation, &course, course.n, &out->lines, &out->n, e);
}

/* "@12" is a version of the folder, a file of facts is one, anything else is a database. */
static int read_schema(struct looking *l, const char *source, struct schema *out, struct pawl_error *e)
{
    struct db_target target;
    struct slice name = slice_of(source);
    *out = (struct schema){.n = 0};
    if (source && source[0] == '@')
        return from_folder(l, slice_sub(name, 1, name.n), out, e);
    if (source && slice_ends(name, SLICE(".facts")))
        return from_file(l, source, out, e);
    if (!source && !l->p->target.driver) {
        err_set(e, PAWL_USAGE, "there is no database to look at");
        err_hint(e, "give one with --url, a version of the folder like @12, or a file of facts");
        return PAWL_USAGE;
    }
    if (!source)
        return from_database(l, &l->p->target, out, e);
    int code = db_target_parse(&l->p->operation, source, &target, e);
    if (!code)
        code = from_database(l, &target, out, e);
    int64_t version;
    if (code == PAWL_UNREACHABLE && slice_i64(name, &version))
        err_hint(e, "a version of the folder is written @" SLICE_FMT, SLICE_ARG(name));
    return code;
}

/* ---- as text --------------------------------------------------------------------------------------------------------- */

static void add_statement(struct strbuf *b, const struct rendered *r)
{
    for (struct slice rest = r->remark; rest.n;) {
        struct slice line = slice_sub(rest, 0, slice_find_byte(rest, '\n'));
        strbuf_addf(b, "-- " SLICE_FMT "\n", SLICE_ARG(line));
        rest = slice_sub(rest, line.n + 1, rest.n);
    }
    strbuf_add(b, r->sql);
    strbuf_addz(b, ";\n");
}

static int as_sql(struct arena *a, const struct schema *from, const struct schema *to, const char **out,
                  size_t *missing, struct pawl_error *e)
{
    const struct db_driver *driver = to->driver ? to->driver : from->driver;
    struct render_options o = {.runner = RENDER_PLAIN};
    struct rendering r;
    STRBUF(b, TEXT_MAX);
    *out = "";
    *missing = 0;
    if (!driver)
        return PAWL_OK;
    int code = render(a, driver->name, from->lines, from->n, to->lines, to->n, &o, &r, e);
    if (code)
        return code;
    for (size_t i = 0; i < r.n_missing; i++)
        strbuf_addf(&b, "-- not written: " SLICE_FMT "\n", SLICE_ARG(r.missing[i]));
    for (size_t i = 0; i < r.n; i++)
        add_statement(&b, &r.items[i]);
    struct slice text = arena_dup(a, slice_of(strbuf_z(&b)));
    if (!strbuf_ok(&b) || !text.p)
        return err_nomem(e);
    *out = text.p;
    *missing = r.n_missing;
    return PAWL_OK;
}

static int as_facts(struct arena *a, const struct schema *s, const char **out, struct pawl_error *e)
{
    STRBUF(b, TEXT_MAX);
    for (size_t i = 0; i < s->n; i++) {
        strbuf_add(&b, s->lines[i]);
        strbuf_addc(&b, '\n');
    }
    struct slice text = arena_dup(a, slice_of(strbuf_z(&b)));
    *out = text.p;
    return strbuf_ok(&b) && text.p ? PAWL_OK : err_nomem(e);
}

static int begin(struct pawl *p, const char *engine, struct pawl_error *e)
{
    arena_reset(&p->operation);
    p->report.errors = p->report.warnings = p->report.notes = 0;
    report_hold(&p->report, &p->operation);
    return engines_check(engine, e);
}

PAWL_API int pawl_dump(struct pawl *p, const struct pawl_dump_options *options, struct pawl_dump *out,
                       struct pawl_error *e)
{
    static const struct pawl_dump_options defaults;
    const struct pawl_dump_options *o = options ? options : &defaults;
    struct looking l = {p, o->engine};
    struct schema nothing = {.n = 0}, s;
    *out = (struct pawl_dump){.text = ""};
    int code = begin(p, o->engine, e);
    if (!code)
        code = read_schema(&l, o->source, &s, e);
    if (code)
        return code;
    out->engine = s.driver ? s.driver->name : NULL;
    out->facts = s.n;
    return o->sql ? as_sql(&p->operation, &nothing, &s, &out->text, &out->missing, e)
                  : as_facts(&p->operation, &s, &out->text, e);
}

static int tell_changes(struct arena *a, const struct delta *d, struct pawl_difference *out, struct pawl_error *e)
{
    struct pawl_change *items = arena_array(a, d->n + 1, sizeof *items);
    if (!items)
        return err_nomem(e);
    for (size_t i = 0; i < d->n; i++) {
        const struct change *c = &d->items[i];
        items[i].before = c->before.p ? arena_strz(a, c->before) : NULL;
        items[i].after = c->after.p ? arena_strz(a, c->after) : NULL;
        if ((c->before.p && !items[i].before) || (c->after.p && !items[i].after))
            return err_nomem(e);
    }
    out->items = items;
    out->n = d->n;
    return PAWL_OK;
}

static int must_match(const struct schema *x, const struct schema *y, struct pawl_error *e)
{
    if (!x->driver || !y->driver || x->driver == y->driver)
        return PAWL_OK;
    err_set(e, PAWL_USAGE, "one of the two schemas is of %s, the other of %s", x->driver->name, y->driver->name);
    err_hint(e, "compare schemas of one engine; for versions of the folder --engine says which");
    return PAWL_USAGE;
}

PAWL_API int pawl_diff(struct pawl *p, const struct pawl_diff_options *options, struct pawl_difference *out,
                       struct pawl_error *e)
{
    struct looking l = {p, options->engine};
    struct schema x, y;
    struct delta d;
    *out = (struct pawl_difference){.sql = ""};
    int code = begin(p, options->engine, e);
    if (!code)
        code = read_schema(&l, options->from, &x, e);
    if (!code && !l.engine && x.driver) /* versions of the folder: on the engine of the other side */
        l.engine = x.driver->name;
    if (!code)
        code = read_schema(&l, options->to, &y, e);
    if (!code)
        code = must_match(&x, &y, e);
    if (!code)
        code = delta_between(&p->operation, x.lines, x.n, y.lines, y.n, &d, e);
    if (!code)
        code = tell_changes(&p->operation, &d, out, e);
    if (!code && d.n && options->sql)
        code = as_sql(&p->operation, &x, &y, &out->sql, &out->missing, e);
    if (!code)
        out->engine = y.driver ? y.driver->name : x.driver ? x.driver->name : NULL;
    return code;
}
