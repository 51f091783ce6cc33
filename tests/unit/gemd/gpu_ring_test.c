/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <stdlib.h>
#include <string.h>

#include "gemd/gpu_ring.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

#define BYTES 4096u

struct bed {
    struct fake_device *fake;
    struct gpu_ring ring;
    uint32_t words[BYTES / 4];
};

static int setup(void **state)
{
    static struct bed bed;
    bed.fake = fake_device_create();
    memset(bed.words, 0xff, sizeof(bed.words));
    gpu_ring_init(&bed.ring, &bed.fake->base, bed.words, BYTES, 0x10000);
    assert_int_equal(gpu_ring_start(&bed.ring), 0);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    fake_device_destroy(bed->fake);
    return 0;
}

static void starting_programs_the_registers(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(fake_register(bed->fake, PRB0_START), 0x10000);
    assert_int_equal(fake_register(bed->fake, PRB0_CTL), (BYTES - 4096) | RING_VALID);
    assert_int_equal(fake_register(bed->fake, MI_MODE), MASKED_CLEAR(MI_MODE_STOP_RING));
    gpu_ring_stop(&bed->ring);
    assert_int_equal(fake_register(bed->fake, PRB0_CTL), 0);
}

static void the_tail_moves_when_told(void **state)
{
    struct bed *bed = *state;
    assert_true(gpu_ring_begin(&bed->ring, 4));
    gpu_ring_emit(&bed->ring, 0x1234);
    gpu_ring_end(&bed->ring);
    assert_int_equal(fake_register(bed->fake, PRB0_TAIL), 0);
    gpu_ring_advance(&bed->ring);
    assert_int_equal(fake_register(bed->fake, PRB0_TAIL), 16);
    assert_int_equal(bed->words[0], 0x1234);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(bed->words[i], MI_NOOP);
    }
}

static void a_stuck_gpu_fills_the_ring_up_to_the_guard(void **state)
{
    struct bed *bed = *state;
    unsigned runs = 0;
    while (gpu_ring_begin(&bed->ring, 10)) {
        gpu_ring_end(&bed->ring);
        runs++;
        assert_true(runs < BYTES);
    }
    assert_int_equal(runs, (BYTES - RING_GUARD) / 40);
    bed->fake->registers[PRB0_HEAD / 4] = 2048;
    assert_true(gpu_ring_begin(&bed->ring, 10));
}

/* A GPU that follows sees every run whole, in order, and between them only MI_NOOP. */
static void runs_never_straddle_the_end(void **state)
{
    struct bed *bed = *state;
    uint32_t head = 0, expected = 1, emitted = 1;
    srandom(3);
    for (int i = 0; i < 5000; i++) {
        uint32_t dwords = 2u * (1u + (uint32_t)random() % 20);
        if (gpu_ring_begin(&bed->ring, dwords)) {
            uint32_t from = bed->ring.tail;
            for (uint32_t j = 0; j < dwords; j++) {
                gpu_ring_emit(&bed->ring, emitted++);
            }
            assert_int_equal(bed->ring.tail - from, dwords * 4);
            gpu_ring_end(&bed->ring);
            gpu_ring_advance(&bed->ring);
        } else {
            uint32_t tail = fake_register(bed->fake, PRB0_TAIL);
            assert_int_equal(tail % 8, 0);
            while (head != tail) {
                uint32_t word = bed->words[head / 4];
                if (word != MI_NOOP) {
                    assert_int_equal(word, expected);
                    expected++;
                }
                head = (head + 4) % BYTES;
            }
            bed->fake->registers[PRB0_HEAD / 4] = 5u << 21 | head; /* with wraps counted */
        }
    }
    assert_true(expected > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starting_programs_the_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(the_tail_moves_when_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stuck_gpu_fills_the_ring_up_to_the_guard, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(runs_never_straddle_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
