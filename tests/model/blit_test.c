/* SPDX-License-Identifier: MIT */
/* Every command of the blitter with random operands, against the plain reference. */
#include "tests/model/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/model/watch.h"
#include "tests/model/blit_reference.h"

#define MIB      0x100000u
#define TO       0x01000000u /* a MiB each */
#define FROM     0x01100000u
#define OTHER    0x01200000u /* patterns and bits, never fenced */
#define COMPARED 0x40000u    /* of the first, which is where blits are */
#define XY(x, y) ((uint32_t)(y) << 16 | ((uint32_t)(x)&0xffffu))

struct fixture {
    struct model_harness h;
    uint8_t *memory;
    struct reference r;
    uint32_t seed;
    uint32_t words[200];
    size_t count;
    bool swapped;  /* each second page of the GTT lies before the first */
    uint8_t *seen; /* COMPARED bytes in the order of the GTT */
    uint8_t *told; /* what a watcher hears is written */
};

static uint32_t rnd(struct fixture *f)
{
    f->seed = f->seed * 1664525u + 1013904223u;
    return f->seed >> 8;
}

static uint32_t rnd32(struct fixture *f)
{
    return rnd(f) ^ rnd(f) << 16;
}

static int setup(void **state)
{
    static struct fixture f;

    harness_init(&f.h, NULL);
    f.memory = harness_bind(&f.h, TO, 3 * MIB);
    f.seed = 271828;
    f.r = (struct reference){.address = TO,
                             .size = 3 * MIB,
                             .before = malloc(3 * MIB),
                             .after = malloc(3 * MIB),
                             .wide_y_tiles = f.h.dev->identity.fence_count == 8};
    for (size_t i = 0; i < 3 * MIB; i++) {
        f.memory[i] = (uint8_t)rnd(&f);
    }
    memcpy(f.r.before, f.memory, 3 * MIB);
    memcpy(f.r.after, f.memory, 3 * MIB);
    f.swapped = false;
    f.seen = malloc(COMPARED);
    f.told = NULL;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    free(f->r.before);
    free(f->r.after);
    free(f->r.written);
    free(f->seen);
    free(f->told);
    harness_finish(&f->h);
    return 0;
}

static void put(struct fixture *f, uint32_t word)
{
    f->words[f->count++] = word;
}

/* A fence or none over one of the two MiB; returns the pitch of what is there. */
static uint32_t choose_fence(struct fixture *f, unsigned i)
{
    static const unsigned registers[] = {2, 5};
    struct reference_fence *fence = &f->r.fence[i];
    unsigned kind = rnd(f) % 3;
    uint32_t value = 0;

    *fence = (struct reference_fence){.start = i == 0 ? TO : FROM, .walk_y = kind == 2};
    if (kind != 0) {
        uint32_t width = fence->walk_y && !f->r.wide_y_tiles ? 128 : 512;
        unsigned log2 = width == 128 ? 2 + rnd(f) % 2 : rnd(f) % 2;
        fence->pitch = width << log2;
        value = fence->start | FENCE_VALID | log2 << FENCE_PITCH_SHIFT |
                (fence->walk_y ? FENCE_WALK_Y : 0);
    }
    hw_write(f->h.dev, FENCE(registers[i]), value);
    return fence->pitch != 0 ? fence->pitch : 512 + rnd(f) % 300;
}

/* What all blits of a round have in common. */
struct place {
    uint32_t pitch, address; /* the address has room for negative coordinates */
    uint32_t source_pitch, source_address;
    uint32_t depth, cpp;
};

static struct place choose_place(struct fixture *f)
{
    static const uint32_t bytes[4] = {1, 2, 2, 4};
    struct place place = {.pitch = choose_fence(f, 0), .source_pitch = choose_fence(f, 1)};

    place.depth = rnd(f) % 4;
    place.cpp = bytes[place.depth];
    uint32_t odd = rnd(f) % 3 == 0 ? rnd(f) % 16 : 0;
    place.address = TO + 64 * place.pitch + odd;
    place.source_address = FROM + 64 * place.source_pitch + rnd(f) % 4 * place.cpp;
    /* Inside a row of tiles, and near the end of a row, beyond which the next one is. */
    if (rnd(f) % 4 == 0) {
        place.address += rnd(f) % (8 * place.pitch);
        place.source_address += rnd(f) % (8 * place.source_pitch);
    }
    if (rnd(f) % 8 == 0 && f->r.fence[0].pitch == 0) {
        place.pitch = (uint32_t) - (int32_t)place.pitch;
        place.address += 0x10000;
    }
    if (rnd(f) % 8 == 0 && f->r.fence[1].pitch == 0) {
        place.source_pitch = (uint32_t) - (int32_t)place.source_pitch;
        place.source_address += 0x10000;
    }
    /* sometimes not the fence's pitch, and sometimes the destination itself */
    if (rnd(f) % 16 == 0) {
        place.pitch = 520;
    }
    if (rnd(f) % 4 == 0) {
        place.source_pitch = place.pitch;
        place.source_address = place.address;
    }
    return place;
}

static uint32_t control(struct fixture *f, const struct place *place)
{
    static const uint8_t usual[] = {0xcc, 0xf0, 0x66, 0x00, 0xff, 0x5a, 0xb8, 0xe2};
    uint32_t rop = rnd(f) % 4 == 0 ? usual[rnd(f) % 8] : rnd(f) % 256;
    uint32_t flags = 0;

    for (unsigned bit = 28; bit < 32; bit++) {
        flags |= rnd(f) % 4 == 0 ? 1u << bit : 0;
    }
    return flags | place->depth << 24 | rop << 16 | (place->pitch & 0xffff);
}

static uint32_t masks(struct fixture *f)
{
    return rnd(f) % 3 == 0 ? (rnd(f) % 4) << 20 : 3u << 20;
}

/* Up to 60 pixels to the right and 40 down, from a little left and above the origin on. */
static void put_rectangle(struct fixture *f, int width, int height)
{
    int x = (int)(rnd(f) % 50) - 10;
    int y = (int)(rnd(f) % 50) - 10;

    put(f, XY(x, y));
    put(f, XY(x + width, y + height));
}

static void put_source(struct fixture *f, const struct place *place, bool pitch_first)
{
    uint32_t xy = XY((int)(rnd(f) % 30) - 5, (int)(rnd(f) % 30) - 5);

    put(f, pitch_first ? place->source_pitch & 0xffff : xy);
    put(f, pitch_first ? xy : place->source_pitch & 0xffff);
    put(f, place->source_address);
}

static void put_words(struct fixture *f, size_t n)
{
    while (n-- > 0) {
        put(f, rnd32(f));
    }
}

static void put_key(struct fixture *f)
{
    uint32_t low = rnd32(f) & 0x7f7f7f7fu;

    put(f, low);
    put(f, low | 0xf0f0f0f0u);
}

static void put_clip(struct fixture *f)
{
    put(f, XY((int)(rnd(f) % 20) - 10, (int)(rnd(f) % 20) - 10));
    put(f, XY(15 + rnd(f) % 60, 10 + rnd(f) % 50));
}

static uint32_t data_address(struct fixture *f)
{
    return OTHER + rnd(f) % 0x8000;
}

/* A setup and a command that draws with it. */
static void put_setup(struct fixture *f, const struct place *place, uint32_t opcode)
{
    bool mono = rnd(f) % 2 == 0;
    int width = 1 + (int)(rnd(f) % 60);
    int height = 1 + (int)(rnd(f) % 20);

    put(f, (mono ? 0x44400007u : 0x40400006u) | masks(f));
    put(f, control(f, place));
    put_clip(f);
    put(f, place->address);
    put_words(f, 2);
    put(f, mono ? rnd32(f) : data_address(f));
    if (mono) {
        put(f, rnd32(f));
    }
    reference_execute(&f->r, f->words, f->count);
    size_t begin = f->count;
    bool packed = rnd(f) % 2 == 0;
    switch (opcode) {
    case 0x24:
        put(f, 0x49000000);
        put(f, XY(rnd(f) % 70, (int)(rnd(f) % 50) - 5));
        break;
    case 0x25:
        put(f, 0x49400001 | (rnd(f) & 0x7700));
        put_rectangle(f, width, height);
        break;
    case 0x26:
        put(f, 0x49800002 | (packed ? 1u << 16 : 0));
        put_rectangle(f, width, height);
        put(f, data_address(f));
        break;
    default: {
        size_t bits =
            packed ? (size_t)(width + 7) / 8 * 8 * (size_t)height : (size_t)width * (size_t)height;
        size_t qwords = (bits + 63) / 64;
        put(f, 0x4c400000 | (packed ? 1u << 16 : 0) | (uint32_t)(1 + 2 * qwords));
        put_rectangle(f, width, height);
        put_words(f, 2 * qwords);
        break;
    }
    }
    reference_execute(&f->r, f->words + begin, f->count - begin);
}

static void put_byte_blit(struct fixture *f, const struct place *place, bool copy)
{
    uint32_t flags = copy && rnd(f) % 2 == 0 ? 1u << 30 : 0;

    put(f, (copy ? 0x50c00004u : 0x50000003u) | masks(f));
    put(f, (control(f, place) & 0x03ffffff) | flags);
    put(f, (rnd(f) % 30) << 16 | rnd(f) % 300);
    put(f, place->address + 400);
    if (copy) {
        put(f, place->source_pitch & 0xffff);
        put(f, place->source_address + 400);
    } else {
        put(f, rnd32(f));
    }
    reference_execute(&f->r, f->words, f->count);
}

static void put_blit(struct fixture *f, const struct place *place, uint32_t opcode)
{
    int width = (int)(rnd(f) % 70);
    int height = (int)(rnd(f) % 40);
    uint32_t free_bits = rnd(f) & 0x7700; /* seeds */

    if (opcode == 0x54 || opcode == 0x71 || opcode == 0x73 || opcode == 0x76 || opcode == 0x77 ||
        (opcode >= 0x56 && opcode <= 0x58 && opcode != 0x57) || opcode == 0x75) {
        free_bits |= (rnd(f) % 8) << 17;
    } else if (opcode == 0x59) {
        free_bits |= (rnd(f) % 16) << 15;
    }
    if (opcode == 0x50 || opcode == 0x53 || opcode == 0x54 || opcode == 0x71 || opcode == 0x73) {
        free_bits &= ~0x7700u;
    }
    put(f, 0x40000000 | opcode << 22 | masks(f) | free_bits);
    put(f, control(f, place));
    if (opcode == 0x71) {
        height = 1 + height % 12;
    }
    put_rectangle(f, width, height);
    put(f, place->address);
    size_t pattern_words = 16 * place->cpp;
    switch (opcode) {
    case 0x50:
        put_words(f, 1);
        break;
    case 0x51:
        put(f, data_address(f));
        break;
    case 0x76:
        put(f, data_address(f));
        put_key(f);
        break;
    case 0x72:
        put_words(f, pattern_words);
        break;
    case 0x77:
        put_key(f);
        put_words(f, pattern_words);
        break;
    case 0x52:
        put_words(f, 4);
        break;
    case 0x59:
        put_words(f, 2);
        break;
    case 0x53:
        put_source(f, place, false);
        break;
    case 0x73:
        put_source(f, place, false);
        put_key(f);
        break;
    case 0x54:
        put(f, data_address(f));
        put_words(f, 2);
        break;
    case 0x71:
        put_words(f, 2);
        /* enough for any first bit */
        put_words(f, ((size_t)(width + 7 + 15) / 16 * 2 * (size_t)height + 7) / 8 * 2);
        f->count += f->count == 7 ? 2 : 0;
        break;
    case 0x55:
        put_source(f, place, true);
        put(f, data_address(f));
        break;
    case 0x74:
        put_source(f, place, true);
        put_words(f, pattern_words);
        break;
    case 0x56:
        put(f, data_address(f));
        put_words(f, 2);
        put(f, data_address(f));
        break;
    case 0x75:
        put(f, data_address(f));
        put_words(f, 2);
        put_words(f, pattern_words);
        break;
    case 0x57:
        put_source(f, place, true);
        put_words(f, 4);
        break;
    case 0x58:
        put(f, data_address(f));
        put_words(f, 6);
        break;
    default:
        fail();
    }
    f->words[0] |= (uint32_t)(f->count - 2);
    reference_execute(&f->r, f->words, f->count);
}

static void see(struct fixture *f)
{
    for (size_t at = 0; at < COMPARED; at += HW_PAGE_SIZE) {
        memcpy(f->seen + at, f->memory + (at ^ (f->swapped ? HW_PAGE_SIZE : 0)), HW_PAGE_SIZE);
    }
}

static void check(struct fixture *f)
{
    harness_run(&f->h, f->words, f->count);
    if (hw_read(f->h.dev, ESR) & ERROR_INSTRUCTION) {
        fail_msg("stopped: %s", f->h.log[(f->h.log_count + 7) % 8]);
    }
    assert_false(f->r.missed);
    see(f);
    if (memcmp(f->seen, f->r.after, COMPARED) == 0) {
        memcpy(f->r.before, f->r.after, COMPARED);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        print_message("%2zu: 0x%08x\n", i, f->words[i]);
    }
    for (size_t i = 0, shown = 0; i < COMPARED && shown < 8; i++) {
        if (f->seen[i] != f->r.after[i]) {
            print_message("0x%05zx: %02x, not %02x (was %02x)\n", i, f->seen[i], f->r.after[i],
                          f->r.before[i]);
            shown++;
        }
    }
    fail_msg("fences %u %s, %u %s", f->r.fence[0].pitch, f->r.fence[0].walk_y ? "Y" : "X",
             f->r.fence[1].pitch, f->r.fence[1].walk_y ? "Y" : "X");
}

static void hear(void *user, const struct model_watch_access *access)
{
    struct fixture *f = user;

    if (access->write && access->engine == MODEL_WATCH_BLITTER && access->address >= TO &&
        access->address + access->size <= TO + 3 * MIB) {
        memset(f->told + (access->address - TO), 1, access->size);
    }
}

static void begin_watching(struct fixture *f)
{
    if (f->told != NULL) {
        memset(f->told, 0, COMPARED);
        memset(f->r.written, 0, COMPARED);
    }
}

static void compare_watched(struct fixture *f)
{
    if (f->told != NULL && memcmp(f->told, f->r.written, COMPARED) != 0) {
        for (size_t i = 0; i < f->count; i++) {
            print_message("%2zu: 0x%08x\n", i, f->words[i]);
        }
        fail_msg("the watcher hears of other bytes than are written");
    }
}

static void blits(struct fixture *f, const uint32_t *opcodes, size_t count, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        for (size_t o = 0; o < count; o++) {
            struct place place = choose_place(f);
            f->count = 0;
            /* the clip that the ones without a setup use */
            put(f, 0x40c00001);
            put_clip(f);
            reference_execute(&f->r, f->words, f->count);
            harness_run(&f->h, f->words, f->count);
            f->count = 0;
            begin_watching(f);
            switch (opcodes[o]) {
            case 0x24:
            case 0x25:
            case 0x26:
            case 0x31:
                put_setup(f, &place, opcodes[o]);
                break;
            case 0x40:
            case 0x43:
                put_byte_blit(f, &place, opcodes[o] == 0x43);
                break;
            default:
                put_blit(f, &place, opcodes[o]);
            }
            check(f);
            compare_watched(f);
        }
    }
    if (!f->swapped) {
        assert_memory_equal(f->memory, f->r.after, f->r.size);
    }
}

#define BLITS(name, rounds, ...)                                                                   \
    static void name(void **state)                                                                 \
    {                                                                                              \
        static const uint32_t opcodes[] = {__VA_ARGS__};                                           \
        blits(*state, opcodes, COUNT(opcodes), rounds);                                            \
    }

BLITS(fills, 150, 0x50, 0x40)
BLITS(copies, 250, 0x53, 0x43)
BLITS(patterns, 100, 0x51, 0x72, 0x52, 0x59)
BLITS(mono_sources, 150, 0x54, 0x71)
BLITS(full_blits, 60, 0x55, 0x56, 0x57, 0x58, 0x74, 0x75)
BLITS(chroma_keys, 120, 0x73, 0x76, 0x77)
BLITS(what_is_set_up, 100, 0x24, 0x25, 0x26, 0x31)

static const uint32_t every[] = {0x24, 0x25, 0x26, 0x31, 0x40, 0x43, 0x50, 0x51,
                                 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
                                 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77};

/* No two pages of the GTT follow each other in memory. */
static void in_scattered_pages(void **state)
{
    struct fixture *f = *state;

    f->swapped = true;
    for (uint32_t page = TO >> 12; page < (TO + MIB) >> 12; page += 2) {
        uint32_t first = hw_gtt_read(f->h.dev, page);
        hw_gtt_write(f->h.dev, page, hw_gtt_read(f->h.dev, page + 1));
        hw_gtt_write(f->h.dev, page + 1, first);
    }
    for (size_t at = 0; at < MIB; at += HW_PAGE_SIZE) {
        memcpy(f->r.before + at, f->memory + (at ^ HW_PAGE_SIZE), HW_PAGE_SIZE);
    }
    memcpy(f->r.after, f->r.before, MIB);
    blits(f, every, COUNT(every), 25);
}

static void while_somebody_watches(void **state)
{
    struct fixture *f = *state;

    f->told = calloc(1, f->r.size);
    f->r.written = calloc(1, f->r.size);
    assert_int_equal(model_set_watch(f->h.dev, hear, f), 0);
    blits(f, every, COUNT(every), 25);
    assert_int_equal(model_set_watch(f->h.dev, NULL, NULL), 0);
}

/* What is not there reads as zeros and is not written; the rest is drawn, and the engine goes on.
 */
static void around_missing_pages(void **state)
{
    struct fixture *f = *state;
    unsigned faults = 0;

    for (unsigned i = 0; i < 150; i++) {
        static const uint32_t some[] = {0x40, 0x43, 0x50, 0x52, 0x53, 0x57, 0x73};
        uint32_t base = i % 4 == 0 ? FROM : TO;
        f->r.hole = base + (8 + rnd(f) % 24) * HW_PAGE_SIZE;
        uint32_t pte = hw_gtt_read(f->h.dev, f->r.hole >> 12);
        hw_gtt_write(f->h.dev, f->r.hole >> 12, 0);
        blits(f, &some[i % COUNT(some)], 1, 1);
        RUN(&f->h, MI_STORE_DATA_INDEX, 0x100, i + 1);
        assert_int_equal(load(&f->h.status[0x40]), i + 1);
        hw_gtt_write(f->h.dev, f->r.hole >> 12, pte);
        uint32_t er = hw_read(f->h.dev, PGTBL_ER);
        assert_true(er == 0 || er == PGTBL_ER_LC_PTE);
        faults += er != 0;
        hw_write(f->h.dev, PGTBL_ER, er);
    }
    assert_true(faults > 10);
    f->r.hole = 0;
}

/* Coordinates, pitches and addresses without sense: nothing but the few pages may be touched. */
static void without_sense(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 600; i++) {
        uint32_t opcode = every[4 + rnd(f) % (COUNT(every) - 4)];
        uint32_t end = f->h.dev->identity.gtt_entries << 12;
        struct place place = {.pitch = rnd32(f), .source_pitch = rnd32(f), .depth = rnd(f) % 4};
        place.cpp = place.depth == 3 ? 4 : place.depth == 0 ? 1 : 2;
        place.address = rnd(f) % 2 != 0 ? rnd32(f) : end - rnd(f) % 0x2000;
        place.source_address = rnd(f) % 2 != 0 ? rnd32(f) : end - rnd(f) % 0x2000;
        choose_fence(f, 0);
        f->count = 0;
        f->r.size = 0; /* the reference finds nothing anywhere */
        if (opcode == 0x40 || opcode == 0x43) {
            put_byte_blit(f, &place, opcode == 0x43);
        } else {
            put_blit(f, &place, opcode);
            if (opcode != 0x71) {
                f->words[2] = rnd32(f);
                f->words[3] = rnd32(f);
            }
        }
        harness_run(&f->h, f->words, f->count);
        assert_int_equal(hw_read(f->h.dev, ESR) & ERROR_INSTRUCTION, 0);
        RUN(&f->h, MI_STORE_DATA_INDEX, 0x100, i + 1);
        assert_int_equal(load(&f->h.status[0x40]), i + 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills),
        TEST(copies),
        TEST(patterns),
        TEST(mono_sources),
        TEST(full_blits),
        TEST(chroma_keys),
        TEST(what_is_set_up),
        TEST(in_scattered_pages),
        TEST(while_somebody_watches),
        TEST(around_missing_pages),
        TEST(without_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
