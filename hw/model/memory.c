/* SPDX-License-Identifier: MIT */
#include "hw/model/physical.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/gen3/surface.h"
#include "hw/model/bus_space.h"
#include "hw/model/chipset.h"

/* The bus: 36 bits of address, less the first MiB, which no machine gives to a device. */
#define BUS_PAGES      (1u << 24)
#define BUS_FIRST_PAGE 0x100u
#define PAGE_SHIFT     12
#define FENCE_UNIT     (1u << 20)
#define NO_PAGE        UINT32_MAX
#define SWIZZLE_UNIT   64u
/* Bits that no PTE has: 11:8 and 3; on 915 and 945 7:4, too (doc/gen3.md A.5). */
#define PTE_RESERVED 0x00000f08u

struct model_memory {
    uint32_t entries;
    _Atomic uint32_t live_entries; /* 0 while the table is off */
    uint32_t pte_reserved;
    enum gen3_tiling tiling_y;
    uint32_t swizzle[GEN3_TILINGS]; /* bits of the bus address that go into bit 6 */
    uint64_t bus_pages;
    _Atomic uint32_t *ptes;
    bool own_ptes;
    _Atomic(uint8_t *) *hosts; /* by bus page; the kernel gives pages of it as they are used */
    _Atomic uint32_t fences[MODEL_FENCES];
    atomic_uint live_fences; /* one bit per valid fence */
    _Atomic uint32_t faults; /* noted PGTBL_ER bits */
    _Atomic uint64_t fault_address;
    pthread_mutex_t lock; /* of 'space' */
    struct bus_space space;
};

static void free_table(struct model_memory *memory)
{
    if (memory->own_ptes) {
        free(memory->ptes);
    }
}

struct model_memory *model_memory_create(const struct model_chipset *chipset,
                                         const struct model_channels *channels,
                                         _Atomic uint32_t *table)
{
    const struct model_class *class = chipset->class;
    struct model_memory *memory = calloc(1, sizeof(*memory));
    if (memory == NULL) {
        return NULL;
    }
    memory->entries = chipset->gtt_entries;
    memory->pte_reserved = PTE_RESERVED | (class->bus_bits > 32 ? 0 : PTE_HIGH_MASK);
    memory->tiling_y = gen3_tiling_y(class->is_945_class);
    memory->swizzle[GEN3_TILED_X] = channels->swizzle_x;
    memory->swizzle[memory->tiling_y] = channels->swizzle_y;
    memory->bus_pages = (uint64_t)1 << (class->bus_bits - PAGE_SHIFT);
    model_memory_enable(memory, !class->has_gtt_enable);
    memory->own_ptes = table == NULL;
    memory->ptes = table != NULL ? table : calloc(memory->entries, sizeof(*memory->ptes));
    memory->hosts = mmap(NULL, BUS_PAGES * sizeof(*memory->hosts), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory->ptes == NULL || memory->hosts == MAP_FAILED ||
        bus_space_init(&memory->space, BUS_FIRST_PAGE, memory->bus_pages - BUS_FIRST_PAGE) != 0) {
        if (memory->hosts != MAP_FAILED) {
            munmap(memory->hosts, BUS_PAGES * sizeof(*memory->hosts));
        }
        free_table(memory);
        free(memory);
        return NULL;
    }
    pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

void model_memory_destroy(struct model_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    pthread_mutex_destroy(&memory->lock);
    bus_space_finish(&memory->space);
    munmap(memory->hosts, BUS_PAGES * sizeof(*memory->hosts));
    free_table(memory);
    free(memory);
}

void model_memory_enable(struct model_memory *memory, bool enable)
{
    atomic_store_explicit(&memory->live_entries, enable ? memory->entries : 0,
                          memory_order_release);
}

uint32_t model_memory_pte(struct model_memory *memory, uint32_t index)
{
    if (index >= memory->entries) {
        return 0;
    }
    return atomic_load_explicit(&memory->ptes[index], memory_order_relaxed);
}

void model_memory_set_pte(struct model_memory *memory, uint32_t index, uint32_t pte)
{
    if (index < memory->entries) {
        atomic_store_explicit(&memory->ptes[index], pte, memory_order_release);
    }
}

/* The bus page behind GTT page 'page', or NO_PAGE. */
static uint32_t page_bus(struct model_memory *memory, uint64_t page)
{
    if (page >= atomic_load_explicit(&memory->live_entries, memory_order_relaxed)) {
        return NO_PAGE;
    }
    uint32_t pte = atomic_load_explicit(&memory->ptes[page], memory_order_acquire);
    if ((pte & (PTE_VALID | memory->pte_reserved)) != PTE_VALID) {
        return NO_PAGE;
    }
    return pte >> PAGE_SHIFT | (pte & PTE_HIGH_MASK) << 16;
}

/* The CPU page behind it, or NULL. */
static uint8_t *page_host(struct model_memory *memory, uint64_t page)
{
    uint32_t bus_page = page_bus(memory, page);

    return bus_page != NO_PAGE
               ? atomic_load_explicit(&memory->hosts[bus_page], memory_order_acquire)
               : NULL;
}

void *model_memory_at(struct model_memory *memory, uint64_t address, uint64_t want, uint64_t *span)
{
    uint64_t page = address >> PAGE_SHIFT;
    uint8_t *host = page_host(memory, page);
    if (host == NULL) {
        *span = 0;
        return NULL;
    }
    uint64_t inside = address & (HW_PAGE_SIZE - 1);
    uint64_t have = HW_PAGE_SIZE - inside;
    uint8_t *next = host + HW_PAGE_SIZE;
    while (have < want && page_host(memory, ++page) == next) {
        have += HW_PAGE_SIZE;
        next += HW_PAGE_SIZE;
    }
    *span = have;
    return host + inside;
}

uint64_t model_memory_missing(struct model_memory *memory, uint64_t address, uint64_t want)
{
    uint64_t entries = atomic_load_explicit(&memory->live_entries, memory_order_relaxed);
    uint64_t page = address >> PAGE_SHIFT;
    uint64_t missing = 0;

    if (page >= entries) {
        /* An address below zero, and so huge: up to zero. */
        uint64_t rest = UINT64_MAX - address;
        return want <= rest ? want : rest + 1;
    }
    while (missing < want && page_host(memory, page) == NULL) {
        missing = ++page >= entries ? want : (page << PAGE_SHIFT) - address;
    }
    return missing < want ? missing : want;
}

uint32_t model_memory_fence(struct model_memory *memory, unsigned index)
{
    return atomic_load_explicit(&memory->fences[index], memory_order_relaxed);
}

void model_memory_set_fence(struct model_memory *memory, unsigned index, uint32_t value)
{
    atomic_store_explicit(&memory->fences[index], value, memory_order_release);
    if (value & FENCE_VALID) {
        atomic_fetch_or(&memory->live_fences, 1u << index);
    } else {
        atomic_fetch_and(&memory->live_fences, ~(1u << index));
    }
}

bool model_fence_decode(const struct model_memory *memory, uint32_t value,
                        struct model_fence *fence)
{
    if (!(value & FENCE_VALID)) {
        return false;
    }
    fence->tiling = value & FENCE_WALK_Y ? memory->tiling_y : GEN3_TILED_X;
    fence->pitch = gen3_tile_width(fence->tiling) << (value >> FENCE_PITCH_SHIFT & 7);
    fence->size = (uint64_t)1 << (20 + (value >> FENCE_SIZE_SHIFT & 7));
    fence->start = value & FENCE_START_MASK;
    return fence->pitch <= FENCE_MAX_PITCH && fence->start % fence->size == 0;
}

/* The fence that covers 'address', the lowest numbered first. */
static bool find_fence(struct model_memory *memory, uint64_t address, struct model_fence *fence)
{
    unsigned live = atomic_load_explicit(&memory->live_fences, memory_order_acquire);
    while (live != 0) {
        unsigned i = (unsigned)__builtin_ctz(live);
        live &= live - 1;
        uint32_t value = atomic_load_explicit(&memory->fences[i], memory_order_acquire);
        if (model_fence_decode(memory, value, fence) && address >= fence->start &&
            address - fence->start < fence->size) {
            return true;
        }
    }
    return false;
}

bool model_memory_swizzles(const struct model_memory *memory, enum gen3_tiling tiling)
{
    return memory->swizzle[tiling] != 0;
}

/*
 * Bit 6 is XORed with some higher ones of the address on the bus (A.9). Those below 12 are the
 * same in the GTT; where there is no page it does not matter.
 */
uint64_t model_memory_tiled_address(struct model_memory *memory, enum gen3_tiling tiling,
                                    uint64_t address, uint64_t *run)
{
    uint32_t bits = memory->swizzle[tiling];
    uint64_t bus = address;

    if (bits == 0) {
        *run = UINT64_MAX;
        return address;
    }
    if (bits >> PAGE_SHIFT != 0) {
        bus &= HW_PAGE_SIZE - 1;
        bus |= (uint64_t)page_bus(memory, address >> PAGE_SHIFT) << PAGE_SHIFT;
    }
    *run = SWIZZLE_UNIT - address % SWIZZLE_UNIT;
    return address ^ (uint64_t)__builtin_parityll(bus & bits) << 6;
}

uint64_t model_memory_fenced_address(struct model_memory *memory, uint64_t address, uint64_t *run)
{
    struct model_fence fence;
    if (!find_fence(memory, address, &fence)) {
        /* The next one begins at a MiB. */
        bool fences = atomic_load_explicit(&memory->live_fences, memory_order_relaxed) != 0;
        *run = fences ? FENCE_UNIT - (address & (FENCE_UNIT - 1)) : UINT64_MAX;
        return address;
    }
    uint64_t offset = address - fence.start;
    /* A fence's pitch is a power of two. */
    uint32_t x = (uint32_t)(offset & (fence.pitch - 1));
    uint32_t y = (uint32_t)(offset >> __builtin_ctz(fence.pitch));
    uint64_t tile_run = gen3_tile_run(fence.tiling, x);
    address = fence.start + gen3_tile_offset(fence.tiling, fence.pitch, x, y);
    address = model_memory_tiled_address(memory, fence.tiling, address, run);
    *run = *run < tile_run ? *run : tile_run;
    return address;
}

void *model_memory_fenced_at(struct model_memory *memory, uint64_t address, uint64_t want,
                             uint64_t *span)
{
    uint64_t run;
    uint64_t behind = model_memory_fenced_address(memory, address, &run);
    void *host = model_memory_at(memory, behind, want < run ? want : run, span);

    *span = *span < run ? *span : run;
    return host;
}

enum model_view model_memory_view(struct model_memory *memory, uint64_t low, uint64_t high,
                                  struct model_fence *fence)
{
    unsigned live = atomic_load_explicit(&memory->live_fences, memory_order_acquire);

    while (live != 0) {
        unsigned i = (unsigned)__builtin_ctz(live);
        live &= live - 1;
        uint32_t value = atomic_load_explicit(&memory->fences[i], memory_order_acquire);
        if (!model_fence_decode(memory, value, fence) || high <= fence->start ||
            low >= fence->start + fence->size) {
            continue;
        }
        bool whole = low >= fence->start && high <= fence->start + fence->size;
        return whole ? MODEL_VIEW_FENCED : MODEL_VIEW_MIXED;
    }
    return MODEL_VIEW_LINEAR;
}

typedef void *(*resolve_fn)(struct model_memory *memory, uint64_t address, uint64_t want,
                            uint64_t *span);

static bool copy_from(struct model_memory *memory, resolve_fn resolve, uint64_t address, void *to,
                      uint64_t size)
{
    uint8_t *out = to;
    while (size > 0) {
        uint64_t span;
        const void *host = resolve(memory, address, size, &span);
        if (host == NULL) {
            return false;
        }
        span = span < size ? span : size;
        memcpy(out, host, span);
        out += span;
        address += span;
        size -= span;
    }
    return true;
}

static bool copy_to(struct model_memory *memory, resolve_fn resolve, uint64_t address,
                    const void *from, uint64_t size)
{
    const uint8_t *in = from;
    while (size > 0) {
        uint64_t span;
        void *host = resolve(memory, address, size, &span);
        if (host == NULL) {
            return false;
        }
        span = span < size ? span : size;
        memcpy(host, in, span);
        in += span;
        address += span;
        size -= span;
    }
    return true;
}

/* As model_memory_at(), for bus addresses. */
static void *physical_at(struct model_memory *memory, uint64_t address, uint64_t want,
                         uint64_t *span)
{
    (void)want;
    uint64_t inside = address & (HW_PAGE_SIZE - 1);
    uint64_t page = address >> PAGE_SHIFT;
    uint8_t *host =
        page < BUS_PAGES ? atomic_load_explicit(&memory->hosts[page], memory_order_acquire) : NULL;
    *span = HW_PAGE_SIZE - inside;
    return host != NULL ? host + inside : NULL;
}

bool model_memory_physical_read(struct model_memory *memory, uint64_t address, void *to,
                                uint64_t size)
{
    return copy_from(memory, physical_at, address, to, size);
}

bool model_memory_read(struct model_memory *memory, uint64_t address, void *to, uint64_t size)
{
    return copy_from(memory, model_memory_at, address, to, size);
}

bool model_memory_write(struct model_memory *memory, uint64_t address, const void *from,
                        uint64_t size)
{
    return copy_to(memory, model_memory_at, address, from, size);
}

bool model_memory_fenced_read(struct model_memory *memory, uint64_t address, void *to,
                              uint64_t size)
{
    return copy_from(memory, model_memory_fenced_at, address, to, size);
}

bool model_memory_fenced_write(struct model_memory *memory, uint64_t address, const void *from,
                               uint64_t size)
{
    return copy_to(memory, model_memory_fenced_at, address, from, size);
}

bool model_memory_store(struct model_memory *memory, uint64_t address, uint32_t value)
{
    uint64_t span;
    uint32_t *host = model_memory_at(memory, address & ~(uint64_t)3, 4, &span);
    if (host == NULL) {
        return false;
    }
    __atomic_store_n(host, value, __ATOMIC_RELEASE);
    return true;
}

void *model_memory_bus_at(struct model_memory *memory, uint64_t bus, uint64_t *span)
{
    uint8_t *host = NULL;

    if (bus >> PAGE_SHIFT < memory->bus_pages) {
        host = atomic_load_explicit(&memory->hosts[bus >> PAGE_SHIFT], memory_order_acquire);
    }
    *span = host != NULL ? HW_PAGE_SIZE - (bus & (HW_PAGE_SIZE - 1)) : 0;
    return host != NULL ? host + (bus & (HW_PAGE_SIZE - 1)) : NULL;
}

bool model_memory_store_bus(struct model_memory *memory, uint64_t bus, uint32_t value)
{
    uint64_t span;
    uint32_t *host = model_memory_bus_at(memory, bus & ~(uint64_t)3, &span);
    if (host == NULL) {
        return false;
    }
    __atomic_store_n(host, value, __ATOMIC_RELEASE);
    return true;
}

void model_memory_note_fault(struct model_memory *memory, uint32_t pgtbl_er, uint64_t address)
{
    if (atomic_load_explicit(&memory->faults, memory_order_relaxed) == 0) {
        atomic_store_explicit(&memory->fault_address, address, memory_order_relaxed);
    }
    atomic_fetch_or_explicit(&memory->faults, pgtbl_er, memory_order_release);
}

uint32_t model_memory_take_faults(struct model_memory *memory, uint64_t *address)
{
    if (atomic_load_explicit(&memory->faults, memory_order_relaxed) == 0) {
        return 0;
    }
    *address = atomic_load_explicit(&memory->fault_address, memory_order_relaxed);
    return atomic_exchange_explicit(&memory->faults, 0, memory_order_acq_rel);
}

/* Maps the pages of a memory file and gives them bus addresses. */
static int bind_file(struct model_memory *memory, int fd, uint64_t offset, size_t size,
                     struct hw_dma *dma)
{
    if (size == 0 || size % HW_PAGE_SIZE != 0 || offset % HW_PAGE_SIZE != 0) {
        return -EINVAL;
    }
    uint8_t *cpu = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    if (cpu == MAP_FAILED) {
        return -errno;
    }
    uint64_t pages = size / HW_PAGE_SIZE;
    pthread_mutex_lock(&memory->lock);
    int64_t first = bus_space_take(&memory->space, pages);
    pthread_mutex_unlock(&memory->lock);
    if (first < 0) {
        munmap(cpu, size);
        return (int)first;
    }
    for (uint64_t i = 0; i < pages; i++) {
        atomic_store_explicit(&memory->hosts[(uint64_t)first + i], cpu + i * HW_PAGE_SIZE,
                              memory_order_release);
    }
    *dma = (struct hw_dma){
        .cpu = cpu,
        .size = size,
        .bus_base = (uint64_t)first << PAGE_SHIFT,
    };
    return 0;
}

int model_dma_alloc(struct model_memory *memory, size_t size, struct hw_dma *dma)
{
    int fd = memfd_create("gemd-model", MFD_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int result = ftruncate(fd, (off_t)size) != 0 ? -errno : bind_file(memory, fd, 0, size, dma);
    close(fd);
    return result;
}

int model_dma_attach(struct model_memory *memory, int fd, uint64_t offset, size_t size,
                     struct hw_dma *dma)
{
    return bind_file(memory, fd, offset, size, dma);
}

int model_dma_discard(struct hw_dma *dma, size_t offset, size_t size)
{
    return madvise((uint8_t *)dma->cpu + offset, size, MADV_REMOVE) == 0 ? 0 : -errno;
}

void model_dma_release(struct model_memory *memory, struct hw_dma *dma)
{
    if (dma->cpu == NULL) {
        return;
    }
    uint64_t first = dma->bus_base >> PAGE_SHIFT;
    uint64_t pages = dma->size / HW_PAGE_SIZE;
    for (uint64_t i = 0; i < pages; i++) {
        atomic_store_explicit(&memory->hosts[first + i], NULL, memory_order_release);
    }
    munmap(dma->cpu, dma->size);
    pthread_mutex_lock(&memory->lock);
    /* Without memory to note them, the bus addresses stay unused: 36 bits can bear it. */
    (void)bus_space_give(&memory->space, first, pages);
    pthread_mutex_unlock(&memory->lock);
    *dma = (struct hw_dma){0};
}

int model_memory_place(struct model_memory *memory, uint64_t bus, uint8_t *cpu, uint64_t size)
{
    uint64_t first = bus >> PAGE_SHIFT;
    uint64_t pages = size >> PAGE_SHIFT;

    if (bus % HW_PAGE_SIZE != 0 || size % HW_PAGE_SIZE != 0) {
        return -EINVAL;
    }
    if (first > memory->bus_pages || pages > memory->bus_pages - first) {
        return -ERANGE;
    }
    for (uint64_t i = 0; i < pages; i++) {
        atomic_store_explicit(&memory->hosts[first + i],
                              cpu != NULL ? cpu + i * HW_PAGE_SIZE : NULL, memory_order_release);
    }
    return 0;
}
