/* SPDX-License-Identifier: MIT */
/*
 * The vfio-user protocol, as far as a server without migration needs it: what QEMU's
 * docs/interop/vfio-user.rst says of each message, in the order of its tables. All is in the
 * host's byte order; sizes are bytes. What is VFIO's own is in <linux/vfio.h>.
 *
 * Each message begins with struct wire_header; 'size' counts it. Descriptors come beside the bytes
 * of their message (SCM_RIGHTS).
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_WIRE_H
#define GEMD_TOOLS_GMA_VFIO_USER_WIRE_H

#include <stdint.h>

#define WIRE_MAJOR 0u
#define WIRE_MINOR 0u

enum wire_command {
    WIRE_VERSION = 1,
    WIRE_DMA_MAP,
    WIRE_DMA_UNMAP,
    WIRE_GET_INFO,
    WIRE_GET_REGION_INFO,
    WIRE_GET_REGION_IO_FDS,
    WIRE_GET_IRQ_INFO,
    WIRE_SET_IRQS,
    WIRE_REGION_READ,
    WIRE_REGION_WRITE,
    WIRE_DMA_READ, /* 11 and 12: from server to client */
    WIRE_DMA_WRITE,
    WIRE_RESET,
    WIRE_DIRTY_PAGES,
    WIRE_REGION_WRITE_MULTI,
    WIRE_FEATURE,
    WIRE_MIGRATION_READ,
    WIRE_MIGRATION_WRITE,
};

/* wire_header.flags */
#define WIRE_TYPE_MASK    0xfu
#define WIRE_TYPE_COMMAND 0u
#define WIRE_TYPE_REPLY   1u
#define WIRE_NO_REPLY     (1u << 4)
#define WIRE_ERROR        (1u << 5) /* of a reply: 'error' is an errno */

struct wire_header {
    uint16_t id; /* the sender's; a reply has its command's */
    uint16_t command;
    uint32_t size;
    uint32_t flags;
    uint32_t error;
};

/* JSON with its NUL may follow. */
struct wire_version {
    uint16_t major, minor;
};

struct wire_dma_map {
    uint32_t argsz, flags; /* VFIO_DMA_MAP_FLAG_READ, _WRITE */
    uint64_t offset;       /* in the file whose descriptor came along */
    uint64_t address;
    uint64_t size;
};

struct wire_dma_unmap {
    uint32_t argsz, flags; /* VFIO_DMA_UNMAP_FLAG_ALL */
    uint64_t address;
    uint64_t size;
};

struct wire_info {
    uint32_t argsz, flags; /* VFIO_DEVICE_FLAGS_* */
    uint32_t region_count, irq_count;
};

struct wire_region_info {
    uint32_t argsz, flags; /* VFIO_REGION_INFO_FLAG_* */
    uint32_t index, capabilities;
    uint64_t size, offset;
};

struct wire_capability {
    uint16_t id, version;
    uint32_t next;
};

/* What of a region may be mapped, where not all of it may; here always one area. */
struct wire_sparse_areas {
    struct wire_capability head;
    uint32_t count, reserved;
    uint64_t offset, size;
};

struct wire_irq_info {
    uint32_t argsz, flags; /* VFIO_IRQ_INFO_* */
    uint32_t index, count;
};

/* Booleans follow, one byte each, with VFIO_IRQ_SET_DATA_BOOL. */
struct wire_irq_set {
    uint32_t argsz, flags; /* VFIO_IRQ_SET_* */
    uint32_t index, start, count;
};

/* Bytes follow in a write and in the reply to a read. */
struct wire_access {
    uint64_t offset;
    uint32_t region, count;
};

/* The most bytes of one access, and what a message is at most. */
#define WIRE_TRANSFER_MAX (1u << 20)
#define WIRE_MESSAGE_MAX                                                                           \
    (sizeof(struct wire_header) + sizeof(struct wire_access) + WIRE_TRANSFER_MAX)
#define WIRE_FDS_MAX 8u

#endif
