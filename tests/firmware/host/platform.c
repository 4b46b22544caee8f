#include "platform.h"

#include <stdlib.h>
#include <string.h>

#include "burner_esp_idf.h"
#include "burner_tencent_hal.h"
#include "esp_idf/fake_platform.h"
#include "tencent_sdk/qcloud_iot_export.h"
#include "tencent_sdk/qcloud_iot_import.h"

static void result_outcome(int outcome)
{
    result_number(4);
    result_number((uint32_t)outcome);
}

static bool load(void *context, char *secret, size_t size)
{
    strncpy(secret, context, size - 1);
    return secret[0] != '\0';
}

static bool save(void *context, const char *secret)
{
    strcpy(context, secret);
    return true;
}

static const char *text_of(struct frame *in, size_t index)
{
    char *text = frame_text(in, index);
    return text == NULL ? strdup("") : text;
}

void run_hal(struct frame *in)
{
    const char *texts[5];
    char stored[BURNER_LONGEST_DEVICE_SECRET + 1] = "";
    struct burner_key key = {"", "", ""};
    char value[BURNER_LONGEST_DEVICE_SECRET + 1];
    DeviceInfo info;
    for (size_t i = 0; i < 5; i++) {
        texts[i] = text_of(in, 1 + i);
    }
    strcpy(key.product_id, texts[0]);
    strcpy(key.product_secret, texts[1]);
    strcpy(stored, texts[3]);
    const struct burner_hal hal = {&key, texts[2], "china", load, save, stored};
    burner_hal_begin(key.product_id[0] != '\0' ? &hal : NULL);

    int (*const getters[])(char *, uint8_t) = {HAL_GetProductID, HAL_GetProductKey, HAL_GetDevName,
                                               HAL_GetDevSec};
    const uint8_t sizes[] = {10, 32, 48, 64};
    result_begin(4 + 6 + 8);
    for (size_t i = 0; i < 4; i++) {
        memset(value, 0, sizeof value);
        result_text(getters[i](value, sizes[i]) == 0 ? value : "failed");
    }
    result_outcome(HAL_GetDevInfo(&info));
    result_text(info.product_id);
    result_text(info.product_secret);
    result_text(info.device_name);
    result_text(info.device_secret);
    result_text(info.region);

    result_outcome(HAL_SetProductID(texts[4]) | HAL_SetProductKey(texts[4]));
    result_outcome(HAL_SetProductID(key.product_id) | HAL_SetProductKey(key.product_secret));
    result_outcome(HAL_SetDevName(texts[4]));
    result_outcome(HAL_SetDevSec(texts[4]));
    strcpy(info.device_secret, "of-the-struct");
    result_outcome(HAL_SetDevInfo(&info));
    strcpy(info.device_secret, "of-another-unit");
    info.device_name[0] ^= 1;
    result_outcome(HAL_SetDevInfo(&info));
    info.device_name[0] ^= 1;
    info.product_id[0] ^= 1;
    result_outcome(HAL_SetDevInfo(&info));
    result_text(stored);
    burner_hal_begin(NULL);
    for (size_t i = 0; i < 5; i++) {
        free((char *)(uintptr_t)texts[i]);
    }
}

static void result_read(enum burner_status status, const struct burner_key *key)
{
    result_outcome((int)status);
    result_text(key->product_id);
    result_text(key->product_secret);
    result_text(key->device_name);
}

void run_esp_idf(struct frame *in)
{
    static const struct burner_raw_field fields[] = {
        {.offset = 0, .size = 11, .source = BURNER_RAW_PRODUCT_ID, .terminated = true},
        {.offset = 11, .size = 33, .source = BURNER_RAW_PRODUCT_SECRET, .terminated = true},
    };
    static const struct burner_raw_layout raw = {.partition = "factory",
                                                 .fields = fields,
                                                 .field_count = 2};
    static const struct burner_json_layout json = {"storage", "device_info.json", "productId",
                                                   "productSecret", "deviceName"};
    const char *texts[4], *path = text_of(in, 6);
    bool encrypted = frame_number(in, 4) != 0;
    const struct burner_nvs_layout nvs = {
        "fctry",       "qcloud-key", "product_id", "product_secret", in->fields[3].size != 0 ? "device_name" : NULL,
        encrypted ? "nvs_keys" : NULL};
    char buffer[256], secret[BURNER_LONGEST_DEVICE_SECRET + 1] = "";
    struct burner_key key;
    struct burner_ids ids = {{0}, NULL, NULL, NULL};
    fake_platform_begin(in->fields[5].bytes, (uint32_t)in->fields[5].size, encrypted);
    for (size_t i = 0; i < 3; i++) {
        static const char *const keys[] = {"product_id", "product_secret", "device_name"};
        texts[i] = text_of(in, 1 + i);
        if (texts[i][0] != '\0') {
            fake_nvs_put("fctry", "qcloud-key", keys[i], texts[i]);
        }
    }
    texts[3] = path;
    result_begin(3 * 4 + 4);
    result_read(burner_esp_read_nvs(&nvs, &key), &key);
    result_read(burner_esp_read_raw(&raw, &key), &key);
    result_read(burner_esp_read_file(&json, path, buffer, sizeof buffer, &key), &key);
    result_outcome((int)burner_esp_read_mac(&ids));
    result_bytes(ids.mac, sizeof ids.mac);
    result_outcome(burner_esp_load_secret(NULL, secret, sizeof secret));
    bool kept = burner_esp_save_secret(NULL, "kept-secret") &&
                burner_esp_load_secret(NULL, secret, sizeof secret);
    result_text(kept ? secret : "failed");
    for (size_t i = 0; i < 4; i++) {
        free((char *)(uintptr_t)texts[i]);
    }
}
