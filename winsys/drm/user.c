/* SPDX-License-Identifier: MIT */
#include "winsys/drm/user.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/uio.h>

#include "winsys/drm/process.h"

#define NEAR ((uintptr_t)64 << 10) /* callers' frames that a structure may be in */

static __thread struct {
    bool known;
    uintptr_t low, top; /* top 0: nobody can tell */
} stack;

static void find_stack(void)
{
    const int error = errno;
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;

    stack.known = true;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        errno = error;
        return;
    }
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        stack.low = (uintptr_t)low;
        stack.top = (uintptr_t)low + size;
    }
    pthread_attr_destroy(&attributes);
    errno = error;
}

/*
 * Whether it is in frames of this thread that have not returned: those are there, whatever else is
 * not. Another stack, as of a signal or of a coroutine, is not known.
 */
static bool is_in_frames(uint64_t address, size_t size)
{
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    if (!stack.known) {
        find_stack();
    }
    return here >= stack.low && here < stack.top && address >= here && address - here < NEAR &&
           address <= stack.top && size <= stack.top - address;
}

/* One system call. */
static int copy_by_kernel(bool out, const struct iovec *ours, const struct iovec *theirs,
                          unsigned count, size_t size)
{
    const pid_t process = process_id();
    const ssize_t n = out ? process_vm_writev(process, ours, count, theirs, count, 0)
                          : process_vm_readv(process, ours, count, theirs, count, 0);

    if (n >= 0 || (errno != EPERM && errno != ENOSYS)) {
        return n == (ssize_t)size ? 0 : -EFAULT;
    }
    for (unsigned i = 0; i < count; i++) { /* a sandbox forbids it */
        memcpy(out ? theirs[i].iov_base : ours[i].iov_base,
               out ? ours[i].iov_base : theirs[i].iov_base, ours[i].iov_len);
    }
    return 0;
}

static int copy_one(bool out, void *ours, uint64_t theirs, size_t size)
{
    void *at = (void *)(uintptr_t)theirs;

    if (size == 0) {
        return 0;
    }
    if (is_in_frames(theirs, size)) {
        memcpy(out ? at : ours, out ? ours : at, size);
        return 0;
    }
    return copy_by_kernel(out, &(struct iovec){ours, size}, &(struct iovec){at, size}, 1, size);
}

int user_copy_in(void *ours, uint64_t theirs, size_t size)
{
    return copy_one(false, ours, theirs, size);
}

int user_copy_out(const void *ours, uint64_t theirs, size_t size)
{
    return copy_one(true, (void *)(uintptr_t)ours, theirs, size);
}

int user_copy_add(struct user_copy *copy, void *ours, uint64_t theirs, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (copy->count == USER_PIECES) {
        const int error = user_copy_finish(copy);
        if (error != 0) {
            return error;
        }
    }
    copy->ours[copy->count] = (struct iovec){ours, size};
    copy->theirs[copy->count] = (struct iovec){(void *)(uintptr_t)theirs, size};
    copy->size += size;
    copy->count++;
    return 0;
}

int user_copy_finish(struct user_copy *copy)
{
    const int error = copy->count > 0 ? copy_by_kernel(copy->out, copy->ours, copy->theirs,
                                                       copy->count, copy->size)
                                      : 0;

    copy->count = 0;
    copy->size = 0;
    return error;
}
