#include "engine/mention.h"

#include "base/map.h"
#include "schema/item.h"
#include "source/text.h"

static const char there; /* only that a key is in the map counts */

#define LONGEST 256 /* bytes of a word; what is longer is compared by its beginning */

static bool is_word_byte(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x80 || u == '_' || u == '$' || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') ||
           (u >= 'A' && u <= 'Z');
}

/* The next word from *at, in small letters in `buffer`; n = 0: there is none. */
static struct slice next_word(struct slice text, size_t *at, char buffer[LONGEST])
{
    size_t n = 0;
    while (*at < text.n && !is_word_byte(text.p[*at]))
        ++*at;
    for (; *at < text.n && is_word_byte(text.p[*at]); ++*at) {
        char c = text.p[*at];
        if (n < LONGEST)
            buffer[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct slice){buffer, n};
}

/* Of what is made by name alone; what hangs on a table comes with the table. A schema that is always there says nothing. */
static bool has_own_name(const struct item *it)
{
    static const char *const kinds[] = {"table",  "foreign-table", "view",      "materialized-view",  "composite",
                                        "domain", "range",         "type",      "function",           "aggregate",
                                        "enum",   "sequence",      "collation", "text-configuration", "text-dictionary",
                                        "schema", "publication",   "server",    "event-trigger",      "virtual-table"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (item_kind(it, kinds[i]))
            return it->n_parts > 0 && !(item_kind(it, "schema") && slice_eq(it->parts[0], SLICE("public")));
    return false;
}

/* Adds the first word of the name: enough to be careful. */
static int add_name(struct arena *a, struct map *names, struct slice line, bool all_kinds, struct pawl_error *e)
{
    struct item it;
    char buffer[LONGEST];
    size_t at = 0;
    int code = item_read(a, line, &it, e);
    if (code || !it.n_parts || !(all_kinds || has_own_name(&it)))
        return code;
    struct slice word = arena_dup(a, next_word(it.parts[it.n_parts - 1], &at, buffer));
    return word.p && map_set(a, names, word, (void *)(uintptr_t)&there) ? PAWL_OK : err_nomem(e);
}

static bool names_one(const struct map *names, struct slice text)
{
    char buffer[LONGEST];
    for (size_t at = 0;;) {
        struct slice word = next_word(text, &at, buffer);
        if (!word.n)
            return false;
        if (map_get(names, word))
            return true;
    }
}

static int read_names(struct arena *a, const struct slice *lines, size_t n, bool all_kinds, struct map *out,
                      struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < n && !code; i++)
        code = add_name(a, out, lines[i], all_kinds, e);
    return code;
}

static int look_for(const struct map *names, const struct migration *m, bool *out, struct pawl_error *e)
{
    struct text text;
    int code = text_open(&m->up, &text, e);
    if (code)
        return code;
    *out = names_one(names, text.sql);
    text_close(&text);
    return PAWL_OK;
}

int mention_any(const struct run *r, const struct slice *lines, size_t n, bool *out, struct pawl_error *e)
{
    ARENA(tmp);
    struct map names = {0};
    *out = false;
    int code = read_names(&tmp, lines, n, false, &names, e);
    for (size_t k = 0; k < r->set->n && names.n && !code && !*out; k++)
        code = look_for(&names, &r->set->items[k], out, e);
    return code;
}

int mention_in(const struct migration *m, const struct slice *lines, size_t n, bool *out, struct pawl_error *e)
{
    ARENA(tmp);
    struct map names = {0};
    *out = false;
    int code = read_names(&tmp, lines, n, true, &names, e);
    return code || !names.n ? code : look_for(&names, m, out, e);
}

/* Several names may begin with the same word. */
struct named {
    bool *mentioned;
    struct named *next;
};

static int list_names(struct arena *a, const struct slice *names, size_t n, bool *mentions, struct map *out,
                      struct pawl_error *e)
{
    for (size_t i = 0; i < n; i++) {
        char buffer[LONGEST];
        size_t at = 0;
        struct slice word = arena_dup(a, next_word(names[i], &at, buffer));
        struct named *named = arena_alloc(a, sizeof *named);
        if (!word.p || !named)
            return err_nomem(e);
        *named = (struct named){&mentions[i], map_get(out, word)};
        if (!map_set(a, out, word, named))
            return err_nomem(e);
    }
    return PAWL_OK;
}

int mention_names(const struct migration *m, const struct slice *names, size_t n, bool *mentions, struct pawl_error *e)
{
    ARENA(tmp);
    struct map words = {0};
    struct text text;
    char buffer[LONGEST];
    struct slice word;
    int code = list_names(&tmp, names, n, mentions, &words, e);
    if (!code)
        code = text_open(&m->up, &text, e);
    if (code)
        return code;
    for (size_t at = 0; (word = next_word(text.sql, &at, buffer)).n;)
        for (const struct named *x = map_get(&words, word); x; x = x->next)
            *x->mentioned = true;
    text_close(&text);
    return PAWL_OK;
}
