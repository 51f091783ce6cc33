/* SPDX-License-Identifier: MIT */
/* The display's registers. Section numbers are those of doc/gen3.md. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define ALL 0xffffffffu

#define PANEL_ON       (1u << 31)
#define PANEL_CONTROL  0x61204
#define PANEL_POWER_ON (1u << 0)

static bool is_mobile(const struct model_chipset *chipset)
{
    return chipset->mobile;
}

static bool has_tv(const struct model_chipset *chipset)
{
    return chipset->has_tv;
}

static bool has_hotplug(const struct model_chipset *chipset)
{
    return chipset->has_hotplug;
}

static bool has_fbc(const struct model_chipset *chipset)
{
    return chipset->has_fbc;
}

static bool is_desktop(const struct model_chipset *chipset)
{
    return !chipset->mobile;
}

static bool is_945(const struct model_chipset *chipset)
{
    return chipset->class->is_945_class && chipset->class->has_gtt_enable;
}

static bool is_not_945(const struct model_chipset *chipset)
{
    return !is_945(chipset);
}

#define SELF_LEVEL 0xffu

/* Its halves are written one by one, and what says which reads 0. */
static void self_refresh_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    uint32_t mask = ((value & FW_BLC_SELF_MASK) != 0 ? FW_BLC_SELF_ENABLE : 0) |
                    ((value & FW_BLC_SELF_LEVEL_MASK) != 0 ? SELF_LEVEL : 0);

    mmio_set(&model->mmio, reg, (mmio_get(&model->mmio, reg) & ~mask) | (value & mask));
}

/* The panel follows its switch at once. */
static uint32_t panel_power_read(struct model *model, uint32_t reg, unsigned index)
{
    return mmio_get(&model->mmio, PANEL_CONTROL) & PANEL_POWER_ON ? PANEL_ON : 0;
}

/* clang-format off */
static const struct mmio_row rows[] = {
    /* B.2 watermarks */
    {"FW_BLC", FW_BLC, 1, 4, .writable = ALL, .display = true},
    {"FW_BLC2", FW_BLC2, 1, 4, .writable = ALL, .display = true},
    {"FW_BLC_SELF", FW_BLC_SELF, 1, 4, .writable = ALL, .display = true, .exists = is_not_945},
    {"FW_BLC_SELF", FW_BLC_SELF, 1, 4, .display = true, .write = self_refresh_written, .exists = is_945},
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
    {"PIPE_CRC_CTL", PIPE_CRC_CTL_A, 2, PIPE_STRIDE, .writable = ALL, .display = true}, /* counts nothing */
    {"VSYNCSHIFT", 0x60028, 2, PIPE_STRIDE, .writable = ALL, .display = true},
    {"PIPEDSL", PIPEDSL_A, 2, PIPE_STRIDE, .display = true, .read = model_display_position_read},
    {"SLC", SLC_A, 2, PIPE_STRIDE, .writable = 0x9fff1fff, .display = true,
     .write = model_display_window_written},
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
    {"DSPCNTR", DSPCNTR_A, 3, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_plane_written},
    {"DSPADDR", DSPADDR_A, 3, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_plane_written},
    {"DSPSTRIDE", DSPSTRIDE_A, 3, PIPE_STRIDE, .writable = ALL, .display = true,
     .write = model_display_plane_written},
    {"DSPPOS", DSPPOS_A, 3, PIPE_STRIDE, .writable = ALL, .display = true},
    {"DSPSIZE", DSPSIZE_A, 3, PIPE_STRIDE, .writable = ALL, .display = true},
    {"DSPKEYVAL", DSPKEYVAL_A, 3, PIPE_STRIDE, .writable = ALL, .display = true},
    {"DSPKEYMSK", DSPKEYMSK_A, 3, PIPE_STRIDE, .writable = ALL, .display = true},
    /* B.7 cursors */
    {"CURCNTR", CURCNTR_A, 2, CURSOR_STRIDE, .writable = ALL, .display = true},
    {"CURBASE", CURBASE_A, 2, CURSOR_STRIDE, .writable = ALL, .display = true,
     .write = model_display_cursor_written},
    {"CURPOS", CURPOS_A, 2, CURSOR_STRIDE, .writable = ALL, .display = true},
    {"CURPALET_A", CURPALET_A, 4, 4, .writable = 0x00ffffff, .display = true},
    {"CURPALET_B", CURPALET_A + CURSOR_STRIDE, 4, 4, .writable = 0x00ffffff, .display = true},
    /* B.8 clocks and ports */
    {"VGA_DIVISOR", 0x6000, 3, 4, .writable = ALL, .display = true},
    {"GPIO", GPIO_ANALOG, 8, 4, .writable = ALL, .display = true, .read = model_gpio_read,
     .write = model_gpio_written},
    {"GMBUS0", GMBUS0, 1, 4, .writable = ALL, .display = true},
    {"GMBUS1", GMBUS1, 1, 4, .writable = ALL, .display = true, .write = model_gmbus_written},
    {"GMBUS2", GMBUS2, 1, 4, .display = true, .read = model_gmbus_read,
     .write = model_gmbus_written},
    {"GMBUS3", GMBUS3, 1, 4, .writable = ALL, .display = true, .read = model_gmbus_read,
     .write = model_gmbus_written},
    {"GMBUS4", GMBUS4, 1, 4, .writable = ALL, .display = true},
    {"GMBUS5", GMBUS5, 1, 4, .writable = ALL, .display = true},
    {"DPLL", DPLL_A, 2, 4, .writable = ALL, .display = true, .write = model_display_clock_written},
    {"FP", FPA0, 4, 4, .writable = ALL, .display = true, .write = model_display_clock_written},
    {"DPLL_TEST", 0x606c, 1, 4, .writable = ALL, .display = true},
    {"VGACNTRL", VGACNTRL, 1, 4, .writable = ALL, .display = true},
    {"ADPA", ADPA, 1, 4, .writable = ALL, .display = true},
    {"PORT_HOTPLUG_EN", PORT_HOTPLUG_EN, 1, 4, .writable = ALL, .display = true,
     .write = model_hotplug_written, .exists = has_hotplug},
    {"PORT_HOTPLUG_STAT", PORT_HOTPLUG_STAT, 1, 4, .display = true,
     .write = model_hotplug_written, .exists = has_hotplug},
    {"DVO", 0x61120, 3, 0x20, .writable = ALL, .display = true},
    {"DVO_SRCDIM", 0x61124, 3, 0x20, .writable = ALL, .display = true},
    {"LVDS", LVDS, 1, 4, .writable = ALL, .display = true, .exists = is_mobile},
    {"PP_STATUS", 0x61200, 1, 4, .display = true, .read = panel_power_read, .exists = is_mobile},
    {"PP_CONTROL", 0x61204, 1, 4, .writable = ALL, .display = true, .exists = is_mobile},
    {"PP_CONTROL", 0x61204, 1, 4, .display = true, .exists = is_desktop}, /* drivers unlock it */
    {"PP_DELAYS", 0x61208, 3, 4, .writable = ALL, .display = true, .exists = is_mobile},
    {"PFIT_CONTROL", PFIT_CONTROL, 1, 4, .writable = ALL, .display = true, .exists = is_mobile},
    {"PFIT_PGM_RATIOS", PFIT_PGM_RATIOS, 1, 4, .writable = ALL, .display = true,
     .exists = is_mobile},
    {"BLC_PWM_CTL", 0x61254, 1, 4, .writable = ALL, .display = true, .exists = is_mobile},
    {"TV_CTL", TV_CTL, 1, 4, .writable = ALL, .display = true, .exists = has_tv},
    {"TV_DAC", TV_DAC, 1, 4, .writable = ~TV_DAC_SENSE, .reset = TV_DAC_SENSE, .display = true, .exists = has_tv},
    /* what firmware and drivers leave for each other */
    {"SWF0", 0x70410, 16, 4, .writable = ALL, .display = true},
    {"SWF1", 0x71410, 16, 4, .writable = ALL, .display = true},
    {"SWF3", 0x72414, 3, 4, .writable = ALL, .display = true},
    /* A.1 compression of plane A, which the model has no use for: never busy */
    {"FBC_CFB_BASE", 0x3200, 4, 4, .writable = ALL, .display = true, .exists = has_fbc},
    {"FBC_STATUS", 0x3210, 1, 4, .display = true, .exists = has_fbc},
    {"FBC_CONTROL2", 0x3214, 2, 4, .writable = ALL, .display = true, .exists = has_fbc},
    {"FBC_TAG", 0x3300, 49, 4, .writable = ALL, .display = true, .exists = has_fbc},
};
/* clang-format on */

const struct mmio_row *mmio_display_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}
