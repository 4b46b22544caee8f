/* A command of this program alone: on the line `BURNER-REGISTER SECONDS NONCE CRC` the console
 * shows the request by which the device would register, signed, so that a test can hand it to a
 * gateway. A product must not have it: whoever holds the console could register the device. */
#ifndef REGISTRATION_COMMAND_H
#define REGISTRATION_COMMAND_H

#include <stddef.h>

#include "burner_key.h"

struct registration_command {
    const struct burner_key *key;
    const char *name;
    size_t used;
    char line[96];
};

/* Begins to listen; `key` and `name` must live as long as it does. */
void registration_command_begin(struct registration_command *command, const struct burner_key *key,
                                const char *name);

/* Takes one byte from the console, and prints the request, or why there is none. */
void registration_command_take(struct registration_command *command, char byte);

#endif
