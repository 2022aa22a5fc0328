/*
 * clean: makes foreign text fit to be shown.
 *
 * File names, SQL and what a database says may hold anything: escape sequences that rewrite a terminal, marks that turn the
 * direction of writing, bytes that are not UTF-8.
 */
#ifndef PAWL_CLI_CLEAN_H
#define PAWL_CLI_CLEAN_H

#include "base/strbuf.h"

/* For a terminal: controls (but line ends, if `lines`), direction marks and broken bytes become \xNN or \u{NNNN}. */
void clean_add(struct strbuf *b, struct slice text, bool lines);
/* For JSON: broken bytes become U+FFFD; everything else is the JSON writer's business. */
void clean_utf8(struct strbuf *b, struct slice text);
/* A URL without what may be secret in it: user and password, and the query. */
void clean_url(struct strbuf *b, struct slice url);
/* A message that may repeat a URL somebody wrote in the wrong place: its user and password become stars. */
void clean_secrets(char *text);
/* Columns that a cleaned text takes, each character counted as one. */
size_t clean_width(struct slice text);

#endif
