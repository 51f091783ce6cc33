/* SPDX-License-Identifier: MIT */
/* The function that a hook stands in front of: the next library's, mostly libc's. */
#ifndef GEMD_WINSYS_DRM_PRELOAD_NEXT_H
#define GEMD_WINSYS_DRM_PRELOAD_NEXT_H

#include <dlfcn.h>

/* Looked up at the first call and kept. Two threads find the same. */
#define NEXT(name)                                                                                 \
    (__extension__({                                                                               \
        static void *slot;                                                                         \
        void *found = __atomic_load_n(&slot, __ATOMIC_ACQUIRE);                                    \
        if (found == NULL) {                                                                       \
            found = dlsym(RTLD_NEXT, #name);                                                       \
            __atomic_store_n(&slot, found, __ATOMIC_RELEASE);                                      \
        }                                                                                          \
        (__typeof__(&name))found;                                                                  \
    }))

/* What is defined with this replaces what the program would call. */
#define HOOK __attribute__((visibility("default")))

#endif
