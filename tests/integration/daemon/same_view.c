/* SPDX-License-Identifier: MIT */
#include "tests/integration/daemon/same_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

void assert_same_view(struct gemd_session *session, const struct gemd_screenshot *shot)
{
    struct gemd_mirror *mirror;
    struct gemd_picture picture;
    assert_int_equal(gemd_mirror_open(session, 2, &mirror), 0);
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &picture), 0);
    assert_true(picture.width == shot->width && picture.height == shot->height);
    for (uint32_t y = 0; y < shot->height; y++) {
        const uint32_t *seen =
            (const void *)((const uint8_t *)picture.pixels + (size_t)y * picture.stride);
        const uint32_t *shown =
            (const void *)((const uint8_t *)shot->pixels + (size_t)y * shot->stride);
        for (uint32_t x = 0; x < shot->width; x++) {
            if (((seen[x] ^ shown[x]) & 0xffffffu) != 0) {
                fail_msg("%u,%u: viewers see %06x, the screen is %06x", x, y, seen[x], shown[x]);
            }
        }
    }
    gemd_mirror_return(mirror, &picture);
    gemd_mirror_close(mirror);
}
