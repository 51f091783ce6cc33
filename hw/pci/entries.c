/* SPDX-License-Identifier: MIT */
#include "hw/pci/entries.h"

#include <errno.h>
#include <stdlib.h>

#include "hw/gen3/regs.h"

#define PLANES 2u /* A and B; C shows windows of drivers */

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Where what a plane shows ends; 0: it is off. Its rows are those of its pipe, or of the panel. */
static uint64_t shown_end(struct hw_device *dev, unsigned plane)
{
    const uint32_t at = plane * PIPE_STRIDE;
    const uint32_t control = hw_read(dev, DSPCNTR_A + at);
    if ((control & DSPCNTR_ENABLE) == 0) {
        return 0;
    }
    const uint32_t pipe = (control & DSPCNTR_PIPE_B) != 0 ? PIPE_STRIDE : 0;
    const uint64_t rows = (hw_read(dev, PIPESRC_A + pipe) & 0xfffu) + 1;
    return hw_read(dev, DSPADDR_A + at) + rows * (uint64_t)hw_read(dev, DSPSTRIDE_A + at);
}

static uint32_t count_of(struct hw_device *dev, uint64_t stolen_size)
{
    const uint32_t all = dev->identity.gtt_entries;
    uint64_t end = stolen_size;
    for (unsigned plane = 0; plane < PLANES; plane++) {
        end = max(end, shown_end(dev, plane));
    }
    const uint64_t count = (end + HW_PAGE_SIZE - 1) / HW_PAGE_SIZE;
    return stolen_size == 0 || count > all ? all : (uint32_t)count;
}

int pci_entries_keep(struct pci_entries *entries, struct hw_device *dev, uint64_t stolen_size)
{
    entries->count = count_of(dev, stolen_size);
    entries->found = malloc(entries->count * sizeof(entries->found[0]));
    if (entries->found == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < entries->count; i++) {
        entries->found[i] = hw_gtt_read(dev, i);
    }
    return 0;
}

void pci_entries_restore(const struct pci_entries *entries, struct hw_device *dev)
{
    for (uint32_t i = 0; i < dev->identity.gtt_entries; i++) {
        hw_gtt_write(dev, i, i < entries->count ? entries->found[i] : 0);
    }
    (void)hw_gtt_read(dev, dev->identity.gtt_entries - 1);
}

void pci_entries_free(struct pci_entries *entries)
{
    free(entries->found);
    entries->found = NULL;
}
