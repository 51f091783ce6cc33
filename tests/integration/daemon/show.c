/* SPDX-License-Identifier: MIT */
#include "tests/integration/daemon/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/integration/daemon/same_view.h"

void show_begin(struct show *show, const struct daemon *daemon)
{
    show->session = daemon_open(daemon, NULL, NULL);
    assert_int_equal(gemd_window_create(show->session, WIDTH, HEIGHT, &show->window), 0);
    assert_int_equal(gemd_bo_create(show->session, STRIDE * HEIGHT, true, &show->bo), 0);
}

void show_close(struct show *show)
{
    gemd_window_destroy(show->window);
    gemd_bo_unref(show->bo);
    gemd_session_close(show->session);
}

void show_await_vblanks(struct show *show, uint64_t count)
{
    assert_int_equal(
        gemd_vblank_wait(show->session, GEMD_VBLANK_RELATIVE, count, GEMD_FOREVER, NULL), 0);
}

struct gemd_screenshot show_screenshot(const struct daemon *daemon)
{
    struct gemd_screenshot shot;
    struct gemd_session *session;
    const struct gemd_connect_options options = {.socket = daemon->socket,
                                                 .role = GEMD_ROLE_OPERATOR};
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    assert_int_equal(gemd_take_screenshot(session, &shot), 0);
    assert_same_view(session, &shot);
    gemd_session_close(session);
    return shot;
}
