/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <stdlib.h>
#include <string.h>

#define READ  VALIDATOR_READ
#define WRITE (VALIDATOR_READ | VALIDATOR_WRITE)
#define G33   0x29c2

enum { TARGET, TEXTURE, TIGHT, VERTICES, BUFFERS };

/* Space for a stream that grows; 'unit' bounds what may still be put before the end. */
struct builder {
    uint32_t *words;
    struct validator_reloc *relocs;
    size_t count, reloc_count;
};

static void put(struct builder *b, size_t count, const uint32_t *words)
{
    memcpy(&b->words[b->count], words, count * sizeof(words[0]));
    b->count += count;
}
#define PUT(b, ...)                                                                                \
    put(b, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                             \
        (const uint32_t[]){__VA_ARGS__})

static void address(struct builder *b, uint32_t buffer, uint32_t use)
{
    b->relocs[b->reloc_count++] = (struct validator_reloc){(uint32_t)b->count, buffer, 0, use};
    PUT(b, 0);
}

/* MS3 and MS4 of maps of 32-bit texels. */
#define MS3(width, height)     (((height)-1u) << 21 | ((width)-1u) << 10 | 0x180u)
#define MS4(pitch, lod, depth) (((pitch) / 4 - 1u) << 21 | 0x3fu << 15 | (lod) << 9 | ((depth)-1u))
#define MOST_LEVELS            44u /* quarters: twelve levels */
#define SAMPLE(type)           ((type) << 22)
#define MIPS_LINEAR            0x00300000u
#define MIPS_NEAREST           0x00100000u

static void map(struct builder *b, uint32_t mask, uint32_t buffer, uint32_t ms3, uint32_t ms4)
{
    uint32_t count = (uint32_t)__builtin_popcount(mask);

    PUT(b, 0x7d000000 | 3 * count, mask);
    for (uint32_t i = 0; i < count; i++) {
        address(b, buffer, READ);
        PUT(b, ms3, ms4);
    }
}

static void vertex_buffer(struct builder *b)
{
    PUT(b, 0x7d040031);
    address(b, VERTICES, READ);
    PUT(b, 0x04040000);
}

/* Everything that a primitive needs, with sixteen samplers of map 0 and of their own. */
static void start(struct builder *b)
{
    PUT(b, 0x7d8e0001, 0x03000400);
    address(b, TARGET, WRITE);
    PUT(b, 0x7d850000, 0x10880308, 0x7d800003, 0x40000000, 0, 0x00ff00ff, 0);
    PUT(b, 0x7d040743, 0xffffffff, 0x00902440, 0x00000000, 0x00000006);
    PUT(b, 0x7d9c0005, 0x00010004, 0, 0, 0, 0, 0);
    vertex_buffer(b);
}

/* S0 to S15 are declared as 'types' says: the sampler's number modulo its length. */
static void samplers(struct builder *b, size_t count, const uint32_t *types, bool one_map)
{
    static const uint32_t filters[] = {0, MIPS_NEAREST, MIPS_LINEAR};

    PUT(b, 0x7d010030, 0xffff);
    for (uint32_t i = 0; i < 16; i++) {
        PUT(b, filters[i / 3 % 3], 0x000024a0 | (one_map ? 0 : i << 1), 0);
    }
    PUT(b, 0x7d050000 | (3 * (1 + 16 + 1) - 1), 0x19083c00, 0, 0);
    for (uint32_t i = 0; i < 16; i++) {
        PUT(b, 0x19180000 | i << 14 | SAMPLE(types[i % count]), 0, 0);
    }
    PUT(b, 0x15200000, 0x01000000, 0);
}

static void point(struct builder *b)
{
    PUT(b, 0x7fa00001, 0); /* one vertex of the buffer */
}

static void start_flat(struct builder *b)
{
    start(b);
    PUT(b, 0x7d050005, 0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0);
}

static const uint32_t flat_types[] = {0}, all_types[] = {0, 1, 2}, volume_types[] = {2};

static void start_textured(struct builder *b)
{
    start(b);
    map(b, 0xffff, TEXTURE, MS3(256, 256), MS4(1024, 0u, 1));
    samplers(b, 1, flat_types, false);
}

static void start_one_map(struct builder *b)
{
    start(b);
    samplers(b, 3, all_types, true);
}

static void start_volumes(struct builder *b)
{
    start(b);
    samplers(b, 1, volume_types, false);
}

static void start_volume(struct builder *b)
{
    start(b);
    samplers(b, 1, volume_types, true);
}

static void noop(struct builder *b)
{
    PUT(b, 0);
}

static void register_and_point(struct builder *b)
{
    PUT(b, 0x7d040400, 0x00000006);
    point(b);
}

static void inline_point(struct builder *b)
{
    PUT(b, 0x7f200003, 0, 0, 0, 0);
}

static void rect_and_point(struct builder *b)
{
    PUT(b, 0x7d800003, 0x40000000, 0, 0x00ff00ff, 0);
    point(b);
}

static void sampler_and_point(struct builder *b)
{
    PUT(b, 0x7d010003, 1, MIPS_LINEAR, 0x000024a0, 0);
    point(b);
}

static void maps_unused(struct builder *b)
{
    map(b, 0xffff, TEXTURE, MS3(2048, 2048), MS4(8192, MOST_LEVELS, 1));
}

static void map_and_point(struct builder *b)
{
    map(b, 1, TEXTURE, MS3(1024, 1024), MS4(8192, MOST_LEVELS, 4));
    point(b);
}

static void volume_and_point(struct builder *b)
{
    map(b, 1, TEXTURE, MS3(256, 256), MS4(1024, 40u, 256));
    point(b);
}

static void volumes_and_point(struct builder *b)
{
    map(b, 0xffff, TEXTURE, MS3(256, 256), MS4(1024, 40u, 256));
    point(b);
}

/* A volume of which one slice is there: the validator looks for the depth that fits. */
static void mended_volumes_and_point(struct builder *b)
{
    map(b, 0xffff, TIGHT, MS3(256, 1), MS4(1024, 1u, 256));
    point(b);
}

static void program_and_point(struct builder *b)
{
    PUT(b, 0x7d050005, 0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0);
    point(b);
}

static void elements(struct builder *b)
{
    PUT(b, 0x7fa203f8);
    memset(&b->words[b->count], 0, 508 * sizeof(b->words[0]));
    b->count += 508;
}

static void clear(struct builder *b)
{
    PUT(b, 0x7f280005, 0x43800000, 0x43800000, 0, 0x43800000, 0, 0);
}

static void copy(struct builder *b)
{
    PUT(b, 0x54f00006, 0x03cc0400, 0, 0x00100010);
    address(b, TARGET, WRITE);
    PUT(b, 0, 0x00000400);
    address(b, TEXTURE, READ);
}

static void vertices_and_point(struct builder *b)
{
    vertex_buffer(b);
    point(b);
}

static void target_and_point(struct builder *b)
{
    PUT(b, 0x7d8e0001, 0x03000400);
    address(b, TARGET, WRITE);
    point(b);
}

static void constants_and_point(struct builder *b)
{
    PUT(b, 0x7d060000, 0);
    point(b);
}

static const struct kind {
    const char *name;
    void (*start)(struct builder *b), (*unit)(struct builder *b);
} kinds[] = {
    {"nothing", start_flat, noop},
    {"points", start_flat, inline_point},
    {"points of a vertex buffer", start_textured, point},
    {"elements", start_flat, elements},
    {"clears", start_flat, clear},
    {"copies", start_flat, copy},
    {"maps, not read", start_flat, maps_unused},
    {"register and point, 16 textures", start_textured, register_and_point},
    {"rectangle and point, 16 textures", start_textured, rect_and_point},
    {"sampler and point, 16 textures", start_textured, sampler_and_point},
    {"vertices and point, 16 textures", start_textured, vertices_and_point},
    {"target and point, 16 textures", start_textured, target_and_point},
    {"no constants and point, 16 textures", start_textured, constants_and_point},
    {"program and point", start_textured, program_and_point},
    {"map as 2D, cube and volume", start_one_map, map_and_point},
    {"volume and point", start_volume, volume_and_point},
    {"16 volumes and point", start_volumes, volumes_and_point},
    {"16 volumes to mend and point", start_volumes, mended_volumes_and_point},
};

size_t hostile_count(void)
{
    return sizeof(kinds) / sizeof(kinds[0]);
}

const char *hostile_name(size_t kind)
{
    return kinds[kind].name;
}

#define MOST_PER_UNIT 1024u /* dwords of the largest start or unit */

bool hostile_make(size_t kind, size_t dwords, struct stream *stream)
{
    static const struct validator_buffer list[BUFFERS] = {
        [TARGET] = {.id = 1, .gtt_address = 0x100000, .size = 0x100000, .rights = WRITE},
        [TEXTURE] = {.id = 2, .gtt_address = 0x4000000, .size = 0x8000000, .rights = READ},
        [TIGHT] = {.id = 3, .gtt_address = 0x200000, .size = 1024, .rights = READ},
        [VERTICES] = {.id = 4, .gtt_address = 0x300000, .size = 4096, .rights = READ},
    };
    struct validator_buffer *buffers = malloc(sizeof(list));
    struct builder b = {
        .words = calloc(dwords + 2 * MOST_PER_UNIT, sizeof(uint32_t)),
        .relocs = calloc(dwords + 2 * MOST_PER_UNIT, sizeof(struct validator_reloc)),
    };

    if (buffers == NULL || b.words == NULL || b.relocs == NULL) {
        return false;
    }
    memcpy(buffers, list, sizeof(list));
    kinds[kind].start(&b);
    for (size_t whole = b.count, relocs = 0; b.count < dwords;) {
        whole = b.count;
        relocs = b.reloc_count;
        kinds[kind].unit(&b);
        if (b.count >= dwords) {
            b.count = whole;
            b.reloc_count = relocs;
            break;
        }
    }
    PUT(&b, 0x05000000);
    return stream_make(stream, &(struct validator_job){.pci_device = G33,
                                                       .words = b.words,
                                                       .word_count = b.count,
                                                       .relocs = b.relocs,
                                                       .reloc_count = b.reloc_count,
                                                       .buffers = buffers,
                                                       .buffer_count = BUFFERS});
}
