/* SPDX-License-Identifier: MIT */
/* The validator alone: the input is a record of a stream. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/case.h"
#include "tests/fuzz/targets/target.h"

/* Lists as long as they say, each up to the end of its memory: reading on is seen. */
struct exact {
    uint32_t *words;
    struct validator_reloc *relocs;
    struct validator_buffer *buffers;
};

static struct fuzz_case given;

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL) {
        abort();
    }
    return memory;
}

static const struct exact *exact_lists(void)
{
    static struct exact all, now;

    if (all.words == NULL) {
        all.words = allocate(sizeof(given.words));
        all.relocs = allocate(sizeof(given.relocs));
        all.buffers = allocate(sizeof(given.buffers));
    }
    now.words = all.words + CASE_WORDS - given.word_count;
    now.relocs = all.relocs + CASE_RELOCS - given.reloc_count;
    now.buffers = all.buffers + CASE_BUFFERS - given.buffer_count;
    memcpy(now.words, given.words, given.word_count * sizeof(*now.words));
    memcpy(now.relocs, given.relocs, given.reloc_count * sizeof(*now.relocs));
    memcpy(now.buffers, given.buffers, given.buffer_count * sizeof(*now.buffers));
    return &now;
}

/* What the caller relies on, whatever was asked. */
static void check_verdict(int result, const struct validator_verdict *verdict)
{
    if ((result == 0) != (verdict->rule == VALIDATOR_ACCEPTED) || verdict->rule < 0 ||
        verdict->rule >= VALIDATOR_RULES) {
        target_fail("result %d with rule %d", result, (int)verdict->rule);
    }
    if (result == 0) {
        return;
    }
    if (verdict->command == NULL || memchr(verdict->text, '\0', sizeof(verdict->text)) == NULL ||
        verdict->text[0] == '\0') {
        target_fail("a refusal by %s that does not explain itself",
                    validator_rule_name(verdict->rule));
    }
    if (verdict->dword > (uint64_t)given.word_count + 0x20000) {
        target_fail("refused at dword %u of %u", verdict->dword, given.word_count);
    }
}

/* Each relocation of an accepted stream was filled in, within its buffer and by its rights. */
static void check_relocs(const struct exact *lists)
{
    for (uint32_t i = 0; i < given.reloc_count; i++) {
        const struct validator_reloc *reloc = &lists->relocs[i];
        const struct validator_buffer *buffer =
            reloc->buffer < given.buffer_count ? &lists->buffers[reloc->buffer] : NULL;

        if (reloc->dword >= given.word_count || buffer == NULL || reloc->delta >= buffer->size ||
            lists->words[reloc->dword] != buffer->gtt_address + reloc->delta) {
            target_fail("relocation %u of an accepted stream is not sound", i);
        }
        if ((reloc->use & ~buffer->rights) != 0 || buffer->used == 0) {
            target_fail("relocation %u: use %u of rights %u, used %u", i, reloc->use,
                        buffer->rights, buffer->used);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct validator_verdict verdict;

    if (!case_load(&given, bytes, size)) {
        return -1;
    }
    const struct exact *lists = exact_lists();
    struct validator_job job = case_job(&given);
    job.words = lists->words;
    job.relocs = lists->relocs;
    job.buffers = lists->buffers;
    const int result = validator_check(&job, &verdict);
    check_verdict(result, &verdict);
    if (result == 0) {
        check_relocs(lists);
    }
    return 0;
}
