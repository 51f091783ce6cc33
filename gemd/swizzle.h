/* SPDX-License-Identifier: MIT */
/* How tiles lie in memory. */
#ifndef GEMD_SWIZZLE_H
#define GEMD_SWIZZLE_H

#include <stdint.h>

#include "hw/device.h"
#include "hw/gen3/surface.h"

struct packet;
struct session;

/* The bits of the physical address that are XORed into bit 6 of such tiles; 0: none. */
uint32_t swizzle_of(struct hw_device *dev, enum gen3_tiling tiling);

/* TILES_QUERY: answered by TILES. */
void tiles_query_request(struct session *session, struct packet *packet);

#endif
