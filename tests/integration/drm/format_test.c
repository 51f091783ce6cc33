/* SPDX-License-Identifier: MIT */
/* KMS: the primary plane's formats, in lines and in tiles, and the gamma table. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include <drm_fourcc.h>
#include <drm_mode.h>

#include "tests/integration/drm/card.h"

#define WIDTH  640u
#define HEIGHT 480u

static const struct format {
    uint32_t name, bpp, depth;
    uint8_t bits[3], shift[3]; /* red, green, blue */
} formats[] = {
    {DRM_FORMAT_XRGB8888, 32, 24, {8, 8, 8}, {16, 8, 0}},
    {DRM_FORMAT_RGB565, 16, 16, {5, 6, 5}, {11, 5, 0}},
    {DRM_FORMAT_XRGB1555, 16, 15, {5, 5, 5}, {10, 5, 0}},
    {DRM_FORMAT_C8, 8, 8, {8, 8, 8}, {0, 0, 0}},
};

/* A line for each table; NULL: none was set. */
static uint32_t seen_as(const struct format *format, uint32_t value, uint16_t table[3][256])
{
    uint32_t colour = 0;
    for (unsigned c = 0; c < 3; c++) {
        const unsigned bits = format->bits[c];
        uint32_t part = value >> format->shift[c] & ((1u << bits) - 1);
        part = part << (8 - bits) | part >> (2 * bits - 8);
        colour = colour << 8 | (table != NULL ? table[c][part] >> 8 : part);
    }
    return colour;
}

static uint32_t value_at(uint32_t x, uint32_t y)
{
    return picture_pixel(x, y, 11) ^ x << 9;
}

static void draw(struct picture *picture, const struct format *format)
{
    const uint32_t bytes = format->bpp / 8;
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            const uint32_t value = value_at(x, y);
            memcpy((uint8_t *)picture->pixels + (size_t)y * picture->pitch + (size_t)x * bytes,
                   &value, bytes);
        }
    }
}

static void assert_shown(const struct card *card, const struct format *format,
                         uint16_t table[3][256])
{
    struct gemd_screenshot shot;
    assert_int_equal(card_screenshot(card, &shot), 0);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        const uint32_t *row =
            (const void *)((const uint8_t *)shot.pixels + (size_t)y * shot.stride);
        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_int_equal(row[x] & 0xffffff, seen_as(format, value_at(x, y), table));
        }
    }
    gemd_screenshot_free(&shot);
}

static struct drm_mode_modeinfo mode_of(const struct card *card)
{
    struct drm_mode_modeinfo mode = card->modes[0];
    mode.hdisplay = WIDTH;
    mode.vdisplay = HEIGHT;
    return mode;
}

/* A buffer with a picture in it; pitch: of X tiles, or 0. */
static void make(const struct card *card, const struct format *format, uint32_t pitch,
                 struct picture *picture)
{
    *picture = (struct picture){.width = WIDTH, .height = HEIGHT, .pitch = pitch};
    if (pitch == 0) {
        picture->pitch = WIDTH * format->bpp / 8;
    }
    picture->size = (uint64_t)picture->pitch * HEIGHT;
    picture->handle = bed_create(card->file, picture->size);
    if (pitch != 0) {
        struct drm_i915_gem_set_tiling tiling = {
            .handle = picture->handle, .tiling_mode = I915_TILING_X, .stride = pitch};
        assert_int_equal(card_ask(card, DRM_IOCTL_I915_GEM_SET_TILING, &tiling), 0);
    }
    picture->pixels = bed_map(card->file, picture->handle, picture->size, pitch != 0);
    bed_set_domain(card->file, picture->handle, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    draw(picture, format);
    struct drm_mode_fb_cmd2 add = {.width = WIDTH,
                                   .height = HEIGHT,
                                   .pixel_format = format->name,
                                   .handles = {picture->handle},
                                   .pitches = {picture->pitch}};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_ADDFB2, &add), 0);
    picture->fb = add.fb_id;
}

static void each_format_is_shown(void **state)
{
    struct card card;
    card_open(&card, *state);
    const struct drm_mode_modeinfo mode = mode_of(&card);
    for (unsigned i = 0; i < 8; i++) {
        const struct format *format = &formats[i / 2];
        struct picture picture;
        make(&card, format, i % 2 == 0 ? 0 : 4096, &picture);
        assert_int_equal(card_set_crtc(&card, &mode, picture.fb), 0);
        assert_shown(&card, format, NULL);
        struct drm_mode_fb_cmd get = {.fb_id = picture.fb};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETFB, &get), 0);
        assert_int_equal(get.bpp, format->bpp);
        assert_int_equal(get.depth, format->depth);
        bed_drop(card.file, get.handle);
        struct drm_mode_fb_cmd2 get2 = {.fb_id = picture.fb};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETFB2, &get2), 0);
        assert_int_equal(get2.pixel_format, format->name);
        bed_drop(card.file, get2.handles[0]);
        picture_drop(&card, &picture);
    }
    card_close(&card);
}

/* By bits and depth; and another format is no flip. */
static void old_names_are_known(void **state)
{
    struct card card;
    struct picture pictures[4];
    card_open(&card, *state);
    const struct drm_mode_modeinfo mode = mode_of(&card);
    for (unsigned i = 0; i < 4; i++) {
        make(&card, &formats[i], 0, &pictures[i]);
        struct drm_mode_fb_cmd add = {.width = WIDTH,
                                      .height = HEIGHT,
                                      .pitch = pictures[i].pitch,
                                      .bpp = formats[i].bpp,
                                      .depth = formats[i].depth,
                                      .handle = pictures[i].handle};
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_ADDFB, &add), 0);
        assert_int_equal(card_set_crtc(&card, &mode, add.fb_id), 0);
        assert_shown(&card, &formats[i], NULL);
        for (unsigned k = 0; k <= i; k++) {
            assert_int_equal(card_flip(&card, pictures[k].fb, 0, 0), k == i ? 0 : -EINVAL);
        }
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_RMFB, &add.fb_id), 0);
        add.depth = 7;
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_ADDFB, &add), -EINVAL);
        add.depth = formats[i].depth;
        add.pitch -= 64;
        assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_ADDFB, &add), -EINVAL);
    }
    for (unsigned i = 0; i < 4; i++) {
        picture_drop(&card, &pictures[i]);
    }
    card_close(&card);
}

static int ask_gamma(const struct card *card, unsigned long request, uint16_t table[3][256])
{
    struct drm_mode_crtc_lut lut = {.crtc_id = card->crtc,
                                    .gamma_size = 256,
                                    .red = U64(table[0]),
                                    .green = U64(table[1]),
                                    .blue = U64(table[2])};
    return card_ask(card, request, &lut);
}

static void the_gamma_table_is_seen(void **state)
{
    struct card card, second;
    struct picture picture;
    static uint16_t table[3][256], told[3][256];
    card_open(&card, *state);
    const struct drm_mode_modeinfo mode = mode_of(&card);
    struct drm_mode_crtc get = {.crtc_id = card.crtc};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETCRTC, &get), 0);
    assert_int_equal(get.gamma_size, 256);
    assert_int_equal(ask_gamma(&card, DRM_IOCTL_MODE_GETGAMMA, told), 0);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(told[0][i], i << 8);
        table[0][i] = (uint16_t)((255 - i) * 256 + 3);
        table[1][i] = (uint16_t)(i / 3 * 256);
        table[2][i] = (uint16_t)((i ^ 0x2a) * 256 + 100);
    }
    /* Before there is a picture, while there is one, and after it was dark. */
    for (unsigned i = 0; i < 4; i++) {
        make(&card, &formats[i], 0, &picture);
        if (i == 1) {
            assert_int_equal(ask_gamma(&card, DRM_IOCTL_MODE_SETGAMMA, table), 0);
        }
        assert_int_equal(card_set_crtc(&card, &mode, picture.fb), 0);
        assert_shown(&card, &formats[i], i == 0 ? NULL : table);
        if (i == 0) {
            assert_int_equal(ask_gamma(&card, DRM_IOCTL_MODE_SETGAMMA, table), 0);
            union drm_wait_vblank wait = {.request = {.type = _DRM_VBLANK_RELATIVE, .sequence = 2}};
            assert_int_equal(card_ask(&card, DRM_IOCTL_WAIT_VBLANK, &wait), 0);
            assert_shown(&card, &formats[i], table);
        }
        table[1][i] = 0x8000;
        picture_drop(&card, &picture);
        if (i > 0) {
            assert_int_equal(ask_gamma(&card, DRM_IOCTL_MODE_SETGAMMA, table), 0);
        }
    }
    assert_int_equal(ask_gamma(&card, DRM_IOCTL_MODE_GETGAMMA, told), 0);
    assert_memory_equal(told, table, sizeof(table));
    card_open(&second, *state);
    assert_int_equal(ask_gamma(&second, DRM_IOCTL_MODE_SETGAMMA, table), -EACCES);
    struct drm_mode_crtc_lut lut = {.crtc_id = card.crtc,
                                    .gamma_size = 255,
                                    .red = U64(table[0]),
                                    .green = U64(table[1]),
                                    .blue = U64(table[2])};
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_SETGAMMA, &lut), -EINVAL);
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETGAMMA, &lut), -EINVAL);
    lut.crtc_id = 1;
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_SETGAMMA, &lut), -ENOENT);
    assert_int_equal(card_ask(&card, DRM_IOCTL_MODE_GETGAMMA, &lut), -ENOENT);
    card_close(&second);
    card_close(&card);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_format_is_shown),
        TEST(old_names_are_known),
        TEST(the_gamma_table_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
