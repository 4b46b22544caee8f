/* Runs the library on the cases of the tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burner_esp_idf.h"
#include "burner_identity.h"
#include "frames.h"
#include "platform.h"
#include "products.h"

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void key_from(const struct frame *frame, size_t index, struct burner_key *key)
{
    char *const places[3] = {key->product_id, key->product_secret, key->device_name};
    const size_t sizes[3] = {sizeof key->product_id, sizeof key->product_secret,
                             sizeof key->device_name};
    memset(key, 0, sizeof *key);
    for (size_t i = 0; i < 3; i++) {
        const struct field *field = &frame->fields[index + i];
        memcpy(places[i], field->bytes, field->size < sizes[i] ? field->size : sizes[i] - 1);
    }
}

static void result_key(enum burner_status status, const struct burner_key *key)
{
    result_begin(4);
    result_number(4);
    result_number(status);
    result_text(key->product_id);
    result_text(key->product_secret);
    result_text(key->device_name);
}

static void result_status(enum burner_status status)
{
    result_number(4);
    result_number(status);
}

static void run_digest(struct frame *in)
{
    enum burner_hash hash = (enum burner_hash)frame_number(in, 1);
    uint8_t digest[BURNER_LONGEST_DIGEST];
    bool done = burner_digest(hash, in->fields[2].bytes, in->fields[2].size, digest);
    result_begin(1);
    result_bytes(digest, done ? burner_digest_size(hash) : 0);
}

static void run_hmac(struct frame *in)
{
    enum burner_hash hash = (enum burner_hash)frame_number(in, 1);
    uint8_t digest[BURNER_LONGEST_DIGEST];
    bool done = burner_hmac(hash, in->fields[2].bytes, in->fields[2].size, in->fields[3].bytes,
                            in->fields[3].size, digest);
    result_begin(1);
    result_bytes(digest, done ? burner_digest_size(hash) : 0);
}

static void run_cbc(struct frame *in)
{
    struct field *data = &in->fields[3];
    bool done = burner_aes128_cbc_decrypt(in->fields[1].bytes, in->fields[2].bytes, data->bytes,
                                          data->size);
    result_begin(1);
    result_bytes(data->bytes, done ? data->size : 0);
}

static void run_xts(struct frame *in)
{
    struct field *entry = &in->fields[3];
    bool done = burner_aes256_xts_decrypt(in->fields[1].bytes, in->fields[2].bytes, entry->bytes);
    result_begin(1);
    result_bytes(entry->bytes, done ? entry->size : 0);
}

static void run_read(struct frame *in)
{
    const struct product *product = products[frame_number(in, 1)];
    const struct field *burned = &in->fields[2], *keys = &in->fields[3];
    struct burner_flash place = burner_flash_in_memory(burned->bytes, (uint32_t)burned->size);
    struct burner_flash encryption = burner_flash_in_memory(keys->bytes, (uint32_t)keys->size);
    struct burner_key key;
    result_key(product->read(&place, keys->size != 0 ? &encryption : NULL, &key), &key);
}

static void run_arrays(struct frame *in)
{
    struct burner_array arrays[3];
    struct burner_key key;
    for (size_t i = 0; i < 3; i++) {
        arrays[i] = (struct burner_array){(const volatile char *)in->fields[1 + i].bytes,
                                          in->fields[1 + i].size};
    }
    result_key(burner_read_arrays(arrays[0], arrays[1], arrays[2], &key), &key);
}

static void run_name(struct frame *in)
{
    const struct product *product = products[frame_number(in, 1)];
    char *imei = frame_text(in, 3), *serial = frame_text(in, 4), *label = frame_text(in, 5);
    struct burner_ids ids = {.imei = imei, .serial = serial, .label = label};
    char name[BURNER_DEVICE_NAME_LENGTH + 1];
    memcpy(ids.mac, in->fields[2].bytes, sizeof ids.mac);
    enum burner_status status = burner_device_name(product->name_rule, &ids, name);
    result_begin(2);
    result_status(status);
    result_text(name);
    free(imei), free(serial), free(label);
}

static void run_vectors(struct frame *in)
{
    result_begin(1);
    result_number(4);
    result_number(products[frame_number(in, 1)]->vectors_hold());
}

static void run_request(struct frame *in)
{
    char *host = frame_text(in, 3), *name = frame_text(in, 9), http[1024] = "";
    struct burner_registration registration = {
        .api = (enum burner_api)frame_number(in, 1),
        .hash = (enum burner_hash)frame_number(in, 2),
        .host = or_empty(host),
        .timestamp = frame_number(in, 4),
        .nonce = (uint32_t)frame_number(in, 5),
    };
    struct burner_request request;
    struct burner_key key;
    key_from(in, 6, &key);
    enum burner_status status =
        burner_registration_request(&registration, &key, or_empty(name), &request);
    if (status == BURNER_OK) {
        status = burner_registration_http(&registration, &request, http, sizeof http);
    }
    result_begin(2);
    result_status(status);
    result_text(http);
    free(host), free(name);
}

static void run_answer(struct frame *in)
{
    struct burner_credentials credentials;
    struct burner_key key;
    key_from(in, 2, &key);
    enum burner_status status =
        burner_registration_answer((enum burner_api)frame_number(in, 1), &key,
                                   (char *)in->fields[5].bytes, in->fields[5].size, &credentials);
    result_begin(5);
    result_status(status);
    result_text(credentials.psk);
    result_text(credentials.certificate);
    result_text(credentials.private_key);
    result_text(credentials.refusal);
}

/* All that the device prints while these bytes come in. */
static void run_challenge(struct frame *in)
{
    struct burner_challenge challenge;
    struct burner_key key;
    char *name = frame_text(in, 4), reply[BURNER_CHALLENGE_LINE], printed[8 * sizeof reply] = "";
    const struct field *heard = &in->fields[7];
    key_from(in, 1, &key);
    burner_challenge_begin(&challenge, &key, or_empty(name), frame_number(in, 5) != 0);
    for (size_t at = 0; at < heard->size; at++) {
        uint32_t now = heard->bytes[at] == '\f' ? UINT32_MAX : (uint32_t)frame_number(in, 6);
        if (burner_challenge_take(&challenge, (char)heard->bytes[at], now, reply) &&
            strlen(printed) + sizeof reply < sizeof printed) {
            strcat(printed, reply);
        }
    }
    result_begin(1);
    result_text(printed);
    free(name);
}

int main(void)
{
    static void (*const operations[])(struct frame *) = {
        run_digest, run_hmac,    run_cbc,    run_xts,       run_read, run_arrays, run_name,
        run_vectors, run_request, run_answer, run_challenge, run_hal,  run_esp_idf,
    };
    struct frame frame;
    while (frame_read(&frame)) {
        operations[frame_number(&frame, 0)](&frame);
        frame_free(&frame);
    }
    return 0;
}
