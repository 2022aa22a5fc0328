#include "cli/help.h"

#define COLUMNS 79

/* Words of a text from column `at` on, broken into lines that start with `indent` blanks. */
static void put_wrapped(struct strbuf *b, const char *text, size_t at, size_t indent)
{
    struct slice rest = slice_of(text);
    bool first = true;
    while (rest.n) {
        size_t end = 0;
        while (end < rest.n && rest.p[end] != ' ' && rest.p[end] != '\n')
            end++;
        if (!first && at + 1 + end > COLUMNS) {
            strbuf_addf(b, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        strbuf_addz(b, first ? "" : " ");
        strbuf_add(b, slice_sub(rest, 0, end));
        at += end + !first;
        first = false;
        bool paragraph = slice_starts(slice_sub(rest, end, rest.n), SLICE("\n\n"));
        rest = slice_sub(rest, end + (paragraph ? 2 : 1), rest.n);
        if (paragraph) {
            strbuf_addf(b, "\n\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
    }
    strbuf_addc(b, '\n');
}

static size_t put_option_name(struct strbuf *b, const struct option_info *info)
{
    size_t before = b->n;
    if (info->letter)
        strbuf_addf(b, "  -%c, --%s", info->letter, info->name);
    else
        strbuf_addf(b, "      --%s", info->name);
    if (info->argument)
        strbuf_addf(b, " %s", info->argument);
    return b->n - before;
}

#define OPTION_COLUMN 30

static void put_option(struct strbuf *b, const struct option_info *info)
{
    size_t used = put_option_name(b, info);
    if (used + 2 > OPTION_COLUMN) {
        strbuf_addc(b, '\n');
        used = 0;
    }
    strbuf_addf(b, "%*s", (int)(OPTION_COLUMN - used), "");
    STRBUF(text, 1024);
    strbuf_addz(&text, info->help);
    if (info->variable)
        strbuf_addf(&text, " [$%s]", info->variable);
    if (info->fallback)
        strbuf_addf(&text, " (default: %s)", info->fallback);
    b->failed |= !strbuf_ok(&text);
    put_wrapped(b, strbuf_z(&text), OPTION_COLUMN, OPTION_COLUMN);
}

static void put_options(struct strbuf *b, enum command command, bool global)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (option_is_global(&option_table[i]) == global && (global || option_serves(&option_table[i], command)))
            put_option(b, &option_table[i]);
}

void help_overview(struct strbuf *b)
{
    strbuf_addz(b, "pawl " PAWL_VERSION ": apply SQL migrations, and prove that they can be replayed and reverted\n\n"
                   "usage: pawl [OPTIONS] COMMAND [ARGUMENTS]\n\ncommands:\n");
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        strbuf_addf(b, "  %-12s", command_table[c].name);
        put_wrapped(b, command_table[c].summary, 14, 14);
    }
    strbuf_addz(b, "\noptions of all commands, before or after the command:\n");
    put_options(b, COMMAND_NONE, true);
    strbuf_addz(b, "\n`pawl help COMMAND` explains a command. Settings are also read from ./pawl.toml and ./.env.\n");
}

static bool has_own_options(enum command command)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (!option_is_global(&option_table[i]) && option_serves(&option_table[i], command))
            return true;
    return false;
}

void help_command(struct strbuf *b, enum command command)
{
    const struct command_info *c = &command_table[command];
    strbuf_addf(b, "pawl %s: %s\n\nusage: pawl %s [OPTIONS]%s%s\n", c->name, c->summary, c->name,
                c->arguments ? " " : "", c->arguments ? c->arguments : "");
    if (c->about) {
        strbuf_addc(b, '\n');
        put_wrapped(b, c->about, 0, 0);
    }
    if (has_own_options(command)) {
        strbuf_addz(b, "\noptions:\n");
        put_options(b, command, false);
    }
    strbuf_addz(b, "\noptions of all commands:\n");
    put_options(b, command, true);
}
