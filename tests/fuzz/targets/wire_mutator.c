/* SPDX-License-Identifier: MIT */
/* Mutation of wire scripts: step by step. */
#include <string.h>

#include "tests/fuzz/targets/target.h"
#include "tests/fuzz/targets/wire_script.h"

#define STEPS_MAX 256u
#define ROOM      (1u << 16)

struct steps {
    struct wire_step step[STEPS_MAX];
    uint32_t count;
};

static uint8_t scratch[ROOM], kept[2][ROOM];

static void parse(struct steps *steps, const uint8_t *bytes, size_t size)
{
    size_t at = 0;

    steps->count = 0;
    while (steps->count < STEPS_MAX && wire_next(bytes, size, &at, &steps->step[steps->count])) {
        steps->count++;
    }
}

/* What a step says, with a few bytes changed. */
static void put_bent(struct wire_writer *to, const struct wire_step *step, struct rng *rng)
{
    static uint8_t bytes[WIRE_STEP_MAX];
    struct wire_step bent = *step;

    bent.size = step->size < WIRE_STEP_MAX ? step->size : WIRE_STEP_MAX;
    memcpy(bytes, step->bytes, bent.size);
    bent.bytes = bytes;
    if (bent.size > 0 && LLVMFuzzerMutate != NULL && rng_percent(rng, 40)) {
        bent.size = (uint32_t)LLVMFuzzerMutate(bytes, bent.size, WIRE_STEP_MAX);
    } else if (bent.size > 0) {
        const uint32_t at = rng_below(rng, bent.size);

        bytes[at] = rng_percent(rng, 50) ? bytes[at] ^ (uint8_t)(1u << rng_below(rng, 8))
                                         : (uint8_t)rng_next(rng);
    }
    if (rng_percent(rng, 10)) {
        bent.client = (uint8_t)rng_next(rng) & (WIRE_QUIET | (WIRE_CLIENTS - 1));
    }
    (void)wire_put(to, &bent);
}

static void put_steps(struct wire_writer *to, const struct steps *steps, uint32_t from,
                      uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        (void)wire_put(to, &steps->step[i]);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned int seed)
{
    static struct steps steps;
    struct rng rng = {seed};
    struct wire_writer to = {.bytes = scratch, .room = room < ROOM ? room : ROOM};

    size = size < ROOM ? size : ROOM;
    memcpy(kept[0], bytes, size);
    parse(&steps, kept[0], size);
    if (steps.count == 0) {
        wire_put_session(&to, &rng, 0);
    } else {
        const uint32_t at = rng_below(&rng, steps.count);

        put_steps(&to, &steps, 0, at);
        switch (rng_below(&rng, 6)) {
        case 0: /* left out */
            break;
        case 1: /* twice */
            (void)wire_put(&to, &steps.step[at]);
            (void)wire_put(&to, &steps.step[at]);
            break;
        case 2:
        case 3:
            wire_put_random(&to, &rng);
            (void)wire_put(&to, &steps.step[at]);
            break;
        default:
            put_bent(&to, &steps.step[at], &rng);
            break;
        }
        put_steps(&to, &steps, at + 1, steps.count);
        if (rng_percent(&rng, 20)) {
            wire_put_random(&to, &rng);
        }
    }
    memcpy(bytes, scratch, to.size);
    return to.size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t room, unsigned int seed)
{
    static struct steps first, second;
    struct rng rng = {seed};
    struct wire_writer to = {.bytes = out, .room = room};

    parse(&first, one, one_size);
    parse(&second, two, two_size);
    const uint32_t head = rng_below(&rng, first.count + 1);
    put_steps(&to, &first, 0, head);
    put_steps(&to, &second, rng_below(&rng, second.count + 1), second.count);
    if (rng_percent(&rng, 50)) {
        put_steps(&to, &first, head, first.count);
    }
    return to.size;
}
