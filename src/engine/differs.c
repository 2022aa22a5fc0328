#include "engine/differs.h"

#include "base/strbuf.h"

#define MOST_LINES 40
#define DETAIL_MAX (1u << 20)

static void add_lines(struct strbuf *b, const struct delta *d)
{
    for (size_t i = 0; i < d->n && i < MOST_LINES; i++) {
        if (d->items[i].before.p)
            strbuf_addf(b, "- " SLICE_FMT "\n", SLICE_ARG(d->items[i].before));
        if (d->items[i].after.p)
            strbuf_addf(b, "+ " SLICE_FMT "\n", SLICE_ARG(d->items[i].after));
    }
    if (d->n > MOST_LINES)
        strbuf_addf(b, "(and %zu more)\n", d->n - MOST_LINES);
    if (b->n && b->p[b->n - 1] == '\n')
        b->p[--b->n] = '\0';
}

void differs_tell(const struct run *r, const struct migration *m, const struct delta *d, const char *message,
                  const char *hint)
{
    STRBUF(detail, DETAIL_MAX);
    add_lines(&detail, d);
    report_finding_at(r->report,
                      &(struct pawl_finding){.id = PAWL_FINDING_DRIFT,
                                             .version = m->version,
                                             .engine = r->db->driver->name,
                                             .file = m->up.path.p,
                                             .message = message,
                                             .detail = strbuf_z(&detail),
                                             .hint = hint},
                      PAWL_LEVEL_ERROR);
}
