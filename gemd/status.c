/* SPDX-License-Identifier: MIT */
#include "gemd/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gemd/heap.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/memfile.h"

/* Pages of the GTT that the session's open buffers have now. */
static uint32_t bound_pages(const struct session *session)
{
    uint32_t pages = 0;
    for (uint32_t i = 0; i < session->buffers.size; i++) {
        const struct bo *bo = session->buffers.slots[i].object;
        if (bo != NULL && bo->node.bound) {
            pages += bo->node.pages;
        }
    }
    return pages;
}

static void print_windows(FILE *out, const struct session *session)
{
    for (unsigned i = 0; i < GEMD_WINDOWS_MAX; i++) {
        const struct window *window = session->windows[i];
        if (window != NULL) {
            fprintf(out, "session.%u.window.%u.size: %ux%u\n", session->id, i, window->width,
                    window->height);
            fprintf(out, "session.%u.window.%u.visible: %d\n", session->id, i, window->visible);
            fprintf(out, "session.%u.window.%u.frames: %" PRIu64 "\n", session->id, i,
                    window->frames);
            fprintf(out, "session.%u.window.%u.dropped: %" PRIu64 "\n", session->id, i,
                    window->drops);
        }
    }
}

static void print_turns(FILE *out, const struct session *session)
{
    uint32_t id = session->id;
    const struct flow *flow = &session->flow;
    const struct meter *meter = &flow->meter;
    fprintf(out, "session.%u.class: %s\n", id, sched_class_info(flow->grant.class)->name);
    fprintf(out, "session.%u.weight: %u\n", id, flow->grant.weight);
    fprintf(out, "session.%u.gpu_ns: %" PRIu64 "\n", id, meter->gpu_ns);
    fprintf(out, "session.%u.validate_ns: %" PRIu64 "\n", id, meter->validate_ns);
    fprintf(out, "session.%u.batches: %" PRIu64 "\n", id, meter->batches);
    fprintf(out, "session.%u.waits: %" PRIu64 "\n", id, meter->waits);
    fprintf(out, "session.%u.wait_ns: %" PRIu64 "\n", id, meter->wait_ns);
}

static void print_session(FILE *out, const struct session *session)
{
    uint32_t id = session->id;
    fprintf(out, "session.%u.name: %s\n", id, session->name);
    fprintf(out, "session.%u.pid: %d\n", id, session->pid);
    fprintf(out, "session.%u.uid: %u\n", id, session->uid);
    fprintf(out, "session.%u.buffers: %u\n", id, session->buffers.count);
    fprintf(out, "session.%u.bytes: %" PRIu64 "\n", id, session->buffer_bytes);
    fprintf(out, "session.%u.gtt_pages: %u\n", id, bound_pages(session));
    fprintf(out, "session.%u.submitted: %" PRIu64 "\n", id, session->submitted);
    fprintf(out, "session.%u.retired: %" PRIu64 "\n", id, session->retired);
    fprintf(out, "session.%u.rejected: %" PRIu64 "\n", id, session->rejected);
    fprintf(out, "session.%u.in_flight: %u\n", id, session->flow.jobs);
    print_turns(out, session);
    audit_print(out, session);
    print_windows(out, session);
}

static void print_screen(FILE *out, struct display *display)
{
    const struct scanout *scanout = &display->scanout;
    if (scanout->running) {
        fprintf(out, "screen: %ux%u\n", scanout->mode.width, scanout->mode.height);
        fprintf(out, "refresh_millihertz: %u\n", scanout->mode.refresh_millihertz);
    } else {
        fprintf(out, "screen: off\n");
    }
    fprintf(out, "vblanks: %" PRIu64 "\n", display->vblanks);
    fprintf(out, "flips: %" PRIu64 "\n", display->flips);
}

static void print_totals(FILE *out, struct server *server)
{
    uint32_t clients = 0;
    uint32_t buffers = 0;
    uint64_t bytes = 0;
    list_for_each(session, &server->sessions, struct session, link)
    {
        if (session->greeted && session->role == GEMD_ROLE_CLIENT) {
            clients++;
            buffers += session->buffers.count;
            bytes += session->buffer_bytes;
        }
    }
    const struct gtt *gtt = &server->gpu.gtt;
    fprintf(out, "sessions: %u\n", clients);
    fprintf(out, "buffers: %u\n", buffers);
    fprintf(out, "bytes: %" PRIu64 "\n", bytes);
    fprintf(out, "unneeded_bytes: %" PRIu64 "\n", server->purge.bytes);
    fprintf(out, "purged_bytes: %" PRIu64 "\n", server->purge.purged);
    fprintf(out, "tokens: %u\n", server->share.token_count);
    fprintf(out, "gtt_pages: %u\n", gtt_client_capacity(gtt));
    fprintf(out, "gtt_pages_used: %u\n", gtt->client_pages);
    fprintf(out, "gtt_binds: %" PRIu64 "\n", gtt->binds);
    fprintf(out, "gtt_evictions: %" PRIu64 "\n", gtt->evictions);
    fprintf(out, "heap_bytes: %" PRIu64 "\n", heap_bytes());
    fprintf(out, "batches: %" PRIu64 "\n", server->fence.batches);
    fprintf(out, "batches_rejected: %" PRIu64 "\n", server->exec.rejected);
    fprintf(out, "batches_in_flight: %u\n", server->fence.count);
    fprintf(out, "interrupts: %" PRIu64 "\n", server->interrupts);
    fprintf(out, "hangs: %" PRIu64 "\n", server->hang.found);
    fprintf(out, "hangs_slow: %" PRIu64 "\n", server->hang.slow);
    fprintf(out, "innocents_lost: %" PRIu64 "\n", server->hang.innocents);
    fprintf(out, "bans: %" PRIu64 "\n", server->ban.banned);
    fprintf(out, "bans_now: %u\n", ban_count(&server->ban, clock_now(&server->options.clock)));
    fprintf(out, "bans_refused: %" PRIu64 "\n", server->ban.refused);
    fprintf(out, "errors_captured: %" PRIu64 "\n", server->errors.count);
    fprintf(out, "page_faults: %" PRIu64 "\n", server->hang.page_faults);
    fprintf(out, "resets: %" PRIu64 "\n", server->gpu.resets);
}

static void print_all(FILE *out, struct server *server)
{
    uint64_t up = clock_now(&server->options.clock) - server->started_ns;
    fprintf(out, "version: gemd %s\n", GEMD_VERSION);
    fprintf(out, "pid: %d\n", getpid());
    fprintf(out, "device: %s\n", server->options.device_name);
    fprintf(out, "uptime_seconds: %" PRIu64 "\n", up / 1000000000u);
    print_totals(out, server);
    print_screen(out, &server->display);
    list_for_each(session, &server->sessions, struct session, link)
    {
        if (session->greeted && session->role == GEMD_ROLE_CLIENT) {
            print_session(out, session);
        }
    }
}

static int write_file(const char *text, size_t size)
{
    int fd = memfile_create("gemd-status-text", size > 0 ? size : 1);
    if (fd >= 0 && pwrite(fd, text, size, 0) != (ssize_t)size) {
        close(fd);
        return -EIO;
    }
    return fd;
}

int status_write(struct server *server, uint64_t *bytes)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return -ENOMEM;
    }
    print_all(out, server);
    int fd = fclose(out) == 0 ? write_file(text, size) : -ENOMEM;
    free(text);
    *bytes = size;
    return fd;
}
