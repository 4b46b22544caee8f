#include "burner_challenge.h"

#include <string.h>

#include "frame.h"
#include "text.h"

#ifdef BURNER_CHALLENGE

#define QUESTION "BURNER-CHALLENGE " BURNER_CHALLENGE_VERSION " "
#define REPLY "BURNER-RESPONSE " BURNER_CHALLENGE_VERSION " "

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

/* Why no answer is given; NULL where one is. */
static const char *refusal(const struct burner_challenge *challenge)
{
    if (challenge->registered) {
        return "refused registered";
    }
    if (challenge->answered) {
        return "refused answered";
    }
    return challenge->late ? "refused late" : NULL;
}

static bool answer_line(struct burner_challenge *challenge, char *reply)
{
    uint8_t nonce[BURNER_CHALLENGE_NONCE_SIZE], answer[BURNER_SHA256_SIZE];
    size_t length;
    struct burner_text text;
    const char *digits;
    if (!burner_frame_find(challenge->line, challenge->used, QUESTION, &digits, &length)) {
        return false;
    }
    const char *refused = refusal(challenge);
    if (refused == NULL &&
        (length != 2 * sizeof nonce || !burner_hex_decode(digits, nonce, sizeof nonce))) {
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
    burner_frame_end(&text);
    return true;
}

bool burner_challenge_take(struct burner_challenge *challenge, char byte, uint32_t since_reset_ms,
                           char reply[BURNER_CHALLENGE_LINE])
{
    challenge->late = challenge->late || since_reset_ms > BURNER_CHALLENGE_WITHIN_MS;
    if (byte == '\r' || byte == '\n') {
        bool replied = answer_line(challenge, reply);
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
