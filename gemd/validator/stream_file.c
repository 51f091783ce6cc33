/* SPDX-License-Identifier: MIT */
#include "gemd/validator/stream_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAGIC_BYTES   (sizeof(STREAM_FILE_MAGIC) - 1)
#define HEADER_DWORDS 9u /* the magic's two, and seven */
#define BUFFER_DWORDS 8u
#define RELOC_DWORDS  4u

static uint32_t get(const uint8_t *bytes, size_t dword)
{
    const uint8_t *at = bytes + 4 * dword;

    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint8_t *put(uint8_t *to, uint32_t dword)
{
    to[0] = (uint8_t)dword;
    to[1] = (uint8_t)(dword >> 8);
    to[2] = (uint8_t)(dword >> 16);
    to[3] = (uint8_t)(dword >> 24);
    return to + 4;
}

bool stream_file_is(const uint8_t *bytes, size_t size)
{
    return size >= MAGIC_BYTES && memcmp(bytes, STREAM_FILE_MAGIC, MAGIC_BYTES) == 0;
}

static uint64_t record_dwords(uint64_t words, uint64_t relocs, uint64_t buffers)
{
    return HEADER_DWORDS + words + relocs * RELOC_DWORDS + buffers * BUFFER_DWORDS;
}

/* What the validator's types cannot say is no record. */
static bool buffers_are_sound(const struct stream_record *record)
{
    for (uint32_t i = 0; i < record->buffer_count; i++) {
        const uint8_t *at = record->body + (size_t)4 * BUFFER_DWORDS * i;

        if (get(at, 4) > GEN3_TILED_Y || get(at, 6) > (VALIDATOR_READ | VALIDATOR_WRITE) ||
            get(at, 7) != 0) {
            return false;
        }
    }
    return true;
}

int stream_file_open(const uint8_t *bytes, size_t size, struct stream_record *record,
                     char reason[128])
{
    if (!stream_file_is(bytes, size) || size < 4 * HEADER_DWORDS) {
        snprintf(reason, 128, "no record of a command stream");
        return -EINVAL;
    }
    *record = (struct stream_record){
        .pci_device = (uint16_t)get(bytes, 2),
        .session = get(bytes, 3),
        .seqno = get(bytes, 4) | (uint64_t)get(bytes, 5) << 32,
        .word_count = get(bytes, 6),
        .reloc_count = get(bytes, 7),
        .buffer_count = get(bytes, 8),
        .body = bytes + 4 * HEADER_DWORDS,
    };
    uint64_t need =
        4 * record_dwords(record->word_count, record->reloc_count, record->buffer_count);
    if (get(bytes, 2) > UINT16_MAX || record->word_count > STREAM_FILE_MAX_WORDS ||
        record->reloc_count > STREAM_FILE_MAX_RELOCS ||
        record->buffer_count > STREAM_FILE_MAX_BUFFERS) {
        snprintf(reason, 128, "%u words, %u relocations, %u buffers are more than records have",
                 record->word_count, record->reloc_count, record->buffer_count);
        return -EINVAL;
    }
    if (need > size) {
        snprintf(reason, 128, "the record of %llu bytes is cut after %zu", (unsigned long long)need,
                 size);
        return -EINVAL;
    }
    record->size = (size_t)need;
    if (!buffers_are_sound(record)) {
        snprintf(reason, 128, "a buffer with unknown tiling or rights");
        return -EINVAL;
    }
    return 0;
}

void stream_file_read(const struct stream_record *record, struct validator_buffer *buffers,
                      struct validator_reloc *relocs, uint32_t *words)
{
    const uint8_t *at = record->body;

    for (uint32_t i = 0; i < record->buffer_count; i++, at += 4 * BUFFER_DWORDS) {
        buffers[i] = (struct validator_buffer){
            .id = get(at, 0),
            .gtt_address = get(at, 1),
            .size = get(at, 2) | (uint64_t)get(at, 3) << 32,
            .tiling = (enum gen3_tiling)get(at, 4),
            .pitch = get(at, 5),
            .rights = get(at, 6),
        };
    }
    for (uint32_t i = 0; i < record->reloc_count; i++, at += 4 * RELOC_DWORDS) {
        relocs[i] = (struct validator_reloc){get(at, 0), get(at, 1), get(at, 2), get(at, 3)};
    }
    for (uint32_t i = 0; i < record->word_count; i++) {
        words[i] = get(at, i);
    }
}

size_t stream_file_size(const struct validator_job *job)
{
    return (size_t)(4 * record_dwords(job->word_count, job->reloc_count, job->buffer_count));
}

void stream_file_write(const struct validator_job *job, uint32_t session, uint64_t seqno,
                       uint8_t *to)
{
    const uint32_t header[] = {job->pci_device,
                               session,
                               (uint32_t)seqno,
                               (uint32_t)(seqno >> 32),
                               (uint32_t)job->word_count,
                               (uint32_t)job->reloc_count,
                               (uint32_t)job->buffer_count};

    memcpy(to, STREAM_FILE_MAGIC, MAGIC_BYTES);
    to += MAGIC_BYTES;
    for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++) {
        to = put(to, header[i]);
    }
    for (size_t i = 0; i < job->buffer_count; i++) {
        const struct validator_buffer *b = &job->buffers[i];
        const uint32_t buffer[BUFFER_DWORDS] = {b->id,
                                                b->gtt_address,
                                                (uint32_t)b->size,
                                                (uint32_t)(b->size >> 32),
                                                (uint32_t)b->tiling,
                                                b->pitch,
                                                b->rights,
                                                0};

        for (size_t d = 0; d < BUFFER_DWORDS; d++) {
            to = put(to, buffer[d]);
        }
    }
    for (size_t i = 0; i < job->reloc_count; i++) {
        const struct validator_reloc *r = &job->relocs[i];

        to = put(put(put(put(to, r->dword), r->buffer), r->delta), r->use);
    }
    for (size_t i = 0; i < job->word_count; i++) {
        to = put(to, job->words[i]);
    }
}
