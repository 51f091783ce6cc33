/* SPDX-License-Identifier: MIT */
/*
 * gma-vfio-user's server with a peer that does anything. The model has no thread, and its streamer
 * does not run: what a guest can make the GPU do is the oracle's.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/targets/target.h"
#include "tests/fuzz/targets/vfio_script.h"
#include "tools/gma-vfio-user/device.h"
#include "tools/gma-vfio-user/server.h"

#define FILE_SIZE  (1u << 20)
#define STEPS_MAX  64
#define FDS_MAX    12u
#define DRAIN_SIZE (1u << 16)

enum { FD_FILE, FD_EVENT, FD_READER, FD_SOCKET, FD_KINDS };

static struct {
    struct event_base *base;
    struct device device;
    struct server server;
    int fds[FD_KINDS];
    int fd; /* ours */
    bool says_version;
} rig;

static uint64_t stopped_clock(void *data)
{
    return 1000000000;
}

static void require(bool good, const char *what)
{
    if (!good) {
        target_fail("%s: %s", what, strerror(errno));
    }
}

static void begin(void)
{
    const struct device_options options = {
        .model = {.threads = 1, .clock = stopped_clock, .lent_thread = true},
        .stolen_base = DEVICE_STOLEN_BASE,
        .maps_table = true};
    char path[64];
    target_silence();
    rig.base = event_base_new();
    require(rig.base != NULL && device_init(&rig.device, &options) == 0, "no device");
    require(dma_guard_install(&rig.device.dma) == 0, "no guard");
    require(server_init(&rig.server, rig.base, &rig.device) == 0, "no server");
    rig.fds[FD_FILE] = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", rig.fds[FD_FILE]);
    rig.fds[FD_READER] = open(path, O_RDONLY | O_CLOEXEC);
    rig.fds[FD_EVENT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    require(rig.fds[FD_FILE] >= 0 && rig.fds[FD_READER] >= 0 && rig.fds[FD_EVENT] >= 0, "files");
}

static void turn(void)
{
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
}

/* Takes what was answered, descriptors too. */
static void drain(void)
{
    static uint8_t bytes[DRAIN_SIZE];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    for (int i = 0; i < 64; i++) {
        struct iovec vector = {.iov_base = bytes, .iov_len = sizeof(bytes)};
        struct msghdr message = {.msg_iov = &vector,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof(control.bytes)};
        if (recvmsg(rig.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0) {
            return;
        }
        struct cmsghdr *part = CMSG_FIRSTHDR(&message);
        if (part != NULL) {
            int fd;
            memcpy(&fd, CMSG_DATA(part), sizeof(fd));
            close(fd);
        }
        turn();
    }
}

static void leave(void)
{
    close(rig.fd);
    drain();
    turn();
    if (rig.server.fd >= 0 || rig.server.in_fd_count != 0 || rig.device.dma.count != 0 ||
        rig.device.hw == NULL || rig.device.irq.triggers[IRQ_INTX] >= 0 ||
        rig.device.irq.triggers[IRQ_MSI] >= 0) {
        target_fail("something of a peer is left: %s", rig.server.reason);
    }
}

static void connect_peer(void)
{
    static const struct {
        struct wire_header header;
        struct wire_version version;
    } hello = {.header = {.command = WIRE_VERSION, .size = 20}};
    int pair[2];
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
    require(server_attach(&rig.server, pair[0]) == 0, "server_attach");
    rig.fd = pair[1];
    rig.fds[FD_SOCKET] = pair[1];
    if (rig.says_version) {
        require(send(rig.fd, &hello, 20, MSG_NOSIGNAL) == 20, "hello");
        turn();
        drain();
    }
}

static void send_step(const struct vfio_step *step, const uint8_t *bytes)
{
    static uint8_t message_bytes[sizeof(struct wire_header) + VFIO_STEP_BYTES_MAX];
    const struct wire_header header = {
        .command = step->command,
        .size = (uint32_t)sizeof(header) + step->size,
        .flags = (step->how & VFIO_STEP_SILENT) ? WIRE_NO_REPLY : 0,
    };
    size_t skip = (step->how & VFIO_STEP_RAW) ? 0 : sizeof(header);
    unsigned count = step->fds & 15u;
    int kind = (step->fds >> 4) % FD_KINDS;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control = {0};
    memcpy(message_bytes, &header, skip);
    memcpy(message_bytes + skip, bytes, step->size);
    struct iovec vector = {.iov_base = message_bytes, .iov_len = skip + step->size};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    count = count < FDS_MAX ? count : FDS_MAX;
    if (count > 0 && vector.iov_len > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(count * sizeof(int));
        for (unsigned i = 0; i < count; i++) {
            memcpy(CMSG_DATA(part) + i * sizeof(int), &rig.fds[kind], sizeof(int));
        }
    }
    /* Full, or hung up: then that is so. */
    ssize_t sent = sendmsg(rig.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}

static void run_step(const struct vfio_step *step, const uint8_t *bytes)
{
    if (step->how & VFIO_STEP_SHORTEN) {
        require(ftruncate(rig.fds[FD_FILE], 4096) == 0, "ftruncate");
    }
    send_step(step, bytes);
    turn();
    if (!(step->how & VFIO_STEP_DEAF)) {
        drain();
    }
    if ((step->how & VFIO_STEP_LEAVE) || rig.server.fd < 0) {
        leave();
        rig.says_version = !(step->how & VFIO_STEP_NEW);
        connect_peer();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct vfio_step step;
    size_t at = 0;
    if (rig.base == NULL) {
        begin();
    }
    require(ftruncate(rig.fds[FD_FILE], FILE_SIZE) == 0, "ftruncate");
    rig.says_version = true;
    connect_peer();
    for (int i = 0; i < STEPS_MAX && size - at >= sizeof(step); i++) {
        memcpy(&step, bytes + at, sizeof(step));
        at += sizeof(step);
        size_t have = size - at;
        step.size = step.size < VFIO_STEP_BYTES_MAX ? step.size : VFIO_STEP_BYTES_MAX;
        step.size = step.size < have ? step.size : (uint32_t)have;
        run_step(&step, bytes + at);
        size_t padded = ((size_t)step.size + 3) / 4 * 4;
        at += padded < have ? padded : have;
    }
    leave();
    return 0;
}
