#include "image.h"

#include <string.h>

#include "burner_crypto.h"
#include "chip.h"
#include "memory.h"

#define MAGIC 0xE9
#define MOST_SEGMENTS 16
#define CHECKSUM_SEED 0xEF
#define ALIGNMENT 16 /* the checksum is the last byte of such a block */

struct header {
    uint8_t magic;
    uint8_t segment_count;
    uint8_t flash_mode;
    uint8_t flash_size_and_frequency;
    uint32_t entry;
    uint8_t pins[4];
    uint16_t chip_id;
    uint8_t revisions[9];
    uint8_t has_digest;
};

struct segment {
    uint32_t address;
    uint32_t size;
};

/* Whether the bytes from `address` on lie in what the application may use. */
static bool is_inside(uint32_t address, uint32_t size, uint32_t start)
{
    return address >= start && address - start <= APPLICATION_SIZE &&
           size <= APPLICATION_SIZE - (address - start);
}

/* The address by which a segment is written; 0 where it may not lie. */
static uint32_t data_address(const struct segment *segment)
{
    if (segment->address % 4 != 0 || segment->size % 4 != 0) {
        return 0;
    }
    if (is_inside(segment->address, segment->size, INSTRUCTION_START)) {
        return segment->address - INSTRUCTION_TO_DATA;
    }
    return is_inside(segment->address, segment->size, DATA_START) ? segment->address : 0;
}

/* Follows the segments in flash to the end of the last one, counted from the image's start. */
static const char *find_end(const struct partition *slot, const struct header *header,
                            uint32_t *end)
{
    struct segment segment;
    uint32_t room = slot->size < STAGE_SIZE ? slot->size : STAGE_SIZE;
    *end = sizeof *header;
    for (unsigned number = 0; number < header->segment_count; number++) {
        if (!flash_read(slot->offset + *end, &segment, sizeof segment)) {
            return ": the flash cannot be read";
        }
        if (data_address(&segment) == 0) {
            return ": a segment lies outside of the application's memory - image is corrupt";
        }
        *end += (uint32_t)sizeof segment + segment.size;
        if (*end + ALIGNMENT + BURNER_SHA256_SIZE > room) {
            return " ends behind its partition, or is too large - image is corrupt";
        }
    }
    return NULL;
}

static const char *check_header(const struct header *header)
{
    if (header->magic != MAGIC) {
        return " has invalid magic byte";
    }
    if (header->chip_id != CHIP_ID) {
        return ": mismatch chip ID, it is for another chip";
    }
    if (header->segment_count == 0 || header->segment_count > MOST_SEGMENTS) {
        return ": wrong number of segments - image is corrupt";
    }
    return header->has_digest == 1 ? NULL : " has no SHA-256 - image is corrupt";
}

/* Compares checksum and SHA-256 of the copy in SRAM; `end` is where its segments end. */
static const char *check_content(const uint8_t *image, unsigned segment_count, uint32_t end)
{
    uint8_t digest[BURNER_SHA256_SIZE], sum = CHECKSUM_SEED;
    const uint8_t *at = image + sizeof(struct header);
    for (unsigned number = 0; number < segment_count; number++) {
        struct segment segment;
        memcpy(&segment, at, sizeof segment);
        at += sizeof segment;
        for (const uint8_t *stop = at + segment.size; at < stop; at++) {
            sum ^= *at;
        }
    }
    uint32_t checksum = end | (ALIGNMENT - 1);
    if (image[checksum] != sum) {
        return ": checksum failed - image is corrupt";
    }
    if (!burner_digest(BURNER_SHA256, image, checksum + 1, digest) ||
        memcmp(image + checksum + 1, digest, sizeof digest) != 0) {
        return ": SHA-256 failed - image is corrupt";
    }
    return NULL;
}

static void copy_segments(const uint8_t *image, unsigned segment_count)
{
    const uint8_t *at = image + sizeof(struct header);
    for (unsigned number = 0; number < segment_count; number++) {
        struct segment segment;
        memcpy(&segment, at, sizeof segment);
        at += sizeof segment;
        memcpy((void *)(uintptr_t)data_address(&segment), at, segment.size);
        at += segment.size;
    }
}

image_entry *image_load(const struct partition *slot, const char **problem)
{
    uint8_t *image = (uint8_t *)(uintptr_t)STAGE_START;
    struct header header;
    uint32_t end;
    if (!flash_read(slot->offset, &header, sizeof header)) {
        *problem = ": the flash cannot be read";
        return NULL;
    }
    *problem = check_header(&header);
    if (*problem == NULL) {
        *problem = find_end(slot, &header, &end);
    }
    if (*problem == NULL) {
        size_t size = (end | (ALIGNMENT - 1)) + 1 + BURNER_SHA256_SIZE;
        *problem = flash_read_words(slot->offset, (uint32_t *)(uintptr_t)STAGE_START, size)
                       ? check_content(image, header.segment_count, end)
                       : ": the flash cannot be read";
    }
    if (*problem == NULL && !is_inside(header.entry, 4, INSTRUCTION_START)) {
        *problem = ": its entry lies outside of the application's memory - image is corrupt";
    }
    if (*problem != NULL) {
        return NULL;
    }
    copy_segments(image, header.segment_count);
    return (image_entry *)(uintptr_t)header.entry;
}
