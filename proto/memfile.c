/* SPDX-License-Identifier: MIT */
#include "proto/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3; older kernels answer EINVAL */
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE /* Linux 5.1 */
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

static int fail(int fd)
{
    int error = -errno;
    close(fd);
    return error;
}

/* A memory file of that size, rounded up to pages, without seals on its size. */
static int create_open(const char *name, uint64_t *size)
{
    if (*size == 0 || *size > INT64_MAX - MEMFILE_PAGE) {
        return -EINVAL;
    }
    *size = (*size + MEMFILE_PAGE - 1) / MEMFILE_PAGE * MEMFILE_PAGE;
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    if (fd < 0) {
        return -errno;
    }
    if (ftruncate(fd, (off_t)*size) < 0) {
        return fail(fd);
    }
    return fd;
}

int memfile_create(const char *name, uint64_t size)
{
    int fd = create_open(name, &size);
    if (fd >= 0 && fcntl(fd, F_ADD_SEALS, SIZE_SEALS | F_SEAL_SEAL) < 0) {
        return fail(fd);
    }
    return fd;
}

int memfile_create_published(const char *name, uint64_t size, void **map)
{
    int fd = create_open(name, &size);
    if (fd < 0) {
        return fd;
    }
    *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*map == MAP_FAILED) {
        return fail(fd);
    }
    if (fcntl(fd, F_ADD_SEALS, SIZE_SEALS | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0) {
        int error = fail(fd);
        munmap(*map, size);
        return error;
    }
    return fd;
}

/* A sealed file's size and seals. */
static int check_sealed(int fd, uint64_t *size, int *seals, char reason[GEMD_TEXT_MAX])
{
    struct stat file;
    *seals = fcntl(fd, F_GET_SEALS);
    if (*seals < 0 || fstat(fd, &file) < 0) {
        snprintf(reason, GEMD_TEXT_MAX, "the descriptor is not a memory file");
        return -EINVAL;
    }
    if ((*seals & SIZE_SEALS) != SIZE_SEALS) {
        snprintf(reason, GEMD_TEXT_MAX,
                 "the memory file is not sealed against shrinking and growing (seals 0x%x)",
                 (unsigned)*seals);
        return -EINVAL;
    }
    *size = (uint64_t)file.st_size;
    return 0;
}

int memfile_check(int fd, uint64_t size, uint64_t *actual, char reason[GEMD_TEXT_MAX])
{
    uint64_t bytes;
    int seals;
    if (check_sealed(fd, &bytes, &seals, reason) < 0) {
        return -EINVAL;
    }
    if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0 ||
        (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR) {
        snprintf(reason, GEMD_TEXT_MAX, "the memory file cannot be mapped for writing");
        return -EINVAL;
    }
    if (size == 0 ? bytes == 0 || bytes % MEMFILE_PAGE != 0 : bytes != size) {
        snprintf(reason, GEMD_TEXT_MAX, "the memory file has %llu bytes, must be %s%llu",
                 (unsigned long long)bytes, size == 0 ? "a multiple of " : "",
                 (unsigned long long)(size == 0 ? MEMFILE_PAGE : size));
        return -EINVAL;
    }
    if (actual != NULL) {
        *actual = bytes;
    }
    return 0;
}

int memfile_check_readable(int fd, uint64_t least, uint64_t *actual, char reason[GEMD_TEXT_MAX])
{
    int seals;
    if (check_sealed(fd, actual, &seals, reason) < 0) {
        return -EINVAL;
    }
    if (*actual == 0 || *actual < least) {
        snprintf(reason, GEMD_TEXT_MAX, "the memory file has %llu bytes, must be at least %llu",
                 (unsigned long long)*actual, (unsigned long long)least);
        return -EINVAL;
    }
    return 0;
}

bool memfile_is_called(int fd, const char *name)
{
    char path[32], wanted[128], target[sizeof(wanted)];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int length = snprintf(wanted, sizeof(wanted), "/memfd:%s (deleted)", name);
    ssize_t got = readlink(path, target, sizeof(target));
    return got == length && memcmp(target, wanted, (size_t)length) == 0;
}
