/* SPDX-License-Identifier: MIT */
/* Texels that share bits with their neighbours: DXT blocks and 4:2:2 pairs (gen3.md G.1). */
#include "hw/model/render/internal.h"

static uint32_t expand5(uint32_t value)
{
    return value << 3 | value >> 2;
}

static uint32_t expand6(uint32_t value)
{
    return value << 2 | value >> 4;
}

struct rgb {
    uint32_t c[3];
};

static struct rgb from_565(uint32_t bits)
{
    return (struct rgb){{expand5(bits >> 11 & 31), expand6(bits >> 5 & 63), expand5(bits & 31)}};
}

/* (a * wa + b * wb) / (wa + wb), rounded */
static struct rgb mixed(const struct rgb *a, uint32_t wa, const struct rgb *b, uint32_t wb)
{
    const uint32_t sum = wa + wb;
    struct rgb result;
    for (unsigned i = 0; i < 3; i++) {
        result.c[i] = (a->c[i] * wa + b->c[i] * wb + sum / 2) / sum;
    }
    return result;
}

static uint32_t argb(const struct rgb *rgb, uint32_t alpha)
{
    return alpha << 24 | rgb->c[0] << 16 | rgb->c[1] << 8 | rgb->c[2];
}

static uint32_t little_endian(const uint8_t *bytes, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        value |= (uint32_t)bytes[i] << 8 * i;
    }
    return value;
}

/* 'three': a block whose first colour is not the greater has three colours and a black one. */
static uint32_t dxt_color(const uint8_t *block, unsigned index, bool three, uint32_t black_alpha)
{
    const uint32_t bits0 = little_endian(block, 2), bits1 = little_endian(block + 2, 2);
    const struct rgb c0 = from_565(bits0), c1 = from_565(bits1);
    const unsigned code = little_endian(block + 4, 4) >> 2 * index & 3;
    struct rgb middle;
    if (code < 2) {
        return argb(code == 0 ? &c0 : &c1, 255);
    }
    if (three && bits0 <= bits1) {
        if (code == 3) {
            return black_alpha << 24;
        }
        middle = mixed(&c0, 1, &c1, 1);
    } else {
        middle = code == 2 ? mixed(&c0, 2, &c1, 1) : mixed(&c0, 1, &c1, 2);
    }
    return argb(&middle, 255);
}

static uint32_t dxt5_alpha(const uint8_t *block, unsigned index)
{
    const uint32_t a0 = block[0], a1 = block[1];
    const uint64_t codes =
        (uint64_t)little_endian(block + 2, 4) | (uint64_t)little_endian(block + 6, 2) << 32;
    const uint32_t code = (uint32_t)(codes >> 3 * index & 7);
    if (code < 2) {
        return code == 0 ? a0 : a1;
    }
    if (a0 > a1) {
        return (a0 * (8 - code) + a1 * (code - 1) + 3) / 7;
    }
    if (code >= 6) {
        return code == 6 ? 0 : 255;
    }
    return (a0 * (6 - code) + a1 * (code - 1) + 2) / 5;
}

uint32_t texel_dxt(enum raw_kind kind, const uint8_t *block, unsigned x, unsigned y)
{
    const unsigned index = 4 * y + x;
    switch (kind) {
    case RAW_DXT1:
        return dxt_color(block, index, true, 0);
    case RAW_DXT1_RGB:
        return dxt_color(block, index, true, 255);
    case RAW_DXT3: {
        const uint32_t alpha = (uint32_t)(block[index / 2] >> 4 * (index % 2) & 15) * 17;
        return (dxt_color(block + 8, index, false, 0) & 0xffffff) | alpha << 24;
    }
    default:
        return (dxt_color(block + 8, index, false, 0) & 0xffffff) | dxt5_alpha(block, index) << 24;
    }
}

static uint32_t to_byte(float value)
{
    return value <= 0.0f ? 0 : value >= 1.0f ? 255 : (uint32_t)(value * 255.0f + 0.5f);
}

/* Two texels in four bytes; studio-range BT.601. */
uint32_t texel_422(unsigned order, const uint8_t *pair, unsigned x)
{
    static const struct {
        uint8_t y, u, v; /* y: of the left texel, the other is 2 further */
    } places[4] = {{1, 0, 2}, {0, 1, 3}, {0, 3, 1}, {1, 2, 0}};
    const float y = (float)pair[places[order].y + 2 * (x & 1)] / 255.0f - 0.0625f;
    const float u = (float)pair[places[order].u] / 255.0f - 0.5f;
    const float v = (float)pair[places[order].v] / 255.0f - 0.5f;
    const uint32_t r = to_byte(1.1643f * y + 1.5958f * v);
    const uint32_t g = to_byte(1.1643f * y - 0.39173f * u - 0.8129f * v);
    const uint32_t b = to_byte(1.1643f * y + 2.017f * u);
    return 0xff000000 | r << 16 | g << 8 | b;
}
