/*
 * bare: what both bare programs share: listing a folder of migrations and reading its files.
 *
 * The bare programs are the yardstick: they do the least that the work needs, check nothing and end with a message on
 * the first error. Only NNNN_name.sql with NNNN_name.down.sql is understood.
 */
#ifndef PAWL_BENCH_BARE_H
#define PAWL_BENCH_BARE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
    long long version;
    char *description;
    char *up, *down; /* texts; NULL until read */
};

struct folder {
    struct file *files;
    size_t n;
};

__attribute__((noreturn)) static inline void die(const char *what, const char *why)
{
    fprintf(stderr, "bare: %s: %s\n", what, why);
    exit(1);
}

static inline char *read_text(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        die(path, "cannot be read");
    char *text = malloc((size_t)st.st_size + 1);
    if (!text || read(fd, text, (size_t)st.st_size) != st.st_size)
        die(path, "cannot be read");
    text[st.st_size] = 0;
    close(fd);
    return text;
}

static inline int by_version(const void *a, const void *b)
{
    long long x = ((const struct file *)a)->version, y = ((const struct file *)b)->version;
    return (x > y) - (x < y);
}

/* All migrations of a folder in order, with the texts that are wanted. */
static inline struct folder read_folder(const char *path, bool ups, bool downs)
{
    struct folder folder = {0};
    size_t room = 0;
    DIR *dir = opendir(path);
    if (!dir)
        die(path, "is no folder");
    for (struct dirent *entry; (entry = readdir(dir));) {
        char *end, down[512];
        long long version = strtoll(entry->d_name, &end, 10);
        size_t n = strlen(entry->d_name);
        if (*end != '_' || n < 5 || strcmp(entry->d_name + n - 4, ".sql") != 0 || strstr(entry->d_name, ".down.sql"))
            continue;
        if (folder.n == room) {
            room = room ? 2 * room : 64;
            folder.files = realloc(folder.files, room * sizeof *folder.files);
        }
        snprintf(down, sizeof down, "%.*s.down.sql", (int)(n - 4), entry->d_name);
        folder.files[folder.n++] = (struct file){
            .version = version,
            .description = strndup(end + 1, n - 5 - (size_t)(end - entry->d_name)),
            .up = ups ? read_text(path, entry->d_name) : NULL,
            .down = downs ? read_text(path, down) : NULL,
        };
    }
    closedir(dir);
    qsort(folder.files, folder.n, sizeof *folder.files, by_version);
    return folder;
}

#endif
