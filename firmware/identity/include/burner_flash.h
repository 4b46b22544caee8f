/* A place in flash that can be read: a partition, an image in memory, a file. */
#ifndef BURNER_FLASH_H
#define BURNER_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct burner_flash {
    /* Reads `size` bytes from `offset`, counted from the start of the place. False: failed. */
    bool (*read)(void *context, uint32_t offset, void *buffer, size_t size);
    void *context;
    uint32_t size; /* of the place, in bytes */
};

/* A place over bytes in memory; `memory` must live as long as it is used. */
struct burner_flash burner_flash_in_memory(const void *memory, uint32_t size);

/* Reads from a place; false where it is too short, too. */
bool burner_flash_read(const struct burner_flash *flash, uint32_t offset, void *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
