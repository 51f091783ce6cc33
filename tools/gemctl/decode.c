/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "gemd/validator/stream_file.h"
#include "hw/gen3/disasm.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/recording_streams.h"
#include "tools/gemctl/stream.h"

static void print_line(void *data, size_t dword, uint32_t value, const char *text)
{
    printf("%6zu  %08x  %s\n", dword, value, text);
}

/* False when some of it is unknown. */
static bool print_stream(const char *path, const uint32_t *words, size_t count)
{
    size_t unknown = gen3_disasm(words, count, print_line, NULL);
    if (unknown != 0) {
        fprintf(stderr, "gemctl: %s: %zu dwords unknown or cut short\n", path, unknown);
    }
    return unknown == 0;
}

/* A relocation's dword is what the client left there: the buffers come first. */
static void print_buffers(const struct stream_batch *batch)
{
    printf("session %" PRIu64 " batch %" PRIu64 " device %04x\n", batch->session, batch->seqno,
           batch->job.pci_device);
    for (size_t i = 0; i < batch->job.buffer_count; i++) {
        static const char *const tilings[] = {"linear", "X", "Y", "Y of 915"};
        const struct validator_buffer *b = &batch->buffers[i];
        printf("  buffer %zu: handle %u, %" PRIu64 " bytes at 0x%08x, %s pitch %u, rights %u\n", i,
               b->id, b->size, b->gtt_address, tilings[b->tiling], b->pitch, b->rights);
    }
    for (size_t i = 0; i < batch->job.reloc_count; i++) {
        const struct validator_reloc *r = &batch->relocs[i];
        printf("  relocation: dword %u = buffer %u + %u, use %u\n", r->dword, r->buffer, r->delta,
               r->use);
    }
}

static bool decode_records(struct stream_cursor *cursor)
{
    const struct stream_guess none = {0};
    struct stream_batch batch;
    bool known = true;
    int result;
    while ((result = stream_next(cursor, &none, &batch)) > 0) {
        print_buffers(&batch);
        known = print_stream(cursor->path, batch.words, batch.job.word_count) && known;
        stream_batch_free(&batch);
    }
    return result == 0 && known;
}

int command_decode(const char *socket, int argc, char **argv)
{
    struct stream_cursor cursor = {.path = argv[1]};
    uint8_t *bytes = recording_streams_read(argv[1], &cursor.size);
    bool known = false;
    (void)socket;
    (void)argc;
    if (bytes == NULL) {
        return COMMAND_FAILED;
    }
    cursor.bytes = bytes;
    if (stream_file_is(bytes, cursor.size)) {
        known = decode_records(&cursor);
    } else if (cursor.size % 4 != 0) {
        fprintf(stderr, "gemctl: %s: %zu bytes are no whole number of dwords\n", argv[1],
                cursor.size);
    } else {
        known = print_stream(argv[1], (const uint32_t *)(const void *)bytes, cursor.size / 4);
    }
    free(bytes);
    return known ? COMMAND_DONE : COMMAND_FAILED;
}
