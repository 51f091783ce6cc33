/* SPDX-License-Identifier: MIT */
/* What is drawn over the picture: help, a graph of frame times, the daemon's sessions, a message.
 */
#ifndef GEMD_TOOLS_GEMD_VIEW_OVERLAY_H
#define GEMD_TOOLS_GEMD_VIEW_OVERLAY_H

#include <SDL.h>
#include <stdbool.h>

#include "tools/gemd-view/tempo.h"

#define OVERLAY_LINES   24u
#define OVERLAY_COLUMNS 80u

/* Lines of text. */
struct overlay_text {
    char lines[OVERLAY_LINES][OVERLAY_COLUMNS];
    unsigned count;
};

/* One more line; those that are too many are left out. */
__attribute__((format(printf, 2, 3))) void overlay_print(struct overlay_text *text,
                                                         const char *format, ...);

/* Pixels of the renderer for one of the text, by the desktop's own scale. */
int overlay_scale(SDL_Window *window, SDL_Renderer *renderer);

/* A box with text; upper left corner, or, middle, in the middle of the window. */
void overlay_draw_text(SDL_Renderer *renderer, const struct overlay_text *text, bool middle);

/* The graph, at the lower edge. period_ns: of a vblank; 0: not known. */
void overlay_draw_tempo(SDL_Renderer *renderer, const struct tempo *tempo, int64_t period_ns);

#endif
