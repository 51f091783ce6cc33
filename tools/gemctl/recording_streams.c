/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/recording_streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/validator/stream_file.h"
#include "hw/gen3/chip.h"
#include "proto/ring.h"
#include "tools/gemctl/id_map.h"
#include "tools/gemctl/recording_file.h"
#include "tools/gemctl/stream.h"

_Static_assert(sizeof(struct gemd_reloc) == sizeof(struct validator_reloc), "one layout");

struct buffer {
    uint64_t size;
    uint32_t tiling, pitch; /* enum gen3_tiling */
    uint32_t rights;
    uint32_t reserved;
};

struct streams {
    const struct recording_file *file;
    const char *path;
    enum gen3_tiling tiled_y;
    struct id_map buffers;
    FILE *out;
};

static void note_buffer(struct streams *streams, uint32_t handle, uint64_t size, uint32_t tiling,
                        uint32_t pitch, uint32_t rights)
{
    struct buffer *buffer = id_map_add(&streams->buffers, handle);
    if (buffer != NULL) {
        *buffer = (struct buffer){.size = size,
                                  .tiling = tiling == GEMD_TILING_X   ? GEN3_TILED_X
                                            : tiling == GEMD_TILING_Y ? streams->tiled_y
                                                                      : GEN3_LINEAR,
                                  .pitch = pitch,
                                  .rights = rights};
    }
}

/* 1 MiB apart at least, and aligned as fence registers would want it. */
static uint64_t place_after(uint64_t *at, uint64_t size)
{
    uint64_t span = UINT64_C(1) << 20;
    while (span < size && span < UINT64_C(1) << 31) {
        span *= 2;
    }
    const uint64_t place = (*at + span - 1) / span * span;
    *at = place + span;
    return place;
}

/* False: one of them is not there. */
static bool describe(const struct streams *streams, const uint32_t *handles, uint32_t count,
                     struct validator_buffer *buffers)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct buffer *buffer = id_map_find(&streams->buffers, handles[i]);
        if (buffer == NULL) {
            return false;
        }
        buffers[i] =
            (struct validator_buffer){.id = handles[i],
                                      .gtt_address = (uint32_t)place_after(&at, buffer->size),
                                      .size = buffer->size,
                                      .tiling = (enum gen3_tiling)buffer->tiling,
                                      .pitch = buffer->pitch,
                                      .rights = buffer->rights};
    }
    return true;
}

static void put_batch(struct streams *streams, const struct gemd_record_submit *submit)
{
    const struct ring_submit layout =
        ring_submit_layout(submit->word_count, submit->reloc_count, submit->buffer_count);
    const uint8_t *record = (const uint8_t *)submit;
    struct validator_buffer *buffers = calloc(submit->buffer_count + 1u, sizeof(*buffers));
    char reason[GEMD_TEXT_MAX] = "it names a buffer that is not there";
    uint32_t dword;
    const struct validator_job job = {
        .pci_device = (uint16_t)streams->file->begin->pci_device,
        .words = (uint32_t *)(uintptr_t)(record + layout.words),
        .word_count = submit->word_count,
        .relocs = (const void *)(record + layout.relocs),
        .reloc_count = submit->reloc_count,
        .buffers = buffers,
        .buffer_count = submit->buffer_count,
    };
    uint8_t *bytes = malloc(stream_file_size(&job));
    if (bytes != NULL && buffers != NULL && submit->buffer_count <= STREAM_FILE_MAX_BUFFERS &&
        describe(streams, (const void *)(record + layout.buffers), submit->buffer_count, buffers) &&
        ring_relocs_check(submit, (const void *)(record + layout.relocs), &dword, reason) == 0) {
        stream_file_write(&job, 0, submit->seqno, bytes);
        (void)fwrite(bytes, 1, stream_file_size(&job), streams->out);
    } else {
        fprintf(stderr, "gemctl: %s: batch %" PRIu64 " is left out: %s\n", streams->path,
                submit->seqno, reason);
    }
    free(bytes);
    free(buffers);
}

static void put_item(struct streams *streams, const struct recording_item *item)
{
    if (item->type == RECORDING_IMPORT) {
        const struct recording_import *import = (const void *)item;
        note_buffer(streams, import->handle, import->size, import->tiling, import->pitch,
                    import->rights);
        return;
    }
    if (item->type != RECORDING_RECORD) {
        return;
    }
    const struct gemd_record_header *header = recording_file_record(item);
    if (header->type == GEMD_RECORD_CREATE) {
        const struct gemd_record_create *create = (const void *)header;
        note_buffer(streams, create->handle, create->size, create->tiling, create->pitch,
                    VALIDATOR_READ | VALIDATOR_WRITE);
    } else if (header->type == GEMD_RECORD_CLOSE) {
        id_map_remove(&streams->buffers,
                      ((const struct gemd_record_close *)(const void *)header)->handle);
    } else if (header->type == GEMD_RECORD_SUBMIT) {
        put_batch(streams, (const void *)header);
    }
}

static uint8_t *convert(const char *path, const struct recording_file *file, size_t *size)
{
    const struct gen3_chip *chip = gen3_chip_find((uint16_t)file->begin->pci_device);
    char *bytes = NULL;
    struct streams streams = {.file = file,
                              .path = path,
                              .tiled_y = gen3_tiling_y(chip == NULL || chip->is_945_class),
                              .out = open_memstream(&bytes, size)};
    id_map_init(&streams.buffers, sizeof(struct buffer));
    for (size_t i = 0; streams.out != NULL && i < file->count; i++) {
        put_item(&streams, file->items[i]);
    }
    if (streams.out == NULL || fclose(streams.out) != 0) {
        fputs("gemctl: out of memory\n", stderr);
        free(bytes);
        bytes = NULL;
    }
    if (file->damage[0] != '\0') {
        fprintf(stderr, "gemctl: %s: %s\n", path, file->damage);
    }
    id_map_finish(&streams.buffers);
    return (uint8_t *)bytes;
}

uint8_t *recording_streams_read(const char *path, size_t *size)
{
    struct recording_file file;
    uint8_t *bytes = stream_read_all(path, size);
    if (bytes == NULL || !recording_file_is(bytes, *size)) {
        return bytes;
    }
    uint8_t *streams = NULL;
    if (recording_file_open(&file, path, bytes, *size)) {
        streams = convert(path, &file, size);
    }
    recording_file_free(&file);
    free(bytes);
    return streams;
}
