/* SPDX-License-Identifier: MIT */
/* Frames' formats (enum gemd_format), and where a PRESENT has one. */
#ifndef GEMD_FORMAT_H
#define GEMD_FORMAT_H

#include "proto/protocol.h"

static inline enum gemd_format format_of_flags(uint32_t present_flags)
{
    return (enum gemd_format)((present_flags & GEMD_PRESENT_FORMAT_MASK) >>
                              GEMD_PRESENT_FORMAT_SHIFT);
}

/* Of a pixel. */
static inline uint32_t format_bytes(enum gemd_format format)
{
    static const uint8_t bytes[] = {
        [GEMD_FORMAT_XRGB8888] = 4,
        [GEMD_FORMAT_RGB565] = 2,
        [GEMD_FORMAT_XRGB1555] = 2,
        [GEMD_FORMAT_C8] = 1,
    };
    return bytes[format & 3u];
}

#endif
