#include "db/postgres_api.h"

#include "sys/library.h"

#ifdef PAWL_FAULTS
#include "db/postgres_fault.h"
#endif

static const char *const names[] = {
    "libpq.so.5",
#ifdef __APPLE__
    "libpq.5.dylib",
    "/opt/homebrew/opt/libpq/lib/libpq.5.dylib",
    "/usr/local/opt/libpq/lib/libpq.5.dylib",
#endif
};

int pq_load(struct pq *pq, struct pawl_error *e)
{
    if (pq->library)
        return PAWL_OK;
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !library; i++)
        library = library_load(names[i]);
    if (!library) {
        err_set(e, PAWL_CONFIG, "PostgreSQL's client library %s cannot be loaded", names[0]);
        err_hint(e, "install it (Debian and Ubuntu: libpq5; Fedora: libpq; Alpine: libpq)");
        return PAWL_CONFIG;
    }
    const char *missing = NULL;
    /* A pointer to an object becomes one to a function through memory, which C allows no other way to do. */
#define X(result, name, arguments) \
    { \
        void *address = library_symbol(library, "PQ" #name); \
        if (!address && !missing) \
            missing = "PQ" #name; \
        memcpy(&pq->name, &address, sizeof address); \
    }
    PQ_FUNCTIONS(X)
#undef X
    if (missing) {
        err_set(e, PAWL_CONFIG, "PostgreSQL's client library %s is too old: it lacks %s", names[0], missing);
        err_hint(e, "install libpq 14 or newer; it talks to older servers too");
        return PAWL_CONFIG;
    }
    pq->library = library;
#ifdef PAWL_FAULTS
    pq_fault_wrap(pq);
#endif
    return PAWL_OK;
}
