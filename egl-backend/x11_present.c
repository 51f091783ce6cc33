/* SPDX-License-Identifier: MIT */
#include "x11.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

/*
 * Another thread may read our event off the connection between our look at the queue and our sleep
 * on the descriptor; nothing wakes us then. So we look again after so many milliseconds.
 */
#define LOOK_AGAIN_MS 3
/* A window that was destroyed sends nothing more. We ask whether it is there after so many looks.
 */
#define LOOKS_UNTIL_ASKED 32

#define EVENTS                                                                                     \
    (XCB_PRESENT_EVENT_MASK_CONFIGURE_NOTIFY | XCB_PRESENT_EVENT_MASK_COMPLETE_NOTIFY |            \
     XCB_PRESENT_EVENT_MASK_IDLE_NOTIFY)

bool gemd_x11_present_init(struct gemd_x11 *x11, struct gemd_x11_present *present,
                           xcb_window_t window)
{
    present->window = window;
    present->id = xcb_generate_id(x11->connection);
    /* First, so that no event can come to the program. */
    present->events =
        xcb_register_for_special_xge(x11->connection, &xcb_present_id, present->id, NULL);
    if (!present->events) {
        return false;
    }
    if (gemd_x11_succeeded(
            x11, xcb_present_select_input_checked(x11->connection, present->id, window, EVENTS))) {
        return true;
    }
    xcb_unregister_for_special_event(x11->connection, present->events);
    present->events = NULL;
    return false;
}

void gemd_x11_present_finish(struct gemd_x11 *x11, struct gemd_x11_present *present)
{
    if (!present->events) {
        return;
    }
    /* Waits, so that no event comes after the queue has gone. */
    (void)gemd_x11_succeeded(
        x11, xcb_present_select_input_checked(x11->connection, present->id, present->window, 0));
    xcb_unregister_for_special_event(x11->connection, present->events);
    present->events = NULL;
}

/* ---- events ---- */

static void handle_configure(struct gemd_x11_present *present,
                             const xcb_present_configure_notify_event_t *event)
{
    present->resized = true;
    present->width = event->width;
    present->height = event->height;
}

static void handle_complete(struct gemd_x11_present *present,
                            const xcb_present_complete_notify_event_t *event)
{
    if (event->kind == XCB_PRESENT_COMPLETE_KIND_PIXMAP) {
        present->completed = event->serial;
    } else {
        present->told = event->serial;
    }
    present->ust = event->ust;
    present->msc = event->msc;
}

static void handle_idle(struct gemd_chain *chain, const xcb_present_idle_notify_event_t *event)
{
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        struct gemd_chain_buffer *buffer = &chain->buffers[i];
        const struct gemd_x11_buffer *made = buffer->native;

        if (buffer->texture && made && made->pixmap == event->pixmap) {
            gemd_chain_returned(chain, buffer);
            return;
        }
    }
}

static void handle(struct gemd_x11_present *present, struct gemd_chain *chain,
                   xcb_generic_event_t *event)
{
    switch (((const xcb_present_generic_event_t *)event)->evtype) {
    case XCB_PRESENT_CONFIGURE_NOTIFY:
        handle_configure(present, (const xcb_present_configure_notify_event_t *)event);
        break;
    case XCB_PRESENT_COMPLETE_NOTIFY:
        handle_complete(present, (const xcb_present_complete_notify_event_t *)event);
        break;
    case XCB_PRESENT_IDLE_NOTIFY:
        handle_idle(chain, (const xcb_present_idle_notify_event_t *)event);
        break;
    default:
        break;
    }
    free(event);
}

static bool handle_all(struct gemd_x11 *x11, struct gemd_x11_present *present,
                       struct gemd_chain *chain)
{
    xcb_generic_event_t *event;
    bool any = false;

    while ((event = xcb_poll_for_special_event(x11->connection, present->events)) != NULL) {
        handle(present, chain, event);
        any = true;
    }
    return any;
}

void gemd_x11_present_poll(struct gemd_x11 *x11, struct gemd_x11_present *present,
                           struct gemd_chain *chain)
{
    (void)handle_all(x11, present, chain);
}

/*
 * Sleeps until bytes have come. When another thread is about to read them the descriptor stays
 * readable for a moment; a short sleep instead of a busy loop.
 */
static void sleep_for_bytes(xcb_connection_t *connection, bool *readable)
{
    struct pollfd descriptor = {.fd = xcb_get_file_descriptor(connection), .events = POLLIN};

    if (*readable) {
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    *readable = poll(&descriptor, 1, LOOK_AGAIN_MS) > 0;
}

bool gemd_x11_present_wait(struct gemd_x11 *x11, struct gemd_x11_present *present,
                           struct gemd_chain *chain)
{
    struct gemd_x11_geometry geometry;
    bool readable = false;

    xcb_flush(x11->connection);
    for (unsigned looks = 1; !handle_all(x11, present, chain); looks++) {
        if (xcb_connection_has_error(x11->connection)) {
            return false;
        }
        if (looks % LOOKS_UNTIL_ASKED == 0 &&
            !gemd_x11_get_geometry(x11, present->window, &geometry)) {
            return false;
        }
        sleep_for_bytes(x11->connection, &readable);
    }
    return true;
}

bool gemd_x11_present_ask(struct gemd_x11 *x11, struct gemd_x11_present *present,
                          struct gemd_chain *chain)
{
    /* A vblank that has been is told at once. */
    gemd_x11_forget(x11, xcb_present_notify_msc_checked(x11->connection, present->window,
                                                        ++present->asked, 0, 0, 0));
    while (present->told != present->asked) {
        if (!gemd_x11_present_wait(x11, present, chain)) {
            return false;
        }
    }
    return true;
}
