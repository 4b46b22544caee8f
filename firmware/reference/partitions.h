/* The partition table, as ESP-IDF writes it: rows of 32 bytes. Its MD5 is not compared. */
#ifndef PARTITIONS_H
#define PARTITIONS_H

#include <stdbool.h>
#include <stdint.h>

#define PARTITION_APP 0
#define PARTITION_DATA 1
#define PARTITION_FACTORY 0x00 /* subtypes of applications */
#define PARTITION_OTA_0 0x10
#define PARTITION_OTADATA 0x00 /* subtype of data */

struct partition {
    uint8_t type;
    uint8_t subtype;
    uint32_t offset;
    uint32_t size;
    char name[17];
};

/* Reads a row; false behind the last one, or where the flash cannot be read. */
bool partition_at(unsigned row, struct partition *partition);

bool partition_by_name(const char *name, struct partition *partition);
bool partition_by_type(uint8_t type, uint8_t subtype, struct partition *partition);

#endif
