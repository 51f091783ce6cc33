/* SPDX-License-Identifier: MIT */
#include "gemd/swizzle.h"

#include "gemd/server.h"
#include "gemd/session.h"
#include "hw/pci/swizzle.h"
#include "proto/codec.h"
#include "proto/packet.h"

#define NOT_IN_Y (1u << 10) /* Y tiles have X's bits but this one */

uint32_t swizzle_of(struct hw_device *dev, enum gen3_tiling tiling)
{
    const uint32_t bits = tiling == GEN3_LINEAR ? 0 : pci_swizzle_of(dev);
    return tiling == GEN3_TILED_X ? bits : bits & ~NOT_IN_Y;
}

void tiles_query_request(struct session *session, struct packet *packet)
{
    struct gemd_msg_tiles tiles;
    codec_begin(&tiles, GEMD_MSG_TILES, packet->header.serial);
    tiles.swizzle_x = swizzle_of(session->server->gpu.dev, GEN3_TILED_X);
    tiles.swizzle_y = swizzle_of(session->server->gpu.dev, GEN3_TILED_Y);
    session_answer(session, &tiles, NULL);
}
