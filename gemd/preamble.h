/* SPDX-License-Identifier: MIT */
#ifndef GEMD_PREAMBLE_H
#define GEMD_PREAMBLE_H

#include <stddef.h>
#include <stdint.h>

#define PREAMBLE_DWORDS_MAX 512

/*
 * Writes commands that set all state of the 3D engine that clients can set: addresses to that of a
 * page of nobody, so that a batch which forgets to set one cannot reach the data of the client
 * before it, and the rest to values that are always the same, so that it learns nothing of that
 * client either. The blitter's setup is not here: the validator lets no batch use what it has not
 * set up. Ends with MI_BATCH_BUFFER_END. Returns how many dwords, an even number.
 */
size_t preamble_write(uint32_t words[PREAMBLE_DWORDS_MAX], uint32_t dummy_address);

#endif
