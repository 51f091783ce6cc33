/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the 3D pipeline stand on: one flat memory behind the model's addresses, a
 * pipeline, and short ways to write commands.
 */
#ifndef TESTS_RENDER_BED_H
#define TESTS_RENDER_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hw/model/render.h"

#define BED_SIZE   (16u << 20)
#define COLOR_AT   0x100000u
#define DEPTH_AT   0x400000u
#define TEXTURE_AT 0x800000u
#define VERTEX_AT  0xf00000u
#define FENCE_SIZE 0x100000u
#define BED_BUS    0x100000u /* bus address + this = address */

struct model_memory {
    uint8_t *bytes;    /* BED_SIZE */
    uint64_t hole;     /* a page that is not there; 0: none */
    uint64_t max_span; /* contiguous bytes at most */
    uint32_t fence_at; /* where a fence of FENCE_SIZE begins, of X tiles; 0: there is none */
    uint32_t fence_pitch;
    uint32_t swizzle[GEN3_TILINGS]; /* address bits that go into bit 6 */
};

struct bed {
    struct model_memory memory;
    struct render *render;
    struct render_error error;
    bool deferred; /* the test calls render_finish() itself */
};

/*
 * *state may hold the name of a kernel and, behind a slash, a number of threads; without it, or
 * where there is no such kernel, the best one is taken.
 */
int bed_setup(void **state);
int bed_teardown(void **state);

/* The elements of a struct CMUnitTest[] that run a test with each of the kernels, and on threads.
 */
#define WITH_KERNEL(test, kernel)                                                                  \
    {                                                                                              \
#test " (" kernel ")", test, bed_setup, bed_teardown, (void *)(uintptr_t)kernel            \
    }
#define EVERY_KERNEL(test)                                                                         \
    WITH_KERNEL(test, "baseline"), WITH_KERNEL(test, "avx512"), WITH_KERNEL(test, "avx512/3")

/* The pipeline of the 915 class instead, in its first state. */
void bed_use_915(struct bed *bed);

/* One command, asserted to be executed. */
void bed_send(struct bed *bed, const uint32_t *dw, size_t count);
#define SEND(bed, ...)                                                                             \
    bed_send(bed, (const uint32_t[]){__VA_ARGS__},                                                 \
             sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
enum render_status bed_try(struct bed *bed, const uint32_t *dw, size_t count);
#define TRY(bed, ...)                                                                              \
    bed_try(bed, (const uint32_t[]){__VA_ARGS__},                                                  \
            sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

uint32_t bits_of(float value);
uint8_t *bed_bytes(struct bed *bed, uint32_t address);
uint32_t bed_pixel(struct bed *bed, uint32_t address, uint32_t pitch, int x, int y);
uint32_t bed_random(uint32_t *seed);

/* State as Mesa would set it: linear ARGB8888 target of pitch 4 * width at COLOR_AT, no depth. */
void bed_target(struct bed *bed, int width, int height);
/* Z24S8 at DEPTH_AT with the same pitch; call after bed_target(). */
void bed_depth(struct bed *bed, int width);
void bed_state(struct bed *bed, uint32_t s2, uint32_t s4, uint32_t s5, uint32_t s6);
/* oC = T8 */
void bed_diffuse_program(struct bed *bed);
/* oC = constant 0 */
void bed_constant_program(struct bed *bed, float r, float g, float b, float a);

#define S4_PLAIN 0x00902440u /* points and lines of 1, cull none, colour, XYZ */
#define S6_COLOR 0x00000006u /* colour write, last vertex provokes */

/* Vertex of S4_PLAIN. */
struct bed_vertex {
    float x, y, z;
    uint32_t argb;
};
void bed_primitive(struct bed *bed, unsigned type, const struct bed_vertex *v, unsigned count);
/* Two triangles over a rectangle. */
void bed_fill(struct bed *bed, float x0, float y0, float x1, float y1, float z, uint32_t argb);

#endif
