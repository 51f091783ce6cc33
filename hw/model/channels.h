/* SPDX-License-Identifier: MIT */
/*
 * How the memory controller spreads addresses over its channels: what the registers of its mirror
 * say, and what becomes of the addresses of tiles (doc/gen3.md A.9).
 */
#ifndef GEMD_HW_MODEL_CHANNELS_H
#define GEMD_HW_MODEL_CHANNELS_H

#include <stdint.h>

struct model_channels {
    const char *name; /* "interleaved-17" */
    uint32_t dcc;     /* on 915, 945 and Pineview */
    uint16_t drb[2];  /* on G33: C0DRB3, C1DRB3 */
    /* Bits of a bus address in an X or a Y tile that are XORed into bit 6. 0: none. */
    uint32_t swizzle_x, swizzle_y;
};

/* What DCC can say, and what G33's boundaries can. The first is the default, a nameless one ends.
 */
extern const struct model_channels model_channels_dcc[], model_channels_drb[];

/* NULL: there is no such name. Upper and lower case are the same; a NULL name is the first. */
const struct model_channels *model_channels_find(const struct model_channels *table,
                                                 const char *name);

#endif
