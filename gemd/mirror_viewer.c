/* SPDX-License-Identifier: MIT */
#include "gemd/mirror_viewer.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/session.h"
#include "hw/device.h"
#include "proto/codec.h"
#include "proto/memfile.h"

#define OUTBOX_ENOUGH (OUTBOX_MAX / 2) /* the rest is for answers */

struct mirror_viewer *mirror_viewer_create(struct session *session, uint32_t slots)
{
    struct mirror_viewer *viewer =
        chaos_hits(CHAOS_ALLOC_MIRROR) ? NULL : calloc(1, sizeof(*viewer));
    if (viewer != NULL) {
        viewer->session = session;
        viewer->wanted = slots;
        viewer->slots = slots;
        viewer->slot = -1;
    }
    return viewer;
}

static void drop_file(struct mirror_viewer *viewer)
{
    if (viewer->map != NULL) {
        munmap(viewer->map, viewer->bytes);
        viewer->map = NULL;
    }
}

void mirror_viewer_destroy(struct mirror_viewer *viewer)
{
    drop_file(viewer);
    free(viewer);
}

static uint32_t count_slots(const struct mirror_viewer *viewer, uint64_t slot_bytes)
{
    const uint64_t most = MIRROR_BYTES_MAX / slot_bytes;
    const uint64_t slots = most < viewer->wanted ? most : viewer->wanted;
    return slots < GEMD_MIRROR_SLOTS_MIN ? GEMD_MIRROR_SLOTS_MIN : (uint32_t)slots;
}

static bool tell_file(struct mirror_viewer *viewer, int fd)
{
    struct gemd_msg_mirror_file file;
    codec_begin(&file, GEMD_MSG_MIRROR_FILE, 0);
    file.bytes = viewer->bytes;
    file.slot_bytes = viewer->slot_bytes;
    file.generation = viewer->generation;
    file.slots = viewer->slots;
    file.width = viewer->width;
    file.height = viewer->height;
    file.stride = viewer->width * 4;
    return outbox_send(&viewer->session->outbox, &file, &fd) == 0;
}

/* Another file, for pictures of that size. What the client has of the old one stays its own. */
static bool make_file(struct mirror_viewer *viewer, uint32_t width, uint32_t height)
{
    void *map = NULL;
    const uint64_t bytes = (uint64_t)width * height * 4;
    const uint64_t slot_bytes = (bytes + HW_PAGE_SIZE - 1) / HW_PAGE_SIZE * HW_PAGE_SIZE;
    const uint32_t slots = count_slots(viewer, slot_bytes);
    int fd = chaos_hits(CHAOS_ALLOC_MIRROR_FILE)
                 ? -1
                 : memfile_create_published("gemd-mirror", slots * slot_bytes, &map);
    if (fd < 0) {
        return false;
    }
    drop_file(viewer);
    viewer->map = map;
    viewer->slots = slots;
    viewer->slot_bytes = slot_bytes;
    viewer->bytes = slots * slot_bytes;
    viewer->width = width;
    viewer->height = height;
    viewer->generation++;
    viewer->lent = 0;
    const bool told = tell_file(viewer, fd);
    close(fd);
    if (!told) {
        drop_file(viewer); /* the next one has another number */
    }
    return told;
}

bool mirror_viewer_take(struct mirror_viewer *viewer, uint32_t width, uint32_t height)
{
    if (viewer->session->outbox.count >= OUTBOX_ENOUGH) {
        return false;
    }
    if (width != 0 && (viewer->map == NULL || viewer->width != width || viewer->height != height) &&
        !make_file(viewer, width, height)) {
        return false;
    }
    for (uint32_t slot = 0; slot < viewer->slots; slot++) {
        if ((viewer->lent >> slot & 1) == 0) {
            viewer->slot = (int)slot;
            return true;
        }
    }
    return false;
}

uint32_t *mirror_viewer_pixels(const struct mirror_viewer *viewer)
{
    return (uint32_t *)(void *)(viewer->map + (uint64_t)viewer->slot * viewer->slot_bytes);
}

void mirror_viewer_send(struct mirror_viewer *viewer, const struct mirror *mirror)
{
    struct gemd_msg_mirror_picture picture;
    codec_begin(&picture, GEMD_MSG_MIRROR_PICTURE, 0);
    picture.number = mirror->number;
    picture.sequence = mirror->vblank;
    picture.time_ns = mirror->time_ns;
    picture.lost = viewer->lost;
    picture.generation = viewer->generation;
    picture.slot = (uint32_t)viewer->slot;
    picture.causes = viewer->causes;
    picture.on = mirror->on;
    viewer->slot = -1;
    if (outbox_send(&viewer->session->outbox, &picture, NULL) == 0) {
        viewer->lent |= 1ull << picture.slot;
        viewer->stale = false;
        viewer->causes = 0;
    }
}
