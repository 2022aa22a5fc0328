#include "cli/record.h"

void record_init(struct record *r, struct arena *a)
{
    *r = (struct record){.arena = a};
}

/* A copy, or NULL for NULL. */
static const char *keep(struct record *r, const char *z)
{
    char *copy = z ? arena_strz(r->arena, slice_of(z)) : NULL;
    r->failed |= z && !copy;
    return copy;
}

static const char *keep_text(struct record *r, const char *z)
{
    const char *copy = keep(r, z);
    return copy ? copy : "";
}

static bool room(struct record *r, void **items, size_t *cap, size_t n, size_t size)
{
    bool ok = arena_grow(r->arena, items, cap, n, size);
    r->failed |= !ok;
    return ok;
}

static void add_run(struct record *r, const struct pawl_event *event)
{
    if (!room(r, (void **)&r->runs, &r->cap_runs, r->n_runs, sizeof *r->runs))
        return;
    r->runs[r->n_runs++] = (struct record_run){
        .engine = keep_text(r, event->engine),
        .engine_version = keep_text(r, event->engine_version),
    };
}

/* Two files can carry one version (a finding says so); then the file decides. */
static bool is_row(const struct record_row *row, const struct pawl_event *event)
{
    return row->version == event->version && (!event->file || strcmp(row->file, event->file) == 0);
}

/* Events walk up or down the set: look beside the last place before looking everywhere. */
static struct record_row *find_row(struct record_run *run, const struct pawl_event *event)
{
    size_t from = run->last ? run->last - 1 : 0;
    for (size_t i = from; i < run->n && i < from + 3; i++)
        if (is_row(&run->rows[i], event))
            return &run->rows[run->last = i];
    /* A version above all others is new, which is how the first walk goes; no need to search for it. */
    if (run->n && event->version > run->rows[run->n - 1].version)
        return NULL;
    for (size_t i = 0; i < run->n; i++)
        if (is_row(&run->rows[i], event))
            return &run->rows[run->last = i];
    return NULL;
}

static void add_proof(struct record *r, const struct pawl_event *event)
{
    if (!r->n_runs)
        add_run(r, &(struct pawl_event){.engine = event->engine});
    if (!r->n_runs || (unsigned)event->proof >= PAWL_PROOF_COUNT)
        return;
    struct record_run *run = &r->runs[r->n_runs - 1];
    struct record_row *row = find_row(run, event);
    if (!row) {
        if (!room(r, (void **)&run->rows, &run->cap, run->n, sizeof *run->rows))
            return;
        row = &run->rows[run->last = run->n++];
        *row = (struct record_row){.version = event->version};
        row->file = keep_text(r, event->file);
        row->description = keep_text(r, event->description);
    }
    row->verdict[event->proof] = event->verdict;
}

static void add_runner(struct record *r, const struct pawl_event *event)
{
    struct record_row *row = r->n_runs ? find_row(&r->runs[r->n_runs - 1], event) : NULL;
    if (!row && r->n_runs && r->runs[r->n_runs - 1].n) { /* find_row does not look behind the last */
        struct record_run *run = &r->runs[r->n_runs - 1];
        row = is_row(&run->rows[run->n - 1], event) ? &run->rows[run->n - 1] : NULL;
    }
    if (row)
        row->runner = event->runner;
}

static void add_finding(struct record *r, const struct pawl_finding *finding)
{
    r->errors += finding->level == PAWL_LEVEL_ERROR;
    r->warnings += finding->level == PAWL_LEVEL_WARNING;
    r->hints += finding->level == PAWL_LEVEL_NOTE;
    if (!room(r, (void **)&r->findings, &r->cap_findings, r->n_findings, sizeof *r->findings))
        return;
    struct pawl_finding *copy = &r->findings[r->n_findings++];
    *copy = *finding;
    copy->engine = keep(r, finding->engine);
    copy->file = keep(r, finding->file);
    copy->message = keep_text(r, finding->message);
    copy->detail = keep(r, finding->detail);
    copy->hint = keep(r, finding->hint);
}

static void add_step(struct record *r, const struct pawl_event *event)
{
    if (!room(r, (void **)&r->steps, &r->cap_steps, r->n_steps, sizeof *r->steps))
        return;
    r->steps[r->n_steps++] = (struct record_step){
        .version = event->version,
        .file = keep(r, event->file),
        .description = keep_text(r, event->description),
        .reverting = event->reverting,
        .dry_run = event->dry_run,
        .elapsed_ns = event->elapsed_ns,
    };
}

static void add_decision(struct record *r, const struct pawl_event *event)
{
    if (!room(r, (void **)&r->decisions, &r->cap_decisions, r->n_decisions, sizeof *r->decisions))
        return;
    r->decisions[r->n_decisions++] = (struct record_decision){
        .decision = event->decision,
        .version = event->version,
        .file = keep_text(r, event->file),
        .message = keep_text(r, event->message),
        .line = event->line,
        .column = event->column,
    };
}

void record_event(struct record *r, const struct pawl_event *event)
{
    switch (event->kind) {
    case PAWL_EVENT_ENGINE:
        add_run(r, event);
        break;
    case PAWL_EVENT_PROOF:
        add_proof(r, event);
        break;
    case PAWL_EVENT_RUNNER:
        add_runner(r, event);
        break;
    case PAWL_EVENT_FINDING:
        if (event->finding)
            add_finding(r, event->finding);
        break;
    case PAWL_EVENT_STEP_END:
        add_step(r, event);
        break;
    case PAWL_EVENT_LOSS:
        if (room(r, (void **)&r->losses, &r->cap_losses, r->n_losses, sizeof *r->losses))
            r->losses[r->n_losses++] = (struct record_loss){keep_text(r, event->object), event->count,
                                                            event->message ? keep_text(r, event->message) : NULL};
        break;
    case PAWL_EVENT_NOTE:
        if (room(r, (void **)&r->notes, &r->cap_notes, r->n_notes, sizeof *r->notes))
            r->notes[r->n_notes++] = (struct record_note){event->level, keep_text(r, event->message)};
        break;
    case PAWL_EVENT_DECISION:
        add_decision(r, event);
        break;
    case PAWL_EVENT_STEP_BEGIN:
    case PAWL_EVENT_PROGRESS:
        break;
    }
}

/* Merge sort, since order among equals must stay; one array from the arena. */
static void merge(struct pawl_finding *all, struct pawl_finding *spare, size_t n)
{
    size_t half = n / 2, i = 0, j = half, out = 0;
    if (n < 2)
        return;
    merge(all, spare, half);
    merge(all + half, spare, n - half);
    while (i < half || j < n)
        spare[out++] = j == n || (i < half && all[i].version <= all[j].version) ? all[i++] : all[j++];
    memcpy(all, spare, n * sizeof *all);
}

void record_sort(struct record *r)
{
    struct pawl_finding *spare = arena_array(r->arena, r->n_findings, sizeof *spare);
    r->failed |= !spare;
    if (spare)
        merge(r->findings, spare, r->n_findings);
}

/* An error has less room for a long message or path. */
static bool begins(const char *whole, const char *part)
{
    return slice_starts(slice_of(whole ? whole : ""), slice_of(part));
}

const struct pawl_finding *record_find(const struct record *r, const struct pawl_error *e)
{
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct pawl_finding *f = &r->findings[i];
        if (f->line == e->line && f->column == e->column && begins(f->message, e->message) && begins(f->file, e->file))
            return f;
    }
    return NULL;
}
