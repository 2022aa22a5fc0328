#include "cli/help.h"

/* What scdoc would take for markup is escaped. */
static void put_scd(struct strbuf *b, const char *text)
{
    for (; text && *text; text++) {
        if (strchr("\\*_[]#|<>~`", *text))
            strbuf_addc(b, '\\');
        strbuf_addc(b, *text);
    }
}

/* Lines of a paragraph, wrapped for reading the source; scdoc joins them again. */
static void put_paragraph(struct strbuf *b, const char *text, const char *indent)
{
    STRBUF(escaped, 1u << 16);
    put_scd(&escaped, text);
    b->failed |= !strbuf_ok(&escaped);
    struct slice rest = strbuf_slice(&escaped);
    size_t at = strlen(indent);
    strbuf_addz(b, indent);
    bool first = true;
    while (rest.n) {
        size_t end = 0;
        while (end < rest.n && rest.p[end] != ' ' && rest.p[end] != '\n')
            end++;
        if (!first && at + end > 110) {
            strbuf_addf(b, "\n%s", indent);
            at = strlen(indent);
            first = true;
        }
        strbuf_addz(b, first ? "" : " ");
        strbuf_add(b, slice_sub(rest, 0, end));
        at += end + 1;
        first = false;
        bool paragraph = slice_starts(slice_sub(rest, end, rest.n), SLICE("\n\n"));
        rest = slice_sub(rest, end + (paragraph ? 2 : 1), rest.n);
        if (paragraph) {
            strbuf_addf(b, "\n\n%s", indent);
            at = strlen(indent);
            first = true;
        }
    }
    strbuf_addz(b, "\n\n");
}

/* "help text" becomes "Help text." */
static void put_sentence(struct strbuf *b, const char *text)
{
    STRBUF(sentence, 1u << 16);
    strbuf_addz(&sentence, text);
    strbuf_addc(&sentence, '.');
    if (strbuf_ok(&sentence) && sentence.p[0] >= 'a' && sentence.p[0] <= 'z')
        sentence.p[0] = (char)(sentence.p[0] - 'a' + 'A');
    b->failed |= !strbuf_ok(&sentence);
    put_paragraph(b, strbuf_z(&sentence), "\t");
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void put_sources(struct strbuf *b, const struct option_info *info)
{
    STRBUF(text, 1024);
    const char *gap = "";
    if (info->fallback) {
        strbuf_addf(&text, "Default: %s.", info->fallback);
        gap = " ";
    }
    if (info->variable) {
        strbuf_addf(&text, "%sEnvironment: %s.", gap, info->variable);
        gap = " ";
    }
    if (info->key)
        strbuf_addf(&text, "%sIn pawl.toml: %s.", gap, info->key);
    b->failed |= !strbuf_ok(&text);
    if (text.n)
        put_paragraph(b, strbuf_z(&text), "\t");
}

static void put_option(struct strbuf *b, const struct option_info *info)
{
    if (info->letter)
        strbuf_addf(b, "*-%c*, ", info->letter);
    strbuf_addz(b, "*--");
    put_scd(b, info->name);
    strbuf_addc(b, '*');
    if (info->argument) {
        strbuf_addz(b, " _");
        put_scd(b, info->argument);
        strbuf_addc(b, '_');
    }
    strbuf_addc(b, '\n');
    put_sentence(b, info->help);
    if (info->more)
        put_paragraph(b, info->more, "\t");
    put_sources(b, info);
}

static bool put_options(struct strbuf *b, enum command command, bool global)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (option_is_global(&option_table[i]) == global && (global || option_serves(&option_table[i], command)))
            put_option(b, &option_table[i]);
    return true;
}

static bool put_synopsis(struct strbuf *b, enum command command)
{
    const struct command_info *c = &command_table[command];
    strbuf_addf(b, "*pawl %s* [_OPTIONS_]", c->name);
    if (c->arguments) {
        strbuf_addz(b, " _");
        put_scd(b, c->arguments);
        strbuf_addc(b, '_');
    }
    strbuf_addz(b, "\n\n");
    return true;
}

static bool put_about(struct strbuf *b, enum command command)
{
    const struct command_info *c = &command_table[command];
    if (c->about)
        put_paragraph(b, c->about, "");
    return c->about != NULL;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static bool put_commands(struct strbuf *b)
{
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        strbuf_addf(b, "*pawl-%s*(1)\n", command_table[c].name);
        put_sentence(b, command_table[c].summary);
    }
    return true;
}

static bool put_exit_statuses(struct strbuf *b)
{
    static const struct {
        int status;
        const char *name, *meaning;
    } codes[] = {
#define X(id, code_status, text, means) {code_status, text, means},
        PAWL_CODES(X)
#undef X
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (i == 0 || codes[i].status != codes[i - 1].status)
            strbuf_addf(b, "*%d*\n", codes[i].status);
        strbuf_addf(b, "\t_%s_: ", codes[i].name);
        put_scd(b, codes[i].meaning);
        strbuf_addz(b, ".\n\n");
    }
    return true;
}

static bool put_environment(struct strbuf *b)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!option_table[i].variable)
            continue;
        strbuf_addc(b, '*');
        put_scd(b, option_table[i].variable);
        strbuf_addf(b, "*\n\tLike *--%s*.\n\n", option_table[i].name);
    }
    return true;
}

static bool put_keys(struct strbuf *b)
{
    static const char *const types[] = {
        [OPTION_FLAG] = "true or false", [OPTION_TEXT] = "string",
        [OPTION_PATH] = "string",        [OPTION_NUMBER] = "integer",
        [OPTION_CHOICE] = "string",      [OPTION_DURATION] = "string, or integer for seconds",
    };
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct option_info *info = &option_table[i];
        if (!info->key)
            continue;
        strbuf_addc(b, '*');
        put_scd(b, info->key);
        strbuf_addf(b, "* (%s)\n", types[info->type]);
        put_sentence(b, info->help);
        STRBUF(text, 1024);
        strbuf_addf(&text, "Like --%s.", info->name);
        if (info->fallback)
            strbuf_addf(&text, " Default: %s.", info->fallback);
        if (info->top_only)
            strbuf_addz(&text, " Only at the top level.");
        b->failed |= !strbuf_ok(&text);
        put_paragraph(b, strbuf_z(&text), "\t");
    }
    return true;
}

static bool put_findings(struct strbuf *b)
{
    static const struct {
        const char *code, *level, *meaning;
    } findings[] = {
#define LEVEL_OFF "off"
#define LEVEL_NOTE "note"
#define LEVEL_WARNING "warning"
#define LEVEL_ERROR "error"
#define X(id, finding_code, default_level, means) {finding_code, LEVEL_##default_level, means},
        PAWL_FINDINGS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        strbuf_addf(b, "*%s* (%s)\n\t", findings[i].code, findings[i].level);
        put_scd(b, findings[i].meaning);
        strbuf_addz(b, ".\n\n");
    }
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

bool manual_section(struct strbuf *b, struct slice kind, struct slice argument)
{
    char name[32] = "";
    memcpy(name, argument.p, argument.n < sizeof name ? argument.n : 0);
    enum command command = command_find(name);
    if (slice_eq(kind, SLICE("global-options")))
        return put_options(b, COMMAND_NONE, true);
    if (slice_eq(kind, SLICE("commands")))
        return put_commands(b);
    if (slice_eq(kind, SLICE("exit-status")))
        return put_exit_statuses(b);
    if (slice_eq(kind, SLICE("environment")))
        return put_environment(b);
    if (slice_eq(kind, SLICE("keys")))
        return put_keys(b);
    if (slice_eq(kind, SLICE("findings")))
        return put_findings(b);
    if (command == COMMAND_NONE)
        return false;
    if (slice_eq(kind, SLICE("options")))
        return put_options(b, command, false);
    if (slice_eq(kind, SLICE("synopsis")))
        return put_synopsis(b, command);
    return slice_eq(kind, SLICE("about")) && put_about(b, command);
}
