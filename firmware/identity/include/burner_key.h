/* The key configuration: who the firmware is to the cloud. */
#ifndef BURNER_KEY_H
#define BURNER_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "burner_crypto.h"
#include "burner_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BURNER_PRODUCT_ID_LENGTH 10
#define BURNER_PRODUCT_SECRET_LENGTH 32
#define BURNER_DEVICE_NAME_LENGTH 48

struct burner_key {
    char product_id[BURNER_PRODUCT_ID_LENGTH + 1];
    char product_secret[BURNER_PRODUCT_SECRET_LENGTH + 1];
    char device_name[BURNER_DEVICE_NAME_LENGTH + 1]; /* empty where it is not burned */
};

/* Whether the values are ones that burner burns: BURNER_OK or BURNER_NOT_ALLOWED. Every reader
 * asks this by itself. */
enum burner_status burner_key_check(const struct burner_key *key);

/* Tencent's rule: 1 to 48 of A-Z a-z 0-9 _ - and, where `colon` says so, the colon. */
bool burner_is_device_name(const char *name, bool colon);

/* SHA-256 over the key configuration without its secret: ProductID and burned name, each behind
 * its length (two bytes, big endian). */
enum burner_status burner_key_digest(const struct burner_key *key,
                                     uint8_t digest[BURNER_SHA256_SIZE]);

/* Overwrites a secret so that no compiler leaves it out. */
void burner_wipe(void *memory, size_t size);

#ifdef __cplusplus
}
#endif

#endif
