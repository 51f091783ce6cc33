/* SPDX-License-Identifier: MIT */
#include "gemd/gtt.h"

#include <errno.h>
#include <stdlib.h>

#include "hw/gen3/regs.h"

static uint32_t pte_for(uint64_t bus, enum gtt_cache cache)
{
    uint32_t high = (uint32_t)(bus >> PTE_HIGH_SHIFT) & PTE_HIGH_MASK;
    uint32_t type = cache == GTT_SNOOPED ? PTE_CACHED : 0;
    return ((uint32_t)bus & PTE_ADDRESS_MASK) | high | type | PTE_VALID;
}

static void write_pte(struct gtt *gtt, uint32_t page, uint32_t pte)
{
    hw_gtt_write(gtt->dev, page, pte);
    if (gtt->kept != NULL) {
        gtt->kept[page] = pte;
    }
    gtt->last_written = page;
    gtt->dirty = true;
}

int gtt_init(struct gtt *gtt, struct hw_device *dev)
{
    *gtt = (struct gtt){.dev = dev};
    list_init(&gtt->idle);
    list_init(&gtt->owners);
    gtt_fences_init(&gtt->fences, dev);
    int error = hw_dma_alloc(dev, HW_PAGE_SIZE, &gtt->scratch);
    if (error != 0) {
        return error;
    }
    uint32_t entries = dev->identity.gtt_entries;
    error = gtt_space_init(&gtt->space, entries < GTT_PAGES_MAX ? entries : GTT_PAGES_MAX);
    if (error != 0) {
        hw_dma_release(dev, &gtt->scratch);
        return error;
    }
    gtt->scratch_pte = pte_for(hw_dma_bus_address(dev, &gtt->scratch, 0), GTT_UNCACHED);
    for (uint32_t page = 0; page < entries; page++) {
        write_pte(gtt, page, gtt->scratch_pte);
    }
    gtt_flush(gtt);
    return 0;
}

void gtt_finish(struct gtt *gtt)
{
    if (gtt->space.spans == NULL) {
        return;
    }
    for (uint32_t page = 0; page < gtt->dev->identity.gtt_entries; page++) {
        write_pte(gtt, page, 0);
    }
    gtt_flush(gtt);
    free(gtt->kept);
    gtt->kept = NULL;
    hw_dma_release(gtt->dev, &gtt->scratch);
    gtt_space_finish(&gtt->space);
}

int gtt_enable(struct gtt *gtt)
{
    struct hw_device *dev = gtt->dev;
    if (!dev->identity.has_gtt_enable) {
        return 0;
    }
    /* The order, and the look whether it took, are those of A.5. */
    hw_write(dev, GFX_FLSH_CNTL, 0);
    hw_write(dev, PGTBL_CTL, hw_read(dev, PGTBL_CTL) | PGTBL_CTL_ENABLE);
    if ((hw_read(dev, PGTBL_CTL) & PGTBL_CTL_ENABLE) == 0) {
        return -EIO;
    }
    hw_write(dev, GFX_FLSH_CNTL, 0);
    return 0;
}

int gtt_suspend(struct gtt *gtt)
{
    const uint32_t entries = gtt->dev->identity.gtt_entries;
    gtt->kept = malloc(entries * sizeof(*gtt->kept));
    if (gtt->kept == NULL) {
        return -ENOMEM;
    }
    for (uint32_t page = 0; page < entries; page++) {
        gtt->kept[page] = hw_gtt_read(gtt->dev, page);
    }
    gtt->kept_control = hw_read(gtt->dev, PGTBL_CTL);
    return 0;
}

void gtt_resume(struct gtt *gtt)
{
    uint32_t *kept = gtt->kept;
    gtt->kept = NULL;
    hw_write(gtt->dev, PGTBL_CTL, gtt->kept_control); /* where the table is, in the 915 class */
    for (uint32_t page = 0; page < gtt->dev->identity.gtt_entries; page++) {
        write_pte(gtt, page, kept[page]);
    }
    gtt_flush(gtt);
    free(kept);
}

void gtt_node_init(struct gtt_node *node, const struct hw_dma *dma, uint64_t offset, uint64_t size,
                   bool client)
{
    uint32_t pages = (uint32_t)(size / HW_PAGE_SIZE);
    *node = (struct gtt_node){
        .dma = dma,
        .offset = offset,
        .pages = pages,
        .span = pages,
        .align = 1,
        .fence = GTT_FENCE_NONE,
        .client = client,
    };
    list_init(&node->idle);
    list_init(&node->owner_idle);
}

void gtt_node_tile(struct gtt_node *node, uint32_t span, uint32_t fence_bits)
{
    node->span = span;
    node->align = span;
    node->fence_bits = fence_bits;
}

void gtt_owner_init(struct gtt_owner *owner, struct gtt_owner *group)
{
    *owner = (struct gtt_owner){.group = group};
    list_init(&owner->idle);
    list_init(&owner->link);
}

bool gtt_owner_is_greedy(const struct gtt_owner *owner)
{
    return (owner->soft != NULL && owner->pages > *owner->soft) ||
           (owner->group_soft != NULL && owner->group->pages > *owner->group_soft);
}

/* Adds to what the node's owners have; 'pages' may be negative. */
static void count_pages(struct gtt_node *node, int64_t pages)
{
    struct gtt_owner *owner = node->owner;
    if (owner != NULL) {
        owner->pages += (uint64_t)pages;
        if (owner->group != NULL) {
            owner->group->pages += (uint64_t)pages;
        }
    }
}

static void enter_idle(struct gtt *gtt, struct gtt_node *node)
{
    list_append(&gtt->idle, &node->idle);
    if (node->owner != NULL) {
        list_append(&node->owner->idle, &node->owner_idle);
        list_remove(&node->owner->link);
        list_append(&gtt->owners, &node->owner->link);
    }
}

static void leave_idle(struct gtt_node *node)
{
    list_remove(&node->idle);
    list_remove(&node->owner_idle);
    if (node->owner != NULL && list_empty(&node->owner->idle)) {
        list_remove(&node->owner->link);
    }
}

static uint32_t *counter_of(struct gtt *gtt, const struct gtt_node *node)
{
    return node->client ? &gtt->client_pages : &gtt->daemon_pages;
}

static void write_entries(struct gtt *gtt, const struct gtt_node *node, uint32_t first)
{
    for (uint32_t i = 0; i < node->pages; i++) {
        uint64_t bus = hw_dma_bus_address(gtt->dev, node->dma,
                                          (size_t)(node->offset + (uint64_t)i * HW_PAGE_SIZE));
        write_pte(gtt, first + i, pte_for(bus, node->cache));
    }
}

static void bind_at(struct gtt *gtt, struct gtt_node *node, uint32_t first)
{
    write_entries(gtt, node, first);
    node->first = first;
    node->bound = true;
    gtt->binds++;
    *counter_of(gtt, node) += node->span;
    count_pages(node, node->span);
}

/* The idle node that goes first: of an owner with more than it should have, else the oldest. */
static struct gtt_node *choose_victim(struct gtt *gtt)
{
    list_for_each(owner, &gtt->owners, struct gtt_owner, link)
    {
        if (gtt_owner_is_greedy(owner)) {
            return list_first(&owner->idle, struct gtt_node, owner_idle);
        }
    }
    return list_first(&gtt->idle, struct gtt_node, idle);
}

static int bind(struct gtt *gtt, struct gtt_node *node, uint32_t align)
{
    align = align > node->align ? align : node->align;
    for (;;) {
        uint32_t first = gtt_space_take(&gtt->space, node->span, align);
        if (first != GTT_SPACE_NONE) {
            bind_at(gtt, node, first);
            return 0;
        }
        struct gtt_node *victim = choose_victim(gtt);
        if (victim == NULL) {
            return -ENOSPC;
        }
        gtt_unbind(gtt, victim);
        gtt->evictions++;
    }
}

int gtt_pin(struct gtt *gtt, struct gtt_node *node, uint32_t align)
{
    if (!node->bound) {
        int error = bind(gtt, node, align);
        if (error != 0) {
            return error;
        }
    }
    leave_idle(node);
    node->pins++;
    return 0;
}

void gtt_unpin(struct gtt *gtt, struct gtt_node *node)
{
    node->pins--;
    if (node->pins == 0) {
        enter_idle(gtt, node);
    }
}

void gtt_uncache(struct gtt *gtt, struct gtt_node *node)
{
    if (node->cache == GTT_SNOOPED) {
        node->cache = GTT_UNCACHED;
        if (node->bound) {
            write_entries(gtt, node, node->first);
        }
    }
    hw_memory_flush(gtt->dev, node->dma, (size_t)node->offset, (size_t)node->pages * HW_PAGE_SIZE);
}

void gtt_unbind(struct gtt *gtt, struct gtt_node *node)
{
    if (!node->bound) {
        return;
    }
    gtt_fence_drop(&gtt->fences, node);
    for (uint32_t i = 0; i < node->pages; i++) {
        write_pte(gtt, node->first + i, gtt->scratch_pte);
    }
    gtt_space_give(&gtt->space, node->first);
    leave_idle(node);
    node->bound = false;
    *counter_of(gtt, node) -= node->span;
    count_pages(node, -(int64_t)node->span);
}

bool gtt_evict_of(struct gtt *gtt, struct gtt_owner *owner)
{
    struct gtt_node *victim = list_first(&owner->idle, struct gtt_node, owner_idle);
    if (victim == NULL) {
        return false;
    }
    gtt_unbind(gtt, victim);
    gtt->evictions++;
    return true;
}

void gtt_evict_idle(struct gtt *gtt)
{
    list_for_each(node, &gtt->idle, struct gtt_node, idle)
    {
        gtt_unbind(gtt, node);
        gtt->evictions++;
    }
}

void gtt_flush(struct gtt *gtt)
{
    if (!gtt->dirty) {
        return;
    }
    /* The read forces the writes out of the CPU; the register then empties the GPU's TLB (A.5). */
    (void)hw_gtt_read(gtt->dev, gtt->last_written);
    hw_write(gtt->dev, GFX_FLSH_CNTL, 0);
    gtt->dirty = false;
}

uint32_t gtt_client_capacity(const struct gtt *gtt)
{
    return gtt->space.pages - gtt->daemon_pages;
}
