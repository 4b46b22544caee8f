#include <string.h>

#include "burner_key_layouts.h"
#include "layout_values.h"

/* The text of an array: NULs up to the array's end. */
static enum burner_status read_array(struct burner_array from, char *to, size_t room)
{
    size_t length = 0;
    while (length < from.size && from.array[length] != '\0') {
        length++;
    }
    if (length == 0) {
        return BURNER_MISSING;
    }
    for (size_t at = length; at < from.size; at++) {
        if (from.array[at] != '\0') {
            return BURNER_DAMAGED;
        }
    }
    if (length == from.size) {
        return BURNER_DAMAGED;
    }
    if (length >= room) {
        return BURNER_TOO_LONG;
    }
    for (size_t at = 0; at < length; at++) {
        to[at] = from.array[at];
    }
    return BURNER_OK;
}

enum burner_status burner_read_arrays(struct burner_array product_id,
                                      struct burner_array product_secret,
                                      struct burner_array device_name, struct burner_key *key)
{
    const struct burner_array arrays[3] = {product_id, product_secret, device_name};
    enum burner_status status = BURNER_OK;
    memset(key, 0, sizeof *key);
    for (int value = 0; value < 3 && status == BURNER_OK; value++) {
        size_t size;
        char *to = burner_value_of(key, value, &size);
        if (value < 2 || arrays[value].size != 0) {
            status = read_array(arrays[value], to, size);
        }
    }
    return burner_checked(status, key);
}
