#include "burner_tencent_hal.h"

#include <string.h>

/* What the SDK's samples hold where there is no secret yet. */
static const char NO_SECRET[] = "YOUR_IOT_PSK";

static const struct burner_hal *current;

void burner_hal_begin(const struct burner_hal *hal)
{
    current = hal;
}

const struct burner_hal *burner_hal_current(void)
{
    return current;
}

void burner_hal_secret(char secret[BURNER_LONGEST_DEVICE_SECRET + 1])
{
    memset(secret, 0, BURNER_LONGEST_DEVICE_SECRET + 1);
    bool there = current != NULL && current->load_secret(current->context, secret,
                                                         BURNER_LONGEST_DEVICE_SECRET + 1);
    if (!there || secret[0] == '\0') {
        memcpy(secret, NO_SECRET, sizeof NO_SECRET);
    }
}

bool burner_hal_keep_secret(const char *secret)
{
    size_t length = strlen(secret);
    return current != NULL && length != 0 && length <= BURNER_LONGEST_DEVICE_SECRET &&
           strcmp(secret, NO_SECRET) != 0 && current->save_secret(current->context, secret);
}
