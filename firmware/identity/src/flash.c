#include "burner_flash.h"

#include <string.h>

static bool read_memory(void *context, uint32_t offset, void *buffer, size_t size)
{
    memcpy(buffer, (const uint8_t *)context + offset, size);
    return true;
}

struct burner_flash burner_flash_in_memory(const void *memory, uint32_t size)
{
    /* Only read_memory sees the pointer again, and it does not write. */
    struct burner_flash flash = {read_memory, (void *)(uintptr_t)memory, size};
    return flash;
}

bool burner_flash_read(const struct burner_flash *flash, uint32_t offset, void *buffer, size_t size)
{
    if (offset > flash->size || size > flash->size - offset) {
        return false;
    }
    return flash->read(flash->context, offset, buffer, size);
}
