/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/screen.h"

#include <errno.h>
#include <stdlib.h>

#include "gemd/scanout.h"
#include "gemd/screenshot.h"

struct bed {
    struct screen screen;
    struct scanout scanout;
    unsigned latched, displaced, released, ready;
    bool on; /* as we were told */
    uint64_t latch_vblank, last_latched, last_displaced;
};

static void on_latched(void *data, struct frame *frame, uint64_t vblank)
{
    struct bed *bed = data;
    bed->latched++;
    bed->last_latched = frame->serial;
    bed->latch_vblank = vblank;
}

static void on_displaced(void *data, struct frame *frame)
{
    struct bed *bed = data;
    bed->displaced++;
    bed->last_displaced = frame->serial;
}

static void on_released(void *data, struct frame *frame)
{
    ((struct bed *)data)->released++;
}

static void on_turned(void *data, bool on)
{
    struct bed *bed = data;
    assert_true(bed->on != on); /* in turns */
    bed->on = on;
}

static void on_ready(void *data)
{
    ((struct bed *)data)->ready++;
}

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    screen_init(&bed.screen);
    const struct scanout_events events = {.latched = on_latched,
                                          .displaced = on_displaced,
                                          .released = on_released,
                                          .turned = on_turned,
                                          .ready = on_ready,
                                          .data = &bed};
    scanout_init(&bed.scanout, &bed.screen.gpu, &events);
    struct mode mode;
    assert_int_equal(mode_compute(MODE_PLL_GEN3, SCREEN_WIDTH, SCREEN_HEIGHT, &mode), 0);
    scanout_set_mode(&bed.scanout, &mode);
    assert_int_equal(bed.ready, 1);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    scanout_finish(&bed->scanout);
    assert_int_equal(fake_register(bed->screen.fake, PIPECONF_A), 0);
    screen_finish(&bed->screen);
    return 0;
}

/* Shows buffer 'index' as frame 'serial'; the scanout holds the only reference. */
static void show(struct bed *bed, unsigned index, uint64_t serial)
{
    struct frame *frame = calloc(1, sizeof(*frame));
    assert_non_null(frame);
    *frame = (struct frame){
        .bo = bo_ref(bed->screen.bos[index]), .serial = serial, .stride = SCREEN_STRIDE, .refs = 1};
    assert_int_equal(scanout_show(&bed->scanout, frame), 0);
    frame_unref(frame);
}

static void tick(struct bed *bed)
{
    screen_next_frame(&bed->screen);
    scanout_update(&bed->scanout);
}

static bool is_held(const struct bed *bed, unsigned index)
{
    return bed->screen.bos[index]->node.pins > 0;
}

static void the_mode_is_programmed(void **state)
{
    struct bed *bed = *state;
    const struct mode *mode = &bed->scanout.mode;
    const struct fake_device *fake = bed->screen.fake;
    assert_int_equal(fake_register(fake, PIPESRC_A), 63u << 16 | 63u);
    assert_int_equal(fake_register(fake, HTOTAL_A), (mode->htotal - 1) << 16 | 63u);
    assert_int_equal(fake_register(fake, VTOTAL_A), (mode->vtotal - 1) << 16 | 63u);
    assert_int_equal(fake_register(fake, PIPECONF_A), PIPECONF_ENABLE);
    assert_true((fake_register(fake, DPLL_A) & DPLL_VCO_ENABLE) != 0);
    assert_true((fake_register(fake, PIPESTAT_A) & PIPESTAT_VBLANK_ENABLE) != 0);
    assert_true(bed->on);
    scanout_set_mode(&bed->scanout, NULL);
    assert_false(bed->on);
    assert_int_equal(fake_register(fake, PIPECONF_A), 0);
    assert_int_equal(fake_register(fake, PIPESTAT_A) & PIPESTAT_VBLANK_ENABLE, 0);
}

static void a_frame_is_latched_at_the_next_vblank_and_held_until_the_one_after(void **state)
{
    struct bed *bed = *state;
    show(bed, 0, 1);
    assert_int_equal(screen_shown(&bed->screen), 0);
    scanout_update(&bed->scanout);
    assert_int_equal(bed->latched, 0);
    uint64_t vblank = scanout_vblank(&bed->scanout);
    tick(bed);
    assert_int_equal(bed->latched, 1);
    assert_int_equal(bed->latch_vblank, vblank + 1);

    show(bed, 1, 2);
    assert_true(is_held(bed, 0) && is_held(bed, 1));
    scanout_update(&bed->scanout);
    assert_int_equal(bed->released, 0);
    tick(bed);
    assert_int_equal(bed->released, 1);
    assert_false(is_held(bed, 0));
    assert_true(is_held(bed, 1));
}

/* Where a device does not know what a monitor shows: lines come from memory, tiles do not. */
static void a_screenshot_is_read_from_memory(void **state)
{
    struct bed *bed = *state;
    struct bo *bo = bed->screen.bos[2];
    uint32_t *pixels = (uint32_t *)(void *)((uint8_t *)bed->screen.arena->dma.cpu + bo->offset);
    uint32_t seen[SCREEN_WIDTH * SCREEN_HEIGHT];
    struct screenshot shot;
    for (unsigned i = 0; i < SCREEN_WIDTH * SCREEN_HEIGHT; i++) {
        pixels[i] = 0xff000000 | i * 77;
    }
    show(bed, 2, 1);
    tick(bed);
    struct display display = {.gpu = &bed->screen.gpu, .scanout = bed->scanout};
    list_init(&display.windows);
    int fd = screenshot_take(&display, &shot);
    assert_true(fd >= 0);
    assert_int_equal(shot.width, SCREEN_WIDTH);
    assert_int_equal(pread(fd, seen, sizeof(seen), 0), sizeof(seen));
    assert_memory_equal(seen, pixels, sizeof(seen));
    close(fd);

    /* The cursor's plane is not in that memory. */
    uint32_t image[64 * 64] = {0xff123456};
    struct window window = {
        .visible = true, .cursor = {.image = image, .side = 64, .x = 1, .y = 1, .visible = true}};
    list_append(&display.windows, &window.link);
    display.cursor.owner = &window;
    for (unsigned on = 0; on < 2; on++) {
        display.cursor.on = on != 0;
        fd = screenshot_take(&display, &shot);
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, seen, sizeof(seen), 0), sizeof(seen));
        assert_int_equal(seen[SCREEN_WIDTH + 1], on != 0 ? 0xff123456 : pixels[SCREEN_WIDTH + 1]);
        assert_int_equal(seen[SCREEN_WIDTH + 2], pixels[SCREEN_WIDTH + 2]);
        close(fd);
    }

    /* Nor is the palette, which the cursor goes through, too. */
    display.scanout.palette.depth = window.palette.depth = 8;
    for (uint32_t i = 0; i < GEMD_PALETTE_WORDS; i++) {
        display.scanout.palette.words[i] = window.palette.words[i] = (255 - i) * 0x010101u;
    }
    bed->scanout.front->gamma = true;
    fd = screenshot_take(&display, &shot);
    assert_int_equal(pread(fd, seen, sizeof(seen), 0), sizeof(seen));
    assert_int_equal(seen[SCREEN_WIDTH + 1], 0xffedcba9);
    assert_int_equal(seen[SCREEN_WIDTH + 2], 0xffffffff); /* clear, but no black any more */
    assert_int_equal(seen[2], pixels[2] ^ 0xffffff);
    close(fd);
    bed->scanout.front->gamma = false;
    display.cursor.on = false;
    bed->scanout.front->format = GEMD_FORMAT_C8;
    fd = screenshot_take(&display, &shot);
    assert_int_equal(pread(fd, seen, sizeof(seen), 0), sizeof(seen));
    for (unsigned i = 0; i < SCREEN_WIDTH; i++) {
        assert_int_equal(seen[i], 0xff000000 | ((const uint8_t *)pixels)[i] * 0x010101u);
    }
    close(fd);
    bed->scanout.front->format = GEMD_FORMAT_XRGB8888;

    bed->scanout.front->offset = SCREEN_STRIDE; /* one row beyond its end */
    assert_int_equal(screenshot_take(&display, &shot), -EFAULT);
    bed->scanout.front->offset = 0;
    bo->tiling = GEN3_TILED_X;
    assert_int_equal(screenshot_take(&display, &shot), -EFAULT); /* there is no aperture here */
    bo->tiling = GEN3_LINEAR;
}

static void show_of(struct bed *bed, struct window *window, unsigned index)
{
    struct frame *frame = calloc(1, sizeof(*frame));
    assert_non_null(frame);
    *frame = (struct frame){.bo = bo_ref(bed->screen.bos[index]),
                            .window = window,
                            .serial = index + 1,
                            .stride = SCREEN_STRIDE,
                            .refs = 1};
    assert_int_equal(scanout_show(&bed->scanout, frame), 0);
    frame_unref(frame);
}

/* The palette changes with the frame on the screen, and before only where nobody sees it. */
static void a_palette_goes_with_its_frame(void **state)
{
    struct bed *bed = *state;
    const struct fake_device *fake = bed->screen.fake;
    static struct window windows[2];
    for (unsigned i = 0; i < 2; i++) {
        windows[i].palette = (struct palette){.depth = i == 0 ? 8 : 10, .words = {[5] = i + 1}};
    }
    show(bed, 2, 9);
    tick(bed);
    assert_int_equal(fake_register(fake, DSPCNTR_A) & DSPCNTR_GAMMA, 0);
    show_of(bed, &windows[0], 0);
    assert_int_equal(fake_register(fake, PALETTE_A + 5 * 4), 1);
    assert_int_not_equal(fake_register(fake, DSPCNTR_A) & DSPCNTR_GAMMA, 0);
    tick(bed);
    show_of(bed, &windows[1], 1);
    assert_int_equal(fake_register(fake, PALETTE_A + 5 * 4), 1);
    assert_int_equal(fake_register(fake, PIPECONF_A) & PIPECONF_10_BIT, 0);
    assert_false(scanout_reload_palette(&bed->scanout, &windows[1])); /* not up yet */
    tick(bed);
    assert_int_equal(fake_register(fake, PALETTE_A + 5 * 4), 2);
    assert_int_not_equal(fake_register(fake, PIPECONF_A) & PIPECONF_10_BIT, 0);
    windows[1].palette.words[5] = 3;
    assert_true(scanout_reload_palette(&bed->scanout, &windows[1]));
    assert_int_equal(fake_register(fake, PALETTE_A + 5 * 4), 3);
    assert_true(scanout_forget_window(&bed->scanout, &windows[1]));
}

static void a_frame_that_is_replaced_in_time_is_free_at_once(void **state)
{
    struct bed *bed = *state;
    show(bed, 0, 1);
    show(bed, 1, 2);
    assert_int_equal(bed->displaced, 1);
    assert_int_equal(bed->last_displaced, 1);
    assert_false(is_held(bed, 0));
    tick(bed);
    assert_int_equal(bed->latched, 1);
    assert_int_equal(bed->last_latched, 2);
}

/* The vblank begins between the two looks at the counter. */
static void vblank_on_write(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    if (reg == DSPADDR_A) {
        fake->on_write = NULL;
        screen_next_frame(fake->on_write_data);
    }
}

static void a_write_next_to_a_vblank_keeps_both_frames(void **state)
{
    struct bed *bed = *state;
    show(bed, 0, 1);
    tick(bed);
    show(bed, 1, 2);
    bed->screen.fake->on_write = vblank_on_write;
    bed->screen.fake->on_write_data = &bed->screen;
    show(bed, 2, 3);
    /* Any of the three may be what the pipe reads now. */
    scanout_update(&bed->scanout);
    assert_true(is_held(bed, 0) && is_held(bed, 1) && is_held(bed, 2));
    assert_int_equal(bed->displaced, 0);
    tick(bed);
    assert_false(is_held(bed, 0));
    assert_false(is_held(bed, 1));
    assert_int_equal(bed->last_latched, 3);
    assert_int_equal(bed->last_displaced, 2);
}

static void a_late_update_sees_the_latch_that_was_missed(void **state)
{
    struct bed *bed = *state;
    show(bed, 0, 1);
    screen_next_frame(&bed->screen); /* its interrupt has not been handled yet */
    show(bed, 1, 2);
    assert_int_equal(bed->latched, 1);
    assert_int_equal(bed->displaced, 0);
    assert_true(is_held(bed, 0));
}

static void vblank_numbers_never_go_back(void **state)
{
    struct bed *bed = *state;
    bed->screen.frame = 0xfffffe;
    fake_set_frame(bed->screen.fake, bed->screen.frame, 0);
    uint64_t before = scanout_vblank(&bed->scanout);
    for (int i = 0; i < 5; i++) {
        bed->screen.frame = (bed->screen.frame + 1) & 0xffffffu;
        fake_set_frame(bed->screen.fake, bed->screen.frame, 0);
        assert_int_equal(scanout_vblank(&bed->scanout), ++before);
    }
    /* In the blanking before the counter itself grows, the vblank has begun already. */
    const struct mode *mode = &bed->scanout.mode;
    fake_set_frame(bed->screen.fake, bed->screen.frame, mode->height * mode->htotal);
    assert_int_equal(scanout_vblank(&bed->scanout), before + 1);
    scanout_set_mode(&bed->scanout, NULL);
    fake_set_frame(bed->screen.fake, 0, 0);
    scanout_set_mode(&bed->scanout, mode);
    assert_true(scanout_vblank(&bed->scanout) > before);
}

static void another_mode_waits_until_the_screen_is_black(void **state)
{
    struct bed *bed = *state;
    show(bed, 0, 1);
    tick(bed);
    struct mode mode;
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 128, 64, &mode), 0);
    scanout_set_mode(&bed->scanout, &mode);
    assert_false(scanout_ready(&bed->scanout));
    assert_int_equal(screen_shown(&bed->screen), -1);
    assert_true(is_held(bed, 0));
    assert_int_equal(fake_register(bed->screen.fake, PIPESRC_A), 63u << 16 | 63u);
    tick(bed);
    assert_true(scanout_ready(&bed->scanout));
    assert_int_equal(bed->ready, 2);
    assert_false(is_held(bed, 0));
    assert_int_equal(fake_register(bed->screen.fake, PIPESRC_A), 127u << 16 | 63u);
}

static void a_reset_brings_the_picture_back(void **state)
{
    struct bed *bed = *state;
    show(bed, 0, 1);
    tick(bed);
    show(bed, 1, 2);
    uint64_t vblank = scanout_vblank(&bed->scanout);
    assert_int_equal(gpu_reset(&bed->screen.gpu), 0);
    bed->screen.fake->registers[DSPCNTR_A / 4] = 0;
    bed->screen.fake->registers[DSPADDR_A / 4] = 0;
    bed->screen.fake->registers[PIPECONF_A / 4] = 0;
    fake_set_frame(bed->screen.fake, 0, 0);
    scanout_restore(&bed->scanout);
    assert_int_equal(fake_register(bed->screen.fake, PIPECONF_A), PIPECONF_ENABLE);
    assert_int_equal(screen_shown(&bed->screen), 1);
    assert_int_equal(bed->last_latched, 2);
    assert_false(is_held(bed, 0));
    assert_true(scanout_vblank(&bed->scanout) > vblank);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_mode_is_programmed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_screenshot_is_read_from_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_palette_goes_with_its_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_frame_is_latched_at_the_next_vblank_and_held_until_the_one_after, setup, teardown),
        cmocka_unit_test_setup_teardown(a_frame_that_is_replaced_in_time_is_free_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_write_next_to_a_vblank_keeps_both_frames, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_late_update_sees_the_latch_that_was_missed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(vblank_numbers_never_go_back, setup, teardown),
        cmocka_unit_test_setup_teardown(another_mode_waits_until_the_screen_is_black, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_reset_brings_the_picture_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
