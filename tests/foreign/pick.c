/* SPDX-License-Identifier: MIT */
/*
 * foreign_pick FOLDER <FILES: copies few records, small ones first, that together show everything
 * that all of the files show. The files are named one a line, SOURCE/NAME-N.stream, and become
 * FOLDER/SOURCE-N.stream. What a record shows are features: a command with its bits, a pair of
 * a command and the one before it, a register's value, a map's format, a sampler, a program, how a
 * relocation is used and how its buffer is tiled. Sizes, places and colours are none.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/validator/stream_file.h"
#include "hw/gen3/command.h"
#include "tests/fuzz/case.h"

#define FEATURES        (1u << 16)  /* places of a table that is never half full */
#define LARGEST         (48u << 10) /* bytes; what is larger is not for a source tree */
#define RECORDS         (1u << 20)
#define PITCH_BITS      0xffffu
#define PRIMITIVE_COUNT 0xffffu

struct record {
    const char *path;
    uint8_t *bytes;
    size_t size;
};

static struct validator_buffer buffers[CASE_BUFFERS];
static struct validator_reloc relocs[CASE_RELOCS + 1];
static uint32_t words[CASE_WORDS];

static uint64_t features[FEATURES]; /* hashes; 0: free */
static uint32_t fresh;

static void show(uint64_t kind, uint64_t value)
{
    const uint64_t hash = ((kind << 40) + value + 1) * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t at = (uint32_t)(hash >> 48);

    while (features[at] != 0 && features[at] != hash) {
        at = (at + 1) % FEATURES;
    }
    fresh += features[at] == 0;
    features[at] = hash;
}

static uint32_t bits_in(uint32_t value)
{
    uint32_t count = 0;

    for (; value != 0; value &= value - 1) {
        count++;
    }
    return count;
}

/* S2, S4 and S6: formats and blending. The others are places, sizes and what nobody changes. */
static void show_registers(const uint32_t *dw, uint32_t length)
{
    uint32_t at = 1;

    for (uint32_t i = 0; i < 8 && at < length; i++) {
        if ((dw[0] >> (4 + i) & 1) != 0) {
            if (i == 2 || i == 4 || i == 6) {
                show(16 + i, dw[at]);
            }
            at++;
        }
    }
}

/* Formats and tiling of maps; filters and edges of samplers. */
static void show_groups(uint32_t id, const uint32_t *dw, uint32_t length, uint32_t place,
                        uint32_t mask)
{
    for (uint32_t i = 0; i < bits_in(dw[1]) && 2 + 3 * i + place < length; i++) {
        show(32 + place, (uint64_t)id << 32 | (dw[2 + 3 * i + place] & mask));
    }
}

static void show_program(const uint32_t *dw, uint32_t length)
{
    uint64_t hash = 0;

    for (uint32_t i = 1; i < length; i++) {
        hash = (hash ^ dw[i]) * 0x100000001b3u;
    }
    show(3, hash & 0xffffffffff);
}

static void show_command(const struct gen3_command *command, const uint32_t *dw, uint32_t length)
{
    switch (command->id) {
    case GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1:
        show_registers(dw, length);
        break;
    case GEN3_3DSTATE_MAP_STATE:
        show_groups(command->id, dw, length, 1, 0x000003ff);
        break;
    case GEN3_3DSTATE_SAMPLER_STATE:
        show_groups(command->id, dw, length, 0, UINT32_MAX);
        show_groups(command->id, dw, length, 1, UINT32_MAX);
        break;
    case GEN3_3DSTATE_PIXEL_SHADER_PROGRAM:
        show_program(dw, length);
        break;
    case GEN3_3DSTATE_DST_BUF_VARS:
        show(4, dw[1]);
        break;
    case GEN3_3DSTATE_BUF_INFO:
        show(5, dw[1] & ~PITCH_BITS);
        break;
    default:
        if (dw[0] >> 29 == 2 && length > 3) { /* a blit: depth, operation, clip */
            show(6, (uint64_t)command->id << 32 | (dw[1] & 0xff000000));
            show(7, dw[1] & 0x00ff0000);
            show(10, (uint64_t)command->id << 1 | (dw[1] >> 15 & 1));
        }
        break;
    }
}

static void show_reloc(const struct gen3_command *command, uint32_t at, uint32_t length)
{
    for (const struct validator_reloc *r = relocs; r->use != 0; r++) {
        if (r->dword >= at && r->dword < at + length) {
            show(8, (uint64_t)command->id << 32 | (r->dword - at) << 16 | r->use << 8 |
                        (uint32_t)buffers[r->buffer].tiling);
        }
    }
}

/* How many features nobody had before. */
static uint32_t show_record(const struct record *record)
{
    struct stream_record stream;
    char reason[128];
    uint32_t before = 0;

    fresh = 0;
    if (stream_file_open(record->bytes, record->size, &stream, reason) != 0 ||
        stream.buffer_count > CASE_BUFFERS || stream.reloc_count > CASE_RELOCS ||
        stream.word_count > CASE_WORDS) {
        return 0;
    }
    stream_file_read(&stream, buffers, relocs, words);
    relocs[stream.reloc_count].use = 0;
    for (uint32_t at = 0; at < stream.word_count;) {
        const struct gen3_command *command = gen3_command_find(words[at]);
        const uint32_t length = command != NULL ? gen3_command_length(command, words[at]) : 0;

        if (length == 0 || length > stream.word_count - at) {
            break;
        }
        show(1,
             words[at] & ~(command->length_rule == GEN3_LENGTH_PRIMITIVE ? PRIMITIVE_COUNT
                                                                         : command->length_mask));
        show(2, (uint64_t)before << 16 | command->id);
        show(9, (uint64_t)command->id << 16 | stream.pci_device);
        show_command(command, words + at, length);
        show_reloc(command, at, length);
        before = command->id;
        at += length;
    }
    return fresh;
}

static bool load(struct record *record, const char *path)
{
    FILE *from = fopen(path, "r");
    static uint8_t bytes[LARGEST];

    if (from == NULL) {
        return false;
    }
    record->path = strdup(path);
    record->size = fread(bytes, 1, LARGEST, from);
    fclose(from);
    record->bytes = record->size < LARGEST ? malloc(record->size + 1) : NULL;
    if (record->bytes != NULL) {
        memcpy(record->bytes, bytes, record->size);
    }
    return record->bytes != NULL && record->path != NULL;
}

static int by_size(const void *a, const void *b)
{
    const struct record *x = a, *y = b;

    return x->size != y->size ? (x->size < y->size ? -1 : 1) : strcmp(x->path, y->path);
}

static bool store(const struct record *record, const char *folder)
{
    char path[512], source[128] = "";
    const char *name = strrchr(record->path, '/');
    const char *number = strrchr(record->path, '-');

    for (const char *at = record->path; name != NULL && at < name; at++) {
        if (at == record->path || at[-1] == '/') {
            snprintf(source, sizeof(source), "%.*s", (int)strcspn(at, "/"), at);
        }
    }
    snprintf(path, sizeof(path), "%s/%s%s", folder, source, number != NULL ? number : "");
    FILE *to = fopen(path, "w");
    const bool whole = to != NULL && fwrite(record->bytes, 1, record->size, to) == record->size;
    return to != NULL && fclose(to) == 0 && whole;
}

int main(int argc, char **argv)
{
    static struct record records[RECORDS];
    static char line[512];
    size_t count = 0, kept = 0, bytes = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: foreign_pick FOLDER <FILES\n");
        return 2;
    }
    while (count < RECORDS && fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        count += load(&records[count], line);
    }
    qsort(records, count, sizeof(*records), by_size);
    for (size_t i = 0; i < count; i++) {
        records[i].path = show_record(&records[i]) != 0 ? records[i].path : NULL;
    }
    /* The other way round: what is large shows much of what the small ones were kept for. */
    memset(features, 0, sizeof(features));
    for (size_t i = count; i-- > 0;) {
        if (records[i].path != NULL && show_record(&records[i]) != 0) {
            if (!store(&records[i], argv[1])) {
                perror(records[i].path);
                return 1;
            }
            kept++;
            bytes += records[i].size;
        }
        free(records[i].bytes);
    }
    printf("kept %zu of %zu, %zu bytes\n", kept, count, bytes);
    return 0;
}
