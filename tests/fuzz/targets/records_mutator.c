/* SPDX-License-Identifier: MIT */
/* Mutation of records of streams: by their structure, mostly. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/generate.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/targets/target.h"

static struct fuzz_case first, second;

/* Only the words: the engine knows a dictionary, and what comparisons would like to see. */
static void let_engine(struct fuzz_case *c)
{
    if (LLVMFuzzerMutate != NULL && c->word_count > 0) {
        uint8_t *bytes = (uint8_t *)c->words;
        const size_t size = c->word_count * sizeof(c->words[0]);
        const size_t now = LLVMFuzzerMutate(bytes, size, size);

        if (now < size) { /* as long as before: relocations have their places */
            memset(bytes + now, 0, size - now);
        }
    }
}

static size_t store(const struct fuzz_case *c, uint8_t *bytes, size_t size, size_t room)
{
    const size_t stored = case_store(c, bytes, room);

    return stored != 0 ? stored : size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned int seed)
{
    struct rng rng = {seed};

    if (!case_load(&first, bytes, size) || rng_percent(&rng, 1)) {
        generate_case(&first, &rng, 0);
    }
    do {
        if (rng_percent(&rng, 15)) {
            let_engine(&first);
        } else if (rng_percent(&rng, 3)) { /* pieces of a fresh one */
            generate_case(&second, &rng, first.pci_device);
            mutate_once(&first, &rng, &second);
        } else {
            mutate_once(&first, &rng, NULL);
        }
    } while (rng_percent(&rng, 40));
    return store(&first, bytes, size, room);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t room, unsigned int seed)
{
    struct rng rng = {seed};

    if (!case_load(&first, one, one_size) || !case_load(&second, two, two_size)) {
        generate_case(&first, &rng, 0);
        generate_case(&second, &rng, 0);
    }
    for (uint32_t i = 0, n = rng_between(&rng, 1, 4); i < n; i++) {
        mutate_once(&first, &rng, &second);
    }
    return store(&first, out, 0, room);
}
