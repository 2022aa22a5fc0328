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

/* Eight bytes at a time; each step folds a 128-bit product. */
static uint64_t step(uint64_t h, uint64_t word)
{
    __uint128_t product = (__uint128_t)(h ^ word) * 0x9e3779b97f4a7c15u;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_fast(struct slice s)
{
    uint64_t h = 0xa0761d6478bd642fu ^ s.n, word;
    size_t i = 0;
    for (; s.n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        h = step(h, word) + 0xe7037ed1a0b428dbu;
    }
    word = 0;
    if (i < s.n)
        memcpy(&word, s.p + i, s.n - i);
    return step(step(h, word) + 0x8ebc6af09c88c6e3u, s.n);
}
