/* Where the readers put the values of the key configuration. */
#ifndef BURNER_LAYOUT_VALUES_H
#define BURNER_LAYOUT_VALUES_H

#include <stddef.h>

#include "burner_key.h"

/* The place of the value 0 (ProductID), 1 (secret) or 2 (name). `size` counts the NUL. */
static inline char *burner_value_of(struct burner_key *key, int value, size_t *size)
{
    switch (value) {
    case 0:
        *size = sizeof key->product_id;
        return key->product_id;
    case 1:
        *size = sizeof key->product_secret;
        return key->product_secret;
    default:
        *size = sizeof key->device_name;
        return key->device_name;
    }
}

/* The end of every reader: the key, if it is one; an empty one if not. */
static inline enum burner_status burner_checked(enum burner_status status, struct burner_key *key)
{
    if (status == BURNER_OK) {
        status = burner_key_check(key);
    }
    if (status != BURNER_OK) {
        burner_wipe(key, sizeof *key);
    }
    return status;
}

#endif
