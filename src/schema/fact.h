/*
 * fact: the text of one fact, written and taken apart.
 *
 *     kind name attribute=value attribute=value
 *
 * The key is kind and name. A line splits at the spaces outside double quotes. Names made of ASCII letters,
 * digits, _ and $ and of bytes above 0x7f stand as they are; others stand in double quotes. A value stands in
 * double quotes if it is empty, equals a word of our own ("none"), or has a space, a control byte, " or \ in
 * it. Inside quotes \" \\ \n \r \t \xNN are escapes, so a fact is always one line. docs/facts.md has the
 * kinds.
 */
#ifndef PAWL_SCHEMA_FACT_H
#define PAWL_SCHEMA_FACT_H

#include "base/strbuf.h"

/* A fact being written. Failure is sticky (no memory), as in the strbuf. */
struct fact {
    struct strbuf text;
    size_t key_n; /* bytes of text that are the key; 0 while the key is being written */
};

void fact_init(struct fact *f);
void fact_clear(struct fact *f);

/* Starts over. */
void fact_begin(struct fact *f, const char *kind);
/* A part of the name: " users", then ".email". */
void fact_name(struct fact *f, struct slice name);
/*
 * For what has no name of its own: ":" and what tells it from its sisters (the text of a CHECK, the columns of a key). The
 * second of two that are the same gets "#2" and so on: `nth` counts from 1, and 1 writes nothing.
 */
void fact_content(struct fact *f, struct slice text);
void fact_nth(struct fact *f, unsigned nth);

/* attribute=word with a word of our own: yes, no, none, stored, cascade, ... */
void fact_word(struct fact *f, const char *attribute, const char *word);
/* attribute=text with text out of the database. */
void fact_text(struct fact *f, const char *attribute, struct slice text);
void fact_number(struct fact *f, const char *attribute, long long value);
/* attribute= for what follows through fact_item and fact_raw; also ends the key. */
void fact_attribute(struct fact *f, const char *attribute);
/* One name in a list; the caller writes the commas with fact_raw. */
void fact_item(struct fact *f, struct slice name);
/* One piece of SQL in a list: in parentheses, so that it is not taken for a name. */
void fact_expression(struct fact *f, struct slice text);
/* Something of our own, as it is. */
void fact_raw(struct fact *f, const char *z);

bool fact_ok(const struct fact *f);
struct slice fact_line(const struct fact *f);
size_t fact_key_length(const struct fact *f);

/* The length of the key in a line. */
size_t fact_key_of(struct slice line);
/*
 * In lines that are sorted: the first one from `low` on that does not come before the key (n: none), and whether it is that of
 * the key.
 */
size_t fact_find(const struct slice *lines, size_t low, size_t n, struct slice key, bool *found);
/* The line of the key; .p NULL = there is none. */
struct slice fact_among(const struct slice *lines, size_t n, struct slice key);
/* Where the first of the marks stands, from `from` on and outside double quotes; s.n: nowhere. */
size_t fact_end(struct slice s, size_t from, const char *marks);
#define FACT_PART_ENDS ".:" /* behind a part of a name */
/* The next field (from *at; set it to 0 at first), split at spaces outside double quotes; false at the end. */
bool fact_field(struct slice line, size_t *at, struct slice *field);
/* As it stands in a message: no more than 160 bytes of it, and "none" for what is not there (.p NULL). */
struct slice fact_shown(struct slice line);
/* The value of an attribute as written (quotes and all); .p NULL if the line has none of that name. */
struct slice fact_value(struct slice line, const char *attribute);

#endif
