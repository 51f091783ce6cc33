/* SPDX-License-Identifier: MIT */
#include "gemd/heap.h"

#include <malloc.h>
#include <stddef.h>

/* Sanitizers have an allocator of their own, which mallinfo2() knows nothing of. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

uint64_t heap_bytes(void)
{
    if (__sanitizer_get_current_allocated_bytes != NULL) {
        return __sanitizer_get_current_allocated_bytes();
    }
    const struct mallinfo2 info = mallinfo2();
    return (uint64_t)info.uordblks + info.hblkhd;
}
