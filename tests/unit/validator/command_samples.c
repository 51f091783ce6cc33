/* SPDX-License-Identifier: MIT */
#include "command_samples.h"

#include "samples.h"

#define RW (VALIDATOR_READ | VALIDATOR_WRITE)

static void target(struct stream *s)
{
    stream_address(s, STREAM_TARGET, 0, RW);
}

static void texture(struct stream *s)
{
    stream_address(s, STREAM_TEXTURE, 0, VALIDATOR_READ);
}

static void noop(struct stream *s)
{
    PUT(s, 0);
}

static void flush(struct stream *s)
{
    PUT(s, 0x02000001);
}

static void end(struct stream *s)
{
    PUT(s, 0x05000000);
}

static void setup(struct stream *s)
{
    PUT(s, 0x40700006, 0x03f00400, 0, 0x00ff00ff);
    target(s);
    PUT(s, 0, 0xffffffff);
    texture(s);
}

static void setup_text(struct stream *s)
{
    setup(s);
    s->words[s->count - 7] = 0x43cc0400;
}

static void setup_lines(struct stream *s)
{
    PUT(s, 0x44700007, 0xc3f00400, 0, 0x00ff00ff);
    target(s);
    PUT(s, 0, 0xffffffff, 0, 0);
}

static void setup_clip(struct stream *s)
{
    setup_lines(s);
    PUT(s, 0x40c00001, 0x00100010, 0x00200020);
}

static void pixel(struct stream *s)
{
    setup_lines(s);
    PUT(s, 0x49000000, 0x00100010);
}

static void scanlines(struct stream *s)
{
    setup_clip(s);
    PUT(s, 0x49400001, 0xfff0fff0, 0x01000100);
}

static void text(struct stream *s)
{
    setup_text(s);
    PUT(s, 0x49810002, 0, 0x00080008);
    texture(s);
}

static void text_immediate(struct stream *s)
{
    setup_text(s);
    PUT(s, 0x4c410003, 0, 0x00080008, 0xffffffff, 0xffffffff);
}

static void color_blt(struct stream *s)
{
    PUT(s, 0x50000003, 0x00f00400, 0x00080008);
    target(s);
    PUT(s, 0);
}

static void pat_blt(struct stream *s)
{
    PUT(s, 0x54700004, 0x03f00400, 0, 0x00080008);
    target(s);
    texture(s);
}

static void mono_pat_blt(struct stream *s)
{
    PUT(s, 0x54b00007, 0x93f00400, 0, 0x00080008);
    target(s);
    PUT(s, 0, 0xffffffff, 0x55aa55aa, 0x55aa55aa);
}

static void mono_src_copy_blt(struct stream *s)
{
    PUT(s, 0x55300006, 0x23cc0400, 0, 0x00080008);
    target(s);
    texture(s);
    PUT(s, 0, 0xffffffff);
}

static void mono_src_copy_immediate(struct stream *s)
{
    PUT(s, 0x5c700007, 0x03cc0400, 0, 0x00040008);
    target(s);
    PUT(s, 0, 0xffffffff, 0xffffffff, 0xffffffff);
}

static void full_mono_pattern_blt(struct stream *s)
{
    PUT(s, 0x55f0000a, 0x93ca0400, 0, 0x00080008);
    target(s);
    PUT(s, 0x0400, 0);
    texture(s);
    PUT(s, 0, 0xffffffff, 0x55aa55aa, 0x55aa55aa);
}

static void full_mono_pattern_mono_src_blt(struct stream *s)
{
    PUT(s, 0x5630000a, 0xb3ca0400, 0, 0x00080008);
    target(s);
    texture(s);
    PUT(s, 0, 0xffffffff, 0, 0xffffffff, 0x55aa55aa, 0x55aa55aa);
}

/* State of one and more dwords, as drivers have it. */
#define SCALAR(name, ...)                                                                          \
    static void name(struct stream *s)                                                             \
    {                                                                                              \
        PUT(s, __VA_ARGS__);                                                                       \
    }
SCALAR(aa, 0x66014140)
SCALAR(raster_rules, 0x6700a770)
SCALAR(backface_ops, 0x68804002)
SCALAR(backface_masks, 0x6903ffff)
SCALAR(alpha_blend, 0x6ba008a1)
SCALAR(modes_5, 0x6c050000)
SCALAR(modes_4, 0x6db3ffff)
SCALAR(fog_color, 0x75123456)
SCALAR(coord_bindings, 0x76fac688)
SCALAR(scissor_enable, 0x7c800003)
SCALAR(depth_subrect, 0x7c880002)
SCALAR(constants, 0x7d060004, 1, 0x3f800000, 0, 0, 0)
SCALAR(load_indirect, 0x7d070000, 0)
SCALAR(rect, 0x7d800003, 0x40000000, 0, 0x00ff00ff, 0)
SCALAR(scissor_rect, 0x7d810001, 0, 0x00ff00ff)
SCALAR(stipple, 0x7d830000, 0x0001a5a5)
SCALAR(formats, 0x7d850000, 0x10880308)
SCALAR(chroma_key, 0x7d860002, 0x40000000, 0x00000000, 0x00ffffff)
SCALAR(blend_color, 0x7d880000, 0x12345678)
SCALAR(fog_mode, 0x7d890002, 0xbb8ffff0, 0x00010000, 0x00008000)
SCALAR(palette, 0x7d8f0003, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)
SCALAR(depth_offset, 0x7d970000, 0x3f800000)
SCALAR(default_z, 0x7d980000, 0x3f800000)
SCALAR(default_diffuse, 0x7d990000, 0xff00ff00)
SCALAR(default_specular, 0x7d9a0000, 0xff00ff00)
SCALAR(clear_parameters, 0x7d9c0005, 0x00010007, 0, 0, 0xff00ff00, 0x3f800000, 0x55)

static void registers(struct stream *s)
{
    PUT(s, 0x7d040ff7);
    stream_address(s, STREAM_VERTICES, 0, VALIDATOR_READ);
    PUT(s, 0x04040000, 0xffffffff, 0, 0x00902440, 0, 6, 0);
}

static void sequential(struct stream *s)
{
    stream_put_triangle_state(s);
    registers(s);
    PUT(s, 0x7f800003, 0);
}

static void elements(struct stream *s)
{
    stream_put_triangle_state(s);
    registers(s);
    PUT(s, 0x7f820003, 0x00010000, 0x00000002);
}

static void (*const builds[GEN3_COMMAND_COUNT])(struct stream *s) = {
    [GEN3_MI_NOOP] = noop,
    [GEN3_MI_FLUSH] = flush,
    [GEN3_MI_BATCH_BUFFER_END] = end,
    [GEN3_XY_SETUP_BLT] = setup,
    [GEN3_XY_SETUP_CLIP_BLT] = setup_clip,
    [GEN3_XY_SETUP_MONO_PATTERN_SL_BLT] = setup_lines,
    [GEN3_XY_PIXEL_BLT] = pixel,
    [GEN3_XY_SCANLINES_BLT] = scanlines,
    [GEN3_XY_TEXT_BLT] = text,
    [GEN3_XY_TEXT_IMMEDIATE_BLT] = text_immediate,
    [GEN3_COLOR_BLT] = color_blt,
    [GEN3_XY_COLOR_BLT] = build_color_blt,
    [GEN3_XY_PAT_BLT] = pat_blt,
    [GEN3_XY_MONO_PAT_BLT] = mono_pat_blt,
    [GEN3_XY_SRC_COPY_BLT] = build_copy_blt,
    [GEN3_XY_MONO_SRC_COPY_BLT] = mono_src_copy_blt,
    [GEN3_XY_FULL_MONO_PATTERN_BLT] = full_mono_pattern_blt,
    [GEN3_XY_FULL_MONO_PATTERN_MONO_SRC_BLT] = full_mono_pattern_mono_src_blt,
    [GEN3_XY_MONO_SRC_COPY_IMMEDIATE_BLT] = mono_src_copy_immediate,
    [GEN3_3DSTATE_AA] = aa,
    [GEN3_3DSTATE_RASTER_RULES] = raster_rules,
    [GEN3_3DSTATE_BACKFACE_STENCIL_OPS] = backface_ops,
    [GEN3_3DSTATE_BACKFACE_STENCIL_MASKS] = backface_masks,
    [GEN3_3DSTATE_INDEPENDENT_ALPHA_BLEND] = alpha_blend,
    [GEN3_3DSTATE_MODES_5] = modes_5,
    [GEN3_3DSTATE_MODES_4] = modes_4,
    [GEN3_3DSTATE_FOG_COLOR] = fog_color,
    [GEN3_3DSTATE_COORD_SET_BINDINGS] = coord_bindings,
    [GEN3_3DSTATE_SCISSOR_ENABLE] = scissor_enable,
    [GEN3_3DSTATE_DEPTH_SUBRECT_DISABLE] = depth_subrect,
    [GEN3_3DSTATE_MAP_STATE] = build_texture,
    [GEN3_3DSTATE_SAMPLER_STATE] = build_texture,
    [GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1] = registers,
    [GEN3_3DSTATE_PIXEL_SHADER_PROGRAM] = build_texture,
    [GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS] = constants,
    [GEN3_3DSTATE_LOAD_INDIRECT] = load_indirect,
    [GEN3_3DSTATE_DRAW_RECT] = rect,
    [GEN3_3DSTATE_SCISSOR_RECT_0] = scissor_rect,
    [GEN3_3DSTATE_STIPPLE] = stipple,
    [GEN3_3DSTATE_DST_BUF_VARS] = formats,
    [GEN3_3DSTATE_CHROMA_KEY] = chroma_key,
    [GEN3_3DSTATE_CONST_BLEND_COLOR] = blend_color,
    [GEN3_3DSTATE_FOG_MODE] = fog_mode,
    [GEN3_3DSTATE_BUF_INFO] = build_triangle,
    [GEN3_3DSTATE_MAP_PALETTE_LOAD_32] = palette,
    [GEN3_3DSTATE_DEPTH_OFFSET_SCALE] = depth_offset,
    [GEN3_3DSTATE_DEFAULT_Z] = default_z,
    [GEN3_3DSTATE_DEFAULT_DIFFUSE] = default_diffuse,
    [GEN3_3DSTATE_DEFAULT_SPECULAR] = default_specular,
    [GEN3_3DSTATE_CLEAR_PARAMETERS] = clear_parameters,
    [GEN3_3DPRIMITIVE] = build_triangle,
    [GEN3_3DPRIMITIVE_SEQUENTIAL] = sequential,
    [GEN3_3DPRIMITIVE_ELEMENTS] = elements,
};

bool command_sample(enum gen3_command_id id, struct stream *s)
{
    stream_init(s);
    if (builds[id] == NULL) {
        return false;
    }
    builds[id](s);
    return true;
}

bool command_find(const struct stream *s, enum gen3_command_id id, size_t *at, uint32_t *length)
{
    for (size_t i = 0; i < s->count; i += *length) {
        const struct gen3_command *command = gen3_command_find(s->words[i]);

        *length = command != NULL ? gen3_command_length(command, s->words[i]) : 0;
        if (*length == 0) {
            return false;
        }
        if (command->id == id) {
            *at = i;
            return true;
        }
    }
    return false;
}
