/* SPDX-License-Identifier: MIT */
/*
 * The words of a proof: what it starts from, what it claims, and where it must be able to get.
 * Compiled by goto-cc alone (tests/validator/run-proofs).
 */
#ifndef GEMD_TESTS_PROOF_H
#define GEMD_TESTS_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any value. */
bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
int16_t nondet_i16(void);
int64_t nondet_i64(void);
size_t nondet_size(void);

#define bound(condition) __CPROVER_assume(condition)

/* What callers see to. With -DBREAK it is dropped, and then the proof must fail. */
#ifdef BREAK
#define given(condition) ((void)0)
#else
#define given(condition) __CPROVER_assume(condition)
#endif

#define prove(condition, text) __CPROVER_assert(condition, text)

/* Must fail: if it holds nothing comes here, and the proof says nothing. */
#define reach(text) __CPROVER_assert(false, "reach: " text)

#endif
