/* SPDX-License-Identifier: MIT */
/* Picks the inner loops for the CPU at hand. */
#include "hw/model/render/internal.h"

extern const struct kernel kernel_baseline;
#ifdef RENDER_KERNELS_X86
extern const struct kernel kernel_avx512;

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static bool always(void)
{
    return true;
}

/* Best first. AVX2 is not here: it was slower than the baseline, which is SSE2 on x86. */
static const struct {
    const struct kernel *kernel;
    bool (*runs_here)(void);
} kernels[] = {
#ifdef RENDER_KERNELS_X86
    {&kernel_avx512, has_avx512},
#endif
    {&kernel_baseline, always},
};

const struct kernel *kernel_find(const char *name)
{
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
        if (kernels[i].runs_here() &&
            (name == NULL || strcmp(name, kernels[i].kernel->name) == 0)) {
            return kernels[i].kernel;
        }
    }
    return NULL;
}
