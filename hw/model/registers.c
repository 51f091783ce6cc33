/* SPDX-License-Identifier: MIT */
/* The table of registers. Section numbers are those of doc/gen3.md. */
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

/* clang-format off */
static const struct mmio_row rows[] = {
    /* A.7 fences: their values live beside the page table */
    {"FENCE", 0x2000, 8, 4, .read = fence_read, .write = fence_write},
    {"FENCE8", 0x3000, 8, 4, .read = fence_read, .write = fence_write},
    /* A.5 GTT */
    {"PGTBL_CTL", PGTBL_CTL, 1, 4, .writable = 0},
    {"PGTBL_ER", PGTBL_ER, 1, 4, .write = model_interrupt_pgtbl_er_written},
    {"GFX_FLSH_CNTL", GFX_FLSH_CNTL, 1, 4, .writable = ALL},
    /* B.1 ring */
    {"PRB0_TAIL", PRB0_TAIL, 1, 4, .read = streamer_ring_read, .write = streamer_ring_written},
    {"PRB0_HEAD", PRB0_HEAD, 1, 4, .read = streamer_ring_read, .write = streamer_ring_written},
    {"PRB0_START", PRB0_START, 1, 4, .writable = 0xfffff000, .write = streamer_ring_written},
    {"PRB0_CTL", PRB0_CTL, 1, 4, .writable = RING_SIZE_MASK | RING_REPORT_MASK | RING_VALID,
     .read = streamer_ring_read, .write = streamer_ring_written},
    {"PRB1", PRB1_TAIL, 4, 4, .write = streamer_second_ring_written},
    {"PRB2", 0x2050, 4, 4, .write = streamer_second_ring_written},
    {"SRB", 0x2100, 8, 4, .write = streamer_second_ring_written},
    /* B.2 streamer */
    {"HWS_PGA", HWS_PGA, 1, 4, .writable = 0xfffff000},
    {"IPEIR", IPEIR, 1, 4, .writable = 0},
    {"IPEHR", IPEHR, 1, 4, .read = streamer_status_read},
    {"INSTDONE", INSTDONE, 1, 4, .read = streamer_status_read},
    {"NOPID", NOPID, 1, 4, .writable = 0},
    {"HWSTAM", HWSTAM, 1, 4, .writable = ALL, .reset = ALL},
    {"MI_MODE", MI_MODE, 1, 4, MMIO_MASKED, .writable = 0xffff & ~MI_MODE_IDLE,
     .read = streamer_status_read, .write = streamer_mode_written},
    {"EIR", EIR, 1, 4, .write = model_interrupt_eir_written},
    {"EMR", EMR, 1, 4, .writable = 0xffff, .reset = 0xffff, .write = model_interrupt_mask_written},
    {"ESR", ESR, 1, 4, .writable = 0},
    {"INSTPM", INSTPM, 1, 4, MMIO_MASKED, .writable = 0xffff},
    {"ACTHD", ACTHD, 1, 4, .read = streamer_status_read},
    {"DMA_FADD", DMA_FADD, 1, 4, .read = streamer_status_read},
    {"FW_BLC", FW_BLC, 1, 4, .writable = ALL, .display = true},
    {"FW_BLC2", FW_BLC2, 1, 4, .writable = ALL, .display = true},
    {"FW_BLC_SELF", FW_BLC_SELF, 1, 4, .writable = ALL, .display = true},
    {"MI_ARB_STATE", MI_ARB_STATE, 1, 4, MMIO_MASKED, .writable = 0xffff},
    {"CACHE_MODE_0", CACHE_MODE_0, 1, 4, MMIO_MASKED, .writable = 0xffff},
    {"ECOSKPD", ECOSKPD, 1, 4, MMIO_MASKED, .writable = 0xffff, .reset = ECO_FLIP_DONE},
    {"D_STATE", D_STATE, 1, 4, .writable = ALL},
    /* B.3 interrupts */
    {"IER", IER, 1, 4, .writable = ALL, .write = model_interrupt_mask_written},
    {"IIR", IIR, 1, 4, .read = model_interrupt_read, .write = model_interrupt_iir_written},
    {"IMR", IMR, 1, 4, .writable = ALL, .reset = ALL, .write = model_interrupt_mask_written},
    {"ISR", ISR, 1, 4, .read = model_interrupt_read},
    /* B.4, B.5 pipes */
    {"HTOTAL", HTOTAL_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_timing_written},
    {"HBLANK", HBLANK_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_timing_written},
    {"HSYNC", HSYNC_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_timing_written},
    {"VTOTAL", VTOTAL_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_timing_written},
    {"VBLANK", VBLANK_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_timing_written},
    {"VSYNC", VSYNC_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_timing_written},
    {"PIPESRC", PIPESRC_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_source_written},
    {"BCLRPAT", BCLRPAT_A, 2, PIPE_STRIDE, .writable = ALL, .display = true},
    {"VSYNCSHIFT", 0x60028, 2, PIPE_STRIDE, .writable = ALL, .display = true},
    {"PIPEDSL", PIPEDSL_A, 2, PIPE_STRIDE, .display = true, .read = model_display_position_read},
    {"SLC", 0x70004, 2, PIPE_STRIDE, .writable = ALL, .display = true},
    {"PIPECONF", PIPECONF_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_pipeconf_written},
    {"PIPESTAT", PIPESTAT_A, 2, PIPE_STRIDE, .display = true, .read = model_display_pipestat_read,
     .write = model_display_pipestat_written},
    {"FRAMEHIGH", FRAMEHIGH_A, 2, PIPE_STRIDE, .display = true, .read = model_display_position_read},
    {"FRAMEPIXEL", FRAMEPIXEL_A, 2, PIPE_STRIDE, .display = true, .read = model_display_position_read},
    {"DSPARB", 0x70030, 1, 4, .writable = ALL, .display = true},
    {"DSPFW", 0x70034, 3, 4, .writable = ALL, .display = true},
    {"PALETTE_A", PALETTE_A, 256, 4, .writable = 0x00ffffff, .display = true},
    {"PALETTE_B", PALETTE_A + 0x800, 256, 4, .writable = 0x00ffffff, .display = true},
    /* B.6 planes */
    {"DSPCNTR", DSPCNTR_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_plane_written},
    {"DSPADDR", DSPADDR_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_plane_written},
    {"DSPSTRIDE", DSPSTRIDE_A, 2, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_plane_written},
    {"DSPPOS", DSPPOS_A, 2, PIPE_STRIDE, .writable = ALL, .display = true},
    {"DSPSIZE", DSPSIZE_A, 2, PIPE_STRIDE, .writable = ALL, .display = true},
    /* B.8 clocks and ports */
    {"DPLL", DPLL_A, 2, 4, .writable = ALL, .display = true, .write = model_display_timing_written},
    {"FP", FPA0, 4, 4, .writable = ALL, .display = true, .write = model_display_timing_written},
    {"VGACNTRL", VGACNTRL, 1, 4, .writable = ALL, .display = true},
    {"ADPA", ADPA, 1, 4, .writable = ALL, .display = true},
    {"PORT_HOTPLUG_EN", 0x61110, 1, 4, .writable = ALL, .display = true},
    {"PORT_HOTPLUG_STAT", 0x61114, 1, 4, .display = true},
};
/* clang-format on */

const struct mmio_row *mmio_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}
