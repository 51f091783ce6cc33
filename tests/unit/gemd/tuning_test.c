/* SPDX-License-Identifier: MIT */
/* What the GPU's registers hold beside its jobs, and FIFO underruns. */
#include "tests/unit/gemd/test.h"

#include <string.h>

#include "gemd/gpu.h"
#include "gemd/tuning.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

static int setup(void **state)
{
    *state = fake_device_create();
    return 0;
}

static int teardown(void **state)
{
    fake_device_destroy(*state);
    return 0;
}

static void each_row_is_written_as_it_says(void **state)
{
    struct fake_device *fake = *state;
    size_t count;
    const struct tuning_row *rows = tuning_rows(&count);
    fake->base.identity.has_pineview_pll = true;
    for (size_t i = 0; i < count; i++) {
        fake->registers[rows[i].reg / 4] = 0x80000100;
    }
    tuning_apply(&fake->base);
    for (size_t i = 0; i < count; i++) {
        uint32_t value = fake_register(fake, rows[i].reg);
        if (rows[i].masked && rows[i].reg != ECOSKPD) {
            assert_int_equal(value, rows[i].set << 16 | rows[i].set | rows[i].clear << 16);
        } else if (!rows[i].masked) {
            assert_int_equal(value, rows[i].whole ? rows[i].set : (0x80000100 | rows[i].set));
        }
    }
    assert_int_equal(fake_register(fake, D_STATE), 0x8000010b);
    assert_int_equal(fake_register(fake, INSTPM), 0x08000800);
    assert_int_equal(fake_register(fake, MI_ARB_STATE), 0x08040804);
    assert_int_equal(fake_register(fake, PRB1_CTL), 0);
    assert_int_equal(fake_register(fake, PRB2_START), 0);
}

/* ECOSKPD bit 3 is Pineview's alone; bit 0 falls everywhere. */
static unsigned eco_writes;
static uint32_t eco_bits;

static void note_eco(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    eco_writes += reg == ECOSKPD;
    eco_bits |= reg == ECOSKPD ? value : 0;
}

static void one_row_is_pineviews(void **state)
{
    struct fake_device *fake = *state;
    fake->on_write = note_eco;
    eco_writes = eco_bits = 0;
    tuning_apply(&fake->base);
    assert_int_equal(eco_writes, 1);
    assert_int_equal(eco_bits, 0x00010000);
    fake->base.identity.has_pineview_pll = true;
    tuning_apply(&fake->base);
    assert_int_equal(eco_writes, 3);
    assert_int_equal(eco_bits, 0x00090008);
}

/* Another ring's head and tail are gone before the GPU's own runs, after each reset, too. */
static unsigned ring_starts, rings_left;

static void watch_rings(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    if (reg == PRB0_CTL && (value & RING_VALID) != 0) {
        ring_starts++;
        rings_left += fake_register(fake, PRB1_CTL) != 0 || fake_register(fake, PRB2_CTL) != 0 ||
                      fake_register(fake, INSTPM) == 0;
    }
}

static void a_gpu_is_tuned_when_it_starts_and_after_resets(void **state)
{
    struct fake_device *fake = *state;
    struct gpu gpu;
    ring_starts = rings_left = 0;
    fake->on_write = watch_rings;
    fake->registers[PRB1_CTL / 4] = 0x1001;
    fake->registers[PRB2_CTL / 4] = 0x1001;
    assert_int_equal(gpu_init(&gpu, &fake->base, &(struct gpu_events){0}), 0);
    assert_int_equal(ring_starts, 1);
    fake->registers[PRB1_CTL / 4] = 0x1001;
    fake->registers[INSTPM / 4] = 0;
    assert_int_equal(gpu_reset(&gpu), 0);
    assert_int_equal(ring_starts, 2);
    assert_int_equal(rings_left, 0);
    gpu_finish(&gpu);
}

static void an_empty_fifo_is_counted_and_forgotten(void **state)
{
    struct fake_device *fake = *state;
    struct gpu gpu;
    assert_int_equal(gpu_init(&gpu, &fake->base, &(struct gpu_events){0}), 0);
    gpu_enable_vblank(&gpu, true);
    /* What it found at the start is cleared, and not counted. */
    assert_int_equal(fake_register(fake, PIPESTAT_A),
                     PIPESTAT_UNDERRUN | PIPESTAT_VBLANK | PIPESTAT_VBLANK_ENABLE);
    for (unsigned i = 1; i <= 3; i++) {
        fake->registers[PIPESTAT_A / 4] =
            PIPESTAT_VBLANK | PIPESTAT_VBLANK_ENABLE | (i != 2 ? PIPESTAT_UNDERRUN : 0);
        fake_interrupt(fake, INT_PIPE_A_EVENT);
        gpu_interrupt(&gpu);
        assert_int_equal(fake_register(fake, PIPESTAT_A) & PIPESTAT_UNDERRUN,
                         i != 2 ? PIPESTAT_UNDERRUN : 0);
        assert_int_equal(gpu.underruns, i == 3 ? 2 : 1);
    }
    gpu_finish(&gpu);
}

static void vblanks_wake_a_mobile_chip(void **state)
{
    static const struct {
        uint16_t id;
        bool wakes;
    } chips[] = {{0x2592, true},  {0x27a2, true},  {0x27ae, true}, {0x2582, false},
                 {0x2772, false}, {0x29c2, false}, {0xa011, false}};
    for (unsigned i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
        struct fake_device *fake = *state;
        struct gpu gpu;
        fake->base.identity.pci_device = chips[i].id;
        assert_int_equal(gpu_init(&gpu, &fake->base, &(struct gpu_events){0}), 0);
        fake->registers[MI_MODE / 4] = 0;
        gpu_enable_vblank(&gpu, true);
        assert_int_equal(fake_register(fake, MI_MODE), chips[i].wakes ? 0x00200020 : 0);
        gpu_enable_vblank(&gpu, true);
        gpu_enable_vblank(&gpu, false);
        assert_int_equal(fake_register(fake, MI_MODE), chips[i].wakes ? 0x00200000 : 0);
        gpu_finish(&gpu);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_row_is_written_as_it_says, setup, teardown),
        cmocka_unit_test_setup_teardown(one_row_is_pineviews, setup, teardown),
        cmocka_unit_test_setup_teardown(a_gpu_is_tuned_when_it_starts_and_after_resets, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(vblanks_wake_a_mobile_chip, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_fifo_is_counted_and_forgotten, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
