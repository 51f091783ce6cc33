/* SPDX-License-Identifier: MIT */
/* What a recording tells of its session: memory, records, windows, frames. */
#include <stdlib.h>
#include <string.h>

#include "gemd/recording_state.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "gemd/tiling.h"
#include "proto/format.h"
#include "proto/codec.h"
#include "proto/ring.h"

#define PUT(recording, head) recording_put(recording, &(head), sizeof(head), NULL, 0)

static const struct ring_limits limits = {
    .words = SESSION_MAX_WORDS, .relocs = SESSION_MAX_RELOCS, .buffers = SESSION_MAX_BUFFERS};

void recording_begin(struct recording *recording, bool attached)
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
        recording_stop(recording, RECORDING_FAILED, "out of memory");
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
        recording_stop(recording, RECORDING_FAILED, "out of memory");
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
    recording_put(recording, &item, sizeof(item), record, header->size);
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
        recording_put(recording, &item, sizeof(item), bytes, RECORDING_PAGE);
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
        recording_stop(recording, RECORDING_BEHIND,
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
    recording_put(recording, &item, sizeof(item), message, size);
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
    recording_flush(recording);
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
        recording_stop(recording, RECORDING_FAILED, "out of memory");
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
    const uint32_t width = window->width * format_bytes(format_of_flags(present->flags));
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
        !gen3_surface_extent(bo->tiling, present.stride,
                             (uint64_t)window->width * format_bytes(format_of_flags(present.flags)),
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
    recording_flush(recording);
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
                recording_stop(recording, RECORDING_FAILED, "out of memory");
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
    recording_flush(recording);
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

void recording_tell_all(struct recording *recording)
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
