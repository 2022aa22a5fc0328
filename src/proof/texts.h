/* texts: the two texts of a step while it is worked on, and what their proofs have in common. */
#ifndef PAWL_PROOF_TEXTS_H
#define PAWL_PROOF_TEXTS_H

#include "proof/hold.h"
#include "proof/judge.h"
#include "proof/tell.h"

struct texts {
    struct unit up, down;
    bool has_down;     /* there is one that can be sent */
    bool down_by_pawl; /* the down text failed as it stands, and did not as pawl sends it */
    uint64_t mark;     /* when the step began */
    bool outside;      /* one of them must run outside any transaction */
};

int texts_open(struct trial *tr, size_t k, struct texts *t, struct pawl_error *e);
/* Takes back what a refused text wrote, and spares it where it wrote nothing. */
int texts_settle(struct trial *tr, struct hold *h, const struct outcome *o, struct pawl_error *e);
/* The engine runs a text that is refused so once more, outside any transaction. */
bool texts_want_outside(const struct trial *tr, const struct unit *u, const struct outcome *o);
/* It failed as it stands, and has statements which the engine lacks and pawl carries out. */
bool texts_want_pawl(const struct trial *tr, const struct unit *u, const struct outcome *o);
/* From now on the texts of this step are sent as pawl sends them. */
void texts_send_as_pawl(struct trial *tr, size_t k, struct texts *t);
int texts_tell_pawl(struct trial *tr, size_t k, const struct unit *u, struct pawl_error *e);
/* Run right after itself, a text must not fail and must change nothing: what is told otherwise. */
struct texts_again {
    struct tale tale; /* proof, step, text */
    enum pawl_finding_id fails, schema, data;
    const char *fails_said, *schema_said, *data_said;
};
/* `at`: how many migrations are applied. A failure of the text is in `o`. */
int texts_again(struct trial *tr, const struct texts *t, size_t at, struct texts_again *again, struct outcome *o,
                struct pawl_error *e);

#endif
