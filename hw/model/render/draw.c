/* SPDX-License-Identifier: MIT */
/* From primitives that are set up to their pixels. */
#include "hw/model/render/internal.h"

void primitive_draw(struct render *render)
{
    struct primitive *primitive = render->primitive;
    struct worker *worker = &render->worker;
    primitive->draw = &render->draw;
    worker->kernel = render->kernel;
    worker->draw = NULL;
    worker->kernel->begin(worker, primitive);
    switch (primitive->kind) {
    case PRIMITIVE_TRIANGLE:
        worker->kernel->triangle_blocks(worker, primitive, &primitive->box);
        break;
    case PRIMITIVE_RECTANGLE:
        worker->kernel->rectangle_blocks(worker, &primitive->box);
        break;
    case PRIMITIVE_LINE:
        line_blocks(worker, primitive, &primitive->box);
        break;
    }
}
