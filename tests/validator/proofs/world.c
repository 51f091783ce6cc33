/* SPDX-License-Identifier: MIT */
#include "world.h"

struct check world;

static struct validator_job job;
static struct validator_verdict verdict;
static uint32_t words[WORLD_WORDS];
static struct validator_reloc relocs[WORLD_RELOCS];
static struct validator_buffer buffers[WORLD_BUFFERS];

static struct validator_buffer any_buffer(void)
{
    const struct validator_buffer buffer = {
        .id = nondet_u32(),
        .gtt_address = nondet_u32(),
        .size = nondet_u64(),
        .tiling = (enum gen3_tiling)nondet_u32(),
        .pitch = nondet_u32(),
        .rights = nondet_u32(),
    };

    /* As the daemon makes them, and stream_file_open() takes them. */
    bound((uint32_t)buffer.tiling < GEN3_TILINGS);
    return buffer;
}

void world_make(void)
{
    job.pci_device = nondet_u16();
    job.word_count = nondet_size();
    job.reloc_count = nondet_size();
    job.buffer_count = nondet_size();
    bound(job.word_count >= 1 && job.word_count <= WORLD_WORDS);
    bound(job.reloc_count <= WORLD_RELOCS && job.buffer_count <= WORLD_BUFFERS);
    job.words = &words[WORLD_WORDS - job.word_count];
    job.relocs = &relocs[WORLD_RELOCS - job.reloc_count];
    job.buffers = &buffers[WORLD_BUFFERS - job.buffer_count];
    for (uint32_t i = 0; i < WORLD_WORDS; i++) {
        words[i] = nondet_u32();
    }
    for (uint32_t i = 0; i < WORLD_RELOCS; i++) {
        relocs[i] =
            (struct validator_reloc){nondet_u32(), nondet_u32(), nondet_u32(), nondet_u32()};
    }
    for (uint32_t i = 0; i < WORLD_BUFFERS; i++) {
        buffers[i] = any_buffer();
    }
    world.job = &job;
    world.verdict = &verdict;
    world.start = nondet_u32();
    world.length = nondet_u32();
    world.reloc = nondet_size();
    world.cost = nondet_u32();
    bound(world.start < job.word_count && world.reloc <= job.reloc_count);
    bound(world.length >= 1 && world.length <= job.word_count - world.start);
    world.dw = &job.words[world.start];
    proof_audit = nondet_bool();
}

struct place world_place(uint64_t reach)
{
    const struct place place = {true, nondet_u32(), nondet_u32()};

    given(place.buffer < job.buffer_count);
    if (place.buffer < job.buffer_count) {
        const struct validator_buffer *buffer = &job.buffers[place.buffer];

        given(place.delta < buffer->size && buffer->size <= reach);
        given(buffer->gtt_address <= reach - buffer->size);
    }
    return place;
}
