/* The station's challenge: proves that this unit holds the product secret, the ProductID, the name
 * and the key configuration that the station has on record, without the flash being read.
 *
 * Off unless BURNER_CHALLENGE is defined for the whole firmware: it belongs to the line. */
#ifndef BURNER_CHALLENGE_H
#define BURNER_CHALLENGE_H

#ifdef BURNER_CHALLENGE

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "burner_key.h"
#include "burner_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BURNER_CHALLENGE_VERSION "1"
#define BURNER_CHALLENGE_NONCE_SIZE 16
#define BURNER_CHALLENGE_WITHIN_MS 10000 /* after the reset */
#define BURNER_CHALLENGE_LINE 112        /* bytes of the longest reply, NUL included */

/* The answer itself. */
enum burner_status burner_challenge_answer(const struct burner_key *key, const char *name,
                                           const uint8_t nonce[BURNER_CHALLENGE_NONCE_SIZE],
                                           uint8_t answer[BURNER_SHA256_SIZE]);

struct burner_challenge {
    const struct burner_key *key;
    const char *name;
    bool registered; /* set it as soon as the device holds credentials of its own */
    bool answered;
    bool late;
    size_t used;
    char line[96];
};

/* Begins to listen. `key` and `name` must live as long as it does. */
void burner_challenge_begin(struct burner_challenge *challenge, const struct burner_key *key,
                            const char *name, bool registered);

/* Takes one byte from the console. True: `reply` is a line to print at once, CR and LF around it.
 * Everything that is no challenge passes without a reply. `since_reset_ms` must not begin again at
 * 0: give UINT32_MAX where the time is longer. */
bool burner_challenge_take(struct burner_challenge *challenge, char byte, uint32_t since_reset_ms,
                           char reply[BURNER_CHALLENGE_LINE]);

#ifdef __cplusplus
}
#endif

#endif
#endif
