/* SPDX-License-Identifier: MIT */
/* Order and settling times are those of gen3.md B.6 to B.8. */
#include "gemd/found.h"

#include <time.h>

#include "hw/gen3/regs.h"

#define PIPES        2u
#define PLANES       3u
#define FRAME_NS     20000000 /* at 50 Hz */
#define OFF_STEP_NS  1000000
#define OFF_STEPS    40
#define SWITCH       (1u << 31) /* of clocks, pipes, planes and ports */
#define CURSOR_MODES 0x27u

/* clang-format off */
static const struct found_row rows[] = {
    {"D_STATE", D_STATE, 0, 1, 4, FOUND_CLOCK, 0, 0},
    {"DSPARB", DSPARB, 0, 1, 4, FOUND_CLOCK, 0, 0},
    {"DSPFW", 0x70034, 0, 3, 4, FOUND_CLOCK, 0, 0},
    {"FW_BLC", FW_BLC, 0, 2, 4, FOUND_CLOCK, 0, 0},
    {"VGA_DIVISOR", 0x6000, 0, 3, 4, FOUND_CLOCK, 0, 0},
    {"FP", FPA0, 0, 4, 4, FOUND_CLOCK, 0, 0},
    {"LVDS", LVDS, 0, 1, 4, FOUND_CLOCK, 0, 0}, /* its pins are on before its clock is */
    {"DPLL", DPLL_A, 0, 2, 4, FOUND_CLOCK, 3, 150},
    {"HTOTAL", HTOTAL_A, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"HBLANK", HBLANK_A, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"HSYNC", HSYNC_A, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"VTOTAL", VTOTAL_A, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"VBLANK", VBLANK_A, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"VSYNC", VSYNC_A, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"PIPESRC", PIPESRC_A, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"VSYNCSHIFT", 0x60028, 0, PIPES, PIPE_STRIDE, FOUND_TIMING, 0, 0},
    {"PFIT_PGM_RATIOS", PFIT_PGM_RATIOS, 0, 1, 4, FOUND_TIMING, 0, 0},
    {"PFIT_CONTROL", PFIT_CONTROL, 0, 1, 4, FOUND_TIMING, 0, 0},
    {"PIPECONF", PIPECONF_A, 0, PIPES, PIPE_STRIDE, FOUND_PIPE, 0, 20000},
    {"BCLRPAT", BCLRPAT_A, 0, PIPES, PIPE_STRIDE, FOUND_COLOUR, 0, 0},
    {"PALETTE_A", PALETTE_A, 0, 256, 4, FOUND_COLOUR, 0, 0},
    {"PALETTE_B", PALETTE_A + 0x800, 0, 256, 4, FOUND_COLOUR, 0, 0},
    {"DSPSTRIDE", DSPSTRIDE_A, 0, PLANES, PIPE_STRIDE, FOUND_PLANE, 0, 0},
    {"DSPPOS", DSPPOS_A, 0, PLANES, PIPE_STRIDE, FOUND_PLANE, 0, 0},
    {"DSPSIZE", DSPSIZE_A, 0, PLANES, PIPE_STRIDE, FOUND_PLANE, 0, 0},
    {"DSPCNTR", DSPCNTR_A, 0, PLANES, PIPE_STRIDE, FOUND_PLANE, 0, 0},
    {"DSPADDR", DSPADDR_A, 0, PLANES, PIPE_STRIDE, FOUND_PLANE, 0, 0},
    {"CURPALET_A", CURPALET_A, 0, 4, 4, FOUND_CURSOR, 0, 0},
    {"CURPALET_B", CURPALET_A + CURSOR_STRIDE, 0, 4, 4, FOUND_CURSOR, 0, 0},
    {"CURCNTR", CURCNTR_A, 0, PIPES, CURSOR_STRIDE, FOUND_CURSOR, 0, 0},
    {"CURPOS", CURPOS_A, 0, PIPES, CURSOR_STRIDE, FOUND_CURSOR, 0, 0},
    {"CURBASE", CURBASE_A, 0, PIPES, CURSOR_STRIDE, FOUND_CURSOR, 0, 0},
    {"ADPA", ADPA, 0, 1, 4, FOUND_PORT, 0, 0},
    {"DVO", 0x61120, 0, 3, 0x20, FOUND_PORT, 0, 0},
    {"DVO_SRCDIM", 0x61124, 0, 3, 0x20, FOUND_PORT, 0, 0},
    {"BLC_PWM_CTL", 0x61254, 0, 1, 4, FOUND_PORT, 0, 0},
    {"PP_CONTROL", PP_CONTROL, 0, 1, 4, FOUND_PORT, 0, 0},
    {"PORT_HOTPLUG_EN", PORT_HOTPLUG_EN, ~HOTPLUG_CRT_DETECT, 1, 4, FOUND_EVENT, 0, 0},
    {"PIPESTAT", PIPESTAT_A, PIPESTAT_ENABLES, PIPES, PIPE_STRIDE, FOUND_EVENT, 0, 0},
    {"SWF0", 0x70410, 0, 15, 4, FOUND_EVENT, 0, 0}, /* firmware's notes to itself */
    {"SWF1", 0x71410, 0, 7, 4, FOUND_EVENT, 0, 0},
    {"SWF3", 0x72414, 0, 3, 4, FOUND_EVENT, 0, 0},
    {"FW_BLC_SELF", FW_BLC_SELF, 0, 1, 4, FOUND_EVENT, 0, 0}, /* last: planes are there */
    {"VGACNTRL", VGACNTRL, 0, 1, 4, FOUND_VGA, 0, 300},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct found_row *found_rows(size_t *count)
{
    *count = ROWS;
    return rows;
}

static void wait_ns(long ns)
{
    const struct timespec time = {.tv_nsec = ns};
    nanosleep(&time, NULL);
}

static uint32_t read_row(struct hw_device *dev, const struct found_row *row, unsigned i)
{
    const uint32_t value = hw_read(dev, row->reg + i * row->stride);
    return row->mask != 0 ? value & row->mask : value;
}

void found_save(struct found *found, struct hw_device *dev)
{
    uint32_t *value = found->values;
    for (size_t r = 0; r < ROWS; r++) {
        for (unsigned i = 0; i < rows[r].count; i++) {
            *value++ = read_row(dev, &rows[r], i);
        }
    }
}

/* Whether rows of those parts hold what they held. */
static bool is_kept(const struct found *found, struct hw_device *dev, unsigned parts)
{
    const uint32_t *value = found->values;
    for (size_t r = 0; r < ROWS; r++) {
        for (unsigned i = 0; i < rows[r].count; i++) {
            if (*value++ != read_row(dev, &rows[r], i) && (parts >> rows[r].part & 1u) != 0) {
                return false;
            }
        }
    }
    return true;
}

/* What has to be written for a row to hold 'value'. */
static uint32_t written(const struct hw_device *dev, uint32_t reg, uint32_t value)
{
    const bool is_945 = dev->identity.has_gtt_enable && dev->identity.fence_count == 16;
    return reg == FW_BLC_SELF && is_945 ? value | FW_BLC_SELF_MASK | FW_BLC_SELF_LEVEL_MASK : value;
}

/* A PLL takes new dividers only while VGA is not disabled (gen3.md B.8). */
static void prepare(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    if ((reg == DPLL_A || reg == DPLL_B) && (value & DPLL_VCO_ENABLE) != 0) {
        hw_write(dev, reg, value & ~DPLL_VGA_DISABLE);
    }
}

static void put_row(struct hw_device *dev, const struct found_row *row, const uint32_t *values)
{
    for (unsigned i = 0; i < row->count; i++) {
        const uint32_t reg = row->reg + i * row->stride;
        prepare(dev, reg, values[i]);
        for (unsigned n = 0; n < (row->writes != 0 ? row->writes : 1u); n++) {
            hw_write(dev, reg, written(dev, reg, values[i]));
            (void)hw_read(dev, reg);
            if (row->settle_us != 0 && (values[i] & SWITCH) != 0) {
                wait_ns(row->settle_us * 1000L);
            }
        }
    }
}

static void put(const struct found *found, struct hw_device *dev, unsigned parts)
{
    const uint32_t *values = found->values;
    for (size_t r = 0; r < ROWS; r++) {
        if ((parts >> rows[r].part & 1u) != 0) {
            put_row(dev, &rows[r], values);
        }
        values += rows[r].count;
    }
}

static void hide_planes(struct hw_device *dev)
{
    for (unsigned i = 0; i < PLANES; i++) {
        const uint32_t control = hw_read(dev, DSPCNTR_A + i * PIPE_STRIDE);
        if ((control & SWITCH) != 0) {
            hw_write(dev, DSPCNTR_A + i * PIPE_STRIDE, control & ~SWITCH);
            hw_write(dev, DSPADDR_A + i * PIPE_STRIDE, 0);
        }
    }
    for (unsigned i = 0; i < PIPES; i++) {
        const uint32_t control = hw_read(dev, CURCNTR_A + i * CURSOR_STRIDE);
        if ((control & CURSOR_MODES) != 0) {
            hw_write(dev, CURCNTR_A + i * CURSOR_STRIDE, control & ~CURSOR_MODES);
            hw_write(dev, CURBASE_A + i * CURSOR_STRIDE, 0);
        }
    }
}

static void stop_pipe(struct hw_device *dev, unsigned pipe)
{
    const uint32_t offset = pipe * PIPE_STRIDE;
    if ((hw_read(dev, PIPECONF_A + offset) & PIPECONF_ENABLE) == 0) {
        return;
    }
    hw_write(dev, PIPECONF_A + offset, 0);
    uint32_t line = hw_read(dev, PIPEDSL_A + offset);
    for (int i = 0; i < OFF_STEPS; i++) {
        wait_ns(OFF_STEP_NS);
        const uint32_t now = hw_read(dev, PIPEDSL_A + offset);
        if (now == line) {
            return;
        }
        line = now;
    }
}

static void clear_switch(struct hw_device *dev, uint32_t reg)
{
    const uint32_t value = hw_read(dev, reg);
    if ((value & SWITCH) != 0) {
        hw_write(dev, reg, value & ~SWITCH);
    }
}

/* Planes, pipes, ports, clocks, in that order; what is off already takes no time. */
static void switch_off(struct hw_device *dev)
{
    static const uint32_t ports[] = {ADPA, 0x61120, 0x61140, 0x61160, LVDS};
    const bool ran = ((hw_read(dev, PIPECONF_A) | hw_read(dev, PIPECONF_A + PIPE_STRIDE)) &
                      PIPECONF_ENABLE) != 0;
    hw_write(dev, VGACNTRL, hw_read(dev, VGACNTRL) | VGACNTRL_DISABLE);
    hide_planes(dev);
    if (ran) {
        wait_ns(FRAME_NS);
    }
    for (unsigned i = 0; i < PIPES; i++) {
        stop_pipe(dev, i);
    }
    for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        clear_switch(dev, ports[i]);
    }
    clear_switch(dev, DPLL_A);
    clear_switch(dev, DPLL_B);
}

/* Mobile chips protect clocks and the panel's port while the panel has power. */
static void unprotect(struct hw_device *dev)
{
    hw_write(dev, PP_CONTROL, PP_CONTROL_KEY | (hw_read(dev, PP_CONTROL) & 0xffffu));
}

static const unsigned hard_parts =
    1u << FOUND_CLOCK | 1u << FOUND_TIMING | 1u << FOUND_PIPE | 1u << FOUND_PORT;

void found_restore(const struct found *found, struct hw_device *dev)
{
    const unsigned all = ~0u;
    if (is_kept(found, dev, all)) {
        return;
    }
    if (is_kept(found, dev, hard_parts)) {
        put(found, dev, all & ~hard_parts);
        return;
    }
    unprotect(dev);
    switch_off(dev);
    put(found, dev, all);
}

void found_revive(const struct found *found, struct hw_device *dev)
{
    /* FIFO levels are among the clocks, and the daemon's own while it shows something. */
    if (is_kept(found, dev, hard_parts & ~(1u << FOUND_CLOCK))) {
        return;
    }
    unprotect(dev);
    switch_off(dev);
    put(found, dev, hard_parts | 1u << FOUND_COLOUR);
}
