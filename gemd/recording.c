/* SPDX-License-Identifier: MIT */
#include "gemd/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/recording_shadow.h"
#include "gemd/send_queue.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "gemd/tiling.h"
#include "proto/codec.h"
#include "proto/recording.h"
#include "proto/ring.h"

#define FLUSH_BYTES    65536u /* that are sent without waiting for the event loop */
#define FINISH_WAIT_MS 500    /* for one reader, when the daemon ends */

struct recording {
    struct list link; /* recordings.list */
    struct server *server;
    struct session *session; /* NULL: waits for one, or its has ended */
    pid_t group;
    bool own;
    bool begun, stopped; /* BEGIN and END have been written */
    bool held;           /* nothing is sent before its first batch or frame */
    bool dead;           /* nobody reads any more */
    int socket;
    struct send_queue queue;
    struct event *readable, *writable, *late;
    uint64_t late_sent; /* bytes that were sent when 'late' was armed */
    uint64_t started_ns;
    uint64_t before; /* the session's seqno when it began */

    struct shadows shadows;
    uint8_t *copy; /* of the record that is being carried out */
    size_t copy_room;
    struct gemd_record_header taken; /* its head; type 0: none */
    uint64_t rejected;               /* the session's, before it */
    uint64_t latched[GEMD_WINDOWS_MAX];
    bool windows[GEMD_WINDOWS_MAX]; /* that were told */
};

static const struct ring_limits limits = {
    .words = SESSION_MAX_WORDS, .relocs = SESSION_MAX_RELOCS, .buffers = SESSION_MAX_BUFFERS};

/* ---- its end ---- */

static void free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

static void destroy(struct recording *recording)
{
    struct recordings *all = &recording->server->recordings;
    if (recording->session != NULL) {
        recording->session->recording = NULL;
    }
    list_remove(&recording->link);
    all->count--;
    all->own -= recording->own;
    free_event(&recording->readable);
    free_event(&recording->writable);
    free_event(&recording->late);
    send_queue_finish(&recording->queue);
    shadows_finish(&recording->shadows);
    close(recording->socket);
    free(recording->copy);
    free(recording);
}

/* Not from the event loop: whoever calls may be in the midst of the session. */
static void die(struct recording *recording)
{
    recording->dead = true;
    recording->stopped = true;
    recording->held = false;
    event_active(recording->writable, EV_WRITE, 0);
}

static void flush(struct recording *recording)
{
    if (recording->held) {
        return;
    }
    int error = recording->dead ? 0 : send_queue_flush(&recording->queue);
    if (error == -EAGAIN) {
        event_add(recording->writable, NULL);
    } else if (error != 0) {
        die(recording);
    } else if (recording->stopped) {
        event_active(recording->writable, EV_WRITE, 0);
    }
}

static void arm_late(struct recording *recording)
{
    const struct timeval patience = {.tv_sec = RECORDING_DRAIN_S};
    recording->late_sent = recording->queue.sent;
    event_add(recording->late, &patience);
}

/* ---- items ---- */

static uint64_t now(const struct recording *recording)
{
    return clock_now(&recording->server->options.clock) - recording->started_ns;
}

static void stop(struct recording *recording, enum recording_reason reason, const char *text)
{
    if (recording->stopped) {
        return;
    }
    struct recording_end end = {.item = {RECORDING_END, sizeof(end), now(recording)},
                                .reason = reason};
    codec_set_text(end.text, sizeof(end.text), text);
    recording->queue.max += sizeof(end);
    recording->stopped = true;
    recording->held = false;
    if (recording->begun && send_queue_put(&recording->queue, &end, sizeof(end)) != 0) {
        die(recording);
        return;
    }
    if (reason != RECORDING_ENDED && reason != RECORDING_STOPPED) {
        log_warning("a recording ends: %s", text);
    }
    arm_late(recording);
    flush(recording);
}

/* head: an item's struct, which begins with 'item'; body: what follows it, padded to 8 bytes. */
static void put(struct recording *recording, void *head, size_t head_size, const void *body,
                size_t body_size)
{
    static const uint8_t zeros[8];
    struct recording_item *item = head;
    const size_t padding = (8 - body_size % 8) % 8;
    const size_t size = head_size + body_size + padding;
    if (recording->stopped) {
        return;
    }
    item->size = (uint32_t)size;
    item->time_ns = now(recording);
    if (size > RECORDING_ITEM_MAX || recording->queue.queued + size > recording->queue.max) {
        stop(recording, RECORDING_BEHIND, "its reader is too slow");
        return;
    }
    if (send_queue_put(&recording->queue, head, head_size) != 0 ||
        send_queue_put(&recording->queue, body, body_size) != 0 ||
        send_queue_put(&recording->queue, zeros, padding) != 0) {
        log_warning("a recording ends: out of memory");
        die(recording); /* perhaps in the midst of an item */
        return;
    }
    if (recording->queue.queued >= FLUSH_BYTES) {
        flush(recording);
    }
}

#define PUT(recording, head) put(recording, &(head), sizeof(head), NULL, 0)

static void begin(struct recording *recording, bool attached)
{
    struct session *session = recording->session;
    const struct server *server = recording->server;
    const struct hw_identity *identity = &server->gpu.dev->identity;
    struct recording_begin item = {
        .item.type = RECORDING_BEGIN,
        .magic = RECORDING_MAGIC,
        .version = RECORDING_VERSION,
        .major = GEMD_PROTOCOL_MAJOR,
        .minor = session->minor,
        .pci_device = identity->pci_device,
        .attached = attached,
        .aperture_bytes = identity->aperture_size,
        .gtt_bytes = (uint64_t)gtt_client_capacity(&server->gpu.gtt) * HW_PAGE_SIZE,
        .submitted = session->submitted,
        .screen_width = server->display.mode.width,
        .screen_height = server->display.mode.height,
        .refresh_millihertz = server->display.mode.refresh_millihertz,
    };
    codec_set_text(item.device, sizeof(item.device), server->options.device_name);
    codec_set_text(item.name, sizeof(item.name), session->name);
    recording->started_ns = clock_now(&server->options.clock);
    recording->before = session->submitted;
    session->recording = recording;
    recording->begun = true;
    PUT(recording, item);
}

static void tell_arena(struct recording *recording, uint32_t handle, const struct arena *arena)
{
    struct recording_arena item = {
        .item.type = RECORDING_ARENA, .arena = handle, .size = arena->size};
    if (shadows_add_arena(&recording->shadows, handle, arena) == NULL) {
        stop(recording, RECORDING_FAILED, "out of memory");
        return;
    }
    PUT(recording, item);
}

static void tell_arena_gone(struct recording *recording, struct shadow *shadow)
{
    struct recording_arena item = {
        .item.type = RECORDING_ARENA, .arena = shadow->object, .gone = 1};
    shadows_remove(shadow);
    PUT(recording, item);
}

static void tell_import(struct recording *recording, const struct bo *bo)
{
    struct recording_import item = {.item.type = RECORDING_IMPORT,
                                    .handle = bo->handle,
                                    .rights = bo->rights,
                                    .size = bo->size,
                                    .tiling = tiling_on_wire(bo->tiling),
                                    .pitch = bo->pitch};
    if (shadows_add_import(&recording->shadows, bo) == NULL) {
        stop(recording, RECORDING_FAILED, "out of memory");
        return;
    }
    PUT(recording, item);
}

/* Windows that came or went. */
static void tell_windows(struct recording *recording)
{
    for (uint32_t i = 0; i < GEMD_WINDOWS_MAX; i++) {
        const struct window *window = recording->session->windows[i];
        if (recording->windows[i] == (window != NULL)) {
            continue;
        }
        struct recording_window item = {
            .item.type = RECORDING_WINDOW, .window = i, .gone = window == NULL};
        recording->windows[i] = window != NULL;
        recording->latched[i] = 0;
        if (window != NULL) {
            item.width = window->width;
            item.height = window->height;
        }
        PUT(recording, item);
    }
}

static void tell_record(struct recording *recording, const void *record, bool refused)
{
    const struct gemd_record_header *header = record;
    struct recording_record item = {.item.type = RECORDING_RECORD, .refused = refused};
    put(recording, &item, sizeof(item), record, header->size);
}

/* ---- memory ---- */

static const uint8_t *page_of(const struct bo *bo, uint64_t page)
{
    return (const uint8_t *)bo->arena->dma.cpu + bo->offset + page * RECORDING_PAGE;
}

/* Tells the pages of a buffer that are not what they were thought to be. */
static void look_at(struct recording *recording, const struct bo *bo)
{
    uint64_t first;
    struct shadow *shadow = shadows_of(&recording->shadows, bo, &first);
    const uint64_t pages = bo->size / RECORDING_PAGE;
    if (shadow == NULL || first > shadow->pages || pages > shadow->pages - first) {
        return;
    }
    for (uint64_t i = 0; i < pages && !recording->stopped; i++) {
        const uint8_t *bytes = page_of(bo, i);
        const XXH128_hash_t hash = XXH3_128bits(bytes, RECORDING_PAGE);
        if (XXH128_isEqual(hash, shadow->hashes[first + i])) {
            continue;
        }
        struct recording_page item = {.item.type = RECORDING_PAGES,
                                      .space = shadow->space,
                                      .object = shadow->object,
                                      .page = (uint32_t)(first + i)};
        shadow->hashes[first + i] = hash;
        put(recording, &item, sizeof(item), bytes, RECORDING_PAGE);
    }
}

/* Notes what the GPU has made of a buffer, and adds it to 'sum'. */
static void note(struct recording *recording, const struct bo *bo, XXH3_state_t *sum)
{
    uint64_t first;
    struct shadow *shadow = shadows_of(&recording->shadows, bo, &first);
    const uint64_t pages = bo->size / RECORDING_PAGE;
    if (shadow == NULL || first > shadow->pages || pages > shadow->pages - first) {
        return;
    }
    for (uint64_t i = 0; i < pages; i++) {
        XXH128_canonical_t canonical;
        const XXH128_hash_t hash = XXH3_128bits(page_of(bo, i), RECORDING_PAGE);
        shadow->hashes[first + i] = hash;
        XXH128_canonicalFromHash(&canonical, hash);
        (void)XXH3_64bits_update(sum, &canonical, sizeof(canonical));
    }
}

static void look_at_handle(struct recording *recording, uint32_t handle)
{
    const struct bo *bo = handle_table_find(&recording->session->buffers, handle);
    if (bo != NULL) {
        look_at(recording, bo);
    }
}

static uint32_t handle_at(const uint8_t *record, const struct ring_submit *layout, uint32_t i)
{
    uint32_t handle;
    memcpy(&handle, record + layout->buffers + (size_t)i * 4, sizeof(handle));
    return handle;
}

/* Whoever is no operator shall not keep the daemon from everybody else by what is looked at. */
static bool is_too_much(const struct recording *recording, const uint8_t *record,
                        const struct ring_submit *layout, uint32_t count)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; recording->own && i < count; i++) {
        const struct bo *bo =
            handle_table_find(&recording->session->buffers, handle_at(record, layout, i));
        pages += bo != NULL ? bo->size / RECORDING_PAGE : 0;
    }
    return pages > RECORDING_PAGES_OF;
}

static void look_at_batch(struct recording *recording, const uint8_t *record)
{
    struct gemd_record_submit submit;
    struct ring_submit layout;
    char reason[GEMD_TEXT_MAX];
    memcpy(&submit, record, sizeof(submit));
    if (ring_submit_check(&submit, &limits, &layout, reason) != 0) {
        return; /* the session is about to end */
    }
    if (is_too_much(recording, record, &layout, submit.buffer_count)) {
        stop(recording, RECORDING_BEHIND,
             "a batch names more memory than is recorded for this one");
        return;
    }
    for (uint32_t i = 0; i < submit.buffer_count; i++) {
        look_at_handle(recording, handle_at(record, &layout, i));
    }
}

/* ---- what happens in the session ---- */

static void tell_message(struct recording *recording, enum recording_direction direction,
                         const void *message, size_t size)
{
    struct recording_message item = {
        .item.type = RECORDING_MESSAGE, .direction = direction, .bytes = (uint32_t)size};
    put(recording, &item, sizeof(item), message, size);
}

void recording_request(struct session *session, const struct packet *packet)
{
    struct recording *recording = session->recording;
    if (recording->stopped) {
        return;
    }
    tell_message(recording, RECORDING_TO_DAEMON, packet->bytes, packet->size);
    if (packet->header.type == GEMD_MSG_ARENA_ADD || packet->header.type == GEMD_MSG_ARENA_REMOVE) {
        const struct gemd_msg_arena_add *add = (const void *)packet->bytes;
        const struct arena *arena = handle_table_find(&session->arenas, add->arena);
        struct shadow *shadow = shadows_find(&recording->shadows, RECORDING_OF_ARENA, add->arena);
        if (arena != NULL && shadow == NULL) {
            tell_arena(recording, add->arena, arena);
        } else if (arena == NULL && shadow != NULL) {
            tell_arena_gone(recording, shadow);
        }
    } else if (packet->header.type == GEMD_MSG_BUFFER_IMPORT) {
        const struct gemd_msg_buffer_import *import = (const void *)packet->bytes;
        const struct bo *bo = handle_table_find(&session->buffers, import->handle);
        if (bo != NULL && bo->imported &&
            shadows_find(&recording->shadows, RECORDING_OF_IMPORT, import->handle) == NULL) {
            tell_import(recording, bo);
        }
    }
    tell_windows(recording);
    flush(recording);
}

void recording_event(struct session *session, const void *message)
{
    const struct gemd_msg_header *header = message;
    tell_message(session->recording, RECORDING_TO_CLIENT, message, header->size);
}

static bool copy_record(struct recording *recording, const uint8_t *data, uint32_t size)
{
    if (size > recording->copy_room) {
        uint8_t *larger = realloc(recording->copy, size);
        if (larger == NULL) {
            return false;
        }
        recording->copy = larger;
        recording->copy_room = size;
    }
    memcpy(recording->copy, data, size);
    return true;
}

bool recording_take(struct session *session, const struct gemd_record_header *header,
                    const uint8_t **data)
{
    struct recording *recording = session->recording;
    recording->taken.type = 0;
    if (recording->stopped || header->type == GEMD_RECORD_PAD) {
        return true;
    }
    bool named = header->type == GEMD_RECORD_SUBMIT || header->type == GEMD_RECORD_PRESENT;
    if (named && session->last_job != NULL) {
        return false;
    }
    if (header->type == GEMD_RECORD_SUBMIT && !sched_admits(&recording->server->sched, session)) {
        return false; /* looking is not cheap: once, when its turn has come */
    }
    recording->held = recording->held && !named;
    if (!copy_record(recording, *data, header->size)) {
        stop(recording, RECORDING_FAILED, "out of memory");
        return true;
    }
    memcpy(recording->copy, header, sizeof(*header)); /* as it was checked */
    recording->taken = *header;
    recording->rejected = session->rejected;
    *data = recording->copy;
    if (header->type == GEMD_RECORD_SUBMIT) {
        look_at_batch(recording, recording->copy);
    } else if (header->type == GEMD_RECORD_PRESENT) {
        struct gemd_record_present present;
        memcpy(&present, recording->copy, sizeof(present));
        look_at_handle(recording, present.handle);
    }
    return true;
}

/* Of the visible bytes, row by row, whatever the tiles. */
static uint64_t hash_frame(const struct bo *bo, const struct gemd_record_present *present,
                           const struct window *window, XXH3_state_t *sum)
{
    const uint8_t *bytes = page_of(bo, 0) + present->offset;
    const uint32_t width = window->width * 4;
    (void)XXH3_64bits_reset(sum);
    for (uint32_t y = 0; y < window->height; y++) {
        for (uint32_t x = 0, run; x < width; x += run) {
            run = gen3_tile_run(bo->tiling, x);
            run = run < width - x ? run : width - x;
            (void)XXH3_64bits_update(
                sum, bytes + gen3_tile_offset(bo->tiling, present->stride, x, y), run);
        }
    }
    return XXH3_64bits_digest(sum);
}

static void tell_frame(struct recording *recording)
{
    struct gemd_record_present present;
    memcpy(&present, recording->copy, sizeof(present));
    const struct session *session = recording->session;
    const struct bo *bo = handle_table_find(&session->buffers, present.handle);
    const struct window *window =
        present.window < GEMD_WINDOWS_MAX ? session->windows[present.window] : NULL;
    uint64_t bytes;
    if (bo == NULL || window == NULL || window->accepted != present.serial ||
        !gen3_surface_extent(bo->tiling, present.stride, (uint64_t)window->width * 4,
                             window->height, &bytes) ||
        bytes > bo->size || present.offset > bo->size - bytes) {
        return; /* it was refused */
    }
    XXH3_state_t *sum = XXH3_createState();
    if (sum == NULL) {
        return;
    }
    struct recording_frame item = {.item.type = RECORDING_FRAME,
                                   .serial = present.serial,
                                   .hash = hash_frame(bo, &present, window, sum),
                                   .window = present.window,
                                   .width = window->width,
                                   .height = window->height};
    XXH3_freeState(sum);
    PUT(recording, item);
}

void recording_done(struct session *session)
{
    struct recording *recording = session->recording;
    const uint32_t type = recording->taken.type;
    if (recording->stopped || type == 0) {
        return;
    }
    recording->taken.type = 0;
    tell_record(recording, recording->copy, session->rejected != recording->rejected);
    if (type == GEMD_RECORD_PRESENT) {
        tell_frame(recording);
    } else if (type == GEMD_RECORD_CLOSE) {
        struct gemd_record_close close;
        memcpy(&close, recording->copy, sizeof(close));
        struct shadow *shadow =
            shadows_find(&recording->shadows, RECORDING_OF_IMPORT, close.handle);
        if (shadow != NULL) {
            shadows_remove(shadow);
        }
    }
    flush(recording);
}

static bool writes(const struct job *job, uint32_t buffer)
{
    for (uint32_t i = 0; i < job->reloc_count; i++) {
        if (job->relocs[i].buffer == buffer && (job->relocs[i].use & VALIDATOR_WRITE) != 0) {
            return true;
        }
    }
    return false;
}

void recording_retired(struct session *session, const struct job *job)
{
    struct recording *recording = session->recording;
    XXH3_state_t *sum = NULL;
    if (recording->stopped || job->seqno <= recording->before) {
        return;
    }
    for (uint32_t i = 0; job->relocs != NULL && i < job->buffer_count; i++) {
        if (!writes(job, i)) {
            continue;
        }
        if (sum == NULL) {
            sum = XXH3_createState();
            if (sum == NULL) {
                stop(recording, RECORDING_FAILED, "out of memory");
                return;
            }
            (void)XXH3_64bits_reset(sum);
        }
        note(recording, job->buffers[i], sum);
    }
    struct recording_retired item = {.item.type = RECORDING_RETIRED,
                                     .seqno = job->seqno,
                                     .hash = sum != NULL ? XXH3_64bits_digest(sum) : 0};
    XXH3_freeState(sum);
    PUT(recording, item);
    flush(recording);
}

void recording_vblank(struct session *session)
{
    struct recording *recording = session->recording;
    for (uint32_t i = 0; i < GEMD_WINDOWS_MAX; i++) {
        const struct window *window = session->windows[i];
        if (window == NULL || window->latched == NULL ||
            window->latched->serial == recording->latched[i]) {
            continue;
        }
        recording->latched[i] = window->latched->serial;
        struct recording_flip item = {.item.type = RECORDING_FLIP,
                                      .serial = window->latched->serial,
                                      .vblank = window->latch_vblank,
                                      .window = i};
        PUT(recording, item);
    }
}

/* It only looked whether there is a daemon: the next one is meant. */
static void wait_again(struct recording *recording)
{
    send_queue_finish(&recording->queue);
    shadows_finish(&recording->shadows);
    memset(recording->windows, 0, sizeof(recording->windows));
    recording->begun = false;
}

void recording_leave(struct session *session)
{
    struct recording *recording = session->recording;
    session->recording = NULL;
    recording->session = NULL;
    if (recording->held) {
        wait_again(recording);
        return;
    }
    stop(recording, RECORDING_ENDED, "the session has ended");
}

/* ---- its beginning ---- */

static void on_readable(evutil_socket_t fd, short what, void *data)
{
    struct recording *recording = data;
    uint8_t bytes[256];
    ssize_t got = recv(recording->socket, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) {
        return; /* what it says is of no interest */
    }
    event_del(recording->readable);
    if (got < 0 || !recording->begun) {
        destroy(recording);
    } else {
        stop(recording, RECORDING_STOPPED, "it was stopped");
    }
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
    struct recording *recording = data;
    int error = recording->dead ? -EPIPE : send_queue_flush(&recording->queue);
    if (error == -EAGAIN) {
        event_add(recording->writable, NULL);
    } else if (error != 0 || recording->stopped) {
        destroy(recording);
    }
}

static void on_late(evutil_socket_t fd, short what, void *data)
{
    struct recording *recording = data;
    if (recording->queue.sent == recording->late_sent) {
        destroy(recording);
    } else {
        arm_late(recording);
    }
}

/* What the session has already: it is told as if it came now. */
static void tell_all(struct recording *recording)
{
    const struct session *session = recording->session;
    for (uint32_t i = 0; i < session->arenas.size; i++) {
        if (session->arenas.slots[i].handle != 0) {
            tell_arena(recording, session->arenas.slots[i].handle, session->arenas.slots[i].object);
        }
    }
    for (uint32_t i = 0; i < session->buffers.size && !recording->stopped; i++) {
        const struct bo *bo = session->buffers.slots[i].object;
        uint64_t first;
        if (session->buffers.slots[i].handle == 0) {
            continue;
        }
        if (bo->imported) {
            tell_import(recording, bo);
            continue;
        }
        const struct shadow *shadow = shadows_of(&recording->shadows, bo, &first);
        const struct gemd_record_create create = {
            .header = {GEMD_RECORD_CREATE, sizeof(create)},
            .handle = bo->handle,
            .arena = shadow != NULL ? shadow->object : 0,
            .offset = bo->offset,
            .size = bo->size,
            .tiling = tiling_on_wire(bo->tiling),
            .pitch = bo->pitch,
        };
        tell_record(recording, &create, false);
        if (bo->unneeded) {
            const struct gemd_record_madvise madvise = {
                .header = {GEMD_RECORD_MADVISE, sizeof(madvise)},
                .handle = bo->handle,
                .advice = GEMD_ADVICE_DONT_NEED,
            };
            tell_record(recording, &madvise, false);
        }
    }
    tell_windows(recording);
}

static bool is_stream(int fd)
{
    int domain = 0, type = 0;
    socklen_t size = sizeof(domain);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) {
        return false;
    }
    size = sizeof(type);
    return domain == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_STREAM;
}

static int add_events(struct recording *recording)
{
    struct event_base *base = recording->server->base;
    recording->readable =
        event_new(base, recording->socket, EV_READ | EV_PERSIST, on_readable, recording);
    recording->writable = event_new(base, recording->socket, EV_WRITE, on_writable, recording);
    recording->late = evtimer_new(base, on_late, recording);
    bool fine = recording->readable != NULL && recording->writable != NULL &&
                recording->late != NULL && event_add(recording->readable, NULL) == 0;
    return fine ? 0 : -ENOMEM;
}

static int create(struct server *server, const struct recording_wish *wish)
{
    struct recording *recording = calloc(1, sizeof(*recording));
    int socket = recording != NULL ? fcntl(wish->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (socket < 0) {
        int error = recording != NULL ? -errno : -ENOMEM;
        free(recording);
        return error;
    }
    recording->server = server;
    recording->group = wish->group;
    recording->own = wish->own;
    recording->socket = socket;
    send_queue_init(&recording->queue, socket, wish->own ? RECORDING_QUEUE_OF : RECORDING_QUEUE);
    shadows_init(&recording->shadows);
    list_append(&server->recordings.list, &recording->link);
    server->recordings.count++;
    server->recordings.own += wish->own;
    if (add_events(recording) != 0) {
        destroy(recording);
        return -ENOMEM;
    }
    if (wish->session != NULL) {
        recording->session = wish->session;
        begin(recording, true);
        tell_all(recording);
        flush(recording);
    }
    return 0;
}

int recording_start(struct server *server, const struct recording_wish *wish,
                    char text[GEMD_TEXT_MAX])
{
    const struct recordings *all = &server->recordings;
    int error = 0;
    if (!is_stream(wish->fd)) {
        snprintf(text, GEMD_TEXT_MAX, "the descriptor is no stream socket");
        return -EINVAL;
    }
    if (wish->session != NULL && wish->session->recording != NULL) {
        snprintf(text, GEMD_TEXT_MAX, "session %u is being recorded", wish->session->id);
        return -EALREADY;
    }
    if (all->count >= RECORDINGS_MAX || (wish->own && all->own >= RECORDINGS_MAX / 2)) {
        snprintf(text, GEMD_TEXT_MAX, "there are %u recordings already", all->count);
        return -EBUSY;
    }
    error = create(server, wish);
    if (error != 0) {
        snprintf(text, GEMD_TEXT_MAX, "%s", strerror(-error));
    }
    return error;
}

void recording_greet(struct session *session)
{
    list_for_each(recording, &session->server->recordings.list, struct recording, link)
    {
        if (recording->begun || recording->stopped || session->recording != NULL ||
            recording->group == 0) {
            continue;
        }
        if (recording->group == session->pid || recording->group == getpgid(session->pid)) {
            recording->session = session;
            recording->held = true;
            begin(recording, false);
        }
    }
}

void recordings_init(struct recordings *recordings)
{
    *recordings = (struct recordings){0};
    list_init(&recordings->list);
}

void recordings_finish(struct recordings *recordings)
{
    while (!list_empty(&recordings->list)) {
        struct recording *recording = list_first(&recordings->list, struct recording, link);
        struct pollfd room = {.fd = recording->socket, .events = POLLOUT};
        while (!recording->dead && send_queue_flush(&recording->queue) == -EAGAIN &&
               poll(&room, 1, FINISH_WAIT_MS) == 1) {
        }
        destroy(recording);
    }
}
