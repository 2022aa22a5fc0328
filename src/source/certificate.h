/*
 * certificate: pawl.lock, what was proved about a folder of migrations, as a file that is reviewed, merged and shipped.
 *
 *     pawl.lock 1
 *     made facts=1 proofs=1
 *     engines postgres/15 sqlite/3
 *     setup postgres=<16 hex digits> sqlite=<16 hex digits>
 *     baseline postgres=<fingerprint> postgres/15=<fingerprint> sqlite=<fingerprint> chain=<16 hex digits>
 *     1 init up=<SHA-384> down=<SHA-384 or none> postgres=<...> ... proofs=apply,replay,... runner=plain
 *     transaction=yes chain=<16 hex digits>                                  (in one line)
 *     end 1 <16 hex digits: the chain of the line above>
 *
 * One line a migration, by version. A description is written with _ for each space, as in file names. The first half of `chain` is a
 * sum of the line itself, the second half a sum of the line and of the chain in front of it: so an edited line, a line that is
 * gone and lines of two branches that were put together are told apart. It is no signature: who can write the file can write
 * a chain. The last line changes with every migration, so two branches that both add one conflict.
 *
 * Marks are fingerprints by name: the engine and its major version where facts depend on that, the engine alone where they do
 * not (sqlite) or what all majors have in common (postgres). docs/certificate.md is for users.
 */
#ifndef PAWL_SOURCE_CERTIFICATE_H
#define PAWL_SOURCE_CERTIFICATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/strbuf.h"

#define CERTIFICATE_FORMAT 1
#define CERTIFICATE_NAME "pawl.lock"
#define CERTIFICATE_MAX ((size_t)256 << 20) /* bytes */
#define CHAIN_DIGITS 16
#define SETUP_DIGITS 16

struct certificate_mark {
    struct slice name;
    unsigned char fingerprint[SHA256_BYTES];
};

/* By name, each once. */
struct certificate_marks {
    struct certificate_mark *items;
    size_t n;
};

enum certificate_runner { CERTIFICATE_PLAIN, CERTIFICATE_PAWL };

struct certificate_line {
    int64_t version;
    struct slice description;
    unsigned char up[SHA384_BYTES], down[SHA384_BYTES];
    bool has_down;
    struct certificate_marks marks;
    unsigned proofs;                /* 1 << enum pawl_proof: those that hold on every engine of the marks */
    enum certificate_runner runner; /* who has to run the texts for that */
    bool outside;                   /* some text of it was run outside of any transaction */
    uint32_t line;                  /* in the file; 0 = it is new */
};

/* How an engine's scratch databases were prepared, as a sum of all of it. */
struct certificate_setup {
    struct slice engine;
    char digits[SETUP_DIGITS + 1];
};

struct certificate {
    unsigned facts, proofs; /* versions of the formats and rules by which it was made */
    struct slice *engines;  /* "postgres/15", sorted */
    size_t n_engines;
    struct certificate_setup *setups; /* by engine */
    size_t n_setups;
    struct certificate_marks baseline;
    struct certificate_line *lines; /* by version */
    size_t n;
};

/* What is wrong with a file that cannot be used. */
enum certificate_fault {
    CERTIFICATE_SOUND,
    CERTIFICATE_FOREIGN,   /* it is no pawl.lock at all */
    CERTIFICATE_NEWER,     /* of a later format */
    CERTIFICATE_CONFLICT,  /* conflict markers of a merge */
    CERTIFICATE_ENCODING,  /* a byte order mark in front */
    CERTIFICATE_ENDINGS,   /* its lines end with CR LF */
    CERTIFICATE_TRUNCATED, /* the end is missing */
    CERTIFICATE_EDITED,    /* a line is not as it was written */
    CERTIFICATE_GAP,       /* a line is gone */
    CERTIFICATE_MERGED,    /* lines of two branches */
};

/*
 * Reads the text of a file; `path` is for errors. PAWL_SOURCE with place, hint and *fault if it cannot be used. Strict: what
 * certificate_write would not write is not read. Texts of *out are slices of `text`, or in `a`.
 */
int certificate_parse(struct arena *a, struct slice text, struct slice path, struct certificate *out,
                      enum certificate_fault *fault, struct pawl_error *e);
/* The text for it, which is the same on every machine. Check the strbuf: its failure means no memory. */
int certificate_write(const struct certificate *c, struct strbuf *out, struct pawl_error *e);

/* NULL = there is none of that name. */
const struct certificate_mark *certificate_mark(const struct certificate_marks *marks, struct slice name);
const struct certificate_setup *certificate_setup(const struct certificate *c, struct slice engine);
bool certificate_has_engine(const struct certificate *c, struct slice engine_and_major);
/* The index of the line, or SIZE_MAX. */
size_t certificate_find(const struct certificate *c, int64_t version);

/* ---- what writing and reading share ------------------------------------------------------------------------------ */

extern const char *const certificate_proofs[];  /* by enum pawl_proof */
extern const char *const certificate_runners[]; /* by enum certificate_runner */
#define CHAIN_HALF (CHAIN_DIGITS / 2)
/*
 * The chain of a line, with a NUL. `head` stands in front of the line and belongs to it (for the baseline, which has no line in
 * front); before: its chain. false: no memory.
 */
bool certificate_chain(struct hasher *h, struct slice head, struct slice before, struct slice line, char *out);
/* Does this byte of a description stand as it is? */
bool certificate_is_plain(char c);

#endif
