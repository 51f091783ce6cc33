/* SPDX-License-Identifier: MIT */
/*
 * The screen as it was found, on the model: taken over, and put back in every way in which a daemon
 * ends. The supervisor is tried with a device in memory that two processes share.
 */
#include "tests/unit/gemd/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gemd/display.h"
#include "gemd/found.h"
#include "gemd/pipe.h"
#include "gemd/server.h"
#include "gemd/supervisor.h"
#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "tests/lib/chipset.h"
#include "tests/unit/gemd/fake_device.h"

static uint64_t clock_ns = 1; /* the model's clock */

static uint64_t stopped_clock(void *data)
{
    return clock_ns;
}

static struct hw_device *make_model(void)
{
    const struct model_options options = {
        .threads = 1, .chipset = test_chipset, .clock = stopped_clock};
    struct hw_device *dev = model_create(&options);
    assert_non_null(dev);
    return dev;
}

/* As firmware leaves it: a mode of VESA's table, by dividers of its own, and a plane on it. */
static void firmware(struct hw_device *dev, uint32_t width, uint32_t height)
{
    struct mode mode;
    char reason[MODE_REASON_MAX];
    const struct pipe_plane plane = {
        .address = 0x100000, .stride = 4096, .width = width, .height = height};
    assert_int_equal(mode_of_timing(pipe_pll_kind(dev), timing_find(width, height, 60), width,
                                    height, &mode, reason),
                     0);
    pipe_start(dev, &mode);
    pipe_show_plane(dev, &pipe_analog, &plane, false);
    hw_write(dev, PALETTE_A + 40, 0x123456);
    hw_write(dev, 0x70414, 0xb105);
}

struct writes {
    struct hw_device base;
    struct hw_device *dev;
    uint32_t regs[4096];
    unsigned count;
};

/* ---- a device that counts writes to another ---- */

static struct writes writes;
static struct hw_device_ops counting_ops;

static uint32_t counted_read(struct hw_device *dev, uint32_t reg)
{
    return hw_read(writes.dev, reg);
}

static void counted_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    if (writes.count < sizeof(writes.regs) / sizeof(writes.regs[0])) {
        writes.regs[writes.count++] = reg;
    }
    hw_write(writes.dev, reg, value);
}

static struct hw_device *count_writes(struct hw_device *dev)
{
    memset(&writes, 0, sizeof(writes));
    writes.dev = dev;
    counting_ops = *dev->ops;
    counting_ops.read = counted_read;
    counting_ops.write = counted_write;
    writes.base = (struct hw_device){.ops = &counting_ops, .identity = dev->identity};
    return &writes.base;
}

static bool was_written(uint32_t reg)
{
    for (unsigned i = 0; i < writes.count; i++) {
        if (writes.regs[i] == reg) {
            return true;
        }
    }
    return false;
}

static void assert_found(const struct found *found, struct hw_device *dev)
{
    struct found now;
    size_t count;
    const struct found_row *rows = found_rows(&count);
    const uint32_t *a = found->values, *b = now.values;
    found_save(&now, dev);
    for (size_t r = 0; r < count; r++) {
        for (unsigned i = 0; i < rows[r].count; i++) {
            if (*a != *b) {
                print_error("%s %u: %08x, was %08x\n", rows[r].name, i, *b, *a);
            }
            assert_int_equal(*b++, *a++);
        }
    }
}

static void the_table_fits(void **state)
{
    size_t count, values = 0;
    const struct found_row *rows = found_rows(&count);
    for (size_t r = 0; r < count; r++) {
        assert_true(rows[r].count > 0 && rows[r].reg % 4 == 0);
        assert_true(r == 0 || rows[r].part >= rows[r - 1].part);
        values += rows[r].count;
    }
    assert_in_range(values, 1, FOUND_VALUES);
}

/* Another mode, then all is as it was, and the picture is up again. */
static void another_mode_is_put_back(void **state)
{
    struct hw_device *dev = make_model();
    struct found found;
    struct mode mode;
    uint32_t width, height;
    firmware(dev, 1024, 768);
    found_save(&found, dev);
    pipe_blank_all(dev);
    assert_int_equal(hw_read(dev, DSPCNTR_A) & DSPCNTR_ENABLE, 0);
    assert_int_equal(mode_compute(pipe_pll_kind(dev), 300, 200, &mode), 0);
    pipe_take_over(dev, &mode);
    assert_int_equal(hw_screen_size(dev, 0, &width, &height), 0);
    assert_int_equal(width, 300);
    pipe_stop(dev);
    found_restore(&found, dev);
    assert_found(&found, dev);
    assert_int_equal(hw_screen_size(dev, 0, &width, &height), 0);
    assert_int_equal(width, 1024);
    assert_int_equal(height, 768);
    hw_device_destroy(dev);
}

/* A reset takes all registers of the display. */
static void a_reset_is_put_back(void **state)
{
    struct hw_device *dev = make_model();
    struct found found;
    uint32_t width, height;
    struct gpu gpu = {.dev = dev};
    firmware(dev, 800, 600);
    found_save(&found, dev);
    gpu_ring_init(&gpu.ring, dev, NULL, 0, 0);
    gpu_stop(&gpu);
    assert_int_equal(hw_read(dev, PIPECONF_A), 0);
    found_restore(&found, dev);
    assert_found(&found, dev);
    assert_int_equal(hw_screen_size(dev, 0, &width, &height), 0);
    assert_int_equal(width, 800);
    hw_device_destroy(dev);
}

/* The monitor does not lose a mode that is the wanted one: neither when it is taken nor at the end.
 */
static void the_same_mode_runs_through(void **state)
{
    struct hw_device *model = make_model();
    struct found found;
    struct mode mode;
    char reason[MODE_REASON_MAX];
    firmware(model, 1024, 768);
    hw_write(model, FPA1, 0); /* not in use */
    struct hw_device *dev = count_writes(model);
    found_save(&found, dev);
    pipe_blank_all(dev);
    assert_int_equal(
        mode_of_timing(pipe_pll_kind(dev), timing_find(1024, 768, 60), 1024, 768, &mode, reason),
        0);
    assert_true(pipe_has_mode(dev, &mode));
    pipe_take_over(dev, &mode);
    const struct pipe_plane plane = {
        .address = 0x300000, .stride = 4096, .width = 1024, .height = 768};
    pipe_show_plane(dev, &pipe_analog, &plane, false);
    assert_int_equal(hw_read(dev, DSPADDR_A), 0x300000);
    found_restore(&found, dev);
    assert_found(&found, dev);
    static const uint32_t hard[] = {DPLL_A,   FPA0,     FPA1,     PIPECONF_A,
                                    HTOTAL_A, VTOTAL_A, HBLANK_A, ADPA};
    for (unsigned i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
        assert_false(was_written(hard[i]));
    }
    assert_true(was_written(DSPADDR_A));
    hw_device_destroy(model);
}

/* Where the pipe is: who restarts it begins at the first pixel. */
static uint32_t position(struct hw_device *dev)
{
    return hw_read(dev, FRAMEPIXEL_A) & 0xffffff;
}

/* The whole daemon comes and goes, and the pipe of the firmware does not miss a pixel. */
static void the_daemon_takes_the_running_mode(void **state)
{
    struct hw_device *dev = make_model();
    struct server *server = calloc(1, sizeof(*server));
    struct event_base *base = event_base_new();
    struct gemd_status_window status = {0};
    struct found found;
    char reason[MODE_REASON_MAX];
    int error = 0;
    assert_true(server != NULL && base != NULL);
    firmware(dev, 1024, 768);
    clock_ns += 5000000;
    model_clock_changed(dev);
    const uint32_t before = position(dev);
    assert_true(before > 0);
    found_save(&found, dev);
    const struct server_options options = {.device_name = "model", .monitor = true};
    assert_int_equal(server_init(server, base, dev, &options), 0);
    /* Its planes are off, and it runs. */
    assert_int_equal(hw_read(dev, DSPCNTR_A) & DSPCNTR_ENABLE, 0);
    struct window *window = display_open(&server->display, 0, 0, &status, NULL, 0, &error, reason);
    assert_non_null(window);
    assert_true(server->display.scanout.running);
    assert_int_equal(position(dev), before);
    /* Another size is another mode. */
    struct window *other =
        display_open(&server->display, 300, 200, &status, NULL, 1, &error, reason);
    assert_non_null(other);
    assert_int_equal(position(dev), 0);
    display_close(&server->display, other);
    display_close(&server->display, window);
    server_finish(server);
    found_restore(&found, dev);
    assert_found(&found, dev);
    event_base_free(base);
    free(server);
    hw_device_destroy(dev);
}

/* One bit of it is another mode. */
static void what_differs_is_another_mode(void **state)
{
    struct hw_device *dev = make_model();
    struct mode mode;
    char reason[MODE_REASON_MAX];
    assert_int_equal(
        mode_of_timing(pipe_pll_kind(dev), timing_find(1024, 768, 60), 1024, 768, &mode, reason),
        0);
    static const struct {
        uint32_t reg, flips;
    } rows[] = {{HTOTAL_A, 1u << 16},    {HSYNC_A, 1},
                {VTOTAL_A, 1u << 16},    {VSYNC_A, 1},
                {PIPESRC_A, 1},          {ADPA, ADPA_PIPE_B},
                {ADPA, ADPA_HSYNC_HIGH}, {PIPECONF_A, 1u << 31},
                {PIPECONF_A, 3u << 22},  {DPLL_A, 1u << 31},
                {DPLL_A, 1u << 24},      {FPA0, 1u << 1},
                {DPLL_A, 1u << 27},      {DPLL_A, 3u << 13}};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        firmware(dev, 1024, 768);
        assert_true(pipe_has_mode(dev, &mode));
        hw_write(dev, rows[i].reg, hw_read(dev, rows[i].reg) ^ rows[i].flips);
        assert_false(pipe_has_mode(dev, &mode));
        hw_write(dev, rows[i].reg, hw_read(dev, rows[i].reg) ^ rows[i].flips);
    }
    hw_device_destroy(dev);
}

static void nothing_is_written_for_nothing(void **state)
{
    struct hw_device *model = make_model();
    struct found found;
    firmware(model, 1024, 768);
    struct hw_device *dev = count_writes(model);
    found_save(&found, dev);
    found_restore(&found, dev);
    assert_int_equal(writes.count, 0);
    hw_device_destroy(model);
}

/* ---- the supervisor ---- */

/* A device that both processes see, with what the supervisor does to it. */
struct shared {
    struct fake_device fake;
    struct hw_device_ops ops;
    volatile int released;
    volatile uint32_t seen; /* DPLL_A, when the daemon ended well */
};

static void release(struct hw_device *dev)
{
    struct shared *shared = (struct shared *)dev;
    shared->released++;
    assert_int_equal(hw_read(dev, DSPADDR_A), 0xbad000); /* before the screen */
}

static struct shared *make_shared(void)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    struct fake_device *fake = fake_device_create();
    shared->fake = *fake;
    shared->ops = *fake->base.ops;
    shared->ops.release = release;
    shared->fake.base.ops = &shared->ops;
    fake_device_destroy(fake);
    hw_write(&shared->fake.base, PIPECONF_A, PIPECONF_ENABLE);
    hw_write(&shared->fake.base, DPLL_A, 0x94020000);
    hw_write(&shared->fake.base, DSPADDR_A, 0x1000);
    hw_write(&shared->fake.base, VGACNTRL, 0x2900);
    return shared;
}

static void forget_shared(struct shared *shared)
{
    munmap(shared, sizeof(*shared));
}

/* A daemon: takes the screen, changes it, and ends as it is told. Its exit is the supervisor's. */
static pid_t start_daemon(struct shared *shared, bool clean, int *alive)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct supervisor supervisor;
        struct found found;
        struct hw_device *dev = &shared->fake.base;
        /* The supervisor holds 'alive' open until it is done. cmocka would catch the death. */
        (void)signal(SIGSEGV, SIG_DFL);
        (void)signal(SIGABRT, SIG_DFL);
        close(ends[0]);
        found_save(&found, dev);
        if (supervisor_start(&supervisor, dev, &found, NULL, 0) != 0) {
            _exit(1);
        }
        hw_write(dev, DSPADDR_A, 0xbad000);
        hw_write(dev, DPLL_A, 0);
        hw_write(dev, VGACNTRL, VGACNTRL_DISABLE);
        if (clean) {
            supervisor_finish(&supervisor);
            shared->seen = fake_register(&shared->fake, DPLL_A);
            _exit(0);
        }
        (void)!write(ends[1], "r", 1);
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    *alive = ends[0];
    return pid;
}

/* Whatever a daemon dies of, the screen comes back. */
static void a_daemon_that_dies_leaves_the_screen_as_found(void **state)
{
    static const int deaths[] = {SIGKILL, SIGSEGV, SIGABRT, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (unsigned i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
        struct shared *shared = make_shared();
        int alive = -1, status;
        char word;
        pid_t pid = start_daemon(shared, false, &alive);
        assert_int_equal(read(alive, &word, 1), 1);
        assert_int_equal(fake_register(&shared->fake, DPLL_A), 0);
        assert_int_equal(shared->released, 0);
        kill(pid, deaths[i]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(read(alive, &word, 1), 0); /* the supervisor has ended, too */
        close(alive);
        assert_int_equal(shared->released, 1);
        assert_int_equal(fake_register(&shared->fake, DPLL_A), 0x94020000);
        assert_int_equal(fake_register(&shared->fake, PIPECONF_A), PIPECONF_ENABLE);
        assert_int_equal(fake_register(&shared->fake, DSPADDR_A), 0x1000);
        assert_int_equal(fake_register(&shared->fake, VGACNTRL), 0x2900);
        forget_shared(shared);
    }
}

static void a_daemon_that_ends_well_waits_for_the_screen(void **state)
{
    struct shared *shared = make_shared();
    int alive = -1, status;
    char word;
    pid_t pid = start_daemon(shared, true, &alive);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(read(alive, &word, 1), 0);
    close(alive);
    assert_int_equal(shared->seen, 0x94020000); /* it was put back before the daemon ended */
    assert_int_equal(shared->released, 1);
    assert_int_equal(fake_register(&shared->fake, DSPADDR_A), 0x1000);
    assert_int_equal(fake_register(&shared->fake, VGACNTRL), 0x2900);
    forget_shared(shared);
}

static void the_model_needs_no_supervisor(void **state)
{
    struct hw_device *dev = make_model();
    struct supervisor supervisor;
    struct found found;
    found_save(&found, dev);
    assert_int_equal(supervisor_start(&supervisor, dev, &found, NULL, 0), 0);
    assert_int_equal(supervisor.pid, 0);
    supervisor_finish(&supervisor);
    hw_device_destroy(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_fits),
        cmocka_unit_test(another_mode_is_put_back),
        cmocka_unit_test(a_reset_is_put_back),
        cmocka_unit_test(the_same_mode_runs_through),
        cmocka_unit_test(the_daemon_takes_the_running_mode),
        cmocka_unit_test(what_differs_is_another_mode),
        cmocka_unit_test(nothing_is_written_for_nothing),
        cmocka_unit_test(a_daemon_that_dies_leaves_the_screen_as_found),
        cmocka_unit_test(a_daemon_that_ends_well_waits_for_the_screen),
        cmocka_unit_test(the_model_needs_no_supervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
