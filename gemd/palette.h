/* SPDX-License-Identifier: MIT */
/*
 * A pipe's palette (gen3.md B.5): 256 colours, or 128 stretches of ten bits. A plane goes through
 * it if its bit says so. The registers are not latched: they take effect while they are written.
 */
#ifndef GEMD_PALETTE_H
#define GEMD_PALETTE_H

#include <stdint.h>

#include "gemd/pipe.h"
#include "proto/protocol.h"

struct palette {
    uint32_t depth; /* 8 or 10 bits; 0: there is none */
    uint32_t words[GEMD_PALETTE_WORDS];
};

/* Eight bits that change nothing. */
void palette_straighten(struct palette *palette);

/* Writes those registers whose words are not as 'loaded' says, which says so then. The pipe runs.
 */
void palette_load(struct hw_device *dev, const struct pipe_head *head,
                  const struct palette *palette, struct palette *loaded);

/* What a monitor sees of a colour, ten bits a channel: red, green, blue. depth 0: the same. */
void palette_look_up(const struct palette *palette, uint16_t channels[3]);

/* Makes 'width' XRGB8888 pixels of those of a line of another format, through a palette. */
void palette_decode_line(const struct palette *palette, enum gemd_format format, const void *line,
                         uint32_t *pixels, uint32_t width);

#endif
