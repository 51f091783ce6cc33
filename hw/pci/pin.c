/* SPDX-License-Identifier: MIT */
#include "hw/pci/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hw/device.h"

#define ATTEMPTS     16
#define PRESENT      (UINT64_C(1) << 63)
#define NUMBER_MASK  ((UINT64_C(1) << 55) - 1)
#define ENTRIES_READ 512u
#define NUMBER_NONE  0u /* what there is when one may not know */

static int ring_register(const struct pci_pins *pins, unsigned operation, void *argument,
                         unsigned size)
{
    long result = syscall(SYS_io_uring_register, pins->ring, operation, argument, size);
    return result >= 0 ? 0 : -errno;
}

/* A ring without a size to speak of: only its table of buffers is used. */
static int open_ring(struct pci_pins *pins, struct pci_error *error)
{
    struct io_uring_params params = {.flags = IORING_SETUP_R_DISABLED};
    pins->ring = (int)syscall(SYS_io_uring_setup, 1, &params);
    if (pins->ring < 0) {
        int code = -errno;
        (void)pci_error_set(error, code, "memory cannot be pinned, for there is no io_uring: %s",
                            strerror(-code));
        pci_error_remedy(error, "sysctl kernel.io_uring_disabled=0");
        return code;
    }
    struct io_uring_rsrc_register table = {.nr = PCI_PINS_MAX,
                                           .flags = IORING_RSRC_REGISTER_SPARSE};
    int code = ring_register(pins, IORING_REGISTER_BUFFERS2, &table, sizeof(table));
    if (code != 0) {
        (void)pci_error_set(error, code,
                            "memory cannot be pinned: this kernel's io_uring cannot, "
                            "Linux 5.19 or later does: %s",
                            strerror(-code));
    }
    return code;
}

/* Calls 'take' with the entries of the pages, in order. */
static int read_entries(const struct pci_pins *pins, const void *memory, size_t size,
                        int (*take)(void *data, size_t page, uint64_t entry), void *data)
{
    uint64_t entries[ENTRIES_READ];
    size_t pages = size / HW_PAGE_SIZE;
    for (size_t first = 0; first < pages; first += ENTRIES_READ) {
        size_t count = pages - first < ENTRIES_READ ? pages - first : ENTRIES_READ;
        off_t offset = (off_t)(((uintptr_t)memory / HW_PAGE_SIZE + first) * sizeof(entries[0]));
        ssize_t bytes = (ssize_t)(count * sizeof(entries[0]));
        if (pread(pins->pagemap, entries, (size_t)bytes, offset) != bytes) {
            return -EIO;
        }
        for (size_t i = 0; i < count; i++) {
            int error = take(data, first + i, entries[i]);
            if (error != 0) {
                return error;
            }
        }
    }
    return 0;
}

static int note(void *data, size_t page, uint64_t entry)
{
    uint32_t *numbers = data;
    uint64_t number = entry & NUMBER_MASK;
    if ((entry & PRESENT) == 0) {
        return -EAGAIN;
    }
    if (number == NUMBER_NONE || number > UINT32_MAX) {
        return -EPERM;
    }
    numbers[page] = (uint32_t)number;
    return 0;
}

/* What was opened must tell numbers: without the right to know them it tells zeros. */
static int open_pagemap(struct pci_pins *pins, const struct pci_system *system,
                        struct pci_error *error)
{
    pins->pagemap = open(system->pagemap, O_RDONLY | O_CLOEXEC);
    if (pins->pagemap < 0) {
        return pci_error_set(error, -errno, "%s: %s", system->pagemap, strerror(errno));
    }
    uint32_t number;
    void *page = mmap(NULL, HW_PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    int code = page == MAP_FAILED ? -ENOMEM : read_entries(pins, page, HW_PAGE_SIZE, note, &number);
    if (page != MAP_FAILED) {
        munmap(page, HW_PAGE_SIZE);
    }
    if (code != 0) {
        (void)pci_error_set(error, code, "where memory is cannot be known (%s): %s",
                            system->pagemap, strerror(-code));
        if (code == -EPERM) {
            pci_error_remedy(error, "start as root, with CAP_SYS_ADMIN");
        }
    }
    return code;
}

int pci_pins_open(struct pci_pins *pins, const struct pci_system *system, struct pci_error *error)
{
    memset(pins, 0, sizeof(*pins));
    pins->pagemap = -1;
    int code = open_ring(pins, error);
    if (code == 0) {
        code = open_pagemap(pins, system, error);
    }
    if (code != 0) {
        pci_pins_close(pins);
    }
    return code;
}

void pci_pins_close(struct pci_pins *pins)
{
    if (pins->ring >= 0) {
        close(pins->ring);
    }
    if (pins->pagemap >= 0) {
        close(pins->pagemap);
    }
    pins->ring = -1;
    pins->pagemap = -1;
}

static int update(struct pci_pins *pins, unsigned place, void *memory, size_t size)
{
    struct iovec piece = {.iov_base = memory, .iov_len = size};
    uint64_t tag = 0;
    struct io_uring_rsrc_update2 change = {
        .offset = place,
        .data = (uint64_t)(uintptr_t)&piece,
        .tags = (uint64_t)(uintptr_t)&tag,
        .nr = 1,
    };
    return ring_register(pins, IORING_REGISTER_BUFFERS_UPDATE, &change, sizeof(change));
}

/* A place in the table; PCI_PINS_MAX: none is free. */
static unsigned find_place(struct pci_pins *pins)
{
    for (unsigned i = 0; i < PCI_PINS_MAX; i++) {
        unsigned place = (pins->next + i) % PCI_PINS_MAX;
        if (!pins->used[place]) {
            pins->next = place + 1;
            return place;
        }
    }
    return PCI_PINS_MAX;
}

static long count_faults(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

/*
 * Pins, and looks where the pages are. An entry of this mapping can only come to be by a fault,
 * and only this thread takes any there, also those inside the kernel when it pins. So when there
 * was none from before the pinning until all has been read, an entry that is there now was there
 * when its page was pinned, and names that page: had its file lost the page since, the entry would
 * be gone and not be back. With a fault, which the first attempt has if the memory is new, nothing
 * is known: it is given back and tried again.
 */
static int pin_once(struct pci_pins *pins, unsigned place, void *memory, size_t size,
                    uint32_t *numbers)
{
    long before = count_faults();
    int error = update(pins, place, memory, size);
    if (error != 0) {
        return error;
    }
    error = read_entries(pins, memory, size, note, numbers);
    if (error == 0 && count_faults() != before) {
        error = -EAGAIN;
    }
    if (error != 0) {
        (void)update(pins, place, NULL, 0);
    }
    return error;
}

int pci_pins_take(struct pci_pins *pins, void *memory, size_t size, uint32_t *numbers)
{
    unsigned place = find_place(pins);
    if (place == PCI_PINS_MAX || size > PCI_PIN_BYTES_MAX) {
        return -ENOSPC;
    }
    int error = -EAGAIN;
    for (unsigned i = 0; i < ATTEMPTS && error == -EAGAIN; i++) {
        error = pin_once(pins, place, memory, size, numbers);
    }
    if (error != 0) {
        /* It cannot be reached: there is less memory than the file has pages. */
        return error == -EFAULT ? -ENOMEM : error;
    }
    pins->used[place] = 1;
    return (int)place;
}

void pci_pins_give(struct pci_pins *pins, unsigned place)
{
    (void)update(pins, place, NULL, 0);
    pins->used[place] = 0;
}

struct comparison {
    const uint32_t *numbers;
    size_t moved;
};

static int compare(void *data, size_t page, uint64_t entry)
{
    struct comparison *comparison = data;
    /* One that is not mapped just now is where it was: it is pinned. */
    if ((entry & PRESENT) != 0 && (entry & NUMBER_MASK) != comparison->numbers[page]) {
        comparison->moved++;
    }
    return 0;
}

size_t pci_pins_count_moved(const struct pci_pins *pins, const void *memory, size_t size,
                            const uint32_t *numbers)
{
    struct comparison comparison = {.numbers = numbers};
    (void)read_entries(pins, memory, size, compare, &comparison);
    return comparison.moved;
}
