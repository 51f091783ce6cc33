/* SPDX-License-Identifier: MIT */
/*
 * The display as the daemon found it, registers and their order, to be put back at the end, also by
 * who holds nothing but the device (gemd/supervisor.h). Page table and memory are not its matter.
 */
#ifndef GEMD_FOUND_H
#define GEMD_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/device.h"

#define FOUND_VALUES 1024u

/* What a row is good for, in the order in which rows are put back. */
enum found_part {
    FOUND_CLOCK,  /* PLLs, and what must be there before them */
    FOUND_TIMING, /* of pipes */
    FOUND_PIPE,
    FOUND_COLOUR,
    FOUND_PLANE, /* the address, last, makes the others count */
    FOUND_CURSOR,
    FOUND_PORT,
    FOUND_EVENT,
    FOUND_VGA,
};

struct found_row {
    const char *name;
    uint32_t reg;
    uint32_t mask; /* the bits that are put back; 0: all */
    uint16_t count, stride;
    enum found_part part;
    uint8_t writes;     /* how often; 0: once */
    uint16_t settle_us; /* behind each write of one with bit 31, which switches it on */
};

struct found {
    uint32_t values[FOUND_VALUES]; /* of all rows, one after the other */
};

/* The table, for walks. */
const struct found_row *found_rows(size_t *count);

void found_save(struct found *found, struct hw_device *dev);

/*
 * All is as it was. Nothing is written when all is so already, and nothing is switched off when
 * clocks, pipes and ports are. Else it takes up to 150 ms.
 */
void found_restore(const struct found *found, struct hw_device *dev);

/*
 * Clocks, pipes and ports run as they did, after a reset has taken them; nothing is shown, for what
 * was is somebody else's memory now. Nothing is written when they run.
 */
void found_revive(const struct found *found, struct hw_device *dev);

#endif
