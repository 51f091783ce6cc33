/* SPDX-License-Identifier: MIT */
/*
 * Tiled buffers on the modelled GPU: more of them than fence registers, drawn in turn without
 * waiting, and each pixel looked for where the tiles have it. On any chipset.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hw/gen3/chip.h"
#include "hw/gen3/surface.h"
#include "tests/integration/daemon/same_view.h"
#include "tests/lib/batch.h"
#include "tests/lib/chipset.h"
#include "tests/lib/daemon.h"

enum {
    TILED = 20, /* beyond all chips' registers */
    ROWS = 64,
    ROUNDS = 3,
    LINEAR_PITCH = 512,
    WIDTH = LINEAR_PITCH / 4, /* pixels of each that are drawn */
    BYTES = LINEAR_PITCH * ROWS,
    SCREEN = 64,
    KEPT = 4, /* registers that only the screen may have */
};

struct bed {
    struct daemon daemon;
    struct gemd_session *session;
    struct gemd_bo *tiled[TILED], *linear[TILED];
    struct gemd_msg_batch_rejected rejected;
    struct gemd_msg_ring_error ring_error;
    unsigned rejections, ring_errors;
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct bed *bed = data;
    if (event->type == GEMD_MSG_BATCH_REJECTED) {
        memcpy(&bed->rejected, event, sizeof(bed->rejected));
        bed->rejections++;
    } else if (event->type == GEMD_MSG_RING_ERROR) {
        memcpy(&bed->ring_error, event, sizeof(bed->ring_error));
        bed->ring_errors++;
    }
}

static bool is_915_class(void)
{
    return !gen3_chip_named(test_chipset_name())->is_945_class;
}

static uint32_t pitch_of(unsigned index)
{
    return 512u << index % 5; /* up to 8192 */
}

static int setup_with(void **state, const char *const *arguments)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    daemon_start(&bed->daemon, arguments);
    bed->session = daemon_open(&bed->daemon, on_event, bed);
    for (unsigned i = 0; i < TILED; i++) {
        assert_int_equal(gemd_bo_create_tiled(bed->session, pitch_of(i) * ROWS, i % 2 == 0,
                                              GEMD_TILING_X, pitch_of(i), &bed->tiled[i]),
                         0);
        /* They lie between the tiled ones: nothing of those may reach them. */
        assert_int_equal(gemd_bo_create(bed->session, BYTES, false, &bed->linear[i]), 0);
    }
    *state = bed;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, NULL);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < TILED; i++) {
        gemd_bo_unref(bed->tiled[i]);
        gemd_bo_unref(bed->linear[i]);
    }
    gemd_session_close(bed->session);
    daemon_await_nothing(&bed->daemon);
    daemon_await(&bed->daemon, "fence_registers_used", 0);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

/* XY_SRC_COPY_BLT of all pixels (doc/gen3.md J). */
static void copy(struct batch *batch, struct gemd_bo *from, uint32_t from_pitch, struct gemd_bo *to,
                 uint32_t to_pitch)
{
    BATCH_PUT(batch, 0x54f00006, 0x03cc0000 | to_pitch, 0, ROWS << 16 | WIDTH);
    batch_address(batch, to, 0, GEMD_USE_WRITE);
    BATCH_PUT(batch, 0, from_pitch);
    batch_address(batch, from, 0, GEMD_USE_READ);
}

static uint64_t submit(struct bed *bed, struct batch *batch)
{
    uint64_t seqno = 0;
    assert_int_equal(batch_submit(batch, bed->session, &seqno), 0);
    return seqno;
}

static void settle(struct bed *bed, uint64_t seqno)
{
    assert_int_equal(gemd_seqno_wait(bed->session, seqno, GEMD_FOREVER), 0);
    gemd_session_dispatch(bed->session);
}

static uint32_t colour(unsigned index, unsigned round, unsigned band)
{
    return 0xff000000u | round << 16 | band << 8 | index;
}

/* Eight bands of rows that begin and end inside of tiles, each of another colour. */
static void paint(struct batch *batch, struct gemd_bo *bo, uint32_t pitch, unsigned index,
                  unsigned round)
{
    for (unsigned band = 0; band < 4; band++) {
        batch_fill(batch, bo, pitch, 0, band * 16, WIDTH, band * 16 + 16,
                   colour(index, round, band));
        batch_fill(batch, bo, pitch, band * 9 + 3, band * 16 + 5, WIDTH - 7, band * 16 + 13,
                   colour(index, round, band + 4));
    }
}

static uint32_t painted(unsigned x, unsigned y, unsigned index, unsigned round)
{
    unsigned band = y / 16;
    bool inner = x >= band * 9 + 3 && x < WIDTH - 7 && y % 16 >= 5 && y % 16 < 13;
    return colour(index, round, inner ? band + 4 : band);
}

static void expect_painted(struct gemd_bo *bo, enum gen3_tiling tiling, uint32_t pitch,
                           unsigned index, unsigned round)
{
    const uint8_t *bytes = gemd_bo_map(bo);
    for (unsigned y = 0; y < ROWS; y++) {
        for (unsigned x = 0; x < WIDTH; x++) {
            uint32_t pixel;
            memcpy(&pixel, bytes + gen3_tile_offset(tiling, pitch, x * 4, y), 4);
            if (pixel != painted(x, y, index, round)) {
                fail_msg("buffer %u of pitch %u, round %u: %08x at %u,%u, not %08x", index, pitch,
                         round, pixel, x, y, painted(x, y, index, round));
            }
        }
    }
}

/* Paints all tiled ones, one batch each, and copies each to the next one's linear companion. */
static uint64_t paint_all(struct bed *bed, unsigned round)
{
    uint64_t seqno = 0;
    for (unsigned i = 0; i < TILED; i++) {
        struct batch batch;
        batch_reset(&batch);
        paint(&batch, bed->tiled[i], pitch_of(i), i, round);
        copy(&batch, bed->tiled[i], pitch_of(i), bed->linear[i], LINEAR_PITCH);
        seqno = submit(bed, &batch);
    }
    return seqno;
}

static void expect_all(struct bed *bed, unsigned round)
{
    for (unsigned i = 0; i < TILED; i++) {
        expect_painted(bed->tiled[i], GEN3_TILED_X, pitch_of(i), i, round);
        expect_painted(bed->linear[i], GEN3_LINEAR, LINEAR_PITCH, i, round);
    }
}

static void twenty_in_turn_are_right(void **state)
{
    struct bed *bed = *state;
    int64_t count = is_915_class() ? 8 : 16;
    assert_int_equal(daemon_value(&bed->daemon, "fence_registers"), count);
    for (unsigned round = 0; round < ROUNDS; round++) {
        settle(bed, paint_all(bed, round));
        expect_all(bed, round);
    }
    assert_int_equal(daemon_value(&bed->daemon, "fence_registers_used"), count);
    assert_true(daemon_value(&bed->daemon, "fence_registers_stolen") >= ROUNDS * (TILED - count));
    assert_int_equal(bed->rejections, 0);
}

/* From tiles to other tiles: two registers at once, of pitches that differ. */
static void tiles_are_copied_to_tiles(void **state)
{
    struct bed *bed = *state;
    struct batch batch;
    batch_reset(&batch);
    paint(&batch, bed->tiled[0], pitch_of(0), 7, 1);
    (void)submit(bed, &batch);
    for (unsigned i = 0; i + 1 < TILED; i++) {
        batch_reset(&batch);
        copy(&batch, bed->tiled[i], pitch_of(i), bed->tiled[i + 1], pitch_of(i + 1));
        (void)submit(bed, &batch);
    }
    settle(bed, gemd_last_seqno(bed->session));
    for (unsigned i = 0; i < TILED; i++) {
        expect_painted(bed->tiled[i], GEN3_TILED_X, pitch_of(i), 7, 1);
    }
    assert_int_equal(bed->rejections, 0);
}

/* One batch that fills a corner of so many tiled buffers. */
static void fill_some(struct bed *bed, unsigned count)
{
    struct batch batch;
    batch_reset(&batch);
    for (unsigned i = 0; i < count; i++) {
        batch_fill(&batch, bed->tiled[i], pitch_of(i), 0, 0, 16, 16, 1);
    }
    settle(bed, submit(bed, &batch));
}

static void a_batch_may_need_all_registers_and_not_one_more(void **state)
{
    struct bed *bed = *state;
    char text[64];
    unsigned count = is_915_class() ? 8 : 16;
    fill_some(bed, count);
    assert_int_equal(bed->rejections, 0);
    fill_some(bed, count + 1);
    assert_int_equal(bed->rejections, 1);
    assert_int_equal(bed->rejected.error, -ENOSPC);
    assert_string_equal(bed->rejected.rule_name, "FENCE_REGISTERS");
    snprintf(text, sizeof(text), "%u buffers in tiles need a fence register each, there are %u",
             count + 1, count);
    assert_string_equal(bed->rejected.text, text);
    settle(bed, paint_all(bed, 0));
    expect_all(bed, 0);
}

/* A triangle by tiling bits, or through the fence, of a target that is tiled so. */
static void draw_triangle(struct bed *bed, uint32_t tiling, uint32_t bits, struct gemd_bo **bo)
{
    struct batch batch;
    assert_int_equal(gemd_bo_create_tiled(bed->session, 1024 * 256, false, tiling, 1024, bo), 0);
    batch_reset(&batch);
    batch_triangle(&batch, *bo, 0xff336699);
    batch.words[1] |= bits;
    settle(bed, submit(bed, &batch));
}

static void expect_triangle(struct gemd_bo *bo, enum gen3_tiling tiling)
{
    const uint8_t *bytes = gemd_bo_map(bo);
    for (unsigned y = 0; y < 256; y++) {
        for (unsigned x = 0; x < 256; x++) {
            uint32_t pixel;
            memcpy(&pixel, bytes + gen3_tile_offset(tiling, 1024, x * 4, y), 4);
            if (x + y != 255) { /* whose half is which on the edge is another test's matter */
                assert_int_equal(pixel, x + y < 255 ? 0xff336699 : 0);
            }
        }
    }
}

static void surfaces_are_walked_as_they_say(void **state)
{
    struct bed *bed = *state;
    static const uint32_t x_bits[] = {1u << 22, 1u << 23}, y_bits[] = {3u << 21, 1u << 23};
    struct gemd_bo *bo;
    for (unsigned i = 0; i < 2; i++) {
        int64_t before = daemon_value(&bed->daemon, "fence_registers_used");
        draw_triangle(bed, GEMD_TILING_X, x_bits[i], &bo);
        expect_triangle(bo, GEN3_TILED_X);
        assert_int_equal(daemon_value(&bed->daemon, "fence_registers_used"), before + i);
        gemd_bo_unref(bo);
        if (is_915_class()) {
            continue;
        }
        draw_triangle(bed, GEMD_TILING_Y, y_bits[i], &bo);
        expect_triangle(bo, GEN3_TILED_Y);
        gemd_bo_unref(bo);
    }
    assert_int_equal(bed->rejections + bed->ring_errors, 0);
}

static void the_915_has_no_y(void **state)
{
    struct bed *bed = *state;
    struct gemd_bo *bo;
    assert_int_equal(
        gemd_bo_create_tiled(bed->session, 1024 * 256, false, GEMD_TILING_Y, 1024, &bo), 0);
    fill_some(bed, 1); /* by then its CREATE has been read */
    assert_int_equal(bed->ring_errors, is_915_class());
    if (is_915_class()) {
        assert_int_equal(bed->ring_error.error, -EOPNOTSUPP);
        assert_non_null(strstr(bed->ring_error.text, "tiling Y: nobody knows the order"));
    }
    gemd_bo_unref(bo);
    fill_some(bed, 1);
}

/* ---- the screen ---- */

static void expect_screen(const struct daemon *daemon, unsigned index, unsigned round)
{
    const struct gemd_connect_options options = {.socket = daemon->socket,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    struct gemd_screenshot shot;
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    assert_int_equal(gemd_take_screenshot(session, &shot), 0);
    assert_same_view(session, &shot);
    for (unsigned y = 0; y < SCREEN; y++) {
        const uint32_t *row = (const void *)((const uint8_t *)shot.pixels + y * shot.stride);
        for (unsigned x = 0; x < SCREEN; x++) {
            assert_int_equal(row[x] & 0xffffff, painted(x, y, index, round) & 0xffffff);
        }
    }
    gemd_screenshot_free(&shot);
    gemd_session_close(session);
}

/* Shows tiled buffer 'index', as it is painted. */
static void show(struct bed *bed, struct gemd_window *window, unsigned index)
{
    uint64_t serial;
    assert_int_equal(gemd_window_present(window, bed->tiled[index], 0, pitch_of(index), 1,
                                         gemd_last_seqno(bed->session), &serial),
                     0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
}

static struct gemd_window *window_open(struct bed *bed)
{
    struct gemd_window *window;
    assert_int_equal(gemd_window_create(bed->session, SCREEN, SCREEN, &window), 0);
    return window;
}

static void the_screen_keeps_its_register(void **state)
{
    struct bed *bed = *state;
    unsigned count = is_915_class() ? 8 : 16;
    struct gemd_window *window = window_open(bed);
    settle(bed, paint_all(bed, 0));
    for (unsigned i = 0; i < 4; i++) {
        show(bed, window, i); /* of another pitch each */
        expect_screen(&bed->daemon, i, 0);
    }
    /* What is on the screen stays as it is while the others take turns. */
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct batch batch;
        for (unsigned i = 4; i < TILED; i++) {
            batch_reset(&batch);
            paint(&batch, bed->tiled[i], pitch_of(i), i, round);
            (void)submit(bed, &batch);
        }
        settle(bed, gemd_last_seqno(bed->session));
        expect_screen(&bed->daemon, 3, 0);
    }
    fill_some(bed, count - KEPT);
    assert_int_equal(bed->rejections, 0);
    gemd_window_destroy(window);
}

static void frames_that_the_pipe_cannot_walk_are_refused(void **state)
{
    struct bed *bed = *state;
    static const struct {
        uint32_t offset, stride;
        const char *text;
    } cases[] = {
        {0, 512, "its stride is not the pitch of its buffer's tiles"},
        {4096, 1024, "from a row of tiles on"},
        {8192, 1024, "from a row of tiles on"}, /* a row of tiles lower it ends outside */
    };
    struct gemd_window *window = window_open(bed);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t serial;
        assert_int_equal(gemd_window_present(window, bed->tiled[1], cases[i].offset,
                                             cases[i].stride, 1, 0, &serial),
                         0);
        assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
        fill_some(bed, 1);
        assert_int_equal(bed->ring_errors, i + 1);
        assert_non_null(strstr(bed->ring_error.text, cases[i].text));
    }
    gemd_window_destroy(window);
}

/* ---- resets, and places that move ---- */

static int setup_hangs(void **state)
{
    const char *const arguments[] = {
        "--chaos", "1,hang=1000,session=guilty", "--hang-timeout", "5000", "--hang-ban", "off",
        NULL};
    return setup_with(state, arguments);
}

static void hang_once(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {.socket = daemon->socket, .name = "guilty"};
    struct gemd_session *session;
    struct gemd_bo *bo;
    struct batch batch;
    uint64_t seqno;
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    assert_int_equal(gemd_bo_create(session, BYTES, false, &bo), 0);
    batch_reset(&batch);
    for (unsigned i = 0; i < 8; i++) {
        batch_fill(&batch, bo, LINEAR_PITCH, 0, 0, 16, 16, i);
    }
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), -EIO);
    gemd_bo_unref(bo);
    gemd_session_close(session);
}

/* The pipe has begun anew, and taken the plane's address in. */
static void await_vblanks(const struct daemon *daemon)
{
    int64_t then = daemon_value(daemon, "vblanks") + 2;
    while (daemon_value(daemon, "vblanks") < then) {
        /* it is asked by messages */
    }
}

/* A reset clears the registers: what runs again, and the screen, must find theirs. */
static void resets_bring_registers_back(void **state)
{
    struct bed *bed = *state;
    struct gemd_window *window = window_open(bed);
    struct batch batch;
    batch_reset(&batch);
    paint(&batch, bed->tiled[0], pitch_of(0), 0, 9);
    (void)submit(bed, &batch);
    show(bed, window, 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 1; i < TILED; i++) {
            batch_reset(&batch);
            paint(&batch, bed->tiled[i], pitch_of(i), i, round);
            (void)submit(bed, &batch);
        }
        uint64_t seqno = gemd_last_seqno(bed->session);
        hang_once(&bed->daemon);
        settle(bed, seqno);
        for (unsigned i = 1; i < TILED; i++) {
            expect_painted(bed->tiled[i], GEN3_TILED_X, pitch_of(i), i, round);
        }
        await_vblanks(&bed->daemon);
        expect_screen(&bed->daemon, 0, 9);
        /* And those that nobody has used since. */
        batch_reset(&batch);
        paint(&batch, bed->tiled[TILED - 1], pitch_of(TILED - 1), 5, 5);
        settle(bed, submit(bed, &batch));
        expect_painted(bed->tiled[TILED - 1], GEN3_TILED_X, pitch_of(TILED - 1), 5, 5);
    }
    assert_int_equal(daemon_value(&bed->daemon, "resets"), ROUNDS);
    gemd_window_destroy(window);
}

/* Larger than the GTT together: they leave it, come back elsewhere, and so do their registers. */
static void tiles_that_moved_are_right(void **state)
{
    struct bed *bed = *state;
    enum { LARGE = 9, LARGE_BYTES = (16 << 20) + 65536 }; /* 32 MiB of the GTT each */
    struct gemd_bo *bos[LARGE];
    struct batch batch;
    for (unsigned i = 0; i < LARGE; i++) {
        assert_int_equal(gemd_bo_create_tiled(bed->session, LARGE_BYTES, false, GEMD_TILING_X,
                                              pitch_of(i), &bos[i]),
                         0);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < LARGE; i++) {
            batch_reset(&batch);
            paint(&batch, bos[i], pitch_of(i), i, round);
            copy(&batch, bos[i], pitch_of(i), bed->linear[i], LINEAR_PITCH);
            (void)submit(bed, &batch);
        }
        settle(bed, gemd_last_seqno(bed->session));
        for (unsigned i = 0; i < LARGE; i++) {
            expect_painted(bos[i], GEN3_TILED_X, pitch_of(i), i, round);
            expect_painted(bed->linear[i], GEN3_LINEAR, LINEAR_PITCH, i, round);
        }
    }
    assert_true(daemon_value(&bed->daemon, "gtt_evictions") > 0);
    for (unsigned i = 0; i < LARGE; i++) {
        gemd_bo_unref(bos[i]);
    }
    assert_int_equal(bed->rejections, 0);
}

/* ---- what people see ---- */

static void lists_show_tiles_and_registers(void **state)
{
    struct bed *bed = *state;
    const struct gemd_connect_options options = {.socket = bed->daemon.socket,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *viewer;
    char *text;
    uint32_t left_out;
    unsigned session, handle, pitch, first, pages, used = 0, lines = 0;
    char tiling[8], what[8];
    fill_some(bed, 3);
    assert_int_equal(gemd_session_open(&options, &viewer, NULL), 0);
    assert_int_equal(gemd_query_list(viewer, GEMD_LIST_REGISTERS, &text, &left_out), 0);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned index;
        used += sscanf(line, "%u %u %u %7s %u %u %u %7s", &index, &session, &handle, tiling, &pitch,
                       &first, &pages, what) == 8;
        lines++;
    }
    assert_int_equal(used, 3);
    assert_int_equal(lines, 1 + (is_915_class() ? 8 : 16));
    assert_string_equal(tiling, "X");
    assert_string_equal(what, "idle");
    assert_int_equal(pitch, pitch_of(2));
    assert_int_equal(pages, 256);
    assert_int_equal(first % 256, 0);
    free(text);
    assert_int_equal(gemd_query_list(viewer, GEMD_LIST_BUFFERS, &text, &left_out), 0);
    assert_non_null(strstr(text, "tiling\tpitch\tpages\tgtt_page\tfence\tpins\tstate\n"));
    assert_non_null(strstr(text, "\tX\t2048\t256\t"));
    free(text);
    gemd_session_close(viewer);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(twenty_in_turn_are_right),
        TEST(tiles_are_copied_to_tiles),
        TEST(a_batch_may_need_all_registers_and_not_one_more),
        TEST(surfaces_are_walked_as_they_say),
        TEST(the_915_has_no_y),
        TEST(the_screen_keeps_its_register),
        TEST(frames_that_the_pipe_cannot_walk_are_refused),
        cmocka_unit_test_setup_teardown(resets_bring_registers_back, setup_hangs, teardown),
        TEST(tiles_that_moved_are_right),
        TEST(lists_show_tiles_and_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
