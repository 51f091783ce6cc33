/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/validator/stream_file.h"
#include "hw/gen3/command.h"

enum { LARGEST_STREAM = 1 << 30 }; /* bytes; what is larger is no command stream */

uint8_t *stream_read_all(const char *path, size_t *size)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t room = 0;
    *size = 0;
    if (file == NULL) {
        fprintf(stderr, "gemctl: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    while (!feof(file) && !ferror(file) && room < LARGEST_STREAM) {
        room = room == 0 ? 65536 : 2 * room;
        uint8_t *more = realloc(bytes, room);
        if (more == NULL) {
            break;
        }
        bytes = more;
        *size += fread(bytes + *size, 1, room - *size, file);
    }
    bool whole = feof(file) && !ferror(file);
    if (file != stdin) {
        fclose(file);
    }
    if (!whole) {
        fprintf(stderr, "gemctl: %s: cannot be read whole\n", path);
        free(bytes);
        return NULL;
    }
    return bytes;
}

static bool allocate(struct stream_batch *batch, size_t words, size_t relocs, size_t buffers)
{
    /* never empty: NULL is for failure */
    batch->words = calloc(words + 1, sizeof(*batch->words));
    batch->relocs = calloc(relocs + 1, sizeof(*batch->relocs));
    batch->buffers = calloc(buffers + 1, sizeof(*batch->buffers));
    if (batch->words == NULL || batch->relocs == NULL || batch->buffers == NULL) {
        fputs("gemctl: out of memory\n", stderr);
        return false;
    }
    batch->job.words = batch->words;
    batch->job.relocs = batch->relocs;
    batch->job.buffers = batch->buffers;
    batch->job.word_count = words;
    batch->job.reloc_count = relocs;
    batch->job.buffer_count = buffers;
    return true;
}

void stream_batch_free(struct stream_batch *batch)
{
    free(batch->words);
    free(batch->relocs);
    free(batch->buffers);
    *batch = (struct stream_batch){0};
}

static int next_record(struct stream_cursor *cursor, struct stream_batch *batch)
{
    struct stream_record record;
    char reason[128];
    if (stream_file_open(cursor->bytes + cursor->at, cursor->size - cursor->at, &record, reason) !=
        0) {
        fprintf(stderr, "gemctl: %s: byte %zu: %s\n", cursor->path, cursor->at, reason);
        return -1;
    }
    if (!allocate(batch, record.word_count, record.reloc_count, record.buffer_count)) {
        return -1;
    }
    stream_file_read(&record, batch->buffers, batch->relocs, batch->words);
    batch->job.pci_device = record.pci_device;
    batch->session = record.session;
    batch->seqno = record.seqno;
    cursor->at += record.size;
    return 1;
}

/* ---- raw files ---- */

static uint32_t length_at(const uint32_t *words, size_t count)
{
    const struct gen3_command *command = gen3_command_find(words[0]);
    uint32_t length = command != NULL ? gen3_command_length(command, words[0]) : 0;
    return length == 0 ? 1 : length < count ? length : (uint32_t)count;
}

/* Dwords of the stream that 'words' begins with: up to its end, and the padding behind. */
static size_t stream_length(const uint32_t *words, size_t count)
{
    size_t i = 0;
    while (i < count) {
        const struct gen3_command *command = gen3_command_find(words[i]);
        i += length_at(words + i, count - i);
        if (command != NULL && command->id == GEN3_MI_BATCH_BUFFER_END) {
            break;
        }
    }
    while (i < count && words[i] == 0) {
        i++;
    }
    return i;
}

/* Tiling and pitch of what an address names, as the words around it say. */
static void guess_surface(const struct gen3_command *command, const uint32_t *dw, uint32_t offset,
                          struct validator_buffer *buffer)
{
    bool tiled = false, walk_y = false;
    if (command->id == GEN3_3DSTATE_BUF_INFO) {
        tiled = dw[1] >> 22 & 1;
        walk_y = dw[1] >> 21 & 1;
        buffer->pitch = dw[1] & 0x3ffc;
    } else if (command->id == GEN3_3DSTATE_MAP_STATE) {
        tiled = dw[offset + 1] >> 1 & 1;
        walk_y = dw[offset + 1] & 1;
        buffer->pitch = ((dw[offset + 2] >> 21) + 1) * 4;
    }
    buffer->tiling = !tiled ? GEN3_LINEAR : walk_y ? GEN3_TILED_Y : GEN3_TILED_X;
}

/* Every address is the start of a buffer of its own. */
static void guess_command(struct stream_batch *batch, const struct stream_guess *guess, size_t at,
                          uint32_t length)
{
    struct gen3_address addresses[GEN3_ADDRESSES_MAX];
    const uint32_t *dw = batch->words + at;
    const struct gen3_command *command = gen3_command_find(dw[0]);
    size_t count = command != NULL ? gen3_command_addresses(command, dw, length, addresses) : 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t offset = addresses[i].dword;
        const size_t n = batch->job.reloc_count;
        const bool is_s0 = command->id == GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1;
        const bool is_map = command->id == GEN3_3DSTATE_MAP_STATE;
        if ((is_s0 && dw[offset] == 0) || (is_map && offset + 2 >= length)) {
            continue; /* no vertex buffer; cut short */
        }
        const uint64_t reach = (is_s0 ? UINT64_C(1) << 28 : UINT64_C(1) << 29);
        struct validator_buffer *buffer = &batch->buffers[n];
        *buffer = (struct validator_buffer){.id = (uint32_t)n + 1,
                                            .gtt_address = dw[offset],
                                            .rights = VALIDATOR_READ | VALIDATOR_WRITE};
        buffer->size = guess->buffer_bytes != 0       ? guess->buffer_bytes
                       : dw[offset] < (uint32_t)reach ? reach - dw[offset]
                                                      : 4096;
        guess_surface(command, dw, offset, buffer);
        const uint32_t use = addresses[i].use & (GEN3_READ | GEN3_WRITE);
        batch->relocs[n] = (struct validator_reloc){(uint32_t)(at + offset), (uint32_t)n, 0, use};
        batch->job.reloc_count = batch->job.buffer_count = n + 1;
    }
}

static int next_raw(struct stream_cursor *cursor, const struct stream_guess *guess,
                    struct stream_batch *batch)
{
    const uint32_t *words = (const uint32_t *)(const void *)(cursor->bytes + cursor->at);
    const size_t left = (cursor->size - cursor->at) / 4;
    if (left == 0) {
        fprintf(stderr, "gemctl: %s: %zu bytes are no whole number of dwords\n", cursor->path,
                cursor->size);
        return -1;
    }
    const size_t count = stream_length(words, left);
    if (!allocate(batch, count, count, count)) {
        return -1;
    }
    memcpy(batch->words, words, 4 * count);
    batch->raw = true;
    batch->seqno = cursor->number + 1;
    batch->job.pci_device = guess->pci_device;
    batch->job.reloc_count = batch->job.buffer_count = 0;
    for (size_t i = 0; i < count;) {
        const uint32_t length = length_at(batch->words + i, count - i);
        guess_command(batch, guess, i, length);
        i += length;
    }
    cursor->at += 4 * count;
    return 1;
}

int stream_next(struct stream_cursor *cursor, const struct stream_guess *guess,
                struct stream_batch *batch)
{
    *batch = (struct stream_batch){0};
    if (cursor->at == cursor->size) {
        return 0;
    }
    int result = stream_file_is(cursor->bytes, cursor->size) ? next_record(cursor, batch)
                                                             : next_raw(cursor, guess, batch);
    if (result < 0) {
        stream_batch_free(batch);
    }
    cursor->number += result > 0;
    return result;
}
