/* SPDX-License-Identifier: MIT */
/* Fences that another context, another display or another process waits for, on a real daemon. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/egl/daemon.h"
#include "tests/egl/sync_scene.h"

/* ---- contexts and displays ---- */

/*
 * One session: the other context samples what the first one has drawn, without asking anybody, be
 * it told by EGL's sync or by OpenGL's own.
 */
static void contexts_of_a_display(bool is_gl)
{
    PFNGLFENCESYNCPROC gl_fence = fixture_function("glFenceSync");
    PFNGLWAITSYNCPROC gl_wait = fixture_function("glWaitSync");
    PFNGLDELETESYNCPROC gl_delete = fixture_function("glDeleteSync");
    GLsync gl_sync = NULL;
    struct scene scene, other;
    EGLSync sync;
    GLint texture = 0;

    scene_open_first(&scene);
    other = scene;
    other.context = fixture_context(scene.display, scene.config, EGL_OPENGL_API, 2, scene.context);
    other.surface = fixture_pbuffer(scene.display, scene.config, 64, 64);
    draw_long();
    glGetIntegerv(GL_TEXTURE_BINDING_2D, &texture);
    if (is_gl) {
        assert_non_null(strstr((const char *)glGetString(GL_EXTENSIONS), "GL_ARB_sync"));
        gl_sync = gl_fence(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
        assert_non_null(gl_sync);
    }
    sync = sync_new(&scene, EGL_SYNC_FENCE);
    scene_use(&other);
    if (is_gl) {
        gl_wait(gl_sync, 0, GL_TIMEOUT_IGNORED);
        gl_delete(gl_sync);
        assert_int_equal(glGetError(), GL_NO_ERROR);
    } else {
        assert_true(eglWaitSync(scene.display, sync, 0));
    }
    glEnable(GL_TEXTURE_2D);
    glBindTexture(GL_TEXTURE_2D, (GLuint)texture);
    glTexEnvi(GL_TEXTURE_ENV, GL_TEXTURE_ENV_MODE, GL_REPLACE);
    glRectf(-1, -1, 1, 1);
    fixture_assert_pixel(5, 5, 255, 255, 255, 255);
    assert_int_equal(sync_wait(&scene, sync, 0), EGL_CONDITION_SATISFIED);
    fixture_close(scene.display);
}

static void test_contexts_of_a_display(void **state)
{
    contexts_of_a_display(false);
    contexts_of_a_display(true);
}

/* Of another display the sync will do as it is; who does not wait is not held up. */
static void test_displays_wait_for_each_other(void **state)
{
    struct gate gate = gate_new();
    struct scene first, second;
    EGLSync of_first, free, held;

    scene_open_first(&first);
    scene_wait_for(&first, gate.read);
    fixture_clear(1, 0, 0, 1);
    of_first = sync_new(&first, EGL_SYNC_FENCE);
    scene_open_second(&second);
    assert_int_equal(egl_daemon_status("sessions"), 2);
    fixture_clear(0, 1, 0, 1);
    free = sync_new(&second, EGL_SYNC_FENCE);
    assert_comes(&second, free);
    assert_true(eglWaitSync(first.display, of_first, 0));
    fixture_clear(0, 0, 1, 1);
    held = sync_new(&second, EGL_SYNC_FENCE);
    assert_held(&second, held);
    assert_int_equal(sync_wait(&first, of_first, 0), EGL_TIMEOUT_EXPIRED);
    gate_open(&gate);
    assert_comes(&second, held);
    assert_int_equal(sync_wait(&first, of_first, 0), EGL_CONDITION_SATISFIED);
    fixture_assert_pixel(1, 1, 0, 0, 255, 255);
    gate_free(&gate);
    fixture_close(second.display);
    fixture_close(first.display);
}

/* The same with nothing but a GPU that has much to do. */
static void test_a_display_waits_for_long_work(void **state)
{
    struct scene first, second;
    EGLSync of_first, of_second;

    scene_open_second(&second);
    glFinish();
    scene_open_first(&first);
    draw_long();
    of_first = sync_new(&first, EGL_SYNC_FENCE);
    scene_use(&second);
    assert_true(eglWaitSync(first.display, of_first, 0));
    fixture_clear(0, 0, 1, 1);
    of_second = sync_new(&second, EGL_SYNC_FENCE);
    assert_comes(&second, of_second);
    assert_int_equal(sync_wait(&first, of_first, 0), EGL_CONDITION_SATISFIED);
    fixture_close(second.display);
    fixture_close(first.display);
}

/* Software has no descriptors: one of the two sides waits in the program. */
static void test_software_takes_part(void **state)
{
    struct scene hardware, software;
    EGLSync sync;

    scene_open_first(&hardware);
    assert_int_equal(setenv("LIBGL_ALWAYS_SOFTWARE", "1", 1), 0);
    scene_open_second(&software);
    assert_int_equal(unsetenv("LIBGL_ALWAYS_SOFTWARE"), 0);
    assert_null(
        strstr(eglQueryString(software.display, EGL_EXTENSIONS), "EGL_ANDROID_native_fence_sync"));
    assert_ptr_equal(eglCreateSync(software.display, EGL_SYNC_NATIVE_FENCE_ANDROID, NULL),
                     EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_PARAMETER);
    fixture_clear(0, 1, 0, 1);
    sync = sync_new(&software, EGL_SYNC_FENCE);
    scene_use(&hardware);
    assert_true(eglWaitSync(software.display, sync, 0));
    draw_long();
    sync = sync_new(&hardware, EGL_SYNC_FENCE);
    scene_use(&software);
    assert_true(eglWaitSync(hardware.display, sync, 0));
    assert_int_equal(sync_wait(&hardware, sync, 0), EGL_CONDITION_SATISFIED);
    fixture_close(software.display);
    fixture_close(hardware.display);
}

/* ---- another process ---- */

static void send_fd(int socket, char what, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                            .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {.iov_base = &what, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
    }
    assert_int_equal(sendmsg(socket, &message, MSG_NOSIGNAL), 1);
}

/* The byte that must come, with a descriptor, or -1. */
static int receive_fd(int socket, char wanted)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char what = 0;
    struct iovec part = {.iov_base = &what, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int fd = -1;

    assert_int_equal(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
    assert_int_equal(what, wanted);
    if (CMSG_FIRSTHDR(&message)) {
        memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
    }
    return fd;
}

/*
 * The other process: takes a fence, has its drawing wait for it ('w') or not, says that all is
 * queued with a fence of its own, and says when it has seen its pixels.
 */
static int consume(int socket, bool waits)
{
    struct scene scene;
    EGLSync sync;
    int fd, done;

    fd = receive_fd(socket, 'f');
    scene_open_first(&scene);
    sync = sync_import(scene.display, fd);
    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    if (waits) {
        assert_true(eglWaitSync(scene.display, sync, 0));
    }
    fixture_clear(0, 0, 1, 1);
    done = sync_dup(scene.display, sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID));
    assert_true(done >= 0);
    send_fd(socket, 'q', done);
    close(done);
    fixture_assert_pixel(1, 1, 0, 0, 255, 255);
    send_fd(socket, 'd', -1);
    if (waits) {
        assert_int_equal(sync_wait(&scene, sync, 0), EGL_CONDITION_SATISFIED);
    }
    fixture_close(scene.display);
    return 0;
}

static pid_t start_consumer(int *socket, bool waits)
{
    char number[16];
    int ends[2];
    pid_t pid;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
    snprintf(number, sizeof(number), "%d", ends[1]);
    pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "egl_sync_across_test", "consume", number,
              waits ? "waits" : "does-not", (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    close(ends[1]);
    *socket = ends[0];
    return pid;
}

static void join_consumer(pid_t pid, int socket)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(socket);
}

/* Of a producer whose work the gate holds; of one more consumer that waits for the first one's. */
static void test_processes_wait_for_each_other(void **state)
{
    struct gate gate = gate_new();
    struct scene scene;
    int socket, last_socket, fence, queued, last;
    pid_t pid, last_pid;

    scene_open_first(&scene);
    scene_wait_for(&scene, gate.read);
    fixture_clear(1, 0, 0, 1);
    fence = sync_dup(scene.display, sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID));
    assert_true(fence >= 0);
    pid = start_consumer(&socket, true);
    send_fd(socket, 'f', fence);
    queued = receive_fd(socket, 'q');
    last_pid = start_consumer(&last_socket, true);
    send_fd(last_socket, 'f', queued);
    last = receive_fd(last_socket, 'q');
    assert_false(fd_is_readable(socket, MOMENT_MS));
    assert_false(fd_is_readable(last_socket, MOMENT_MS));
    assert_false(fd_is_readable(fence, 0) || fd_is_readable(queued, 0) || fd_is_readable(last, 0));
    gate_open(&gate);
    assert_int_equal(fence_outcome(last), GEMD_FENCE_DONE);
    assert_int_equal(fence_outcome(queued), GEMD_FENCE_DONE);
    assert_int_equal(fence_outcome(fence), GEMD_FENCE_DONE);
    receive_fd(socket, 'd');
    receive_fd(last_socket, 'd');
    join_consumer(pid, socket);
    join_consumer(last_pid, last_socket);
    gate_free(&gate);
    fixture_close(scene.display);
}

/* The test above would see it: who does not wait is done before the gate is open. */
static void test_a_process_that_does_not_wait(void **state)
{
    struct gate gate = gate_new();
    struct scene scene;
    int socket, fence;
    pid_t pid;

    scene_open_first(&scene);
    scene_wait_for(&scene, gate.read);
    fixture_clear(1, 0, 0, 1);
    fence = sync_dup(scene.display, sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID));
    pid = start_consumer(&socket, false);
    send_fd(socket, 'f', fence);
    close(receive_fd(socket, 'q'));
    receive_fd(socket, 'd');
    assert_false(fd_is_readable(fence, 0));
    join_consumer(pid, socket);
    gate_open(&gate);
    assert_int_equal(fence_outcome(fence), GEMD_FENCE_DONE);
    gate_free(&gate);
    fixture_close(scene.display);
}

/* ---- the daemon goes ---- */

static void test_nobody_waits_for_a_daemon_that_died(void **state)
{
    struct gate gate = gate_new();
    struct scene first, second;
    EGLSync of_first, of_second, old;
    int fence;

    scene_open_second(&second);
    scene_open_first(&first);
    scene_wait_for(&first, gate.read);
    fixture_clear(1, 0, 0, 1);
    of_first = sync_new(&first, EGL_SYNC_NATIVE_FENCE_ANDROID);
    fence = sync_dup(first.display, of_first);
    scene_use(&second);
    old = sync_of(&second, fence);
    assert_true(eglWaitSync(second.display, old, 0));
    fixture_clear(0, 1, 0, 1);
    of_second = sync_new(&second, EGL_SYNC_NATIVE_FENCE_ANDROID);
    assert_held(&second, of_second);

    egl_daemon_kill();
    assert_comes(&second, old);
    assert_comes(&second, of_second);
    assert_comes(&first, of_first);
    assert_int_equal(fence_outcome(fence), 0);
    assert_int_equal(fence_outcome(sync_dup(second.display, of_second)), GEMD_FENCE_LOST);
    fixture_clear(0, 1, 0, 1); /* of a session that is lost: nothing waits */
    assert_true(eglWaitSync(first.display, of_first, 0));
    assert_comes(&second, sync_new(&second, EGL_SYNC_NATIVE_FENCE_ANDROID));

    egl_daemon_start();
    second.context = eglCreateContext(second.display, second.config, EGL_NO_CONTEXT, NULL);
    assert_ptr_not_equal(second.context, EGL_NO_CONTEXT);
    scene_use(&second);
    assert_true(eglWaitSync(second.display, old, 0));
    assert_true(eglWaitSync(second.display, of_second, 0));
    assert_true(eglWaitSync(first.display, of_first, 0));
    fixture_clear(0, 0, 1, 1);
    assert_comes(&second, sync_new(&second, EGL_SYNC_FENCE));
    fixture_assert_pixel(1, 1, 0, 0, 255, 255);
    /* And what waits for others does so again. */
    scene_wait_for(&second, gate.read);
    of_second = sync_new(&second, EGL_SYNC_NATIVE_FENCE_ANDROID);
    assert_held(&second, of_second);
    gate_open(&gate);
    assert_int_equal(fence_outcome(sync_dup(second.display, of_second)), GEMD_FENCE_DONE);
    gate_free(&gate);
    fixture_close(second.display);
    fixture_close(first.display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contexts_of_a_display),
        cmocka_unit_test(test_displays_wait_for_each_other),
        cmocka_unit_test(test_a_display_waits_for_long_work),
        cmocka_unit_test(test_software_takes_part),
        cmocka_unit_test(test_processes_wait_for_each_other),
        cmocka_unit_test(test_a_process_that_does_not_wait),
        cmocka_unit_test(test_nobody_waits_for_a_daemon_that_died),
    };

    set_wait_limit(PATIENCE_MS);
    if (argc == 4 && strcmp(argv[1], "consume") == 0) {
        return consume(atoi(argv[2]), strcmp(argv[3], "waits") == 0);
    }
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown);
}
