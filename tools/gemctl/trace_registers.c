/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/trace_registers.h"

#include <stdio.h>

#include "hw/gen3/regs.h"
#include "hw/model/mmio.h"

#define ALL           0xffffffffu
#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

struct excuse {
    uint32_t reg;
    unsigned count, stride;
    uint32_t bits;
};

/* clang-format off */
static const struct excuse excuses[] = {
    /* the moment */
    {PIPEDSL_A, 2, PIPE_STRIDE, ALL},
    {FRAMEHIGH_A, 2, PIPE_STRIDE, ALL},
    {FRAMEPIXEL_A, 2, PIPE_STRIDE, ALL},
    {PIPESTAT_A, 2, PIPE_STRIDE, PIPESTAT_UNDERRUN | 0xffffu},
    {IIR, 1, 4, ALL},
    {ISR, 1, 4, ALL},
    {MI_MODE, 1, 4, MI_MODE_IDLE},
    /* commands, which a trace has not */
    {PRB0_HEAD, 2, RING_STRIDE, ALL},
    {PRB0_CTL, 2, RING_STRIDE, RING_WAIT},
    {IPEIR, 1, 4, ALL},
    {IPEHR, 1, 4, ALL},
    {INSTDONE, 1, 4, ALL},
    {NOPID, 1, 4, ALL},
    {ACTHD, 1, 4, ALL},
    {DMA_FADD, 1, 4, ALL},
    {EIR, 1, 4, ALL},
    {ESR, 1, 4, ALL},
    {PGTBL_ER, 1, 4, ALL},
    {CCID, 1, 4, ALL},
    /* monitors */
    {0x5010, 8, 4, 0x1010},
    {GMBUS2, 1, 4, ALL},
    {GMBUS3, 1, 4, ALL},
    {PORT_HOTPLUG_EN, 1, 4, HOTPLUG_CRT_DETECT},
    {PORT_HOTPLUG_STAT, 1, 4, ALL},
};
/* clang-format on */

static const struct mmio_row *row_of(uint32_t reg, unsigned *index)
{
    const struct mmio_row *rows;
    size_t count;
    for (unsigned table = 0; (rows = mmio_rows(table, &count)) != NULL; table++) {
        for (const struct mmio_row *row = rows; row < rows + count; row++) {
            uint32_t offset = reg - row->offset;
            if (reg >= row->offset && offset % row->stride == 0 &&
                offset / row->stride < row->count) {
                *index = offset / row->stride;
                return row;
            }
        }
    }
    return NULL;
}

void trace_register_name(uint32_t reg, char name[TRACE_NAME_MAX])
{
    unsigned index;
    const struct mmio_row *row = row_of(reg, &index);
    if (row == NULL) {
        name[0] = '\0';
    } else if (row->count == 1) {
        snprintf(name, TRACE_NAME_MAX, "%s", row->name);
    } else {
        snprintf(name, TRACE_NAME_MAX, "%s[%u]", row->name, index);
    }
}

bool trace_register_is_masked(uint32_t reg)
{
    unsigned index;
    const struct mmio_row *row = row_of(reg, &index);
    return row != NULL && row->kind == MMIO_MASKED;
}

uint32_t trace_register_events(uint32_t reg)
{
    unsigned index;
    const struct mmio_row *row = row_of(reg, &index);
    return row != NULL ? row->clears : 0;
}

uint32_t trace_register_excused(uint32_t reg)
{
    for (size_t i = 0; i < LENGTH(excuses); i++) {
        const struct excuse *excuse = &excuses[i];
        uint32_t offset = reg - excuse->reg;
        if (reg >= excuse->reg && offset % excuse->stride == 0 &&
            offset / excuse->stride < excuse->count) {
            return excuse->bits;
        }
    }
    return 0;
}

bool trace_register_is_queue(uint32_t reg)
{
    return reg == GMBUS3;
}

bool trace_config_is_fixed(uint32_t offset)
{
    return offset < 4 || offset == CONFIG_GDRST;
}
