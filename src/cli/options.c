#include "cli/options.h"

#include "base/err.h"
#include "cli/suggest.h"

#define ON(id) (1u << COMMAND_##id)
#define ON_ALL (~0u)
#ifdef PAWL_REVERT
#define ON_DOWN ON(DOWN)
#define ON_REDO ON(REDO)
#else
#define ON_DOWN 0u
#define ON_REDO 0u
#endif
#define ON_DATABASE \
    (ON(UP) | ON(REPLAY) | ON_DOWN | ON_REDO | ON(STATUS) | ON(HEALTH) | ON(DRIFT) | ON(REPAIR) | ON(BASELINE))
#define ON_SCHEMA (ON(DUMP) | ON(DIFF))
#define ON_REHEARSING (ON(UP) | ON(REPLAY) | ON(REPAIR) | ON(BASELINE)) /* may make a scratch database */

const struct option_info option_table[OPT_COUNT] = {
#define OPTION(id, ...) [OPT_##id] = {__VA_ARGS__},
#include "cli/options.def"
#undef OPTION
};

const struct command_info command_table[COMMAND_COUNT] = {
#define COMMAND(id, function, ...) [COMMAND_##id] = {.name = #function, __VA_ARGS__},
#include "cli/commands.def"
#undef COMMAND
};

_Static_assert(COMMAND_COUNT <= 32, "struct option_info.commands has 32 bits");

bool option_serves(const struct option_info *info, enum command command)
{
    return (info->commands >> command) & 1;
}

bool option_is_global(const struct option_info *info)
{
    return info->commands == ON_ALL;
}

enum command command_find(const char *name)
{
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        if (strcmp(command_table[c].name, name) == 0)
            return (enum command)c;
    return COMMAND_NONE;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static bool read_duration(struct slice text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t factor;
    } units[] = {{"ms", 1}, {"min", 60000}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct slice unit = slice_of(units[i].unit);
        if (!slice_ends(text, unit))
            continue;
        int64_t n;
        if (!slice_i64(slice_sub(text, 0, text.n - unit.n), &n) || n < 0 || n > INT64_MAX / units[i].factor)
            return false;
        *ms = n * units[i].factor;
        return true;
    }
    return false;
}

static bool read_choice(struct slice text, const char *choices, int64_t *index)
{
    struct slice rest = slice_of(choices);
    for (*index = 0;; ++*index) {
        size_t bar = slice_find_byte(rest, '|');
        if (slice_eq(text, slice_sub(rest, 0, bar)))
            return true;
        if (bar == SIZE_MAX)
            return false;
        rest = slice_sub(rest, bar + 1, rest.n);
    }
}

static bool read_flag(struct slice text, int64_t *on)
{
    *on = slice_ieq(text, SLICE("1")) || slice_ieq(text, SLICE("true")) || slice_ieq(text, SLICE("yes")) ||
          slice_ieq(text, SLICE("on"));
    return *on || slice_ieq(text, SLICE("0")) || slice_ieq(text, SLICE("false")) || slice_ieq(text, SLICE("no")) ||
           slice_ieq(text, SLICE("off"));
}

int option_read(const struct option_info *info, const char *text, enum origin origin, const char *place,
                struct option_value *out, struct pawl_error *e)
{
    struct option_value v = {origin, text, 0, place, out->items, out->n_items};
    struct slice s = slice_of(text);
    const char *want = NULL, *one_of = "";
    switch (info->type) {
    case OPTION_FLAG:
        want = read_flag(s, &v.number) ? NULL : "true or false";
        break;
    case OPTION_TEXT:
    case OPTION_PATH:
        want = s.n ? NULL : "a text";
        break;
    case OPTION_NUMBER:
        want = slice_i64(s, &v.number) && v.number >= info->least ? NULL : "a whole number, ";
        one_of = want ? want : "";
        want = want && info->least ? "1 or more" : want ? "0 or more" : NULL;
        break;
    case OPTION_DURATION:
        want = read_duration(s, &v.number) ? NULL : "a time like 500ms, 30s, 2m or 1h";
        break;
    case OPTION_CHOICE:
        want = read_choice(s, info->argument, &v.number) ? NULL : info->argument;
        one_of = "one of ";
        break;
    }
    if (want) {
        enum pawl_code code = origin == ORIGIN_FLAG ? PAWL_USAGE : PAWL_CONFIG;
        if (!s.n)
            return err_set(e, code, "%s must not be empty", place);
        return err_set(e, code, "%s must be %s%s, not '%s'", place, one_of, want, text);
    }
    *out = v;
    return PAWL_OK;
}

/* ---- the command line -------------------------------------------------------------------------------------------- */

int option_add(struct arena *a, struct option_value *value, const char *text, struct pawl_error *e)
{
    const char **items = arena_array(a, value->n_items + 1, sizeof *items);
    if (!items)
        return err_nomem(e);
    if (value->n_items)
        memcpy(items, value->items, value->n_items * sizeof *items);
    items[value->n_items++] = text;
    value->items = items;
    return PAWL_OK;
}

struct reader {
    struct arena *arena;
    struct options *o;
    int argc, at;
    char **argv;
    struct pawl_error *e;
};

/* argv can be read by every user of the machine; what may hold a password does not stay there. */
static char *take(struct reader *r, const struct option_info *info, char *text)
{
    if (!info->secret)
        return text;
    char *copy = arena_strz(r->arena, slice_of(text));
    if (copy)
        memset(text, 'x', strlen(text));
    return copy;
}

static int set_value(struct reader *r, enum option_id id, char *text)
{
    const struct option_info *info = &option_table[id];
    struct slice place = arena_printf(r->arena, "--%s", info->name);
    char *kept = take(r, info, text);
    if (!place.p || !kept)
        return err_nomem(r->e);
    struct option_value *value = &r->o->value[id];
    int rc = option_read(info, kept, ORIGIN_FLAG, place.p, value, r->e);
    return rc || !info->list ? rc : option_add(r->arena, value, kept, r->e);
}

/* The value is the next word, unless that looks like an option: a forgotten value must not swallow one. */
static int next_value(struct reader *r, enum option_id id)
{
    char *next = r->at + 1 < r->argc ? r->argv[r->at + 1] : NULL;
    if (!next || (next[0] == '-' && next[1])) {
        const struct option_info *info = &option_table[id];
        err_set(r->e, PAWL_USAGE, "option --%s needs a value", info->name);
        if (next)
            err_hint(r->e, "a value that starts with a dash is written --%s=%s", info->name,
                     info->secret ? "VALUE" : next);
        else
            err_hint(r->e, "write --%s %s", info->name, info->argument);
        return PAWL_USAGE;
    }
    r->at++;
    return set_value(r, id, next);
}

static int set_flag(struct reader *r, enum option_id id)
{
    struct slice place = arena_printf(r->arena, "--%s", option_table[id].name);
    if (!place.p)
        return err_nomem(r->e);
    r->o->value[id] = (struct option_value){.origin = ORIGIN_FLAG, .text = "true", .number = 1, .place = place.p};
    return PAWL_OK;
}

static int unknown_long(struct reader *r, struct slice name)
{
    err_set(r->e, PAWL_USAGE, "unknown option --" SLICE_FMT, SLICE_ARG(name));
    struct suggest s = suggest_for(name);
    for (int i = 0; i < OPT_COUNT; i++)
        suggest_offer(&s, option_table[i].name);
    if (s.best)
        err_hint(r->e, "did you mean --%s?", s.best);
    else
        err_hint(r->e, "`pawl help` lists the options");
    return PAWL_USAGE;
}

/* Commands may give one name different meanings: then that of the command which stands before the option. */
static int named(const struct reader *r, struct slice name)
{
    int found = OPT_COUNT;
    for (int i = 0; i < OPT_COUNT; i++) {
        bool here = r->o->command != COMMAND_NONE && option_serves(&option_table[i], r->o->command);
        if (slice_eq(name, slice_of(option_table[i].name)) && (found == OPT_COUNT || here))
            found = i;
    }
    return found;
}

static int read_long(struct reader *r, char *word)
{
    struct slice all = slice_of(word);
    size_t eq = slice_find_byte(all, '=');
    struct slice name = slice_sub(all, 0, eq);
    int i = named(r, name);
    if (i == OPT_COUNT)
        return unknown_long(r, name);
    const struct option_info *info = &option_table[i];
    if (info->type == OPTION_FLAG && eq != SIZE_MAX)
        return err_set(r->e, PAWL_USAGE, "option --%s takes no value", info->name);
    if (info->type == OPTION_FLAG)
        return set_flag(r, (enum option_id)i);
    return eq == SIZE_MAX ? next_value(r, (enum option_id)i) : set_value(r, (enum option_id)i, word + eq + 1);
}

static int read_letters(struct reader *r, char *letters)
{
    for (char *p = letters; *p; p++) {
        int id = 0;
        while (id < OPT_COUNT && option_table[id].letter != *p)
            id++;
        if (id == OPT_COUNT) {
            err_set(r->e, PAWL_USAGE, "unknown option -%c", *p);
            err_hint(r->e, "`pawl help` lists the options");
            return PAWL_USAGE;
        }
        if (option_table[id].type != OPTION_FLAG)
            return p[1] ? set_value(r, (enum option_id)id, p + 1) : next_value(r, (enum option_id)id);
        int rc = set_flag(r, (enum option_id)id);
        if (rc)
            return rc;
    }
    return PAWL_OK;
}

static int read_command(struct reader *r, const char *word)
{
    r->o->command = command_find(word);
    if (r->o->command != COMMAND_NONE)
        return PAWL_OK;
    err_set(r->e, PAWL_USAGE, "unknown command '%s'", word);
    struct suggest s = suggest_for(slice_of(word));
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        suggest_offer(&s, command_table[c].name);
    if (s.best)
        err_hint(r->e, "did you mean `pawl %s`?", s.best);
    else
        err_hint(r->e, "`pawl help` lists the commands");
    return PAWL_USAGE;
}

static int read_word(struct reader *r, char *word)
{
    if (r->o->command == COMMAND_NONE)
        return read_command(r, word);
    r->o->args[r->o->n_args++] = word;
    return PAWL_OK;
}

/* ---- what only the whole line can tell --------------------------------------------------------------------------- */

static int check_group(const struct options *o, int id, struct pawl_error *e)
{
    for (int other = 0; other < id; other++)
        if (o->value[other].origin == ORIGIN_FLAG && option_table[other].group &&
            strcmp(option_table[other].group, option_table[id].group) == 0)
            return err_set(e, PAWL_USAGE, "--%s and --%s exclude each other", option_table[other].name,
                           option_table[id].name);
    return PAWL_OK;
}

static int check_options(const struct options *o, struct pawl_error *e)
{
    for (int id = 0; id < OPT_COUNT; id++) {
        if (o->value[id].origin != ORIGIN_FLAG)
            continue;
        if (!option_serves(&option_table[id], o->command)) {
            err_set(e, PAWL_USAGE, "--%s is not an option of `pawl %s`", option_table[id].name,
                    command_table[o->command].name);
            err_hint(e, "`pawl help %s` lists its options", command_table[o->command].name);
            return PAWL_USAGE;
        }
        int rc = option_table[id].group ? check_group(o, id, e) : PAWL_OK;
        if (rc)
            return rc;
    }
    return PAWL_OK;
}

static int check_line(const struct options *o, struct pawl_error *e)
{
    if (o->value[OPT_HELP].number || o->value[OPT_VERSION].number)
        return PAWL_OK;
    if (o->command == COMMAND_NONE) {
        err_set(e, PAWL_USAGE, "no command given");
        err_hint(e, "`pawl help` lists the commands");
        return PAWL_USAGE;
    }
    const struct command_info *c = &command_table[o->command];
    if (o->n_args > c->max) {
        err_set(e, PAWL_USAGE, "`pawl %s` does not take '%s'", c->name, o->args[c->max]);
        err_hint(e, "it is used as: pawl %s%s%s", c->name, c->arguments ? " " : "", c->arguments ? c->arguments : "");
        return PAWL_USAGE;
    }
    if (o->n_args < c->min) {
        err_set(e, PAWL_USAGE, "`pawl %s` needs %s", c->name, c->arguments);
        err_hint(e, "`pawl help %s` explains it", c->name);
        return PAWL_USAGE;
    }
    return check_options(o, e);
}

int options_parse(struct arena *a, struct options *o, int argc, char **argv, struct pawl_error *e)
{
    struct reader r = {a, o, argc, 1, argv, e};
    bool only_words = false;
    memset(o, 0, sizeof *o);
    o->args = arena_array(a, (size_t)argc + 1, sizeof *o->args);
    if (!o->args)
        return err_nomem(e);
    for (; r.at < argc; r.at++) {
        char *word = argv[r.at];
        int rc;
        if (only_words || word[0] != '-' || !word[1])
            rc = read_word(&r, word);
        else if (strcmp(word, "--") == 0) {
            only_words = true;
            rc = PAWL_OK;
        } else
            rc = word[1] == '-' ? read_long(&r, word + 2) : read_letters(&r, word + 1);
        if (rc)
            return rc;
    }
    return check_line(o, e);
}
