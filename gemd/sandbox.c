/* SPDX-License-Identifier: MIT */
/* System calls, by seccomp: those in the tables, no others. */
#include "gemd/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Filters for all threads, that kill processes and log: what the library found the kernel to know.
 */
#define API_LEVEL 3

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
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(ftruncate),
    /* clients */
    SCMP_SYS(accept4),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(getsockopt),
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
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(wait4),
    SCMP_SYS(restart_syscall),
    /* memory */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
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
    SCMP_SYS(getpgid), /* of a client: whether its recording is waited for */
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(newfstatat),
    SCMP_SYS(lstat),
};

/*
 * Open and remove files (a capture, the socket), as Landlock allows. Without it these fail, also
 * where others kill: libraries try.
 */
static const int naming[] = {
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
};

#define WHOLE (~UINT64_C(0))

/* What a thread of ours is made with, and nothing that makes a process or another name space. */
#define CLONE_SPACES                                                                               \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET | CLONE_NEWTIME)
#define CLONE_OURS (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)
#define CLONE_MASK                                                                                 \
    (CLONE_OURS | CLONE_SPACES | CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT | CLONE_PIDFD)

/* With arguments that are checked, all of a row: (argument & mask) == value; mask 0: none. */
static const struct checked {
    int call;
    struct {
        unsigned argument;
        uint64_t mask, value;
    } checks[2];
} checked[] = {
    {SCMP_SYS(fcntl), {{1, WHOLE, F_GETFD}}},
    {SCMP_SYS(fcntl), {{1, WHOLE, F_SETFD}}},
    {SCMP_SYS(fcntl), {{1, WHOLE, F_GETFL}}},
    {SCMP_SYS(fcntl), {{1, WHOLE, F_SETFL}}},
    {SCMP_SYS(fcntl), {{1, WHOLE, F_DUPFD_CLOEXEC}}},
    {SCMP_SYS(fcntl), {{1, WHOLE, F_ADD_SEALS}}},
    {SCMP_SYS(fcntl), {{1, WHOLE, F_GET_SEALS}}},
    {SCMP_SYS(ioctl), {{1, WHOLE, TCGETS}}}, /* is the log a terminal? */
    {SCMP_SYS(prctl), {{0, WHOLE, PR_SET_TIMERSLACK}}},
    {SCMP_SYS(prlimit64), {{0, WHOLE, 0}, {2, WHOLE, 0}}}, /* its own, to read */
    {SCMP_SYS(sendto), {{4, WHOLE, 0}}}, /* where the socket is connected to, nowhere else */
    {SCMP_SYS(clone), {{0, CLONE_MASK, CLONE_OURS}}},
    {SCMP_SYS(mmap), {{2, PROT_EXEC, 0}}},
    {SCMP_SYS(mprotect), {{2, PROT_EXEC, 0}}},
};

/*
 * For a device that reaches memory by itself: other buffers into the table of a ring that there is.
 * It cannot be enabled or entered, and so does nothing that these rules do not see.
 */
static const struct checked pinning[] = {
    {SCMP_SYS(io_uring_register), {{1, WHOLE, IORING_REGISTER_BUFFERS_UPDATE}}},
    {SCMP_SYS(getrusage), {{0, WHOLE, RUSAGE_THREAD}}},
};

static int add_checked(scmp_filter_ctx filter, const struct checked *row)
{
    struct scmp_arg_cmp compare[2];
    unsigned count = 0;
    for (unsigned i = 0; i < 2 && row->checks[i].mask != 0; i++) {
        compare[count++] = (struct scmp_arg_cmp){.arg = row->checks[i].argument,
                                                 .op = SCMP_CMP_MASKED_EQ,
                                                 .datum_a = row->checks[i].mask,
                                                 .datum_b = row->checks[i].value};
    }
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->call, count, compare);
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

static int add_naming(scmp_filter_ctx filter, const struct sandbox_calls *calls)
{
    uint32_t action = calls->names ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);
    int error = 0;
    for (unsigned i = 0; i < sizeof(naming) / sizeof(naming[0]) && error == 0; i++) {
        error = seccomp_rule_add(filter, action, naming[i], 0);
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
        error = add_naming(filter, calls);
    }
    if (error == 0 && calls->compiles) {
        error = add_compiler(filter);
    }
    for (unsigned i = 0; i < sizeof(pinning) / sizeof(pinning[0]) && error == 0 && calls->pins;
         i++) {
        error = add_checked(filter, &pinning[i]);
    }
    return error;
}

static int set_attributes(scmp_filter_ctx filter)
{
    static const struct {
        enum scmp_filter_attr name;
        uint32_t value;
    } attributes[] = {
        {SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS}, /* calls of another architecture */
        {SCMP_FLTATR_CTL_TSYNC, 1},                       /* all threads */
        {SCMP_FLTATR_CTL_LOG, 1},                         /* what is refused, by the kernel */
        {SCMP_FLTATR_CTL_OPTIMIZE, 2},                    /* a tree, not a list */
        {SCMP_FLTATR_API_SYSRAWRC, 1},                    /* the kernel's own errors */
    };
    int error = 0;
    for (unsigned i = 0; i < sizeof(attributes) / sizeof(attributes[0]) && error == 0; i++) {
        error = seccomp_attr_set(filter, attributes[i].name, attributes[i].value);
    }
    return error;
}

int sandbox_close_calls(const struct sandbox_calls *calls)
{
    bool strict = calls->mode == SANDBOX_STRICT;
    if (seccomp_api_get() < API_LEVEL) {
        return -EOPNOTSUPP;
    }
    scmp_filter_ctx filter = seccomp_init(strict ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return -ENOMEM;
    }
    int error = set_attributes(filter);
    if (error == 0) {
        error = add_rules(filter, calls);
    }
    if (error == 0) {
        error = seccomp_load(filter);
    }
    seccomp_release(filter);
    return error;
}
