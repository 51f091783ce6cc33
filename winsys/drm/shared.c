/* SPDX-License-Identifier: MIT */
#include "winsys/drm/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "proto/pause.h"

#define LOOKS       8u      /* between two at the clock */
#define STEP_CALLS  4u      /* that a step must be good for */
#define STEP_NS     100000u /* that it may take */
#define DENSE_CALLS 2u
#define DENSE_NS    100000u /* between two of them */

_Static_assert(sizeof(struct drm_shared_side) == 64, "lines of the cache");

/* ---- the memory ---- */

static int map(struct drm_link *link, int fd, bool is_server)
{
    void *memory = mmap(NULL, sizeof(struct drm_shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED) {
        return -errno;
    }
    link->shared = memory;
    link->own = is_server ? &link->shared->server : &link->shared->program;
    link->other = is_server ? &link->shared->program : &link->shared->server;
    link->seen = __atomic_load_n(&link->other->number, __ATOMIC_SEQ_CST); /* what brought it */
    return 0;
}

int drm_shared_create(struct drm_link *link, int *fd)
{
    int error = 0;

    *fd = memfd_create("gemd-drm-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0) {
        return -errno;
    }
    /* What could be cut off would be a signal for us. */
    if (ftruncate(*fd, sizeof(struct drm_shared)) != 0 ||
        fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        error = -errno;
    }
    if (error == 0) {
        error = map(link, *fd, true);
    }
    if (error != 0) {
        close(*fd);
        *fd = -1;
        return error;
    }
    return 0;
}

int drm_shared_open(struct drm_link *link, int fd)
{
    const int error = map(link, fd, false);

    if (error != 0) {
        return error;
    }
    if (madvise(link->shared, sizeof(struct drm_shared), MADV_DONTFORK) != 0) {
        const int result = -errno;
        drm_shared_close(link);
        return result;
    }
    return 0;
}

void drm_shared_close(struct drm_link *link)
{
    if (link->shared != NULL) {
        __atomic_store_n(&link->own->sleeps, 1, __ATOMIC_SEQ_CST);
        munmap(link->shared, sizeof(struct drm_shared));
        link->shared = NULL;
    }
}

/* ---- messages ---- */

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

bool drm_link_sleeps(const struct drm_link *link)
{
    return load(&link->other->sleeps) != 0;
}

static int ring(int socket)
{
    struct drm_packet bell = {.request = {.type = DRM_WIRE_BELL}, .fd = -1};

    return drm_packet_send(socket, &bell);
}

bool drm_link_fits(const struct drm_link *link, const struct drm_packet *packet)
{
    return link->shared != NULL && packet->fd < 0 &&
           packet->request.payload <= DRM_SHARED_PAYLOAD_MAX;
}

int drm_link_send(struct drm_link *link, struct drm_packet *packet)
{
    if (link->shared == NULL) {
        return drm_packet_send(link->socket, packet);
    }
    const size_t payload = (size_t)packet->request.payload;
    const bool fits = drm_link_fits(link, packet);
    struct drm_shared_side *own = link->own;

    packet->request.flags = 0;
    own->request = packet->request;
    own->request.flags = fits ? 0 : DRM_WIRE_ELSEWHERE;
    own->processor = (uint32_t)sched_getcpu();
    if (fits && payload > 0) {
        memcpy(link->shared->payload, packet->payload, payload);
    }
    __atomic_store_n(&own->number, load(&own->number) + 1, __ATOMIC_SEQ_CST);
    if (!fits) { /* wakes the other one, too */
        return drm_packet_send(link->socket, packet);
    }
    if (load(&link->other->sleeps) != 0 &&
        __atomic_exchange_n(&link->other->sleeps, 0, __ATOMIC_SEQ_CST) != 0) {
        return ring(link->socket);
    }
    return 0;
}

/* What is there, copied before it is looked at. 1; 0: it comes by the socket. */
static int take(struct drm_link *link, struct drm_packet *packet, struct drm_buffer *buffer)
{
    packet->request = link->other->request;
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* nothing is read again */
    packet->fd = -1;
    if (packet->request.flags == DRM_WIRE_ELSEWHERE) {
        return 0;
    }
    if (packet->request.flags != 0 || packet->request.payload > DRM_SHARED_PAYLOAD_MAX) {
        return -EPROTO;
    }
    if (drm_buffer_reserve(buffer, DRM_SHARED_PAYLOAD_MAX) != 0) {
        return -ENOMEM;
    }
    memcpy(buffer->bytes, link->shared->payload, (size_t)packet->request.payload);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    packet->payload = buffer->bytes;
    return 1;
}

static bool has_come(const struct drm_link *link)
{
    return load(&link->other->number) != link->seen;
}

/* Whether a packet is no message, but a bell. What it names is nobody's. */
static bool is_bell(struct drm_packet *packet)
{
    if (packet->request.type != DRM_WIRE_BELL) {
        return false;
    }
    if (packet->fd >= 0) {
        close(packet->fd);
        packet->fd = -1;
    }
    return true;
}

/* A packet: 1 and others of drm_packet_receive(); -EAGAIN: there is something in the memory. */
static int sleep_at_socket(struct drm_link *link, struct drm_packet *packet,
                           struct drm_buffer *buffer)
{
    int result = -EAGAIN;

    __atomic_store_n(&link->own->sleeps, 1, __ATOMIC_SEQ_CST);
    if (!has_come(link)) {
        result = drm_packet_receive(link->socket, packet, buffer);
    }
    if (result != 0) { /* at the end it never wakes */
        __atomic_store_n(&link->own->sleeps, 0, __ATOMIC_SEQ_CST);
    }
    return result == 1 && is_bell(packet) ? -EAGAIN : result;
}

int drm_link_receive(struct drm_link *link, struct drm_packet *packet, struct drm_buffer *buffer)
{
    if (link->shared == NULL) {
        return drm_packet_receive(link->socket, packet, buffer);
    }
    for (;;) {
        const uint32_t number = load(&link->other->number);
        int result = 0;
        if (number != link->seen) {
            link->seen = number;
            result = take(link, packet, buffer);
        }
        if (result == 0) {
            result = sleep_at_socket(link, packet, buffer);
            if (result == -EAGAIN) {
                continue;
            }
            if (result == 1) { /* and not -EINTR: what has come meanwhile is to be taken */
                link->seen = load(&link->other->number);
            }
        }
        return result;
    }
}

/* ---- looking ---- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool drm_link_look(const struct drm_link *link, uint32_t ns)
{
    if (link->shared == NULL || has_come(link)) {
        return link->shared != NULL;
    }
    if (ns == 0 || load(&link->other->processor) == (uint32_t)sched_getcpu()) {
        return false;
    }
    const uint64_t until = now_ns() + ns;
    do {
        for (unsigned i = 0; i < LOOKS; i++) {
            if (has_come(link)) {
                return true;
            }
            pause_briefly();
        }
    } while (now_ns() < until);
    return false;
}

bool drm_looks_may(struct drm_looks *looks)
{
    if (looks->skip > 0) {
        looks->skip--;
        return false;
    }
    return true;
}

void drm_looks_note(struct drm_looks *looks, bool came)
{
    const unsigned misses = came ? 0 : looks->misses * 2u + 1;

    looks->misses = (uint8_t)(misses < DRM_LOOKS_SKIP_MAX ? misses : DRM_LOOKS_SKIP_MAX);
    looks->skip = looks->misses;
}

/* Goes there, or anywhere but there; what follows may be on any processor again. */
static bool change_processor(int processor, bool to_it)
{
    cpu_set_t all, wanted;

    if (sched_getaffinity(0, sizeof(all), &all) != 0 || !CPU_ISSET(processor, &all)) {
        return false;
    }
    if (to_it) {
        CPU_ZERO(&wanted);
        CPU_SET(processor, &wanted);
    } else {
        wanted = all;
        CPU_CLR(processor, &wanted);
    }
    if (CPU_COUNT(&wanted) == 0 || sched_setaffinity(0, sizeof(wanted), &wanted) != 0) {
        return false;
    }
    (void)sched_setaffinity(0, sizeof(all), &all);
    return true;
}

/* Whether calls come so quickly that a step could pay. */
static bool is_dense(struct drm_aside *aside, uint64_t now)
{
    aside->dense = now - aside->last_ns < DENSE_NS ? aside->dense + 1 : 0;
    aside->last_ns = now;
    aside->calls++;
    return aside->dense >= DENSE_CALLS;
}

void drm_step_aside(struct drm_aside *aside, const struct drm_link *link)
{
    const int here = sched_getcpu();
    const uint64_t begin = now_ns();

    if (!is_dense(aside, begin) || here < 0 || load(&link->other->processor) != (uint32_t)here ||
        !drm_looks_may(&aside->looks)) {
        return;
    }
    const bool went = change_processor(here, false);
    drm_looks_note(&aside->looks, went && aside->calls >= STEP_CALLS && now_ns() - begin < STEP_NS);
    aside->calls = 0;
    aside->is_aside = went;
}

void drm_step_back(struct drm_aside *aside, const struct drm_link *link)
{
    const uint32_t there = load(&link->other->processor);

    if (aside->is_aside && there < CPU_SETSIZE) {
        (void)change_processor((int)there, true);
    }
    aside->is_aside = false;
}

unsigned drm_processors(void)
{
    cpu_set_t processors;

    CPU_ZERO(&processors);
    return sched_getaffinity(0, sizeof(processors), &processors) == 0
               ? (unsigned)CPU_COUNT(&processors)
               : 1;
}
