/* SPDX-License-Identifier: MIT */
/* The walk over a stream: one command after the other, each by the table and then by its noun. */
#include "gemd/validator/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "gemd/validator/fields.h"
#include "hw/gen3/regs.h"

typedef bool (*handler)(struct check *check);

/*
 * UXA flushes with bit 4, which is END_SCENE for Linux and WRITE_DIRTY_STATE for the X server. Neither
 * is needed by anything that clients can send, so nobody has to know what it is: it is taken away.
 */
static bool check_flush(struct check *check)
{
    check->dw[0] &= ~MI_FLUSH_END_SCENE;
    return true;
}

/* What the table of commands does not say already. Commands without one need no more. */
static const handler handlers[GEN3_COMMAND_COUNT] = {
    [GEN3_MI_FLUSH] = check_flush,
    [GEN3_XY_SETUP_BLT] = check_setup_blt,
    [GEN3_XY_SETUP_MONO_PATTERN_SL_BLT] = check_setup_blt,
    [GEN3_XY_SETUP_CLIP_BLT] = check_setup_clip_blt,
    [GEN3_XY_PIXEL_BLT] = check_pixel_blt,
    [GEN3_XY_SCANLINES_BLT] = check_scanlines_blt,
    [GEN3_XY_TEXT_BLT] = check_text_blt,
    [GEN3_XY_TEXT_IMMEDIATE_BLT] = check_text_blt,
    [GEN3_COLOR_BLT] = check_blt,
    [GEN3_XY_COLOR_BLT] = check_blt,
    [GEN3_XY_PAT_BLT] = check_blt,
    [GEN3_XY_MONO_PAT_BLT] = check_blt,
    [GEN3_XY_SRC_COPY_BLT] = check_blt,
    [GEN3_XY_MONO_SRC_COPY_BLT] = check_blt,
    [GEN3_XY_MONO_SRC_COPY_IMMEDIATE_BLT] = check_blt,
    [GEN3_XY_FULL_MONO_PATTERN_BLT] = check_blt,
    [GEN3_XY_FULL_MONO_PATTERN_MONO_SRC_BLT] = check_blt,
    [GEN3_3DSTATE_INDEPENDENT_ALPHA_BLEND] = check_alpha_blend,
    [GEN3_3DSTATE_MAP_STATE] = check_map_state,
    [GEN3_3DSTATE_SAMPLER_STATE] = check_sampler_state,
    [GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1] = check_load_state,
    [GEN3_3DSTATE_PIXEL_SHADER_PROGRAM] = check_program,
    [GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS] = check_constants,
    [GEN3_3DSTATE_LOAD_INDIRECT] = check_load_indirect,
    [GEN3_3DSTATE_DRAW_RECT] = check_draw_rect,
    [GEN3_3DSTATE_DST_BUF_VARS] = check_formats,
    [GEN3_3DSTATE_BUF_INFO] = check_buf_info,
    [GEN3_3DSTATE_MAP_PALETTE_LOAD_32] = check_palette,
    [GEN3_3DSTATE_CLEAR_PARAMETERS] = check_clear_parameters,
    [GEN3_3DPRIMITIVE] = check_primitive,
    [GEN3_3DPRIMITIVE_SEQUENTIAL] = check_primitive,
    [GEN3_3DPRIMITIVE_ELEMENTS] = check_primitive,
};

static void fill_verdict(struct check *check, enum validator_rule rule, uint32_t offset,
                         const char *format, va_list arguments)
{
    struct validator_verdict *verdict = check->verdict;

    verdict->rule = rule;
    verdict->dword = check->start + offset;
    verdict->header = check->start < check->job->word_count ? *check->dw : 0;
    verdict->command = check->command != NULL ? check->command->name : "?";
    vsnprintf(verdict->text, sizeof(verdict->text), format, arguments);
    if (check->job->audit != NULL) {
        check->job->audit->counts[rule]++;
    }
}

/* Names in parentheses, as tests have macros of them. */
bool(check_refuse)(struct check *check, enum validator_rule rule, uint32_t offset,
                   const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill_verdict(check, rule, offset, format, arguments);
    va_end(arguments);
    return false;
}

bool(check_object)(struct check *check, enum validator_rule rule, uint32_t offset,
                   const char *format, ...)
{
    const struct validator_audit *audit = check->job->audit;
    va_list arguments;

    va_start(arguments, format);
    fill_verdict(check, rule, offset, format, arguments);
    va_end(arguments);
    if (audit != NULL && audit->broken != NULL) {
        audit->broken(audit->data, check->verdict);
    }
    return audit != NULL;
}

static bool check_header(struct check *check)
{
    const struct gen3_command *command = check->command;
    uint32_t header = check->dw[0];
    uint64_t left = check->job->word_count - check->start;

    if (command == NULL) {
        return check_refuse(check, VALIDATOR_UNKNOWN_COMMAND, 0, "header 0x%08x", header);
    }
    if (command->privilege != GEN3_CLIENT) {
        return check_refuse(check, VALIDATOR_FORBIDDEN_COMMAND, 0, "%s is not for clients",
                            command->name);
    }
    uint32_t stray = header & ~(command->mask | command->length_mask | command->free_bits);
    if (stray != 0) {
        return check_refuse(check, VALIDATOR_RESERVED_BITS, 0, "header 0x%08x has 0x%08x", header,
                            stray);
    }
    check->length = gen3_command_length(command, header);
    if (check->length == 0) {
        return check_refuse(check, VALIDATOR_LENGTH, 0, "header 0x%08x, expected %u dwords", header,
                            command->length);
    }
    if (check->length > left) {
        return check_refuse(check, VALIDATOR_TRUNCATED, 0, "needs %u dwords of %llu left",
                            check->length, (unsigned long long)left);
    }
    return true;
}

static bool check_reserved(struct check *check)
{
    const uint32_t *masks = fields_reserved(check->command->id);
    uint32_t count = check->length < FIELDS_DWORDS ? check->length : FIELDS_DWORDS;

    for (uint32_t i = 1; masks != NULL && i < count; i++) {
        if ((check->dw[i] & masks[i]) != 0 &&
            !check_object(check, VALIDATOR_RESERVED_BITS, i, "0x%08x has 0x%08x", check->dw[i],
                          check->dw[i] & masks[i])) {
            return false;
        }
    }
    return true;
}

static bool check_command(struct check *check)
{
    if (!check_header(check) || !check_reserved(check)) {
        return false;
    }
    handler handle = handlers[check->command->id];
    if (handle != NULL && !handle(check)) {
        return false;
    }
    /* What the command's own check did not take is no address. */
    if (check->reloc < check->job->reloc_count) {
        const struct validator_reloc *next = &check->job->relocs[check->reloc];

        if (next->dword < (uint64_t)check->start + check->length) {
            uint32_t offset = next->dword < check->start ? 0 : next->dword - check->start;

            return check_refuse(check, VALIDATOR_RELOC_STRAY, offset,
                                "relocation %zu is for dword %u, which takes none (any more)",
                                check->reloc, next->dword);
        }
    }
    return true;
}

static bool check_tail(struct check *check)
{
    const struct validator_job *job = check->job;

    for (size_t i = check->start; i < job->word_count; i++) {
        if (job->words[i] != MI_NOOP) {
            check->start = (uint32_t)i;
            check->dw = &job->words[i];
            check->command = gen3_command_find(*check->dw);
            return check_refuse(check, VALIDATOR_AFTER_END, 0, "dword %zu is 0x%08x", i,
                                job->words[i]);
        }
    }
    if (check->reloc < job->reloc_count) {
        return check_refuse(check, VALIDATOR_RELOC_STRAY, 0,
                            "relocation %zu is for dword %u, after the end", check->reloc,
                            job->relocs[check->reloc].dword);
    }
    return true;
}

/* The command at the walk's position, which moves on behind it. */
static bool check_next(struct check *check)
{
    check->dw = &check->job->words[check->start];
    check->command = gen3_command_find(check->dw[0]);
    check->length = 1;
    if (!check_command(check)) {
        return false;
    }
    check->start += check->length;
    return true;
}

static bool check_stream(struct check *check)
{
    const struct validator_job *job = check->job;

    while (check->start < job->word_count) {
        if (!check_next(check)) {
            return false;
        }
        if (check->command->id == GEN3_MI_BATCH_BUFFER_END) {
            return check_tail(check);
        }
    }
    check->command = NULL;
    return check_refuse(check, VALIDATOR_NO_END, 0, "%zu dwords without MI_BATCH_BUFFER_END",
                        job->word_count);
}

int validator_check(struct validator_job *job, struct validator_verdict *verdict)
{
    struct check check = {.job = job, .verdict = verdict, .dw = job->words};

    *verdict = (struct validator_verdict){.command = ""};
    if (job->word_count > UINT32_MAX / sizeof(uint32_t)) {
        check_refuse(&check, VALIDATOR_TRUNCATED, 0, "%zu dwords", job->word_count);
        return -EINVAL;
    }
    for (size_t i = 0; i < job->buffer_count; i++) {
        job->buffers[i].used = 0;
    }
    if (!check_stream(&check)) {
        return -EINVAL;
    }
    *verdict = (struct validator_verdict){.command = "", .cost = check.cost};
    return 0;
}
