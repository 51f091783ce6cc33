/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>

#include "gemd/gtt.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

struct bed {
    struct fake_device *fake;
    struct gtt gtt;
    struct hw_dma dma;
};

#define DMA_PAGES (FAKE_GTT_ENTRIES + 64)

static int setup(void **state)
{
    static struct bed bed;
    bed.fake = fake_device_create();
    assert_int_equal(gtt_init(&bed.gtt, &bed.fake->base), 0);
    assert_int_equal(hw_dma_alloc(&bed.fake->base, (size_t)DMA_PAGES * HW_PAGE_SIZE, &bed.dma), 0);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    hw_dma_release(&bed->fake->base, &bed->dma);
    gtt_finish(&bed->gtt);
    assert_int_equal(bed->fake->memories, 0);
    fake_device_destroy(bed->fake);
    return 0;
}

static void node(struct bed *bed, struct gtt_node *node, uint32_t page, uint32_t pages)
{
    gtt_node_init(node, &bed->dma, (uint64_t)page * HW_PAGE_SIZE, (uint64_t)pages * HW_PAGE_SIZE,
                  true);
}

static void every_entry_names_scratch_at_first(void **state)
{
    struct bed *bed = *state;
    uint64_t bus = bed->gtt.scratch.bus_base;
    uint32_t expected = (uint32_t)(bus & 0xfffff000u) | (uint32_t)(bus >> 28 & 0xf0u) | PTE_VALID;
    for (unsigned i = 0; i < FAKE_GTT_ENTRIES; i++) {
        assert_int_equal(bed->fake->gtt[i], expected);
    }
    assert_true(bed->fake->flushes > 0);
}

static void binding_writes_entries_and_unbinding_scratch(void **state)
{
    struct bed *bed = *state;
    struct gtt_node a;
    node(bed, &a, 3, 2);
    assert_int_equal(gtt_pin(&bed->gtt, &a, 1), 0);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t bus = bed->dma.bus_base + (3u + i) * HW_PAGE_SIZE;
        assert_int_equal(bed->fake->gtt[a.first + i],
                         (uint32_t)(bus & 0xfffff000u) | (uint32_t)(bus >> 28 & 0xf0u) | 1u);
    }
    assert_int_equal(bed->gtt.client_pages, 2);
    unsigned flushes = bed->fake->flushes;
    gtt_flush(&bed->gtt);
    gtt_flush(&bed->gtt);
    assert_int_equal(bed->fake->flushes, flushes + 1);

    gtt_unpin(&bed->gtt, &a);
    gtt_unbind(&bed->gtt, &a);
    assert_int_equal(bed->fake->gtt[a.first], bed->gtt.scratch_pte);
    assert_int_equal(bed->fake->gtt[a.first + 1], bed->gtt.scratch_pte);
    assert_int_equal(bed->gtt.client_pages, 0);
    gtt_flush(&bed->gtt);
    assert_int_equal(bed->fake->flushes, flushes + 2);
}

static void the_least_recently_used_makes_way(void **state)
{
    struct bed *bed = *state;
    struct gtt_node a, b, c, d;
    node(bed, &a, 0, FAKE_GTT_ENTRIES / 2);
    node(bed, &b, 0, FAKE_GTT_ENTRIES / 4);
    node(bed, &c, 0, FAKE_GTT_ENTRIES / 4);
    node(bed, &d, 0, FAKE_GTT_ENTRIES / 4);
    struct gtt_node *order[] = {&b, &a, &c};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gtt_pin(&bed->gtt, order[i], 1), 0);
        gtt_unpin(&bed->gtt, order[i]);
    }
    /* b is the oldest, until it is used again. */
    assert_int_equal(gtt_pin(&bed->gtt, &b, 1), 0);
    gtt_unpin(&bed->gtt, &b);
    assert_int_equal(gtt_pin(&bed->gtt, &d, 1), 0);
    assert_false(a.bound);
    assert_true(b.bound && c.bound && d.bound);
    assert_int_equal(bed->gtt.evictions, 1);
    gtt_unpin(&bed->gtt, &d);
    gtt_evict_idle(&bed->gtt);
    assert_int_equal(bed->gtt.client_pages, 0);
}

/* An owner with more than it should have gives way first, though its nodes were used last. */
static void the_greedy_make_way_first(void **state)
{
    struct bed *bed = *state;
    const uint64_t soft = FAKE_GTT_ENTRIES / 2 - 1;
    struct gtt_owner group, modest, greedy;
    struct gtt_node old, a, b, more;
    gtt_owner_init(&group, NULL);
    gtt_owner_init(&modest, &group);
    gtt_owner_init(&greedy, &group);
    greedy.soft = &soft;
    node(bed, &old, 0, FAKE_GTT_ENTRIES / 4);
    node(bed, &a, 0, FAKE_GTT_ENTRIES / 4);
    node(bed, &b, 0, FAKE_GTT_ENTRIES / 4);
    node(bed, &more, 0, FAKE_GTT_ENTRIES / 2);
    old.owner = &modest;
    a.owner = b.owner = &greedy;
    struct gtt_node *order[] = {&old, &a, &b};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gtt_pin(&bed->gtt, order[i], 1), 0);
        gtt_unpin(&bed->gtt, order[i]);
    }
    assert_int_equal(greedy.pages, FAKE_GTT_ENTRIES / 2);
    assert_int_equal(group.pages, FAKE_GTT_ENTRIES / 4 * 3);
    assert_true(gtt_owner_is_greedy(&greedy));
    assert_false(gtt_owner_is_greedy(&modest));
    assert_int_equal(gtt_pin(&bed->gtt, &more, 1), 0);
    assert_false(a.bound); /* then it is no longer greedy, and the oldest goes */
    assert_true(b.bound);
    assert_false(old.bound);
    gtt_unpin(&bed->gtt, &more);

    assert_true(gtt_evict_of(&bed->gtt, &greedy));
    assert_false(gtt_evict_of(&bed->gtt, &greedy));
    assert_int_equal(greedy.pages, 0);
    assert_int_equal(group.pages, 0);
    gtt_evict_idle(&bed->gtt);
    assert_true(list_empty(&bed->gtt.owners));
}

static void pinned_ones_stay(void **state)
{
    struct bed *bed = *state;
    struct gtt_node a, b;
    node(bed, &a, 0, FAKE_GTT_ENTRIES - 8);
    node(bed, &b, 0, 16);
    assert_int_equal(gtt_pin(&bed->gtt, &a, 1), 0);
    assert_int_equal(gtt_pin(&bed->gtt, &a, 1), 0);
    assert_int_equal(gtt_pin(&bed->gtt, &b, 1), -ENOSPC);
    gtt_unpin(&bed->gtt, &a);
    assert_int_equal(gtt_pin(&bed->gtt, &b, 1), -ENOSPC);
    assert_true(a.bound);
    gtt_unpin(&bed->gtt, &a);
    assert_int_equal(gtt_pin(&bed->gtt, &b, 1), 0);
    assert_false(a.bound);
    gtt_unpin(&bed->gtt, &b);
    gtt_unbind(&bed->gtt, &b);
    gtt_unbind(&bed->gtt, &b);
    assert_int_equal(bed->gtt.client_pages, 0);
}

static void what_is_too_large_never_fits(void **state)
{
    struct bed *bed = *state;
    struct gtt_node a;
    node(bed, &a, 0, FAKE_GTT_ENTRIES + 1);
    assert_int_equal(gtt_pin(&bed->gtt, &a, 1), -ENOSPC);
    assert_int_equal(gtt_client_capacity(&bed->gtt), FAKE_GTT_ENTRIES);
}

/* Bound or not, from then on the entries do not say snooped, and caches were written back. */
static void what_the_display_reads_is_not_snooped(void **state)
{
    struct bed *bed = *state;
    struct gtt_node a, b;
    node(bed, &a, 3, 2);
    node(bed, &b, 8, 1);
    a.cache = b.cache = GTT_SNOOPED;
    assert_int_equal(gtt_pin(&bed->gtt, &a, 1), 0);
    uint32_t entry = bed->fake->gtt[a.first + 1];
    assert_int_equal(entry & PTE_CACHED, PTE_CACHED);
    gtt_flush(&bed->gtt);

    size_t flushed = bed->fake->flushed_bytes;
    gtt_uncache(&bed->gtt, &a);
    assert_int_equal(bed->fake->gtt[a.first + 1], entry & ~PTE_CACHED);
    assert_int_equal(bed->fake->gtt[a.first] & PTE_CACHED, 0);
    assert_true(bed->gtt.dirty);
    assert_int_equal(bed->fake->flushed_bytes, flushed + 2 * HW_PAGE_SIZE);
    assert_ptr_equal(bed->fake->flushed_from, (uint8_t *)bed->dma.cpu + 3 * HW_PAGE_SIZE);

    /* Again: no entry needs to be written, what the processor drew since is flushed. */
    gtt_flush(&bed->gtt);
    gtt_uncache(&bed->gtt, &a);
    assert_false(bed->gtt.dirty);
    assert_int_equal(bed->fake->flushed_bytes, flushed + 4 * HW_PAGE_SIZE);

    gtt_uncache(&bed->gtt, &b);
    assert_int_equal(gtt_pin(&bed->gtt, &b, 1), 0);
    assert_int_equal(bed->fake->gtt[b.first] & PTE_CACHED, 0);
    gtt_unpin(&bed->gtt, &a);
    gtt_unpin(&bed->gtt, &b);
    gtt_evict_idle(&bed->gtt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_entry_names_scratch_at_first, setup, teardown),
        cmocka_unit_test_setup_teardown(binding_writes_entries_and_unbinding_scratch, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_least_recently_used_makes_way, setup, teardown),
        cmocka_unit_test_setup_teardown(the_greedy_make_way_first, setup, teardown),
        cmocka_unit_test_setup_teardown(pinned_ones_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_too_large_never_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_display_reads_is_not_snooped, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
