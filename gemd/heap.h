/* SPDX-License-Identifier: MIT */
/* What the daemon itself has allocated. */
#ifndef GEMD_HEAP_H
#define GEMD_HEAP_H

#include <stdint.h>

/* Bytes that malloc() has given out and not got back, the modelled GPU's included. */
uint64_t heap_bytes(void);

#endif
