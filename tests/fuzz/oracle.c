/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/chip.h"
#include "tests/fuzz/place.h"
#include "tests/fuzz/rig.h"

#define CHIPS 16u

struct oracle {
    struct rig *rigs[CHIPS]; /* by place in the table of chips */
    uint64_t pixels;
    /* While a batch runs. */
    const struct fuzz_case *running;
    struct oracle_report *report;
};

struct oracle *oracle_create(void)
{
    struct oracle *oracle = calloc(1, sizeof(*oracle));

    if (oracle != NULL) {
        oracle->pixels = ORACLE_PIXELS;
    }
    return oracle;
}

void oracle_set_pixels(struct oracle *oracle, uint64_t pixels)
{
    oracle->pixels = pixels;
}

void oracle_destroy(struct oracle *oracle)
{
    for (size_t i = 0; oracle != NULL && i < CHIPS; i++) {
        rig_destroy(oracle->rigs[i]);
    }
    free(oracle);
}

static struct rig *rig_for(struct oracle *oracle, uint16_t pci_device)
{
    size_t count;
    const struct gen3_chip *chips = gen3_chips(&count);

    for (size_t i = 0; i < count && i < CHIPS; i++) {
        if (chips[i].pci_device == pci_device) {
            if (oracle->rigs[i] == NULL) {
                oracle->rigs[i] = rig_create(chips[i].name);
            }
            return oracle->rigs[i];
        }
    }
    return NULL;
}

/* ---- how much ---- */

/* Shapes of a primitive, at most. */
static uint64_t shapes(const struct case_command *command, uint32_t header)
{
    uint64_t count =
        command->command->id == GEN3_3DPRIMITIVE ? command->length / 2 : header & 0xffff;
    uint32_t type = header >> 18 & 31;

    return type == 0 || type == 7 ? count / 3 + 1 : type == 10 ? 1 : count;
}

static uint64_t corner_pixels(uint32_t from, uint32_t to)
{
    const int64_t width = (int64_t)(int16_t)to - (int16_t)from;
    const int64_t height = (int64_t)((int32_t)to >> 16) - ((int32_t)from >> 16);

    return width > 0 && height > 0 ? (uint64_t)(width * height) : 0;
}

/* Where a blit says its size; one dword is height and width in bytes, two are corners. */
static uint64_t blit_pixels(const struct case_command *command, const uint32_t *dw)
{
    switch (command->command->id) {
    case GEN3_XY_SETUP_BLT:
    case GEN3_XY_SETUP_CLIP_BLT:
    case GEN3_XY_SETUP_MONO_PATTERN_SL_BLT:
        return 0; /* clips, and nothing is drawn */
    case GEN3_XY_PIXEL_BLT:
        return 1;
    case GEN3_XY_SCANLINES_BLT:
    case GEN3_XY_TEXT_BLT:
    case GEN3_XY_TEXT_IMMEDIATE_BLT:
        return corner_pixels(dw[1], dw[2]);
    case GEN3_COLOR_BLT:
    case GEN3_SRC_COPY_BLT:
        return (uint64_t)(dw[2] & 0xffff) * (dw[2] >> 16);
    default:
        return corner_pixels(dw[2], dw[3]);
    }
}

uint64_t oracle_pixels(const struct fuzz_case *c)
{
    uint64_t pixels = 0, area = 1;

    for (uint32_t at = 0; at < c->word_count;) {
        const struct case_command command = case_command_at(c, at);
        const uint32_t *dw = &c->words[at];

        at += command.length;
        if (command.command == NULL) {
            continue;
        }
        switch (command.command->id) {
        case GEN3_MI_BATCH_BUFFER_END:
            return pixels;
        case GEN3_3DSTATE_DRAW_RECT:
            area = ((uint64_t)(dw[3] & 0xffff) + 1) * ((uint64_t)(dw[3] >> 16) + 1);
            break;
        case GEN3_3DPRIMITIVE:
        case GEN3_3DPRIMITIVE_SEQUENTIAL:
        case GEN3_3DPRIMITIVE_ELEMENTS:
            pixels += shapes(&command, dw[0]) * area;
            break;
        default:
            /* one that is cut short is refused */
            pixels += dw[0] >> 29 == 2 && command.length >= command.command->length
                          ? blit_pixels(&command, dw)
                          : 0;
            break;
        }
    }
    return pixels;
}

/* ---- what is touched ---- */

__attribute__((format(printf, 4, 5))) static void
fail(struct oracle *oracle, enum oracle_result result, uint64_t command, const char *format, ...)
{
    struct oracle_report *report = oracle->report;
    va_list arguments;

    if (report->result == ORACLE_OUTSIDE) {
        return; /* the first tells most */
    }
    report->result = result;
    report->dword = (uint32_t)((command - RIG_BATCH) / 4);
    report->header =
        report->dword < oracle->running->word_count ? oracle->running->words[report->dword] : 0;
    const struct gen3_command *row = gen3_command_find(report->header);
    report->command = row != NULL ? row->name : "?";
    va_start(arguments, format);
    vsnprintf(report->text, sizeof(report->text), format, arguments);
    va_end(arguments);
}

/* The buffer whose place in the GTT the access is in or behind, for people. */
static const struct validator_buffer *nearest(const struct fuzz_case *c, uint64_t address)
{
    const struct validator_buffer *best = NULL;

    for (uint32_t i = 0; i < c->buffer_count; i++) {
        const struct validator_buffer *b = &c->buffers[i];

        if (b->gtt_address <= address && (best == NULL || b->gtt_address > best->gtt_address)) {
            best = b;
        }
    }
    return best;
}

static void fail_access(struct oracle *oracle, const struct model_watch_access *access,
                        const char *why)
{
    static const char *const engines[MODEL_WATCH_ENGINES] = {"streamer", "blitter", "vertices",
                                                             "textures", "colour",  "depth"};
    const struct validator_buffer *b = nearest(oracle->running, access->address);

    fail(oracle, ORACLE_OUTSIDE, access->command,
         "%s %s 0x%08" PRIx64 " to 0x%08" PRIx64 "%s: %s (buffer %d: 0x%08x, %" PRIu64
         " bytes, used %u)",
         engines[access->engine], access->write ? "write" : "read", access->address,
         access->address + access->size, access->physical ? " of the bus" : "", why,
         b != NULL ? (int)(b - oracle->running->buffers) : -1, b != NULL ? b->gtt_address : 0,
         b != NULL ? b->size : 0, b != NULL ? b->used : 0);
}

static bool is_inside(const struct model_watch_access *access, uint64_t start, uint64_t size)
{
    return access->address >= start && access->address - start <= size &&
           access->size <= size - (access->address - start);
}

static void check_fetch(struct oracle *oracle, const struct model_watch_access *access)
{
    const uint64_t size = (uint64_t)oracle->running->word_count * 4;

    if (access->write || access->physical) {
        fail_access(oracle, access, "by the command streamer");
    } else if (!is_inside(access, RIG_BATCH, size)) {
        fail_access(oracle, access, "no part of the stream");
    }
}

static void on_access(void *user, const struct model_watch_access *access)
{
    struct oracle *oracle = user;
    const struct fuzz_case *c = oracle->running;
    const uint32_t need = access->write ? VALIDATOR_WRITE : VALIDATOR_READ;

    if (access->engine == MODEL_WATCH_STREAMER) {
        check_fetch(oracle, access);
        return;
    }
    for (uint32_t i = 0; i < c->buffer_count && !access->physical; i++) {
        const struct validator_buffer *b = &c->buffers[i];

        if (!is_inside(access, b->gtt_address, b->size)) {
            continue;
        }
        if ((b->used & need) == 0) {
            fail_access(oracle, access, "not reported by the validator");
        } else if (access->write && (b->rights & VALIDATOR_WRITE) == 0) {
            fail_access(oracle, access, "the session may not write there");
        }
        return;
    }
    fail_access(oracle, access, "in no buffer of the job");
}

/* A fence is the buffer's alone, with all that it covers. */
static void set_fences(struct rig *rig, const struct fuzz_case *c)
{
    for (uint32_t i = 0; i < c->buffer_count; i++) {
        const struct validator_buffer *b = &c->buffers[i];
        const uint64_t end = b->gtt_address + place_fence_bytes(b->size);
        bool alone = b->tiling != GEN3_LINEAR && end <= place_gtt_bytes(c->pci_device);

        for (uint32_t n = 0; n < c->buffer_count && alone; n++) {
            const struct validator_buffer *other = &c->buffers[n];

            alone = n == i || other->gtt_address >= end ||
                    other->gtt_address + other->size <= b->gtt_address;
        }
        if (alone) {
            (void)rig_fence(rig, b->gtt_address, b->size, b->tiling, b->pitch);
        }
    }
}

enum oracle_result oracle_run(struct oracle *oracle, const struct fuzz_case *c,
                              struct oracle_report *report)
{
    struct rig *rig = rig_for(oracle, c->pci_device);
    uint32_t address = 0;

    report->result = ORACLE_CLEAN;
    if (rig == NULL) {
        abort(); /* no memory for a model: nothing that is reported would be true */
    }
    oracle->running = c;
    oracle->report = report;
    set_fences(rig, c);
    if (!rig_run(rig, c->words, c->word_count, on_access, oracle)) {
        const bool stopped = rig_stopped_at(rig, &address);

        /* All pages of the GTT are there: a page that is missed is far away. */
        fail(oracle, stopped ? ORACLE_STUCK : ORACLE_OUTSIDE, address, "%s", rig_said(rig));
    }
    return report->result;
}

enum oracle_result oracle_judge(struct oracle *oracle, struct fuzz_case *c,
                                struct oracle_report *report)
{
    struct validator_job job;

    report->result = ORACLE_REFUSED;
    report->verdict = (struct validator_verdict){.command = "?"};
    if (!place_buffers(c)) {
        return ORACLE_REFUSED;
    }
    for (uint32_t i = 0; i < c->buffer_count; i++) {
        c->buffers[i].used = 0;
    }
    job = case_job(c);
    if (validator_check(&job, &report->verdict) != 0) {
        return ORACLE_REFUSED;
    }
    if (oracle_pixels(c) > oracle->pixels) {
        return report->result = ORACLE_LARGE;
    }
    return oracle_run(oracle, c, report);
}

const char *oracle_result_name(enum oracle_result result)
{
    static const char *const names[ORACLE_RESULTS] = {
        [ORACLE_REFUSED] = "refused", [ORACLE_CLEAN] = "clean", [ORACLE_LARGE] = "large",
        [ORACLE_OUTSIDE] = "outside", [ORACLE_STUCK] = "stuck",
    };

    return names[result];
}
