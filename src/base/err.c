#include "base/err.h"

#undef err_set
#undef err_nomem

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

/* A message is one line: what an engine or a file name brings in must not break it. */
static void one_line(char *text)
{
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
        text[--n] = '\0';
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
}

void err_clear(struct pawl_error *e)
{
    if (e)
        memset(e, 0, sizeof *e);
}

int err_set(struct pawl_error *e, enum pawl_code code, const char *format, ...)
{
    if (e) {
        struct pawl_error fresh = {.code = code};
        va_list args;
        va_start(args, format);
        vsnprintf(fresh.message, sizeof fresh.message, format, args);
        va_end(args);
        utf8_whole(fresh.message);
        one_line(fresh.message);
        *e = fresh;
    }
    return (int)code;
}

void err_hint(struct pawl_error *e, const char *format, ...)
{
    if (!e)
        return;
    char text[sizeof e->hint];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    utf8_whole(text);
    one_line(text);
    memcpy(e->hint, text, sizeof text);
}

void err_place(struct pawl_error *e, struct slice file, uint32_t line, uint32_t column)
{
    if (!e || e->file[0] || !file.n)
        return;
    size_t room = sizeof e->file - 1;
    if (file.n > room) {
        struct slice end = slice_sub(file, file.n - room + 3, file.n);
        snprintf(e->file, sizeof e->file, "..." SLICE_FMT, SLICE_ARG(end));
    } else {
        memcpy(e->file, file.p, file.n);
        e->file[file.n] = '\0';
    }
    one_line(e->file);
    e->line = line;
    e->column = column;
}

int err_nomem(struct pawl_error *e)
{
    return err_set(e, PAWL_NOMEM, "out of memory");
}
