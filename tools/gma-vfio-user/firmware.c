/* SPDX-License-Identifier: MIT */
/* Registers of doc/gen3.md B.5 to B.8; the timing is VESA's of 1024x768 at 60 Hz. */
#include "tools/gma-vfio-user/firmware.h"

#include "hw/gen3/regs.h"

#define DPLL_MODE_DAC   (1u << 26)
#define DPLL_MODE_LVDS  (2u << 26)
#define FP(n, m1, m2)   ((uint32_t)(n) << 16 | (m1) << 8 | (m2))
#define RANGE(from, to) (((to)-1u) << 16 | ((from)-1u))

struct clock {
    uint32_t fp, control;
};

/* By port, and by how Pineview has its dividers; all within half a percent of 65 MHz. */
static const struct clock clocks[][2] = {
    [FIRMWARE_MONITOR] = {{FP(1, 13, 4), DPLL_MODE_DAC | 1u << 19},
                          {FP(1u << 3, 0, 59), DPLL_MODE_DAC | 1u << 17}},
    [FIRMWARE_PANEL] = {{FP(3, 16, 3), DPLL_MODE_LVDS | 1u << 17},
                        {FP(1u << 3, 0, 55), DPLL_MODE_LVDS | 1u << 16}},
};

struct picture {
    uint32_t width, height;
};

static const struct picture pictures[] = {
    [FIRMWARE_MONITOR] = {1024, 768},
    [FIRMWARE_PANEL] = {800, 600},
};

bool firmware_can(const struct hw_device *hw, enum firmware_screen screen)
{
    static const uint16_t mobile[] = {0x2592, 0x27a2, 0x27ae, 0xa011};
    bool can = screen != FIRMWARE_PANEL;
    for (size_t i = 0; i < sizeof(mobile) / sizeof(mobile[0]); i++) {
        can = can || hw->identity.pci_device == mobile[i];
    }
    return can;
}

/* No two pixels of a row, and no two of a column, are equal. */
static void draw(uint32_t *pixels, const struct picture *picture)
{
    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            *pixels++ = (x ^ y) << 16 | (y & 0xffu) << 8 | (x * 7u + y / 3u) % 256u;
        }
    }
}

static void show(struct hw_device *hw, const struct picture *picture, uint32_t offset,
                 uint32_t pipe)
{
    hw_write(hw, DSPSTRIDE_A + offset, picture->width * 4);
    hw_write(hw, DSPPOS_A + offset, 0);
    hw_write(hw, DSPSIZE_A + offset, (picture->height - 1) << 16 | (picture->width - 1));
    hw_write(hw, DSPCNTR_A + offset,
             DSPCNTR_ENABLE | DSPCNTR_XRGB8888 << DSPCNTR_FORMAT_SHIFT |
                 (pipe != 0 ? DSPCNTR_PIPE_B : 0));
    hw_write(hw, DSPADDR_A + offset, 0);
    hw_write(hw, PIPECONF_A + offset, PIPECONF_ENABLE); /* last: nobody has to wait for a vblank */
}

static void set_mode(struct hw_device *hw, enum firmware_screen screen, uint32_t pipe)
{
    const uint32_t offset = pipe * PIPE_STRIDE;
    const struct picture *picture = &pictures[screen];
    const struct clock *clock = &clocks[screen][hw->identity.has_pineview_pll];
    const struct {
        uint32_t reg, value;
    } rows[] = {
        {FPA0 + 8 * pipe, clock->fp},
        {FPA1 + 8 * pipe, clock->fp},
        {DPLL_A + 4 * pipe, clock->control | DPLL_VGA_DISABLE | DPLL_VCO_ENABLE},
        {HTOTAL_A + offset, RANGE(1024, 1344)},
        {HBLANK_A + offset, RANGE(1024, 1344)},
        {HSYNC_A + offset, RANGE(1048, 1184)},
        {VTOTAL_A + offset, RANGE(768, 806)},
        {VBLANK_A + offset, RANGE(768, 806)},
        {VSYNC_A + offset, RANGE(771, 777)},
        {PIPESRC_A + offset, (picture->width - 1) << 16 | (picture->height - 1)},
        {VGACNTRL, VGACNTRL_DISABLE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hw_write(hw, rows[i].reg, rows[i].value);
    }
}

static void open_port(struct hw_device *hw, enum firmware_screen screen)
{
    if (screen == FIRMWARE_MONITOR) {
        hw_write(hw, ADPA, ADPA_ENABLE);
        return;
    }
    hw_write(hw, LVDS, LVDS_ENABLE | LVDS_PIPE_B | LVDS_POWER_A);
    hw_write(hw, PFIT_CONTROL, PFIT_ENABLE | PFIT_HORIZONTAL_BILINEAR | PFIT_VERTICAL_BILINEAR);
    hw_write(hw, PP_CONTROL, PP_CONTROL_ON);
}

void firmware_start(struct hw_device *hw, enum firmware_screen screen, void *stolen, uint64_t base)
{
    const struct picture *picture = &pictures[screen];
    const uint32_t pipe = screen == FIRMWARE_PANEL;
    const uint32_t pages = (picture->width * picture->height * 4 + HW_PAGE_SIZE - 1) / HW_PAGE_SIZE;
    if (screen == FIRMWARE_DARK) {
        return;
    }
    draw(stolen, picture);
    for (uint32_t i = 0; i < pages; i++) {
        hw_gtt_write(hw, i, (uint32_t)(base + (uint64_t)i * HW_PAGE_SIZE) | PTE_VALID);
    }
    if (hw->identity.has_gtt_enable) {
        hw_write(hw, PGTBL_CTL, hw_read(hw, PGTBL_CTL) | PGTBL_CTL_ENABLE);
    }
    set_mode(hw, screen, pipe);
    open_port(hw, screen);
    show(hw, picture, pipe * PIPE_STRIDE, pipe);
}
