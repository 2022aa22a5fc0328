#include "engine/behind.h"

#include "base/map.h"
#include "engine/attest.h"
#include "engine/course.h"
#include "engine/mention.h"
#include "schema/present.h"
#include "sql/quote.h"
#include "sql/unnamed.h"

/* One name of a pending statement. */
struct sign {
    bool absent;   /* it is to be there; else it is not to be there */
    bool guarded;  /* IF NOT EXISTS */
    bool replaced; /* something in front of it, or the statement itself, puts up with what is there */
};

struct looking {
    struct run *run;
    struct arena *arena;
    const struct plan *plan;
    const struct script *scripts;
    struct sign *signs;
    struct present *names; /* of the signs */
    size_t n, cap, cap_names;
    struct map gone, made; /* names that pending statements have removed, or made, so far; in small letters */
    bool *rows;
};

/* ---- names ------------------------------------------------------------------------------------------------------- */

static const char yes; /* only that a key is in the map counts */

static int note(const struct looking *x, struct map *names, struct slice written, struct pawl_error *e)
{
    struct slice name = quote_name(x->arena, x->run->db->driver->dialect, written);
    name = name.p ? arena_lower(x->arena, name) : name;
    return name.p && map_set(x->arena, names, name, (void *)(uintptr_t)&yes) ? PAWL_OK : err_nomem(e);
}

static bool is_among(const struct map *names, const char *p, size_t n)
{
    return map_get(names, (struct slice){p, n}) != NULL;
}

/* ---- what pending statements say --------------------------------------------------------------------------------- */

/* Several may have one name, so one that is there stands in nobody's way. */
static bool is_routine(enum head_object object)
{
    return object == HEAD_FUNCTION || object == HEAD_PROCEDURE || object == HEAD_AGGREGATE;
}

/* Kinds that the catalog is asked for. */
static bool is_asked(enum head_object object)
{
    return object == HEAD_TABLE || object == HEAD_INDEX || object == HEAD_VIEW || object == HEAD_MATVIEW ||
           object == HEAD_SEQUENCE || object == HEAD_TYPE || object == HEAD_DOMAIN || object == HEAD_COLUMN ||
           object == HEAD_CONSTRAINT || object == HEAD_TRIGGER || object == HEAD_POLICY || object == HEAD_ENUM_VALUE ||
           object == HEAD_SCHEMA || object == HEAD_COLLATION || object == HEAD_EXTENSION || is_routine(object);
}

struct said {
    enum head_object object;
    struct head_name name, on;
    struct sign sign;
    bool anywhere;
    bool made_up; /* the engine makes the name up, another one if it is taken */
};

static int add(struct looking *x, struct said s, struct pawl_error *e)
{
    struct present p;
    enum head_object object = s.object == HEAD_MATVIEW ? HEAD_VIEW : s.object;
    if (!present_of(x->arena, x->run->db->driver->dialect, object, &s.name, &s.on, &p))
        return err_nomem(e);
    p.anywhere = s.anywhere;
    struct slice name = arena_lower(x->arena, p.name), on = arena_lower(x->arena, p.on);
    if (!name.p || !on.p || !arena_grow(x->arena, (void **)&x->signs, &x->cap, x->n, sizeof *x->signs) ||
        !arena_grow(x->arena, (void **)&x->names, &x->cap_names, x->n, sizeof *x->names))
        return err_nomem(e);
    bool moved = is_among(&x->gone, name.p, name.n) || (on.n && is_among(&x->gone, on.p, on.n));
    bool fresh = is_among(&x->made, name.p, name.n) || (on.n && is_among(&x->made, on.p, on.n));
    if (!is_asked(p.object) || (s.sign.absent && (moved || fresh)) || (s.made_up && moved))
        return PAWL_OK;
    s.sign.replaced |= moved || s.made_up || is_routine(object);
    x->signs[x->n] = s.sign;
    x->names[x->n++] = p;
    return PAWL_OK;
}

/* It makes `name`, or gives something that name. Extensions are often there before any file asks for them. */
static int makes(struct looking *x, struct said s, bool temporary, struct pawl_error *e)
{
    bool silent = temporary || (s.object == HEAD_EXTENSION && s.sign.guarded);
    int code = silent ? PAWL_OK : add(x, s, e);
    return code ? code : note(x, &x->made, s.name.name, e);
}

/* It takes `name` away; what hangs on a table goes with it. */
static int removes(struct looking *x, struct said s, bool if_exists, struct pawl_error *e)
{
    s.sign.absent = true;
    s.anywhere = true;
    bool told = s.object != HEAD_TRIGGER && s.object != HEAD_POLICY && s.object != HEAD_CONSTRAINT && !if_exists;
    int code = told ? add(x, s, e) : PAWL_OK;
    return code ? code : note(x, &x->gone, s.name.name, e);
}

/* A name as it would be written, of a text that has none of the engine's own spelling. */
static struct slice spelled(const struct looking *x, struct slice plain)
{
    STRBUF(b, 4096);
    quote_identifier(&b, x->run->db->driver->dialect, plain);
    return strbuf_ok(&b) ? arena_dup(x->arena, strbuf_slice(&b)) : (struct slice){NULL, 0};
}

/* 'a' as "a"; one that is not as simple as that is nobody's name. */
static struct slice label(const struct looking *x, struct slice literal)
{
    bool simple = literal.n > 2 && literal.p[0] == '\'' && literal.p[literal.n - 1] == '\'';
    struct slice inside = simple ? slice_sub(literal, 1, literal.n - 1) : SLICE("");
    return simple && slice_find_byte(inside, '\'') == SIZE_MAX ? spelled(x, inside) : SLICE("");
}

static int read_part(struct looking *x, const struct head *h, const struct head_part *p, bool anywhere,
                     struct pawl_error *e)
{
    const struct dialect *d = x->run->db->driver->dialect;
    struct said s = {p->object, p->name, h->name, {.guarded = (p->flags & HEAD_IF_NOT_EXISTS) != 0}, anywhere, false};
    struct said to = s;
    to.name = (struct head_name){.name = p->to};
    STRBUF(made_up, 1024);
    if (p->object == HEAD_ENUM_VALUE) {
        s.name.name = label(x, p->name.name);
        to.name.name = label(x, p->to);
    } else if (p->object == HEAD_CONSTRAINT && (p->flags & HEAD_UNNAMED) &&
               unnamed_constraint(d, h->name.name, p, &made_up)) {
        s.name.name = spelled(x, strbuf_slice(&made_up));
        s.made_up = true;
    } else if (p->object != HEAD_COLUMN && p->object != HEAD_CONSTRAINT) {
        return PAWL_OK;
    }
    if (!s.name.name.p && (s.made_up || p->object == HEAD_ENUM_VALUE))
        return err_nomem(e);
    if (!s.name.name.n)
        return PAWL_OK;
    if (p->action == HEAD_CREATE)
        return makes(x, s, false, e);
    int code = PAWL_OK;
    if (p->action == HEAD_DROP || p->action == HEAD_RENAME)
        code = removes(x, s, (p->flags & HEAD_IF_EXISTS) != 0, e);
    return code || p->action != HEAD_RENAME ? code : makes(x, to, false, e);
}

static int read_parts(struct looking *x, const struct head *h, struct slice sql, bool anywhere, struct pawl_error *e)
{
    struct head_parts parts;
    struct head_part p;
    int code = PAWL_OK;
    head_parts_init(&parts, h, x->run->db->driver->dialect, sql);
    while (!code && head_parts_next(&parts, &p))
        code = read_part(x, h, &p, anywhere, e);
    return code;
}

/* CREATE INDEX ON t (..), which has another name each time it runs. */
static int read_unnamed(struct looking *x, const struct head *h, struct slice sql, struct said s, struct pawl_error *e)
{
    STRBUF(made_up, 1024);
    if (h->object != HEAD_INDEX || h->action != HEAD_CREATE ||
        !unnamed_index(x->run->db->driver->dialect, h, sql, &made_up))
        return PAWL_OK;
    s.name = (struct head_name){h->on.schema, spelled(x, strbuf_slice(&made_up))};
    s.on = h->on;
    s.made_up = true;
    return s.name.name.p ? makes(x, s, false, e) : err_nomem(e);
}

static int read_drops(struct looking *x, const struct head *h, struct slice sql, struct pawl_error *e)
{
    struct head_names names;
    struct head_name name;
    int code = PAWL_OK;
    head_names_init(&names, h, x->run->db->driver->dialect, sql);
    while (!code && head_names_next(&names, &name))
        code = removes(x, (struct said){.object = h->object, .name = name}, head_has(h, HEAD_IF_EXISTS), e);
    return code;
}

static int read_statement(struct looking *x, size_t k, struct slice sql, bool anywhere, struct pawl_error *e)
{
    struct head h;
    const struct dialect *d = x->run->db->driver->dialect;
    head_read(&h, d, sql);
    x->rows[k] |= !course_is_of_schema(d, sql);
    struct said s = {.object = h.object, .name = h.name, .anywhere = anywhere};
    s.sign.guarded = head_has(&h, HEAD_IF_NOT_EXISTS);
    if (h.class != HEAD_DDL)
        return PAWL_OK;
    if (head_has(&h, HEAD_UNNAMED))
        return read_unnamed(x, &h, sql, s, e);
    if (!h.name.name.n)
        return PAWL_OK;
    if (h.action == HEAD_ALTER)
        return h.object == HEAD_TABLE || h.object == HEAD_TYPE ? read_parts(x, &h, sql, anywhere, e) : PAWL_OK;
    if (h.action == HEAD_DROP)
        return read_drops(x, &h, sql, e);
    if (h.object == HEAD_TRIGGER || h.object == HEAD_POLICY || h.object == HEAD_INDEX)
        s.on = h.on;
    if (h.action == HEAD_CREATE) {
        s.sign.replaced = head_has(&h, HEAD_OR_REPLACE);
        return makes(x, s, head_has(&h, HEAD_TEMP), e);
    }
    if (h.action != HEAD_RENAME || !is_asked(h.object) || h.object == HEAD_TRIGGER || h.object == HEAD_POLICY)
        return PAWL_OK;
    struct said to = s;
    to.name = (struct head_name){h.name.schema, h.to};
    int code = removes(x, s, head_has(&h, HEAD_IF_EXISTS), e);
    return code ? code : makes(x, to, false, e);
}

static int read_step(struct looking *x, size_t i, struct pawl_error *e)
{
    struct script_cursor c;
    struct script_statement s;
    const struct script *script = &x->scripts[i];
    const struct db_driver *driver = x->run->db->driver;
    const struct migration *m = x->plan->steps[i]->migration;
    struct text text;
    if (script->skip || (x->run->attest && attest_covers(x->run->attest, m)))
        return PAWL_OK;
    int code = script_text(script, &m->up, &text, e);
    if (code)
        return code;
    bool anywhere = present_anywhere(text.sql);
    script_start(&c, script, &text, driver->name, driver->dialect);
    while (!code && script_next(&c, &s))
        code = read_statement(x, (size_t)(m - x->run->set->items), s.sql, anywhere, e);
    text_close(&text);
    return code;
}

/* ---- what is there ------------------------------------------------------------------------------------------------- */

/* Which of the names that are there does no applied file speak of? *unknown = by sign. */
static int find_unspoken(struct looking *x, bool **unspoken, struct pawl_error *e)
{
    const struct standings *all = &x->run->standings;
    struct slice *names = arena_array(x->arena, x->n + 1, sizeof *names);
    bool *spoken = arena_array(x->arena, x->n + 1, sizeof *spoken);
    int code = names && spoken ? PAWL_OK : err_nomem(e);
    for (size_t i = 0; i < x->n && !code; i++)
        names[i] = x->names[i].name;
    for (size_t i = 0; i < all->n && !code; i++)
        if (all->items[i].migration && all->items[i].state != PAWL_STATE_PENDING)
            code = mention_names(all->items[i].migration, names, x->n, spoken, e);
    for (size_t i = 0; i < x->n && !code; i++)
        spoken[i] = !spoken[i];
    *unspoken = spoken;
    return code;
}

static int judge(struct looking *x, struct behind_signs *out, struct pawl_error *e)
{
    bool any = false, *unspoken = NULL;
    for (size_t i = 0; i < x->n; i++) {
        const struct sign *s = &x->signs[i];
        any |= !s->absent && x->names[i].there;
        out->guards |= s->guarded && x->names[i].there;
        out->fails |= s->absent ? !x->names[i].there : x->names[i].there && !s->guarded && !s->replaced;
    }
    int code = any ? find_unspoken(x, &unspoken, e) : PAWL_OK;
    for (size_t i = 0; i < x->n && any && !code; i++) {
        bool ours = !x->signs[i].absent && x->names[i].there && unspoken[i];
        out->guarded |= ours && x->signs[i].guarded;
        out->made |= ours && !x->signs[i].guarded;
    }
    return code;
}

int behind_look(struct run *r, const struct plan *plan, const struct script *scripts, struct behind_signs *out,
                struct pawl_error *e)
{
    struct looking x = {.run = r, .arena = r->arena, .plan = plan, .scripts = scripts};
    *out = (struct behind_signs){0};
    out->rows = x.rows = arena_array(r->arena, r->set->n + 1, sizeof *x.rows);
    int code = x.rows ? PAWL_OK : err_nomem(e);
    for (size_t i = 0; i < plan->n && !code; i++)
        code = read_step(&x, i, e);
    if (!code && x.n)
        code = present_ask(r->arena, r->db, x.names, x.n, e);
    return code ? code : judge(&x, out, e);
}

/* ---- what the schema says ------------------------------------------------------------------------------------------ */

/* Index + 1 of the last migration that the ledger has; *prefix: it has all in front of it, too. */
static size_t recorded(const struct run *r, bool *prefix)
{
    const struct standings *all = &r->standings;
    size_t last = 0, n = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (!all->items[i].migration || all->items[i].state == PAWL_STATE_PENDING)
            continue;
        last = (size_t)(all->items[i].migration - r->set->items) + 1;
        n++;
    }
    *prefix = n == last;
    return last;
}

int behind_shows(struct run *r, const struct course *c, const struct slice *lines, size_t n,
                 const struct behind_signs *signs, bool *out, struct pawl_error *e)
{
    struct course_match m;
    bool prefix;
    size_t last = recorded(r, &prefix);
    int code = course_match(r->arena, c, lines, n, &m, e);
    bool as_recorded = prefix && m.lowest <= last && last <= m.highest;
    *out = !code && (m.exact ? !as_recorded : signs->fails && m.highest > last);
    return code;
}

bool behind_is_ahead(const struct run *r, const struct decisions *d, const struct behind_signs *signs)
{
    const struct standings *all = &r->standings;
    for (size_t i = 0; i < all->n && !signs->fails && !signs->made; i++) {
        size_t k = all->items[i].migration ? (size_t)(all->items[i].migration - r->set->items) : d->n;
        if (k < d->n && all->items[i].state == PAWL_STATE_PENDING && d->steps[k].what == PAWL_DECISION_IN_PLACE &&
            signs->rows[k])
            return true;
    }
    return false;
}
