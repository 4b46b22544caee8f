#include "burner_status.h"

const char *burner_status_text(enum burner_status status)
{
    switch (status) {
    case BURNER_OK:
        return "good";
    case BURNER_MISSING:
        return "missing";
    case BURNER_DAMAGED:
        return "damaged";
    case BURNER_TOO_LONG:
        return "too long";
    case BURNER_NOT_ALLOWED:
        return "not allowed";
    case BURNER_FLASH_FAILED:
        return "the flash cannot be read";
    case BURNER_CRYPTO_FAILED:
        return "the crypto library failed";
    case BURNER_REFUSED:
        return "refused by the cloud";
    case BURNER_UNREADABLE:
        return "not readable: wrong product secret?";
    }
    return "unknown";
}
