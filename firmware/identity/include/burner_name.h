/* The DeviceName, from the IDs of the unit by the profile's rule. */
#ifndef BURNER_NAME_H
#define BURNER_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "burner_key.h"
#include "burner_status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct burner_ids {
    uint8_t mac[6];     /* the base MAC in eFuse, whatever interface the name uses */
    const char *imei;   /* NULL where the unit has none, or the name does not need it */
    const char *serial;
    const char *label;
};

enum burner_name_source {
    BURNER_NAME_TEXT, /* `text`, as it stands */
    BURNER_NAME_ADDRESS,
    BURNER_NAME_IMEI,
    BURNER_NAME_SERIAL,
    BURNER_NAME_LABEL
};

struct burner_name_part {
    enum burner_name_source source;
    const char *text;
    int characters; /* of the ID: 0 all, 4 the first four, -4 the last four */
    /* Of an address: how the interface's is made from the base MAC. */
    uint8_t added;       /* to the last byte, without carry */
    bool local;          /* then made a local address */
    bool esp32s2_softap; /* some ESP32-S2 parts have their SoftAP address 0x1d000 higher */
};

struct burner_name_rule {
    const struct burner_name_part *parts;
    size_t part_count;
    char separator; /* between the bytes of addresses; '\0': none */
    bool upper;     /* case of their hex digits */
    bool allow_colon;
};

/* BURNER_MISSING where an ID that the rule needs is not there, BURNER_TOO_LONG or
 * BURNER_NOT_ALLOWED where the name breaks Tencent's rule. */
enum burner_status burner_device_name(const struct burner_name_rule *rule,
                                      const struct burner_ids *ids,
                                      char name[BURNER_DEVICE_NAME_LENGTH + 1]);

#ifdef __cplusplus
}
#endif

#endif
