/* SPDX-License-Identifier: MIT */
/* MAP_STATE and SAMPLER_STATE (gen3.md E.5, E.6, G) turned into what sampling needs. */
#include "hw/model/render/internal.h"

enum render_status texture_derive(struct render *render, struct render_error *error)
{
    if (render->program.samplers != 0) {
        return render_unknown(error, "PIXEL_SHADER_PROGRAM: samples a texture");
    }
    return RENDER_OK;
}
