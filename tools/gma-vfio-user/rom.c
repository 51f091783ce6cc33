/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/rom.h"

#include <string.h>

#define UNIT       512u /* of the sizes in a ROM's headers */
#define DATA_AT    0x1cu
#define CODE_AT    0x40u
#define GMCH_AT    0x0fu /* in the code */
#define VENDOR     0x8086u
#define IS_LAST    0x80u
#define CLASS_VGA  0x03u
#define DATA_BYTES 0x18u

/* Real mode; called far. Registers are left as they were. */
static const uint8_t code[] = {
    0x66, 0x50,                         /* push eax */
    0x52,                               /* push dx */
    0xba, 0xf8, 0x0c,                   /* mov dx, 0xcf8: the address register of configuration */
    0x66, 0xb8, 0x50, 0x00, 0x00, 0x80, /* mov eax, 0x80000050: 0:0.0, 0x50 */
    0x66, 0xef,                         /* out dx, eax */
    0xb8, 0x00, 0x00,                   /* mov ax, GMCH_CTRL */
    0xba, 0xfe, 0x0c,                   /* mov dx, 0xcfe: its data, the upper half */
    0xef,                               /* out dx, ax */
    0x5a,                               /* pop dx */
    0x66, 0x58,                         /* pop eax */
    0xcb,                               /* retf */
};

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void rom_make(uint8_t rom[ROM_SIZE], uint16_t device, uint16_t gmch)
{
    uint8_t sum = 0;

    memset(rom, 0, ROM_SIZE);
    put16(rom, 0xaa55);
    rom[2] = ROM_SIZE / UNIT;
    rom[3] = 0xeb; /* jmp to the code */
    rom[4] = CODE_AT - 5;
    put16(rom + 0x18, DATA_AT);
    /* The PCI firmware specification's data structure. */
    uint8_t *data = rom + DATA_AT;
    memcpy(data, "PCIR", 4);
    put16(data + 4, VENDOR);
    put16(data + 6, device);
    put16(data + 10, DATA_BYTES);
    data[15] = CLASS_VGA;
    put16(data + 16, ROM_SIZE / UNIT);
    data[21] = IS_LAST;
    memcpy(rom + CODE_AT, code, sizeof(code));
    put16(rom + CODE_AT + GMCH_AT, gmch);
    for (size_t i = 0; i < ROM_SIZE; i++) {
        sum = (uint8_t)(sum + rom[i]);
    }
    rom[ROM_SIZE - 1] = (uint8_t)-sum;
}
