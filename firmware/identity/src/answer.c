/* The answer to a registration: what it holds is encrypted by the product secret. */
#include <string.h>

#include "burner_registration.h"
#include "json.h"
#include "text.h"

#define LONGEST_PSK 64

/* Keeps the cloud's code for the reader; what does not fit is cut. */
static void keep_refusal(const struct burner_json *code, struct burner_credentials *credentials)
{
    size_t room = sizeof credentials->refusal - 1;
    size_t size = code->size < room ? code->size : room;
    memcpy(credentials->refusal, code->text, size);
    credentials->refusal[size] = '\0';
    for (char *at = credentials->refusal; *at != '\0'; at++) {
        *at = *at < ' ' || *at > '~' ? '?' : *at; /* it goes into a log line */
    }
}

/* A whole number below `limit`. */
static bool number_of(const struct burner_json *value, size_t limit, size_t *number)
{
    *number = 0;
    for (size_t at = 0; at < value->size; at++) {
        if (value->type != BURNER_JSON_NUMBER || value->text[at] < '0' || value->text[at] > '9') {
            return false;
        }
        *number = *number * 10 + (size_t)(value->text[at] - '0');
        if (*number >= limit) {
            return false;
        }
    }
    return value->type == BURNER_JSON_NUMBER;
}

static bool is_zero(const struct burner_json *value)
{
    size_t number;
    return number_of(value, 1, &number);
}

/* Takes the outer object of the API apart. */
static enum burner_status open_answer(enum burner_api api, const struct burner_json *answer,
                                      struct burner_json *length, struct burner_json *payload,
                                      struct burner_credentials *credentials)
{
    struct burner_json inner = *answer, error, code;
    bool current = api == BURNER_API_CURRENT;
    if (current && !burner_json_find(answer, "Response", &inner)) {
        return BURNER_DAMAGED;
    }
    bool refused = false;
    if (current && burner_json_find(&inner, "Error", &error)) {
        refused = true;
        if (burner_json_find(&error, "Code", &code)) {
            keep_refusal(&code, credentials);
        }
    } else if (!current) {
        if (!burner_json_find(&inner, "code", &code)) {
            return BURNER_DAMAGED;
        }
        refused = !is_zero(&code);
        if (refused) {
            keep_refusal(&code, credentials);
        }
    }
    if (refused) {
        return BURNER_REFUSED;
    }
    bool whole = burner_json_find(&inner, current ? "Len" : "len", length) &&
                 burner_json_find(&inner, current ? "Payload" : "payload", payload);
    return whole ? BURNER_OK : BURNER_DAMAGED;
}

static bool is_psk(const char *text, size_t length)
{
    bool good = length != 0 && length <= LONGEST_PSK;
    for (size_t at = 0; at < length && good; at++) {
        good = burner_is_base64(text[at]);
    }
    return good;
}

/* What the decrypted payload holds. */
static enum burner_status open_payload(char *text, size_t size,
                                       struct burner_credentials *credentials)
{
    struct burner_json payload, kind, psk, certificate, private_key;
    size_t type, length;
    if (!burner_json_object(text, size, &payload) ||
        !burner_json_find(&payload, "encryptionType", &kind)) {
        return BURNER_UNREADABLE;
    }
    if (!number_of(&kind, 3, &type)) {
        return BURNER_DAMAGED;
    }
    if (type == 2 && burner_json_find(&payload, "psk", &psk)) {
        credentials->psk = burner_json_text(&psk, &length);
        bool good = credentials->psk != NULL && is_psk(credentials->psk, length);
        return good ? BURNER_OK : BURNER_DAMAGED;
    }
    if (type == 1 && burner_json_find(&payload, "clientCert", &certificate) &&
        burner_json_find(&payload, "clientKey", &private_key)) {
        credentials->certificate = burner_json_text(&certificate, &length);
        credentials->private_key = burner_json_text(&private_key, &length);
        bool good = credentials->certificate != NULL && credentials->private_key != NULL;
        return good ? BURNER_OK : BURNER_DAMAGED;
    }
    return BURNER_DAMAGED;
}

enum burner_status burner_registration_answer(enum burner_api api, const struct burner_key *key,
                                              char *body, size_t size,
                                              struct burner_credentials *credentials)
{
    static const uint8_t iv[16] = {'0', '0', '0', '0', '0', '0', '0', '0',
                                   '0', '0', '0', '0', '0', '0', '0', '0'};
    struct burner_json answer, length, payload;
    size_t kept, encoded, encrypted;
    memset(credentials, 0, sizeof *credentials);
    if (burner_key_check(key) != BURNER_OK) {
        return BURNER_NOT_ALLOWED;
    }
    if (!burner_json_object(body, size, &answer)) {
        return BURNER_DAMAGED;
    }
    enum burner_status status = open_answer(api, &answer, &length, &payload, credentials);
    if (status != BURNER_OK) {
        return status;
    }
    bool known = number_of(&length, size, &kept);
    char *text = burner_json_text(&payload, &encoded);
    if (!known || text == NULL || !burner_base64_decode(text, encoded, &encrypted) ||
        encrypted == 0 || encrypted % 16 != 0 || kept > encrypted) {
        return BURNER_DAMAGED;
    }
    if (!burner_aes128_cbc_decrypt((const uint8_t *)key->product_secret, iv, (uint8_t *)text,
                                   encrypted)) {
        return BURNER_CRYPTO_FAILED;
    }
    status = open_payload(text, kept, credentials);
    if (status != BURNER_OK) {
        burner_wipe(text, encrypted);
        memset(credentials, 0, sizeof *credentials);
    }
    return status;
}
