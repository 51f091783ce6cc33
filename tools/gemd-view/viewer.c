/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/viewer.h"

#include <stdio.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "gemd-view: %s: %s\n", what, SDL_GetError());
    return -1;
}

int viewer_open(struct viewer *viewer, uint32_t width, uint32_t height)
{
    if (viewer->window != NULL) {
        return 0;
    }
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    const char *driver = SDL_GetCurrentVideoDriver();
    if (driver != NULL && strcmp(driver, "x11") == 0) {
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0"); /* only others need GL to copy */
    }
    viewer->window =
        SDL_CreateWindow("gemd", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, (int)width,
                         (int)height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (viewer->window == NULL) {
        return fail("no window");
    }
    /* In software: the viewer must never be a client of the very daemon that it shows. */
    viewer->renderer = SDL_CreateRenderer(viewer->window, -1, SDL_RENDERER_SOFTWARE);
    return viewer->renderer != NULL ? 0 : fail("no renderer");
}

/* A window that was as large as the picture becomes as large as the next one. */
static void follow_size(struct viewer *viewer, uint32_t width, uint32_t height)
{
    int was_width, was_height;
    SDL_GetWindowSize(viewer->window, &was_width, &was_height);
    const bool fitted = viewer->width == 0 ||
                        (was_width == (int)viewer->width && was_height == (int)viewer->height);
    if (fitted && (SDL_GetWindowFlags(viewer->window) & SDL_WINDOW_FULLSCREEN) == 0) {
        SDL_SetWindowSize(viewer->window, (int)width, (int)height);
    }
}

static int set_size(struct viewer *viewer, uint32_t width, uint32_t height)
{
    if (viewer_open(viewer, width, height) != 0) {
        return -1;
    }
    if (viewer->width == width && viewer->height == height) {
        return 0;
    }
    if (viewer->texture != NULL) {
        SDL_DestroyTexture(viewer->texture);
    }
    follow_size(viewer, width, height);
    viewer->texture = SDL_CreateTexture(viewer->renderer, SDL_PIXELFORMAT_RGB888,
                                        SDL_TEXTUREACCESS_STREAMING, (int)width, (int)height);
    viewer->width = width;
    viewer->height = height;
    return viewer->texture != NULL ? 0 : fail("no texture");
}

int viewer_load(struct viewer *viewer, const void *pixels, uint32_t width, uint32_t height,
                uint32_t stride)
{
    if (set_size(viewer, width, height) != 0) {
        return -1;
    }
    return SDL_UpdateTexture(viewer->texture, NULL, pixels, (int)stride) == 0 ? 0
                                                                              : fail("a picture");
}

/* As large as it fits, in the middle. */
static SDL_Rect place(const struct viewer *viewer)
{
    int width, height;
    SDL_GetRendererOutputSize(viewer->renderer, &width, &height);
    SDL_Rect rect = {.w = width, .h = height};
    if ((int64_t)width * viewer->height > (int64_t)height * viewer->width) {
        rect.w = (int)((int64_t)height * viewer->width / viewer->height);
    } else {
        rect.h = (int)((int64_t)width * viewer->height / viewer->width);
    }
    rect.x = (width - rect.w) / 2;
    rect.y = (height - rect.h) / 2;
    return rect;
}

void viewer_draw(struct viewer *viewer, bool picture)
{
    SDL_SetRenderDrawColor(viewer->renderer, 0, 0, 0, SDL_ALPHA_OPAQUE);
    SDL_RenderClear(viewer->renderer);
    if (picture && viewer->texture != NULL) {
        const SDL_Rect rect = place(viewer);
        SDL_RenderCopy(viewer->renderer, viewer->texture, NULL, &rect);
    }
}

int viewer_show(struct viewer *viewer, const struct gemd_screenshot *shot)
{
    if (viewer_load(viewer, shot->pixels, shot->width, shot->height, shot->stride) != 0) {
        return -1;
    }
    viewer_draw(viewer, true);
    SDL_RenderPresent(viewer->renderer);
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
