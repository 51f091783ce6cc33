/* SPDX-License-Identifier: MIT */
#include "gemd/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/recording_state.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"

#define FLUSH_BYTES    65536u /* that are sent without waiting for the event loop */
#define FINISH_WAIT_MS 500    /* for one reader, when the daemon ends */

/* ---- its end ---- */

static void free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

static void destroy(struct recording *recording)
{
    struct recordings *all = &recording->server->recordings;
    if (recording->session != NULL) {
        recording->session->recording = NULL;
    }
    list_remove(&recording->link);
    all->count--;
    all->own -= recording->own;
    free_event(&recording->readable);
    free_event(&recording->writable);
    free_event(&recording->late);
    send_queue_finish(&recording->queue);
    shadows_finish(&recording->shadows);
    close(recording->socket);
    free(recording->copy);
    free(recording);
}

/* Not from the event loop: whoever calls may be in the midst of the session. */
static void die(struct recording *recording)
{
    recording->dead = true;
    recording->stopped = true;
    recording->held = false;
    event_active(recording->writable, EV_WRITE, 0);
}

void recording_flush(struct recording *recording)
{
    if (recording->held) {
        return;
    }
    int error = recording->dead ? 0 : send_queue_flush(&recording->queue);
    if (error == -EAGAIN) {
        event_add(recording->writable, NULL);
    } else if (error != 0) {
        die(recording);
    } else if (recording->stopped) {
        event_active(recording->writable, EV_WRITE, 0);
    }
}

static void arm_late(struct recording *recording)
{
    const struct timeval patience = {.tv_sec = RECORDING_DRAIN_S};
    recording->late_sent = recording->queue.sent;
    event_add(recording->late, &patience);
}

/* ---- items ---- */

static uint64_t now(const struct recording *recording)
{
    return clock_now(&recording->server->options.clock) - recording->started_ns;
}

void recording_stop(struct recording *recording, enum recording_reason reason, const char *text)
{
    if (recording->stopped) {
        return;
    }
    struct recording_end end = {.item = {RECORDING_END, sizeof(end), now(recording)},
                                .reason = reason};
    codec_set_text(end.text, sizeof(end.text), text);
    recording->queue.max += sizeof(end);
    recording->stopped = true;
    recording->held = false;
    if (recording->begun && send_queue_put(&recording->queue, &end, sizeof(end)) != 0) {
        die(recording);
        return;
    }
    if (reason != RECORDING_ENDED && reason != RECORDING_STOPPED) {
        log_warning("a recording ends: %s", text);
    }
    arm_late(recording);
    recording_flush(recording);
}

void recording_put(struct recording *recording, void *head, size_t head_size, const void *body,
                   size_t body_size)
{
    static const uint8_t zeros[8];
    struct recording_item *item = head;
    const size_t padding = (8 - body_size % 8) % 8;
    const size_t size = head_size + body_size + padding;
    if (recording->stopped) {
        return;
    }
    item->size = (uint32_t)size;
    item->time_ns = now(recording);
    if (size > RECORDING_ITEM_MAX || recording->queue.queued + size > recording->queue.max) {
        recording_stop(recording, RECORDING_BEHIND, "its reader is too slow");
        return;
    }
    if (send_queue_put(&recording->queue, head, head_size) != 0 ||
        send_queue_put(&recording->queue, body, body_size) != 0 ||
        send_queue_put(&recording->queue, zeros, padding) != 0) {
        log_warning("a recording ends: out of memory");
        die(recording); /* perhaps in the midst of an item */
        return;
    }
    if (recording->queue.queued >= FLUSH_BYTES) {
        recording_flush(recording);
    }
}

/* It only looked whether there is a daemon: the next one is meant. */
static void wait_again(struct recording *recording)
{
    send_queue_finish(&recording->queue);
    shadows_finish(&recording->shadows);
    memset(recording->windows, 0, sizeof(recording->windows));
    recording->begun = false;
}

void recording_leave(struct session *session)
{
    struct recording *recording = session->recording;
    session->recording = NULL;
    recording->session = NULL;
    if (recording->held) {
        wait_again(recording);
        return;
    }
    recording_stop(recording, RECORDING_ENDED, "the session has ended");
}

/* ---- its beginning ---- */

static void on_readable(evutil_socket_t fd, short what, void *data)
{
    struct recording *recording = data;
    uint8_t bytes[256];
    ssize_t got = recv(recording->socket, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) {
        return; /* what it says is of no interest */
    }
    event_del(recording->readable);
    if (got < 0 || !recording->begun) {
        destroy(recording);
    } else {
        recording_stop(recording, RECORDING_STOPPED, "it was stopped");
    }
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
    struct recording *recording = data;
    int error = recording->dead ? -EPIPE : send_queue_flush(&recording->queue);
    if (error == -EAGAIN) {
        event_add(recording->writable, NULL);
    } else if (error != 0 || recording->stopped) {
        destroy(recording);
    }
}

static void on_late(evutil_socket_t fd, short what, void *data)
{
    struct recording *recording = data;
    if (recording->queue.sent == recording->late_sent) {
        destroy(recording);
    } else {
        arm_late(recording);
    }
}

static bool is_stream(int fd)
{
    int domain = 0, type = 0;
    socklen_t size = sizeof(domain);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) {
        return false;
    }
    size = sizeof(type);
    return domain == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_STREAM;
}

static int add_events(struct recording *recording)
{
    struct event_base *base = recording->server->base;
    recording->readable =
        event_new(base, recording->socket, EV_READ | EV_PERSIST, on_readable, recording);
    recording->writable = event_new(base, recording->socket, EV_WRITE, on_writable, recording);
    recording->late = evtimer_new(base, on_late, recording);
    bool fine = recording->readable != NULL && recording->writable != NULL &&
                recording->late != NULL && event_add(recording->readable, NULL) == 0;
    return fine ? 0 : -ENOMEM;
}

static int create(struct server *server, const struct recording_wish *wish)
{
    struct recording *recording = calloc(1, sizeof(*recording));
    int socket = recording != NULL ? fcntl(wish->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (socket < 0) {
        int error = recording != NULL ? -errno : -ENOMEM;
        free(recording);
        return error;
    }
    recording->server = server;
    recording->group = wish->group;
    recording->own = wish->own;
    recording->socket = socket;
    send_queue_init(&recording->queue, socket, wish->own ? RECORDING_QUEUE_OF : RECORDING_QUEUE);
    shadows_init(&recording->shadows);
    list_append(&server->recordings.list, &recording->link);
    server->recordings.count++;
    server->recordings.own += wish->own;
    if (add_events(recording) != 0) {
        destroy(recording);
        return -ENOMEM;
    }
    if (wish->session != NULL) {
        recording->session = wish->session;
        recording_begin(recording, true);
        recording_tell_all(recording);
        recording_flush(recording);
    }
    return 0;
}

int recording_start(struct server *server, const struct recording_wish *wish,
                    char text[GEMD_TEXT_MAX])
{
    const struct recordings *all = &server->recordings;
    int error = 0;
    if (!is_stream(wish->fd)) {
        snprintf(text, GEMD_TEXT_MAX, "the descriptor is no stream socket");
        return -EINVAL;
    }
    if (wish->session != NULL && wish->session->recording != NULL) {
        snprintf(text, GEMD_TEXT_MAX, "session %u is being recorded", wish->session->id);
        return -EALREADY;
    }
    if (all->count >= RECORDINGS_MAX || (wish->own && all->own >= RECORDINGS_MAX / 2)) {
        snprintf(text, GEMD_TEXT_MAX, "there are %u recordings already", all->count);
        return -EBUSY;
    }
    error = create(server, wish);
    if (error != 0) {
        snprintf(text, GEMD_TEXT_MAX, "%s", strerror(-error));
    }
    return error;
}

void recording_greet(struct session *session)
{
    list_for_each(recording, &session->server->recordings.list, struct recording, link)
    {
        if (recording->begun || recording->stopped || session->recording != NULL ||
            recording->group == 0) {
            continue;
        }
        if (recording->group == session->pid || recording->group == getpgid(session->pid)) {
            recording->session = session;
            recording->held = true;
            recording_begin(recording, false);
        }
    }
}

void recordings_init(struct recordings *recordings)
{
    *recordings = (struct recordings){0};
    list_init(&recordings->list);
}

void recordings_finish(struct recordings *recordings)
{
    while (!list_empty(&recordings->list)) {
        struct recording *recording = list_first(&recordings->list, struct recording, link);
        struct pollfd room = {.fd = recording->socket, .events = POLLOUT};
        while (!recording->dead && send_queue_flush(&recording->queue) == -EAGAIN &&
               poll(&room, 1, FINISH_WAIT_MS) == 1) {
        }
        destroy(recording);
    }
}
