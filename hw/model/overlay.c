/* SPDX-License-Identifier: MIT */
#include "hw/model/overlay.h"

#include <stddef.h>
#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

/* Dwords of the block. */
enum {
    OBUF_0Y = 0, /* then 1Y, 0U, 0V, 1U, 1V */
    OSTRIDE = 6,
    DWINPOS = 11,
    DWINSZ = 12,
    SWIDTH = 13,
    SHEIGHT = 15,
    YRGBSCALE = 16,
    UVSCALE = 17,
    OCLRC0 = 18,
    OCLRC1 = 19,
    DCLRKV = 20,
    DCLRKM = 21,
    OCONFIG = 25,
    OCMD = 26,
    UVSCALEV = 41,
};

#define DCLRKM_ENABLE      (1u << 31)
#define OCONFIG_PIPE_B     (1u << 18)
#define OCONFIG_BT709      (1u << 5)
#define OCMD_FORMAT(ocmd)  ((ocmd) >> 10 & 15u)
#define OCMD_ORDER(ocmd)   ((ocmd) >> 14 & 3u)
#define OCMD_SECOND_BUFFER (1u << 2)
#define OCMD_ENABLE        (1u << 0)
#define LOW(word)          ((word)&0xffffu)
#define HIGH(word)         ((word) >> 16)

enum kind { KIND_NONE, KIND_RGB, KIND_PACKED, KIND_PLANAR };

/* By OCMD 13:10. */
static const struct {
    uint8_t kind;
    uint8_t format;                  /* of a plane that looks the same, for RGB */
    uint8_t bytes;                   /* of a pixel, or of the luma plane's */
    uint8_t shift_right, shift_down; /* chroma in luma's pixels */
} kinds[16] = {
    [1] = {KIND_RGB, DSPCNTR_XRGB8888, 4, 0, 0},
    [2] = {KIND_RGB, DSPCNTR_XRGB1555, 2, 0, 0},
    [3] = {KIND_RGB, DSPCNTR_RGB565, 2, 0, 0},
    [8] = {KIND_PACKED, 0, 2, 1, 0},
    [12] = {KIND_PLANAR, 0, 1, 1, 1},
    [13] = {KIND_PLANAR, 0, 1, 1, 0},
    [14] = {KIND_PLANAR, 0, 1, 2, 2},
};

/* Bytes of Y0, Y1, U, V in a pair of packed pixels, by OCMD 15:14. */
static const uint8_t orders[4][4] = {{0, 2, 1, 3}, {0, 2, 3, 1}, {1, 3, 0, 2}, {1, 3, 2, 0}};

void model_overlay_reset(struct model *model)
{
    model->overlay = (struct overlay){0};
}

static bool read_block(struct model *model, uint32_t address, uint32_t *block)
{
    if (!model->chipset->class->needs_physical) {
        return model_memory_read(model->memory, address, block, OVERLAY_DWORDS * 4);
    }
    uint64_t span;
    const void *at = model_memory_bus_at(model->memory, address, &span);
    if (at == NULL || span < OVERLAY_DWORDS * 4) {
        return false;
    }
    memcpy(block, at, OVERLAY_DWORDS * 4);
    return true;
}

void model_overlay_flip(struct model *model, enum overlay_mode mode, uint32_t address)
{
    struct overlay *overlay = &model->overlay;
    uint32_t block[OVERLAY_DWORDS];

    if (mode == OVERLAY_OFF) {
        overlay->on = false;
        return;
    }
    if (mode == OVERLAY_CONTINUE && !overlay->on) {
        return;
    }
    /* Bit 0 asks for the filter's coefficients, of which the model has no use. */
    if (!read_block(model, address & ~(uint32_t)0xfff, block)) {
        model_interrupt_page_fault(model, PGTBL_ER_OVERLAY);
        return;
    }
    memcpy(overlay->block, block, sizeof(block));
    overlay->on = true;
    model_display_raise(model, block[OCONFIG] & OCONFIG_PIPE_B ? 1 : 0, PIPESTAT_OVERLAY);
}

bool overlay_shows(const struct overlay *overlay, unsigned pipe)
{
    return overlay->on && (overlay->block[OCMD] & OCMD_ENABLE) != 0 &&
           pipe == (overlay->block[OCONFIG] & OCONFIG_PIPE_B ? 1u : 0u);
}

bool overlay_has_key(const struct overlay *overlay)
{
    return (overlay->block[DCLRKM] & DCLRKM_ENABLE) != 0;
}

static uint8_t byte_at(struct model_memory *memory, uint64_t address)
{
    uint64_t span;
    const uint8_t *at = model_memory_fenced_at(memory, address, 1, &span);

    return at != NULL ? *at : 0;
}

/* Source pixels in a row and rows, each 12 bits of fraction. */
struct steps {
    uint32_t right, down;
};

static struct steps steps_of(const uint32_t *block)
{
    return (struct steps){
        .right = (block[YRGBSCALE] >> 16 & 7u) << 12 | (block[YRGBSCALE] >> 3 & 0xfffu),
        .down = (HIGH(block[UVSCALEV]) & 0x7ffu) << 12 | block[YRGBSCALE] >> 20,
    };
}

static uint16_t limit(int32_t value)
{
    value = value < 0 ? 0 : value > 255 ? 255 : value;
    return (uint16_t)(value << 2 | value >> 6);
}

/*
 * Contrast (64 is one) and brightness make the full range of the video's, saturation (128 is one)
 * of its colours; then the matrix of BT.601 or BT.709, in 1024ths.
 */
static struct layer_pixel to_rgb(const uint32_t *block, int32_t y, int32_t u, int32_t v)
{
    static const int16_t matrices[2][4] = {{1436, 352, 731, 1815}, {1613, 192, 479, 1900}};
    const int16_t *m = matrices[block[OCONFIG] & OCONFIG_BT709 ? 1 : 0];
    int32_t contrast = (int32_t)(block[OCLRC0] >> 18 & 0x1ffu);
    int32_t brightness = (int8_t)(block[OCLRC0] & 0xffu);
    int32_t saturation = (int32_t)(block[OCLRC1] & 0x3ffu);

    y = y * contrast / 64 + brightness;
    u = (u - 128) * saturation / 128;
    v = (v - 128) * saturation / 128;
    return (struct layer_pixel){{
        limit(y + m[0] * v / 1024),
        limit(y - (m[1] * u + m[2] * v) / 1024),
        limit(y + m[3] * u / 1024),
    }};
}

static struct layer_pixel packed_pixel(struct model_memory *memory, const uint32_t *block,
                                       uint64_t line, uint32_t x)
{
    const uint8_t *order = orders[OCMD_ORDER(block[OCMD])];
    uint64_t pair = line + x / 2 * 4;

    return to_rgb(block, byte_at(memory, pair + order[x % 2]), byte_at(memory, pair + order[2]),
                  byte_at(memory, pair + order[3]));
}

static struct layer_pixel planar_pixel(struct model_memory *memory, const uint32_t *block,
                                       unsigned second, uint32_t x, uint32_t y)
{
    unsigned kind = OCMD_FORMAT(block[OCMD]);
    uint64_t luma = (uint64_t)block[OBUF_0Y + second] + (uint64_t)y * LOW(block[OSTRIDE]) + x;
    uint64_t chroma = (uint64_t)(y >> kinds[kind].shift_down) * HIGH(block[OSTRIDE]) +
                      (x >> kinds[kind].shift_right);
    uint32_t u = block[second != 0 ? 4 : 2];
    uint32_t v = block[second != 0 ? 5 : 3];

    return to_rgb(block, byte_at(memory, luma), byte_at(memory, u + chroma),
                  byte_at(memory, v + chroma));
}

static bool is_key(const uint32_t *block, const struct layer_pixel *pixel)
{
    uint32_t colour = (uint32_t)(pixel->channel[0] >> 2) << 16 |
                      (uint32_t)(pixel->channel[1] >> 2) << 8 | pixel->channel[2] >> 2;

    return ((colour ^ block[DCLRKV]) & ~block[DCLRKM] & 0xffffffu) == 0;
}

static uint32_t clamp_to(uint64_t value, uint32_t size)
{
    return value < size ? (uint32_t)value : size - 1;
}

void overlay_draw(struct model_memory *memory, const struct overlay *overlay,
                  const struct layer_pixel *below, uint32_t y, struct layer_pixel *row,
                  uint32_t width)
{
    const uint32_t *block = overlay->block;
    unsigned kind = OCMD_FORMAT(block[OCMD]);
    unsigned second = block[OCMD] & OCMD_SECOND_BUFFER ? 1 : 0;
    uint32_t left = LOW(block[DWINPOS]), top = HIGH(block[DWINPOS]);
    uint32_t source_width = LOW(block[SWIDTH]), source_height = LOW(block[SHEIGHT]);
    struct steps steps = steps_of(block);

    if (y - top >= HIGH(block[DWINSZ]) || source_width == 0 || source_height == 0 ||
        kinds[kind].kind == KIND_NONE) {
        return;
    }
    uint32_t sy = clamp_to((uint64_t)(y - top) * steps.down >> 12, source_height);
    uint64_t line = (uint64_t)block[OBUF_0Y + second] + (uint64_t)sy * LOW(block[OSTRIDE]);
    for (uint32_t x = left; x < width && x - left < LOW(block[DWINSZ]); x++) {
        uint32_t sx = clamp_to((uint64_t)(x - left) * steps.right >> 12, source_width);
        if (overlay_has_key(overlay) && !is_key(block, &below[x])) {
            continue;
        }
        switch (kinds[kind].kind) {
        case KIND_RGB:
            row[x] = layer_fetch_pixel(memory, kinds[kind].format,
                                       line + (uint64_t)sx * kinds[kind].bytes);
            break;
        case KIND_PACKED:
            row[x] = packed_pixel(memory, block, line, sx);
            break;
        default:
            row[x] = planar_pixel(memory, block, second, sx, sy);
            break;
        }
    }
}
