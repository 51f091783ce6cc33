/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/reducer.h"

#include <stdlib.h>
#include <string.h>

#include "hw/gen3/command.h"
#include "proto/codec.h"
#include "proto/ring.h"
#include "tools/gemctl/recording_writer.h"

#define COMPRESSION_LEVEL 3

static uint32_t record_type(const struct recording_item *item)
{
    return item->type == RECORDING_RECORD ? recording_file_record(item)->type : 0;
}

/* ---- its packets ---- */

static uint32_t length_at(const uint32_t *words, uint32_t count)
{
    const struct gen3_command *command = gen3_command_find(words[0]);
    uint32_t length = command != NULL ? gen3_command_length(command, words[0]) : 0;
    return length == 0 ? 1 : length < count ? length : count;
}

static const uint32_t *words_of(const struct recording_item *item, uint32_t *count)
{
    const struct gemd_record_submit *submit = (const void *)recording_file_record(item);
    *count = submit->word_count;
    return (const uint32_t *)(const void *)(submit + 1);
}

static bool split(struct reducer_batch *batch, const struct recording_item *item)
{
    uint32_t count;
    const uint32_t *words = words_of(item, &count);
    batch->packets = calloc(count, sizeof(batch->packets[0]));
    for (uint32_t i = 0; batch->packets != NULL && i < count;) {
        const uint32_t length = length_at(words + i, count - i);
        batch->packets[batch->count++] = (struct reducer_packet){i, length, true};
        i += length;
    }
    return batch->packets != NULL;
}

/* What a batch cannot do without in any case, or what is nothing. */
static bool is_fixed(const uint32_t *words, const struct reducer_packet *packet)
{
    const struct gen3_command *command = gen3_command_find(words[packet->first]);
    return command != NULL &&
           (command->id == GEN3_MI_BATCH_BUFFER_END || command->id == GEN3_MI_NOOP);
}

/* ---- its beginning and its end ---- */

static bool is_wanted(const struct recording_item *item)
{
    const struct recording_message *message = (const void *)item;
    switch (item->type) {
    case RECORDING_RETIRED:
    case RECORDING_FRAME:
    case RECORDING_FLIP:
        return false;
    case RECORDING_MESSAGE:
        return message->direction == RECORDING_TO_DAEMON;
    case RECORDING_RECORD:
        return record_type(item) != GEMD_RECORD_SYNC && record_type(item) != GEMD_RECORD_WAIT;
    default:
        return true;
    }
}

bool reducer_init(struct reducer *reducer, const struct recording_file *file,
                  bool (*test)(void *data), void *data)
{
    *reducer = (struct reducer){.file = file, .test = test, .data = data};
    reducer->kept = calloc(file->count, sizeof(reducer->kept[0]));
    reducer->batches = calloc(file->count, sizeof(reducer->batches[0]));
    reducer->record = malloc(RECORDING_ITEM_MAX + sizeof(struct recording_record));
    if (reducer->kept == NULL || reducer->batches == NULL || reducer->record == NULL) {
        return false;
    }
    for (size_t i = 0; i < file->count; i++) {
        reducer->kept[i] = is_wanted(file->items[i]);
        if (record_type(file->items[i]) == GEMD_RECORD_SUBMIT) {
            struct reducer_batch *batch = &reducer->batches[reducer->batch_count++];
            batch->item = i;
            if (!split(batch, file->items[i])) {
                return false;
            }
        }
    }
    return true;
}

static void free_parts(struct reducer *reducer)
{
    for (size_t i = 0; i < reducer->part_count; i++) {
        free(reducer->parts[i].kept);
    }
    free(reducer->parts);
    reducer->parts = NULL;
    reducer->part_count = 0;
}

void reducer_finish(struct reducer *reducer)
{
    free_parts(reducer);
    for (size_t i = 0; i < reducer->batch_count; i++) {
        free(reducer->batches[i].packets);
    }
    free(reducer->batches);
    free(reducer->kept);
    free(reducer->record);
    *reducer = (struct reducer){0};
}

/* ---- parts ---- */

static bool grow(void *array, size_t count, size_t size)
{
    void **pointer = array;
    if ((count & (count - 1)) != 0 && count != 0) {
        return true;
    }
    void *larger = realloc(*pointer, (count == 0 ? 1 : 2 * count) * size);
    if (larger != NULL) {
        *pointer = larger;
    }
    return larger != NULL;
}

/* One more in the last part, or in a new one; out of memory: it stays as it is. */
static void add(struct reducer *reducer, bool *kept, bool fresh)
{
    if (fresh || reducer->part_count == 0) {
        if (!grow(&reducer->parts, reducer->part_count, sizeof(reducer->parts[0]))) {
            return;
        }
        reducer->parts[reducer->part_count++] = (struct reducer_part){0};
    }
    struct reducer_part *part = &reducer->parts[reducer->part_count - 1];
    if (grow(&part->kept, part->count, sizeof(part->kept[0]))) {
        part->kept[part->count++] = kept;
    }
}

static bool belongs(const struct recording_item *item, enum reducer_stage stage)
{
    const uint32_t record = record_type(item);
    const bool drawn = record == GEMD_RECORD_SUBMIT || record == GEMD_RECORD_PRESENT;
    switch (stage) {
    case REDUCER_FRAMES:
        return drawn || item->type == RECORDING_PAGES;
    case REDUCER_BATCHES:
        return drawn;
    case REDUCER_CONTENTS:
        return item->type == RECORDING_PAGES;
    case REDUCER_OBJECTS:
        return !drawn && item->type != RECORDING_PAGES && item->type != RECORDING_BEGIN &&
               item->type != RECORDING_END;
    default:
        return false;
    }
}

static void find_item_parts(struct reducer *reducer, enum reducer_stage stage)
{
    bool fresh = true;
    for (size_t i = 0; i < reducer->file->count; i++) {
        const struct recording_item *item = reducer->file->items[i];
        if (!reducer->kept[i] || !belongs(item, stage)) {
            continue;
        }
        add(reducer, &reducer->kept[i], fresh);
        fresh = stage != REDUCER_FRAMES || record_type(item) == GEMD_RECORD_PRESENT;
    }
}

static void find_packet_parts(struct reducer *reducer)
{
    for (size_t i = 0; i < reducer->batch_count; i++) {
        struct reducer_batch *batch = &reducer->batches[i];
        uint32_t count;
        const uint32_t *words = words_of(reducer->file->items[batch->item], &count);
        for (size_t j = 0; reducer->kept[batch->item] && j < batch->count; j++) {
            struct reducer_packet *packet = &batch->packets[j];
            if (packet->kept && !is_fixed(words, packet)) {
                add(reducer, &packet->kept, true);
            }
        }
    }
}

static void set(struct reducer *reducer, size_t from, size_t to, bool kept)
{
    for (size_t i = from; i < to; i++) {
        for (size_t j = 0; j < reducer->parts[i].count; j++) {
            *reducer->parts[i].kept[j] = kept;
        }
    }
}

/* The parts that went are moved behind those that are left. */
static void drop(struct reducer *reducer, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        free(reducer->parts[i].kept);
    }
    memmove(&reducer->parts[from], &reducer->parts[to],
            (reducer->part_count - to) * sizeof(reducer->parts[0]));
    reducer->part_count -= to - from;
}

/* One walk from the end, 'chunk' parts at a time. */
static bool walk(struct reducer *reducer, size_t chunk)
{
    bool any = false;
    for (size_t end = reducer->part_count; end > 0;) {
        const size_t begin = end > chunk ? end - chunk : 0;
        set(reducer, begin, end, false);
        if (reducer->test(reducer->data)) {
            drop(reducer, begin, end);
            any = true;
        } else {
            set(reducer, begin, end, true);
        }
        end = begin;
    }
    return any;
}

bool reducer_run(struct reducer *reducer, enum reducer_stage stage)
{
    bool any = false;
    if (stage == REDUCER_PACKETS) {
        find_packet_parts(reducer);
    } else {
        find_item_parts(reducer, stage);
    }
    for (size_t chunk = reducer->part_count; chunk > 0;) {
        const bool went = walk(reducer, chunk);
        any = any || went;
        /* Singles again as long as one goes: what needed it may go now. */
        chunk = chunk > 1 ? (chunk + 1) / 2 : went ? 1 : 0;
    }
    free_parts(reducer);
    return any;
}

void reducer_compact(struct reducer *reducer)
{
    reducer->compact = true;
    reducer->compact = reducer->test(reducer->data);
}

/* ---- what is left ---- */

/* A batch that is written anew: what it takes of the recorded one. */
struct rewrite {
    const struct reducer_batch *batch;
    const uint32_t *words;
    const struct gemd_reloc *relocs;
    const uint32_t *buffers;
    struct gemd_record_submit submit;
    struct gemd_record_submit *to;
    uint32_t *used; /* by buffer: its new index, or UINT32_MAX */
};

static bool is_whole(const struct reducer_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (!batch->packets[i].kept) {
            return false;
        }
    }
    return true;
}

/* The packet of a dword; they are in order, 'at' is where to look first. */
static const struct reducer_packet *packet_of(const struct reducer_batch *batch, uint32_t dword,
                                              size_t *at)
{
    while (*at < batch->count && dword >= batch->packets[*at].first + batch->packets[*at].length) {
        (*at)++;
    }
    return *at < batch->count ? &batch->packets[*at] : NULL;
}

static uint32_t put_words(const struct rewrite *rewrite, uint32_t *to, bool compact)
{
    uint32_t count = 0;
    for (size_t i = 0; i < rewrite->batch->count; i++) {
        const struct reducer_packet *packet = &rewrite->batch->packets[i];
        const bool noop = rewrite->words[packet->first] == 0;
        if (compact && (!packet->kept || noop)) {
            continue;
        }
        for (uint32_t j = 0; j < packet->length; j++) {
            to[count++] = packet->kept ? rewrite->words[packet->first + j] : 0;
        }
    }
    while (count == 0 || count % 2 != 0) {
        to[count++] = 0; /* MI_NOOP */
    }
    return count;
}

/* Where a dword of a packet that is kept comes to lie. */
static uint32_t new_place(const struct rewrite *rewrite, const struct reducer_packet *packet,
                          uint32_t dword)
{
    uint32_t gone = 0;
    for (const struct reducer_packet *p = rewrite->batch->packets; p < packet; p++) {
        gone += !p->kept || rewrite->words[p->first] == 0 ? p->length : 0;
    }
    return dword - gone;
}

static uint32_t put_relocs(const struct rewrite *rewrite, struct gemd_reloc *to, bool compact)
{
    uint32_t count = 0;
    size_t at = 0;
    for (uint32_t i = 0; i < rewrite->submit.reloc_count; i++) {
        struct gemd_reloc reloc;
        memcpy(&reloc, &rewrite->relocs[i], sizeof(reloc));
        /* Those that make no sense, which the daemon refuses, stay with the batch's beginning. */
        const struct reducer_packet *packet = packet_of(rewrite->batch, reloc.dword, &at);
        if (packet != NULL && reloc.dword >= packet->first && !packet->kept) {
            continue;
        }
        if (compact && packet != NULL && reloc.dword >= packet->first) {
            reloc.dword = new_place(rewrite, packet, reloc.dword);
        }
        memcpy(&to[count++], &reloc, sizeof(reloc));
    }
    return count;
}

/* Leaves buffers out that no relocation names. */
static uint32_t put_buffers(const struct rewrite *rewrite, struct gemd_reloc *relocs,
                            uint32_t reloc_count, uint32_t *to, bool compact)
{
    const uint32_t listed = rewrite->submit.buffer_count;
    uint32_t count = 0;
    if (!compact || rewrite->used == NULL) {
        memcpy(to, rewrite->buffers, (size_t)listed * 4);
        return listed;
    }
    memset(rewrite->used, 0, (size_t)listed * 4);
    for (uint32_t i = 0; i < reloc_count; i++) {
        if (relocs[i].buffer < listed) {
            rewrite->used[relocs[i].buffer] = 1;
        }
    }
    for (uint32_t i = 0; i < listed; i++) {
        if (rewrite->used[i] != 0) {
            memcpy(&to[count], &rewrite->buffers[i], 4);
            rewrite->used[i] = count++;
        }
    }
    for (uint32_t i = 0; i < reloc_count; i++) {
        if (relocs[i].buffer < listed) {
            relocs[i].buffer = rewrite->used[relocs[i].buffer];
        }
    }
    return count;
}

/* The item of a batch of which packets are gone; in reducer->record. */
static const struct recording_item *rewrite_batch(const struct reducer *reducer,
                                                  const struct reducer_batch *batch)
{
    const struct recording_item *item = reducer->file->items[batch->item];
    const struct gemd_record_submit *from = (const void *)recording_file_record(item);
    const struct ring_submit layout =
        ring_submit_layout(from->word_count, from->reloc_count, from->buffer_count);
    const uint8_t *bytes = (const uint8_t *)from;
    struct rewrite rewrite = {.batch = batch,
                              .words = (const void *)(bytes + layout.words),
                              .relocs = (const void *)(bytes + layout.relocs),
                              .buffers = (const void *)(bytes + layout.buffers),
                              .submit = *from};
    struct recording_record *head = (void *)reducer->record;
    struct gemd_record_submit *to = (void *)(head + 1);
    uint32_t *words = (void *)(to + 1);
    memset(head, 0, item->size);
    *head = *(const struct recording_record *)(const void *)item;
    *to = *from;
    rewrite.used = malloc((size_t)from->buffer_count * 4 + 4);
    to->word_count = put_words(&rewrite, words, reducer->compact);
    struct gemd_reloc *relocs = (void *)(words + to->word_count);
    to->reloc_count = put_relocs(&rewrite, relocs, reducer->compact);
    uint32_t *buffers = (void *)(relocs + to->reloc_count);
    to->buffer_count = put_buffers(&rewrite, relocs, to->reloc_count, buffers, reducer->compact);
    free(rewrite.used);
    const uint64_t size =
        ring_submit_layout(to->word_count, to->reloc_count, to->buffer_count).size;
    to->header.size = (uint32_t)size;
    head->item.size = (uint32_t)(sizeof(*head) + size);
    return &head->item;
}

static void put_item(const struct reducer *reducer, struct recording_writer *writer, size_t i,
                     const struct reducer_batch **batch)
{
    const struct recording_item *item = reducer->file->items[i];
    while (*batch < reducer->batches + reducer->batch_count && (*batch)->item < i) {
        (*batch)++;
    }
    if (!reducer->kept[i]) {
        return;
    }
    const bool is_batch = record_type(item) == GEMD_RECORD_SUBMIT;
    if (is_batch && (reducer->compact || !is_whole(*batch))) {
        recording_writer_put(writer, rewrite_batch(reducer, *batch), NULL);
    } else if (item->type == RECORDING_PAGES) {
        recording_writer_put(writer, item,
                             recording_file_content(reducer->file, (const void *)item));
    } else {
        recording_writer_put(writer, item, NULL);
    }
}

int reducer_write(const struct reducer *reducer, const char *path)
{
    struct recording_writer writer;
    int error = recording_writer_open(&writer, path, COMPRESSION_LEVEL);
    if (error != 0) {
        return error;
    }
    const struct reducer_batch *batch = reducer->batches;
    for (size_t i = 0; i < reducer->file->count; i++) {
        put_item(reducer, &writer, i, &batch);
    }
    if (!reducer->file->whole) {
        struct recording_end end = {.item = {RECORDING_END, sizeof(end), 0},
                                    .reason = RECORDING_STOPPED};
        codec_set_text(end.text, sizeof(end.text), "the file that this was made of was cut");
        recording_writer_put(&writer, &end.item, NULL);
    }
    return recording_writer_close(&writer);
}

void reducer_measure(const struct reducer *reducer, struct reducer_size *size)
{
    *size = (struct reducer_size){0};
    for (size_t i = 0; i < reducer->file->count; i++) {
        const struct recording_item *item = reducer->file->items[i];
        size->items += reducer->kept[i];
        size->frames += reducer->kept[i] && record_type(item) == GEMD_RECORD_PRESENT;
        size->pages += reducer->kept[i] && item->type == RECORDING_PAGES;
    }
    for (size_t i = 0; i < reducer->batch_count; i++) {
        const struct reducer_batch *batch = &reducer->batches[i];
        uint32_t count;
        const uint32_t *words = words_of(reducer->file->items[batch->item], &count);
        if (!reducer->kept[batch->item]) {
            continue;
        }
        size->batches++;
        for (size_t j = 0; j < batch->count; j++) {
            size->packets += batch->packets[j].kept && !is_fixed(words, &batch->packets[j]);
        }
    }
}

const char *reducer_stage_name(enum reducer_stage stage)
{
    static const char *const names[] = {
        [REDUCER_FRAMES] = "frames",     [REDUCER_BATCHES] = "batches",
        [REDUCER_CONTENTS] = "contents", [REDUCER_OBJECTS] = "objects",
        [REDUCER_PACKETS] = "packets",
    };
    return names[stage];
}
