/* Cases on standard input and their results on standard output: fields behind their length. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_FIELDS 16

struct field {
    uint8_t *bytes; /* in a block of exactly its size, so that a sanitizer sees every step beyond */
    size_t size;
};

struct frame {
    struct field fields[MOST_FIELDS];
    uint32_t count;
};

bool frame_read(struct frame *frame);
void frame_free(struct frame *frame);

/* A field as a C string, in a block of its own; NULL where the field is empty. */
char *frame_text(const struct frame *frame, size_t index);
uint64_t frame_number(const struct frame *frame, size_t index);

void result_begin(uint32_t fields);
void result_bytes(const void *bytes, size_t size);
void result_text(const char *text);
void result_number(uint32_t number);

#endif
