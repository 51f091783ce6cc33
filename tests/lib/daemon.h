/* SPDX-License-Identifier: MIT */
/*
 * The real daemon for a test: a process of its own with a private socket in a directory of its own.
 * Failures end the test (cmocka). A daemon dies with the test program, however that ends.
 */
#ifndef GEMD_TESTS_LIB_DAEMON_H
#define GEMD_TESTS_LIB_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/gemd.h"

struct daemon {
    pid_t pid; /* 0: it does not run */
    char directory[64];
    char socket[96];
    char log[96];           /* its standard error */
    uint64_t address_space; /* set before daemon_start(): RLIMIT_AS of it, bytes; 0: none */
};

/*
 * Starts it with these arguments after --socket and --ready-fd (NULL-terminated; NULL: none), and
 * returns when it is ready. *daemon is zeroed, or holds limits.
 */
void daemon_start(struct daemon *daemon, const char *const *arguments);
/* Ends it with SIGTERM; it must end well and take its socket with it. Removes its directory. */
void daemon_stop(struct daemon *daemon);
/* Ends it with SIGKILL; the directory stays until daemon_stop(). */
void daemon_kill(struct daemon *daemon);

/* cmocka setup and teardown: *state is a struct daemon that runs. */
int daemon_setup(void **state);
int daemon_teardown(void **state);

/* Daemons are on a device that the environment names (GEMD_TEST_DEVICE), not on the model. */
bool daemon_is_on_device(void);

/* Its status text, free() it. */
char *daemon_status(const struct daemon *daemon);
/* The number after "key: " there. */
int64_t daemon_value(const struct daemon *daemon, const char *key);
/* Asks until the number is 'value'; fails the test when that takes half a minute. */
void daemon_await(const struct daemon *daemon, const char *key, int64_t value);
/* Nobody is there and nothing is left: no session, buffer, GTT page, batch. Waits for that. */
void daemon_await_nothing(const struct daemon *daemon);
/* Descriptors that it has open; more than it keeps while sessions begin or end. */
unsigned daemon_open_files(const struct daemon *daemon);
/* Waits until it has no more open than that. */
void daemon_await_files(const struct daemon *daemon, unsigned most);
/* Whether its log has a line with that text. */
bool daemon_logged(const struct daemon *daemon, const char *text);

/* A session of libgemd on it; fails the test when there is none. on_event may be NULL. */
struct gemd_session *daemon_open(const struct daemon *daemon,
                                 void (*on_event)(void *data, const struct gemd_msg_header *event,
                                                  const char *text),
                                 void *data);

#endif
