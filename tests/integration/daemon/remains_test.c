/* SPDX-License-Identifier: MIT */
/*
 * A session never sees bytes of another: one writes a secret wherever it can, with CPU and GPU, and
 * goes; another looks wherever it can. The daemon runs in a thread of the test, on the model, so
 * that the pages which all share can be looked at, too.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "hw/model/model.h"
#include "proto/ring.h"
#include "tests/lib/batch.h"
#include "tests/lib/chipset.h"
#include "tests/lib/daemon_thread.h"
#include "tests/lib/raw.h"

#define SECRET 0x5ec2e75eu

enum { PITCH = 1024, ROWS = 256, BYTES = PITCH * ROWS, BOS = 6, PAGE = 4096, SPAN = 1 << 20 };

struct bed {
    struct hw_device *dev;
    struct daemon_thread daemon;
    char rule[GEMD_NAME_MAX];
};

struct side {
    struct gemd_session *session;
    struct gemd_bo *bos[BOS]; /* private ones and shared ones, and the last one is tiled */
};

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    const struct model_options options = {.chipset = test_chipset_name()};
    bed->dev = model_create(&options);
    const struct server_options server_options = {.device_name = "model",
                                                  .width = 64,
                                                  .height = 64,
                                                  .purge_limit = BYTES,
                                                  .hang_ns = 10000000000u};
    daemon_thread_start(&bed->daemon, bed->dev, &server_options);
    *state = bed;
    return 0;
}

static void assert_zero(const void *memory, size_t size)
{
    const uint8_t *bytes = memory;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            fail_msg("byte %zu of %zu is %02x", i, size, bytes[i]);
        }
    }
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    daemon_thread_join(&bed->daemon);
    /* What unused entries and the preamble name, and so everybody reaches: nobody has written it.
     */
    assert_zero(bed->daemon.server->gpu.gtt.scratch.cpu, PAGE);
    assert_zero(bed->daemon.server->gpu.dummy.dma.cpu, PAGE);
    daemon_thread_finish(&bed->daemon);
    hw_device_destroy(bed->dev);
    free(bed);
    return 0;
}

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct bed *bed = data;
    if (event->type == GEMD_MSG_BATCH_REJECTED) {
        memcpy(bed->rule, ((const struct gemd_msg_batch_rejected *)(const void *)event)->rule_name,
               sizeof(bed->rule));
    }
}

static void side_open(struct bed *bed, struct side *side)
{
    const struct gemd_connect_options options = {
        .socket = bed->daemon.listener.path, .on_event = on_event, .on_event_data = bed};
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &side->session, reason), 0);
    for (unsigned i = 0; i + 1 < BOS; i++) {
        assert_int_equal(gemd_bo_create(side->session, BYTES, i % 2 == 1, &side->bos[i]), 0);
    }
    assert_int_equal(gemd_bo_create_tiled(side->session, BYTES, false, GEMD_TILING_X, PITCH,
                                          &side->bos[BOS - 1]),
                     0);
}

static void side_close(struct side *side)
{
    for (unsigned i = 0; i < BOS; i++) {
        gemd_bo_unref(side->bos[i]);
    }
    gemd_session_close(side->session);
}

/* Whether the batch was accepted, and then it has run. */
static bool run(struct side *side, struct batch *batch)
{
    uint64_t seqno, before = gemd_session_rejected(side->session);
    assert_int_equal(batch_submit(batch, side->session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(side->session, seqno, GEMD_FOREVER), 0);
    gemd_session_dispatch(side->session);
    return gemd_session_rejected(side->session) == before;
}

/* XY_SRC_COPY_BLT of some rows from a byte of one buffer to the beginning of another. */
static bool copy(struct side *side, struct gemd_bo *from, uint32_t delta, uint32_t rows,
                 struct gemd_bo *to)
{
    struct batch batch;
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x54f00006, 0x03cc0000 | PITCH, 0, rows << 16 | PITCH / 4);
    batch_address(&batch, to, 0, GEMD_USE_WRITE);
    BATCH_PUT(&batch, 0, PITCH);
    batch_address(&batch, from, delta, GEMD_USE_READ);
    return run(side, &batch);
}

/* Fills everything that it has, by the GPU. */
static void write_secrets(struct side *side)
{
    for (unsigned i = 0; i < BOS; i++) {
        struct batch batch;
        batch_reset(&batch);
        batch_fill(&batch, side->bos[i], PITCH, 0, 0, PITCH / 4, ROWS, SECRET);
        assert_true(run(side, &batch));
        batch_reset(&batch);
        if (i + 1 < BOS) {
            batch_triangle(&batch, side->bos[i], SECRET);
            assert_true(run(side, &batch));
        }
        assert_int_equal(((const uint32_t *)gemd_bo_map(side->bos[i]))[BYTES / 4 - 1], SECRET);
    }
}

/* Both ways: what the CPU has, and what the GPU finds there. */
static void expect_nothing(struct side *side)
{
    for (unsigned i = 0; i < BOS; i++) {
        assert_zero(gemd_bo_map(side->bos[i]), BYTES);
    }
    for (unsigned i = 1; i < BOS; i++) {
        memset(gemd_bo_map(side->bos[0]), 0xff, BYTES);
        assert_true(copy(side, side->bos[i], 0, ROWS, side->bos[0]));
        assert_zero(gemd_bo_map(side->bos[0]), BYTES);
    }
}

static void who_comes_after_finds_nothing(void **state)
{
    struct bed *bed = *state;
    for (unsigned round = 0; round < 3; round++) {
        struct side first, second;
        side_open(bed, &first);
        write_secrets(&first);
        side_close(&first);
        side_open(bed, &second);
        expect_nothing(&second);
        write_secrets(&second);
        side_close(&second);
    }
}

/* With its work in flight: what it still writes goes to nobody else. */
static void who_leaves_in_the_midst_leaves_nothing(void **state)
{
    struct bed *bed = *state;
    for (unsigned round = 0; round < 10; round++) {
        struct side first, second;
        struct batch batch;
        uint64_t seqno;
        side_open(bed, &first);
        for (unsigned i = 0; i < 40; i++) {
            batch_reset(&batch);
            for (unsigned j = 0; j < BOS; j++) {
                batch_fill(&batch, first.bos[j], PITCH, 0, 0, PITCH / 4, ROWS, SECRET);
            }
            assert_int_equal(batch_submit(&batch, first.session, &seqno), 0);
        }
        side_close(&first);
        side_open(bed, &second);
        expect_nothing(&second);
        side_close(&second);
    }
}

/* Behind the end of its own: the next page of the GTT is another's, or padding that all share. */
static void nobody_sees_beyond_its_buffers(void **state)
{
    struct bed *bed = *state;
    struct side first, second;
    struct gemd_bo *to, *small, *tiled;
    side_open(bed, &first);
    write_secrets(&first);
    side_open(bed, &second);
    assert_int_equal(gemd_bo_create(second.session, SPAN, false, &to), 0);
    assert_int_equal(gemd_bo_create(second.session, PAGE, false, &small), 0);
    assert_int_equal(
        gemd_bo_create_tiled(second.session, 8 * PITCH, false, GEMD_TILING_X, PITCH, &tiled), 0);
    memset(gemd_bo_map(to), 0xff, SPAN);
    assert_true(copy(&second, small, 0, PAGE / PITCH, to));
    assert_false(copy(&second, small, 0, PAGE / PITCH + 1, to));
    assert_string_equal(bed->rule, "BLIT_EXTENT");
    assert_false(copy(&second, small, PAGE - 4, 1, to));
    assert_false(copy(&second, small, PAGE, 1, to));
    assert_string_equal(bed->rule, "ADDRESS_RANGE");
    /* The register of this one covers 1 MiB. */
    assert_true(copy(&second, tiled, 0, 8, to));
    assert_false(copy(&second, tiled, 0, 9, to));
    assert_string_equal(bed->rule, "BLIT_EXTENT");
    assert_false(copy(&second, tiled, 0, SPAN / PITCH, to));
    assert_false(copy(&second, tiled, 8 * PITCH, 8, to));
    const uint32_t *words = gemd_bo_map(to);
    for (unsigned i = 0; i < SPAN / 4; i++) {
        assert_int_equal(words[i], i < 8 * PITCH / 4 ? 0 : UINT32_MAX);
    }
    gemd_bo_unref(to);
    gemd_bo_unref(small);
    gemd_bo_unref(tiled);
    side_close(&second);
    side_close(&first);
}

/* Pages that were purged come back empty, also to who had them; and to nobody else at all. */
static void purged_pages_are_empty(void **state)
{
    struct bed *bed = *state;
    struct side first, second;
    bool retained = true;
    side_open(bed, &first);
    write_secrets(&first);
    for (unsigned i = 0; i < BOS; i++) {
        assert_int_equal(gemd_bo_dont_need(first.bos[i]), 0);
    }
    side_open(bed, &second);
    expect_nothing(&second);
    assert_int_equal(gemd_bo_need(first.bos[0], &retained), 0);
    assert_false(retained);
    assert_zero(gemd_bo_map(first.bos[0]), BYTES);
    side_close(&second);
    side_close(&first);
}

/* Ring and status page of a new session are new. */
static void shared_pages_are_new(void **state)
{
    struct bed *bed = *state;
    struct side first;
    struct packet packet;
    struct gemd_msg_welcome welcome;
    side_open(bed, &first);
    write_secrets(&first);
    side_close(&first);
    int socket = raw_greet(bed->daemon.listener.path, "looker", &packet);
    assert_true(socket >= 0);
    memcpy(&welcome, packet.bytes, sizeof(welcome));
    size_t size = ring_file_size(welcome.ring_bytes);
    uint8_t *ring = mmap(NULL, size, PROT_READ, MAP_SHARED, packet.fds[0], 0);
    const struct gemd_status_page *status =
        mmap(NULL, sizeof(*status), PROT_READ, MAP_SHARED, packet.fds[1], 0);
    assert_true(ring != MAP_FAILED && status != MAP_FAILED);
    assert_zero(ring, size);
    assert_zero(status->windows, sizeof(status->windows));
    assert_true(status->retired == 0 && status->rejected == 0 && status->ring_head == 0);
    munmap(ring, size);
    munmap((void *)(uintptr_t)status, sizeof(*status));
    packet_clear(&packet);
    close(socket);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_comes_after_finds_nothing),  TEST(who_leaves_in_the_midst_leaves_nothing),
        TEST(nobody_sees_beyond_its_buffers), TEST(purged_pages_are_empty),
        TEST(shared_pages_are_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
