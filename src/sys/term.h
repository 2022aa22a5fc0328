/* term: is a stream a terminal, how wide is it, and a question asked on it. */
#ifndef PAWL_SYS_TERM_H
#define PAWL_SYS_TERM_H

#include <stdbool.h>
#include <stddef.h>

bool term_is(int fd);
/* Columns; 80 if it cannot be told. */
unsigned term_width(int fd);
/* Can somebody be asked: are standard input and standard error terminals? */
bool term_can_ask(void);
/*
 * Writes the question to standard error and reads one line from standard input, without its line end. false if there is
 * no answer (end of input, an error, a signal) or it does not fit into n bytes.
 */
bool term_ask(const char *question, char *answer, size_t n);

#endif
