/* SPDX-License-Identifier: MIT */
#include "gemd/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gemd/heap.h"
#include "gemd/report.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "gemd/view.h"

#define put_NUMBER(out, value) fprintf(out, "%" PRId64 "\n", (int64_t)(value))
#define put_TEXT(out, value)   (report_put_text(out, value), fputc('\n', out))

enum { EVERYBODY, OPERATORS };

struct sums {
    uint32_t sessions, buffers;
    uint64_t bytes;
};

/* Pages of the GTT that the session's open buffers have now. */
static uint32_t bound_pages(const struct session *session)
{
    uint32_t pages = 0;
    for (uint32_t i = 0; i < session->buffers.size; i++) {
        const struct bo *bo = session->buffers.slots[i].object;
        if (bo != NULL && bo->node.bound) {
            pages += bo->node.span;
        }
    }
    return pages;
}

static uint64_t frames_shown(const struct session *session)
{
    uint64_t frames = session->closed_frames;
    for (unsigned i = 0; i < GEMD_WINDOWS_MAX; i++) {
        frames += session->windows[i] != NULL ? session->windows[i]->frames : 0;
    }
    return frames;
}

static void print_window(FILE *out, uint32_t id, unsigned slot, const struct window *window)
{
    char size[32];
    snprintf(size, sizeof(size), "%ux%u", window->width, window->height);
#define WINDOW_KEY(kind, key, value)                                                               \
    fprintf(out, "session.%u.window.%u.%s: ", id, slot, #key);                                     \
    put_##kind(out, value);
#include "gemd/status_keys.def"
}

static void print_session(FILE *out, const struct session *session)
{
#define SESSION_KEY(kind, key, value)                                                              \
    fprintf(out, "session.%u.%s: ", session->id, #key);                                            \
    put_##kind(out, value);
#include "gemd/status_keys.def"
    audit_print(out, session);
    for (unsigned i = 0; i < GEMD_WINDOWS_MAX; i++) {
        if (session->windows[i] != NULL) {
            print_window(out, session->id, i, session->windows[i]);
        }
    }
}

static struct sums add_up(const struct session *viewer)
{
    struct sums sums = {0};
    list_for_each(session, &viewer->server->sessions, struct session, link)
    {
        if (view_shows(viewer, session)) {
            sums.sessions++;
            sums.buffers += session->buffers.count;
            sums.bytes += session->buffer_bytes;
        }
    }
    return sums;
}

static void print_daemon(FILE *out, const struct session *viewer)
{
    struct server *server = viewer->server;
    const struct scanout *scanout = &server->display.scanout;
    const struct sums sums = add_up(viewer);
    const uint64_t now = clock_now(&server->options.clock);
    const int most = view_is_whole(viewer) ? OPERATORS : EVERYBODY;
    const char *heading = "";
    char mode[32] = "off";
    char monitor[CONNECTOR_TEXT_MAX], modes[CONNECTOR_TEXT_MAX];
    connector_describe(&server->display.connector, monitor);
    connector_list_modes(&server->display.connector, modes);
    if (scanout->running) {
        snprintf(mode, sizeof(mode), "%ux%u", scanout->mode.width, scanout->mode.height);
    }
#define DAEMON_KEY(group, who, kind, key, value)                                                   \
    if ((who) <= most) {                                                                           \
        if (strcmp(heading, #group) != 0) {                                                        \
            heading = #group;                                                                      \
            fprintf(out, "[%s]\n", heading);                                                       \
        }                                                                                          \
        fprintf(out, "%s: ", #key);                                                                \
        put_##kind(out, value);                                                                    \
    }
#include "gemd/status_keys.def"
}

int status_write(const struct session *viewer, uint64_t *bytes)
{
    struct report report;
    int error = report_begin(&report);
    if (error != 0) {
        return error;
    }
    print_daemon(report.out, viewer);
    fputs("[sessions]\n", report.out);
    list_for_each(session, &viewer->server->sessions, struct session, link)
    {
        if (view_shows(viewer, session)) {
            print_session(report.out, session);
        }
    }
    return report_end(&report, bytes);
}
