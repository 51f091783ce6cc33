/* SPDX-License-Identifier: MIT */
/* Channels: a thread for each thread of a program that calls. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "winsys/drm/pack.h"
#include "winsys/drm/server/server.h"
#include "winsys/drm/server/sync_file.h"
#include "winsys/drm/server/uevent.h"
#include "winsys/drm/shared.h"

#define SYNC_TYPE   (unsigned)'>' /* of ioctls */
#define STACK_BYTES ((size_t)512 << 10)
#define AWAKE_NS    50000u /* after a request: about what waking takes, there and back */

struct drm_channel {
    struct drm_channel *next;
    struct drm_server *server;
    struct drm_link link;
    struct drm_looks looks;
    struct drm_aside aside;
    bool ends; /* atomic: one that is kept busy does not look at its socket */
    struct ucred peer;
    struct drm_buffer in, out;
};

/* ---- requests ---- */

/*
 * Each fills in the answer. 0, or -EPROTO: nobody honest sends that, and the channel ends. What the
 * packet's descriptor is, is the caller's to close.
 */
typedef int handler(struct drm_channel *channel, struct drm_packet *packet,
                    struct drm_packet *answer, struct drm_call *call);

static int do_hello(struct drm_channel *channel, struct drm_packet *packet,
                    struct drm_packet *answer, struct drm_call *call)
{
    answer->answer.file = channel->server->id;
    answer->answer.result = packet->request.file == DRM_WIRE_VERSION ? 0 : -EPROTO;
    drm_shared_close(&channel->link);
    if (answer->answer.result == 0 && packet->request.length != 0 &&
        drm_shared_create(&channel->link, &call->fd_out) == 0) {
        answer->fd = call->fd_out;
    }
    return 0;
}

static int do_open(struct drm_channel *channel, struct drm_packet *packet,
                   struct drm_packet *answer, struct drm_call *call)
{
    struct drm_file *file;
    const uint32_t minor = packet->request.minor;

    if (minor != DRM_MINOR_CARD && minor != DRM_MINOR_RENDER) {
        return -EPROTO;
    }
    answer->answer.result =
        drm_file_open(channel->server, minor, &channel->peer, &file, &answer->fd);
    if (answer->answer.result != 0) {
        answer->fd = -1;
        return 0;
    }
    answer->answer.file = file->id;
    answer->answer.minor = minor;
    call->fd_out = answer->fd; /* closed when it was sent */
    drm_file_unref(file);
    return 0;
}

static int do_ioctl(struct drm_channel *channel, struct drm_packet *packet,
                    struct drm_packet *answer, struct drm_call *call)
{
    if (drm_call_row(packet->request.request) == NULL) {
        answer->answer.result = -EINVAL;
        return 0;
    }
    int error = drm_unpack_request(call, packet);
    if (error == -EPROTO) {
        return error;
    }
    struct drm_file *file = drm_file_find(channel->server, packet->request.file);
    if (file == NULL || error != 0) {
        answer->answer.result = error != 0 ? error : -ENODEV;
    } else {
        call->channel = channel->link.socket;
        call->pid = channel->peer.pid;
        call->uid = channel->peer.uid;
        const int result = drm_ioctl(file, call);
        error = drm_pack_answer(call, packet->request.request, result, answer, &channel->out);
        if (error != 0) {
            answer->answer.result = error;
        }
    }
    if (file != NULL) {
        drm_file_unref(file);
    }
    return 0;
}

static int do_map(struct drm_channel *channel, struct drm_packet *packet, struct drm_packet *answer,
                  struct drm_call *call)
{
    const struct drm_wire_request *request = &packet->request;
    struct drm_file *file = drm_file_find(channel->server, request->file);

    if (file == NULL) {
        answer->answer.result = -ENODEV;
        return 0;
    }
    const int fd = drm_gem_map(file, request->offset, request->length, request->request,
                               &answer->answer.offset);
    answer->answer.result = fd < 0 ? fd : 0;
    answer->fd = call->fd_out = fd < 0 ? -1 : fd;
    drm_file_unref(file);
    return 0;
}

/* The structure, padded to 8, and what its pointer is to show. */
static int answer_descriptor(struct drm_channel *channel, const struct drm_descriptor_call *of,
                             struct drm_packet *answer)
{
    const size_t size = (of->size + 7u) & ~7u;

    if (drm_buffer_reserve(&channel->out, size + of->more_bytes) != 0) {
        return -ENOMEM;
    }
    memset(channel->out.bytes, 0, size);
    if (of->size > 0) {
        memcpy(channel->out.bytes, of->argument, of->size);
    }
    if (of->more_bytes > 0) {
        memcpy(channel->out.bytes + size, of->more, of->more_bytes);
    }
    answer->answer.payload = size + of->more_bytes;
    answer->payload = channel->out.bytes;
    return answer->answer.result;
}

static int do_dmabuf(struct drm_channel *channel, struct drm_packet *packet,
                     struct drm_packet *answer, struct drm_call *call)
{
    if (packet->fd < 0 || packet->request.payload > DRM_CALL_STRUCT_MAX) {
        return -EPROTO;
    }
    struct drm_descriptor_call of = {.fd = packet->fd,
                                     .request = packet->request.request,
                                     .argument = packet->payload,
                                     .size = (uint32_t)packet->request.payload,
                                     .other = packet->request.offset,
                                     .fd_out = -1};
    answer->answer.result = _IOC_TYPE(of.request) == SYNC_TYPE
                                ? drm_sync_file_ioctl(channel->server, &of)
                                : drm_gem_dmabuf(channel->server, &of);
    if (answer->answer.result >= 0) {
        answer->answer.result = answer_descriptor(channel, &of, answer);
    }
    answer->fd = call->fd_out = of.fd_out; /* closed when it was sent */
    free(of.more);
    return 0;
}

/* A socket pair of ours has the name at its other end, for us as for the program. */
static uint64_t file_of(const struct drm_server *server, int fd, uint32_t *minor)
{
    struct sockaddr_un address = {0};
    socklen_t length = sizeof(address);
    unsigned long long server_id, file;
    unsigned number;

    if (getpeername(fd, (struct sockaddr *)&address, &length) != 0 ||
        address.sun_family != AF_UNIX || address.sun_path[0] != '\0') {
        return 0;
    }
    address.sun_path[sizeof(address.sun_path) - 1] = '\0';
    if (sscanf(address.sun_path + 1, DRM_WIRE_NAME "/%16llx/%16llx/%u", &server_id, &file,
               &number) != 3 ||
        server_id != server->id) {
        return 0;
    }
    *minor = number;
    return file;
}

static int do_look(struct drm_channel *channel, struct drm_packet *packet,
                   struct drm_packet *answer, struct drm_call *call)
{
    struct drm_server *server = channel->server;

    if (packet->fd < 0) {
        return -EPROTO;
    }
    const uint64_t id = file_of(server, packet->fd, &answer->answer.minor);
    struct drm_file *file = id != 0 ? drm_file_find(server, id) : NULL;
    if (file != NULL) {
        answer->answer.file = id;
        answer->answer.minor = file->minor;
        drm_file_unref(file);
    } else {
        answer->answer.minor = 0;
        answer->answer.offset = drm_sync_file_id(server, packet->fd);
        answer->answer.length = answer->answer.offset != 0 || drm_gem_is_dmabuf(server, packet->fd);
    }
    return 0;
}

static int do_uevent(struct drm_channel *channel, struct drm_packet *packet,
                     struct drm_packet *answer, struct drm_call *call)
{
    const int fd = drm_uevent_open(channel->server);

    answer->answer.result = fd < 0 ? fd : 0;
    answer->fd = call->fd_out = fd < 0 ? -1 : fd;
    return 0;
}

static handler *const handlers[DRM_WIRE_TYPES] = {
    [DRM_WIRE_HELLO] = do_hello,   [DRM_WIRE_OPEN] = do_open,     [DRM_WIRE_IOCTL] = do_ioctl,
    [DRM_WIRE_MAP] = do_map,       [DRM_WIRE_DMABUF] = do_dmabuf, [DRM_WIRE_LOOK] = do_look,
    [DRM_WIRE_UEVENT] = do_uevent,
};

/* One request. 0, or a negative errno: the channel ends. */
static int serve(struct drm_channel *channel, struct drm_packet *packet, int received)
{
    const uint32_t type = packet->request.type;
    struct drm_packet answer = {.answer = {.type = type}, .fd = -1};
    struct drm_call call = {.fd_in = -1, .fd_out = -1};
    int error = 0;

    if (type >= DRM_WIRE_TYPES || handlers[type] == NULL) {
        error = -EPROTO;
    } else if (received < 0) {
        answer.answer.result = received;
    } else {
        error = handlers[type](channel, packet, &answer, &call);
    }
    if (error == 0) {
        error = drm_link_send(&channel->link, &answer);
    }
    drm_call_clear(&call);
    if (packet->fd >= 0) {
        close(packet->fd);
    }
    return error;
}

/* ---- threads ---- */

static void leave(struct drm_channel *channel)
{
    struct drm_server *server = channel->server;

    pthread_mutex_lock(&server->lock);
    for (struct drm_channel **at = &server->channels; *at != NULL; at = &(*at)->next) {
        if (*at == channel) {
            *at = channel->next;
            break;
        }
    }
    close(channel->link.socket); /* under the lock: drm_channels_end() must not hit another's */
    drm_shared_close(&channel->link);
    drm_buffer_clear(&channel->in);
    drm_buffer_clear(&channel->out);
    free(channel);
    server->channel_count--;
    pthread_cond_broadcast(&server->channels_gone);
    pthread_mutex_unlock(&server->lock);
}

/* As many at a time as leave a processor to the programs. */
static bool look(struct drm_channel *channel)
{
    unsigned *awake = &channel->server->channels_awake;
    bool came = false;

    if (!drm_looks_may(&channel->looks)) {
        return false;
    }
    if (__atomic_add_fetch(awake, 1, __ATOMIC_RELAXED) < channel->server->processors) {
        came = drm_link_look(&channel->link, AWAKE_NS);
        drm_looks_note(&channel->looks, came);
    }
    __atomic_sub_fetch(awake, 1, __ATOMIC_RELAXED);
    return came;
}

/* Looks for the next request for a moment; a single processor is the programs'. */
static void stay_awake(struct drm_channel *channel)
{
    if (channel->link.shared == NULL || channel->server->processors < 2) {
        return;
    }
    drm_step_aside(&channel->aside, &channel->link);
    if (!look(channel)) {
        drm_step_back(&channel->aside, &channel->link);
    }
}

static void *run(void *data)
{
    struct drm_channel *channel = data;
    struct drm_packet packet;

    while (!__atomic_load_n(&channel->ends, __ATOMIC_RELAXED)) {
        stay_awake(channel);
        const int received = drm_link_receive(&channel->link, &packet, &channel->in);
        if (received == 0 || (received < 0 && received != -EMFILE && received != -ENOMEM)) {
            break;
        }
        if (serve(channel, &packet, received) != 0) {
            break;
        }
        drm_buffer_trim(&channel->in);
        drm_buffer_trim(&channel->out);
    }
    leave(channel);
    return NULL;
}

static int start_thread(struct drm_channel *channel)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    const int error = pthread_create(&thread, &attributes, run, channel);
    pthread_attr_destroy(&attributes);
    return -error;
}

/* Counts it before its thread is there: who ends all of them waits for it. */
static bool enter(struct drm_channel *channel)
{
    struct drm_server *server = channel->server;

    pthread_mutex_lock(&server->lock);
    const bool room = server->channel_count < DRM_CHANNELS_MAX;
    if (room) {
        channel->next = server->channels;
        server->channels = channel;
        server->channel_count++;
    }
    pthread_mutex_unlock(&server->lock);
    return room;
}

int drm_channel_start(struct drm_server *server, int socket)
{
    struct drm_channel *channel = calloc(1, sizeof(*channel));
    socklen_t size = sizeof(struct ucred);

    if (channel == NULL) {
        close(socket);
        return -ENOMEM;
    }
    channel->server = server;
    channel->link.socket = socket;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &channel->peer, &size) != 0 ||
        !enter(channel)) {
        close(socket);
        free(channel);
        return -EAGAIN;
    }
    if (start_thread(channel) != 0) {
        leave(channel);
        return -EAGAIN;
    }
    return 0;
}

void drm_channels_end(struct drm_server *server)
{
    pthread_mutex_lock(&server->lock);
    for (struct drm_channel *channel = server->channels; channel != NULL; channel = channel->next) {
        __atomic_store_n(&channel->ends, true, __ATOMIC_RELAXED);
        shutdown(channel->link.socket, SHUT_RDWR);
    }
    while (server->channel_count > 0) {
        pthread_cond_wait(&server->channels_gone, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
}
