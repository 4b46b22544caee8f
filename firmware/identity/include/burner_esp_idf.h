/* The library on ESP-IDF 5: NVS, partitions, MAC and the store of the device's own secret. */
#ifndef BURNER_ESP_IDF_H
#define BURNER_ESP_IDF_H

#include <stdbool.h>
#include <stddef.h>

#include "burner_identity.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the key by ESP-IDF's own NVS; an encrypted one by the key in its key partition. */
enum burner_status burner_esp_read_nvs(const struct burner_nvs_layout *layout,
                                       struct burner_key *key);

/* Reads the key from a struct in its partition. */
enum burner_status burner_esp_read_raw(const struct burner_raw_layout *layout,
                                       struct burner_key *key);

/* Reads the key from the file of a mounted file system; `path` is its whole path. `buffer` takes
 * the text of the file, and is wiped. */
enum burner_status burner_esp_read_file(const struct burner_json_layout *layout, const char *path,
                                        char *buffer, size_t size, struct burner_key *key);

/* The base MAC in eFuse, as burner reads it. */
enum burner_status burner_esp_read_mac(struct burner_ids *ids);

/* Load and save the device's own secret in the default NVS partition: for struct burner_hal. The
 * application calls nvs_flash_init() before. */
bool burner_esp_load_secret(void *context, char *secret, size_t size);
bool burner_esp_save_secret(void *context, const char *secret);

#ifdef __cplusplus
}
#endif

#endif
