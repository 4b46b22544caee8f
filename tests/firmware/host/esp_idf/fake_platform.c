#include "fake_platform.h"

#include <string.h>

#include "esp_mac.h"
#include "esp_partition.h"
#include "nvs.h"
#include "nvs_flash.h"

#define KEYS_BYTE 0x5A

struct entry {
    char partition[17], name_space[16], key[16], value[80];
};

static struct entry entries[8];
static size_t used;
static struct entry opened[4]; /* a handle is a place in it: the last two texts are not used */
static size_t opened_count;
static bool is_encrypted, is_open;
static const uint8_t *factory_bytes;
static esp_partition_t factory = {0, "factory"}, keys = {4096, "nvs_keys"};

void fake_platform_begin(const void *bytes, uint32_t size, bool encrypted)
{
    used = 0;
    is_open = false;
    is_encrypted = encrypted;
    factory_bytes = bytes;
    factory.size = size;
}

void fake_nvs_put(const char *partition, const char *name_space, const char *key, const char *value)
{
    struct entry *entry = &entries[used++];
    strcpy(entry->partition, partition);
    strcpy(entry->name_space, name_space);
    strcpy(entry->key, key);
    strcpy(entry->value, value);
}

static struct entry *entry_of(nvs_handle_t handle, const char *key)
{
    for (size_t i = 0; i < used; i++) {
        bool here = strcmp(entries[i].partition, opened[handle].partition) == 0 &&
                    strcmp(entries[i].name_space, opened[handle].name_space) == 0;
        if (here && (key == NULL || strcmp(entries[i].key, key) == 0)) {
            return &entries[i];
        }
    }
    return NULL;
}

esp_err_t nvs_flash_init_partition(const char *label)
{
    is_open = strcmp(label, "fctry") == 0 && !is_encrypted;
    return is_open ? ESP_OK : ESP_ERR_NVS_PART_NOT_FOUND;
}

esp_err_t nvs_flash_secure_init_partition(const char *label, nvs_sec_cfg_t *sec)
{
    is_open = strcmp(label, "fctry") == 0 && is_encrypted && sec->eky[0] == KEYS_BYTE;
    return is_open ? ESP_OK : ESP_FAIL;
}

esp_err_t nvs_flash_read_security_cfg(const esp_partition_t *partition, nvs_sec_cfg_t *sec)
{
    memset(sec, KEYS_BYTE, sizeof *sec);
    return partition == &keys ? ESP_OK : ESP_FAIL;
}

esp_err_t nvs_open_from_partition(const char *partition, const char *name_space,
                                  nvs_open_mode_t mode, nvs_handle_t *handle)
{
    struct entry *place = &opened[opened_count % 4];
    *handle = (nvs_handle_t)(opened_count++ % 4);
    strcpy(place->partition, partition);
    strcpy(place->name_space, name_space);
    if (strcmp(partition, "nvs") != 0 && !is_open) {
        return ESP_ERR_NVS_PART_NOT_FOUND;
    }
    return mode == NVS_READWRITE || entry_of(*handle, NULL) ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

esp_err_t nvs_open(const char *name_space, nvs_open_mode_t mode, nvs_handle_t *handle)
{
    return nvs_open_from_partition("nvs", name_space, mode, handle);
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *value, size_t *length)
{
    const struct entry *entry = entry_of(handle, key);
    if (entry == NULL) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    size_t size = strlen(entry->value) + 1;
    bool fits = size <= *length;
    *length = size;
    if (fits) {
        memcpy(value, entry->value, size);
    }
    return fits ? ESP_OK : ESP_ERR_NVS_INVALID_LENGTH;
}

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value)
{
    fake_nvs_put(opened[handle].partition, opened[handle].name_space, key, value);
    return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    (void)handle;
    return ESP_OK;
}

void nvs_close(nvs_handle_t handle)
{
    (void)handle;
}

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type,
                                                esp_partition_subtype_t subtype, const char *label)
{
    if (type != ESP_PARTITION_TYPE_DATA) {
        return NULL;
    }
    if (subtype == ESP_PARTITION_SUBTYPE_DATA_NVS_KEYS) {
        return strcmp(label, keys.label) == 0 ? &keys : NULL;
    }
    return strcmp(label, factory.label) == 0 && factory.size != 0 ? &factory : NULL;
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *to, size_t size)
{
    if (partition != &factory || offset + size > factory.size) {
        return ESP_FAIL;
    }
    memcpy(to, factory_bytes + offset, size);
    return ESP_OK;
}

esp_err_t esp_read_mac(uint8_t *mac, esp_mac_type_t type)
{
    static const uint8_t base[6] = {0x24, 0x0A, 0xC4, 0xA1, 0xB2, 0xC3};
    memcpy(mac, base, sizeof base);
    return type == ESP_MAC_EFUSE_FACTORY ? ESP_OK : ESP_FAIL;
}
