/* SPDX-License-Identifier: MIT */
#include "winsys/drm/preload/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "winsys/drm/preload/client.h"
#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/paths.h"
#include "winsys/drm/wire.h"

static const struct {
    int minor;
    const char *name;
    mode_t mode; /* as udev's rules have them: everybody may render */
} nodes[] = {{0, "card0", 0660}, {128, "renderD128", 0666}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A real fstatat(): hooks call this file. */
static int true_stat(const char *path, struct stat *status, int flags)
{
    return NEXT(fstatat)(AT_FDCWD, path, status, flags);
}

static int file_status(size_t index, struct stat *status)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof(path), "%s/dri/%s", path_runtime(), nodes[index].name);
    return true_stat(path, status, 0);
}

int node_of_status(const struct stat *status)
{
    const int error = errno;
    struct stat file;
    int minor = -1;

    for (size_t i = 0; i < COUNT(nodes) && minor < 0 && path_runtime()[0] != '\0'; i++) {
        if (file_status(i, &file) == 0 && file.st_ino == status->st_ino &&
            file.st_dev == status->st_dev) {
            minor = nodes[i].minor;
        }
    }
    errno = error;
    return minor;
}

int node_of_path(const char *mapped, bool follow)
{
    const int error = errno;
    struct stat status;
    int minor = -1;

    if (path_is_ours(mapped, "/dri") &&
        true_stat(mapped, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISSOCK(status.st_mode)) {
        minor = node_of_status(&status);
    }
    errno = error;
    return minor;
}

/* "\0gemd-drm/SERVER/FILE/MINOR": wire.h. Whether 'name' of 'length' bytes is one. */
static bool parse_name(const char *name, size_t length, uint64_t *file, int *minor)
{
    unsigned long long server, number;
    unsigned found;
    char text[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
    int used = 0;

    if (length < 2 || length >= sizeof(text) || name[0] != '\0' || name[1] != DRM_WIRE_NAME[0]) {
        return false;
    }
    memcpy(text, name + 1, length - 1);
    text[length - 1] = '\0';
    if (sscanf(text, DRM_WIRE_NAME "/%16llx/%16llx/%3u%n", &server, &number, &found, &used) != 3 ||
        (size_t)used != length - 1) {
        return false;
    }
    *file = number;
    *minor = (int)found;
    return true;
}

/*
 * The name that this thread parsed last: mostly it is the next one, too. A signal's handler may
 * come anywhere: it leaves alone what is being written, and what is read while it writes does not
 * count.
 */
static __thread struct {
    bool is_written;
    unsigned changes;
    size_t length; /* 0: none */
    char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
    uint64_t file;
    int minor;
} last;

static void in_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static bool is_last(const char *name, size_t length, uint64_t *file, int *minor)
{
    const unsigned before = last.changes;

    in_order();
    const bool is = !last.is_written && length != 0 && length == last.length &&
                    memcmp(name, last.name, length) == 0;
    *file = last.file;
    *minor = last.minor;
    in_order();
    return is && last.changes == before;
}

static void keep(const char *name, size_t length, uint64_t file, int minor)
{
    if (last.is_written) {
        return;
    }
    last.is_written = true;
    in_order();
    memcpy(last.name, name, length);
    last.length = length;
    last.file = file;
    last.minor = minor;
    last.changes++;
    in_order();
    last.is_written = false;
}

static bool find_name(const char *name, size_t length, uint64_t *file, int *minor)
{
    if (is_last(name, length, file, minor)) {
        return true;
    }
    if (!parse_name(name, length, file, minor)) {
        return false;
    }
    keep(name, length, *file, *minor);
    return true;
}

static bool look(int fd, uint64_t *file, int *minor)
{
    struct sockaddr_un address;
    socklen_t size = sizeof(address);
    const int error = errno;
    const bool is =
        fd >= 0 && getpeername(fd, (struct sockaddr *)&address, &size) == 0 &&
        address.sun_family == AF_UNIX && size <= sizeof(address) &&
        size > offsetof(struct sockaddr_un, sun_path) &&
        find_name(address.sun_path, size - offsetof(struct sockaddr_un, sun_path), file, minor);

    errno = error;
    return is;
}

int node_of_fd(int fd)
{
    uint64_t file;
    int minor;

    return look(fd, &file, &minor) ? minor : -1;
}

bool node_file(int fd, uint64_t *file)
{
    int minor;

    return look(fd, file, &minor);
}

/* The answer's descriptor is close-on-exec and blocks. */
void node_set_flags(int fd, int flags)
{
    if ((flags & O_CLOEXEC) == 0) {
        fcntl(fd, F_SETFD, 0);
    }
    if ((flags & O_NONBLOCK) != 0) {
        fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
    }
}

int node_open(int minor, int flags)
{
    struct drm_packet packet = {
        .request = {.type = DRM_WIRE_OPEN, .minor = (uint32_t)minor},
        .fd = -1,
    };
    struct client spare, *client;
    int result = client_begin(&client, &spare);

    if (result == 0) {
        result = client_call(client, &packet);
        client_end(client);
    }
    if (result == 0 && packet.answer.result == 0 && packet.fd >= 0) {
        node_set_flags(packet.fd, flags);
        return packet.fd;
    }
    errno = result != 0 ? -result : packet.answer.result != 0 ? -packet.answer.result : EIO;
    return -1;
}

int node_of_descriptor(pid_t process, int fd)
{
    if (process == 0) {
        return node_of_fd(fd);
    }
    const int error = errno;
    int minor = -1;
    const int handle = (int)syscall(SYS_pidfd_open, process, 0);
    const int copy = handle >= 0 ? (int)syscall(SYS_pidfd_getfd, handle, fd, 0) : -1;
    if (copy >= 0) {
        minor = node_of_fd(copy);
        close(copy);
    }
    if (handle >= 0) {
        close(handle);
    }
    errno = error;
    return minor;
}

void node_dress(struct stat *status, int minor)
{
    const int error = errno;
    const size_t index = minor == 0 ? 0 : 1;
    struct stat file;

    /* One file has one inode, whichever way it was asked for. */
    if (file_status(index, &file) == 0) {
        *status = file;
    }
    status->st_mode = S_IFCHR | nodes[index].mode;
    status->st_rdev = makedev(NODE_MAJOR, (unsigned)minor);
    status->st_size = 0;
    errno = error;
}
