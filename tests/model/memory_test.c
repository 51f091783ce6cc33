/* SPDX-License-Identifier: MIT */
/* Physical memory, PTEs, the aperture and fences. */
#include "tests/model/test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/gen3/surface.h"
#include "hw/model/bus_space.h"
#include "hw/model/chipset.h"
#include "hw/model/physical.h"

static int setup(void **state)
{
    static struct model_harness h;

    harness_init(&h, NULL);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    harness_finish(*state);
    return 0;
}

static void bus_ranges_are_reused_and_merged(void **state)
{
    struct bus_space space;

    assert_int_equal(bus_space_init(&space, 10, 100), 0);
    int64_t page[40];
    for (int i = 0; i < 40; i++) {
        page[i] = bus_space_take(&space, 2);
        assert_int_equal(page[i], 10 + 2 * i);
    }
    assert_int_equal(bus_space_take(&space, 21), -ENOSPC);
    for (int i = 0; i < 40; i += 2) {
        assert_int_equal(bus_space_give(&space, (uint64_t)page[i], 2), 0);
    }
    assert_int_equal(space.count, 21);
    assert_int_equal(bus_space_take(&space, 1), 10);
    assert_int_equal(bus_space_give(&space, 10, 1), 0);
    for (int i = 39; i > 0; i -= 2) {
        assert_int_equal(bus_space_give(&space, (uint64_t)page[i], 2), 0);
    }
    assert_int_equal(space.count, 1);
    assert_int_equal(bus_space_take(&space, 100), 10);
    assert_int_equal(space.count, 0);
    bus_space_finish(&space);
}

static void alloc_is_zeroed_and_reused(void **state)
{
    struct model_harness *h = *state;
    struct hw_dma first;
    struct hw_dma second;

    assert_int_equal(hw_dma_alloc(h->dev, 3 * HW_PAGE_SIZE, &first), 0);
    uint64_t bus = hw_dma_bus_address(h->dev, &first, HW_PAGE_SIZE);
    memset(first.cpu, 0xff, first.size);
    hw_dma_release(h->dev, &first);
    assert_null(first.cpu);
    assert_int_equal(hw_dma_alloc(h->dev, 3 * HW_PAGE_SIZE, &second), 0);
    assert_int_equal(hw_dma_bus_address(h->dev, &second, HW_PAGE_SIZE), bus);
    for (size_t i = 0; i < second.size; i++) {
        assert_int_equal(((uint8_t *)second.cpu)[i], 0);
    }
    hw_dma_release(h->dev, &second);
    assert_int_equal(hw_dma_alloc(h->dev, 100, &first), -EINVAL);
    assert_int_equal(hw_dma_alloc(h->dev, 0, &first), -EINVAL);
}

static void attach_shares_a_part_of_a_file(void **state)
{
    struct model_harness *h = *state;
    struct hw_dma dma;
    uint32_t word = 0x600d;
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_int_equal(ftruncate(fd, 4 * HW_PAGE_SIZE), 0);
    assert_int_equal(pwrite(fd, &word, 4, 2 * HW_PAGE_SIZE), 4);
    assert_int_equal(hw_dma_attach(h->dev, fd, 100, HW_PAGE_SIZE, &dma), -EINVAL);
    assert_int_equal(hw_dma_attach(h->dev, -1, 0, HW_PAGE_SIZE, &dma), -EBADF);
    assert_int_equal(hw_dma_attach(h->dev, fd, HW_PAGE_SIZE, 2 * HW_PAGE_SIZE, &dma), 0);
    assert_int_equal(((uint32_t *)dma.cpu)[HW_PAGE_SIZE / 4], 0x600d);
    uint64_t bus = hw_dma_bus_address(h->dev, &dma, HW_PAGE_SIZE);
    hw_gtt_write(h->dev, DATA >> 12, harness_pte(bus));
    RUN(h, MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, DATA + 4, 0xbeef);
    assert_int_equal(pread(fd, &word, 4, 2 * HW_PAGE_SIZE + 4), 4);
    assert_int_equal(word, 0xbeef);
    hw_gtt_write(h->dev, DATA >> 12, 0);
    hw_dma_release(h->dev, &dma);
    close(fd);
}

/* More than 4 GiB on the bus, so that the high bits of a PTE count; 915 and 945 have none. */
static void reaches_memory_above_4_gib(void **state)
{
    struct model_harness *h = *state;
    struct hw_dma big;
    struct hw_dma dma;
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_int_equal(ftruncate(fd, INT64_C(5) << 30), 0);
    bool reaches = model_chipset_find(h->dev->identity.name)->class->bus_bits > 32;
    int result = hw_dma_attach(h->dev, fd, 0, (size_t)5 << 30, &big);
    close(fd);
    assert_int_equal(result, reaches ? 0 : -ENOSPC);
    if (!reaches) {
        return;
    }
    assert_int_equal(hw_dma_alloc(h->dev, HW_PAGE_SIZE, &dma), 0);
    uint64_t bus = hw_dma_bus_address(h->dev, &dma, 0);
    assert_true(bus >> 32 != 0);
    hw_gtt_write(h->dev, DATA >> 12, harness_pte(bus));
    RUN(h, MI_STORE_DATA_IMM | MI_STORE_DATA_GTT, DATA, 0x4004);
    assert_int_equal(*(uint32_t *)dma.cpu, 0x4004);
    hw_gtt_write(h->dev, DATA >> 12, 0);
    hw_dma_release(h->dev, &dma);
    hw_dma_release(h->dev, &big);
}

static struct model_memory *create_memory(const char *chipset, const char *channels)
{
    const struct model_chipset *row = model_chipset_find(chipset);

    return model_memory_create(row, model_channels_find(row->class->channels, channels), NULL);
}

static void spans_merge_neighbours(void **state)
{
    struct model_memory *memory = create_memory("g33", NULL);
    struct hw_dma a;
    uint64_t span;

    assert_non_null(memory);
    assert_int_equal(model_dma_alloc(memory, 4 * HW_PAGE_SIZE, &a), 0);
    const unsigned order[] = {0, 1, 3, 2};
    for (uint32_t i = 0; i < 4; i++) {
        model_memory_set_pte(memory, 65532 + i, harness_pte(a.bus_base + order[i] * HW_PAGE_SIZE));
    }
    uint64_t base = (uint64_t)65532 << 12;
    uint8_t *cpu = a.cpu;
    assert_ptr_equal(model_memory_at(memory, base + 16, 1 << 20, &span), cpu + 16);
    assert_int_equal(span, 2 * HW_PAGE_SIZE - 16);
    assert_ptr_equal(model_memory_at(memory, base + 16, 1, &span), cpu + 16);
    assert_int_equal(span, HW_PAGE_SIZE - 16);
    assert_ptr_equal(model_memory_at(memory, base + 2 * HW_PAGE_SIZE, 8192, &span),
                     cpu + 3 * HW_PAGE_SIZE);
    assert_int_equal(span, HW_PAGE_SIZE);
    /* the GTT's end, a PTE without memory, without the valid bit, with reserved bits */
    assert_null(model_memory_at(memory, base + 4 * HW_PAGE_SIZE, 1, &span));
    assert_null(model_memory_at(memory, UINT64_MAX, 1, &span));
    const uint32_t bad[] = {harness_pte(0x12345000), harness_pte(a.bus_base) & ~PTE_VALID,
                            harness_pte(a.bus_base) | 1u << 3, harness_pte(a.bus_base) | 1u << 11};
    for (size_t i = 0; i < COUNT(bad); i++) {
        model_memory_set_pte(memory, 5, bad[i]);
        assert_null(model_memory_at(memory, 5 << 12, 1, &span));
        assert_int_equal(span, 0);
    }
    char bytes[16];
    assert_false(model_memory_read(memory, base + 4 * HW_PAGE_SIZE - 8, bytes, 16));
    assert_true(model_memory_read(memory, base + 3 * HW_PAGE_SIZE - 8, bytes, 16));
    model_dma_release(memory, &a);
    model_memory_destroy(memory);
}

static void ptes_read_back(void **state)
{
    struct model_harness *h = *state;

    uint32_t end = h->dev->identity.gtt_entries;

    hw_gtt_write(h->dev, end - 1, 0x12345671);
    assert_int_equal(hw_gtt_read(h->dev, end - 1), 0x12345671);
    hw_gtt_write(h->dev, end, 1);
    assert_int_equal(hw_gtt_read(h->dev, end), 0);
}

struct fenced {
    const char *name;
    enum gen3_tiling tiling;
    unsigned pitch_log2; /* in tile widths */
    unsigned fence;
};

static const struct fenced fenced[] = {
    {"X, pitch 512", GEN3_TILED_X, 0, 0},   {"X, pitch 2048", GEN3_TILED_X, 2, 7},
    {"X, pitch 8192", GEN3_TILED_X, 4, 8},  {"Y, pitch 128", GEN3_TILED_Y, 0, 3},
    {"Y, pitch 1024", GEN3_TILED_Y, 3, 15},
};

static void the_aperture_detiles(void **state)
{
    struct model_harness *h = *state;
    uint8_t *memory = harness_bind(h, 0x01000000, 1 << 20);

    for (size_t i = 0; i < COUNT(fenced); i++) {
        const struct fenced *f = &fenced[i];
        print_message("%s\n", f->name);
        uint32_t pitch = harness_tile_width(h, f->tiling) << f->pitch_log2;
        unsigned fence = f->fence % h->dev->identity.fence_count;
        uint32_t value = 0x01000000u | FENCE_VALID | f->pitch_log2 << FENCE_PITCH_SHIFT |
                         (f->tiling == GEN3_TILED_Y ? FENCE_WALK_Y : 0);
        hw_write(h->dev, FENCE(fence), value);
        assert_int_equal(hw_read(h->dev, FENCE(fence)), value);
        uint8_t row[300];
        uint32_t x = pitch > 600 ? pitch - 400 : 5;
        uint32_t width = pitch - x < 300 ? pitch - x : 300;
        for (uint32_t y = 0; y < 70; y++) {
            for (uint32_t j = 0; j < width; j++) {
                row[j] = (uint8_t)(y * 7 + j);
            }
            uint64_t at = 0x01000000 + (uint64_t)y * pitch + x;
            assert_int_equal(hw_aperture_write(h->dev, at, row, width), 0);
            for (uint32_t j = 0; j < width; j++) {
                assert_int_equal(memory[harness_tile_offset(h, f->tiling, pitch, x + j, y)],
                                 row[j]);
            }
            uint8_t back[300];
            assert_int_equal(hw_aperture_read(h->dev, at, back, width), 0);
            assert_memory_equal(back, row, width);
        }
        hw_write(h->dev, FENCE(fence), 0);
    }
    /* beyond the fence, linear */
    uint32_t word = 0xabcd;
    assert_int_equal(hw_aperture_write(h->dev, 0x01000000 + 4100, &word, 4), 0);
    assert_int_equal(*(uint32_t *)(memory + 4100), 0xabcd);
}

static void the_aperture_faults(void **state)
{
    struct model_harness *h = *state;
    uint64_t end = h->dev->identity.aperture_size;
    uint8_t bytes[16];

    assert_int_equal(hw_aperture_read(h->dev, end, bytes, 1), -EFAULT);
    assert_int_equal(hw_aperture_read(h->dev, end - 8, bytes, 16), -EFAULT);
    assert_int_equal(hw_aperture_read(h->dev, UINT64_MAX, bytes, 16), -EFAULT);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), 0);
    assert_int_equal(hw_aperture_write(h->dev, DATA, bytes, 16), -EFAULT);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), PGTBL_ER_HOST_GTT);
    assert_int_equal(hw_read(h->dev, ESR), ERROR_PAGE_TABLE);
    hw_write(h->dev, PGTBL_ER, PGTBL_ER_HOST_GTT);
    assert_int_equal(hw_read(h->dev, PGTBL_ER), 0);
    assert_int_equal(hw_read(h->dev, ESR), 0);
    RUN(h, MI_STORE_DATA_INDEX, 0x100, 1);
    assert_int_equal(load(&h->status[0x40]), 1);
}

/* Two MiB at GTT address 1 MiB on a chip of one's own making. */
static uint8_t *bind_two(struct model_memory *memory, struct hw_dma *dma)
{
    assert_int_equal(model_dma_alloc(memory, 2 << 20, dma), 0);
    for (uint32_t i = 0; i < 512; i++) {
        model_memory_set_pte(memory, 256 + i, harness_pte(dma->bus_base + i * HW_PAGE_SIZE));
    }
    return dma->cpu;
}

#define FENCE_AT_1_MIB(log2_pitch) (1u << 20 | FENCE_VALID | (log2_pitch) << FENCE_PITCH_SHIFT)

static void check_swizzle(struct model_memory *memory, const char *name, bool is_945_class,
                          bool walk_y, const struct hw_dma *dma)
{
    const enum gen3_tiling tiling = walk_y ? gen3_tiling_y(is_945_class) : GEN3_TILED_X;
    const uint32_t pitch = 1024, at_1_mib = 1u << 20;
    const uint8_t *cpu = dma->cpu;
    uint8_t row[1024];

    model_memory_set_fence(memory, 0,
                           FENCE_AT_1_MIB(tiling == GEN3_TILED_Y ? 3 : 1) | walk_y * FENCE_WALK_Y);
    for (uint32_t i = 0; i < 1000 + pitch; i++) {
        uint32_t x = i < 1000 ? i * 37 % pitch : i - 1000;
        uint32_t y = i < 1000 ? i * 11 % 1000 : 7;
        uint8_t byte = (uint8_t)(i * 3);
        /* pages follow each other downwards on the bus */
        uint64_t at = gen3_tile_offset(tiling, pitch, x, y) ^ 0x1ff000;
        unsigned bit = harness_flip(name, walk_y, dma->bus_base + at);
        uint64_t run, tiled = at_1_mib + gen3_tile_offset(tiling, pitch, x, y);
        assert_true(model_memory_fenced_write(memory, at_1_mib + y * pitch + x, &byte, 1));
        assert_int_equal(cpu[at ^ bit << 6], byte);
        assert_int_equal(model_memory_tiled_address(memory, tiling, tiled, &run), tiled ^ bit << 6);
    }
    assert_true(model_memory_fenced_read(memory, at_1_mib + 7 * pitch, row, pitch));
    for (uint32_t x = 0; x < pitch; x++) {
        assert_int_equal(row[x], (uint8_t)((1000 + x) * 3));
    }
}

static void bit_6_swizzle(void **state)
{
    static const char *const names[] = {"g33", "945gm", "915g", "pineview-m"};
    const char *name;

    for (size_t i = 0; i < COUNT(names); i++) {
        const struct model_class *class = model_chipset_find(names[i])->class;
        for (size_t j = 0; (name = model_channels_name(names[i], j)) != NULL; j++) {
            struct model_memory *memory = create_memory(names[i], name);
            struct hw_dma dma;
            assert_non_null(memory);
            (void)bind_two(memory, &dma);
            for (uint32_t page = 0; page < 512; page++) {
                model_memory_set_pte(memory, 256 + page,
                                     harness_pte(dma.bus_base + (511 - page) * HW_PAGE_SIZE));
            }
            model_memory_enable(memory, true);
            check_swizzle(memory, name, class->is_945_class, false, &dma);
            check_swizzle(memory, name, class->is_945_class, true, &dma);
            model_dma_release(memory, &dma);
            model_memory_destroy(memory);
        }
    }
}

static void fences_begin_where_they_begin(void **state)
{
    struct model_memory *memory = create_memory("g33", NULL);
    struct model_fence fence;
    struct hw_dma dma;
    uint64_t span;

    assert_non_null(memory);
    uint8_t *cpu = bind_two(memory, &dma);
    const uint64_t second = 2 << 20;
    /* a pitch that is too long, a start that the size does not divide: no fences */
    model_memory_set_fence(memory, 1, FENCE_AT_1_MIB(5));
    model_memory_set_fence(memory, 2, FENCE_AT_1_MIB(0) | 1u << FENCE_SIZE_SHIFT);
    assert_int_equal(model_memory_view(memory, 1 << 20, 3 << 20, &fence), MODEL_VIEW_LINEAR);
    assert_ptr_equal(model_memory_fenced_at(memory, (1 << 20) + 512, 4, &span), cpu + 512);
    /* one over the second MiB: the linear stretch before it ends there */
    model_memory_set_fence(memory, 3, (uint32_t)second | FENCE_VALID);
    assert_ptr_equal(model_memory_fenced_at(memory, second - 8, 1 << 20, &span),
                     cpu + (1 << 20) - 8);
    assert_int_equal(span, 8);
    assert_int_equal(model_memory_view(memory, second - 8, second, &fence), MODEL_VIEW_LINEAR);
    assert_int_equal(model_memory_view(memory, second - 8, second + 1, &fence), MODEL_VIEW_MIXED);
    assert_int_equal(model_memory_view(memory, second, 3 << 20, &fence), MODEL_VIEW_FENCED);
    assert_int_equal(fence.pitch, 512);
    /* missing pages are counted to the next one that is there */
    assert_int_equal(model_memory_missing(memory, 0, 8 << 20), 1 << 20);
    assert_int_equal(model_memory_missing(memory, 1 << 20, 100), 0);
    assert_int_equal(model_memory_missing(memory, 3 << 20, 100), 100);
    assert_int_equal(model_memory_missing(memory, UINT64_MAX - 9, 100), 10);
    assert_int_equal(model_memory_missing(memory, (uint64_t)1 << 40, 100), 100);
    model_dma_release(memory, &dma);
    model_memory_destroy(memory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_ranges_are_reused_and_merged),
        TEST(alloc_is_zeroed_and_reused),
        TEST(attach_shares_a_part_of_a_file),
        TEST(reaches_memory_above_4_gib),
        cmocka_unit_test(spans_merge_neighbours),
        TEST(ptes_read_back),
        cmocka_unit_test(bit_6_swizzle),
        cmocka_unit_test(fences_begin_where_they_begin),
        TEST(the_aperture_detiles),
        TEST(the_aperture_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
