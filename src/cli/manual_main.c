/*
 * manual: keeps the generated sections of the manual pages in step with the tables. Built, never installed.
 *
 *     manual --check FILE...    exit 1 and name the pages that are not in step
 *     manual --update FILE...   rewrite them
 *
 * A generated section stands between the lines `; begin KIND [ARGUMENT]` and `; end`; help.h has the kinds.
 */
#include <stdio.h>

#include "cli/help.h"
#include "sys/file.h"

#define PAGE_MAX (1u << 20)

static struct slice take_line(struct slice *rest)
{
    size_t end = slice_find_byte(*rest, '\n');
    struct slice line = slice_sub(*rest, 0, end == SIZE_MAX ? rest->n : end + 1);
    *rest = slice_sub(*rest, line.n, rest->n);
    return line;
}

static bool put_section(struct strbuf *b, struct slice begin)
{
    struct slice words = slice_trim(slice_sub(begin, strlen("; begin "), begin.n));
    size_t blank = slice_find_byte(words, ' ');
    struct slice argument = blank == SIZE_MAX ? SLICE("") : slice_sub(words, blank + 1, words.n);
    return manual_section(b, slice_sub(words, 0, blank), argument);
}

static bool rebuild(struct slice page, struct strbuf *b)
{
    while (page.n) {
        struct slice line = take_line(&page);
        strbuf_add(b, line);
        if (!slice_starts(line, SLICE("; begin ")))
            continue;
        if (!put_section(b, line))
            return false;
        do
            line = take_line(&page);
        while (line.n && !slice_starts(line, SLICE("; end")));
        strbuf_add(b, line);
    }
    return strbuf_ok(b);
}

static int work(const char *path, bool update)
{
    ARENA(a);
    STRBUF(b, PAGE_MAX);
    struct slice page;
    struct pawl_error e = {0};
    int rc = file_read(&a, path, PAGE_MAX, &page, &e);
    if (!rc && !rebuild(page, &b)) {
        fprintf(stderr, "%s: a section of a kind that does not exist\n", path);
        return 1;
    }
    bool same = !rc && slice_eq(page, strbuf_slice(&b));
    if (!rc && !same && update)
        rc = file_replace(path, strbuf_slice(&b), &e);
    if (rc)
        fprintf(stderr, "%s: %s\n", path, e.message);
    else if (!same && !update)
        fprintf(stderr, "%s: not in step with the tables; run `manual --update %s`\n", path, path);
    return rc || (!same && !update);
}

int main(int argc, char **argv)
{
    int failed = argc < 3;
    bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
    for (int i = 2; i < argc; i++)
        failed |= work(argv[i], update);
    return failed;
}
