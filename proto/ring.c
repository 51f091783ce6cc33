/* SPDX-License-Identifier: MIT */
#include "proto/ring.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const struct ring_record ring_records[] = {
    {GEMD_RECORD_PAD, sizeof(struct gemd_record_header), true, "PAD", "gemd_record_header"},
    {GEMD_RECORD_CREATE, sizeof(struct gemd_record_create), false, "CREATE", "gemd_record_create"},
    {GEMD_RECORD_CLOSE, sizeof(struct gemd_record_close), false, "CLOSE", "gemd_record_close"},
    {GEMD_RECORD_SUBMIT, sizeof(struct gemd_record_submit), true, "SUBMIT", "gemd_record_submit"},
    {GEMD_RECORD_PRESENT, sizeof(struct gemd_record_present), false, "PRESENT",
     "gemd_record_present"},
    {GEMD_RECORD_WAIT, sizeof(struct gemd_record_wait), false, "WAIT", "gemd_record_wait"},
    {GEMD_RECORD_SYNC, sizeof(struct gemd_record_header), false, "SYNC", "gemd_record_header"},
    {GEMD_RECORD_MADVISE, sizeof(struct gemd_record_madvise), false, "MADVISE",
     "gemd_record_madvise"},
};
const size_t ring_record_count = sizeof(ring_records) / sizeof(ring_records[0]);

const struct ring_record *ring_record(uint32_t type)
{
    for (size_t i = 0; i < ring_record_count; i++) {
        if (ring_records[i].type == type) {
            return &ring_records[i];
        }
    }
    return NULL;
}

bool ring_bytes_valid(uint32_t ring_bytes)
{
    return ring_bytes >= RING_BYTES_MIN && ring_bytes <= RING_BYTES_MAX &&
           (ring_bytes & (ring_bytes - 1)) == 0;
}

uint64_t ring_file_size(uint32_t ring_bytes)
{
    return (uint64_t)GEMD_RING_DATA_OFFSET + ring_bytes;
}

uint64_t ring_record_max(uint32_t ring_bytes)
{
    return ring_bytes / 2;
}

/* Bytes from a position to the end of the data area. */
static uint64_t bytes_to_end(uint32_t ring_bytes, uint64_t position)
{
    return ring_bytes - (position & (ring_bytes - 1));
}

int ring_place(uint32_t ring_bytes, uint64_t head, uint64_t tail, uint64_t size, uint64_t *pad)
{
    if (size > ring_record_max(ring_bytes)) {
        return -E2BIG;
    }
    uint64_t end = bytes_to_end(ring_bytes, tail);
    uint64_t used = tail - head;
    *pad = size > end ? end : 0;
    return used > ring_bytes || ring_bytes - used < size + *pad ? -EAGAIN : 0;
}

/* Whether a record's size is what its type allows. */
static bool size_fits(const struct ring_record *row, const struct gemd_record_header *header,
                      uint64_t end)
{
    if (header->type == GEMD_RECORD_PAD) {
        return header->size == end;
    }
    return row->grows ? header->size >= row->size : header->size == row->size;
}

int ring_peek(const void *data, uint32_t ring_bytes, uint64_t head, uint64_t tail,
              struct gemd_record_header *header, char reason[GEMD_TEXT_MAX])
{
    uint64_t used = tail - head;
    uint64_t end = bytes_to_end(ring_bytes, head);
    if (used == 0) {
        return 0;
    }
    if (used > ring_bytes || used % RING_ALIGN != 0) {
        snprintf(reason, GEMD_TEXT_MAX,
                 "ring: tail %" PRIu64 " does not follow head %" PRIu64 " in a ring of %u bytes",
                 tail, head, ring_bytes);
        return -EPROTO;
    }
    const struct gemd_record_header *shared =
        (const void *)((const uint8_t *)data + (head & (ring_bytes - 1)));
    header->type = __atomic_load_n(&shared->type, __ATOMIC_RELAXED);
    header->size = __atomic_load_n(&shared->size, __ATOMIC_RELAXED);

    const struct ring_record *row = ring_record(header->type);
    if (row == NULL) {
        snprintf(reason, GEMD_TEXT_MAX, "ring: unknown record type %u at %" PRIu64, header->type,
                 head);
        return -EPROTO;
    }
    if (header->size % RING_ALIGN != 0 || header->size > used || header->size > end ||
        !size_fits(row, header, end)) {
        snprintf(reason, GEMD_TEXT_MAX,
                 "ring: %s at %" PRIu64 " has a wrong size of %u bytes (%" PRIu64
                 " written, %" PRIu64 " to the ring's end)",
                 row->name, head, header->size, used, end);
        return -EPROTO;
    }
    return 1;
}

struct ring_submit ring_submit_layout(uint32_t word_count, uint32_t reloc_count,
                                      uint32_t buffer_count)
{
    struct ring_submit layout;
    layout.words = sizeof(struct gemd_record_submit);
    layout.relocs = layout.words + (uint64_t)word_count * sizeof(uint32_t);
    layout.buffers = layout.relocs + (uint64_t)reloc_count * sizeof(struct gemd_reloc);
    layout.size = layout.buffers + (uint64_t)buffer_count * sizeof(uint32_t);
    layout.size = (layout.size + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
    return layout;
}

static int over_limit(const char *what, uint32_t count, uint32_t limit, char reason[GEMD_TEXT_MAX])
{
    if (count <= limit) {
        return 0;
    }
    snprintf(reason, GEMD_TEXT_MAX, "submit: %u %s, at most %u", count, what, limit);
    return -E2BIG;
}

int ring_submit_check(const struct gemd_record_submit *submit, const struct ring_limits *limits,
                      struct ring_submit *layout, char reason[GEMD_TEXT_MAX])
{
    *layout = ring_submit_layout(submit->word_count, submit->reloc_count, submit->buffer_count);
    if (submit->header.size != layout->size) {
        snprintf(reason, GEMD_TEXT_MAX,
                 "submit: record of %u bytes, but its %u words, %u relocations and %u buffers take "
                 "%" PRIu64,
                 submit->header.size, submit->word_count, submit->reloc_count, submit->buffer_count,
                 layout->size);
        return -EINVAL;
    }
    if (over_limit("words", submit->word_count, limits->words, reason) < 0 ||
        over_limit("relocations", submit->reloc_count, limits->relocs, reason) < 0 ||
        over_limit("buffers", submit->buffer_count, limits->buffers, reason) < 0) {
        return -E2BIG;
    }
    if (submit->word_count == 0 || submit->word_count % 2 != 0) {
        snprintf(reason, GEMD_TEXT_MAX, "submit: %u words, must be even and not 0",
                 submit->word_count);
        return -EINVAL;
    }
    if (submit->flags != 0) {
        snprintf(reason, GEMD_TEXT_MAX, "submit: flags 0x%x, must be 0", submit->flags);
        return -EINVAL;
    }
    return 0;
}

/* What is wrong with a relocation; NULL when nothing is. */
static const char *reloc_fault(const struct gemd_record_submit *submit,
                               const struct gemd_reloc *relocs, uint32_t i)
{
    if (relocs[i].dword >= submit->word_count) {
        return "lies beyond the batch";
    }
    if (i > 0 && relocs[i].dword <= relocs[i - 1].dword) {
        return "does not ascend";
    }
    if (relocs[i].buffer >= submit->buffer_count) {
        return "names no listed buffer";
    }
    if (relocs[i].use == 0 || (relocs[i].use & ~(GEMD_USE_READ | GEMD_USE_WRITE)) != 0) {
        return "has no valid use";
    }
    return NULL;
}

int ring_relocs_check(const struct gemd_record_submit *submit, const struct gemd_reloc *relocs,
                      uint32_t *dword, char reason[GEMD_TEXT_MAX])
{
    for (uint32_t i = 0; i < submit->reloc_count; i++) {
        const char *fault = reloc_fault(submit, relocs, i);
        if (fault != NULL) {
            *dword = relocs[i].dword;
            snprintf(reason, GEMD_TEXT_MAX,
                     "relocation %u %s: dword %u of %u, buffer %u of %u, use %u", i, fault,
                     relocs[i].dword, submit->word_count, relocs[i].buffer, submit->buffer_count,
                     relocs[i].use);
            return -EINVAL;
        }
    }
    return 0;
}
