/* SPDX-License-Identifier: MIT */
/* The table of registers, but for the display's. Section numbers are those of doc/gen3.md. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define ALL 0xffffffffu

static uint32_t fence_read(struct model *model, uint32_t reg, unsigned index)
{
    return model_memory_fence(model->memory, index + (reg >= 0x3000 ? 8 : 0));
}

static void fence_write(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    model_memory_set_fence(model->memory, index + (reg >= 0x3000 ? 8 : 0), value & FENCE_BITS);
}

static bool has_16_fences(const struct model_chipset *chipset)
{
    return chipset->class->fence_count == 16;
}

/* The GTT's size is the firmware's business; on 915 and 945 the table moves and is switched. */
static void pgtbl_ctl_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    if (model->chipset->class->has_gtt_enable) {
        mmio_set(&model->mmio, PGTBL_CTL, value & (PTE_ADDRESS_MASK | PGTBL_CTL_ENABLE));
        model_memory_enable(model->memory, (value & PGTBL_CTL_ENABLE) != 0);
    }
}

/* What says how memory is interleaved. */
static uint32_t controller_read(struct model *model, uint32_t reg, unsigned index)
{
    const struct model_channels *channels = model->channels;

    return reg == MCH_DCC ? channels->dcc
                          : (uint32_t)channels->drb[reg == MCH_C1DRB2] << MCH_DRB3_SHIFT;
}

static bool is_g33(const struct model_chipset *chipset)
{
    return !chipset->class->has_gtt_enable && !chipset->class->has_pineview_pll;
}

static bool is_not_g33(const struct model_chipset *chipset)
{
    return !is_g33(chipset);
}

static bool is_pineview(const struct model_chipset *chipset)
{
    return chipset->class->has_pineview_pll;
}

#define CLOCKS_800_800 0x32u /* front side bus, memory */
#define CLOCKS_667_667 0x23u

/* clang-format off */
static const struct mmio_row rows[] = {
    /* A.7 fences: their values live beside the page table */
    {"FENCE", 0x2000, 8, 4, .read = fence_read, .write = fence_write},
    {"FENCE8", 0x3000, 8, 4, .read = fence_read, .write = fence_write, .exists = has_16_fences},
    /* A.5 GTT */
    {"PGTBL_CTL", PGTBL_CTL, 1, 4, .write = pgtbl_ctl_written, .display = true},
    {"PGTBL_ER", PGTBL_ER, 1, 4, .clears = ALL, .write = model_interrupt_pgtbl_er_written},
    {"GFX_FLSH_CNTL", GFX_FLSH_CNTL, 1, 4, .writable = ALL},
    /* B.1 ring */
    {"PRB_TAIL", PRB0_TAIL, 2, RING_STRIDE, .read = streamer_ring_read,
     .write = streamer_ring_written},
    {"PRB_HEAD", PRB0_HEAD, 2, RING_STRIDE, .read = streamer_ring_read,
     .write = streamer_ring_written},
    {"PRB_START", PRB0_START, 2, RING_STRIDE, .writable = 0xfffff000,
     .write = streamer_ring_written},
    {"PRB_CTL", PRB0_CTL, 2, RING_STRIDE, .writable = RING_SIZE_MASK | RING_REPORT_MASK | RING_VALID,
     .read = streamer_ring_read, .write = streamer_ring_written},
    /* Rings that nobody has ever used keep what is written, and run nothing. */
    {"PRB2", 0x2050, 4, 4, .writable = ALL},
    {"SRB", 0x2100, 8, 4, .writable = ALL},
    /* B.2 streamer */
    {"EXCC", EXCC, 1, 4, MMIO_MASKED, .writable = (1u << EXCC_CODES) - 1,
     .write = streamer_mode_written},
    {"HWS_PGA", HWS_PGA, 1, 4, .writable = 0xfffff000, .write = streamer_mode_written},
    {"IPEIR", IPEIR, 1, 4, .writable = 0},
    {"IPEHR", IPEHR, 1, 4, .read = streamer_status_read},
    {"INSTDONE", INSTDONE, 1, 4, .read = streamer_status_read},
    {"NOPID", NOPID, 1, 4, .writable = 0},
    {"HWSTAM", HWSTAM, 1, 4, .writable = ALL, .reset = ALL},
    {"MI_MODE", MI_MODE, 1, 4, MMIO_MASKED, .writable = 0xffff & ~MI_MODE_IDLE,
     .read = streamer_status_read, .write = streamer_mode_written},
    {"EIR", EIR, 1, 4, .clears = ALL, .write = model_interrupt_eir_written},
    {"EMR", EMR, 1, 4, .writable = 0xffff, .reset = 0xffff, .write = model_interrupt_mask_written},
    {"ESR", ESR, 1, 4, .writable = 0},
    {"INSTPM", INSTPM, 1, 4, MMIO_MASKED, .writable = 0xffff, .write = streamer_mode_written},
    {"ACTHD", ACTHD, 1, 4, .read = streamer_status_read},
    {"DMA_FADD", DMA_FADD, 1, 4, .read = streamer_status_read},
    {"MI_ARB_STATE", MI_ARB_STATE, 1, 4, MMIO_MASKED, .writable = 0xffff},
    {"CACHE_MODE_0", CACHE_MODE_0, 1, 4, MMIO_MASKED, .writable = 0xffff},
    {"ECOSKPD", ECOSKPD, 1, 4, MMIO_MASKED, .writable = 0xffff, .reset = ECO_FLIP_DONE},
    {"CCID", CCID, 1, 4, .writable = CCID_ADDRESS_MASK | CCID_VALID},
    {"OVADD", OVADD, 1, 4, .writable = ALL},
    {"D_STATE", D_STATE, 1, 4, .writable = ALL},
    /* B.3 interrupts */
    {"IER", IER, 1, 4, .writable = ALL, .write = model_interrupt_mask_written},
    {"IIR", IIR, 1, 4, .clears = ALL, .read = model_interrupt_read, .write = model_interrupt_iir_written},
    {"IMR", IMR, 1, 4, .writable = ALL, .reset = ALL, .write = model_interrupt_mask_written},
    {"ISR", ISR, 1, 4, .read = model_interrupt_read},
    /* A.9 memory controller */
    {"DCC", MCH_DCC, 1, 4, .read = controller_read},
    {"C0DRB2", MCH_C0DRB2, 1, 4, .read = controller_read},
    {"C1DRB2", MCH_C1DRB2, 1, 4, .read = controller_read},
    {"CLKCFG", MCH_CLKCFG, 1, 4, .reset = CLOCKS_800_800, .exists = is_g33},
    {"CLKCFG", MCH_CLKCFG, 1, 4, .reset = CLOCKS_667_667, .exists = is_not_g33},
    {"HPLLVCO", MCH_HPLLVCO, 1, 4, .exists = is_g33},
    {"HPLLVCO", MCH_HPLLVCO_PNV, 1, 4, .exists = is_pineview},
};
/* clang-format on */

const struct mmio_row *mmio_core_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}
