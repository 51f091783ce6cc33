/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "proto/client/session.h"

#define TILES_MINOR 2 /* of the protocol */

int gemd_query_swizzle(struct gemd_session *session, uint32_t *x, uint32_t *y)
{
    struct gemd_msg_tiles_query query;
    struct gemd_msg_tiles told;
    struct packet packet;

    codec_begin(&query, GEMD_MSG_TILES_QUERY, 0);
    pthread_rwlock_rdlock(&session->connection);
    int result = session->status->minor < TILES_MINOR
                     ? -EOPNOTSUPP
                     : request(session, &query, NULL, GEMD_MSG_TILES, &packet);
    pthread_rwlock_unlock(&session->connection);
    if (result == 0) {
        memcpy(&told, packet.bytes, sizeof(told));
        packet_clear(&packet);
        *x = told.swizzle_x;
        *y = told.swizzle_y;
    }
    return result;
}
