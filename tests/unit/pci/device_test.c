/* SPDX-License-Identifier: MIT */
/* A device whose BARs are files: what is opened, what goes where, and what is put back. */
#include "tests/unit/pci/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "hw/pci/map.h"
#include "hw/pci/pci.h"
#include "tests/unit/pci/bus.h"

#define ENTRIES     (BUS_APERTURE / HW_PAGE_SIZE)
#define FLUSH_PLACE 0xfed90000u

static struct bus bus;
static struct pci_error error;
static char warnings[1024];

static void note(void *data, bool is_warning, const char *line)
{
    if (is_warning) {
        strncat(warnings, line, sizeof(warnings) - strlen(warnings) - 1);
    }
}

static int setup(void **state)
{
    if (geteuid() != 0) {
        return 0; /* where memory is, only root may know */
    }
    warnings[0] = '\0';
    bus_init(&bus);
    bus_add(&bus, 0, 0x8086, 0x27a0, "bridge");
    bus_add(&bus, 2, 0x8086, 0x27a2, "945GM");
    bus_write_dword(bus_gpu_path(&bus, "config"), PCI_COMMAND, PCI_COMMAND_INTX_OFF);
    return 0;
}

static int teardown(void **state)
{
    if (geteuid() == 0) {
        bus_finish(&bus);
    }
    return 0;
}

static struct hw_device *try_open(void)
{
    const struct pci_options options = {.system = &bus.system, .skips_test = true, .log = note};
    return pci_open(&options, &error);
}

static struct hw_device *open_it(void)
{
    struct hw_device *dev = try_open();
    if (dev == NULL) {
        fail_msg("%s", error.text);
    }
    return dev;
}

#define ONLY_ROOT()                                                                                \
    do {                                                                                           \
        if (geteuid() != 0) {                                                                      \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static void everything_goes_where_it_belongs(void **state)
{
    ONLY_ROOT();
    struct hw_device *dev = open_it();
    assert_string_equal(dev->identity.board, "945GM");
    assert_int_equal(dev->identity.gtt_entries, ENTRIES);
    assert_int_equal(dev->identity.aperture_size, BUS_APERTURE);
    hw_write(dev, IMR, 0x12345678);
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "resource0"), IMR), 0x12345678);
    assert_int_equal(hw_read(dev, IMR), 0x12345678);
    hw_gtt_write(dev, 5, 0xabcde001);
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "resource3"), 20), 0xabcde001);
    assert_int_equal(hw_gtt_read(dev, 5), 0xabcde001);
    hw_config_write(dev, 0xc4, 2, 0xbeef);
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "config"), 0xc4), 0xbeef);
    assert_int_equal(hw_config_read(dev, 0, 4), 0x27a28086);
    assert_int_equal(hw_config_read(dev, 1, 1), 0x80);
    /* Beyond its end there is nothing. */
    hw_write(dev, 512u << 10, 1);
    assert_int_equal(hw_read(dev, 512u << 10), 0xffffffff);
    hw_gtt_write(dev, ENTRIES, 1);
    assert_int_equal(hw_gtt_read(dev, ENTRIES), 0);
    assert_int_equal(hw_config_read(dev, 4096, 2), 0xffff);
    hw_device_destroy(dev);
}

static void the_aperture_takes_any_pieces(void **state)
{
    ONLY_ROOT();
    struct hw_device *dev = open_it();
    uint8_t in[23], out[23];
    for (unsigned i = 0; i < sizeof(in); i++) {
        in[i] = (uint8_t)(i + 1);
    }
    for (unsigned offset = 0; offset < 9; offset++) {
        memset(out, 0, sizeof(out));
        assert_int_equal(hw_aperture_write(dev, 4096 + offset, in, sizeof(in)), 0);
        assert_int_equal(hw_aperture_read(dev, 4096 + offset, out, sizeof(out)), 0);
        assert_memory_equal(in, out, sizeof(in));
    }
    assert_int_equal(hw_aperture_write(dev, BUS_APERTURE - 23, in, sizeof(in)), 0);
    assert_int_equal(hw_aperture_write(dev, BUS_APERTURE - 22, in, sizeof(in)), -EFAULT);
    assert_int_equal(hw_aperture_read(dev, UINT64_MAX, out, 1), -EFAULT);
    hw_device_destroy(dev);
}

static void what_was_found_is_put_back(void **state)
{
    ONLY_ROOT();
    for (unsigned i = 0; i < ENTRIES; i++) {
        bus_write_dword(bus_gpu_path(&bus, "resource3"), 4 * i, 0x7f800001 + (i << 12));
    }
    bus_write_dword(bus_gpu_path(&bus, "resource0"), PGTBL_CTL, 0x7ffc0000);
    struct hw_device *dev = open_it();
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "config"), PCI_COMMAND) & 0xffff,
                     PCI_COMMAND_INTX_OFF | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    for (unsigned i = 0; i < ENTRIES; i++) {
        hw_gtt_write(dev, i, 0);
    }
    hw_write(dev, PGTBL_CTL, 0x7ffc0001);
    hw_write(dev, IER, 2);
    hw_device_destroy(dev);
    for (unsigned i = 0; i < ENTRIES; i += 33) {
        assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "resource3"), 4 * i),
                         0x7f800001 + (i << 12));
    }
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "resource0"), PGTBL_CTL), 0x7ffc0000);
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "resource0"), IER), 0);
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "config"), PCI_COMMAND) & 0xffff,
                     PCI_COMMAND_INTX_OFF);
}

/* How many entries from the first on are what was found, after the table was used; the rest is 0.
 */
static unsigned entries_put_back(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ENTRIES; i++) {
        bus_write_dword(bus_gpu_path(&bus, "resource3"), 4 * i, 0x7f800001 + (i << 12));
    }
    struct hw_device *dev = open_it();
    for (unsigned i = 0; i < ENTRIES; i++) {
        hw_gtt_write(dev, i, 0x1000001);
    }
    hw_device_destroy(dev);
    while (count < ENTRIES && bus_read_dword(bus_gpu_path(&bus, "resource3"), 4 * count) ==
                                  0x7f800001 + (count << 12)) {
        count++;
    }
    for (unsigned i = count; i < ENTRIES; i++) {
        assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "resource3"), 4 * i), 0);
    }
    return count;
}

static void what_firmware_has_not_made_is_not_put_back(void **state)
{
    ONLY_ROOT();
    const char *registers = "resource0";
    assert_int_equal(entries_put_back(), ENTRIES); /* nobody says how much is stolen */
    bus_write_dword(bus_path(&bus, "devices/0000:00:00.0/config"), 0x52, 0x10);
    assert_int_equal(entries_put_back(), (1u << 20) / HW_PAGE_SIZE);
    /* Plane B, on pipe B. */
    bus_write_dword(bus_gpu_path(&bus, registers), DSPADDR_A + PIPE_STRIDE, 3u << 19);
    bus_write_dword(bus_gpu_path(&bus, registers), DSPSTRIDE_A + PIPE_STRIDE, 4096);
    bus_write_dword(bus_gpu_path(&bus, registers), PIPESRC_A + PIPE_STRIDE, 639u << 16 | 255);
    assert_int_equal(entries_put_back(), (1u << 20) / HW_PAGE_SIZE); /* it is off */
    bus_write_dword(bus_gpu_path(&bus, registers), DSPCNTR_A + PIPE_STRIDE,
                    DSPCNTR_ENABLE | DSPCNTR_PIPE_B);
    assert_int_equal(entries_put_back(), (3u << 19) / HW_PAGE_SIZE + 256);
    bus_write_dword(bus_gpu_path(&bus, registers), DSPADDR_A + PIPE_STRIDE, 0xfff00000);
    assert_int_equal(entries_put_back(), ENTRIES);
}

/* By a process that was there when the daemon died, with the device as it had it. */
static void a_fork_releases_it(void **state)
{
    ONLY_ROOT();
    int status;
    bus_write_dword(bus_gpu_path(&bus, "resource3"), 8, 0x7f800001);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct hw_device *dev = open_it();
        hw_gtt_write(dev, 2, 0);
        hw_write(dev, IER, 2);
        pid_t other = fork();
        if (other == 0) {
            dev->ops->release(dev);
            _exit(bus_read_dword(bus_gpu_path(&bus, "resource3"), 8) == 0x7f800001 ? 0 : 1);
        }
        if (waitpid(other, &status, 0) != other) {
            _exit(2);
        }
        _exit(WEXITSTATUS(status)); /* and it destroys nothing */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "config"), PCI_COMMAND) & 0xffff,
                     PCI_COMMAND_INTX_OFF);
}

/* A page stays where it is: between two openings the firmware takes that MiB. */
static struct hw_device *open_without_page(int fd)
{
    struct hw_dma dma;
    struct hw_device *dev = open_it();
    if (hw_dma_attach(dev, fd, 0, HW_PAGE_SIZE, &dma) != 0) {
        return dev; /* it is beyond 32 bits anyhow */
    }
    uint32_t place = (uint32_t)hw_dma_bus_address(dev, &dma, 0);
    hw_dma_release(dev, &dma);
    hw_device_destroy(dev);
    bus_write_dword(bus_path(&bus, "devices/0000:00:00.0/config"), 0x50, 0x0010u << 16);
    bus_write_dword(bus_gpu_path(&bus, "config"), 0x5c, place & 0xfff00000);
    return open_it();
}

static void memory_out_of_reach_is_told_once(void **state)
{
    ONLY_ROOT();
    struct hw_dma dma;
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, HW_PAGE_SIZE), 0);
    struct hw_device *dev = open_without_page(fd);
    assert_int_equal(hw_dma_attach(dev, fd, 0, HW_PAGE_SIZE, &dma), -ERANGE);
    const char *told = strstr(warnings, "memory: a page has an address of more than 32 bits");
    assert_non_null(told);
    assert_int_equal(hw_dma_attach(dev, fd, 0, HW_PAGE_SIZE, &dma), -ERANGE);
    assert_null(strstr(told + 1, "memory: a page"));
    hw_device_destroy(dev);
    close(fd);
}

static void a_gpu_that_is_off_is_told(void **state)
{
    ONLY_ROOT();
    bus_write_dword(bus_gpu_path(&bus, "resource0"), PGTBL_CTL, 0xffffffff);
    bus_write_dword(bus_gpu_path(&bus, "resource0"), IER, 0xffffffff);
    assert_null(try_open());
    assert_non_null(strstr(error.text, "read as ones"));
}

static void a_table_without_entries_is_told(void **state)
{
    ONLY_ROOT();
    bus.functions[1].device = 0x29c2;
    bus_write_dword(bus_gpu_path(&bus, "resource0"), PGTBL_CTL, 3u << 1);
    assert_null(try_open());
    assert_non_null(strstr(error.text, "no entries (PGTBL_CTL 0x00000006)"));
}

static void a_missing_pagemap_is_told(void **state)
{
    ONLY_ROOT();
    bus.system.pagemap = "/nowhere";
    assert_null(try_open());
    assert_non_null(strstr(error.text, "/nowhere"));
}

/* The kernel's of a process that may not know has zeros. */
static void unknown_places_are_told(void **state)
{
    ONLY_ROOT();
    bus.system.pagemap = "/dev/zero";
    assert_null(try_open());
    assert_non_null(strstr(error.text, "where memory is cannot be known"));
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

static void without_uio_it_polls_and_says_so(void **state)
{
    ONLY_ROOT();
    struct hw_device *dev = open_it();
    assert_true(dev->identity.polled);
    assert_non_null(strstr(warnings, "no interrupts"));
    assert_non_null(strstr(warnings, "uio_pci_generic"));
    struct pollfd poll_fd = {.fd = hw_irq_fd(dev), .events = POLLIN};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(poll(&poll_fd, 1, -1), 1);
        assert_true(hw_irq_take(dev));
        hw_irq_unmask(dev);
    }
    /* Nobody masks a line. */
    assert_true((hw_config_read(dev, PCI_COMMAND, 2) & PCI_COMMAND_INTX_OFF) != 0);
    hw_device_destroy(dev);
}

static void interrupts_come_by_uio(void **state)
{
    ONLY_ROOT();
    bus_write_text(bus_gpu_path(&bus, "uio/uio7/name"), "uio_pci_generic\n");
    bus_write_text(bus_path(&bus, "dev/other"), "");
    assert_int_equal(mkfifo(bus_path(&bus, "dev/uio7"), 0600), 0);
    struct hw_device *dev = open_it();
    assert_false(dev->identity.polled);
    assert_null(strstr(warnings, "no interrupts"));
    int kernel = open(bus_path(&bus, "dev/uio7"), O_RDWR | O_CLOEXEC);
    const uint32_t count = 1;
    assert_false(is_readable(hw_irq_fd(dev)));
    assert_false(hw_irq_take(dev));
    assert_int_equal(write(kernel, &count, 4), 4);
    assert_true(is_readable(hw_irq_fd(dev)));
    assert_true(hw_irq_take(dev));
    assert_false(hw_irq_take(dev));
    assert_true((hw_config_read(dev, PCI_COMMAND, 2) & PCI_COMMAND_INTX_OFF) != 0);
    hw_irq_unmask(dev);
    assert_int_equal(hw_config_read(dev, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    close(kernel);
    hw_device_destroy(dev);
}

static void a_uio_device_that_cannot_be_opened_is_told(void **state)
{
    ONLY_ROOT();
    bus_write_text(bus_gpu_path(&bus, "uio/uio7/name"), "uio_pci_generic\n");
    assert_null(try_open());
    assert_non_null(strstr(error.text, "dev/uio7"));
}

/* What the firmware has placed is used and stays. */
static void a_flush_page_of_the_firmware_is_used(void **state)
{
    ONLY_ROOT();
    const char *bridge = "devices/0000:00:00.0/config";
    bus_write_dword(bus_path(&bus, bridge), 0x60, FLUSH_PLACE | 1);
    bus_write(bus_path(&bus, "dev/mem"), "", 0, UINT64_C(1) << 32);
    struct hw_device *dev = open_it();
    assert_null(strstr(warnings, "flush page"));
    hw_chipset_flush(dev);
    assert_int_equal(bus_read_dword(bus_path(&bus, "dev/mem"), FLUSH_PLACE), 1);
    hw_device_destroy(dev);
    assert_int_equal(bus_read_dword(bus_path(&bus, bridge), 0x60), FLUSH_PLACE | 1);
}

static void a_flush_page_of_our_own_is_taken_back(void **state)
{
    ONLY_ROOT();
    const char *bridge = "devices/0000:00:00.0/config";
    bus_write(bus_path(&bus, "dev/mem"), "", 0, UINT64_C(1) << 32);
    bus_write_text(bus.system.iomem, "e0000000-febfffff : PCI Bus 0000:00\n"
                                     "  e0000000-efffffff : 0000:00:02.0\n"
                                     "  fea00000-febfffff : 0000:00:02.0\n");
    struct hw_device *dev = open_it();
    assert_int_equal(bus_read_dword(bus_path(&bus, bridge), 0x60), 0xfe9ff001);
    hw_chipset_flush(dev);
    assert_int_equal(bus_read_dword(bus_path(&bus, "dev/mem"), 0xfe9ff000), 1);
    hw_device_destroy(dev);
    assert_int_equal(bus_read_dword(bus_path(&bus, bridge), 0x60), 0);
}

static void without_a_flush_page_it_says_so(void **state)
{
    ONLY_ROOT();
    struct hw_device *dev = open_it();
    assert_non_null(strstr(warnings, "no flush page"));
    hw_chipset_flush(dev);
    hw_device_destroy(dev);
}

/* A device that does nothing does not pass, and is not left half open. */
static void what_fails_the_test_is_not_opened(void **state)
{
    ONLY_ROOT();
    const struct pci_options options = {.system = &bus.system};
    assert_null(pci_open(&options, &error));
    assert_non_null(strstr(error.text, "self-test: "));
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "config"), PCI_COMMAND) & 0xffff,
                     PCI_COMMAND_INTX_OFF);
}

/* ---- one at a time ---- */

static unsigned pauses, pauses_wanted;
static pid_t owner;

/* Who has the device goes at the last of the pauses that are wanted. */
static void count_pause(long ns)
{
    assert_int_equal(ns, PCI_LOCK_STEP_NS);
    if (++pauses == pauses_wanted) {
        kill(owner, SIGKILL);
        assert_int_equal(waitpid(owner, NULL, 0), owner);
    }
}

/* Forked from a daemon, which has gone already. */
static void start_owner(unsigned wanted)
{
    int ends[2], status;
    bus.system.pause = count_pause;
    pauses = 0;
    pauses_wanted = wanted;
    assert_return_code(pipe(ends), errno);
    assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 1), errno);
    pid_t daemon = fork();
    if (daemon == 0) {
        (void)open_it();
        owner = fork();
        if (owner == 0) {
            pause();
        }
        _exit(write(ends[1], &owner, sizeof(owner)) == (ssize_t)sizeof(owner) ? 0 : 1);
    }
    assert_int_equal(waitpid(daemon, &status, 0), daemon);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &owner, sizeof(owner)), sizeof(owner));
    close(ends[0]);
    close(ends[1]);
}

/* The supervisor of a daemon that was killed is not done yet. */
static void who_still_has_the_device_is_waited_for(void **state)
{
    ONLY_ROOT();
    start_owner(3);
    struct hw_device *dev = open_it();
    assert_int_equal(pauses, 3);
    hw_device_destroy(dev);
    pauses = 0;
    hw_device_destroy(open_it());
    assert_int_equal(pauses, 0);
}

static void who_never_goes_is_told(void **state)
{
    ONLY_ROOT();
    start_owner(PCI_LOCK_STEPS + 1);
    bus_write_dword(bus_gpu_path(&bus, "resource0"), IER, 2);
    assert_null(try_open());
    assert_non_null(strstr(error.text, "another process drives the device"));
    assert_int_equal(error.remedy_count, 1);
    assert_non_null(strstr(error.remedies[0], "devices/0000:00:02.0/config"));
    assert_int_equal(pauses, PCI_LOCK_STEPS);
    assert_int_equal(bus_read_dword(bus_gpu_path(&bus, "resource0"), IER), 2);
    count_pause(PCI_LOCK_STEP_NS);
}

static void names_are_checked(void **state)
{
    assert_true(pci_name_is_valid(""));
    assert_true(pci_name_is_valid(":0000:00:02.0"));
    assert_false(pci_name_is_valid(":"));
    assert_false(pci_name_is_valid("0000:00:02.0"));
    assert_false(pci_name_is_valid("x"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_goes_where_it_belongs),
        TEST(the_aperture_takes_any_pieces),
        TEST(what_was_found_is_put_back),
        TEST(what_firmware_has_not_made_is_not_put_back),
        TEST(a_fork_releases_it),
        TEST(memory_out_of_reach_is_told_once),
        TEST(a_gpu_that_is_off_is_told),
        TEST(a_table_without_entries_is_told),
        TEST(a_missing_pagemap_is_told),
        TEST(unknown_places_are_told),
        TEST(without_uio_it_polls_and_says_so),
        TEST(interrupts_come_by_uio),
        TEST(a_uio_device_that_cannot_be_opened_is_told),
        TEST(a_flush_page_of_the_firmware_is_used),
        TEST(a_flush_page_of_our_own_is_taken_back),
        TEST(without_a_flush_page_it_says_so),
        TEST(what_fails_the_test_is_not_opened),
        TEST(who_still_has_the_device_is_waited_for),
        TEST(who_never_goes_is_told),
        cmocka_unit_test(names_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
