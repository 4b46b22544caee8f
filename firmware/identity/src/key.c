#include "burner_key.h"

#include <stddef.h>
#include <string.h>

/* Tencent's placeholders. In one text: alone, each would look like an array that is to be
 * patched, and like a placeholder that somebody forgot. */
static const char PLACEHOLDERS[] =
    "|PRODUCT_ID|DEVICE_NAME|DEVICE_SECRET|YOUR_PRODUCT_ID|YOUR_PRODUCT_SECRET|YOUR_DEVICE_NAME"
    "|YOUR_DEV_NAME|YOUR_DEVICE_SECRET|YOUR_IOT_PSK|IOT_PSK|TCIOT_PSK|PRODUCT_SECRETKEY|";

static bool is_letter_or_digit(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
           (character >= 'a' && character <= 'z');
}

static bool is_placeholder(const char *text)
{
    size_t length = strlen(text);
    for (const char *at = PLACEHOLDERS; at[1] != '\0'; at = strchr(at + 1, '|')) {
        if (strncmp(at + 1, text, length) == 0 && at[1 + length] == '|') {
            return true;
        }
    }
    return false;
}

bool burner_is_device_name(const char *name, bool colon)
{
    size_t length = 0;
    for (; name[length] != '\0'; length++) {
        char at = name[length];
        bool allowed = is_letter_or_digit(at) || at == '_' || at == '-' || (colon && at == ':');
        if (!allowed || length == BURNER_DEVICE_NAME_LENGTH) {
            return false;
        }
    }
    return length != 0;
}

static bool is_product_id(const char *text)
{
    size_t length = 0;
    while (is_letter_or_digit(text[length])) {
        length++;
    }
    return length == BURNER_PRODUCT_ID_LENGTH && text[length] == '\0';
}

static bool is_product_secret(const char *text)
{
    size_t length = 0;
    while (text[length] >= 0x21 && text[length] <= 0x7E) {
        length++;
    }
    return length >= 16 && length <= BURNER_PRODUCT_SECRET_LENGTH && text[length] == '\0';
}

enum burner_status burner_key_check(const struct burner_key *key)
{
    bool good = is_product_id(key->product_id) && is_product_secret(key->product_secret) &&
                !is_placeholder(key->product_secret);
    if (key->device_name[0] != '\0') {
        good = good && burner_is_device_name(key->device_name, true) &&
               !is_placeholder(key->device_name);
    }
    return good ? BURNER_OK : BURNER_NOT_ALLOWED;
}

static size_t append(uint8_t *to, const char *text)
{
    size_t length = strlen(text);
    to[0] = (uint8_t)(length >> 8);
    to[1] = (uint8_t)length;
    memcpy(to + 2, text, length);
    return 2 + length;
}

enum burner_status burner_key_digest(const struct burner_key *key,
                                     uint8_t digest[BURNER_SHA256_SIZE])
{
    uint8_t message[2 + BURNER_PRODUCT_ID_LENGTH + 2 + BURNER_DEVICE_NAME_LENGTH];
    size_t size = append(message, key->product_id);
    size += append(message + size, key->device_name);
    return burner_digest(BURNER_SHA256, message, size, digest) ? BURNER_OK : BURNER_CRYPTO_FAILED;
}

void burner_wipe(void *memory, size_t size)
{
    volatile uint8_t *at = memory;
    while (size-- != 0) {
        *at++ = 0;
    }
}
