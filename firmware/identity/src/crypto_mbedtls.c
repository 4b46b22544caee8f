/* The crypto seam over mbedTLS 2.28 and 3 (ESP-IDF up to 5). Where a firmware compiles a part out,
 * its function gives false. */
#include "burner_crypto.h"

#include <mbedtls/aes.h>
#include <mbedtls/md.h>
#include <string.h>

static const mbedtls_md_info_t *md_of(enum burner_hash hash)
{
    return mbedtls_md_info_from_type(hash == BURNER_SHA1 ? MBEDTLS_MD_SHA1 : MBEDTLS_MD_SHA256);
}

bool burner_digest(enum burner_hash hash, const void *data, size_t size, uint8_t *digest)
{
    const mbedtls_md_info_t *md = md_of(hash);
    return md != NULL && mbedtls_md(md, data, size, digest) == 0;
}

bool burner_hmac(enum burner_hash hash, const void *key, size_t key_size, const void *data,
                 size_t size, uint8_t *digest)
{
    const mbedtls_md_info_t *md = md_of(hash);
    return md != NULL && mbedtls_md_hmac(md, key, key_size, data, size, digest) == 0;
}

bool burner_aes128_cbc_decrypt(const uint8_t key[16], const uint8_t iv[16], uint8_t *data,
                               size_t size)
{
    uint8_t chain[16]; /* mbedTLS writes into it */
    mbedtls_aes_context aes;
    memcpy(chain, iv, sizeof chain);
    mbedtls_aes_init(&aes);
    bool done = mbedtls_aes_setkey_dec(&aes, key, 128) == 0 &&
                mbedtls_aes_crypt_cbc(&aes, MBEDTLS_AES_DECRYPT, size, chain, data, data) == 0;
    mbedtls_aes_free(&aes);
    return done;
}

bool burner_aes256_xts_decrypt(const uint8_t key[64], const uint8_t tweak[16], uint8_t entry[32])
{
#ifdef MBEDTLS_CIPHER_MODE_XTS
    mbedtls_aes_xts_context xts;
    mbedtls_aes_xts_init(&xts);
    bool done = mbedtls_aes_xts_setkey_dec(&xts, key, 512) == 0 &&
                mbedtls_aes_crypt_xts(&xts, MBEDTLS_AES_DECRYPT, 32, tweak, entry, entry) == 0;
    mbedtls_aes_xts_free(&xts);
    return done;
#else
    (void)key, (void)tweak, (void)entry;
    return false;
#endif
}
