/* library: shared libraries that are loaded only when they are needed. */
#ifndef PAWL_SYS_LIBRARY_H
#define PAWL_SYS_LIBRARY_H

/*
 * Loads a shared library by its name and keeps it for the life of the process; loading it again costs next to nothing.
 * NULL if it cannot be loaded.
 */
void *library_load(const char *name);
/* The address of a symbol, or NULL. */
void *library_symbol(void *library, const char *name);

#endif
