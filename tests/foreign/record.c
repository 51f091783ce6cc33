/* SPDX-License-Identifier: MIT */
/*
 * Batches become records (gemd/validator/stream_file.h), FOREIGN_OUT/PROGRAM-PID-N.stream. A batch
 * that has the same words as an earlier one of the process is not written again. 'batches' in the
 * same folder gets a line for each batch: its file, or '='.
 *
 * What an i915 driver sends is brought into the daemon's form: relocations of the batch are sorted,
 * read and write domains become uses, and a batch that reads its own buffer (vertices behind the
 * commands) gets it as a buffer in the list, since the daemon takes the words as a copy.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libdrm/i915_drm.h>

#include "gemd/validator/stream_file.h"
#include "hw/gen3/chip.h"
#include "hw/gen3/command.h"
#include "tests/foreign/buffers.h"
#include "tests/foreign/device.h"

#define GTT_FIRST 0x00400000u
#define GTT_END   0x10000000u
#define BUFFERS   1024u
#define RELOCS    16384u
#define SEEN      65536u

/* The record that is being made. */
static struct validator_buffer listed[BUFFERS];
static struct validator_reloc relocs[RELOCS];
static uint32_t words[STREAM_FILE_MAX_WORDS];
static uint32_t buffer_count, reloc_count, word_count;
static uint64_t gtt;

static uint64_t seen[SEEN]; /* hashes of the words */
static uint32_t seen_count, batches;

static bool is_945_class(void)
{
    const struct gen3_chip *chip = gen3_chip_find(foreign_chip());

    return chip == NULL || chip->is_945_class;
}

static enum gen3_tiling tiling_of(const struct foreign_buffer *buffer)
{
    return buffer->tiling == I915_TILING_X   ? GEN3_TILED_X
           : buffer->tiling == I915_TILING_Y ? gen3_tiling_y(is_945_class())
                                             : GEN3_LINEAR;
}

/* Its index in the list; where it is tiled, at an address that a fence register could cover. */
static int list(const struct foreign_buffer *buffer)
{
    uint64_t span = buffer->size, alignment = 4096;

    for (uint32_t i = 0; i < buffer_count; i++) {
        if (listed[i].id == buffer->handle) {
            return (int)i;
        }
    }
    if (buffer->tiling != I915_TILING_NONE) {
        for (span = 1u << 20; span < buffer->size; span *= 2) {
        }
        alignment = span;
    }
    gtt = (gtt + alignment - 1) & ~(alignment - 1);
    if (buffer_count == BUFFERS || gtt + span > GTT_END) {
        return -ENOSPC;
    }
    listed[buffer_count] = (struct validator_buffer){
        .id = buffer->handle,
        .gtt_address = (uint32_t)gtt,
        .size = buffer->size,
        .tiling = tiling_of(buffer),
        .pitch = buffer->pitch,
        .rights = VALIDATOR_READ | VALIDATOR_WRITE,
    };
    gtt += span + 8192; /* something that is nobody's between them */
    return (int)buffer_count++;
}

/* Up to the batch's end; all of it when it makes no sense. */
static void copy_words(const uint32_t *from, uint32_t count)
{
    uint32_t at = 0;

    memcpy(words, from, count * sizeof(words[0]));
    word_count = count;
    while (at < count) {
        const struct gen3_command *command = gen3_command_find(words[at]);
        const uint32_t length = command != NULL ? gen3_command_length(command, words[at]) : 0;

        if (length == 0) {
            return;
        }
        at += length;
        if (command->id == GEN3_MI_BATCH_BUFFER_END) {
            word_count = at;
            return;
        }
    }
}

static int by_dword(const void *a, const void *b)
{
    const struct validator_reloc *x = a, *y = b;

    return x->dword < y->dword ? -1 : x->dword > y->dword;
}

static int copy_relocs(const struct drm_i915_gem_execbuffer2 *exec,
                       const struct drm_i915_gem_exec_object2 *objects, uint32_t batch)
{
    const struct drm_i915_gem_relocation_entry *entries =
        (const void *)(uintptr_t)objects[batch].relocs_ptr;

    for (uint32_t i = 0; i < objects[batch].relocation_count; i++) {
        const struct drm_i915_gem_relocation_entry *entry = &entries[i];
        const bool by_index = (exec->flags & I915_EXEC_HANDLE_LUT) != 0;
        const uint64_t dword = (entry->offset - exec->batch_start_offset) / 4;

        if (by_index && entry->target_handle >= exec->buffer_count) {
            return -EINVAL;
        }
        const struct foreign_buffer *target =
            foreign_buffer(by_index ? objects[entry->target_handle].handle : entry->target_handle);
        if (target == NULL) {
            return -ENOENT;
        }
        if (entry->offset < exec->batch_start_offset || dword >= word_count) {
            continue;
        }
        const int index = list(target);
        if (index < 0 || reloc_count == RELOCS) {
            return -ENOSPC;
        }
        relocs[reloc_count++] = (struct validator_reloc){
            .dword = (uint32_t)dword,
            .buffer = (uint32_t)index,
            .delta = entry->delta,
            .use = (entry->read_domains != 0 ? VALIDATOR_READ : 0) |
                   (entry->write_domain != 0 ? VALIDATOR_WRITE : 0),
        };
        words[dword] = 0;
    }
    qsort(relocs, reloc_count, sizeof(relocs[0]), by_dword);
    return 0;
}

static bool is_new(void)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (uint32_t i = 0; i < word_count; i++) {
        hash = (hash ^ words[i]) * 0x100000001b3u;
    }
    for (uint32_t i = 0; i < seen_count; i++) {
        if (seen[i] == hash) {
            return false;
        }
    }
    if (seen_count < SEEN) {
        seen[seen_count++] = hash;
    }
    return true;
}

static void keep(const char *folder)
{
    char path[512], name[128] = "=";
    const struct validator_job job = {
        .pci_device = foreign_chip(),
        .words = words,
        .word_count = word_count,
        .relocs = relocs,
        .reloc_count = reloc_count,
        .buffers = listed,
        .buffer_count = buffer_count,
    };

    batches++;
    if (is_new()) {
        const size_t size = stream_file_size(&job);
        uint8_t *bytes = malloc(size);

        snprintf(name, sizeof(name), "%s-%d-%u.stream", program_invocation_short_name, getpid(),
                 batches);
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        FILE *to = fopen(path, "w");
        if (bytes != NULL && to != NULL) {
            stream_file_write(&job, 1, batches, bytes);
            (void)!fwrite(bytes, size, 1, to);
        }
        if (to != NULL) {
            fclose(to);
        }
        free(bytes);
    }
    snprintf(path, sizeof(path), "%s/batches", folder);
    FILE *counts = fopen(path, "a");
    if (counts != NULL) {
        fprintf(counts, "%s\n", name);
        fclose(counts);
    }
}

static int execute(void *argument)
{
    const struct drm_i915_gem_execbuffer2 *exec = argument;
    const struct drm_i915_gem_exec_object2 *objects = (const void *)(uintptr_t)exec->buffers_ptr;
    const char *folder = getenv("FOREIGN_OUT");

    if (exec->buffer_count == 0 || objects == NULL) { /* drivers ask so whether flags are known */
        return objects == NULL ? -EFAULT : -EINVAL;
    }
    const uint32_t batch = (exec->flags & I915_EXEC_BATCH_FIRST) != 0 ? 0 : exec->buffer_count - 1;
    const struct foreign_buffer *buffer = foreign_buffer(objects[batch].handle);
    if (buffer == NULL) {
        return -ENOENT;
    }
    const uint64_t length =
        exec->batch_len != 0 ? exec->batch_len : buffer->size - exec->batch_start_offset;
    if (exec->batch_start_offset % 4 != 0 || exec->batch_start_offset > buffer->size ||
        length > buffer->size - exec->batch_start_offset || length / 4 > STREAM_FILE_MAX_WORDS) {
        return -EINVAL;
    }
    if (folder == NULL) {
        return 0;
    }
    buffer_count = reloc_count = 0;
    gtt = GTT_FIRST;
    copy_words((const void *)(foreign_buffer_bytes(buffer) + exec->batch_start_offset),
               (uint32_t)(length / 4));
    const int error = copy_relocs(exec, objects, batch);
    if (error == 0) {
        keep(folder);
    }
    return error;
}

const struct foreign_ioctl foreign_exec_ioctls[] = {
    {DRM_IOCTL_I915_GEM_EXECBUFFER2, execute},
    {0, NULL},
};
