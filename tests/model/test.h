/* SPDX-License-Identifier: MIT */
/* What every test of the model includes. */
#ifndef GEMD_TESTS_MODEL_TEST_H
#define GEMD_TESTS_MODEL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hw/gen3/regs.h"
#include "tests/lib/model_harness.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RUN(h, ...)                                                                                \
    harness_run(h, (const uint32_t[]){__VA_ARGS__}, COUNT(((const uint32_t[]){__VA_ARGS__})))
#define SUBMIT(h, ...)                                                                             \
    harness_submit(h, (const uint32_t[]){__VA_ARGS__}, COUNT(((const uint32_t[]){__VA_ARGS__})))

#define BATCH 0x00100000u /* a GTT address for batches */
#define DATA  0x00200000u /* and one for what they write */

static inline uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

#endif
