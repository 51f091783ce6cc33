/* SPDX-License-Identifier: MIT */
/*
 * A window's cursor: a picture that the display shows above the window while that has the screen,
 * and what it becomes with a frame that is to come.
 */
#ifndef GEMD_WINDOW_CURSOR_H
#define GEMD_WINDOW_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

struct window_cursor {
    uint32_t *image; /* 'side' lines, ARGB8888; NULL: it never had one */
    uint32_t side;   /* 64, 128 or 256 pixels */
    uint32_t images; /* grows with each new one */
    int32_t x, y;    /* pixels, in the window */
    bool visible;

    struct {
        uint32_t *image; /* NULL: the one that there is */
        uint32_t side;
        bool moves; /* the following are there */
        int32_t x, y;
        bool visible;
    } next; /* waits for its frame */
};

/* Takes the image. later: it waits. */
void window_cursor_set_image(struct window_cursor *cursor, uint32_t *image, uint32_t side,
                             bool later);
void window_cursor_move(struct window_cursor *cursor, bool visible, int32_t x, int32_t y,
                        bool later);
/* The frame is there: what waited takes effect. */
void window_cursor_take(struct window_cursor *cursor);
void window_cursor_finish(struct window_cursor *cursor);

#endif
