/* SPDX-License-Identifier: MIT */
/* Each message, and each way in which it can be wrong. */
#include "tests/tools/vfio_user/peer.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/gma-vfio-user/message.h"

#define RW (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

static int setup(void **state)
{
    static struct peer peer;
    peer_init(&peer, NULL);
    *state = &peer;
    return 0;
}

static int teardown(void **state)
{
    peer_finish(*state);
    return 0;
}

/* ---- what ends a connection ---- */

struct bad {
    const char *reason; /* a part of it */
    uint16_t command;
    uint32_t flags, header_size; /* header_size 0: what it is */
    uint32_t size;               /* of the body */
    unsigned fds;
    bool first;  /* before VERSION */
    bool socket; /* the descriptors are our own end */
    union {
        uint32_t words[16];
        struct wire_version version;
        struct wire_dma_map map;
        struct wire_dma_unmap unmap;
        struct wire_info info;
        struct wire_region_info region;
        struct wire_irq_info irq;
        struct wire_irq_set set;
        struct wire_access access;
        struct {
            struct wire_version version;
            char text[40];
        } hello;
    } body;
};

#define SET(f, i, c)                                                                               \
    {                                                                                              \
        .set = {.argsz = 20, .flags = f, .index = i, .count = c }                                  \
    }

/* clang-format off */
static const struct bad bads[] = {
    {"command 0 is none", 0, .size = 0},
    {"command 11 is none", WIRE_DMA_READ, .size = 16},
    {"command 12 is none", WIRE_DMA_WRITE, .size = 16},
    {"command 19 is none", 19, .size = 0},
    {"command 65535 is none", 65535, .size = 0},
    {"DEVICE_RESET: flags 0x1", WIRE_RESET, .flags = WIRE_TYPE_REPLY},
    {"DEVICE_RESET: flags 0x2", WIRE_RESET, .flags = 2},
    {"DEVICE_RESET: flags 0x20", WIRE_RESET, .flags = WIRE_ERROR},
    {"DEVICE_RESET: flags 0x40", WIRE_RESET, .flags = 0x40},
    {"DEVICE_RESET: 0 bytes, 16 to 16", WIRE_RESET, .header_size = UINT32_MAX},
    {"DEVICE_RESET: 15 bytes", WIRE_RESET, .header_size = 15},
    {"DEVICE_RESET: 17 bytes", WIRE_RESET, .size = 1},
    {"DEVICE_RESET: 4294967294 bytes", WIRE_RESET, .header_size = UINT32_MAX - 1},
    {"DEVICE_RESET: 1 descriptors, 0 are the most", WIRE_RESET, .fds = 1},
    {"a message with a socket", WIRE_DMA_MAP, .size = 16, .fds = 1, .socket = true},
    {"more than 8 descriptors", WIRE_RESET, .fds = 9},
    {"DEVICE_GET_INFO comes before VERSION", WIRE_GET_INFO, .size = 16, .first = true},
    {"VERSION: 1.0 is proposed, this is 0.0", WIRE_VERSION, .size = 4, .first = true,
     .body = {.version = {1, 0}}},
    {"VERSION: 18 bytes, 20 to", WIRE_VERSION, .size = 2, .first = true},
    {"VERSION: the second one", WIRE_VERSION, .size = 4},
    {"VERSION: 4 bytes of capabilities are not one string", WIRE_VERSION, .size = 8, .first = true,
     .body = {.hello = {.text = "{}  "}}},
    {"VERSION: 4 bytes of capabilities are not one string", WIRE_VERSION, .size = 8, .first = true,
     .body = {.hello = {.text = "{}"}}},
    {"VERSION: the capabilities are no JSON", WIRE_VERSION, .size = 7, .first = true,
     .body = {.hello = {.text = "{["}}},
    {"VERSION: the capabilities are no JSON", WIRE_VERSION, .size = 7, .first = true,
     .body = {.hello = {.text = "[]"}}},
    {"DMA_MAP: 47 bytes, 48 to 48", WIRE_DMA_MAP, .size = 31},
    {"DMA_MAP: argsz 31", WIRE_DMA_MAP, .size = 32, .body = {.map = {31, RW, 0, 0, 4096}}},
    {"DMA_MAP: argsz 32, flags 0x4", WIRE_DMA_MAP, .size = 32,
     .body = {.map = {32, 4, 0, 0, 4096}}},
    {"DMA_MAP: 0x0 bytes at 0x1000", WIRE_DMA_MAP, .size = 32,
     .body = {.map = {32, RW, 0, 4096, 0}}},
    {"DMA_MAP: 0x2000 bytes at 0xfffffffffffff000", WIRE_DMA_MAP, .size = 32,
     .body = {.map = {32, RW, 0, -4096ull, 8192}}},
    {"DMA_MAP: 2 descriptors, 1 are the most", WIRE_DMA_MAP, .size = 32, .fds = 2,
     .body = {.map = {32, RW, 0, 0, 4096}}},
    {"DMA_UNMAP: 39 bytes, 40 to 40", WIRE_DMA_UNMAP, .size = 23},
    {"DMA_UNMAP: argsz 23", WIRE_DMA_UNMAP, .size = 24, .body = {.unmap = {23, 0, 0, 4096}}},
    {"DMA_UNMAP: argsz 24, flags 0x1", WIRE_DMA_UNMAP, .size = 24,
     .body = {.unmap = {24, 1, 0, 4096}}},
    {"DMA_UNMAP: all, but 0x1000 bytes at 0x0", WIRE_DMA_UNMAP, .size = 24,
     .body = {.unmap = {24, VFIO_DMA_UNMAP_FLAG_ALL, 0, 4096}}},
    {"DEVICE_GET_INFO: argsz 15, 16 needed", WIRE_GET_INFO, .size = 16,
     .body = {.info = {.argsz = 15}}},
    {"DEVICE_GET_INFO: 31 bytes", WIRE_GET_INFO, .size = 15},
    {"DEVICE_GET_REGION_INFO: argsz 31, 32 needed", WIRE_GET_REGION_INFO, .size = 32,
     .body = {.region = {.argsz = 31}}},
    {"DEVICE_GET_REGION_INFO: 47 bytes", WIRE_GET_REGION_INFO, .size = 31},
    {"DEVICE_GET_IRQ_INFO: argsz 0, 16 needed", WIRE_GET_IRQ_INFO, .size = 16},
    {"DEVICE_GET_IRQ_INFO: 48 bytes", WIRE_GET_IRQ_INFO, .size = 32},
    {"DEVICE_SET_IRQS: 35 bytes", WIRE_SET_IRQS, .size = 19},
    {"DEVICE_SET_IRQS: flags 0x0", WIRE_SET_IRQS, .size = 20, .body = SET(0, 0, 1)},
    {"DEVICE_SET_IRQS: flags 0x1", WIRE_SET_IRQS, .size = 20, .body = SET(1, 0, 1)},
    {"DEVICE_SET_IRQS: flags 0x23", WIRE_SET_IRQS, .size = 20, .body = SET(0x23, 0, 1)},
    {"DEVICE_SET_IRQS: flags 0x31", WIRE_SET_IRQS, .size = 20, .body = SET(0x31, 0, 1)},
    {"DEVICE_SET_IRQS: flags 0x61", WIRE_SET_IRQS, .size = 20, .body = SET(0x61, 0, 1)},
    {"DEVICE_SET_IRQS: 21 bytes, argsz 20", WIRE_SET_IRQS, .size = 21, .body = SET(0x21, 0, 1)},
    {"DEVICE_SET_IRQS: 24 bytes, argsz 20", WIRE_SET_IRQS, .size = 24, .body = SET(0x22, 0, 4)},
    {"DEVICE_SET_IRQS: 20 bytes, argsz 20, flags 0x22, 4294967295 of", WIRE_SET_IRQS, .size = 20,
     .body = SET(0x22, 0, UINT32_MAX)},
    {"DEVICE_SET_IRQS: 2 descriptors, flags 0x24, 1 of", WIRE_SET_IRQS, .size = 20, .fds = 2,
     .body = SET(0x24, 0, 1)},
    {"DEVICE_SET_IRQS: 1 descriptors, flags 0x21, 1 of", WIRE_SET_IRQS, .size = 20, .fds = 1,
     .body = SET(0x21, 0, 1)},
    {"DEVICE_SET_IRQS: index 0: the descriptor is no eventfd", WIRE_SET_IRQS, .size = 20, .fds = 1,
     .body = SET(0x24, 0, 1)},
    {"REGION_READ: 33 bytes", WIRE_REGION_READ, .size = 17},
    {"REGION_READ: region 9 of 9", WIRE_REGION_READ, .size = 16,
     .body = {.access = {.region = 9, .count = 4}}},
    {"REGION_READ: 1048577 bytes, 1048576", WIRE_REGION_READ, .size = 16,
     .body = {.access = {.region = 2, .count = (1 << 20) + 1}}},
    {"REGION_READ: 4 bytes at 0x7fffd of region 0 (registers), of 0x80000", WIRE_REGION_READ,
     .size = 16, .body = {.access = {.offset = 0x7fffd, .count = 4}}},
    {"REGION_READ: 4 bytes at 0xffffffffffffffff of", WIRE_REGION_READ, .size = 16,
     .body = {.access = {.offset = UINT64_MAX, .count = 4}}},
    {"REGION_READ: 1 bytes at 0x0 of region 8 (VGA), of 0x0", WIRE_REGION_READ, .size = 16,
     .body = {.access = {.region = 8, .count = 1}}},
    {"REGION_READ: 4 bytes at 0xfe of region 7", WIRE_REGION_READ, .size = 16,
     .body = {.access = {.offset = 0xfe, .region = 7, .count = 4}}},
    {"REGION_WRITE: 8 bytes at 0x4 of region 1", WIRE_REGION_WRITE, .size = 24,
     .body = {.access = {.offset = 4, .region = 1, .count = 8}}},
    {"REGION_WRITE: 4 bytes, and 3 came", WIRE_REGION_WRITE, .size = 19,
     .body = {.access = {.count = 4}}},
    {"REGION_WRITE: 4 bytes, and 8 came", WIRE_REGION_WRITE, .size = 24,
     .body = {.access = {.count = 4}}},
};
/* clang-format on */

static void send_bad(struct peer *peer, const struct bad *bad)
{
    uint8_t bytes[128] = {0};
    int fds[PEER_FDS];
    struct wire_header header = {.id = 7, .command = bad->command, .flags = bad->flags};
    header.size = (uint32_t)sizeof(header) + bad->size;
    if (bad->header_size != 0) {
        header.size = bad->header_size == UINT32_MAX ? 0 : bad->header_size;
    }
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), &bad->body, sizeof(bad->body));
    for (unsigned i = 0; i < bad->fds; i++) {
        fds[i] = bad->socket ? peer->fd : peer->device.gtt_fd;
    }
    peer_send(peer, bytes, sizeof(header) + bad->size, fds, bad->fds);
}

static void bad_messages_end_the_connection_by_name(void **state)
{
    struct peer *peer = *state;
    unsigned before = 0;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        peer_leave(peer);
        unsigned ends = peer->ended;
        peer_connect(peer);
        if (!bads[i].first) {
            peer_agree(peer);
        }
        send_bad(peer, &bads[i]);
        assert_int_equal(peer->ended, ends + 1);
        if (strstr(peer->reason, bads[i].reason) == NULL) {
            fail_msg("'%s' instead of '%s'", peer->reason, bads[i].reason);
        }
        assert_false(peer_receive(peer));
        if (i == 0) {
            before = peer_count_fds();
        }
        assert_int_equal(peer_count_fds(), before);
    }
    close(peer->fd);
    peer_connect(peer);
    peer_agree(peer);
}

/* ---- what is refused, and goes on ---- */

static void refused_operations_have_an_errno(void **state)
{
    struct peer *peer = *state;
    void *memory;
    int fd = peer_file(65536, &memory);
    const struct wire_region_info region = {.argsz = 64, .index = 9};
    const struct wire_irq_info irq = {.argsz = 16, .index = VFIO_PCI_NUM_IRQS};
    int event = eventfd(0, EFD_CLOEXEC);
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);

    assert_int_equal(peer_call(peer, WIRE_GET_REGION_INFO, &region, sizeof(region)), EINVAL);
    assert_int_equal(peer_call(peer, WIRE_GET_IRQ_INFO, &irq, sizeof(irq)), EINVAL);
    static const uint16_t not_offered[] = {WIRE_GET_REGION_IO_FDS,  WIRE_DIRTY_PAGES,
                                           WIRE_REGION_WRITE_MULTI, WIRE_FEATURE,
                                           WIRE_MIGRATION_READ,     WIRE_MIGRATION_WRITE};
    for (size_t i = 0; i < sizeof(not_offered) / sizeof(not_offered[0]); i++) {
        assert_int_equal(peer_call(peer, not_offered[i], "0123456789abcdef", 16), ENOTSUP);
    }
    /* Masking by eventfds, MSI that is masked, indexes that have none, ranges that are none. */
    assert_int_equal(peer_irq(peer, 0, 0x14, event), ENOTSUP);
    assert_int_equal(peer_irq(peer, 1, 0x11, -1), EINVAL);
    assert_int_equal(peer_irq(peer, 2, 0x24, event), EINVAL);
    assert_int_equal(peer_irq(peer, 77, 0x21, -1), EINVAL);
    struct wire_irq_set set = {20, 0x21, 0, UINT32_MAX, 1};
    assert_int_equal(peer_call(peer, WIRE_SET_IRQS, &set, sizeof(set)), EINVAL);
    set = (struct wire_irq_set){20, 0x24, 0, 0, 0};
    assert_int_equal(peer_call(peer, WIRE_SET_IRQS, &set, sizeof(set)), EINVAL);

    assert_int_equal(peer_map(peer, 0x10000, 8192, fd, 0, RW), 0);
    assert_int_equal(peer_map(peer, 0x10000, 8192, fd, 0, RW), EEXIST);
    assert_int_equal(peer_map(peer, 0x11000, 8192, fd, 0, RW), EEXIST);
    assert_int_equal(peer_map(peer, 0xf000, 8192, fd, 0, RW), EEXIST);
    assert_int_equal(peer_map(peer, 0, 1 << 20, -1, 0, RW), EEXIST);
    assert_int_equal(peer_map(peer, DEVICE_STOLEN_BASE, 4096, fd, 0, RW), EEXIST);
    assert_int_equal(peer_map(peer, 0x20001, 4096, fd, 0, RW), EINVAL);
    assert_int_equal(peer_map(peer, 0x20000, 4095, fd, 0, RW), EINVAL);
    assert_int_equal(peer_map(peer, 0x20000, 4096, fd, 1, RW), EINVAL);
    assert_int_equal(peer_map(peer, 0x20000, 65536 + 4096, fd, 0, RW), EINVAL);
    assert_int_equal(peer_map(peer, 0x20000, 4096, fd, 65536, RW), EINVAL);
    assert_int_equal(peer_map(peer, 0x20000, 4096, fd, -4096ull, RW), EINVAL);
    assert_int_equal(peer_map(peer, 0x20000, 4096, pipes[0], 0, RW), EINVAL);
    assert_int_equal(peer_unmap(peer, 0x10000, 4096), ENOENT);
    assert_int_equal(peer_unmap(peer, 0x11000, 4096), ENOENT);
    assert_int_equal(peer_unmap(peer, 0x20000, 4096), ENOENT);
    assert_int_equal(peer_unmap(peer, 0, 0), ENOENT);
    assert_int_equal(peer_unmap(peer, 0x10000, 8192), 0);
    assert_int_equal(peer_unmap(peer, 0x10000, 8192), ENOENT);
    close(pipes[0]);
    close(pipes[1]);
    close(event);
    close(fd);
    munmap(memory, 65536);
}

static void ranges_are_limited(void **state)
{
    struct peer *peer = *state;
    for (uint64_t i = 0; i < DMA_RANGES_MAX; i++) {
        assert_int_equal(peer_map(peer, i << 13, 4096, -1, 0, RW), 0);
    }
    assert_int_equal(peer_map(peer, (uint64_t)DMA_RANGES_MAX << 13, 4096, -1, 0, RW), ENOSPC);
    const struct wire_dma_unmap all = {.argsz = sizeof(all), .flags = VFIO_DMA_UNMAP_FLAG_ALL};
    assert_int_equal(peer_call(peer, WIRE_DMA_UNMAP, &all, sizeof(all)), 0);
    assert_int_equal(peer->device.dma.count, 0);
    assert_int_equal(peer_map(peer, 0, 1 << 20, -1, 0, RW), 0);
}

/* ---- answers ---- */

static void version_says_what_is_offered(void **state)
{
    struct peer *peer = *state;
    const struct wire_version version = {.minor = 9};
    peer_leave(peer);
    peer_connect(peer);
    assert_int_equal(peer_call(peer, WIRE_VERSION, &version, sizeof(version)), 0);
    const char *text = (const char *)peer->body + sizeof(version);
    assert_int_equal(strlen(text) + 1 + sizeof(version), peer->size);
    assert_non_null(strstr(text, "\"max_data_xfer_size\":1048576"));
    assert_int_equal(peer->body[2], 0);
}

static void device_and_interrupts_are_described(void **state)
{
    struct peer *peer = *state;
    const struct wire_info ask = {.argsz = 4096};
    struct wire_info info;
    assert_int_equal(peer_call(peer, WIRE_GET_INFO, &ask, sizeof(ask)), 0);
    memcpy(&info, peer->body, sizeof(info));
    assert_int_equal(info.argsz, 16);
    assert_int_equal(info.flags, VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI);
    assert_int_equal(info.region_count, 9);
    assert_int_equal(info.irq_count, 5);
    static const uint32_t flags[] = {7, 9, 0, 0, 0};
    for (uint32_t i = 0; i < 5; i++) {
        const struct wire_irq_info ask_irq = {.argsz = 16, .index = i};
        struct wire_irq_info irq;
        assert_int_equal(peer_call(peer, WIRE_GET_IRQ_INFO, &ask_irq, sizeof(ask_irq)), 0);
        memcpy(&irq, peer->body, sizeof(irq));
        assert_int_equal(irq.flags, flags[i]);
        assert_int_equal(irq.count, i < 2);
    }
}

static struct wire_region_info ask_region(struct peer *peer, uint32_t index, uint32_t room)
{
    const struct wire_region_info ask = {.argsz = room, .index = index};
    struct wire_region_info info;
    assert_int_equal(peer_call(peer, WIRE_GET_REGION_INFO, &ask, sizeof(ask)), 0);
    memcpy(&info, peer->body, sizeof(info));
    assert_int_equal(info.index, index);
    assert_true(peer->size == (room < info.argsz ? sizeof(info) : info.argsz));
    return info;
}

static void each_chip_has_its_regions(void **state)
{
    static const struct {
        const char *chip;
        uint64_t aperture, table, entries;
    } rows[] = {{"g33", 256, 1024, 256}, {"q35", 512, 1024, 512},   {"945gm", 256, 256, 256},
                {"915g", 256, 256, 256}, {"e7221g", 128, 256, 128}, {"pineview-m", 256, 1024, 256}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct peer peer;
        struct wire_sparse_areas areas;
        peer_init(&peer, rows[i].chip);
        assert_int_equal(ask_region(&peer, 0, 64).size, 512 << 10);
        assert_int_equal(ask_region(&peer, 1, 64).size, 8);
        assert_int_equal(ask_region(&peer, 2, 64).size, rows[i].aperture << 20);
        assert_int_equal(ask_region(&peer, 2, 64).flags, 3); /* never to be mapped */
        assert_int_equal(peer.got_fd, -1);
        assert_int_equal(ask_region(&peer, 4, 64).size, 0);
        assert_int_equal(ask_region(&peer, 6, 64).flags, 1);
        assert_int_equal(ask_region(&peer, 7, 64).size, 256);
        assert_int_equal(ask_region(&peer, 8, 64).flags, 0);
        struct wire_region_info table = ask_region(&peer, 3, 32);
        assert_int_equal(table.argsz, 64);
        table = ask_region(&peer, 3, 64);
        assert_int_equal(table.size, rows[i].table << 10);
        assert_int_equal(table.flags, 15);
        assert_int_equal(table.capabilities, 32);
        assert_true(peer.got_fd >= 0);
        memcpy(&areas, peer.body + 32, sizeof(areas));
        assert_int_equal(areas.head.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
        assert_int_equal(areas.count, 1);
        assert_int_equal(areas.offset, 0);
        assert_int_equal(areas.size, rows[i].entries << 10);
        peer_finish(&peer);
    }
}

/* Without descriptors there is nothing to map. */
static void peers_without_descriptors_get_none(void **state)
{
    struct peer *peer = *state;
    struct {
        struct wire_version version;
        char text[40];
    } hello = {.text = "{\"capabilities\":{\"max_msg_fds\":0}}"};
    peer_leave(peer);
    peer_connect(peer);
    assert_int_equal(
        peer_call(peer, WIRE_VERSION, &hello, sizeof(hello.version) + strlen(hello.text) + 1), 0);
    assert_int_equal(ask_region(peer, 3, 64).flags, 3);
    assert_int_equal(peer->got_fd, -1);
}

/* It costs the peer its posted writes. */
static void the_page_table_is_mapped_only_where_that_is_wanted(void **state)
{
    struct peer *peer = *state;
    peer->device.options.maps_table = false;
    struct wire_region_info table = ask_region(peer, 3, 64);
    assert_int_equal(table.argsz, 32);
    assert_int_equal(table.flags, 3);
    assert_int_equal(table.capabilities, 0);
    assert_int_equal(peer->got_fd, -1);
}

/* ---- the stream ---- */

static void messages_may_come_in_pieces_and_in_rows(void **state)
{
    struct peer *peer = *state;
    struct {
        struct wire_header header;
        struct wire_access access;
    } read = {.header = {.id = 5, .command = WIRE_REGION_READ, .size = sizeof(read)},
              .access = {.region = 7, .count = 4}};
    for (size_t i = 0; i < sizeof(read); i++) {
        peer_send(peer, (uint8_t *)&read + i, 1, NULL, 0);
    }
    assert_true(peer_receive(peer));
    assert_int_equal(peer->header.id, 5);
    assert_int_equal(*(uint32_t *)(peer->body + 16), 0x29c28086);
    uint8_t row[200 * sizeof(read)];
    for (uint16_t i = 0; i < 200; i++) {
        read.header.id = i;
        read.header.flags = i % 2 == 0 ? WIRE_NO_REPLY : 0;
        memcpy(row + i * sizeof(read), &read, sizeof(read));
    }
    peer_send(peer, row, sizeof(row), NULL, 0);
    for (uint16_t i = 1; i < 200; i += 2) {
        assert_true(peer_receive(peer));
        assert_int_equal(peer->header.id, i);
    }
    assert_int_equal(peer_read(peer, 7, 0, 4), 0x29c28086);
}

/* Descriptors are their own message's, whatever comes before and behind it in one go. */
static void descriptors_find_their_message(void **state)
{
    struct peer *peer = *state;
    void *memory;
    int fd = peer_file(65536, &memory);
    struct {
        struct wire_header header;
        struct wire_dma_map map;
    } rows[3];
    for (uint16_t i = 0; i < 3; i++) {
        rows[i].header =
            (struct wire_header){.id = i, .command = WIRE_DMA_MAP, .size = sizeof(rows[i])};
        rows[i].map = (struct wire_dma_map){32, RW, 0, (i + 1u) << 20, 65536};
    }
    /* The server gets to see them together: two without, and one with. */
    assert_int_equal(send(peer->fd, rows, 2 * sizeof(rows[0]), 0), 2 * sizeof(rows[0]));
    peer_send(peer, &rows[2], 20, &fd, 1);
    peer_send(peer, (uint8_t *)&rows[2] + 20, sizeof(rows[2]) - 20, NULL, 0);
    for (uint16_t i = 0; i < 3; i++) {
        assert_true(peer_receive(peer));
        assert_int_equal(peer->header.id, i);
        assert_int_equal(peer->header.flags, WIRE_TYPE_REPLY);
        assert_int_equal(peer->device.dma.ranges[i].mapped, i == 2);
    }
    close(fd);
    munmap(memory, 65536);
}

/* Nobody takes the answers: nothing more is read, until somebody does. */
static void answers_that_are_not_taken_hold_the_rest_up(void **state)
{
    struct peer *peer = *state;
    struct {
        struct wire_header header;
        struct wire_access access;
    } read = {.header = {.command = WIRE_REGION_READ, .size = sizeof(read)},
              .access = {.region = 2, .count = WIRE_TRANSFER_MAX}};
    for (uint16_t i = 0; i < 4; i++) {
        read.header.id = i;
        peer_send(peer, &read, sizeof(read), NULL, 0);
    }
    assert_true(peer->server.out_size != 0);
    assert_true(peer->server.messages < 5);
    for (uint16_t i = 0; i < 4; i++) {
        assert_true(peer_receive(peer));
        assert_int_equal(peer->header.id, i);
        assert_int_equal(peer->size, sizeof(read.access) + WIRE_TRANSFER_MAX);
    }
    assert_int_equal(peer->server.out_size, 0);
}

static void half_a_message_is_said(void **state)
{
    struct peer *peer = *state;
    const struct wire_header header = {.command = WIRE_GET_INFO, .size = 32};
    peer_send(peer, &header, sizeof(header), NULL, 0);
    peer_leave(peer);
    assert_string_equal(peer->reason, "it ended after 16 bytes of a message");
    peer_connect(peer);
    peer_leave(peer);
    assert_string_equal(peer->reason, "");
    peer_connect(peer);
    peer_agree(peer);
}

/* Nothing of one peer is left for the next, and no descriptor stays. */
static void the_next_peer_finds_a_new_device(void **state)
{
    struct peer *peer = *state;
    void *memory;
    int fd = peer_file(65536, &memory);
    int event = eventfd(0, EFD_CLOEXEC);
    unsigned before = peer_count_fds();
    for (int i = 0; i < 5; i++) {
        assert_int_equal(peer_read(peer, 7, 4, 2), 0);
        assert_int_equal(peer_read(peer, 3, 64, 4), 0);
        assert_int_equal(peer_read(peer, 0, 0x2080, 4), 0);
        assert_int_equal(peer_map(peer, 0x100000, 65536, fd, 0, RW), 0);
        assert_int_equal(peer_irq(peer, 0, 0x24, event), 0);
        assert_int_equal(peer_irq(peer, 1, 0x24, event), 0);
        peer_write(peer, 7, 4, 2, 0x0406);
        peer_write(peer, 7, 0x10, 4, 0xfeb00000);
        peer_write(peer, 3, 64, 4, 0x100001);
        peer_write(peer, 0, 0x2080, 4, 0x12345000);
        assert_int_equal(peer_read(peer, 7, 4, 2), 0x0406);
        assert_int_equal(peer_read(peer, 0, 0x2080, 4), 0x12345000);
        peer_leave(peer);
        assert_int_equal(peer->device.dma.count, 0);
        peer_connect(peer);
        peer_agree(peer);
    }
    assert_int_equal(peer_count_fds(), before);
    close(fd);
    close(event);
    munmap(memory, 65536);
}

/* The table and the enumeration agree. */
static void each_command_of_a_client_has_a_row(void **state)
{
    const struct message *message;
    (void)state;
    for (size_t i = 0; (message = message_at(i)) != NULL; i++) {
        assert_true(message->size_min <= message->size_max);
        assert_true(message->fds_max <= WIRE_FDS_MAX);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(message_at(j)->command, message->command);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bad_messages_end_the_connection_by_name),
        TEST(refused_operations_have_an_errno),
        TEST(ranges_are_limited),
        TEST(version_says_what_is_offered),
        TEST(device_and_interrupts_are_described),
        cmocka_unit_test(each_chip_has_its_regions),
        TEST(peers_without_descriptors_get_none),
        TEST(the_page_table_is_mapped_only_where_that_is_wanted),
        TEST(messages_may_come_in_pieces_and_in_rows),
        TEST(descriptors_find_their_message),
        TEST(answers_that_are_not_taken_hold_the_rest_up),
        TEST(half_a_message_is_said),
        TEST(the_next_peer_finds_a_new_device),
        cmocka_unit_test(each_command_of_a_client_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
