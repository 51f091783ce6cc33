/* SPDX-License-Identifier: MIT */
#include "tools/lib/private_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lib/child.h"

__attribute__((noreturn)) static void exec_daemon(const struct private_daemon *daemon,
                                                  const char *program, const char *device,
                                                  const char *monitor, const char *log,
                                                  int ready_fd, pid_t parent)
{
    char ready[16];
    const char *argv[14];
    unsigned argc = 0;
    sigset_t none;

    /* A session of its own: a ^C on the terminal is for the program, which then ends us. */
    setsid();
    die_with_parent(parent, SIGTERM);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    snprintf(ready, sizeof ready, "%d", ready_fd);
    argv[argc++] = program;
    argv[argc++] = "--socket";
    argv[argc++] = daemon->socket;
    argv[argc++] = "--ready-fd";
    argv[argc++] = ready;
    argv[argc++] = "--log";
    argv[argc++] = log;
    argv[argc++] = "--policy";
    argv[argc++] = "none"; /* nobody else reaches it: the machine's policy is not about it */
    if (device != NULL) {
        argv[argc++] = "--device";
        argv[argc++] = device;
    }
    if (monitor != NULL) {
        argv[argc++] = "--monitor";
        argv[argc++] = monitor;
    }
    argv[argc] = NULL;
    execv(program, (char *const *)argv);
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, program, strerror(errno));
    _exit(127);
}

static int make_directory(struct private_daemon *daemon)
{
    const char *base = getenv("TMPDIR");
    int length = snprintf(daemon->directory, sizeof daemon->directory, "%s/gemd-run.XXXXXX",
                          base != NULL && base[0] == '/' ? base : "/tmp");
    if (length < 0 || (size_t)length >= sizeof daemon->directory) {
        errno = ENAMETOOLONG;
    } else if (mkdtemp(daemon->directory) != NULL) {
        snprintf(daemon->socket, sizeof daemon->socket, "%s/gemd.sock", daemon->directory);
        return 0;
    }
    fprintf(stderr, "%s: a temporary directory: %s\n", program_invocation_short_name,
            strerror(errno));
    daemon->directory[0] = '\0';
    return -1;
}

int private_daemon_start(struct private_daemon *daemon, const char *program, const char *device,
                         const char *monitor, const char *log)
{
    int ready[2];
    *daemon = (struct private_daemon){0};
    if (make_directory(daemon) != 0) {
        return -1;
    }
    if (pipe(ready) != 0) {
        fprintf(stderr, "%s: a pipe: %s\n", program_invocation_short_name, strerror(errno));
        private_daemon_stop(daemon);
        return -1;
    }
    /* Ours alone: a copy in the program would keep the pipe from ending. */
    fcntl(ready[0], F_SETFD, FD_CLOEXEC);
    const pid_t parent = getpid();
    daemon->pid = fork();
    if (daemon->pid == 0) {
        exec_daemon(daemon, program, device, monitor, log, ready[1], parent);
    }
    close(ready[1]);
    int error = -1;
    if (daemon->pid < 0) {
        fprintf(stderr, "%s: fork: %s\n", program_invocation_short_name, strerror(errno));
        daemon->pid = 0;
    } else {
        error = child_wait_ready(ready[0], "daemon");
    }
    close(ready[0]);
    if (error != 0) {
        private_daemon_stop(daemon);
    }
    return error;
}

void private_daemon_stop(struct private_daemon *daemon)
{
    if (daemon->pid != 0) {
        child_stop(daemon->pid, "daemon");
        daemon->pid = 0;
    }
    if (daemon->directory[0] != '\0') {
        unlink(daemon->socket);
        rmdir(daemon->directory);
        daemon->directory[0] = '\0';
    }
}
