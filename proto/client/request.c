/* SPDX-License-Identifier: MIT */
#include "proto/client/session.h"

#include "proto/client/mirror.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

void session_lose(struct gemd_session *session, enum gemd_lost_reason reason)
{
    int expected = GEMD_LOST_NOT;
    __atomic_compare_exchange_n(&session->lost, &expected, (int)reason, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
}

bool session_gone(struct gemd_session *session)
{
    if (__atomic_load_n(&session->lost, __ATOMIC_ACQUIRE) != GEMD_LOST_NOT) {
        return true;
    }
    uint32_t reason = __atomic_load_n(&session->status->lost, __ATOMIC_ACQUIRE);
    if (reason == GEMD_LOST_NOT) {
        return false;
    }
    bool known = reason == GEMD_LOST_GUILTY || reason == GEMD_LOST_INNOCENT;
    session_lose(session, known ? (enum gemd_lost_reason)reason : GEMD_LOST_UNKNOWN);
    return true;
}

/* On this connection the daemon counts from 1. */
static void rename_seqno(struct gemd_session *session, struct packet *packet)
{
    struct gemd_msg_batch_rejected rejected;
    memcpy(&rejected, packet->bytes, sizeof(rejected));
    rejected.seqno += __atomic_load_n(&session->seqno_base, __ATOMIC_ACQUIRE);
    memcpy(packet->bytes, &rejected, sizeof(rejected));
}

static void note_event(struct gemd_session *session, struct packet *packet)
{
    if (packet->header.type == GEMD_MSG_BATCH_REJECTED) {
        rename_seqno(session, packet);
    }
    if (packet->header.type == GEMD_MSG_SESSION_LOST) {
        struct gemd_msg_session_lost lost;
        memcpy(&lost, packet->bytes, sizeof(lost));
        bool known = lost.reason == GEMD_LOST_GUILTY || lost.reason == GEMD_LOST_INNOCENT;
        session_lose(session, known ? (enum gemd_lost_reason)lost.reason : GEMD_LOST_UNKNOWN);
    }
    event_queue(session, packet);
}

/*
 * Reads one packet that waits on the socket. 1: it is an answer, in *packet; 0: it was an event, or
 * nothing is there (-EAGAIN in *state); -EIO: the connection has ended.
 */
static int read_packet(struct gemd_session *session, struct packet *packet, bool *empty)
{
    char reason[GEMD_TEXT_MAX];
    int result = packet_receive(session->socket, packet, MSG_DONTWAIT);
    *empty = result == -EAGAIN;
    if (*empty) {
        return 0;
    }
    if (result <= 0) {
        session_lose(session, GEMD_LOST_UNKNOWN);
        vblank_fail_all(session);
        return -EIO;
    }
    if (packet_check(packet, CODEC_TO_CLIENT, reason) == NULL) {
        packet_clear(packet);
        session_lose(session, GEMD_LOST_UNKNOWN);
        vblank_fail_all(session);
        return -EIO;
    }
    if (mirror_take(session, packet) || vblank_answer(session, packet)) {
        return 0;
    }
    if (packet->header.serial != 0 && packet->header.type != GEMD_MSG_ERROR) {
        return 1;
    }
    note_event(session, packet);
    return packet->header.serial != 0 ? 1 : 0;
}

static int answer_error(const struct packet *packet)
{
    struct gemd_msg_error error;
    memcpy(&error, packet->bytes, sizeof(error));
    return error.error < 0 && error.error >= -4095 ? error.error : -EIO;
}

/* Waits for the answer to the last request. socket_lock is held. */
static int await_answer(struct gemd_session *session, uint32_t answer, struct packet *packet)
{
    for (;;) {
        bool empty;
        int result = read_packet(session, packet, &empty);
        if (result < 0) {
            return result;
        }
        if (empty) {
            struct pollfd wait = {.fd = session->socket, .events = POLLIN};
            if (poll(&wait, 1, -1) < 0 && errno != EINTR) {
                return -EIO;
            }
        }
        if (result == 0) {
            continue;
        }
        if (packet->header.serial == session->serial) {
            if (packet->header.type == answer) {
                return 0;
            }
            result = packet->header.type == GEMD_MSG_ERROR ? answer_error(packet) : -EIO;
            packet_clear(packet);
            return result;
        }
        packet_clear(packet); /* answers request_forget() */
    }
}

int request_send(struct gemd_session *session, void *message, const int *fds)
{
    struct gemd_msg_header *header = message;
    header->serial = ++session->serial;
    int result = packet_send(session->socket, message, fds, 0);
    if (result == -EPIPE || result == -ECONNRESET || result == -EBADF || result == -ENOTCONN) {
        session_lose(session, GEMD_LOST_UNKNOWN);
        return -EIO;
    }
    return result;
}

int request_locked(struct gemd_session *session, void *message, const int *fds, uint32_t answer,
                   struct packet *packet)
{
    int result = request_send(session, message, fds);
    return result == 0 ? await_answer(session, answer, packet) : result;
}

int request(struct gemd_session *session, void *message, const int *fds, uint32_t answer,
            struct packet *packet)
{
    if (session_gone(session)) {
        return -EIO;
    }
    pthread_mutex_lock(&session->socket_lock);
    int result = request_locked(session, message, fds, answer, packet);
    pthread_mutex_unlock(&session->socket_lock);
    event_tell(session);
    return result;
}

void request_forget(struct gemd_session *session, void *message, const int *fds)
{
    if (session_gone(session)) {
        return;
    }
    pthread_mutex_lock(&session->socket_lock);
    int result = request_send(session, message, fds);
    pthread_mutex_unlock(&session->socket_lock);
    if (result < 0) {
        session_lose(session, GEMD_LOST_UNKNOWN);
    }
}

void gemd_session_dispatch(struct gemd_session *session)
{
    /* Whoever holds it reads the socket right now and will find what is there. */
    if (pthread_mutex_trylock(&session->socket_lock) == 0) {
        struct packet packet;
        bool empty = false;
        while (!empty) {
            int result = read_packet(session, &packet, &empty);
            if (result < 0) {
                break;
            }
            if (result == 1) {
                packet_clear(&packet);
            }
        }
        pthread_mutex_unlock(&session->socket_lock);
    }
    event_tell(session);
}
