/* SPDX-License-Identifier: MIT */
#ifndef GEMD_PROTO_ADDRESS_H
#define GEMD_PROTO_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

#include "proto/codec.h"

#define ADDRESS_SYSTEM "/run/gemd/gemd.sock"

/*
 * The socket that a client uses when it is told none: $GEMD_SOCKET, else
 * $XDG_RUNTIME_DIR/gemd/gemd.sock if that exists, else ADDRESS_SYSTEM. 0 or -ENAMETOOLONG.
 */
CODEC_CHECKED int address_default(char *path, size_t size);

/* The socket address of a path; -ENAMETOOLONG beyond the 107 bytes that it can hold. */
CODEC_CHECKED int address_of_path(const char *path, struct sockaddr_un *address);

/*
 * A connected SOCK_SEQPACKET socket, close-on-exec; or a negative errno with one line in reason
 * (-ENOENT, -ECONNREFUSED: no daemon; -ENOTSOCK: the path is something else; -EPROTO: a socket of
 * another type).
 */
CODEC_CHECKED int address_connect(const char *path, char reason[GEMD_TEXT_MAX]);

#endif
