/* Texts of bounded size, hex and base64. */
#ifndef BURNER_TEXT_H
#define BURNER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text that grows in a buffer; once it does not fit, `full` stays true. */
struct burner_text {
    char *buffer;
    size_t size;
    size_t used;
    bool full;
};

void burner_text_begin(struct burner_text *text, char *buffer, size_t size);
void burner_text_add(struct burner_text *text, const char *more);
void burner_text_add_bytes(struct burner_text *text, const char *more, size_t size);
void burner_text_add_number(struct burner_text *text, uint64_t number);
void burner_text_add_hex(struct burner_text *text, const uint8_t *bytes, size_t size, bool upper);
void burner_text_add_base64(struct burner_text *text, const uint8_t *bytes, size_t size);

/* The value of a hex digit; negative where it is none. */
int burner_hex_digit(char digit);

/* Decodes hex digits; false where one is none. */
bool burner_hex_decode(const char *digits, uint8_t *bytes, size_t size);

/* Decodes base64 in place, with its padding; false where it is none. */
bool burner_base64_decode(char *text, size_t size, size_t *decoded);

bool burner_is_base64(char character);

#endif
