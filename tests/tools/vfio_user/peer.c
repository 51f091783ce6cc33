/* SPDX-License-Identifier: MIT */
#include "tests/tools/vfio_user/peer.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static void note_end(void *data, const char *reason)
{
    struct peer *peer = data;
    peer->ended++;
    snprintf(peer->reason, sizeof(peer->reason), "%s", reason);
}

void peer_connect(struct peer *peer)
{
    int pair[2];
    assert_int_equal(peer->server.fd, -1);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(server_attach(&peer->server, pair[0]), 0);
    peer->fd = pair[1];
}

void peer_agree(struct peer *peer)
{
    struct {
        struct wire_version version;
        char text[64];
    } body = {.text = "{\"capabilities\":{\"max_msg_fds\":8}}"};
    size_t size = sizeof(body.version) + strlen(body.text) + 1;
    assert_int_equal(peer_call(peer, WIRE_VERSION, &body, size), 0);
}

void peer_init(struct peer *peer, const char *chip)
{
    const struct device_options options = {.model = {.chipset = chip, .threads = 1},
                                           .stolen_base = DEVICE_STOLEN_BASE,
                                           .maps_table = true};
    memset(peer, 0, sizeof(*peer));
    peer->fd = peer->got_fd = -1;
    peer->base = event_base_new();
    assert_non_null(peer->base);
    assert_int_equal(device_init(&peer->device, &options), 0);
    assert_int_equal(dma_guard_install(&peer->device.dma), 0);
    assert_int_equal(server_init(&peer->server, peer->base, &peer->device), 0);
    peer->server.ended = note_end;
    peer->server.data = peer;
    peer_connect(peer);
    peer_agree(peer);
}

static void close_got(struct peer *peer)
{
    if (peer->got_fd >= 0) {
        close(peer->got_fd);
    }
    peer->got_fd = -1;
}

void peer_finish(struct peer *peer)
{
    close_got(peer);
    if (peer->fd >= 0) {
        close(peer->fd);
    }
    server_finish(&peer->server);
    device_finish(&peer->device);
    event_base_free(peer->base);
}

void peer_turn(struct peer *peer)
{
    for (int i = 0; i < 4; i++) {
        event_base_loop(peer->base, EVLOOP_NONBLOCK);
    }
}

void peer_leave(struct peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
    peer_turn(peer);
    assert_int_equal(peer->server.fd, -1);
}

void peer_send(struct peer *peer, const void *bytes, size_t size, const int *fds, unsigned count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(PEER_FDS * sizeof(int))];
    } control = {0};
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(part), fds, count * sizeof(int));
    }
    while (vector.iov_len > 0) {
        ssize_t sent = sendmsg(peer->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            peer_turn(peer);
            continue;
        }
        if (sent < 0) {
            return; /* the server has hung up: the test will see it */
        }
        vector.iov_base = (uint8_t *)vector.iov_base + sent;
        vector.iov_len -= (size_t)sent;
        message.msg_control = NULL;
        message.msg_controllen = 0;
    }
    peer_turn(peer);
}

static void keep_fd(struct peer *peer, struct msghdr *message)
{
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    if (part != NULL && part->cmsg_type == SCM_RIGHTS) {
        assert_int_equal(part->cmsg_len, CMSG_LEN(sizeof(int)));
        close_got(peer);
        memcpy(&peer->got_fd, CMSG_DATA(part), sizeof(int));
    }
}

/* Exactly so many bytes; false at the end of the stream. */
static bool receive_all(struct peer *peer, void *to, size_t size)
{
    for (size_t have = 0; have < size;) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec vector = {.iov_base = (uint8_t *)to + have, .iov_len = size - have};
        struct msghdr message = {.msg_iov = &vector,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof(control.bytes)};
        ssize_t got = recvmsg(peer->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = peer->fd, .events = POLLIN};
            peer_turn(peer);
            assert_true(poll(&ready, 1, PATIENCE_MS) == 1);
            continue;
        }
        if (got <= 0) {
            return false;
        }
        keep_fd(peer, &message);
        have += (size_t)got;
    }
    return true;
}

bool peer_receive(struct peer *peer)
{
    close_got(peer);
    if (!receive_all(peer, &peer->header, sizeof(peer->header))) {
        return false;
    }
    assert_true(peer->header.size >= sizeof(peer->header) && peer->header.size <= WIRE_MESSAGE_MAX);
    peer->size = peer->header.size - sizeof(peer->header);
    return receive_all(peer, peer->body, peer->size);
}

int peer_call_fds(struct peer *peer, uint16_t command, const void *body, size_t size,
                  const int *fds, unsigned count)
{
    static uint8_t bytes[WIRE_MESSAGE_MAX];
    const struct wire_header header = {
        .id = ++peer->id, .command = command, .size = (uint32_t)(sizeof(header) + size)};
    assert_true(sizeof(header) + size <= sizeof(bytes));
    memcpy(bytes, &header, sizeof(header));
    if (size > 0) {
        memcpy(bytes + sizeof(header), body, size);
    }
    peer_send(peer, bytes, header.size, fds, count);
    if (!peer_receive(peer)) {
        peer_turn(peer);
        close(peer->fd);
        peer->fd = -1;
        return -1;
    }
    assert_int_equal(peer->header.id, peer->id);
    assert_int_equal(peer->header.command, command);
    if (peer->header.flags & WIRE_ERROR) {
        assert_int_equal(peer->header.flags, WIRE_TYPE_REPLY | WIRE_ERROR);
        assert_int_equal(peer->size, 0);
        assert_true(peer->header.error > 0);
        return (int)peer->header.error;
    }
    assert_int_equal(peer->header.flags, WIRE_TYPE_REPLY);
    return 0;
}

int peer_call(struct peer *peer, uint16_t command, const void *body, size_t size)
{
    return peer_call_fds(peer, command, body, size, NULL, 0);
}

uint32_t peer_read(struct peer *peer, uint32_t region, uint64_t offset, uint32_t size)
{
    const struct wire_access access = {.offset = offset, .region = region, .count = size};
    uint32_t value = 0;
    assert_int_equal(peer_call(peer, WIRE_REGION_READ, &access, sizeof(access)), 0);
    assert_int_equal(peer->size, sizeof(access) + size);
    assert_memory_equal(peer->body, &access, sizeof(access));
    memcpy(&value, peer->body + sizeof(access), size < 4 ? size : 4);
    return value;
}

void peer_write(struct peer *peer, uint32_t region, uint64_t offset, uint32_t size, uint32_t value)
{
    struct {
        struct wire_access access;
        uint32_t value;
    } body = {.access = {.offset = offset, .region = region, .count = size}, .value = value};
    assert_int_equal(peer_call(peer, WIRE_REGION_WRITE, &body, sizeof(body.access) + size), 0);
    assert_int_equal(peer->size, sizeof(body.access));
}

int peer_file(size_t size, void **mapping)
{
    int fd = memfd_create("guest", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(*mapping != MAP_FAILED);
    return fd;
}

int peer_map(struct peer *peer, uint64_t address, uint64_t size, int fd, uint64_t offset,
             uint32_t flags)
{
    const struct wire_dma_map map = {
        .argsz = sizeof(map), .flags = flags, .offset = offset, .address = address, .size = size};
    return peer_call_fds(peer, WIRE_DMA_MAP, &map, sizeof(map), &fd, fd >= 0 ? 1 : 0);
}

int peer_unmap(struct peer *peer, uint64_t address, uint64_t size)
{
    const struct wire_dma_unmap unmap = {.argsz = sizeof(unmap), .address = address, .size = size};
    int result = peer_call(peer, WIRE_DMA_UNMAP, &unmap, sizeof(unmap));
    if (result == 0) {
        assert_int_equal(peer->size, sizeof(unmap));
        assert_memory_equal(peer->body, &unmap, sizeof(unmap));
    }
    return result;
}

int peer_irq(struct peer *peer, uint32_t index, uint32_t flags, int fd)
{
    const struct wire_irq_set set = {
        .argsz = sizeof(set), .flags = flags, .index = index, .count = 1};
    return peer_call_fds(peer, WIRE_SET_IRQS, &set, sizeof(set), &fd, fd >= 0 ? 1 : 0);
}

bool peer_signalled(struct peer *peer, int eventfd)
{
    uint64_t count;
    struct pollfd ready = {.fd = eventfd, .events = POLLIN};
    peer_turn(peer);
    return poll(&ready, 1, 0) == 1 && read(eventfd, &count, sizeof(count)) == sizeof(count);
}

void peer_await(struct peer *peer, int eventfd)
{
    for (int i = 0; i < PATIENCE_MS; i++) {
        struct pollfd ready = {.fd = hw_irq_fd(peer->device.hw), .events = POLLIN};
        if (peer_signalled(peer, eventfd)) {
            return;
        }
        poll(&ready, 1, 1);
    }
    fail_msg("the interrupt did not come");
}

unsigned peer_count_fds(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}
