#include <string.h>

#include "burner_key_layouts.h"
#include "json.h"
#include "layout_values.h"

static enum burner_status read_values(const struct burner_json_layout *layout,
                                      const struct burner_json *object, struct burner_key *key)
{
    const char *const names[3] = {layout->product_id, layout->product_secret, layout->device_name};
    for (int value = 0; value < 3; value++) {
        struct burner_json found;
        size_t size;
        char *to = burner_value_of(key, value, &size);
        if (names[value] == NULL) {
            continue;
        }
        if (!burner_json_find(object, names[value], &found)) {
            return BURNER_MISSING;
        }
        switch (burner_json_copy_text(&found, to, size)) {
        case BURNER_JSON_TOO_LONG:
            return BURNER_TOO_LONG;
        case BURNER_JSON_NO_TEXT:
            return BURNER_MISSING;
        case BURNER_JSON_FITS:
            break;
        }
        if (to[0] == '\0') {
            return BURNER_MISSING;
        }
    }
    return BURNER_OK;
}

enum burner_status burner_read_json(const struct burner_json_layout *layout, const char *text,
                                    size_t size, struct burner_key *key)
{
    struct burner_json object;
    memset(key, 0, sizeof *key);
    /* Only functions that do not write get the text. */
    if (!burner_json_object((char *)(uintptr_t)text, size, &object)) {
        return BURNER_DAMAGED;
    }
    return burner_checked(read_values(layout, &object, key), key);
}
