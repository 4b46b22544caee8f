#include "burner_registration.h"

#include <string.h>

#include "text.h"

#define CURRENT_PATH "/device/register"
#define OLDER_PATH "/register/dev"
#define LONGEST_HOST 128

static const char *algorithm_of(enum burner_hash hash)
{
    return hash == BURNER_SHA1 ? "hmacsha1" : "hmacsha256";
}

static enum burner_status sign(const struct burner_key *key, enum burner_hash hash,
                               const char *text, size_t size, uint8_t *digest)
{
    bool done = burner_hmac(hash, key->product_secret, strlen(key->product_secret), text, size,
                            digest);
    return done ? BURNER_OK : BURNER_CRYPTO_FAILED;
}

static enum burner_status sign_current(const struct burner_registration *registration,
                                       const struct burner_key *key, const char *name,
                                       struct burner_request *request)
{
    enum burner_hash hash = registration->hash;
    uint8_t digest[BURNER_LONGEST_DIGEST];
    char to_sign[LONGEST_HOST + 192];
    struct burner_text body, text;
    burner_text_begin(&body, request->body, sizeof request->body);
    burner_text_add(&body, "{\"ProductId\":\"");
    burner_text_add(&body, key->product_id);
    burner_text_add(&body, "\",\"DeviceName\":\"");
    burner_text_add(&body, name);
    burner_text_add(&body, "\"}");
    if (!burner_digest(hash, request->body, body.used, digest)) {
        return BURNER_CRYPTO_FAILED;
    }
    request->algorithm = algorithm_of(hash);
    burner_text_begin(&text, request->timestamp, sizeof request->timestamp);
    burner_text_add_number(&text, registration->timestamp);
    burner_text_begin(&text, request->nonce, sizeof request->nonce);
    burner_text_add_number(&text, registration->nonce);
    const char *const lines[] = {"POST", registration->host, CURRENT_PATH, "", request->algorithm,
                                 request->timestamp, request->nonce};
    burner_text_begin(&text, to_sign, sizeof to_sign);
    for (size_t at = 0; at < sizeof lines / sizeof lines[0]; at++) {
        burner_text_add(&text, lines[at]);
        burner_text_add(&text, "\n");
    }
    burner_text_add_hex(&text, digest, burner_digest_size(hash), false);
    enum burner_status status = sign(key, hash, to_sign, text.used, digest);
    burner_text_begin(&text, request->signature, sizeof request->signature);
    burner_text_add_base64(&text, digest, burner_digest_size(hash));
    return status;
}

/* Adds the text that the older API signs. */
static void add_older_text(struct burner_text *text, const struct burner_registration *registration,
                           const struct burner_key *key, const char *name)
{
    burner_text_add(text, "deviceName=");
    burner_text_add(text, name);
    burner_text_add(text, "&nonce=");
    burner_text_add_number(text, registration->nonce);
    burner_text_add(text, "&productId=");
    burner_text_add(text, key->product_id);
    burner_text_add(text, "&timestamp=");
    burner_text_add_number(text, registration->timestamp);
}

static enum burner_status sign_older(const struct burner_registration *registration,
                                     const struct burner_key *key, const char *name,
                                     struct burner_request *request)
{
    uint8_t digest[BURNER_LONGEST_DIGEST];
    char to_sign[160], hex[2 * BURNER_SHA1_SIZE + 1];
    struct burner_text body, text;
    burner_text_begin(&text, to_sign, sizeof to_sign);
    add_older_text(&text, registration, key, name);
    enum burner_status status = sign(key, BURNER_SHA1, to_sign, text.used, digest);
    burner_text_begin(&text, hex, sizeof hex);
    burner_text_add_hex(&text, digest, BURNER_SHA1_SIZE, false);
    burner_text_begin(&body, request->body, sizeof request->body);
    burner_text_add(&body, "{\"deviceName\":\"");
    burner_text_add(&body, name);
    burner_text_add(&body, "\",\"nonce\":");
    burner_text_add_number(&body, registration->nonce);
    burner_text_add(&body, ",\"productId\":\"");
    burner_text_add(&body, key->product_id);
    burner_text_add(&body, "\",\"timestamp\":");
    burner_text_add_number(&body, registration->timestamp);
    burner_text_add(&body, ",\"signature\":\"");
    burner_text_add_base64(&body, (const uint8_t *)hex, text.used);
    burner_text_add(&body, "\"}");
    return status;
}

static bool is_host(const char *host)
{
    size_t length = 0;
    for (; host[length] != '\0'; length++) {
        if (host[length] <= ' ' || host[length] > '~' || length == LONGEST_HOST) {
            return false;
        }
    }
    return length != 0;
}

enum burner_status burner_registration_request(const struct burner_registration *registration,
                                               const struct burner_key *key, const char *name,
                                               struct burner_request *request)
{
    bool older = registration->api == BURNER_API_OLDER;
    memset(request, 0, sizeof *request);
    request->path = older ? OLDER_PATH : CURRENT_PATH;
    request->algorithm = "";
    if (!is_host(registration->host) || burner_key_check(key) != BURNER_OK ||
        !burner_is_device_name(name, true)) {
        return BURNER_NOT_ALLOWED;
    }
    enum burner_status status = older ? sign_older(registration, key, name, request)
                                      : sign_current(registration, key, name, request);
    if (status != BURNER_OK) {
        memset(request, 0, sizeof *request);
    }
    return status;
}

enum burner_status burner_registration_http(const struct burner_registration *registration,
                                            const struct burner_request *request, char *text,
                                            size_t size)
{
    struct burner_text http;
    burner_text_begin(&http, text, size);
    const char *const headers[][2] = {
        {"X-TC-Algorithm", request->algorithm},
        {"X-TC-Timestamp", request->timestamp},
        {"X-TC-Nonce", request->nonce},
        {"X-TC-Signature", request->signature},
    };
    burner_text_add(&http, "POST ");
    burner_text_add(&http, request->path);
    burner_text_add(&http, " HTTP/1.1\r\nHost: ");
    burner_text_add(&http, registration->host);
    burner_text_add(&http, "\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ");
    burner_text_add_number(&http, strlen(request->body));
    for (size_t at = 0; at < 4 && registration->api == BURNER_API_CURRENT; at++) {
        burner_text_add(&http, "\r\n");
        burner_text_add(&http, headers[at][0]);
        burner_text_add(&http, ": ");
        burner_text_add(&http, headers[at][1]);
    }
    burner_text_add(&http, "\r\nConnection: close\r\n\r\n");
    burner_text_add(&http, request->body);
    return http.full ? BURNER_TOO_LONG : BURNER_OK;
}
