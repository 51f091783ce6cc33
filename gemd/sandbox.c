/* SPDX-License-Identifier: MIT */
/* System calls, by seccomp: those in the tables, no others. */
#include "gemd/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char *const modes[] = {
    [SANDBOX_OFF] = "off", [SANDBOX_ON] = "on", [SANDBOX_STRICT] = "strict"};

bool sandbox_mode_parse(const char *name, enum sandbox_mode *mode)
{
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(name, modes[i]) == 0) {
            *mode = (enum sandbox_mode)i;
            return true;
        }
    }
    return false;
}

enum sandbox_mode sandbox_mode_default(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return SANDBOX_OFF;
#else
    return SANDBOX_ON;
#endif
}

/* Whatever their arguments are. */
static const int always[] = {
    /* descriptors that are open */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(dup),
    SCMP_SYS(close_range),
    /* clients */
    SCMP_SYS(accept4),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(memfd_create),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    /* waiting */
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(futex),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(wait4),
    SCMP_SYS(restart_syscall),
    /* memory */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mincore),
    SCMP_SYS(membarrier),
    /* threads and signals of our own */
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* what tells something of ourselves, or the time */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getcpu),
    /* the socket's file, at the end: Landlock says where files may be removed */
    SCMP_SYS(newfstatat),
    SCMP_SYS(lstat),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
};

/* Open files, as Landlock allows; without it these fail, also where others kill: libraries try. */
static const int opening[] = {
    SCMP_SYS(openat),
    SCMP_SYS(open),
};

/* With one argument that is checked: (argument & mask) == value; mask 0: the whole of it. */
static const struct checked {
    int call;
    unsigned argument;
    uint64_t mask, value;
} checked[] = {
    {SCMP_SYS(fcntl), 1, 0, F_GETFD},
    {SCMP_SYS(fcntl), 1, 0, F_SETFD},
    {SCMP_SYS(fcntl), 1, 0, F_GETFL},
    {SCMP_SYS(fcntl), 1, 0, F_SETFL},
    {SCMP_SYS(fcntl), 1, 0, F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl), 1, 0, F_ADD_SEALS},
    {SCMP_SYS(fcntl), 1, 0, F_GET_SEALS},
    {SCMP_SYS(ioctl), 1, 0, TCGETS}, /* is the log a terminal? */
    {SCMP_SYS(ioctl), 1, 0, FIONREAD},
    {SCMP_SYS(prctl), 0, 0, PR_SET_TIMERSLACK},
    {SCMP_SYS(prctl), 0, 0, PR_SET_NAME},
    {SCMP_SYS(prctl), 0, 0, PR_SET_VMA},
    {SCMP_SYS(prlimit64), 0, 0, 0}, /* its own */
    {SCMP_SYS(sendto), 4, 0, 0},    /* where the socket is connected to, nowhere else */
    {SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD},
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
};

static int add_checked(scmp_filter_ctx filter, const struct checked *row)
{
    struct scmp_arg_cmp compare = {.arg = row->argument, .op = SCMP_CMP_EQ, .datum_a = row->value};
    if (row->mask != 0) {
        compare.op = SCMP_CMP_MASKED_EQ;
        compare.datum_a = row->mask;
        compare.datum_b = row->value;
    }
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->call, 1, &compare);
}

/* Memory that is written and executed at once stays forbidden. */
static int add_compiler(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp code = {.arg = 2,
                                      .op = SCMP_CMP_MASKED_EQ,
                                      .datum_a = PROT_EXEC | PROT_WRITE,
                                      .datum_b = PROT_EXEC};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &code);
}

static int add_own_signals(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp self = {
        .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid()};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
}

static int add_opening(scmp_filter_ctx filter, const struct sandbox_calls *calls)
{
    uint32_t action = calls->opens ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);
    int error = 0;
    for (unsigned i = 0; i < sizeof(opening) / sizeof(opening[0]) && error == 0; i++) {
        error = seccomp_rule_add(filter, action, opening[i], 0);
    }
    return error;
}

static int add_rules(scmp_filter_ctx filter, const struct sandbox_calls *calls)
{
    int error = 0;
    for (unsigned i = 0; i < sizeof(always) / sizeof(always[0]) && error == 0; i++) {
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, always[i], 0);
    }
    for (unsigned i = 0; i < sizeof(checked) / sizeof(checked[0]) && error == 0; i++) {
        error = add_checked(filter, &checked[i]);
    }
    if (error == 0) {
        /* Its flags are in memory, where no filter looks: the C library takes clone instead. */
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    }
    if (error == 0) {
        error = add_own_signals(filter);
    }
    if (error == 0) {
        error = add_opening(filter, calls);
    }
    if (error == 0 && calls->compiles) {
        error = add_compiler(filter);
    }
    return error;
}

int sandbox_close_calls(const struct sandbox_calls *calls)
{
    bool strict = calls->mode == SANDBOX_STRICT;
    scmp_filter_ctx filter = seccomp_init(strict ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return -ENOMEM;
    }
    int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0) {
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
    }
    if (error == 0) {
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list */
    }
    if (error == 0) {
        error = add_rules(filter, calls);
    }
    if (error == 0) {
        error = seccomp_load(filter);
    }
    seccomp_release(filter);
    return error;
}
