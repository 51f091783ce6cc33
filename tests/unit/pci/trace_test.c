/* SPDX-License-Identifier: MIT */
/* What is done with a device, as lines. */
#include "tests/unit/pci/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "hw/trace/trace.h"

static struct hw_device *trace(int *fd)
{
    *fd = memfd_create("trace", MFD_CLOEXEC);
    assert_true(*fd >= 0);
    struct hw_device *model = model_create(&(struct model_options){.threads = 1});
    assert_non_null(model);
    struct hw_device *dev = trace_create(model, dup(*fd));
    assert_non_null(dev);
    return dev;
}

/* Without the times, which must not go back. */
static void expect_lines(int fd, const char *expected)
{
    char text[4096] = "", line[128];
    unsigned long long last = 0;
    FILE *file = fdopen(fd, "r");
    assert_non_null(file);
    rewind(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "# gemd-trace 1 g33 8086:29c2\n");
    while (fgets(line, sizeof(line), file) != NULL) {
        char *rest;
        unsigned long long time = strtoull(line, &rest, 10);
        assert_true(time >= last);
        last = time;
        strcat(text, rest + 1);
    }
    fclose(file);
    assert_string_equal(text, expected);
}

static void everything_is_written_down(void **state)
{
    int fd;
    struct hw_device *dev = trace(&fd);
    uint32_t value = 7;
    hw_write(dev, IMR, 0xfffffffd);
    assert_int_equal(hw_read(dev, IMR), 0xfffffffd);
    assert_int_equal(hw_config_read(dev, 0, 2), 0x8086);
    hw_config_write(dev, 0xf0, 2, 0x1234);
    hw_gtt_write(dev, 3, 0);
    assert_int_equal(hw_gtt_read(dev, 3), 0);
    assert_int_equal(hw_aperture_write(dev, 1ull << 40, &value, 4), -EFAULT);
    assert_int_equal(hw_aperture_read(dev, 1ull << 40, &value, 4), -EFAULT);
    hw_chipset_flush(dev);
    hw_irq_unmask(dev);
    assert_false(hw_irq_take(dev));
    hw_device_destroy(dev);
    expect_lines(fd, "w 020a8 fffffffd\n"
                     "r 020a8 fffffffd\n"
                     "c 00000+2 00008086\n"
                     "C 000f0+2 00001234\n"
                     "G 00003+1 00000000\n"
                     "g 00003+1 00000000\n"
                     "A 10000000000+4\n"
                     "a 10000000000+4\n"
                     "f\n"
                     "u\n");
}

static void entries_that_are_alike_are_one_line(void **state)
{
    int fd;
    struct hw_device *dev = trace(&fd);
    for (unsigned i = 10; i < 20; i++) {
        hw_gtt_write(dev, i, 0x1001);
    }
    hw_gtt_write(dev, 20, 0x2001);
    hw_gtt_write(dev, 22, 0x2001);
    for (unsigned i = 10; i < 20; i++) {
        assert_int_equal(hw_gtt_read(dev, i), 0x1001);
    }
    assert_int_equal(hw_gtt_read(dev, 20), 0x2001);
    hw_device_destroy(dev);
    expect_lines(fd, "G 0000a+10 00001001\n"
                     "G 00014+1 00002001\n"
                     "G 00016+1 00002001\n"
                     "g 0000a+10 00001001\n"
                     "g 00014+1 00002001\n");
}

static void bytes_of_the_aperture_are_one_line(void **state)
{
    int fd;
    struct hw_device *dev = trace(&fd);
    const uint64_t nowhere = 1ull << 40;
    uint32_t value = 0;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(hw_aperture_write(dev, nowhere + 4 * i, &value, 4), -EFAULT);
    }
    assert_int_equal(hw_aperture_read(dev, nowhere + 40, &value, 4), -EFAULT);
    assert_int_equal(hw_aperture_read(dev, nowhere + 48, &value, 2), -EFAULT);
    hw_device_destroy(dev);
    expect_lines(fd, "A 10000000000+40\n"
                     "a 10000000028+4\n"
                     "a 10000000030+2\n");
}

static void parts_of_a_register_have_their_bytes(void **state)
{
    int fd;
    struct hw_device *dev = trace(&fd);
    trace_note_bytes(dev, IMR, 0xfd, 0xff);
    hw_device_destroy(dev);
    expect_lines(fd, "w 020a8&000000ff 000000fd\n");
}

static void a_traced_device_works(void **state)
{
    int fd;
    struct hw_device *dev = trace(&fd);
    struct hw_dma dma, other;
    uint32_t value = 0x600d, width = 0, height = 0;
    assert_int_equal(hw_dma_alloc(dev, HW_PAGE_SIZE, &dma), 0);
    hw_gtt_write(dev, 0, (uint32_t)hw_dma_bus_address(dev, &dma, 0) | PTE_VALID);
    assert_int_equal(hw_aperture_write(dev, 8, &value, 4), 0);
    hw_memory_flush(dev, &dma, 0, dma.size);
    assert_int_equal(((const uint32_t *)dma.cpu)[2], 0x600d);
    int file = memfd_create("file", MFD_CLOEXEC);
    assert_int_equal(ftruncate(file, HW_PAGE_SIZE), 0);
    assert_int_equal(hw_dma_attach(dev, file, 0, HW_PAGE_SIZE, &other), 0);
    assert_int_equal(hw_dma_discard(dev, &other, 0, HW_PAGE_SIZE), 0);
    hw_dma_release(dev, &other);
    hw_dma_release(dev, &dma);
    close(file);
    assert_int_equal(hw_screen_size(dev, 0, &width, &height), -ENODATA);
    assert_int_equal(hw_screen_read(dev, 0, &value, 1, 1), -ENODATA);
    assert_true(hw_irq_fd(dev) >= 0);
    assert_int_equal(dev->identity.pci_device, 0x29c2);
    assert_null(dev->ops->release); /* the model dies with its process */
    hw_device_destroy(dev);
    close(fd);
}

/* ---- a device that goes on without its process ---- */

static void ignore_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
}

static void ignore(struct hw_device *dev)
{
}

static struct hw_device *create_lasting(int fd)
{
    static const struct hw_device_ops ops = {
        .write = ignore_write, .destroy = ignore, .release = ignore};
    static struct hw_device lasting = {.ops = &ops, .identity = {.name = "g33"}};
    struct hw_device *dev = trace_create(&lasting, fd);
    assert_non_null(dev);
    return dev;
}

static void write_numbers(struct hw_device *dev, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        hw_write(dev, IMR, first + i);
    }
}

#define LINES       5000u /* more than the buffer takes */
#define OTHERS      0x10000000u
#define OTHER_LINES 5u

/* As the daemon: forks its supervisor with lines in the buffer, writes more, and is killed. */
static void live_and_die(int fd, int ended)
{
    int pipe_ends[2];
    char byte;
    struct hw_device *dev = create_lasting(fd);
    write_numbers(dev, 0, 40);
    if (pipe(pipe_ends) != 0 || fork() != 0) {
        write_numbers(dev, 40, LINES - 40);
        kill(getpid(), SIGKILL);
    }
    close(pipe_ends[1]);
    if (read(pipe_ends[0], &byte, 1) == 0) {
        dev->ops->release(dev);
        write_numbers(dev, OTHERS, OTHER_LINES);
    }
    close(ended);
    _exit(0);
}

/* Each line is there once, whoever had it in his buffer, none is cut, and the fork's are marked. */
static void expect_numbers(int fd)
{
    char line[128];
    uint32_t wanted = 0, firsts = 0;
    FILE *file = fdopen(fd, "r");
    assert_non_null(file);
    rewind(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "# gemd-trace 1 g33 8086:0000\n");
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned long long time;
        unsigned reg, value;
        if (strcmp(line, "# another process goes on\n") == 0) {
            assert_int_equal(firsts, 0);
            firsts = wanted;
            wanted = OTHERS;
            continue;
        }
        assert_non_null(strchr(line, '\n'));
        if (sscanf(line, "%llu w %x %x", &time, &reg, &value) != 3) {
            fail_msg("%s", line);
        }
        assert_int_equal(value, wanted);
        wanted++;
    }
    fclose(file);
    assert_in_range(firsts, 1000, LINES);
    assert_int_equal(wanted, OTHERS + OTHER_LINES);
}

static void a_fork_writes_no_line_again(void **state)
{
    int status, ended[2];
    char byte;
    int fd = memfd_create("trace", MFD_CLOEXEC);
    assert_return_code(pipe(ended), errno);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        live_and_die(dup(fd), ended[1]);
    }
    close(ended[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(read(ended[0], &byte, 1), 0); /* the fork has ended, too */
    close(ended[0]);
    expect_numbers(fd);
}

static void a_descriptor_that_is_none_ends_it(void **state)
{
    struct hw_device *model = model_create(&(struct model_options){.threads = 1});
    assert_null(trace_create(model, -1));
    assert_int_equal(errno, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_written_down),
        cmocka_unit_test(entries_that_are_alike_are_one_line),
        cmocka_unit_test(bytes_of_the_aperture_are_one_line),
        cmocka_unit_test(parts_of_a_register_have_their_bytes),
        cmocka_unit_test(a_traced_device_works),
        cmocka_unit_test(a_fork_writes_no_line_again),
        cmocka_unit_test(a_descriptor_that_is_none_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
