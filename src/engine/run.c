#include "engine/run.h"

#include "model/version.h"
#include "source/eol.h"
#include "source/text.h"

static int alike(const struct migration_file *file, struct slice stored, bool *out)
{
    struct eol_difference d;
    int code = eol_compare(file, stored, &d, NULL);
    *out = code == PAWL_OK && (d.equal || d.flags);
    return code == PAWL_NOMEM ? code : PAWL_OK;
}

static bool is_to_do(const void *context, int64_t version)
{
    const struct standings *s = context;
    size_t i = s->n ? version_find(&s->items->version, s->n, sizeof *s->items, version) : SIZE_MAX;
    return i != SIZE_MAX && (s->items[i].state == PAWL_STATE_PENDING || s->items[i].state == PAWL_STATE_DIRTY);
}

int run_look(struct run *r, struct pawl_error *e)
{
    int code = ledger_read(r->arena, r->ledger, r->db, &r->history, e);
    if (!code)
        code = plan_stand(r->arena, r->set, &r->history, alike, &r->standings, e);
    if (!code)
        report_release(r->report, is_to_do, &r->standings);
    return code;
}

int run_interrupted(const struct run *r, struct pawl_error *e)
{
    if (!r->interrupt || !*r->interrupt)
        return PAWL_OK;
    return err_set(e, PAWL_INTERRUPTED, "interrupted");
}

int run_reconnect(struct run *r, struct pawl_error *e)
{
    struct db *fresh;
    int code = db_open(r->target, r->options, &fresh, e);
    if (code)
        return code;
    db_close(r->db);
    r->db = fresh;
    return PAWL_OK;
}

#define KEEP_TEXT ((size_t)16 << 10) /* larger ones are opened again when they run */
#define KEEP_ALL ((size_t)4 << 20)

/* Most files are small: opening and hashing them once more costs more than a copy. */
static int keep_text(struct run *r, const struct text *text, size_t *kept, struct script *out, struct pawl_error *e)
{
    if (text->sql.n > KEEP_TEXT || *kept + text->sql.n > KEEP_ALL)
        return PAWL_OK;
    *kept += text->sql.n;
    out->kept = arena_dup(r->arena, text->sql);
    return out->kept.p ? PAWL_OK : err_nomem(e);
}

static int check_one(struct run *r, const struct migration *m, const struct migration_file *file, struct report *report,
                     size_t *kept, struct script *out, struct pawl_error *e)
{
    struct text text;
    int code = text_open(file, &text, e);
    if (code)
        return code;
    code = script_check(m, file, &text, r->db->driver->name, r->db->driver->dialect, r->ledger->name, report, out, e);
    if (!code)
        code = keep_text(r, &text, kept, out, e);
    text_close(&text);
    return code;
}

int run_read_up(struct run *r, const struct migration *m, struct text *text, struct script *out, struct pawl_error *e)
{
    struct report silent;
    const struct db_driver *driver = r->db->driver;
    report_init_silent(&silent, r->report);
    int code = text_open(&m->up, text, e);
    if (code)
        return code;
    code = script_check(m, &m->up, text, driver->name, driver->dialect, r->ledger->name, &silent, out, e);
    if (code)
        text_close(text);
    return code;
}

int run_check(struct run *r, const struct plan *plan, struct script **scripts, struct pawl_error *e)
{
    struct report silent; /* what is tried again has been told already */
    size_t kept = 0;
    report_init_silent(&silent, r->report);
    *scripts = arena_array(r->arena, plan->n, sizeof **scripts);
    if (!*scripts)
        return err_nomem(e);
    for (size_t i = 0; i < plan->n; i++) {
        const struct migration *m = plan->steps[i]->migration;
        int code = check_one(r, m, plan->reverting ? &m->down : &m->up, r->checked ? &silent : r->report, &kept,
                             &(*scripts)[i], e);
        if (code)
            return code;
        const struct ledger_row *row = plan->steps[i]->row;
        if (!plan->reverting && row && !row->success && ledger_outside(row))
            (*scripts)[i].no_transaction = true; /* it was begun so, whatever its text looks like */
    }
    r->checked = true;
    return PAWL_OK;
}

bool run_keys_off(const struct plan *plan, const struct script *scripts)
{
    bool off = false;
    for (size_t i = 0; i < plan->n; i++)
        off |= run_script_keys_off(&scripts[i]);
    return off;
}

static struct pawl_event step_event(const struct standing *s, bool reverting, bool dry_run)
{
    const struct migration *m = s->migration;
    return (struct pawl_event){
        .reverting = reverting,
        .dry_run = dry_run,
        .version = s->version,
        .file = reverting ? m->down.path.p : m->up.path.p,
        .description = m->description.p,
    };
}

void run_step_begin(struct run *r, const struct standing *s, bool reverting, bool dry_run)
{
    struct pawl_event event = step_event(s, reverting, dry_run);
    event.kind = PAWL_EVENT_STEP_BEGIN;
    report_event(r->report, &event);
}

void run_step_end(struct run *r, const struct standing *s, bool reverting, bool dry_run, uint64_t elapsed_ns)
{
    struct pawl_event event = step_event(s, reverting, dry_run);
    event.kind = PAWL_EVENT_STEP_END;
    event.elapsed_ns = elapsed_ns;
    report_event(r->report, &event);
}
