/*
 * text: pieces of what is shown to people; shared by the text output only.
 *
 * Pieces are put together in a string builder and written at once, so that a line is whole or not there. Whatever comes
 * from outside goes through `clean`.
 */
#ifndef PAWL_CLI_TEXT_H
#define PAWL_CLI_TEXT_H

#include "base/strbuf.h"
#include "cli/out.h"

#define TEXT_MAX (1u << 24)
/* Columns that a description may take in a table. */
#define TEXT_NAME_MAX 40
/* Losses, or findings beside a result, that are shown one by one; of the rest there is a sum. --json has them all. */
#define TEXT_MOST 20

enum color { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, CYAN };

void text_color_on(struct strbuf *b, bool on, enum color color);
void text_color_off(struct strbuf *b, bool on, enum color color);
/* A foreign text, cleaned, in a colour if `on`. */
void text_colored(struct strbuf *b, bool on, enum color color, const char *text);
enum color text_level_color(enum pawl_level level);
/* Blanks from column `used` to `width`. */
void text_pad(struct strbuf *b, size_t used, size_t width);
void text_time(struct strbuf *b, uint64_t ns);
const char *text_plural(size_t n, const char *one, const char *many);
/* "COMMA N ONE", or nothing for 0; the next one then has a comma before it. */
void text_count(struct strbuf *b, size_t n, const char *one, const char *many, const char **comma);
/* file:line:column, as far as known. */
void text_place(struct strbuf *b, const char *file, uint32_t line, uint32_t column);
/* Each line of a text, cleaned, with `indent` before it. */
void text_lines(struct strbuf *b, const char *text, const char *indent);
/* A description in `width` columns, cut if it is longer. */
void text_name(struct strbuf *b, const char *name, size_t width);
/* The wider of `width` and what a description takes, up to TEXT_NAME_MAX. */
size_t text_wider(struct out *o, size_t width, const char *name);

/* Writes to o->results or o->messages. The progress line is wiped first. */
void text_emit(struct out *o, FILE *stream, const struct strbuf *b);
void text_wipe(struct out *o);

/*
 * Findings, by version: every error, and of the others as many as `most`; when quiet, only errors. What `e` (or NULL) says is left
 * to it.
 */
void text_findings(struct out *o, FILE *stream, bool color, size_t most, const struct pawl_error *e);
/* " [not-utf8, sqlite]": how the configuration calls a finding, and where it holds. */
void text_code(struct strbuf *b, const struct pawl_finding *f);
/* The table of proofs, the findings, and one line that sums up. */
void text_verified(struct out *o, bool ok);
/* The patch, the names or what was written; what was left, and one line that sums up. */
void text_fixed(struct out *o, const struct pawl_fix_report *report, bool wrote, bool check);

void text_dumped(struct out *o, const struct pawl_dump *dump, bool sql);
void text_differs(struct out *o, const struct pawl_difference *difference, bool sql);
void text_downs(struct out *o, const struct pawl_downs_report *report, bool wrote);
void text_squashed(struct out *o, const struct pawl_squash_report *report, bool wrote);

#endif
