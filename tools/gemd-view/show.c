/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gemd-view/feed.h"
#include "tools/gemd-view/overlay.h"
#include "tools/gemd-view/roster.h"
#include "tools/gemd-view/viewer.h"
#include "tools/lib/picture.h"

#define STATUS_MS    1000 /* how often sessions are asked for while they are shown */
#define EMPTY_WIDTH  640  /* of a window before there was a picture */
#define EMPTY_HEIGHT 480

struct show {
    const struct options *options;
    struct feed feed;
    struct viewer viewer;
    struct tempo tempo;
    struct gemd_picture picture; /* the last one, if 'has' */
    bool has;
    unsigned long count; /* of pictures */
    enum feed_state state;
    char text[GEMD_TEXT_MAX]; /* what the daemon said */
    char *status;             /* NULL: not asked for */
    uint64_t status_ms;
    SDL_Thread *saving; /* a PNG; NULL: none so far */
    bool help, graph, sessions;
    bool stale; /* the window shows something else */
    bool ends;
    int code;
};

/* ---- what happens ---- */

static Uint32 news; /* type of the event by which the feed wakes us */

static void notify(void *data)
{
    SDL_Event event = {.type = news};
    SDL_PushEvent(&event); /* when there is no room there are others, which will do */
}

static void drop_picture(struct show *show)
{
    if (show->has) {
        feed_return(&show->feed, &show->picture);
        show->has = false;
    }
}

static void end(struct show *show, int code)
{
    show->ends = true;
    show->code = code;
}

static void take_pictures(struct show *show)
{
    struct gemd_picture picture;
    while (!show->ends && feed_take(&show->feed, &picture)) {
        drop_picture(show);
        show->picture = picture;
        show->has = true;
        show->stale = true;
        tempo_add(&show->tempo, &picture);
        if (picture.pixels == NULL) {
            tempo_break(&show->tempo);
        }
        show->count++;
        if (show->options->pictures != 0 && show->count == show->options->pictures) {
            end(show, 0);
        }
    }
}

static void follow_state(struct show *show)
{
    const enum feed_state state = feed_look(&show->feed, show->text);
    if (state == show->state) {
        return;
    }
    show->state = state;
    show->stale = true;
    tempo_break(&show->tempo);
    if (state == FEED_GONE) {
        drop_picture(show);
    } else if (state == FEED_REFUSED) {
        fprintf(stderr, "gemd-view: %s\n", show->text);
        end(show, 1);
    }
}

/* ---- what is shown ---- */

static void set_title(const struct show *show)
{
    char title[160];
    const struct gemd_info *info = gemd_session_info(show->feed.session);
    if (show->state == FEED_GONE) {
        snprintf(title, sizeof(title), "gemd: the daemon has gone, waiting for it");
    } else if (show->has && show->picture.pixels == NULL) {
        snprintf(title, sizeof(title), "gemd: %s, the pipe is off", info->device);
    } else {
        snprintf(title, sizeof(title), "gemd: %s, %ux%u", info->device, show->viewer.width,
                 show->viewer.height);
    }
    if (strcmp(SDL_GetWindowTitle(show->viewer.window), title) != 0) {
        SDL_SetWindowTitle(show->viewer.window, title);
    }
}

static void ask_status(struct show *show)
{
    const uint64_t now = SDL_GetTicks64();
    if (!show->sessions || show->state != FEED_RUNS ||
        (show->status != NULL && now - show->status_ms < STATUS_MS)) {
        return;
    }
    char *text = NULL;
    if (gemd_query_status(show->feed.session, &text) == 0) {
        free(show->status);
        show->status = text;
        show->status_ms = now;
        show->stale = true;
    }
}

static void print_help(struct overlay_text *text)
{
    static const char *const lines[] = {
        "?  this help",
        "g  how pictures follow each other",
        "s  the daemon's sessions",
        "p  a PNG of the picture, into the current directory",
        "r  look again: programs that draw without telling",
        "f  the whole screen, and back",
        "1  as many pixels as the picture",
        "q  the end",
    };
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        overlay_print(text, "%s", lines[i]);
    }
}

static void draw_overlay(struct show *show)
{
    SDL_Renderer *renderer = show->viewer.renderer;
    struct overlay_text upper = {.count = 0}, middle = {.count = 0};
    const int scale = overlay_scale(show->viewer.window, renderer);
    SDL_RenderSetScale(renderer, (float)scale, (float)scale);
    if (show->help) {
        print_help(&upper);
    }
    if (show->sessions && show->status != NULL) {
        roster_print(&upper, show->status);
    }
    if (show->state == FEED_GONE) {
        overlay_print(&middle, "the daemon has gone");
    } else if (show->has && show->picture.pixels == NULL) {
        overlay_print(&middle, "the pipe is off");
    }
    if (upper.count > 0) {
        overlay_draw_text(renderer, &upper, false);
    }
    if (middle.count > 0) {
        overlay_draw_text(renderer, &middle, true);
    }
    if (show->graph) {
        const uint32_t rate = gemd_session_info(show->feed.session)->refresh_millihertz;
        overlay_draw_tempo(renderer, &show->tempo, rate != 0 ? INT64_C(1000000000000) / rate : 0);
    }
    SDL_RenderSetScale(renderer, 1, 1);
}

static void redraw(struct show *show)
{
    struct viewer *viewer = &show->viewer;
    const struct gemd_picture *picture = &show->picture;
    const bool shown = show->has && picture->pixels != NULL;
    if (show->has ? shown : viewer->window != NULL) {
        if (shown && viewer_load(viewer, picture->pixels, picture->width, picture->height,
                                 picture->stride) != 0) {
            end(show, 1);
            return;
        }
    } else if (viewer_open(viewer, EMPTY_WIDTH, EMPTY_HEIGHT) != 0) {
        end(show, 1);
        return;
    }
    set_title(show);
    viewer_draw(viewer, shown);
    draw_overlay(show);
    SDL_RenderPresent(viewer->renderer);
    show->stale = false;
}

/* ---- keys ---- */

struct saving {
    struct picture picture;
    uint64_t sequence;
};

/* A thread: packing takes longer than a few pictures. */
static int save(void *data)
{
    char path[64];
    struct saving *saving = data;
    snprintf(path, sizeof(path), "gemd-view-%llu.png", (unsigned long long)saving->sequence);
    if (picture_save(&saving->picture, path) == 0) {
        printf("gemd-view: %s\n", path);
        fflush(stdout);
    }
    free(saving->picture.pixels);
    free(saving);
    return 0;
}

static void save_picture(struct show *show)
{
    const struct gemd_picture *shown = &show->picture;
    if (show->saving != NULL) {
        SDL_WaitThread(show->saving, NULL); /* one at a time */
        show->saving = NULL;
    }
    if (!show->has || shown->pixels == NULL) {
        return;
    }
    struct saving *saving = calloc(1, sizeof(*saving));
    const size_t bytes = (size_t)shown->stride * shown->height;
    uint8_t *pixels = saving != NULL ? malloc(bytes) : NULL;
    if (pixels == NULL) {
        free(saving);
        return;
    }
    memcpy(pixels, shown->pixels, bytes);
    *saving = (struct saving){.picture = {.width = shown->width,
                                          .height = shown->height,
                                          .stride = shown->stride,
                                          .order = PICTURE_BGRX,
                                          .pixels = pixels},
                              .sequence = shown->sequence};
    show->saving = SDL_CreateThread(save, "save", saving);
    if (show->saving == NULL) {
        save(saving);
    }
}

static void toggle_fullscreen(struct show *show)
{
    const bool is = (SDL_GetWindowFlags(show->viewer.window) & SDL_WINDOW_FULLSCREEN) != 0;
    SDL_SetWindowFullscreen(show->viewer.window, is ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
    SDL_ShowCursor(is ? SDL_ENABLE : SDL_DISABLE); /* the screen's own is in the picture */
}

static void toggle_sessions(struct show *show)
{
    show->sessions = !show->sessions;
    free(show->status);
    show->status = NULL;
}

static void press(struct show *show, SDL_Keycode key)
{
    show->stale = true;
    switch (key) {
    case SDLK_q:
    case SDLK_ESCAPE:
        end(show, 0);
        break;
    case SDLK_g:
        show->graph = !show->graph;
        break;
    case SDLK_s:
        toggle_sessions(show);
        break;
    case SDLK_p:
        save_picture(show);
        break;
    case SDLK_r:
        feed_refresh(&show->feed);
        break;
    case SDLK_f:
    case SDLK_F11:
        toggle_fullscreen(show);
        break;
    case SDLK_1:
        SDL_SetWindowSize(show->viewer.window, (int)show->viewer.width, (int)show->viewer.height);
        break;
    case SDLK_F1:
        show->help = !show->help;
        break;
    default:
        break;
    }
}

static void handle(struct show *show, const SDL_Event *event)
{
    if (event->type == SDL_QUIT) {
        end(show, 0);
    } else if (event->type == SDL_KEYDOWN && event->key.repeat == 0) {
        press(show, event->key.keysym.sym);
    } else if (event->type == SDL_TEXTINPUT && strcmp(event->text.text, "?") == 0) {
        show->help = !show->help; /* wherever the keyboard has it */
        show->stale = true;
    } else if (event->type == SDL_WINDOWEVENT) {
        show->stale = true;
    }
}

/* ---- the loop ---- */

static void wait_for_events(struct show *show)
{
    SDL_Event event;
    if (show->sessions ? SDL_WaitEventTimeout(&event, STATUS_MS) : SDL_WaitEvent(&event)) {
        do {
            handle(show, &event);
        } while (!show->ends && SDL_PollEvent(&event));
    }
}

/* One picture, which has to be there. */
static void show_once(struct show *show)
{
    if (!show->has) {
        return;
    }
    end(show, show->picture.pixels != NULL ? 0 : 1);
    if (show->picture.pixels == NULL) {
        fprintf(stderr, "gemd-view: the pipe is off\n");
        return;
    }
    redraw(show);
    printf("gemd-view: showed %ux%u\n", show->viewer.width, show->viewer.height);
}

static void loop(struct show *show)
{
    while (!show->ends) {
        wait_for_events(show);
        if (!show->ends) {
            follow_state(show);
            take_pictures(show);
        }
        if (show->options->once) {
            show_once(show);
        }
        ask_status(show);
        if (!show->ends && show->stale && (show->has || show->viewer.window != NULL)) {
            const bool first = show->viewer.window == NULL;
            redraw(show);
            if (first && show->options->fullscreen && !show->ends) {
                toggle_fullscreen(show);
            }
        }
    }
}

int show_run(const struct options *options)
{
    struct show show = {.options = options};
    /* Under gemd-run: the viewer's own window is the desktop's affair, not that of gemd's EGL. */
    unsetenv("__EGL_VENDOR_LIBRARY_FILENAMES");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        fprintf(stderr, "gemd-view: no display: %s\n", SDL_GetError());
        return 1;
    }
    news = SDL_RegisterEvents(1);
    if (feed_start(&show.feed, options->socket, notify, NULL) != 0) {
        SDL_Quit();
        return 1;
    }
    loop(&show);
    if (options->pictures != 0) {
        printf("gemd-view: pictures=%lu lost=%llu\n", show.count,
               (unsigned long long)show.tempo.lost);
    }
    SDL_WaitThread(show.saving, NULL);
    drop_picture(&show);
    feed_stop(&show.feed);
    free(show.status);
    viewer_finish(&show.viewer);
    SDL_Quit();
    return show.code;
}
