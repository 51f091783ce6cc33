/* SPDX-License-Identifier: MIT */
/* Pixel programs (doc/gen3.md E.8) with the constants that they read. */
#include "tests/fuzz/builder.h"

enum { TYPE_R, TYPE_T, TYPE_CONST, TYPE_S, TYPE_OC, TYPE_OD, TYPE_U };

#define OP_TEXLD 0x15u
#define OP_DCL   0x19u
#define COLOUR   8u
#define SPECULAR 9u
#define FOG      10u
#define SELECTS  0x01230000u /* of the first source: X Y Z W */
#define LINE_MAX 24u

struct line {
    uint32_t dw[3];
};

struct writer {
    struct builder *b;
    struct line lines[LINE_MAX + 32];
    uint32_t count;
    uint32_t declared; /* T */
    uint32_t constants;
};

static void put_line(struct writer *w, uint32_t dw0, uint32_t dw1, uint32_t dw2)
{
    w->lines[w->count++] = (struct line){{dw0, dw1, dw2}};
}

static void declare(struct writer *w)
{
    struct builder *b = w->b;
    const uint32_t inputs[] = {1u << 10, 1u << 11, 1u << 2}; /* of S4 */

    for (uint32_t t = 0; t < 11; t++) {
        const bool there = t < 8 ? (b->texcoords & 1u << t) != 0 : (b->s4 & inputs[t - 8]) != 0;

        if (there && rng_percent(b->rng, 85)) {
            put_line(w, OP_DCL << 24 | TYPE_T << 19 | t << 14 | (t == FOG ? 8u : 15u) << 10, 0, 0);
            w->declared |= 1u << t;
        }
    }
    b->samplers = 0;
    for (uint32_t i = 0, n = rng_below(b->rng, 4); i < n && b->texcoords != 0; i++) {
        const uint32_t unit = rng_percent(b->rng, 80) ? i : rng_below(b->rng, 16);
        const uint32_t choice = rng_below(b->rng, 4);

        if ((b->samplers & 1u << unit) != 0) {
            continue;
        }
        b->sample_type[unit] = (uint8_t)(choice < 2 ? 0 : choice - 1);
        b->samplers |= 1u << unit;
        put_line(w, OP_DCL << 24 | (uint32_t)b->sample_type[unit] << 22 | TYPE_S << 19 | unit << 14,
                 0, 0);
    }
}

static uint32_t pick_bit(struct rng *rng, uint32_t bits)
{
    uint32_t skip = rng_below(rng, (uint32_t)__builtin_popcount(bits));

    for (; skip > 0; skip--) {
        bits &= bits - 1;
    }
    return (uint32_t)__builtin_ctz(bits);
}

/* A source's type and number. */
static void pick_source(struct writer *w, uint32_t *type, uint32_t *number)
{
    struct rng *rng = w->b->rng;
    const uint32_t choice = rng_below(rng, 10);

    if (choice < 4 && w->declared != 0) {
        *type = TYPE_T;
        *number = pick_bit(rng, w->declared);
    } else if (choice < 6) {
        *type = TYPE_CONST;
        *number = rng_below(rng, rng_percent(rng, 80) ? 4 : 32);
        w->constants |= 1u << *number;
    } else if (choice == 9) {
        *type = TYPE_U;
        *number = rng_below(rng, 3);
    } else {
        *type = TYPE_R;
        *number = rng_below(rng, 4);
    }
}

static uint32_t pick_destination(struct rng *rng)
{
    const uint32_t choice = rng_below(rng, 10);

    return choice < 6   ? TYPE_R << 19 | rng_below(rng, 4) << 14
           : choice < 8 ? TYPE_OC << 19
           : choice < 9 ? TYPE_U << 19 | rng_below(rng, 3) << 14
                        : TYPE_OD << 19;
}

static void put_arithmetic(struct writer *w)
{
    struct rng *rng = w->b->rng;
    uint32_t type[3], number[3];

    for (int i = 0; i < 3; i++) {
        pick_source(w, &type[i], &number[i]);
    }
    const uint32_t selects = rng_percent(rng, 60) ? SELECTS : rng_next(rng) & 0xffff0000u;
    put_line(w,
             rng_below(rng, OP_TEXLD) << 24 | pick_destination(rng) | rng_below(rng, 16) << 10 |
                 rng_below(rng, 2) << 22 | type[0] << 7 | number[0] << 2,
             selects | type[1] << 13 | number[1] << 8 | (rng_next(rng) & 0xff),
             (rng_next(rng) & 0xff00ffffu) | type[2] << 21 | number[2] << 16);
}

/* From a coordinate set that the vertices have, mostly. */
static uint32_t pick_address(struct writer *w)
{
    struct rng *rng = w->b->rng;
    const uint32_t from_t = w->declared & 0xff;

    return from_t != 0 && rng_percent(rng, 80)
               ? (uint32_t)TYPE_T << 24 | pick_bit(rng, from_t) << 17
               : TYPE_R << 24 | rng_below(rng, 4) << 17;
}

/* What does not come out of a program is not done at all: R0 is the sum of all textures. */
static void put_sum(struct writer *w)
{
    struct builder *b = w->b;

    for (uint32_t left = b->samplers; left != 0; left &= left - 1) {
        const uint32_t unit = (uint32_t)__builtin_ctz(left);

        if (rng_percent(b->rng, 75)) {
            put_line(w, (OP_TEXLD + rng_below(b->rng, 3)) << 24 | TYPE_R << 19 | 1u << 14 | unit,
                     pick_address(w), 0);
            put_line(w, 0x01000000 | TYPE_R << 19 | 15u << 10 | TYPE_R << 7,
                     SELECTS | TYPE_R << 13 | 1u << 8 | 0x01, 0x23000000);
        }
    }
}

static void put_texture_load(struct writer *w)
{
    struct builder *b = w->b;
    const bool kill = rng_percent(b->rng, 8);

    if (b->samplers == 0 && !kill) {
        put_arithmetic(w);
        return;
    }
    const uint32_t unit = b->samplers != 0 ? pick_bit(b->rng, b->samplers) : 0;
    const uint32_t opcode = kill ? OP_TEXLD + 3 : OP_TEXLD + rng_below(b->rng, 3);
    put_line(w, opcode << 24 | pick_destination(b->rng) | unit, pick_address(w), 0);
}

static void put_constants(struct writer *w)
{
    struct builder *b = w->b;

    builder_put(b, 0x7d060000 | (4 * (uint32_t)__builtin_popcount(w->constants)));
    builder_put(b, w->constants);
    for (uint32_t left = w->constants; left != 0; left &= left - 1) {
        for (uint32_t i = 0; i < 4; i++) {
            builder_put_float(b, (float)rng_below(b->rng, 512) / 64.0f - 2.0f);
        }
    }
}

void builder_program(struct builder *b)
{
    struct writer w = {.b = b};

    declare(&w);
    for (uint32_t i = 0, n = rng_below(b->rng, rng_percent(b->rng, 80) ? 5 : LINE_MAX); i < n;
         i++) {
        if (rng_percent(b->rng, 45)) {
            put_texture_load(&w);
        } else {
            put_arithmetic(&w);
        }
    }
    put_sum(&w);
    /* Something has to come out. */
    put_line(&w, 0x02000000 | TYPE_OC << 19 | 15u << 10 | TYPE_R << 7, SELECTS, 0);
    if (w.constants != 0) {
        put_constants(&w);
    }
    builder_put(b, 0x7d050000 | (w.count * 3 - 1));
    for (uint32_t i = 0; i < w.count; i++) {
        for (uint32_t n = 0; n < 3; n++) {
            builder_put(b, w.lines[i].dw[n]);
        }
    }
}
