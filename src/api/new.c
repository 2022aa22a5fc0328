#include <stdio.h>

#include "api/api.h"
#include "source/skeleton.h"
#include "sys/calendar.h"
#include "sys/file.h"

/* Nothing stays of a migration whose statements do not apply. */
static void take_back(const struct pawl_new_files *files)
{
    file_remove(files->up, NULL);
    file_remove(files->down, NULL);
}

/* The statements as the up text, and what leads back as the down text; without one the skeleton stays, and that is said. */
static int write_texts(struct pawl *p, const char *sql, const struct pawl_new_files *files, struct pawl_error *e)
{
    char version[24];
    struct pawl_downs_report report;
    struct slice text = slice_trim(slice_of(sql));
    bool ends = text.n && text.p[text.n - 1] == ';';
    struct slice whole = arena_printf(&p->operation, SLICE_FMT "%s\n", SLICE_ARG(text), ends ? "" : ";");
    if (!whole.p)
        return err_nomem(e);
    snprintf(version, sizeof version, "%lld", (long long)files->version);
    int code = file_replace(files->up, whole, e);
    if (!code)
        code = pawl_downs(
            p, &(struct pawl_downs_options){.files = (const char *const[]){version}, .n_files = 1, .write = true},
            &report, e);
    report_hold(&p->report, NULL);
    if (!code && report.left)
        report_note(&p->report, PAWL_LEVEL_WARNING, "write the down text by hand: %s", report.items[0].reason);
    return code;
}

PAWL_API int pawl_new(struct pawl *p, const struct pawl_new_options *options, struct pawl_new_files *out,
                      struct pawl_error *e)
{
    const struct skeleton skeleton = {p->config.dir, options->name, options->numbering, calendar_seconds()};
    int code = skeleton_write(&skeleton, out, e);
    if (code || !options->sql)
        return code;
    arena_reset(&p->operation);
    code = write_texts(p, options->sql, out, e);
    if (code)
        take_back(out);
    return code;
}
