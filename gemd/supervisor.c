/* SPDX-License-Identifier: MIT */
#include "gemd/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gemd/log.h"
#include "gemd/sandbox.h"

/* What whoever ends the daemon may send to all of its group. */
static const int deaf_to[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};

/* True: the daemon has let go of the device and says so. False: it is dead. */
static bool await_end(int pipe_fd, int daemon)
{
    struct pollfd fds[2] = {{.fd = pipe_fd, .events = POLLIN}, {.fd = daemon, .events = POLLIN}};
    char word;
    while (poll(fds, 2, -1) < 0 || (fds[0].revents | fds[1].revents) == 0) {
        if (errno != EINTR) {
            break;
        }
    }
    /* The pipe's other end may be open in a child of the daemon: no end of file, then. */
    return (fds[0].revents & POLLIN) != 0 && read(pipe_fd, &word, 1) == 1;
}

static void supervise(struct hw_device *dev, const struct found *found, int pipe_fd, int daemon)
{
    const struct sandbox_calls calls = {.mode = SANDBOX_ON};
    for (unsigned i = 0; i < sizeof(deaf_to) / sizeof(deaf_to[0]); i++) {
        (void)signal(deaf_to[i], SIG_IGN);
    }
    (void)setsid();
    (void)prctl(PR_SET_NAME, "gemd-supervisor");
    (void)sandbox_close_calls(&calls);
    if (!await_end(pipe_fd, daemon)) {
        log_warning("the daemon is dead: the screen is put back");
    }
    dev->ops->release(dev);
    found_restore(found, dev);
    _exit(0);
}

int supervisor_start(struct supervisor *supervisor, struct hw_device *dev,
                     const struct found *found, const int *closes, unsigned count)
{
    int ends[2];
    *supervisor = (struct supervisor){.pipe = -1};
    if (dev->ops->release == NULL) {
        return 0;
    }
    int daemon = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (daemon < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        int error = -errno;
        if (daemon >= 0) {
            close(daemon);
        }
        return error;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        for (unsigned i = 0; i < count; i++) {
            if (closes[i] >= 0) {
                close(closes[i]);
            }
        }
        supervise(dev, found, ends[0], daemon);
    }
    int error = pid < 0 ? -errno : 0;
    close(daemon);
    close(ends[0]);
    if (error != 0) {
        close(ends[1]);
        return error;
    }
    *supervisor = (struct supervisor){.pid = pid, .pipe = ends[1]};
    return 0;
}

void supervisor_finish(struct supervisor *supervisor)
{
    const char word = 'x';
    int status;
    if (supervisor->pid == 0) {
        return;
    }
    if (write(supervisor->pipe, &word, 1) != 1) {
        log_warning("the supervisor has died: the screen is not put back");
    }
    close(supervisor->pipe);
    while (waitpid(supervisor->pid, &status, 0) < 0 && errno == EINTR) {
    }
    *supervisor = (struct supervisor){.pipe = -1};
}
