/* SPDX-License-Identifier: MIT */
/* Memory files as images: what is refused, and how, and that nothing is left of it. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "tests/egl/daemon.h"
#include "tests/egl/memory_picture.h"

#define SIDE   8
#define STRIDE 64 /* bytes */
#define BYTES  4096

#define END EGL_NONE
#define GOOD(fourcc)                                                                               \
    EGL_WIDTH, SIDE, EGL_HEIGHT, SIDE, EGL_LINUX_DRM_FOURCC_EXT, (EGLAttrib)(fourcc)
#define PLANE0(fd, offset, pitch)                                                                  \
    EGL_DMA_BUF_PLANE0_FD_EXT, fd, EGL_DMA_BUF_PLANE0_OFFSET_EXT, offset,                          \
        EGL_DMA_BUF_PLANE0_PITCH_EXT, pitch
#define MODIFIER0(value)                                                                           \
    EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT, (EGLAttrib)((value)&0xffffffff),                           \
        EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT, (EGLAttrib)((uint64_t)(value) >> 32)
#define FD   (-1000) /* stands for the memory file */
#define ARGB DRM_FORMAT_ARGB8888
#define FAR  0x7fffffc0

static const struct {
    const char *what;
    EGLint error;
    EGLAttrib attributes[32];
} refused[] = {
    {"nothing", EGL_BAD_PARAMETER, {END}},
    {"no plane", EGL_BAD_PARAMETER, {GOOD(ARGB), END}},
    {"no width",
     EGL_BAD_PARAMETER,
     {EGL_HEIGHT, SIDE, EGL_LINUX_DRM_FOURCC_EXT, ARGB, PLANE0(FD, 0, STRIDE), END}},
    {"no height",
     EGL_BAD_PARAMETER,
     {EGL_WIDTH, SIDE, EGL_LINUX_DRM_FOURCC_EXT, ARGB, PLANE0(FD, 0, STRIDE), END}},
    {"no format",
     EGL_BAD_PARAMETER,
     {EGL_WIDTH, SIDE, EGL_HEIGHT, SIDE, PLANE0(FD, 0, STRIDE), END}},
    {"width 0", EGL_BAD_PARAMETER, {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_WIDTH, 0, END}},
    {"height -1", EGL_BAD_PARAMETER, {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_HEIGHT, -1, END}},
    {"too wide", EGL_BAD_ALLOC, {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_WIDTH, 1 << 20, END}},
    {"too high", EGL_BAD_ALLOC, {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_HEIGHT, INT32_MAX, END}},
    {"unknown format", EGL_BAD_MATCH, {GOOD(0x30303046), PLANE0(FD, 0, STRIDE), END}},
    {"format 0", EGL_BAD_MATCH, {GOOD(0), PLANE0(FD, 0, STRIDE), END}},
    {"no pitch",
     EGL_BAD_PARAMETER,
     {GOOD(ARGB), EGL_DMA_BUF_PLANE0_FD_EXT, FD, EGL_DMA_BUF_PLANE0_OFFSET_EXT, 0, END}},
    {"no offset",
     EGL_BAD_PARAMETER,
     {GOOD(ARGB), EGL_DMA_BUF_PLANE0_FD_EXT, FD, EGL_DMA_BUF_PLANE0_PITCH_EXT, STRIDE, END}},
    {"no descriptor",
     EGL_BAD_PARAMETER,
     {GOOD(ARGB), EGL_DMA_BUF_PLANE0_PITCH_EXT, STRIDE, EGL_DMA_BUF_PLANE0_OFFSET_EXT, 0, END}},
    {"a second plane",
     EGL_BAD_ATTRIBUTE,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_DMA_BUF_PLANE1_FD_EXT, FD,
      EGL_DMA_BUF_PLANE1_OFFSET_EXT, 0, EGL_DMA_BUF_PLANE1_PITCH_EXT, STRIDE, END}},
    {"a second plane's pitch",
     EGL_BAD_ATTRIBUTE,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_DMA_BUF_PLANE1_PITCH_EXT, STRIDE, END}},
    {"a third plane's offset",
     EGL_BAD_ATTRIBUTE,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_DMA_BUF_PLANE2_OFFSET_EXT, 0, END}},
    {"a fourth plane's descriptor",
     EGL_BAD_ATTRIBUTE,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_DMA_BUF_PLANE3_FD_EXT, FD, END}},
    {"pitch 0", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, 0, 0), END}},
    {"pitch -64", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, 0, -64), END}},
    {"pitch below a row", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, 0, SIDE * 4 - 4), END}},
    {"odd pitch", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, 0, STRIDE + 1), END}},
    {"huge pitch", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, 0, FAR), END}},
    {"odd offset", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, 1, STRIDE), END}},
    {"offset -64", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, -64, STRIDE), END}},
    {"offset behind the end", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, BYTES, STRIDE), END}},
    {"end behind the end",
     EGL_BAD_ACCESS,
     {GOOD(ARGB), PLANE0(FD, BYTES - SIDE * STRIDE + 64, STRIDE), END}},
    {"huge offset", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, FAR, STRIDE), END}},
    {"too short", EGL_BAD_ACCESS, {GOOD(ARGB), PLANE0(FD, 0, 1024), END}},
    {"descriptor -1", EGL_BAD_PARAMETER, {GOOD(ARGB), PLANE0(-1, 0, STRIDE), END}},
    {"descriptor 999999", EGL_BAD_PARAMETER, {GOOD(ARGB), PLANE0(999999, 0, STRIDE), END}},
    {"X tiles",
     EGL_BAD_MATCH,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), MODIFIER0(I915_FORMAT_MOD_X_TILED), END}},
    {"Y tiles",
     EGL_BAD_MATCH,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), MODIFIER0(I915_FORMAT_MOD_Y_TILED), END}},
    {"half a modifier",
     EGL_BAD_PARAMETER,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT, 0, END}},
    {"the other half",
     EGL_BAD_PARAMETER,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT, 0, END}},
    {"colour space",
     EGL_BAD_ATTRIBUTE,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_YUV_COLOR_SPACE_HINT_EXT, 7, END}},
    {"range",
     EGL_BAD_ATTRIBUTE,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_SAMPLE_RANGE_HINT_EXT, 7, END}},
    {"siting",
     EGL_BAD_ATTRIBUTE,
     {GOOD(ARGB), PLANE0(FD, 0, STRIDE), EGL_YUV_CHROMA_HORIZONTAL_SITING_HINT_EXT, 7, END}},
    {"unknown attribute", EGL_BAD_PARAMETER, {GOOD(ARGB), PLANE0(FD, 0, STRIDE), 0x7777, 7, END}},
};

/* A list with the memory file in its place. */
static EGLImage create(EGLDisplay display, const EGLAttrib *list, int fd, EGLClientBuffer buffer)
{
    EGLAttrib attributes[32];

    for (unsigned i = 0; i < COUNT(attributes); i++) {
        attributes[i] = list[i] == FD ? fd : list[i];
    }
    return eglCreateImage(display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, buffer, attributes);
}

static void broken_lists_have_their_errors(void **state)
{
    static const EGLAttrib good[32] = {GOOD(ARGB), PLANE0(FD, 0, STRIDE),
                                       MODIFIER0(DRM_FORMAT_MOD_LINEAR), END};
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    int fd = memory_file(BYTES, F_SEAL_SHRINK | F_SEAL_GROW);
    EGLContext context = fixture_context(display, NULL, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    const unsigned descriptors = count_descriptors();
    EGLImage image;

    for (unsigned i = 0; i < COUNT(refused); i++) {
        image = create(display, refused[i].attributes, fd, NULL);
        EGLint error = eglGetError();

        if (image != EGL_NO_IMAGE || error != refused[i].error) {
            fail_msg("%s: image %p, error 0x%x", refused[i].what, image, error);
        }
    }
    assert_ptr_equal(create(display, good, fd, (EGLClientBuffer)1), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_ptr_equal(eglCreateImage(display, context, EGL_LINUX_DMA_BUF_EXT, NULL, NULL),
                     EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_int_equal(count_descriptors(), descriptors);
    image = create(display, good, fd, NULL);
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    assert_true(eglDestroyImage(display, image));
    assert_false(eglDestroyImage(display, image));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_true(eglDestroyContext(display, context));
    assert_true(fcntl(fd, F_GETFD) >= 0);
    close(fd);
    fixture_close(display);
}

/*
 * No more descriptors than these and the one of the last import: libgemd keeps some until the
 * daemon has let go of them, and it is called again.
 */
static void settle(EGLDisplay display, int fd, unsigned descriptors)
{
    for (int i = 0; i < 4000 && count_descriptors() > descriptors + 1; i++) {
        EGLImage image = import_picture(display, fd, ARGB, SIDE, SIDE, 0, STRIDE);

        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        assert_true(eglDestroyImage(display, image));
        usleep(5000);
    }
    assert_in_range(count_descriptors(), descriptors, descriptors + 1);
}

/* Of one seed, so that a finding comes again. */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Lists that are bent at random: an image or an error, and nothing is left behind. */
static void bent_lists_leave_nothing(void **state)
{
    static const EGLAttrib names[] = {
        EGL_WIDTH,
        EGL_HEIGHT,
        EGL_LINUX_DRM_FOURCC_EXT,
        EGL_DMA_BUF_PLANE0_FD_EXT,
        EGL_DMA_BUF_PLANE0_OFFSET_EXT,
        EGL_DMA_BUF_PLANE0_PITCH_EXT,
        EGL_DMA_BUF_PLANE1_FD_EXT,
        EGL_DMA_BUF_PLANE1_OFFSET_EXT,
        EGL_DMA_BUF_PLANE1_PITCH_EXT,
        EGL_DMA_BUF_PLANE2_FD_EXT,
        EGL_DMA_BUF_PLANE3_PITCH_EXT,
        EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT,
        EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT,
        EGL_YUV_COLOR_SPACE_HINT_EXT,
        EGL_SAMPLE_RANGE_HINT_EXT,
        EGL_GL_TEXTURE_LEVEL,
        EGL_WAYLAND_PLANE_WL,
    };
    static const EGLAttrib good[] = {GOOD(ARGB), PLANE0(FD, 0, STRIDE)};
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    int fd = memory_file(BYTES, F_SEAL_SHRINK | F_SEAL_GROW);
    const EGLAttrib values[] = {
        0,
        1,
        SIDE,
        STRIDE,
        64,
        4096,
        INT32_MAX,
        INT32_MIN,
        -1,
        fd,
        ARGB,
        DRM_FORMAT_NV12,
        DRM_FORMAT_YUYV,
        DRM_FORMAT_RGB565,
        EGL_ITU_REC709_EXT,
        2,
        EGL_YUV_FULL_RANGE_EXT,
        2048,
        2049,
        8192,
    };
    const unsigned descriptors = count_descriptors();
    uint32_t seed = 2463534242u;
    unsigned made = 0;

    for (unsigned round = 0; round < 4000; round++) {
        EGLAttrib list[32];
        unsigned used = COUNT(good);

        memcpy(list, good, sizeof(good));
        for (unsigned bends = next_random(&seed) % 4; bends > 0; bends--) {
            const uint32_t name = next_random(&seed), value = next_random(&seed);

            list[used++] = names[name % COUNT(names)];
            list[used++] = values[value % COUNT(values)];
        }
        list[used] = EGL_NONE;
        EGLImage image = create(display, list, fd, NULL);
        EGLint error = eglGetError();

        assert_true((image == EGL_NO_IMAGE) == (error != EGL_SUCCESS));
        made += image != EGL_NO_IMAGE;
        assert_true(image == EGL_NO_IMAGE || eglDestroyImage(display, image));
    }
    assert_true(made > 500 && made < 3500);
    settle(display, fd, descriptors);
    close(fd);
    fixture_close(display);
}

static int plain_file(void)
{
    FILE *file = tmpfile();
    int fd;

    assert_non_null(file);
    fd = dup(fileno(file));
    fclose(file);
    assert_int_equal(ftruncate(fd, BYTES), 0);
    return fd;
}

static void foreign_descriptors_are_refused(void **state)
{
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    int pipe_ends[2], fds[8];
    unsigned count = 0;

    assert_int_equal(pipe(pipe_ends), 0);
    fds[count++] = pipe_ends[0];
    fds[count++] = pipe_ends[1];
    fds[count++] = plain_file();
    fds[count++] = open("/dev/zero", O_RDWR | O_CLOEXEC);
    fds[count++] = memory_file(BYTES, 0);
    fds[count++] = memory_file(BYTES, F_SEAL_SHRINK);
    fds[count++] = memory_file(BYTES, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    fds[count++] = memory_file(0, F_SEAL_SHRINK | F_SEAL_GROW);
    const unsigned descriptors = count_descriptors();

    for (unsigned i = 0; i < count; i++) {
        EGLImage image = import_picture(display, fds[i], ARGB, SIDE, SIDE, 0, STRIDE);
        EGLint error = eglGetError();

        if (image != EGL_NO_IMAGE || error != EGL_BAD_PARAMETER) {
            fail_msg("descriptor %u: image %p, error 0x%x", i, image, error);
        }
    }
    assert_int_equal(count_descriptors(), descriptors);
    while (count > 0) {
        assert_int_equal(close(fds[--count]), 0);
    }
    fixture_close(display);
}

/* The daemon hears of it later. */
static void assert_daemon_has_buffers(uint64_t wanted)
{
    uint64_t seen = 0;

    for (int i = 0; i < 4000; i++) {
        seen = egl_daemon_status("buffers");
        if (seen == wanted) {
            return;
        }
        usleep(5000);
    }
    assert_int_equal(seen, wanted);
}

/* A file that costs its owner nothing must not cost us anything either. */
static void huge_files_are_refused(void **state)
{
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    int fd = memory_file((size_t)1 << 42, F_SEAL_SHRINK | F_SEAL_GROW);
    const unsigned descriptors = count_descriptors();

    assert_ptr_equal(import_picture(display, fd, ARGB, SIDE, SIDE, 0, STRIDE), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_ALLOC);
    assert_int_equal(count_descriptors(), descriptors);
    close(fd);
    fixture_close(display);
}

/* Everybody's buffers are as before when the images have gone. */
static void images_leave_nothing(void **state)
{
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    int fd = memory_file(BYTES, F_SEAL_SHRINK | F_SEAL_GROW);
    const uint64_t buffers = egl_daemon_runs() ? egl_daemon_status("buffers") : 0;
    const unsigned descriptors = count_descriptors();
    EGLImage images[8];

    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < COUNT(images); i++) {
            images[i] = import_picture(display, fd, ARGB, SIDE, SIDE, (EGLint)i * 64, STRIDE);
            assert_ptr_not_equal(images[i], EGL_NO_IMAGE);
        }
        for (unsigned i = 0; i < COUNT(images); i++) {
            assert_true(eglDestroyImage(display, images[i]));
        }
    }
    settle(display, fd, descriptors);
    if (egl_daemon_runs()) {
        assert_daemon_has_buffers(buffers);
    }
    close(fd);
    fixture_close(display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_lists_have_their_errors),
        cmocka_unit_test(bent_lists_leave_nothing),
        cmocka_unit_test(foreign_descriptors_are_refused),
        cmocka_unit_test(huge_files_are_refused),
        cmocka_unit_test(images_leave_nothing),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
