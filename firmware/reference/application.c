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

/* Prints why there is no key or no name. */
static void print_problem(const char *what, const char *where, enum burner_status status)
{
    console_print(what);
    console_print(where);
    console_print(": ");
    console_print(burner_status_text(status));
    console_end_line();
}

/* Reads the key, derives the name, and prints both. False, with a line that says why, and with an
 * empty key or name, where that is not possible. */
static bool introduce(struct burner_key *key, char *name)
{
    struct burner_ids ids = {.imei = NULL, .serial = NULL, .label = NULL};
    enum burner_status status = read_key(key);
    if (status != BURNER_OK) {
        memset(key, 0, sizeof *key);
        print_problem("no product configuration in ", product_key_layout.partition, status);
        return false;
    }
    read_base_mac(ids.mac);
    status = burner_device_name(&product_name_rule, &ids, name);
    if (status != BURNER_OK) {
        name[0] = '\0';
        print_problem("no device name", "", status);
        return false;
    }
    console_print("product_id=");
    console_print(key->product_id);
    console_print(" device_name=");
    console_print(name);
    console_end_line();
    return true;
}

int main(void)
{
    static struct burner_key key;
    static char name[BURNER_DEVICE_NAME_LENGTH + 1];
    static struct burner_challenge challenge;
    static struct registration_command command;
    char reply[BURNER_CHALLENGE_LINE], byte;
    clock_begin();
    console_print("\r\nProject name:     ");
    console_print(descriptor.project);
    console_print("\r\nApp version:      ");
    console_print(descriptor.version);
    console_end_line();
    introduce(&key, name);
    burner_challenge_begin(&challenge, &key, name, false);
    registration_command_begin(&command, &key, name);
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
