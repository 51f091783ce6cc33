/* SPDX-License-Identifier: MIT */
#include "gemd/hwtest/register_table.h"

#include "hw/gen3/regs.h"

#define LOOK_NS 10000000u

#define PLAIN(name)                                                                                \
    {                                                                                              \
#name, name, false                                                                         \
    }
#define COUNTING(name)                                                                             \
    {                                                                                              \
#name, name, true                                                                          \
    }
#define PIPE_B(name)                                                                               \
    {                                                                                              \
#name " of pipe B", (name) + PIPE_STRIDE, false                                            \
    }

/* Reading them changes nothing; GMBUS2 does. */
const struct register_row register_rows[] = {
    {"FENCE 0", FENCE(0), false},
    {"FENCE 1", FENCE(1), false},
    {"FENCE 7", FENCE(7), false},
    PLAIN(PGTBL_CTL),
    PLAIN(PGTBL_ER),
    PLAIN(PRB0_TAIL),
    COUNTING(PRB0_HEAD),
    PLAIN(PRB0_START),
    PLAIN(PRB0_CTL),
    PLAIN(PRB1_CTL),
    PLAIN(HWS_PGA),
    PLAIN(IPEIR),
    COUNTING(IPEHR),
    COUNTING(INSTDONE),
    PLAIN(NOPID),
    PLAIN(HWSTAM),
    COUNTING(MI_MODE),
    PLAIN(IER),
    COUNTING(IIR),
    PLAIN(IMR),
    COUNTING(ISR),
    PLAIN(EIR),
    PLAIN(EMR),
    PLAIN(ESR),
    PLAIN(INSTPM),
    COUNTING(ACTHD),
    COUNTING(DMA_FADD),
    PLAIN(FW_BLC),
    PLAIN(FW_BLC2),
    PLAIN(FW_BLC_SELF),
    PLAIN(MI_ARB_STATE),
    PLAIN(CACHE_MODE_0),
    PLAIN(CCID),
    PLAIN(ECOSKPD),
    PLAIN(D_STATE),
    PLAIN(DSPARB),
    PLAIN(VGACNTRL),
    PLAIN(ADPA),
    PLAIN(LVDS),
    PLAIN(PFIT_CONTROL),
    PLAIN(PFIT_PGM_RATIOS),
    PLAIN(PORT_HOTPLUG_EN),
    COUNTING(PORT_HOTPLUG_STAT),
    PLAIN(DPLL_A),
    PLAIN(FPA0),
    PLAIN(FPA1),
    PLAIN(DPLL_B),
    PLAIN(FPB0),
    PLAIN(FPB1),
    PLAIN(HTOTAL_A),
    PLAIN(HBLANK_A),
    PLAIN(HSYNC_A),
    PLAIN(VTOTAL_A),
    PLAIN(VBLANK_A),
    PLAIN(VSYNC_A),
    PLAIN(PIPESRC_A),
    PLAIN(PIPECONF_A),
    COUNTING(PIPESTAT_A),
    COUNTING(PIPEDSL_A),
    COUNTING(FRAMEHIGH_A),
    COUNTING(FRAMEPIXEL_A),
    PLAIN(DSPCNTR_A),
    PLAIN(DSPADDR_A),
    PLAIN(DSPSTRIDE_A),
    PLAIN(DSPSIZE_A),
    PLAIN(CURCNTR_A),
    PIPE_B(HTOTAL_A),
    PIPE_B(HBLANK_A),
    PIPE_B(HSYNC_A),
    PIPE_B(VTOTAL_A),
    PIPE_B(VBLANK_A),
    PIPE_B(VSYNC_A),
    PIPE_B(PIPESRC_A),
    PIPE_B(PIPECONF_A),
    {"PIPESTAT_A of pipe B", PIPESTAT_A + PIPE_STRIDE, true},
    {"PIPEDSL_A of pipe B", PIPEDSL_A + PIPE_STRIDE, true},
    {"FRAMEHIGH_A of pipe B", FRAMEHIGH_A + PIPE_STRIDE, true},
    {"FRAMEPIXEL_A of pipe B", FRAMEPIXEL_A + PIPE_STRIDE, true},
    PIPE_B(DSPCNTR_A),
    PIPE_B(DSPADDR_A),
    PIPE_B(DSPSTRIDE_A),
    PIPE_B(DSPSIZE_A),
    PLAIN(MCH_DCC),
    PLAIN(MCH_C0DRB2),
    PLAIN(MCH_C1DRB2),
};

const unsigned register_row_count = sizeof(register_rows) / sizeof(register_rows[0]);
_Static_assert(sizeof(register_rows) / sizeof(register_rows[0]) <= REGISTER_ROWS_MAX,
               "a snapshot has room for all");

void register_snapshot_take(struct register_snapshot *snapshot, struct hw_device *dev)
{
    for (unsigned i = 0; i < register_row_count; i++) {
        snapshot->values[i] = hw_read(dev, register_rows[i].reg);
    }
}

unsigned register_snapshot_compare(struct hwtest *test, const struct register_snapshot *before,
                                   const struct register_snapshot *after, unsigned *survived)
{
    unsigned changed = 0;
    *survived = 0;
    for (unsigned i = 0; i < register_row_count; i++) {
        uint32_t old = before->values[i], new = after->values[i];
        if (old != new) {
            hwtest_note(test, register_rows[i].name, "0x%08x, then 0x%08x", old, new);
            changed += !register_rows[i].counts;
        } else {
            *survived += old != 0 && !register_rows[i].counts;
        }
    }
    return changed;
}

enum hwtest_result test_registers(struct hwtest *test)
{
    struct register_snapshot first, second;
    unsigned ones = 0, changed = 0;
    register_snapshot_take(&first, test->dev);
    hwtest_sleep(test, LOOK_NS);
    register_snapshot_take(&second, test->dev);
    for (unsigned i = 0; i < register_row_count; i++) {
        uint32_t value = first.values[i], again = second.values[i];
        ones += value == ~0u && again == ~0u;
        changed += value != again && !register_rows[i].counts;
        hwtest_note(test, register_rows[i].name, "0x%05x 0x%08x 0x%08x%s", register_rows[i].reg,
                    value, again,
                    value == again            ? ""
                    : register_rows[i].counts ? " counts"
                                              : " changed");
    }
    if (ones > register_row_count / 2) {
        return hwtest_conclude(test, HWTEST_FAILED, "%u of %u read as ones: the GPU is off", ones,
                               register_row_count);
    }
    return hwtest_conclude(test, changed == 0 ? HWTEST_OK : HWTEST_DIFFERS,
                           "%u of %u changed by themselves that should not", changed,
                           register_row_count);
}
