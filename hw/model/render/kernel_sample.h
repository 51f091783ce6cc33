/* SPDX-License-Identifier: MIT */
/* Texture sampling (gen3.md G): coordinates, level of detail, filters. */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_SAMPLE_H
#define GEMD_HW_MODEL_RENDER_KERNEL_SAMPLE_H

#include "hw/model/render/kernel_merge.h"

static void sample(struct render *render, const struct instruction *in, uint32_t mask,
                   v16f result[4])
{
    (void)render;
    (void)in;
    (void)mask;
    (void)result;
}

#endif
