/* SPDX-License-Identifier: MIT */
/* Records of the ring that are played: batches, buffers, frames. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/surface.h"
#include "proto/format.h"
#include "proto/ring.h"
#include "tools/gemctl/player_state.h"

/* ---- records of the ring ---- */

static const uint8_t *bytes_of(const struct player *player, uint32_t handle, uint64_t *size)
{
    const struct buffer *buffer = id_map_find(&player->buffers, handle);
    if (buffer == NULL) {
        return NULL;
    }
    *size = buffer->size;
    return player_memory(player, buffer->space, buffer->object, buffer->offset, buffer->size);
}

static bool writes(const struct gemd_reloc *relocs, uint32_t count, uint32_t buffer)
{
    for (uint32_t i = 0; i < count; i++) {
        struct gemd_reloc reloc;
        memcpy(&reloc, &relocs[i], sizeof(reloc));
        if (reloc.buffer == buffer && (reloc.use & GEMD_USE_WRITE) != 0) {
            return true;
        }
    }
    return false;
}

static void hash_buffer(const struct player *player, uint32_t handle, XXH3_state_t *sum)
{
    uint64_t size = 0;
    const uint8_t *bytes = bytes_of(player, handle, &size);
    for (uint64_t at = 0; bytes != NULL && at < size; at += RECORDING_PAGE) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes + at, RECORDING_PAGE));
        (void)XXH3_64bits_update(sum, &canonical, sizeof(canonical));
    }
}

/* As struct recording_retired has it. */
static uint64_t hash_written(const struct player *player, const struct gemd_record_submit *submit)
{
    const struct ring_submit layout =
        ring_submit_layout(submit->word_count, submit->reloc_count, submit->buffer_count);
    const uint8_t *record = (const uint8_t *)submit;
    const struct gemd_reloc *relocs = (const void *)(record + layout.relocs);
    XXH3_state_t *sum = NULL;
    for (uint32_t i = 0; i < submit->buffer_count; i++) {
        uint32_t handle;
        memcpy(&handle, record + layout.buffers + (uint64_t)i * 4, sizeof(handle));
        if (!writes(relocs, submit->reloc_count, i)) {
            continue;
        }
        if (sum == NULL) {
            sum = XXH3_createState();
            if (sum == NULL) {
                return 0;
            }
            (void)XXH3_64bits_reset(sum);
        }
        hash_buffer(player, handle, sum);
    }
    const uint64_t hash = sum != NULL ? XXH3_64bits_digest(sum) : 0;
    XXH3_freeState(sum);
    return hash;
}

static bool play_submit(struct player *player, const struct recording_record *item,
                        const struct gemd_record_header *header)
{
    const struct gemd_record_submit *recorded = (const void *)header;
    struct gemd_record_submit *submit = (void *)player->record;
    const uint64_t rejected = __atomic_load_n(&player->wire.status->rejected, __ATOMIC_ACQUIRE);
    memcpy(submit, recorded, header->size);
    submit->seqno = player->wire.submitted + 1;
    player->is_refused = false;
    player->result->batches++;
    if (!wire_put(&player->wire, submit, header->size)) {
        return player_goes_on(player);
    }
    const bool refused =
        __atomic_load_n(&player->wire.status->rejected, __ATOMIC_ACQUIRE) != rejected;
    player->result->refused += refused;
    if (refused != (item->refused != 0)) {
        player_differ(player, "batch %" PRIu64 " was %srefused when it was recorded",
                      recorded->seqno, refused ? "not " : "");
    }
    if (refused && player->is_refused && !player->options->quiet) {
        fprintf(stderr, "replay: batch %" PRIu64 " is refused: %s\n", recorded->seqno,
                player->refusal);
    }
    player->batch_seqno = recorded->seqno;
    player->batch_refused = refused;
    player->batch_hash = refused ? 0 : hash_written(player, recorded);
    return true;
}

static bool play_create(struct player *player, const struct gemd_record_header *header)
{
    const struct gemd_record_create *create = (const void *)header;
    struct buffer *buffer = NULL;
    if (create->size != 0 && create->size % RECORDING_PAGE == 0) {
        buffer = id_map_add(&player->buffers, create->handle);
    }
    if (buffer != NULL) {
        *buffer = (struct buffer){.offset = create->offset,
                                  .size = create->size,
                                  .object = create->arena,
                                  .space = RECORDING_OF_ARENA,
                                  .tiling = create->tiling};
    }
    return wire_put(&player->wire, header, header->size) || player_goes_on(player);
}

static bool play_close(struct player *player, const struct gemd_record_header *header)
{
    const struct gemd_record_close *close = (const void *)header;
    struct memory *memory = id_map_find(&player->imports, close->handle);
    bool fine = wire_put(&player->wire, header, header->size) || player_goes_on(player);
    id_map_remove(&player->buffers, close->handle);
    if (memory != NULL) {
        player_free_memory(player, memory);
        id_map_remove(&player->imports, close->handle);
    }
    return fine;
}

static uint64_t hash_frame(const struct player_frame *frame)
{
    XXH3_state_t *sum = XXH3_createState();
    if (sum == NULL) {
        return 0;
    }
    (void)XXH3_64bits_reset(sum);
    for (uint32_t y = 0; y < frame->height; y++) {
        (void)XXH3_64bits_update(sum, frame->pixels + (uint64_t)y * frame->stride,
                                 (size_t)frame->width * format_bytes(frame->format));
    }
    const uint64_t hash = XXH3_64bits_digest(sum);
    XXH3_freeState(sum);
    return hash;
}

/* The frame's rows, one after the other; false: out of memory. */
static bool untile(struct player *player, const uint8_t *bytes, struct player_frame *frame)
{
    const uint32_t width = frame->width * format_bytes(frame->format);
    const size_t size = (size_t)width * frame->height;
    if (size > player->picture_size) {
        uint8_t *larger = realloc(player->picture, size);
        if (larger == NULL) {
            return false;
        }
        player->picture = larger;
        player->picture_size = size;
    }
    for (uint32_t y = 0; y < frame->height; y++) {
        for (uint32_t x = 0, run; x < width; x += run) {
            run = gen3_tile_run(GEN3_TILED_X, x);
            run = run < width - x ? run : width - x;
            memcpy(player->picture + (size_t)y * width + x,
                   bytes + gen3_tile_offset(GEN3_TILED_X, frame->stride, x, y), run);
        }
    }
    frame->pixels = player->picture;
    frame->stride = width;
    return true;
}

/* The frame that a PRESENT shows; false: it shows none. */
static bool find_frame(struct player *player, const struct gemd_record_present *present,
                       struct player_frame *frame)
{
    const struct window *window = &player->windows[present->window];
    const struct buffer *buffer = id_map_find(&player->buffers, present->handle);
    uint64_t size = 0, extent;
    const uint8_t *bytes = bytes_of(player, present->handle, &size);
    if (bytes == NULL || buffer->tiling > GEMD_TILING_X) {
        return false;
    }
    const bool tiled = buffer->tiling == GEMD_TILING_X;
    const enum gemd_format format = format_of_flags(present->flags);
    if (!gen3_surface_extent(tiled ? GEN3_TILED_X : GEN3_LINEAR, present->stride,
                             (uint64_t)window->width * format_bytes(format), window->height,
                             &extent) ||
        extent > size || present->offset > size - extent) {
        return false;
    }
    *frame = (struct player_frame){.window = present->window,
                                   .width = window->width,
                                   .height = window->height,
                                   .stride = present->stride,
                                   .format = format,
                                   .pixels = bytes + present->offset};
    return !tiled || untile(player, frame->pixels, frame);
}

static bool show_frame(struct player *player, struct player_frame *frame)
{
    struct player_result *result = player->result;
    const struct player_options *options = player->options;
    frame->number = ++result->frames;
    frame->hash = hash_frame(frame);
    (void)XXH3_64bits_update(player->frames, &frame->hash, sizeof(frame->hash));
    player->windows[frame->window].last = *frame;
    if (options->on_frame != NULL && !options->on_frame(options->data, frame)) {
        result->stopped = true;
    }
    result->stopped = result->stopped || result->frames == options->last_frame;
    return !result->stopped;
}

static bool play_present(struct player *player, const struct gemd_record_header *header)
{
    struct gemd_record_present present;
    struct player_frame frame;
    memcpy(&present, header, sizeof(present));
    if (present.window >= GEMD_WINDOWS_MAX || !player->windows[present.window].there) {
        player->result->skipped++;
        return true;
    }
    struct window *window = &player->windows[present.window];
    const bool shows = find_frame(player, &present, &frame);
    present.window = window->slot;
    present.serial = window->serial + 1;
    present.seqno = present.seqno != 0 ? player->wire.submitted : 0;
    present.interval = 0; /* the screen's pace is not the recording's */
    present.flags = GEMD_PRESENT_MAILBOX | (present.flags & GEMD_PRESENT_FORMAT_MASK);
    if (!wire_put(&player->wire, &present, sizeof(present))) {
        return player_goes_on(player);
    }
    window->serial++;
    return !shows || show_frame(player, &frame);
}

static bool play_plain(struct player *player, const struct gemd_record_header *header)
{
    return wire_put(&player->wire, header, header->size) || player_goes_on(player);
}

bool player_play_record(struct player *player, const struct recording_item *item)
{
    const struct recording_record *record = (const void *)item;
    const struct gemd_record_header *header = recording_file_record(item);
    switch (header->type) {
    case GEMD_RECORD_SUBMIT:
        return play_submit(player, record, header);
    case GEMD_RECORD_CREATE:
        return play_create(player, header);
    case GEMD_RECORD_CLOSE:
        return play_close(player, header);
    case GEMD_RECORD_PRESENT:
        return play_present(player, header);
    case GEMD_RECORD_MADVISE:
        return play_plain(player, header);
    default:
        player->result->skipped++; /* one batch after the other: nothing is to be waited for */
        return true;
    }
}
