/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/screen.h"

#include <errno.h>
#include <i915_drm.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "winsys/drm/server/mode/atomic.h"
#include "winsys/drm/server/mode/blob.h"
#include "winsys/drm/server/mode/commit.h"
#include "winsys/drm/server/mode/connector.h"
#include "winsys/drm/server/mode/hotplug.h"
#include "winsys/drm/server/mode/lease.h"
#include "winsys/drm/server/mode/plane.h"

#define RETRY_MS 1000 /* a daemon that has ended may be started again */

void screen_tell_ids(struct drm_call_array *array, const uint32_t *ids, uint32_t count)
{
    array->used = count < array->count ? count : array->count;
    if (array->used > 0) {
        memcpy(array->bytes, ids, array->used * sizeof(*ids));
    }
}

static bool same_monitor(const struct gemd_screen_modes *a, const struct gemd_screen_modes *b)
{
    return a->edid_bytes == b->edid_bytes && memcmp(a->edid, b->edid, sizeof(a->edid)) == 0;
}

void screen_probe(struct drm_screen *screen)
{
    struct gemd_screen_modes monitor = {0};
    if (gemd_query_screen_modes(screen->session, &monitor) != 0) {
        return; /* what was known stays */
    }
    if (!same_monitor(&monitor, &screen->monitor)) {
        blob_unref(screen, screen->edid);
        screen->edid =
            monitor.edid_bytes > 0 ? blob_add(screen, 0, monitor.edid, monitor.edid_bytes) : NULL;
    }
    screen->monitor = monitor;
}

/* ---- events ---- */

static void wake(struct drm_screen *screen)
{
    const uint64_t one = 1;
    (void)!write(screen->wake, &one, sizeof(one)); /* full is awake, too */
}

/* From any thread that is in libgemd, which may have the screen's lock. */
static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct drm_screen *screen = data;
    switch (event->type) {
    case GEMD_MSG_FLIP_EVENT:
        flip_came(screen, (const void *)event);
        break;
    case GEMD_MSG_VBLANK_EVENT:
        vblank_came(screen, (const void *)event);
        break;
    case GEMD_MSG_SCREEN_CHANGED:
        hotplug_came(screen);
        wake(screen);
        break;
    default:
        fprintf(stderr, "gemd-drm: the screen: %s\n", text);
        break;
    }
}

void screen_send(struct drm_screen *screen, uint64_t file, const void *event, uint32_t size)
{
    struct screen_event *queued = calloc(1, sizeof(*queued));
    if (queued == NULL || size > sizeof(queued->bytes)) {
        free(queued);
        fprintf(stderr, "gemd-drm: no memory for an event\n");
        return;
    }
    queued->file = file;
    queued->size = size;
    memcpy(&queued->bytes, event, size);
    pthread_mutex_lock(&screen->event_lock);
    *screen->events_end = queued;
    screen->events_end = &queued->next;
    pthread_mutex_unlock(&screen->event_lock);
    wake(screen);
}

/* False: it is over. */
static bool send_events(struct drm_screen *screen)
{
    pthread_mutex_lock(&screen->event_lock);
    struct screen_event *event = screen->events;
    screen->events = NULL;
    screen->events_end = &screen->events;
    const bool ending = screen->ending;
    pthread_mutex_unlock(&screen->event_lock);
    for (struct screen_event *next; event != NULL; event = next) {
        next = event->next;
        struct drm_file *file = drm_file_find(screen->server, event->file);
        if (file != NULL) {
            (void)drm_file_send_event(file, &event->bytes, event->size);
            drm_file_unref(file);
        }
        free(event);
    }
    return !ending;
}

/*
 * Asks for another session where the last one was; what was shown is shown again. A commit sees the
 * session lost, or all of this.
 */
static void come_back(struct drm_screen *screen)
{
    char reason[GEMD_TEXT_MAX];
    pthread_mutex_lock(&screen->lock);
    const bool is_back = gemd_session_reconnect(screen->session, reason) == 0;
    if (is_back) {
        commit_again(screen);
    }
    pthread_mutex_unlock(&screen->lock);
    if (is_back) {
        hotplug_came(screen); /* its monitor may be another one */
    }
}

static void *read_events(void *data)
{
    struct drm_screen *screen = data;
    struct pollfd fds[] = {{.fd = -1}, {.fd = screen->wake, .events = POLLIN}};
    uint64_t count;
    bool lost = false;
    do {
        fds[0].events = POLLIN;
        fds[0].fd = lost ? -1 : gemd_session_fd(screen->session); /* a lost one stays readable */
        if (poll(fds, 2, lost ? RETRY_MS : -1) < 0 && errno != EINTR) {
            return NULL;
        }
        if (fds[1].revents != 0) {
            (void)!read(screen->wake, &count, sizeof(count));
        }
        if (fds[0].revents != 0) {
            gemd_session_dispatch(screen->session);
        }
        if (lost) {
            come_back(screen);
        }
        lost = gemd_session_lost(screen->session) != GEMD_LOST_NOT;
        if (!lost) {
            hotplug_look(screen);
        }
    } while (send_events(screen));
    return NULL;
}

/* ---- the server's and its files' life ---- */

static int start(struct drm_screen *screen)
{
    const struct gemd_connect_options options = {
        .socket = screen->server->daemon_socket,
        .name = "gemd-drm: screen",
        .on_event = on_event,
        .on_event_data = screen,
    };
    char reason[GEMD_TEXT_MAX];
    int result = gemd_session_open(&options, &screen->session, reason);
    if (result != 0) {
        fprintf(stderr, "gemd-drm: the screen: %s\n", reason);
        return result;
    }
    screen->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = screen->wake < 0 ? -errno : 0;
    if (result == 0) {
        result = -pthread_create(&screen->reader, NULL, read_events, screen);
    }
    if (result != 0) {
        gemd_session_close(screen->session);
        if (screen->wake >= 0) {
            close(screen->wake);
        }
    }
    return result;
}

int drm_mode_init(struct drm_server *server)
{
    struct drm_screen *screen = calloc(1, sizeof(*screen));
    if (screen == NULL) {
        return -ENOMEM;
    }
    screen->server = server;
    screen->wake = -1;
    screen->events_end = &screen->events;
    screen->last_id = MODE_ID_FIRST_FREE;
    screen->crtc.dpms = DRM_MODE_DPMS_OFF;
    gamma_init(&screen->crtc.gamma);
    pthread_mutex_init(&screen->lock, NULL);
    pthread_mutex_init(&screen->event_lock, NULL);
    int result = start(screen);
    if (result != 0) {
        free(screen);
        return result;
    }
    property_describe_formats(screen);
    screen_probe(screen);
    server->screen = screen;
    server->atomic = true;
    return 0;
}

void drm_mode_finish(struct drm_server *server)
{
    struct drm_screen *screen = server->screen;
    if (screen == NULL) {
        return;
    }
    pthread_mutex_lock(&screen->lock);
    while (screen->framebuffers != NULL) {
        framebuffer_close_all(screen, screen->framebuffers->owner);
    }
    commit_off(screen);
    while (screen->blobs != NULL) {
        screen->blobs->references = 1;
        blob_unref(screen, screen->blobs);
    }
    pthread_mutex_unlock(&screen->lock);
    pthread_mutex_lock(&screen->event_lock);
    screen->ending = true;
    pthread_mutex_unlock(&screen->event_lock);
    wake(screen);
    pthread_join(screen->reader, NULL);
    gemd_session_close(screen->session);
    vblank_drop_all(screen);
    (void)send_events(screen); /* to nobody any more */
    close(screen->wake);
    pthread_mutex_destroy(&screen->event_lock);
    pthread_mutex_destroy(&screen->lock);
    server->screen = NULL;
    free(screen);
}

static void count_card(struct drm_file *file, int change)
{
    struct drm_screen *screen = screen_of(file);
    if (screen == NULL || drm_file_is_render(file)) {
        return;
    }
    pthread_mutex_lock(&screen->lock);
    screen->cards += (unsigned)change;
    if (screen->cards == 0) { /* where Linux' console would come back */
        commit_off(screen);
    }
    pthread_mutex_unlock(&screen->lock);
}

int drm_mode_open(struct drm_file *file)
{
    count_card(file, 1);
    return 0;
}

void drm_mode_close(struct drm_file *file)
{
    struct drm_screen *screen = screen_of(file);
    if (screen == NULL) {
        return;
    }
    pthread_mutex_lock(&screen->lock);
    framebuffer_close_all(screen, file->id);
    blob_close_all(screen, file->id);
    pthread_mutex_unlock(&screen->lock);
    count_card(file, -1);
}

/* What is shown stays, as in Linux: the next master sets what it wants. */
void drm_mode_master(struct drm_file *file, bool master)
{
}

/* Frames and vblanks are told to the screen's session. */
void drm_mode_event(struct drm_file *file, const struct gemd_msg_header *event)
{
}

/* ---- the table ---- */

static int do_nothing(struct drm_file *file, struct drm_call *call)
{
    return 0;
}

#define NR(request) _IOC_NR(request)
#define MASTER      DRM_IOCTL_MASTER

const struct drm_ioctl drm_mode_ioctls[] = {
    {NR(DRM_IOCTL_I915_GET_PIPE_FROM_CRTC_ID), 0, connector_get_pipe},
    {NR(DRM_IOCTL_WAIT_VBLANK), 0, vblank_wait},
    {NR(DRM_IOCTL_CRTC_GET_SEQUENCE), 0, vblank_get_sequence},
    {NR(DRM_IOCTL_CRTC_QUEUE_SEQUENCE), 0, vblank_queue_sequence},
    {NR(DRM_IOCTL_MODE_GETRESOURCES), 0, connector_resources},
    {NR(DRM_IOCTL_MODE_GETCRTC), 0, crtc_get},
    {NR(DRM_IOCTL_MODE_SETCRTC), MASTER, crtc_set},
    {NR(DRM_IOCTL_MODE_CURSOR), MASTER, plane_cursor},
    {NR(DRM_IOCTL_MODE_CURSOR2), MASTER, plane_cursor2},
    {NR(DRM_IOCTL_MODE_GETGAMMA), 0, gamma_get},
    {NR(DRM_IOCTL_MODE_SETGAMMA), MASTER, gamma_set},
    {NR(DRM_IOCTL_MODE_GETENCODER), 0, connector_get_encoder},
    {NR(DRM_IOCTL_MODE_GETCONNECTOR), 0, connector_get},
    {NR(DRM_IOCTL_MODE_ATTACHMODE), MASTER, do_nothing},
    {NR(DRM_IOCTL_MODE_DETACHMODE), MASTER, do_nothing},
    {NR(DRM_IOCTL_MODE_GETPROPERTY), 0, property_get},
    {NR(DRM_IOCTL_MODE_SETPROPERTY), MASTER, property_set_connector},
    {NR(DRM_IOCTL_MODE_GETPROPBLOB), 0, blob_get},
    {NR(DRM_IOCTL_MODE_GETFB), 0, framebuffer_get},
    {NR(DRM_IOCTL_MODE_GETFB2), 0, framebuffer_get2},
    {NR(DRM_IOCTL_MODE_ADDFB), 0, framebuffer_add},
    {NR(DRM_IOCTL_MODE_ADDFB2), 0, framebuffer_add2},
    {NR(DRM_IOCTL_MODE_RMFB), 0, framebuffer_remove},
    {NR(DRM_IOCTL_MODE_PAGE_FLIP), MASTER, flip_request},
    {NR(DRM_IOCTL_MODE_DIRTYFB), MASTER, framebuffer_dirty},
    {NR(DRM_IOCTL_MODE_GETPLANERESOURCES), 0, plane_list},
    {NR(DRM_IOCTL_MODE_GETPLANE), 0, plane_get},
    {NR(DRM_IOCTL_MODE_SETPLANE), MASTER, plane_set},
    {NR(DRM_IOCTL_MODE_OBJ_GETPROPERTIES), 0, property_get_all},
    {NR(DRM_IOCTL_MODE_OBJ_SETPROPERTY), MASTER, property_set},
    {NR(DRM_IOCTL_MODE_ATOMIC), MASTER, atomic_request},
    {NR(DRM_IOCTL_MODE_CREATEPROPBLOB), 0, blob_create},
    {NR(DRM_IOCTL_MODE_DESTROYPROPBLOB), 0, blob_destroy},
    {NR(DRM_IOCTL_MODE_CREATE_LEASE), MASTER, lease_create},
    {NR(DRM_IOCTL_MODE_LIST_LESSEES), MASTER, lease_list},
    {NR(DRM_IOCTL_MODE_GET_LEASE), MASTER, lease_get},
    {NR(DRM_IOCTL_MODE_REVOKE_LEASE), MASTER, lease_revoke},
    {0, 0, NULL},
};
