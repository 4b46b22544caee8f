/* The functions that Tencent's C SDK asks of a platform, over the key that burner burned.
 *
 * hal/hal_getters.c has those of the early SDKs, hal/hal_device_info.c those of SDK 3 and 4:
 * compile the one that your SDK's HAL header declares. Devices with PSK; for certificates take the
 * functions of your SDK. */
#ifndef BURNER_TENCENT_HAL_H
#define BURNER_TENCENT_HAL_H

#include <stdbool.h>
#include <stddef.h>

#include "burner_key.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BURNER_LONGEST_DEVICE_SECRET 64

struct burner_hal {
    const struct burner_key *key;
    const char *name;   /* the DeviceName of this unit */
    const char *region; /* as the SDK calls it: "china" */
    /* Where the device keeps the secret of its own, which registration returns. */
    bool (*load_secret)(void *context, char *secret, size_t size); /* false: it has none yet */
    bool (*save_secret)(void *context, const char *secret);
    void *context;
};

/* What the HAL functions work with from now on; all of it must live as long as they do. */
void burner_hal_begin(const struct burner_hal *hal);

/* What burner_hal_begin() was given; NULL before it. */
const struct burner_hal *burner_hal_current(void);

/* The device's own secret, or the placeholder by which the SDK's samples see that they must
 * register it first. */
void burner_hal_secret(char secret[BURNER_LONGEST_DEVICE_SECRET + 1]);

/* Keeps a secret; false where it is a placeholder or cannot be kept. */
bool burner_hal_keep_secret(const char *secret);

#ifdef __cplusplus
}
#endif

#endif
