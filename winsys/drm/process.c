/* SPDX-License-Identifier: MIT */
#include "winsys/drm/process.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/* A number for both: the id is below, the generation above. 0 is what a child finds. */
static uint64_t *cell; /* NULL: the kernel would not wipe it */
static uint32_t generations;

static void make_cell(void)
{
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page != MAP_FAILED && madvise(page, size, MADV_WIPEONFORK) == 0) {
        __atomic_store_n(&cell, page, __ATOMIC_RELEASE);
    }
}

static uint64_t fill(uint64_t *empty)
{
    const uint64_t generation = __atomic_add_fetch(&generations, 1, __ATOMIC_RELAXED);
    uint64_t found = 0, value = generation << 32 | (uint32_t)getpid();

    return __atomic_compare_exchange_n(empty, &found, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST)
               ? value
               : found;
}

static uint64_t look(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t *there = __atomic_load_n(&cell, __ATOMIC_ACQUIRE);

    if (there == NULL) {
        pthread_once(&once, make_cell);
        there = __atomic_load_n(&cell, __ATOMIC_ACQUIRE);
    }
    if (there == NULL) {
        const uint64_t id = (uint32_t)getpid();
        return id << 32 | id;
    }
    const uint64_t value = __atomic_load_n(there, __ATOMIC_RELAXED);
    return value != 0 ? value : fill(there);
}

uint32_t process_generation(void)
{
    return (uint32_t)(look() >> 32);
}

pid_t process_id(void)
{
    return (pid_t)(uint32_t)look();
}
