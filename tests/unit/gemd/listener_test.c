/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gemd/listener.h"
#include "proto/address.h"

struct bed {
    char directory[64];
    char path[100];
};

static int setup(void **state)
{
    static struct bed bed;
    snprintf(bed.directory, sizeof(bed.directory), "/tmp/gemd-listener-XXXXXX");
    assert_non_null(mkdtemp(bed.directory));
    snprintf(bed.path, sizeof(bed.path), "%s/run/gemd.sock", bed.directory);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    char run[80];
    unlink(bed->path);
    snprintf(run, sizeof(run), "%s/run", bed->directory);
    rmdir(run);
    return rmdir(bed->directory);
}

static int try_connect(const char *path)
{
    char reason[GEMD_TEXT_MAX];
    int fd = address_connect(path, reason);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    return fd;
}

static void it_listens_and_cleans_up(void **state)
{
    struct bed *bed = *state;
    struct listener listener;
    struct stat status;
    assert_int_equal(listener_open(&listener, bed->path), 0);
    assert_int_equal(stat(bed->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, geteuid() == 0 ? 0660 : 0600);
    assert_int_equal(try_connect(bed->path), 0);
    listener_close(&listener);
    assert_int_equal(access(bed->path, F_OK), -1);
}

static void a_stale_socket_is_replaced(void **state)
{
    struct bed *bed = *state;
    struct listener first, second;
    assert_int_equal(listener_open(&first, bed->path), 0);
    close(first.fd); /* as when a daemon is killed */
    assert_int_equal(try_connect(bed->path), -ECONNREFUSED);
    assert_int_equal(listener_open(&second, bed->path), 0);
    assert_int_equal(try_connect(bed->path), 0);
    listener_close(&second);
}

static void another_ones_socket_is_not_cleaned_up(void **state)
{
    struct bed *bed = *state;
    struct listener first, second;
    assert_int_equal(listener_open(&first, bed->path), 0);
    unlink(bed->path); /* as when somebody tidies up */
    assert_int_equal(listener_open(&second, bed->path), 0);
    listener_close(&first);
    assert_int_equal(try_connect(bed->path), 0);
    listener_close(&second);
}

static void a_live_one_is_left_alone(void **state)
{
    struct bed *bed = *state;
    struct listener first, second;
    assert_int_equal(listener_open(&first, bed->path), 0);
    assert_int_equal(listener_open(&second, bed->path), -EADDRINUSE);
    assert_int_equal(try_connect(bed->path), 0);
    listener_close(&first);
}

static void what_is_no_socket_is_left_alone(void **state)
{
    struct bed *bed = *state;
    struct listener listener;
    assert_int_equal(listener_open(&listener, bed->path), 0);
    listener_close(&listener);
    int fd = open(bed->path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(listener_open(&listener, bed->path), -EEXIST);
    assert_int_equal(access(bed->path, F_OK), 0);
}

static void paths_that_do_not_fit_are_refused(void **state)
{
    struct listener listener;
    char path[200];
    snprintf(path, sizeof(path), "/tmp/%0150d", 0);
    assert_int_equal(listener_open(&listener, path), -ENAMETOOLONG);
    assert_int_equal(listener_open(&listener, "/nonexistent/place/gemd.sock"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_listens_and_cleans_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(another_ones_socket_is_not_cleaned_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_live_one_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_socket_is_left_alone, setup, teardown),
        cmocka_unit_test(paths_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
