/* SPDX-License-Identifier: MIT */
/*
 * Primitives that wait in scenes: the same bytes for every number of threads and every kernel, and
 * in the order of the commands wherever surfaces depend on each other.
 */
#include "tests/render/bed.h"

#include <stdlib.h>
#include <string.h>

#include "hw/model/render/internal.h"

#define SIZE     256
#define EXTENT   (SIZE * SIZE * 4u)
#define SECOND   (COLOR_AT + 2 * EXTENT)
#define S4_COLOR 0x00902480u /* XYZW and a colour */

static uint32_t seed;

static float random_float(float low, float high)
{
    return low + (high - low) * (float)(bed_random(&seed) & 0xffff) / 65535.0f;
}

/* oC = T8 * texture 0 at T0 */
static const uint32_t modulate[] = {
    0x7d05000e, 0x190a3c00, 0,          0,          0x19083c00, 0,          0,          0x19180000,
    0,          0,          0x15000000, 0x01000000, 0,          0x03203c00, 0x01232801, 0x23000000};

static void set_map(struct bed *bed, uint32_t address, uint32_t side)
{
    SEND(bed, 0x7d000003, 1, address, (side - 1) << 21 | (side - 1) << 10 | 0x30 << 3,
         (side - 1) << 21 | 63u << 15);
    SEND(bed, 0x7d010003, 1, 1u << 17 | 1u << 14, 1u << 5, 0);
}

static void set_target(struct bed *bed, uint32_t address)
{
    SEND(bed, 0x7d8e0001, 0x03000000 | SIZE * 4, address);
}

static void draw_random(struct bed *bed, unsigned type, unsigned vertices)
{
    uint32_t dw[1 + 9 * 6];
    const float range = bed_random(&seed) & 1 ? 24.0f : SIZE + 20.0f;
    const float x = range < 100 ? random_float(0, SIZE - 24) : -10;
    const float y = range < 100 ? random_float(0, SIZE - 24) : -10;
    dw[0] = 0x7f000000 | type << 18 | (9 * vertices - 1);
    for (unsigned v = 0; v < vertices; v++) {
        const float p[4] = {x + random_float(0, range), y + random_float(0, range),
                            random_float(0, 1), random_float(0.2f, 2)};
        const float t[4] = {random_float(-2, 2), random_float(-2, 2), 0, 1};
        memcpy(dw + 1 + 9 * v, p, 16);
        dw[5 + 9 * v] = bed_random(&seed) << 8 ^ bed_random(&seed);
        memcpy(dw + 6 + 9 * v, t, 16);
    }
    bed_send(bed, dw, 1 + 9 * vertices);
}

static void clear_rectangle_of(struct bed *bed)
{
    const float x = random_float(0, SIZE / 2), y = random_float(0, SIZE / 2);
    SEND(bed, 0x7d9c0005, 1u << 16 | (bed_random(&seed) & 7), 0, 0, bed_random(&seed) << 8,
         bits_of(0.9f), 3);
    SEND(bed, 0x7f280005, bits_of(x + 100), bits_of(y + 90), bits_of(x), bits_of(y + 90),
         bits_of(x), bits_of(y));
}

/* As the blitter asks for it; the reference, and what is refused, is written pixel by pixel. */
static void fill_some(struct bed *bed)
{
    static const uint32_t addresses[] = {COLOR_AT, SECOND, DEPTH_AT};
    static const uint32_t masks[] = {0xffffffff, 0x00ffffff, 0xff000000};
    struct render_fill fill = {.to = {.pitch = SIZE * 4, .cpp = 4}};
    fill.to.address = addresses[bed_random(&seed) % 3];
    fill.mask = masks[bed_random(&seed) % 3];
    fill.value = bed_random(&seed) << 8 ^ bed_random(&seed);
    const bool whole = bed_random(&seed) & 1;
    fill.to.x1 = whole ? 0 : (int32_t)(bed_random(&seed) % 100);
    fill.to.y1 = whole ? 0 : (int32_t)(bed_random(&seed) % 100);
    fill.to.x2 = whole ? SIZE : fill.to.x1 + 5 + (int32_t)(bed_random(&seed) % 150);
    fill.to.y2 = whole ? SIZE : fill.to.y1 + 5 + (int32_t)(bed_random(&seed) % 150);
    if (bed->deferred && render_fill(bed->render, &fill)) {
        return;
    }
    render_finish_range(bed->render, fill.to.address, fill.to.address + EXTENT, true);
    for (int32_t y = fill.to.y1; y < fill.to.y2; y++) {
        for (int32_t x = fill.to.x1; x < fill.to.x2; x++) {
            uint8_t *at = bed_bytes(bed, (uint32_t)fill.to.address) + (y * SIZE + x) * 4;
            uint32_t old;
            memcpy(&old, at, 4);
            old = (old & ~fill.mask) | (fill.value & fill.mask);
            memcpy(at, &old, 4);
        }
    }
}

/* What a copy is to render_copy(). */
struct copy {
    struct bed *bed;
    uint32_t to, from;
};

static void copy_part(const void *job, int32_t x1, int32_t y1, int32_t x2, int32_t y2)
{
    const struct copy *copy = job;
    for (int32_t y = y1; y < y2; y++) {
        const uint32_t offset = (uint32_t)(y * SIZE + x1) * 4;
        memcpy(bed_bytes(copy->bed, copy->to + offset), bed_bytes(copy->bed, copy->from + offset),
               (size_t)(x2 - x1) * 4);
    }
}

static void copy_some(struct bed *bed)
{
    static const uint32_t addresses[] = {COLOR_AT, SECOND, DEPTH_AT};
    const uint32_t to = bed_random(&seed) % 3, from = (to + 1 + bed_random(&seed) % 2) % 3;
    const struct copy job = {bed, addresses[to], addresses[from]};
    struct render_copy copy = {.to = {.address = job.to, .pitch = SIZE * 4, .cpp = 4},
                               .low = job.from,
                               .high = job.from + EXTENT,
                               .job = &job,
                               .size = sizeof(job),
                               .part = copy_part};
    copy.to.x1 = (int32_t)(bed_random(&seed) % 100);
    copy.to.y1 = (int32_t)(bed_random(&seed) % 100);
    copy.to.x2 = SIZE - (int32_t)(bed_random(&seed) % 100);
    copy.to.y2 = SIZE - (int32_t)(bed_random(&seed) % 100);
    if (bed->deferred && render_copy(bed->render, &copy)) {
        return;
    }
    render_finish_range(bed->render, job.to, job.to + EXTENT, true);
    render_finish_range(bed->render, job.from, job.from + EXTENT, false);
    copy_part(&job, copy.to.x1, copy.to.y1, copy.to.x2, copy.to.y2);
}

/*
 * Everything that meets in scenes: state, targets that are sampled later, clears, fills, copies,
 * all primitives.
 */
static void random_scene(struct bed *bed, uint32_t first_seed)
{
    static const unsigned types[] = {0, 0, 1, 3, 5, 6, 7, 8};
    seed = first_seed;
    render_reset(bed->render);
    memset(bed_bytes(bed, COLOR_AT), 0, 4 * EXTENT);
    memset(bed_bytes(bed, DEPTH_AT), 0xff, EXTENT);
    for (uint32_t i = 0; i < 64 * 64; i++) {
        const uint32_t value = bed_random(&seed) << 8 ^ bed_random(&seed);
        memcpy(bed_bytes(bed, TEXTURE_AT) + 4 * i, &value, 4);
    }
    bed_target(bed, SIZE, SIZE);
    bed_depth(bed, SIZE);
    set_map(bed, TEXTURE_AT, 64);
    bool second = false;
    for (int round = 0; round < 300; round++) {
        const uint32_t random = bed_random(&seed);
        if (random % 11 == 0) {
            second = !second;
            set_target(bed, second ? SECOND : COLOR_AT);
        }
        if (random % 7 == 0) {
            /* the other target, now and then the one that is drawn to */
            const bool other = random % 5 != 0;
            set_map(bed,
                    random & 1        ? TEXTURE_AT
                    : second == other ? COLOR_AT
                                      : SECOND,
                    random & 1 ? 64 : SIZE);
        }
        const uint32_t blend = random & 16 ? 1u << 15 | 5u << 8 | 6u << 4 : 0;
        const uint32_t depth = random & 32 ? 1u << 19 | 2u << 16 | 8 : 0;
        bed_state(bed, 0xfffffff2, S4_COLOR, random & 64 ? 0x00aa80a4 | 8 : 0,
                  S6_COLOR | blend | depth);
        if (random % 17 == 0) {
            fill_some(bed);
            copy_some(bed);
            fill_some(bed);
        }
        if (random % 13 == 0) {
            clear_rectangle_of(bed);
        }
        if (random & 128) {
            bed_send(bed, modulate, 16);
        } else {
            bed_diffuse_program(bed);
        }
        draw_random(bed, types[random >> 8 & 7], 6);
    }
    render_finish(bed->render);
}

static void check_same(struct bed *bed, const uint8_t *expected, const char *what, unsigned threads)
{
    if (memcmp(bed_bytes(bed, COLOR_AT), expected, 4 * EXTENT) != 0 ||
        memcmp(bed_bytes(bed, DEPTH_AT), expected + 4 * EXTENT, EXTENT) != 0) {
        fail_msg("%s, %u threads, seed 0x%x: other pixels", what, threads, seed);
    }
}

static void test_threads_agree(void **state)
{
    struct bed *bed = *state;
    static const char *const names[] = {"baseline", "avx512"};
    static const unsigned threads[] = {1, 2, 3, 5};
    uint8_t *expected = malloc(5 * EXTENT);
    assert_non_null(expected);
    for (uint32_t first = 1; first <= 4; first++) {
        /* the reference: each command alone */
        bed->render->kernel = kernel_find("baseline");
        render_set_threads(bed->render, 1);
        bed->deferred = false;
        random_scene(bed, first);
        memcpy(expected, bed_bytes(bed, COLOR_AT), 4 * EXTENT);
        memcpy(expected + 4 * EXTENT, bed_bytes(bed, DEPTH_AT), EXTENT);
        bed->deferred = true;
        for (unsigned k = 0; k < 2; k++) {
            const struct kernel *kernel = kernel_find(names[k]);
            for (unsigned t = 0; kernel != NULL && t < 4; t++) {
                bed->render->kernel = kernel;
                render_set_threads(bed->render, threads[t]);
                random_scene(bed, first);
                check_same(bed, expected, names[k], threads[t]);
            }
        }
    }
    free(expected);
}

/* A buffer of any kind and format, and where in it is drawn. */
static void random_targets(struct bed *bed)
{
    static const uint32_t tilings[] = {0, 1u << 22, 3u << 21};
    const uint32_t corner = (SIZE - 1) << 16 | (SIZE - 1);
    const uint32_t origin = bed_random(&seed) & 1 ? 0 : bed_random(&seed) & 0x1f001f;
    SEND(bed, 0x7d8e0001, 0x03000000 | tilings[bed_random(&seed) % 3] | SIZE * 4,
         bed_random(&seed) & 1 ? COLOR_AT : SECOND);
    SEND(bed, 0x7d8e0001, 0x07000000 | tilings[bed_random(&seed) % 3] | SIZE * 4, DEPTH_AT);
    SEND(bed, 0x7d850000, 0x10880000 | bed_random(&seed) % 11 << 8 | bed_random(&seed) % 4 << 2);
    SEND(bed, 0x7d800003, bed_random(&seed) & 1 ? 0x40000000 : 0, bed_random(&seed) & 0x3f003f,
         corner, origin);
    SEND(bed, 0x7d810001, bed_random(&seed) & 0x1f001f, corner - (bed_random(&seed) & 0x1f001f));
    SEND(bed, 0x7c800002 | (bed_random(&seed) & 1));
}

static void random_clear(struct bed *bed)
{
    const bool whole = bed_random(&seed) & 1;
    const float x0 = whole ? 0 : random_float(-20, SIZE), x1 = whole ? SIZE : random_float(x0, 300);
    const float y0 = whole ? 0 : random_float(-20, SIZE), y1 = whole ? SIZE : random_float(y0, 300);
    const uint32_t type = bed_random(&seed) % 4 == 0 ? 13 : 10;
    uint32_t random[4];
    for (int i = 0; i < 4; i++) {
        random[i] = bed_random(&seed) << 8 ^ bed_random(&seed);
    }
    SEND(bed, 0x7d9c0005, 1u << 16 | (random[0] & 7), random[1], random[2], random[3],
         bits_of(random_float(0, 1)), random[0] >> 3 & 255);
    SEND(bed, 0x7f000005 | type << 18, bits_of(x1), bits_of(y1), bits_of(x0), bits_of(y1),
         bits_of(x0), bits_of(y0));
}

static void random_clears(struct bed *bed, uint32_t first_seed)
{
    seed = first_seed;
    render_reset(bed->render);
    for (uint32_t i = 0; i < 4 * EXTENT; i++) {
        *bed_bytes(bed, COLOR_AT + i) = (uint8_t)i;
    }
    memset(bed_bytes(bed, DEPTH_AT), 0x55, EXTENT);
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    for (int round = 0; round < 120; round++) {
        const uint32_t random = bed_random(&seed);
        if (round == 0 || random % 8 == 0) {
            random_targets(bed);
        }
        bed_state(bed, 0xfffffff2, S4_COLOR, 0,
                  S6_COLOR | (random & 16 ? 1u << 15 | 5u << 8 | 6u << 4 : 0) |
                      (random & 32 ? 1u << 19 | 2u << 16 | 8 : 0));
        random_clear(bed);
        if (random & 64) {
            draw_random(bed, 0, 6);
        }
    }
    render_finish(bed->render);
}

/* What has no single place in memory is cleared at once, pixel by pixel: the reference. */
static void test_clears_wait(void **state)
{
    struct bed *bed = *state;
    static const unsigned threads[] = {1, 2, 3, 5};
    uint8_t *expected = malloc(5 * EXTENT);
    assert_non_null(expected);
    for (uint32_t first = 1; first <= 24; first++) {
        render_set_threads(bed->render, 1);
        bed->deferred = false;
        bed->memory.max_span = 4096;
        random_clears(bed, first);
        memcpy(expected, bed_bytes(bed, COLOR_AT), 4 * EXTENT);
        memcpy(expected + 4 * EXTENT, bed_bytes(bed, DEPTH_AT), EXTENT);
        bed->deferred = true;
        bed->memory.max_span = 0;
        render_set_threads(bed->render, threads[first % 4]);
        random_clears(bed, first);
        check_same(bed, expected, "clears", threads[first % 4]);
    }
    free(expected);
}

/* A clear is left to the scene, and nothing of it is seen before somebody asks. */
static void test_a_clear_is_deferred(void **state)
{
    struct bed *bed = *state;
    bed->deferred = true;
    bed_target(bed, SIZE, SIZE);
    bed_depth(bed, SIZE);
    SEND(bed, 0x7d9c0005, 1u << 16 | 7, 0, 0, 0xff123456, bits_of(1), 0x99);
    SEND(bed, 0x7f280005, bits_of(SIZE), bits_of(SIZE), 0, bits_of(SIZE), 0, 0);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 9, 9), 0);
    render_finish_range(bed->render, DEPTH_AT, DEPTH_AT + 4, false);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 9, 9), 0xff123456);
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 9, 9), 0x99ffffff);
}

/* More primitives than a scene takes, and more scenes than are kept. */
static void test_memory_is_bounded(void **state)
{
    struct bed *bed = *state;
    render_set_threads(bed->render, 3);
    bed->deferred = true;
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 15 | 2u << 8 | 2u << 4);
    enum { ROUNDS = 255, BATCH = 600 };
    struct bed_vertex *v = calloc(3 * BATCH, sizeof(*v));
    assert_non_null(v);
    for (unsigned i = 0; i < BATCH; i++) {
        const float side = i == 0 ? 2 * SIZE : 3; /* the first counts, the others are many */
        const uint32_t argb = i == 0 ? 0x01010101 : 0;
        v[3 * i] = (struct bed_vertex){0, 0, 0, argb};
        v[3 * i + 1] = (struct bed_vertex){side, 0, 0, argb};
        v[3 * i + 2] = (struct bed_vertex){0, side, 0, argb};
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        bed_primitive(bed, 0, v, i % 4 == 0 ? 3 * BATCH : 3);
    }
    render_finish(bed->render);
    for (int i = 0; i < SIZE; i++) {
        assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, i, SIZE - 1 - i), 0xffffffff);
    }
    free(v);
}

/* Vertices that were drawn: a row of the target is one position. */
static void test_vertices_are_waited_for(void **state)
{
    struct bed *bed = *state;
    render_set_threads(bed->render, 2);
    bed->deferred = true;
    bed_target(bed, SIZE, SIZE);
    const struct bed_vertex corners[3] = {
        {0, 0, 0, 0xff00ff00}, {200, 0, 0, 0xff00ff00}, {0, 200, 0, 0xff00ff00}};
    memset(bed_bytes(bed, VERTEX_AT), 0, 4096);
    /* the vertex buffer as a target one pixel high: each dword is drawn by itself */
    SEND(bed, 0x7d8e0001, 0x03000000 | 64, VERTEX_AT);
    SEND(bed, 0x7d800003, 0x40000000, 0, 11, 0);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
    bed_diffuse_program(bed);
    uint32_t dwords[12];
    memcpy(dwords, corners, sizeof(dwords));
    for (unsigned i = 0; i < 12; i++) {
        const float x = (float)i;
        bed_fill(bed, x, 0, x + 1, 1, 0, dwords[i]);
    }
    bed_target(bed, SIZE, SIZE);
    SEND(bed, 0x7d040033, VERTEX_AT, 4u << 24 | 4u << 16);
    SEND(bed, 0x7f800003, 0);
    render_finish(bed->render);
    assert_memory_equal(bed_bytes(bed, VERTEX_AT), corners, sizeof(corners));
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 50, 50), 0xff00ff00);
}

static void test_finish_of_a_range(void **state)
{
    struct bed *bed = *state;
    bed->deferred = true;
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
    bed_fill(bed, 0, 0, SIZE, SIZE, 0, 0xff123456);
    render_finish_range(bed->render, DEPTH_AT, DEPTH_AT + EXTENT, true);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 9, 9), 0);
    render_finish_range(bed->render, COLOR_AT + EXTENT - 4, COLOR_AT + EXTENT, false);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 9, 9), 0xff123456);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_threads_agree, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_clears_wait, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_a_clear_is_deferred, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_memory_is_bounded, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_vertices_are_waited_for, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_finish_of_a_range, bed_setup, bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
