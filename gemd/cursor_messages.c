/* SPDX-License-Identifier: MIT */
#include "gemd/cursor_messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"
#include "proto/memfile.h"
#include "proto/packet.h"

#define PLACE_MAX 4095

static struct window *find_window(struct session *session, uint64_t serial, uint32_t slot)
{
    struct window *window = slot < GEMD_WINDOWS_MAX ? session->windows[slot] : NULL;
    if (window == NULL) {
        session_refuse(session, serial, -ENOENT, "cursor: there is no window %u", slot);
    }
    return window;
}

static bool check_when(struct session *session, uint64_t serial, uint32_t when)
{
    if (when > GEMD_CURSOR_WITH_FRAME) {
        session_refuse(session, serial, -EINVAL, "cursor: when is %u, not 0 or 1", when);
        return false;
    }
    return true;
}

static void answer(struct session *session, uint64_t serial, const struct window *window)
{
    int error = display_update_cursor(&session->server->display, window);
    if (error != 0) {
        session_refuse(session, serial, error, "cursor: no memory that its plane can read: %s",
                       strerror(-error));
        return;
    }
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, serial);
    session_answer(session, &done, NULL);
}

/* A copy of the file's picture; NULL. */
static uint32_t *copy_image(int fd, size_t bytes)
{
    uint32_t *image = chaos_hits(CHAOS_COPY_CURSOR) ? NULL : malloc(bytes);
    if (image == NULL) {
        return NULL;
    }
    void *map =
        chaos_hits(CHAOS_MAP_CURSOR) ? MAP_FAILED : mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        free(image);
        return NULL;
    }
    memcpy(image, map, bytes);
    munmap(map, bytes);
    return image;
}

void cursor_image_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_cursor_image *message = (const void *)packet->bytes;
    const uint64_t serial = message->header.serial;
    struct window *window = find_window(session, serial, message->window);
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    if (window == NULL || !check_when(session, serial, message->when)) {
        return;
    }
    if (!cursor_has_side(message->side)) {
        session_refuse(session, serial, -EINVAL, "cursor: %u pixels each way, not 64, 128 or 256",
                       message->side);
        return;
    }
    const size_t bytes = (size_t)message->side * message->side * sizeof(uint32_t);
    int error = memfile_check_readable(packet->fds[0], bytes, &size, reason);
    if (error != 0) {
        session_refuse(session, serial, error, "cursor: %s", reason);
        return;
    }
    uint32_t *image = copy_image(packet->fds[0], bytes);
    if (image == NULL) {
        session_refuse(session, serial, -ENOMEM, "cursor: %s", strerror(ENOMEM));
        return;
    }
    display_touch_cursor(&session->server->display, window);
    window_cursor_set_image(&window->cursor, image, message->side,
                            message->when == GEMD_CURSOR_WITH_FRAME);
    answer(session, serial, window);
}

void cursor_move_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_cursor_move *move = (const void *)packet->bytes;
    const uint64_t serial = move->header.serial;
    struct window *window = find_window(session, serial, move->window);
    if (window == NULL || !check_when(session, serial, move->when)) {
        return;
    }
    if (move->visible > 1) {
        session_refuse(session, serial, -EINVAL, "cursor: visible is %u, not 0 or 1",
                       move->visible);
        return;
    }
    if (move->x < -PLACE_MAX || move->x > PLACE_MAX || move->y < -PLACE_MAX ||
        move->y > PLACE_MAX) {
        session_refuse(session, serial, -EINVAL, "cursor: place %d,%d is beyond %d", move->x,
                       move->y, PLACE_MAX);
        return;
    }
    display_touch_cursor(&session->server->display, window);
    window_cursor_move(&window->cursor, move->visible != 0, move->x, move->y,
                       move->when == GEMD_CURSOR_WITH_FRAME);
    answer(session, serial, window);
}
