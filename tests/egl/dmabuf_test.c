/* SPDX-License-Identifier: MIT */
/* Memory files as images: formats, and pixels both ways. */
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

static bool is_offered(EGLDisplay display, EGLint fourcc)
{
    PFNEGLQUERYDMABUFFORMATSEXTPROC query = fixture_function("eglQueryDmaBufFormatsEXT");
    EGLint formats[64], count = 0;

    assert_true(query(display, COUNT(formats), formats, &count));
    for (EGLint i = 0; i < count; i++) {
        if (formats[i] == fourcc) {
            return true;
        }
    }
    return false;
}

/* ---- what can be asked ---- */

static void formats_are_listed(void **state)
{
    PFNEGLQUERYDMABUFFORMATSEXTPROC query = fixture_function("eglQueryDmaBufFormatsEXT");
    PFNEGLQUERYDMABUFMODIFIERSEXTPROC modifiers = fixture_function("eglQueryDmaBufModifiersEXT");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLint formats[64], all = 0, count = 0;
    EGLuint64KHR modifier = 1;
    EGLBoolean external = EGL_TRUE;

    assert_true(query(display, 0, NULL, &all));
    assert_true(all >= 4);
    assert_true(query(display, COUNT(formats), formats, &count));
    assert_int_equal(count, all);
    for (EGLint i = 0; i < count; i++) {
        assert_true(modifiers(display, formats[i], 0, NULL, NULL, &all));
        assert_int_equal(all, 1);
        assert_true(modifiers(display, formats[i], 1, &modifier, &external, &all));
        assert_int_equal(modifier, DRM_FORMAT_MOD_LINEAR);
        assert_int_equal(external, formats[i] == DRM_FORMAT_YUYV || formats[i] == DRM_FORMAT_UYVY ||
                                       formats[i] == DRM_FORMAT_NV12 ||
                                       formats[i] == DRM_FORMAT_YUV420);
    }
    assert_true(query(display, 2, formats, &count));
    assert_int_equal(count, 2);
    assert_true(is_offered(display, DRM_FORMAT_ARGB8888));
    assert_true(is_offered(display, DRM_FORMAT_XRGB8888));
    assert_true(is_offered(display, DRM_FORMAT_RGB565));

    assert_false(query(display, -1, formats, &count));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_false(query(display, 1, NULL, &count));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_false(modifiers(display, 0x20304050, 1, &modifier, &external, &count));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_false(modifiers(display, DRM_FORMAT_ARGB8888, -1, &modifier, &external, &count));
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_false(modifiers(display, DRM_FORMAT_ARGB8888, 1, NULL, &external, &count));
    assert_egl_error(EGL_BAD_PARAMETER);
    fixture_close(display);
}

/* ---- pixels ---- */

/* A pixel as it lies in memory, and as the shader sees it. */
static const struct {
    uint32_t fourcc;
    unsigned bytes;
    uint8_t memory[4], seen[4];
} pixels[] = {
    {DRM_FORMAT_ARGB8888, 4, {10, 20, 30, 40}, {30, 20, 10, 40}},
    {DRM_FORMAT_XRGB8888, 4, {10, 20, 30, 40}, {30, 20, 10, 255}},
    {DRM_FORMAT_ABGR8888, 4, {10, 20, 30, 40}, {10, 20, 30, 40}},
    {DRM_FORMAT_XBGR8888, 4, {10, 20, 30, 40}, {10, 20, 30, 255}},
    {DRM_FORMAT_RGB565, 2, {0x1f, 0xf8}, {255, 0, 255, 255}},
    {DRM_FORMAT_ARGB1555, 2, {0x1f, 0x80}, {0, 0, 255, 255}},
    {DRM_FORMAT_ARGB4444, 2, {0xf0, 0x0f}, {255, 255, 0, 0}},
    {DRM_FORMAT_ARGB2101010, 4, {0xff, 0x03, 0xf0, 0xff}, {255, 0, 255, 255}},
    {DRM_FORMAT_XRGB2101010, 4, {0xff, 0x03, 0xf0, 0x3f}, {255, 0, 255, 255}},
    {DRM_FORMAT_R8, 1, {77}, {77, 0, 0, 255}},
    {DRM_FORMAT_GR88, 2, {77, 99}, {77, 99, 0, 255}},
};

static void fill(uint8_t *map, const uint8_t *pixel, unsigned bytes)
{
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++) {
            memcpy(map + y * STRIDE + x * bytes, pixel, bytes);
        }
    }
}

static void assert_seen(const uint8_t *seen)
{
    fixture_assert_pixel(0, 0, seen[0], seen[1], seen[2], seen[3]);
    fixture_assert_pixel(SIDE - 1, SIDE - 1, seen[0], seen[1], seen[2], seen[3]);
}

static void each_format_is_sampled(void **state)
{
    EGLDisplay display = fixture_display(0);
    uint8_t *map;
    int fd = memory_picture(BYTES, &map);

    current_es2(display);
    for (unsigned i = 0; i < COUNT(pixels); i++) {
        if (!is_offered(display, (EGLint)pixels[i].fourcc)) {
            continue;
        }
        EGLImage image =
            import_picture(display, fd, (EGLint)pixels[i].fourcc, SIDE, SIDE, 128, STRIDE);

        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        fill(map + 128, pixels[i].memory, pixels[i].bytes);
        draw_image(image, GL_TEXTURE_2D);
        assert_seen(pixels[i].seen);
        draw_image(image, GL_TEXTURE_EXTERNAL_OES);
        assert_seen(pixels[i].seen);
        assert_true(eglDestroyImage(display, image));
    }
    munmap(map, BYTES);
    close(fd);
    fixture_close(display);
}

/* Narrow range, REC 601: white is 235, black 16, and no colour 128. */
static void assert_near(unsigned red, unsigned green, unsigned blue)
{
    uint8_t pixel[4] = {0};

    glReadPixels(3, 3, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
    if (abs(pixel[0] - (int)red) > 3 || abs(pixel[1] - (int)green) > 3 ||
        abs(pixel[2] - (int)blue) > 3) {
        fail_msg("%u %u %u, not near %u %u %u", pixel[0], pixel[1], pixel[2], red, green, blue);
    }
}

static void packed_yuv_becomes_rgb(void **state)
{
    static const struct {
        uint32_t fourcc;
        uint8_t pair[4], seen[3];
    } cases[] = {
        {DRM_FORMAT_YUYV, {235, 128, 235, 128}, {255, 255, 255}},
        {DRM_FORMAT_YUYV, {81, 90, 81, 240}, {255, 0, 0}},
        {DRM_FORMAT_UYVY, {128, 16, 128, 16}, {0, 0, 0}},
        {DRM_FORMAT_UYVY, {240, 41, 110, 41}, {0, 0, 255}},
    };
    EGLDisplay display = fixture_display(0);
    uint8_t *map;
    int fd = memory_picture(BYTES, &map);

    current_es2(display);
    for (unsigned i = 0; i < COUNT(cases); i++) {
        if (!is_offered(display, (EGLint)cases[i].fourcc)) {
            continue;
        }
        EGLImage image =
            import_picture(display, fd, (EGLint)cases[i].fourcc, SIDE, SIDE, 0, STRIDE);

        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        for (unsigned at = 0; at < SIDE * STRIDE; at += 4) {
            memcpy(map + at, cases[i].pair, 4);
        }
        draw_image(image, GL_TEXTURE_EXTERNAL_OES);
        assert_near(cases[i].seen[0], cases[i].seen[1], cases[i].seen[2]);
        assert_true(eglDestroyImage(display, image));
    }
    munmap(map, BYTES);
    close(fd);
    fixture_close(display);
}

static EGLImage import_planes(EGLDisplay display, EGLint fourcc, int fd, unsigned planes)
{
    static const EGLAttrib names[3][3] = {
        {EGL_DMA_BUF_PLANE0_FD_EXT, EGL_DMA_BUF_PLANE0_OFFSET_EXT, EGL_DMA_BUF_PLANE0_PITCH_EXT},
        {EGL_DMA_BUF_PLANE1_FD_EXT, EGL_DMA_BUF_PLANE1_OFFSET_EXT, EGL_DMA_BUF_PLANE1_PITCH_EXT},
        {EGL_DMA_BUF_PLANE2_FD_EXT, EGL_DMA_BUF_PLANE2_OFFSET_EXT, EGL_DMA_BUF_PLANE2_PITCH_EXT},
    };
    EGLAttrib attributes[32] = {EGL_WIDTH, SIDE, EGL_HEIGHT, SIDE, EGL_LINUX_DRM_FOURCC_EXT,
                                fourcc};
    unsigned used = 6;

    for (unsigned i = 0; i < planes; i++) {
        const EGLAttrib values[3] = {fd, i * SIDE * STRIDE, STRIDE};

        for (unsigned k = 0; k < 3; k++) {
            attributes[used++] = names[i][k];
            attributes[used++] = values[k];
        }
    }
    attributes[used] = EGL_NONE;
    return eglCreateImage(display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
}

/* What i915 lacks one-byte and two-byte textures for; llvmpipe has them. */
static void planes_of_yuv_become_rgb(void **state)
{
    EGLDisplay display = fixture_display(0);
    uint8_t *map;
    int fd = memory_picture(BYTES, &map);

    current_es2(display);
    for (unsigned planes = 2; planes <= 3; planes++) {
        const EGLint fourcc = planes == 2 ? DRM_FORMAT_NV12 : DRM_FORMAT_YUV420;
        const bool is_known = is_offered(display, fourcc);
        EGLImage image = import_planes(display, fourcc, fd, planes);

        if (!is_known) {
            assert_ptr_equal(image, EGL_NO_IMAGE);
            assert_egl_error(EGL_BAD_MATCH);
            continue;
        }
        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        memset(map, 81, SIDE * STRIDE);
        for (unsigned i = SIDE * STRIDE; i < BYTES; i++) {
            map[i] = planes == 2 ? (i % 2 ? 240 : 90) : (i < 2 * SIDE * STRIDE ? 90 : 240);
        }
        draw_image(image, GL_TEXTURE_EXTERNAL_OES);
        assert_near(255, 0, 0);
        assert_true(eglDestroyImage(display, image));
        assert_ptr_equal(import_planes(display, fourcc, fd, planes - 1), EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_PARAMETER);
    }
    munmap(map, BYTES);
    close(fd);
    fixture_close(display);
}

/* What is drawn into an imported buffer is in the file, and nothing else of it changes. */
static void drawing_reaches_the_file(void **state)
{
    void (*image_target)(GLenum, void *) =
        fixture_function("glEGLImageTargetRenderbufferStorageOES");
    PFNGLGENFRAMEBUFFERSPROC gen_framebuffers = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind_framebuffer = fixture_function("glBindFramebuffer");
    PFNGLGENRENDERBUFFERSPROC gen_renderbuffers = fixture_function("glGenRenderbuffers");
    PFNGLBINDRENDERBUFFERPROC bind_renderbuffer = fixture_function("glBindRenderbuffer");
    PFNGLFRAMEBUFFERRENDERBUFFERPROC attach = fixture_function("glFramebufferRenderbuffer");
    static const uint8_t drawn[4] = {0, 255, 0, 255}, before[4] = {9, 9, 9, 9};
    EGLDisplay display = fixture_display(0);
    GLuint framebuffer, renderbuffer;
    uint8_t *map;
    int fd = memory_picture(2 * BYTES, &map);
    EGLImage image;

    memset(map, 9, 2 * BYTES);
    current_es2(display);
    image = import_picture(display, fd, DRM_FORMAT_ARGB8888, SIDE, SIDE, BYTES, STRIDE);
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    gen_framebuffers(1, &framebuffer);
    bind_framebuffer(GL_FRAMEBUFFER, framebuffer);
    gen_renderbuffers(1, &renderbuffer);
    bind_renderbuffer(GL_RENDERBUFFER, renderbuffer);
    image_target(GL_RENDERBUFFER, image);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, renderbuffer);
    fixture_clear(0, 1, 0, 1);
    glFinish();
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < STRIDE / 4; x++) {
            assert_memory_equal(map + BYTES + y * STRIDE + x * 4, x < SIDE ? drawn : before, 4);
        }
    }
    assert_memory_equal(map + BYTES - 4, before, 4);
    assert_memory_equal(map + BYTES + SIDE * STRIDE, before, 4);
    fixture_assert_pixel(SIDE - 1, SIDE - 1, 0, 255, 0, 255);
    assert_true(eglDestroyImage(display, image));
    munmap(map, 2 * BYTES);
    close(fd);
    fixture_close(display);
}

/* ---- tiles ---- */

#define TILED_WIDTH  256
#define TILED_HEIGHT 16
#define TILED_PITCH  (TILED_WIDTH * 4)
#define TILED_BYTES  (TILED_PITCH * TILED_HEIGHT)

static uint8_t *tiled_pixel(uint8_t *tiles, unsigned x, unsigned y)
{
    const unsigned tile = y / 8 * (TILED_PITCH / 512) + x * 4 / 512;

    return tiles + tile * 4096 + y % 8 * 512 + x * 4 % 512;
}

/* What drivers that say nothing of their tiles hand over: the file's name says it. */
static void implicit_tiles_are_seen_as_lines(void **state)
{
    EGLDisplay display = fixture_display(0);
    int fd = memfd_create("gemd-x-tiles", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    uint8_t *tiles;
    EGLImage image;

    assert_int_equal(ftruncate(fd, TILED_BYTES), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    tiles = mmap(NULL, TILED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(tiles, MAP_FAILED);
    current_es2(display);
    image =
        import_picture(display, fd, DRM_FORMAT_ARGB8888, TILED_WIDTH, TILED_HEIGHT, 0, TILED_PITCH);
    if (!egl_daemon_runs()) {
        assert_ptr_equal(image, EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_ALLOC);
        close(fd);
        fixture_close(display);
        return;
    }
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    for (unsigned y = 0; y < TILED_HEIGHT; y++) {
        for (unsigned x = 0; x < TILED_WIDTH; x++) {
            const uint8_t pixel[4] = {(uint8_t)x, (uint8_t)(y * 16), 77, 255};

            memcpy(tiled_pixel(tiles, x, y), pixel, 4);
        }
    }
    /* The GPU's walk: the pbuffer has a pixel for each 32 by 2. */
    draw_image(image, GL_TEXTURE_2D);
    fixture_assert_pixel(0, 0, 77, 16, 16, 255);
    fixture_assert_pixel(5, 6, 77, 208, 176, 255);

    /* The CPU's, both ways, and drawing. */
    void (*image_target)(GLenum, void *) = fixture_function("glEGLImageTargetTexture2DOES");
    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    static const uint8_t written[4] = {1, 2, 3, 4};
    GLuint framebuffer, texture;

    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    image_target(GL_TEXTURE_2D, image);
    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    fixture_assert_pixel(200, 11, 77, 176, 200, 255);
    glEnable(GL_SCISSOR_TEST);
    glScissor(130, 9, 2, 2);
    fixture_clear(0, 1, 0, 1);
    glFinish();
    assert_int_equal(tiled_pixel(tiles, 131, 10)[1], 255);
    assert_int_equal(tiled_pixel(tiles, 132, 10)[1], 160);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 140, 3, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, written);
    glFinish();
    assert_int_equal(tiled_pixel(tiles, 140, 3)[0], 3);
    assert_int_equal(tiled_pixel(tiles, 141, 3)[0], 141);

    /* It is what it is also when it is given on. */
    PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC query = fixture_function("eglExportDMABUFImageQueryMESA");
    EGLuint64KHR modifier = 0;

    assert_true(query(display, image, NULL, NULL, &modifier));
    assert_int_equal(modifier, I915_FORMAT_MOD_X_TILED);
    assert_true(eglDestroyImage(display, image));
    munmap(tiles, TILED_BYTES);
    close(fd);
    fixture_close(display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_listed),
        cmocka_unit_test(each_format_is_sampled),
        cmocka_unit_test(packed_yuv_becomes_rgb),
        cmocka_unit_test(planes_of_yuv_become_rgb),
        cmocka_unit_test(drawing_reaches_the_file),
        cmocka_unit_test(implicit_tiles_are_seen_as_lines),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
