/* SPDX-License-Identifier: MIT */
#include "proto/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int put_path(char *path, size_t size, const char *directory, const char *name)
{
    int length = snprintf(path, size, "%s%s", directory, name);
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int address_default(char *path, size_t size)
{
    const char *told = getenv("GEMD_SOCKET");
    if (told != NULL && told[0] != '\0') {
        return put_path(path, size, told, "");
    }
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime != NULL && runtime[0] == '/') {
        if (put_path(path, size, runtime, "/gemd/gemd.sock") == 0 && access(path, F_OK) == 0) {
            return 0;
        }
    }
    return put_path(path, size, ADDRESS_SYSTEM, "");
}

int address_of_path(const char *path, struct sockaddr_un *address)
{
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof(address->sun_path)) {
        return -ENAMETOOLONG;
    }
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

/* connect() says ECONNREFUSED for a file that is no socket and EPROTOTYPE for a stream socket. */
static int connect_error(const char *path, int error)
{
    struct stat file;
    if (error == ECONNREFUSED && stat(path, &file) == 0 && !S_ISSOCK(file.st_mode)) {
        return ENOTSOCK;
    }
    return error == EPROTOTYPE ? EPROTO : error;
}

static const char *connect_reason(int error)
{
    switch (error) {
    case ENOTSOCK:
        return "not a socket";
    case EPROTO:
        return "not a gemd socket";
    default:
        return strerror(error);
    }
}

int address_connect(const char *path, char reason[GEMD_TEXT_MAX])
{
    struct sockaddr_un address;
    int error = address_of_path(path, &address);
    if (error < 0) {
        snprintf(reason, GEMD_TEXT_MAX, "no daemon: a socket path has 1 to %zu bytes, this one %zu",
                 sizeof(address.sun_path) - 1, strlen(path));
        return error;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        error = errno;
        snprintf(reason, GEMD_TEXT_MAX, "no socket: %s", strerror(error));
        return -error;
    }
    int result;
    do {
        result = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    } while (result < 0 && errno == EINTR);
    if (result < 0) {
        error = connect_error(path, errno);
        close(fd);
        snprintf(reason, GEMD_TEXT_MAX, "no daemon at %s: %s", path, connect_reason(error));
        return -error;
    }
    return fd;
}
