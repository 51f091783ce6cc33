/* SPDX-License-Identifier: MIT */
/*
 * What a service manager wants to know and gives: readiness and sockets.
 *
 * The two protocols are one datagram and two environment variables, so the daemon speaks them
 * itself and needs no libsystemd, neither to build nor in its address space.
 */
#ifndef GEMD_NOTIFY_H
#define GEMD_NOTIFY_H

/* A socket that is connected to $NOTIFY_SOCKET, so that none need be made later; -1: there is none.
 */
int notify_connect(void);

/* Sends a state such as "READY=1" there; to -1: nothing. */
void notify_manager(int fd, const char *state);

/* The listening socket that was passed ($LISTEN_PID, $LISTEN_FDS), or -1. */
int notify_passed_socket(void);

/* Writes "READY\n" to fd and closes it; a negative fd is fine. */
void notify_ready_fd(int fd);

#endif
