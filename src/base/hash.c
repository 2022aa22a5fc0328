#include "base/hash.h"

#include <openssl/evp.h>

static bool init(struct hasher *h, const char *algorithm, size_t bytes)
{
    h->md = EVP_MD_fetch(NULL, algorithm, NULL);
    h->ctx = EVP_MD_CTX_new();
    h->bytes = bytes;
    if (h->md && h->ctx)
        return true;
    hasher_clear(h);
    return false;
}

bool hasher_init_sha256(struct hasher *h)
{
    return init(h, "SHA256", SHA256_BYTES);
}

bool hasher_init_sha384(struct hasher *h)
{
    return init(h, "SHA384", SHA384_BYTES);
}

void hasher_clear(struct hasher *h)
{
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
    *h = (struct hasher){0};
}

bool hasher_begin(struct hasher *h)
{
    return EVP_DigestInit_ex2(h->ctx, h->md, NULL) == 1;
}

bool hasher_add(struct hasher *h, struct slice s)
{
    return s.n == 0 || EVP_DigestUpdate(h->ctx, s.p, s.n) == 1;
}

bool hasher_end(struct hasher *h, unsigned char *out)
{
    return EVP_DigestFinal_ex(h->ctx, out, NULL) == 1;
}

bool hasher_sum(struct hasher *h, struct slice s, unsigned char *out)
{
    return hasher_begin(h) && hasher_add(h, s) && hasher_end(h, out);
}

void hex_encode(char *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

uint64_t hash_fast(struct slice s)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    return h;
}
