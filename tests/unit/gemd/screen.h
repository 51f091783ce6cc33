/* SPDX-License-Identifier: MIT */
/* A GPU on the fake device with a buffer to show, and a pipe that the test moves on. */
#ifndef TESTS_UNIT_GEMD_SCREEN_H
#define TESTS_UNIT_GEMD_SCREEN_H

#include "tests/unit/gemd/test.h"

#include <string.h>
#include <unistd.h>

#include "gemd/bo.h"
#include "gemd/gpu.h"
#include "hw/gen3/regs.h"
#include "proto/memfile.h"
#include "tests/unit/gemd/fake_device.h"

#define SCREEN_WIDTH  64u
#define SCREEN_HEIGHT 64u
#define SCREEN_STRIDE (SCREEN_WIDTH * 4)
#define SCREEN_BYTES  (SCREEN_STRIDE * SCREEN_HEIGHT)
#define SCREEN_BOS    6u

struct screen {
    struct fake_device *fake;
    struct gpu gpu;
    struct arena *arena;
    struct bo *bos[SCREEN_BOS];
    uint32_t frame; /* of the pipe */
};

static inline void screen_init(struct screen *screen)
{
    memset(screen, 0, sizeof(*screen));
    screen->fake = fake_device_create();
    const struct gpu_events events = {0};
    assert_int_equal(gpu_init(&screen->gpu, &screen->fake->base, &events), 0);
    int fd = memfile_create("test", SCREEN_BOS * SCREEN_BYTES);
    assert_true(fd >= 0);
    assert_int_equal(arena_create(&screen->gpu.gtt, fd, SCREEN_BOS * SCREEN_BYTES, &screen->arena),
                     0);
    close(fd);
    for (unsigned i = 0; i < SCREEN_BOS; i++) {
        screen->bos[i] = bo_create(screen->arena, NULL, i + 1, i * SCREEN_BYTES, SCREEN_BYTES);
    }
}

static inline void screen_finish(struct screen *screen)
{
    for (unsigned i = 0; i < SCREEN_BOS; i++) {
        assert_int_equal(screen->bos[i]->refs, 1); /* nobody else keeps one */
        assert_int_equal(screen->bos[i]->node.pins, 0);
        bo_unref(screen->bos[i]);
    }
    arena_unref(screen->arena);
    gpu_finish(&screen->gpu);
    assert_int_equal(screen->fake->memories, 0);
    fake_device_destroy(screen->fake);
}

/* The pipe comes to the first active line of its next frame: one vblank more has begun. */
static inline void screen_next_frame(struct screen *screen)
{
    screen->frame++;
    fake_set_frame(screen->fake, screen->frame, 0);
}

/* Which buffer the plane's register names: its index, or -1. */
static inline int screen_shown(const struct screen *screen)
{
    if ((fake_register(screen->fake, DSPCNTR_A) & DSPCNTR_ENABLE) == 0) {
        return -1;
    }
    for (unsigned i = 0; i < SCREEN_BOS; i++) {
        const struct gtt_node *node = &screen->bos[i]->node;
        if (node->bound && gtt_address(node) == fake_register(screen->fake, DSPADDR_A)) {
            return (int)i;
        }
    }
    return -1;
}

#endif
