/* SPDX-License-Identifier: MIT */
/* A desktop window that shows the daemon's screen. SDL must be initialised for video. */
#ifndef GEMD_TOOLS_GEMD_VIEW_VIEWER_H
#define GEMD_TOOLS_GEMD_VIEW_VIEWER_H

#include <SDL.h>
#include <stdbool.h>

#include "proto/gemd.h"

struct viewer {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    uint32_t width, height; /* of the screen; 0: none seen so far */
    uint64_t frame;         /* of the pipe, when the shown picture was taken */
};

/* Shows a picture; makes the window with the first one. 0, or -1 after one line on stderr. */
__attribute__((warn_unused_result)) int viewer_show(struct viewer *viewer,
                                                    const struct gemd_screenshot *shot);
void viewer_finish(struct viewer *viewer);
/* Handles what the desktop says. False when the window shall close. */
bool viewer_handle_events(void);

#endif
