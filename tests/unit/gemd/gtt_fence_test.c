/* SPDX-License-Identifier: MIT */
/* Fence registers: who has them, who loses them, and what the hardware is told. */
#include "tests/unit/gemd/test.h"

#include <errno.h>

#include "gemd/gtt.h"
#include "gemd/tiling.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

#define PAGES 64u /* of a node, a quarter of what its register covers */
#define SPAN  256u
#define BITS  0x11u /* X, pitch 1024, 1 MiB */
#define MANY  (FAKE_GTT_ENTRIES / SPAN)

struct bed {
    struct fake_device *fake;
    struct gtt gtt;
    struct gtt_fences *fences;
    struct hw_dma dma;
    struct gtt_node nodes[MANY];
};

static int setup_with(void **state, unsigned registers)
{
    static struct bed bed;
    bed.fake = fake_device_create();
    bed.fake->base.identity.fence_count = registers;
    assert_int_equal(gtt_init(&bed.gtt, &bed.fake->base), 0);
    assert_int_equal(hw_dma_alloc(&bed.fake->base, (size_t)PAGES * HW_PAGE_SIZE, &bed.dma), 0);
    bed.fences = &bed.gtt.fences;
    for (unsigned i = 0; i < MANY; i++) {
        gtt_node_init(&bed.nodes[i], &bed.dma, 0, (uint64_t)PAGES * HW_PAGE_SIZE, true);
        gtt_node_tile(&bed.nodes[i], SPAN, BITS);
    }
    *state = &bed;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, 8);
}

static int setup_16(void **state)
{
    return setup_with(state, 16);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < MANY; i++) {
        while (bed->nodes[i].pins > 0) {
            gtt_unpin(&bed->gtt, &bed->nodes[i]);
        }
        gtt_unbind(&bed->gtt, &bed->nodes[i]);
    }
    /* With the nodes their registers are gone. */
    assert_int_equal(gtt_fences_used(bed->fences), 0);
    for (unsigned i = 0; i < GTT_FENCES_MAX; i++) {
        assert_int_equal(fake_register(bed->fake, FENCE(i)), 0);
    }
    hw_dma_release(&bed->fake->base, &bed->dma);
    gtt_finish(&bed->gtt);
    fake_device_destroy(bed->fake);
    return 0;
}

/* Pins the node and takes a register for it alone. */
static int take(struct bed *bed, unsigned index)
{
    struct gtt_fence_claim claim = {0};
    assert_int_equal(gtt_pin(&bed->gtt, &bed->nodes[index], 1), 0);
    return gtt_fence_take(bed->fences, &bed->nodes[index], &claim);
}

static void give(struct bed *bed, unsigned index)
{
    gtt_unpin(&bed->gtt, &bed->nodes[index]);
}

static uint32_t register_of(const struct bed *bed, unsigned index)
{
    const struct gtt_node *node = &bed->nodes[index];
    return node->fence == GTT_FENCE_NONE ? 0
                                         : fake_register(bed->fake, FENCE((unsigned)node->fence));
}

/* The register covers the node's own place and no page of anybody else. */
static void a_register_covers_what_is_the_nodes(void **state)
{
    struct bed *bed = *state;
    struct gtt_node before, behind;
    gtt_node_init(&before, &bed->dma, 0, HW_PAGE_SIZE, true);
    gtt_node_init(&behind, &bed->dma, 0, HW_PAGE_SIZE, true);
    assert_int_equal(gtt_pin(&bed->gtt, &before, 1), 0);
    assert_int_equal(take(bed, 0), 0);
    const struct gtt_node *node = &bed->nodes[0];
    assert_int_equal(node->first % SPAN, 0);
    assert_int_equal(register_of(bed, 0), BITS | node->first * HW_PAGE_SIZE);
    for (uint32_t i = 0; i < SPAN; i++) {
        assert_int_equal(bed->fake->gtt[node->first + i] == bed->gtt.scratch_pte, i >= PAGES);
    }
    assert_int_equal(bed->gtt.client_pages, SPAN + 1); /* all of it is taken */
    assert_int_equal(gtt_pin(&bed->gtt, &behind, 1), 0);
    assert_true(behind.first < node->first || behind.first >= node->first + SPAN);
    gtt_unpin(&bed->gtt, &behind);
    gtt_unbind(&bed->gtt, &behind);
    gtt_unpin(&bed->gtt, &before);
    gtt_unbind(&bed->gtt, &before);
    give(bed, 0);
    /* It stays until the node goes. */
    assert_int_not_equal(register_of(bed, 0), 0);
    unsigned index = (unsigned)node->fence;
    gtt_unbind(&bed->gtt, &bed->nodes[0]);
    assert_int_equal(fake_register(bed->fake, FENCE(index)), 0);
}

static void the_least_recently_used_is_taken(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(take(bed, i), 0);
        give(bed, i);
    }
    assert_int_equal(bed->fences->steals, 0);
    assert_int_equal(take(bed, 0), 0); /* again: now 1 is the oldest */
    give(bed, 0);
    assert_int_equal(take(bed, 8), 0);
    give(bed, 8);
    assert_int_equal(bed->nodes[1].fence, GTT_FENCE_NONE);
    assert_int_not_equal(bed->nodes[0].fence, GTT_FENCE_NONE);
    assert_int_equal(bed->fences->steals, 1);
    assert_int_equal(gtt_fences_used(bed->fences), 8);
    /* Who was stolen from comes back. */
    assert_int_equal(take(bed, 1), 0);
    give(bed, 1);
    assert_int_equal(bed->nodes[2].fence, GTT_FENCE_NONE);
    assert_int_equal(register_of(bed, 1), BITS | bed->nodes[1].first * HW_PAGE_SIZE);
}

static void what_is_in_flight_keeps_its_register(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(take(bed, i), 0);
    }
    assert_int_equal(take(bed, 8), -EBUSY);
    give(bed, 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(register_of(bed, i), BITS | bed->nodes[i].first * HW_PAGE_SIZE);
    }
    give(bed, 5);
    assert_int_equal(take(bed, 8), 0);
    assert_int_equal(bed->nodes[5].fence, GTT_FENCE_NONE);
}

/* Other work is at the node, by the tiling bits of its commands: not under its hands. */
static void a_node_in_use_gets_none(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(gtt_pin(&bed->gtt, &bed->nodes[0], 1), 0);
    assert_int_equal(take(bed, 0), -EBUSY);
    assert_int_equal(register_of(bed, 0), 0);
    give(bed, 0);
    give(bed, 0);
    assert_int_equal(take(bed, 0), 0);
    assert_int_equal(gtt_pin(&bed->gtt, &bed->nodes[0], 1), 0);
    struct gtt_fence_claim claim = {0};
    assert_int_equal(gtt_fence_take(bed->fences, &bed->nodes[0], &claim), 0); /* it has it */
}

/* A batch may take registers of buffers that it has pinned itself and needs no register for. */
static void a_claim_takes_from_its_own(void **state)
{
    struct bed *bed = *state;
    struct gtt_fence_claim claim = {0};
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(take(bed, i), 0);
        give(bed, i);
    }
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(gtt_pin(&bed->gtt, &bed->nodes[i], 1), 0);
        if (i < 8) {
            claim.own |= 1u << bed->nodes[i].fence;
        }
    }
    for (unsigned i = 0; i < 7; i++) {
        assert_true(gtt_fence_keep(bed->fences, &bed->nodes[i], &claim));
    }
    assert_int_equal(gtt_fence_take(bed->fences, &bed->nodes[8], &claim), 0);
    assert_int_equal(bed->nodes[7].fence, GTT_FENCE_NONE);
    /* Nothing is left: all eight are needed. */
    assert_int_equal(gtt_pin(&bed->gtt, &bed->nodes[9], 1), 0);
    assert_int_equal(gtt_fence_take(bed->fences, &bed->nodes[9], &claim), -EBUSY);
}

static void the_greedy_lose_theirs_first(void **state)
{
    struct bed *bed = *state;
    const uint64_t soft = 3;
    struct gtt_owner group, modest, greedy;
    gtt_owner_init(&group, NULL);
    gtt_owner_init(&modest, &group);
    gtt_owner_init(&greedy, &group);
    greedy.fence_soft = &soft;
    for (unsigned i = 0; i < 9; i++) {
        bed->nodes[i].owner = i < 4 ? &modest : &greedy;
    }
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(take(bed, i), 0);
        give(bed, i);
    }
    assert_int_equal(modest.fences, 4);
    assert_int_equal(greedy.fences, 4);
    assert_int_equal(group.fences, 8);
    assert_true(gtt_fence_owner_is_greedy(&greedy));
    assert_int_equal(take(bed, 8), 0);
    give(bed, 8);
    assert_int_equal(bed->nodes[4].fence, GTT_FENCE_NONE); /* the greedy one's oldest */
    assert_int_not_equal(bed->nodes[0].fence, GTT_FENCE_NONE);
    assert_int_equal(greedy.fences, 4);

    const struct gtt_fence_claim claim = {0};
    for (unsigned i = 0; i < 4; i++) {
        assert_true(gtt_fence_drop_of(bed->fences, &modest, &claim));
    }
    assert_false(gtt_fence_drop_of(bed->fences, &modest, &claim));
    assert_int_equal(modest.fences, 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(gtt_fence_drop_of(bed->fences, &group, &claim)); /* whoever of the group */
    }
    assert_false(gtt_fence_drop_of(bed->fences, &group, &claim));
    assert_int_equal(group.fences, 0);
    for (unsigned i = 0; i < 9; i++) {
        gtt_unbind(&bed->gtt, &bed->nodes[i]);
        bed->nodes[i].owner = NULL;
    }
}

static void a_reset_brings_them_back(void **state)
{
    struct bed *bed = *state;
    uint32_t values[16];
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(take(bed, i), 0);
    }
    gtt_fence_drop(bed->fences, &bed->nodes[3]);
    for (unsigned i = 0; i < 16; i++) {
        values[i] = fake_register(bed->fake, FENCE(i));
        bed->fake->registers[FENCE(i) / 4] = 0xdeadbeef;
    }
    gtt_fences_restore(bed->fences);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(fake_register(bed->fake, FENCE(i)), values[i]);
        assert_int_equal(values[i] == 0, i == 3 || i >= 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_register_covers_what_is_the_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_least_recently_used_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_in_flight_keeps_its_register, setup, teardown),
        cmocka_unit_test_setup_teardown(a_node_in_use_gets_none, setup, teardown),
        cmocka_unit_test_setup_teardown(a_claim_takes_from_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(the_greedy_lose_theirs_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_brings_them_back, setup_16, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
