/* SPDX-License-Identifier: MIT */
/*
 * What a monitor shows: planes, overlay and cursors of a pipe, through its palette, fitted into its
 * timing. Channels have ten bits until the end; nothing here runs unless somebody looks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/layer.h"

#define FIELD(value, shift) (((value) >> (shift)) & 0x1fffu)
#define SOURCE_WIDTH_MAX    4096
#define SOURCE_WIDTH(src)   (((src) >> 16 & 0xfffu) + 1)
#define SOURCE_HEIGHT(src)  (((src)&0xfffu) + 1)

/* A pipe and what is on it, as of one moment. */
struct screen {
    struct model_memory *memory;
    struct layer_gamma gamma;
    struct layer_plane planes[DISPLAY_PLANES];
    struct layer_cursor cursors[DISPLAY_CURSORS];
    struct overlay overlay;
    bool has_overlay;
    uint32_t source_width, source_height;
    uint32_t left, top, active_width, active_height; /* the active part of the picture */
    uint32_t width, height;
    uint32_t border;
    uint32_t fit; /* PFIT_CONTROL */
    bool only_border;
};

static uint32_t pipe_get(struct model *model, uint32_t reg_a, unsigned pipe)
{
    return mmio_get(&model->mmio, reg_a + pipe * PIPE_STRIDE);
}

/*
 * What is not blanked is seen: the active part and the border around it. Blank begins behind the
 * right border and ends before the left one.
 */
static uint32_t measure(uint32_t total, uint32_t blank, uint32_t *first, uint32_t *active)
{
    uint32_t lines = FIELD(total, 16) + 1;
    uint32_t blank_start = FIELD(blank, 0) + 1;
    uint32_t blank_end = FIELD(blank, 16) + 1;

    *active = FIELD(total, 0) + 1;
    *first = blank_end < lines ? lines - blank_end : 0;
    if (blank_start < *active || blank_start > lines) {
        return *first + *active; /* blanks in the middle of the picture: no monitor's size */
    }
    return *first + blank_start;
}

static void take_planes(struct model *model, unsigned pipe, struct screen *screen)
{
    for (unsigned i = 0; i < DISPLAY_PLANES; i++) {
        const struct display_scanout *live = &model->display.planes[i].live;
        struct layer_plane *plane = &screen->planes[i];

        if (!(live->control & DSPCNTR_ENABLE) || (live->control >> 24 & 3u) != pipe) {
            continue;
        }
        *plane = (struct layer_plane){
            .control = live->control,
            .address = live->address,
            .stride = live->stride,
            .key_value = live->key_value,
            .key_mask = live->key_mask,
            .width = screen->source_width,
            .height = screen->source_height,
        };
        if (i != 0) {
            plane->x = live->position & 0xfffu;
            plane->y = live->position >> 16 & 0xfffu;
            plane->width = (live->size & 0xfffu) + 1;
            plane->height = (live->size >> 16 & 0xfffu) + 1;
        }
    }
}

static void take_cursors(struct model *model, unsigned pipe, struct screen *screen)
{
    for (unsigned i = 0; i < DISPLAY_CURSORS; i++) {
        const struct display_cursor *live = &model->display.cursors[i];
        struct layer_cursor *cursor = &screen->cursors[i];

        if ((live->control >> CURCNTR_PIPE_SHIFT & 3u) != pipe) {
            continue;
        }
        cursor->control = live->control;
        cursor->base = live->base;
        cursor->is_physical = model->chipset->class->needs_physical;
        cursor->x = (int)(live->position & 0x7fffu);
        cursor->y = (int)(live->position >> 16 & 0x7fffu);
        cursor->x = live->position & 0x8000u ? -cursor->x : cursor->x;
        cursor->y = live->position & 0x80000000u ? -cursor->y : cursor->y;
        for (unsigned c = 0; c < 4; c++) {
            cursor->palette[c] = mmio_get(&model->mmio, CURPALET_A + i * CURSOR_STRIDE + 4 * c);
        }
    }
}

/* Called locked. */
static void take(struct model *model, unsigned pipe, struct screen *screen)
{
    uint32_t source = pipe_get(model, PIPESRC_A, pipe);
    uint32_t conf = pipe_get(model, PIPECONF_A, pipe);
    bool can_fit = model->chipset->mobile && pipe == 1;

    model_display_catch_up(model);
    memset(screen, 0, sizeof(*screen));
    screen->memory = model->memory;
    screen->source_width = SOURCE_WIDTH(source);
    screen->source_height = SOURCE_HEIGHT(source);
    screen->width = measure(pipe_get(model, HTOTAL_A, pipe), pipe_get(model, HBLANK_A, pipe),
                            &screen->left, &screen->active_width);
    screen->height = measure(pipe_get(model, VTOTAL_A, pipe), pipe_get(model, VBLANK_A, pipe),
                             &screen->top, &screen->active_height);
    screen->border = pipe_get(model, BCLRPAT_A, pipe) | 0xff000000u;
    screen->only_border = (conf & PIPECONF_FORCE_BORDER) != 0;
    screen->fit = can_fit ? mmio_get(&model->mmio, PFIT_CONTROL) : 0;
    screen->gamma.is_10_bit = (conf & PIPECONF_10_BIT) != 0;
    for (unsigned i = 0; i < 256; i++) {
        screen->gamma.palette[i] = mmio_get(&model->mmio, PALETTE_A + 0x800 * pipe + 4 * i);
    }
    screen->overlay = model->overlay;
    screen->has_overlay = overlay_shows(&model->overlay, pipe);
    take_planes(model, pipe, screen);
    take_cursors(model, pipe, screen);
}

static void draw_plane(const struct screen *screen, unsigned index, bool lowest, uint32_t y,
                       struct layer_pixel *row)
{
    layer_draw_plane(screen->memory, &screen->planes[index], &screen->gamma, lowest, y, row,
                     screen->source_width);
}

/* Planes B and C, those below the overlay or those above it. */
static void draw_sprites(const struct screen *screen, bool above, uint32_t y,
                         struct layer_pixel *row)
{
    for (unsigned i = 1; i < DISPLAY_PLANES; i++) {
        uint32_t control = screen->planes[i].control;
        bool is_lowest = i == 2 && (control & DSPCNTR_BOTTOM) != 0;
        if (!is_lowest && above == ((control & DSPCNTR_ABOVE_OVERLAY) != 0)) {
            draw_plane(screen, i, false, y, row);
        }
    }
}

static void draw_overlay(const struct screen *screen, uint32_t y, struct layer_pixel *row)
{
    struct layer_pixel below[SOURCE_WIDTH_MAX];
    struct layer_plane lowest = screen->planes[0];

    if (!screen->has_overlay) {
        return;
    }
    if (overlay_has_key(&screen->overlay)) {
        /* Its colour is compared before the palette. */
        lowest = lowest.control != 0 ? lowest : screen->planes[1];
        lowest.control &= ~DSPCNTR_GAMMA;
        memset(below, 0, sizeof(below));
        layer_draw_plane(screen->memory, &lowest, &screen->gamma, true, y, below,
                         screen->source_width);
    }
    overlay_draw(screen->memory, &screen->overlay, below, y, row, screen->source_width);
}

static void compose_row(const struct screen *screen, uint32_t y, struct layer_pixel *row)
{
    bool c_is_lowest = (screen->planes[2].control & DSPCNTR_BOTTOM) != 0;

    memset(row, 0, screen->source_width * sizeof(*row));
    if (c_is_lowest) {
        draw_plane(screen, 2, true, y, row);
    }
    draw_plane(screen, 0, !c_is_lowest, y, row);
    draw_sprites(screen, false, y, row);
    draw_overlay(screen, y, row);
    draw_sprites(screen, true, y, row);
    for (unsigned i = 0; i < DISPLAY_CURSORS; i++) {
        layer_draw_cursor(screen->memory, &screen->cursors[i], &screen->gamma, y, row,
                          screen->source_width);
    }
}

static uint32_t pack(const struct layer_pixel *pixel)
{
    return 0xff000000u | (uint32_t)(pixel->channel[0] >> 2) << 16 |
           (uint32_t)(pixel->channel[1] >> 2) << 8 | pixel->channel[2] >> 2;
}

static uint32_t mix(uint32_t a, uint32_t b, uint32_t weight)
{
    uint32_t result = 0xff000000u;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        uint32_t low = a >> shift & 0xffu;
        uint32_t high = b >> shift & 0xffu;
        result |= (low * (256 - weight) + high * weight + 128) >> 8 << shift;
    }
    return result;
}

/* Where pixel 'at' of 'to' lies among 'from' pixels: the one before, and 256ths to the next. */
static uint32_t locate(uint32_t at, uint32_t from, uint32_t to, bool bilinear, uint32_t *weight)
{
    if (!bilinear) {
        *weight = 0;
        return (uint32_t)((uint64_t)at * from / to);
    }
    int64_t place = ((int64_t)(2 * at + 1) * from * 128) / to - 128;
    place = place < 0 ? 0 : place;
    uint32_t pixel = (uint32_t)(place >> 8);
    *weight = pixel + 1 < from ? (uint32_t)place & 255u : 0;
    return pixel < from ? pixel : from - 1;
}

/* The panel fitter: the source scaled to the active part. */
static void fit(const struct screen *screen, const uint32_t *source, uint32_t *pixels,
                uint32_t pitch, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < screen->active_height && y + screen->top < height; y++) {
        uint32_t down;
        uint32_t sy = locate(y, screen->source_height, screen->active_height,
                             (screen->fit & PFIT_VERTICAL_BILINEAR) != 0, &down);
        const uint32_t *upper = source + (size_t)sy * screen->source_width;
        const uint32_t *lower = down != 0 ? upper + screen->source_width : upper;
        for (uint32_t x = 0; x < screen->active_width && x + screen->left < width; x++) {
            uint32_t right;
            uint32_t sx = locate(x, screen->source_width, screen->active_width,
                                 (screen->fit & PFIT_HORIZONTAL_BILINEAR) != 0, &right);
            uint32_t next = right != 0 ? sx + 1 : sx;
            uint32_t above = mix(upper[sx], upper[next], right);
            uint32_t below = mix(lower[sx], lower[next], right);
            pixels[(size_t)(y + screen->top) * pitch + x + screen->left] = mix(above, below, down);
        }
    }
}

static void pack_row(const struct layer_pixel *row, uint32_t *to, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++) {
        to[x] = pack(&row[x]);
    }
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool fits(const struct screen *screen)
{
    return (screen->fit & PFIT_ENABLE) != 0 && (screen->source_width != screen->active_width ||
                                                screen->source_height != screen->active_height);
}

/* Without the fitter, the source lies in the upper left of what is active. */
static void compose_plain(const struct screen *screen, struct layer_pixel *row, uint32_t *pixels,
                          uint32_t pitch, uint32_t width, uint32_t height)
{
    uint32_t columns = least(screen->source_width, screen->active_width);
    uint32_t rows = least(screen->source_height, screen->active_height);

    columns = screen->left < width ? least(columns, width - screen->left) : 0;
    for (uint32_t y = 0; y < rows && y + screen->top < height; y++) {
        uint32_t *to = pixels + (size_t)(y + screen->top) * pitch + screen->left;
        if (screen->has_overlay ||
            !layer_copy_plane(screen->memory, screen->planes, screen->cursors, y, to, columns)) {
            compose_row(screen, y, row);
            pack_row(row, to, columns);
        }
    }
}

static int compose_fitted(const struct screen *screen, struct layer_pixel *row, uint32_t *pixels,
                          uint32_t pitch, uint32_t width, uint32_t height)
{
    size_t size = (size_t)screen->source_width * screen->source_height;
    uint32_t *source = calloc(size, sizeof(*source));

    if (source == NULL) {
        return -ENOMEM;
    }
    for (uint32_t y = 0; y < screen->source_height; y++) {
        compose_row(screen, y, row);
        pack_row(row, source + (size_t)y * screen->source_width, screen->source_width);
    }
    fit(screen, source, pixels, pitch, width, height);
    free(source);
    return 0;
}

/* The border's colour everywhere, or black where the timing is active. */
static void fill(const struct screen *screen, uint32_t *pixels, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        bool active_row = y - screen->top < screen->active_height;
        for (uint32_t x = 0; x < width; x++) {
            bool active = active_row && x - screen->left < screen->active_width;
            bool beyond = x >= screen->width || y >= screen->height;
            pixels[(size_t)y * width + x] =
                beyond || (active && !screen->only_border) ? 0xff000000u : screen->border;
        }
    }
}

int model_screen_size(struct model *model, unsigned pipe, uint32_t *width, uint32_t *height)
{
    int result = -ENODATA;

    if (pipe >= DISPLAY_PIPES) {
        return -ENODATA;
    }
    model_lock(model);
    if (model->display.pipes[pipe].ticks) {
        uint32_t first, active;
        *width = measure(pipe_get(model, HTOTAL_A, pipe), pipe_get(model, HBLANK_A, pipe), &first,
                         &active);
        *height = measure(pipe_get(model, VTOTAL_A, pipe), pipe_get(model, VBLANK_A, pipe), &first,
                          &active);
        result = 0;
    }
    model_unlock(model);
    return result;
}

int model_screen_read(struct model *model, unsigned pipe, uint32_t *pixels, uint32_t width,
                      uint32_t height)
{
    uint32_t own_width, own_height;
    int result = model_screen_size(model, pipe, &own_width, &own_height);
    struct screen *screen = result == 0 ? malloc(sizeof(*screen)) : NULL;

    if (screen == NULL) {
        return result != 0 ? result : -ENOMEM;
    }
    model_lock(model);
    take(model, pipe, screen);
    model_unlock(model);
    struct layer_pixel *row = calloc(screen->source_width, sizeof(*row));
    if (row == NULL) {
        result = -ENOMEM;
    } else {
        fill(screen, pixels, width, height);
        if (screen->only_border) {
            result = 0;
        } else if (fits(screen)) {
            result = compose_fitted(screen, row, pixels, width, width, height);
        } else {
            compose_plain(screen, row, pixels, width, width, height);
        }
    }
    free(row);
    free(screen);
    return result;
}
