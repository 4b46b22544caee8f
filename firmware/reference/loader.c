/* The second stage: the mask ROM loads it into SRAM, it loads the application. */
#include "chip.h"
#include "console.h"
#include "image.h"
#include "slot.h"

int main(void)
{
    struct partition slot;
    const char *problem;
    stop_watchdogs();
    flash_begin();
    console_print("\r\nloader: reference firmware of burner\r\n");
    if (!partition_at(0, &slot)) {
        console_print("loader: load partition table error: no table at ");
        console_print_hex(PARTITION_TABLE_OFFSET);
        stop("");
    }
    if (!find_application(&slot)) {
        stop("loader: no bootable app partitions in the partition table");
    }
    image_entry *entry = image_load(&slot, &problem);
    console_print(entry == NULL ? "loader: image at " : "loader: Loaded app from partition at offset ");
    console_print_hex(slot.offset);
    if (entry == NULL) {
        stop(problem);
    }
    console_end_line();
    /* The code was written as data: the processor must not run what it fetched before. */
    __asm__ volatile(".option push\n.option arch, +zifencei\nfence.i\n.option pop" ::: "memory");
    entry();
    return 0;
}
