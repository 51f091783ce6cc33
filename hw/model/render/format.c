/* SPDX-License-Identifier: MIT */
/* Texel formats (gen3.md G.1): how bits become four channels. */
#include "hw/model/render/format.h"

#include <math.h>
#include <stddef.h>

#define ONE 255 /* as a width: the channel is constant one; 0: constant zero */

/* Bits of one channel; negative: signed. */
struct field {
    uint8_t shift;
    int16_t width;
};

/* MS3 9:3: surface type << 4 | format. */
struct texel_format {
    uint8_t code;
    uint8_t raw, bytes, column_shift, row_shift;
    uint8_t expansion; /* of what fits in ARGB8888 */
    uint8_t block;
    bool wide;
    struct field field[4]; /* r g b a, when wide */
};

#define BYTES(code, raw, bytes, expansion)                                                         \
    {                                                                                              \
        code, raw, bytes, 0, 0, expansion, 0, false,                                               \
        {                                                                                          \
            {                                                                                      \
                0, 0                                                                               \
            }                                                                                      \
        }                                                                                          \
    }
#define PART(code, raw, shift, expansion)                                                          \
    {                                                                                              \
        code, raw, 1, shift, 0, expansion, 0, false,                                               \
        {                                                                                          \
            {                                                                                      \
                0, 0                                                                               \
            }                                                                                      \
        }                                                                                          \
    }
#define BLOCK(code, bytes, column_shift, block)                                                    \
    {                                                                                              \
        code, RAW_BLOCK, bytes, column_shift, 2, EXPAND_NONE, block, false,                        \
        {                                                                                          \
            {                                                                                      \
                0, 0                                                                               \
            }                                                                                      \
        }                                                                                          \
    }
#define WIDE(code, raw, bytes, ...)                                                                \
    {                                                                                              \
        code, raw, bytes, 0, 0, EXPAND_NONE, 0, true,                                              \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const struct texel_format formats[] = {
    BYTES(0x10, RAW_8, 1, EXPAND_I8),
    BYTES(0x11, RAW_8, 1, EXPAND_L8),
    BYTES(0x12, RAW_8, 1, EXPAND_A4P4),
    BYTES(0x13, RAW_8, 1, EXPAND_P4A4),
    BYTES(0x14, RAW_8, 1, EXPAND_A8),
    PART(0x15, RAW_1, 3, EXPAND_MONO),
    BYTES(0x20, RAW_16, 2, EXPAND_565),
    BYTES(0x21, RAW_16, 2, EXPAND_1555),
    BYTES(0x22, RAW_16, 2, EXPAND_4444),
    BYTES(0x23, RAW_16, 2, EXPAND_AL88),
    WIDE(0x25, RAW_16, 2, {0, -8}, {8, -8}, {0, ONE}, {0, ONE}),
    WIDE(0x26, RAW_16, 2, {0, -5}, {5, -5}, {10, 6}, {0, ONE}),
    WIDE(0x27, RAW_16, 2, {0, 16}, {0, 16}, {0, 16}, {0, 16}),
    WIDE(0x28, RAW_16, 2, {0, 16}, {0, 16}, {0, 16}, {0, ONE}),
    WIDE(0x29, RAW_16, 2, {0, 0}, {0, 0}, {0, 0}, {0, 16}),
    BYTES(0x30, RAW_32, 4, EXPAND_NONE),
    BYTES(0x31, RAW_32, 4, EXPAND_SWAPPED),
    BYTES(0x32, RAW_32, 4, EXPAND_OPAQUE),
    BYTES(0x33, RAW_32, 4, EXPAND_SWAPPED_OPAQUE),
    WIDE(0x34, RAW_32, 4, {0, -8}, {8, -8}, {16, -8}, {24, -8}),
    WIDE(0x35, RAW_32, 4, {0, -8}, {8, -8}, {0, ONE}, {24, 8}),
    WIDE(0x36, RAW_32, 4, {0, -8}, {8, -8}, {24, 8}, {0, ONE}),
    WIDE(0x37, RAW_32, 4, {0, -8}, {8, -8}, {16, 8}, {0, ONE}),
    WIDE(0x38, RAW_32, 4, {20, 10}, {10, 10}, {0, 10}, {30, 2}),
    WIDE(0x39, RAW_32, 4, {0, 10}, {10, 10}, {20, 10}, {30, 2}),
    WIDE(0x3a, RAW_32, 4, {0, -10}, {10, -10}, {20, -10}, {30, 2}),
    WIDE(0x3b, RAW_32, 4, {0, 16}, {16, 16}, {0, ONE}, {0, ONE}),
    WIDE(0x3c, RAW_32, 4, {0, -16}, {16, -16}, {0, ONE}, {0, ONE}),
    WIDE(0x3d, RAW_32, 4, {0, 24}, {0, 24}, {0, 24}, {0, 24}),
    WIDE(0x3e, RAW_32, 4, {0, 24}, {0, 24}, {0, 24}, {0, ONE}),
    WIDE(0x3f, RAW_32, 4, {0, 0}, {0, 0}, {0, 0}, {0, 24}),
    BYTES(0x50, RAW_422, 2, EXPAND_YUV),
    BYTES(0x51, RAW_422, 2, EXPAND_YUV),
    BYTES(0x52, RAW_422, 2, EXPAND_YUV),
    BYTES(0x53, RAW_422, 2, EXPAND_YUV),
    BLOCK(0x60, 8, 2, BLOCK_DXT1),
    BLOCK(0x61, 16, 2, BLOCK_DXT3),
    BLOCK(0x62, 16, 2, BLOCK_DXT5),
    BLOCK(0x63, 16, 3, BLOCK_FXT1),
    BLOCK(0x64, 8, 2, BLOCK_DXT1_RGB),
    PART(0x77, RAW_4, 1, EXPAND_P4),
};

static const struct field argb8888[4] = {{16, 8}, {8, 8}, {0, 8}, {24, 8}};

static const struct texel_format *find_format(uint32_t code)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].code == code) {
            return &formats[i];
        }
    }
    return NULL;
}

static void set_channel(struct texel_channel *channel, const struct field *field)
{
    const bool is_signed = field->width < 0;
    const unsigned width = (unsigned)(is_signed ? -field->width : field->width);
    *channel = (struct texel_channel){.is_signed = is_signed};
    if (width == 0 || width == ONE) {
        channel->add = width == ONE ? 1.0f : 0.0f;
        return;
    }
    /* the most negative number means the same as the one after it */
    const int32_t greatest = (int32_t)((UINT32_C(1) << (width - (is_signed ? 1 : 0))) - 1);
    channel->present = true;
    channel->left = (uint8_t)(32 - field->shift - width);
    channel->right = (uint8_t)(32 - width);
    channel->lowest = is_signed ? -greatest : 0;
    channel->scale = 1.0f / (float)greatest;
}

bool format_set(struct texture *t, uint32_t code, bool convert_yuv)
{
    const struct texel_format *format = find_format(code);
    if (format == NULL) {
        return false;
    }
    t->raw = format->raw;
    t->bytes = format->bytes;
    t->column_shift = format->column_shift;
    t->row_shift = format->row_shift;
    t->block = format->block;
    t->expansion = format->expansion == EXPAND_YUV && convert_yuv ? EXPAND_RGB : format->expansion;
    t->yuv_order = code & 3;
    t->wide = format->wide;
    for (unsigned c = 0; c < 4; c++) {
        set_channel(&t->channel[c], format->wide ? &format->field[c] : &argb8888[c]);
    }
    t->shadow_source = t->channel[0].present ? 0 : 3;
    return true;
}

void format_srgb(float curve[256])
{
    for (int i = 0; i < 256; i++) {
        const double c = i / 255.0;
        curve[i] = (float)(c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
}
