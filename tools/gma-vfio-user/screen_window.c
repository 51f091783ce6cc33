/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "tools/gemd-view/viewer.h"
#include "tools/gma-vfio-user/screen.h"

static struct viewer viewer;

int screen_window_open(void)
{
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        fprintf(stderr, "gma-vfio-user: --view: no display: %s\n", SDL_GetError());
        return -1;
    }
    return 0;
}

bool screen_window_refresh(struct screen *screen, struct hw_device *hw)
{
    if (!viewer_handle_events()) {
        return false;
    }
    int error = screen_read(screen, hw);
    if (error == -ENODATA) {
        return true; /* the last picture stays, or there is no window yet */
    }
    const struct gemd_screenshot shot = {.width = screen->width,
                                         .height = screen->height,
                                         .stride = screen->width * 4,
                                         .pixels = (uint8_t *)screen->pixels};
    return error == 0 && viewer_show(&viewer, &shot) == 0;
}

void screen_window_close(void)
{
    viewer_finish(&viewer);
    SDL_Quit();
}
