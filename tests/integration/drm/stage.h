/* SPDX-License-Identifier: MIT */
/* A card with two pictures and a cursor, to be shown by atomic commits. */
#ifndef GEMD_TESTS_INTEGRATION_DRM_STAGE_H
#define GEMD_TESTS_INTEGRATION_DRM_STAGE_H

#include <drm_mode.h>

#include "tests/integration/drm/change.h"

#define TEST_ONLY DRM_MODE_ATOMIC_TEST_ONLY
#define MODESET   DRM_MODE_ATOMIC_ALLOW_MODESET
#define NONBLOCK  DRM_MODE_ATOMIC_NONBLOCK
#define EVENT     DRM_MODE_PAGE_FLIP_EVENT

/* A card whose screen shows pictures[0]; and a cursor that is not shown yet. */
struct stage {
    struct card card;
    struct change change;
    struct picture pictures[2];
    uint32_t width, height;
    uint32_t cursor_handle, cursor_fb, *cursor;
};

void stage_fill_cursor(struct stage *stage, uint32_t argb);
void picture_fill(struct picture *picture, uint32_t rgb);
void stage_open(struct stage *stage, void **state);
void stage_add_primary(struct stage *stage, unsigned picture);
/* What was added, and then nothing is any more. */
int stage_commit(struct stage *stage, uint32_t flags, uint64_t user_data);
void stage_turn_on(struct stage *stage);
void stage_close(struct stage *stage);
/* Of a property. */
int64_t stage_value(const struct stage *stage, uint32_t object, const char *name);
/* A flip is told, with that data. */
void stage_await_event(const struct stage *stage, uint64_t user_data);

#endif
