/* SPDX-License-Identifier: MIT */
/* Sync objects of one display on a real daemon: what there is, how long they live, waiting. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egl-backend/gemd_egl.h"
#include "tests/egl/daemon.h"
#include "tests/egl/sync_scene.h"

static unsigned open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory)) {
        count++;
    }
    closedir(directory);
    return count;
}

/* ---- what there is ---- */

static void test_extensions(void **state)
{
    struct scene scene;
    const char *extensions;

    scene_open_first(&scene);
    extensions = eglQueryString(scene.display, EGL_EXTENSIONS);
    assert_non_null(strstr(extensions, "EGL_ANDROID_native_fence_sync"));
    assert_non_null(strstr(extensions, "EGL_KHR_wait_sync"));
    assert_null(strstr(extensions, "EGL_KHR_reusable_sync"));
    assert_non_null(strstr((const char *)glGetString(GL_EXTENSIONS), "GL_EXT_EGL_sync"));
    assert_ptr_equal(eglCreateSync(scene.display, EGL_SYNC_REUSABLE_KHR, NULL), EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_PARAMETER);
    fixture_close(scene.display);
}

static void test_attributes(void **state)
{
    struct gate gate = gate_new();
    struct scene scene;
    EGLAttrib value = 0;
    EGLSync sync;

    scene_open_first(&scene);
    fixture_clear(1, 0, 0, 1);
    sync = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_TYPE), EGL_SYNC_NATIVE_FENCE_ANDROID);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_CONDITION),
                     EGL_SYNC_PRIOR_COMMANDS_COMPLETE);
    assert_comes(&scene, sync);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_STATUS), EGL_SIGNALED);
    assert_true(eglDestroySync(scene.display, sync));

    sync =
        sync_import(scene.display, EGL_NO_NATIVE_FENCE_FD_ANDROID); /* the same, in so many words */
    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_CONDITION),
                     EGL_SYNC_PRIOR_COMMANDS_COMPLETE);
    assert_true(eglDestroySync(scene.display, sync));

    sync = sync_of(&scene, gate.read);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_TYPE), EGL_SYNC_NATIVE_FENCE_ANDROID);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_CONDITION),
                     EGL_SYNC_NATIVE_FENCE_SIGNALED_ANDROID);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_STATUS), EGL_UNSIGNALED);
    assert_false(eglGetSyncAttrib(scene.display, sync, EGL_SYNC_NATIVE_FENCE_FD_ANDROID, &value));
    assert_egl_error(EGL_BAD_ATTRIBUTE);
    gate_open(&gate);
    assert_int_equal(sync_attribute(&scene, sync, EGL_SYNC_STATUS), EGL_SIGNALED);
    assert_true(eglDestroySync(scene.display, sync));
    gate_free(&gate);
    fixture_close(scene.display);
}

/* What is refused stays the caller's. */
static void test_bad_descriptors(void **state)
{
    struct scene scene;
    int fds[4];

    scene_open_first(&scene);
    fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
    fds[1] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fds[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fds[3] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < COUNT(fds); i++) {
        assert_true(fds[i] >= 0);
        assert_ptr_equal(sync_import(scene.display, fds[i]), EGL_NO_SYNC);
        assert_egl_error(EGL_BAD_ATTRIBUTE);
        assert_int_equal(close(fds[i]), 0);
        assert_ptr_equal(sync_import(scene.display, fds[i]), EGL_NO_SYNC); /* closed now */
        assert_egl_error(EGL_BAD_ATTRIBUTE);
    }
    assert_ptr_equal(sync_import(scene.display, -2), EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_ATTRIBUTE);
    fixture_close(scene.display);
}

static void test_bad_calls(void **state)
{
    struct gate gate = gate_new();
    struct scene scene, other;
    EGLSync sync;

    scene_open_second(&other);
    scene_open_first(&scene);
    const EGLAttrib fence[] = {EGL_SYNC_NATIVE_FENCE_FD_ANDROID, gate.read, EGL_NONE};
    const EGLAttrib unknown[] = {EGL_SYNC_NATIVE_FENCE_FD_ANDROID, gate.read, EGL_WIDTH, 1,
                                 EGL_NONE};

    assert_ptr_equal(eglCreateSync(scene.display, EGL_SYNC_FENCE, fence), EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_ATTRIBUTE);
    assert_ptr_equal(eglCreateSync(scene.display, EGL_SYNC_NATIVE_FENCE_ANDROID, unknown),
                     EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_ATTRIBUTE);
    assert_ptr_equal(sync_import(other.display, gate.read), EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_MATCH);
    gate_open(&gate); /* none of these has taken it */
    assert_true(fd_is_readable(gate.read, 0));

    sync = sync_new(&scene, EGL_SYNC_FENCE);
    assert_int_equal(sync_dup(scene.display, sync), EGL_NO_NATIVE_FENCE_FD_ANDROID);
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_false(eglWaitSync(scene.display, sync, EGL_SYNC_FLUSH_COMMANDS_BIT));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_true(eglDestroySync(scene.display, sync));
    assert_false(eglDestroySync(scene.display, sync));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_int_equal(sync_dup(scene.display, sync), EGL_NO_NATIVE_FENCE_FD_ANDROID);
    assert_egl_error(EGL_BAD_PARAMETER);

    sync = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_false(eglWaitSync(scene.display, sync, 0));
    assert_egl_error(EGL_BAD_MATCH);
    assert_ptr_equal(sync_import(scene.display, gate.read), EGL_NO_SYNC);
    assert_egl_error(EGL_BAD_MATCH);
    gate_free(&gate);
    fixture_close(other.display);
    fixture_close(scene.display);
}

/* ---- life ---- */

/* Whether nobody has the gate's read end any more. */
static bool is_forgotten(const struct gate *gate)
{
    return write(gate->write, "x", 1) < 0 && errno == EPIPE;
}

static void test_a_sync_owns_its_descriptor(void **state)
{
    struct gate gate = gate_new();
    struct scene scene;
    EGLSync sync;
    int fd;

    scene_open_first(&scene);
    sync = sync_import(scene.display, gate.read);
    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    fd = sync_dup(scene.display, sync);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(eglDestroySync(scene.display, sync));
    assert_false(fd_is_readable(fd, 0));
    gate_open(&gate);
    assert_true(fd_is_readable(fd, 0));
    assert_false(is_forgotten(&gate));
    close(fd);
    assert_true(is_forgotten(&gate));
    close(gate.write);

    gate = gate_new(); /* and so does a display */
    assert_ptr_not_equal(sync_import(scene.display, gate.read), EGL_NO_SYNC);
    fixture_close(scene.display);
    assert_true(is_forgotten(&gate));
    close(gate.write);
}

static void test_descriptors_outlive_sync_and_display(void **state)
{
    struct gate gate = gate_new();
    struct scene scene;
    EGLSync sync;
    int done, held;

    scene_open_first(&scene);
    fixture_clear(0, 1, 0, 1);
    sync = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
    done = sync_dup(scene.display, sync);
    assert_true(eglDestroySync(scene.display, sync));
    scene_wait_for(&scene, gate.read);
    fixture_clear(0, 0, 1, 1);
    sync = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
    held = sync_dup(scene.display, sync);
    assert_true(eglDestroySync(scene.display, sync));
    assert_int_equal(fence_outcome(done), GEMD_FENCE_DONE);
    assert_false(fd_is_readable(held, MOMENT_MS));
    fixture_close(scene.display);
    /* A session that ends takes with it what still waited. */
    assert_int_equal(fence_outcome(held), GEMD_FENCE_LOST);
    gate_free(&gate);
}

static void test_a_thousand_syncs(void **state)
{
    static EGLSync syncs[1000];
    struct scene scene;
    unsigned before;

    scene_open_first(&scene);
    before = open_files();
    for (unsigned i = 0; i < COUNT(syncs); i++) {
        EGLSync sync;
        int fd;

        fixture_clear(0, (float)(i & 1), 0, 1);
        sync = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
        fd = sync_dup(scene.display, sync);
        assert_true(fd >= 0);
        scene_wait_for(&scene, fd);
        close(fd);
        assert_true(eglDestroySync(scene.display, sync));
    }
    glFinish(); /* the last of them may still be waited for */
    assert_int_equal(open_files(), before);
    /* Many at once take no descriptors, unless these are asked for. */
    for (unsigned i = 0; i < COUNT(syncs); i++) {
        syncs[i] = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
    }
    assert_int_equal(open_files(), before);
    for (unsigned i = 0; i < COUNT(syncs); i++) {
        assert_comes(&scene, syncs[i]);
        assert_true(eglDestroySync(scene.display, syncs[i]));
    }
    fixture_close(scene.display);
}

struct waiter {
    pthread_t thread;
    const struct scene *scene;
    EGLSync sync;
    pid_t tid; /* atomic: 0 until it is about to wait */
    EGLint result;
};

static void *wait_in_thread(void *data)
{
    struct waiter *waiter = data;

    __atomic_store_n(&waiter->tid, gettid(), __ATOMIC_RELEASE);
    waiter->result = sync_wait(waiter->scene, waiter->sync, EGL_FOREVER);
    return NULL;
}

/* Until the thread sleeps, which it does in nothing but its wait. */
static void await_sleep(struct waiter *waiter)
{
    char path[64], state = 0;

    while (state != 'S') {
        pid_t tid = __atomic_load_n(&waiter->tid, __ATOMIC_ACQUIRE);

        pause_ms(2);
        if (tid == 0) {
            continue;
        }
        snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
        FILE *file = fopen(path, "re");

        assert_non_null(file);
        assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
        fclose(file);
    }
}

/* It lives on for those who wait, and no longer. */
static void test_destroy_while_waiting(void **state)
{
    struct gate gate = gate_new();
    struct waiter waiters[3];
    struct scene scene;
    EGLSync sync;

    scene_open_first(&scene);
    sync = sync_import(scene.display, gate.read);
    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    for (unsigned i = 0; i < COUNT(waiters); i++) {
        waiters[i] = (struct waiter){.scene = &scene, .sync = sync};
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_in_thread, &waiters[i]), 0);
    }
    for (unsigned i = 0; i < COUNT(waiters); i++) {
        await_sleep(&waiters[i]);
    }
    assert_true(eglDestroySync(scene.display, sync));
    assert_false(eglDestroySync(scene.display, sync));
    assert_egl_error(EGL_BAD_PARAMETER);
    gate_open(&gate);
    for (unsigned i = 0; i < COUNT(waiters); i++) {
        pthread_join(waiters[i].thread, NULL);
        assert_int_equal(waiters[i].result, EGL_CONDITION_SATISFIED);
    }
    sync = sync_new(&scene, EGL_SYNC_FENCE);
    assert_true(is_forgotten(&gate));
    assert_true(eglDestroySync(scene.display, sync));
    fixture_close(scene.display);
    assert_int_equal(egl_daemon_status("sessions"), 0);
    close(gate.write);
}

/* ---- waiting ---- */

static void *open_in_thread(void *gate)
{
    pause_ms(20);
    gate_open(gate);
    return NULL;
}

static void test_a_program_waits_for_a_descriptor(void **state)
{
    struct gate gate = gate_new();
    struct scene scene;
    pthread_t thread;
    EGLSync sync;

    scene_open_first(&scene);
    sync = sync_of(&scene, gate.read);
    assert_int_equal(sync_wait(&scene, sync, 0), EGL_TIMEOUT_EXPIRED);
    assert_int_equal(sync_wait(&scene, sync, 2000000), EGL_TIMEOUT_EXPIRED);
    assert_int_equal(pthread_create(&thread, NULL, open_in_thread, &gate), 0);
    assert_comes(&scene, sync);
    pthread_join(thread, NULL);
    assert_int_equal(sync_wait(&scene, sync, 0), EGL_CONDITION_SATISFIED);
    assert_true(eglDestroySync(scene.display, sync));
    gate_free(&gate);
    gate = gate_new(); /* a producer that dies has nothing more to say */
    sync = sync_import(scene.display, gate.read);
    close(gate.write);
    assert_comes(&scene, sync);
    assert_true(eglDestroySync(scene.display, sync));
    fixture_close(scene.display);
}

/* A fence comes when what was drawn before it is done, which is not when it was submitted. */
static void test_a_fence_comes_after_the_work(void **state)
{
    struct gate gate = gate_new();
    struct scene scene;
    EGLSync before, after, empty;
    int fd;

    scene_open_first(&scene);
    fixture_clear(1, 0, 0, 1);
    scene_wait_for(&scene, gate.read);
    before = sync_new(&scene, EGL_SYNC_FENCE);
    empty = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
    fixture_clear(0, 1, 0, 1);
    after = sync_new(&scene, EGL_SYNC_NATIVE_FENCE_ANDROID);
    fd = sync_dup(scene.display, after);
    assert_true(fd >= 0);
    assert_held(&scene, before); /* nothing was drawn between the wait and it */
    assert_held(&scene, empty);
    assert_held(&scene, after);
    assert_int_equal(sync_attribute(&scene, after, EGL_SYNC_STATUS), EGL_UNSIGNALED);
    assert_false(fd_is_readable(fd, 0));
    gate_open(&gate);
    assert_int_equal(fence_outcome(fd), GEMD_FENCE_DONE);
    assert_int_equal(sync_wait(&scene, after, 0), EGL_CONDITION_SATISFIED);
    assert_int_equal(sync_wait(&scene, before, 0), EGL_CONDITION_SATISFIED);
    fixture_assert_pixel(1, 1, 0, 255, 0, 255);
    /* Once it has come, descriptors of it are those of fences that have come. */
    assert_int_equal(fence_outcome(sync_dup(scene.display, after)), GEMD_FENCE_DONE);
    gate_free(&gate);
    fixture_close(scene.display);
}

/* What was drawn before the wait does not wait, be it still in the context's batch. */
static void test_earlier_work_goes_on(void **state)
{
    struct gate gate = gate_new();
    uint64_t batches;
    struct scene scene;

    scene_open_first(&scene);
    glFinish();
    batches = egl_daemon_status("batches");
    fixture_clear(1, 0, 0, 1);
    scene_wait_for(&scene, gate.read);
    for (unsigned i = 0; i < 2000 && egl_daemon_status("batches") == batches; i++) {
        pause_ms(5);
    }
    assert_int_equal(egl_daemon_status("batches"), batches + 1);
    fixture_clear(0, 1, 0, 1);
    glFlush();
    pause_ms(MOMENT_MS);
    assert_int_equal(egl_daemon_status("batches"), batches + 1);
    gate_open(&gate);
    fixture_assert_pixel(1, 1, 0, 255, 0, 255);
    gate_free(&gate);
    fixture_close(scene.display);
}

/* A fence that never comes: the program is slowed down, not stopped. */
static void test_a_wait_has_a_limit(void **state)
{
    struct gemd_egl_window native = {.width = 64, .height = 64};
    struct gate gate = gate_new();
    struct scene scene;
    EGLSync sync;

    set_wait_limit(100);
    scene_open_first(&scene);
    set_wait_limit(PATIENCE_MS);
    scene.surface = eglCreateWindowSurface(scene.display, fixture_config(scene.display, 8, 0, 0),
                                           (EGLNativeWindowType)&native, NULL);
    scene.context = eglCreateContext(scene.display, fixture_config(scene.display, 8, 0, 0),
                                     EGL_NO_CONTEXT, NULL);
    scene_use(&scene);
    for (unsigned i = 0; i < 6; i++) {
        scene_wait_for(&scene, gate.read);
        fixture_clear(0, i / 5.0f, 0, 1);
        assert_true(eglSwapBuffers(scene.display, scene.surface));
    }
    egl_daemon_wait_pixel(1, 1, 0x00ff00);
    /* A display can be closed at any time. */
    scene_wait_for(&scene, gate.read);
    fixture_clear(1, 0, 0, 1);
    sync = sync_new(&scene, EGL_SYNC_FENCE);
    assert_true(eglDestroySync(scene.display, sync));
    fixture_close(scene.display);
    gate_free(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_bad_descriptors),
        cmocka_unit_test(test_bad_calls),
        cmocka_unit_test(test_a_sync_owns_its_descriptor),
        cmocka_unit_test(test_descriptors_outlive_sync_and_display),
        cmocka_unit_test(test_a_thousand_syncs),
        cmocka_unit_test(test_destroy_while_waiting),
        cmocka_unit_test(test_a_program_waits_for_a_descriptor),
        cmocka_unit_test(test_a_fence_comes_after_the_work),
        cmocka_unit_test(test_earlier_work_goes_on),
        cmocka_unit_test(test_a_wait_has_a_limit),
    };

    signal(SIGPIPE, SIG_IGN);
    set_wait_limit(PATIENCE_MS);
    return cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown);
}
