/* SPDX-License-Identifier: MIT */
/* A program's memory: bad pointers are errors, wherever they point to. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "winsys/drm/user.h"

#define PAGE 4096u

/* Three pages: one to read, one to write, one for neither: nobody else may come there. */
static uint8_t *pages(void)
{
    uint8_t *memory =
        mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    memset(memory, 7, 2 * PAGE);
    assert_return_code(mprotect(memory, PAGE, PROT_READ), errno);
    assert_return_code(mprotect(memory + 2 * PAGE, PAGE, PROT_NONE), errno);
    return memory;
}

static int in(void *ours, const void *theirs, size_t size)
{
    return user_copy_in(ours, (uintptr_t)theirs, size);
}

static int out(const void *ours, void *theirs, size_t size)
{
    return user_copy_out(ours, (uintptr_t)theirs, size);
}

static void bad_pointers_are_errors(void **state)
{
    uint8_t ours[64] = {0}, theirs[64] = {0};

    (void)state;
    assert_int_equal(in(ours, theirs, 64), 0);
    uint8_t *memory = pages();
    assert_int_equal(in(ours, memory, 64), 0);
    assert_int_equal(ours[63], 7);
    assert_int_equal(out(ours, memory, 64), -EFAULT);
    assert_int_equal(out(ours, memory + PAGE, 64), 0);
    assert_int_equal(in(ours, memory + 2 * PAGE - 8, 64), -EFAULT);
    assert_int_equal(out(ours, memory + 2 * PAGE - 8, 64), -EFAULT);
    assert_int_equal(in(ours, NULL, 64), -EFAULT);
    assert_int_equal(user_copy_in(ours, UINT64_MAX - 8, 64), -EFAULT);
    assert_int_equal(user_copy_in(ours, UINT64_C(1) << 63, 64), -EFAULT);
    assert_int_equal(in(ours, NULL, 0), 0);
    munmap(memory, 3 * PAGE);
}

static void *frames(void *data)
{
    volatile uint8_t here[512];
    uint8_t ours[512];
    uintptr_t bad = 0;

    memset((void *)(uintptr_t)here, 3, sizeof(here));
    bad += in(ours, (void *)(uintptr_t)here, sizeof(ours)) != 0 || ours[511] != 3;
    memset(ours, 4, sizeof(ours));
    bad += out(ours, (void *)(uintptr_t)here, sizeof(ours)) != 0 || here[511] != 4;
    /* What reaches beyond the stack's end is no longer in frames. */
    pthread_attr_t attributes;
    void *low;
    size_t size;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    bad += in(ours, (uint8_t *)low + size - 8, sizeof(ours)) != -EFAULT;
    if (data != NULL) { /* and what is below them was never written */
        mprotect(data, PAGE, PROT_NONE);
        bad += in(ours, data, sizeof(ours)) != -EFAULT;
    }
    return (void *)bad;
}

#define STACK ((size_t)4 << 20)

static void frames_are_there(void **state)
{
    uint8_t *memory =
        mmap(NULL, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    void *bad;

    (void)state;
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_return_code(mprotect(memory + STACK, PAGE, PROT_NONE), errno); /* behind the stack */
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, memory, STACK);
    assert_int_equal(pthread_create(&thread, &attributes, frames, memory), 0);
    pthread_join(thread, &bad);
    pthread_attr_destroy(&attributes);
    assert_int_equal((uintptr_t)bad, 0);
    munmap(memory, STACK + PAGE);
}

static void many_pieces(void **state)
{
    static uint32_t from[3 * USER_PIECES], to[3 * USER_PIECES];
    struct user_copy copy = {.out = true};
    uint8_t *memory = pages();

    (void)state;
    for (uint32_t i = 0; i < 3 * USER_PIECES; i++) {
        from[i] = i * 77;
        assert_int_equal(user_copy_add(&copy, &from[i], (uintptr_t)&to[i], i % 5 != 0 ? 4 : 0), 0);
    }
    assert_int_equal(user_copy_finish(&copy), 0);
    for (uint32_t i = 0; i < 3 * USER_PIECES; i++) {
        assert_int_equal(to[i], i % 5 != 0 ? i * 77 : 0);
    }
    assert_int_equal(user_copy_add(&copy, from, (uintptr_t)to, 4), 0);
    assert_int_equal(user_copy_add(&copy, from, (uintptr_t)memory, 4), 0); /* only to be read */
    assert_int_equal(user_copy_finish(&copy), -EFAULT);
    assert_int_equal(user_copy_finish(&copy), 0); /* nothing is left of it */
    munmap(memory, 3 * PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_pointers_are_errors),
        cmocka_unit_test(frames_are_there),
        cmocka_unit_test(many_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
