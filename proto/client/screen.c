/* SPDX-License-Identifier: MIT */
/* The screen's modes, and windows' cursors, palettes and formats. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/client/window.h"
#include "proto/memfile.h"

#define SCREEN_MINOR 2 /* of the protocol */

static int ask(struct gemd_session *session, void *message, const int *fds, uint32_t answer,
               struct packet *packet)
{
    pthread_rwlock_rdlock(&session->connection);
    int result = session->status->minor < SCREEN_MINOR
                     ? -EOPNOTSUPP
                     : request(session, message, fds, answer, packet);
    pthread_rwlock_unlock(&session->connection);
    return result;
}

int gemd_query_screen_modes(struct gemd_session *session, struct gemd_screen_modes *screen)
{
    struct gemd_msg_screen_query query;
    struct gemd_msg_screen told;
    struct packet packet;

    codec_begin(&query, GEMD_MSG_SCREEN_QUERY, 0);
    int result = ask(session, &query, NULL, GEMD_MSG_SCREEN, &packet);
    if (result < 0) {
        return result;
    }
    memcpy(&told, packet.bytes, sizeof(told));
    packet_clear(&packet);
    if (told.mode_count == 0 || told.mode_count > GEMD_MODES_MAX ||
        told.monitor > GEMD_MONITOR_KNOWN || told.edid_bytes > GEMD_EDID_BYTES) {
        return -EIO;
    }
    *screen = (struct gemd_screen_modes){
        .monitor = told.monitor,
        .mode_count = told.mode_count,
        .edid_bytes = told.edid_bytes,
    };
    memcpy(screen->modes, told.modes, sizeof(screen->modes));
    memcpy(screen->edid, told.edid, sizeof(screen->edid));
    return 0;
}

/* The slot as it is on this connection. */
static int ask_of_window(struct gemd_window *window, void *message, uint32_t *slot, const int *fds)
{
    struct packet packet;
    *slot = gemd_window_slot(window);
    int result = ask(window->session, message, fds, GEMD_MSG_DONE, &packet);
    if (result == 0) {
        packet_clear(&packet);
    }
    return result;
}

/* A memory file with those bytes, or a negative errno. */
static int put_in_file(const char *name, const void *content, size_t bytes)
{
    int fd = memfile_create(name, bytes);
    if (fd < 0) {
        return fd;
    }
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        close(fd);
        return -ENOMEM;
    }
    memcpy(map, content, bytes);
    munmap(map, bytes);
    return fd;
}

int gemd_window_set_palette(struct gemd_window *window, uint32_t depth, const uint32_t *words)
{
    struct gemd_msg_palette message;
    int fd = put_in_file("gemd-palette", words, GEMD_PALETTE_WORDS * sizeof(*words));
    if (fd < 0) {
        return fd;
    }
    codec_begin(&message, GEMD_MSG_PALETTE, 0);
    message.depth = depth;
    int result = ask_of_window(window, &message, &message.window, &fd);
    close(fd);
    return result;
}

int gemd_window_set_format(struct gemd_window *window, enum gemd_format format)
{
    struct gemd_session *session = window->session;
    if ((uint32_t)format > GEMD_FORMAT_C8) {
        return -EINVAL;
    }
    if (format != GEMD_FORMAT_XRGB8888 && session->status->minor < SCREEN_MINOR) {
        return -EOPNOTSUPP;
    }
    pthread_mutex_lock(&session->lock);
    window->format = format;
    pthread_mutex_unlock(&session->lock);
    return 0;
}

static int send_image(struct gemd_window *window, uint32_t side, const uint32_t *image,
                      enum gemd_cursor_when when)
{
    struct gemd_msg_cursor_image message;
    if (side == 0 || side > GEMD_CURSOR_SIDE_MAX) {
        return -EINVAL;
    }
    int fd = put_in_file("gemd-cursor", image, (size_t)side * side * sizeof(*image));
    if (fd < 0) {
        return fd;
    }
    codec_begin(&message, GEMD_MSG_CURSOR_IMAGE, 0);
    message.side = side;
    message.when = when;
    int result = ask_of_window(window, &message, &message.window, &fd);
    close(fd);
    return result;
}

static int send_place(struct gemd_window *window, bool visible, int32_t x, int32_t y,
                      enum gemd_cursor_when when)
{
    struct gemd_msg_cursor_move message;
    codec_begin(&message, GEMD_MSG_CURSOR_MOVE, 0);
    message.visible = visible;
    message.x = x;
    message.y = y;
    message.when = when;
    return ask_of_window(window, &message, &message.window, NULL);
}

int gemd_window_drawn(struct gemd_window *window)
{
    struct gemd_msg_window_drawn message;
    codec_begin(&message, GEMD_MSG_WINDOW_DRAWN, 0);
    return ask_of_window(window, &message, &message.window, NULL);
}

int gemd_cursor_set(struct gemd_window *window, uint32_t side, const uint32_t *image)
{
    return send_image(window, side, image, GEMD_CURSOR_NOW);
}

int gemd_cursor_move(struct gemd_window *window, bool visible, int32_t x, int32_t y)
{
    return send_place(window, visible, x, y, GEMD_CURSOR_NOW);
}

int gemd_cursor_with_frame(struct gemd_window *window, uint32_t side, const uint32_t *image,
                           bool visible, int32_t x, int32_t y)
{
    int result = image != NULL ? send_image(window, side, image, GEMD_CURSOR_WITH_FRAME) : 0;
    result = result == 0 ? send_place(window, visible, x, y, GEMD_CURSOR_WITH_FRAME) : result;
    if (result == 0) {
        pthread_mutex_lock(&window->session->lock);
        window->cursor_waits = true;
        pthread_mutex_unlock(&window->session->lock);
    }
    return result;
}
