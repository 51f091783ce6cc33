/* SPDX-License-Identifier: MIT */
#include "tests/render/sampler_reference.h"

#include <math.h>
#include <string.h>

#include "hw/model/render/texture.h"

#define NEAR 2e-3 /* of a texel */

bool reference_block(uint32_t code, uint32_t *bytes, uint32_t *width, uint32_t *height)
{
    *width = *height = 1;
    *bytes = code >> 4 == 1 ? 1 : code >> 4 == 3 ? 4 : 2;
    if (code >> 4 == 6) {
        *bytes = code == 0x60 || code == 0x64 ? 8 : 16;
        *width = code == 0x63 ? 8 : 4;
        *height = 4;
    } else if (code == 0x15 || code == 0x77) {
        *bytes = 1;
        *width = code == 0x15 ? 8 : 2;
    }
    static const uint8_t known[] = {
        0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20, 0x21, 0x22, 0x23, 0x25, 0x26, 0x27, 0x28,
        0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c,
        0x3d, 0x3e, 0x3f, 0x50, 0x51, 0x52, 0x53, 0x60, 0x61, 0x62, 0x63, 0x64, 0x77};
    return memchr(known, (int)code, sizeof(known)) != NULL;
}

static double part(uint32_t bits, unsigned shift, unsigned width)
{
    return (double)(bits >> shift & ((1u << width) - 1)) / ((1u << width) - 1);
}

static double part_signed(uint32_t bits, unsigned shift, unsigned width)
{
    int32_t value = (int32_t)(bits >> shift & ((1u << width) - 1));
    const int32_t top = 1 << (width - 1);
    value = value >= top ? value - 2 * top : value;
    return value == -top ? -1.0 : (double)value / (top - 1);
}

static void set(double rgba[4], double r, double g, double b, double a)
{
    rgba[0] = r;
    rgba[1] = g;
    rgba[2] = b;
    rgba[3] = a;
}

static void from_argb(uint32_t argb, double rgba[4])
{
    set(rgba, part(argb, 16, 8), part(argb, 8, 8), part(argb, 0, 8), part(argb, 24, 8));
}

static void decode_8(const struct reference *ref, uint32_t bits, double rgba[4])
{
    const double v = part(bits, 0, 8);
    switch (ref->code) {
    case 0x10:
        set(rgba, v, v, v, v);
        break;
    case 0x11:
        set(rgba, v, v, v, 1);
        break;
    case 0x14:
        set(rgba, 0, 0, 0, v);
        break;
    default:
        from_argb(ref->palette[ref->code == 0x12 ? bits & 15 : bits >> 4 & 15], rgba);
        rgba[3] = ref->code == 0x12 ? part(bits, 4, 4) : part(bits, 0, 4);
        break;
    }
}

static void decode_16(uint32_t code, uint32_t b, double rgba[4])
{
    const double d = part(b, 0, 16), l = part(b, 0, 8);
    switch (code) {
    case 0x20:
        set(rgba, part(b, 11, 5), part(b, 5, 6), part(b, 0, 5), 1);
        break;
    case 0x21:
        set(rgba, part(b, 10, 5), part(b, 5, 5), part(b, 0, 5), part(b, 15, 1));
        break;
    case 0x22:
        set(rgba, part(b, 8, 4), part(b, 4, 4), part(b, 0, 4), part(b, 12, 4));
        break;
    case 0x23:
        set(rgba, l, l, l, part(b, 8, 8));
        break;
    case 0x25:
        set(rgba, part_signed(b, 0, 8), part_signed(b, 8, 8), 1, 1);
        break;
    case 0x26:
        set(rgba, part_signed(b, 0, 5), part_signed(b, 5, 5), part(b, 10, 6), 1);
        break;
    case 0x29:
        set(rgba, 0, 0, 0, d);
        break;
    default:
        set(rgba, d, d, d, code == 0x27 ? d : 1);
        break;
    }
}

static void decode_32(uint32_t code, uint32_t b, double rgba[4])
{
    const double u = part_signed(b, 0, 8), v = part_signed(b, 8, 8);
    const double d = (b & 0xffffff) / 16777215.0;
    switch (code) {
    case 0x31:
    case 0x33:
        set(rgba, part(b, 0, 8), part(b, 8, 8), part(b, 16, 8), code == 0x33 ? 1 : part(b, 24, 8));
        break;
    case 0x34:
        set(rgba, u, v, part_signed(b, 16, 8), part_signed(b, 24, 8));
        break;
    case 0x35:
        set(rgba, u, v, 1, part(b, 24, 8));
        break;
    case 0x36:
        set(rgba, u, v, part(b, 24, 8), 1);
        break;
    case 0x37:
        set(rgba, u, v, part(b, 16, 8), 1);
        break;
    case 0x38:
        set(rgba, part(b, 20, 10), part(b, 10, 10), part(b, 0, 10), part(b, 30, 2));
        break;
    case 0x39:
        set(rgba, part(b, 0, 10), part(b, 10, 10), part(b, 20, 10), part(b, 30, 2));
        break;
    case 0x3a:
        set(rgba, part_signed(b, 0, 10), part_signed(b, 10, 10), part_signed(b, 20, 10),
            part(b, 30, 2));
        break;
    case 0x3b:
        set(rgba, part(b, 0, 16), part(b, 16, 16), 1, 1);
        break;
    case 0x3c:
        set(rgba, part_signed(b, 0, 16), part_signed(b, 16, 16), 1, 1);
        break;
    case 0x3d:
    case 0x3e:
        set(rgba, d, d, d, code == 0x3d ? d : 1);
        break;
    case 0x3f:
        set(rgba, 0, 0, 0, d);
        break;
    default:
        from_argb(b, rgba);
        rgba[3] = code == 0x32 ? 1 : rgba[3];
        break;
    }
}

static double limited(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* The order of the bytes is the name's: UYVY, YUYV, YVYU, VYUY. */
static void decode_422(const struct reference *ref, const uint8_t *pair, unsigned right,
                       double rgba[4])
{
    static const char orders[4][5] = {"UYVY", "YUYV", "YVYU", "VYUY"};
    const char *order = orders[ref->code & 3];
    double y = 0, u = 0, v = 0;
    unsigned seen = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (order[i] == 'Y') {
            y = seen++ == right ? pair[i] : y;
        } else {
            *(order[i] == 'U' ? &u : &v) = pair[i];
        }
    }
    if (!ref->convert_yuv) {
        set(rgba, v / 255, y / 255, u / 255, 1);
        return;
    }
    y = 1.1643 * (y - 16) / 255;
    u = (u - 128) / 255;
    v = (v - 128) / 255;
    set(rgba, limited(y + 1.5958 * v), limited(y - 0.39173 * u - 0.8129 * v),
        limited(y + 2.017 * u), 1);
}

static double color_565(uint32_t bits, unsigned channel)
{
    return channel == 0 ? part(bits, 11, 5) : channel == 1 ? part(bits, 5, 6) : part(bits, 0, 5);
}

static void decode_dxt(uint32_t code, const uint8_t *block, unsigned x, unsigned y, double rgba[4])
{
    const uint8_t *color = block + (code == 0x61 || code == 0x62 ? 8 : 0);
    const uint32_t c0 = color[0] | (uint32_t)color[1] << 8;
    const uint32_t c1 = color[2] | (uint32_t)color[3] << 8;
    const unsigned choice = color[4 + y] >> 2 * x & 3;
    const bool four = color != block || c0 > c1;
    static const double weights[2][4] = {{0, 1, 0.5, 0}, {0, 1, 1 / 3.0, 2 / 3.0}};
    rgba[3] = 1;
    for (unsigned c = 0; c < 3; c++) {
        const double w = weights[four][choice];
        rgba[c] = (1 - w) * color_565(c0, c) + w * color_565(c1, c);
    }
    if (!four && choice == 3) {
        set(rgba, 0, 0, 0, code == 0x64 ? 1 : 0);
    }
    if (code == 0x61) {
        rgba[3] = (block[2 * y + x / 2] >> 4 * (x & 1) & 15) / 15.0;
    } else if (code == 0x62) {
        uint64_t bits = 0;
        memcpy(&bits, block + 2, 6);
        const unsigned k = bits >> 3 * (4 * y + x) & 7;
        const double a0 = block[0] / 255.0, a1 = block[1] / 255.0;
        rgba[3] = k == 0                ? a0
                  : k == 1              ? a1
                  : block[0] > block[1] ? (a0 * (8 - k) + a1 * (k - 1)) / 7
                  : k == 6              ? 0
                  : k == 7              ? 1
                                        : (a0 * (6 - k) + a1 * (k - 1)) / 5;
    }
}

static void decode(const struct reference *ref, unsigned x, unsigned y, uint32_t ox, uint32_t oy,
                   double rgba[4])
{
    uint32_t bytes, width, height;
    (void)reference_block(ref->code, &bytes, &width, &height);
    uint8_t block[16] = {0};
    uint32_t column = ox + x / width;
    unsigned count = bytes;
    const unsigned right = column & 1;
    if (ref->code >> 4 == 5) {
        column -= right;
        count = 4;
    }
    for (unsigned i = 0; i < count; i++) {
        block[i] = ref->memory[gen3_tile_offset(ref->tiling, ref->pitch, column * bytes + i,
                                                oy + y / height)];
    }
    uint32_t bits, texel[16];
    memcpy(&bits, block, sizeof(bits));
    switch (ref->code >> 4) {
    case 1:
        if (ref->code == 0x15) {
            const double set_bit = bits >> (7 - (x & 7)) & 1;
            set(rgba, set_bit, set_bit, set_bit, set_bit);
        } else {
            decode_8(ref, bits, rgba);
        }
        break;
    case 2:
        decode_16(ref->code, bits, rgba);
        break;
    case 3:
        decode_32(ref->code, bits, rgba);
        break;
    case 5:
        decode_422(ref, block, right, rgba);
        break;
    case 6:
        if (ref->code == 0x63) { /* fxt1_test.c is about these */
            texel_fxt1(block, x >> 2 & 1, texel);
            from_argb(texel[4 * (y & 3) + (x & 3)], rgba);
        } else {
            decode_dxt(ref->code, block, x & 3, y & 3, rgba);
        }
        break;
    default:
        from_argb(ref->palette[bits >> 4 * (x & 1) & 15], rgba);
        break;
    }
    for (unsigned c = 0; ref->gamma && c < 3; c++) {
        rgba[c] = rgba[c] <= 0.04045 ? rgba[c] / 12.92 : pow((rgba[c] + 0.055) / 1.055, 2.4);
    }
}

static bool holds(unsigned func, double a, double b)
{
    const bool results[8] = {true, false, a<b, a == b, a <= b, a> b, a != b, a >= b};
    return results[func];
}

/* Index of the texel, or outside. */
static int find(unsigned mode, int i, int size, bool *outside)
{
    switch (mode) {
    case MODE_WRAP:
        return ((i % size) + size) % size;
    case MODE_MIRROR: {
        const int twice = ((i % (2 * size)) + 2 * size) % (2 * size);
        return twice < size ? twice : 2 * size - 1 - twice;
    }
    case MODE_ONCE:
        i = i < 0 ? -1 - i : i;
        break;
    case MODE_BORDER:
        *outside |= i < 0 || i >= size;
        break;
    default:
        break;
    }
    return i < 0 ? 0 : i >= size ? size - 1 : i;
}

static const struct {
    double major[3], s[3], t[3];
} axes[6] = {
    {{1, 0, 0}, {0, 0, -1}, {0, -1, 0}}, {{-1, 0, 0}, {0, 0, 1}, {0, -1, 0}},
    {{0, 1, 0}, {1, 0, 0}, {0, 0, 1}},   {{0, -1, 0}, {1, 0, 0}, {0, 0, -1}},
    {{0, 0, 1}, {1, 0, 0}, {0, -1, 0}},  {{0, 0, -1}, {-1, 0, 0}, {0, -1, 0}},
};

static double along(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The face and the place on it, 0 to 1; false near an edge between faces. */
static bool find_face(const double d[3], unsigned *face, double *s, double *t)
{
    double most = -1, second = -1;
    for (unsigned f = 0; f < 6; f++) {
        const double m = along(d, axes[f].major);
        if (m > most) {
            second = most;
            most = m;
            *face = f;
        } else if (m > second) {
            second = m;
        }
    }
    *s = along(d, axes[*face].s) / most * 0.5 + 0.5;
    *t = along(d, axes[*face].t) / most * 0.5 + 0.5;
    return second < most * 0.9999;
}

struct level_place {
    unsigned level, slice;
    int width, height;
};

static void take(const struct reference *ref, const struct level_place *at, int x, int y,
                 bool outside, double reference, double rgba[4])
{
    struct level_place place = *at;
    if (ref->mode[0] == MODE_CUBE && ref->layout.cube && ref->linear) {
        const int size = place.width;
        const bool off_x = x < 0 || x >= size, off_y = y < 0 || y >= size;
        y = off_x && y < 0 ? 0 : off_x && y >= size ? size - 1 : y;
        if (off_x || off_y) {
            double d[3], s, t;
            for (unsigned i = 0; i < 3; i++) {
                d[i] = axes[place.slice].major[i] +
                       ((2 * x + 1.0) / size - 1) * axes[place.slice].s[i] +
                       ((2 * y + 1.0) / size - 1) * axes[place.slice].t[i];
            }
            (void)find_face(d, &place.slice, &s, &t);
            x = (int)floor(s * size);
            y = (int)floor(t * size);
        }
    }
    x = find(ref->mode[0], x, place.width, &outside);
    y = find(ref->mode[1], y, place.height, &outside);
    outside |= ref->layout.cube && (ref->missing_faces >> place.slice & 1);
    uint32_t ox = 0, oy = 0;
    (void)gen3_texture_image(&ref->layout, ref->pitch, place.level, place.slice, &ox, &oy);
    decode(ref, (unsigned)x, (unsigned)y, ox, oy, rgba);
    if (outside) {
        from_argb(ref->border, rgba);
    }
    if (ref->shadow) {
        const bool only_alpha = ref->code == 0x29 || ref->code == 0x3f;
        const bool opaque = ref->code == 0x28 || ref->code == 0x3e;
        const double lit = holds(ref->shadow_func, rgba[only_alpha ? 3 : 0], reference) ? 0 : 1;
        for (unsigned c = 0; c < 4; c++) {
            if (c < 3 ? !only_alpha : !opaque) {
                rgba[c] = lit;
            }
        }
    }
}

static double shift_for(unsigned mode, double u)
{
    return mode == MODE_ONCE                         ? fmin(fabs(u), 1.0)
           : mode == MODE_CLAMP || mode == MODE_CUBE ? limited(u)
                                                     : u;
}

static bool filter(const struct reference *ref, const struct level_place *place, double s, double t,
                   bool outside, double reference, double rgba[4])
{
    double u = shift_for(ref->mode[0], s) * place->width;
    double v = shift_for(ref->mode[1], t) * place->height;
    if (!ref->linear) {
        take(ref, place, (int)floor(u), (int)floor(v), outside, reference, rgba);
        return fabs(u - floor(u + 0.5)) > NEAR && fabs(v - floor(v + 0.5)) > NEAR;
    }
    u -= 0.5;
    v -= 0.5;
    const int x = (int)floor(u), y = (int)floor(v);
    set(rgba, 0, 0, 0, 0);
    for (int tap = 0; tap < 4; tap++) {
        double texel[4];
        take(ref, place, x + (tap & 1), y + (tap >> 1), outside, reference, texel);
        const double w = (tap & 1 ? u - x : 1 - (u - x)) * (tap >> 1 ? v - y : 1 - (v - y));
        for (unsigned c = 0; c < 4; c++) {
            rgba[c] += w * texel[c];
        }
    }
    return true;
}

static int minified(uint32_t size, unsigned level)
{
    return size >> level > 1 ? (int)(size >> level) : 1;
}

bool reference_level(const struct reference *ref, unsigned level, const double c[3], double rgba[4])
{
    struct level_place place = {.level = level,
                                .width = minified(ref->layout.width, level),
                                .height = minified(ref->height, level)};
    if (ref->layout.cube) {
        double s, t;
        const bool sure = find_face(c, &place.slice, &s, &t);
        return filter(ref, &place, s, t, false, 0, rgba) && sure;
    }
    if (!ref->layout.volume) {
        return filter(ref, &place, c[0], c[1], false, c[2], rgba);
    }
    const int depth = minified(ref->layout.depth, level);
    double w = shift_for(ref->mode[2], c[2]) * depth;
    bool outside = false;
    if (!ref->linear) {
        place.slice = (unsigned)find(ref->mode[2], (int)floor(w), depth, &outside);
        return filter(ref, &place, c[0], c[1], outside, 0, rgba) && fabs(w - floor(w + 0.5)) > NEAR;
    }
    w -= 0.5;
    const int z = (int)floor(w);
    double behind[4];
    place.slice = (unsigned)find(ref->mode[2], z, depth, &outside);
    (void)filter(ref, &place, c[0], c[1], outside, 0, rgba);
    outside = false;
    place.slice = (unsigned)find(ref->mode[2], z + 1, depth, &outside);
    (void)filter(ref, &place, c[0], c[1], outside, 0, behind);
    for (unsigned i = 0; i < 4; i++) {
        rgba[i] += (behind[i] - rgba[i]) * (w - z);
    }
    return true;
}
