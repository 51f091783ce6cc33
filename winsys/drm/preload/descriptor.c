/* SPDX-License-Identifier: MIT */
#include "winsys/drm/preload/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "winsys/drm/preload/client.h"
#include "winsys/drm/user.h"

#define NONE 0xffu
#define ROOM 64u /* for any of the structures */

/* Where a structure has descriptors, and a pointer to what else comes back. */
static const struct row {
    uint32_t request;
    uint8_t names, makes, points;
} rows[] = {
    {(uint32_t)DMA_BUF_IOCTL_SYNC, NONE, NONE, NONE},
    {(uint32_t)DMA_BUF_IOCTL_EXPORT_SYNC_FILE, NONE, offsetof(struct dma_buf_export_sync_file, fd),
     NONE},
    {(uint32_t)DMA_BUF_IOCTL_IMPORT_SYNC_FILE, offsetof(struct dma_buf_import_sync_file, fd), NONE,
     NONE},
    {(uint32_t)SYNC_IOC_MERGE, offsetof(struct sync_merge_data, fd2),
     offsetof(struct sync_merge_data, fence), NONE},
    {(uint32_t)SYNC_IOC_FILE_INFO, NONE, NONE, offsetof(struct sync_file_info, sync_fence_info)},
};

static const struct row *find(uint32_t request)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].request == request) {
            return &rows[i];
        }
    }
    return NULL;
}

bool descriptor_has_call(uint32_t request)
{
    return find(request) != NULL;
}

/* A packet carries one descriptor: the other one is asked for first. 0: it is no sync file. */
static int look(struct client *client, int fd, uint64_t *id)
{
    struct drm_packet packet = {.request = {.type = DRM_WIRE_LOOK}, .fd = fd};

    *id = 0;
    if (fd < 0 || fcntl(fd, F_GETFD) < 0) {
        return 0;
    }
    const int error = client_call(client, &packet);
    if (error == 0 && packet.answer.result == 0) {
        *id = packet.answer.offset;
    }
    if (error == 0 && packet.fd >= 0) {
        close(packet.fd);
    }
    return error;
}

/* Into the program: what the pointer is to show, the structure, the descriptor in it. */
static int take_answer(const struct row *row, struct drm_packet *answer, uint8_t *structure,
                       void *argument)
{
    const size_t size = _IOC_SIZE(row->request), padded = (size + 7) & ~(size_t)7;
    const size_t payload = (size_t)answer->answer.payload;
    uint64_t pointer;
    int error = payload < padded ? -EIO : 0;

    if (error != 0 || (_IOC_DIR(row->request) & _IOC_READ) == 0) {
        return error;
    }
    memcpy(structure, answer->payload, size);
    if (row->points != NONE && payload > padded) {
        memcpy(&pointer, structure + row->points, sizeof(pointer));
        error = user_copy_out(answer->payload + padded, pointer, payload - padded);
    }
    if (error == 0 && row->makes != NONE) {
        memcpy(structure + row->makes, &answer->fd, sizeof(answer->fd));
    }
    if (error == 0) {
        error = user_copy_out(structure, (uintptr_t)argument, size);
    }
    if (error == 0 && row->makes != NONE) {
        answer->fd = -1; /* the program's */
    }
    return error;
}

static int call(struct client *client, int fd, const struct row *row, void *argument)
{
    const size_t size = _IOC_SIZE(row->request);
    struct drm_packet packet = {
        .request = {.type = DRM_WIRE_DMABUF, .request = row->request, .payload = size},
        .fd = fd,
    };
    uint64_t structure[ROOM / 8] = {0};
    int32_t other = -1;
    int error = user_copy_in(structure, (uintptr_t)argument, size);

    if (error == 0 && row->names != NONE) {
        memcpy(&other, (uint8_t *)structure + row->names, sizeof(other));
        error = look(client, other, &packet.request.offset);
    }
    if (error == 0) {
        packet.payload = (uint8_t *)structure;
        error = client_call(client, &packet);
    }
    if (error != 0) {
        return error;
    }
    int result = packet.answer.result;
    if (result >= 0) {
        error = take_answer(row, &packet, (uint8_t *)structure, argument);
        result = error != 0 ? error : result;
    }
    if (packet.fd >= 0) {
        close(packet.fd);
    }
    return result;
}

int descriptor_call(int fd, uint32_t request, void *argument)
{
    struct client spare, *client;
    int result = client_begin(&client, &spare);

    if (result == 0) {
        result = call(client, fd, find(request), argument);
        client_end(client);
    }
    return result;
}
