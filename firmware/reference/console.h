/* Texts on the console. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>
#include <stdint.h>

void console_print(const char *text);
void console_print_number(uint32_t number);
void console_print_hex(uint32_t number); /* as 0x1f0000 */
void console_end_line(void);

/* Prints the end of a line, then waits for ever: the console shows why the program went no
 * further, until somebody resets the chip. */
_Noreturn void stop(const char *text);

/* What the processor reports, on its way to a dead end: start.S calls it. */
_Noreturn void report_exception(uint32_t cause, uint32_t address, uint32_t value);

#endif
