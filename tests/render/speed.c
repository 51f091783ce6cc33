/* SPDX-License-Identifier: MIT */
/*
 * The modelled 3D pipeline by itself: how many pixels and triangles of some kinds it draws per
 * second of processor time, per instruction set, interpreted and compiled. For those who work on
 * it; nothing is compared.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hw/model/render/jit/jit.h"

#define SIZE       512
#define MEMORY     (8u << 20)
#define COLOR_AT   0x000000u
#define DEPTH_AT   0x200000u
#define TEXTURE_AT 0x400000u
#define ROUND      64 /* triangles per command */

struct model_memory {
    uint8_t *bytes;
};

void *model_memory_at(struct model_memory *memory, uint64_t address, uint64_t want, uint64_t *span)
{
    *span = address < MEMORY ? MEMORY - address : 0;
    return address < MEMORY ? memory->bytes + address : NULL;
}

uint64_t model_memory_fenced_address(struct model_memory *memory, uint64_t address, uint64_t *run)
{
    (void)memory;
    *run = 1;
    return address;
}

uint64_t model_memory_tiled_address(struct model_memory *memory, enum gen3_tiling tiling,
                                    uint64_t address, uint64_t *run)
{
    return model_memory_fenced_address(memory, address, run);
}

bool model_memory_swizzles(const struct model_memory *memory, enum gen3_tiling tiling)
{
    return false;
}

bool model_memory_read(struct model_memory *memory, uint64_t address, void *to, uint64_t size)
{
    memcpy(to, memory->bytes + address, size);
    return true;
}

bool model_memory_physical_read(struct model_memory *memory, uint64_t address, void *to,
                                uint64_t size)
{
    return model_memory_read(memory, address, to, size);
}

static struct render *gpu;

static void send(const uint32_t *dw, size_t count)
{
    struct render_error error;
    if (render_command(gpu, dw, count, &error) != RENDER_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
}
#define SEND(...) send((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

enum kind { FLAT, SMOOTH, MODULATED, TRILINEAR, COMPRESSED, BLENDED, LONG };

/* Lighting per pixel: two vectors made units, their product to a power, colours added. */
static void set_long_program(void)
{
    static const uint32_t light[] = {
        0x190a3c00, 0,          0,          0x19083c00, 0, 0, /* T8, T0 */
        0x06003ca0, 0x01230801, 0x23000000,                   /* DP3 r0, t8, t8 */
        0x0a003c00, 0x00000000, 0,                            /* RSQ r0, r0.x */
        0x03003ca0, 0x01230000, 0x00000000,                   /* MUL r0, t8, r0.x */
        0x06007c80, 0x01232001, 0x23000000,                   /* DP3 r1, t0, t0 */
        0x0a007c04, 0x00000000, 0,                            /* RSQ r1, r1.x */
        0x03007c80, 0x01230100, 0x00000000,                   /* MUL r1, t0, r1.x */
        0x0600bc00, 0x01230101, 0x23000000,                   /* DP3 r2, r0, r1 */
        0x0f00bc08, 0x01234044, 0x44000000,                   /* MAX r2, r2, c0.0 */
        0x0c00fc08, 0x00000000, 0,                            /* LOG r3, r2.x */
        0x0300fc0c, 0x00004011, 0x11000000,                   /* MUL r3, r3.x, c0.y */
        0x0b00fc0c, 0x00000000, 0,                            /* EXP r3, r3.x */
    };
    uint32_t dw[1 + 3 * 44];
    unsigned count = sizeof(light) / 12;
    memcpy(dw + 1, light, sizeof(light));
    for (unsigned i = 0; i < 30; i++, count++) { /* MAD r2, r2, c, r3 and ADD r3, r3, r2 */
        const uint32_t mad[3] = {0x0400bc08, 0x01234101, 0x23030123};
        const uint32_t add[3] = {0x0100fc0c, 0x01230201, 0x23000000};
        memcpy(dw + 1 + 3 * count, i % 2 == 0 ? mad : add, 12);
    }
    const uint32_t end[3] = {0x0220bc0c, 0x01230000, 0}; /* MOV oC, r3 */
    memcpy(dw + 1 + 3 * count++, end, 12);
    dw[1 + 3 * count - 3] = 0x02203c0c;
    dw[0] = 0x7d050000 | (3 * count - 1);
    SEND(0x7d060008, 3, 0x3dcccccd, 0x41000000, 0x3f000000, 0x3f800000, 0x3e99999a, 0x3f19999a,
         0x3f333333, 0x3f800000);
    send(dw, 1 + 3 * (size_t)count);
}

static void set_state(enum kind kind)
{
    SEND(0x7d8e0001, 0x03000000 | 1u << 22 | SIZE * 4, COLOR_AT);
    SEND(0x7d8e0001, 0x07000000 | 1u << 22 | SIZE * 4, DEPTH_AT);
    SEND(0x7d850000, 0x10880308);
    SEND(0x7d800003, 0x40000000, 0, (SIZE - 1) << 16 | (SIZE - 1), 0);
    const uint32_t format = kind == COMPRESSED ? 0x60 : 0x30;
    const uint32_t levels = kind == TRILINEAR ? 32 : 0; /* and a bias of half a level */
    SEND(0x7d000003, 1, TEXTURE_AT, 255u << 21 | 255u << 10 | format << 3,
         255u << 21 | 63u << 15 | levels << 9);
    SEND(0x7d010003, 1, 1u << 17 | 1u << 14 | (levels != 0 ? 3u << 20 | 8u << 5 : 0), 1u << 5, 0);
    const uint32_t flat = kind == FLAT ? 1u << 15 | 1u << 18 : 0;
    const uint32_t blend = kind == BLENDED ? 1u << 15 | 5u << 8 | 6u << 4 : 0;
    SEND(0x7d040743, 0xfffffff2, 0x00902480 | flat, 0, 0x6 | 1u << 19 | 8 | blend);
    if (kind == MODULATED || kind == TRILINEAR || kind == COMPRESSED) {
        SEND(0x7d05000e, 0x190a3c00, 0, 0, 0x19083c00, 0, 0, 0x19180000, 0, 0, 0x15000000,
             0x01000000, 0, 0x03203c00, 0x01232801, 0x23000000);
    } else if (kind == LONG) {
        set_long_program();
    } else {
        SEND(0x7d050005, 0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0);
    }
}

/* ROUND right triangles of 'side' pixels at changing places. */
static void draw(int side, uint32_t *seed)
{
    uint32_t dw[1 + 27 * ROUND] = {0x7f000000 | (27 * ROUND - 1)};
    uint32_t *at = dw + 1;
    for (int t = 0; t < ROUND; t++) {
        *seed = *seed * 1664525u + 1013904223u;
        const float x = (float)((*seed >> 8) % (unsigned)(SIZE - side + 1)) + 0.3f;
        const float y = (float)((*seed >> 18) % (unsigned)(SIZE - side + 1)) + 0.6f;
        for (int v = 0; v < 3; v++, at += 9) {
            const float s = (float)side;
            const float f[4] = {x + (v == 1 ? s : 0), y + (v == 2 ? s : 0), 0.5f, 1};
            const float texture[4] = {f[0] / 256, f[1] / 256, 0, 1};
            memcpy(at, f, sizeof(f));
            at[4] = *seed ^ (uint32_t)v << 20;
            memcpy(at + 5, texture, sizeof(texture));
        }
    }
    send(dw, sizeof(dw) / 4);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void measure(const char *name, enum kind kind, int side)
{
    uint32_t seed = 1;
    unsigned triangles = 0;
    set_state(kind);
    draw(side, &seed);
    (void)jit_wait(gpu);
    draw(side, &seed);
    render_finish(gpu);
    const double start = seconds();
    double spent = 0;
    while (spent < 0.2) {
        draw(side, &seed);
        render_finish(gpu);
        triangles += ROUND;
        spent = seconds() - start;
    }
    printf("  %-10s side=%-4d %8.3f Mtriangles/s %9.1f Mpixels/s\n", name, side,
           triangles / spent * 1e-6, triangles / spent * 1e-6 * side * side / 2);
}

/* Index of jit_level() among the levels below. */
static unsigned best_level(void)
{
    const char *level = jit_level();
    return level == NULL ? 0 : strcmp(level, "sse2") == 0 ? 1 : strcmp(level, "avx2") == 0 ? 2 : 3;
}

int main(void)
{
    static const char *const kernels[] = {"baseline", "avx512"};
    static const struct {
        const char *name;
        enum kind kind;
    } kinds[] = {
        {"flat", FLAT},           {"smooth", SMOOTH},         {"modulated", MODULATED},
        {"trilinear", TRILINEAR}, {"compressed", COMPRESSED}, {"blended", BLENDED},
        {"long", LONG},
    };
    static const char *const levels[] = {NULL, "sse2", "avx2", "avx512"};
    struct model_memory memory = {calloc(1, MEMORY)};
    gpu = render_create(&memory, true);
    if (memory.bytes == NULL || gpu == NULL) {
        return 1;
    }
    for (unsigned k = 0; k < 8; k++) {
        const struct kernel *kernel = kernel_find(kernels[k / 4]);
        const char *level = levels[k % 4];
        if (kernel == NULL || (level != NULL && k % 4 > best_level())) {
            continue;
        }
        gpu->kernel = kernel;
        jit_set(gpu, level, 1);
        printf("%s, programs %s\n", kernels[k / 4], level != NULL ? level : "interpreted");
        for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            measure(kinds[i].name, kinds[i].kind, 8);
            measure(kinds[i].name, kinds[i].kind, 300);
        }
    }
    render_destroy(gpu);
    free(memory.bytes);
    return 0;
}
