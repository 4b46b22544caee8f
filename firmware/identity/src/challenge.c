#include "burner_challenge.h"

#include <string.h>

#include "checksums.h"
#include "text.h"

#ifdef BURNER_CHALLENGE

#define QUESTION "BURNER-CHALLENGE " BURNER_CHALLENGE_VERSION " "
#define REPLY "BURNER-RESPONSE " BURNER_CHALLENGE_VERSION " "
#define CRC_DIGITS 8

/* A message of fields, each behind its length in two bytes, big endian. */
struct message {
    uint8_t bytes[160];
    size_t used;
};

static void add_field(struct message *message, const void *field, size_t size)
{
    uint8_t *to = message->bytes + message->used;
    to[0] = (uint8_t)(size >> 8);
    to[1] = (uint8_t)size;
    memcpy(to + 2, field, size);
    message->used += 2 + size;
}

enum burner_status burner_challenge_answer(const struct burner_key *key, const char *name,
                                           const uint8_t nonce[BURNER_CHALLENGE_NONCE_SIZE],
                                           uint8_t answer[BURNER_SHA256_SIZE])
{
    /* A key of its own: an answer is never a signature of a registration. */
    static const char purpose[] = "burner challenge v1";
    uint8_t derived[BURNER_SHA256_SIZE], digest[BURNER_SHA256_SIZE];
    struct message message = {.used = 0};
    if (burner_key_check(key) != BURNER_OK || !burner_is_device_name(name, true)) {
        return BURNER_NOT_ALLOWED;
    }
    bool done = burner_hmac(BURNER_SHA256, key->product_secret, strlen(key->product_secret), purpose,
                            sizeof purpose - 1, derived) &&
                burner_key_digest(key, digest) == BURNER_OK;
    add_field(&message, BURNER_CHALLENGE_VERSION, strlen(BURNER_CHALLENGE_VERSION));
    add_field(&message, nonce, BURNER_CHALLENGE_NONCE_SIZE);
    add_field(&message, key->product_id, strlen(key->product_id));
    add_field(&message, name, strlen(name));
    add_field(&message, digest, sizeof digest);
    done = done && burner_hmac(BURNER_SHA256, derived, sizeof derived, message.bytes, message.used,
                               answer);
    burner_wipe(derived, sizeof derived);
    return done ? BURNER_OK : BURNER_CRYPTO_FAILED;
}

void burner_challenge_begin(struct burner_challenge *challenge, const struct burner_key *key,
                            const char *name, bool registered)
{
    memset(challenge, 0, sizeof *challenge);
    challenge->key = key;
    challenge->name = name;
    challenge->registered = registered;
}

/* Finds the last question in the line: whatever stands before it was noise. */
static const char *question_in(const char *line, size_t size)
{
    size_t length = strlen(QUESTION);
    for (size_t at = size; at-- != 0;) {
        if (size - at >= length && memcmp(line + at, QUESTION, length) == 0) {
            return line + at;
        }
    }
    return NULL;
}

/* Decodes hex digits; false where one is none. */
static bool take_hex(const char *digits, uint8_t *bytes, size_t size)
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

/* Whether the text before the last blank has the CRC-32 behind it; then its length. */
static bool is_sound(const char *text, size_t size, size_t *length)
{
    uint8_t crc[CRC_DIGITS / 2];
    struct burner_checksum sum;
    if (size < CRC_DIGITS + 1 || text[size - CRC_DIGITS - 1] != ' ' ||
        !take_hex(text + size - CRC_DIGITS, crc, sizeof crc)) {
        return false;
    }
    *length = size - CRC_DIGITS - 1;
    burner_checksum_begin(&sum, BURNER_CRC32);
    burner_checksum_add(&sum, (const uint8_t *)text, *length);
    uint32_t stored = (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
    return burner_checksum_end(&sum) == stored;
}

/* Ends the reply by the CRC-32 of its text, and makes it a line of its own. */
static void end_reply(struct burner_text *text)
{
    struct burner_checksum sum;
    burner_checksum_begin(&sum, BURNER_CRC32);
    burner_checksum_add(&sum, (const uint8_t *)text->buffer + 2, text->used - 2); /* after CR LF */
    uint32_t crc = burner_checksum_end(&sum);
    const uint8_t bytes[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                              (uint8_t)crc};
    burner_text_add(text, " ");
    burner_text_add_hex(text, bytes, sizeof bytes, false);
    burner_text_add(text, "\r\n");
}

/* Why no answer is given; NULL where one is. */
static const char *refusal(const struct burner_challenge *challenge, uint32_t since_reset_ms)
{
    if (challenge->registered) {
        return "refused registered";
    }
    if (challenge->answered) {
        return "refused answered";
    }
    return since_reset_ms > BURNER_CHALLENGE_WITHIN_MS ? "refused late" : NULL;
}

static bool answer_line(struct burner_challenge *challenge, uint32_t since_reset_ms, char *reply)
{
    uint8_t nonce[BURNER_CHALLENGE_NONCE_SIZE], answer[BURNER_SHA256_SIZE];
    size_t length, prefix = strlen(QUESTION);
    struct burner_text text;
    const char *question = question_in(challenge->line, challenge->used);
    if (question == NULL ||
        !is_sound(question, challenge->used - (size_t)(question - challenge->line), &length)) {
        return false;
    }
    const char *refused = refusal(challenge, since_reset_ms);
    if (refused == NULL &&
        (length != prefix + 2 * sizeof nonce || !take_hex(question + prefix, nonce, sizeof nonce))) {
        refused = "refused nonce";
    }
    if (refused == NULL) {
        challenge->answered = true; /* even if the work fails: one challenge, one try */
        enum burner_status status =
            burner_challenge_answer(challenge->key, challenge->name, nonce, answer);
        refused = status == BURNER_OK ? NULL : "refused key";
    }
    burner_text_begin(&text, reply, BURNER_CHALLENGE_LINE);
    burner_text_add(&text, "\r\n" REPLY);
    if (refused != NULL) {
        burner_text_add(&text, refused);
    } else {
        burner_text_add_hex(&text, answer, sizeof answer, false);
    }
    end_reply(&text);
    return true;
}

bool burner_challenge_take(struct burner_challenge *challenge, char byte, uint32_t since_reset_ms,
                           char reply[BURNER_CHALLENGE_LINE])
{
    if (byte == '\r' || byte == '\n') {
        bool replied = answer_line(challenge, since_reset_ms, reply);
        challenge->used = 0;
        return replied;
    }
    if (challenge->used == sizeof challenge->line) { /* noise without an end: its front goes */
        memmove(challenge->line, challenge->line + 1, --challenge->used);
    }
    challenge->line[challenge->used++] = byte;
    return false;
}

#endif
