/* SPDX-License-Identifier: MIT */
/* A wheel is a closed surface, turned outwards, and wheels mesh. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>

#include "tools/eglgears/gear.h"

static const struct gear_shape shape = {
    .bore = 1.0f, .pitch = 4.0f, .tooth_depth = 0.7f, .thickness = 1.0f, .teeth = 20};

static const float *position(const struct gear_mesh *mesh, unsigned index)
{
    return mesh->vertices[mesh->indices[index]].position;
}

static int same(const float *a, const float *b)
{
    return fabsf(a[0] - b[0]) + fabsf(a[1] - b[1]) + fabsf(a[2] - b[2]) < 1e-5f;
}

/* How often the directed edge from a to b occurs. */
static unsigned count_edge(const struct gear_mesh *mesh, const float *a, const float *b)
{
    unsigned count = 0;
    for (unsigned i = 0; i < mesh->index_count; i++) {
        unsigned next = i % 3 == 2 ? i - 2 : i + 1;
        count += same(position(mesh, i), a) && same(position(mesh, next), b);
    }
    return count;
}

/* Each edge of a triangle is the edge of exactly one other, the other way round. */
static void test_closed(void **state)
{
    struct gear_mesh mesh;
    assert_int_equal(gear_mesh_init(&mesh, &shape), 0);
    assert_int_equal(mesh.index_count % 3, 0);
    for (unsigned i = 0; i < mesh.index_count; i++) {
        unsigned next = i % 3 == 2 ? i - 2 : i + 1;
        assert_int_equal(count_edge(&mesh, position(&mesh, i), position(&mesh, next)), 1);
        assert_int_equal(count_edge(&mesh, position(&mesh, next), position(&mesh, i)), 1);
    }
    gear_mesh_finish(&mesh);
}

/* The volume enclosed, by the divergence theorem: positive when triangles face outwards. */
static void test_volume(void **state)
{
    struct gear_mesh mesh;
    double volume = 0;
    assert_int_equal(gear_mesh_init(&mesh, &shape), 0);
    for (unsigned i = 0; i < mesh.index_count; i += 3) {
        const float *a = position(&mesh, i), *b = position(&mesh, i + 1),
                    *c = position(&mesh, i + 2);
        volume += (a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) +
                   a[2] * (b[0] * c[1] - b[1] * c[0])) /
                  6.0;
    }
    /* Between the discs of root and tip radius, less the hole. */
    assert_true(volume > M_PI * (3.65 * 3.65 - 1) * 0.98 && volume < M_PI * (4.35 * 4.35 - 1));
    gear_mesh_finish(&mesh);
}

/* Normals have length one and look to the side that the triangle faces. */
static void test_normals(void **state)
{
    struct gear_mesh mesh;
    assert_int_equal(gear_mesh_init(&mesh, &shape), 0);
    for (unsigned i = 0; i < mesh.index_count; i++) {
        const unsigned first = i - i % 3;
        const float *a = position(&mesh, first), *b = position(&mesh, first + 1);
        const float *c = position(&mesh, first + 2), *n = mesh.vertices[mesh.indices[i]].normal;
        const float u[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
        const float v[3] = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
        const float facing = (u[1] * v[2] - u[2] * v[1]) * n[0] +
                             (u[2] * v[0] - u[0] * v[2]) * n[1] +
                             (u[0] * v[1] - u[1] * v[0]) * n[2];
        assert_true(fabsf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2] - 1) < 1e-4f);
        assert_true(facing > 0);
    }
    gear_mesh_finish(&mesh);
}

static void test_bounds(void **state)
{
    struct gear_mesh mesh;
    assert_int_equal(gear_mesh_init(&mesh, &(struct gear_shape){.teeth = 2}), -EINVAL);
    assert_int_equal(gear_mesh_init(&mesh, &(struct gear_shape){.teeth = 601}), -EINVAL);
    assert_null(mesh.vertices);
}

/* A tooth's middle is 3/8 of its share from its start; a gap's is half a share further. */
static void test_mesh_with_each_other(void **state)
{
    for (int step = 0; step < 100; step++) {
        const float angle = 3.6f * (float)step, direction = 37.0f;
        const float other = gear_driven_angle(20, angle, 10, direction);
        float phase = (direction - angle) / 18.0f - 0.375f;
        float other_phase = (direction + 180.0f - other) / 36.0f - 0.375f;
        float sum = phase + other_phase - 0.5f;
        assert_true(fabsf(sum - roundf(sum)) < 1e-3f);
    }
    /* It turns the other way, and twice as fast. */
    float turned = gear_driven_angle(20, 11.0f, 10, 0) - gear_driven_angle(20, 10.0f, 10, 0);
    assert_true(fabsf(turned + 2.0f) < 1e-3f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_volume),
        cmocka_unit_test(test_normals),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_mesh_with_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
