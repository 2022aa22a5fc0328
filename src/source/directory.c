#include "source/directory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "source/findings.h"
#include "source/inspect.h"
#include "source/name.h"
#include "source/numbering.h"
#include "source/replaces.h"
#include "source/text.h"
#include "sys/folder.h"

#define TICK_BYTES 65536 /* between two ticks */
#define FILE_BYTES 4096  /* what it costs to open a file, as bytes of one */

/* A file whose name says that it is part of a migration. */
struct candidate {
    struct name name;
    const struct folder_entry *entry;
};

struct scan {
    enum source_extent extent;
    struct arena *a;      /* the caller's: what stays */
    struct arena scratch; /* what does not */
    const char *dir;
    struct folder folder;
    struct inspector inspector;
    struct findings findings;
    struct folder_list list;
    struct candidate *candidates;
    size_t n_candidates;
    struct migration_set *set;
    struct numbering_item *numbers; /* parallel to set->items */
    source_tick_fn *tick;
    void *tick_context;
    uint64_t unticked; /* bytes read since the last one */
    struct pawl_error *e;
};

struct slice source_path(struct arena *a, const char *dir, struct slice name)
{
    struct slice folder = slice_of(dir);
    bool slash = folder.n && folder.p[folder.n - 1] != '/';
    char *p = arena_alloc(a, folder.n + name.n + 2);
    if (!p)
        return (struct slice){NULL, 0};
    memcpy(p, folder.p, folder.n);
    if (slash)
        p[folder.n] = '/';
    memcpy(p + folder.n + slash, name.p, name.n);
    return (struct slice){p, folder.n + slash + name.n};
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static int report_name(struct scan *s, const struct folder_entry *entry, struct pawl_finding *finding,
                       enum finding_effect effect)
{
    struct slice path = source_path(&s->scratch, s->dir, entry->name);
    if (!path.p)
        return err_nomem(s->e);
    finding->file = path.p;
    findings_add_as(&s->findings, finding, effect);
    return PAWL_OK;
}

/* A .sql file that sqlx passes over in silence. With a digit in front it was meant as a migration, so it stops. */
static int report_stray(struct scan *s, const struct folder_entry *entry)
{
    bool meant = entry->name.p[0] >= '0' && entry->name.p[0] <= '9';
    return report_name(s, entry,
                       &(struct pawl_finding){
                           .id = PAWL_FINDING_BAD_NAME,
                           .message = "this .sql file is no migration by its name, and sqlx ignores it without a word",
                           .hint = "name it <version>_<description>.sql, or move it out of the folder",
                       },
                       meant ? FINDING_STOPS : FINDING_REPORTED);
}

static int report_bad_version(struct scan *s, const struct folder_entry *entry, const struct name *name)
{
    const char *message = name->has_sign      ? "the version has a sign; sqlx reads it as the number behind it"
                          : name->version < 0 ? "the version is negative"
                          : slice_starts(entry->name, SLICE("0")) || slice_starts(entry->name, SLICE("+0")) ||
                                  slice_starts(entry->name, SLICE("-0"))
                              ? "the version is zero, which means \"none\""
                              : "the version does not fit into 64 bits; sqlx refuses the whole folder";
    return report_name(s, entry,
                       &(struct pawl_finding){
                           .id = PAWL_FINDING_BAD_VERSION,
                           .version = name->version,
                           .message = message,
                           .hint = "begin the name with a number from 1 to 9223372036854775807",
                       },
                       name->has_sign ? FINDING_REPORTED : FINDING_STOPS);
}

/* Not a file at all, or not a .sql one. Names beginning with a dot and what `verify --write` writes are meant to be passed over. */
static int report_ignored(struct scan *s, const struct folder_entry *entry)
{
    bool certificate =
        entry->kind == FILE_FOLDER ? slice_eq(entry->name, SLICE("schema")) : slice_eq(entry->name, SLICE("pawl.lock"));
    if (entry->name.p[0] == '.' || certificate)
        return PAWL_OK;
    const char *message = entry->kind == FILE_FOLDER    ? "a folder within the folder; what is in it is not read"
                          : entry->kind == FILE_REGULAR ? "not a .sql file; it is not read"
                                                        : "not a regular file; it is not read";
    return report_name(s, entry, &(struct pawl_finding){.id = PAWL_FINDING_IGNORED_FILE, .message = message},
                       FINDING_REPORTED);
}

static int report_unreadable(struct scan *s, const struct folder_entry *entry, int64_t version, int problem)
{
    const char *reason = problem == ELOOP    ? "a symbolic link that leads in a circle"
                         : problem == ENOENT ? "a symbolic link that leads nowhere"
                                             : strerror(problem);
    struct slice message = arena_printf(&s->scratch, "this file cannot be read: %s", reason);
    if (!message.p)
        return err_nomem(s->e);
    return report_name(
        s, entry,
        &(struct pawl_finding){
            .id = PAWL_FINDING_UNREADABLE,
            .version = version,
            .message = message.p,
            .hint = problem == EACCES ? "give the user that runs pawl permission to read it" : "repair or remove it",
        },
        FINDING_ALWAYS);
}

static int take_name(struct scan *s, const struct folder_entry *entry)
{
    struct name name;
    name_parse(entry->name, &name);
    if (name.kind != NAME_OTHER && entry->problem)
        return report_unreadable(s, entry, name.version, entry->problem);
    if (name.kind == NAME_OTHER || entry->kind != FILE_REGULAR)
        return report_ignored(s, entry);
    if (name.kind == NAME_STRAY)
        return report_stray(s, entry);
    if (name.kind == NAME_BAD)
        return report_name(s, entry,
                           &(struct pawl_finding){
                               .id = PAWL_FINDING_BAD_NAME,
                               .message = "no version in front of the first underscore; sqlx refuses the whole folder",
                               .hint = "name it <version>_<description>.sql, or move it out of the folder",
                           },
                           FINDING_STOPS);
    if (name.kind == NAME_BAD_VERSION)
        return report_bad_version(s, entry, &name);
    s->candidates[s->n_candidates++] = (struct candidate){.name = name, .entry = entry};
    return name.has_sign ? report_bad_version(s, entry, &name) : PAWL_OK;
}

/* By version, ups before downs, then by name. */
static int by_version(const void *x, const void *y)
{
    const struct candidate *p = x;
    const struct candidate *q = y;
    if (p->name.version != q->name.version)
        return p->name.version < q->name.version ? -1 : 1;
    if (p->name.kind != q->name.kind)
        return p->name.kind == NAME_UP ? -1 : 1;
    return slice_cmp(p->entry->name, q->entry->name);
}

static int take_names(struct scan *s)
{
    s->candidates = arena_array(&s->scratch, s->list.n, sizeof *s->candidates);
    if (!s->candidates)
        return err_nomem(s->e);
    for (size_t i = 0; i < s->list.n; i++) {
        int code = take_name(s, &s->list.items[i]);
        if (code != PAWL_OK)
            return code;
    }
    if (s->n_candidates)
        qsort(s->candidates, s->n_candidates, sizeof *s->candidates, by_version);
    return PAWL_OK;
}

/* ---- contents ---------------------------------------------------------------------------------------------------- */

static void report_bytes(struct scan *s, const struct candidate *c, const char *path, const struct inspection *seen)
{
    struct pawl_finding finding = {.version = c->name.version, .file = path};
    char message[128];
    if (seen->bom) {
        finding.id = PAWL_FINDING_BOM;
        finding.message = "begins with a byte order mark: part of the checksum, not sent to the engine";
        findings_add(&s->findings, &finding);
    }
    if (seen->hidden_line) {
        finding.id = PAWL_FINDING_HIDDEN_NO_TRANSACTION;
        finding.line = seen->hidden_line;
        finding.message = "sqlx does not see this line and would run the file inside a transaction";
        finding.hint = "make `-- no-transaction` the very first bytes of the file (this changes its checksum)";
        findings_add(&s->findings, &finding);
    }
    finding.message = message;
    if (seen->utf8_fault != UINT64_MAX) {
        finding.id = PAWL_FINDING_NOT_UTF8;
        finding.line = seen->utf8_line;
        finding.hint = "save the file as UTF-8";
        snprintf(message, sizeof message, "not valid UTF-8 at byte offset %" PRIu64, seen->utf8_fault);
        findings_add(&s->findings, &finding);
    }
    if (seen->nul != UINT64_MAX) {
        finding.id = PAWL_FINDING_NUL_BYTE;
        finding.line = seen->nul_line;
        finding.hint = "save the file as UTF-8 without NUL bytes (UTF-16 is full of them)";
        snprintf(message, sizeof message, "a NUL byte at byte offset %" PRIu64, seen->nul);
        findings_add(&s->findings, &finding);
    }
}

static void maybe_tick(struct scan *s, uint64_t bytes)
{
    s->unticked += bytes + FILE_BYTES;
    if (!s->tick || s->unticked < TICK_BYTES)
        return;
    s->unticked = 0;
    s->tick(s->tick_context);
}

/* Looks into the file and fills in *out; *ok is false if it could not be read (which is then reported). */
static int take_file(struct scan *s, const struct candidate *c, struct migration_file *out, bool *ok, bool *replaces)
{
    struct inspection seen;
    *ok = *replaces = false;
    int code = inspect_file(&s->inspector, &s->folder, c->entry, &seen, s->e);
    if (code != PAWL_OK)
        return code;
    if (seen.problem)
        return report_unreadable(s, c->entry, c->name.version, seen.problem);
    maybe_tick(s, seen.size);
    *replaces = seen.replaces;
    struct slice path = source_path(s->a, s->dir, c->entry->name);
    if (!path.p)
        return err_nomem(s->e);
    *out = (struct migration_file){
        .path = path,
        .size = seen.size,
        .bom = seen.bom,
        .no_transaction = seen.no_transaction,
    };
    memcpy(out->checksum, seen.checksum, sizeof out->checksum);
    *ok = true;
    if (seen.bom || seen.hidden_line || seen.utf8_fault != UINT64_MAX || seen.nul != UINT64_MAX)
        report_bytes(s, c, path.p, &seen);
    return PAWL_OK;
}

/* ---- migrations -------------------------------------------------------------------------------------------------- */

/* All files of one version: ups first. */
struct group {
    const struct candidate *items;
    size_t ups, downs;
};

static int report_duplicate(struct scan *s, const struct candidate *first, const struct candidate *again)
{
    struct slice message = arena_printf(&s->scratch, "version %" PRId64 " is carried by " SLICE_FMT " too",
                                        first->name.version, SLICE_ARG(first->entry->name));
    bool squashed =
        slice_eq(first->name.description, SLICE("baseline")) || slice_eq(again->name.description, SLICE("baseline"));
    struct slice hint = !squashed
                            ? SLICE("give one of the two another version")
                            : arena_printf(&s->scratch,
                                           "if a squash was interrupted, `pawl squash --to %" PRId64
                                           " --write` again finishes it; else give one of the two another version",
                                           first->name.version);
    if (!message.p || !hint.p)
        return err_nomem(s->e);
    return report_name(s, again->entry,
                       &(struct pawl_finding){
                           .id = PAWL_FINDING_DUPLICATE_VERSION,
                           .version = again->name.version,
                           .message = message.p,
                           .hint = hint.p,
                       },
                       FINDING_ALWAYS);
}

static int report_duplicates(struct scan *s, const struct candidate *items, size_t n)
{
    int code = PAWL_OK;
    for (size_t i = 1; i < n && code == PAWL_OK; i++)
        code = report_duplicate(s, &items[0], &items[i]);
    return code;
}

static int report_lonely_down(struct scan *s, const struct candidate *down)
{
    return report_name(s, down->entry,
                       &(struct pawl_finding){
                           .id = PAWL_FINDING_DOWN_WITHOUT_UP,
                           .version = down->name.version,
                           .message = "there is no up file of this version",
                           .hint = "restore the up file, or remove this one",
                       },
                       findings_effect(PAWL_FINDING_DOWN_WITHOUT_UP));
}

static void report_lonely_up(struct scan *s, const struct migration *m)
{
    findings_add(&s->findings, &(struct pawl_finding){
                                   .id = PAWL_FINDING_UP_WITHOUT_DOWN,
                                   .version = m->version,
                                   .file = m->up.path.p,
                                   .message = "there is no down file of this version",
                                   .hint = "write one beside it, with the same name and .down.sql",
                               });
}

static struct slice description_of(struct arena *a, struct slice written)
{
    char *p = arena_strz(a, written);
    for (size_t i = 0; p && i < written.n; i++)
        if (p[i] == '_')
            p[i] = ' ';
    return (struct slice){p, p ? written.n : 0};
}

static int take_down(struct scan *s, const struct candidate *down, struct migration_file *out)
{
    bool ok, replaces;
    if (s->extent == SOURCE_ALL)
        return take_file(s, down, out, &ok, &replaces);
    *out = (struct migration_file){.path = source_path(s->a, s->dir, down->entry->name)};
    return out->path.p ? PAWL_OK : err_nomem(s->e);
}

static void report_bad_baseline(struct scan *s, const struct migration *m, uint32_t line, const char *message,
                                const char *hint)
{
    findings_add(&s->findings, &(struct pawl_finding){.id = PAWL_FINDING_BAD_BASELINE,
                                                      .version = m->version,
                                                      .file = m->up.path.p,
                                                      .line = line,
                                                      .message = message,
                                                      .hint = hint});
}

static int take_replaced(struct scan *s, struct migration *m)
{
    struct text text;
    struct replaces_fault fault;
    struct pawl_error unreadable; /* what is wrong with the bytes is reported already */
    int code = text_open(&m->up, &text, &unreadable);
    if (code)
        return code == PAWL_NOMEM ? err_nomem(s->e) : PAWL_OK;
    code = replaces_read(s->a, text.sql, m->version, &m->replaces, &m->n_replaces, &fault, s->e);
    text_close(&text);
    if (!code && fault.line)
        report_bad_baseline(s, m, fault.line, fault.why, "take the file back from version control");
    return code;
}

/* A file that came back, by a merge, say, would run in front of the baseline that has it in itself. */
static int report_replaced(struct scan *s)
{
    for (size_t i = 0; i < s->set->n; i++) {
        const struct migration *m = &s->set->items[i];
        for (size_t k = 0; k < m->n_replaces; k++) {
            size_t found = migration_find(s->set, m->replaces[k].version);
            if (found == SIZE_MAX || found == i)
                continue;
            struct slice message = arena_printf(
                &s->scratch, "baseline %" PRId64 " replaces this migration, whose file still stands here", m->version);
            struct slice hint =
                arena_printf(&s->scratch,
                             "`pawl squash --to %" PRId64 " --write` removes it with its down file, if it is the "
                             "one that was squashed; give a new migration another version",
                             m->version);
            if (!message.p || !hint.p)
                return err_nomem(s->e);
            report_bad_baseline(s, &s->set->items[found], 0, message.p, hint.p);
        }
    }
    return PAWL_OK;
}

static int add_migration(struct scan *s, const struct group *g)
{
    const struct candidate *up = &g->items[0];
    struct migration *m = &s->set->items[s->set->n];
    bool ok, replaces;
    int code = take_file(s, up, &m->up, &ok, &replaces);
    if (code != PAWL_OK || !ok)
        return code;
    m->version = up->name.version;
    code = replaces ? take_replaced(s, m) : PAWL_OK;
    if (code != PAWL_OK)
        return code;
    m->description = description_of(s->a, up->name.description);
    if (!m->description.p)
        return err_nomem(s->e);
    code = g->downs ? take_down(s, &g->items[g->ups], &m->down) : PAWL_OK;
    if (code != PAWL_OK)
        return code;
    if (!g->downs)
        report_lonely_up(s, m);
    s->numbers[s->set->n] = numbering_item_of(&up->name);
    s->set->n++;
    return PAWL_OK;
}

static int take_group(struct scan *s, const struct group *g)
{
    int code = report_duplicates(s, g->items, g->ups);
    if (code == PAWL_OK)
        code = report_duplicates(s, g->items + g->ups, g->downs);
    if (code == PAWL_OK)
        code = g->ups ? add_migration(s, g) : report_lonely_down(s, &g->items[0]);
    return code;
}

static int take_groups(struct scan *s)
{
    size_t n = s->n_candidates;
    s->set->items = arena_array(s->a, n, sizeof *s->set->items);
    s->numbers = arena_array(&s->scratch, n, sizeof *s->numbers);
    if (!s->set->items || !s->numbers)
        return err_nomem(s->e);
    for (size_t i = 0; i < n;) {
        struct group g = {.items = &s->candidates[i]};
        int64_t version = s->candidates[i].name.version;
        for (; i < n && s->candidates[i].name.version == version; i++) {
            g.ups += s->candidates[i].name.kind == NAME_UP;
            g.downs += s->candidates[i].name.kind == NAME_DOWN;
        }
        int code = take_group(s, &g);
        if (code != PAWL_OK)
            return code;
    }
    return PAWL_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int scan_folder(struct scan *s)
{
    int code = folder_list(&s->scratch, &s->folder, &s->list, s->e);
    if (code == PAWL_OK)
        code = take_names(s);
    if (code == PAWL_OK)
        code = inspector_init(&s->inspector) ? take_groups(s) : err_nomem(s->e);
    if (code == PAWL_OK)
        code = report_replaced(s);
    if (code == PAWL_OK)
        numbering_read(s->set, s->numbers, &s->findings);
    if (code == PAWL_OK && s->n_candidates == 0) /* perhaps the wrong folder; "nothing pending" would hide it */
        report_note(s->findings.report, PAWL_LEVEL_WARNING, "no migrations in %s: `pawl new NAME` writes the first one",
                    s->dir);
    return code == PAWL_OK ? findings_result(&s->findings, s->e) : code;
}

int source_read(struct arena *a, const char *dir, enum source_extent extent, struct report *report,
                struct migration_set *out, struct pawl_error *e)
{
    return source_read_ticking(a, dir, extent, report, NULL, NULL, out, e);
}

int source_read_ticking(struct arena *a, const char *dir, enum source_extent extent, struct report *report,
                        source_tick_fn *tick, void *context, struct migration_set *out, struct pawl_error *e)
{
    struct scan s = {.extent = extent, .a = a, .dir = dir, .set = out, .tick = tick, .tick_context = context, .e = e};
    bool missing;
    *out = (struct migration_set){0};
    findings_init(&s.findings, report);
    int code = folder_open(dir, &s.folder, &missing, e);
    if (code != PAWL_OK && missing)
        err_hint(e, "name the folder with --dir, or let `pawl new NAME` make it with a first migration");
    else if (code == PAWL_IO)
        err_hint(e, "name the folder of the migrations with --dir");
    if (code != PAWL_OK)
        return code;
    code = scan_folder(&s);
    inspector_clear(&s.inspector);
    folder_close(&s.folder);
    arena_clear(&s.scratch);
    return code;
}
