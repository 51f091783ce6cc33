/* SPDX-License-Identifier: MIT */
/* Buffers of the client library: zeroed memory, its reuse, sharing by memory file. */
#include "tests/proto/client_fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/client/bo_cache.h"
#include "proto/memfile.h"

static struct gemd_bo *create(struct fixture *fixture, uint64_t size, bool shared)
{
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(fixture->session, size, shared, &bo), 0);
    return bo;
}

static bool is_filled(struct gemd_bo *bo, uint8_t value)
{
    const uint8_t *map = gemd_bo_map(bo);
    for (uint64_t i = 0; i < gemd_bo_size(bo); i++) {
        if (map[i] != value) {
            return false;
        }
    }
    return true;
}

static void buffers_are_zeroed_and_apart(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t sizes[] = {1, 4096, 4097, 65536, 1u << 20, 5u << 20, 20u << 20};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) * 2 };
    struct gemd_bo *bos[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        bos[i] = create(fixture, sizes[i / 2], i % 2 != 0);
        assert_int_equal(gemd_bo_size(bos[i]), (sizes[i / 2] + 4095) / 4096 * 4096);
        assert_int_not_equal(gemd_bo_handle(bos[i]), 0);
        assert_true(is_filled(bos[i], 0));
        memset(gemd_bo_map(bos[i]), (int)i + 1, gemd_bo_size(bos[i]));
    }
    for (unsigned i = 0; i < COUNT; i++) {
        assert_true(is_filled(bos[i], (uint8_t)(i + 1)));
    }
    assert_int_equal(fake_settle(fixture->fake).buffers, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        gemd_bo_unref(bos[i]);
    }
    gemd_bo_unref(NULL);
    /* The small private ones are kept for who comes next. */
    assert_int_equal(fake_settle(fixture->fake).buffers, 4);
}

static void impossible_sizes(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(fixture->session, 0, false, &bo), -EINVAL);
    assert_null(bo);
    assert_int_equal(gemd_bo_create(fixture->session, (512u << 20) + 1, false, &bo), -ENOMEM);
    assert_int_equal(gemd_bo_create(fixture->session, UINT64_MAX, true, &bo), -ENOMEM);
    assert_null(bo);
}

static void daemon_refuses_memory(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bo;
    fake_settle(fixture->fake);
    unsigned files = fixture_open_files();
    fake_refuse_arenas(fixture->fake, -ENOMEM);
    assert_int_equal(gemd_bo_create(fixture->session, 4096, false, &bo), -ENOMEM);
    assert_null(bo);
    assert_int_equal(gemd_bo_create(fixture->session, 4096, true, &bo), -ENOMEM);
    assert_null(bo);
    assert_int_equal(fixture->events, 2);
    assert_non_null(strstr(fixture->last_text, "no arenas today"));
    fake_settle(fixture->fake); /* it closes what it was sent after it has answered */
    assert_int_equal(fixture_open_files(), files);
    fake_refuse_arenas(fixture->fake, 0);
    gemd_bo_unref(create(fixture, 4096, false));
}

/* A freed range comes back only when the GPU is done with it, and zeroed. */
static void reuse_waits_for_the_gpu(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seqno;
    fake_set(fixture->fake, false, false);
    struct gemd_bo *first = create(fixture, 8192, false);
    void *place = gemd_bo_map(first);
    memset(place, 0x55, 8192);
    assert_int_equal(fixture_submit(fixture->session, 8, &first, 1, &seqno), 0);
    assert_int_equal(gemd_bo_last_use(first, false), seqno);
    assert_int_equal(gemd_bo_last_use(first, true), seqno);
    assert_true(gemd_bo_busy(first, false));
    gemd_bo_unref(first);
    fake_settle(fixture->fake);

    struct gemd_bo *second = create(fixture, 8192, false);
    assert_ptr_not_equal(gemd_bo_map(second), place);
    gemd_bo_unref(second);
    fake_settle(fixture->fake);
    assert_true(((uint8_t *)place)[0] == 0x55); /* the GPU may still read it */

    fake_retire(fixture->fake, seqno);
    struct gemd_bo *third = create(fixture, 8192, false);
    assert_ptr_equal(gemd_bo_map(third), place);
    assert_true(is_filled(third, 0));
    gemd_bo_unref(third);
}

/* Nor before the daemon has read the CLOSE. */
static void reuse_waits_for_the_daemon(void **state)
{
    struct fixture *fixture = *state;
    enum { LARGE = 2 * BO_CACHE_BUFFER_BYTES }; /* not kept */
    struct gemd_bo *first = create(fixture, LARGE, false);
    void *place = gemd_bo_map(first);
    uint32_t handle = gemd_bo_handle(first);
    fake_settle(fixture->fake);
    fake_set(fixture->fake, true, true);
    gemd_bo_unref(first);
    struct gemd_bo *second = create(fixture, LARGE, false);
    assert_ptr_not_equal(gemd_bo_map(second), place);
    assert_int_not_equal(gemd_bo_handle(second), handle);
    fake_set(fixture->fake, false, true);
    fake_settle(fixture->fake);
    struct gemd_bo *third = create(fixture, LARGE, false);
    assert_ptr_equal(gemd_bo_map(third), place);
    assert_int_equal(gemd_bo_handle(third), handle);
    gemd_bo_unref(second);
    gemd_bo_unref(third);
}

/* The same buffer, for the daemon too, which hears nothing of it. */
static void what_is_reused_takes_no_record(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *first = create(fixture, 4096, false);
    uint32_t handle = gemd_bo_handle(first);
    gemd_bo_unref(first);
    struct fake_counts before = fake_settle(fixture->fake);
    uint64_t tail = __atomic_load_n(&fixture->fake->ring->tail, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < 1000; i++) {
        struct gemd_bo *bo = create(fixture, 4096, false);
        assert_int_equal(gemd_bo_handle(bo), handle);
        assert_int_equal(gemd_bo_last_use(bo, false), 0);
        assert_true(is_filled(bo, 0));
        memset(gemd_bo_map(bo), 0x77, 4096);
        gemd_bo_unref(bo);
    }
    assert_true(__atomic_load_n(&fixture->fake->ring->tail, __ATOMIC_ACQUIRE) == tail);
    struct fake_counts after = fake_settle(fixture->fake);
    assert_int_equal(after.doorbells, before.doorbells);
    assert_int_equal(after.creates, 1);
    assert_int_equal(after.closes, 0);
}

/* Who has about as much as it may keeps nothing that is closed. */
static void limits_end_the_keeping(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_msg_limit_passed passed = {
        .header = {.type = GEMD_MSG_LIMIT_PASSED, .size = sizeof(passed)}};
    struct gemd_bo *bo = create(fixture, 4096, false);
    gemd_bo_unref(create(fixture, 8192, false));
    assert_int_equal(fake_settle(fixture->fake).closes, 0);
    fake_send(fixture->fake, &passed, sizeof(passed));
    while (__atomic_load_n(&fixture->events, __ATOMIC_ACQUIRE) == 0) {
        gemd_session_dispatch(fixture->session);
    }
    gemd_bo_unref(bo);
    struct fake_counts counts = fake_settle(fixture->fake);
    assert_int_equal(counts.closes, 2);
    assert_int_equal(counts.buffers, 0);
}

/* Many sizes come and go; nothing overlaps and the arenas do not grow without end. */
static void arenas_are_reused(void **state)
{
    struct fixture *fixture = *state;
    enum { LIVE = 32, ROUNDS = 3000 };
    struct gemd_bo *bos[LIVE] = {0};
    uint32_t random = 1;
    for (unsigned i = 0; i < ROUNDS; i++) {
        random = random * 1664525 + 1013904223;
        unsigned slot = (random >> 8) % LIVE;
        if (bos[slot] != NULL) {
            assert_true(*(uint32_t *)gemd_bo_map(bos[slot]) == slot + 1);
            gemd_bo_unref(bos[slot]);
        }
        bos[slot] = create(fixture, 4096u << (random >> 20) % 7, false);
        uint32_t *map = gemd_bo_map(bos[slot]);
        uint64_t words = gemd_bo_size(bos[slot]) / sizeof(*map);
        assert_int_equal(map[0], 0);
        assert_int_equal(map[words / 2], 0);
        assert_int_equal(map[words - 1], 0);
        map[0] = slot + 1;
        map[words - 1] = UINT32_MAX;
    }
    for (unsigned i = 0; i < LIVE; i++) {
        gemd_bo_unref(bos[i]);
    }
    assert_in_range(fake_settle(fixture->fake).buffers, 0, BO_CACHE_COUNT);
    /* How far the fake lags behind decides how many there were; 32 x 256 KiB fit one. */
    assert_in_range(fake_settle(fixture->fake).arena_adds, 1, 12);
}

static void large_arenas_go_back(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *small = create(fixture, 4096, false);
    gemd_bo_unref(create(fixture, 40u << 20, false));
    fake_settle(fixture->fake);
    /* The next call sees that the CLOSE was read. */
    gemd_bo_unref(create(fixture, 4096, false));
    struct fake_counts counts = fake_settle(fixture->fake);
    assert_int_equal(counts.arena_adds, 2);
    assert_int_equal(counts.arena_removes, 1);
    gemd_bo_unref(small);
}

/* ---- sharing ---- */

static void export_and_import_by_identity(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bo = create(fixture, 12288, true);
    struct gemd_bo *same, *other;
    int fd = gemd_bo_export(bo);
    int copy = dup(fd);
    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(gemd_bo_import(fixture->session, fd, &same), 0);
    assert_ptr_equal(same, bo);
    assert_int_equal(gemd_bo_import(fixture->session, copy, &same), 0);
    assert_ptr_equal(same, bo);
    gemd_bo_unref(bo);
    gemd_bo_unref(bo);
    memset(gemd_bo_map(bo), 7, 12288);
    gemd_bo_unref(bo);
    close(copy);

    /* Its last reference is gone: the file is imported anew, with what was in it. */
    assert_int_equal(gemd_bo_import(fixture->session, fd, &other), 0);
    assert_int_equal(gemd_bo_size(other), 12288);
    assert_true(is_filled(other, 7));
    assert_int_equal(gemd_bo_import(fixture->session, fd, &same), 0);
    assert_ptr_equal(same, other);
    gemd_bo_unref(same);
    gemd_bo_unref(other);
    close(fd);
}

static void a_file_is_one_buffer_for_each_tiling(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_session *session = fixture->session;
    struct gemd_bo *bo = create(fixture, 65536, true);
    struct gemd_bo *x, *wide, *same;
    uint32_t pitch;
    int fd = gemd_bo_export(bo);
    assert_int_equal(gemd_bo_import_tiled(session, fd, GEMD_TILING_X, 512, &x), 0);
    assert_int_equal(gemd_bo_import_tiled(session, fd, GEMD_TILING_X, 1024, &wide), 0);
    assert_ptr_not_equal(x, bo);
    assert_ptr_not_equal(x, wide);
    assert_int_equal(gemd_bo_tiling(x, &pitch), GEMD_TILING_X);
    assert_int_equal(pitch, 512);
    assert_int_equal(gemd_bo_tiling(wide, &pitch), GEMD_TILING_X);
    assert_int_equal(pitch, 1024);
    assert_int_equal(gemd_bo_import_tiled(session, fd, GEMD_TILING_X, 512, &same), 0);
    assert_ptr_equal(same, x);
    gemd_bo_unref(same);
    assert_int_equal(gemd_bo_import(session, fd, &same), 0);
    assert_ptr_equal(same, bo);
    gemd_bo_unref(same);
    memset(gemd_bo_map(bo), 7, 65536);
    assert_true(is_filled(x, 7));

    assert_int_equal(gemd_bo_import_tiled(session, fd, GEMD_TILING_X, 0, &same), -EINVAL);
    assert_null(same);
    assert_int_equal(gemd_bo_import_tiled(session, fd, GEMD_TILING_NONE, 512, &same), -EINVAL);
    assert_int_equal(gemd_bo_import_tiled(session, fd, GEMD_TILING_Y + 1, 512, &same), -EINVAL);
    gemd_bo_unref(wide);
    gemd_bo_unref(x);
    gemd_bo_unref(bo);
    close(fd);
}

static void private_buffers_have_no_file(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bo = create(fixture, 4096, false);
    assert_int_equal(gemd_bo_export(bo), -EINVAL);
    gemd_bo_unref(bo);
}

static void what_cannot_be_imported(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bo;
    int pipes[2];
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_return_code(ftruncate(fd, 4096), errno);
    assert_int_equal(gemd_bo_import(fixture->session, fd, &bo), -EINVAL);
    assert_return_code(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), errno);
    assert_int_equal(gemd_bo_import(fixture->session, fd, &bo), -EINVAL);
    assert_return_code(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), errno);
    assert_int_equal(gemd_bo_import(fixture->session, fd, &bo), 0);
    gemd_bo_unref(bo);
    assert_return_code(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), errno);
    assert_int_equal(gemd_bo_import(fixture->session, fd, &bo), -EINVAL);
    close(fd);

    fd = memfd_create("odd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_return_code(ftruncate(fd, 5000), errno);
    assert_return_code(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), errno);
    assert_int_equal(gemd_bo_import(fixture->session, fd, &bo), -EINVAL);
    close(fd);

    assert_int_equal(gemd_bo_import(fixture->session, -1, &bo), -EINVAL);
    assert_return_code(pipe2(pipes, O_CLOEXEC), errno);
    assert_int_equal(gemd_bo_import(fixture->session, pipes[0], &bo), -EINVAL);
    assert_null(bo);
    close(pipes[0]);
    close(pipes[1]);
}

static void shared_arenas_go_back(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seqno;
    for (unsigned i = 0; i < 20; i++) {
        struct gemd_bo *bo = create(fixture, 65536, true);
        assert_int_equal(fixture_submit(fixture->session, 8, &bo, 1, &seqno), 0);
        assert_int_equal(gemd_bo_wait(bo, true, GEMD_FOREVER), 0);
        gemd_bo_unref(bo);
        fake_settle(fixture->fake);
    }
    gemd_bo_unref(create(fixture, 4096, false));
    struct fake_counts counts = fake_settle(fixture->fake);
    assert_int_equal(counts.arena_adds, 21);
    assert_int_equal(counts.arena_removes, 20);
}

#define WITH_SESSION(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SESSION(buffers_are_zeroed_and_apart),
        WITH_SESSION(impossible_sizes),
        WITH_SESSION(daemon_refuses_memory),
        WITH_SESSION(reuse_waits_for_the_gpu),
        WITH_SESSION(reuse_waits_for_the_daemon),
        WITH_SESSION(arenas_are_reused),
        WITH_SESSION(large_arenas_go_back),
        WITH_SESSION(export_and_import_by_identity),
        WITH_SESSION(private_buffers_have_no_file),
        WITH_SESSION(what_cannot_be_imported),
        WITH_SESSION(a_file_is_one_buffer_for_each_tiling),
        WITH_SESSION(shared_arenas_go_back),
        WITH_SESSION(what_is_reused_takes_no_record),
        WITH_SESSION(limits_end_the_keeping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
