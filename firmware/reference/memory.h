/* Where the application may lie in SRAM. The same memory has two addresses: one to execute from,
 * one for data. docs/reference-firmware.md has the whole map; loader.ld and application.ld follow
 * it. */
#ifndef MEMORY_H
#define MEMORY_H

#define DATA_START 0x3FC80000u
#define INSTRUCTION_START 0x40380000u
#define INSTRUCTION_TO_DATA (INSTRUCTION_START - DATA_START)

#define APPLICATION_SIZE 0x28000u /* code, data and stack, from the start of SRAM on */

#define STAGE_START (DATA_START + APPLICATION_SIZE) /* the loader's copy of the image */
#define STAGE_SIZE 0x24000u

#endif
