#include "text.h"

#include <string.h>

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void burner_text_begin(struct burner_text *text, char *buffer, size_t size)
{
    text->buffer = buffer;
    text->size = size;
    text->used = 0;
    text->full = size == 0;
    if (size != 0) {
        buffer[0] = '\0';
    }
}

void burner_text_add_bytes(struct burner_text *text, const char *more, size_t size)
{
    if (text->full || size >= text->size - text->used) {
        text->full = true;
        return;
    }
    memcpy(text->buffer + text->used, more, size);
    text->used += size;
    text->buffer[text->used] = '\0';
}

void burner_text_add(struct burner_text *text, const char *more)
{
    burner_text_add_bytes(text, more, strlen(more));
}

void burner_text_add_number(struct burner_text *text, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    burner_text_add_bytes(text, digits + at, sizeof digits - at);
}

void burner_text_add_hex(struct burner_text *text, const uint8_t *bytes, size_t size, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (size_t at = 0; at < size; at++) {
        const char both[2] = {digits[bytes[at] >> 4], digits[bytes[at] & 0x0F]};
        burner_text_add_bytes(text, both, 2);
    }
}

void burner_text_add_base64(struct burner_text *text, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += 3) {
        size_t left = size - at;
        uint32_t group = (uint32_t)bytes[at] << 16;
        group |= left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0;
        group |= left > 2 ? bytes[at + 2] : 0;
        const char four[4] = {
            BASE64[group >> 18],
            BASE64[group >> 12 & 0x3F],
            left > 1 ? BASE64[group >> 6 & 0x3F] : '=',
            left > 2 ? BASE64[group & 0x3F] : '=',
        };
        burner_text_add_bytes(text, four, 4);
    }
}

int burner_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

bool burner_hex_decode(const char *digits, uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        int high = burner_hex_digit(digits[2 * at]), low = burner_hex_digit(digits[2 * at + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[at] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int base64_value(char character)
{
    const char *found = character == '\0' ? NULL : strchr(BASE64, character);
    return found == NULL ? -1 : (int)(found - BASE64);
}

bool burner_is_base64(char character)
{
    return base64_value(character) >= 0 || character == '=';
}

bool burner_base64_decode(char *text, size_t size, size_t *decoded)
{
    size_t to = 0;
    if (size % 4 != 0) {
        return false;
    }
    for (size_t at = 0; at < size; at += 4) {
        bool last = at + 4 == size;
        size_t padding = 0;
        uint32_t group = 0;
        for (size_t place = 0; place < 4; place++) {
            char character = text[at + place];
            int value = base64_value(character);
            if (character == '=' && last && place >= 2) {
                padding++;
                value = 0;
            } else if (value < 0 || padding != 0) {
                return false;
            }
            group = group << 6 | (uint32_t)value;
        }
        for (size_t place = 0; place < 3 - padding; place++) {
            text[to++] = (char)(uint8_t)(group >> (16 - 8 * place));
        }
    }
    *decoded = to;
    return true;
}
