#include "source/numbering.h"

#include <inttypes.h>
#include <stdio.h>

#include "source/name.h"

static bool is_sequential(const struct migration *m, const struct numbering_item *item)
{
    return !item->dated && !version_is_timestamp(m->version);
}

static int64_t common_divisor(int64_t x, int64_t y)
{
    while (y) {
        int64_t rest = x % y;
        x = y;
        y = rest;
    }
    return x;
}

/* The step of the sequential numbers; 0 if there are fewer than two. */
static int64_t step_of(const struct migration_set *set, const struct numbering_item *items)
{
    int64_t step = 0;
    int64_t before = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (!is_sequential(&set->items[i], &items[i]))
            continue;
        if (before)
            step = common_divisor(set->items[i].version - before, step);
        before = set->items[i].version;
    }
    return step;
}

static void report_gap(struct findings *findings, const struct migration *m, int64_t before, int64_t step)
{
    char message[160];
    int64_t first = before + step;
    int64_t last = m->version - step;
    if (first == last)
        snprintf(message, sizeof message, "version %" PRId64 " is missing in front of this one", first);
    else
        snprintf(message, sizeof message, "versions %" PRId64 " to %" PRId64 " are missing in front of this one", first,
                 last);
    findings_add(findings, &(struct pawl_finding){
                               .id = PAWL_FINDING_GAP,
                               .version = m->version,
                               .file = m->up.path.p,
                               .message = message,
                               .hint = "look for a file that was not committed or merged",
                           });
}

static void report_gaps(const struct migration_set *set, const struct numbering_item *items, struct findings *findings)
{
    int64_t step = step_of(set, items);
    int64_t before = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (!is_sequential(&set->items[i], &items[i]))
            continue;
        if (before && set->items[i].version - before > step)
            report_gap(findings, &set->items[i], before, step);
        before = set->items[i].version;
    }
}

static void report_dated(const struct migration *m, struct findings *findings)
{
    char message[160];
    snprintf(message, sizeof message, "the name begins like a date, but its version is only %" PRId64, m->version);
    findings_add(findings, &(struct pawl_finding){
                               .id = PAWL_FINDING_MIXED_NUMBERING,
                               .version = m->version,
                               .file = m->up.path.p,
                               .message = message,
                               .hint = "write dates as one number, like 20260518120000, or count on from the others",
                           });
}

/* At the first of those that are fewer. */
static void report_mixed(const struct migration_set *set, const struct numbering_item *items, size_t sequential,
                         size_t timestamps, struct findings *findings)
{
    char message[160];
    bool few_sequential = sequential < timestamps;
    size_t i = 0;
    while (items[i].dated || version_is_timestamp(set->items[i].version) == few_sequential)
        i++;
    snprintf(message, sizeof message, "%zu sequential number%s and %zu date%s in one set: every date comes last",
             sequential, sequential == 1 ? "" : "s", timestamps, timestamps == 1 ? "" : "s");
    findings_add(findings, &(struct pawl_finding){
                               .id = PAWL_FINDING_MIXED_NUMBERING,
                               .version = set->items[i].version,
                               .file = set->items[i].up.path.p,
                               .message = message,
                               .hint = "keep to one way of numbering",
                           });
}

/* Digits of the sequential numbers if all have as many, else 0. */
static int width_of(const struct migration_set *set, const struct numbering_item *items)
{
    int width = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (!is_sequential(&set->items[i], &items[i]))
            continue;
        if (width && items[i].digits != width)
            return 0;
        width = items[i].digits;
    }
    return width;
}

void numbering_read(struct migration_set *set, const struct numbering_item *items, struct findings *findings)
{
    size_t dated = 0;
    size_t timestamps = 0;
    for (size_t i = 0; i < set->n; i++) {
        dated += items[i].dated;
        timestamps += version_is_timestamp(set->items[i].version);
        if (items[i].dated)
            report_dated(&set->items[i], findings);
    }
    size_t sequential = set->n - dated - timestamps;
    set->width = width_of(set, items);
    set->split_suffix = set->n && items[set->n - 1].split_suffix;
    set->numbering = set->n == 0                           ? NUMBERING_NONE
                     : dated || (sequential && timestamps) ? NUMBERING_MIXED
                     : timestamps                          ? NUMBERING_TIMESTAMP
                                                           : NUMBERING_SEQUENTIAL;
    if (sequential && timestamps)
        report_mixed(set, items, sequential, timestamps, findings);
    report_gaps(set, items, findings);
}
