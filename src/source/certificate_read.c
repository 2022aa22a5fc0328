/* Reading pawl.lock; the other half of source/certificate. */
#include <inttypes.h>

#include "base/utf8.h"
#include "pawl.h"
#include "source/certificate.h"

struct reader {
    struct arena *a;
    struct slice text, path;
    struct certificate *c;
    enum certificate_fault *fault;
    struct pawl_error *e;
    struct hasher hasher;
    size_t at;     /* the next line begins there */
    uint32_t line; /* number of the one at hand */
    struct slice now;
    size_t cap;
    char (*chains)[CHAIN_DIGITS + 1]; /* of the baseline, then of each line */
    size_t n_chains, cap_chains;
};

/* The next line without its end; false if there is none that is ended. */
static bool next_line(struct reader *r)
{
    struct slice rest = slice_sub(r->text, r->at, r->text.n);
    size_t end = slice_find_byte(rest, '\n');
    if (end == SIZE_MAX)
        return false;
    r->now = slice_sub(rest, 0, end);
    r->at += end + 1;
    r->line++;
    return true;
}

#define PROVE_AGAIN "`pawl verify --write` proves the files and writes it anew"

static int fault(struct reader *r, enum certificate_fault what, const char *hint, const char *message)
{
    *r->fault = what;
    err_set(r->e, PAWL_SOURCE, "%s", message);
    err_place(r->e, r->path, r->line, 0);
    err_hint(r->e, "%s", hint);
    return PAWL_SOURCE;
}

static int edited(struct reader *r, const char *where)
{
    *r->fault = CERTIFICATE_EDITED;
    err_set(r->e, PAWL_SOURCE, "%s was edited: it is not as pawl wrote it", where);
    err_place(r->e, r->path, r->line, 0);
    err_hint(r->e, "take the file back from version control, or " PROVE_AGAIN);
    return PAWL_SOURCE;
}

/* The next word of the line; empty at its end. */
static struct slice word(struct slice *rest)
{
    size_t space = slice_find_byte(*rest, ' ');
    struct slice w = slice_sub(*rest, 0, space);
    *rest = space == SIZE_MAX ? slice_sub(*rest, rest->n, rest->n) : slice_sub(*rest, space + 1, rest->n);
    return w;
}

static bool read_number(struct slice s, int64_t *out)
{
    return s.n && s.p[0] >= '0' && s.p[0] <= '9' && (s.n == 1 || s.p[0] != '0') && slice_i64(s, out);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct slice s, unsigned char *out, size_t n)
{
    if (s.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = digit(s.p[2 * i]), low = digit(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* "name=value" with that name. */
static bool read_value(struct slice w, const char *name, struct slice *value)
{
    struct slice key = slice_of(name);
    if (!slice_starts(w, key) || w.n == key.n || w.p[key.n] != '=')
        return false;
    *value = slice_sub(w, key.n + 1, w.n);
    return true;
}

static bool read_description(struct reader *r, struct slice w, struct slice *out)
{
    char *p = arena_alloc(r->a, w.n + 1);
    *out = (struct slice){p, 0};
    if (!p || slice_eq(w, SLICE("%-")))
        return true;
    for (size_t i = 0; i < w.n; i++) {
        unsigned char byte = (unsigned char)w.p[i];
        if (byte == '%' &&
            (!read_hex(slice_sub(w, i + 1, i + 3), &byte, 1) || certificate_is_plain((char)byte) || byte == ' '))
            return false;
        p[out->n++] = w.p[i] == '_' ? ' ' : (char)byte;
        i += w.p[i] == '%' ? 2 : 0;
    }
    return w.n > 0;
}

static bool read_proofs(struct slice list, unsigned *out)
{
    *out = 0;
    if (slice_eq(list, SLICE("none")))
        return true;
    for (int i = 0; i < PAWL_PROOF_COUNT && list.n; i++) {
        size_t comma = slice_find_byte(list, ',');
        if (!slice_eq(slice_sub(list, 0, comma), slice_of(certificate_proofs[i])))
            continue;
        *out |= 1u << i;
        if (comma != SIZE_MAX && comma + 1 == list.n)
            return false;
        list = comma == SIZE_MAX ? SLICE("") : slice_sub(list, comma + 1, list.n);
    }
    return !list.n && *out;
}

/* A name in front of "=", letters, digits and one slash. */
static bool is_mark(struct slice w)
{
    size_t equals = slice_find_byte(w, '=');
    return equals != SIZE_MAX && equals > 0 && !slice_starts(w, SLICE("proofs=")) && !slice_starts(w, SLICE("chain="));
}

static int read_marks(struct reader *r, struct slice *rest, struct certificate_marks *out, bool *ok)
{
    size_t cap = 0;
    struct slice before = SLICE("");
    *ok = true;
    for (struct slice peek = *rest, w = word(&peek); *ok && is_mark(w); w = word(&peek)) {
        size_t equals = slice_find_byte(w, '=');
        struct certificate_mark mark = {.name = slice_sub(w, 0, equals)};
        if (!arena_grow(r->a, (void **)&out->items, &cap, out->n, sizeof *out->items))
            return err_nomem(r->e);
        *ok =
            read_hex(slice_sub(w, equals + 1, w.n), mark.fingerprint, SHA256_BYTES) && slice_cmp(before, mark.name) < 0;
        out->items[out->n++] = mark;
        before = mark.name;
        *rest = peek;
    }
    return PAWL_OK;
}

/* Splits off " chain=..."; *ok is false if there is none. */
static struct slice split_chain(struct slice line, struct slice *chain, bool *ok)
{
    static const struct slice key = {" chain=", 7};
    size_t at = line.n < key.n + CHAIN_DIGITS ? SIZE_MAX : line.n - key.n - CHAIN_DIGITS;
    *ok = at != SIZE_MAX && slice_eq(slice_sub(line, at, at + key.n), key);
    *chain = *ok ? slice_sub(line, at + key.n, line.n) : SLICE("");
    return *ok ? slice_sub(line, 0, at) : line;
}

/* Does the line follow one further up? Then what stands between the two was put there. */
static bool follows_another(struct reader *r, struct slice body, struct slice chain)
{
    char made[CHAIN_DIGITS + 1];
    for (size_t i = 0; i + 1 < r->n_chains; i++)
        if (certificate_chain(&r->hasher, SLICE(""), (struct slice){r->chains[i], CHAIN_DIGITS}, body, made) &&
            slice_eq(slice_of(made), chain))
            return true;
    return false;
}

/* `body` is the line without its chain. */
static int check_chain(struct reader *r, struct slice head, struct slice body, struct slice chain)
{
    char made[CHAIN_DIGITS + 1];
    struct slice before = r->n_chains ? (struct slice){r->chains[r->n_chains - 1], CHAIN_DIGITS} : SLICE("");
    if (!certificate_chain(&r->hasher, head, before, body, made))
        return err_nomem(r->e);
    if (!slice_eq(slice_sub(slice_of(made), 0, CHAIN_HALF), slice_sub(chain, 0, CHAIN_HALF)))
        return edited(r, r->n_chains ? "this line" : "the head of the file or this line");
    if (!slice_eq(slice_of(made), chain)) {
        if (follows_another(r, body, chain))
            return fault(r, CERTIFICATE_MERGED, PROVE_AGAIN ", in the order in which they now stand",
                         "lines of two branches were put together: this one was proved without those in front of it");
        return fault(r, CERTIFICATE_GAP, "take the file back from version control, or " PROVE_AGAIN,
                     "a line in front of this one is gone or was replaced");
    }
    if (!arena_grow(r->a, (void **)&r->chains, &r->cap_chains, r->n_chains, sizeof *r->chains))
        return err_nomem(r->e);
    memcpy(r->chains[r->n_chains++], made, sizeof made);
    return PAWL_OK;
}

/* ---- the lines --------------------------------------------------------------------------------------------------- */

/* "key value key value": only the first line says which format the rest has. */
static int read_first(struct reader *r)
{
    int64_t format = 0;
    struct slice rest = r->text, first;
    r->line = 1;
    size_t end = slice_find_byte(rest, '\n');
    rest = slice_sub(rest, 0, end);
    if (rest.n && rest.p[rest.n - 1] == '\r')
        rest.n--;
    first = word(&rest);
    if (r->text.n < sizeof "pawl.lock 1" && slice_starts(SLICE("pawl.lock 1"), r->text))
        return fault(r, CERTIFICATE_TRUNCATED, "take the file back from version control, or " PROVE_AGAIN,
                     r->text.n ? "it was cut off within its first line" : "it is empty");
    if (slice_starts(r->text, UTF8_BOM) || slice_starts(r->text, SLICE("\xff\xfe")) ||
        slice_starts(r->text, SLICE("\xfe\xff")))
        return fault(r, CERTIFICATE_ENCODING, "take the file back from version control, or " PROVE_AGAIN,
                     "something saved it anew: it begins with a byte order mark");
    if (!slice_eq(first, SLICE("pawl.lock")) || !read_number(rest, &format) || format < 1)
        return fault(r, CERTIFICATE_FOREIGN, "name another file with --certificate, or remove this one",
                     "this is no pawl.lock: its first line does not say so");
    if (format > CERTIFICATE_FORMAT) {
        *r->fault = CERTIFICATE_NEWER;
        err_set(r->e, PAWL_SOURCE, "it was written by a newer pawl: its format is %" PRId64 ", this pawl reads %d",
                format, CERTIFICATE_FORMAT);
        err_place(r->e, r->path, 1, 0);
        err_hint(r->e, "use the pawl that wrote it, or a newer one");
        return PAWL_SOURCE;
    }
    r->line = 0;
    return PAWL_OK;
}

static bool is_marker(struct slice line)
{
    static const char *const markers[] = {"<<<<<<< ", ">>>>>>> ", "||||||| "};
    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++)
        if (slice_starts(line, slice_of(markers[i])))
            return true;
    return slice_eq(line, SLICE("=======")) || slice_eq(line, SLICE("=======\r"));
}

/* What is wrong with the file as a whole, before any line is looked at. */
static int read_shape(struct reader *r)
{
    struct slice last = SLICE("");
    unsigned end = 0; /* the line of the first end */
    while (next_line(r)) {
        if (is_marker(r->now))
            return fault(r, CERTIFICATE_CONFLICT, "keep either side, have the files of both, then " PROVE_AGAIN,
                         "a merge left its conflict markers here");
        last = r->now;
        end = end || !slice_starts(last, SLICE("end ")) ? end : r->line;
    }
    bool more = end && (!slice_starts(last, SLICE("end ")) || r->text.p[r->text.n - 1] != '\n');
    r->at = r->line = 0;
    int code = read_first(r);
    if (code)
        return code;
    r->line = 1;
    if (slice_find_byte(r->text, '\r') != SIZE_MAX)
        return fault(r, CERTIFICATE_ENDINGS, "say `pawl.lock -text` in .gitattributes and check it out again",
                     "its line endings were changed: there are CR characters");
    r->line = end;
    if (more)
        return edited(r, "what follows the line `end`");
    r->line = 0;
    if (!slice_starts(last, SLICE("end ")) || r->text.p[r->text.n - 1] != '\n') {
        while (next_line(r))
            ;
        r->line += r->line == 0; /* the last whole one, or the first */
        return fault(r, CERTIFICATE_TRUNCATED, "take the file back from version control, or " PROVE_AGAIN,
                     "it was cut off: the last line, which begins with `end`, is missing");
    }
    return PAWL_OK;
}

static bool read_versions(struct reader *r)
{
    struct slice rest = r->now, facts, proofs;
    int64_t f, p;
    if (!slice_eq(word(&rest), SLICE("made")) || !read_value(word(&rest), "facts", &facts) ||
        !read_value(word(&rest), "proofs", &proofs) || rest.n || !read_number(facts, &f) || !read_number(proofs, &p) ||
        f > UINT16_MAX || p > UINT16_MAX)
        return false;
    r->c->facts = (unsigned)f;
    r->c->proofs = (unsigned)p;
    return true;
}

static int read_engines(struct reader *r, bool *ok)
{
    struct slice rest = r->now, before = SLICE("");
    size_t cap = 0;
    *ok = slice_eq(word(&rest), SLICE("engines"));
    while (*ok && rest.n) {
        struct slice w = word(&rest);
        if (!arena_grow(r->a, (void **)&r->c->engines, &cap, r->c->n_engines, sizeof *r->c->engines))
            return err_nomem(r->e);
        *ok = slice_find_byte(w, '/') != SIZE_MAX && slice_cmp(before, w) < 0;
        r->c->engines[r->c->n_engines++] = before = w;
    }
    return PAWL_OK;
}

static int read_setups(struct reader *r, bool *ok)
{
    struct slice rest = r->now, before = SLICE("");
    unsigned char bytes[SETUP_DIGITS / 2];
    size_t cap = 0;
    *ok = slice_eq(word(&rest), SLICE("setup"));
    while (*ok && rest.n) {
        struct slice w = word(&rest);
        size_t equals = slice_find_byte(w, '=');
        struct certificate_setup s = {.engine = slice_sub(w, 0, equals)};
        if (!arena_grow(r->a, (void **)&r->c->setups, &cap, r->c->n_setups, sizeof *r->c->setups))
            return err_nomem(r->e);
        *ok = equals != SIZE_MAX && slice_cmp(before, s.engine) < 0 &&
              read_hex(slice_sub(w, equals + 1, w.n), bytes, sizeof bytes);
        if (*ok)
            memcpy(s.digits, w.p + equals + 1, SETUP_DIGITS);
        r->c->setups[r->c->n_setups++] = s;
        before = s.engine;
    }
    return PAWL_OK;
}

static int read_baseline(struct reader *r)
{
    bool ok, chained;
    struct slice chain, body = split_chain(r->now, &chain, &chained);
    struct slice rest = body, head = slice_sub(r->text, 0, (size_t)(r->now.p - r->text.p));
    int code = chained ? check_chain(r, head, body, chain) : edited(r, "this line");
    if (code)
        return code;
    if (!slice_eq(word(&rest), SLICE("baseline")))
        return edited(r, "this line");
    code = read_marks(r, &rest, &r->c->baseline, &ok);
    return code ? code : ok && !rest.n ? PAWL_OK : edited(r, "this line");
}

static int read_head(struct reader *r)
{
    bool ok = next_line(r); /* which was read already */
    ok = ok && next_line(r) && read_versions(r);
    int code = ok && next_line(r) ? read_engines(r, &ok) : PAWL_OK;
    if (!code && ok)
        code = next_line(r) ? read_setups(r, &ok) : PAWL_OK;
    if (!code && ok)
        ok = next_line(r);
    return code ? code : ok ? read_baseline(r) : edited(r, "this line");
}

static bool read_fields(struct reader *r, struct slice rest, struct certificate_line *l, int *code)
{
    struct slice up, down, proofs, runner, inside;
    bool ok = read_number(word(&rest), &l->version) && l->version > 0;
    ok = ok && read_description(r, word(&rest), &l->description);
    if (ok && !l->description.p)
        *code = err_nomem(r->e);
    ok = ok && read_value(word(&rest), "up", &up) && read_hex(up, l->up, SHA384_BYTES);
    ok = ok && read_value(word(&rest), "down", &down);
    l->has_down = ok && !slice_eq(down, SLICE("none"));
    ok = ok && (!l->has_down || read_hex(down, l->down, SHA384_BYTES));
    if (ok && !*code)
        *code = read_marks(r, &rest, &l->marks, &ok);
    ok = ok && read_value(word(&rest), "proofs", &proofs) && read_proofs(proofs, &l->proofs);
    ok = ok && read_value(word(&rest), "runner", &runner);
    ok = ok && read_value(word(&rest), "transaction", &inside) && !rest.n;
    l->outside = ok && slice_eq(inside, SLICE("no"));
    ok = ok && (l->outside || slice_eq(inside, SLICE("yes")));
    l->runner = ok && slice_eq(runner, SLICE("pawl")) ? CERTIFICATE_PAWL : CERTIFICATE_PLAIN;
    return ok && (l->runner == CERTIFICATE_PAWL || slice_eq(runner, SLICE("plain")));
}

static int read_line(struct reader *r)
{
    struct certificate *c = r->c;
    struct certificate_line l = {.line = r->line};
    bool chained;
    struct slice chain, body = split_chain(r->now, &chain, &chained);
    int code = chained ? check_chain(r, SLICE(""), body, chain) : edited(r, "this line");
    if (!code && !read_fields(r, body, &l, &code) && !code)
        code = edited(r, "this line");
    if (!code && c->n && c->lines[c->n - 1].version >= l.version)
        code = edited(r, "the order of the lines");
    if (!code && !arena_grow(r->a, (void **)&c->lines, &r->cap, c->n, sizeof *c->lines))
        code = err_nomem(r->e);
    if (!code)
        c->lines[c->n++] = l;
    return code;
}

static int read_end(struct reader *r)
{
    struct slice rest = slice_sub(r->now, 4, r->now.n);
    int64_t n;
    if (!read_number(word(&rest), &n) || rest.n != CHAIN_DIGITS)
        return edited(r, "the last line");
    if ((size_t)n == r->c->n && slice_eq(rest, (struct slice){r->chains[r->n_chains - 1], CHAIN_DIGITS}))
        return r->at == r->text.n ? PAWL_OK : edited(r, "what follows the line `end`");
    return fault(r, (size_t)n > r->c->n ? CERTIFICATE_GAP : CERTIFICATE_MERGED, PROVE_AGAIN,
                 (size_t)n > r->c->n ? "lines in front of this one are gone"
                                     : "the last line is that of another branch: it does not follow the line above it");
}

static int read_all(struct reader *r)
{
    int code = read_shape(r);
    if (!code)
        code = read_head(r);
    while (!code && next_line(r)) {
        if (slice_starts(r->now, SLICE("end ")))
            return read_end(r);
        code = read_line(r);
    }
    return code;
}

int certificate_parse(struct arena *a, struct slice text, struct slice path, struct certificate *out,
                      enum certificate_fault *fault, struct pawl_error *e)
{
    enum certificate_fault ignored;
    struct reader r = {.a = a, .text = text, .path = path, .c = out, .fault = fault ? fault : &ignored, .e = e};
    *out = (struct certificate){0};
    *r.fault = CERTIFICATE_SOUND;
    if (!hasher_init_sha256(&r.hasher))
        return err_nomem(e);
    int code = read_all(&r);
    hasher_clear(&r.hasher);
    return code;
}
