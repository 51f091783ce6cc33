/* SPDX-License-Identifier: MIT */
#include "tests/integration/drm/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <cmocka.h>

#include <drm_fourcc.h>

static void make_cursor(struct stage *stage)
{
    const struct card *card = &stage->card;
    stage->cursor_handle = bed_create(card->file, 64 * 64 * 4);
    stage->cursor = bed_map(card->file, stage->cursor_handle, 64 * 64 * 4, false);
    struct drm_mode_fb_cmd2 add = {.width = 64,
                                   .height = 64,
                                   .pixel_format = DRM_FORMAT_ARGB8888,
                                   .handles = {stage->cursor_handle},
                                   .pitches = {64 * 4}};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_ADDFB2, &add), 0);
    stage->cursor_fb = add.fb_id;
}

void stage_fill_cursor(struct stage *stage, uint32_t argb)
{
    for (unsigned i = 0; i < 64 * 64; i++) {
        stage->cursor[i] = argb;
    }
}

void picture_fill(struct picture *picture, uint32_t rgb)
{
    for (uint64_t i = 0; i < picture->size / 4; i++) {
        picture->pixels[i] = rgb;
    }
}

void stage_open(struct stage *stage, void **state)
{
    struct card *card = &stage->card;
    card_open(card, *state);
    change_begin(&stage->change, card);
    stage->width = card->modes[0].hdisplay;
    stage->height = card->modes[0].vdisplay;
    for (unsigned i = 0; i < 2; i++) {
        picture_make(card, stage->width, stage->height, &stage->pictures[i]);
        picture_draw(&stage->pictures[i], i);
    }
    make_cursor(stage);
}

void stage_add_primary(struct stage *stage, unsigned picture)
{
    change_add_plane(&stage->change, stage->change.primary, stage->pictures[picture].fb, 0, 0,
                     stage->width, stage->height);
}

int stage_commit(struct stage *stage, uint32_t flags, uint64_t user_data)
{
    int result = change_commit(&stage->change, flags, user_data);
    change_clear(&stage->change);
    return result;
}

void stage_turn_on(struct stage *stage)
{
    change_add_mode(&stage->change, &stage->card.modes[0]);
    stage_add_primary(stage, 0);
    assert_int_equal(stage_commit(stage, MODESET, 0), 0);
}

void stage_close(struct stage *stage)
{
    munmap(stage->cursor, 64 * 64 * 4);
    for (unsigned i = 0; i < 2; i++) {
        munmap(stage->pictures[i].pixels, stage->pictures[i].size);
    }
    card_close(&stage->card);
}

int64_t stage_value(const struct stage *stage, uint32_t object, const char *name)
{
    uint32_t id;
    return card_property(&stage->card, object, name, &id);
}

void stage_await_event(const struct stage *stage, uint64_t user_data)
{
    struct drm_event_vblank event;
    card_read_event(&stage->card, &event, DRM_EVENT_FLIP_COMPLETE, sizeof(event));
    assert_int_equal(event.user_data, user_data);
    assert_int_equal(event.crtc_id, stage->card.crtc);
}
