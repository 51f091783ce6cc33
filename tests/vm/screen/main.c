/* SPDX-License-Identifier: MIT */
/*
 * vm-screen PNG RESULTS: is the guest's text console what the screenshot shows? Compares every
 * pixel with the console's own font and cells. Fails when one differs, or when there is no text.
 */
#include <stdio.h>
#include <string.h>

#include "tests/vm/screen/console.h"
#include "tools/lib/picture.h"

static uint32_t shown(const struct picture *picture, unsigned x, unsigned y)
{
    const uint8_t *pixel = picture->pixels + (size_t)y * picture->stride + (size_t)4 * x;

    return (uint32_t)pixel[0] << 16 | (uint32_t)pixel[1] << 8 | pixel[2];
}

static unsigned compare(const struct picture *picture, const struct console *console)
{
    unsigned differ = 0;

    for (unsigned y = 0; y < picture->height; y++) {
        for (unsigned x = 0; x < picture->width; x++) {
            differ += shown(picture, x, y) != console_pixel(console, x, y);
        }
    }
    return differ;
}

static int load_console(struct console *console, const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        perror(path);
        return -1;
    }
    int error = console_parse(console, file);
    fclose(file);
    if (error != 0) {
        fprintf(stderr, "vm-screen: %s: no console: %s\n", path, strerror(-error));
    }
    return error;
}

int main(int argc, char **argv)
{
    static struct console console;
    struct picture picture;

    if (argc != 3) {
        fprintf(stderr, "usage: vm-screen PNG RESULTS\n");
        return 2;
    }
    if (load_console(&console, argv[2]) != 0 || picture_load(&picture, argv[1]) != 0) {
        return 1;
    }
    unsigned differ = compare(&picture, &console);
    unsigned text = console_text(&console);
    printf("vm-screen: width=%u height=%u columns=%u rows=%u text=%u pixels_differ=%u\n",
           picture.width, picture.height, console.columns, console.rows, text, differ);
    picture_free(&picture);
    return differ != 0 || text == 0;
}
