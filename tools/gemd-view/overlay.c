/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/overlay.h"

#include <SDL_test_font.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MARGIN       4
#define GRAPH_HEIGHT 60 /* of its bars; a third of it is one vblank */

void overlay_print(struct overlay_text *text, const char *format, ...)
{
    va_list args;
    if (text->count == OVERLAY_LINES) {
        return;
    }
    va_start(args, format);
    vsnprintf(text->lines[text->count++], OVERLAY_COLUMNS, format, args);
    va_end(args);
}

int overlay_scale(SDL_Window *window, SDL_Renderer *renderer)
{
    int points, pixels, height;
    SDL_GetWindowSize(window, &points, &height);
    SDL_GetRendererOutputSize(renderer, &pixels, &height);
    const int by_dpi = points > 0 ? (pixels + points / 2) / points : 1;
    const int by_size = pixels / 1600 + 1; /* letters of 8 pixels on a large screen are small */
    return by_dpi > by_size ? by_dpi : by_size;
}

static void draw_box(SDL_Renderer *renderer, const SDL_Rect *box)
{
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(renderer, 0, 0, 0, 200);
    SDL_RenderFillRect(renderer, box);
}

static void output_size(SDL_Renderer *renderer, int *width, int *height)
{
    float x, y;
    SDL_RenderGetScale(renderer, &x, &y);
    SDL_GetRendererOutputSize(renderer, width, height);
    *width = (int)((float)*width / x);
    *height = (int)((float)*height / y);
}

void overlay_draw_text(SDL_Renderer *renderer, const struct overlay_text *text, bool middle)
{
    size_t columns = 0;
    int width, height;
    output_size(renderer, &width, &height);
    for (unsigned i = 0; i < text->count; i++) {
        const size_t length = strlen(text->lines[i]);
        columns = length > columns ? length : columns;
    }
    SDL_Rect box = {.x = MARGIN,
                    .y = MARGIN,
                    .w = (int)columns * FONT_CHARACTER_SIZE + 2 * MARGIN,
                    .h = (int)text->count * FONT_LINE_HEIGHT + 2 * MARGIN};
    if (middle) {
        box.x = (width - box.w) / 2;
        box.y = (height - box.h) / 2;
    }
    draw_box(renderer, &box);
    SDL_SetRenderDrawColor(renderer, 230, 230, 230, SDL_ALPHA_OPAQUE);
    for (unsigned i = 0; i < text->count; i++) {
        SDLTest_DrawString(renderer, box.x + MARGIN, box.y + MARGIN + (int)i * FONT_LINE_HEIGHT,
                           text->lines[i]);
    }
}

/* Green: the next vblank; yellow: one later; red: more, or something was lost between. */
static void set_bar_colour(SDL_Renderer *renderer, const struct tempo_step *step)
{
    const bool bad = step->vblanks > 2 || step->lost > 0;
    const bool late = step->vblanks == 2;
    SDL_SetRenderDrawColor(renderer, bad || late ? 230 : 60, bad ? 60 : 200, 60, SDL_ALPHA_OPAQUE);
}

void overlay_draw_tempo(SDL_Renderer *renderer, const struct tempo *tempo, int64_t period_ns)
{
    struct overlay_text text = {.count = 0};
    int width, height;
    const unsigned steps = tempo_steps(tempo);
    output_size(renderer, &width, &height);
    const SDL_Rect box = {.x = MARGIN,
                          .y = height - GRAPH_HEIGHT - FONT_LINE_HEIGHT - 4 * MARGIN,
                          .w = (int)TEMPO_PICTURES + 2 * MARGIN,
                          .h = GRAPH_HEIGHT + FONT_LINE_HEIGHT + 3 * MARGIN};
    const int ground = box.y + box.h - MARGIN;
    const int64_t whole_ns = 3 * (period_ns > 0 ? period_ns : 16666667);
    draw_box(renderer, &box);
    for (unsigned i = 0; i < steps; i++) {
        const struct tempo_step *step = tempo_step(tempo, i);
        const int64_t ns = step->ns < whole_ns ? step->ns : whole_ns;
        const int x = box.x + MARGIN + (int)(TEMPO_PICTURES - steps + i);
        set_bar_colour(renderer, step);
        SDL_RenderDrawLine(renderer, x, ground, x, ground - (int)(ns * GRAPH_HEIGHT / whole_ns));
    }
    SDL_SetRenderDrawColor(renderer, 120, 120, 120, SDL_ALPHA_OPAQUE);
    SDL_RenderDrawLine(renderer, box.x + MARGIN, ground - GRAPH_HEIGHT / 3,
                       box.x + MARGIN + (int)TEMPO_PICTURES, ground - GRAPH_HEIGHT / 3);
    overlay_print(&text, "%.1f fps, %llu lost", tempo_rate(tempo), (unsigned long long)tempo->lost);
    SDL_SetRenderDrawColor(renderer, 230, 230, 230, SDL_ALPHA_OPAQUE);
    SDLTest_DrawString(renderer, box.x + MARGIN, box.y + MARGIN, text.lines[0]);
}
