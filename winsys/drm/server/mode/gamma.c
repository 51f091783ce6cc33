/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/gamma.h"

#include <errno.h>
#include <string.h>

#include "winsys/drm/server/mode/blob.h"
#include "winsys/drm/server/mode/commit.h"
#include "winsys/drm/server/mode/screen.h"

_Static_assert(GAMMA_SIZE == GEMD_PALETTE_WORDS, "a colour for each word");

void gamma_init(struct gamma *gamma)
{
    for (uint32_t c = 0; c < 3; c++) {
        for (uint32_t i = 0; i < GAMMA_SIZE; i++) {
            gamma->channels[c][i] = (uint16_t)(i << 8);
        }
    }
}

/* Rounded to the palette's 8 bits. */
static uint32_t eight_bits(uint16_t value)
{
    const uint32_t rounded = (value + 0x80u) >> 8;
    return rounded < 255 ? rounded : 255;
}

int gamma_send(const struct blob *blob, struct gemd_window *window)
{
    uint32_t words[GAMMA_SIZE];
    const struct drm_color_lut *lut = blob != NULL ? (const void *)blob->bytes : NULL;
    for (uint32_t i = 0; i < GAMMA_SIZE; i++) {
        words[i] = lut == NULL ? i * 0x010101u
                               : eight_bits(lut[i].red) << 16 | eight_bits(lut[i].green) << 8 |
                                     eight_bits(lut[i].blue);
    }
    return gemd_window_set_palette(window, 8, words);
}

/* ---- ioctls ---- */

static int check(const struct drm_call *call)
{
    const struct drm_mode_crtc_lut *lut = call->argument;
    if (lut->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    if (lut->gamma_size != GAMMA_SIZE) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (call->arrays[i].count < GAMMA_SIZE) {
            return -EFAULT;
        }
    }
    return 0;
}

int gamma_get(struct drm_file *file, struct drm_call *call)
{
    struct drm_screen *screen = screen_of(file);
    int result = check(call);
    if (result != 0) {
        return result;
    }
    pthread_mutex_lock(&screen->lock);
    for (unsigned i = 0; i < 3; i++) {
        memcpy(call->arrays[i].bytes, screen->crtc.gamma.channels[i],
               sizeof(screen->crtc.gamma.channels[i]));
        call->arrays[i].used = GAMMA_SIZE;
    }
    pthread_mutex_unlock(&screen->lock);
    return 0;
}

/* The table becomes the state's blob. */
static int set_locked(struct drm_screen *screen)
{
    const struct gamma *gamma = &screen->crtc.gamma;
    struct drm_color_lut lut[GAMMA_SIZE];
    struct mode_state next;
    for (unsigned i = 0; i < GAMMA_SIZE; i++) {
        lut[i] = (struct drm_color_lut){.red = gamma->channels[0][i],
                                        .green = gamma->channels[1][i],
                                        .blue = gamma->channels[2][i]};
    }
    struct blob *blob = blob_add(screen, 0, lut, sizeof(lut));
    if (blob == NULL) {
        return -ENOMEM;
    }
    state_copy(&next, &screen->crtc.state);
    state_set_blob(screen, &next.gamma, blob);
    blob_unref(screen, blob);
    int result = commit_state(screen, &next, &(struct commit){.parts = STATE_CRTC});
    state_drop(screen, &next);
    return result;
}

int gamma_set(struct drm_file *file, struct drm_call *call)
{
    struct drm_screen *screen = screen_of(file);
    struct gamma *gamma = &screen->crtc.gamma;
    int result = check(call);
    if (result != 0) {
        return result;
    }
    pthread_mutex_lock(&screen->lock);
    for (unsigned i = 0; i < 3; i++) {
        memcpy(gamma->channels[i], call->arrays[i].bytes, sizeof(gamma->channels[i]));
    }
    result = set_locked(screen);
    pthread_mutex_unlock(&screen->lock);
    return result;
}
