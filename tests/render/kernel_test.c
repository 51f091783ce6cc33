/* SPDX-License-Identifier: MIT */
/* The inner loops give the same bits at every instruction set that this machine has. */
#include "tests/render/bed.h"

#include <stdlib.h>
#include <string.h>

#include "hw/model/render/internal.h"

#define SIZE   128
#define EXTENT (SIZE * SIZE * 4u)

static uint32_t seed;

static float random_float(float low, float high)
{
    return low + (high - low) * (float)(bed_random(&seed) & 0xffff) / 65535.0f;
}

/* Programs: colour; texture times colour; each ALU function somewhere. */
static const uint32_t texture_program[] = {
    0x7d05000e, 0x190a3c00, 0,          0,          0x19083c00, 0,          0,          0x19180000,
    0,          0,          0x15000000, 0x01000000, 0,          0x03203c00, 0x01232801, 0x23000000};
static const uint32_t math_program[] = {
    0x7d050017, 0x190a3c00, 0,          0, 0x0b003ca0, 0x01230000, 0, /* EXP r0, t8.x */
    0x0a007ca0, 0x11110000, 0,                                        /* RSQ r1, t8.y */
    0x0c00bca0, 0x22220000, 0,                                        /* LOG r2, t8.z */
    0x0800fca0, 0x01230000, 0,                                        /* FRC r3, t8 */
    0x04003c00, 0x01230101, 0x23020123,                               /* MAD r0, r0, r1, r2 */
    0x0d003c0c, 0x01230001, 0x23010123,                               /* CMP r0, r3, r0, r1 */
    0x08203c00, 0x01230000, 0,                                        /* FRC oC, r0 */
};

static void scene(struct bed *bed, const struct kernel *kernel)
{
    bed->render->kernel = kernel;
    render_reset(bed->render);
    memset(bed_bytes(bed, COLOR_AT), 0, EXTENT);
    memset(bed_bytes(bed, DEPTH_AT), 0xff, EXTENT);
    seed = 3;
    for (uint32_t i = 0; i < 64 * 64 * 2; i++) {
        const uint32_t value = bed_random(&seed) << 8 ^ bed_random(&seed);
        memcpy(bed_bytes(bed, TEXTURE_AT) + 4 * i, &value, 4);
    }
    bed_target(bed, SIZE, SIZE);
    bed_depth(bed, SIZE);
    SEND(bed, 0x7d000003, 1, TEXTURE_AT, 63u << 21 | 63u << 10 | 0x30 << 3,
         127u << 21 | 63u << 15 | 24u << 9);
    SEND(bed, 0x7d010003, 1, 3u << 20 | 1u << 17 | 1u << 14, 1u << 5, 0);
    for (int round = 0; round < 400; round++) {
        const uint32_t blend = round & 2 ? 1u << 15 | 5u << 8 | 6u << 4 : 0;
        const uint32_t s6 = S6_COLOR | blend | 1u << 19 | 2u << 16 | 8;
        bed_state(bed, 0xfffffff2, 0x00902480, round & 4 ? 0x00aa80a4 | 8 : 0, s6);
        switch (round % 3) {
        case 0:
            bed_diffuse_program(bed);
            break;
        case 1:
            bed_send(bed, texture_program, 16);
            break;
        default:
            bed_send(bed, math_program, 25);
        }
        uint32_t dw[28] = {0x7f00001a};
        for (int v = 0; v < 3; v++) {
            const float range = round & 1 ? 20.0f : SIZE;
            const float at = round & 1 ? random_float(0, SIZE - 20) : 0;
            const float p[4] = {at + random_float(0, range), random_float(0, range) + at,
                                random_float(0, 1), random_float(0.2f, 2)};
            const float t[4] = {random_float(-2, 2), random_float(-2, 2), 0, 1};
            memcpy(dw + 1 + 9 * v, p, 16);
            dw[5 + 9 * v] = bed_random(&seed) << 8 ^ bed_random(&seed);
            memcpy(dw + 6 + 9 * v, t, 16);
        }
        bed_send(bed, dw, 28);
    }
}

static void test_kernels_agree(void **state)
{
    struct bed *bed = *state;
    static const char *const names[] = {"avx512"};
    uint8_t *expected = malloc(2 * EXTENT);
    assert_non_null(expected);
    scene(bed, kernel_find("baseline"));
    memcpy(expected, bed_bytes(bed, COLOR_AT), EXTENT);
    memcpy(expected + EXTENT, bed_bytes(bed, DEPTH_AT), EXTENT);
    size_t drawn = 0;
    for (size_t i = 0; i < EXTENT; i++) {
        drawn += expected[i] != 0;
    }
    assert_true(drawn > EXTENT / 2);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct kernel *kernel = kernel_find(names[i]);
        if (kernel == NULL) {
            print_message("no %s on this machine or in this build\n", names[i]);
            continue;
        }
        scene(bed, kernel);
        assert_memory_equal(expected, bed_bytes(bed, COLOR_AT), EXTENT);
        assert_memory_equal(expected + EXTENT, bed_bytes(bed, DEPTH_AT), EXTENT);
    }
    free(expected);
}

static void test_unknown_kernel(void **state)
{
    assert_null(kernel_find("abacus"));
    assert_non_null(kernel_find(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kernels_agree, bed_setup, bed_teardown),
        cmocka_unit_test(test_unknown_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
