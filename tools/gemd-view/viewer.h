/* SPDX-License-Identifier: MIT */
/*
 * A desktop window that shows pictures, as large as fits with their proportions. SDL must be
 * initialised for video.
 */
#ifndef GEMD_TOOLS_GEMD_VIEW_VIEWER_H
#define GEMD_TOOLS_GEMD_VIEW_VIEWER_H

#include <SDL.h>
#include <stdbool.h>

#include "proto/gemd.h"

struct viewer {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    uint32_t width, height; /* of the picture; 0: none seen so far */
};

/* Makes the window, if there is none, for pictures of that size. 0, or -1 after one line on stderr.
 */
__attribute__((warn_unused_result)) int viewer_open(struct viewer *viewer, uint32_t width,
                                                    uint32_t height);
/* The next picture; XRGB8888. Makes the window with the first one. */
__attribute__((warn_unused_result)) int viewer_load(struct viewer *viewer, const void *pixels,
                                                    uint32_t width, uint32_t height,
                                                    uint32_t stride);
/* Draws it, or nothing but black; SDL_RenderPresent() shows that. */
void viewer_draw(struct viewer *viewer, bool picture);

/* Both, and shows it. */
__attribute__((warn_unused_result)) int viewer_show(struct viewer *viewer,
                                                    const struct gemd_screenshot *shot);
void viewer_finish(struct viewer *viewer);
/* Handles what the desktop says. False when the window shall close. */
bool viewer_handle_events(void);

#endif
