/* SPDX-License-Identifier: MIT */
/* A card's file on the bed, pictures to show on it, and what its screen shows. All of it asserts.
 */
#ifndef TESTS_INTEGRATION_DRM_CARD_H
#define TESTS_INTEGRATION_DRM_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drm_mode.h>

#include "tests/integration/drm/bed.h"

#define CARD_ANSWER_MS 30000
#define U64(p)         ((uint64_t)(uintptr_t)(p))

/* With the program's end, and what a program finds out first. */
struct card {
    struct bed *bed;
    struct drm_file *file;
    int fd;
    uint32_t crtc, connector, encoder;
    struct drm_mode_modeinfo modes[64];
    uint32_t mode_count;
};

struct picture {
    uint32_t handle, fb, width, height, pitch;
    uint64_t size;
    uint32_t *pixels;
};

int card_ask(const struct card *card, unsigned long request, void *argument);
void card_open(struct card *card, struct bed *bed);
void card_close(struct card *card);
void picture_make(const struct card *card, uint32_t width, uint32_t height,
                  struct picture *picture);
void picture_drop(const struct card *card, struct picture *picture);
uint32_t picture_pixel(uint32_t x, uint32_t y, uint32_t seed);
void picture_draw(struct picture *picture, uint32_t seed);
int card_screenshot(const struct card *card, struct gemd_screenshot *shot);
void card_assert_shown(const struct card *card, const struct picture *picture, uint32_t seed,
                       int32_t cursor_x, int32_t cursor_y, uint32_t argb);
/* One colour all over. */
void card_assert_colour(const struct card *card, uint32_t rgb);
int card_set_crtc(const struct card *card, const struct drm_mode_modeinfo *mode, uint32_t fb);
void card_read_event(const struct card *card, void *event, uint32_t type, size_t size);
bool card_has_event(const struct card *card);
int card_flip(const struct card *card, uint32_t fb, uint32_t flags, uint64_t data);

#endif
