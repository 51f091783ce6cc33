/* SPDX-License-Identifier: MIT */
#include "gemd/swizzle.h"

#include "gemd/server.h"
#include "gemd/session.h"
#include "hw/pci/swizzle.h"
#include "proto/codec.h"
#include "proto/packet.h"

#define NOT_IN_Y (1u << 10) /* Y tiles have X's bits but this one */

void tiles_query_request(struct session *session, struct packet *packet)
{
    struct gemd_msg_tiles tiles;
    codec_begin(&tiles, GEMD_MSG_TILES, packet->header.serial);
    tiles.swizzle_x = pci_swizzle_of(session->server->gpu.dev);
    tiles.swizzle_y = tiles.swizzle_x & ~NOT_IN_Y;
    session_answer(session, &tiles, NULL);
}
