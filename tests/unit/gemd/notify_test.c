/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gemd/notify.h"

static void readiness_is_one_datagram(void **state)
{
    char directory[] = "/tmp/gemd-notify-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", directory);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    int manager = notify_connect();
    assert_true(manager >= 0);
    notify_manager(manager, "READY=1");
    char text[32] = "";
    assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), 7);
    assert_string_equal(text, "READY=1");
    close(fd);
    unlink(address.sun_path);
    rmdir(directory);
    notify_manager(manager, "READY=1"); /* nobody there: no harm */
    close(manager);
    assert_int_equal(notify_connect(), -1);
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_connect(), -1);
    notify_manager(-1, "READY=1");
}

static void the_ready_descriptor_gets_a_line_and_ends(void **state)
{
    int ends[2];
    char text[16] = "";
    assert_int_equal(pipe(ends), 0);
    notify_ready_fd(ends[1]);
    assert_int_equal(read(ends[0], text, sizeof(text)), 6);
    assert_string_equal(text, "READY\n");
    assert_int_equal(read(ends[0], text, sizeof(text)), 0);
    close(ends[0]);
    notify_ready_fd(-1);
}

static void a_passed_socket_is_for_this_process_only(void **state)
{
    unsetenv("LISTEN_PID");
    setenv("LISTEN_FDS", "1", 1);
    assert_int_equal(notify_passed_socket(), -1);
    setenv("LISTEN_PID", "1", 1);
    assert_int_equal(notify_passed_socket(), -1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    int saved = dup(3);
    assert_int_equal(dup2(fd, 3), 3);
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", getpid());
    setenv("LISTEN_PID", pid, 1);
    assert_int_equal(notify_passed_socket(), 3);
    /* Taken: not for children. */
    assert_null(getenv("LISTEN_FDS"));
    assert_int_equal(notify_passed_socket(), -1);
    if (saved >= 0) {
        dup2(saved, 3);
        close(saved);
    }
    if (fd != 3) {
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readiness_is_one_datagram),
        cmocka_unit_test(the_ready_descriptor_gets_a_line_and_ends),
        cmocka_unit_test(a_passed_socket_is_for_this_process_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
