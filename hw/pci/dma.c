/* SPDX-License-Identifier: MIT */
#include "hw/pci/dma.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/pci/flush.h"

/* Of the daemon's own memory: tried so often to be where the GPU reaches. */
#define PLACES_TRIED 32
#define HUGE_PAGE    ((size_t)2 << 20)

struct pages {
    unsigned place;
    uint32_t numbers[];
};

static bool is_reachable(const struct pci_dma_space *space, uint32_t number)
{
    uint64_t address = (uint64_t)number * HW_PAGE_SIZE;
    return address >> space->bus_bits == 0 &&
           (address < space->stolen_base || address - space->stolen_base >= space->stolen_size);
}

static bool all_reachable(const struct pci_dma_space *space, const struct pages *pages,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_reachable(space, pages->numbers[i])) {
            return false;
        }
    }
    return true;
}

static int pin(struct pci_dma_space *space, void *memory, size_t size, struct pages *pages)
{
    int place = pci_pins_take(&space->pins, memory, size, pages->numbers);
    if (place < 0) {
        return place;
    }
    pages->place = (unsigned)place;
    if (!all_reachable(space, pages, size / HW_PAGE_SIZE)) {
        pci_pins_give(&space->pins, pages->place);
        return -ERANGE;
    }
    return 0;
}

/* Pins a mapping that nobody else knows of, and describes it; with an error it is unmapped. */
static int take(struct pci_dma_space *space, void *cpu, size_t size, struct hw_dma *dma)
{
    struct pages *pages = malloc(sizeof(*pages) + size / HW_PAGE_SIZE * sizeof(pages->numbers[0]));
    /* Entries that were there before would name pages that are not pinned (pin.c). */
    int error = pages != NULL ? pin(space, cpu, size, pages) : -ENOMEM;
    if (error != 0) {
        munmap(cpu, size);
        free(pages);
        return error;
    }
    /* New pages were zeroed through the caches, which must not write back over the GPU's work. */
    pci_flush_lines(cpu, size);
    space->bytes += size;
    *dma = (struct hw_dma){
        .cpu = cpu,
        .size = size,
        .bus_base = (uint64_t)pages->numbers[0] * HW_PAGE_SIZE,
        .device_data = pages,
    };
    return 0;
}

int pci_dma_attach(struct pci_dma_space *space, int fd, uint64_t offset, size_t size,
                   struct hw_dma *dma)
{
    *dma = (struct hw_dma){0};
    if (size == 0 || size % HW_PAGE_SIZE != 0 || offset % HW_PAGE_SIZE != 0) {
        return -EINVAL;
    }
    void *cpu = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    return cpu == MAP_FAILED ? -errno : take(space, cpu, size, dma);
}

/* ---- in one piece ---- */

/* The first 'size' bytes of a huge page if the kernel has one; NULL without memory. */
static void *map_huge(size_t size)
{
    char *room =
        mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return NULL;
    }
    const size_t before = -(uintptr_t)room % HUGE_PAGE, behind = HUGE_PAGE - before;
    char *page = room + before;
    if (before > 0) {
        munmap(room, before);
    }
    munmap(page + HUGE_PAGE, behind);
    (void)madvise(page, HUGE_PAGE, MADV_HUGEPAGE);
    (void)madvise(page, HUGE_PAGE, MADV_DONTFORK); /* a copy must not be the one that is pinned */
    *(volatile char *)page = 0;                    /* all of it comes with the first touch */
    munmap(page + size, HUGE_PAGE - size);
    return page;
}

static bool is_in_one_piece(const struct hw_dma *dma)
{
    for (size_t offset = HW_PAGE_SIZE; offset < dma->size; offset += HW_PAGE_SIZE) {
        if (pci_dma_bus_address(dma, offset) != dma->bus_base + offset) {
            return false;
        }
    }
    return true;
}

/* -ERANGE: there is no such memory now, in reach. */
static int alloc_whole(struct pci_dma_space *space, size_t size, struct hw_dma *dma)
{
    void *cpu = size < HUGE_PAGE ? map_huge(size) : NULL;
    int error = cpu != NULL ? take(space, cpu, size, dma) : -ERANGE;
    if (error == 0 && !is_in_one_piece(dma)) {
        pci_dma_release(space, dma);
        error = -ERANGE;
    }
    return error;
}

static int alloc_once(struct pci_dma_space *space, size_t size, struct hw_dma *dma, int *fd)
{
    *fd = memfd_create("gemd-pci", MFD_CLOEXEC);
    if (*fd < 0) {
        return -errno;
    }
    return ftruncate(*fd, (off_t)size) != 0 ? -errno : pci_dma_attach(space, *fd, 0, size, dma);
}

/* Files whose pages are out of reach are kept until one is found that is not: else they come back.
 */
int pci_dma_alloc(struct pci_dma_space *space, size_t size, struct hw_dma *dma)
{
    int fds[PLACES_TRIED];
    unsigned tried = 0;
    int error;
    *dma = (struct hw_dma){0};
    if (size == 0 || size % HW_PAGE_SIZE != 0) {
        return -EINVAL;
    }
    if (space->wants_one_piece && size > HW_PAGE_SIZE && alloc_whole(space, size, dma) == 0) {
        return 0;
    }
    do {
        error = alloc_once(space, size, dma, &fds[tried]);
        tried += fds[tried] >= 0 ? 1 : 0;
    } while (error == -ERANGE && tried < PLACES_TRIED);
    while (tried > 0) {
        close(fds[--tried]);
    }
    return error;
}

void pci_dma_release(struct pci_dma_space *space, struct hw_dma *dma)
{
    struct pages *pages = dma->device_data;
    if (pages == NULL) {
        return;
    }
    space->moved += pci_pins_count_moved(&space->pins, dma->cpu, dma->size, pages->numbers);
    pci_pins_give(&space->pins, pages->place);
    munmap(dma->cpu, dma->size);
    space->bytes -= dma->size;
    free(pages);
    *dma = (struct hw_dma){0};
}

uint64_t pci_dma_bus_address(const struct hw_dma *dma, size_t offset)
{
    const struct pages *pages = dma->device_data;
    return (uint64_t)pages->numbers[offset / HW_PAGE_SIZE] * HW_PAGE_SIZE + offset % HW_PAGE_SIZE;
}
