#include "db/postgres_url.h"

#define SHOWN_MAX 4096

/* A parameter whose value nobody may see: password, sslpassword, oauth_client_secret, scram_client_key. */
static bool is_secret(struct slice name)
{
    static const char *const parts[] = {"password", "secret", "scram"};
    char lower[64];
    size_t n = name.n < sizeof lower ? name.n : sizeof lower;
    for (size_t i = 0; i < n; i++)
        lower[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (slice_find((struct slice){lower, n}, slice_of(parts[i])) != SIZE_MAX)
            return true;
    return slice_find_byte(name, '%') != SIZE_MAX; /* p%61ssword */
}

static size_t last_byte(struct slice s, char c)
{
    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == c) /* NOLINT(clang-analyzer-core.NullDereference): p is NULL only if n is 0 */
            return i;
    return SIZE_MAX;
}

static void show_query(struct strbuf *b, struct slice query)
{
    while (query.n) {
        size_t end = slice_find_byte(query, '&');
        struct slice pair = slice_sub(query, 0, end);
        size_t equals = slice_find_byte(pair, '=');
        struct slice name = slice_sub(pair, 0, equals);
        if (equals != SIZE_MAX && is_secret(name)) {
            strbuf_add(b, name);
            strbuf_addz(b, "=***");
        } else {
            strbuf_add(b, pair);
        }
        query = end == SIZE_MAX ? SLICE("") : slice_sub(query, end + 1, query.n);
        if (query.n)
            strbuf_addc(b, '&');
    }
}

/*
 * Everything between the first colon of the user and the last @ of the whole text is taken for the password: one with an
 * unescaped / ? # or @ must not come out, even if a strange but right URL is then shown a little shorter.
 */
static void show_url(struct strbuf *b, struct slice scheme, struct slice rest)
{
    size_t at = last_byte(rest, '@');
    strbuf_add(b, scheme);
    if (at != SIZE_MAX) {
        struct slice user = slice_sub(rest, 0, at);
        strbuf_add(b, slice_sub(user, 0, slice_find_byte(user, ':')));
        rest = slice_sub(rest, at, rest.n);
    }
    size_t question = slice_find_byte(rest, '?');
    strbuf_add(b, slice_sub(rest, 0, question));
    if (question != SIZE_MAX) {
        strbuf_addc(b, '?');
        show_query(b, slice_sub(rest, question + 1, rest.n));
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* The length of a keyword's value at the beginning of s, by libpq's rules for quotes and backslashes. */
static size_t value_length(struct slice s)
{
    bool quoted = s.n && s.p[0] == '\'';
    size_t i = quoted ? 1 : 0;
    for (; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (quoted && s.p[i] == '\'')
            return i + 1;
        else if (!quoted && is_space(s.p[i]))
            return i;
    }
    return s.n;
}

/* "host=db password=x": each secret value made ***. What does not have this form ends the text. */
static void show_keywords(struct strbuf *b, struct slice s)
{
    for (bool first = true; s.n; first = false) {
        size_t equals = slice_find_byte(s, '=');
        struct slice name = slice_trim(slice_sub(s, 0, equals));
        if (equals == SIZE_MAX || slice_find_byte(name, ' ') != SIZE_MAX) {
            strbuf_addz(b, first ? "***" : " ***");
            return;
        }
        s = slice_sub(s, equals + 1, s.n);
        while (s.n && is_space(s.p[0]))
            s = slice_sub(s, 1, s.n);
        size_t n = value_length(s);
        strbuf_addf(b, first ? SLICE_FMT "=" : " " SLICE_FMT "=", SLICE_ARG(name));
        strbuf_add(b, is_secret(name) ? SLICE("***") : slice_sub(s, 0, n));
        s = slice_sub(s, n, s.n);
        while (s.n && is_space(s.p[0]))
            s = slice_sub(s, 1, s.n);
    }
}

/* "//app:se/cret@host": libpq would take what stands before the slash for host and port, and the rest for a name to show. */
static bool cuts_password(struct slice rest)
{
    struct slice text = slice_sub(rest, 2, rest.n);
    struct slice authority = slice_sub(text, 0, slice_find_byte(text, '/'));
    struct slice path = slice_sub(text, authority.n, slice_find_byte(text, '?'));
    return slice_find_byte(authority, ':') != SIZE_MAX && slice_find_byte(authority, '@') == SIZE_MAX &&
           slice_find_byte(path, '@') != SIZE_MAX;
}

bool postgres_knows(struct slice url)
{
    static const char *const names[] = {"host", "hostaddr", "port", "dbname", "user", "password", "service", "sslmode"};
    size_t equals = slice_find_byte(url, '=');
    struct slice name = equals == SIZE_MAX ? SLICE("") : slice_trim(slice_sub(url, 0, equals));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_eq(name, slice_of(names[i])))
            return true;
    return false;
}

int postgres_parse(struct arena *a, struct db_target *target, struct pawl_error *e)
{
    STRBUF(shown, SHOWN_MAX);
    size_t colon = slice_find_byte(target->url, ':');
    struct slice rest = postgres_knows(target->url) ? target->url : slice_sub(target->url, colon + 1, target->url.n);
    if (slice_starts(rest, SLICE("//"))) {
        if (cuts_password(rest)) {
            err_set(e, PAWL_USAGE, "the URL has a / before its @");
            err_hint(e, "write / ? # @ : and %% inside a name or password as %%2F %%3F %%23 %%40 %%3A %%25");
            return PAWL_USAGE;
        }
        /* libpq knows the schemes in lower case only. */
        target->location = arena_printf(a, "postgresql:" SLICE_FMT, SLICE_ARG(rest));
        show_url(&shown, slice_sub(target->url, 0, colon + 3), slice_sub(rest, 2, rest.n));
    } else {
        target->location = arena_printf(a, SLICE_FMT, SLICE_ARG(slice_trim(rest)));
        if (slice_trim(rest).n && slice_find_byte(rest, '=') == SIZE_MAX) {
            err_set(e, PAWL_USAGE, "not a PostgreSQL URL");
            err_hint(e, "write postgres://user@host/database, or postgres:host=... dbname=...");
            return PAWL_USAGE;
        }
        strbuf_addz(&shown, "postgres:");
        show_keywords(&shown, slice_trim(rest));
    }
    if (shown.failed && shown.n >= SHOWN_MAX / 2) {
        strbuf_reset(&shown);
        strbuf_addz(&shown, "postgres:(a very long address)");
    }
    target->shown = strbuf_ok(&shown) ? arena_dup(a, strbuf_slice(&shown)) : (struct slice){NULL, 0};
    return target->location.p && target->shown.p ? PAWL_OK : err_nomem(e);
}

void postgres_redact_parse(struct strbuf *b, struct slice message)
{
    bool inside = false;
    for (size_t i = 0; i < message.n; i++) {
        if (message.p[i] == '"') {
            strbuf_addz(b, inside ? "\"" : "\"***");
            inside = !inside;
        } else if (!inside) {
            strbuf_addc(b, message.p[i]);
        }
    }
}

void postgres_redact(struct strbuf *b, struct slice message, struct slice secret)
{
    size_t at;
    while (secret.n && (at = slice_find(message, secret)) != SIZE_MAX) {
        strbuf_add(b, slice_sub(message, 0, at));
        strbuf_addz(b, "***");
        message = slice_sub(message, at + secret.n, message.n);
    }
    strbuf_add(b, message);
}

uint32_t postgres_crc32(struct slice s)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < s.n; i++) {
        crc ^= (unsigned char)s.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

int64_t postgres_lock_key(struct slice database)
{
    return INT64_C(0x3d32ad9e) * (int64_t)postgres_crc32(database);
}
