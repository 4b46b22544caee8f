#ifndef NVS_FLASH_H
#define NVS_FLASH_H

#include "esp_partition.h"

typedef struct {
    uint8_t eky[32];
    uint8_t tky[32];
} nvs_sec_cfg_t;

esp_err_t nvs_flash_init_partition(const char *label);
esp_err_t nvs_flash_secure_init_partition(const char *label, nvs_sec_cfg_t *keys);
esp_err_t nvs_flash_read_security_cfg(const esp_partition_t *partition, nvs_sec_cfg_t *keys);

#endif
