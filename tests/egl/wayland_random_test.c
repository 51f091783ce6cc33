/* SPDX-License-Identifier: MIT */
/*
 * Windows and compositors in any order of events, by fixed seeds: each frame that was swapped is
 * what the compositor has, in the size that the program had asked for; never more than four buffers
 * for a window; and nothing is left.
 */
#include "tests/egl/wayland_scene.h"

#include <stdlib.h>

#include "tests/egl/daemon.h"

#define WINDOWS 3
#define STEPS   400

struct play {
    struct scene scene;
    struct scene_window windows[WINDOWS];
    bool open[WINDOWS];
    unsigned numbers[WINDOWS]; /* of their surfaces, as the compositor counts */
    unsigned opened;
    uint32_t random;
    bool releases, frames;
    int unreleased[WINDOWS]; /* swaps since buffers are kept */
};

static unsigned next(struct play *play, unsigned below)
{
    play->random = play->random * 1664525u + 1013904223u;
    return (play->random >> 8) % below;
}

static void open_window(struct play *play, unsigned i)
{
    static const EGLint alphas[] = {0, 8};

    scene_window_open(&play->scene, &play->windows[i], 8, alphas[next(play, 2)],
                      1 + (int)next(play, 90), 1 + (int)next(play, 90));
    play->numbers[i] = play->opened++;
    play->open[i] = true;
    play->unreleased[i] = 0;
    assert_true(eglSwapInterval(play->scene.display, (EGLint)next(play, 2)));
}

static void close_window(struct play *play, unsigned i)
{
    scene_window_close(&play->scene, &play->windows[i]);
    play->open[i] = false;
}

static void step_resize(struct play *play, unsigned i)
{
    wl_egl_window_resize(play->windows[i].native, 1 + (int)next(play, 120),
                         1 + (int)next(play, 120), (int)next(play, 5), 0);
}

static void step_age(struct play *play, unsigned i)
{
    EGLint age = -1;

    if (play->unreleased[i] >= 3) {
        return; /* it chooses a buffer, and there is none */
    }
    assert_true(
        eglQuerySurface(play->scene.display, play->windows[i].surface, EGL_BUFFER_AGE_EXT, &age));
    assert_in_range(age, 0, 400);
}

/* A frame in a colour that tells it from others. What would wait for ever is not begun. */
static void step_swap(struct play *play, unsigned i)
{
    struct scene_window *window = &play->windows[i];
    const unsigned red = next(play, 256), green = next(play, 256);
    EGLint width = 0, height = 0;

    if (!play->releases && ++play->unreleased[i] > 3) {
        return;
    }
    if (!play->frames) {
        assert_true(eglSwapInterval(play->scene.display, 0));
    }
    fixture_clear((float)red / 255.0f, (float)green / 255.0f, 1, 1);
    eglQuerySurface(play->scene.display, window->surface, EGL_WIDTH, &width);
    eglQuerySurface(play->scene.display, window->surface, EGL_HEIGHT, &height);
    assert_true(eglSwapBuffers(play->scene.display, window->surface));
    scene_sync(&play->scene);

    const struct compositor_commit commit =
        compositor_commit(play->scene.compositor, play->numbers[i]);

    assert_int_equal(commit.width, width);
    assert_int_equal(commit.height, height);
    assert_int_equal(
        compositor_pixel(play->scene.compositor, play->numbers[i], width - 1, height - 1) &
            0xffffff,
        red << 16 | green << 8 | 0xff);
}

static void step_releases(struct play *play, unsigned i)
{
    play->releases = !play->releases;
    compositor_set_releases(play->scene.compositor, play->releases);
    for (unsigned w = 0; w < WINDOWS; w++) {
        play->unreleased[w] = 0;
    }
    scene_sync(&play->scene);
}

static void step_frames(struct play *play, unsigned i)
{
    play->frames = !play->frames;
    compositor_set_frames(play->scene.compositor, play->frames);
}

static void step_close(struct play *play, unsigned i)
{
    close_window(play, i);
}

static void step(struct play *play)
{
    static void (*const steps[])(struct play *, unsigned) = {
        step_swap, step_swap, step_swap,  step_swap,     step_resize,
        step_swap, step_age,  step_close, step_releases, step_frames,
    };
    const unsigned i = next(play, WINDOWS);
    const unsigned what = next(play, COUNT(steps));

    if (!play->open[i]) {
        if (play->opened < COMPOSITOR_SURFACES) {
            open_window(play, i);
        }
        return;
    }
    assert_true(eglMakeCurrent(play->scene.display, play->windows[i].surface,
                               play->windows[i].surface, play->windows[i].context));
    steps[what](play, i);
}

static void play_all(const struct compositor_options *options, uint32_t seed)
{
    struct play play = {.random = seed, .releases = true, .frames = true};

    scene_open(&play.scene, options);
    for (unsigned i = 0; i < STEPS; i++) {
        step(&play);
        assert_in_range(compositor_buffers(play.scene.compositor), 0, 4 * WINDOWS);
    }
    for (unsigned i = 0; i < WINDOWS; i++) {
        if (play.open[i]) {
            close_window(&play, i);
        }
    }
    scene_sync(&play.scene);
    assert_int_equal(compositor_buffers(play.scene.compositor), 0);
    scene_close(&play.scene);
}

static void test_shm(void **state)
{
    for (uint32_t seed = 1; seed <= 8; seed++) {
        play_all(&(struct compositor_options){0}, seed);
    }
}

static void test_dmabufs(void **state)
{
    for (uint32_t seed = 1; seed <= 8; seed++) {
        play_all(&(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                              .dmabuf_version = 4,
                                              .dmabufs_max = seed % 3 * 5},
                 100 + seed);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shm),
        cmocka_unit_test(test_dmabufs),
    };
    const bool daemon = count > 1;

    return cmocka_run_group_tests(tests, daemon ? egl_daemon_setup : NULL,
                                  daemon ? egl_daemon_teardown : NULL);
}
