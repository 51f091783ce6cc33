/* SPDX-License-Identifier: MIT */
#include "gemd/frame.h"

#include <stdlib.h>

void frame_unref(struct frame *frame)
{
    if (frame == NULL || --frame->refs != 0) {
        return;
    }
    bo_unref(frame->bo);
    free(frame);
}
