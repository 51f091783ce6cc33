/* SPDX-License-Identifier: MIT */
/* Sessions by hand, for what libgemd would not do. */
#ifndef GEMD_TESTS_LIB_RAW_H
#define GEMD_TESTS_LIB_RAW_H

#include "proto/packet.h"

/* A HELLO of this protocol; 'name' is the program's. */
struct gemd_msg_hello raw_hello(const char *name);

/*
 * Connects and says HELLO. The socket, with WELCOME in *welcome, the caller's to clear; -1: there
 * is no daemon, or it gave no session.
 */
int raw_greet(const char *socket, const char *name, struct packet *welcome);

#endif
