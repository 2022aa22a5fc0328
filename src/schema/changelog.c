#include "schema/changelog.h"

#include <inttypes.h>

#include "schema/fact.h"

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void write_title(struct strbuf *out, const struct changelog_step *s)
{
    if (s->version)
        strbuf_addf(out, "= %" PRId64 " ", s->version);
    else
        strbuf_addz(out, "= baseline");
    for (size_t i = 0; s->version && i < s->description.n; i++) /* one line, whatever the file is called */
        strbuf_addc(out, (unsigned char)s->description.p[i] < ' ' ? '?' : s->description.p[i]);
    strbuf_addc(out, '\n');
}

static void write_fact(struct strbuf *out, const char *sign, struct slice line)
{
    if (!line.p)
        return;
    strbuf_addz(out, sign);
    strbuf_add(out, line);
    strbuf_addc(out, '\n');
}

void changelog_write(const struct changelog *log, struct strbuf *out)
{
    strbuf_addf(out, "pawl.changes %d " SLICE_FMT "\n", CHANGELOG_FORMAT, SLICE_ARG(log->engine));
    for (size_t i = 0; i < log->n; i++) {
        const struct delta *d = &log->steps[i].change;
        write_title(out, &log->steps[i]);
        for (size_t k = 0; k < d->n; k++) {
            write_fact(out, "- ", d->items[k].before);
            write_fact(out, "+ ", d->items[k].after);
        }
    }
    strbuf_addf(out, "end %zu\n", log->n - 1);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct reader {
    struct arena *a;
    struct slice rest, path, now;
    uint32_t line;
    struct changelog *out;
    size_t cap_steps, cap;
    struct pawl_error *e;
};

static bool next_line(struct reader *r)
{
    size_t end = slice_find_byte(r->rest, '\n');
    if (end == SIZE_MAX)
        return false;
    r->now = slice_sub(r->rest, 0, end);
    r->rest = slice_sub(r->rest, end + 1, r->rest.n);
    r->line++;
    return true;
}

static int fail(struct reader *r, const char *message)
{
    err_set(r->e, PAWL_SOURCE, "%s", message);
    err_place(r->e, r->path, r->line, 0);
    err_hint(r->e, "`pawl verify --write` writes it anew");
    return PAWL_SOURCE;
}

static int read_first(struct reader *r)
{
    struct slice head = SLICE("pawl.changes ");
    int64_t format = 0;
    if (!next_line(r) || !slice_starts(r->now, head))
        return fail(r, "this is no file of changes: its first line does not say so");
    struct slice rest = slice_sub(r->now, head.n, r->now.n);
    size_t space = slice_find_byte(rest, ' ');
    if (!slice_i64(slice_sub(rest, 0, space), &format) || format < 1 || space == SIZE_MAX)
        return fail(r, "this is no file of changes: its first line does not say so");
    if (format > CHANGELOG_FORMAT)
        return fail(r, "it was written by a newer pawl");
    r->out->engine = slice_sub(rest, space + 1, rest.n);
    return PAWL_OK;
}

static int read_title(struct reader *r)
{
    struct changelog *log = r->out;
    struct changelog_step step = {0};
    struct slice rest = slice_sub(r->now, 2, r->now.n);
    if (!slice_eq(rest, SLICE("baseline"))) {
        size_t space = slice_find_byte(rest, ' ');
        if (space == SIZE_MAX || !slice_i64(slice_sub(rest, 0, space), &step.version))
            return fail(r, "a version and a description are needed here");
        step.description = slice_sub(rest, space + 1, rest.n);
    }
    if (log->n ? step.version <= log->steps[log->n - 1].version : step.version != 0)
        return fail(r, "versions must come in ascending order, the baseline first");
    if (!arena_grow(r->a, (void **)&log->steps, &r->cap_steps, log->n, sizeof *log->steps))
        return err_nomem(r->e);
    log->steps[log->n++] = step;
    r->cap = 0;
    return PAWL_OK;
}

static int read_fact(struct reader *r)
{
    struct changelog *log = r->out;
    struct slice line = slice_sub(r->now, 2, r->now.n);
    struct slice key = slice_sub(line, 0, fact_key_of(line));
    bool added = r->now.p[0] == '+';
    if (!log->n || !line.n)
        return fail(r, "a fact must stand below a line with a version");
    struct delta *d = &log->steps[log->n - 1].change;
    struct change *last = d->n ? &d->items[d->n - 1] : NULL;
    int order = last ? slice_cmp(last->key, key) : -1;
    if (added && order == 0 && !last->after.p && !slice_eq(last->before, line)) {
        last->after = line;
        return PAWL_OK;
    }
    if (order >= 0)
        return fail(r, "the facts of a version must come by key, what was before what is");
    if (!arena_grow(r->a, (void **)&d->items, &r->cap, d->n, sizeof *d->items))
        return err_nomem(r->e);
    const struct slice none = {NULL, 0};
    d->items[d->n++] = (struct change){key, added ? none : line, added ? line : none};
    return PAWL_OK;
}

static int read_end(struct reader *r)
{
    int64_t n;
    if (!r->out->n || !slice_i64(slice_sub(r->now, 4, r->now.n), &n) || (size_t)n + 1 != r->out->n || r->rest.n)
        return fail(r, "the last line does not fit the lines above it");
    return PAWL_OK;
}

int changelog_parse(struct arena *a, struct slice text, struct slice path, struct changelog *out, struct pawl_error *e)
{
    struct reader r = {.a = a, .rest = text, .path = path, .out = out, .e = e};
    *out = (struct changelog){0};
    int code = read_first(&r);
    while (!code && next_line(&r)) {
        if (slice_starts(r.now, SLICE("end ")))
            return read_end(&r);
        if (slice_starts(r.now, SLICE("= ")))
            code = read_title(&r);
        else if (slice_starts(r.now, SLICE("+ ")) || slice_starts(r.now, SLICE("- ")))
            code = read_fact(&r);
        else
            code = fail(&r, "a line must begin with `= `, `+ ` or `- `");
    }
    return code ? code : fail(&r, "it was cut off: the last line, which begins with `end`, is missing");
}

/* ---- states ------------------------------------------------------------------------------------------------------ */

int changelog_between(struct arena *a, const struct changelog *log, size_t from, size_t to, struct delta *out,
                      struct pawl_error *e)
{
    size_t n = to > from ? to - from : 0;
    struct delta *all = arena_array(a, n + 1, sizeof *all);
    *out = (struct delta){0};
    if (!all)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        all[i] = log->steps[from + i].change;
    return delta_sum(a, all, n, out, e);
}

int changelog_state(struct arena *a, const struct changelog *log, size_t count, struct slice **lines, size_t *n,
                    struct pawl_error *e)
{
    struct delta all;
    *n = 0;
    int code = changelog_between(a, log, 0, count, &all, e);
    return code ? code : delta_lines(a, &all, lines, n, e);
}

int lines_fingerprint(const struct slice *lines, size_t n, unsigned char out[SHA256_BYTES], struct pawl_error *e)
{
    struct hasher h;
    if (!hasher_init_sha256(&h))
        return err_nomem(e);
    bool ok = hasher_begin(&h);
    for (size_t i = 0; i < n && ok; i++)
        ok = hasher_add(&h, lines[i]) && hasher_add(&h, SLICE("\n"));
    ok = ok && hasher_end(&h, out);
    hasher_clear(&h);
    return ok ? PAWL_OK : err_nomem(e);
}

/* ---- fingerprints ------------------------------------------------------------------------------------------------ */

/* The lines with the changes made to them, in `out`, which has room for all of both. */
static size_t step_on(const struct slice *lines, size_t n, const struct delta *d, struct slice *out)
{
    size_t at = 0, made = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct change *c = &d->items[i];
        bool found;
        size_t next = fact_find(lines, at, n, c->key, &found);
        memcpy(out + made, lines + at, (next - at) * sizeof *out);
        made += next - at;
        at = next + found;
        if (c->after.p)
            out[made++] = c->after;
    }
    memcpy(out + made, lines + at, (n - at) * sizeof *out);
    return made + n - at;
}

int changelog_fingerprints(const struct changelog *log, size_t from, size_t to, unsigned char (*out)[SHA256_BYTES],
                           struct pawl_error *e)
{
    ARENA(tmp);
    struct slice *lines, *other;
    size_t n, room;
    int code = changelog_state(&tmp, log, from, &lines, &n, e);
    if (!code)
        code = lines_fingerprint(lines, n, out[0], e);
    room = n;
    for (size_t i = from; !code && i < to; i++)
        room += log->steps[i].change.n;
    struct slice *spare[2] = {NULL, NULL};
    for (size_t i = 0; i < 2 && !code && to > from; i++) {
        spare[i] = arena_array(&tmp, room + 1, sizeof **spare);
        code = spare[i] ? PAWL_OK : err_nomem(e);
    }
    for (size_t i = from; !code && i < to; i++) {
        const struct delta *d = &log->steps[i].change;
        memcpy(out[i + 1 - from], out[i - from], SHA256_BYTES);
        if (!d->n)
            continue;
        other = lines == spare[0] ? spare[1] : spare[0];
        n = step_on(lines, n, d, other);
        lines = other;
        code = lines_fingerprint(lines, n, out[i + 1 - from], e);
    }
    return code;
}
