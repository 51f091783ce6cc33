/* SPDX-License-Identifier: MIT */
#include "proto/client/session.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/address.h"
#include "proto/client/bo.h"
#include "proto/memfile.h"
#include "proto/ring.h"

/* A daemon that takes a connection but says nothing for so long is not one. Milliseconds. */
#define WELCOME_TIMEOUT_MS 10000

_Static_assert(GEMD_RING_DATA_OFFSET >= sizeof(struct gemd_ring_header), "ring header fits");

int gemd_socket_path(char *path, size_t size)
{
    return address_default(path, size);
}

/* ---- life ---- */

static bool has_processors(void)
{
    cpu_set_t processors;
    CPU_ZERO(&processors);
    return sched_getaffinity(0, sizeof(processors), &processors) == 0 && CPU_COUNT(&processors) > 1;
}

static struct gemd_session *session_new(const struct gemd_connect_options *options)
{
    struct gemd_session *session = calloc(1, sizeof(*session));
    if (session == NULL) {
        return NULL;
    }
    session->references = 1;
    session->may_spin = has_processors();
    session->socket = -1;
    session->doorbell = -1;
    session->on_event = options->on_event;
    session->on_event_data = options->on_event_data;
    session->zombies_end = &session->zombies;
    session->events_end = &session->events;
    pthread_rwlock_init(&session->connection, NULL);
    pthread_mutex_init(&session->socket_lock, NULL);
    pthread_mutex_init(&session->import_lock, NULL);
    pthread_mutex_init(&session->lock, NULL);
    pthread_mutex_init(&session->events_lock, NULL);
    pthread_mutex_init(&session->waits_lock, NULL);
    return session;
}

struct gemd_session *session_ref(struct gemd_session *session)
{
    __atomic_add_fetch(&session->references, 1, __ATOMIC_RELAXED);
    return session;
}

void session_unref(struct gemd_session *session)
{
    if (__atomic_sub_fetch(&session->references, 1, __ATOMIC_ACQ_REL) != 0) {
        return;
    }
    bo_forget_all(session);
    event_clear(session);
    vblank_clear(session);
    free(session->path);
    free(session->name);
    if (session->status != NULL) {
        munmap((void *)(uintptr_t)session->status, session->status_bytes);
    }
    if (session->ring != NULL) {
        munmap(session->ring, ring_file_size(session->ring_bytes));
    }
    if (session->doorbell >= 0) {
        close(session->doorbell);
    }
    if (session->socket >= 0) {
        close(session->socket);
    }
    pthread_rwlock_destroy(&session->connection);
    pthread_mutex_destroy(&session->socket_lock);
    pthread_mutex_destroy(&session->import_lock);
    pthread_mutex_destroy(&session->lock);
    pthread_mutex_destroy(&session->events_lock);
    pthread_mutex_destroy(&session->waits_lock);
    free(session);
}

void gemd_session_close(struct gemd_session *session)
{
    if (session != NULL) {
        session_lose(session, GEMD_LOST_UNKNOWN);
        shutdown(session->socket, SHUT_RDWR);
        session_unref(session);
    }
}

/* ---- opening ---- */

static int send_hello(struct gemd_session *session, const struct gemd_connect_options *options)
{
    struct gemd_msg_hello hello;
    codec_begin(&hello, GEMD_MSG_HELLO, ++session->serial);
    hello.magic = GEMD_PROTOCOL_MAGIC;
    hello.major = GEMD_PROTOCOL_MAJOR;
    hello.minor = GEMD_PROTOCOL_MINOR;
    hello.role = options->role;
    codec_set_text(hello.name, sizeof(hello.name),
                   options->name != NULL ? options->name : program_invocation_short_name);
    return packet_send(session->socket, &hello, NULL, 0);
}

/* Waits for WELCOME or ERROR. 0 with the packet; -EPROTO, or what ERROR said. */
static int receive_welcome(struct gemd_session *session, struct packet *packet,
                           char reason[GEMD_TEXT_MAX])
{
    struct pollfd wait = {.fd = session->socket, .events = POLLIN};
    int ready;
    do {
        ready = poll(&wait, 1, WELCOME_TIMEOUT_MS);
    } while (ready < 0 && errno == EINTR);
    int result = ready > 0 ? packet_receive(session->socket, packet, MSG_DONTWAIT) : 0;
    if (result <= 0) {
        snprintf(reason, GEMD_TEXT_MAX, "not a gemd: it %s instead of answering HELLO",
                 ready > 0 ? "closed the connection" : "was silent");
        return -EPROTO;
    }
    const struct codec_message *row = packet_check(packet, CODEC_TO_CLIENT, reason);
    if (row != NULL && row->type == GEMD_MSG_WELCOME) {
        return 0;
    }
    result = -EPROTO;
    if (row != NULL && row->type == GEMD_MSG_ERROR) {
        struct gemd_msg_error error;
        memcpy(&error, packet->bytes, sizeof(error));
        memcpy(reason, error.text, GEMD_TEXT_MAX);
        result = error.error < 0 && error.error >= -4095 ? error.error : -EPROTO;
    } else if (row != NULL) {
        snprintf(reason, GEMD_TEXT_MAX, "not a gemd: it answered HELLO with %s", row->name);
    }
    packet_clear(packet);
    return result;
}

static int check_welcome(const struct gemd_msg_welcome *welcome, char reason[GEMD_TEXT_MAX])
{
    if (welcome->major != GEMD_PROTOCOL_MAJOR) {
        snprintf(reason, GEMD_TEXT_MAX, "the daemon speaks protocol version %u.%u, this library %u",
                 welcome->major, welcome->minor, GEMD_PROTOCOL_MAJOR);
        return -EPROTO;
    }
    if (!ring_bytes_valid(welcome->ring_bytes)) {
        snprintf(reason, GEMD_TEXT_MAX, "WELCOME: a submission ring of %u bytes cannot be",
                 welcome->ring_bytes);
        return -EPROTO;
    }
    return 0;
}

static int map_ring(struct gemd_session *session, int fd, char reason[GEMD_TEXT_MAX])
{
    uint64_t size = ring_file_size(session->ring_bytes);
    if (memfile_check(fd, size, NULL, reason) < 0) {
        return -EPROTO;
    }
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        snprintf(reason, GEMD_TEXT_MAX, "the submission ring: %s", strerror(errno));
        return -ENOMEM;
    }
    session->ring = map;
    session->tail = session->ring->tail;
    return 0;
}

static int map_status(struct gemd_session *session, int fd, char reason[GEMD_TEXT_MAX])
{
    uint64_t size;
    if (memfile_check_readable(fd, sizeof(struct gemd_status_page), &size, reason) < 0) {
        return -EPROTO;
    }
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        snprintf(reason, GEMD_TEXT_MAX, "the status page: %s", strerror(errno));
        return -ENOMEM;
    }
    session->status = map;
    session->status_bytes = size;
    if (session->status->magic != GEMD_PROTOCOL_MAGIC ||
        session->status->major != GEMD_PROTOCOL_MAJOR) {
        snprintf(reason, GEMD_TEXT_MAX, "the status page is not one of version %u",
                 GEMD_PROTOCOL_MAJOR);
        return -EPROTO;
    }
    return 0;
}

static void fill_info(struct gemd_info *info, const struct gemd_msg_welcome *welcome)
{
    info->session = welcome->session;
    info->pci_device = (uint16_t)welcome->pci_device;
    info->aperture_bytes = welcome->aperture_bytes;
    info->gtt_bytes = welcome->gtt_bytes;
    info->max_batch_words = welcome->max_batch_words;
    info->max_relocs = welcome->max_relocs;
    info->max_buffers = welcome->max_buffers;
    info->screen_width = welcome->screen_width;
    info->screen_height = welcome->screen_height;
    info->refresh_millihertz = welcome->refresh_millihertz;
    memcpy(info->device, welcome->device, sizeof(info->device));
    memcpy(info->daemon, welcome->daemon, sizeof(info->daemon));
}

static int accept_welcome(struct gemd_session *session, struct packet *packet,
                          char reason[GEMD_TEXT_MAX])
{
    struct gemd_msg_welcome welcome;
    memcpy(&welcome, packet->bytes, sizeof(welcome));
    int result = check_welcome(&welcome, reason);
    if (result < 0) {
        return result;
    }
    session->ring_bytes = welcome.ring_bytes;
    fill_info(&session->info, &welcome);
    result = map_ring(session, packet->fds[0], reason);
    if (result == 0) {
        result = map_status(session, packet->fds[1], reason);
    }
    if (result == 0) {
        session->doorbell = packet_take_fd(packet, 2);
    }
    return result;
}

static int greet(struct gemd_session *session, const struct gemd_connect_options *options,
                 char reason[GEMD_TEXT_MAX])
{
    struct packet packet;
    int result = send_hello(session, options);
    /* A daemon that refuses the connection may have written why before it closed it. */
    if (result < 0 && result != -EPIPE && result != -ECONNRESET) {
        snprintf(reason, GEMD_TEXT_MAX, "HELLO was not sent: %s", strerror(-result));
        return result;
    }
    result = receive_welcome(session, &packet, reason);
    if (result == 0) {
        result = accept_welcome(session, &packet, reason);
        packet_clear(&packet);
    }
    return result;
}

static bool remember(struct gemd_session *session, const char *path,
                     const struct gemd_connect_options *options)
{
    session->path = strdup(path);
    session->name = options->name != NULL ? strdup(options->name) : NULL;
    session->role = options->role;
    return session->path != NULL && (options->name == NULL || session->name != NULL);
}

int session_connect(const char *path, const struct gemd_connect_options *options,
                    struct gemd_session **opened, char reason[GEMD_TEXT_MAX])
{
    struct gemd_session *session = session_new(options);
    if (session == NULL || !remember(session, path, options)) {
        if (session != NULL) {
            session_unref(session);
        }
        snprintf(reason, GEMD_TEXT_MAX, "no memory for a session");
        return -ENOMEM;
    }
    int result = address_connect(path, reason);
    session->socket = result;
    if (result >= 0) {
        result = greet(session, options, reason);
    }
    if (result < 0) {
        session_unref(session);
        return result;
    }
    *opened = session;
    return 0;
}

int gemd_session_open(const struct gemd_connect_options *options, struct gemd_session **session,
                      char reason[GEMD_TEXT_MAX])
{
    static const struct gemd_connect_options none;
    struct sockaddr_un address;
    char path[sizeof(address.sun_path)];
    char text[GEMD_TEXT_MAX] = "";

    *session = NULL;
    options = options != NULL ? options : &none;
    int result = 0;
    if (options->socket == NULL) {
        result = address_default(path, sizeof(path));
        snprintf(text, sizeof(text), "the path of the daemon's socket is too long");
    }
    if (result == 0) {
        result = session_connect(options->socket != NULL ? options->socket : path, options, session,
                                 text);
    }
    if (reason != NULL) {
        memcpy(reason, text, GEMD_TEXT_MAX);
    }
    return result < 0 ? result : 0;
}

/* ---- questions ---- */

const struct gemd_info *gemd_session_info(const struct gemd_session *session)
{
    return &session->info;
}

enum gemd_lost_reason gemd_session_lost(struct gemd_session *session)
{
    if (!session_gone(session)) {
        gemd_session_dispatch(session); /* finds out whether the daemon still lives */
    }
    return (enum gemd_lost_reason)__atomic_load_n(&session->lost, __ATOMIC_ACQUIRE);
}

int gemd_session_fd(const struct gemd_session *session)
{
    return session->socket;
}

uint64_t gemd_session_rejected(struct gemd_session *session)
{
    return __atomic_load_n(&session->rejected, __ATOMIC_ACQUIRE) +
           __atomic_load_n(&session->status->rejected, __ATOMIC_ACQUIRE);
}
