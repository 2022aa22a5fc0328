#include "schema/sqlite_known.h"

#include "base/mem.h"

void known_clear(struct known *k)
{
    mem_free(k->rows);
    *k = (struct known){0};
}

bool known_add(struct known *k, const struct known_row *row)
{
    if (k->n == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 64;
        struct known_row *rows = mem_realloc(k->rows, cap * sizeof *rows);
        if (!rows)
            return false;
        k->rows = rows;
        k->cap = cap;
    }
    k->rows[k->n++] = *row;
    return true;
}

void known_remove(struct known *k, size_t i)
{
    k->n--;
    memmove(&k->rows[i], &k->rows[i + 1], (k->n - i) * sizeof *k->rows);
}

/* FNV-1a over lower case: SQLite's names are equal without ASCII case. */
uint64_t known_hash(struct slice name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001b3u;
    }
    return h;
}

static void on_touch(void *context, struct slice name, unsigned how)
{
    struct touched_names *t = context;
    if (!(how & DB_TOUCH_SHAPE) || t->all)
        return;
    uint64_t h = known_hash(name);
    for (size_t i = 0; i < t->n; i++)
        if (t->names[i] == h)
            return;
    if (name.n == 0 || t->n == TOUCHED_NAMES)
        t->all = true;
    else
        t->names[t->n++] = h;
}

void touched_read(struct db *db, uint64_t since, struct touched_names *out)
{
    *out = (struct touched_names){.n = 0};
    if (!db->driver->touched || !db->driver->touched(db, since, on_touch, out))
        out->all = true;
}

bool touched_has(const struct touched_names *t, const struct known_row *row)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->names[i] == row->name || t->names[i] == row->table)
            return true;
    return false;
}

size_t touched_next(const struct touched_names *t, const struct known *k, size_t from)
{
    while (from < k->n && !touched_has(t, &k->rows[from]))
        from++;
    return from;
}
