/* SPDX-License-Identifier: MIT */
/*
 * The machine sleeps: registers and page table are lost, memory is not, and sessions go on with the
 * right pixels. The daemon runs in a thread of the test, so that the test can pull the plug.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "tests/lib/batch.h"
#include "tests/lib/chipset.h"
#include "tests/lib/daemon_thread.h"
#include "tests/unit/gemd/edid_blocks.h"

enum { WIDTH = 64, HEIGHT = 64, STRIDE = WIDTH * 4, BYTES = STRIDE * HEIGHT };

struct bed {
    struct hw_device *dev;
    struct daemon_thread daemon;
};

static int setup_with(void **state, uint32_t width, uint32_t height)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    const struct model_options options = {.chipset = test_chipset_name()};
    bed->dev = model_create(&options);
    const struct server_options server_options = {.device_name = "model",
                                                  .width = width,
                                                  .height = height,
                                                  .monitor = true,
                                                  .hang_ns = 10000000000u};
    daemon_thread_start(&bed->daemon, bed->dev, &server_options);
    *state = bed;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, WIDTH, HEIGHT);
}

/* The screen is as the monitor likes it. */
static int setup_unasked(void **state)
{
    return setup_with(state, 0, 0);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    daemon_thread_join(&bed->daemon);
    daemon_thread_finish(&bed->daemon);
    hw_device_destroy(bed->dev);
    free(bed);
    return 0;
}

/* All that a sleeping machine loses. The daemon's thread waits for messages meanwhile. */
static void pull_the_plug(struct hw_device *dev)
{
    const struct timespec step = {.tv_nsec = 100000};
    const uint32_t done = dev->identity.has_held_reset ? GDRST_STATUS : GDRST_ENABLE;
    const uint32_t want = dev->identity.has_held_reset ? GDRST_STATUS : 0;
    hw_config_write(dev, CONFIG_GDRST, 1, GDRST_ENABLE);
    while ((hw_config_read(dev, CONFIG_GDRST, 1) & done) != want) {
        nanosleep(&step, NULL);
    }
    hw_config_write(dev, CONFIG_GDRST, 1, 0);
    while (dev->identity.has_held_reset &&
           (hw_config_read(dev, CONFIG_GDRST, 1) & GDRST_STATUS) != 0) {
        nanosleep(&step, NULL);
    }
    for (uint32_t page = 0; page < dev->identity.gtt_entries; page++) {
        hw_gtt_write(dev, page, 0);
    }
    hw_write(dev, PGTBL_CTL, 0);
}

static uint64_t fill(struct gemd_session *session, struct gemd_bo *bo, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    batch_fill(&batch, bo, STRIDE, 0, 0, WIDTH, HEIGHT, colour);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    return seqno;
}

static void assert_pixels(const uint32_t *pixels, uint32_t colour)
{
    for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
        assert_int_equal(pixels[i] & 0xffffff, colour);
    }
}

static void assert_screen(struct gemd_session *operator_session, uint32_t colour)
{
    struct gemd_screenshot shot;
    assert_int_equal(gemd_take_screenshot(operator_session, &shot), 0);
    assert_int_equal(shot.width, WIDTH);
    assert_int_equal(shot.height, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        const uint32_t *row = (const void *)((const uint8_t *)shot.pixels + y * shot.stride);
        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_int_equal(row[x] & 0xffffff, colour);
        }
    }
    gemd_screenshot_free(&shot);
}

/* A picture that comes back does so at the next vblank, and whole. */
static void await_screen(struct gemd_session *operator_session, uint32_t colour)
{
    for (;;) {
        struct gemd_screenshot shot = {0};
        assert_int_equal(gemd_take_screenshot(operator_session, &shot), 0);
        const uint32_t seen = *(const uint32_t *)shot.pixels & 0xffffff;
        gemd_screenshot_free(&shot);
        if (seen == colour) {
            break;
        }
        assert_int_equal(seen, 0); /* black, never another picture */
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    assert_screen(operator_session, colour);
}

static uint64_t present(struct gemd_window *window, struct gemd_bo *bo, uint64_t seqno)
{
    uint64_t serial = 0;
    assert_int_equal(gemd_window_present(window, bo, 0, STRIDE, 1, seqno, &serial), 0);
    return serial;
}

static void sessions_go_on_with_the_right_pixels(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_session *boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    struct gemd_window *window;
    struct gemd_bo *bos[3];
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gemd_bo_create(session, BYTES, true, &bos[i]), 0);
    }
    assert_int_equal(gemd_window_create(session, WIDTH, HEIGHT, &window), 0);
    uint64_t serial = present(window, bos[0], fill(session, bos[0], 0x112233));
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(session, fill(session, bos[1], 0x445566), GEMD_FOREVER), 0);

    assert_int_equal(gemd_resume(boss), -EALREADY);
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(gemd_suspend(boss), 0);
        assert_int_equal(gemd_suspend(boss), -EALREADY);
        struct gemd_screenshot shot;
        assert_int_equal(gemd_take_screenshot(boss, &shot), -ENODATA);
        pull_the_plug(bed->dev);
        /* What is submitted meanwhile waits. */
        uint64_t seqno = fill(session, bos[2], 0x778899 + round);
        nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
        assert_false(gemd_seqno_passed(session, seqno));
        assert_int_equal(gemd_resume(boss), 0);
        assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
        assert_pixels(gemd_bo_map(bos[2]), 0x778899 + round);
        /* The last frame is up again, old contents are where they were. */
        assert_pixels(gemd_bo_map(bos[0]), 0x112233);
        assert_pixels(gemd_bo_map(bos[1]), 0x445566);
        await_screen(boss, 0x112233);
    }
    serial = present(window, bos[2], 0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    assert_screen(boss, 0x77889b);

    gemd_window_destroy(window);
    for (unsigned i = 0; i < 3; i++) {
        gemd_bo_unref(bos[i]);
    }
    gemd_session_close(session);
    gemd_session_close(boss);
}

/* The palette's registers are among what is lost. */
static void a_palette_comes_back(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_session *boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    struct gemd_window *window;
    struct gemd_bo *bo;
    uint32_t words[GEMD_PALETTE_WORDS];
    for (unsigned i = 0; i < GEMD_PALETTE_WORDS; i++) {
        words[i] = (255 - i) * 0x010101u;
    }
    assert_int_equal(gemd_bo_create(session, BYTES, true, &bo), 0);
    assert_int_equal(gemd_window_create(session, WIDTH, HEIGHT, &window), 0);
    assert_int_equal(gemd_window_set_palette(window, 8, words), 0);
    uint64_t serial = present(window, bo, fill(session, bo, 0x112233));
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    assert_screen(boss, 0xeeddcc);
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(gemd_suspend(boss), 0);
        pull_the_plug(bed->dev);
        for (uint32_t i = 0; i < GEMD_PALETTE_WORDS; i++) {
            hw_write(bed->dev, PALETTE_A + i * 4, 0x778899);
        }
        if (round == 1) { /* another one meanwhile */
            for (unsigned i = 0; i < GEMD_PALETTE_WORDS; i++) {
                words[i] = (i / 17) * 0x010101u;
            }
            assert_int_equal(gemd_window_set_palette(window, 8, words), 0);
        }
        assert_int_equal(gemd_resume(boss), 0);
        await_screen(boss, round == 0 ? 0xeeddcc : 0x010203);
    }
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    gemd_session_close(boss);
}

/* Indices without a palette are greys because there is one in the pipe then. */
static void indices_have_a_palette(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_window *window;
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(session, BYTES, true, &bo), 0);
    assert_int_equal(gemd_window_create(session, WIDTH, HEIGHT, &window), 0);
    uint64_t serial = present(window, bo, 0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    assert_int_equal(hw_read(bed->dev, DSPCNTR_A) & DSPCNTR_GAMMA, 0);
    assert_int_equal(gemd_window_set_format(window, GEMD_FORMAT_C8), 0);
    serial = present(window, bo, 0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    const uint32_t wanted = DSPCNTR_ENABLE | DSPCNTR_GAMMA | DSPCNTR_C8 << DSPCNTR_FORMAT_SHIFT;
    assert_int_equal(hw_read(bed->dev, DSPCNTR_A), wanted);
    assert_int_equal(hw_read(bed->dev, PALETTE_A + 200 * 4), 200 * 0x010101);
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
    gemd_session_close(session);
}

static void await_sessions(struct gemd_session *boss, unsigned wanted)
{
    static const char key[] = "\nsessions: ";
    for (unsigned seen = ~0u; seen != wanted;) {
        char *status = NULL;
        assert_int_equal(gemd_query_status(boss, &status), 0);
        const char *line = strstr(status, key);
        assert_non_null(line);
        seen = (unsigned)strtoul(line + strlen(key), NULL, 10);
        free(status);
    }
}

/* Who goes while the machine sleeps leaves no page behind in the table that comes back. */
static void what_goes_meanwhile_does_not_come_back(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_session *boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    struct gemd_window *window;
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(session, BYTES, true, &bo), 0);
    assert_int_equal(gemd_window_create(session, WIDTH, HEIGHT, &window), 0);
    uint64_t serial = present(window, bo, fill(session, bo, 0x123456));
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);

    assert_int_equal(gemd_suspend(boss), 0);
    pull_the_plug(bed->dev);
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    await_sessions(boss, 0); /* an operator is none */
    assert_int_equal(gemd_resume(boss), 0);
    assert_int_equal(bed->daemon.server->gpu.gtt.client_pages, 0);
    unsigned others = 0;
    const struct gtt *gtt = &bed->daemon.server->gpu.gtt;
    for (uint32_t page = gtt->daemon_pages; page < bed->dev->identity.gtt_entries; page++) {
        others += hw_gtt_read(bed->dev, page) != gtt->scratch_pte;
    }
    assert_true(others <= 1); /* the daemon's pieces need not lie in one run */

    session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    assert_int_equal(gemd_bo_create(session, BYTES, true, &bo), 0);
    assert_int_equal(gemd_seqno_wait(session, fill(session, bo, 0x654321), GEMD_FOREVER), 0);
    assert_pixels(gemd_bo_map(bo), 0x654321);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    gemd_session_close(boss);
}

/* A window that is made meanwhile gets the screen afterwards. */
static void a_window_of_meanwhile_comes_up(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_session *boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    struct gemd_window *window;
    struct gemd_bo *bo;
    assert_int_equal(gemd_suspend(boss), 0);
    pull_the_plug(bed->dev);
    assert_int_equal(gemd_bo_create(session, BYTES, true, &bo), 0);
    assert_int_equal(gemd_window_create(session, WIDTH, HEIGHT, &window), 0);
    assert_int_equal(hw_read(bed->dev, PIPECONF_A), 0);
    uint64_t serial = present(window, bo, fill(session, bo, 0xabcdef));
    assert_int_equal(gemd_resume(boss), 0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    assert_screen(boss, 0xabcdef);
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    gemd_session_close(boss);
}

static void await_size(struct hw_device *dev, uint32_t width, uint32_t height)
{
    uint32_t seen_width = 0, seen_height = 0;
    while (hw_screen_size(dev, 0, &seen_width, &seen_height) != 0 || seen_width != width ||
           seen_height != height) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

/* Another monitor, one that takes only what it lists: the picture lies in the middle of a mode. */
static void a_monitor_may_change(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_session *boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    struct gemd_window *window;
    struct gemd_bo *bo;
    uint8_t panel[EDID_BLOCK];
    edid_block_panel(panel);
    assert_int_equal(gemd_bo_create(session, BYTES, true, &bo), 0);
    assert_int_equal(gemd_window_create(session, WIDTH, HEIGHT, &window), 0);
    uint64_t serial = present(window, bo, fill(session, bo, 0x13579b));
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    await_size(bed->dev, WIDTH, HEIGHT);
    /* While nobody could tell. */
    assert_int_equal(gemd_suspend(boss), 0);
    pull_the_plug(bed->dev);
    model_plug_monitor(bed->dev, true, panel);
    assert_int_equal(gemd_resume(boss), 0);
    await_size(bed->dev, 640, 480);
    await_screen(boss, 0x13579b);
    /* While it runs, where the chip tells. */
    if (bed->daemon.server->display.connector.has_hotplug) {
        model_plug_monitor(bed->dev, false, NULL);
        await_size(bed->dev, WIDTH, HEIGHT);
        await_screen(boss, 0x13579b); /* the picture comes along */
        model_plug_monitor(bed->dev, true, panel);
        await_size(bed->dev, 640, 480);
        await_screen(boss, 0x13579b);
    }
    serial = present(window, bo, 0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    assert_screen(boss, 0x13579b);
    /* What no mode has room for is refused, with numbers in the log and for the client. */
    struct gemd_window *large = NULL;
    assert_int_equal(gemd_window_create(session, 1600, 1200, &large), -ERANGE);
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    gemd_session_close(boss);
}

static void assert_default(const struct bed *bed, uint32_t width, uint32_t height)
{
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_window *window;
    assert_int_equal(gemd_session_info(session)->screen_width, width);
    assert_int_equal(gemd_session_info(session)->screen_height, height);
    assert_int_equal(gemd_window_create(session, 0, 0, &window), 0);
    assert_int_equal(gemd_window_width(window), width);
    gemd_window_destroy(window);
    gemd_session_close(session);
}

/* The monitor is looked at while sessions go on. */
static void await_default(const struct bed *bed, uint32_t width)
{
    uint32_t seen = 0;
    while (seen != width) {
        struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
        seen = gemd_session_info(session)->screen_width;
        gemd_session_close(session);
    }
}

static void the_screen_is_as_its_monitor_likes_it(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    uint8_t panel[EDID_BLOCK];
    edid_block_panel(panel);
    assert_default(bed, 1024, 768);
    assert_int_equal(gemd_suspend(boss), 0);
    model_plug_monitor(bed->dev, true, panel);
    assert_int_equal(gemd_resume(boss), 0);
    await_default(bed, 1280);
    assert_default(bed, 1280, 1024);
    gemd_session_close(boss);
}

/* The daemon that ends while it is suspended ends well; so does one whose asker has gone. */
static void it_may_end_asleep(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *session = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    struct gemd_session *boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(session, BYTES, true, &bo), 0);
    assert_int_equal(gemd_seqno_wait(session, fill(session, bo, 1), GEMD_FOREVER), 0);
    assert_int_equal(gemd_suspend(boss), 0);
    pull_the_plug(bed->dev);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    gemd_session_close(boss);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sessions_go_on_with_the_right_pixels),
        TEST(a_palette_comes_back),
        TEST(indices_have_a_palette),
        TEST(what_goes_meanwhile_does_not_come_back),
        TEST(a_window_of_meanwhile_comes_up),
        TEST(a_monitor_may_change),
        cmocka_unit_test_setup_teardown(the_screen_is_as_its_monitor_likes_it, setup_unasked,
                                        teardown),
        TEST(it_may_end_asleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
