/* SPDX-License-Identifier: MIT */
/* Between two looks at a word that another processor is about to write. */
#ifndef GEMD_PROTO_PAUSE_H
#define GEMD_PROTO_PAUSE_H

static inline void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
