/* SPDX-License-Identifier: MIT */
#include "tests/integration/service/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* System calls as they are: the C library's wrappers are not all fit for signal handlers. */

static long try_nothing(void)
{
    return 0;
}

static long try_open(void)
{
    return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static long try_create(void)
{
    return syscall(SYS_openat, AT_FDCWD, "/tmp/gemd-hook", O_WRONLY | O_CREAT, 0600);
}

/* It is not empty: nobody loses it if this test shows a hole. */
static long try_remove(void)
{
    return syscall(SYS_unlinkat, AT_FDCWD, "/etc", AT_REMOVEDIR);
}

static long try_socket(void)
{
    return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

static long try_execve(void)
{
    static char program[] = "/bin/true";
    char *const argv[] = {program, NULL};
    return syscall(SYS_execve, program, argv, NULL);
}

static long try_ptrace(void)
{
    return syscall(SYS_ptrace, PTRACE_SEIZE, getppid(), 0, 0);
}

/* Flags and all as fork() has them. */
static long try_fork(void)
{
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        _exit(0);
    }
    return child;
}

static long try_kill(void)
{
    return syscall(SYS_kill, getppid(), 0);
}

static long try_setuid(void)
{
    return syscall(SYS_setuid, 0);
}

static long try_code(void)
{
    long map = syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return map == -1 ? -1 : 0;
}

static const struct attempt {
    const char *name;
    long (*tries)(void);
} attempts[HOOK_ATTEMPTS] = {
    [HOOK_NOTHING] = {"nothing", try_nothing}, [HOOK_OPEN] = {"open", try_open},
    [HOOK_CREATE] = {"create", try_create},    [HOOK_REMOVE] = {"remove", try_remove},
    [HOOK_SOCKET] = {"socket", try_socket},    [HOOK_EXECVE] = {"execve", try_execve},
    [HOOK_PTRACE] = {"ptrace", try_ptrace},    [HOOK_FORK] = {"fork", try_fork},
    [HOOK_KILL] = {"kill", try_kill},          [HOOK_SETUID] = {"setuid", try_setuid},
    [HOOK_CODE] = {"code", try_code},
};

static void on_signal(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    char line[64];
    unsigned index = (unsigned)info->si_value.sival_int;
    if (index < HOOK_ATTEMPTS) {
        int error = attempts[index].tries() < 0 ? errno : 0;
        int size = snprintf(line, sizeof(line), "hook: %s: %d\n", attempts[index].name, error);
        (void)!write(STDERR_FILENO, line, (size_t)size);
    }
    errno = saved;
}

/* Threads that block all signals must not block this one. */
__attribute__((visibility("default"))) int pthread_sigmask(int how, const sigset_t *set,
                                                           sigset_t *old)
{
    sigset_t less;
    if (set != NULL && how != SIG_UNBLOCK) {
        less = *set;
        sigdelset(&less, HOOK_SIGNAL);
        set = &less;
    }
    return sigprocmask(how, set, old); /* of this thread, on Linux */
}

__attribute__((constructor)) static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(HOOK_SIGNAL, &action, NULL);
}
