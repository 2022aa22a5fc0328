#include "cli/config.h"

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/suggest.h"
#include "sys/file.h"

#define FILE_MAX (1u << 20)

struct loader {
    struct arena *arena;
    struct options *o;
    struct config *c;
    const char *const *environment;
    struct dotenv dotenv;
    struct toml_value root;
    const struct toml_value *section; /* [env.NAME] of the named environment, or NULL */
    struct slice folder;              /* of the file, with its slash; empty for the current one */
    struct pawl_error *e;
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* *found is false if there is no such file; that is an error only for some callers. */
static int read_file(struct loader *l, const char *path, struct slice *out, bool *found)
{
    struct file_info info;
    int rc = file_look(path, &info, l->e);
    *found = !rc && info.kind != FILE_NONE;
    return *found ? file_read(l->arena, path, FILE_MAX, out, l->e) : rc;
}

static int fail_at(struct loader *l, const struct toml_value *v, const char *message)
{
    err_set(l->e, PAWL_CONFIG, "%s", message);
    err_place(l->e, slice_of(l->c->file), v->line, v->column);
    return PAWL_CONFIG;
}

static const char *place_of(struct loader *l, const struct toml_value *v)
{
    return arena_printf(l->arena, "%s:%u:%u", l->c->file, v->line, v->column).p;
}

/* A string that can go on as a C string. */
static int read_text(struct loader *l, const struct toml_value *v, const char *key, const char **out)
{
    if (v->kind != TOML_STRING) {
        STRBUF(b, 200);
        strbuf_addf(&b, "%s must be a string, not of kind %s", key, toml_kind_name(v->kind));
        return fail_at(l, v, strbuf_z(&b));
    }
    if (slice_find_byte(v->text, '\0') != SIZE_MAX)
        return fail_at(l, v, "a NUL character in a value");
    *out = v->text.p;
    return PAWL_OK;
}

static int read_boolean(struct loader *l, const struct toml_value *v, const char *key, bool *out)
{
    if (v->kind != TOML_BOOLEAN) {
        STRBUF(b, 200);
        strbuf_addf(&b, "%s must be true or false", key);
        return fail_at(l, v, strbuf_z(&b));
    }
    *out = v->boolean;
    return PAWL_OK;
}

static int unknown_key(struct loader *l, const struct toml_entry *entry, const struct suggest *s, const char *what)
{
    err_set(l->e, PAWL_CONFIG, "unknown %s '" SLICE_FMT "'", what, SLICE_ARG(entry->key));
    err_place(l->e, slice_of(l->c->file), entry->value.line, entry->value.column);
    if (s->best)
        err_hint(l->e, "did you mean '%s'?", s->best);
    else
        err_hint(l->e, "`man pawl.toml` lists the keys");
    return PAWL_CONFIG;
}

static const char *variable(const struct loader *l, struct slice name)
{
    const char *value = environment_get(l->environment, name);
    const struct dotenv_entry *entry = value ? NULL : dotenv_get(&l->dotenv, name);
    return entry ? entry->value : value;
}

/* Replaces each ${NAME}. *missing is the first name without a value, empty if there is none. */
static int expand(struct loader *l, const char *text, const char **out, struct slice *missing)
{
    struct slice rest = slice_of(text);
    STRBUF(b, FILE_MAX);
    *missing = (struct slice){NULL, 0};
    for (;;) {
        size_t open = slice_find(rest, SLICE("${"));
        strbuf_add(&b, slice_sub(rest, 0, open));
        if (open == SIZE_MAX)
            break;
        rest = slice_sub(rest, open + 2, rest.n);
        size_t close = slice_find_byte(rest, '}');
        struct slice name = slice_sub(rest, 0, close);
        const char *value = variable(l, name);
        if (!value && !missing->p)
            *missing = name;
        strbuf_addz(&b, value);
        rest = close == SIZE_MAX ? SLICE("") : slice_sub(rest, close + 1, rest.n);
    }
    *out = strbuf_ok(&b) ? arena_strz(l->arena, strbuf_slice(&b)) : NULL;
    return *out ? PAWL_OK : err_nomem(l->e);
}

/* A URL of the file, whose variables must all be there. */
static int expand_all(struct loader *l, const struct toml_value *v, const char *text, const char **out)
{
    struct slice missing;
    int rc = expand(l, text, out, &missing);
    if (rc || !missing.p)
        return rc;
    err_set(l->e, PAWL_CONFIG, "the variable '" SLICE_FMT "' is not set", SLICE_ARG(missing));
    err_place(l->e, slice_of(l->c->file), v->line, v->column);
    err_hint(l->e, "set it in the environment or in .env");
    return PAWL_CONFIG;
}

/* Paths in the file are relative to the folder it stands in. */
static int from_folder(struct loader *l, const char *path, const char **out)
{
    *out = path;
    if (path[0] == '/' || !path[0] || !l->folder.n)
        return PAWL_OK;
    *out = arena_printf(l->arena, SLICE_FMT "%s", SLICE_ARG(l->folder), path).p;
    return *out ? PAWL_OK : err_nomem(l->e);
}

static int add_item(struct loader *l, const struct toml_value *v, struct slice text, bool path,
                    struct option_value *out)
{
    const char *item = text.p;
    if (!text.n || slice_find_byte(text, '\0') != SIZE_MAX)
        return fail_at(l, v, "an empty value, or one with a NUL character");
    int rc = path ? from_folder(l, item, &item) : PAWL_OK;
    if (rc)
        return rc;
    out->origin = ORIGIN_FILE;
    out->text = item;
    return option_add(l->arena, out, item, l->e);
}

/* A string, or an array of strings. */
static int read_list(struct loader *l, const struct toml_value *v, bool path, struct option_value *out)
{
    if (v->kind == TOML_STRING)
        return add_item(l, v, v->text, path, out);
    if (v->kind != TOML_ARRAY)
        return fail_at(l, v, "a string or an array of strings is needed here");
    int rc = PAWL_OK;
    for (size_t i = 0; !rc && i < v->n_items; i++)
        rc = add_item(l, v, v->items[i], path, out);
    return rc;
}

/* ---- options from the file --------------------------------------------------------------------------------------- */

static int value_text(struct loader *l, const struct option_info *info, const struct toml_value *v, const char **out)
{
    bool number = info->type == OPTION_NUMBER || info->type == OPTION_DURATION;
    if (v->kind == TOML_INTEGER && number)
        *out = arena_printf(l->arena, "%lld", (long long)v->integer).p;
    else if (v->kind == TOML_BOOLEAN && info->type == OPTION_FLAG)
        *out = v->boolean ? "true" : "false";
    else
        return read_text(l, v, info->key, out);
    return *out ? PAWL_OK : err_nomem(l->e);
}

static int read_list_option(struct loader *l, enum option_id id, const struct toml_value *v, enum origin origin,
                            bool take)
{
    struct option_value read = {.place = place_of(l, v)};
    int rc = read.place ? read_list(l, v, option_table[id].type == OPTION_PATH, &read) : err_nomem(l->e);
    read.origin = origin;
    if (!rc && take)
        l->o->value[id] = read;
    return rc;
}

/* Checks a value of the file and, if nothing stronger spoke, takes it. */
static int read_option(struct loader *l, enum option_id id, const struct toml_value *v, enum origin origin, bool take)
{
    const struct option_info *info = &option_table[id];
    if (info->list)
        return read_list_option(l, id, v, origin, take);
    const char *text, *place = place_of(l, v);
    struct option_value read;
    int rc = place ? value_text(l, info, v, &text) : err_nomem(l->e);
    if (!rc && take && info->secret)
        rc = expand_all(l, v, text, &text);
    if (!rc && take && info->type == OPTION_PATH)
        rc = from_folder(l, text, &text);
    if (rc)
        return rc;
    rc = option_read(info, text, origin, info->key, &read, l->e);
    if (rc) {
        err_place(l->e, slice_of(l->c->file), v->line, v->column);
        return rc;
    }
    read.place = place;
    if (take)
        l->o->value[id] = read;
    return PAWL_OK;
}

static int find_option(struct slice key)
{
    for (int id = 0; id < OPT_COUNT; id++)
        if (option_table[id].key && slice_eq(key, slice_of(option_table[id].key)))
            return id;
    return OPT_COUNT;
}

/* The keys that are options, and `protected`, of the top level or of one [env.NAME]. */
static int read_options(struct loader *l, const struct toml_value *table, bool top, bool take)
{
    enum origin origin = top ? ORIGIN_FILE : ORIGIN_SECTION;
    for (const struct toml_entry *entry = table->first; entry; entry = entry->next) {
        bool is_table = slice_eq(entry->key, SLICE("findings")) || slice_eq(entry->key, SLICE("env")) ||
                        slice_eq(entry->key, SLICE("scratch"));
        if (top && is_table) { /* each is read by its own function */
            if (entry->value.kind != TOML_TABLE && !slice_eq(entry->key, SLICE("env")))
                return fail_at(l, &entry->value, "this must be a table, like [findings] or [scratch.sqlite]");
            continue;
        }
        if (slice_eq(entry->key, SLICE("protected"))) {
            bool on;
            int rc = read_boolean(l, &entry->value, "protected", &on);
            if (rc)
                return rc;
            continue;
        }
        int id = find_option(entry->key);
        if (id == OPT_COUNT || (!top && option_table[id].top_only)) {
            struct suggest s = suggest_for(entry->key);
            for (int i = 0; i < OPT_COUNT; i++)
                if (option_table[i].key && (top || !option_table[i].top_only))
                    suggest_offer(&s, option_table[i].key);
            suggest_offer(&s, "protected");
            if (top) {
                suggest_offer(&s, "findings");
                suggest_offer(&s, "scratch");
            }
            return unknown_key(l, entry, &s, "key");
        }
        bool stronger = l->o->value[id].origin != ORIGIN_NONE;
        int rc = read_option(l, (enum option_id)id, &entry->value, origin, take && !stronger);
        if (rc)
            return rc;
    }
    return PAWL_OK;
}

/* ---- environments ------------------------------------------------------------------------------------------------ */

static bool is_true(const struct toml_value *table, const struct toml_value *otherwise)
{
    const struct toml_value *v = table ? toml_get(table, SLICE("protected")) : NULL;
    if (!v)
        v = otherwise;
    return v && v->kind == TOML_BOOLEAN && v->boolean;
}

static int add_protected(struct loader *l, const struct toml_value *section, size_t *cap)
{
    const struct toml_value *v = toml_get(section, SLICE("url"));
    if (!v)
        v = toml_get(&l->root, SLICE("url"));
    if (!v)
        return PAWL_OK;
    const char *text;
    struct slice missing;
    int rc = read_text(l, v, "url", &text);
    if (!rc)
        rc = expand(l, text, &text, &missing);
    if (rc)
        return rc;
    if (missing.p) {
        l->c->n_protected_unknown++;
        return PAWL_OK;
    }
    if (!arena_grow(l->arena, (void **)&l->c->protected_urls, cap, l->c->n_protected_urls, sizeof(char *)))
        return err_nomem(l->e);
    l->c->protected_urls[l->c->n_protected_urls++] = text;
    return PAWL_OK;
}

/* Whoever types --env prodution must not end up in an environment that nothing protects. */
static int check_environment(struct loader *l, const struct toml_value *all)
{
    static const char *const usual[] = {"dev", "test", "ci"};
    const char *name = l->c->environment;
    if (!name || l->section || !all)
        return PAWL_OK;
    struct suggest s = suggest_for(slice_of(name));
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcmp(name, usual[i]) == 0)
            return PAWL_OK;
    for (const struct toml_entry *entry = all->first; entry; entry = entry->next)
        suggest_offer(&s, entry->key.p);
    err_set(l->e, PAWL_CONFIG, "there is no environment '%s' in %s", name, l->c->file);
    if (s.best)
        err_hint(l->e, "did you mean '%s'?", s.best);
    else
        err_hint(l->e, "add a section [env.%s]", name);
    return PAWL_CONFIG;
}

static int read_environments(struct loader *l)
{
    const struct toml_value *all = toml_get(&l->root, SLICE("env"));
    const struct toml_value *top = toml_get(&l->root, SLICE("protected"));
    size_t cap = 0;
    if (all && all->kind != TOML_TABLE)
        all = NULL;
    for (const struct toml_entry *entry = all ? all->first : NULL; entry; entry = entry->next) {
        if (entry->value.kind != TOML_TABLE)
            return fail_at(l, &entry->value, "an environment must be a table, like [env.dev]");
        bool named = l->c->environment && slice_eq(entry->key, slice_of(l->c->environment));
        if (named)
            l->section = &entry->value;
        int rc = read_options(l, &entry->value, false, named);
        if (!rc && is_true(&entry->value, top))
            rc = add_protected(l, &entry->value, &cap);
        if (rc)
            return rc;
    }
    l->c->is_protected = is_true(l->section, top);
    return check_environment(l, all);
}

/* A file without [env.NAME] tables may also say `env = "dev"`; with them TOML leaves only `default_env`. */
static int name_environment(struct loader *l)
{
    const struct toml_value *v = toml_get(&l->root, SLICE("env"));
    if (!v || v->kind == TOML_TABLE)
        v = toml_get(&l->root, SLICE("default_env"));
    else if (toml_get(&l->root, SLICE("default_env")))
        return fail_at(l, v, "env and default_env say the same thing; leave one out");
    int rc = PAWL_OK;
    if (v)
        rc = read_option(l, OPT_ENV, v, ORIGIN_FILE, l->o->value[OPT_ENV].origin == ORIGIN_NONE);
    l->c->environment = l->o->value[OPT_ENV].text;
    return rc;
}

/* ---- findings and scratch databases ------------------------------------------------------------------------------ */

static int find_level(struct loader *l, const struct toml_value *v, enum pawl_level *level)
{
    for (int i = PAWL_LEVEL_OFF; i <= PAWL_LEVEL_ERROR; i++) {
        *level = (enum pawl_level)i;
        if (v->kind == TOML_STRING && slice_eq(v->text, slice_of(pawl_level_name(*level))))
            return PAWL_OK;
    }
    return fail_at(l, v, "the level of a finding must be \"off\", \"note\", \"warning\" or \"error\"");
}

static int read_findings(struct loader *l)
{
    const struct toml_value *table = toml_get(&l->root, SLICE("findings"));
    size_t cap = 0;
    for (const struct toml_entry *entry = table ? table->first : NULL; entry; entry = entry->next) {
        struct suggest s = suggest_for(entry->key);
        int id = 0;
        for (; id < PAWL_FINDING_COUNT; id++) {
            const char *code = pawl_finding_code((enum pawl_finding_id)id);
            if (slice_eq(entry->key, slice_of(code)))
                break;
            suggest_offer(&s, code);
        }
        if (id == PAWL_FINDING_COUNT)
            return unknown_key(l, entry, &s, "finding");
        struct pawl_level_setting setting = {(enum pawl_finding_id)id, PAWL_LEVEL_OFF};
        int rc = find_level(l, &entry->value, &setting.level);
        if (rc)
            return rc;
        if (!arena_grow(l->arena, (void **)&l->c->levels, &cap, l->c->n_levels, sizeof setting))
            return err_nomem(l->e);
        l->c->levels[l->c->n_levels++] = setting;
    }
    return PAWL_OK;
}

static int read_scratch(struct loader *l, const struct toml_value *table, bool sqlite, struct config_scratch *out)
{
    const struct {
        const char *key;
        bool path, all_engines;
        struct option_value *list;
    } keys[] = {
        {"setup", true, true, &out->setup},
        {"stubs", false, false, &out->stubs},
        {"extensions", true, false, &out->extensions},
    };
    const size_t n = sizeof keys / sizeof *keys;
    for (const struct toml_entry *entry = table->first; entry; entry = entry->next) {
        struct suggest s = suggest_for(entry->key);
        size_t i = 0;
        while (i < n && !((sqlite || keys[i].all_engines) && slice_eq(entry->key, slice_of(keys[i].key))))
            suggest_offer(&s, keys[i++].key);
        int rc = i < n ? read_list(l, &entry->value, keys[i].path, keys[i].list) : unknown_key(l, entry, &s, "key");
        if (rc)
            return rc;
    }
    return PAWL_OK;
}

const char *const config_engine_names[CONFIG_ENGINES] = {"sqlite", "postgres"};

static int read_scratches(struct loader *l)
{
    const struct toml_value *table = toml_get(&l->root, SLICE("scratch"));
    for (const struct toml_entry *entry = table ? table->first : NULL; entry; entry = entry->next) {
        struct suggest s = suggest_for(entry->key);
        int i = 0;
        while (i < CONFIG_ENGINES && !slice_eq(entry->key, slice_of(config_engine_names[i])))
            suggest_offer(&s, config_engine_names[i++]);
        if (i == CONFIG_ENGINES || entry->value.kind != TOML_TABLE)
            return unknown_key(l, entry, &s, "engine");
        int rc = read_scratch(l, &entry->value, i == CONFIG_SQLITE, &l->c->scratch[i]);
        if (rc)
            return rc;
    }
    return PAWL_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int read_variable(struct loader *l, enum option_id id)
{
    const struct option_info *info = &option_table[id];
    struct option_value *value = &l->o->value[id];
    if (value->origin != ORIGIN_NONE || !info->variable || !option_serves(info, l->o->command))
        return PAWL_OK;
    const char *text = environment_get(l->environment, slice_of(info->variable));
    const struct dotenv_entry *entry = text ? NULL : dotenv_get(&l->dotenv, slice_of(info->variable));
    if (entry)
        text = entry->value;
    if (!text || !text[0]) /* empty is how shells and compose files say unset */
        return PAWL_OK;
    const char *place =
        entry ? arena_printf(l->arena, ".env:%u", entry->line).p : arena_printf(l->arena, "$%s", info->variable).p;
    if (!place)
        return err_nomem(l->e);
    return option_read(info, text, entry ? ORIGIN_DOTENV : ORIGIN_VARIABLE, place, value, l->e);
}

static int read_dotenv(struct loader *l)
{
    struct slice text;
    bool found;
    if (option_flag(l->o, OPT_NO_DOTENV))
        return PAWL_OK;
    int rc = read_file(l, ".env", &text, &found);
    if (rc || !found)
        return rc;
    return dotenv_parse(l->arena, text, SLICE(".env"), l->environment, &l->dotenv, l->e);
}

static int read_toml(struct loader *l)
{
    const char *asked = l->o->value[OPT_CONFIG].text;
    const char *path = asked ? asked : "pawl.toml";
    struct slice text;
    bool found;
    int rc = read_file(l, path, &text, &found);
    if (!rc && !found && asked)
        rc = err_set(l->e, PAWL_CONFIG, "there is no file %s, named by %s", path, l->o->value[OPT_CONFIG].place);
    if (rc || !found)
        return rc;
    l->c->file = path;
    const char *slash = strrchr(path, '/');
    l->folder = slash ? (struct slice){path, (size_t)(slash - path) + 1} : (struct slice){NULL, 0};
    return toml_parse(l->arena, text, slice_of(path), &l->root, l->e);
}

/* Saying --env dev and landing in another database because a variable is set is worth a word. */
static int note_override(struct loader *l)
{
    const struct option_value *url = &l->o->value[OPT_URL];
    const struct toml_value *v = l->section ? toml_get(l->section, SLICE("url")) : NULL;
    if (!v || (url->origin != ORIGIN_VARIABLE && url->origin != ORIGIN_DOTENV))
        return PAWL_OK;
    l->c->note =
        arena_printf(l->arena, "the url of [env.%s] is not used: %s is stronger", l->c->environment, url->place).p;
    return l->c->note ? PAWL_OK : err_nomem(l->e);
}

static int read_fallbacks(struct loader *l)
{
    for (int id = 0; id < OPT_COUNT; id++) {
        const struct option_info *info = &option_table[id];
        if (l->o->value[id].origin != ORIGIN_NONE || !info->fallback)
            continue;
        int rc = option_read(info, info->fallback, ORIGIN_FALLBACK, "default", &l->o->value[id], l->e);
        if (rc)
            return rc;
    }
    const char *no_color = environment_get(l->environment, SLICE("NO_COLOR"));
    if (l->o->value[OPT_COLOR].origin == ORIGIN_FALLBACK && no_color && no_color[0])
        return option_read(&option_table[OPT_COLOR], "never", ORIGIN_VARIABLE, "$NO_COLOR", &l->o->value[OPT_COLOR],
                           l->e);
    return PAWL_OK;
}

int config_load(struct arena *a, struct options *o, const char *const *environment, struct config *c,
                struct pawl_error *e)
{
    struct loader l = {.arena = a, .o = o, .c = c, .environment = environment, .root.kind = TOML_TABLE, .e = e};
    *c = (struct config){0};
    int rc = read_dotenv(&l);
    for (int id = 0; !rc && id < OPT_COUNT; id++)
        rc = read_variable(&l, (enum option_id)id);
    rc = rc ? rc : read_toml(&l);
    rc = rc ? rc : name_environment(&l);
    rc = rc ? rc : read_environments(&l);
    rc = rc ? rc : read_options(&l, &l.root, true, true);
    rc = rc ? rc : read_findings(&l);
    rc = rc ? rc : read_scratches(&l);
    rc = rc ? rc : note_override(&l);
    return rc ? rc : read_fallbacks(&l);
}
