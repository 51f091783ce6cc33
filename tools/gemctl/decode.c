/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/disasm.h"
#include "tools/gemctl/command.h"

enum { LARGEST_STREAM = 256 << 20 }; /* bytes; what is larger is no command stream */

/* The file's bytes, malloc'ed. NULL after one line on stderr. */
static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t room = 0;
    *size = 0;
    if (file == NULL) {
        fprintf(stderr, "gemctl: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    while (!feof(file) && !ferror(file) && room < LARGEST_STREAM) {
        room = room == 0 ? 65536 : 2 * room;
        uint8_t *more = realloc(bytes, room);
        if (more == NULL) {
            break;
        }
        bytes = more;
        *size += fread(bytes + *size, 1, room - *size, file);
    }
    bool whole = feof(file) && !ferror(file);
    if (file != stdin) {
        fclose(file);
    }
    if (!whole) {
        fprintf(stderr, "gemctl: %s: cannot be read whole\n", path);
        free(bytes);
        return NULL;
    }
    return bytes;
}

static void print_line(void *data, size_t dword, uint32_t value, const char *text)
{
    printf("%6zu  %08x  %s\n", dword, value, text);
}

int command_decode(const char *socket, char **argv)
{
    size_t size;
    uint8_t *bytes = read_all(argv[0], &size);
    if (bytes == NULL) {
        return COMMAND_FAILED;
    }
    if (size % 4 != 0) {
        fprintf(stderr, "gemctl: %s: %zu bytes are no whole number of dwords\n", argv[0], size);
        free(bytes);
        return COMMAND_FAILED;
    }
    size_t unknown = gen3_disasm((const uint32_t *)(const void *)bytes, size / 4, print_line, NULL);
    if (unknown != 0) {
        fprintf(stderr, "gemctl: %s: %zu dwords unknown or cut short\n", argv[0], unknown);
    }
    free(bytes);
    return unknown == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
