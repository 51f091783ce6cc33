/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/reduce.h"

#include <stdlib.h>
#include <string.h>

#define TRIES_MAX    20000u
#define COMMANDS_MAX CASE_WORDS

struct reduction {
    const struct reduce_judge *judge;
    struct fuzz_case *best;   /* fails */
    struct fuzz_case *trial;  /* what may replace it */
    struct fuzz_case *judged; /* the trial's copy that is run */
    struct oracle_report *report;
    unsigned tries;
};

static bool fails_alike(const struct oracle_report *a, const struct oracle_report *b)
{
    return a->result == b->result && strcmp(a->command, b->command) == 0;
}

/* Takes the trial over if it fails like the best; else the trial is the best again. */
static bool attempt(struct reduction *r)
{
    struct oracle_report report;

    r->tries++;
    case_copy(r->judged, r->trial);
    (void)r->judge->judge(r->judge->user, r->judged, &report);
    if ((report.result == ORACLE_OUTSIDE || report.result == ORACLE_STUCK) &&
        fails_alike(&report, r->report)) {
        *r->report = report;
        case_copy(r->best, r->trial);
        return true;
    }
    case_copy(r->trial, r->best);
    return false;
}

/* Runs of commands, from long to single ones; back to front, as later ones are needed less. */
static bool drop_commands(struct reduction *r)
{
    static struct case_command commands[COMMANDS_MAX];
    bool changed = false;

    for (size_t run = COMMANDS_MAX; run > 0; run /= 2) {
        size_t count = case_commands(r->best, commands, COMMANDS_MAX);

        for (size_t end = count; end > 0 && r->tries < TRIES_MAX;) {
            const size_t first = end > run ? end - run : 0;
            const uint32_t from = commands[first].at;
            const uint32_t to = commands[end - 1].at + commands[end - 1].length;

            if (run < count) {
                case_remove(r->trial, from, to - from);
                changed = attempt(r) || changed;
            }
            end = first;
        }
    }
    return changed;
}

/* A group of dwords behind a mask, or of a list that the header counts. */
static bool drop_dwords(struct reduction *r)
{
    static struct case_command commands[COMMANDS_MAX];
    bool changed = false;

    for (size_t i = case_commands(r->best, commands, COMMANDS_MAX); i-- > 0;) {
        const struct case_command *command = &commands[i];
        const enum gen3_command_id id =
            command->command != NULL ? command->command->id : GEN3_COMMAND_COUNT;
        const bool masked = id == GEN3_3DSTATE_MAP_STATE || id == GEN3_3DSTATE_SAMPLER_STATE ||
                            id == GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS;
        const uint32_t group = id == GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS           ? 4
                               : masked || id == GEN3_3DSTATE_PIXEL_SHADER_PROGRAM ? 3
                                                                                   : 0;
        const uint32_t first = masked ? 2 : 1;
        uint32_t bit = 0;

        if (group == 0) {
            continue;
        }
        for (uint32_t n = (command->length - first) / group; n-- > 0 && r->tries < TRIES_MAX;) {
            uint32_t *mask = &r->trial->words[command->at + 1];

            if (masked) { /* the n-th bit that is set */
                uint32_t left = *mask;

                for (uint32_t k = 0; k < n; k++) {
                    left &= left - 1;
                }
                bit = left & -left;
                *mask &= ~bit;
            }
            r->trial->words[command->at] -= group;
            case_remove(r->trial, command->at + first + n * group, group);
            changed = attempt(r) || changed;
        }
    }
    return changed;
}

/* Elements and vertices: as few as will do. */
static bool shorten_primitives(struct reduction *r)
{
    static struct case_command commands[COMMANDS_MAX];
    bool changed = false;

    for (size_t i = case_commands(r->best, commands, COMMANDS_MAX); i-- > 0;) {
        const struct case_command *command = &commands[i];

        if (command->command == NULL || command->command->id != GEN3_3DPRIMITIVE) {
            continue;
        }
        for (uint32_t cut = command->length - 2;
             cut > 0 && r->tries<TRIES_MAX; cut = cut> 64 ? cut / 2 : cut - 1) {
            r->trial->words[command->at] -= cut;
            case_remove(r->trial, command->at + command->length - cut, cut);
            if (attempt(r)) {
                changed = true;
                break;
            }
        }
    }
    return changed;
}

/* Zero, or as many bits as will do without. */
static bool simplify_words(struct reduction *r)
{
    bool changed = false;

    for (uint32_t i = 0; i < r->best->word_count && r->tries < TRIES_MAX; i++) {
        if (r->best->words[i] == 0) {
            continue;
        }
        r->trial->words[i] = 0;
        if (attempt(r)) {
            changed = true;
            continue;
        }
        for (uint32_t left = r->best->words[i]; left != 0 && r->tries < TRIES_MAX;
             left &= left - 1) {
            r->trial->words[i] &= ~(left & -left);
            changed = attempt(r) || changed;
        }
    }
    return changed;
}

static bool is_used(const struct fuzz_case *c, uint32_t buffer)
{
    for (uint32_t i = 0; i < c->reloc_count; i++) {
        if (c->relocs[i].buffer == buffer) {
            return true;
        }
    }
    return false;
}

static void drop_buffer(struct fuzz_case *c, uint32_t index)
{
    c->buffer_count--;
    memmove(&c->buffers[index], &c->buffers[index + 1],
            (c->buffer_count - index) * sizeof(c->buffers[0]));
    for (uint32_t i = 0; i < c->reloc_count; i++) {
        c->relocs[i].buffer -= c->relocs[i].buffer > index;
    }
}

static bool drop_lists(struct reduction *r)
{
    bool changed = false;

    for (uint32_t i = r->best->reloc_count; i-- > 0 && r->tries < TRIES_MAX;) {
        case_remove_reloc(r->trial, i);
        changed = attempt(r) || changed;
    }
    for (uint32_t i = 0; i < r->best->reloc_count; i++) {
        if (r->best->relocs[i].delta != 0) {
            r->trial->relocs[i].delta = 0;
            changed = attempt(r) || changed;
        }
    }
    for (uint32_t i = r->best->buffer_count; i-- > 0 && r->tries < TRIES_MAX;) {
        if (!is_used(r->best, i)) {
            drop_buffer(r->trial, i);
            changed = attempt(r) || changed;
        }
    }
    return changed;
}

static enum oracle_result judge_by_oracle(void *user, struct fuzz_case *c,
                                          struct oracle_report *report)
{
    return oracle_judge(user, c, report);
}

struct reduce_judge reduce_by_oracle(struct oracle *oracle)
{
    return (struct reduce_judge){judge_by_oracle, oracle};
}

unsigned reduce_case(const struct reduce_judge *judge, struct fuzz_case *c,
                     struct oracle_report *report)
{
    struct reduction r = {.judge = judge, .best = c, .report = report};
    bool changed = true;

    r.trial = calloc(1, sizeof(*r.trial));
    r.judged = calloc(1, sizeof(*r.judged));
    if (r.trial != NULL && r.judged != NULL) {
        case_copy(r.trial, c);
        while (changed && r.tries < TRIES_MAX) {
            changed = drop_commands(&r);
            changed = drop_lists(&r) || changed;
            changed = drop_dwords(&r) || changed;
            changed = shorten_primitives(&r) || changed;
            changed = simplify_words(&r) || changed;
        }
    }
    free(r.trial);
    free(r.judged);
    return r.tries;
}
