/* The seam below which a crypto library works: crypto_mbedtls.c, or crypto_own.c where there is
 * none. Exactly one of the two is linked. Every function gives false where the work failed. */
#ifndef BURNER_CRYPTO_H
#define BURNER_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum burner_hash { BURNER_SHA1, BURNER_SHA256 };

#define BURNER_SHA1_SIZE 20
#define BURNER_SHA256_SIZE 32
#define BURNER_LONGEST_DIGEST BURNER_SHA256_SIZE

/* Bytes of a digest. */
static inline size_t burner_digest_size(enum burner_hash hash)
{
    return hash == BURNER_SHA1 ? BURNER_SHA1_SIZE : BURNER_SHA256_SIZE;
}

bool burner_digest(enum burner_hash hash, const void *data, size_t size, uint8_t *digest);

bool burner_hmac(enum burner_hash hash, const void *key, size_t key_size, const void *data,
                 size_t size, uint8_t *digest);

/* In place; `size` is a multiple of 16. */
bool burner_aes128_cbc_decrypt(const uint8_t key[16], const uint8_t iv[16], uint8_t *data,
                               size_t size);

/* AES-256-XTS as encrypted NVS uses it: one entry of 32 bytes, in place. */
bool burner_aes256_xts_decrypt(const uint8_t key[64], const uint8_t tweak[16], uint8_t entry[32]);

#ifdef __cplusplus
}
#endif

#endif
