#include "json.h"

#include <string.h>

#include "text.h"

#define DEEPEST 32         /* objects and arrays in one another */
#define REPLACEMENT 0xFFFD /* stands for what is no character */

struct cursor {
    char *at;
    char *end;
};

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at != '\0' && strchr(" \t\r\n", *cursor->at)) {
        cursor->at++;
    }
}

static bool next_is(struct cursor *cursor, char wanted)
{
    skip_blanks(cursor);
    return cursor->at < cursor->end && *cursor->at == wanted;
}

static bool skip(struct cursor *cursor, char wanted)
{
    bool there = next_is(cursor, wanted);
    cursor->at += there ? 1 : 0;
    return there;
}

/* The four hex digits of an escape. */
static bool take_unit(struct cursor *cursor, uint32_t *unit)
{
    *unit = 0;
    if (cursor->end - cursor->at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        int digit = burner_hex_digit(*cursor->at++);
        if (digit < 0) {
            return false;
        }
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

static size_t utf8(uint32_t point, char bytes[4])
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t at = size - 1; at > 0; at--) {
        bytes[at] = (char)(uint8_t)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (char)(uint8_t)((0xF00 >> size & 0xFF) | point);
    return size;
}

/* The second half of a character that takes two escapes. */
static bool take_low_half(struct cursor *cursor, uint32_t *low)
{
    struct cursor ahead = *cursor;
    bool there = ahead.end - ahead.at >= 6 && ahead.at[0] == '\\' && ahead.at[1] == 'u';
    ahead.at += there ? 2 : 0;
    if (!there || !take_unit(&ahead, low) || *low < 0xDC00 || *low >= 0xE000) {
        return false;
    }
    *cursor = ahead;
    return true;
}

/* The character behind a backslash as UTF-8; 0: there is no such escape. */
static size_t take_escape(struct cursor *cursor, char bytes[4])
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (cursor->at == cursor->end || *cursor->at == '\0') {
        return 0;
    }
    char escape = *cursor->at++;
    const char *simple = strchr(escapes, escape);
    if (simple != NULL) {
        bytes[0] = meanings[simple - escapes];
        return 1;
    }
    uint32_t point, low;
    if (escape != 'u' || !take_unit(cursor, &point)) {
        return 0;
    }
    if (point >= 0xD800 && point < 0xDC00 && take_low_half(cursor, &low)) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    bool half = point >= 0xD800 && point < 0xE000;
    return utf8(half || point == 0 ? REPLACEMENT : point, bytes); /* a NUL would end the text */
}

/* The next character of a string as UTF-8, one byte of it where it is not escaped. 0: here is its
 * closing quote, or what no string may hold. */
static size_t take_character(struct cursor *cursor, char bytes[4])
{
    char *start = cursor->at;
    if (start == cursor->end || (uint8_t)*start < 0x20 || *start == '"') {
        return 0;
    }
    bytes[0] = *cursor->at++;
    size_t size = bytes[0] == '\\' ? take_escape(cursor, bytes) : 1;
    if (size == 0) {
        cursor->at = start;
    }
    return size;
}

static bool take_string(struct cursor *cursor, struct burner_json *value)
{
    char bytes[4];
    if (!skip(cursor, '"')) {
        return false;
    }
    value->type = BURNER_JSON_STRING;
    value->text = cursor->at;
    while (take_character(cursor, bytes) != 0) {
    }
    value->size = (size_t)(cursor->at - value->text);
    return cursor->at < cursor->end && *cursor->at++ == '"';
}

static size_t take_digits(struct cursor *cursor)
{
    char *start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        cursor->at++;
    }
    return (size_t)(cursor->at - start);
}

static bool take_one_of(struct cursor *cursor, const char *characters)
{
    bool there = cursor->at < cursor->end && *cursor->at != '\0' && strchr(characters, *cursor->at);
    cursor->at += there ? 1 : 0;
    return there;
}

static bool take_number(struct cursor *cursor)
{
    take_one_of(cursor, "-");
    char *start = cursor->at;
    size_t digits = take_digits(cursor);
    if (digits == 0 || (digits > 1 && *start == '0')) {
        return false;
    }
    if (take_one_of(cursor, ".") && take_digits(cursor) == 0) {
        return false;
    }
    if (take_one_of(cursor, "eE")) {
        take_one_of(cursor, "+-");
        return take_digits(cursor) != 0;
    }
    return true;
}

/* A string, number or word. */
static bool take_simple(struct cursor *cursor, struct burner_json *value)
{
    static const char *const words[] = {"true", "false", "null"};
    if (next_is(cursor, '"')) {
        return take_string(cursor, value);
    }
    value->text = cursor->at;
    value->type = BURNER_JSON_WORD;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(cursor->end - cursor->at) >= length &&
            memcmp(cursor->at, words[i], length) == 0) {
            cursor->at += length;
            value->size = length;
            return true;
        }
    }
    value->type = BURNER_JSON_NUMBER;
    bool number = take_number(cursor);
    value->size = (size_t)(cursor->at - value->text);
    return number;
}

static bool take_key(struct cursor *cursor, struct burner_json *key)
{
    return take_string(cursor, key) && skip(cursor, ':');
}

/* Any value. Bit n of `objects` says whether level n is an object or an array. */
static bool take_value(struct cursor *cursor, struct burner_json *value)
{
    uint32_t objects = 0;
    unsigned depth = 0;
    struct burner_json part;
    bool more = true;
    skip_blanks(cursor);
    char *start = cursor->at;
    enum burner_json_type type = BURNER_JSON_WORD;
    while (more) {
        bool object = next_is(cursor, '{');
        if (object || next_is(cursor, '[')) {
            cursor->at++;
            if (depth == DEEPEST) {
                return false;
            }
            part.type = object ? BURNER_JSON_OBJECT : BURNER_JSON_ARRAY;
            type = depth == 0 ? part.type : type;
            objects = objects << 1 | (object ? 1 : 0);
            depth++;
            if (!next_is(cursor, object ? '}' : ']')) {
                if (object && !take_key(cursor, &part)) {
                    return false;
                }
                continue;
            }
        } else if (!take_simple(cursor, &part)) {
            return false;
        } else if (depth == 0) {
            *value = part;
            return true;
        }
        for (more = false; depth != 0 && !more;) {
            object = (objects & 1) != 0;
            if (skip(cursor, ',')) {
                if (object && !take_key(cursor, &part)) {
                    return false;
                }
                more = true;
            } else if (skip(cursor, object ? '}' : ']')) {
                objects >>= 1;
                depth--;
            } else {
                return false;
            }
        }
    }
    value->type = type;
    value->text = start;
    value->size = (size_t)(cursor->at - start);
    return true;
}

bool burner_json_object(char *text, size_t size, struct burner_json *object)
{
    struct cursor cursor = {text, text + size};
    bool whole = take_value(&cursor, object) && object->type == BURNER_JSON_OBJECT;
    skip_blanks(&cursor);
    return whole && cursor.at == cursor.end;
}

static bool is_text(const struct burner_json *string, const char *wanted)
{
    struct cursor cursor = {string->text, string->text + string->size};
    char bytes[4];
    size_t size, left = strlen(wanted);
    while ((size = take_character(&cursor, bytes)) != 0) {
        if (size > left || memcmp(bytes, wanted, size) != 0) {
            return false;
        }
        wanted += size;
        left -= size;
    }
    return left == 0;
}

bool burner_json_find(const struct burner_json *object, const char *key, struct burner_json *value)
{
    struct cursor cursor = {object->text, object->text + object->size};
    struct burner_json name, each;
    bool found = false;
    if (object->type != BURNER_JSON_OBJECT || !skip(&cursor, '{')) {
        return false;
    }
    while (take_key(&cursor, &name) && take_value(&cursor, &each)) {
        if (is_text(&name, key)) {
            *value = each;
            found = true;
        }
        if (!skip(&cursor, ',')) {
            break;
        }
    }
    return found;
}

char *burner_json_text(const struct burner_json *value, size_t *size)
{
    struct cursor cursor = {value->text, value->text + value->size};
    char bytes[4];
    char *to = value->text;
    size_t taken;
    if (value->type != BURNER_JSON_STRING) {
        return NULL;
    }
    while ((taken = take_character(&cursor, bytes)) != 0) {
        memcpy(to, bytes, taken); /* never longer than it was as an escape */
        to += taken;
    }
    *to = '\0';
    *size = (size_t)(to - value->text);
    return value->text;
}

enum burner_json_copy burner_json_copy_text(const struct burner_json *value, char *to, size_t room)
{
    struct cursor cursor = {value->text, value->text + value->size};
    char bytes[4];
    size_t taken, used = 0;
    if (value->type != BURNER_JSON_STRING) {
        return BURNER_JSON_NO_TEXT;
    }
    while ((taken = take_character(&cursor, bytes)) != 0) {
        if (taken >= room - used) {
            return BURNER_JSON_TOO_LONG;
        }
        memcpy(to + used, bytes, taken);
        used += taken;
    }
    to[used] = '\0';
    return BURNER_JSON_FITS;
}
