/* SPDX-License-Identifier: MIT */
#include "tests/integration/drm/card.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <drm_mode.h>

int card_ask(const struct card *card, unsigned long request, void *argument)
{
    return bed_ioctl(card->file, request, argument);
}

static void find_modes(struct card *card)
{
    struct drm_mode_get_connector get = {.connector_id = card->connector};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_GETCONNECTOR, &get), 0);
    assert_in_range(get.count_modes, 1, 64);
    card->mode_count = get.count_modes;
    get.modes_ptr = U64(card->modes);
    get.count_props = get.count_encoders = 0;
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_GETCONNECTOR, &get), 0);
    assert_int_equal(get.count_modes, card->mode_count);
    assert_int_equal(get.connection, 1);
}

void card_open(struct card *card, struct bed *bed)
{
    const struct ucred opener = {.pid = getpid(), .uid = getuid(), .gid = getgid()};
    struct drm_mode_card_res resources = {0};
    *card = (struct card){.bed = bed, .fd = -1};
    assert_int_equal(drm_file_open(&bed->server, DRM_MINOR_CARD, &opener, &card->file, &card->fd),
                     0);
    drm_file_unref(card->file); /* the server's list has it until card_close() */
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_GETRESOURCES, &resources), 0);
    assert_int_equal(resources.count_crtcs, 1);
    assert_int_equal(resources.count_connectors, 1);
    assert_int_equal(resources.count_encoders, 1);
    resources.crtc_id_ptr = U64(&card->crtc);
    resources.connector_id_ptr = U64(&card->connector);
    resources.encoder_id_ptr = U64(&card->encoder);
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_GETRESOURCES, &resources), 0);
    find_modes(card);
}

void card_close(struct card *card)
{
    close(card->fd);
    drm_file_hang_up(card->file);
}

/* ---- pictures ---- */

void picture_make(const struct card *card, uint32_t width, uint32_t height, struct picture *picture)
{
    struct drm_mode_create_dumb create = {.width = width, .height = height, .bpp = 32};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_CREATE_DUMB, &create), 0);
    struct drm_mode_fb_cmd add = {.width = width,
                                  .height = height,
                                  .pitch = create.pitch,
                                  .bpp = 32,
                                  .depth = 24,
                                  .handle = create.handle};
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_ADDFB, &add), 0);
    *picture = (struct picture){.handle = create.handle,
                                .fb = add.fb_id,
                                .width = width,
                                .height = height,
                                .pitch = create.pitch,
                                .size = create.size};
    picture->pixels = bed_map(card->file, create.handle, create.size, false);
}

void picture_drop(const struct card *card, struct picture *picture)
{
    munmap(picture->pixels, picture->size);
    assert_int_equal(card_ask(card, DRM_IOCTL_MODE_RMFB, &picture->fb), 0);
    bed_drop(card->file, picture->handle);
}

uint32_t picture_pixel(uint32_t x, uint32_t y, uint32_t seed)
{
    return (x * 0x010305u + y * 0x030201u + seed * 0x112233u) & 0xffffffu;
}

void picture_draw(struct picture *picture, uint32_t seed)
{
    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            picture->pixels[y * (picture->pitch / 4) + x] = picture_pixel(x, y, seed);
        }
    }
}

int card_screenshot(const struct card *card, struct gemd_screenshot *shot)
{
    const struct gemd_connect_options options = {.socket = card->bed->daemon.socket,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    int result = gemd_take_screenshot(session, shot);
    gemd_session_close(session);
    return result;
}

struct shown {
    uint32_t seed;
    int32_t x, y; /* the cursor's */
    uint32_t argb;
};

/* Where it is not, or -1. */
static int64_t find_other(const struct gemd_screenshot *shot, const struct shown *shown)
{
    for (int32_t y = 0; y < (int32_t)shot->height; y++) {
        const uint32_t *row =
            (const void *)((const uint8_t *)shot->pixels + (size_t)y * shot->stride);
        for (int32_t x = 0; x < (int32_t)shot->width; x++) {
            const bool in = shown->argb != 0 && x >= shown->x && x < shown->x + 64 &&
                            y >= shown->y && y < shown->y + 64;
            const uint32_t wanted =
                in ? shown->argb & 0xffffff : picture_pixel((uint32_t)x, (uint32_t)y, shown->seed);
            if ((row[x] & 0xffffff) != wanted) {
                return (int64_t)y * shot->width + x;
            }
        }
    }
    return -1;
}

/*
 * The pipe shows that picture, but for a cursor of one colour at x, y (argb 0: none). Where a
 * vblank came between the writes to the two planes, they are a frame apart.
 */
void card_assert_shown(const struct card *card, const struct picture *picture, uint32_t seed,
                       int32_t cursor_x, int32_t cursor_y, uint32_t argb)
{
    const struct shown shown = {seed, cursor_x, cursor_y, argb};
    const struct timespec frames = {.tv_nsec = 50000000};
    int64_t other = 0;
    for (unsigned i = 0; i < 3 && other >= 0; i++) {
        struct gemd_screenshot shot;
        if (i > 0) {
            nanosleep(&frames, NULL);
        }
        assert_int_equal(card_screenshot(card, &shot), 0);
        assert_int_equal(shot.width, picture->width);
        assert_int_equal(shot.height, picture->height);
        other = find_other(&shot, &shown);
        gemd_screenshot_free(&shot);
    }
    if (other >= 0) {
        fail_msg("another pixel at %u,%u", (unsigned)(other % picture->width),
                 (unsigned)(other / picture->width));
    }
}

void card_assert_colour(const struct card *card, uint32_t rgb)
{
    struct gemd_screenshot shot;
    assert_int_equal(card_screenshot(card, &shot), 0);
    for (uint32_t y = 0; y < shot.height; y++) {
        const uint32_t *row =
            (const void *)((const uint8_t *)shot.pixels + (size_t)y * shot.stride);
        for (uint32_t x = 0; x < shot.width; x++) {
            assert_int_equal(row[x] & 0xffffff, rgb);
        }
    }
    gemd_screenshot_free(&shot);
}

int card_set_crtc(const struct card *card, const struct drm_mode_modeinfo *mode, uint32_t fb)
{
    uint32_t connector = card->connector;
    struct drm_mode_crtc set = {.crtc_id = card->crtc,
                                .fb_id = fb,
                                .mode_valid = mode != NULL,
                                .set_connectors_ptr = U64(&connector),
                                .count_connectors = mode != NULL};
    if (mode != NULL) {
        set.mode = *mode;
    }
    return card_ask(card, DRM_IOCTL_MODE_SETCRTC, &set);
}

/* ---- events ---- */

void card_read_event(const struct card *card, void *event, uint32_t type, size_t size)
{
    struct pollfd poller = {.fd = card->fd, .events = POLLIN};
    uint8_t bytes[256];
    assert_int_equal(poll(&poller, 1, CARD_ANSWER_MS), 1);
    assert_int_equal(read(card->fd, bytes, sizeof(bytes)), (ssize_t)size);
    memcpy(event, bytes, size);
    const struct drm_event *head = event;
    assert_int_equal(head->type, type);
    assert_int_equal(head->length, size);
}

bool card_has_event(const struct card *card)
{
    struct pollfd poller = {.fd = card->fd, .events = POLLIN};
    return poll(&poller, 1, 0) == 1;
}

int card_flip(const struct card *card, uint32_t fb, uint32_t flags, uint64_t data)
{
    struct drm_mode_crtc_page_flip request = {
        .crtc_id = card->crtc, .fb_id = fb, .flags = flags, .user_data = data};
    return card_ask(card, DRM_IOCTL_MODE_PAGE_FLIP, &request);
}
