/* SPDX-License-Identifier: MIT */
/* The mutator of a target as a library that afl-fuzz loads (AFL_CUSTOM_MUTATOR_LIBRARY). */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/random.h"
#include "tests/fuzz/targets/target.h"

#define ROOM (1u << 20)

struct afl_state {
    struct rng rng;
    uint8_t bytes[ROOM];
};

TARGET_EXPORT void *afl_custom_init(void *afl, unsigned int seed);
TARGET_EXPORT void afl_custom_deinit(void *data);
TARGET_EXPORT size_t afl_custom_fuzz(void *data, uint8_t *in, size_t size, uint8_t **out,
                                     uint8_t *other, size_t other_size, size_t room);

void *afl_custom_init(void *afl, unsigned int seed)
{
    struct afl_state *state = calloc(1, sizeof(*state));

    (void)afl;
    if (state != NULL) {
        state->rng.state = seed;
    }
    return state;
}

void afl_custom_deinit(void *data)
{
    free(data);
}

size_t afl_custom_fuzz(void *data, uint8_t *in, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t room)
{
    struct afl_state *state = data;
    const unsigned seed = rng_next(&state->rng);

    room = room < ROOM ? room : ROOM;
    *out = state->bytes;
    if (other != NULL && rng_percent(&state->rng, 20)) {
        return LLVMFuzzerCustomCrossOver(in, size, other, other_size, state->bytes, room, seed);
    }
    size = size < room ? size : room;
    memcpy(state->bytes, in, size);
    return LLVMFuzzerCustomMutator(state->bytes, size, room, seed);
}
