/* SPDX-License-Identifier: MIT */
/* Names every dword of a gen3 command stream. */
#ifndef GEMD_HW_GEN3_DISASM_H
#define GEMD_HW_GEN3_DISASM_H

#include <stddef.h>
#include <stdint.h>

/* Called once per dword: its index, its value, and text such as "MAP_STATE.MS3 w=256 h=256 ..." */
typedef void (*gen3_disasm_line)(void *data, size_t dword, uint32_t value, const char *text);

/*
 * Walks 'count' dwords. A dword that begins no known command is called "unknown" and the walk goes
 * on with the next; a command cut short by the end is said to be truncated.
 * Returns how many dwords were unknown or truncated: 0 for a clean stream.
 */
size_t gen3_disasm(const uint32_t *words, size_t count, gen3_disasm_line line, void *data);

#endif
