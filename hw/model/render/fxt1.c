/* SPDX-License-Identifier: MIT */
/*
 * FXT1: 128 bits for 8 x 4 texels, in one of four modes that the last three bits choose
 * (GL_3DFX_texture_compression_FXT1). Colours are 5:5:5, blue in the low bits, but where green
 * takes a sixth bit from elsewhere.
 */
#include "hw/model/render/texture.h"

struct bits {
    uint64_t low, high;
};

struct color {
    uint32_t c[4]; /* b g r a, 8 bits each */
};

static uint32_t take(const struct bits *bits, unsigned at, unsigned count)
{
    uint64_t value = at >= 64 ? bits->high >> (at - 64) : bits->low >> at;

    if (at < 64 && at + count > 64) {
        value |= bits->high << (64 - at);
    }
    return (uint32_t)value & ((1u << count) - 1);
}

static uint32_t scale5(uint32_t value)
{
    return (value * 255 + 15) / 31;
}

static uint32_t scale6(uint32_t value)
{
    return (value * 255 + 31) / 63;
}

static struct color color_at(const struct bits *bits, unsigned at)
{
    return (struct color){{scale5(take(bits, at, 5)), scale5(take(bits, at + 5, 5)),
                           scale5(take(bits, at + 10, 5)), 255}};
}

static struct color color6_at(const struct bits *bits, unsigned at, uint32_t green_low)
{
    struct color color = color_at(bits, at);
    color.c[1] = scale6(take(bits, at + 5, 5) << 1 | green_low);
    return color;
}

/* The weight of b in n-ths, rounded when 'half' is n / 2. */
static struct color between(const struct color *a, const struct color *b, uint32_t weight,
                            uint32_t n, uint32_t half)
{
    struct color color;

    for (unsigned i = 0; i < 4; i++) {
        color.c[i] = ((n - weight) * a->c[i] + weight * b->c[i] + half) / n;
    }
    return color;
}

static const struct color clear = {{0, 0, 0, 0}};

/* Two colours and five between them, and transparent black. Returns bits per selector. */
static void mode_high(const struct bits *bits, struct color color[8])
{
    const struct color a = color_at(bits, 96), b = color_at(bits, 111);

    for (uint32_t i = 0; i < 7; i++) {
        color[i] = between(&a, &b, i, 6, 3);
    }
    color[7] = clear;
}

static void mode_chroma(const struct bits *bits, struct color color[8])
{
    for (unsigned i = 0; i < 4; i++) {
        color[i] = color_at(bits, 64 + 15 * i);
    }
}

/* Each half has two colours of its own, and two or one between them. */
static void mode_mixed(const struct bits *bits, unsigned half, struct color color[8])
{
    const uint32_t low = take(bits, 125 + half, 1);
    const uint32_t select = take(bits, 1 + 32 * half, 1);
    const unsigned at = 64 + 30 * half;
    const struct color b = color6_at(bits, at + 15, low);

    if (take(bits, 124, 1)) {
        const struct color a = color_at(bits, at);

        color[0] = a;
        color[1] = between(&a, &b, 1, 2, 0);
        color[2] = b;
        color[3] = clear;
    } else {
        const struct color a = color6_at(bits, at, low ^ select);

        for (uint32_t i = 0; i < 4; i++) {
            color[i] = between(&a, &b, i, 3, 1);
        }
    }
}

/* Three colours with alpha: one per choice, or mixed from one per half and one for both. */
static void mode_alpha(const struct bits *bits, unsigned half, struct color color[8])
{
    struct color stored[3];

    for (unsigned i = 0; i < 3; i++) {
        stored[i] = color_at(bits, 64 + 15 * i);
        stored[i].c[3] = scale5(take(bits, 109 + 5 * i, 5));
    }
    if (take(bits, 124, 1)) {
        for (uint32_t i = 0; i < 4; i++) {
            color[i] = between(&stored[half ? 2 : 0], &stored[1], i, 3, 1);
        }
    } else {
        for (unsigned i = 0; i < 3; i++) {
            color[i] = stored[i];
        }
        color[3] = clear;
    }
}

void texel_fxt1(const uint8_t *bytes, unsigned half, uint32_t texel[16])
{
    struct bits bits = {0, 0};
    struct color color[8];
    unsigned width = 2;

    for (unsigned i = 0; i < 8; i++) {
        bits.low |= (uint64_t)bytes[i] << 8 * i;
        bits.high |= (uint64_t)bytes[8 + i] << 8 * i;
    }
    const uint32_t mode = take(&bits, 125, 3);

    if (mode >= 4) {
        mode_mixed(&bits, half, color);
    } else if (mode == 3) {
        mode_alpha(&bits, half, color);
    } else if (mode == 2) {
        mode_chroma(&bits, color);
    } else {
        mode_high(&bits, color);
        width = 3;
    }
    for (unsigned i = 0; i < 16; i++) {
        const struct color *c = &color[take(&bits, (16 * half + i) * width, width)];
        texel[i] = c->c[3] << 24 | c->c[2] << 16 | c->c[1] << 8 | c->c[0];
    }
}
