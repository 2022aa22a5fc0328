#include "source/numbering.h"

#include <inttypes.h>
#include <stdio.h>

#include "source/name.h"

struct numbering_item numbering_item_of(const struct name *name)
{
    return (struct numbering_item){
        .version = name->version,
        .digits = name->digits,
        .dated = name->dated,
        .split_suffix = name->split_suffix,
    };
}

/* ---- the manner -------------------------------------------------------------------------------------------------- */

static bool is_sequential(const struct numbering_item *item)
{
    return !item->dated && !version_is_timestamp(item->version);
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

/* People leave room in fives and tens; that 2, 4 and 8 are all even says nothing. */
static int64_t step_of(const struct numbering_item *items, size_t n)
{
    int64_t step = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_sequential(&items[i]))
            continue;
        step = common_divisor(items[i].version, step);
        count++;
    }
    return count > 1 && step % 5 == 0 ? step : 1;
}

/* Digits of the sequential numbers if all have as many, else 0. */
static int width_of(const struct numbering_item *items, size_t n)
{
    int width = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_sequential(&items[i]))
            continue;
        if (width && items[i].digits != width)
            return 0;
        width = items[i].digits;
    }
    return width;
}

struct manner manner_of(const struct numbering_item *items, size_t n)
{
    size_t sequential = 0;
    size_t timestamps = 0;
    for (size_t i = 0; i < n; i++) {
        sequential += is_sequential(&items[i]);
        timestamps += version_is_timestamp(items[i].version);
    }
    return (struct manner){
        .numbering = n == 0            ? NUMBERING_NONE
                     : sequential == n ? NUMBERING_SEQUENTIAL
                     : timestamps == n ? NUMBERING_TIMESTAMP
                                       : NUMBERING_MIXED,
        .split_suffix = n && items[n - 1].split_suffix,
        .width = width_of(items, n),
        .step = step_of(items, n),
    };
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static void report_gap(struct findings *findings, const struct migration *m, int64_t before, int64_t step)
{
    char message[160];
    int64_t first = before + step;
    int64_t last = m->version - step;
    if (first == last)
        snprintf(message, sizeof message, "version %" PRId64 " is missing in front of this one", first);
    else
        snprintf(message, sizeof message, "versions %" PRId64 " %s %" PRId64 " are missing in front of this one", first,
                 last - first == step ? "and" : "to", last);
    findings_add(findings, &(struct pawl_finding){
                               .id = PAWL_FINDING_GAP,
                               .version = m->version,
                               .file = m->up.path.p,
                               .message = message,
                               .hint = "look for a file that was not committed or merged",
                           });
}

static void report_gaps(const struct migration_set *set, const struct numbering_item *items, int64_t step,
                        struct findings *findings)
{
    int64_t before = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (!is_sequential(&items[i]))
            continue;
        if (before && items[i].version - before > step)
            report_gap(findings, &set->items[i], before, step);
        before = items[i].version;
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

void numbering_read(struct migration_set *set, const struct numbering_item *items, struct findings *findings)
{
    struct manner manner = manner_of(items, set->n);
    size_t sequential = 0;
    size_t timestamps = 0;
    for (size_t i = 0; i < set->n; i++) {
        sequential += is_sequential(&items[i]);
        timestamps += version_is_timestamp(items[i].version);
        if (items[i].dated)
            report_dated(&set->items[i], findings);
    }
    set->numbering = manner.numbering;
    set->split_suffix = manner.split_suffix;
    set->width = manner.width;
    if (sequential && timestamps)
        report_mixed(set, items, sequential, timestamps, findings);
    report_gaps(set, items, manner.step, findings);
}
