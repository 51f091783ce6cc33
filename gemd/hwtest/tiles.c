/* SPDX-License-Identifier: MIT */
/*
 * Tiles through a fence register: where what is written through the aperture comes to lie. A
 * surface of one tile's width shows the walk and the swizzling of bit 6 (doc/gen3.md A.8, A.9).
 */
#include <string.h>

#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"
#include "hw/pci/swizzle.h"

#define FENCE_USED 7u
#define PROBES     64u
#define TILE_BYTES (TILE_PAGES * HW_PAGE_SIZE)
#define BIT_6      0x40u
#define TOLD_MAX   8u

/* Where the bytes of a tile are. */
struct walk {
    const char *name;
    bool is_y;
    uint32_t width, rows; /* of a tile: bytes, rows */
    uint32_t step;        /* of linear addresses, so that bits 9 to 11 of memory's change */
};

static const struct walk walk_x = {"X", false, 512, 8, 512};
static const struct walk walk_y = {"Y", true, 128, 32, 16};
static const struct walk walk_y_915 = {"Y of 512 bytes", true, 512, 8, 64};

static uint32_t place_of(const struct walk *walk, uint32_t linear)
{
    uint32_t x = linear % walk->width, y = linear / walk->width;
    uint32_t tile = y / walk->rows * HW_PAGE_SIZE, row = y % walk->rows;
    return walk->is_y ? tile + x / 16 * (walk->rows * 16) + row * 16 + x % 16
                      : tile + row * walk->width + x;
}

static uint32_t linear_of(const struct walk *walk, uint32_t probe)
{
    return probe * (TILE_PAGES / PROBES) * HW_PAGE_SIZE + probe % 8 * walk->step;
}

/* In X tiles; those of Y are the same without bit 10. */
static uint32_t bits_of(const struct walk *walk, uint32_t bits)
{
    return walk->is_y ? bits & ~(1u << 10) : bits;
}

/* The place in the MiB that holds a value; TILE_BYTES: none. */
static uint32_t find(const struct bench *bench, uint32_t value)
{
    const uint32_t *words = bench_words(bench, PAGE_TILES);
    uint32_t i = 0;
    while (i < TILE_BYTES / 4 && words[i] != value) {
        i++;
    }
    return i * 4;
}

struct finding {
    char flips[PROBES + 1]; /* '0', '1', or '?' for elsewhere */
    uint64_t bus[PROBES];
    unsigned lost, with_bit_17;
};

static int write_probes(struct hwtest *test, const struct walk *walk)
{
    const struct bench *bench = &test->bench;
    int error = 0;
    memset(bench_words(bench, PAGE_TILES), 0, TILE_BYTES);
    bench_flush(bench, PAGE_TILES, TILE_PAGES);
    /* One tile wide, one MiB. */
    hw_write(test->dev, FENCE(FENCE_USED),
             bench_address(bench, PAGE_TILES) | FENCE_VALID | (walk->is_y ? FENCE_WALK_Y : 0));
    (void)hw_read(test->dev, FENCE(FENCE_USED));
    for (uint32_t i = 0; i < PROBES && error == 0; i++) {
        uint32_t linear = linear_of(walk, i), value = bench_pattern(0x7000, i);
        error = hw_aperture_write(test->dev, bench_address(bench, PAGE_TILES) + linear, &value, 4);
    }
    bench_flush(bench, PAGE_TILES, TILE_PAGES);
    return error;
}

static void look(struct hwtest *test, const struct walk *walk, struct finding *finding)
{
    const struct bench *bench = &test->bench;
    const uint32_t *words = bench_words(bench, PAGE_TILES);
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t linear = linear_of(walk, i), place = place_of(walk, linear);
        uint32_t value = bench_pattern(0x7000, i);
        finding->bus[i] = hw_dma_bus_address(test->dev, &bench->dma, place);
        finding->with_bit_17 += (finding->bus[i] >> 17 & 1) != 0;
        finding->flips[i] = '?';
        if (words[place / 4] == value) {
            finding->flips[i] = '0';
        } else if (words[(place ^ BIT_6) / 4] == value) {
            finding->flips[i] = '1';
        } else if (++finding->lost <= TOLD_MAX) {
            hwtest_note(test, "elsewhere", "linear 0x%05x expected at 0x%05x found at 0x%05x",
                        linear, place, find(bench, value));
        }
    }
}

static bool explains(const struct finding *finding, uint32_t bits)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        bool flips = __builtin_parityll(finding->bus[i] & bits) != 0;
        if (finding->flips[i] != (flips ? '1' : '0')) {
            return false;
        }
    }
    return true;
}

static enum hwtest_result judge(struct hwtest *test, const struct walk *walk,
                                const struct finding *finding)
{
    static const uint32_t kinds[] = {0, 0x600, 0xe00, 0x20600};
    uint32_t told = pci_swizzle_of(test->dev);
    if (finding->lost > 0) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "%u of %u dwords of %s tiles lie elsewhere",
                               finding->lost, PROBES, walk->name);
    }
    if (explains(finding, bits_of(walk, told))) {
        return hwtest_conclude(test, HWTEST_OK, "as the memory controller says: %s in X",
                               pci_swizzle_name(told));
    }
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (explains(finding, bits_of(walk, kinds[i]))) {
            return hwtest_conclude(test, HWTEST_DIFFERS,
                                   "the memory controller says %s in X, memory shows %s",
                                   pci_swizzle_name(told), pci_swizzle_name(kinds[i]));
        }
    }
    return hwtest_conclude(test, HWTEST_DIFFERS,
                           "the memory controller says %s in X, memory shows none that is known",
                           pci_swizzle_name(told));
}

static enum hwtest_result test_walk(struct hwtest *test, const struct walk *walk)
{
    struct finding finding = {.lost = 0};
    bench_reset_entries(&test->bench);
    uint32_t found = hw_read(test->dev, FENCE(FENCE_USED));
    int error = write_probes(test, walk);
    hw_write(test->dev, FENCE(FENCE_USED), found);
    (void)hw_read(test->dev, FENCE(FENCE_USED));
    if (error != 0) {
        return hwtest_conclude(test, HWTEST_FAILED,
                               "the aperture cannot be written through a fence register: %s",
                               strerror(-error));
    }
    look(test, walk, &finding);
    hwtest_note(test, "controller", "DCC 0x%08x C0DRB 0x%08x C1DRB 0x%08x",
                hw_read(test->dev, MCH_DCC), hw_read(test->dev, MCH_C0DRB2),
                hw_read(test->dev, MCH_C1DRB2));
    hwtest_note(test, "tile", "%u bytes by %u rows", walk->width, walk->rows);
    hwtest_note(test, "flips_of_bit_6", "%s", finding.flips);
    hwtest_note(test, "pages_with_bit_17", "%u of %u", finding.with_bit_17, PROBES);
    return judge(test, walk, &finding);
}

enum hwtest_result test_swizzle_x(struct hwtest *test)
{
    return test_walk(test, &walk_x);
}

enum hwtest_result test_swizzle_y(struct hwtest *test)
{
    /* Those with 8 fence registers are of the class of 915. */
    return test_walk(test, test->dev->identity.fence_count == 8 ? &walk_y_915 : &walk_y);
}
