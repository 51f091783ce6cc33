/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/message.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/gma-vfio-user/device.h"
#include "tools/gma-vfio-user/regions.h"
#include "tools/gma-vfio-user/server.h"

#define CAPABILITIES_MAX 4096u
#define IRQ_SET_DATA     (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_DATA_EVENTFD)
#define IRQ_SET_ACTION                                                                             \
    (VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_ACTION_TRIGGER)

int message_bad(struct server *server, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(server->reason, sizeof(server->reason), format, arguments);
    va_end(arguments);
    return MESSAGE_BAD;
}

/* ---- VERSION ---- */

/* What the peer says of itself: only how many descriptors it takes matters to us. */
static int read_capabilities(struct server *server, const char *text, size_t size)
{
    json_error_t error;
    if (text[size - 1] != '\0' || strlen(text) != size - 1) {
        return message_bad(server, "VERSION: %zu bytes of capabilities are not one string", size);
    }
    json_t *root = json_loadb(text, size - 1, 0, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return message_bad(server, "VERSION: the capabilities are no JSON object (at byte %d)",
                           error.position);
    }
    json_t *fds = json_object_get(json_object_get(root, "capabilities"), "max_msg_fds");
    server->takes_fds = fds == NULL || json_integer_value(fds) > 0;
    json_decref(root);
    return MESSAGE_DONE;
}

static int handle_version(struct server *server, const struct request *request, struct reply *reply)
{
    struct wire_version version;
    memcpy(&version, request->body, sizeof(version));
    if (server->agreed) {
        return message_bad(server, "VERSION: the second one");
    }
    if (version.major != WIRE_MAJOR) {
        return message_bad(server, "VERSION: %u.%u is proposed, this is %u.%u", version.major,
                           version.minor, WIRE_MAJOR, WIRE_MINOR);
    }
    server->takes_fds = true;
    size_t more = request->size - sizeof(version);
    if (more > 0 &&
        read_capabilities(server, (const char *)request->body + sizeof(version), more) != 0) {
        return MESSAGE_BAD;
    }
    version.minor = WIRE_MINOR;
    memcpy(reply->body, &version, sizeof(version));
    char *text = (char *)reply->body + sizeof(version);
    int length = snprintf(text, CAPABILITIES_MAX,
                          "{\"capabilities\":{\"max_msg_fds\":%u,\"max_data_xfer_size\":%u,"
                          "\"max_dma_maps\":%u}}",
                          WIRE_FDS_MAX, WIRE_TRANSFER_MAX, DMA_RANGES_MAX);
    reply->size = (uint32_t)(sizeof(version) + (size_t)length + 1);
    server->agreed = true;
    return MESSAGE_DONE;
}

/* ---- the guest's memory ---- */

static int handle_dma_map(struct server *server, const struct request *request, struct reply *reply)
{
    struct wire_dma_map map;
    memcpy(&map, request->body, sizeof(map));
    if (map.argsz != sizeof(map) ||
        (map.flags & ~(uint32_t)(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) != 0) {
        return message_bad(server, "DMA_MAP: argsz %u, flags 0x%x", map.argsz, map.flags);
    }
    if (map.size == 0 || map.size - 1 > UINT64_MAX - map.address) {
        return message_bad(server, "DMA_MAP: 0x%" PRIx64 " bytes at 0x%" PRIx64, map.size,
                           map.address);
    }
    /* What may not even be read is as if it were not there. */
    bool there = request->fd_count == 1 && (map.flags & VFIO_DMA_MAP_FLAG_READ) != 0;
    const struct dma_range range = {.address = map.address, .size = map.size};
    return -dma_map(&server->device->dma, server->device->hw, &range, there ? request->fds[0] : -1,
                    map.offset, (map.flags & VFIO_DMA_MAP_FLAG_WRITE) != 0);
}

static int handle_dma_unmap(struct server *server, const struct request *request,
                            struct reply *reply)
{
    struct wire_dma_unmap unmap;
    struct device *device = server->device;
    memcpy(&unmap, request->body, sizeof(unmap));
    if (unmap.argsz < sizeof(unmap) || (unmap.flags & ~(uint32_t)VFIO_DMA_UNMAP_FLAG_ALL) != 0) {
        return message_bad(server, "DMA_UNMAP: argsz %u, flags 0x%x", unmap.argsz, unmap.flags);
    }
    int error = 0;
    if (unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
        if (unmap.address != 0 || unmap.size != 0) {
            return message_bad(server, "DMA_UNMAP: all, but 0x%" PRIx64 " bytes at 0x%" PRIx64,
                               unmap.size, unmap.address);
        }
        dma_unmap_all(&device->dma, device->hw);
    } else {
        error = dma_unmap(&device->dma, device->hw, unmap.address, unmap.size);
    }
    unmap.argsz = sizeof(unmap);
    memcpy(reply->body, &unmap, sizeof(unmap));
    reply->size = sizeof(unmap);
    return -error;
}

/* ---- what the device is ---- */

static int handle_get_info(struct server *server, const struct request *request,
                           struct reply *reply)
{
    struct wire_info info;
    memcpy(&info, request->body, sizeof(info));
    if (info.argsz < sizeof(info)) {
        return message_bad(server, "DEVICE_GET_INFO: argsz %u, %zu needed", info.argsz,
                           sizeof(info));
    }
    info = (struct wire_info){
        .argsz = sizeof(info),
        .flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
        .region_count = region_count(),
        .irq_count = VFIO_PCI_NUM_IRQS,
    };
    memcpy(reply->body, &info, sizeof(info));
    reply->size = sizeof(info);
    return MESSAGE_DONE;
}

/* The part of a region that may be mapped, where the peer has room for it. */
static void add_sparse_area(struct reply *reply, struct wire_region_info *info,
                            const struct region_view *view, uint32_t room)
{
    const struct wire_sparse_areas areas = {
        .head = {.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1},
        .count = 1,
        .size = view->mappable,
    };
    info->argsz = sizeof(*info) + sizeof(areas);
    info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
    info->capabilities = sizeof(*info); /* QEMU looks at it before it asks again with more room */
    if (room >= info->argsz) {
        memcpy(reply->body + sizeof(*info), &areas, sizeof(areas));
        reply->size = info->argsz;
    }
}

static int handle_get_region_info(struct server *server, const struct request *request,
                                  struct reply *reply)
{
    struct wire_region_info info;
    struct region_view view;
    memcpy(&info, request->body, sizeof(info));
    uint32_t room = info.argsz;
    if (room < sizeof(info)) {
        return message_bad(server, "DEVICE_GET_REGION_INFO: argsz %u, %zu needed", room,
                           sizeof(info));
    }
    if (!region_view(server->device, info.index, &view)) {
        return EINVAL;
    }
    info = (struct wire_region_info){.argsz = sizeof(info), .index = info.index, .size = view.size};
    reply->size = sizeof(info);
    if (view.size != 0) {
        info.flags = VFIO_REGION_INFO_FLAG_READ | (view.writable ? VFIO_REGION_INFO_FLAG_WRITE : 0);
    }
    if (view.mappable != 0 && server->takes_fds) {
        info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
        add_sparse_area(reply, &info, &view, room);
        reply->fd = server->device->gtt_fd;
    }
    memcpy(reply->body, &info, sizeof(info));
    return MESSAGE_DONE;
}

/* ---- interrupts ---- */

/* By VFIO's index; nothing for MSI-X, errors and requests. */
static const struct {
    uint32_t flags, count;
} irqs[VFIO_PCI_NUM_IRQS] = {
    [VFIO_PCI_INTX_IRQ_INDEX] = {VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
                                     VFIO_IRQ_INFO_AUTOMASKED,
                                 1},
    [VFIO_PCI_MSI_IRQ_INDEX] = {VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, 1},
};

static int handle_get_irq_info(struct server *server, const struct request *request,
                               struct reply *reply)
{
    struct wire_irq_info info;
    memcpy(&info, request->body, sizeof(info));
    if (info.argsz < sizeof(info)) {
        return message_bad(server, "DEVICE_GET_IRQ_INFO: argsz %u, %zu needed", info.argsz,
                           sizeof(info));
    }
    if (info.index >= VFIO_PCI_NUM_IRQS) {
        return EINVAL;
    }
    info = (struct wire_irq_info){.argsz = sizeof(info),
                                  .flags = irqs[info.index].flags,
                                  .index = info.index,
                                  .count = irqs[info.index].count};
    memcpy(reply->body, &info, sizeof(info));
    reply->size = sizeof(info);
    return MESSAGE_DONE;
}

static bool is_one_of(uint32_t flags, uint32_t mask)
{
    return __builtin_popcount(flags & mask) == 1;
}

/* What does not depend on the index. */
static int check_irq_set(struct server *server, const struct request *request,
                         const struct wire_irq_set *set)
{
    uint64_t data = (set->flags & VFIO_IRQ_SET_DATA_BOOL) ? set->count : 0;
    if (!is_one_of(set->flags, IRQ_SET_DATA) || !is_one_of(set->flags, IRQ_SET_ACTION) ||
        (set->flags & ~(uint32_t)(IRQ_SET_DATA | IRQ_SET_ACTION)) != 0) {
        return message_bad(server, "DEVICE_SET_IRQS: flags 0x%x", set->flags);
    }
    if (set->argsz != request->size || request->size != sizeof(*set) + data) {
        return message_bad(server,
                           "DEVICE_SET_IRQS: %u bytes, argsz %u, flags 0x%x, %u of index %u",
                           request->size, set->argsz, set->flags, set->count, set->index);
    }
    if (request->fd_count != 0 &&
        (!(set->flags & VFIO_IRQ_SET_DATA_EVENTFD) || request->fd_count != set->count)) {
        return message_bad(server, "DEVICE_SET_IRQS: %u descriptors, flags 0x%x, %u of index %u",
                           request->fd_count, set->flags, set->count, set->index);
    }
    return MESSAGE_DONE;
}

/* Nothing but an eventfd: it is written to, and a write must neither block nor mean anything. */
static bool is_eventfd(int fd)
{
    char path[64], target[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0) {
        return true; /* no /proc: irq.c looks whether it can be written to */
    }
    target[length] = '\0';
    return strcmp(target, "anon_inode:[eventfd]") == 0;
}

static int set_trigger(struct server *server, const struct request *request,
                       const struct wire_irq_set *set)
{
    if (request->fd_count == 0) {
        irq_set_trigger(server->device, set->index, -1);
        return MESSAGE_DONE;
    }
    if (!is_eventfd(request->fds[0])) {
        return message_bad(server, "DEVICE_SET_IRQS: index %u: the descriptor is no eventfd",
                           set->index);
    }
    irq_set_trigger(server->device, set->index, request->fds[0]);
    request->fds[0] = -1;
    return MESSAGE_DONE;
}

static int apply_irq_set(struct server *server, const struct request *request,
                         const struct wire_irq_set *set)
{
    bool trigger = (set->flags & VFIO_IRQ_SET_ACTION_TRIGGER) != 0;
    if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
        /* Eventfds by which a peer would mask are not offered. */
        return trigger ? set_trigger(server, request, set) : ENOTSUP;
    }
    if ((set->flags & VFIO_IRQ_SET_DATA_BOOL) && request->body[sizeof(*set)] == 0) {
        return MESSAGE_DONE;
    }
    if (trigger) {
        irq_test(server->device, set->index);
        return MESSAGE_DONE;
    }
    if (set->index != IRQ_INTX) {
        return EINVAL; /* MSI is not maskable */
    }
    irq_set_masked(server->device, (set->flags & VFIO_IRQ_SET_ACTION_MASK) != 0);
    return MESSAGE_DONE;
}

static int handle_set_irqs(struct server *server, const struct request *request,
                           struct reply *reply)
{
    struct wire_irq_set set;
    memcpy(&set, request->body, sizeof(set));
    if (check_irq_set(server, request, &set) != 0) {
        return MESSAGE_BAD;
    }
    if (set.index >= VFIO_PCI_NUM_IRQS || (uint64_t)set.start + set.count > irqs[set.index].count) {
        return EINVAL;
    }
    if (set.count == 0) {
        /* By VFIO's rule: all of the index are given up. */
        if (set.flags != (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)) {
            return EINVAL;
        }
        if (set.index < IRQ_INDEXES) {
            irq_set_trigger(server->device, set.index, -1);
        }
        return MESSAGE_DONE;
    }
    return apply_irq_set(server, request, &set);
}

/* ---- regions ---- */

static int check_access(struct server *server, const char *name, const struct wire_access *access)
{
    struct region_view view;
    if (!region_view(server->device, access->region, &view)) {
        return message_bad(server, "%s: region %u of %u", name, access->region, region_count());
    }
    if (access->count > WIRE_TRANSFER_MAX) {
        return message_bad(server, "%s: %u bytes, %u are the most", name, access->count,
                           WIRE_TRANSFER_MAX);
    }
    if (access->offset > view.size || access->count > view.size - access->offset) {
        return message_bad(server, "%s: %u bytes at 0x%" PRIx64 " of region %u (%s), of 0x%" PRIx64,
                           name, access->count, access->offset, access->region, view.name,
                           view.size);
    }
    return MESSAGE_DONE;
}

static int handle_region_read(struct server *server, const struct request *request,
                              struct reply *reply)
{
    struct wire_access access;
    memcpy(&access, request->body, sizeof(access));
    if (check_access(server, "REGION_READ", &access) != 0) {
        return MESSAGE_BAD;
    }
    memcpy(reply->body, &access, sizeof(access));
    region_read(server->device, access.region, access.offset, reply->body + sizeof(access),
                access.count);
    reply->size = (uint32_t)sizeof(access) + access.count;
    return MESSAGE_DONE;
}

static int handle_region_write(struct server *server, const struct request *request,
                               struct reply *reply)
{
    struct wire_access access;
    memcpy(&access, request->body, sizeof(access));
    if (check_access(server, "REGION_WRITE", &access) != 0) {
        return MESSAGE_BAD;
    }
    if (request->size != sizeof(access) + (uint64_t)access.count) {
        return message_bad(server, "REGION_WRITE: %u bytes, and %zu came", access.count,
                           request->size - sizeof(access));
    }
    int error = region_write(server->device, access.region, access.offset,
                             request->body + sizeof(access), access.count);
    if (error != 0) {
        return message_bad(server, "the device cannot start again: %s", strerror(-error));
    }
    memcpy(reply->body, &access, sizeof(access));
    reply->size = sizeof(access);
    return MESSAGE_DONE;
}

static int handle_reset(struct server *server, const struct request *request, struct reply *reply)
{
    int error = device_reset(server->device);
    return error == 0 ? MESSAGE_DONE
                      : message_bad(server, "the device cannot start again: %s", strerror(-error));
}

/* ---- the table ---- */

#define BODY_MAX   ((uint32_t)(WIRE_MESSAGE_MAX - sizeof(struct wire_header)))
#define EXACT(of)  sizeof(struct of), sizeof(struct of)
#define ANY_OF(of) sizeof(struct of), BODY_MAX

/* clang-format off */
static const struct message messages[] = {
    {WIRE_VERSION, "VERSION", sizeof(struct wire_version),
     sizeof(struct wire_version) + CAPABILITIES_MAX, 0, handle_version},
    {WIRE_DMA_MAP, "DMA_MAP", EXACT(wire_dma_map), 1, handle_dma_map},
    {WIRE_DMA_UNMAP, "DMA_UNMAP", EXACT(wire_dma_unmap), 0, handle_dma_unmap},
    {WIRE_GET_INFO, "DEVICE_GET_INFO", EXACT(wire_info), 0, handle_get_info},
    {WIRE_GET_REGION_INFO, "DEVICE_GET_REGION_INFO", EXACT(wire_region_info), 0,
     handle_get_region_info},
    {WIRE_GET_REGION_IO_FDS, "DEVICE_GET_REGION_IO_FDS", 0, BODY_MAX, 0, NULL},
    {WIRE_GET_IRQ_INFO, "DEVICE_GET_IRQ_INFO", EXACT(wire_irq_info), 0, handle_get_irq_info},
    {WIRE_SET_IRQS, "DEVICE_SET_IRQS", ANY_OF(wire_irq_set), WIRE_FDS_MAX, handle_set_irqs},
    {WIRE_REGION_READ, "REGION_READ", EXACT(wire_access), 0, handle_region_read},
    {WIRE_REGION_WRITE, "REGION_WRITE", ANY_OF(wire_access), 0, handle_region_write},
    {WIRE_RESET, "DEVICE_RESET", 0, 0, 0, handle_reset},
    {WIRE_DIRTY_PAGES, "DIRTY_PAGES", 0, BODY_MAX, 0, NULL},
    {WIRE_REGION_WRITE_MULTI, "REGION_WRITE_MULTI", 0, BODY_MAX, 0, NULL},
    {WIRE_FEATURE, "DEVICE_FEATURE", 0, BODY_MAX, 0, NULL},
    {WIRE_MIGRATION_READ, "MIG_DATA_READ", 0, BODY_MAX, 0, NULL},
    {WIRE_MIGRATION_WRITE, "MIG_DATA_WRITE", 0, BODY_MAX, 0, NULL},
};
/* clang-format on */

#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

const struct message *message_at(size_t index)
{
    return index < MESSAGES ? &messages[index] : NULL;
}

static const struct message *find(uint16_t command)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        if (messages[i].command == command) {
            return &messages[i];
        }
    }
    return NULL;
}

int message_check_header(struct server *server, const struct wire_header *header)
{
    const struct message *message = find(header->command);
    if (message == NULL) {
        return message_bad(server, "command %u is none that a client sends", header->command);
    }
    if ((header->flags & ~WIRE_NO_REPLY) != WIRE_TYPE_COMMAND) {
        return message_bad(server, "%s: flags 0x%x", message->name, header->flags);
    }
    if (header->size < sizeof(*header) + message->size_min ||
        header->size > sizeof(*header) + message->size_max) {
        return message_bad(server, "%s: %u bytes, %zu to %zu are right", message->name,
                           header->size, sizeof(*header) + message->size_min,
                           sizeof(*header) + message->size_max);
    }
    if (!server->agreed && message->command != WIRE_VERSION) {
        return message_bad(server, "%s comes before VERSION", message->name);
    }
    return MESSAGE_DONE;
}

int message_handle(struct server *server, const struct request *request, struct reply *reply)
{
    const struct message *message = find(request->header.command);
    if (request->fd_count > message->fds_max) {
        return message_bad(server, "%s: %u descriptors, %u are the most", message->name,
                           request->fd_count, message->fds_max);
    }
    return message->handle != NULL ? message->handle(server, request, reply) : ENOTSUP;
}
