/* SPDX-License-Identifier: MIT */
/* Two clients within limits that a test sets, at a server whose GPU the test plays. */
#ifndef TESTS_UNIT_GEMD_LIMITED_H
#define TESTS_UNIT_GEMD_LIMITED_H

#include "tests/unit/gemd/puppet.h"

#define LIMITED_BOS 4u

struct client {
    struct gemd_session *session;
    struct gemd_bo *bos[LIMITED_BOS]; /* given back at the end */
    /* The last of each, and how many. */
    struct gemd_msg_limit_passed passed;
    struct gemd_msg_ring_error ring_error;
    struct gemd_msg_batch_rejected rejected;
    char error[GEMD_TEXT_MAX]; /* of the last other event */
    unsigned passes, ring_errors, rejections, revocations;
};

struct bed {
    struct puppet puppet;
    struct limits limits; /* the default ones, to be changed before a client opens */
    struct client a, b;
};

/* setup and teardown of a test whose *state is a bed; held: the GPU runs nothing until told. */
int bed_setup(void **state);
int bed_setup_held(void **state);
int bed_teardown(void **state);

void client_open(struct client *client, const struct puppet *puppet);
/* A number of the status, asked for as the server has a thread of its own. */
unsigned bed_value(const struct bed *bed, const char *key);

#endif
