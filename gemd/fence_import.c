/* SPDX-License-Identifier: MIT */
#include "gemd/fence_import.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"

#define TIMER_MAX_US 3600000000u /* at a time; a deadline may be further away */

struct fence_import {
    int fd;
    struct quota *quota; /* the session's */
};

void fence_imports_init(struct fence_imports *imports)
{
    *imports = (struct fence_imports){.event = NULL};
    handle_table_init(&imports->table, FENCE_IMPORTS_MAX);
}

static void stop_waiting(struct fence_imports *imports)
{
    if (imports->event != NULL) {
        event_free(imports->event); /* before its descriptor is closed */
        imports->event = NULL;
    }
    imports->waited_for = 0;
}

static void free_import(struct fence_import *import)
{
    close(import->fd);
    quota_give(import->quota, LIMIT_FDS, 1);
    free(import);
}

void fence_imports_finish(struct fence_imports *imports)
{
    struct fence_import *import;
    stop_waiting(imports);
    while ((import = handle_table_pop(&imports->table)) != NULL) {
        free_import(import);
    }
    handle_table_finish(&imports->table);
}

/*
 * What is wrong with a descriptor as a fence; NULL when nothing is. Pipes, and files without a
 * type, which are the kernel's own: eventfds, sync_files, timers. A file of a file system or a
 * device may have a poll that waits for another process; an epoll descriptor may be a long chain.
 */
static const char *kind_fault(struct server *server, int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return "it cannot be looked at";
    }
    if (!S_ISFIFO(status.st_mode) && (status.st_mode & S_IFMT) != 0) {
        return "it is neither a pipe nor an eventfd, a sync_file or the like";
    }
    /* Of an epoll descriptor the kernel says that it does not watch this; of others, -EINVAL. */
    int other = hw_irq_fd(server->gpu.dev);
    struct epoll_event none = {.events = 0};
    if (epoll_ctl(fd, EPOLL_CTL_DEL, other, &none) == 0 || errno != EINVAL) {
        return "it is an epoll descriptor";
    }
    return NULL;
}

/* A descriptor that nothing can be waited for on, such as a mapping's, is refused by the kernel. */
static const char *poll_fault(struct server *server, int fd)
{
    struct event *event = event_new(server->base, fd, EV_READ, NULL, NULL);
    bool fine = event != NULL && !chaos_hits(CHAOS_WATCH_FENCE) && event_add(event, NULL) == 0;
    if (event != NULL) {
        event_free(event);
    }
    return fine ? NULL : "it cannot be waited for";
}

/* Takes the packet's descriptor; -EEXIST, -ENOSPC, -EINVAL, -ENOMEM, -EDQUOT. */
static int keep(struct session *session, uint32_t fence, struct packet *packet)
{
    char reason[GEMD_TEXT_MAX];
    struct fence_import *import =
        chaos_hits(CHAOS_ALLOC_FENCE_IMPORT) ? NULL : malloc(sizeof(*import));
    if (import == NULL) {
        return -ENOMEM;
    }
    *import = (struct fence_import){.quota = session->quota};
    int error = quota_charge(session, LIMIT_FDS, 1, reason);
    if (error != 0) {
        free(import);
        return error;
    }
    error = handle_table_add(&session->imports.table, fence, import);
    if (error != 0) {
        quota_give(session->quota, LIMIT_FDS, 1);
        free(import);
        return error;
    }
    import->fd = packet_take_fd(packet, 0);
    return 0;
}

void fence_import_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_fence_import *request = (const void *)packet->bytes;
    uint64_t serial = request->header.serial;
    const char *fault = kind_fault(session->server, packet->fds[0]);
    if (fault == NULL) {
        fault = poll_fault(session->server, packet->fds[0]);
    }
    if (fault != NULL) {
        session_refuse(session, serial, -EINVAL, "fence %u: %s", request->fence, fault);
        return;
    }
    int error = keep(session, request->fence, packet);
    if (error != 0) {
        session_refuse(session, serial, error, "fence %u: %s, %u of %u are waiting", request->fence,
                       strerror(-error), session->imports.table.count, FENCE_IMPORTS_MAX);
        return;
    }
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, serial);
    session_answer(session, &done, NULL);
}

static bool has_come(const struct fence_import *import)
{
    struct pollfd wait = {.fd = import->fd, .events = POLLIN};
    return poll(&wait, 1, 0) > 0; /* an end that was closed counts too: nothing else will come */
}

/* The fence has come, or its deadline has passed: the record is looked at again. */
static void on_fence(evutil_socket_t fd, short what, void *data)
{
    struct session *session = data;
    struct sched *sched = &session->server->sched;
    sched_wake(sched, session);
    sched_run(sched);
}

static int start_waiting(struct session *session, const struct fence_import *import,
                         const struct gemd_record_wait *wait, uint64_t now)
{
    struct fence_imports *imports = &session->imports;
    struct timeval left = {0};
    if (wait->deadline_ns != 0) {
        uint64_t us = (wait->deadline_ns - now) / 1000 + 1;
        us = us < TIMER_MAX_US ? us : TIMER_MAX_US;
        left.tv_sec = (time_t)(us / 1000000);
        left.tv_usec = (suseconds_t)(us % 1000000);
    }
    if (imports->event == NULL) {
        imports->event = event_new(session->server->base, import->fd, EV_READ, on_fence, session);
    }
    imports->waited_for = wait->fence;
    if (imports->event == NULL || chaos_hits(CHAOS_WAIT_FENCE) ||
        event_add(imports->event, wait->deadline_ns != 0 ? &left : NULL) != 0) {
        return -ENOMEM;
    }
    return -EINPROGRESS;
}

int fence_import_wait(struct session *session, const struct gemd_record_wait *wait)
{
    struct fence_imports *imports = &session->imports;
    struct fence_import *import = handle_table_find(&imports->table, wait->fence);
    int result = 0;
    if (import == NULL) {
        return -ENOENT;
    }
    if (imports->waited_for != wait->fence) {
        stop_waiting(imports);
    }
    if (!has_come(import)) {
        uint64_t now = clock_now(&session->server->options.clock);
        result = wait->deadline_ns != 0 && wait->deadline_ns <= now
                     ? -ETIME
                     : start_waiting(session, import, wait, now);
        if (result == -EINPROGRESS) {
            return result;
        }
    }
    stop_waiting(imports);
    handle_table_remove(&imports->table, wait->fence);
    free_import(import);
    return result;
}
