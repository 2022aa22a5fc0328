#include "base/err.h"
#include "cli/cli.h"

static int up(struct cli *c, bool replay)
{
    const struct options *o = &c->o;
    bool single = option_flag(o, OPT_SINGLE_TRANSACTION), per_file = option_flag(o, OPT_PER_FILE);
    struct pawl_up_options options = {
        .to = o->value[OPT_TO].number,
        .steps = option_u32(o, OPT_STEPS),
        .dry_run = option_flag(o, OPT_DRY_RUN),
        .replay = replay,
        .out_of_order = option_flag(o, OPT_OUT_OF_ORDER),
        .transactions = single     ? PAWL_TRANSACTIONS_SINGLE
                        : per_file ? PAWL_TRANSACTIONS_PER_FILE
                                   : PAWL_TRANSACTIONS_AUTO,
        .allow_drift = o->value[OPT_ALLOW_DRIFT].items,
        .n_allow_drift = o->value[OPT_ALLOW_DRIFT].n_items,
        .require_proof = option_flag(o, OPT_NO_REQUIRE_PROOF)                ? PAWL_REQUIRE_PROOF_NO
                         : option_flag(o, OPT_REQUIRE_PROOF)                 ? PAWL_REQUIRE_PROOF_YES
                         : o->value[OPT_REQUIRE_PROOF].origin != ORIGIN_NONE ? PAWL_REQUIRE_PROOF_NO
                                                                             : PAWL_REQUIRE_PROOF_AUTO,
    };
    struct pawl_result result = {0};
    /* For the library 0 means no limit; for a person it means to apply nothing, or is a slip. */
    if (o->value[OPT_TO].origin != ORIGIN_NONE && !options.to)
        return err_set(&c->error, PAWL_USAGE, "--to must be 1 or more for `pawl up`");
    int rc = pawl_up(c->pawl, &options, &result, &c->error);
    c->out.kind->steps(&c->out, "applied", &result, rc ? &c->error : NULL);
    return rc;
}

int cmd_up(struct cli *c)
{
    return up(c, option_flag(&c->o, OPT_REPLAY));
}

int cmd_replay(struct cli *c)
{
    return up(c, true);
}
