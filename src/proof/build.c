#include "proof/build.h"

#include "engine/apply.h"
#include "engine/scratch.h"

int build_open(struct arena *a, const struct proof_options *o, const struct report *like, struct build *out,
               struct pawl_error *e)
{
    struct db_options options = o->db;
    struct delta all;
    *out = (struct build){.arena = a, .options = o, .beside = {.a = a, .sends = true}};
    options.scratch = true;
    report_init_silent(&out->silent, like);
    int code = ledger_init(a, o->driver, o->ledger, &out->ledger, e);
    if (!code)
        code = o->driver->scratch(o->server, &options, &out->db, e);
    for (size_t i = 0; !code && i < o->n_setup; i++)
        code = scratch_setup(out->db, o->setup[i], e);
    if (!code)
        code = facts_open(out->db, o->ledger, &out->facts, e);
    if (!code)
        out->db->beside = &out->beside;
    if (!code)
        code = facts_refresh(out->facts, a, &all, e);
    out->run = (struct run){.arena = a,
                            .db = out->db,
                            .options = &out->options->db,
                            .ledger = &out->ledger,
                            .report = &out->silent,
                            .interrupt = o->db.interrupt,
                            .alone = true};
    return code;
}

void build_close(struct build *b)
{
    facts_close(b->facts);
    db_close(b->run.db ? b->run.db : b->db);
    if (b->options)
        beside_end(&b->beside, b->options->server);
    *b = (struct build){0};
}

/* The script of a text that stands in no file. */
static int check_text(struct build *b, const struct migration *m, struct slice sql, struct script *out,
                      struct pawl_error *e)
{
    struct text text = {.raw = sql, .sql = sql};
    const struct db_driver *driver = b->options->driver;
    int code = script_check(m, &m->up, &text, driver->name, driver->dialect, b->ledger.name, &b->silent, out, e);
    out->kept = sql;
    return code;
}

static int check_one(struct build *b, const struct standing **step, struct slice sql, struct script *out,
                     struct pawl_error *e)
{
    struct plan one = {.steps = step, .n = 1};
    struct script *script;
    if (sql.p)
        return check_text(b, (*step)->migration, sql, out, e);
    int code = run_check(&b->run, &one, &script, e);
    if (!code)
        *out = *script;
    return code;
}

int build_apply(struct build *b, const struct migration_set *set, size_t to, struct slice first, struct pawl_error *e)
{
    struct history nothing = {0};
    struct standings all;
    struct applied applied;
    struct delta moved;
    struct plan plan = {.steps = arena_array(b->arena, to + 1, sizeof *plan.steps)};
    struct script *scripts = arena_array(b->arena, to + 1, sizeof *scripts);
    b->run.set = set;
    int code = plan.steps && scripts ? plan_stand(b->arena, set, &nothing, NULL, &all, e) : err_nomem(e);
    for (size_t i = b->done; i < to && !code; i++, plan.n++) {
        plan.steps[plan.n] = &all.items[i];
        code = check_one(b, &plan.steps[plan.n], i ? (struct slice){NULL, 0} : first, &scripts[plan.n], e);
    }
    if (!code && plan.n)
        code = apply_plan(&b->run, &plan, scripts, false, &applied, e);
    b->done = to;
    return code ? code : facts_refresh(b->facts, b->arena, &moved, e);
}
