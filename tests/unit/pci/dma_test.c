/* SPDX-License-Identifier: MIT */
/* Memory that stays where it is, whatever is done to its file. As root: others may not know where.
 */
#include "tests/unit/pci/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/pci/dma.h"
#include "hw/pci/flush.h"
#include "hw/pci/system.h"

#define PAGES 600u /* more than one read of the page map has */
#define SIZE  ((size_t)PAGES * HW_PAGE_SIZE)

static struct pci_dma_space space;
static struct pci_error error;

static int setup(void **state)
{
    space = (struct pci_dma_space){.bus_bits = 48};
    return geteuid() != 0 ? 0 : pci_pins_open(&space.pins, &pci_system, &error);
}

static int teardown(void **state)
{
    if (geteuid() == 0) {
        assert_int_equal(space.bytes, 0);
        for (unsigned i = 0; i < PCI_PINS_MAX; i++) {
            assert_int_equal(space.pins.used[i], 0);
        }
        pci_pins_close(&space.pins);
    }
    return 0;
}

#define ONLY_ROOT()                                                                                \
    do {                                                                                           \
        if (geteuid() != 0) {                                                                      \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* Where a page of this process is now. */
static uint64_t look_up(const void *page)
{
    uint64_t entry = 0;
    off_t offset = (off_t)((uintptr_t)page / HW_PAGE_SIZE * sizeof(entry));
    assert_int_equal(pread(space.pins.pagemap, &entry, sizeof(entry), offset), sizeof(entry));
    return (entry & ((UINT64_C(1) << 55) - 1)) * HW_PAGE_SIZE;
}

static int make_file(void)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)SIZE), 0);
    return fd;
}

static void addresses_are_where_pages_are(void **state)
{
    ONLY_ROOT();
    struct hw_dma dma;
    assert_int_equal(pci_dma_alloc(&space, SIZE, &dma), 0);
    assert_int_equal(space.bytes, SIZE);
    for (unsigned i = 0; i < PAGES; i++) {
        const uint8_t *page = (const uint8_t *)dma.cpu + (size_t)i * HW_PAGE_SIZE;
        assert_int_equal(page[0], 0);
        assert_int_equal(pci_dma_bus_address(&dma, (size_t)i * HW_PAGE_SIZE), look_up(page));
        assert_int_equal(pci_dma_bus_address(&dma, (size_t)i * HW_PAGE_SIZE + 5),
                         look_up(page) + 5);
    }
    pci_dma_release(&space, &dma);
    assert_null(dma.cpu);
    assert_int_equal(space.moved, 0);
}

static void files_are_attached_from_anywhere(void **state)
{
    ONLY_ROOT();
    struct hw_dma dma;
    int fd = make_file();
    uint32_t *other = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    other[10 * HW_PAGE_SIZE / 4] = 77;
    assert_int_equal(pci_dma_attach(&space, fd, 10 * HW_PAGE_SIZE, 3 * HW_PAGE_SIZE, &dma), 0);
    assert_int_equal(*(const uint32_t *)dma.cpu, 77);
    assert_int_equal(pci_dma_bus_address(&dma, 0), look_up(other + 10 * HW_PAGE_SIZE / 4));
    pci_dma_release(&space, &dma);
    assert_int_equal(pci_dma_attach(&space, fd, 1, HW_PAGE_SIZE, &dma), -EINVAL);
    assert_int_equal(pci_dma_attach(&space, fd, 0, 0, &dma), -EINVAL);
    /* There is nothing behind its end that could be pinned. */
    assert_int_equal(pci_dma_attach(&space, fd, SIZE, HW_PAGE_SIZE, &dma), -ENOMEM);
    assert_int_equal(pci_dma_attach(&space, -1, 0, HW_PAGE_SIZE, &dma), -EBADF);
    munmap(other, SIZE);
    close(fd);
}

/* The page is out of the file, and nobody else's: it is found to be missed, and still held. */
static void a_hole_in_the_file_frees_no_page(void **state)
{
    ONLY_ROOT();
    struct hw_dma dma;
    int fd = make_file();
    assert_int_equal(pci_dma_attach(&space, fd, 0, SIZE, &dma), 0);
    uint64_t before = pci_dma_bus_address(&dma, 7 * HW_PAGE_SIZE);
    enum { OTHERS = 4096 };
    assert_int_equal(
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 7 * HW_PAGE_SIZE, HW_PAGE_SIZE),
        0);
    uint8_t *others = mmap(NULL, (size_t)OTHERS * HW_PAGE_SIZE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    for (unsigned i = 0; i < OTHERS; i++) {
        assert_int_not_equal(look_up(others + (size_t)i * HW_PAGE_SIZE), before);
    }
    munmap(others, (size_t)OTHERS * HW_PAGE_SIZE);
    assert_int_equal(pci_dma_bus_address(&dma, 7 * HW_PAGE_SIZE), before);
    ((volatile uint8_t *)dma.cpu)[7 * HW_PAGE_SIZE] = 1; /* a new page comes into the file */
    assert_int_not_equal(look_up((uint8_t *)dma.cpu + 7 * HW_PAGE_SIZE), before);
    pci_dma_release(&space, &dma);
    assert_int_equal(space.moved, 1);
    close(fd);
}

struct puncher {
    int fd;
    atomic_bool ends;
};

static void *punch(void *data)
{
    struct puncher *puncher = data;
    while (!atomic_load(&puncher->ends)) {
        (void)fallocate(puncher->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)SIZE);
    }
    return NULL;
}

/* Either it can be pinned as it is seen, or it is refused: addresses that may be wrong are none. */
static void a_file_that_does_not_keep_still_is_refused(void **state)
{
    ONLY_ROOT();
    struct puncher puncher = {.fd = make_file()};
    struct hw_dma dma;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, punch, &puncher), 0);
    for (unsigned i = 0; i < 20; i++) {
        int result = pci_dma_attach(&space, puncher.fd, 0, SIZE, &dma);
        assert_true(result == 0 || result == -EAGAIN);
        if (result == 0) {
            pci_dma_release(&space, &dma);
        }
    }
    atomic_store(&puncher.ends, true);
    pthread_join(thread, NULL);
    close(puncher.fd);
}

static void what_is_out_of_reach_is_refused(void **state)
{
    ONLY_ROOT();
    struct hw_dma dma;
    space.bus_bits = 12; /* page 0 alone */
    assert_int_equal(pci_dma_alloc(&space, HW_PAGE_SIZE, &dma), -ERANGE);
    assert_null(dma.cpu);
    space.bus_bits = 48;
    assert_int_equal(pci_dma_alloc(&space, HW_PAGE_SIZE, &dma), 0);
    pci_dma_release(&space, &dma);
}

static void stolen_memory_is_left_alone(void **state)
{
    ONLY_ROOT();
    struct hw_dma dma;
    int fd = make_file();
    assert_int_equal(pci_dma_attach(&space, fd, 0, SIZE, &dma), 0);
    space.stolen_base = pci_dma_bus_address(&dma, 9 * HW_PAGE_SIZE);
    space.stolen_size = HW_PAGE_SIZE;
    pci_dma_release(&space, &dma);
    assert_int_equal(pci_dma_attach(&space, fd, 0, SIZE, &dma), -ERANGE);
    assert_int_equal(pci_dma_attach(&space, fd, 0, HW_PAGE_SIZE, &dma), 0);
    pci_dma_release(&space, &dma);
    close(fd);
}

/* Where registers hold bus addresses; a kernel without huge pages may have none. */
static void small_memory_is_in_one_piece(void **state)
{
    ONLY_ROOT();
    char modes[64] = "";
    FILE *enabled = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
    if (enabled != NULL && fgets(modes, sizeof(modes), enabled) == NULL) {
        modes[0] = '\0';
    }
    if (enabled != NULL) {
        fclose(enabled);
    }
    space.wants_one_piece = true;
    for (size_t size = HW_PAGE_SIZE; size <= 1u << 20; size *= 2) {
        struct hw_dma dma;
        unsigned apart = 0;
        assert_int_equal(pci_dma_alloc(&space, size, &dma), 0);
        for (size_t offset = 0; offset < size; offset += HW_PAGE_SIZE) {
            const uint8_t *page = (const uint8_t *)dma.cpu + offset;
            assert_int_equal(page[0], 0);
            assert_int_equal(pci_dma_bus_address(&dma, offset), look_up(page));
            apart += look_up(page) != dma.bus_base + offset;
        }
        if (modes[0] != '\0' && strstr(modes, "[never]") == NULL) {
            assert_int_equal(apart, 0);
        }
        pci_dma_release(&space, &dma);
    }
    /* What is too large for one is scattered, and there all the same. */
    struct hw_dma large;
    assert_int_equal(pci_dma_alloc(&space, 4u << 20, &large), 0);
    assert_int_equal(large.size, 4u << 20);
    pci_dma_release(&space, &large);
    assert_int_equal(pci_dma_alloc(&space, 0, &large), -EINVAL);
    space.wants_one_piece = false;
}

static void places_come_back(void **state)
{
    ONLY_ROOT();
    struct hw_dma dma;
    for (unsigned i = 0; i < PCI_PINS_MAX; i++) {
        space.pins.used[i] = 1;
    }
    assert_int_equal(pci_dma_alloc(&space, HW_PAGE_SIZE, &dma), -ENOSPC);
    space.pins.used[PCI_PINS_MAX - 1] = 0;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(pci_dma_alloc(&space, HW_PAGE_SIZE, &dma), 0);
        pci_dma_release(&space, &dma);
    }
    memset(space.pins.used, 0, sizeof(space.pins.used));
}

/* What was opened by root goes on telling, and pins as much as is wanted. */
static void it_works_for_who_is_nobody_any_more(void **state)
{
    ONLY_ROOT();
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct hw_dma dma;
        pci_pins_close(&space.pins);
        bool fine = pci_pins_open(&space.pins, &pci_system, &error) == 0 &&
                    setresuid(65534, 65534, 65534) == 0 &&
                    pci_dma_alloc(&space, 64u << 20, &dma) == 0 &&
                    pci_dma_bus_address(&dma, 0) == look_up(dma.cpu) && look_up(dma.cpu) != 0;
        _exit(fine ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- the flush page's place ---- */

static uint64_t hole_in(const char *text)
{
    char copy[1024];
    assert_true(strlen(text) < sizeof(copy));
    strcpy(copy, text);
    return pci_flush_find_hole(copy);
}

static void the_last_page_of_the_largest_hole_is_taken(void **state)
{
    assert_int_equal(hole_in(""), 0);
    assert_int_equal(hole_in("no listing\n"), 0);
    assert_int_equal(hole_in("00000000-0009ffff : System RAM\n"), 0);
    assert_int_equal(hole_in("80000000-8fffffff : PCI Bus 0000:00\n"), 0x8ffff000);
    assert_int_equal(hole_in("000a0000-000bffff : PCI Bus 0000:00\n"
                             "80000000-febfffff : PCI Bus 0000:00\n"
                             "  80000000-8fffffff : 0000:00:02.0\n"
                             "    80000000-81ffffff : inner\n"
                             "  c0000000-c01fffff : PCI Bus 0000:01\n"
                             "  fe000000-febfffff : 0000:00:1f.0\n"
                             "fec00000-fec00fff : IOAPIC 0\n"),
                     0xfdfff000);
    /* Nothing is free, or not for a whole page. */
    assert_int_equal(hole_in("80000000-80001fff : PCI Bus 0000:00\n"
                             "  80000000-800007ff : one\n"
                             "  80001000-80001fff : other\n"),
                     0);
    /* Beyond 4 GiB it cannot be. */
    assert_int_equal(hole_in("100000000-1ffffffff : PCI Bus 0000:00\n"), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses_are_where_pages_are),
        TEST(files_are_attached_from_anywhere),
        TEST(a_hole_in_the_file_frees_no_page),
        TEST(a_file_that_does_not_keep_still_is_refused),
        TEST(what_is_out_of_reach_is_refused),
        TEST(stolen_memory_is_left_alone),
        TEST(small_memory_is_in_one_piece),
        TEST(places_come_back),
        TEST(it_works_for_who_is_nobody_any_more),
        cmocka_unit_test(the_last_page_of_the_largest_hole_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
