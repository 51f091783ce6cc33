/* SPDX-License-Identifier: MIT */
#include "tools/gemd-run/adapter.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lib/child.h"
#include "tools/lib/install.h"

/* The library finds all else beside itself (winsys/drm/preload/paths.h). */
#define LIBRARY "libgemd_drm.so"

static int fail(const char *what)
{
    fprintf(stderr, "gemd-run: %s: %s\n", what, strerror(errno));
    return -1;
}

/* In the user's runtime directory, or where that is another's (after su), in /tmp. */
static int make_directory(struct adapter *adapter)
{
    const char *bases[] = {getenv("XDG_RUNTIME_DIR"), "/tmp"};
    char real[PATH_MAX];

    for (size_t i = 0; i < 2; i++) {
        /* A socket's path is short. */
        if (bases[i] == NULL || bases[i][0] != '/' || realpath(bases[i], real) == NULL ||
            strlen(real) > 60) {
            continue;
        }
        snprintf(adapter->directory, sizeof adapter->directory, "%.60s/gemd-drm.XXXXXX", real);
        if (mkdtemp(adapter->directory) != NULL) {
            return 0;
        }
    }
    adapter->directory[0] = '\0';
    return fail("a directory for the DRM adapter");
}

static int link_library(const struct adapter *adapter)
{
    char library[PATH_MAX], link[PATH_MAX];

    if (install_find_preload(library, sizeof library) != 0) {
        return -1;
    }
    snprintf(link, sizeof link, "%s/" LIBRARY, adapter->directory);
    return symlink(library, link) == 0 ? 0 : fail(link);
}

__attribute__((noreturn)) static void exec_server(const struct adapter *adapter,
                                                  const char *program, const char *socket,
                                                  int ready_fd, pid_t parent)
{
    char ready[16];
    sigset_t none;

    /* A session of its own: a ^C on the terminal is for the program, which then ends us. */
    setsid();
    die_with_parent(parent, SIGTERM);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    snprintf(ready, sizeof ready, "%d", ready_fd);
    execl(program, program, "--directory", adapter->directory, "--socket", socket, "--ready-fd",
          ready, (char *)NULL);
    fail(program);
    _exit(127);
}

static int start_server(struct adapter *adapter, const char *socket)
{
    char program[PATH_MAX];
    int ready[2];

    if (install_find_adapter(program, sizeof program) != 0) {
        return -1;
    }
    if (pipe(ready) != 0) {
        return fail("a pipe");
    }
    fcntl(ready[0], F_SETFD, FD_CLOEXEC);
    const pid_t parent = getpid();
    adapter->pid = fork();
    if (adapter->pid == 0) {
        exec_server(adapter, program, socket, ready[1], parent);
    }
    close(ready[1]);
    int error = -1;
    if (adapter->pid < 0) {
        adapter->pid = 0;
        fail("fork");
    } else {
        error = child_wait_ready(ready[0], "DRM adapter");
    }
    close(ready[0]);
    return error;
}

int adapter_start(struct adapter *adapter, const char *socket)
{
    *adapter = (struct adapter){0};
    if (make_directory(adapter) == 0 && link_library(adapter) == 0 &&
        start_server(adapter, socket) == 0) {
        return 0;
    }
    adapter_stop(adapter);
    return -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    remove(path);
    return 0;
}

void adapter_stop(struct adapter *adapter)
{
    if (adapter->pid != 0) {
        child_stop(adapter->pid, "DRM adapter");
        adapter->pid = 0;
    }
    if (adapter->directory[0] != '\0') {
        /* Links are not followed: some lead to the host's files. */
        nftw(adapter->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
        adapter->directory[0] = '\0';
    }
}

void adapter_set_environment(const struct adapter *adapter)
{
    char preload[2 * PATH_MAX];
    const char *others = getenv("LD_PRELOAD");

    snprintf(preload, sizeof preload, "%s/" LIBRARY "%s%s", adapter->directory,
             others != NULL && others[0] != '\0' ? ":" : "", others != NULL ? others : "");
    setenv("LD_PRELOAD", preload, 1);
}
