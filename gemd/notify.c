/* SPDX-License-Identifier: MIT */
#include "gemd/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_PASSED_FD 3

int notify_connect(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof(address.sun_path)) {
        return -1;
    }
    size_t length = strlen(path);
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; /* the abstract name space */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void notify_manager(int fd, const char *state)
{
    if (fd >= 0) {
        (void)send(fd, state, strlen(state), MSG_NOSIGNAL);
    }
}

int notify_passed_socket(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    if (pid == NULL || count == NULL || strtol(pid, NULL, 10) != getpid() ||
        strtol(count, NULL, 10) < 1) {
        return -1;
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    int type = 0;
    socklen_t size = sizeof(type);
    if (getsockopt(FIRST_PASSED_FD, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        type != SOCK_SEQPACKET || fcntl(FIRST_PASSED_FD, F_SETFD, FD_CLOEXEC) != 0) {
        return -1;
    }
    return FIRST_PASSED_FD;
}

void notify_ready_fd(int fd)
{
    static const char ready[] = "READY\n";
    if (fd >= 0) {
        if (write(fd, ready, sizeof(ready) - 1) < 0) {
            /* Whoever waited has gone. */
        }
        close(fd);
    }
}
