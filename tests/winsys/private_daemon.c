/* SPDX-License-Identifier: MIT */
#include "private_daemon.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void become_daemon(const struct private_daemon *daemon, int ready)
{
    char number[16];

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
    snprintf(number, sizeof(number), "%d", ready);
    execl(GEMD_BINARY_DIR "/bin/gemd", "gemd", "--socket", daemon->socket, "--ready-fd", number,
          "--log", "error", (char *)NULL);
    _exit(127);
}

void private_daemon_start(struct private_daemon *daemon)
{
    int ready[2];
    char line[8] = "";

    snprintf(daemon->directory, sizeof(daemon->directory), "/tmp/gemd-test-XXXXXX");
    assert_non_null(mkdtemp(daemon->directory));
    snprintf(daemon->socket, sizeof(daemon->socket), "%s/gemd.sock", daemon->directory);
    assert_int_equal(pipe(ready), 0);
    daemon->pid = fork();
    assert_true(daemon->pid >= 0);
    if (daemon->pid == 0) {
        close(ready[0]);
        become_daemon(daemon, ready[1]);
    }
    close(ready[1]);
    /* The end of the pipe says that it failed. */
    assert_true(read(ready[0], line, sizeof(line) - 1) > 0);
    assert_memory_equal(line, "READY", 5);
    close(ready[0]);
}

void private_daemon_stop(struct private_daemon *daemon, int signal)
{
    int status;

    if (daemon->pid == 0) {
        return;
    }
    assert_int_equal(kill(daemon->pid, signal), 0);
    assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
    daemon->pid = 0;
    if (signal == SIGTERM) {
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    unlink(daemon->socket);
    rmdir(daemon->directory);
}
