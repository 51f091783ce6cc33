/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target: one source for libFuzzer, for AFL++ (whose afl-clang-fast brings a driver for the
 * same functions, with persistent mode and test cases in shared memory), and for replay.c.
 */
#ifndef GEMD_TESTS_FUZZ_TARGET_H
#define GEMD_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

#define TARGET_EXPORT __attribute__((visibility("default")))

/* One input. A finding ends the process. */
TARGET_EXPORT int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Of the engine; not there in AFL++ and in replay.c. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t room) __attribute__((weak));

/* What the engine may do with an input, if it has a structure. */
TARGET_EXPORT size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room,
                                             unsigned int seed);
TARGET_EXPORT size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size,
                                               const uint8_t *two, size_t two_size, uint8_t *out,
                                               size_t room, unsigned int seed);

/* A finding: says what it is and aborts. */
void target_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* What programs say to people goes nowhere from now on; not what sanitizers and engines say. */
void target_silence(void);

#endif
