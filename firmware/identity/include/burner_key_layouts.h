/* Reads the key configuration from each layout that burner burns. The layouts themselves are in
 * the header that `burner profile names` writes for a product. */
#ifndef BURNER_KEY_LAYOUTS_H
#define BURNER_KEY_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "burner_flash.h"
#include "burner_key.h"
#include "burner_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The header of a product defines more than each file of the firmware uses. */
#define BURNER_UNUSED __attribute__((unused))

/* Strings in an NVS partition (carrier: nvs). */
struct burner_nvs_layout {
    const char *partition;
    const char *name_space;
    const char *product_id;
    const char *product_secret;
    const char *device_name;   /* NULL where the name is not burned */
    const char *key_partition; /* NULL where NVS is not encrypted */
};

/* Reads the pages themselves; `encryption` is the key partition, NULL where the layout has none.
 * A damaged header, entry or value anywhere in the partition is BURNER_DAMAGED. */
enum burner_status burner_read_nvs(const struct burner_nvs_layout *layout,
                                   const struct burner_flash *partition,
                                   const struct burner_flash *encryption, struct burner_key *key);

/* A JSON file (carrier: file). */
struct burner_json_layout {
    const char *partition;
    const char *file;
    const char *product_id;
    const char *product_secret;
    const char *device_name; /* NULL where the name is not burned */
};

/* Reads the text of the file. The file system is the platform's. */
enum burner_status burner_read_json(const struct burner_json_layout *layout, const char *text,
                                    size_t size, struct burner_key *key);

/* Arrays in the application (carrier: patch). burner replaces the placeholder in the image, so the
 * compiler may not know what they hold: define them by this macro, outside of any function. */
#define BURNER_PATCHED_ARRAY(name, size, placeholder) \
    const volatile char name[size] = placeholder

struct burner_array {
    const volatile char *array;
    size_t size; /* of the array, NUL included; 0 where the value is not burned */
};

/* BURNER_NOT_ALLOWED where the placeholders are still there. */
enum burner_status burner_read_arrays(struct burner_array product_id,
                                      struct burner_array product_secret,
                                      struct burner_array device_name, struct burner_key *key);

/* A C struct in flash (carrier: raw). */
enum burner_raw_source {
    BURNER_RAW_PRODUCT_ID,
    BURNER_RAW_PRODUCT_SECRET,
    BURNER_RAW_DEVICE_NAME,
    BURNER_RAW_CONSTANT, /* `constant`: the bytes as they lie in flash; NULL: zeros */
    BURNER_RAW_LENGTH,   /* of the text of the value `length_of` */
    BURNER_RAW_CHECKSUM  /* of the bytes from `first` up to `end`, by `algorithm` */
};

enum burner_checksum_algorithm {
    BURNER_CRC32,
    BURNER_CRC32_IDF,
    BURNER_CRC16_CCITT,
    BURNER_CRC16_XMODEM,
    BURNER_CRC16_MODBUS,
    BURNER_CRC8,
    BURNER_SUM8,
    BURNER_SUM16,
    BURNER_SUM32,
    BURNER_XOR8
};

struct burner_raw_field {
    uint32_t offset; /* from the start of the struct */
    uint32_t size;
    enum burner_raw_source source;
    bool terminated; /* of a text: whether a NUL follows it */
    const uint8_t *constant;
    enum burner_raw_source length_of;
    enum burner_checksum_algorithm algorithm;
    uint32_t first;
    uint32_t end;
};

struct burner_raw_layout {
    const char *partition; /* empty where the offset counts from the start of the flash */
    uint32_t offset;       /* of the struct in its place */
    bool big_endian;
    const struct burner_raw_field *fields;
    size_t field_count;
};

/* Reads the struct and compares every constant, length, checksum and padding. */
enum burner_status burner_read_raw(const struct burner_raw_layout *layout,
                                   const struct burner_flash *place, struct burner_key *key);

#ifdef __cplusplus
}
#endif

#endif
