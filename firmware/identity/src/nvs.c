/* Reads ESP-IDF's NVS from its pages, as its programming guide describes them: pages of 4096
 * bytes, each a header of 32 bytes, a bitmap of 2 bits an entry, 126 entries of 32 bytes. */
#include <string.h>

#include "burner_key_layouts.h"
#include "checksums.h"
#include "layout_values.h"

#define PAGE 4096
#define ENTRY 32
#define ENTRIES 126
#define FIRST_ENTRY 64
#define XTS_KEY 64

#define UNUSED 0xFFFFFFFF
#define STRING 0x21
#define BLOB 0x41
#define CHUNK 0x42
#define INDEX 0x48

struct reading {
    const struct burner_nvs_layout *layout;
    const struct burner_flash *partition;
    const uint8_t *xts_key; /* NULL where NVS is plain */
    uint8_t known[32];      /* which of the 256 namespace numbers have a name */
    uint8_t own[32];        /* which have the layout's */
    bool found[3];
    struct burner_key *key;
};

struct page {
    uint32_t offset;
    uint8_t head[FIRST_ENTRY];
};

static uint32_t u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool is_set(const uint8_t bits[32], uint8_t number)
{
    return (bits[number / 8] >> number % 8 & 1) != 0;
}

static void set(uint8_t bits[32], uint8_t number, bool on)
{
    uint8_t bit = (uint8_t)(1 << number % 8);
    bits[number / 8] = on ? bits[number / 8] | bit : bits[number / 8] & (uint8_t)~bit;
}

/* Whether an entry's bits say "written". */
static bool is_written(const struct page *page, unsigned entry)
{
    return (page->head[32 + entry / 4] >> entry % 4 * 2 & 3) == 2;
}

/* An entry in plain. */
static enum burner_status read_entry(const struct reading *reading, const struct page *page,
                                     unsigned entry, uint8_t bytes[ENTRY])
{
    uint32_t offset = page->offset + FIRST_ENTRY + entry * ENTRY;
    if (!burner_flash_read(reading->partition, offset, bytes, ENTRY)) {
        return BURNER_FLASH_FAILED;
    }
    if (reading->xts_key != NULL) {
        const uint8_t tweak[16] = {(uint8_t)offset, (uint8_t)(offset >> 8), (uint8_t)(offset >> 16),
                                   (uint8_t)(offset >> 24)};
        if (!burner_aes256_xts_decrypt(reading->xts_key, tweak, bytes)) {
            return BURNER_CRYPTO_FAILED;
        }
    }
    return BURNER_OK;
}

static bool is_key(const uint8_t head[ENTRY], const char *key)
{
    return key != NULL && strlen(key) < 16 && strncmp((const char *)head + 8, key, 16) == 0;
}

/* Reads the value behind an entry, compares its checksum, and keeps what `to` has room for. */
static enum burner_status read_value(const struct reading *reading, const struct page *page,
                                     unsigned entry, const uint8_t head[ENTRY], char *to,
                                     size_t room)
{
    uint32_t size = head[24] | (uint32_t)head[25] << 8;
    struct burner_checksum sum;
    uint8_t part[ENTRY];
    burner_checksum_begin(&sum, BURNER_CRC32_IDF);
    if (size > (uint32_t)(head[2] - 1) * ENTRY) {
        return BURNER_DAMAGED;
    }
    for (uint32_t at = 0; at < size; at += ENTRY) {
        uint32_t used = size - at < ENTRY ? size - at : ENTRY;
        enum burner_status status = read_entry(reading, page, entry + 1 + at / ENTRY, part);
        if (status != BURNER_OK) {
            return status;
        }
        burner_checksum_add(&sum, part, used);
        if (to != NULL && at < room) {
            memcpy(to + at, part, used < room - at ? used : room - at);
        }
    }
    burner_wipe(part, sizeof part);
    if (burner_checksum_end(&sum) != u32(head + 28)) {
        return BURNER_DAMAGED;
    }
    return to != NULL && size > room ? BURNER_TOO_LONG : BURNER_OK;
}

/* Reads a text: the NUL at its end counts as a part of it, and there is no other. */
static enum burner_status read_text(const struct reading *reading, const struct page *page,
                                    unsigned entry, const uint8_t head[ENTRY], char *to,
                                    size_t room)
{
    enum burner_status status = read_value(reading, page, entry, head, to, room);
    const char *end = memchr(to, '\0', room);
    if (status != BURNER_OK) {
        return status;
    }
    if (end == NULL) {
        return BURNER_TOO_LONG;
    }
    size_t size = head[24] | (size_t)head[25] << 8;
    return (size_t)(end - to) + 1 < size ? BURNER_NOT_ALLOWED : BURNER_OK;
}

/* Takes an entry of a namespace of the layout. Of two values of one key the later counts. */
static enum burner_status take_own(struct reading *reading, const struct page *page, unsigned entry,
                                   const uint8_t head[ENTRY])
{
    const char *const keys[3] = {reading->layout->product_id, reading->layout->product_secret,
                                 reading->layout->device_name};
    for (int value = 0; value < 3; value++) {
        if (is_key(head, keys[value])) {
            size_t size;
            char *to = burner_value_of(reading->key, value, &size);
            memset(to, 0, size);
            reading->found[value] = head[1] == STRING;
            return reading->found[value] ? read_text(reading, page, entry, head, to, size)
                                         : BURNER_OK;
        }
    }
    return BURNER_OK;
}

static bool is_number(uint8_t kind)
{
    uint8_t size = kind & 0x0F;
    return (kind & 0xE0) == 0 && (size == 1 || size == 2 || size == 4 || size == 8);
}

/* Takes an entry: in the first round the names of namespaces, in the second the values. */
static enum burner_status take(struct reading *reading, const struct page *page, unsigned entry,
                               const uint8_t head[ENTRY], bool values)
{
    uint8_t name_space = head[0], kind = head[1];
    bool with_value = kind == STRING || kind == BLOB || kind == CHUNK;
    if (!values) {
        if (name_space == 0) {
            set(reading->known, head[24], true);
            set(reading->own, head[24], is_key(head, reading->layout->name_space));
        }
        return with_value ? read_value(reading, page, entry, head, NULL, 0) : BURNER_OK;
    }
    if (name_space == 0 || kind == CHUNK) {
        return BURNER_OK;
    }
    if (!is_set(reading->known, name_space) || !(with_value || kind == INDEX || is_number(kind))) {
        return BURNER_DAMAGED;
    }
    return is_set(reading->own, name_space) ? take_own(reading, page, entry, head) : BURNER_OK;
}

static enum burner_status read_page(struct reading *reading, const struct page *page, bool values)
{
    for (unsigned entry = 0; entry < ENTRIES;) {
        uint8_t head[ENTRY], checked[ENTRY - 4];
        if (!is_written(page, entry)) {
            entry++;
            continue;
        }
        enum burner_status status = read_entry(reading, page, entry, head);
        if (status != BURNER_OK) {
            return status;
        }
        memcpy(checked, head, 4);
        memcpy(checked + 4, head + 8, ENTRY - 8);
        unsigned span = head[2];
        if (burner_crc32_idf(checked, sizeof checked) != u32(head + 4) || span < 1 ||
            span > ENTRIES - entry) {
            return BURNER_DAMAGED;
        }
        for (unsigned at = entry; at < entry + span; at++) {
            if (!is_written(page, at)) {
                return BURNER_DAMAGED;
            }
        }
        status = take(reading, page, entry, head, values);
        if (status != BURNER_OK) {
            return status;
        }
        entry += span;
    }
    return BURNER_OK;
}

/* The head of the page at an offset. BURNER_MISSING: it is not in use. */
static enum burner_status read_head(const struct reading *reading, struct page *page)
{
    if (!burner_flash_read(reading->partition, page->offset, page->head, FIRST_ENTRY)) {
        return BURNER_FLASH_FAILED;
    }
    uint32_t state = u32(page->head);
    if (state == UNUSED) {
        return BURNER_MISSING;
    }
    bool in_use = state == 0xFFFFFFFE || state == 0xFFFFFFFC || state == 0xFFFFFFF8;
    bool version = page->head[8] == 0xFE || page->head[8] == 0xFF;
    bool sound = u32(page->head + 28) == burner_crc32_idf(page->head + 4, 24);
    return in_use && version && sound ? BURNER_OK : BURNER_DAMAGED;
}

/* Reads all pages in the order of their sequence numbers. */
static enum burner_status read_pages(struct reading *reading, bool values)
{
    uint64_t done = 0; /* one more than sequence number and place of the page that was read last */
    for (;;) {
        struct page page, next;
        uint64_t place, next_place = UINT64_MAX;
        for (page.offset = 0; page.offset < reading->partition->size; page.offset += PAGE) {
            enum burner_status status = read_head(reading, &page);
            if (status == BURNER_MISSING) {
                continue;
            }
            if (status != BURNER_OK) {
                return status;
            }
            place = (uint64_t)u32(page.head + 4) << 32 | page.offset;
            if (place >= done && place < next_place) {
                next = page;
                next_place = place;
            }
        }
        if (next_place == UINT64_MAX) {
            return BURNER_OK;
        }
        enum burner_status status = read_page(reading, &next, values);
        if (status != BURNER_OK) {
            return status;
        }
        done = next_place + 1;
    }
}

/* The encryption key and tweak key, their checksum compared. */
static enum burner_status read_xts_key(const struct burner_flash *encryption, uint8_t *key)
{
    if (!burner_flash_read(encryption, 0, key, XTS_KEY + 4)) {
        return BURNER_FLASH_FAILED;
    }
    bool sound = burner_crc32_idf(key, XTS_KEY) == u32(key + XTS_KEY) &&
                 memcmp(key, key + XTS_KEY / 2, XTS_KEY / 2) != 0;
    return sound ? BURNER_OK : BURNER_DAMAGED;
}

enum burner_status burner_read_nvs(const struct burner_nvs_layout *layout,
                                   const struct burner_flash *partition,
                                   const struct burner_flash *encryption, struct burner_key *key)
{
    uint8_t xts_key[XTS_KEY + 4];
    struct reading reading = {.layout = layout, .partition = partition, .key = key};
    enum burner_status status = BURNER_OK;
    memset(key, 0, sizeof *key);
    if ((encryption != NULL) != (layout->key_partition != NULL)) {
        return BURNER_MISSING;
    }
    if (partition->size == 0 || partition->size % PAGE != 0) {
        return BURNER_DAMAGED;
    }
    if (encryption != NULL) {
        status = read_xts_key(encryption, xts_key);
        reading.xts_key = xts_key;
    }
    if (status == BURNER_OK) {
        status = read_pages(&reading, false);
    }
    if (status == BURNER_OK) {
        status = read_pages(&reading, true);
    }
    bool whole = reading.found[0] && reading.found[1] &&
                 (reading.found[2] || layout->device_name == NULL);
    if (status == BURNER_OK && !whole) {
        status = BURNER_MISSING;
    }
    burner_wipe(xts_key, sizeof xts_key);
    return burner_checked(status, key);
}
