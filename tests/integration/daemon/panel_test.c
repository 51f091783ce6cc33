/* SPDX-License-Identifier: MIT */
/*
 * The panel of a mobile machine as its firmware runs it, by pipe B at LVDS, with the fitter on: the
 * daemon's pictures come up there, clock, timing and port never change, and at the end all is as
 * it was. The daemon runs in a thread; the firmware is that of gma-vfio-user.
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

#include "gemd/found.h"
#include "gemd/panel.h"
#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "tests/lib/batch.h"
#include "tests/lib/chipset.h"
#include "tests/lib/daemon_thread.h"
#include "tools/gma-vfio-user/firmware.h"

enum {
    PANEL_WIDTH = 1024,
    PANEL_HEIGHT = 768,
    WIDTH = 800, /* of the source, which the fitter enlarges */
    HEIGHT = 600,
    SMALL = 64,
    FIRMWARE_BYTES = 4 << 20
};

struct bed {
    struct hw_device *dev;
    struct hw_dma stolen;
    struct found found;
    struct daemon_thread daemon;
    struct gemd_session *client, *boss;
};

static uint32_t pixels[PANEL_WIDTH * PANEL_HEIGHT], others[PANEL_WIDTH * PANEL_HEIGHT];

static void make_machine(struct bed *bed, uint32_t port)
{
    const struct model_options options = {.chipset = test_chipset != NULL ? test_chipset : "945gm"};
    bed->dev = model_create(&options);
    assert_non_null(bed->dev);
    assert_true(firmware_can(bed->dev, FIRMWARE_PANEL));
    assert_int_equal(hw_dma_alloc(bed->dev, FIRMWARE_BYTES, &bed->stolen), 0);
    firmware_start(bed->dev, FIRMWARE_PANEL, bed->stolen.cpu,
                   hw_dma_bus_address(bed->dev, &bed->stolen, 0));
    hw_write(bed->dev, LVDS, hw_read(bed->dev, LVDS) ^ port);
    found_save(&bed->found, bed->dev);
}

static int setup_with(void **state, uint32_t port)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    make_machine(bed, port);
    const struct server_options options = {
        .device_name = "model", .found = &bed->found, .monitor = true, .hang_ns = 200000000u};
    daemon_thread_start(&bed->daemon, bed->dev, &options);
    bed->client = daemon_thread_open(&bed->daemon, GEMD_ROLE_CLIENT);
    bed->boss = daemon_thread_open(&bed->daemon, GEMD_ROLE_OPERATOR);
    *state = bed;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, 0);
}

/* The port is off: there is no panel, whatever else runs. */
static int setup_without(void **state)
{
    return setup_with(state, LVDS_ENABLE);
}

static void assert_found(struct bed *bed)
{
    struct found now = {0};
    found_save(&now, bed->dev);
    assert_memory_equal(&now, &bed->found, sizeof(now));
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    gemd_session_close(bed->client);
    gemd_session_close(bed->boss);
    daemon_thread_join(&bed->daemon);
    daemon_thread_finish(&bed->daemon);
    found_restore(&bed->found, bed->dev);
    assert_found(bed);
    hw_dma_release(bed->dev, &bed->stolen);
    hw_device_destroy(bed->dev);
    free(bed);
    return 0;
}

static struct gemd_bo *make_picture(struct bed *bed, uint32_t size_x, uint32_t size_y,
                                    uint32_t colour, uint64_t *seqno)
{
    struct gemd_bo *bo;
    struct batch batch;
    assert_int_equal(gemd_bo_create(bed->client, (uint64_t)size_x * 4 * size_y, true, &bo), 0);
    batch_reset(&batch);
    batch_fill(&batch, bo, size_x * 4, 0, 0, size_x, size_y, colour);
    assert_int_equal(batch_submit(&batch, bed->client, seqno), 0);
    return bo;
}

static void show(struct gemd_window *window, struct gemd_bo *bo, uint32_t width, uint64_t seqno)
{
    uint64_t serial = 0;
    assert_int_equal(gemd_window_present(window, bo, 0, width * 4, 1, seqno, &serial), 0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
}

/* What somebody in front of the panel sees. */
static uint32_t seen_at(struct bed *bed, uint32_t x, uint32_t y)
{
    uint32_t width = 0, height = 0;
    assert_int_equal(hw_screen_size(bed->dev, 1, &width, &height), 0);
    assert_int_equal(width, PANEL_WIDTH);
    assert_int_equal(height, PANEL_HEIGHT);
    assert_int_equal(hw_screen_read(bed->dev, 1, pixels, PANEL_WIDTH, PANEL_HEIGHT), 0);
    return pixels[y * PANEL_WIDTH + x] & 0xffffff;
}

/* Neither clock nor timing nor port was touched, so the panel did not flicker. */
static void assert_untouched(struct bed *bed)
{
    static const uint32_t regs[] = {
        DPLL_B,
        FPB0,
        LVDS,
        PFIT_CONTROL,
        PP_CONTROL,
        PIPECONF_A + PIPE_STRIDE,
        HTOTAL_A + PIPE_STRIDE,
        VTOTAL_A + PIPE_STRIDE,
        PIPESRC_A + PIPE_STRIDE,
        DPLL_A,
        PIPECONF_A,
        ADPA,
    };
    size_t count;
    const struct found_row *rows = found_rows(&count);
    for (unsigned k = 0; k < sizeof(regs) / sizeof(regs[0]); k++) {
        const uint32_t *value = bed->found.values;
        bool known = false;
        for (size_t r = 0; r < count; r++) {
            for (unsigned i = 0; i < rows[r].count; i++, value++) {
                if (rows[r].reg + i * rows[r].stride == regs[k]) {
                    assert_int_equal(hw_read(bed->dev, regs[k]), *value);
                    known = true;
                }
            }
        }
        assert_true(known);
    }
}

static void pictures_come_up_on_the_panel(void **state)
{
    struct bed *bed = *state;
    struct gemd_window *window;
    uint64_t seqno;
    assert_int_equal(gemd_session_info(bed->client)->screen_width, WIDTH);
    assert_int_equal(gemd_session_info(bed->client)->screen_height, HEIGHT);
    assert_int_equal(seen_at(bed, 500, 300), 0); /* the firmware's picture is gone */
    assert_int_equal(gemd_window_create(bed->client, 0, 0, &window), 0);
    assert_int_equal(gemd_window_width(window), WIDTH);
    /* Flips, each latched at a vblank of pipe B. */
    for (uint32_t colour = 0x102030; colour < 0x102034; colour++) {
        struct gemd_bo *bo = make_picture(bed, WIDTH, HEIGHT, colour, &seqno);
        show(window, bo, WIDTH, seqno);
        assert_int_equal(seen_at(bed, 0, 0), colour);
        assert_int_equal(seen_at(bed, PANEL_WIDTH - 1, PANEL_HEIGHT - 1), colour);
        gemd_bo_unref(bo);
    }
    assert_untouched(bed);
    struct gemd_screenshot shot;
    assert_int_equal(gemd_take_screenshot(bed->boss, &shot), 0);
    assert_int_equal(shot.width, WIDTH);
    assert_int_equal(*(const uint32_t *)shot.pixels & 0xffffff, 0x102033);
    gemd_screenshot_free(&shot);
    gemd_window_destroy(window);
    assert_int_equal(seen_at(bed, 500, 300), 0);
    assert_untouched(bed);
}

/* The fitter's source stays: a small picture is in the middle of black, a larger one is refused. */
static void a_small_picture_is_in_the_middle(void **state)
{
    struct bed *bed = *state;
    struct gemd_window *window, *large = NULL;
    uint64_t seqno;
    assert_int_equal(gemd_window_create(bed->client, SMALL, SMALL, &window), 0);
    struct gemd_bo *bo = make_picture(bed, SMALL, SMALL, 0xabcdef, &seqno);
    show(window, bo, SMALL, seqno);
    assert_int_equal(seen_at(bed, PANEL_WIDTH / 2, PANEL_HEIGHT / 2), 0xabcdef);
    assert_int_equal(seen_at(bed, PANEL_WIDTH / 2 - SMALL, PANEL_HEIGHT / 2), 0);
    assert_int_equal(seen_at(bed, PANEL_WIDTH / 2 + SMALL, PANEL_HEIGHT / 2), 0);
    assert_int_equal(seen_at(bed, PANEL_WIDTH / 2, PANEL_HEIGHT / 2 - SMALL), 0);
    assert_int_equal(gemd_window_create(bed->client, PANEL_WIDTH, PANEL_HEIGHT, &large), -ERANGE);
    assert_untouched(bed);
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
}

static void lose_registers(struct hw_device *dev)
{
    const struct timespec step = {.tv_nsec = 100000};
    const bool is_held = dev->identity.has_held_reset;
    hw_config_write(dev, CONFIG_GDRST, 1, GDRST_ENABLE);
    while ((hw_config_read(dev, CONFIG_GDRST, 1) & (is_held ? GDRST_STATUS : GDRST_ENABLE)) !=
           (is_held ? GDRST_STATUS : 0)) {
        nanosleep(&step, NULL);
    }
    hw_config_write(dev, CONFIG_GDRST, 1, 0);
    for (uint32_t page = 0; page < dev->identity.gtt_entries; page++) {
        hw_gtt_write(dev, page, 0);
    }
    hw_write(dev, PGTBL_CTL, 0);
    hw_write(dev, PIPECONF_A + PIPE_STRIDE, 0);
    hw_write(dev, LVDS, 0);
    hw_write(dev, DPLL_B, 0);
    hw_write(dev, PFIT_CONTROL, 0);
    hw_write(dev, HTOTAL_A + PIPE_STRIDE, 0);
}

/* A reset of the engine, or sleep, has taken the panel: it comes back as it was found. */
static void the_panel_comes_back_after_sleep(void **state)
{
    struct bed *bed = *state;
    struct gemd_window *window;
    uint64_t seqno;
    assert_int_equal(gemd_window_create(bed->client, 0, 0, &window), 0);
    struct gemd_bo *bo = make_picture(bed, WIDTH, HEIGHT, 0x13579b, &seqno);
    show(window, bo, WIDTH, seqno);
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(gemd_suspend(bed->boss), 0);
        lose_registers(bed->dev);
        assert_int_equal(gemd_resume(bed->boss), 0);
        while (seen_at(bed, 9, 9) != 0x13579b) {
            assert_int_equal(pixels[9 * PANEL_WIDTH + 9] & 0xffffff, 0); /* black, no other's */
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        }
        assert_untouched(bed);
    }
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
}

/* The daemon has gone: the firmware's memory and entries, and so its picture, are back. */
static void the_firmwares_picture_is_back_at_the_end(void **state)
{
    struct bed bed = {0};
    struct event_base *base = event_base_new();
    struct server *server = calloc(1, sizeof(*server));
    make_machine(&bed, 0);
    (void)seen_at(&bed, 0, 0);
    memcpy(others, pixels, sizeof(others));
    const uint32_t pages = WIDTH * HEIGHT * 4 / HW_PAGE_SIZE;
    const uint64_t bus = hw_dma_bus_address(bed.dev, &bed.stolen, 0);
    const struct server_options options = {.device_name = "model", .found = &bed.found};
    assert_int_equal(server_init(server, base, bed.dev, &options), 0);
    assert_int_equal(seen_at(&bed, 0, 0), 0);
    server_finish(server);
    for (uint32_t i = 0; i <= pages; i++) { /* a real device has kept them */
        hw_gtt_write(bed.dev, i, (uint32_t)(bus + (uint64_t)i * HW_PAGE_SIZE) | PTE_VALID);
    }
    if (bed.dev->identity.has_gtt_enable) {
        hw_write(bed.dev, PGTBL_CTL, hw_read(bed.dev, PGTBL_CTL) | PGTBL_CTL_ENABLE);
    }
    found_restore(&bed.found, bed.dev);
    assert_found(&bed);
    do { /* the plane comes back at a vblank */
        (void)seen_at(&bed, 0, 0);
    } while (pixels[PANEL_WIDTH + 1] == 0xff000000 && pixels[999] == 0xff000000);
    assert_memory_equal(pixels, others, sizeof(others));
    free(server);
    event_base_free(base);
    hw_dma_release(bed.dev, &bed.stolen);
    hw_device_destroy(bed.dev);
}

static void a_port_that_is_off_is_no_panel(void **state)
{
    struct bed *bed = *state;
    struct gemd_window *window;
    uint64_t seqno;
    assert_int_equal(gemd_session_info(bed->client)->screen_width, 1024);
    assert_int_equal(gemd_window_create(bed->client, SMALL, SMALL, &window), 0);
    struct gemd_bo *bo = make_picture(bed, SMALL, SMALL, 0x2468ac, &seqno);
    show(window, bo, SMALL, seqno);
    assert_int_equal(hw_screen_read(bed->dev, 0, pixels, SMALL, SMALL), 0);
    assert_int_equal(pixels[0] & 0xffffff, 0x2468ac);
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pictures_come_up_on_the_panel),
        TEST(a_small_picture_is_in_the_middle),
        TEST(the_panel_comes_back_after_sleep),
        cmocka_unit_test(the_firmwares_picture_is_back_at_the_end),
        cmocka_unit_test_setup_teardown(a_port_that_is_off_is_no_panel, setup_without, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
