/* SPDX-License-Identifier: MIT */
#include "gemd/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "gemd/gtt_map.h"
#include "gemd/report.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "gemd/view.h"

/* A table that is being written. */
struct table {
    const struct session *viewer;
    FILE *out;
    struct listing *listing;
    uint32_t most; /* rows */
};

/* Whether another row may be written; counts it either way. */
static bool row(struct table *table)
{
    if (table->listing->rows == table->most) {
        table->listing->left_out++;
        return false;
    }
    table->listing->rows++;
    return true;
}

static const char *const tiling_names[GEN3_TILINGS] = {"none", "X", "Y", "Y"};

static void put_buffer(struct table *table, const struct session *session, const struct bo *bo)
{
    if (!row(table)) {
        return;
    }
    fprintf(table->out, "%u\t%u\t%" PRIu64 "\t%s\t%u\t%u\t", session->id, bo->handle, bo->size,
            tiling_names[bo->tiling], bo->pitch, bo->node.span);
    if (bo->node.bound) {
        fprintf(table->out, "%u", bo->node.first);
    }
    fputc('\t', table->out);
    if (bo->node.fence != GTT_FENCE_NONE) {
        fprintf(table->out, "%d", bo->node.fence);
    }
    fprintf(table->out, "\t%u\t%s\n", bo->node.pins,
            bo->node.pins > 0 ? "pinned"
            : bo->node.bound  ? "idle"
                              : "unbound");
}

static void list_buffers(struct table *table)
{
    fputs("session\thandle\tbytes\ttiling\tpitch\tpages\tgtt_page\tfence\tpins\tstate\n",
          table->out);
    list_for_each(session, &table->viewer->server->sessions, struct session, link)
    {
        for (uint32_t i = 0; view_shows(table->viewer, session) && i < session->buffers.size; i++) {
            const struct bo *bo = session->buffers.slots[i].object;
            if (bo != NULL) {
                put_buffer(table, session, bo);
            }
        }
    }
}

static void put_part(struct table *table, const struct gtt_part *part)
{
    const bool shown = part->session != NULL ? view_shows(table->viewer, part->session)
                                             : view_is_whole(table->viewer);
    if (!shown || !row(table)) {
        return;
    }
    fprintf(table->out, "%u\t%u\t%s\t", part->first, part->pages, gtt_use_name(part->use));
    if (part->session != NULL) {
        fprintf(table->out, "%u\t%u\t%u\n", part->session->id, part->bo->handle,
                part->bo->node.pins);
    } else {
        fputs("\t\t\n", table->out);
    }
}

static void list_gtt(struct table *table)
{
    struct gtt_map map;
    fputs("first\tpages\tuse\tsession\thandle\tpins\n", table->out);
    if (gtt_map_make(&map, table->viewer->server) != 0) {
        table->listing->left_out++;
        return;
    }
    for (size_t i = 0; i < map.count; i++) {
        put_part(table, &map.parts[i]);
    }
    gtt_map_free(&map);
}

static void list_fences(struct table *table)
{
    const struct fence *fence = &table->viewer->server->fence;
    fputs("session\tseqno\tretires\tgpu_seqno\twords\tbuffers\tcost\tstate\n", table->out);
    list_for_each(job, &fence->jobs, struct job, link)
    {
        const bool shown = view_is_whole(table->viewer) || view_shows(table->viewer, job->session);
        if (shown && row(table)) {
            fprintf(table->out, "%u\t%" PRIu64 "\t%" PRIu64 "\t%u\t%u\t%u\t%" PRIu64 "\t%s\n",
                    job->session->id, job->seqno, job->retires, job->gpu_seqno, job->word_count,
                    job->buffer_count, job->charge.cost, job->killed ? "killed" : "on_gpu");
        }
    }
}

static void put_session_ring(struct table *table, const struct session *session)
{
    if (session->ring == NULL || !row(table)) {
        return;
    }
    /* The client's word, shown as it is: it may be anything. */
    const uint64_t tail = __atomic_load_n((const uint64_t *)session->ring, __ATOMIC_RELAXED);
    fprintf(table->out,
            "session\t%u\t%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRId64 "\t%s\t%u\t%" PRIu64 "\n",
            session->id, SESSION_RING_BYTES, session->ring_head, tail,
            (int64_t)(tail - session->ring_head), session->flow.runnable ? "runnable" : "asleep",
            session->outbox.count, session->events_lost);
}

static void list_rings(struct table *table)
{
    struct server *server = table->viewer->server;
    const uint32_t bytes = server->gpu.ring.size;
    struct gpu_position at;
    gpu_get_position(&server->gpu, &at);
    fputs("ring\tsession\tbytes\thead\ttail\tused\tstate\tanswers_waiting\tevents_lost\n",
          table->out);
    if (view_is_whole(table->viewer) && row(table)) {
        fprintf(table->out, "gpu\t\t%u\t%u\t%u\t%u\t%s\t\t\n", bytes, at.head & (bytes - 1),
                at.tail & (bytes - 1), (at.tail - at.head) & (bytes - 1),
                server->fence.count > 0 ? "runnable" : "asleep");
    }
    list_for_each(session, &server->sessions, struct session, link)
    {
        if (view_shows(table->viewer, session)) {
            put_session_ring(table, session);
        }
    }
}

/* Whose a register is, of the buffers that are open. */
struct held {
    const struct session *session;
    const struct bo *bo;
};

static void find_held(const struct server *server, struct held held[GTT_FENCES_MAX])
{
    list_for_each(session, &server->sessions, struct session, link)
    {
        for (uint32_t i = 0; i < session->buffers.size; i++) {
            const struct bo *bo = session->buffers.slots[i].object;
            if (bo != NULL && bo->node.fence != GTT_FENCE_NONE) {
                held[bo->node.fence] = (struct held){session, bo};
            }
        }
    }
}

static void put_register(struct table *table, unsigned index, const struct gtt_node *node,
                         const struct held *held)
{
    const bool shown = held->session != NULL ? view_shows(table->viewer, held->session)
                                             : view_is_whole(table->viewer);
    if (!shown || !row(table)) {
        return;
    }
    fprintf(table->out, "%u\t", index);
    if (held->session != NULL) {
        fprintf(table->out, "%u\t%u\t%s\t%u", held->session->id, held->bo->handle,
                tiling_names[held->bo->tiling], held->bo->pitch);
    } else {
        fputs("\t\t\t", table->out);
    }
    if (node == NULL) {
        fputs("\t\t\tfree\n", table->out);
    } else {
        fprintf(table->out, "\t%u\t%u\t%s\n", node->first, node->span,
                node->pins > 0 ? "in_use" : "idle");
    }
}

static void list_registers(struct table *table)
{
    struct server *server = table->viewer->server;
    const struct gtt_fences *fences = &server->gpu.gtt.fences;
    struct held held[GTT_FENCES_MAX] = {0};
    fputs("register\tsession\thandle\ttiling\tpitch\tfirst\tpages\tstate\n", table->out);
    find_held(server, held);
    for (unsigned i = 0; i < fences->count; i++) {
        put_register(table, i, fences->registers[i].node, &held[i]);
    }
}

static void put_window(struct table *table, const struct window *window)
{
    const struct session *session = window->owner;
    if (!view_shows(table->viewer, session) || !row(table)) {
        return;
    }
    fprintf(table->out,
            "%u\t%u\t%ux%u\t%s\t%" PRIu64 "\t%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
            "\t%" PRIu64 "\n",
            session->id, window->slot, window->width, window->height,
            window->visible ? "visible" : "hidden", window->accepted, window->queued,
            window->pending != NULL ? window->pending->serial : 0,
            window->latched != NULL ? window->latched->serial : 0, window->latch_vblank,
            window->latch_time_ns, window->drops);
}

static void list_windows(struct table *table)
{
    fputs("session\twindow\tsize\tstate\taccepted\tqueued\tpending\tlatched\tlatch_vblank\t"
          "latch_time_ns\tdropped\n",
          table->out);
    list_for_each(window, &table->viewer->server->display.windows, struct window, link)
    {
        put_window(table, window);
    }
}

static uint32_t count_waits(const struct session *viewer)
{
    uint32_t waits = 0;
    list_for_each(session, &viewer->server->sessions, struct session, link)
    {
        waits += view_shows(viewer, session) ? session->vblank_waits.count : 0;
    }
    return waits;
}

/* There is one. Whose the screen is, and its frame, is for who may see that session. */
static void list_pipes(struct table *table)
{
    struct display *display = &table->viewer->server->display;
    const struct scanout *scanout = &display->scanout;
    const struct window *top = list_last(&display->windows, struct window, link);
    uint64_t time_ns;
    uint64_t vblank = display_now(display, &time_ns);
    fputs("pipe\tstate\tsize\trefresh_millihertz\tvblank\ttime_ns\twaits\tsession\twindow\t"
          "pending\n",
          table->out);
    if (!row(table)) {
        return;
    }
    fprintf(table->out, "0\t%s\t",
            !scanout->running   ? "off"
            : scanout->changing ? "changing"
                                : "on");
    if (scanout->running) {
        fprintf(table->out, "%ux%u\t%u", scanout->mode.width, scanout->mode.height,
                scanout->mode.refresh_millihertz);
    } else {
        fputc('\t', table->out);
    }
    fprintf(table->out, "\t%" PRIu64 "\t%" PRIu64 "\t%u\t", vblank, time_ns,
            count_waits(table->viewer));
    const struct session *owner = top != NULL ? top->owner : NULL;
    if (owner != NULL && view_shows(table->viewer, owner)) {
        fprintf(table->out, "%u\t%u\t%" PRIu64 "\n", owner->id, top->slot,
                top->pending != NULL ? top->pending->serial : 0);
    } else {
        fputs("\t\t\n", table->out);
    }
}

static void (*const lists[])(struct table *table) = {
    [GEMD_LIST_BUFFERS] = list_buffers,     [GEMD_LIST_GTT] = list_gtt,
    [GEMD_LIST_FENCES] = list_fences,       [GEMD_LIST_RINGS] = list_rings,
    [GEMD_LIST_REGISTERS] = list_registers, [GEMD_LIST_WINDOWS] = list_windows,
    [GEMD_LIST_PIPES] = list_pipes,
};

int listing_write(const struct session *viewer, uint32_t what, struct listing *listing)
{
    struct report report;
    *listing = (struct listing){0};
    if (what >= sizeof(lists) / sizeof(lists[0]) || lists[what] == NULL) {
        return -EINVAL;
    }
    int error = report_begin(&report);
    if (error != 0) {
        return error;
    }
    struct table table = {
        .viewer = viewer,
        .out = report.out,
        .listing = listing,
        .most = view_is_whole(viewer) ? LISTING_ROWS_MAX : LISTING_ROWS_MAX_OTHER,
    };
    lists[what](&table);
    return report_end(&report, &listing->bytes);
}
