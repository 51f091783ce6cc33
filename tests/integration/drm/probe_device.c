/* SPDX-License-Identifier: MIT */
/* DRM files: that they live as the kernel's do. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "tests/integration/drm/probe.h"

#define CARD   "/dev/dri/card0"
#define RENDER "/dev/dri/renderD128"

extern char **environ;

static bool works(int fd)
{
    drmVersionPtr version = drmGetVersion(fd);
    const bool good = version != NULL && strcmp(version->name, "i915") == 0;

    drmFreeVersion(version);
    return good;
}

static bool opened(void)
{
    struct stat status;
    const int fd = open(CARD, O_RDWR | O_CLOEXEC), render = open(RENDER, O_RDWR);

    const bool good = TRUE(fd >= 0) && TRUE(fstat(fd, &status) == 0) &&
                      TRUE(S_ISCHR(status.st_mode) && status.st_rdev == makedev(226, 0)) &&
                      TRUE(fcntl(fd, F_GETFD) == FD_CLOEXEC) && TRUE(works(fd)) &&
                      TRUE(fstat(render, &status) == 0) &&
                      TRUE(status.st_rdev == makedev(226, 128)) &&
                      TRUE(fcntl(render, F_GETFD) == 0) && TRUE(works(render)) &&
                      TRUE(drmGetNodeTypeFromFd(render) == DRM_NODE_RENDER);
    close(fd);
    close(render);
    return good;
}

static bool found_by_libdrm(void)
{
    drmDevicePtr devices[8];
    const int count = drmGetDevices2(DRM_DEVICE_GET_PCI_REVISION, devices, 8);
    bool good = TRUE(count >= 1), found = false;

    for (int i = 0; good && i < count; i++) {
        found = found || (devices[i]->bustype == DRM_BUS_PCI && devices[i]->businfo.pci->dev == 2 &&
                          devices[i]->deviceinfo.pci->vendor_id == 0x8086 &&
                          strcmp(devices[i]->nodes[DRM_NODE_RENDER], RENDER) == 0);
    }
    if (count > 0) {
        drmFreeDevices(devices, count);
    }
    const int fd = drmOpen("i915", NULL);
    good = good && TRUE(found) && TRUE(fd >= 0) && TRUE(works(fd));
    drmClose(fd);
    return good;
}

static bool duplicated(void)
{
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC);
    const int copy = dup(fd), high = fcntl(fd, F_DUPFD_CLOEXEC, 300);

    close(fd);
    /* On a number that was something else a moment ago. */
    const int other = open("/dev/null", O_RDWR);
    const bool good = TRUE(copy >= 0 && high >= 300) && TRUE(works(copy)) && TRUE(works(high)) &&
                      TRUE(!works(other)) && TRUE(dup2(high, other) == other) && TRUE(works(other));
    close(copy);
    close(high);
    const bool last = TRUE(works(other));
    close(other);
    return good && last && TRUE(!works(other));
}

/* As the kernel opens it: another file, with another magic number. */
static bool reopened(void)
{
    char path[64], name[64] = "";
    drm_magic_t one = 0, two = 0;
    const int fd = open(CARD, O_RDWR | O_CLOEXEC);

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const int again = open(path, O_RDWR | O_CLOEXEC);
    const bool good = TRUE(again >= 0) && TRUE(drmGetMagic(fd, &one) == 0) &&
                      TRUE(drmGetMagic(again, &two) == 0) && TRUE(one != two) &&
                      TRUE(readlink(path, name, sizeof(name) - 1) > 0) &&
                      TRUE(strcmp(name, CARD) == 0);
    close(fd);
    close(again);
    return good;
}

static bool flags(void)
{
    char event[64];
    const int fd = open(CARD, O_RDWR | O_CLOEXEC | O_NONBLOCK);

    const bool good = TRUE(fd >= 0) && TRUE((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) &&
                      TRUE(read(fd, event, sizeof(event)) < 0) && TRUE(errno == EAGAIN);
    close(fd);
    return good;
}

static bool bad_calls(void)
{
    const int fd = open(CARD, O_RDWR | O_CLOEXEC);

    const bool good = TRUE(ioctl(fd, DRM_IOCTL_VERSION, (void *)8) < 0) && TRUE(errno == EFAULT) &&
                      TRUE(ioctl(fd, DRM_IOCTL_VERSION, NULL) < 0) && TRUE(errno == EFAULT) &&
                      TRUE(ioctl(fd, _IO('d', 0xf0), NULL) < 0) && TRUE(errno == EINVAL) &&
                      TRUE(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0x7777000) == MAP_FAILED) &&
                      TRUE(ioctl(-1, DRM_IOCTL_VERSION, NULL) < 0) && TRUE(errno == EBADF);
    close(fd);
    return good;
}

static bool exits_well(pid_t child)
{
    int status;

    return TRUE(child > 0) && TRUE(waitpid(child, &status, 0) == child) && TRUE(status == 0);
}

static bool forked(void)
{
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC);

    bool good = TRUE(works(fd));
    const pid_t child = fork();
    if (child == 0) {
        bool all = true;
        for (unsigned i = 0; i < 100; i++) {
            all = all && works(fd);
        }
        _exit(all ? 0 : 1);
    }
    for (unsigned i = 0; i < 100; i++) {
        good = good && works(fd);
    }
    good = TRUE(good) && exits_well(child) && TRUE(works(fd));
    close(fd);
    return good;
}

int probe_inherited(int fd)
{
    struct stat status;
    const int other = open(RENDER, O_RDWR | O_CLOEXEC);

    return TRUE(fstat(fd, &status) == 0) && TRUE(S_ISCHR(status.st_mode)) && TRUE(works(fd)) &&
                   TRUE(works(other))
               ? 0
               : 1;
}

static bool spawn_on(int fd, char **environment)
{
    char number[16];
    pid_t child;
    char name[] = "drm_probe", what[] = "inherited";
    char *const argv[] = {name, what, number, NULL};

    snprintf(number, sizeof(number), "%d", fd);
    return TRUE(posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environment) == 0) &&
           exits_well(child);
}

static bool executed(void)
{
    char preload[512];
    char *const bare[] = {preload, NULL};
    const char *value = getenv("LD_PRELOAD");
    const int fd = open(CARD, O_RDWR);

    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", value != NULL ? value : "");
    const bool good = spawn_on(fd, environ) && spawn_on(fd, (char **)bare) && TRUE(works(fd));
    close(fd);
    return good;
}

static bool send_fd(int socket, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char data = 'x';
    struct iovec byte = {&data, 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    return sendmsg(socket, &message, 0) == 1;
}

static int receive_fd(int socket)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char data;
    struct iovec byte = {&data, 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int fd = -1;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    }
    return fd;
}

/* From a process that ends: the file goes on where it was sent to. */
static bool passed(void)
{
    int ends[2];

    if (!TRUE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0)) {
        return false;
    }
    const pid_t child = fork();
    if (child == 0) {
        const int fd = open(CARD, O_RDWR | O_CLOEXEC);
        _exit(works(fd) && send_fd(ends[1], fd) ? 0 : 1);
    }
    bool good = exits_well(child);
    const int fd = good ? receive_fd(ends[0]) : -1;
    good = good && TRUE(fd >= 0) && TRUE(works(fd));
    close(fd);
    close(ends[0]);
    close(ends[1]);
    return good;
}

static void *thread_main(void *data)
{
    const int fd = *(const int *)data;
    bool good = true;

    for (unsigned i = 0; i < 50; i++) {
        const int own = open(RENDER, O_RDWR | O_CLOEXEC);
        good = good && TRUE(own >= 0) && TRUE(works(fd)) && TRUE(works(own));
        close(own);
    }
    return good ? data : NULL;
}

static bool threads(void)
{
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    int fd = open(RENDER, O_RDWR | O_CLOEXEC);
    bool good = true;

    for (unsigned i = 0; i < THREADS; i++) {
        good = TRUE(pthread_create(&thread[i], NULL, thread_main, &fd) == 0) && good;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *result = NULL;
        good = TRUE(pthread_join(thread[i], &result) == 0 && result != NULL) && good;
    }
    close(fd);
    return good;
}

/* Daemons close what they do not know. */
static bool closed_all(void)
{
    const int before = open(RENDER, O_RDWR | O_CLOEXEC);
    const bool good = TRUE(works(before));
    int other[2];

    for (int i = 3; i < 1024; i++) {
        close(i);
    }
    /* Numbers that the library had are now another's, who must not hear of it. */
    if (!TRUE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, other) == 0)) {
        return false;
    }
    for (int i = 199; i < 210; i++) {
        dup2(other[0], i);
    }
    const int fd = open(RENDER, O_RDWR | O_CLOEXEC);
    char byte;
    const bool after =
        TRUE(works(fd)) && TRUE(read(other[1], &byte, 1) < 0) && TRUE(errno == EAGAIN);
    close(fd);
    for (int i = 199; i < 210; i++) {
        close(i);
    }
    close(other[0]);
    close(other[1]);
    return good && after;
}

/* Another file than the one that is called, with another answer. */
static int signal_fd;
static drm_magic_t signal_magic;
static volatile sig_atomic_t signals, signals_bad;

static void on_signal(int number)
{
    drm_magic_t magic;

    (void)number;
    signals_bad = signals_bad + (drmGetMagic(signal_fd, &magic) != 0 || magic != signal_magic);
    signals = signals + 1;
}

/* A handler may call in the middle of a call, and no call ends for it. */
static bool interrupted(void)
{
    const struct itimerval often = {{0, 300}, {0, 300}}, never = {0};
    struct sigaction action = {.sa_handler = on_signal}, old;
    drm_magic_t magic, first;
    bool good = true;

    const int fd = open(CARD, O_RDWR | O_CLOEXEC);
    signal_fd = open(CARD, O_RDWR | O_CLOEXEC);
    good = TRUE(drmGetMagic(fd, &first) == 0) && TRUE(drmGetMagic(signal_fd, &signal_magic) == 0) &&
           TRUE(first != signal_magic);
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &often, NULL);
    while (good && signals < 50) {
        good = TRUE(drmGetMagic(fd, &magic) == 0) && TRUE(magic == first);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    close(fd);
    close(signal_fd);
    return good && TRUE(signals_bad == 0);
}

const struct probe_check probe_device_checks[] = {
    {"opened", opened},
    {"found_by_libdrm", found_by_libdrm},
    {"duplicated", duplicated},
    {"reopened", reopened},
    {"flags", flags},
    {"bad_calls", bad_calls},
    {"forked", forked},
    {"executed", executed},
    {"passed", passed},
    {"threads", threads},
    {"interrupted", interrupted},
    {"closed_all", closed_all},
    {NULL, NULL},
};
