/* The HAL of Tencent's C SDK 3 (the default) and 4 (define BURNER_TENCENT_SDK_4): the values of a
 * device in one struct, which is the SDK's own. */
#include <string.h>

#include "burner_tencent_hal.h"

#ifdef BURNER_TENCENT_SDK_4
#include "qcloud_iot_platform.h"
typedef DeviceInfo hal_device_info;
#else
#include "qcloud_iot_export.h"
#include "qcloud_iot_import.h"
typedef void hal_device_info;
#endif

#define GOOD 0
#define FAILED (-1)

/* Copies a text into an array that has been zeroed. */
static int put(char *to, size_t size, const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || length >= size) {
        return FAILED;
    }
    memcpy(to, value, length);
    return GOOD;
}

int HAL_GetDevInfo(hal_device_info *to)
{
    const struct burner_hal *hal = burner_hal_current();
    DeviceInfo *info = to;
    char secret[BURNER_LONGEST_DEVICE_SECRET + 1];
    if (info == NULL || hal == NULL) {
        return FAILED;
    }
    memset(info, 0, sizeof *info);
    burner_hal_secret(secret);
    int result = put(info->product_id, sizeof info->product_id, hal->key->product_id);
    result |= put(info->device_name, sizeof info->device_name, hal->name);
    result |= put(info->device_secret, sizeof info->device_secret, secret);
#ifdef DEV_DYN_REG_ENABLED
    result |= put(info->product_secret, sizeof info->product_secret, hal->key->product_secret);
#endif
#if defined MAX_SIZE_OF_REGION && !defined BURNER_TENCENT_SDK_4 /* not in the first SDKs 3 */
    result |= put(info->region, sizeof info->region, hal->region);
#endif
    burner_wipe(secret, sizeof secret);
    return result == GOOD ? GOOD : FAILED;
}

/* The SDK calls it with what registration returned. The rest is burned, and must be the same. */
int HAL_SetDevInfo(hal_device_info *from)
{
    const struct burner_hal *hal = burner_hal_current();
    const DeviceInfo *info = from;
    if (info == NULL || hal == NULL || strcmp(info->product_id, hal->key->product_id) != 0 ||
        strcmp(info->device_name, hal->name) != 0) {
        return FAILED;
    }
    return burner_hal_keep_secret(info->device_secret) ? GOOD : FAILED;
}
