/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE (64u << 20)

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(LARGEST_FILE);

    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "validator-speed: %s: %s\n", path, strerror(errno));
        if (file != NULL) {
            fclose(file);
        }
        free(bytes);
        return NULL;
    }
    *size = fread(bytes, 1, LARGEST_FILE, file);
    fclose(file);
    return bytes;
}

bool stream_make(struct stream *stream, const struct validator_job *parts)
{
    *stream = (struct stream){.job = *parts, .words = parts->words, .relocs = parts->relocs};
    stream->job.words = calloc(parts->word_count + 1, sizeof(uint32_t));
    stream->job.relocs = calloc(parts->reloc_count + 1, sizeof(struct validator_reloc));
    return stream->job.words != NULL && stream->job.relocs != NULL;
}

static bool add(struct recording *recording, const struct stream_record *record)
{
    struct validator_job parts = {
        .pci_device = record->pci_device,
        .word_count = record->word_count,
        .reloc_count = record->reloc_count,
        .buffer_count = record->buffer_count,
        .words = calloc(record->word_count + 1, sizeof(uint32_t)),
        .buffers = calloc(record->buffer_count + 1, sizeof(struct validator_buffer)),
    };
    struct validator_reloc *relocs = calloc(record->reloc_count + 1, sizeof(*relocs));
    struct stream *more =
        realloc(recording->streams, (recording->count + 1) * sizeof(*recording->streams));

    if (parts.words == NULL || parts.buffers == NULL || relocs == NULL || more == NULL) {
        return false;
    }
    recording->streams = more;
    parts.relocs = relocs;
    stream_file_read(record, parts.buffers, relocs, parts.words);
    return stream_make(&recording->streams[recording->count++], &parts);
}

bool recording_read(const char *path, struct recording *recording)
{
    size_t size = 0;
    uint8_t *bytes = read_all(path, &size);

    *recording = (struct recording){0};
    for (size_t at = 0; bytes != NULL && at < size;) {
        struct stream_record record;
        char reason[128] = "out of memory";

        if (stream_file_open(bytes + at, size - at, &record, reason) != 0 ||
            !add(recording, &record)) {
            fprintf(stderr, "validator-speed: %s: byte %zu: %s\n", path, at, reason);
            return false;
        }
        at += record.size;
    }
    free(bytes);
    return recording->count > 0;
}

bool stream_validate(struct stream *stream, struct validator_verdict *verdict)
{
    struct validator_job *job = &stream->job;

    /* The daemon's arrays are its own; to the validator they are read-only. */
    memcpy((struct validator_reloc *)(uintptr_t)job->relocs, stream->relocs,
           job->reloc_count * sizeof(struct validator_reloc));
    memcpy(job->words, stream->words, job->word_count * sizeof(uint32_t));
    return validator_check(job, verdict) == 0;
}
