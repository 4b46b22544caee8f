#include "burner_esp_idf.h"

#include <esp_mac.h>
#include <esp_partition.h>
#include <nvs.h>
#include <nvs_flash.h>
#include <stdio.h>
#include <string.h>

#define STORE "burner-device" /* namespace of what the device keeps by itself */
#define STORED_SECRET "device_secret"

static enum burner_status status_of(esp_err_t error)
{
    switch (error) {
    case ESP_OK:
        return BURNER_OK;
    case ESP_ERR_NOT_FOUND:
    case ESP_ERR_NVS_NOT_FOUND:
    case ESP_ERR_NVS_PART_NOT_FOUND:
        return BURNER_MISSING;
    case ESP_ERR_NVS_INVALID_LENGTH:
        return BURNER_TOO_LONG;
    default:
        return BURNER_DAMAGED;
    }
}

static esp_err_t open_partition(const struct burner_nvs_layout *layout)
{
    nvs_sec_cfg_t keys;
    if (layout->key_partition == NULL) {
        return nvs_flash_init_partition(layout->partition);
    }
    const esp_partition_t *partition = esp_partition_find_first(
        ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_NVS_KEYS, layout->key_partition);
    if (partition == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    esp_err_t error = nvs_flash_read_security_cfg(partition, &keys);
    if (error == ESP_OK) {
        error = nvs_flash_secure_init_partition(layout->partition, &keys);
    }
    burner_wipe(&keys, sizeof keys);
    return error;
}

static esp_err_t read_values(nvs_handle_t nvs, const struct burner_nvs_layout *layout,
                             struct burner_key *key)
{
    size_t size = sizeof key->product_id;
    esp_err_t error = nvs_get_str(nvs, layout->product_id, key->product_id, &size);
    if (error == ESP_OK) {
        size = sizeof key->product_secret;
        error = nvs_get_str(nvs, layout->product_secret, key->product_secret, &size);
    }
    if (error == ESP_OK && layout->device_name != NULL) {
        size = sizeof key->device_name;
        error = nvs_get_str(nvs, layout->device_name, key->device_name, &size);
    }
    return error;
}

/* The end of every reader: the key, if it is one. */
static enum burner_status checked(enum burner_status status, struct burner_key *key)
{
    status = status == BURNER_OK ? burner_key_check(key) : status;
    if (status != BURNER_OK) {
        burner_wipe(key, sizeof *key);
    }
    return status;
}

enum burner_status burner_esp_read_nvs(const struct burner_nvs_layout *layout,
                                       struct burner_key *key)
{
    nvs_handle_t nvs;
    memset(key, 0, sizeof *key);
    esp_err_t error = open_partition(layout);
    if (error == ESP_OK) {
        error = nvs_open_from_partition(layout->partition, layout->name_space, NVS_READONLY, &nvs);
    }
    if (error == ESP_OK) {
        error = read_values(nvs, layout, key);
        nvs_close(nvs);
    }
    return checked(status_of(error), key);
}

static bool read_partition(void *context, uint32_t offset, void *buffer, size_t size)
{
    return esp_partition_read(context, offset, buffer, size) == ESP_OK;
}

enum burner_status burner_esp_read_raw(const struct burner_raw_layout *layout,
                                       struct burner_key *key)
{
    const esp_partition_t *partition = esp_partition_find_first(
        ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, layout->partition);
    memset(key, 0, sizeof *key);
    if (partition == NULL) {
        return BURNER_MISSING;
    }
    /* read_partition gives it back to ESP-IDF as const. */
    const struct burner_flash place = {read_partition, (void *)(uintptr_t)partition,
                                       partition->size};
    return burner_read_raw(layout, &place, key);
}

enum burner_status burner_esp_read_file(const struct burner_json_layout *layout, const char *path,
                                        char *buffer, size_t size, struct burner_key *key)
{
    FILE *file = fopen(path, "rb");
    memset(key, 0, sizeof *key);
    if (file == NULL) {
        return BURNER_MISSING;
    }
    size_t used = fread(buffer, 1, size, file);
    bool whole = ferror(file) == 0 && fgetc(file) == EOF;
    fclose(file);
    enum burner_status status =
        whole ? burner_read_json(layout, buffer, used, key) : BURNER_TOO_LONG;
    burner_wipe(buffer, size);
    return status;
}

enum burner_status burner_esp_read_mac(struct burner_ids *ids)
{
    return esp_read_mac(ids->mac, ESP_MAC_EFUSE_FACTORY) == ESP_OK ? BURNER_OK
                                                                   : BURNER_FLASH_FAILED;
}

bool burner_esp_load_secret(void *context, char *secret, size_t size)
{
    nvs_handle_t nvs;
    (void)context;
    if (nvs_open(STORE, NVS_READONLY, &nvs) != ESP_OK) {
        return false;
    }
    bool there = nvs_get_str(nvs, STORED_SECRET, secret, &size) == ESP_OK;
    nvs_close(nvs);
    return there;
}

bool burner_esp_save_secret(void *context, const char *secret)
{
    nvs_handle_t nvs;
    (void)context;
    if (nvs_open(STORE, NVS_READWRITE, &nvs) != ESP_OK) {
        return false;
    }
    bool kept = nvs_set_str(nvs, STORED_SECRET, secret) == ESP_OK && nvs_commit(nvs) == ESP_OK;
    nvs_close(nvs);
    return kept;
}
