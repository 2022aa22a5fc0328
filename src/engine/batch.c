#include "engine/batch.h"

#include "engine/run.h"
#include "schema/emulate.h"
#include "sql/locate.h"

#define FULL_REQUESTS 4096
#define FULL_BYTES ((size_t)8 << 20)

void batch_init(struct batch *b, struct db *db)
{
    *b = (struct batch){.db = db};
}

/* Forgets what was queued; the arrays live in the arena and go with it. */
static void empty(struct batch *b)
{
    for (size_t i = 0; i < b->n_texts; i++)
        text_close(&b->texts[i]);
    arena_reset(&b->arena);
    *b = (struct batch){
        .db = b->db, .watch = b->watch, .report = b->report, .arena = b->arena, .failed = b->failed, .lost = b->lost};
}

void batch_clear(struct batch *b)
{
    empty(b);
    arena_clear(&b->arena);
}

int batch_add(struct batch *b, struct db_request request, struct batch_origin origin, struct pawl_error *e)
{
    void *requests = b->requests;
    void *origins = b->origins;
    if (!request.sql.p || !arena_grow(&b->arena, &requests, &b->cap, b->n, sizeof *b->requests) ||
        !arena_grow(&b->arena, &origins, &b->origins_cap, b->n, sizeof *b->origins))
        return err_nomem(e);
    b->requests = requests;
    b->origins = origins;
    b->requests[b->n] = request;
    b->origins[b->n++] = origin;
    return PAWL_OK;
}

int batch_frame(struct batch *b, const char *sql, int64_t version, struct pawl_error *e)
{
    return batch_add(b, (struct db_request){.sql = slice_of(sql)},
                     (struct batch_origin){.role = BATCH_FRAME, .version = version}, e);
}

int batch_tidy(struct batch *b, struct pawl_error *e)
{
    int (*tidy)(struct db * db, struct pawl_error * e) = b->db->driver->tidy;
    int code = tidy ? batch_flush(b, e) : PAWL_OK;
    return tidy && !code ? tidy(b->db, e) : code;
}

int batch_session(struct batch *b, int64_t version, bool keys_off, struct pawl_error *e)
{
    int code = batch_tidy(b, e);
    for (const char *const *sql = b->db->driver->session(b->db, keys_off); *sql && !code; sql++)
        code = batch_frame(b, *sql, version, e);
    return code;
}

int batch_keep(struct batch *b, struct text *text, struct pawl_error *e)
{
    void *texts = b->texts;
    if (!arena_grow(&b->arena, &texts, &b->texts_cap, b->n_texts, sizeof *b->texts)) {
        text_close(text);
        return err_nomem(e);
    }
    b->texts = texts;
    b->texts[b->n_texts++] = *text;
    b->bytes += text->raw.n;
    return PAWL_OK;
}

bool batch_full(const struct batch *b)
{
    return b->n >= FULL_REQUESTS || b->bytes >= FULL_BYTES;
}

static void blame(struct batch *b, const struct batch_origin *origin, size_t offset, struct pawl_error *e)
{
    b->failed = *origin;
    if (e && !e->version)
        e->version = origin->version;
    if (origin->file) {
        struct place at = locate_once(origin->text, origin->offset + (offset == SIZE_MAX || origin->made ? 0 : offset));
        err_place(e, origin->file->path, at.line, at.column);
    }
}

/* Sends, but keeps the texts open: more of the last one is to come. */
static int send(struct batch *b, struct pawl_error *e)
{
    struct db_fault fault;
    int code = db_run(b->db, b->requests, b->n, &fault, e);
    size_t n = b->n;
    b->n = 0;
    if (!code)
        return PAWL_OK;
    b->lost = fault.lost;
    blame(b, fault.request < n ? &b->origins[fault.request] : &(struct batch_origin){0}, fault.offset, e);
    return code;
}

int batch_flush(struct batch *b, struct pawl_error *e)
{
    int code = send(b, e);
    empty(b);
    return code;
}

static int queue_emulated(struct batch *b, const struct script_statement *s, struct batch_origin origin,
                          struct pawl_error *e)
{
    struct emulation m;
    int code = send(b, e);
    if (code)
        return code;
    code = emulate(&b->arena, b->db, s->sql, &m, e);
    if (code) {
        b->lost = code == PAWL_UNREACHABLE;
        blame(b, &origin, SIZE_MAX, e);
        return code;
    }
    if (m.note.n && b->report)
        report_note(b->report, PAWL_LEVEL_NOTE, "migration %lld: " SLICE_FMT, (long long)origin.version,
                    SLICE_ARG(m.note));
    if (m.as_is)
        return batch_add(b, (struct db_request){.sql = s->sql}, origin, e);
    origin.made = true;
    for (size_t i = 0; i < m.n && !code; i++)
        code = batch_add(b, m.requests[i], origin, e);
    return code;
}

int batch_statement(struct batch *b, const struct script *script, const struct script_statement *s,
                    struct batch_origin origin, struct pawl_error *e)
{
    if ((script->lacks || script->wide) && emulate_may(b->db, s->sql))
        return queue_emulated(b, s, origin, e);
    return batch_add(b, (struct db_request){.sql = s->sql, .copy = s->copy}, origin, e);
}

int batch_script(struct batch *b, const struct script *script, const struct text *text, const struct migration *m,
                 const struct migration_file *file, const bool *in_place, struct pawl_error *e)
{
    struct script_cursor cursor;
    struct script_statement s;
    int code = PAWL_OK;
    bool watched = b->watch && b->watch->statements;
    script_start(&cursor, script, text, b->db->driver->name, b->db->driver->dialect);
    for (size_t i = 0; !code && script_next(&cursor, &s); i++) {
        if (in_place && in_place[i])
            continue;
        code = batch_statement(b, script, &s,
                               (struct batch_origin){BATCH_STATEMENT, m->version, file, text->sql, s.offset, false}, e);
        if (!code && (watched || b->n >= FULL_REQUESTS))
            code = send(b, e);
        if (!code && watched)
            code = b->watch->on_statement(b->watch->context, &s, e);
    }
    return code;
}
