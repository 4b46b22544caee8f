/* The application: says who it is, answers the station, and does nothing else. */
#include <string.h>

#include "burner_identity.h"
#include "chip.h"
#include "console.h"
#include "partitions.h"
#include "product_identity.h"
#include "registration_command.h"

#ifndef PRODUCT_KEY_IN_NVS
#error "the reference program reads its key from NVS"
#endif

#define DESCRIPTOR_MAGIC 0xABCD5432

/* What ESP-IDF calls esp_app_desc_t: 256 bytes at the start of the first segment. */
struct descriptor {
    uint32_t magic;
    uint32_t secure_version;
    uint32_t reserved[2];
    char version[32];
    char project[32];
    char time[16];
    char date[16];
    char sdk_version[32];
    uint8_t elf_sha256[32];
    uint32_t reserved_too[20];
};

_Static_assert(sizeof(struct descriptor) == 256, "the size that bootloaders expect");

__attribute__((section(".descriptor"), used)) static const struct descriptor descriptor = {
    .magic = DESCRIPTOR_MAGIC,
    .version = PRODUCT_VERSION,
    .project = PRODUCT_NAME,
    .sdk_version = "none",
};

static bool read_partition(void *context, uint32_t offset, void *bytes, size_t size)
{
    const struct partition *partition = context;
    return flash_read(partition->offset + offset, bytes, size);
}

static enum burner_status read_key(struct burner_key *key)
{
    struct partition partition;
    if (!partition_by_name(product_key_layout.partition, &partition)) {
        return BURNER_MISSING;
    }
    const struct burner_flash flash = {read_partition, &partition, partition.size};
    return burner_read_nvs(&product_key_layout, &flash, NULL, key);
}

/* Why there is no key or no name; `what` is NULL where there are both. */
struct problem {
    const char *what, *where;
    enum burner_status status;
};

/* Reads the key and derives the name. Where that is not possible, both stay empty. */
static struct problem load_identity(struct burner_key *key, char *name)
{
    struct burner_ids ids = {.imei = NULL, .serial = NULL, .label = NULL};
    enum burner_status status = read_key(key);
    if (status != BURNER_OK) {
        memset(key, 0, sizeof *key);
        return (struct problem){
            "no product configuration in ", product_key_layout.partition, status};
    }
    read_base_mac(ids.mac);
    status = burner_device_name(&product_name_rule, &ids, name);
    if (status != BURNER_OK) {
        name[0] = '\0';
        return (struct problem){"no device name", "", status};
    }
    return (struct problem){NULL, NULL, BURNER_OK};
}

/* Prints firmware, ProductID and name, or why there are none. */
static void introduce(const struct problem *problem, const struct burner_key *key, const char *name)
{
    console_print("\r\nProject name:     ");
    console_print(descriptor.project);
    console_print("\r\nApp version:      ");
    console_print(descriptor.version);
    console_end_line();
    if (problem->what == NULL) {
        console_print("product_id=");
        console_print(key->product_id);
        console_print(" device_name=");
        console_print(name);
    } else {
        console_print(problem->what);
        console_print(problem->where);
        console_print(": ");
        console_print(burner_status_text(problem->status));
    }
    console_end_line();
}

int main(void)
{
    static struct burner_key key;
    static char name[BURNER_DEVICE_NAME_LENGTH + 1];
    static struct burner_challenge challenge;
    static struct registration_command command;
    char reply[BURNER_CHALLENGE_LINE], byte;
    clock_begin();
    const struct problem problem = load_identity(&key, name);
    /* Listen before the lines are printed: the station asks as soon as it has them. */
    burner_challenge_begin(&challenge, &key, name, false);
    registration_command_begin(&command, &key, name);
    introduce(&problem, &key, name);
    for (;;) {
        if (!console_received(&byte)) {
            continue;
        }
        if (burner_challenge_take(&challenge, byte, clock_ms(), reply)) {
            console_print(reply);
        }
        registration_command_take(&command, byte);
    }
}
