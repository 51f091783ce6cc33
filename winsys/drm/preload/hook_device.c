/* SPDX-License-Identifier: MIT */
/* ioctl() and mmap() of DRM files; ioctl() of their kin (descriptor.h). */
#include <errno.h>
#include <linux/ioctl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "winsys/drm/pack.h"
#include "winsys/drm/preload/client.h"
#include "winsys/drm/preload/descriptor.h"
#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/node.h"
#include "winsys/drm/preload/paths.h"

enum { TYPE_DRM = 'd' };

static int call_packed(struct client *client, uint64_t file, uint32_t request, void *argument)
{
    struct drm_packet packet = {.request = {.type = DRM_WIRE_IOCTL}, .fd = -1};
    struct drm_packed packed;
    int error = drm_pack_request(&packed, request, argument, &packet, &client->sent);

    if (error != 0) {
        return error;
    }
    packet.request.type = DRM_WIRE_IOCTL;
    packet.request.file = file;
    error = client_call(client, &packet);
    return error != 0 ? error : drm_unpack_answer(&packed, argument, &packet, &client->sent);
}

static int drm_file_call(uint64_t file, uint32_t request, void *argument)
{
    struct client spare, *client;
    int result = client_begin(&client, &spare);

    if (result == 0) {
        result = call_packed(client, file, request, argument);
        client_end(client);
    }
    return result;
}

static int finish(int result)
{
    if (result < 0) {
        errno = -result;
        return -1;
    }
    return result;
}

HOOK int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    uint64_t file;

    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (_IOC_TYPE(request) == TYPE_DRM && node_file(fd, &file)) {
        return finish(drm_file_call(file, (uint32_t)request, argument));
    }
    const int result = NEXT(ioctl)(fd, request, argument);
    if (result < 0 && errno == ENOTTY && descriptor_has_call((uint32_t)request)) {
        return finish(descriptor_call(fd, (uint32_t)request, argument));
    }
    return result;
}

/* The memory file behind a mapping, and where in it; or a negative errno. */
static int ask_mapping(uint64_t file, size_t size, int protection, uint64_t *offset)
{
    struct drm_packet packet = {
        .request = {.type = DRM_WIRE_MAP,
                    .file = file,
                    .offset = *offset,
                    .length = size,
                    .request = (uint32_t)protection},
        .fd = -1,
    };
    struct client spare, *client;
    int result = client_begin(&client, &spare);

    if (result != 0) {
        return result;
    }
    result = client_call(client, &packet);
    client_end(client);
    if (result != 0) {
        return result;
    }
    *offset = packet.answer.offset;
    if (packet.answer.result < 0) {
        return packet.answer.result;
    }
    return packet.fd >= 0 ? packet.fd : -EINVAL;
}

static void *map_file(uint64_t file, void *address, size_t size, int protection, int flags,
                      off_t offset)
{
    uint64_t where = (uint64_t)offset;
    const int memory = ask_mapping(file, size, protection, &where);

    if (memory < 0) {
        errno = -memory;
        return MAP_FAILED;
    }
    void *mapping = NEXT(mmap)(address, size, protection, flags, memory, (off_t)where);
    const int error = errno;
    close(memory);
    errno = error;
    return mapping;
}

HOOK void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    uint64_t file;

    if ((flags & MAP_ANONYMOUS) == 0 && node_file(fd, &file)) {
        return map_file(file, address, size, protection, flags, offset);
    }
    return NEXT(mmap)(address, size, protection, flags, fd, offset);
}

HOOK void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return mmap(address, size, protection, flags, fd, offset);
}
