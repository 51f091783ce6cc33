/* SPDX-License-Identifier: MIT */
/* Random numbers that are the same everywhere: everything about a case follows from its seed. */
#ifndef GEMD_TESTS_FUZZ_RANDOM_H
#define GEMD_TESTS_FUZZ_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

/* splitmix64: any seed is as good as another. */
static inline uint64_t rng_next64(struct rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t rng_next(struct rng *rng)
{
    return (uint32_t)(rng_next64(rng) >> 32);
}

/* [0, limit); limit 0 counts as 1 */
static inline uint32_t rng_below(struct rng *rng, uint32_t limit)
{
    return (uint32_t)((uint64_t)rng_next(rng) * (limit == 0 ? 1 : limit) >> 32);
}

/* [low, high] */
static inline uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high)
{
    return low + rng_below(rng, high - low + 1);
}

static inline bool rng_percent(struct rng *rng, uint32_t percent)
{
    return rng_below(rng, 100) < percent;
}

#define RNG_PICK(rng, list) ((list)[rng_below(rng, sizeof(list) / sizeof((list)[0]))])

#endif
