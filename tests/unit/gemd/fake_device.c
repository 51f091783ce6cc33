/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/fake_device.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/gen3/regs.h"

#define FIRST_BUS 0x100000000ull /* above 4 GiB: the high bits of entries matter */

static struct fake_device *fake_of(struct hw_device *dev)
{
    return (struct fake_device *)dev;
}

static void destroy(struct hw_device *dev)
{
    fake_device_destroy(fake_of(dev));
}

static uint32_t read_register(struct hw_device *dev, uint32_t reg)
{
    struct fake_device *fake = fake_of(dev);
    return reg != 0 && reg == fake->moving ? ++fake->registers[reg / 4] : fake->registers[reg / 4];
}

static void write_register(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    struct fake_device *fake = fake_of(dev);
    if (fake->on_write != NULL) {
        fake->on_write(fake, reg, value);
    }
    if (reg == GFX_FLSH_CNTL) {
        fake->flushes++;
    }
    if (reg == IIR || reg == EIR) {
        fake->registers[reg / 4] &= ~value;
    } else {
        fake->registers[reg / 4] = value;
    }
}

void fake_interrupt(struct fake_device *fake, uint32_t bits)
{
    const uint64_t one = 1;
    fake->registers[IIR / 4] |= bits;
    if (write(fake->irq, &one, sizeof(one)) != sizeof(one)) {
        abort();
    }
}

static uint32_t config_read(struct hw_device *dev, uint32_t offset, unsigned size)
{
    return offset == CONFIG_GCFGC ? fake_of(dev)->gcfgc : 0;
}

static void config_write(struct hw_device *dev, uint32_t offset, unsigned size, uint32_t value)
{
    if (offset == CONFIG_GDRST) {
        fake_of(dev)->resets++;
    }
}

static uint32_t gtt_read(struct hw_device *dev, uint32_t index)
{
    return fake_of(dev)->gtt[index];
}

static void gtt_write(struct hw_device *dev, uint32_t index, uint32_t pte)
{
    fake_of(dev)->gtt[index] = pte;
    fake_of(dev)->gtt_writes++;
}

static int aperture(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    return -EFAULT;
}

static int aperture_write(struct hw_device *dev, uint64_t offset, const void *from, size_t size)
{
    return -EFAULT;
}

static int take_memory(struct hw_device *dev, size_t size, struct hw_dma *dma, int flags, int fd,
                       off_t offset)
{
    struct fake_device *fake = fake_of(dev);
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, offset);
    if (map == MAP_FAILED) {
        return -errno;
    }
    *dma = (struct hw_dma){.cpu = map, .size = size, .bus_base = fake->next_bus};
    fake->next_bus += size + HW_PAGE_SIZE;
    fake->memories++;
    return 0;
}

static int dma_alloc(struct hw_device *dev, size_t size, struct hw_dma *dma)
{
    return take_memory(dev, size, dma, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int dma_attach(struct hw_device *dev, int fd, uint64_t offset, size_t size,
                      struct hw_dma *dma)
{
    return take_memory(dev, size, dma, MAP_SHARED, fd, (off_t)offset);
}

static void dma_release(struct hw_device *dev, struct hw_dma *dma)
{
    munmap(dma->cpu, dma->size);
    fake_of(dev)->memories--;
}

static int dma_discard(struct hw_device *dev, struct hw_dma *dma, size_t offset, size_t size)
{
    return madvise((uint8_t *)dma->cpu + offset, size, MADV_REMOVE) == 0 ? 0 : -errno;
}

static uint64_t dma_bus_address(struct hw_device *dev, const struct hw_dma *dma, size_t offset)
{
    return dma->bus_base + offset;
}

static void memory_flush(struct hw_device *dev, const struct hw_dma *dma, size_t offset,
                         size_t size)
{
    struct fake_device *fake = fake_of(dev);
    fake->flushed_from = (const uint8_t *)dma->cpu + offset;
    fake->flushed_bytes += size;
}

static int irq_fd(struct hw_device *dev)
{
    return fake_of(dev)->irq;
}

static void irq_unmask(struct hw_device *dev)
{
}

static void chipset_flush(struct hw_device *dev)
{
    fake_of(dev)->chipset_flushes++;
}

static const struct hw_device_ops ops = {
    .destroy = destroy,
    .read = read_register,
    .write = write_register,
    .config_read = config_read,
    .config_write = config_write,
    .gtt_read = gtt_read,
    .gtt_write = gtt_write,
    .aperture_read = aperture,
    .aperture_write = aperture_write,
    .dma_alloc = dma_alloc,
    .dma_attach = dma_attach,
    .dma_release = dma_release,
    .dma_discard = dma_discard,
    .dma_bus_address = dma_bus_address,
    .memory_flush = memory_flush,
    .irq_fd = irq_fd,
    .irq_unmask = irq_unmask,
    .chipset_flush = chipset_flush,
};

struct fake_device *fake_device_create(void)
{
    struct fake_device *fake = calloc(1, sizeof(*fake));
    if (fake == NULL) {
        abort();
    }
    fake->base.ops = &ops;
    fake->base.identity = (struct hw_identity){
        .name = "fake",
        .board = "fake",
        .pci_device = 0x29c2,
        .gtt_entries = FAKE_GTT_ENTRIES,
        .aperture_size = (uint64_t)FAKE_GTT_ENTRIES * HW_PAGE_SIZE,
        .fence_count = 16,
    };
    fake->next_bus = FIRST_BUS;
    fake->irq = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fake;
}

void fake_device_destroy(struct fake_device *fake)
{
    close(fake->irq);
    free(fake);
}

uint32_t fake_register(const struct fake_device *fake, uint32_t reg)
{
    return fake->registers[reg / 4];
}

void fake_set_frame(struct fake_device *fake, uint32_t frame, uint32_t pixel)
{
    fake->registers[FRAMEHIGH_A / 4] = frame >> 8 & 0xffffu;
    fake->registers[FRAMEPIXEL_A / 4] = frame << 24 | (pixel & 0xffffffu);
}
