/*
 * pawl_revert.h: winding back, for development, test and CI only.
 *
 * Apart from pawl.h, so that an application does not offer it by accident. A library built with -Drevert=disabled does
 * not contain it. All functions here are refused (PAWL_REFUSED) unless the configuration names the environment as dev,
 * test or ci and the database is not protected.
 */
#ifndef PAWL_REVERT_H
#define PAWL_REVERT_H

#include "pawl.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Asked once, after the loss was told through PAWL_EVENT_LOSS events and before anything is done; false stops with PAWL_REFUSED.
 * `losses` is the number of tables and columns that lose values.
 */
typedef bool pawl_confirm_fn(void *context, size_t steps, size_t losses);

struct pawl_down_options {
    int64_t to;     /* last version to keep; -1 = not given (0 means: revert everything) */
    uint32_t steps; /* how many to revert; 0 = not given. With neither: one */
    bool dry_run;
    bool no_backup;           /* SQLite: do not copy the file first */
    pawl_confirm_fn *confirm; /* NULL: do not ask */
    void *confirm_context;
};

int pawl_down(struct pawl *p, const struct pawl_down_options *options, struct pawl_result *out, struct pawl_error *e);
/* Reverts the newest applied migration and applies it again. Of the options, to and steps are not looked at. */
int pawl_redo(struct pawl *p, const struct pawl_down_options *options, struct pawl_result *out, struct pawl_error *e);

#ifdef __cplusplus
}
#endif

#endif
