/* Reads the C struct that a profile describes, and compares all of it. */
#include <string.h>

#include "burner_key_layouts.h"
#include "checksums.h"
#include "layout_values.h"

#define PART 32 /* bytes that are read at once */

struct reading {
    const struct burner_raw_layout *layout;
    const struct burner_flash *place;
    struct burner_key *key;
};

static bool read_bytes(const struct reading *reading, uint32_t offset, uint8_t *to, uint32_t size)
{
    uint32_t start = reading->layout->offset;
    return offset <= UINT32_MAX - start &&
           burner_flash_read(reading->place, start + offset, to, size);
}

static bool is_text(enum burner_raw_source source)
{
    return source <= BURNER_RAW_DEVICE_NAME;
}

/* One byte of a text. `length` is UINT32_MAX until its end was found. */
static enum burner_status take_byte(uint8_t byte, uint32_t at, char *value, size_t room,
                                    uint32_t *length)
{
    if (*length != UINT32_MAX) {
        return byte == 0 ? BURNER_OK : BURNER_DAMAGED;
    }
    if (byte == 0) {
        *length = at;
        return BURNER_OK;
    }
    if (at + 1 >= room) {
        return BURNER_TOO_LONG;
    }
    value[at] = (char)byte;
    return BURNER_OK;
}

static enum burner_status read_text(const struct reading *reading,
                                    const struct burner_raw_field *field)
{
    char value[BURNER_DEVICE_NAME_LENGTH + 1] = {0};
    uint8_t part[PART];
    uint32_t length = UINT32_MAX;
    size_t room;
    char *to = burner_value_of(reading->key, (int)field->source, &room);
    enum burner_status status = BURNER_OK;
    for (uint32_t at = 0; at < field->size && status == BURNER_OK; at++) {
        uint32_t left = field->size - at;
        if (at % PART == 0 &&
            !read_bytes(reading, field->offset + at, part, left < PART ? left : PART)) {
            return BURNER_FLASH_FAILED;
        }
        if (at == 0 && (part[0] == 0 || part[0] == 0xFF)) {
            return BURNER_MISSING;
        }
        status = take_byte(part[at % PART], at, value, room, &length);
    }
    if (status == BURNER_OK && length == UINT32_MAX && field->terminated) {
        status = BURNER_DAMAGED;
    }
    if (status == BURNER_OK && to[0] != '\0' && strcmp(to, value) != 0) {
        status = BURNER_DAMAGED; /* two fields of one value differ */
    }
    if (status == BURNER_OK) {
        memcpy(to, value, room);
    }
    burner_wipe(value, sizeof value);
    burner_wipe(part, sizeof part);
    return status;
}

/* A byte of a number in the struct's byte order; beyond 32 bits it is zero. */
static uint8_t byte_of_number(const struct reading *reading, const struct burner_raw_field *field,
                              uint32_t number, uint32_t at)
{
    uint32_t place = reading->layout->big_endian ? field->size - 1 - at : at;
    return (uint8_t)(place < 4 ? number >> 8 * place : 0);
}

/* Compares a field with its bytes, or with a number where it has none. */
static enum burner_status compare(const struct reading *reading,
                                  const struct burner_raw_field *field, uint32_t number)
{
    bool constant = field->source == BURNER_RAW_CONSTANT;
    for (uint32_t at = 0; at < field->size; at++) {
        uint8_t byte, wanted = constant ? 0 : byte_of_number(reading, field, number, at);
        if (constant && field->constant != NULL) {
            wanted = field->constant[at];
        }
        if (!read_bytes(reading, field->offset + at, &byte, 1)) {
            return BURNER_FLASH_FAILED;
        }
        if (byte != wanted) {
            return BURNER_DAMAGED;
        }
    }
    return BURNER_OK;
}

/* Sets to zero what checksums hold from the field `number` on: burner computes one after the
 * other, and those that are not there yet count as zeros. */
static void leave_out(const struct burner_raw_layout *layout, size_t number, uint32_t start,
                      uint8_t *part, uint32_t size)
{
    for (; number < layout->field_count; number++) {
        const struct burner_raw_field *field = &layout->fields[number];
        for (uint32_t at = 0; at < size && field->source == BURNER_RAW_CHECKSUM; at++) {
            if (start + at >= field->offset && start + at - field->offset < field->size) {
                part[at] = 0;
            }
        }
    }
}

static enum burner_status compare_checksum(const struct reading *reading, size_t number)
{
    const struct burner_raw_field *field = &reading->layout->fields[number];
    struct burner_checksum sum;
    uint8_t part[PART];
    burner_checksum_begin(&sum, field->algorithm);
    for (uint32_t at = field->first; at < field->end; at += PART) {
        uint32_t size = field->end - at < PART ? field->end - at : PART;
        if (!read_bytes(reading, at, part, size)) {
            return BURNER_FLASH_FAILED;
        }
        leave_out(reading->layout, number, at, part, size);
        burner_checksum_add(&sum, part, size);
    }
    burner_wipe(part, sizeof part);
    return compare(reading, field, burner_checksum_end(&sum));
}

static enum burner_status compare_field(const struct reading *reading, size_t number)
{
    const struct burner_raw_field *field = &reading->layout->fields[number];
    size_t room;
    switch (field->source) {
    case BURNER_RAW_CONSTANT:
        return compare(reading, field, 0);
    case BURNER_RAW_LENGTH:
        return compare(reading, field, (uint32_t)strlen(burner_value_of(
                                           reading->key, (int)field->length_of, &room)));
    case BURNER_RAW_CHECKSUM:
        return compare_checksum(reading, number);
    default:
        return BURNER_OK; /* the texts, which are read before */
    }
}

enum burner_status burner_read_raw(const struct burner_raw_layout *layout,
                                   const struct burner_flash *place, struct burner_key *key)
{
    const struct reading reading = {layout, place, key};
    enum burner_status status = BURNER_OK;
    memset(key, 0, sizeof *key);
    for (size_t at = 0; at < layout->field_count && status == BURNER_OK; at++) {
        if (is_text(layout->fields[at].source)) {
            status = read_text(&reading, &layout->fields[at]);
        }
    }
    for (size_t at = 0; at < layout->field_count && status == BURNER_OK; at++) {
        status = compare_field(&reading, at);
    }
    return burner_checked(status, key);
}
