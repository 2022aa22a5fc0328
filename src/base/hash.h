/*
 * hash: SHA-384 (sqlx's checksum), SHA-256 (fingerprints) through libcrypto, and a fast hash for tables in memory.
 */
#ifndef PAWL_BASE_HASH_H
#define PAWL_BASE_HASH_H

#include "base/slice.h"

#define SHA256_BYTES 32
#define SHA384_BYTES 48

/*
 * A hasher is made once and used for many texts: looking an algorithm up in libcrypto costs more than hashing a small
 * file. One thread at a time.
 */
struct hasher {
    void *md;  /* EVP_MD */
    void *ctx; /* EVP_MD_CTX */
    size_t bytes;
};

/* false if libcrypto has no memory or no such algorithm; the hasher is then cleared. */
bool hasher_init_sha256(struct hasher *h);
bool hasher_init_sha384(struct hasher *h);
void hasher_clear(struct hasher *h);
bool hasher_begin(struct hasher *h);
bool hasher_add(struct hasher *h, struct slice s);
/* Writes h->bytes bytes. */
bool hasher_end(struct hasher *h, unsigned char *out);
/* begin, add, end. */
bool hasher_sum(struct hasher *h, struct slice s, unsigned char *out);

/* Lower-case hexadecimal digits of n bytes and a NUL: `out` has room for 2n + 1. */
void hex_encode(char *out, const unsigned char *bytes, size_t n);

/* 64 bits, eight bytes at a time: for tables in memory, never for anything kept or compared between machines. */
uint64_t hash_fast(struct slice s);

#endif
