/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the client library share: a fake daemon with a session open to it, and the
 * events that the session was told of.
 */
#ifndef GEMD_TESTS_CLIENT_FIXTURE_H
#define GEMD_TESTS_CLIENT_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/gemd.h"
#include "tests/proto/fake_daemon.h"

struct fixture {
    struct fake_daemon *fake;
    struct gemd_session *session;
    unsigned events; /* atomic */
    uint32_t last_event;
    char last_text[512];
};

/* cmocka setup and teardown; *state is a struct fixture with a session open. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Opens a session to the fake with the fixture's on_event. */
void fixture_open(struct fixture *fixture);
/* A batch of 'words' dwords that the fake knows to be whole, over some buffers. */
int fixture_submit(struct gemd_session *session, uint32_t words, struct gemd_bo *const *bos,
                   uint32_t bo_count, uint64_t *seqno);
/* Descriptors that this process has open. */
unsigned fixture_open_files(void);

#endif
