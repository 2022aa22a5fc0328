#include "schema/introspect.h"

#include "base/hash.h"
#include "base/mem.h"

static int open_state(struct db *db, struct slice ledger, void **state, struct pawl_error *e)
{
    (void)db;
    (void)ledger;
    (void)e;
    *state = NULL;
    return PAWL_OK;
}
static void close_state(void *state)
{
    (void)state;
}
static int scan(void *state, struct scan *s, struct pawl_error *e)
{
    (void)state;
    (void)s;
    (void)e;
    return PAWL_OK;
}
const struct introspector introspect_sqlite = {"sqlite", open_state, close_state, scan};
