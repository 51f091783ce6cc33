/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"
#include "tools/lib/picture.h"

int command_screenshot(const char *socket, int argc, char **argv)
{
    struct gemd_session *session = command_connect(socket);
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    struct gemd_screenshot shot;
    int error = gemd_take_screenshot(session, &shot);
    if (error == 0) {
        const struct picture picture = {.width = shot.width,
                                        .height = shot.height,
                                        .stride = shot.stride,
                                        .order = PICTURE_BGRX,
                                        .pixels = shot.pixels};
        error = picture_save(&picture, argv[1]);
        if (error == 0) {
            printf("%s: %ux%u, frame %llu\n", argv[1], shot.width, shot.height,
                   (unsigned long long)shot.frame);
        }
        gemd_screenshot_free(&shot);
    } else {
        fprintf(stderr, "gemctl: screenshot: %s\n",
                error == -ENODATA ? "the pipe is off" : strerror(-error));
    }
    gemd_session_close(session);
    return error == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
