/* One product: compiled once for each, with its headers and its name in PRODUCT. */
#include <string.h>

#include "name_vectors.h"
#include "product_identity.h"
#include "products.h"

static bool vectors_hold(void)
{
    for (size_t at = 0; at < NAME_VECTOR_COUNT; at++) {
        const struct name_vector *vector = &name_vectors[at];
        struct burner_ids ids = {
            .imei = vector->imei, .serial = vector->serial, .label = vector->label};
        char name[BURNER_DEVICE_NAME_LENGTH + 1];
        memcpy(ids.mac, vector->mac, sizeof ids.mac);
        if (burner_device_name(&product_name_rule, &ids, name) != BURNER_OK ||
            strcmp(name, vector->name) != 0) {
            return false;
        }
    }
    return true;
}

#ifdef PRODUCT_KEY_IN_ARRAYS
PRODUCT_KEY_ARRAYS
#endif

static enum burner_status read(const struct burner_flash *burned,
                               const struct burner_flash *encryption, struct burner_key *key)
{
    (void)burned, (void)encryption;
#ifdef PRODUCT_KEY_IN_NVS
    return burner_read_nvs(&product_key_layout, burned, encryption, key);
#elif defined PRODUCT_KEY_IN_FILE
    return burner_read_json(&product_key_layout, burned->context, burned->size, key);
#elif defined PRODUCT_KEY_IN_STRUCT
    return burner_read_raw(&product_key_layout, burned, key);
#elif defined PRODUCT_KEY_IN_ARRAYS
    return PRODUCT_READ_KEY(key);
#else
    memset(key, 0, sizeof *key);
    return BURNER_MISSING;
#endif
}

const struct product PRODUCT = {&product_name_rule, vectors_hold, read};
