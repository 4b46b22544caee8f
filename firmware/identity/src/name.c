#include "burner_name.h"

#include <string.h>

#include "text.h"

/* The address of an interface, as ESP-IDF makes it from the base MAC. */
static void interface_address(const struct burner_name_part *part, const uint8_t mac[6],
                              uint8_t address[6])
{
    memcpy(address, mac, 6);
    if (part->esp32s2_softap) {
        uint32_t front = (uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2];
        uint32_t back = (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];
        if (front == 0x7CDFA1 && back >= 0x003000 && back < 0x006000) {
            back += 0x1D000;
            address[3] = (uint8_t)(back >> 16);
            address[4] = (uint8_t)(back >> 8);
            address[5] = (uint8_t)back;
            return;
        }
    }
    address[5] = (uint8_t)(address[5] + part->added);
    if (part->local) {
        address[0] = (address[0] & 0x02) != 0 ? address[0] ^ 0x04 : address[0] | 0x02;
    }
}

/* The part of an ID that the name shows. */
static const char *cut(const char *id, int characters, size_t *size)
{
    size_t length = strlen(id);
    size_t wanted = (size_t)(characters < 0 ? -characters : characters);
    *size = characters == 0 || wanted > length ? length : wanted;
    return characters < 0 ? id + length - *size : id;
}

static void add_address(struct burner_text *name, const struct burner_name_rule *rule,
                        const struct burner_name_part *part, const uint8_t mac[6])
{
    uint8_t address[6];
    char buffer[13];
    struct burner_text digits;
    size_t size;
    interface_address(part, mac, address);
    burner_text_begin(&digits, buffer, sizeof buffer);
    burner_text_add_hex(&digits, address, sizeof address, rule->upper);
    const char *shown = cut(buffer, part->characters, &size);
    for (size_t at = 0; at < size; at++) {
        if (at != 0 && at % 2 == 0 && rule->separator != '\0') {
            burner_text_add_bytes(name, &rule->separator, 1);
        }
        burner_text_add_bytes(name, shown + at, 1);
    }
}

static const char *text_of(const struct burner_name_part *part, const struct burner_ids *ids)
{
    switch (part->source) {
    case BURNER_NAME_IMEI:
        return ids->imei;
    case BURNER_NAME_SERIAL:
        return ids->serial;
    case BURNER_NAME_LABEL:
        return ids->label;
    default:
        return part->text;
    }
}

enum burner_status burner_device_name(const struct burner_name_rule *rule,
                                      const struct burner_ids *ids,
                                      char name[BURNER_DEVICE_NAME_LENGTH + 1])
{
    struct burner_text text;
    burner_text_begin(&text, name, BURNER_DEVICE_NAME_LENGTH + 1);
    for (size_t at = 0; at < rule->part_count; at++) {
        const struct burner_name_part *part = &rule->parts[at];
        if (part->source == BURNER_NAME_ADDRESS) {
            add_address(&text, rule, part, ids->mac);
            continue;
        }
        const char *id = text_of(part, ids);
        size_t size;
        if (id == NULL || id[0] == '\0') {
            name[0] = '\0';
            return BURNER_MISSING;
        }
        id = cut(id, part->characters, &size);
        burner_text_add_bytes(&text, id, size);
    }
    if (text.full || !burner_is_device_name(name, rule->allow_colon)) {
        name[0] = '\0';
        return text.full ? BURNER_TOO_LONG : BURNER_NOT_ALLOWED;
    }
    return BURNER_OK;
}
