/* What stands in for ESP-IDF: NVS as a table of texts, a partition `factory`, and one of keys. */
#ifndef FAKE_PLATFORM_H
#define FAKE_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

/* Empties NVS. `factory` is what esp_partition_read() gives; an encrypted NVS opens by its keys
 * only. */
void fake_platform_begin(const void *factory, uint32_t size, bool encrypted);
void fake_nvs_put(const char *partition, const char *name_space, const char *key,
                  const char *value);

#endif
