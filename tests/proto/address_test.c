/* SPDX-License-Identifier: MIT */
/* Where clients find the daemon, and why they do not. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/address.h"

static char directory[] = "/tmp/gemd-address-XXXXXX";
static char socket_path[64];

/* The linker has stat() come here (--wrap): a file that goes between two looks at it. */
static bool gone;

int __real_stat(const char *path, struct stat *file);
int __wrap_stat(const char *path, struct stat *file);

int __wrap_stat(const char *path, struct stat *file)
{
    if (gone) {
        errno = ENOENT;
        return -1;
    }
    return __real_stat(path, file);
}

static int setup(void **state)
{
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    snprintf(socket_path, sizeof(socket_path), "%s/socket", directory);
    return 0;
}

static int teardown(void **state)
{
    unlink(socket_path);
    return rmdir(directory);
}

/* A listener of that type at socket_path, with a queue for one. */
static int listener(int type)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    unlink(socket_path);
    assert_int_equal(address_of_path(socket_path, &address), 0);
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof(address)), errno);
    assert_return_code(listen(fd, 0), errno);
    return fd;
}

static void assert_default(const char *told, const char *runtime, const char *expected)
{
    char path[256];
    if (told != NULL) {
        setenv("GEMD_SOCKET", told, 1);
    } else {
        unsetenv("GEMD_SOCKET");
    }
    if (runtime != NULL) {
        setenv("XDG_RUNTIME_DIR", runtime, 1);
    } else {
        unsetenv("XDG_RUNTIME_DIR");
    }
    assert_int_equal(address_default(path, sizeof(path)), 0);
    assert_string_equal(path, expected);
}

static void the_default_follows_the_environment(void **state)
{
    char mine[64], name[80], many[400], path[8];
    snprintf(mine, sizeof(mine), "%s/gemd", directory);
    snprintf(name, sizeof(name), "%s/gemd.sock", mine);
    memset(many, 'x', sizeof(many));
    many[0] = '/';
    many[sizeof(many) - 1] = '\0';

    assert_default("told", directory, "told");
    assert_default("", NULL, ADDRESS_SYSTEM);
    assert_default(NULL, NULL, ADDRESS_SYSTEM);
    assert_default(NULL, "relative", ADDRESS_SYSTEM);
    assert_default(NULL, directory, ADDRESS_SYSTEM); /* there is none */
    assert_default(NULL, many, ADDRESS_SYSTEM);      /* there cannot be one */
    assert_return_code(mkdir(mine, 0700), errno);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fclose(file);
    assert_default(NULL, directory, name);
    assert_default("", directory, name);
    unlink(name);
    rmdir(mine);
    assert_int_equal(address_default(path, sizeof(path)), -ENAMETOOLONG);
}

static void paths_have_limits(void **state)
{
    struct sockaddr_un address;
    char path[sizeof(address.sun_path) + 1], reason[GEMD_TEXT_MAX];
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(address_of_path("", &address), -ENAMETOOLONG);
    assert_int_equal(address_of_path(path, &address), -ENAMETOOLONG);
    assert_int_equal(address_connect(path, reason), -ENAMETOOLONG);
    path[sizeof(path) - 2] = '\0';
    assert_int_equal(address_of_path(path, &address), 0);
}

static void what_is_no_daemon(void **state)
{
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(address_connect(socket_path, reason), -ENOENT);
    int fd = listener(SOCK_STREAM);
    assert_int_equal(address_connect(socket_path, reason), -EPROTO);
    assert_non_null(strstr(reason, "not a gemd socket"));
    close(fd);
    close(listener(SOCK_SEQPACKET));
    assert_int_equal(address_connect(socket_path, reason), -ECONNREFUSED);
    unlink(socket_path);
    fclose(fopen(socket_path, "w"));
    assert_int_equal(address_connect(socket_path, reason), -ENOTSOCK);
    gone = true;
    int result = address_connect(socket_path, reason);
    gone = false;
    assert_int_equal(result, -ECONNREFUSED);
    unlink(socket_path);
}

static void no_descriptors_left(void **state)
{
    char reason[GEMD_TEXT_MAX];
    struct rlimit limit, none;
    assert_return_code(getrlimit(RLIMIT_NOFILE, &limit), errno);
    none = limit;
    none.rlim_cur = 0;
    assert_return_code(setrlimit(RLIMIT_NOFILE, &none), errno);
    int result = address_connect(socket_path, reason);
    assert_return_code(setrlimit(RLIMIT_NOFILE, &limit), errno);
    assert_int_equal(result, -EMFILE);
    assert_non_null(strstr(reason, "no socket: "));
}

static int waiting = -1;
static volatile sig_atomic_t ticks;

/* Only some time later there is room: the first signals interrupt a call that waits. */
static void accept_later(int signal)
{
    const int before = errno;
    if (++ticks == 3) {
        close(accept(waiting, NULL, NULL));
    }
    errno = before;
}

static void connecting_outlives_signals(void **state)
{
    const struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = accept_later}; /* no SA_RESTART */
    char reason[GEMD_TEXT_MAX];
    waiting = listener(SOCK_SEQPACKET);
    int first = address_connect(socket_path, reason);
    assert_true(first >= 0);
    assert_return_code(sigaction(SIGALRM, &action, NULL), errno);
    assert_return_code(setitimer(ITIMER_REAL, &often, NULL), errno);
    int second = address_connect(socket_path, reason);
    assert_return_code(setitimer(ITIMER_REAL, &never, NULL), errno);
    assert_true(second >= 0);
    assert_true(ticks >= 3);
    close(first);
    close(second);
    close(waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_follows_the_environment),
        cmocka_unit_test(paths_have_limits),
        cmocka_unit_test(what_is_no_daemon),
        cmocka_unit_test(no_descriptors_left),
        cmocka_unit_test(connecting_outlives_signals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
