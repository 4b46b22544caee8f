/* All that the reference program touches outside of processor and SRAM. ESP32-C3: the addresses
 * are those of Espressif's technical reference manual, and of ESP-IDF's linker script of the mask
 * ROM. */
#ifndef CHIP_H
#define CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIP_ID 5 /* of ESP32-C3, in the header of an image */

/* The mask ROM leaves them on, or in their mode for booting from flash. */
void stop_watchdogs(void);

/* UART0, as the mask ROM set it up: 115200 baud, 8N1. */
void console_send(char byte);
bool console_received(char *byte);

/* Lets the timer count, which it does by itself after a reset of the chip, and notes the time. */
void clock_begin(void);

/* Milliseconds since clock_begin(). */
uint32_t clock_ms(void);

/* The base MAC in eFuse, in its usual order. */
void read_base_mac(uint8_t mac[6]);

/* Makes the flash readable as a whole. Once after a reset, before the first reading. */
void flash_begin(void);

/* Reads whole words: `address` and `size` are multiples of 4. */
bool flash_read_words(uint32_t address, uint32_t *words, size_t size);

/* Reads any bytes, through a copy of the sector that was read last. */
bool flash_read(uint32_t address, void *bytes, size_t size);

#endif
