/* SPDX-License-Identifier: MIT */
#include "gemd/window_cursor.h"

#include <stdlib.h>

void window_cursor_set_image(struct window_cursor *cursor, uint32_t *image, uint32_t side,
                             bool later)
{
    if (later) {
        free(cursor->next.image);
        cursor->next.image = image;
        cursor->next.side = side;
        return;
    }
    free(cursor->image);
    cursor->image = image;
    cursor->side = side;
    cursor->images++;
}

void window_cursor_move(struct window_cursor *cursor, bool visible, int32_t x, int32_t y,
                        bool later)
{
    if (later) {
        cursor->next.moves = true;
        cursor->next.visible = visible;
        cursor->next.x = x;
        cursor->next.y = y;
        return;
    }
    cursor->visible = visible;
    cursor->x = x;
    cursor->y = y;
}

void window_cursor_take(struct window_cursor *cursor)
{
    if (cursor->next.image != NULL) {
        window_cursor_set_image(cursor, cursor->next.image, cursor->next.side, false);
        cursor->next.image = NULL;
    }
    if (cursor->next.moves) {
        window_cursor_move(cursor, cursor->next.visible, cursor->next.x, cursor->next.y, false);
        cursor->next.moves = false;
    }
}

void window_cursor_finish(struct window_cursor *cursor)
{
    free(cursor->image);
    free(cursor->next.image);
    *cursor = (struct window_cursor){0};
}
