/* SPDX-License-Identifier: MIT */
#include "hw/pci/flush.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/device.h"
#include "hw/pci/map.h"

#define LINE_BYTES  64u
#define ENABLE      1u
#define PAGE_MASK   0xfffff000u
#define IOMEM_BYTES (256u << 10)
#define BUS_END     (UINT64_C(1) << 32)

/* ---- the processor's ---- */

#if defined(__x86_64__) || defined(__SSE2__)
static void order(void)
{
    __builtin_ia32_mfence();
}

void pci_flush_lines(const void *memory, size_t size)
{
    const char *end = (const char *)memory + size;
    const char *line = (const char *)((uintptr_t)memory & ~(uintptr_t)(LINE_BYTES - 1));
    order();
    for (; line < end; line += LINE_BYTES) {
        __builtin_ia32_clflush(line);
    }
    order();
}
#else
/* The chips were never built into anything else; what is compiled here is for tests. */
static void order(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void pci_flush_lines(const void *memory, size_t size)
{
    order();
}
#endif

/* ---- the chipset's ---- */

struct span {
    uint64_t first, end;
};

/* "  fed00000-fed003ff : name": how deep it is, -1 for no such line. */
static int parse_line(const char *line, struct span *span, const char **name)
{
    int depth = (int)strspn(line, " ") / 2;
    char *rest = NULL;
    span->first = strtoull(line + depth * 2, &rest, 16);
    if (*rest != '-') {
        return -1;
    }
    span->end = strtoull(rest + 1, &rest, 16) + 1;
    *name = strstr(rest, " : ");
    if (*name == NULL) {
        return -1;
    }
    *name += 3;
    return depth;
}

static void consider(uint64_t first, uint64_t end, struct span *best)
{
    first = (first + HW_PAGE_SIZE - 1) / HW_PAGE_SIZE * HW_PAGE_SIZE;
    end = (end < BUS_END ? end : BUS_END) / HW_PAGE_SIZE * HW_PAGE_SIZE;
    if (first < end && end - first > best->end - best->first) {
        *best = (struct span){first, end};
    }
}

/* Lines are sorted, and what lies within another follows it one step deeper. */
uint64_t pci_flush_find_hole(char *iomem)
{
    struct span best = {0}, bus = {0}, span;
    uint64_t free_from = 0;
    char *line;
    while ((line = strsep(&iomem, "\n")) != NULL) {
        const char *name;
        int depth = parse_line(line, &span, &name);
        if (depth == 0) {
            consider(free_from, bus.end, &best);
            bool is_pci = strncmp(name, "PCI Bus", 7) == 0;
            bus = is_pci ? span : (struct span){0};
            free_from = bus.first;
        } else if (depth == 1 && bus.end > 0) {
            consider(free_from, span.first, &best);
            free_from = span.end > free_from ? span.end : free_from;
        }
    }
    consider(free_from, bus.end, &best);
    return best.end > 0 ? best.end - HW_PAGE_SIZE : 0;
}

static uint64_t find_hole_in(const char *path)
{
    uint64_t hole = 0;
    char *text = malloc(IOMEM_BYTES);
    FILE *file = fopen(path, "re");
    if (text != NULL && file != NULL) {
        text[fread(text, 1, IOMEM_BYTES - 1, file)] = '\0';
        hole = pci_flush_find_hole(text);
    }
    if (file != NULL) {
        fclose(file);
    }
    free(text);
    return hole;
}

static void place(struct pci_flush *flush, uint32_t value, bool wide)
{
    if (wide) {
        (void)pci_config_write(flush->bridge, flush->offset + 4, 4, 0);
    }
    (void)pci_config_write(flush->bridge, flush->offset, 4, value);
}

static uint64_t placed(const struct pci_flush *flush, bool wide)
{
    uint64_t low = pci_config_read(flush->bridge, flush->offset, 4);
    uint64_t high = wide ? pci_config_read(flush->bridge, flush->offset + 4, 4) : 0;
    return (low & ENABLE) != 0 && low != UINT32_MAX ? (high & 0xfu) << 32 | (low & PAGE_MASK) : 0;
}

static void *map_page(const struct pci_system *system, uint64_t address)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/mem", system->dev);
    int fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    void *page = mmap(NULL, HW_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)address);
    close(fd);
    return page != MAP_FAILED ? page : NULL;
}

bool pci_flush_open(struct pci_flush *flush, const struct pci_system *system, int bridge,
                    uint32_t offset, bool wide)
{
    *flush = (struct pci_flush){.bridge = bridge, .offset = offset};
    if (bridge < 0) {
        return false;
    }
    uint64_t address = placed(flush, wide);
    if (address == 0) {
        address = find_hole_in(system->iomem);
        if (address == 0) {
            return false;
        }
        place(flush, (uint32_t)address | ENABLE, wide);
        flush->was_placed = true;
        if (placed(flush, wide) != address) {
            pci_flush_close(flush);
            return false;
        }
    }
    flush->page = map_page(system, address);
    if (flush->page == NULL) {
        pci_flush_close(flush);
    }
    return flush->page != NULL;
}

void pci_flush_close(struct pci_flush *flush)
{
    if (flush->page != NULL) {
        munmap((void *)flush->page, HW_PAGE_SIZE);
        flush->page = NULL;
    }
    if (flush->was_placed) {
        place(flush, 0, false);
        flush->was_placed = false;
    }
}

void pci_flush_chipset(struct pci_flush *flush)
{
    order();
    if (flush->page != NULL) {
        *flush->page = 1;
        order();
    }
}
