/* SPDX-License-Identifier: MIT */
#include "tests/egl/sync_scene.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "winsys/i915/driver.h"

/* The driver is loaded once for all, whoever comes first. */
void set_wait_limit(uint32_t ms)
{
    void *object = dlopen(GEMD_BINARY_DIR "/lib/libgemd_i915.so", RTLD_NOW | RTLD_NODELETE);
    assert_non_null(object);
    const struct gemd_gallium_driver *driver = dlsym(object, GEMD_DRIVER_SYMBOL);
    assert_non_null(driver);
    *driver->wait_limit_ms = ms;
    dlclose(object);
}

/* ---- a gate: closed, then open for good ---- */

struct gate gate_new(void)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    return (struct gate){.read = ends[0], .write = ends[1]};
}

void gate_open(const struct gate *gate)
{
    assert_int_equal(write(gate->write, "g", 1), 1);
}

void gate_free(const struct gate *gate)
{
    close(gate->read);
    close(gate->write);
}

bool fd_is_readable(int fd, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, timeout_ms) == 1;
}

uint8_t fence_outcome(int fd)
{
    uint8_t byte = 0;

    assert_true(fd_is_readable(fd, -1));
    assert_true(read(fd, &byte, 1) >= 0);
    close(fd);
    return byte;
}

void pause_ms(unsigned ms)
{
    const struct timespec pause = {.tv_nsec = ms * 1000000l};

    nanosleep(&pause, NULL);
}

/* ---- a display with a context ---- */

void scene_use(const struct scene *scene)
{
    assert_true(eglMakeCurrent(scene->display, scene->surface, scene->surface, scene->context));
}

static void open_scene(struct scene *scene, EGLenum platform)
{
    scene->display = fixture_display(platform);
    scene->config = fixture_config(scene->display, 8, 8, 0);
    scene->context =
        fixture_context(scene->display, scene->config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    scene->surface = fixture_pbuffer(scene->display, scene->config, 64, 64);
    scene_use(scene);
}

void scene_open_first(struct scene *scene)
{
    open_scene(scene, 0);
}

void scene_open_second(struct scene *scene)
{
    open_scene(scene, EGL_PLATFORM_SURFACELESS_MESA);
}

EGLint sync_dup(EGLDisplay display, EGLSync sync)
{
    PFNEGLDUPNATIVEFENCEFDANDROIDPROC dup = fixture_function("eglDupNativeFenceFDANDROID");

    return dup(display, sync);
}

EGLSync sync_import(EGLDisplay display, int fd)
{
    const EGLAttrib attributes[] = {EGL_SYNC_NATIVE_FENCE_FD_ANDROID, fd, EGL_NONE};

    return eglCreateSync(display, EGL_SYNC_NATIVE_FENCE_ANDROID, attributes);
}

EGLSync sync_of(const struct scene *scene, int fd)
{
    EGLSync sync = sync_import(scene->display, fcntl(fd, F_DUPFD_CLOEXEC, 0));

    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    return sync;
}

EGLSync sync_new(const struct scene *scene, EGLenum type)
{
    EGLSync sync = eglCreateSync(scene->display, type, NULL);

    assert_ptr_not_equal(sync, EGL_NO_SYNC);
    return sync;
}

void scene_wait_for(const struct scene *scene, int fd)
{
    EGLSync sync = sync_of(scene, fd);

    assert_true(eglWaitSync(scene->display, sync, 0));
    assert_true(eglDestroySync(scene->display, sync));
}

EGLAttrib sync_attribute(const struct scene *scene, EGLSync sync, EGLint name)
{
    EGLAttrib value = 0;

    assert_true(eglGetSyncAttrib(scene->display, sync, name, &value));
    return value;
}

EGLint sync_wait(const struct scene *scene, EGLSync sync, EGLTime timeout)
{
    return eglClientWaitSync(scene->display, sync, EGL_SYNC_FLUSH_COMMANDS_BIT, timeout);
}

void draw_long(void)
{
    void (*gen)(GLsizei, GLuint *) = fixture_function("glGenFramebuffersEXT");
    void (*bind)(GLenum, GLuint) = fixture_function("glBindFramebufferEXT");
    void (*attach)(GLenum, GLenum, GLenum, GLuint, GLint) =
        fixture_function("glFramebufferTexture2DEXT");
    GLuint framebuffer, texture;

    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 1024, 1024, 0, GL_BGRA, GL_UNSIGNED_BYTE, NULL);
    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER_EXT, framebuffer);
    attach(GL_FRAMEBUFFER_EXT, GL_COLOR_ATTACHMENT0_EXT, GL_TEXTURE_2D, texture, 0);
    glViewport(0, 0, 1024, 1024);
    glClear(GL_COLOR_BUFFER_BIT);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE);
    glColor4f(1.0f / 16, 1.0f / 16, 1.0f / 16, 1.0f / 16);
    for (unsigned i = 0; i < 20; i++) {
        glRectf(-1, -1, 1, 1);
    }
    bind(GL_FRAMEBUFFER_EXT, 0);
    glBindTexture(GL_TEXTURE_2D, texture);
}
