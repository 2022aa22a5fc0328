#include "source/halves.h"

static const struct {
    struct slice words;
    const char *tool;
    bool alone; /* other words behind it make an ordinary comment */
} marks[] = {
    {{"migrate:down", 12}, "dbmate", false},
    {{"+goose down", 11}, "goose", false},
    {{"+migrate down", 13}, "sql-migrate", false},
    {{"down migration", 14}, "node-pg-migrate", true},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Does the line say these words (single blanks, small letters), and nothing that makes another word of the last? */
static bool says(struct slice line, struct slice words, bool alone)
{
    size_t at = 0;
    for (size_t i = 0; i < words.n; i++) {
        if (words.p[i] == ' ') {
            if (at >= line.n || !is_blank(line.p[at]))
                return false;
            while (at < line.n && is_blank(line.p[at]))
                at++;
        } else {
            char c = at < line.n ? line.p[at++] : '\0';
            if ((c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c) != words.p[i])
                return false;
        }
    }
    return at == line.n || (!alone && is_blank(line.p[at]));
}

static const char *read_line(struct slice line)
{
    line = slice_trim(line);
    if (!slice_starts(line, SLICE("--")))
        return NULL;
    while (line.n && (line.p[0] == '-' || is_blank(line.p[0])))
        line = slice_sub(line, 1, line.n);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (says(line, marks[i].words, marks[i].alone))
            return marks[i].tool;
    return NULL;
}

size_t halves_find(struct slice gap, const char **tool)
{
    for (size_t at = 0; at < gap.n;) {
        struct slice rest = slice_sub(gap, at, gap.n);
        size_t end = slice_find_byte(rest, '\n');
        *tool = read_line(slice_sub(rest, 0, end));
        if (*tool)
            return at;
        at += end == SIZE_MAX ? rest.n : end + 1;
    }
    return SIZE_MAX;
}
