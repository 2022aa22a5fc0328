/* certificate: the files of a certificate, as an operation of the library reads and writes them. */
#ifndef PAWL_API_CERTIFICATE_H
#define PAWL_API_CERTIFICATE_H

#include "api/api.h"
#include "engine/attest.h"
#include "engine/scratch.h"
#include "proof/certify.h"

/* pawl.lock, and beside it schema/ENGINE.facts and schema/ENGINE.changes. */
struct certificate_files {
    struct slice path;   /* of pawl.lock, NUL-terminated */
    struct slice folder; /* that it is in, with its slash; may be empty */
    bool exists;         /* there is a file */
    bool sound;          /* and it can be used */
    enum certificate_fault fault;
    struct pawl_error why; /* it cannot be used */
    struct certificate certificate;
    struct slice text;
};

/* Reads pawl.lock. A file that cannot be used is no error here: see `sound`. PAWL_IO if it cannot be read. */
int certificate_files_read(struct pawl *p, struct certificate_files *out, struct pawl_error *e);
/* The path of schema/ENGINE.WHAT; .p NULL = no memory. */
struct slice certificate_files_schema(struct pawl *p, const struct certificate_files *f, const char *engine,
                                      const char *what);
/* schema/ENGINE.changes, if it is there and can be read; *found. What is wrong with it is told as a warning. */
int certificate_files_changes(struct pawl *p, const struct certificate_files *f, const char *engine,
                              struct changelog *out, bool *found, struct pawl_error *e);

/* Files were written: if there is a certificate, says that it does not know them. */
int certificate_outdated(struct pawl *p, struct pawl_error *e);

/*
 * What the engine is to compare with; `compared` is made with the set of the run. Without a certificate that can be used
 * out->certificate is NULL, and out->why says why if there is a file.
 */
int certificate_input(struct pawl *p, struct run *r, bool required, const char *const *allow, size_t n_allow,
                      struct attest_input *out, struct pawl_error *e);

/* ---- for verify -------------------------------------------------------------------------------------------------- */

struct certifying {
    struct pawl *p;
    enum pawl_certify what;
    struct certificate_files files;
    struct certify c;
    bool wrote; /* some file was another one before */
};

/*
 * Reads the certificate and lays it beside the set. With PAWL_CERTIFY_CHECK what is wrong with it becomes findings; with
 * PAWL_CERTIFY_WRITE a broken one is a remark, and only one that pawl must not overwrite is an error.
 */
int certifying_begin(struct certifying *x, struct pawl *p, const struct pawl_verify_options *options,
                     const struct migration_set *set, struct pawl_error *e);
/* After all engines: writes, or checks. `holds`: every required proof does. */
int certifying_end(struct certifying *x, const struct proof_trace *traces, size_t n, bool holds, struct pawl_error *e);

#endif
