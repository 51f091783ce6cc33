/* SPDX-License-Identifier: MIT */
#include "seeds.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_samples.h"
#include "gemd/validator/stream_file.h"
#include "samples.h"

/* Letters, digits and dashes. */
static void set_name(char name[64], size_t n, const char *text)
{
    int used = snprintf(name, 64, "%03zu-%s", n, text);

    for (int i = 0; i < used && i < 63; i++) {
        name[i] = isalnum((unsigned char)name[i]) ? (char)tolower((unsigned char)name[i]) : '-';
    }
}

/* The sample as it was built: the check fills addresses in. */
static bool is_accepted(const struct stream *s)
{
    static struct stream copy;

    copy = *s;
    return stream_check_as_is(&copy) == VALIDATOR_ACCEPTED;
}

static bool by_command(size_t *n, size_t number, struct stream *s, char name[64])
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    for (size_t i = 0; i < count; i++) {
        if (!command_sample(rows[i].id, s) || (*n)-- != 0) {
            continue;
        }
        if (rows[i].id != GEN3_MI_BATCH_BUFFER_END) {
            PUT(s, MI_BATCH_BUFFER_END);
        }
        set_name(name, number, rows[i].name);
        return true;
    }
    return false;
}

static bool by_sample(size_t n, size_t number, struct stream *s, char name[64])
{
    for (size_t room = 0; room < sample_room_count; room++) {
        for (const struct sample *sample = sample_rooms[room]; sample->name != NULL; sample++) {
            if (sample->rule != VALIDATOR_ACCEPTED) {
                continue;
            }
            sample_build(sample, s);
            PUT(s, MI_BATCH_BUFFER_END);
            if (!is_accepted(s) || n-- != 0) {
                continue;
            }
            set_name(name, number, sample->name);
            return true;
        }
    }
    return false;
}

bool seed_build(size_t n, struct stream *s, char name[64])
{
    size_t left = n;

    return by_command(&left, n, s, name) || by_sample(left, n, s, name);
}

uint8_t *seed_record(struct stream *s, size_t *size)
{
    const struct validator_job job = {
        .pci_device = s->device,
        .words = s->words,
        .word_count = s->count,
        .relocs = s->relocs,
        .reloc_count = s->reloc_count,
        .buffers = s->buffers,
        .buffer_count = STREAM_BUFFERS,
    };
    uint8_t *bytes = malloc(stream_file_size(&job));

    *size = stream_file_size(&job);
    if (bytes != NULL) {
        stream_file_write(&job, 1, 1, bytes);
    }
    return bytes;
}

static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL) {
        return -errno;
    }
    bool written = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && written ? 0 : -EIO;
}

int seeds_write(const char *directory)
{
    static struct stream s;
    char name[64], path[4096];
    int n = 0;

    for (; seed_build((size_t)n, &s, name); n++) {
        size_t size;
        uint8_t *bytes = seed_record(&s, &size);
        int error = bytes != NULL ? 0 : -ENOMEM;

        snprintf(path, sizeof(path), "%s/%s.stream", directory, name);
        error = error != 0 ? error : write_file(path, bytes, size);
        free(bytes);
        if (error != 0) {
            return error;
        }
    }
    return n;
}
