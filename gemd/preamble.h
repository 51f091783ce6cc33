/* SPDX-License-Identifier: MIT */
#ifndef GEMD_PREAMBLE_H
#define GEMD_PREAMBLE_H

#include <stddef.h>
#include <stdint.h>

#define PREAMBLE_DWORDS_MAX 128

/*
 * Writes commands that replace every address which the 3D engine remembers by that of a page of
 * nobody, so that a batch which forgets to set one cannot reach the data of the client before it.
 * Ends with MI_BATCH_BUFFER_END. Returns how many dwords, an even number.
 */
size_t preamble_write(uint32_t words[PREAMBLE_DWORDS_MAX], uint32_t dummy_address);

#endif
