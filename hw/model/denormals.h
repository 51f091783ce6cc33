/* SPDX-License-Identifier: MIT */
/*
 * Numbers too small for a full mantissa are zero for the 3D pipeline, as operands and as results
 * (doc/gen3.md E.8). Each thread that runs it says so once: the CPU then does it at no cost, and
 * alike for every instruction set.
 */
#ifndef GEMD_HW_MODEL_DENORMALS_H
#define GEMD_HW_MODEL_DENORMALS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>

#define MXCSR_DENORMALS_ARE_ZERO 0x0040u
#define MXCSR_FLUSH_TO_ZERO      0x8000u
#endif

/* For the calling thread, from now on. Returns what was before, for denormals_restore(). */
static inline uint64_t denormals_are_zero(void)
{
    uint64_t control = 0;
#if defined(__x86_64__)
    control = _mm_getcsr();
    _mm_setcsr((unsigned)control | MXCSR_DENORMALS_ARE_ZERO | MXCSR_FLUSH_TO_ZERO);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | UINT64_C(1) << 24));
#endif
    return control;
}

static inline void denormals_restore(uint64_t control)
{
#if defined(__x86_64__)
    _mm_setcsr((unsigned)control);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
#else
    (void)control;
#endif
}

#endif
