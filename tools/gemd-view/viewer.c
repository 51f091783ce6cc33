/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/viewer.h"

#include <stdio.h>

static int fail(const char *what)
{
    fprintf(stderr, "gemd-view: %s: %s\n", what, SDL_GetError());
    return -1;
}

static int open_window(struct viewer *viewer, uint32_t width, uint32_t height)
{
    viewer->window = SDL_CreateWindow("gemd", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                      (int)width, (int)height, SDL_WINDOW_RESIZABLE);
    if (viewer->window == NULL) {
        return fail("no window");
    }
    /* In software: the viewer must never be a client of the very daemon that it shows. */
    viewer->renderer = SDL_CreateRenderer(viewer->window, -1, SDL_RENDERER_SOFTWARE);
    return viewer->renderer != NULL ? 0 : fail("no renderer");
}

static int set_size(struct viewer *viewer, uint32_t width, uint32_t height)
{
    if (viewer->window == NULL && open_window(viewer, width, height) != 0) {
        return -1;
    }
    if (viewer->width == width && viewer->height == height) {
        return 0;
    }
    if (viewer->texture != NULL) {
        SDL_DestroyTexture(viewer->texture);
        SDL_SetWindowSize(viewer->window, (int)width, (int)height);
    }
    viewer->texture = SDL_CreateTexture(viewer->renderer, SDL_PIXELFORMAT_RGB888,
                                        SDL_TEXTUREACCESS_STREAMING, (int)width, (int)height);
    if (viewer->texture == NULL) {
        return fail("no texture");
    }
    viewer->width = width;
    viewer->height = height;
    return SDL_RenderSetLogicalSize(viewer->renderer, (int)width, (int)height) == 0
               ? 0
               : fail("scaling");
}

int viewer_show(struct viewer *viewer, const struct gemd_screenshot *shot)
{
    if (set_size(viewer, shot->width, shot->height) != 0) {
        return -1;
    }
    if (SDL_UpdateTexture(viewer->texture, NULL, shot->pixels, (int)shot->stride) != 0) {
        return fail("a picture");
    }
    SDL_RenderClear(viewer->renderer);
    SDL_RenderCopy(viewer->renderer, viewer->texture, NULL, NULL);
    SDL_RenderPresent(viewer->renderer);
    viewer->frame = shot->frame;
    return 0;
}

void viewer_finish(struct viewer *viewer)
{
    if (viewer->texture != NULL) {
        SDL_DestroyTexture(viewer->texture);
    }
    if (viewer->renderer != NULL) {
        SDL_DestroyRenderer(viewer->renderer);
    }
    if (viewer->window != NULL) {
        SDL_DestroyWindow(viewer->window);
    }
    *viewer = (struct viewer){0};
}

bool viewer_handle_events(void)
{
    SDL_Event event;
    while (SDL_PollEvent(&event)) {
        if (event.type == SDL_QUIT ||
            (event.type == SDL_KEYDOWN && event.key.keysym.sym == SDLK_q)) {
            return false;
        }
    }
    return true;
}
