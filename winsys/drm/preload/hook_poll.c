/* SPDX-License-Identifier: MIT */
/*
 * poll() of dma-bufs: readable when nobody writes to it any more, writable when nobody uses it. A
 * memory file always says that it is both, so fences of the buffer are asked in its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winsys/drm/preload/descriptor.h"
#include "winsys/drm/preload/next.h"

/* What is asked instead: the program's entries, dma-bufs left out, and fences behind them. */
struct stand_in {
    struct pollfd *fds;
    nfds_t given, count;
    nfds_t *of; /* [i - given]: whose fence fds[i] is */
};

/* Only memory files have seals, so others cost no message. */
static bool may_be_dmabuf(const struct pollfd *entry)
{
    return entry->fd >= 0 && (entry->events & (POLLIN | POLLOUT)) != 0 &&
           fcntl(entry->fd, F_GET_SEALS) >= 0;
}

static bool has_dmabuf(const struct pollfd *fds, nfds_t count)
{
    nfds_t i = 0;

    while (fds != NULL && i < count && !may_be_dmabuf(&fds[i])) {
        i++;
    }
    return fds != NULL && i < count;
}

/* Whether it is one of ours: the other memory files stay as they are. */
static bool add_fence(struct stand_in *in, nfds_t entry, short event)
{
    struct dma_buf_export_sync_file fence = {
        .flags = event == POLLIN ? DMA_BUF_SYNC_READ : DMA_BUF_SYNC_RW, .fd = -1};

    if (descriptor_call(in->fds[entry].fd, (uint32_t)DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &fence) != 0) {
        return false;
    }
    in->fds[in->count] = (struct pollfd){.fd = fence.fd, .events = POLLIN};
    in->of[in->count - in->given] = entry;
    in->count++;
    return true;
}

static void add_fences(struct stand_in *in, nfds_t entry)
{
    const struct pollfd asked = in->fds[entry];
    bool is_ours = true;

    if ((asked.events & POLLIN) != 0) {
        is_ours = add_fence(in, entry, POLLIN);
    }
    if (is_ours && (asked.events & POLLOUT) != 0) {
        is_ours = add_fence(in, entry, POLLOUT);
    }
    if (is_ours) {
        in->fds[entry].fd = -1;
    }
}

static void end(struct stand_in *in)
{
    for (nfds_t i = in->given; i < in->count; i++) {
        close(in->fds[i].fd);
    }
    free(in->fds);
    free(in->of);
}

static bool begin(struct stand_in *in, const struct pollfd *fds, nfds_t count)
{
    const int error = errno;

    *in = (struct stand_in){
        .fds = calloc(count, 3 * sizeof(*fds)), /* two fences each, at most */
        .given = count,
        .count = count,
        .of = calloc(count, 2 * sizeof(nfds_t)),
    };
    if (in->fds == NULL || in->of == NULL) {
        end(in);
        errno = error;
        return false;
    }
    memcpy(in->fds, fds, count * sizeof(*fds));
    for (nfds_t i = 0; i < count; i++) {
        if (may_be_dmabuf(&fds[i])) {
            add_fences(in, i);
        }
    }
    errno = error;
    return true;
}

/* What the program is told: fences' answers are their buffers'. */
static int tell(struct stand_in *in, struct pollfd *fds, int result)
{
    const int error = errno;
    int told = 0;

    for (nfds_t i = in->given; i < in->count; i++) {
        const struct pollfd *asked = &fds[in->of[i - in->given]];
        const bool is_second = i > in->given && in->of[i - in->given - 1] == in->of[i - in->given];
        if (result > 0 && in->fds[i].revents != 0) {
            in->fds[in->of[i - in->given]].revents |=
                (asked->events & POLLIN) != 0 && !is_second ? POLLIN : POLLOUT;
        }
    }
    for (nfds_t i = 0; i < in->given && result >= 0; i++) {
        fds[i].revents = in->fds[i].revents;
        told += fds[i].revents != 0;
    }
    end(in);
    errno = error;
    return result < 0 ? result : told;
}

HOOK int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct stand_in in;

    if (!has_dmabuf(fds, count) || !begin(&in, fds, count)) {
        return NEXT(poll)(fds, count, timeout);
    }
    return tell(&in, fds, NEXT(poll)(in.fds, in.count, timeout));
}

HOOK int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
               const sigset_t *signals)
{
    struct stand_in in;

    if (!has_dmabuf(fds, count) || !begin(&in, fds, count)) {
        return NEXT(ppoll)(fds, count, timeout, signals);
    }
    return tell(&in, fds, NEXT(ppoll)(in.fds, in.count, timeout, signals));
}

/* What is compiled with checks calls these; 'size' is that of what 'fds' is in. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                const sigset_t *signals, size_t size);

HOOK int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
    return size / sizeof(*fds) >= count ? poll(fds, count, timeout)
                                        : NEXT(__poll_chk)(fds, count, timeout, size);
}

HOOK int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                     const sigset_t *signals, size_t size)
{
    return size / sizeof(*fds) >= count ? ppoll(fds, count, timeout, signals)
                                        : NEXT(__ppoll_chk)(fds, count, timeout, signals, size);
}
