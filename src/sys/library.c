#include "sys/library.h"

#include <dlfcn.h>

void *library_load(const char *name)
{
    /* Never unloaded: clients of databases bring TLS libraries along, which do not survive that. */
    return dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
}

void *library_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}
