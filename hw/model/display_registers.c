/* SPDX-License-Identifier: MIT */
/* The display's registers. Section numbers are those of doc/gen3.md. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define ALL 0xffffffffu

/* clang-format off */
static const struct mmio_row rows[] = {
    /* B.2 watermarks */
    {"FW_BLC", FW_BLC, 1, 4, .writable = ALL, .display = true},
    {"FW_BLC2", FW_BLC2, 1, 4, .writable = ALL, .display = true},
    {"FW_BLC_SELF", FW_BLC_SELF, 1, 4, .writable = ALL, .display = true},
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
    {"PIPESTAT", PIPESTAT_A, 2, PIPE_STRIDE, .clears = 0x8000ffff, .display = true, .read = model_display_pipestat_read,
     .write = model_display_pipestat_written},
    {"FRAMEHIGH", FRAMEHIGH_A, 2, PIPE_STRIDE, .display = true, .read = model_display_position_read},
    {"FRAMEPIXEL", FRAMEPIXEL_A, 2, PIPE_STRIDE, .display = true, .read = model_display_position_read},
    {"DSPARB", DSPARB, 1, 4, .writable = ALL, .display = true},
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

const struct mmio_row *mmio_display_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}
