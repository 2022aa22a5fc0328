#include "api/unfinished.h"

#include "source/directory.h"
#include "source/name.h"
#include "source/replaces.h"
#include "sys/folder.h"

#define TEXT_MAX_BYTES ((size_t)1 << 30)

struct looking {
    struct arena *a;   /* of the handle */
    struct arena *tmp; /* texts */
    const char *dir;
    int64_t version;
    struct folder_list files;
    struct hasher hasher;
    const struct replaced *list; /* of the baseline */
    size_t n_list;
    struct unfinished *out;
};

static bool is_baseline(const struct name *n, int64_t version)
{
    return n->version == version && slice_eq(n->description, SLICE("baseline"));
}

static const char *path_of(const struct looking *x, struct slice name)
{
    return source_path(x->a, x->dir, name).p;
}

/* The name of the i-th file, if it is one of a migration. */
static bool read_name(const struct looking *x, size_t i, struct name *out)
{
    if (x->files.items[i].kind != FILE_REGULAR)
        return false;
    name_parse(x->files.items[i].name, out);
    return out->kind == NAME_UP || out->kind == NAME_DOWN;
}

static int find_baseline(struct looking *x, struct pawl_error *e)
{
    struct slice text;
    struct replaces_fault fault;
    struct unfinished *out = x->out;
    for (size_t i = 0; i < x->files.n; i++) {
        struct name n;
        if (!read_name(x, i, &n) || !is_baseline(&n, x->version))
            continue;
        const char **path = n.kind == NAME_UP ? &out->up : &out->down;
        *path = path_of(x, x->files.items[i].name);
        if (!*path)
            return err_nomem(e);
    }
    if (!out->up)
        return PAWL_OK;
    int code = file_read(x->tmp, out->up, TEXT_MAX_BYTES, &text, e);
    if (!code)
        code = replaces_read(x->tmp, text, x->version, &x->list, &x->n_list, &fault, e);
    out->baseline = !code && x->n_list > 0 && !fault.line;
    return code;
}

static int belongs(struct looking *x, const struct name *n, const char *path, bool *out, struct pawl_error *e)
{
    struct slice text;
    unsigned char sum[SHA384_BYTES];
    *out = false;
    bool listed = false;
    for (size_t k = 0; k < x->n_list; k++)
        listed |= x->list[k].version == n->version;
    int code = listed ? file_read(x->tmp, path, TEXT_MAX_BYTES, &text, e) : PAWL_OK;
    if (code || !listed)
        return code;
    if (!hasher_sum(&x->hasher, text, sum))
        return err_nomem(e);
    for (size_t k = 0; k < x->n_list; k++)
        *out |= x->list[k].version == n->version && replaced_is(&x->list[k], (struct slice){(char *)sum, sizeof sum});
    return PAWL_OK;
}

static int add(struct looking *x, const char *path, struct pawl_error *e)
{
    struct unfinished *out = x->out;
    if (!path || !arena_grow(x->a, (void **)&out->leftovers, &out->cap, out->n, sizeof *out->leftovers))
        return err_nomem(e);
    out->leftovers[out->n++] = path;
    return PAWL_OK;
}

/* The down of an up has its version and its description. */
static int add_down(struct looking *x, const struct name *up, struct pawl_error *e)
{
    for (size_t i = 0; i < x->files.n; i++) {
        struct name n;
        if (read_name(x, i, &n) && n.kind == NAME_DOWN && n.version == up->version &&
            slice_eq(n.description, up->description))
            return add(x, path_of(x, x->files.items[i].name), e);
    }
    return PAWL_OK;
}

static int list_leftovers(struct looking *x, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < x->files.n && !code; i++) {
        struct name n;
        bool ours = false;
        if (!read_name(x, i, &n) || n.kind != NAME_UP || is_baseline(&n, x->version))
            continue;
        const char *path = path_of(x, x->files.items[i].name);
        code = path ? belongs(x, &n, path, &ours, e) : err_nomem(e);
        if (!code && ours)
            code = add(x, path, e);
        if (!code && ours)
            code = add_down(x, &n, e);
    }
    x->out->begun = x->out->n > 0;
    return code;
}

static int look(struct looking *x, struct pawl_error *e)
{
    struct folder folder;
    int code = folder_open(x->dir, &folder, NULL, e);
    if (code)
        return code;
    code = folder_list(x->tmp, &folder, &x->files, e);
    folder_close(&folder);
    if (!code)
        code = find_baseline(x, e);
    if (!code && x->out->baseline)
        code = list_leftovers(x, e);
    if (!x->out->up)
        x->out->stray = x->out->down;
    return code;
}

int unfinished_look(struct pawl *p, int64_t version, struct unfinished *out, struct pawl_error *e)
{
    ARENA(tmp);
    struct looking x = {.a = &p->arena, .tmp = &tmp, .dir = p->config.dir, .version = version, .out = out};
    *out = (struct unfinished){0};
    if (!hasher_init_sha384(&x.hasher))
        return err_nomem(e);
    int code = look(&x, e);
    hasher_clear(&x.hasher);
    return code;
}
