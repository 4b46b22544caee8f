#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_u32(uint32_t *number)
{
    uint8_t b[4];
    if (fread(b, 1, 4, stdin) != 4) {
        return false;
    }
    *number = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return true;
}

bool frame_read(struct frame *frame)
{
    uint32_t size;
    if (!read_u32(&frame->count) || frame->count > MOST_FIELDS) {
        return false;
    }
    for (uint32_t i = 0; i < frame->count; i++) {
        if (!read_u32(&size)) {
            return false;
        }
        frame->fields[i].size = size;
        frame->fields[i].bytes = malloc(size == 0 ? 1 : size);
        if (frame->fields[i].bytes == NULL ||
            fread(frame->fields[i].bytes, 1, size, stdin) != size) {
            return false;
        }
    }
    return true;
}

void frame_free(struct frame *frame)
{
    for (uint32_t i = 0; i < frame->count; i++) {
        free(frame->fields[i].bytes);
    }
}

char *frame_text(const struct frame *frame, size_t index)
{
    const struct field *field = &frame->fields[index];
    char *text = field->size == 0 ? NULL : malloc(field->size + 1);
    if (text != NULL) {
        memcpy(text, field->bytes, field->size);
        text[field->size] = '\0';
    }
    return text;
}

uint64_t frame_number(const struct frame *frame, size_t index)
{
    uint64_t number = 0;
    for (size_t at = frame->fields[index].size; at-- != 0;) {
        number = number << 8 | frame->fields[index].bytes[at];
    }
    return number;
}

void result_number(uint32_t number)
{
    const uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                              (uint8_t)(number >> 24)};
    fwrite(bytes, 1, 4, stdout);
}

void result_begin(uint32_t fields)
{
    result_number(fields);
}

void result_bytes(const void *bytes, size_t size)
{
    result_number((uint32_t)size);
    if (size != 0) {
        fwrite(bytes, 1, size, stdout);
    }
}

void result_text(const char *text)
{
    result_bytes(text, text == NULL ? 0 : strlen(text));
}
