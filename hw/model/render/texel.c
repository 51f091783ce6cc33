/* SPDX-License-Identifier: MIT */
/* Texels that share bits with their neighbours: DXT blocks (gen3.md G.1). */
#include "hw/model/render/texture.h"

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
static void dxt_colors(const uint8_t *block, bool three, uint32_t black_alpha, uint32_t texel[16])
{
    const uint32_t bits0 = little_endian(block, 2), bits1 = little_endian(block + 2, 2);
    const uint32_t codes = little_endian(block + 4, 4);
    const struct rgb c0 = from_565(bits0), c1 = from_565(bits1);
    uint32_t color[4] = {argb(&c0, 255), argb(&c1, 255)};
    if (three && bits0 <= bits1) {
        const struct rgb middle = mixed(&c0, 1, &c1, 1);
        color[2] = argb(&middle, 255);
        color[3] = black_alpha << 24;
    } else {
        const struct rgb second = mixed(&c0, 2, &c1, 1), third = mixed(&c0, 1, &c1, 2);
        color[2] = argb(&second, 255);
        color[3] = argb(&third, 255);
    }
    for (unsigned i = 0; i < 16; i++) {
        texel[i] = color[codes >> 2 * i & 3];
    }
}

static void dxt3_alphas(const uint8_t *block, uint32_t texel[16])
{
    for (unsigned i = 0; i < 16; i++) {
        const uint32_t alpha = (uint32_t)(block[i / 2] >> 4 * (i % 2) & 15) * 17;
        texel[i] = (texel[i] & 0xffffff) | alpha << 24;
    }
}

static void dxt5_alphas(const uint8_t *block, uint32_t texel[16])
{
    const uint32_t a0 = block[0], a1 = block[1];
    const uint64_t codes =
        (uint64_t)little_endian(block + 2, 4) | (uint64_t)little_endian(block + 6, 2) << 32;
    uint32_t alpha[8] = {a0, a1};
    for (uint32_t code = 2; code < 8; code++) {
        if (a0 > a1) {
            alpha[code] = (a0 * (8 - code) + a1 * (code - 1) + 3) / 7;
        } else if (code < 6) {
            alpha[code] = (a0 * (6 - code) + a1 * (code - 1) + 2) / 5;
        } else {
            alpha[code] = code == 6 ? 0 : 255;
        }
    }
    for (unsigned i = 0; i < 16; i++) {
        texel[i] = (texel[i] & 0xffffff) | alpha[codes >> 3 * i & 7] << 24;
    }
}

void texel_block(enum block_kind kind, const uint8_t *bytes, unsigned half, uint32_t texel[16])
{
    switch (kind) {
    case BLOCK_DXT1:
    case BLOCK_DXT1_RGB:
        dxt_colors(bytes, true, kind == BLOCK_DXT1 ? 0 : 255, texel);
        break;
    case BLOCK_DXT3:
        dxt_colors(bytes + 8, false, 0, texel);
        dxt3_alphas(bytes, texel);
        break;
    case BLOCK_DXT5:
        dxt_colors(bytes + 8, false, 0, texel);
        dxt5_alphas(bytes, texel);
        break;
    default:
        texel_fxt1(bytes, half, texel);
        break;
    }
}
