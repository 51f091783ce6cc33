/* SPDX-License-Identifier: MIT */
/*
 * Buffers lent by tokens: what importers may do with them, and that they cannot once it is
 * revoked. The tokens are handed over within one process; to the daemon that makes no difference.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/memfile.h"
#include "proto/packet.h"
#include "proto/ring.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"
#include "tests/lib/raw.h"

enum { PITCH = 64, ROWS = 64, BYTES = PITCH * ROWS, RIGHTS_ALL = GEMD_USE_READ | GEMD_USE_WRITE };

struct side {
    struct gemd_session *session;
    struct gemd_bo *bo;  /* the owner's, lent; the importer's, made of the token */
    struct gemd_bo *own; /* the importer's private one */
    char rule[GEMD_NAME_MAX];
    unsigned revoked;
    uint32_t revoked_handle;
};

struct bed {
    struct daemon daemon;
    struct side owner, importer;
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct side *side = data;
    if (event->type == GEMD_MSG_BATCH_REJECTED) {
        memcpy(side->rule, ((const struct gemd_msg_batch_rejected *)(const void *)event)->rule_name,
               sizeof(side->rule));
    } else if (event->type == GEMD_MSG_BUFFER_REVOKED) {
        side->revoked++;
        side->revoked_handle =
            ((const struct gemd_msg_buffer_revoked *)(const void *)event)->handle;
    }
}

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    daemon_start(&bed->daemon, NULL);
    bed->owner.session = daemon_open(&bed->daemon, on_event, &bed->owner);
    bed->importer.session = daemon_open(&bed->daemon, on_event, &bed->importer);
    assert_int_equal(gemd_bo_create(bed->owner.session, BYTES, true, &bed->owner.bo), 0);
    assert_int_equal(gemd_bo_create(bed->importer.session, BYTES, false, &bed->importer.own), 0);
    *state = bed;
    return 0;
}

static void side_close(struct side *side)
{
    gemd_bo_unref(side->bo);
    gemd_bo_unref(side->own);
    gemd_session_close(side->session);
    side->bo = side->own = NULL;
    side->session = NULL;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    side_close(&bed->owner);
    side_close(&bed->importer);
    daemon_await_nothing(&bed->daemon);
    assert_int_equal(daemon_value(&bed->daemon, "tokens"), 0);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

/* The importer's buffer, made of a token with these rights, which is closed again. */
static void lend(struct bed *bed, uint32_t rights)
{
    int token = gemd_bo_share(bed->owner.bo, rights);
    assert_true(token >= 0);
    assert_int_equal(gemd_bo_accept(bed->importer.session, token, &bed->importer.bo), 0);
    close(token);
    assert_int_equal(gemd_bo_rights(bed->importer.bo), rights);
    assert_int_equal(gemd_bo_size(bed->importer.bo), BYTES);
    assert_null(gemd_bo_map(bed->importer.bo));
}

/* Runs a batch; whether it was accepted, else the rule is in side->rule. */
static bool run(struct side *side, struct batch *batch)
{
    uint64_t seqno, before = gemd_session_rejected(side->session);
    assert_int_equal(batch_submit(batch, side->session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(side->session, seqno, GEMD_FOREVER), 0);
    gemd_session_dispatch(side->session);
    return gemd_session_rejected(side->session) == before;
}

static bool fill(struct side *side, uint32_t colour)
{
    struct batch batch;
    batch_reset(&batch);
    batch_fill(&batch, side->bo, PITCH, 0, 0, PITCH / 4, ROWS, colour);
    return run(side, &batch);
}

/* XY_SRC_COPY_BLT of all of the lent buffer to the importer's own (doc/gen3.md J). */
static bool copy(struct side *side)
{
    struct batch batch;
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x54f00006, 0x03cc0000 | PITCH, 0, ROWS << 16 | PITCH / 4);
    batch_address(&batch, side->own, 0, GEMD_USE_WRITE);
    BATCH_PUT(&batch, 0, PITCH);
    batch_address(&batch, side->bo, 0, GEMD_USE_READ);
    return run(side, &batch);
}

static uint32_t last_word(struct gemd_bo *bo)
{
    return ((const uint32_t *)gemd_bo_map(bo))[BYTES / 4 - 1];
}

static void readers_read_and_do_not_write(void **state)
{
    struct bed *bed = *state;
    assert_true(fill(&bed->owner, 0x11));
    lend(bed, GEMD_USE_READ);
    assert_true(copy(&bed->importer));
    assert_int_equal(last_word(bed->importer.own), 0x11);
    assert_false(fill(&bed->importer, 0x22));
    assert_string_equal(bed->importer.rule, "BUFFER_RIGHTS");
    assert_int_equal(last_word(bed->owner.bo), 0x11);
}

static void writers_write(void **state)
{
    struct bed *bed = *state;
    lend(bed, RIGHTS_ALL);
    assert_true(fill(&bed->importer, 0x33));
    assert_int_equal(last_word(bed->owner.bo), 0x33);
    assert_true(copy(&bed->importer));
    assert_int_equal(last_word(bed->importer.own), 0x33);
}

static void what_is_revoked_is_gone(void **state)
{
    struct bed *bed = *state;
    assert_true(fill(&bed->owner, 0x44));
    int token = gemd_bo_share(bed->owner.bo, RIGHTS_ALL);
    lend(bed, RIGHTS_ALL);
    assert_true(copy(&bed->importer));
    assert_int_equal(gemd_bo_revoke(bed->owner.bo), 0);
    assert_false(copy(&bed->importer));
    assert_string_equal(bed->importer.rule, "BUFFER_REVOKED");
    assert_false(fill(&bed->importer, 0x55));
    assert_int_equal(bed->importer.revoked, 1);
    assert_int_equal(bed->importer.revoked_handle, gemd_bo_handle(bed->importer.bo));
    assert_int_equal(last_word(bed->owner.bo), 0x44);

    /* The token is dead, the owner's buffer is not, and can be lent again. */
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_accept(bed->importer.session, token, &bo), -ENOENT);
    close(token);
    assert_true(fill(&bed->owner, 0x66));
    gemd_bo_unref(bed->importer.bo);
    lend(bed, GEMD_USE_READ);
    assert_true(copy(&bed->importer));
    assert_int_equal(last_word(bed->importer.own), 0x66);
}

/* Memory stays until the last user is gone. */
static void importers_outlive_the_owner(void **state)
{
    struct bed *bed = *state;
    assert_true(fill(&bed->owner, 0x77));
    lend(bed, RIGHTS_ALL);
    int token = gemd_bo_share(bed->owner.bo, RIGHTS_ALL);
    side_close(&bed->owner);
    daemon_await(&bed->daemon, "sessions", 1);
    assert_true(copy(&bed->importer));
    assert_int_equal(last_word(bed->importer.own), 0x77);
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_accept(bed->importer.session, token, &bo), -ENOENT);
    close(token);
}

static void closing_ends_tokens(void **state)
{
    struct bed *bed = *state;
    struct gemd_bo *bo;
    int token = gemd_bo_share(bed->owner.bo, GEMD_USE_READ);
    assert_int_equal(daemon_value(&bed->daemon, "tokens"), 1);
    gemd_bo_unref(bed->owner.bo);
    bed->owner.bo = NULL;
    daemon_await(&bed->daemon, "tokens", 0);
    assert_int_equal(gemd_bo_accept(bed->importer.session, token, &bo), -ENOENT);
    close(token);
}

static void the_same_rights_give_the_same_token(void **state)
{
    struct bed *bed = *state;
    int tokens[3] = {
        gemd_bo_share(bed->owner.bo, GEMD_USE_READ),
        gemd_bo_share(bed->owner.bo, GEMD_USE_READ),
        gemd_bo_share(bed->owner.bo, RIGHTS_ALL),
    };
    assert_int_equal(daemon_value(&bed->daemon, "tokens"), 2);
    for (unsigned i = 0; i < 3; i++) {
        /* Nothing can be made of it but what it stands for. */
        assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, tokens[i], 0) ==
                        MAP_FAILED ||
                    lseek(tokens[i], 0, SEEK_END) == 0);
        assert_int_equal(write(tokens[i], "x", 1), -1);
        assert_int_equal(ftruncate(tokens[i], 4096), -1);
        close(tokens[i]);
    }
}

static void what_cannot_be_lent(void **state)
{
    struct bed *bed = *state;
    struct gemd_bo *bo;
    int memory = memfile_create("forged", 4096);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int file = gemd_bo_export(bed->owner.bo);
    const int others[] = {memory, null, file};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gemd_bo_accept(bed->importer.session, others[i], &bo), -ENOENT);
        assert_null(bo);
        close(others[i]);
    }
    assert_int_equal(gemd_bo_share(bed->importer.own, GEMD_USE_READ), -EINVAL);
    assert_int_equal(gemd_bo_revoke(bed->importer.own), -EINVAL);
    assert_int_equal(gemd_bo_share(bed->owner.bo, GEMD_USE_WRITE), -EINVAL);
    assert_int_equal(gemd_bo_share(bed->owner.bo, 0), -EINVAL);
    assert_int_equal(gemd_bo_share(bed->owner.bo, 8 | RIGHTS_ALL), -EINVAL);
    lend(bed, RIGHTS_ALL);
    assert_int_equal(gemd_bo_share(bed->importer.bo, GEMD_USE_READ), -EACCES);
    assert_int_equal(gemd_bo_revoke(bed->importer.bo), -EACCES);
    assert_int_equal(gemd_session_lost(bed->owner.session), GEMD_LOST_NOT);
    assert_int_equal(gemd_session_lost(bed->importer.session), GEMD_LOST_NOT);
}

/* ---- by hand, where libgemd would not ask ---- */

static int raw_session(const struct daemon *daemon)
{
    struct packet packet;
    int fd = raw_greet(daemon->socket, "by hand", &packet);
    assert_true(fd >= 0);
    packet_clear(&packet);
    return fd;
}

/* What the daemon answers: 0, or the errno of its refusal. */
static int ask(int socket, const void *message, const int *fds)
{
    struct packet packet;
    struct gemd_msg_error error = {.error = 0};
    assert_int_equal(packet_send(socket, message, fds, 0), 0);
    assert_int_equal(packet_receive(socket, &packet, 0), 1);
    if (packet.header.type == GEMD_MSG_ERROR) {
        memcpy(&error, packet.bytes, sizeof(error));
        assert_int_equal(error.protocol_error, 0);
    }
    packet_clear(&packet);
    return error.error;
}

static int raw_import(int socket, uint32_t handle, int token)
{
    struct gemd_msg_buffer_import import;
    codec_begin(&import, GEMD_MSG_BUFFER_IMPORT, 2);
    import.handle = handle;
    return ask(socket, &import, &token);
}

static int raw_export(int socket, uint32_t handle)
{
    struct gemd_msg_buffer_export export;
    codec_begin(&export, GEMD_MSG_BUFFER_EXPORT, 3);
    export.handle = handle;
    export.rights = GEMD_USE_READ;
    return ask(socket, &export, NULL);
}

static int raw_revoke(int socket, uint32_t handle)
{
    struct gemd_msg_buffer_revoke revoke;
    codec_begin(&revoke, GEMD_MSG_BUFFER_REVOKE, 4);
    revoke.handle = handle;
    return ask(socket, &revoke, NULL);
}

static void importers_do_not_own(void **state)
{
    struct bed *bed = *state;
    int token = gemd_bo_share(bed->owner.bo, RIGHTS_ALL);
    int socket = raw_session(&bed->daemon);
    assert_int_equal(raw_export(socket, 7), -ENOENT);
    assert_int_equal(raw_revoke(socket, 7), -ENOENT);
    assert_int_equal(raw_import(socket, 0, token), -EINVAL);
    assert_int_equal(raw_import(socket, 7, token), 0);
    assert_int_equal(raw_import(socket, 7, token), -EEXIST);
    assert_int_equal(raw_import(socket, 8, token), 0);
    assert_int_equal(raw_export(socket, 7), -EACCES);
    assert_int_equal(raw_revoke(socket, 7), -EACCES);
    daemon_await(&bed->daemon, "buffers", 4);
    close(token);
    close(socket);
    daemon_await(&bed->daemon, "buffers", 2);
    assert_int_equal(gemd_bo_revoke(bed->owner.bo), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(readers_read_and_do_not_write), TEST(writers_write),
        TEST(what_is_revoked_is_gone),       TEST(importers_outlive_the_owner),
        TEST(closing_ends_tokens),           TEST(the_same_rights_give_the_same_token),
        TEST(what_cannot_be_lent),           TEST(importers_do_not_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
