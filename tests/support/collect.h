/*
 * collect: an event listener that keeps findings as text, one a line: "level code file:line message".
 *
 * The file is shown without its folder; ":line" only if known. Include after <cmocka.h>.
 */
#ifndef PAWL_TESTS_COLLECT_H
#define PAWL_TESTS_COLLECT_H

#include <stdio.h>
#include <string.h>

#include "model/report.h"

struct collect {
    struct report report;
    size_t n;     /* findings */
    size_t notes; /* remarks */
    size_t length;
    char text[1 << 16];
};

static inline void collect_event(void *context, const struct pawl_event *event)
{
    static const char *const levels[] = {"off", "note", "warning", "error"};
    struct collect *c = context;
    const struct pawl_finding *f = event->finding;
    c->notes += event->kind == PAWL_EVENT_NOTE;
    if (event->kind != PAWL_EVENT_FINDING)
        return;
    c->n++;
    const char *slash = f->file ? strrchr(f->file, '/') : NULL;
    const char *file = slash ? slash + 1 : f->file ? f->file : "-";
    char place[64] = "";
    if (f->column)
        snprintf(place, sizeof place, ":%u:%u", f->line, f->column);
    else if (f->line)
        snprintf(place, sizeof place, ":%u", f->line);
    size_t room = sizeof c->text - c->length;
    int n = snprintf(c->text + c->length, room, "%s %s %s%s %s\n", levels[f->level], report_code(f->id), file, place,
                     f->message);
    if (n > 0 && (size_t)n < room)
        c->length += (size_t)n;
}

static inline void collect_init(struct collect *c)
{
    report_init(&c->report, collect_event, c);
    c->n = c->notes = c->length = 0;
    c->text[0] = '\0';
}

/* Is there a finding whose line begins so ("error bad-name x.sql")? */
static inline bool collect_has(const struct collect *c, const char *start)
{
    for (const char *line = c->text; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, start, strlen(start)) == 0)
            return true;
    return false;
}

#define assert_found(c, start) \
    do { \
        if (!collect_has(c, start)) \
            fail_msg("no finding \"%s\" in:\n%s", start, (c)->text); \
    } while (0)

#endif
