/* The HAL of Tencent's early C SDKs: one function to get and one to set each value.
 *
 * `size` is the longest text that fits, as those SDKs mean it: a text of that length has no NUL
 * behind it. What is burned cannot be set to anything else. */
#include <stdint.h>
#include <string.h>

#include "burner_tencent_hal.h"

#define GOOD 0
#define FAILED (-1)

int HAL_GetProductID(char *product_id, uint8_t size);
int HAL_GetProductKey(char *product_secret, uint8_t size);
int HAL_GetDevName(char *device_name, uint8_t size);
int HAL_GetDevSec(char *device_secret, uint8_t size);
int HAL_SetProductID(const char *product_id);
int HAL_SetProductKey(const char *product_secret);
int HAL_SetDevName(const char *device_name);
int HAL_SetDevSec(const char *device_secret);

static int get(const char *value, char *to, uint8_t size)
{
    size_t length = strlen(value);
    if (to == NULL || length == 0 || length > size) {
        return FAILED;
    }
    memset(to, 0, size);
    memcpy(to, value, length);
    return GOOD;
}

static int same(const char *value, const char *wanted)
{
    return wanted != NULL && strcmp(value, wanted) == 0 ? GOOD : FAILED;
}

static const char *product_id(void)
{
    return burner_hal_current() != NULL ? burner_hal_current()->key->product_id : "";
}

static const char *product_secret(void)
{
    return burner_hal_current() != NULL ? burner_hal_current()->key->product_secret : "";
}

static const char *name(void)
{
    return burner_hal_current() != NULL ? burner_hal_current()->name : "";
}

int HAL_GetProductID(char *to, uint8_t size)
{
    return get(product_id(), to, size);
}

int HAL_GetProductKey(char *to, uint8_t size)
{
    return get(product_secret(), to, size);
}

int HAL_GetDevName(char *to, uint8_t size)
{
    return get(name(), to, size);
}

int HAL_GetDevSec(char *to, uint8_t size)
{
    char secret[BURNER_LONGEST_DEVICE_SECRET + 1];
    burner_hal_secret(secret);
    int result = get(secret, to, size);
    burner_wipe(secret, sizeof secret);
    return result;
}

int HAL_SetProductID(const char *wanted)
{
    return same(product_id(), wanted);
}

int HAL_SetProductKey(const char *wanted)
{
    return same(product_secret(), wanted);
}

int HAL_SetDevName(const char *wanted)
{
    return same(name(), wanted);
}

int HAL_SetDevSec(const char *device_secret)
{
    return device_secret != NULL && burner_hal_keep_secret(device_secret) ? GOOD : FAILED;
}
