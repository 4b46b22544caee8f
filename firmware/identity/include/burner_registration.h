/* Dynamic registration: the request that the device signs, and the answer that it decrypts. */
#ifndef BURNER_REGISTRATION_H
#define BURNER_REGISTRATION_H

#include <stddef.h>
#include <stdint.h>

#include "burner_crypto.h"
#include "burner_key.h"
#include "burner_status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum burner_api {
    BURNER_API_CURRENT, /* POST /device/register, signed in the headers */
    BURNER_API_OLDER    /* POST /register/dev, signed in the body: IoT Explorer */
};

#define BURNER_HOST_CHINA "ap-guangzhou.gateway.tencentdevices.com"
#define BURNER_HOST_US_EAST "us-east.gateway.tencentdevices.com"
#define BURNER_HOST_EUROPE "europe.gateway.tencentdevices.com"
#define BURNER_HOST_BANGKOK "ap-bangkok.gateway.tencentdevices.com"

struct burner_registration {
    enum burner_api api;
    enum burner_hash hash; /* of the current API; the older one always has SHA-1 */
    const char *host;
    uint64_t timestamp; /* seconds since 1970; the cloud refuses a clock that is minutes off */
    uint32_t nonce;     /* another one each time */
};

struct burner_request {
    const char *path;
    char body[256];
    /* Of the current API; empty in the older one, which has no such headers. */
    const char *algorithm; /* X-TC-Algorithm */
    char timestamp[24];    /* X-TC-Timestamp */
    char nonce[12];        /* X-TC-Nonce */
    char signature[60];    /* X-TC-Signature */
};

/* The request for a device of this name, signed by the product secret. */
enum burner_status burner_registration_request(const struct burner_registration *registration,
                                               const struct burner_key *key, const char *name,
                                               struct burner_request *request);

/* The whole request as HTTP/1.1, for firmware without an HTTP client. */
enum burner_status burner_registration_http(const struct burner_registration *registration,
                                            const struct burner_request *request, char *text,
                                            size_t size);

/* What registration gives. The texts lie in the buffer that held the answer. */
struct burner_credentials {
    const char *psk;         /* NULL for a product with certificates */
    const char *certificate; /* NULL for a product with PSK */
    const char *private_key;
    char refusal[64]; /* the cloud's code, where it refused: "1010", "AuthFailure.…" */
};

/* Reads the body of the answer, in place. */
enum burner_status burner_registration_answer(enum burner_api api, const struct burner_key *key,
                                              char *body, size_t size,
                                              struct burner_credentials *credentials);

#ifdef __cplusplus
}
#endif

#endif
