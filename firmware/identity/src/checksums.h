/* The checksums of burner's layouts, byte by byte. */
#ifndef BURNER_CHECKSUMS_H
#define BURNER_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

#include "burner_key_layouts.h"

struct burner_checksum {
    enum burner_checksum_algorithm algorithm;
    uint32_t value;
};

void burner_checksum_begin(struct burner_checksum *sum, enum burner_checksum_algorithm algorithm);
void burner_checksum_add(struct burner_checksum *sum, const uint8_t *bytes, size_t size);
uint32_t burner_checksum_end(const struct burner_checksum *sum);

/* NVS's: CRC-32 as ESP-IDF calls its ROM's. */
uint32_t burner_crc32_idf(const uint8_t *bytes, size_t size);

#endif
