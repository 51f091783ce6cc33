/* SPDX-License-Identifier: MIT */
/* Several threads at one server: files of their own, one that they share, and a buffer of all. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/memfile.h"
#include "tests/integration/drm/bed.h"

enum { THREADS = 4, ROUNDS = 25, SIDE = 64, PITCH = 512, BYTES = PITCH * SIDE };

struct worker {
    struct bed *bed;
    struct drm_file *shared_file;
    int shared; /* a buffer of all */
    uint32_t colour, found;
    pthread_t thread;
};

static void tile(struct drm_file *file, uint32_t handle, uint32_t tiling)
{
    struct drm_i915_gem_set_tiling set = {
        .handle = handle, .tiling_mode = tiling, .stride = tiling != I915_TILING_NONE ? PITCH : 0};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_TILING, &set), 0);
}

/* Draws by way of the buffer of all; what comes out is somebody's, and each one's own is its own.
 */
static void draw(struct worker *worker, struct drm_file *file, unsigned round)
{
    struct bed_batch batch = {0};
    struct drm_prime_handle prime = {.fd = worker->shared};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
    uint32_t own = bed_create(file, BYTES);
    tile(file, own, round % 2 != 0 ? I915_TILING_X : I915_TILING_NONE);
    uint32_t *lines = bed_map(file, own, BYTES, true);
    bed_fill(&batch, prime.handle, PITCH, SIDE, SIDE, worker->colour);
    bed_copy(&batch, own, PITCH, prime.handle, PITCH, 0, SIDE, SIDE);
    assert_int_equal(bed_run(file, &batch), 0);
    bed_set_domain(file, own, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        worker->found += lines[i / SIDE * (PITCH / 4) + i % SIDE] == worker->colour;
    }
    munmap(lines, BYTES);
    bed_drop(file, own);
}

static void *work(void *data)
{
    struct worker *worker = data;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct drm_file *file = i % 5 == 4 ? worker->shared_file : bed_open(worker->bed);
        draw(worker, file, i);
        if (file != worker->shared_file) {
            bed_close(file);
        }
    }
    return NULL;
}

static void threads_draw_side_by_side(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct worker workers[THREADS];
    struct drm_prime_handle prime = {.handle = bed_create(file, BYTES)};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] =
            (struct worker){.bed = bed, .shared_file = file, .shared = prime.fd, .colour = i + 1};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].found, ROUNDS * SIDE * SIDE);
    }
    close(prime.fd);
    bed_close(file);
}

/* ---- one file that no object has yet, from many threads ---- */

struct importer {
    struct drm_file *file;
    pthread_barrier_t *start;
    int memory;
    uint32_t handle;
    pthread_t thread;
};

static void *import(void *data)
{
    struct importer *importer = data;
    struct drm_prime_handle prime = {.fd = importer->memory};
    pthread_barrier_wait(importer->start);
    assert_int_equal(bed_ioctl(importer->file, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
    importer->handle = prime.handle;
    return NULL;
}

static void a_file_is_one_object(void **state)
{
    struct drm_file *file = bed_open(*state);
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct importer importers[THREADS];
        int memory = memfile_create("threads", BYTES);
        assert_return_code(memory, -memory);
        for (unsigned i = 0; i < THREADS; i++) {
            importers[i] = (struct importer){.file = file, .start = &start, .memory = memory};
            assert_int_equal(pthread_create(&importers[i].thread, NULL, import, &importers[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            pthread_join(importers[i].thread, NULL);
            assert_int_equal(importers[i].handle, importers[0].handle);
        }
        bed_drop(file, importers[0].handle);
        close(memory);
    }
    pthread_barrier_destroy(&start);
    bed_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(threads_draw_side_by_side, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(a_file_is_one_object, bed_setup, bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
