/* What a function of this library says about its work. */
#ifndef BURNER_STATUS_H
#define BURNER_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

enum burner_status {
    BURNER_OK = 0,
    BURNER_MISSING,       /* there is no such value: erased flash, or another layout */
    BURNER_DAMAGED,       /* something is there, but a checksum or the form is wrong */
    BURNER_TOO_LONG,      /* a value does not fit its place */
    BURNER_NOT_ALLOWED,   /* a value breaks Tencent's rule, or is a placeholder of a sample */
    BURNER_FLASH_FAILED,  /* the flash could not be read */
    BURNER_CRYPTO_FAILED, /* the crypto library refused to work */
    BURNER_REFUSED,       /* the cloud refused the registration: the answer's code says why */
    BURNER_UNREADABLE     /* the answer does not decrypt: most likely a wrong product secret */
};

/* The status in words, for a log line. */
const char *burner_status_text(enum burner_status status);

#ifdef __cplusplus
}
#endif

#endif
