/* SPDX-License-Identifier: MIT */
#include "tools/lib/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_MS = 20000, STOP_MS = 5000 };

void die_with_parent(pid_t parent, int number)
{
    prctl(PR_SET_PDEATHSIG, number);
    if (getppid() != parent) {
        _exit(128 + number);
    }
}

int child_wait_ready(int fd, const char *what)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char byte;
    int count;
    do {
        count = poll(&poll_fd, 1, READY_MS);
    } while (count < 0 && errno == EINTR);
    if (count == 0) {
        fprintf(stderr, "%s: the %s was not ready after %d seconds\n",
                program_invocation_short_name, what, READY_MS / 1000);
        return -1;
    }
    if (count < 0 || read(fd, &byte, 1) != 1) {
        fprintf(stderr, "%s: the %s did not start\n", program_invocation_short_name, what);
        return -1;
    }
    return 0;
}

/* Whether the child ended within 'timeout_ms'. */
static int wait_end(pid_t pid, int timeout_ms)
{
    sigset_t child;
    struct timespec start, t;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        clock_gettime(CLOCK_MONOTONIC, &t);
        long spent = (t.tv_sec - start.tv_sec) * 1000 + (t.tv_nsec - start.tv_nsec) / 1000000;
        if (spent >= timeout_ms) {
            return 0;
        }
        const long left = timeout_ms - spent;
        const struct timespec span = {left / 1000, left % 1000 * 1000000};
        sigtimedwait(&child, NULL, &span);
    }
    return 1;
}

void child_stop(pid_t pid, const char *what)
{
    kill(pid, SIGTERM);
    if (!wait_end(pid, STOP_MS)) {
        fprintf(stderr, "%s: the %s does not end; killing it\n", program_invocation_short_name,
                what);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}
