#include "source/certificate.h"

#include <inttypes.h>

#include "pawl.h"

const char *const certificate_proofs[PAWL_PROOF_COUNT] = {
#define X(name, key, heading, meaning) key,
    PAWL_PROOFS(X)
#undef X
};
const char *const certificate_runners[2] = {"plain", "pawl"};

const struct certificate_mark *certificate_mark(const struct certificate_marks *marks, struct slice name)
{
    for (size_t i = 0; i < marks->n; i++)
        if (slice_eq(marks->items[i].name, name))
            return &marks->items[i];
    return NULL;
}

const struct certificate_setup *certificate_setup(const struct certificate *c, struct slice engine)
{
    for (size_t i = 0; i < c->n_setups; i++)
        if (slice_eq(c->setups[i].engine, engine))
            return &c->setups[i];
    return NULL;
}

bool certificate_has_engine(const struct certificate *c, struct slice engine_and_major)
{
    for (size_t i = 0; i < c->n_engines; i++)
        if (slice_eq(c->engines[i], engine_and_major))
            return true;
    return false;
}

size_t certificate_find(const struct certificate *c, int64_t version)
{
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->lines[middle].version < version)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->n && c->lines[low].version == version ? low : SIZE_MAX;
}

/* ---- the chain --------------------------------------------------------------------------------------------------- */

bool certificate_chain(struct hasher *h, struct slice head, struct slice before, struct slice line, char *out)
{
    unsigned char sum[SHA256_BYTES];
    char digits[2 * SHA256_BYTES + 1];
    bool ok = hasher_begin(h) && hasher_add(h, head) && hasher_add(h, line) && hasher_end(h, sum);
    hex_encode(digits, sum, sizeof sum);
    memcpy(out, digits, CHAIN_HALF);
    ok = ok && hasher_begin(h) && hasher_add(h, before) && hasher_add(h, SLICE("\n")) && hasher_add(h, head) &&
         hasher_add(h, line) && hasher_end(h, sum);
    hex_encode(digits, sum, sizeof sum);
    memcpy(out + CHAIN_HALF, digits, CHAIN_HALF);
    out[CHAIN_DIGITS] = '\0';
    return ok;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void write_hex(struct strbuf *out, const unsigned char *bytes, size_t n)
{
    char digits[2 * SHA384_BYTES + 1];
    hex_encode(digits, bytes, n);
    strbuf_addz(out, digits);
}

bool certificate_is_plain(char c)
{
    return (unsigned char)c > ' ' && c != '%' && c != '_' && c != 0x7f;
}

static void write_description(struct strbuf *out, struct slice s)
{
    if (!s.n)
        strbuf_addz(out, "%-");
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ')
            strbuf_addc(out, '_');
        else if (certificate_is_plain(s.p[i]))
            strbuf_addc(out, s.p[i]);
        else
            strbuf_addf(out, "%%%02x", (unsigned char)s.p[i]);
}

static void write_marks(struct strbuf *out, const struct certificate_marks *marks)
{
    for (size_t i = 0; i < marks->n; i++) {
        strbuf_addf(out, " " SLICE_FMT "=", SLICE_ARG(marks->items[i].name));
        write_hex(out, marks->items[i].fingerprint, SHA256_BYTES);
    }
}

static void write_proofs(struct strbuf *out, unsigned proofs)
{
    const char *comma = "";
    strbuf_addz(out, " proofs=");
    for (int i = 0; i < PAWL_PROOF_COUNT; i++)
        if (proofs >> i & 1) {
            strbuf_addf(out, "%s%s", comma, certificate_proofs[i]);
            comma = ",";
        }
    if (!*comma)
        strbuf_addz(out, "none");
}

static void write_line(struct strbuf *out, const struct certificate_line *l)
{
    strbuf_addf(out, "%" PRId64 " ", l->version);
    write_description(out, l->description);
    strbuf_addz(out, " up=");
    write_hex(out, l->up, SHA384_BYTES);
    strbuf_addz(out, " down=");
    if (l->has_down)
        write_hex(out, l->down, SHA384_BYTES);
    else
        strbuf_addz(out, "none");
    write_marks(out, &l->marks);
    write_proofs(out, l->proofs);
    strbuf_addf(out, " runner=%s transaction=%s", certificate_runners[l->runner], l->outside ? "no" : "yes");
}

static void write_head(struct strbuf *out, const struct certificate *c)
{
    strbuf_addf(out, "pawl.lock %d\nmade facts=%u proofs=%u\nengines", CERTIFICATE_FORMAT, c->facts, c->proofs);
    for (size_t i = 0; i < c->n_engines; i++)
        strbuf_addf(out, " " SLICE_FMT, SLICE_ARG(c->engines[i]));
    strbuf_addz(out, "\nsetup");
    for (size_t i = 0; i < c->n_setups; i++)
        strbuf_addf(out, " " SLICE_FMT "=%s", SLICE_ARG(c->setups[i].engine), c->setups[i].digits);
    strbuf_addc(out, '\n');
}

/* What was written from `from` on gets its chain. */
static bool write_chain(struct hasher *h, struct strbuf *out, size_t head, size_t from, char *chain)
{
    struct slice all = strbuf_slice(out), before = {chain, head == from ? CHAIN_DIGITS : 0};
    char next[CHAIN_DIGITS + 1];
    if (!certificate_chain(h, slice_sub(all, head, from), before, slice_sub(all, from, all.n), next))
        return false;
    memcpy(chain, next, sizeof next);
    strbuf_addf(out, " chain=%s\n", chain);
    return true;
}

int certificate_write(const struct certificate *c, struct strbuf *out, struct pawl_error *e)
{
    char chain[CHAIN_DIGITS + 1] = "";
    struct hasher h;
    if (!hasher_init_sha256(&h))
        return err_nomem(e);
    write_head(out, c);
    size_t from = out->n;
    strbuf_addz(out, "baseline");
    write_marks(out, &c->baseline);
    bool ok = strbuf_ok(out) && write_chain(&h, out, 0, from, chain);
    for (size_t i = 0; i < c->n && ok; i++) {
        from = out->n;
        write_line(out, &c->lines[i]);
        ok = strbuf_ok(out) && write_chain(&h, out, from, from, chain);
    }
    strbuf_addf(out, "end %zu %s\n", c->n, chain);
    hasher_clear(&h);
    return ok && strbuf_ok(out) ? PAWL_OK : err_nomem(e);
}
