/* SPDX-License-Identifier: MIT */
#include "gemd/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/messages.h"
#include "gemd/probe.h"
#include "gemd/publish.h"
#include "gemd/server.h"
#include "proto/codec.h"
#include "proto/memfile.h"
#include "proto/ring.h"

static void on_socket(evutil_socket_t fd, short what, void *data)
{
    messages_receive(data);
}

static void read_peer(struct session *session)
{
    struct ucred peer = {.pid = 0, .uid = (uid_t)-1};
    socklen_t size = sizeof(peer);
    (void)getsockopt(session->socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    session->pid = peer.pid;
    session->uid = peer.uid;
}

struct session *session_create(struct server *server, int socket)
{
    struct session *session = chaos_hits(CHAOS_ALLOC_SESSION) ? NULL : calloc(1, sizeof(*session));
    if (session == NULL) {
        close(socket);
        return NULL;
    }
    session->server = server;
    session->refs = 1;
    session->id = ++server->next_session;
    session->socket = socket;
    session->doorbell = -1;
    list_init(&session->link);
    sched_add(&server->sched, session);
    handle_table_init(&session->arenas, SESSION_HANDLES);
    handle_table_init(&session->buffers, SESSION_HANDLES);
    fence_exports_init(&session->exports);
    fence_imports_init(&session->imports);
    vblank_waits_init(&session->vblank_waits);
    outbox_init(&session->outbox, server->base, socket);
    read_peer(session);
    codec_set_text(session->name, sizeof(session->name), "?");
    if (server->options.limits != NULL) {
        session->limits = *server->options.limits;
    } else {
        limits_default(&session->limits);
    }
    session->quota = quota_create(&server->accounts, session->uid, &session->limits);
    if (session->quota == NULL) {
        close(socket);
        free(session);
        return NULL;
    }
    quota_add(session->quota, LIMIT_FDS, SESSION_FDS);
    list_append(&server->sessions, &session->link);
    server->session_count++;
    session->socket_event =
        chaos_hits(CHAOS_ALLOC_EVENT)
            ? NULL
            : event_new(server->base, socket, EV_READ | EV_PERSIST, on_socket, session);
    if (session->socket_event == NULL || event_add(session->socket_event, NULL) != 0) {
        session_end(session);
        return NULL;
    }
    return session;
}

struct session *session_ref(struct session *session)
{
    session->refs++;
    return session;
}

void session_unref(struct session *session)
{
    if (--session->refs != 0) {
        return;
    }
    fence_exports_lose(&session->exports, 0);
    if (session->status != NULL) {
        munmap(session->status, sizeof(*session->status));
    }
    if (session->ring != NULL) {
        munmap(session->ring, ring_file_size(SESSION_RING_BYTES));
    }
    quota_unref(session->quota);
    free(session);
}

static void free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

void session_close_bo(struct session *session, struct bo *bo)
{
    session->buffer_bytes -= bo->size;
    quota_give(session->quota, LIMIT_BUFFERS, 1);
    bo->open = false;
    share_forget(session, bo);
    purge_forget(session, bo);
    if (!bo->imported) {
        arena_uncover(bo->arena, bo);
        bo->arena->buffers--;
    }
    bo_unref(bo);
}

void session_drop_arena(struct session *session, struct arena *arena)
{
    quota_give(session->quota, LIMIT_BYTES, arena->size);
    quota_give(session->quota, LIMIT_ARENAS, 1);
    arena_unref(arena);
}

static void release_objects(struct session *session)
{
    for (unsigned i = 0; i < GEMD_WINDOWS_MAX; i++) {
        if (session->windows[i] != NULL) {
            display_close(&session->server->display, session->windows[i]);
            session->windows[i] = NULL;
            quota_give(session->quota, LIMIT_WINDOWS, 1);
        }
    }
    struct bo *bo;
    while ((bo = handle_table_pop(&session->buffers)) != NULL) {
        session_close_bo(session, bo);
    }
    struct arena *arena;
    while ((arena = handle_table_pop(&session->arenas)) != NULL) {
        session_drop_arena(session, arena);
    }
    quota_give(session->quota, LIMIT_FDS, SESSION_FDS);
    quota_detach(session->quota);
    handle_table_finish(&session->buffers);
    handle_table_finish(&session->arenas);
}

void session_end(struct session *session)
{
    if (session->ended) {
        return;
    }
    session->ended = true;
    if (session->recording != NULL) {
        recording_leave(session);
    }
    session->server->session_count--;
    list_remove(&session->link);
    sched_remove(&session->server->sched, session);
    vigil_forget(&session->server->vigil, session);
    free_event(&session->socket_event);
    free_event(&session->doorbell_event);
    outbox_finish(&session->outbox);
    close(session->socket);
    session->socket = -1;
    if (session->doorbell >= 0) {
        close(session->doorbell);
        session->doorbell = -1;
    }
    fence_imports_finish(&session->imports);
    fence_exports_lose(&session->exports, session->submitted);
    vblank_waits_finish(session);
    mirror_leave(session);
    release_objects(session);
    PROBE3(session_end, session->id, session->submitted, session->rejected);
    log_debug(SESSION_FIELDS ": ended, %" PRIu64 " batches", SESSION_VALUES(session),
              session->submitted);
    session_unref(session);
}

/* Puts the reason where waiters look, and wakes all of them. */
static void publish_lost(struct session *session, enum gemd_lost_reason reason)
{
    struct gemd_status_page *status = session->status;
    if (status == NULL) {
        return;
    }
    publish_u32(&status->lost, reason);
    publish_change(&status->retired_changes);
    publish_change(&status->ring_changes);
    publish_change(&status->vblank_changes);
    for (unsigned i = 0; i < GEMD_WINDOWS_MAX; i++) {
        publish_change(&status->windows[i].changes);
    }
}

void session_lose(struct session *session, enum gemd_lost_reason reason, const char *text)
{
    if (session->ended) {
        return;
    }
    if (session->greeted) {
        struct gemd_msg_session_lost message;
        codec_begin(&message, GEMD_MSG_SESSION_LOST, 0);
        message.reason = reason;
        codec_set_text(message.text, sizeof(message.text), text);
        session_event(session, &message);
    }
    publish_lost(session, reason);
    fence_exports_lose(&session->exports, 0);
    session_end(session);
}

static void send_error(struct session *session, uint64_t serial, int error, bool protocol_error,
                       const char *text)
{
    struct gemd_msg_error message;
    codec_begin(&message, GEMD_MSG_ERROR, serial);
    message.error = error;
    message.protocol_error = protocol_error;
    codec_set_text(message.text, sizeof(message.text), text);
    if (protocol_error) {
        session_event(session, &message); /* no use in waiting for room */
    } else {
        session_answer(session, &message, NULL);
    }
}

void session_violation(struct session *session, uint64_t serial, const char *format, ...)
{
    if (session->ended) {
        return;
    }
    char text[GEMD_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    session_log(session, "protocol error: %s", text);
    send_error(session, serial, -EPROTO, true, text);
    publish_lost(session, GEMD_LOST_UNKNOWN);
    session_end(session);
}

void session_refuse(struct session *session, uint64_t serial, int error, const char *format, ...)
{
    char text[GEMD_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    session_log(session, "%s", text);
    send_error(session, serial, error, false, text);
}

void session_answer(struct session *session, const void *message, const int *fds)
{
    if (session->ended) {
        return;
    }
    int error = outbox_send(&session->outbox, message, fds);
    if (error == -EPIPE || error == -ECONNRESET) {
        session_end(session); /* it has gone without waiting */
    } else if (error != 0) {
        session_log(session, "does not take its answers: %s", strerror(-error));
        session_end(session);
    }
}

void session_event(struct session *session, const void *message)
{
    if (session->ended) {
        return;
    }
    if (session->recording != NULL) {
        recording_event(session, message);
    }
    if (outbox_waits(&session->outbox) || chaos_hits_session(CHAOS_SEND_EVENT, session->name) ||
        packet_send(session->socket, message, NULL, MSG_DONTWAIT) != 0) {
        session->events_lost++;
    }
}

void session_keep_event(struct session *session, const void *message)
{
    if (!session->ended && session->recording != NULL) {
        recording_event(session, message);
    }
    if (!session->ended && outbox_send(&session->outbox, message, NULL) != 0) {
        session->events_lost++;
    }
}

void session_log(struct session *session, const char *format, ...)
{
    uint32_t suppressed = 0;
    uint64_t now = clock_now(&session->server->options.clock);
    if (!log_limit_pass(&session->log_limit, now, &suppressed) || !log_clients_pass(now)) {
        return;
    }
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (suppressed > 0) {
        log_warning(SESSION_FIELDS ": %u more lines", SESSION_VALUES(session), suppressed);
    }
    log_warning(SESSION_FIELDS ": %s", SESSION_VALUES(session), text);
}

/* The client rang. The eventfd is never read: its flags are shared with the client, who could
 * make a read wait. Edge triggering makes each write one event. */
static void on_doorbell(evutil_socket_t fd, short what, void *data)
{
    struct session *session = data;
    if (session->role != GEMD_ROLE_CLIENT) {
        session_violation(session, 0, "who only looks has no use for the submission ring");
        return;
    }
    publish_u32(&session->status->doorbell_wanted, 0);
    sched_wake(&session->server->sched, session);
    sched_run(&session->server->sched);
}

static int share_ring(struct session *session)
{
    size_t size = (size_t)ring_file_size(SESSION_RING_BYTES);
    int fd = chaos_hits(CHAOS_ALLOC_RING) ? -ENOMEM : memfile_create("gemd-ring", size);
    if (fd < 0) {
        return fd;
    }
    void *map =
        chaos_hits(CHAOS_MAP_RING) ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        int error = -ENOMEM;
        close(fd);
        return error;
    }
    session->ring = map;
    return fd;
}

static int share_status(struct session *session)
{
    void *map = NULL;
    int fd = chaos_hits(CHAOS_ALLOC_STATUS)
                 ? -ENOMEM
                 : memfile_create_published("gemd-status", sizeof(*session->status), &map);
    if (fd >= 0) {
        session->status = map;
        session->status->magic = GEMD_PROTOCOL_MAGIC;
        session->status->major = GEMD_PROTOCOL_MAJOR;
        session->status->minor = session->minor;
        session->status->doorbell_wanted = 1;
        vblank_introduce(&session->server->vblank, session);
    }
    return fd;
}

static int share_doorbell(struct session *session)
{
    int fd = chaos_hits(CHAOS_ALLOC_DOORBELL) ? -EMFILE : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) {
        return fd == -1 ? -errno : fd;
    }
    session->doorbell = fd;
    session->doorbell_event = chaos_hits(CHAOS_WATCH_DOORBELL)
                                  ? NULL
                                  : event_new(session->server->base, fd,
                                              EV_READ | EV_ET | EV_PERSIST, on_doorbell, session);
    if (session->doorbell_event == NULL || event_add(session->doorbell_event, NULL) != 0) {
        return -ENOMEM;
    }
    fd = chaos_hits(CHAOS_DUP_DOORBELL) ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return fd >= 0 ? fd : -EMFILE;
}

int session_share(struct session *session, int fds[3])
{
    static int (*const shares[3])(struct session * session) = {share_ring, share_status,
                                                               share_doorbell};
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = shares[i](session);
        if (fds[i] < 0) {
            int error = fds[i];
            while (i-- > 0) {
                close(fds[i]);
            }
            return error;
        }
    }
    return 0;
}

/* Clients before 1.2 do not say whether they sleep. */
void session_change(struct session *session, uint32_t *word, const uint32_t *waits)
{
    if (session->minor < 2) {
        publish_change(word);
    } else {
        publish_change_to(word, waits);
    }
}

/* Nobody is woken for what comes before all that is waited for. */
static void wake_retired(struct session *session)
{
    const struct gemd_ring_header *ring = session->ring;
    uint32_t *word = &session->status->retired_changes;
    if (session->minor < 2 ||
        session->retired >= __atomic_load_n(&ring->retired_at, __ATOMIC_SEQ_CST)) {
        session_change(session, word, &ring->retired_waits);
    } else {
        __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
    }
}

void session_publish_retired(struct session *session)
{
    if (session->ended) {
        return;
    }
    PROBE2(retired_published, session->id, session->retired);
    /* In one order with what the client says of whom it waits for. */
    __atomic_store_n(&session->status->retired, session->retired, __ATOMIC_SEQ_CST);
    fence_exports_retired(&session->exports, session->retired);
    wake_retired(session);
    for (unsigned i = 0; i < GEMD_WINDOWS_MAX; i++) {
        if (session->windows[i] != NULL) {
            display_retired(&session->server->display, session->windows[i], session->retired);
        }
    }
}

void session_vblank(struct session *session, uint64_t vblank, uint64_t time_ns)
{
    if (session->status == NULL) {
        return;
    }
    /* Who reads the same time before and after the number has the time of that number. */
    publish_u64(&session->status->vblank_time_ns, 0);
    publish_u64(&session->status->vblank, vblank);
    publish_u64(&session->status->vblank_time_ns, time_ns);
    const struct gemd_ring_header *ring = session->ring;
    session_change(session, &session->status->vblank_changes, &ring->vblank_waits);
    if (session->recording != NULL) {
        recording_vblank(session);
    }
}

void session_screen_left(struct session *session)
{
    unsigned count = session->destroy_count;
    session->destroy_count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct gemd_msg_done done;
        codec_begin(&done, GEMD_MSG_DONE, session->destroy_serials[i]);
        session_answer(session, &done, NULL);
    }
}
