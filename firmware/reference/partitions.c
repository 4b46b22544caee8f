#include "partitions.h"

#include <string.h>

#include "chip.h"

#define ROW_SIZE 32
#define MOST_ROWS 95

static uint32_t u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

bool partition_at(unsigned row, struct partition *partition)
{
    uint8_t bytes[ROW_SIZE];
    if (row >= MOST_ROWS ||
        !flash_read(PARTITION_TABLE_OFFSET + row * ROW_SIZE, bytes, sizeof bytes) ||
        bytes[0] != 0xAA || bytes[1] != 0x50) {
        return false;
    }
    partition->type = bytes[2];
    partition->subtype = bytes[3];
    partition->offset = u32(bytes + 4);
    partition->size = u32(bytes + 8);
    memcpy(partition->name, bytes + 12, 16);
    partition->name[16] = '\0';
    return true;
}

bool partition_by_name(const char *name, struct partition *partition)
{
    for (unsigned row = 0; partition_at(row, partition); row++) {
        if (strcmp(partition->name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool partition_by_type(uint8_t type, uint8_t subtype, struct partition *partition)
{
    for (unsigned row = 0; partition_at(row, partition); row++) {
        if (partition->type == type && partition->subtype == subtype) {
            return true;
        }
    }
    return false;
}
