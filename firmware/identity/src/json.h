/* JSON in a buffer, without a copy. */
#ifndef BURNER_JSON_H
#define BURNER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum burner_json_type {
    BURNER_JSON_OBJECT,
    BURNER_JSON_ARRAY,
    BURNER_JSON_STRING, /* `text` begins behind the quote and ends before the next */
    BURNER_JSON_NUMBER,
    BURNER_JSON_WORD /* true, false, null */
};

struct burner_json {
    enum burner_json_type type;
    char *text;
    size_t size;
};

/* Takes a text for one JSON object, with nothing but blanks around it. False: it is none. */
bool burner_json_object(char *text, size_t size, struct burner_json *object);

/* The value of a key (UTF-8) of an object, the last one where it occurs twice. */
bool burner_json_find(const struct burner_json *object, const char *key, struct burner_json *value);

/* Decodes a string in place: gives its UTF-8, ended by a NUL over its closing quote. NULL where it
 * is no string. Its object can no longer be searched. */
char *burner_json_text(const struct burner_json *value, size_t *size);

/* Decodes a string into a buffer, with a NUL: BURNER_JSON_FITS, or why not. */
enum burner_json_copy { BURNER_JSON_FITS, BURNER_JSON_NO_TEXT, BURNER_JSON_TOO_LONG };
enum burner_json_copy burner_json_copy_text(const struct burner_json *value, char *to, size_t room);

#endif
