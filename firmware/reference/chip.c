#include "chip.h"

#include <string.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define UART0_FIFO REGISTER(0x60000000)
#define UART0_STATUS REGISTER(0x6000001C)
#define UART_FIFO_SIZE 128

#define EFUSE_MAC_LOW REGISTER(0x60008844)
#define EFUSE_MAC_HIGH REGISTER(0x60008848)

#define SYSTIMER_CONFIG REGISTER(0x60023000)
#define SYSTIMER_UNIT0_WORKS (1u << 30)
#define SYSTIMER_UNIT0_OP REGISTER(0x60023004)
#define SYSTIMER_UNIT0_HIGH REGISTER(0x60023040)
#define SYSTIMER_UNIT0_LOW REGISTER(0x60023044)
#define SYSTIMER_UPDATE (1u << 30)
#define SYSTIMER_VALID (1u << 29)
#define SYSTIMER_TICKS_A_MS 16000

#define RTC_WDT_CONFIG REGISTER(0x60008090)
#define RTC_WDT_PROTECT REGISTER(0x600080A8)
#define SUPER_WDT_CONFIG REGISTER(0x600080AC)
#define SUPER_WDT_PROTECT REGISTER(0x600080B0)
#define SUPER_WDT_FEEDS_ITSELF (1u << 31)
#define TIMER_GROUP_WDT_CONFIG(group) REGISTER(0x6001F048 + 0x1000 * (group))
#define TIMER_GROUP_WDT_PROTECT(group) REGISTER(0x6001F064 + 0x1000 * (group))
#define TIMER_GROUP_WDT_UPDATE (1u << 22)
#define WDT_UNLOCK 0x50D83AA1
#define SUPER_WDT_UNLOCK 0x8F1D312A

#define SPI1_USER REGISTER(0x60002018)
#define SPI1_USER2 REGISTER(0x60002020)
#define SPI_SENDS_COMMAND (1u << 31)
#define SPI_COMMAND_OF_8_BITS (7u << 28)

#define BLOCK_SIZE 0x10000
#define SECTOR_SIZE 4096
#define PAGE_SIZE 256
#define FLASH_STATUS_BITS 0xFFFF

/* In the mask ROM, at the addresses that the linker script gives. */
int esp_rom_spiflash_config_param(uint32_t device, uint32_t size, uint32_t block, uint32_t sector,
                                  uint32_t page, uint32_t status);
int esp_rom_spiflash_read(uint32_t address, uint32_t *words, int32_t size);

void stop_watchdogs(void)
{
    RTC_WDT_PROTECT = WDT_UNLOCK;
    RTC_WDT_CONFIG = 0;
    RTC_WDT_PROTECT = 0;
    SUPER_WDT_PROTECT = SUPER_WDT_UNLOCK;
    SUPER_WDT_CONFIG |= SUPER_WDT_FEEDS_ITSELF;
    SUPER_WDT_PROTECT = 0;
    for (unsigned group = 0; group < 2; group++) {
        TIMER_GROUP_WDT_PROTECT(group) = WDT_UNLOCK;
        TIMER_GROUP_WDT_CONFIG(group) = TIMER_GROUP_WDT_UPDATE;
        TIMER_GROUP_WDT_PROTECT(group) = 0;
    }
}

void console_send(char byte)
{
    while ((UART0_STATUS >> 16 & 0x3FF) >= UART_FIFO_SIZE - 1) {
    }
    UART0_FIFO = (uint8_t)byte;
}

bool console_received(char *byte)
{
    if ((UART0_STATUS & 0x3FF) == 0) {
        return false;
    }
    *byte = (char)(UART0_FIFO & 0xFF);
    return true;
}

static uint64_t began;

static uint64_t ticks(void)
{
    SYSTIMER_UNIT0_OP = SYSTIMER_UPDATE;
    while ((SYSTIMER_UNIT0_OP & SYSTIMER_VALID) == 0) {
    }
    return (uint64_t)SYSTIMER_UNIT0_HIGH << 32 | SYSTIMER_UNIT0_LOW;
}

void clock_begin(void)
{
    SYSTIMER_CONFIG |= SYSTIMER_UNIT0_WORKS;
    began = ticks();
}

uint32_t clock_ms(void)
{
    uint64_t ms = (ticks() - began) / SYSTIMER_TICKS_A_MS;
    return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

void read_base_mac(uint8_t mac[6])
{
    uint32_t high = EFUSE_MAC_HIGH, low = EFUSE_MAC_LOW;
    for (unsigned at = 0; at < 6; at++) {
        mac[at] = (uint8_t)(at < 2 ? high >> 8 * (1 - at) : low >> 8 * (5 - at));
    }
}

void flash_begin(void)
{
    /* Values of these bits after a reset of the chip; the mask ROM relies on them, and does not set
     * them in every mode of the flash. */
    SPI1_USER |= SPI_SENDS_COMMAND;
    SPI1_USER2 |= SPI_COMMAND_OF_8_BITS;
    /* The mask ROM takes every flash for one of 2 MB, and reads nothing behind that. */
    esp_rom_spiflash_config_param(0, FLASH_SIZE, BLOCK_SIZE, SECTOR_SIZE, PAGE_SIZE,
                                  FLASH_STATUS_BITS);
}

bool flash_read_words(uint32_t address, uint32_t *words, size_t size)
{
    return esp_rom_spiflash_read(address, words, (int32_t)size) == 0;
}

bool flash_read(uint32_t address, void *bytes, size_t size)
{
    static uint32_t sector[SECTOR_SIZE / 4];
    static uint32_t start = UINT32_MAX;
    uint8_t *to = bytes;
    while (size != 0) {
        uint32_t offset = address % SECTOR_SIZE;
        size_t part = size < SECTOR_SIZE - offset ? size : SECTOR_SIZE - offset;
        if (start != address - offset) {
            start = UINT32_MAX; /* should the reading fail */
            if (!flash_read_words(address - offset, sector, sizeof sector)) {
                return false;
            }
            start = address - offset;
        }
        memcpy(to, (const uint8_t *)sector + offset, part);
        to += part;
        address += (uint32_t)part;
        size -= part;
    }
    return true;
}
