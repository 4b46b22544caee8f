#include "slot.h"

#include <string.h>

#include "checksums.h"
#include "chip.h"

#define SECTOR_SIZE 4096
#define MOST_SLOTS 16
#define NO_NUMBER UINT32_MAX
#define STATE_INVALID 3
#define STATE_ABORTED 4

struct ota_entry {
    uint32_t number;
    uint8_t label[20]; /* never read */
    uint32_t state;
    uint32_t crc; /* of the number */
};

static bool is_valid(const struct ota_entry *entry)
{
    uint8_t number[4];
    memcpy(number, &entry->number, sizeof number);
    return entry->number != NO_NUMBER && entry->crc == burner_crc32_idf(number, sizeof number) &&
           entry->state != STATE_INVALID && entry->state != STATE_ABORTED;
}

/* The highest valid number of the two sectors; false where none is valid. */
static bool newest_number(const struct partition *otadata, uint32_t *newest)
{
    bool found = false;
    for (uint32_t sector = 0; sector < 2; sector++) {
        struct ota_entry entry;
        if (flash_read(otadata->offset + sector * SECTOR_SIZE, &entry, sizeof entry) &&
            is_valid(&entry) && (!found || entry.number > *newest)) {
            *newest = entry.number;
            found = true;
        }
    }
    return found;
}

static uint32_t count_slots(void)
{
    struct partition partition;
    uint32_t count = 0;
    for (unsigned row = 0; partition_at(row, &partition); row++) {
        if (partition.type == PARTITION_APP && partition.subtype >= PARTITION_OTA_0 &&
            partition.subtype < PARTITION_OTA_0 + MOST_SLOTS) {
            count++;
        }
    }
    return count;
}

bool find_application(struct partition *slot)
{
    struct partition otadata;
    uint32_t number, slots = count_slots();
    if (slots != 0 && partition_by_type(PARTITION_DATA, PARTITION_OTADATA, &otadata) &&
        newest_number(&otadata, &number)) {
        uint8_t subtype = (uint8_t)(PARTITION_OTA_0 + (number - 1) % slots);
        return partition_by_type(PARTITION_APP, subtype, slot);
    }
    return partition_by_type(PARTITION_APP, PARTITION_FACTORY, slot) ||
           partition_by_type(PARTITION_APP, PARTITION_OTA_0, slot);
}
