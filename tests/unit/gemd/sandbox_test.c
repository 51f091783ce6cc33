/* SPDX-License-Identifier: MIT */
/* What a process in the sandbox can still do, tried: each in a child of its own. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gemd/sandbox.h"

/* An exit code that says: it worked. Else it is the errno. */
#define WORKED       0
#define SETUP_FAILED 200
#define NO_LANDLOCK  201

struct bed {
    char directory[64], kept[80], other[80];
    int socket; /* open since before */
    pid_t parent;
};

/* 0 or an errno of the attempt */
typedef int attempt(const struct bed *bed);

static int error_of(long result)
{
    return result < 0 ? errno : WORKED;
}

/* ---- attempts ---- */

static int open_any(const struct bed *bed)
{
    return error_of(open("/etc/passwd", O_RDONLY));
}

static int write_other(const struct bed *bed)
{
    return error_of(open(bed->other, O_WRONLY));
}

static int create_elsewhere(const struct bed *bed)
{
    return error_of(open("/tmp/gemd-sandbox-new", O_WRONLY | O_CREAT, 0600));
}

static int read_kept(const struct bed *bed)
{
    return error_of(open(bed->kept, O_RDONLY));
}

static int write_kept(const struct bed *bed)
{
    return error_of(open(bed->kept, O_WRONLY | O_TRUNC));
}

static int create_inside(const struct bed *bed)
{
    int directory = open(bed->directory, O_PATH);
    return directory >= 0 ? error_of(openat(directory, "new", O_WRONLY | O_CREAT, 0600)) : errno;
}

static int remove_inside(const struct bed *bed)
{
    return error_of(unlink(bed->other));
}

static int make_socket(const struct bed *bed)
{
    return error_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int make_unix_socket(const struct bed *bed)
{
    return error_of(socket(AF_UNIX, SOCK_SEQPACKET, 0));
}

static int connect_somewhere(const struct bed *bed)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    return error_of(connect(bed->socket, &nowhere, sizeof(nowhere)));
}

static int run_program(const struct bed *bed)
{
    char *const argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
    return error_of(execv(argv[0], argv));
}

static int run_memory(const struct bed *bed)
{
    char *const argv[] = {(char *)(uintptr_t) "x", NULL};
    int fd = memfd_create("program", 0);
    return error_of(syscall(SYS_execveat, fd, "", argv, argv + 1, AT_EMPTY_PATH));
}

static int trace_parent(const struct bed *bed)
{
    return error_of(ptrace(PTRACE_ATTACH, bed->parent, NULL, NULL));
}

static int read_parent(const struct bed *bed)
{
    return error_of(syscall(SYS_process_vm_readv, bed->parent, NULL, 0, NULL, 0, 0));
}

static int make_process(const struct bed *bed)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    return error_of(child);
}

static int kill_parent(const struct bed *bed)
{
    return error_of(kill(bed->parent, 0));
}

static int kill_parents_thread(const struct bed *bed)
{
    return error_of(syscall(SYS_tgkill, bed->parent, bed->parent, 0));
}

static int map_code(const struct bed *bed)
{
    void *map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return map == MAP_FAILED ? errno : WORKED;
}

static int protect(int protection)
{
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return map == MAP_FAILED ? errno : error_of(mprotect(map, 4096, protection));
}

static int make_code(const struct bed *bed)
{
    return protect(PROT_READ | PROT_EXEC);
}

static int make_writable_code(const struct bed *bed)
{
    return protect(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int change_user(const struct bed *bed)
{
    return error_of(setuid(getuid()));
}

static int mount_something(const struct bed *bed)
{
    return error_of(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
}

static int load_bpf(const struct bed *bed)
{
    return error_of(syscall(SYS_bpf, 0, NULL, 0));
}

static int ask_terminal(const struct bed *bed)
{
    char byte = 'x';
    return error_of(syscall(SYS_ioctl, 2, 0x5412 /* TIOCSTI: types for the user */, &byte));
}

/* As a thread is made, with a name space of its own besides. */
static int make_name_space(const struct bed *bed)
{
    return error_of(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER,
                            NULL, NULL, NULL, 0));
}

static int leave_name_space(const struct bed *bed)
{
    return error_of(unshare(CLONE_NEWUSER));
}

static int tag_memory(const struct bed *bed)
{
    return error_of(syscall(SYS_pkey_mprotect, NULL, 0, PROT_READ | PROT_EXEC, -1));
}

static int queue_calls(const struct bed *bed)
{
    return error_of(syscall(SYS_io_uring_setup, 1, NULL));
}

static int take_descriptor(const struct bed *bed)
{
    return error_of(syscall(SYS_pidfd_getfd, 0, 0, 0));
}

static int become_dumpable(const struct bed *bed)
{
    return error_of(prctl(PR_SET_DUMPABLE, 1));
}

static int read_limit(const struct bed *bed)
{
    struct rlimit limit;
    return error_of(getrlimit(RLIMIT_NOFILE, &limit));
}

static int set_limit(const struct bed *bed)
{
    const struct rlimit limit = {64, 64};
    return error_of(setrlimit(RLIMIT_NOFILE, &limit));
}

static int send_elsewhere(const struct bed *bed)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    return error_of(sendto(bed->socket, "x", 1, MSG_NOSIGNAL, &nowhere, sizeof(nowhere)));
}

#if defined(__x86_64__)
/* x32's getpid, as if we were such a program */
static int call_x32(const struct bed *bed)
{
    return error_of(syscall(0x40000000 + SYS_getpid));
}
#endif

static int take_ownership(const struct bed *bed)
{
    return error_of(fcntl(bed->socket, F_SETOWN, bed->parent)); /* signals to others */
}

static void *do_nothing(void *data)
{
    return data;
}

static int make_thread(const struct bed *bed)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, do_nothing, NULL);
    return error != 0 ? error : pthread_join(thread, NULL);
}

static int signal_itself(const struct bed *bed)
{
    signal(SIGUSR1, SIG_IGN);
    return error_of(raise(SIGUSR1));
}

static int talk(const struct bed *bed)
{
    return error_of(send(bed->socket, "x", 1, MSG_NOSIGNAL));
}

static int make_memory(const struct bed *bed)
{
    int fd = memfd_create("memory", MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, 4096) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) != 0) {
        return errno;
    }
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return map == MAP_FAILED ? errno : WORKED;
}

/* Of a ring that is there: here a descriptor that is none, so that it fails in another way. */
static int change_pins(const struct bed *bed)
{
    return error_of(
        (int)syscall(SYS_io_uring_register, bed->socket, IORING_REGISTER_BUFFERS_UPDATE, NULL, 0));
}

static int enable_ring(const struct bed *bed)
{
    return error_of(
        (int)syscall(SYS_io_uring_register, bed->socket, IORING_REGISTER_ENABLE_RINGS, NULL, 0));
}

static int enter_ring(const struct bed *bed)
{
    return error_of((int)syscall(SYS_io_uring_enter, bed->socket, 1, 0, 0, NULL, 0));
}

static int count_faults(const struct bed *bed)
{
    struct rusage usage;
    return error_of(getrusage(RUSAGE_THREAD, &usage));
}

static int count_childrens_faults(const struct bed *bed)
{
    struct rusage usage;
    return error_of(getrusage(RUSAGE_CHILDREN, &usage));
}

/* ---- in a child ---- */

static int gain_none(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int enter(const struct bed *bed, const struct sandbox_calls *calls)
{
    const struct sandbox_path paths[] = {{bed->kept, SANDBOX_WRITE}};
    if (gain_none() != 0) {
        return SETUP_FAILED;
    }
    if (calls->names) {
        int error = sandbox_close_files(paths, 1);
        if (error != 0) {
            return error == -ENOSYS || error == -EOPNOTSUPP ? NO_LANDLOCK : SETUP_FAILED;
        }
    }
    return sandbox_close_calls(calls) != 0 ? SETUP_FAILED : 0;
}

/* The wait status of a child that entered the sandbox and tried. */
static int outcome(const struct bed *bed, const struct sandbox_calls *calls, attempt *tries)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int result = enter(bed, calls);
        _exit(result != 0 ? result : tries(bed));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void expect(const struct bed *bed, const struct sandbox_calls *calls, const char *name,
                   attempt *tries, int wanted)
{
    int status = outcome(bed, calls, tries);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_LANDLOCK) {
        return; /* a kernel without: nothing to see here */
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted) {
        fail_msg("%s: status %x instead of %d", name, (unsigned)status, wanted);
    }
}

static const struct row {
    const char *name;
    attempt *tries;
    int wanted; /* an errno; 0: it works */
} rows[] = {
    {"opening a file", open_any, EACCES},
    {"writing a file", write_other, EACCES},
    {"creating a file", create_elsewhere, EACCES},
    {"reading the file that may be written", read_kept, EACCES},
    {"writing the file that may be written", write_kept, WORKED},
    {"creating a file in an open directory", create_inside, EACCES},
    {"removing a file", remove_inside, EACCES},
    {"socket of the network", make_socket, EPERM},
    {"socket of this machine", make_unix_socket, EPERM},
    {"connect", connect_somewhere, EPERM},
    {"execve", run_program, EPERM},
    {"execveat of memory", run_memory, EPERM},
    {"ptrace", trace_parent, EPERM},
    {"reading another's memory", read_parent, EPERM},
    {"fork", make_process, EPERM},
    {"kill", kill_parent, EPERM},
    {"tgkill of another", kill_parents_thread, EPERM},
    {"mapping code", map_code, EPERM},
    {"making memory code", make_code, EPERM},
    {"making memory writable code", make_writable_code, EPERM},
    {"setuid", change_user, EPERM},
    {"mount", mount_something, EPERM},
    {"bpf", load_bpf, EPERM},
    {"typing on the terminal", ask_terminal, EPERM},
    {"signals from a descriptor", take_ownership, EPERM},
    {"a thread with a name space", make_name_space, EPERM},
    {"unshare", leave_name_space, EPERM},
    {"pkey_mprotect", tag_memory, EPERM},
    {"io_uring", queue_calls, EPERM},
    {"another's descriptor", take_descriptor, EPERM},
    {"PR_SET_DUMPABLE", become_dumpable, EPERM},
    {"a limit of its own", set_limit, EPERM},
    {"talking to somebody else", send_elsewhere, EPERM},
    {"reading its limit", read_limit, WORKED},
    {"a thread", make_thread, WORKED},
    {"a signal to itself", signal_itself, WORKED},
    {"talking to a client", talk, WORKED},
    {"memory to share", make_memory, WORKED},
};

static void what_is_allowed_works_and_nothing_else(void **state)
{
    const struct sandbox_calls calls = {.mode = SANDBOX_ON, .names = true};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect(*state, &calls, rows[i].name, rows[i].tries, rows[i].wanted);
    }
}

static void without_landlock_nothing_opens(void **state)
{
    const struct sandbox_calls calls = {.mode = SANDBOX_ON, .names = false};
    expect(*state, &calls, "opening", open_any, EACCES);
    expect(*state, &calls, "writing", write_kept, EACCES);
    expect(*state, &calls, "removing", remove_inside, EACCES);
}

static void a_compiler_makes_code_but_none_that_is_writable(void **state)
{
    const struct sandbox_calls calls = {.mode = SANDBOX_ON, .names = true, .compiles = true};
    expect(*state, &calls, "code", make_code, WORKED);
    expect(*state, &calls, "writable code", make_writable_code, EPERM);
    expect(*state, &calls, "mapped code", map_code, EPERM);
}

static void a_device_pins_memory_and_runs_no_ring(void **state)
{
    const struct sandbox_calls without = {.mode = SANDBOX_ON, .names = true};
    const struct sandbox_calls calls = {.mode = SANDBOX_ON, .names = true, .pins = true};
    expect(*state, &without, "pinning for a model", change_pins, EPERM);
    expect(*state, &without, "faults, for a model", count_faults, EPERM);
    expect(*state, &calls, "pinning", change_pins, EOPNOTSUPP);
    expect(*state, &calls, "its faults", count_faults, WORKED);
    expect(*state, &calls, "others' faults", count_childrens_faults, EPERM);
    expect(*state, &calls, "enabling a ring", enable_ring, EPERM);
    expect(*state, &calls, "entering a ring", enter_ring, EPERM);
    expect(*state, &calls, "making a ring", queue_calls, EPERM);
}

static void strictly_it_is_killed(void **state)
{
    const struct sandbox_calls calls = {.mode = SANDBOX_STRICT, .names = true};
    static attempt *const fatal[] = {make_socket,  run_program, trace_parent,
                                     make_process, kill_parent, map_code};
    for (unsigned i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
        int status = outcome(*state, &calls, fatal[i]);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != NO_LANDLOCK) {
            assert_true(WIFSIGNALED(status));
            assert_int_equal(WTERMSIG(status), SIGSYS);
        }
    }
    expect(*state, &calls, "a thread", make_thread, WORKED);
    expect(*state, &calls, "opening", open_any, EACCES);
}

#if defined(__x86_64__)
static void calls_of_other_architectures_kill(void **state)
{
    const struct sandbox_calls calls = {.mode = SANDBOX_ON, .names = true};
    int status = outcome(*state, &calls, call_x32);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != NO_LANDLOCK) {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}
#endif

/* ---- threads that were there before ---- */

static int go[2];

static void *try_later(void *data)
{
    char byte;
    (void)!read(go[0], &byte, 1);
    return (void *)(intptr_t)make_socket(NULL);
}

static int try_in_a_thread(const struct bed *bed)
{
    const struct sandbox_calls calls = {.mode = SANDBOX_ON, .names = true};
    pthread_t thread;
    void *result = NULL;
    if (pipe(go) != 0 || gain_none() != 0 || pthread_create(&thread, NULL, try_later, NULL) != 0 ||
        sandbox_close_calls(&calls) != 0 || write(go[1], "x", 1) != 1 ||
        pthread_join(thread, &result) != 0) {
        return SETUP_FAILED;
    }
    return (int)(intptr_t)result;
}

static void it_holds_for_threads_that_were_there(void **state)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        _exit(try_in_a_thread(*state));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EPERM);
}

static void modes_have_names(void **state)
{
    enum sandbox_mode mode;
    assert_true(sandbox_mode_parse("off", &mode) && mode == SANDBOX_OFF);
    assert_true(sandbox_mode_parse("on", &mode) && mode == SANDBOX_ON);
    assert_true(sandbox_mode_parse("strict", &mode) && mode == SANDBOX_STRICT);
    assert_false(sandbox_mode_parse("", &mode) || sandbox_mode_parse("maybe", &mode));
}

/* ---- a bed ---- */

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int setup(void **state)
{
    static struct bed bed;
    int ends[2];
    strcpy(bed.directory, "/tmp/gemd-sandbox-XXXXXX");
    assert_non_null(mkdtemp(bed.directory));
    snprintf(bed.kept, sizeof(bed.kept), "%s/kept", bed.directory);
    snprintf(bed.other, sizeof(bed.other), "%s/other", bed.directory);
    make_file(bed.kept);
    make_file(bed.other);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    bed.socket = ends[0];
    bed.parent = getpid();
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    const struct bed *bed = *state;
    unlink(bed->kept);
    unlink(bed->other);
    return rmdir(bed->directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_allowed_works_and_nothing_else),
        cmocka_unit_test(without_landlock_nothing_opens),
        cmocka_unit_test(a_compiler_makes_code_but_none_that_is_writable),
        cmocka_unit_test(a_device_pins_memory_and_runs_no_ring),
        cmocka_unit_test(strictly_it_is_killed),
#if defined(__x86_64__)
        cmocka_unit_test(calls_of_other_architectures_kill),
#endif
        cmocka_unit_test(it_holds_for_threads_that_were_there),
        cmocka_unit_test(modes_have_names),
    };
    if (sandbox_mode_default() == SANDBOX_OFF) {
        return 0; /* sanitizers make calls of their own */
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}
