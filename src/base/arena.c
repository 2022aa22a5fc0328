#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

#define BLOCK_SIZE 4096
#define BLOCK_MAX (1 << 20)

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) unsigned char bytes[];
};

void arena_clear(struct arena *a)
{
    struct arena_block *b = a->head;
    while (b) {
        struct arena_block *next = b->next;
        mem_free(b);
        b = next;
    }
    a->head = NULL;
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->head;
    if (!keep)
        return;
    a->head = keep->next;
    arena_clear(a);
    memset(keep->bytes, 0, keep->used);
    keep->used = 0;
    keep->next = NULL;
    a->head = keep;
}

/* Blocks double up to BLOCK_MAX, so that a large arena has few of them and a small one stays small. */
static struct arena_block *add_block(struct arena *a, size_t need)
{
    size_t size = a->head ? a->head->size * 2 : BLOCK_SIZE;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (size < need)
        size = need;
    if (size > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *b = mem_alloc(sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    b->next = a->head;
    a->head = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = _Alignof(max_align_t);
    if (n > SIZE_MAX - align || mem_fault())
        return NULL;
    n = (n + align - 1) & ~(align - 1);
    struct arena_block *b = a->head;
    if (!b || b->size - b->used < n) {
        b = add_block(a, n);
        if (!b)
            return NULL;
    }
    void *p = b->bytes + b->used;
    b->used += n;
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(a, count * size);
}

char *arena_strz(struct arena *a, struct slice s)
{
    char *p = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;
    if (p && s.n)
        memcpy(p, s.p, s.n);
    return p;
}

struct slice arena_dup(struct arena *a, struct slice s)
{
    char *p = arena_strz(a, s);
    return (struct slice){p, p ? s.n : 0};
}

struct slice arena_lower(struct arena *a, struct slice s)
{
    char *p = arena_strz(a, s);
    for (size_t i = 0; p && i < s.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] + 32);
    return (struct slice){p, p ? s.n : 0};
}

struct slice arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n >= 0 ? arena_alloc(a, (size_t)n + 1) : NULL;
    if (!p)
        return (struct slice){NULL, 0};
    va_start(args, format);
    vsnprintf(p, (size_t)n + 1, format, args);
    va_end(args);
    return (struct slice){p, (size_t)n};
}

bool arena_grow(struct arena *a, void **items, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return true;
    size_t room = *cap ? *cap * 2 : 8;
    void *p = room > *cap ? arena_array(a, room, size) : NULL;
    if (!p)
        return false;
    if (count)
        memcpy(p, *items, count * size);
    *items = p;
    *cap = room;
    return true;
}
