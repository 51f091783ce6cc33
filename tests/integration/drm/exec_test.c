/* SPDX-License-Identifier: MIT */
/* Batches of DRM programs on the modelled GPU, pixel by pixel, and their order across files. */
#include <errno.h>
#include <pthread.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "hw/gen3/surface.h"
#include "tests/integration/drm/bed.h"
#include "winsys/drm/server/exec.h"
#include "winsys/drm/server/object.h"

enum { SIDE = 128, PITCH = SIDE * 4, BYTES = PITCH * SIDE, FINAL = 0x00c0ffee };

static void expect_colour(const uint32_t *pixels, unsigned count, uint32_t colour)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(pixels[i], colour);
    }
}

/* Pixels that are all different. */
static void write_picture(struct drm_file *file, uint32_t handle, uint32_t seed)
{
    uint32_t *pixels = malloc(BYTES);
    for (uint32_t i = 0; i < BYTES / 4; i++) {
        pixels[i] = seed + i * 3;
    }
    struct drm_i915_gem_pwrite write = {
        .handle = handle, .size = BYTES, .data_ptr = (uintptr_t)pixels};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
    free(pixels);
}

static void tile(struct drm_file *file, uint32_t handle, uint32_t tiling)
{
    struct drm_i915_gem_set_tiling set = {
        .handle = handle, .tiling_mode = tiling, .stride = tiling != I915_TILING_NONE ? PITCH : 0};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_TILING, &set), 0);
    assert_int_equal(set.tiling_mode, tiling);
}

/* ---- drawing ---- */

static void a_blit_draws_each_pixel(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct bed_batch batch = {0};
    uint32_t handle = bed_create(file, BYTES), copy = bed_create(file, BYTES);
    bed_fill(&batch, handle, PITCH, SIDE, SIDE / 2, 0x11223344);
    bed_copy(&batch, copy, PITCH, handle, PITCH, 1, SIDE, SIDE - 1);
    assert_int_equal(bed_run(file, &batch), 0);
    bed_wait(file, copy);
    assert_int_equal(bed_busy(file, copy), 0);
    uint32_t *pixels = bed_map(file, copy, BYTES, false);
    expect_colour(pixels, SIDE * (SIDE / 2 - 1), 0x11223344);
    expect_colour(pixels + SIDE * (SIDE / 2 - 1), SIDE * (SIDE / 2 + 1), 0);
    munmap(pixels, BYTES);
    bed_close(file);
}

static void relocations_may_name_places_of_the_list(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct bed_batch batch = {.flags = I915_EXEC_HANDLE_LUT | I915_EXEC_NO_RELOC};
    uint32_t other = bed_create(file, BYTES), handle = bed_create(file, BYTES);
    bed_fill(&batch, other, PITCH, 1, 1, 1);
    bed_fill(&batch, handle, PITCH, SIDE, SIDE, 2);
    batch.relocs[0].target_handle = 0;
    batch.relocs[1].target_handle = 1;
    /* They need not be sorted. */
    struct drm_i915_gem_relocation_entry first = batch.relocs[0];
    batch.relocs[0] = batch.relocs[1];
    batch.relocs[1] = first;
    assert_int_equal(bed_run(file, &batch), 0);
    assert_int_not_equal(batch.relocs[0].presumed_offset, 0);
    assert_int_not_equal(batch.relocs[0].presumed_offset, batch.relocs[1].presumed_offset);
    bed_wait(file, handle);
    uint32_t *pixels = bed_map(file, handle, BYTES, false);
    expect_colour(pixels, SIDE * SIDE, 2);
    munmap(pixels, BYTES);
    bed_close(file);
}

/* ---- tiles ---- */

static void expect_tiles(const uint8_t *memory, enum gen3_tiling walk, uint32_t seed)
{
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        uint32_t pixel;
        memcpy(&pixel, memory + gen3_tile_offset(walk, PITCH, i % SIDE * 4, i / SIDE), 4);
        assert_int_equal(pixel, seed + i * 3);
    }
}

static void expect_lines(const uint32_t *lines, uint32_t seed)
{
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        assert_int_equal(lines[i], seed + i * 3);
    }
}

static void the_gpus_tiles_are_lines_through_the_aperture(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct bed_batch in = {0}, out = {0};
    uint32_t source = bed_create(file, BYTES), tiled = bed_create(file, BYTES);
    uint32_t back = bed_create(file, BYTES);
    write_picture(file, source, 5);
    tile(file, tiled, I915_TILING_X);
    uint32_t *lines = bed_map(file, tiled, BYTES, true);
    bed_copy(&in, tiled, PITCH, source, PITCH, 0, SIDE, SIDE);
    assert_int_equal(bed_run(file, &in), 0);
    bed_set_domain(file, tiled, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    expect_lines(lines, 5);
    uint8_t *memory = bed_map(file, tiled, BYTES, false);
    expect_tiles(memory, GEN3_TILED_X, 5);
    /* What is written through the aperture is the GPU's. */
    bed_set_domain(file, tiled, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        lines[i] = 7 + i * 3;
    }
    bed_copy(&out, back, PITCH, tiled, PITCH, 0, SIDE, SIDE);
    assert_int_equal(bed_run(file, &out), 0);
    bed_wait(file, back);
    uint32_t *pixels = bed_map(file, back, BYTES, false);
    expect_lines(pixels, 7);
    expect_tiles(memory, GEN3_TILED_X, 7);
    munmap(pixels, BYTES);
    munmap(lines, BYTES);
    munmap(memory, BYTES);
    bed_close(file);
}

/* The blitter cannot draw those. */
static void y_tiles_are_lines_through_the_aperture(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    uint32_t tiled = bed_create(file, BYTES);
    tile(file, tiled, I915_TILING_Y);
    uint32_t *lines = bed_map(file, tiled, BYTES, true);
    uint8_t *memory = bed_map(file, tiled, BYTES, false);
    bed_set_domain(file, tiled, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        lines[i] = 3 + i * 3;
    }
    bed_set_domain(file, tiled, I915_GEM_DOMAIN_CPU, I915_GEM_DOMAIN_CPU);
    expect_tiles(memory, GEN3_TILED_Y, 3);
    memory[0] = 99;
    bed_set_domain(file, tiled, I915_GEM_DOMAIN_GTT, 0);
    assert_int_equal(lines[0], 99);
    munmap(lines, BYTES);
    munmap(memory, BYTES);
    bed_close(file);
}

/* ---- memory of two channels ---- */

static int setup_symmetric(void **state)
{
    static const char *const arguments[] = {"--device", "model:g33,memory=symmetric", NULL};
    return bed_setup_with(state, arguments);
}

static int setup_with_bit_11(void **state)
{
    static const char *const arguments[] = {"--device", "model:945gm,memory=interleaved-11", NULL};
    return bed_setup_with(state, arguments);
}

static int setup_with_bit_17(void **state)
{
    static const char *const arguments[] = {"--device", "model:945gm,memory=interleaved-17", NULL};
    return bed_setup_with(state, arguments);
}

static void expect_mixed(const uint8_t *memory, enum gen3_tiling walk, uint32_t bits, uint32_t seed)
{
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const uint64_t at = gen3_tile_offset(walk, PITCH, i % SIDE * 4, i / SIDE);
        uint32_t pixel;
        memcpy(&pixel, memory + (at ^ (uint64_t)__builtin_parityll(at & bits) << 6), 4);
        assert_int_equal(pixel, seed + i * 3);
    }
}

/* What programs are told is how tiles lie; through the aperture they are lines all the same. */
static void expect_swizzled(struct bed *bed, uint32_t tiling, uint32_t mode, uint32_t bits)
{
    struct drm_file *file = bed_open(bed);
    const uint32_t handle = bed_create(file, BYTES);
    tile(file, handle, tiling);
    struct drm_i915_gem_get_tiling get = {.handle = handle};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_GET_TILING, &get), 0);
    assert_int_equal(get.swizzle_mode, mode);
    assert_int_equal(get.phys_swizzle_mode, mode);
    uint32_t *lines = bed_map(file, handle, BYTES, true);
    uint8_t *memory = bed_map(file, handle, BYTES, false);
    bed_set_domain(file, handle, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        lines[i] = 3 + i * 3;
    }
    bed_set_domain(file, handle, I915_GEM_DOMAIN_CPU, I915_GEM_DOMAIN_CPU);
    expect_mixed(memory, tiling == I915_TILING_Y ? GEN3_TILED_Y : GEN3_TILED_X, bits, 3);
    bed_set_domain(file, handle, I915_GEM_DOMAIN_GTT, I915_GEM_DOMAIN_GTT);
    if (tiling == I915_TILING_X) {
        /* The GPU sees what was written, and is seen. */
        struct bed_batch out = {0}, in = {0};
        const uint32_t copy = bed_create(file, BYTES);
        bed_copy(&out, copy, PITCH, handle, PITCH, 0, SIDE, SIDE);
        assert_int_equal(bed_run(file, &out), 0);
        bed_wait(file, copy);
        uint32_t *pixels = bed_map(file, copy, BYTES, false);
        expect_lines(pixels, 3);
        munmap(pixels, BYTES);
        write_picture(file, copy, 8);
        bed_copy(&in, handle, PITCH, copy, PITCH, 0, SIDE, SIDE);
        assert_int_equal(bed_run(file, &in), 0);
        bed_set_domain(file, handle, I915_GEM_DOMAIN_GTT, 0);
        expect_lines(lines, 8);
    }
    munmap(lines, BYTES);
    munmap(memory, BYTES);
    bed_close(file);
}

static void two_channels_mix_bits_of_tiles(void **state)
{
    expect_swizzled(*state, I915_TILING_X, I915_BIT_6_SWIZZLE_9_10, 0x600);
    expect_swizzled(*state, I915_TILING_Y, I915_BIT_6_SWIZZLE_9, 0x200);
}

static void two_channels_mix_bit_11(void **state)
{
    expect_swizzled(*state, I915_TILING_X, I915_BIT_6_SWIZZLE_9_10_11, 0xe00);
    expect_swizzled(*state, I915_TILING_Y, I915_BIT_6_SWIZZLE_9_11, 0xa00);
}

/* It is another one for each page, and nobody here knows where pages are: there are no tiles. */
static void bits_beyond_the_page_forbid_tiles(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct drm_i915_gem_set_tiling set = {.handle = bed_create(file, BYTES)};
    struct drm_i915_gem_get_tiling get = {.handle = set.handle};
    for (uint32_t tiling = I915_TILING_X; tiling <= I915_TILING_Y; tiling++) {
        set.tiling_mode = tiling;
        set.stride = PITCH;
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_TILING, &set), 0);
        assert_int_equal(set.tiling_mode, I915_TILING_NONE);
        assert_int_equal(set.stride, 0);
        assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_GET_TILING, &get), 0);
        assert_int_equal(get.swizzle_mode, I915_BIT_6_SWIZZLE_NONE);
    }
    bed_close(file);
}

/* ---- beyond the end ---- */

/* As wide as two rows: the last one goes on in a row of tiles that was not asked for. */
static void fill_beyond(struct drm_file *file, uint32_t handle, uint32_t rows)
{
    struct drm_i915_gem_set_tiling set = {
        .handle = handle, .tiling_mode = I915_TILING_X, .stride = 512};
    struct bed_batch batch = {0};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_TILING, &set), 0);
    bed_fill(&batch, handle, 512, 256, rows, 5);
    assert_int_equal(bed_run(file, &batch), 0);
    bed_wait(file, handle);
}

static void a_fill_may_go_on_in_one_more_row_of_tiles(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    const uint32_t bytes = 32 * 512;
    uint32_t handle = bed_create(file, bytes);
    fill_beyond(file, handle, 32);
    assert_int_equal(gemd_session_rejected(file->session), 0);
    uint32_t *lines = bed_map(file, handle, bytes, true);
    expect_colour(lines, bytes / 4, 5);
    munmap(lines, bytes);
    /* Nobody is told of it. */
    uint32_t word;
    struct drm_i915_gem_pread read = {
        .handle = handle, .offset = bytes, .size = 4, .data_ptr = (uintptr_t)&word};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PREAD, &read), -EINVAL);
    /* Without tiles again, and with them. */
    struct drm_i915_gem_set_tiling set = {.handle = handle, .tiling_mode = I915_TILING_NONE};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_SET_TILING, &set), 0);
    fill_beyond(file, handle, 32);
    assert_int_equal(gemd_session_rejected(file->session), 0);
    bed_close(file);
}

/* Where the register ends with the buffer there is nothing more: on Linux it is a neighbour's. */
static void a_fill_may_not_go_on_beyond_the_register(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    const uint32_t bytes = 1u << 20;
    uint32_t handle = bed_create(file, bytes);
    fill_beyond(file, handle, bytes / 512);
    assert_int_equal(gemd_session_rejected(file->session), 1);
    bed_close(file);
}

/* A library keeps mappings of buffers that it uses again with another tiling. */
static void an_old_mapping_shows_lines_of_new_tiles(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct bed_batch batch = {0}, again = {0};
    uint32_t source = bed_create(file, BYTES), handle = bed_create(file, BYTES);
    write_picture(file, source, 9);
    uint32_t *lines = bed_map(file, handle, BYTES, true);
    lines[0] = 1;
    tile(file, handle, I915_TILING_X);
    bed_copy(&batch, handle, PITCH, source, PITCH, 0, SIDE, SIDE);
    assert_int_equal(bed_run(file, &batch), 0);
    bed_set_domain(file, handle, I915_GEM_DOMAIN_GTT, 0);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        assert_int_equal(lines[i], 9 + i * 3);
    }
    /* And of lines again, without being told each time. */
    tile(file, handle, I915_TILING_NONE);
    bed_fill(&again, handle, PITCH, SIDE, SIDE, FINAL);
    assert_int_equal(bed_run(file, &again), 0);
    bed_wait(file, handle);
    expect_colour(lines, SIDE * SIDE, FINAL);
    munmap(lines, BYTES);
    bed_close(file);
}

/* ---- order ---- */

struct pair {
    struct drm_file *producer, *consumer;
    int gate[2];
    uint32_t theirs, ours, own; /* handles: the producer's, and of the same and a copy here */
};

/* A fill of the shared buffer waits at a gate; then the consumer has copied it, or is going to. */
static void open_pair(struct pair *pair, struct bed *bed, bool by_name)
{
    struct bed_batch batch = {0};
    pair->producer = bed_open_card(bed);
    pair->consumer = by_name ? bed_open_card(bed) : bed_open(bed);
    pair->theirs = bed_create(pair->producer, BYTES);
    pair->own = bed_create(pair->consumer, BYTES);
    if (by_name) {
        struct drm_gem_flink flink = {.handle = pair->theirs};
        assert_int_equal(bed_ioctl(pair->producer, DRM_IOCTL_GEM_FLINK, &flink), 0);
        struct drm_gem_open named = {.name = flink.name};
        pair->consumer->authenticated = true;
        assert_int_equal(bed_ioctl(pair->consumer, DRM_IOCTL_GEM_OPEN, &named), 0);
        pair->ours = named.handle;
    } else {
        struct drm_prime_handle prime = {.handle = pair->theirs, .flags = DRM_CLOEXEC};
        assert_int_equal(bed_ioctl(pair->producer, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
        assert_int_equal(bed_ioctl(pair->consumer, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
        close(prime.fd);
        pair->ours = prime.handle;
    }
    assert_int_equal(pipe(pair->gate), 0);
    assert_int_equal(gemd_fence_wait_before(pair->producer->session, pair->gate[0], GEMD_FOREVER),
                     0);
    bed_fill(&batch, pair->theirs, PITCH, SIDE, SIDE, FINAL);
    assert_int_equal(bed_run(pair->producer, &batch), 0);
}

static void close_pair(struct pair *pair)
{
    bed_close(pair->producer);
    bed_close(pair->consumer);
    close(pair->gate[0]);
    close(pair->gate[1]);
}

static void copy_here(struct pair *pair)
{
    struct bed_batch batch = {0};
    bed_copy(&batch, pair->own, PITCH, pair->ours, PITCH, 0, SIDE, SIDE);
    assert_int_equal(bed_run(pair->consumer, &batch), 0);
}

static void open_gate(struct pair *pair)
{
    assert_int_equal(write(pair->gate[1], "g", 1), 1);
}

static void check_order(struct bed *bed, bool by_name)
{
    struct pair pair;
    open_pair(&pair, bed, by_name);
    assert_int_equal(bed_busy(pair.consumer, pair.ours), 0x10001);
    copy_here(&pair);
    assert_int_equal(bed_busy(pair.consumer, pair.own), 0x10001);
    struct drm_i915_gem_wait wait = {.bo_handle = pair.own, .timeout_ns = 0};
    assert_int_equal(bed_ioctl(pair.consumer, DRM_IOCTL_I915_GEM_WAIT, &wait), -ETIME);
    open_gate(&pair);
    bed_wait(pair.consumer, pair.own);
    uint32_t *pixels = bed_map(pair.consumer, pair.own, BYTES, false);
    expect_colour(pixels, SIDE * SIDE, FINAL);
    munmap(pixels, BYTES);
    close_pair(&pair);
}

static void who_copies_waits_for_who_draws(void **state)
{
    check_order(*state, false);
    check_order(*state, true);
}

/* The control: a batch that says it does not care runs at once, and finds nothing. */
static void who_does_not_care_sees_what_was_there(void **state)
{
    struct bed *bed = *state;
    struct pair pair;
    struct bed_batch batch = {.object_flags = EXEC_OBJECT_ASYNC};
    open_pair(&pair, bed, false);
    bed_copy(&batch, pair.own, PITCH, pair.ours, PITCH, 0, SIDE, SIDE);
    assert_int_equal(bed_run(pair.consumer, &batch), 0);
    bed_wait(pair.consumer, pair.own);
    uint32_t *pixels = bed_map(pair.consumer, pair.own, BYTES, false);
    expect_colour(pixels, SIDE * SIDE, 0);
    assert_int_equal(bed_busy(pair.consumer, pair.ours), 0x10001);
    munmap(pixels, BYTES);
    open_gate(&pair);
    bed_wait(pair.consumer, pair.ours);
    close_pair(&pair);
}

static void *open_gate_later(void *gate)
{
    usleep(50000);
    assert_int_equal(write(*(int *)gate, "g", 1), 1);
    return NULL;
}

/* A compositor that is not of this server takes what it is given for complete. */
static void a_frame_for_others_ends_when_it_is_drawn(void **state)
{
    struct bed_batch batch = {0};
    struct drm_file *file = bed_open(*state);
    struct drm_prime_handle prime = {.handle = bed_create(file, BYTES), .flags = DRM_CLOEXEC};
    int gate[2];
    pthread_t thread;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(gemd_fence_wait_before(file->session, gate[0], GEMD_FOREVER), 0);
    bed_fill(&batch, prime.handle, PITCH, SIDE, SIDE, FINAL);
    assert_int_equal(bed_run(file, &batch), 0);
    assert_int_equal(bed_busy(file, prime.handle), 0x10001);
    assert_int_equal(pthread_create(&thread, NULL, open_gate_later, &gate[1]), 0);
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_THROTTLE, NULL), 0);
    assert_int_equal(bed_busy(file, prime.handle), 0);
    pthread_join(thread, NULL);
    close(gate[0]);
    close(gate[1]);
    close(prime.fd);
    bed_close(file);
}

static bool is_elsewhere(struct drm_file *file, uint32_t handle)
{
    struct drm_object *object = drm_handle_object(file, handle);
    assert_non_null(object);
    bool is = drm_object_is_elsewhere(object);
    drm_object_unref(object);
    return is;
}

/* Who imports it here waits by itself. */
static void what_is_given_away_is_elsewhere_unless_somebody_here_has_it(void **state)
{
    struct drm_file *one = bed_open(*state), *two = bed_open(*state);
    struct drm_prime_handle prime = {.handle = bed_create(one, BYTES), .flags = DRM_CLOEXEC};
    struct drm_prime_handle theirs;
    assert_false(is_elsewhere(one, prime.handle));
    assert_int_equal(bed_ioctl(one, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
    assert_true(is_elsewhere(one, prime.handle));
    theirs = (struct drm_prime_handle){.fd = prime.fd};
    assert_int_equal(bed_ioctl(two, DRM_IOCTL_PRIME_FD_TO_HANDLE, &theirs), 0);
    assert_false(is_elsewhere(one, prime.handle));
    bed_drop(two, theirs.handle);
    assert_true(is_elsewhere(one, prime.handle));
    close(prime.fd);
    bed_close(one);
    bed_close(two);
}

/* ---- what is refused ---- */

struct bad {
    const char *name;
    struct drm_i915_gem_execbuffer2 exec;
    struct drm_i915_gem_exec_object2 object;
    int expected;
};

static void each_bad_batch_has_its_errno(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    uint32_t handle = bed_create(file, 4096);
    uint32_t words[] = {0x05000000, 0};
    struct drm_i915_gem_pwrite write = {
        .handle = handle, .size = sizeof(words), .data_ptr = (uintptr_t)words};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
    const struct bad rows[] = {
        {"good", {.buffer_count = 1}, {.handle = handle}, 0},
        {"good, all of it", {.buffer_count = 1, .batch_len = 8}, {.handle = handle}, 0},
        {"none", {.buffer_count = 0}, {.handle = handle}, -EINVAL},
        {"nobody's", {.buffer_count = 1}, {.handle = 99}, -ENOENT},
        {"odd length", {.buffer_count = 1, .batch_len = 4}, {.handle = handle}, -EINVAL},
        {"odd start", {.buffer_count = 1, .batch_start_offset = 4}, {.handle = handle}, -EINVAL},
        {"too long", {.buffer_count = 1, .batch_len = 8192}, {.handle = handle}, -EINVAL},
        {"DR1", {.buffer_count = 1, .DR1 = 1}, {.handle = handle}, -EINVAL},
        {"cliprects", {.buffer_count = 1, .num_cliprects = 1}, {.handle = handle}, -EINVAL},
        {"BSD", {.buffer_count = 1, .flags = I915_EXEC_BSD}, {.handle = handle}, -EINVAL},
        {"BLT", {.buffer_count = 1, .flags = I915_EXEC_BLT}, {.handle = handle}, -EINVAL},
        {"secure", {.buffer_count = 1, .flags = I915_EXEC_SECURE}, {.handle = handle}, -EPERM},
        {"SOL",
         {.buffer_count = 1, .flags = I915_EXEC_GEN7_SOL_RESET},
         {.handle = handle},
         -EINVAL},
        {"constants", {.buffer_count = 1, .flags = 1 << 6}, {.handle = handle}, -EINVAL},
        {"unknown flag", {.buffer_count = 1, .flags = 1ull << 40}, {.handle = handle}, -EINVAL},
        {"context", {.buffer_count = 1, .rsvd1 = 3}, {.handle = handle}, -ENOENT},
        {"no fence",
         {.buffer_count = 1, .flags = I915_EXEC_FENCE_IN, .rsvd2 = (uint32_t)-1},
         {.handle = handle},
         -EINVAL},
        {"alignment", {.buffer_count = 1}, {.handle = handle, .alignment = 3}, -EINVAL},
        {"object flag", {.buffer_count = 1}, {.handle = handle, .flags = 1ull << 30}, -EINVAL},
        {"softpin", {.buffer_count = 1}, {.handle = handle, .flags = EXEC_OBJECT_PINNED}, -EINVAL},
        {"written batch",
         {.buffer_count = 1},
         {.handle = handle, .flags = EXEC_OBJECT_WRITE},
         -EINVAL},
        {"endless", {.buffer_count = 1, .batch_start_offset = 8}, {.handle = handle}, -EINVAL},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct drm_i915_gem_exec_object2 object = rows[i].object;
        struct drm_i915_gem_execbuffer2 exec = rows[i].exec;
        exec.buffers_ptr = (uintptr_t)&object;
        int result = bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec);
        if (result != rows[i].expected) {
            fail_msg("%s: %d, not %d", rows[i].name, result, rows[i].expected);
        }
    }
    bed_close(file);
}

static void bad_relocations_have_their_errno(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    uint32_t handle = bed_create(file, BYTES);
    struct bed_batch good = {0};
    bed_fill(&good, handle, PITCH, SIDE, SIDE, FINAL);
    struct bed_batch batch = good;
    batch.relocs[0].target_handle = 99;
    assert_int_equal(bed_run(file, &batch), -ENOENT);
    batch = good;
    batch.relocs[0].offset = 3;
    assert_int_equal(bed_run(file, &batch), -EINVAL);
    batch = good;
    batch.relocs[0].offset = 1u << 30;
    assert_int_equal(bed_run(file, &batch), -EINVAL);
    batch = good;
    batch.relocs[0].write_domain = I915_GEM_DOMAIN_RENDER | I915_GEM_DOMAIN_SAMPLER;
    assert_int_equal(bed_run(file, &batch), -EINVAL);
    batch = good;
    batch.relocs[0].read_domains = I915_GEM_DOMAIN_CPU;
    assert_int_equal(bed_run(file, &batch), -EINVAL);
    batch = good;
    batch.objects[batch.object_count++] = handle; /* twice */
    assert_int_equal(bed_run(file, &batch), -EINVAL);
    assert_int_equal(bed_run(file, &good), 0);
    bed_close(file);
}

/* What is no batch may have them too: the program finds the address there. */
static void relocations_may_be_anywhere(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    const uint32_t elsewhere = bed_create(file, BYTES), batch = bed_create(file, BYTES);
    uint32_t words[] = {0x05000000, 0};
    struct drm_i915_gem_pwrite write = {
        .handle = batch, .size = sizeof(words), .data_ptr = (uintptr_t)words};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
    struct drm_i915_gem_relocation_entry reloc = {
        .target_handle = elsewhere, .offset = 64, .delta = 12, .presumed_offset = UINT64_MAX};
    struct drm_i915_gem_exec_object2 objects[] = {
        {.handle = elsewhere, .relocs_ptr = (uintptr_t)&reloc, .relocation_count = 1},
        {.handle = batch}};
    struct drm_i915_gem_execbuffer2 exec = {.buffers_ptr = (uintptr_t)objects, .buffer_count = 2};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec), 0);
    assert_int_equal(reloc.presumed_offset, objects[0].offset);
    uint32_t *memory = bed_map(file, elsewhere, BYTES, false);
    assert_int_equal(memory[16], objects[0].offset + 12);
    memory[16] = 77;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec), 0);
    assert_int_equal(memory[16], 77); /* it is where it was presumed */
    munmap(memory, BYTES);
    reloc.presumed_offset = 0;
    reloc.offset = BYTES;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec), -EINVAL);
    bed_close(file);
}

/* Who says that all is where it was is believed: relocations are not looked at. */
static void no_relocation_is_wrong_that_nobody_looks_at(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    const uint32_t batch = bed_create(file, BYTES);
    uint32_t words[] = {0x05000000, 0};
    struct drm_i915_gem_pwrite write = {
        .handle = batch, .size = sizeof(words), .data_ptr = (uintptr_t)words};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_PWRITE, &write), 0);
    struct drm_i915_gem_relocation_entry reloc = {.target_handle = 99};
    struct drm_i915_gem_exec_object2 object = {
        .handle = batch, .relocs_ptr = (uintptr_t)&reloc, .relocation_count = 1};
    struct drm_i915_gem_execbuffer2 exec = {
        .buffers_ptr = (uintptr_t)&object, .buffer_count = 1, .flags = I915_EXEC_NO_RELOC};
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec), -ENOENT);
    object.relocation_count = 0;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec), 0);
    assert_int_not_equal(object.offset, 0);
    object.relocation_count = 1;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec), 0);
    exec.flags = 0;
    assert_int_equal(bed_ioctl(file, DRM_IOCTL_I915_GEM_EXECBUFFER2, &exec), -ENOENT);
    bed_close(file);
}

/* The daemon says no later: the program goes on, and nothing is drawn. */
static void a_batch_that_breaks_a_rule_draws_nothing(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct bed_batch bad = {0}, good = {0};
    uint32_t handle = bed_create(file, BYTES);
    bed_fill(&bad, handle, PITCH, SIDE, SIDE + 1, 1); /* a row too many */
    assert_int_equal(bed_run(file, &bad), 0);
    bed_wait(file, handle);
    assert_int_equal(gemd_session_rejected(file->session), 1);
    uint32_t *pixels = bed_map(file, handle, BYTES, false);
    expect_colour(pixels, SIDE * SIDE, 0);
    bed_fill(&good, handle, PITCH, SIDE, SIDE, 2);
    assert_int_equal(bed_run(file, &good), 0);
    bed_wait(file, handle);
    expect_colour(pixels, SIDE * SIDE, 2);
    munmap(pixels, BYTES);
    bed_close(file);
}

/* It would go on in memory that the daemon does not look at. */
static void a_batch_that_jumps_is_refused_by_the_daemon(void **state)
{
    struct bed *bed = *state;
    struct drm_file *file = bed_open(bed);
    struct bed_batch batch = {0};
    uint32_t handle = bed_create(file, BYTES);
    bed_fill(&batch, handle, PITCH, SIDE, SIDE, 1);
    BED_PUT(&batch, 0x18800000); /* MI_BATCH_BUFFER_START */
    bed_address(&batch, handle, false);
    assert_int_equal(bed_run(file, &batch), 0);
    bed_wait(file, handle);
    assert_int_equal(gemd_session_rejected(file->session), 1);
    uint32_t *pixels = bed_map(file, handle, BYTES, false);
    expect_colour(pixels, SIDE * SIDE, 0);
    munmap(pixels, BYTES);
    bed_close(file);
}

static void the_length_of_a_batch_is_found(void **state)
{
    const uint32_t end = 0x05000000, fill = 0x54300004, jump = 0x18800000, unknown = 0x70000000;
    const uint32_t good[] = {0, fill, end, end, end, end, end, end, 7};
    const uint32_t jumps[] = {0, jump, 0, end}, strange[] = {0, 0, unknown, end};
    const uint32_t cut[] = {0, fill, 0, 0}, endless[] = {0, 0, 0, 0};
    (void)state;
    assert_int_equal(exec_batch_length(good, 9), 8);
    assert_int_equal(exec_batch_length(good, 7), 0);
    assert_int_equal(exec_batch_length(jumps, 4), 2);
    assert_int_equal(exec_batch_length(strange, 4), 3);
    assert_int_equal(exec_batch_length(cut, 4), 0);
    assert_int_equal(exec_batch_length(endless, 4), 0);
    assert_int_equal(exec_batch_length(endless, 0), 0);
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(a_blit_draws_each_pixel),
        WITH_BED(relocations_may_name_places_of_the_list),
        WITH_BED(the_gpus_tiles_are_lines_through_the_aperture),
        WITH_BED(y_tiles_are_lines_through_the_aperture),
        cmocka_unit_test_setup_teardown(two_channels_mix_bits_of_tiles, setup_symmetric,
                                        bed_teardown),
        cmocka_unit_test_setup_teardown(two_channels_mix_bit_11, setup_with_bit_11, bed_teardown),
        cmocka_unit_test_setup_teardown(bits_beyond_the_page_forbid_tiles, setup_with_bit_17,
                                        bed_teardown),
        WITH_BED(a_fill_may_go_on_in_one_more_row_of_tiles),
        WITH_BED(a_fill_may_not_go_on_beyond_the_register),
        WITH_BED(an_old_mapping_shows_lines_of_new_tiles),
        WITH_BED(who_copies_waits_for_who_draws),
        WITH_BED(who_does_not_care_sees_what_was_there),
        WITH_BED(a_frame_for_others_ends_when_it_is_drawn),
        WITH_BED(what_is_given_away_is_elsewhere_unless_somebody_here_has_it),
        WITH_BED(each_bad_batch_has_its_errno),
        WITH_BED(bad_relocations_have_their_errno),
        WITH_BED(relocations_may_be_anywhere),
        WITH_BED(no_relocation_is_wrong_that_nobody_looks_at),
        WITH_BED(a_batch_that_breaks_a_rule_draws_nothing),
        WITH_BED(a_batch_that_jumps_is_refused_by_the_daemon),
        cmocka_unit_test(the_length_of_a_batch_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
