/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/preamble.h"
#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "tests/fuzz/place.h"
#include "tests/fuzz/random.h"

#define DUMMY_PAGE  0x00000000u
#define STATUS_PAGE 0x00001000u
#define PREAMBLE    0x00002000u
#define RING        0x00004000u
#define RING_BYTES  0x00004000u
#define PAGE_SHIFT  12
/* Memory behind the GTT, over and over: only addresses matter, and it has to stay in caches. */
#define POOL_BYTES (4u << 20)
#define WRITES     4096u
/* Reports of one batch. More than that, and it runs in circles. */
#define ACCESSES_MAX (1u << 24)

struct range {
    uint64_t address, size;
};

struct rig {
    struct hw_device *dev;
    struct hw_dma own;  /* the daemon's pages, up to PLACE_CLIENTS */
    struct hw_dma pool; /* everybody else's */
    uint8_t *pristine;  /* what is in the pool before a batch */
    uint32_t *ring;
    uint32_t tail;
    uint32_t status_place;
    unsigned fences;
    model_watch_fn touched;
    void *user;
    struct range writes[WRITES]; /* of this batch, to be undone */
    size_t write_count;
    uint32_t accesses;
    bool stopped;
    uint32_t stopped_at;
    char said[256];
};

static void keep_line(void *data, const char *line)
{
    struct rig *rig = data;

    snprintf(rig->said, sizeof(rig->said), "%s", line);
}

static uint64_t stand_still(void *data)
{
    (void)data;
    return 1;
}

/* Mostly what makes good vertices: places in and around small targets, colours, a few traps. */
static uint32_t nonsense(struct rng *rng)
{
    static const uint32_t traps[] = {0,          0x3f800000, 0x3f000000, 0x7fc00000,
                                     0x7f800000, 0xff800000, 0x7149f2ca, 0xffffffff};
    const float place = (float)rng_below(rng, 1024) / 16.0f - 4.0f;
    uint32_t word;

    switch (rng_below(rng, 8)) {
    case 0:
        return RNG_PICK(rng, traps);
    case 1:
        return rng_next(rng);
    default:
        memcpy(&word, &place, sizeof(word));
        return word;
    }
}

static void fill(struct rig *rig)
{
    struct rng rng = {1};
    uint32_t *words = (uint32_t *)(void *)rig->pristine;

    for (size_t i = 0; i < POOL_BYTES / 4; i++) {
        words[i] = nonsense(&rng);
    }
}

static uint32_t pte_of(uint64_t bus)
{
    return (uint32_t)(bus & PTE_ADDRESS_MASK) | (uint32_t)(bus >> PTE_HIGH_SHIFT & PTE_HIGH_MASK) |
           PTE_VALID;
}

static void bind_all(struct rig *rig)
{
    for (uint32_t i = 0; i < rig->dev->identity.gtt_entries; i++) {
        const uint64_t address = (uint64_t)i << PAGE_SHIFT;
        const bool own = address < PLACE_CLIENTS;

        hw_gtt_write(rig->dev, i,
                     pte_of(hw_dma_bus_address(rig->dev, own ? &rig->own : &rig->pool,
                                               own ? address : address % POOL_BYTES)));
    }
}

static uint32_t *own_words(const struct rig *rig, uint32_t address)
{
    return (uint32_t *)(void *)((uint8_t *)rig->own.cpu + address);
}

static void start(struct rig *rig)
{
    struct hw_device *dev = rig->dev;

    if (dev->identity.has_gtt_enable) {
        hw_write(dev, PGTBL_CTL, hw_read(dev, PGTBL_CTL) | PGTBL_CTL_ENABLE);
    }
    for (unsigned i = 0; i < dev->identity.fence_count; i++) {
        hw_write(dev, FENCE(i), 0);
    }
    rig->fences = 0;
    rig->tail = 0;
    hw_write(dev, HWS_PGA, rig->status_place);
    hw_write(dev, PRB0_CTL, 0);
    hw_write(dev, PRB0_HEAD, 0);
    hw_write(dev, PRB0_TAIL, 0);
    hw_write(dev, PRB0_START, RING);
    hw_write(dev, PRB0_CTL, (RING_BYTES - HW_PAGE_SIZE) | RING_VALID);
    model_wait_idle(dev);
}

static void reset(struct rig *rig)
{
    hw_config_write(rig->dev, CONFIG_GDRST, 1, GDRST_ENABLE);
    model_wait_idle(rig->dev);
    hw_config_write(rig->dev, CONFIG_GDRST, 1, 0);
    model_wait_idle(rig->dev);
    start(rig);
}

static bool is_stream(const struct model_watch_access *access)
{
    const uint64_t at = access->command;

    return !(at >= RING && at < RING + RING_BYTES) &&
           !(at >= PREAMBLE && at < PREAMBLE + HW_PAGE_SIZE);
}

static void undo_writes(struct rig *rig)
{
    for (size_t i = 0; i < rig->write_count; i++) {
        uint64_t at = rig->writes[i].address, left = rig->writes[i].size;

        while (left > 0) {
            const uint64_t inside = at % POOL_BYTES;
            const uint64_t n = left < POOL_BYTES - inside ? left : POOL_BYTES - inside;

            memcpy((uint8_t *)rig->pool.cpu + inside, rig->pristine + inside, n);
            at += n;
            left -= n;
        }
    }
    rig->write_count = 0;
}

/* Wherever the streamer is, it meets a command that stops it. */
static void end_it(struct rig *rig)
{
    memset(own_words(rig, PREAMBLE), 0xff, PLACE_CLIENTS - PREAMBLE);
    memset(rig->pool.cpu, 0xff, POOL_BYTES);
}

static void begin_again(struct rig *rig)
{
    memset(own_words(rig, PREAMBLE), 0, PLACE_CLIENTS - PREAMBLE);
    memcpy(rig->pool.cpu, rig->pristine, POOL_BYTES);
    preamble_write(own_words(rig, PREAMBLE), DUMMY_PAGE);
}

static void on_access(void *user, const struct model_watch_access *access)
{
    struct rig *rig = user;

    if (++rig->accesses == ACCESSES_MAX) {
        end_it(rig);
    }
    if (access->write && !access->physical && access->address >= PLACE_CLIENTS) {
        if (rig->write_count == WRITES) { /* all of it, once */
            rig->writes[0] = (struct range){0, POOL_BYTES};
            rig->write_count = 1;
        }
        rig->writes[rig->write_count++] = (struct range){access->address, access->size};
    }
    if (is_stream(access)) {
        rig->touched(rig->user, access);
    }
}

struct rig *rig_create(const char *chipset)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    const struct model_options options = {.chipset = chipset,
                                          .threads = 1,
                                          .log = keep_line,
                                          .log_data = rig,
                                          .clock = stand_still,
                                          .lent_thread = true};

    if (rig == NULL) {
        return NULL;
    }
    rig->dev = model_create(&options);
    rig->pristine = malloc(POOL_BYTES);
    if (rig->dev == NULL || rig->pristine == NULL ||
        hw_dma_alloc(rig->dev, PLACE_CLIENTS, &rig->own) != 0 ||
        hw_dma_alloc(rig->dev, POOL_BYTES, &rig->pool) != 0 ||
        model_set_watch(rig->dev, on_access, rig) != 0) {
        rig_destroy(rig);
        return NULL;
    }
    fill(rig);
    bind_all(rig);
    begin_again(rig);
    rig->ring = own_words(rig, RING);
    rig->status_place = rig->dev->identity.needs_physical
                            ? (uint32_t)hw_dma_bus_address(rig->dev, &rig->own, STATUS_PAGE)
                            : STATUS_PAGE;
    start(rig);
    return rig;
}

void rig_destroy(struct rig *rig)
{
    if (rig == NULL) {
        return;
    }
    if (rig->dev != NULL) {
        hw_write(rig->dev, PRB0_CTL, 0);
        for (uint32_t i = 0; i < rig->dev->identity.gtt_entries; i++) {
            hw_gtt_write(rig->dev, i, 0);
        }
        hw_dma_release(rig->dev, &rig->own);
        hw_dma_release(rig->dev, &rig->pool);
        hw_device_destroy(rig->dev);
    }
    free(rig->pristine);
    free(rig);
}

bool rig_fence(struct rig *rig, uint32_t address, uint64_t size, enum gen3_tiling tiling,
               uint32_t pitch)
{
    const bool wide = tiling == GEN3_TILED_Y && rig->dev->identity.fence_count == 8;
    const uint32_t tile = wide ? 512 : gen3_tile_width(tiling);
    const uint64_t bytes = place_fence_bytes(size);
    const uint32_t size_code = (uint32_t)__builtin_ctzll(bytes / PLACE_FENCE_UNIT);
    uint32_t pitch_code = 0;

    while (pitch_code < 7 && tile << pitch_code < pitch) {
        pitch_code++;
    }
    if (tiling == GEN3_LINEAR || rig->fences == rig->dev->identity.fence_count || bytes < size ||
        tile << pitch_code != pitch || pitch > 8192 ||
        (address & ~(uint32_t)FENCE_START_MASK) != 0 || address % bytes != 0) {
        return false;
    }
    hw_write(rig->dev, FENCE(rig->fences++),
             address | (tiling == GEN3_TILED_Y ? FENCE_WALK_Y : 0) | size_code << FENCE_SIZE_SHIFT |
                 pitch_code << FENCE_PITCH_SHIFT | FENCE_VALID);
    return true;
}

static void put(struct rig *rig, uint32_t word)
{
    rig->ring[rig->tail / 4] = word;
    rig->tail = (rig->tail + 4) % RING_BYTES;
}

/* As gpu_emit() does it. */
static void submit(struct rig *rig)
{
    while (rig->tail % 32 != 0) {
        put(rig, MI_NOOP);
    }
    put(rig, MI_BATCH_BUFFER_START | MI_BATCH_GTT);
    put(rig, PREAMBLE);
    put(rig, MI_BATCH_BUFFER_START | MI_BATCH_GTT);
    put(rig, RIG_BATCH | MI_BATCH_NON_SECURE);
    put(rig, MI_FLUSH | MI_FLUSH_MAP_CACHE);
    put(rig, MI_NOOP);
    hw_write(rig->dev, PRB0_TAIL, rig->tail);
    model_wait_idle(rig->dev);
}

bool rig_run(struct rig *rig, const uint32_t *words, size_t count, model_watch_fn touched,
             void *user)
{
    const size_t bytes = count * sizeof(*words);

    rig->touched = touched;
    rig->user = user;
    rig->said[0] = '\0';
    rig->accesses = 0;
    /* Behind the batch there are words that stop the streamer, should it get there. */
    memcpy(own_words(rig, RIG_BATCH), words, bytes);
    memset(own_words(rig, RIG_BATCH) + count, 0xff, 64);
    submit(rig);
    const uint32_t errors = hw_read(rig->dev, ESR);
    rig->stopped = (errors & ERROR_INSTRUCTION) != 0;
    rig->stopped_at = hw_read(rig->dev, ACTHD);
    const bool unfinished = (hw_read(rig->dev, PRB0_HEAD) & RING_HEAD_MASK) != rig->tail;
    rig->stopped = rig->stopped || unfinished;
    undo_writes(rig);
    if (rig->accesses >= ACCESSES_MAX) {
        begin_again(rig);
    }
    if (errors != 0 || unfinished) {
        reset(rig);
        return false;
    }
    for (; rig->fences > 0; rig->fences--) {
        hw_write(rig->dev, FENCE(rig->fences - 1), 0);
    }
    return true;
}

const char *rig_said(const struct rig *rig)
{
    return rig->said;
}

bool rig_stopped_at(const struct rig *rig, uint32_t *address)
{
    *address = rig->stopped_at;
    return rig->stopped;
}
