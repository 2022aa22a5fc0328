#include "source/skeleton.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "source/name.h"
#include "source/numbering.h"
#include "sys/folder.h"

#define DEFAULT_WIDTH 4
#define NAME_LIMIT 200 /* leaves room for the version and the suffix in the 255 bytes of a file name */
#define PATH_LIMIT (sizeof((struct pawl_new_files *)0)->up - 1)
#define TEXT_LIMIT 4096

/* ---- what is there ----------------------------------------------------------------------------------------------- */

struct existing {
    struct numbering_item *ups; /* by version */
    size_t n;
    int64_t newest; /* of ups and downs; 0 = none */
};

static int by_version(const void *x, const void *y)
{
    int64_t p = ((const struct numbering_item *)x)->version;
    int64_t q = ((const struct numbering_item *)y)->version;
    return p < q ? -1 : p > q;
}

static int read_existing(struct arena *a, const char *dir, struct existing *out, struct pawl_error *e)
{
    struct folder folder;
    struct folder_list list;
    int code = folder_open(dir, &folder, NULL, e);
    if (code == PAWL_OK)
        code = folder_list(a, &folder, &list, e);
    folder_close(&folder);
    if (code != PAWL_OK)
        return code;
    *out = (struct existing){.ups = arena_array(a, list.n, sizeof *out->ups)};
    if (!out->ups)
        return err_nomem(e);
    for (size_t i = 0; i < list.n; i++) {
        struct name name;
        name_parse(list.items[i].name, &name);
        if (name.kind != NAME_UP && name.kind != NAME_DOWN)
            continue;
        if (name.version > out->newest)
            out->newest = name.version;
        if (name.kind == NAME_UP)
            out->ups[out->n++] = numbering_item_of(&name);
    }
    if (out->n)
        qsort(out->ups, out->n, sizeof *out->ups, by_version);
    return PAWL_OK;
}

/* ---- the next version -------------------------------------------------------------------------------------------- */

/* 20260518120000 for a moment in UTC; 0 if the clock is beyond what fits. */
static int64_t timestamp_of(int64_t now)
{
    time_t seconds = (time_t)now;
    struct tm t;
    if (!gmtime_r(&seconds, &t) || t.tm_year < 70 || t.tm_year > 8099)
        return 0;
    int64_t date = ((t.tm_year + INT64_C(1900)) * 100 + t.tm_mon + 1) * 100 + t.tm_mday;
    return ((date * 100 + t.tm_hour) * 100 + t.tm_min) * 100 + t.tm_sec;
}

static bool counts_by_time(const struct skeleton *s, const struct existing *there)
{
    if (s->numbering != PAWL_NUMBERING_AUTO)
        return s->numbering == PAWL_NUMBERING_TIMESTAMP;
    return version_is_timestamp(there->newest);
}

/* 0 if there is none left. */
static int64_t next_version(const struct skeleton *s, const struct existing *there, const struct manner *manner)
{
    int64_t newest = there->newest;
    if (counts_by_time(s, there)) {
        int64_t stamp = timestamp_of(s->now);
        if (stamp > newest)
            return stamp;
        return newest < INT64_MAX ? newest + 1 : 0;
    }
    int64_t step = newest && newest % manner->step == 0 ? manner->step : 1;
    return newest <= INT64_MAX - step ? newest + step : 0;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static int bad_name(const char *why, struct pawl_error *e)
{
    err_set(e, PAWL_USAGE, "this name cannot be used for a migration: %s", why);
    err_hint(e, "use a few words, like `pawl new \"create users\"`");
    return PAWL_USAGE;
}

static int check_name(struct slice name, struct pawl_error *e)
{
    if (name.n == 0)
        return bad_name("it is empty", e);
    if (name.n > NAME_LIMIT)
        return bad_name("it is longer than 200 bytes", e);
    if (utf8_fault(name) != SIZE_MAX)
        return bad_name("it is not valid UTF-8", e);
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < ' ' || c == 0x7f)
            return bad_name("it contains a control character", e);
        if (strchr("/\\:*?\"<>|", c))
            return bad_name("it contains one of / \\ : * ? \" < > |, which not every file system allows", e);
    }
    return PAWL_OK;
}

static void add_file_name(struct strbuf *b, int64_t version, int width, struct slice name, const char *suffix)
{
    strbuf_addf(b, "%0*" PRId64 "_", width, version);
    for (size_t i = 0; i < name.n; i++)
        strbuf_addc(b, name.p[i] == ' ' ? '_' : name.p[i]);
    strbuf_addz(b, suffix);
}

/* A name such as "x.down" would turn the up into a down: what is written must be read as what was meant. */
static bool is_read_back(struct slice file, int64_t version, enum name_kind kind, size_t length)
{
    struct name n;
    name_parse(file, &n);
    return n.kind == kind && n.version == version && n.description.n == length;
}

/* dir/file into `out`. */
static int make_path(const struct skeleton *s, int64_t version, int width, struct slice name, const char *suffix,
                     enum name_kind kind, char *out, struct pawl_error *e)
{
    STRBUF(file, PATH_LIMIT);
    STRBUF(path, PATH_LIMIT);
    add_file_name(&file, version, width, name, suffix);
    if (strbuf_ok(&file) && !is_read_back(strbuf_slice(&file), version, kind, name.n))
        return bad_name("its end would be read as a suffix", e);
    size_t n = strlen(s->dir);
    if (n + 1 + file.n > PATH_LIMIT)
        return err_set(e, PAWL_USAGE, "the path of the new file would be longer than %zu bytes", (size_t)PATH_LIMIT);
    strbuf_addf(&path, "%s%s%s", s->dir, n && s->dir[n - 1] == '/' ? "" : "/", strbuf_z(&file));
    if (!strbuf_ok(&file) || !strbuf_ok(&path))
        return err_nomem(e);
    memcpy(out, strbuf_z(&path), path.n + 1);
    return PAWL_OK;
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* The first line must not begin with the name itself: it could be read as `-- no-transaction`. */
static int write_up(const struct pawl_new_files *files, struct slice name, struct pawl_error *e)
{
    STRBUF(text, TEXT_LIMIT);
    strbuf_addf(
        &text,
        "-- Migration %" PRId64 ": " SLICE_FMT "\n"
        "--\n"
        "-- Write it so that running it again does no harm, whatever the ledger says:\n"
        "--   CREATE TABLE IF NOT EXISTS ..., CREATE INDEX IF NOT EXISTS ..., INSERT ... ON CONFLICT DO NOTHING\n"
        "-- What it does must be undone by the .down.sql file beside it.\n\n",
        files->version, SLICE_ARG(name));
    if (!strbuf_ok(&text))
        return err_nomem(e);
    return file_create(files->up, strbuf_slice(&text), e);
}

static int write_down(const struct pawl_new_files *files, struct slice name, struct pawl_error *e)
{
    STRBUF(text, TEXT_LIMIT);
    strbuf_addf(&text,
                "-- Undoes migration %" PRId64 ": " SLICE_FMT "\n"
                "--\n"
                "-- Write here what takes back exactly what the up file did, in reverse order, like\n"
                "--   DROP INDEX IF EXISTS ..., DROP TABLE IF EXISTS ...\n"
                "-- Until there is a statement, `pawl verify` reports this file (empty-down).\n\n",
                files->version, SLICE_ARG(name));
    if (!strbuf_ok(&text))
        return err_nomem(e);
    return file_create(files->down, strbuf_slice(&text), e);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int choose(const struct skeleton *s, const struct existing *there, struct slice name, struct pawl_new_files *out,
                  struct pawl_error *e)
{
    struct manner manner = manner_of(there->ups, there->n);
    int width = counts_by_time(s, there) ? 0 : there->n ? manner.width : DEFAULT_WIDTH;
    out->version = next_version(s, there, &manner);
    if (!out->version)
        return err_set(e, PAWL_USAGE, "there is no version above %" PRId64, there->newest);
    int code = make_path(s, out->version, width, name, manner.split_suffix ? ".up.sql" : ".sql", NAME_UP, out->up, e);
    if (code == PAWL_OK)
        code = make_path(s, out->version, width, name, ".down.sql", NAME_DOWN, out->down, e);
    return code;
}

int skeleton_write(const struct skeleton *s, struct pawl_new_files *out, struct pawl_error *e)
{
    ARENA(a);
    struct existing there;
    struct slice name = slice_trim(slice_of(s->name));
    *out = (struct pawl_new_files){0};
    int code = check_name(name, e);
    if (code == PAWL_OK)
        code = folder_make(s->dir, e);
    if (code == PAWL_OK)
        code = read_existing(&a, s->dir, &there, e);
    if (code == PAWL_OK)
        code = choose(s, &there, name, out, e);
    if (code == PAWL_OK)
        code = write_up(out, name, e);
    if (code != PAWL_OK)
        return code;
    code = write_down(out, name, e);
    if (code != PAWL_OK)
        file_remove(out->up, NULL);
    return code;
}
