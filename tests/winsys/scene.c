/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pipe/p_context.h"
#include "pipe/p_screen.h"
#include "pipe/p_shader_tokens.h"
#include "pipe/p_state.h"
#include "util/u_draw.h"
#include "util/u_inlines.h"
#include "util/u_simple_shaders.h"

#include "scene.h"

struct scene {
    struct pipe_context *pipe;
    struct pipe_resource *target, *vertices;
    struct pipe_surface *surface;
    void *blend, *depth, *rasterizer, *elements, *vs, *fs;
};

static const float corners[3][2][4] = {
    /* position, colour */
    {{-0.8f, -0.7f, 0, 1}, {1, 0, 0, 1}},
    {{0.9f, -0.6f, 0, 1}, {0, 1, 0, 1}},
    {{0.1f, 0.85f, 0, 1}, {0, 0, 1, 1}},
};

static void bind_target(struct scene *s, struct pipe_screen *screen)
{
    const struct pipe_resource template = {
        .target = PIPE_TEXTURE_2D,
        .format = PIPE_FORMAT_B8G8R8A8_UNORM,
        .width0 = SCENE_SIZE,
        .height0 = SCENE_SIZE,
        .depth0 = 1,
        .array_size = 1,
        .bind = PIPE_BIND_RENDER_TARGET,
    };
    s->target = screen->resource_create(screen, &template);
    assert_non_null(s->target);
    const struct pipe_surface view = {.format = template.format};
    s->surface = s->pipe->create_surface(s->pipe, s->target, &view);
    assert_non_null(s->surface);

    const struct pipe_framebuffer_state framebuffer = {
        .width = SCENE_SIZE, .height = SCENE_SIZE, .nr_cbufs = 1, .cbufs = {s->surface}};
    const float half = SCENE_SIZE / 2.0f;
    const struct pipe_viewport_state viewport = {
        .scale = {half, half, 0.5f},
        .translate = {half, half, 0.5f},
        .swizzle_x = PIPE_VIEWPORT_SWIZZLE_POSITIVE_X,
        .swizzle_y = PIPE_VIEWPORT_SWIZZLE_POSITIVE_Y,
        .swizzle_z = PIPE_VIEWPORT_SWIZZLE_POSITIVE_Z,
        .swizzle_w = PIPE_VIEWPORT_SWIZZLE_POSITIVE_W,
    };
    s->pipe->set_framebuffer_state(s->pipe, &framebuffer);
    s->pipe->set_viewport_states(s->pipe, 0, 1, &viewport);
}

static void bind_state(struct scene *s)
{
    const struct pipe_blend_state blend = {.rt[0].colormask = PIPE_MASK_RGBA};
    const struct pipe_depth_stencil_alpha_state depth = {.depth_enabled = 0};
    const struct pipe_rasterizer_state rasterizer = {
        .cull_face = PIPE_FACE_NONE,
        .half_pixel_center = 1,
        .bottom_edge_rule = 1,
        .depth_clip_near = 1,
        .depth_clip_far = 1,
    };

    s->blend = s->pipe->create_blend_state(s->pipe, &blend);
    s->depth = s->pipe->create_depth_stencil_alpha_state(s->pipe, &depth);
    s->rasterizer = s->pipe->create_rasterizer_state(s->pipe, &rasterizer);
    s->pipe->bind_blend_state(s->pipe, s->blend);
    s->pipe->bind_depth_stencil_alpha_state(s->pipe, s->depth);
    s->pipe->bind_rasterizer_state(s->pipe, s->rasterizer);
    s->pipe->set_sample_mask(s->pipe, ~0u);
}

static void bind_vertices(struct scene *s, struct pipe_screen *screen)
{
    static const enum tgsi_semantic names[] = {TGSI_SEMANTIC_POSITION, TGSI_SEMANTIC_COLOR};
    static const uint indexes[] = {0, 0};
    const struct pipe_vertex_element elements[2] = {
        {.src_offset = 0, .src_format = PIPE_FORMAT_R32G32B32A32_FLOAT},
        {.src_offset = 16, .src_format = PIPE_FORMAT_R32G32B32A32_FLOAT},
    };

    s->vertices =
        pipe_buffer_create(screen, PIPE_BIND_VERTEX_BUFFER, PIPE_USAGE_DEFAULT, sizeof(corners));
    assert_non_null(s->vertices);
    pipe_buffer_write(s->pipe, s->vertices, 0, sizeof(corners), corners);
    const struct pipe_vertex_buffer buffer = {.stride = sizeof(corners[0]),
                                              .buffer.resource = s->vertices};

    s->elements = s->pipe->create_vertex_elements_state(s->pipe, 2, elements);
    s->pipe->bind_vertex_elements_state(s->pipe, s->elements);
    s->pipe->set_vertex_buffers(s->pipe, 0, 1, 0, false, &buffer);
    s->vs = util_make_vertex_passthrough_shader(s->pipe, 2, names, indexes, false);
    s->fs = util_make_fragment_passthrough_shader(s->pipe, TGSI_SEMANTIC_COLOR,
                                                  TGSI_INTERPOLATE_PERSPECTIVE, true);
    s->pipe->bind_vs_state(s->pipe, s->vs);
    s->pipe->bind_fs_state(s->pipe, s->fs);
}

static void read_back(struct scene *s, uint32_t *pixels)
{
    struct pipe_transfer *transfer;
    const uint8_t *map = pipe_texture_map(s->pipe, s->target, 0, 0, PIPE_MAP_READ, 0, 0, SCENE_SIZE,
                                          SCENE_SIZE, &transfer);

    assert_non_null(map);
    for (unsigned y = 0; y < SCENE_SIZE; y++) {
        memcpy(pixels + (size_t)y * SCENE_SIZE, map + (size_t)y * transfer->stride, SCENE_SIZE * 4);
    }
    pipe_texture_unmap(s->pipe, transfer);
}

static void scene_finish(struct scene *s)
{
    const struct pipe_framebuffer_state nothing = {.width = 0};

    s->pipe->set_framebuffer_state(s->pipe, &nothing);
    s->pipe->set_vertex_buffers(s->pipe, 0, 0, 1, false, NULL);
    s->pipe->bind_vs_state(s->pipe, NULL);
    s->pipe->bind_fs_state(s->pipe, NULL);
    s->pipe->delete_vs_state(s->pipe, s->vs);
    s->pipe->delete_fs_state(s->pipe, s->fs);
    s->pipe->bind_vertex_elements_state(s->pipe, NULL);
    s->pipe->delete_vertex_elements_state(s->pipe, s->elements);
    s->pipe->bind_blend_state(s->pipe, NULL);
    s->pipe->delete_blend_state(s->pipe, s->blend);
    s->pipe->bind_depth_stencil_alpha_state(s->pipe, NULL);
    s->pipe->delete_depth_stencil_alpha_state(s->pipe, s->depth);
    s->pipe->bind_rasterizer_state(s->pipe, NULL);
    s->pipe->delete_rasterizer_state(s->pipe, s->rasterizer);
    pipe_surface_reference(&s->surface, NULL);
    pipe_resource_reference(&s->target, NULL);
    pipe_resource_reference(&s->vertices, NULL);
    s->pipe->destroy(s->pipe);
}

void scene_draw(struct pipe_screen *screen, unsigned frames, uint32_t *pixels)
{
    const union pipe_color_union ground = {.f = {0x33 / 255.0f, 0x66 / 255.0f, 0x99 / 255.0f, 1}};
    struct scene s = {.pipe = screen->context_create(screen, NULL, 0)};

    assert_non_null(s.pipe);
    bind_target(&s, screen);
    bind_state(&s);
    bind_vertices(&s, screen);
    for (unsigned i = 0; i < frames; i++) {
        s.pipe->clear(s.pipe, PIPE_CLEAR_COLOR, NULL, &ground, 0, 0);
        util_draw_arrays(s.pipe, PIPE_PRIM_TRIANGLES, 0, 3);
        s.pipe->flush(s.pipe, NULL, PIPE_FLUSH_END_OF_FRAME);
    }
    read_back(&s, pixels);
    scene_finish(&s);
}

struct scene_difference scene_compare(const uint32_t *a, const uint32_t *b)
{
    struct scene_difference d = {0};
    uint64_t sum = 0;

    for (size_t i = 0; i < (size_t)SCENE_SIZE * SCENE_SIZE; i++) {
        unsigned worst = 0;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            const unsigned one =
                (unsigned)abs((int)(a[i] >> shift & 0xff) - (int)(b[i] >> shift & 0xff));
            sum += one;
            worst = one > worst ? one : worst;
        }
        d.pixels += worst > 2;
        d.worst = worst > d.worst ? worst : d.worst;
    }
    d.mean = (double)sum / (4.0 * SCENE_SIZE * SCENE_SIZE);
    return d;
}
