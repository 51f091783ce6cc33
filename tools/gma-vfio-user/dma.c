/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/dma.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hw/device.h"
#include "hw/model/model.h"

#define RESERVED  (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define ALIGNMENT ((uint64_t)1 << 30)

/* What the handler of SIGBUS knows. */
static _Atomic(uint8_t *) guarded;
static _Atomic uint64_t guarded_size;
static atomic_bool cut;

/* Aligned as huge pages are, so that files of those can be mapped. NULL with errno set. */
static uint8_t *reserve(uint64_t size)
{
    uint8_t *all = mmap(NULL, size + ALIGNMENT, PROT_READ | PROT_WRITE, RESERVED, -1, 0);
    if (all == MAP_FAILED) {
        return NULL;
    }
    uint64_t before = -(uintptr_t)all % ALIGNMENT;
    if (before != 0) {
        munmap(all, before);
    }
    munmap(all + before + size, ALIGNMENT - before);
    return all + before;
}

int dma_init(struct dma *dma, uint64_t size)
{
    *dma = (struct dma){.size = size};
    dma->ranges = calloc(DMA_RANGES_MAX, sizeof(*dma->ranges));
    if (dma->ranges == NULL) {
        return -ENOMEM;
    }
    dma->window = reserve(size);
    if (dma->window == NULL) {
        int error = -errno;
        free(dma->ranges);
        return error;
    }
    /* Nobody wants 64 GiB of zeros in a core file, or huge pages for a stray byte. */
    (void)madvise(dma->window, size, MADV_DONTDUMP);
    (void)madvise(dma->window, size, MADV_NOHUGEPAGE);
    return 0;
}

void dma_finish(struct dma *dma)
{
    if (dma->window != NULL) {
        if (atomic_load(&guarded) == dma->window) {
            atomic_store(&guarded, NULL);
        }
        munmap(dma->window, dma->size);
    }
    free(dma->ranges);
    *dma = (struct dma){0};
}

/* Plain zero memory in the place of what is mapped. */
static void put_zeros(struct dma *dma, uint64_t address, uint64_t size)
{
    void *at =
        mmap(dma->window + address, size, PROT_READ | PROT_WRITE, RESERVED | MAP_FIXED, -1, 0);
    if (at == MAP_FAILED) {
        /* A hole in the window would be an address that is none, and the engines go on. */
        fprintf(stderr, "gma-vfio-user: no memory to unmap with: %s\n", strerror(errno));
        abort();
    }
}

/* How much of a range the device can address. */
static uint64_t reachable(const struct dma *dma, const struct dma_range *range)
{
    if (range->address >= dma->size) {
        return 0;
    }
    uint64_t room = dma->size - range->address;
    return range->size < room ? range->size : room;
}

static bool overlap(const struct dma_range *a, const struct dma_range *b)
{
    return a->size != 0 && b->size != 0 && a->address <= b->address + (b->size - 1) &&
           b->address <= a->address + (a->size - 1);
}

/* The first range that ends behind 'address'. */
static size_t find(const struct dma *dma, uint64_t address)
{
    size_t low = 0;
    size_t high = dma->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct dma_range *range = &dma->ranges[middle];
        if (range->address + (range->size - 1) < address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int dma_steal(struct dma *dma, uint64_t address, uint64_t size)
{
    const struct dma_range range = {.address = address, .size = size, .mapped = true};
    if (address % HW_PAGE_SIZE != 0 || size % HW_PAGE_SIZE != 0 ||
        (size != 0 && reachable(dma, &range) != size)) {
        return -EINVAL;
    }
    dma->stolen = range;
    return 0;
}

void dma_clear_stolen(struct dma *dma)
{
    if (dma->stolen.size != 0) {
        put_zeros(dma, dma->stolen.address, dma->stolen.size);
    }
}

/* Whether the file has what is to be mapped: beyond its end there is nothing but SIGBUS. */
static int check_file(int fd, uint64_t offset, uint64_t size)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode) || offset > INT64_MAX || offset % HW_PAGE_SIZE != 0 ||
        (uint64_t)status.st_size < offset || (uint64_t)status.st_size - offset < size) {
        return -EINVAL;
    }
    return 0;
}

static int map_file(struct dma *dma, const struct dma_range *range, int fd, uint64_t offset,
                    bool writable)
{
    int error = check_file(fd, offset, range->size);
    uint64_t size = reachable(dma, range);
    if (error != 0 || size == 0) {
        return error;
    }
    /* Whoever gave a file that cannot be written to shall hear of it before the window has a hole.
     */
    int sharing = writable ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
    void *probe = mmap(NULL, HW_PAGE_SIZE, PROT_READ | PROT_WRITE, sharing, fd, (off_t)offset);
    if (probe == MAP_FAILED && errno != EINVAL) { /* EINVAL: pages of that file are huge */
        return -errno;
    }
    if (probe != MAP_FAILED) {
        munmap(probe, HW_PAGE_SIZE);
    }
    if (mmap(dma->window + range->address, size, PROT_READ | PROT_WRITE, sharing | MAP_FIXED, fd,
             (off_t)offset) == MAP_FAILED) {
        error = -errno;
        put_zeros(dma, range->address, size);
    }
    return error;
}

int dma_map(struct dma *dma, struct hw_device *dev, const struct dma_range *range, int fd,
            uint64_t offset, bool writable)
{
    size_t at = find(dma, range->address);
    if (range->address % HW_PAGE_SIZE != 0 || range->size % HW_PAGE_SIZE != 0) {
        return -EINVAL;
    }
    if ((at < dma->count && overlap(&dma->ranges[at], range)) ||
        (fd >= 0 && overlap(&dma->stolen, range))) {
        return -EEXIST;
    }
    if (dma->count == DMA_RANGES_MAX) {
        return -ENOSPC;
    }
    struct dma_range new = *range;
    new.mapped = fd >= 0;
    if (fd >= 0) {
        int error = map_file(dma, range, fd, offset, writable);
        if (error != 0) {
            return error;
        }
        if (reachable(dma, range) != 0) {
            error = model_bus_map(dev, range->address, dma->window + range->address,
                                  reachable(dma, range));
        }
        if (error != 0) {
            put_zeros(dma, range->address, reachable(dma, range));
            return error;
        }
    }
    memmove(&dma->ranges[at + 1], &dma->ranges[at], (dma->count - at) * sizeof(dma->ranges[0]));
    dma->ranges[at] = new;
    dma->count++;
    return 0;
}

static void forget(struct dma *dma, struct hw_device *dev, const struct dma_range *range)
{
    uint64_t size = reachable(dma, range);
    if (range->mapped && size != 0) {
        if (dev != NULL) {
            (void)model_bus_unmap(dev, range->address, size);
        }
        put_zeros(dma, range->address, size);
    }
}

int dma_unmap(struct dma *dma, struct hw_device *dev, uint64_t address, uint64_t size)
{
    size_t at = find(dma, address);
    if (at == dma->count || dma->ranges[at].address != address || dma->ranges[at].size != size) {
        return -ENOENT;
    }
    forget(dma, dev, &dma->ranges[at]);
    dma->count--;
    memmove(&dma->ranges[at], &dma->ranges[at + 1], (dma->count - at) * sizeof(dma->ranges[0]));
    return 0;
}

void dma_unmap_all(struct dma *dma, struct hw_device *dev)
{
    for (size_t i = 0; i < dma->count; i++) {
        forget(dma, dev, &dma->ranges[i]);
    }
    dma->count = 0;
}

static int show(struct dma *dma, struct hw_device *dev, const struct dma_range *range)
{
    uint64_t size = reachable(dma, range);
    return range->mapped && size != 0
               ? model_bus_map(dev, range->address, dma->window + range->address, size)
               : 0;
}

int dma_show(struct dma *dma, struct hw_device *dev)
{
    int error = show(dma, dev, &dma->stolen);
    for (size_t i = 0; error == 0 && i < dma->count; i++) {
        error = show(dma, dev, &dma->ranges[i]);
    }
    return error;
}

/* ---- files that become shorter ---- */

/* The page, in the size that its mapping has, becomes zeros. mmap() is a bare system call. */
static bool mend(uintptr_t at)
{
    static const uintptr_t sizes[] = {HW_PAGE_SIZE, 2u << 20, 1u << 30};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *page = (void *)(at & ~(sizes[i] - 1));
        if (mmap(page, sizes[i], PROT_READ | PROT_WRITE, RESERVED | MAP_FIXED, -1, 0) !=
            MAP_FAILED) {
            return true;
        }
    }
    return false;
}

static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
    int saved = errno;
    uintptr_t begin = (uintptr_t)atomic_load(&guarded);
    uintptr_t at = (uintptr_t)info->si_addr;
    if (begin != 0 && at >= begin && at - begin < atomic_load(&guarded_size) && mend(at)) {
        atomic_store(&cut, true);
    } else {
        /* Some other fault: as if nobody had looked. */
        signal(signal_number, SIG_DFL);
    }
    errno = saved;
}

int dma_guard_install(const struct dma *dma)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    atomic_store(&cut, false);
    atomic_store(&guarded_size, dma->size);
    atomic_store(&guarded, dma->window);
    return sigaction(SIGBUS, &action, NULL) == 0 ? 0 : -errno;
}

bool dma_was_cut(void)
{
    return atomic_exchange(&cut, false);
}
