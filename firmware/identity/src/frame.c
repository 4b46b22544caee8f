#include "frame.h"

#include <string.h>

#include "checksums.h"

#define CRC_DIGITS 8

static uint32_t crc_of(const char *text, size_t size)
{
    struct burner_checksum sum;
    burner_checksum_begin(&sum, BURNER_CRC32);
    burner_checksum_add(&sum, (const uint8_t *)text, size);
    return burner_checksum_end(&sum);
}

/* Whether the text before the last blank has the CRC-32 behind it; then its length. */
static bool is_sound(const char *text, size_t size, size_t *length)
{
    uint8_t crc[CRC_DIGITS / 2];
    if (size < CRC_DIGITS + 1 || text[size - CRC_DIGITS - 1] != ' ' ||
        !burner_hex_decode(text + size - CRC_DIGITS, crc, sizeof crc)) {
        return false;
    }
    *length = size - CRC_DIGITS - 1;
    uint32_t stored = (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
    return crc_of(text, *length) == stored;
}

bool burner_frame_find(const char *line, size_t size, const char *prefix, const char **content,
                       size_t *length)
{
    size_t skipped = strlen(prefix);
    for (size_t at = size; at-- != 0;) {
        if (size - at < skipped || memcmp(line + at, prefix, skipped) != 0) {
            continue;
        }
        if (!is_sound(line + at, size - at, length) || *length < skipped) {
            return false;
        }
        *length -= skipped;
        *content = line + at + skipped;
        return true;
    }
    return false;
}

void burner_frame_end(struct burner_text *text)
{
    uint32_t crc = crc_of(text->buffer + 2, text->used - 2); /* after CR LF */
    const uint8_t bytes[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                              (uint8_t)crc};
    burner_text_add(text, " ");
    burner_text_add_hex(text, bytes, sizeof bytes, false);
    burner_text_add(text, "\r\n");
}
