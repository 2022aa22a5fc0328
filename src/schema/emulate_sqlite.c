#include "schema/emulate.h"

int emulate_sqlite(struct arena *a, struct db *db, const struct head *h, struct slice sql, struct emulation *out,
                   struct pawl_error *e)
{
    (void)a, (void)db, (void)h, (void)sql, (void)out, (void)e;
    return PAWL_OK;
}
