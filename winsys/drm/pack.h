/* SPDX-License-Identifier: MIT */
/*
 * Payloads of IOCTL (wire.h), out of a program's memory and into it, and on the server's side.
 */
#ifndef GEMD_WINSYS_DRM_PACK_H
#define GEMD_WINSYS_DRM_PACK_H

#include "winsys/drm/calls.h"
#include "winsys/drm/channel.h"
#include "winsys/drm/fence_property.h"

/* ---- in the program ---- */

/* What a call was packed from: kept between the two, so that the program cannot have changed it. */
struct drm_packed {
    const struct drm_call_row *row;
    uint32_t request;
    uint64_t counts[DRM_CALL_ARRAYS];
    uint64_t pointers[DRM_CALL_ARRAYS];
    /* BOTH: where nested arrays' parent is in the buffer that was sent; 0: nowhere. */
    size_t parents[DRM_CALL_ARRAYS];
    struct fence_properties fences;
};

/*
 * The payload of ioctl(fd, request, argument), into the buffer; packet's request, payload and fd
 * are set. packet->fd stays the program's: it is not to be closed. Bad memory is -EFAULT, as from
 * Linux; -EINVAL: too many elements, or no such call; -ENOMEM.
 */
int drm_pack_request(struct drm_packed *packed, uint32_t request, void *argument,
                     struct drm_packet *packet, struct drm_buffer *buffer);
/*
 * Writes an answer back to the program. What the call returns: the answer's result, or -EFAULT.
 * sent: the buffer of drm_pack_request(), untouched since. The answer's descriptor goes to the
 * program, or is mapped and closed.
 */
int drm_unpack_answer(const struct drm_packed *packed, void *argument, struct drm_packet *answer,
                      const struct drm_buffer *sent);

/* ---- in the server ---- */

/*
 * A request as a handler sees it. The call lives in the payload, and in memory of its own for what
 * only comes out. -EPROTO: not as the table has it: nobody honest sends that; -ENOMEM. Either way
 * drm_call_clear().
 */
int drm_unpack_request(struct drm_call *call, struct drm_packet *packet);
/* The answer's payload, into the buffer; result: what the handler returned. 0 or -ENOMEM. */
int drm_pack_answer(struct drm_call *call, uint32_t request, int result, struct drm_packet *answer,
                    struct drm_buffer *buffer);
/* Frees what a call has, and closes its descriptors. */
void drm_call_clear(struct drm_call *call);

#endif
