#include "console.h"

#include "chip.h"

void console_print(const char *text)
{
    while (*text != '\0') {
        console_send(*text++);
    }
}

static void print_digits(uint32_t number, uint32_t base)
{
    char digits[12];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    console_print(digits + at);
}

void console_print_number(uint32_t number)
{
    print_digits(number, 10);
}

void console_print_hex(uint32_t number)
{
    console_print("0x");
    print_digits(number, 16);
}

void console_end_line(void)
{
    console_print("\r\n");
}

_Noreturn void stop(const char *text)
{
    char byte;
    console_print(text);
    console_end_line();
    for (;;) {
        console_received(&byte);
    }
}

_Noreturn void report_exception(uint32_t cause, uint32_t address, uint32_t value)
{
    console_print("\r\nexception ");
    console_print_number(cause);
    console_print(" at ");
    console_print_hex(address);
    console_print(", value ");
    console_print_hex(value);
    stop("");
}
