/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/vm/judge/judgement.h"

#define GLYPHS_MAX 512u
#define GLYPH_BYTES                                                                                \
    32u /* the kernel gives 32 rows of 8 pixels, of which the font uses the first                  \
         */
#define CELLS_MAX 65536u

struct screen {
    uint8_t rows, columns, x, y; /* as /dev/vcsa1 begins */
    uint8_t cells[2 * CELLS_MAX];
};

static void print_hex(const char *name, unsigned number, const uint8_t *bytes, size_t size)
{
    printf("console: %s %u ", name, number);
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
}

static int print_font(void)
{
    static uint8_t data[GLYPHS_MAX * GLYPH_BYTES];
    struct console_font_op font = {
        .op = KD_FONT_OP_GET, .width = 8, .height = 32, .charcount = GLYPHS_MAX, .data = data};
    int fd = open("/dev/tty1", O_RDWR | O_NOCTTY | O_CLOEXEC);
    int error = fd < 0 || ioctl(fd, KDFONTOP, &font) < 0 ? -errno : 0;

    if (fd >= 0) {
        close(fd);
    }
    if (error != 0) {
        return error;
    }
    printf("console: font %u %u %u\n", font.width, font.height, font.charcount);
    for (unsigned i = 0; i < font.charcount; i++) {
        print_hex("glyph", i, &data[i * GLYPH_BYTES], font.height);
    }
    return 0;
}

static int print_cells(void)
{
    static struct screen screen;
    int fd = open("/dev/vcsa1", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, &screen, sizeof(screen));
    int error = got < 4 ? -errno : 0;

    if (fd >= 0) {
        close(fd);
    }
    if (error != 0) {
        return error;
    }
    size_t row = 2 * (size_t)screen.columns;
    if ((size_t)got < 4 + row * screen.rows) {
        return -EIO;
    }
    printf("console: cells %u %u\n", screen.columns, screen.rows);
    for (unsigned y = 0; y < screen.rows; y++) {
        print_hex("row", y, &screen.cells[y * row], row);
    }
    return 0;
}

int judge_console(int fd, unsigned long unused)
{
    int error = print_font();

    error = error != 0 ? error : print_cells();
    printf("vm: console_error=%d\n", -error);
    return error;
}
