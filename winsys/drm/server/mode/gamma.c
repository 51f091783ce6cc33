/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/gamma.h"

#include <errno.h>
#include <string.h>

#include "winsys/drm/server/mode/screen.h"

_Static_assert(GAMMA_SIZE == GEMD_PALETTE_WORDS, "a colour for each word");

void gamma_init(struct gamma *gamma)
{
    gamma->set = false;
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

int gamma_send(const struct gamma *gamma, struct gemd_window *window)
{
    uint32_t words[GAMMA_SIZE];
    if (!gamma->set) {
        return 0;
    }
    for (uint32_t i = 0; i < GAMMA_SIZE; i++) {
        words[i] = eight_bits(gamma->channels[0][i]) << 16 |
                   eight_bits(gamma->channels[1][i]) << 8 | eight_bits(gamma->channels[2][i]);
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

int gamma_set(struct drm_file *file, struct drm_call *call)
{
    struct drm_screen *screen = screen_of(file);
    struct crtc *crtc = &screen->crtc;
    int result = check(call);
    if (result != 0) {
        return result;
    }
    pthread_mutex_lock(&screen->lock);
    for (unsigned i = 0; i < 3; i++) {
        memcpy(crtc->gamma.channels[i], call->arrays[i].bytes, sizeof(crtc->gamma.channels[i]));
    }
    crtc->gamma.set = true;
    result = crtc->window != NULL ? gamma_send(&crtc->gamma, crtc->window) : 0;
    pthread_mutex_unlock(&screen->lock);
    return result;
}
