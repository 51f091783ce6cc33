/* SPDX-License-Identifier: MIT */
/* Memory files as images: formats, pixels both ways, and what is refused and how. */
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

static bool has_extension(EGLDisplay display, const char *name)
{
    return strstr(eglQueryString(display, EGL_EXTENSIONS), name) != NULL;
}

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

/* ---- what is refused ---- */

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

/* ---- export ---- */

static GLuint new_texture(unsigned side, const uint8_t color[4])
{
    uint8_t *texels = malloc((size_t)side * side * 4);
    GLuint texture;

    assert_non_null(texels);
    for (unsigned i = 0; i < side * side; i++) {
        memcpy(texels + i * 4, color, 4);
    }
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)side, (GLsizei)side, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, texels);
    free(texels);
    return texture;
}

static EGLImage image_of(EGLDisplay display, EGLContext context, GLuint texture)
{
    EGLImage image = eglCreateImage(display, context, EGL_GL_TEXTURE_2D,
                                    (EGLClientBuffer)(uintptr_t)texture, NULL);

    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    return image;
}

/* Draws into a texture. */
static void clear_texture(GLuint texture, float red, float green, float blue)
{
    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLDELETEFRAMEBUFFERSPROC delete = fixture_function("glDeleteFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    GLuint framebuffer;

    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    fixture_clear(red, green, blue, 1);
    bind(GL_FRAMEBUFFER, 0);
    delete (1, &framebuffer);
}

static const uint8_t *map_file(int fd, size_t *bytes)
{
    struct stat file;
    void *map;

    assert_int_equal(fstat(fd, &file), 0);
    *bytes = (size_t)file.st_size;
    map = mmap(NULL, *bytes, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    return map;
}

/* A texture that lay in an arena is in a file, and what is drawn before and after shows there. */
static void a_texture_becomes_a_file(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC query = fixture_function("eglExportDMABUFImageQueryMESA");
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    EGLDisplay display = fixture_display(0), other = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context = current_es2(display), there;
    static const uint8_t color[4] = {10, 20, 30, 40}, red[4] = {255, 0, 0, 255};
    GLuint texture = new_texture(32, color);
    EGLImage image = image_of(display, context, texture), imported;
    EGLint fourcc = 0, planes = 0, stride = 0, offset = -1;
    int fd = -1, again = -1;
    EGLuint64KHR modifier = 1;
    const uint8_t *map;
    size_t bytes;

    if (!has_extension(display, "EGL_MESA_image_dma_buf_export")) {
        assert_false(query(display, image, &fourcc, &planes, &modifier));
        assert_egl_error(EGL_BAD_ACCESS);
        assert_false(export(display, image, &fd, &stride, &offset));
        assert_egl_error(EGL_BAD_ACCESS);
        assert_int_equal(fd, -1);
        fixture_close(other);
        fixture_close(display);
        return;
    }
    assert_true(query(display, image, &fourcc, &planes, &modifier));
    assert_int_equal(planes, 1);
    assert_int_equal(modifier, DRM_FORMAT_MOD_LINEAR);
    assert_true(export(display, image, &fd, &stride, &offset));
    map = map_file(fd, &bytes);
    if (fourcc == DRM_FORMAT_ABGR8888) {
        assert_memory_equal(map + offset + 31 * stride + 31 * 4, color, 4);
    } else {
        assert_int_equal(fourcc, DRM_FORMAT_ARGB8888);
        assert_int_equal(map[offset + 31 * stride + 31 * 4], color[2]);
    }

    /* Later drawing shows. */
    clear_texture(texture, 1, 0, 0);
    glFinish();
    imported = import_picture(other, fd, fourcc, 32, 32, offset, stride);
    assert_ptr_not_equal(imported, EGL_NO_IMAGE);
    there = current_es2(other);
    draw_image(imported, GL_TEXTURE_2D);
    fixture_assert_pixel(7, 7, red[0], red[1], red[2], red[3]);

    /* And what the other one draws shows here. */
    void (*image_target)(GLenum, void *) = fixture_function("glEGLImageTargetTexture2DOES");
    GLuint target;

    glGenTextures(1, &target);
    glBindTexture(GL_TEXTURE_2D, target);
    image_target(GL_TEXTURE_2D, imported);
    clear_texture(target, 0, 0, 1);
    glFinish();
    assert_ptr_not_equal(there, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(display, eglGetCurrentSurface(EGL_DRAW), EGL_NO_SURFACE,
                               EGL_NO_CONTEXT) == EGL_FALSE);
    eglGetError();
    assert_true(eglMakeCurrent(other, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));

    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    GLuint framebuffer;

    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    fixture_assert_pixel(31, 31, 0, 0, 255, 255);

    /* The same file each time. */
    struct stat one, two;

    assert_true(export(display, image, &again, NULL, NULL));
    assert_int_equal(fstat(fd, &one), 0);
    assert_int_equal(fstat(again, &two), 0);
    assert_int_equal(one.st_ino, two.st_ino);
    close(again);
    const unsigned descriptors = count_descriptors();
    assert_true(export(display, image, NULL, &stride, &offset));
    assert_int_equal(count_descriptors(), descriptors);
    munmap((void *)(uintptr_t)map, bytes);
    close(fd);
    fixture_close(other);
    fixture_close(display);
}

/* An exported texture is drawn from and into as before by commands that were not submitted yet. */
static void pending_drawing_follows_the_texture(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    EGLDisplay display = fixture_display(0);
    EGLContext one = current_es2(display), two;
    EGLSurface surface = eglGetCurrentSurface(EGL_DRAW);
    static const uint8_t color[4] = {10, 20, 30, 40};
    GLuint texture = new_texture(16, color);
    EGLImage image = image_of(display, one, texture);
    EGLint stride = 0, offset = 0;
    const uint8_t *map;
    size_t bytes;
    int fd = -1;

    if (has_extension(display, "EGL_MESA_image_dma_buf_export")) {
        two = fixture_context(display, fixture_config(display, 8, 8, 0), EGL_OPENGL_ES_API, 2, one);
        clear_texture(texture, 0, 1, 0); /* in the batch of 'one', perhaps */
        assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, two));
        assert_true(export(display, image, &fd, &stride, &offset));
        assert_true(eglMakeCurrent(display, surface, surface, one));
        draw_image(image, GL_TEXTURE_2D);
        fixture_assert_pixel(3, 3, 0, 255, 0, 255);
        map = map_file(fd, &bytes);
        assert_int_equal(map[offset + 5 * stride + 1], 255);
        munmap((void *)(uintptr_t)map, bytes);
        close(fd);
    }
    fixture_close(display);
}

struct painter {
    EGLDisplay display;
    EGLContext context;
    GLuint texture;
    pthread_barrier_t drawn, given;
};

static void *paint(void *data)
{
    struct painter *painter = data;

    assert_true(eglMakeCurrent(painter->display, EGL_NO_SURFACE, EGL_NO_SURFACE, painter->context));
    for (unsigned i = 0; i < 4; i++) {
        clear_texture(painter->texture, (float)(i % 2), 0, 0);
        glFlush();
    }
    clear_texture(painter->texture, 0, 1, 0); /* not submitted */
    pthread_barrier_wait(&painter->drawn);
    pthread_barrier_wait(&painter->given);
    glFinish();
    assert_true(eglMakeCurrent(painter->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    eglReleaseThread();
    return NULL;
}

/* It is given away in the midst of another thread's drawing, whose end must be in the file. */
static void drawing_of_another_thread_follows_the_texture(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    EGLDisplay display = fixture_display(0);
    EGLContext one = current_es2(display);
    static const uint8_t color[4] = {10, 20, 30, 40};
    EGLConfig config = fixture_config(display, 8, 8, 0);

    for (unsigned i = 0; i < 4 && has_extension(display, "EGL_MESA_image_dma_buf_export"); i++) {
        struct painter painter = {.display = display, .texture = new_texture(32, color)};
        EGLImage image = image_of(display, one, painter.texture);
        EGLint stride = 0, offset = 0;
        pthread_t thread;
        int fd = -1;
        size_t bytes;

        glFinish();
        painter.context = fixture_context(display, config, EGL_OPENGL_ES_API, 2, one);
        pthread_barrier_init(&painter.drawn, NULL, 2);
        pthread_barrier_init(&painter.given, NULL, 2);
        assert_int_equal(pthread_create(&thread, NULL, paint, &painter), 0);
        if (i % 2 == 0) {
            pthread_barrier_wait(&painter.drawn); /* else at once, in the midst of it */
        }
        assert_true(export(display, image, &fd, &stride, &offset));
        if (i % 2 != 0) {
            pthread_barrier_wait(&painter.drawn);
        }
        pthread_barrier_wait(&painter.given);
        pthread_join(thread, NULL);
        pthread_barrier_destroy(&painter.drawn);
        pthread_barrier_destroy(&painter.given);
        const uint8_t *map = map_file(fd, &bytes);
        const uint8_t *pixel = map + offset + 31 * stride + 31 * 4;

        assert_int_equal(pixel[0] + pixel[2], 0);
        assert_int_equal(pixel[1], 255);
        assert_int_equal(pixel[3], 255);
        munmap((void *)(uintptr_t)map, bytes);
        close(fd);
        assert_true(eglDestroyImage(display, image));
        assert_true(eglDestroyContext(display, painter.context));
    }
    fixture_close(display);
}

/* What no dma-buf can be. */
static void depth_is_not_exported(void **state)
{
    PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC query = fixture_function("eglExportDMABUFImageQueryMESA");
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = fixture_function("eglExportDMABUFImageMESA");
    PFNGLGENRENDERBUFFERSPROC gen = fixture_function("glGenRenderbuffers");
    PFNGLBINDRENDERBUFFERPROC bind = fixture_function("glBindRenderbuffer");
    PFNGLRENDERBUFFERSTORAGEPROC storage = fixture_function("glRenderbufferStorage");
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLContext context = fixture_context(display, NULL, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    GLuint renderbuffer;
    EGLImage image;
    int fd = -1;

    if (has_extension(display, "EGL_MESA_image_dma_buf_export")) {
        assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
        gen(1, &renderbuffer);
        bind(GL_RENDERBUFFER, renderbuffer);
        storage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT24, 8, 8);
        image = eglCreateImage(display, context, EGL_GL_RENDERBUFFER,
                               (EGLClientBuffer)(uintptr_t)renderbuffer, NULL);
        assert_ptr_not_equal(image, EGL_NO_IMAGE);
        assert_false(query(display, image, NULL, NULL, NULL));
        assert_egl_error(EGL_BAD_MATCH);
        assert_false(export(display, image, &fd, NULL, NULL));
        assert_egl_error(EGL_BAD_MATCH);
        assert_int_equal(fd, -1);
        assert_false(export(display, (EGLImage)0x1234, &fd, NULL, NULL));
        assert_egl_error(EGL_BAD_PARAMETER);
    }
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
        cmocka_unit_test(broken_lists_have_their_errors),
        cmocka_unit_test(bent_lists_leave_nothing),
        cmocka_unit_test(foreign_descriptors_are_refused),
        cmocka_unit_test(huge_files_are_refused),
        cmocka_unit_test(images_leave_nothing),
        cmocka_unit_test(a_texture_becomes_a_file),
        cmocka_unit_test(pending_drawing_follows_the_texture),
        cmocka_unit_test(drawing_of_another_thread_follows_the_texture),
        cmocka_unit_test(depth_is_not_exported),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
