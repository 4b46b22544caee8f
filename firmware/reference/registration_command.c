#include "registration_command.h"

#include <string.h>

#include "burner_registration.h"
#include "console.h"
#include "frame.h"

#ifdef REFERENCE_REGISTRATION_COMMAND

#define COMMAND "BURNER-REGISTER "
#define REPLY "\r\nBURNER-REQUEST "
#define LONGEST_REPLY 512

void registration_command_begin(struct registration_command *command, const struct burner_key *key,
                                const char *name)
{
    memset(command, 0, sizeof *command);
    command->key = key;
    command->name = name;
}

/* Takes a decimal number up to the end or a blank, which it skips. */
static bool take_number(const char **at, const char *end, uint64_t largest, uint64_t *number)
{
    const char *start = *at;
    *number = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        uint64_t digit = (uint64_t)(**at - '0');
        if (*number > (largest - digit) / 10) {
            return false;
        }
        *number = *number * 10 + digit;
    }
    bool ended = *at == end || **at == ' ';
    const char *stop_at = *at;
    *at += *at < end;
    return ended && stop_at != start;
}

/* Adds the request: host, path, the values of the four headers, and the body. */
static void add_request(struct burner_text *text, const struct burner_registration *registration,
                        const struct burner_request *request)
{
    const char *const words[] = {registration->host, request->path,  request->algorithm,
                                 request->timestamp, request->nonce, request->signature,
                                 request->body};
    for (size_t at = 0; at < sizeof words / sizeof words[0]; at++) {
        burner_text_add(text, at == 0 ? "" : " ");
        burner_text_add(text, words[at]);
    }
}

static void answer(const struct registration_command *command)
{
    char reply[LONGEST_REPLY];
    const char *at;
    size_t length;
    uint64_t seconds, nonce;
    struct burner_text text;
    struct burner_request request;
    if (!burner_frame_find(command->line, command->used, COMMAND, &at, &length)) {
        return;
    }
    const char *end = at + length;
    burner_text_begin(&text, reply, sizeof reply);
    burner_text_add(&text, REPLY);
    if (!take_number(&at, end, UINT64_MAX, &seconds) ||
        !take_number(&at, end, UINT32_MAX, &nonce) || at != end) {
        burner_text_add(&text, "refused numbers");
    } else {
        const struct burner_registration registration = {
            .api = BURNER_API_CURRENT,
            .hash = BURNER_SHA256,
            .host = BURNER_HOST_CHINA,
            .timestamp = seconds,
            .nonce = (uint32_t)nonce,
        };
        if (burner_registration_request(&registration, command->key, command->name, &request) ==
            BURNER_OK) {
            add_request(&text, &registration, &request);
        } else {
            burner_text_add(&text, "refused key");
        }
    }
    burner_frame_end(&text);
    console_print(reply);
}

void registration_command_take(struct registration_command *command, char byte)
{
    if (byte == '\r' || byte == '\n') {
        answer(command);
        command->used = 0;
        return;
    }
    if (command->used == sizeof command->line) { /* noise without an end: its front goes */
        memmove(command->line, command->line + 1, --command->used);
    }
    command->line[command->used++] = byte;
}

#else

void registration_command_begin(struct registration_command *command, const struct burner_key *key,
                                const char *name)
{
    (void)command, (void)key, (void)name;
}

void registration_command_take(struct registration_command *command, char byte)
{
    (void)command, (void)byte;
}

#endif
