/* SPDX-License-Identifier: MIT */
/*
 * What depends on the chipset between Mesa and the model: its name, and where the images of
 * textures lie. Each texel of each level, face and slice is drawn and compared.
 */
#include "tests/egl/fixture.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/egl/daemon.h"
#include "tests/lib/chipset.h"

#define TARGET     64
#define TEXELS_MAX (64 * 64 * 64)

/* A texture to be drawn: a depth of 0 is not a volume; levels 0: all. */
struct texture {
    GLenum target;
    int width, height, depth, levels;
};

static EGLDisplay display;

static int open_target(void **state)
{
    EGLConfig config;
    EGLContext context;
    EGLSurface pbuffer;

    egl_daemon_start();
    display = fixture_display(0);
    config = fixture_config(display, 8, 8, 0);
    context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    pbuffer = fixture_pbuffer(display, config, TARGET, TARGET);
    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, context));
    return 0;
}

static int close_target(void **state)
{
    fixture_close(display);
    return egl_daemon_teardown(state);
}

static void test_renderer(void **state)
{
    assert_non_null(test_chipset_renderer());
    assert_string_equal((const char *)glGetString(GL_RENDERER), test_chipset_renderer());
}

static void test_triangle(void **state)
{
    glViewport(0, 0, TARGET, TARGET);
    fixture_clear(0, 0, 1, 1);
    glColor3f(1, 0.4f, 0);
    glBegin(GL_TRIANGLES);
    glVertex2f(-1, -1);
    glVertex2f(1, -1);
    glVertex2f(-1, 1);
    glEnd();
    glColor3f(1, 1, 1);
    fixture_assert_pixel(1, 1, 255, 102, 0, 255);
    fixture_assert_pixel(1, TARGET - 4, 255, 102, 0, 255);
    fixture_assert_pixel(TARGET - 4, 1, 255, 102, 0, 255);
    fixture_assert_pixel(TARGET - 2, TARGET - 2, 0, 0, 255, 255);
}

/* The texel of an image of level 'level', face or slice 'slice'. */
static uint32_t texel(int level, int slice, int x, int y)
{
    return 0xff000000u | (uint32_t)(level * 32 + 7) << 16 |
           ((uint32_t)(slice * 8 + (y >> 4)) & 0xffu) << 8 | (uint32_t)((y & 15) << 4 | (x & 15));
}

static int minify(int size, int level)
{
    return size >> level > 1 ? size >> level : 1;
}

static void paint(uint32_t *texels, int level, int slice, int width, int height)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            texels[y * width + x] = texel(level, slice, x, y);
        }
    }
}

static bool is_915(void)
{
    return strncmp(test_chipset_name(), "915", 3) == 0;
}

static bool is_cube(const struct texture *t)
{
    return t->target == GL_TEXTURE_CUBE_MAP;
}

static int slices_of(const struct texture *t, int level)
{
    return is_cube(t) ? 6 : t->depth != 0 ? minify(t->depth, level) : 1;
}

static void upload_level(const struct texture *t, int level)
{
    PFNGLTEXIMAGE3DPROC image_3d = (PFNGLTEXIMAGE3DPROC)fixture_function("glTexImage3D");
    int width = minify(t->width, level), height = minify(t->height, level);
    int slices = slices_of(t, level);
    uint32_t *texels = malloc(TEXELS_MAX * sizeof(*texels));

    assert_non_null(texels);
    for (int slice = 0; slice < slices; slice++) {
        uint32_t *image = texels + (t->depth != 0 ? slice * width * height : 0);

        paint(image, level, slice, width, height);
        if (t->depth == 0) {
            glTexImage2D(is_cube(t) ? GL_TEXTURE_CUBE_MAP_POSITIVE_X + (GLenum)slice : t->target,
                         level, GL_RGBA8, width, height, 0, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV,
                         image);
        }
    }
    if (t->depth != 0) {
        image_3d(t->target, level, GL_RGBA8, width, height, slices, 0, GL_BGRA,
                 GL_UNSIGNED_INT_8_8_8_8_REV, texels);
    }
    free(texels);
}

static int levels_of(const struct texture *t)
{
    int size = t->width > t->height ? t->width : t->height;
    int levels = 1;

    for (; t->levels == 0 && size > 1; size >>= 1) {
        levels++;
    }
    return levels;
}

/* The vector to the place (s, t) of a face, 0..1, as OpenGL's table has it. */
static void face_vector(int face, float s, float t, float vector[3])
{
    const float sc = 2 * s - 1, tc = 2 * t - 1;
    const float vectors[6][3] = {{1, -tc, -sc}, {-1, -tc, sc}, {sc, 1, tc},
                                 {sc, -1, -tc}, {sc, -tc, 1},  {-sc, -tc, -1}};

    memcpy(vector, vectors[face], sizeof(vectors[face]));
}

/* One pixel for each texel of the image, so that its level is the one that is taken. */
static void draw_image(const struct texture *t, int level, int slice)
{
    static const float corners[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};

    glViewport(0, 0, minify(t->width, level), minify(t->height, level));
    glBegin(GL_QUADS);
    for (int i = 0; i < 4; i++) {
        float vector[3] = {corners[i][0], corners[i][1],
                           ((float)slice + 0.5f) / (float)slices_of(t, level)};

        if (is_cube(t)) {
            face_vector(slice, corners[i][0], corners[i][1], vector);
        }
        glTexCoord3fv(vector);
        glVertex2f(corners[i][0] * 2 - 1, corners[i][1] * 2 - 1);
    }
    glEnd();
}

static void check_image(const struct texture *t, int level, int slice)
{
    uint32_t pixels[TARGET * TARGET];
    int width = minify(t->width, level), height = minify(t->height, level);

    glReadPixels(0, 0, width, height, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV, pixels);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            if (pixels[y * width + x] != texel(level, slice, x, y)) {
                fail_msg("0x%04x %dx%dx%d, level %d, slice %d, texel %d,%d: 0x%08x, not 0x%08x",
                         t->target, t->width, t->height, t->depth, level, slice, x, y,
                         pixels[y * width + x], texel(level, slice, x, y));
            }
        }
    }
}

static void check_texture(const struct texture *t)
{
    GLuint name;
    int levels = levels_of(t);

    glGenTextures(1, &name);
    glBindTexture(t->target, name);
    glTexParameteri(t->target, GL_TEXTURE_MIN_FILTER,
                    levels > 1 ? GL_NEAREST_MIPMAP_NEAREST : GL_NEAREST);
    glTexParameteri(t->target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(t->target, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(t->target, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexParameteri(t->target, GL_TEXTURE_WRAP_R, GL_CLAMP_TO_EDGE);
    glTexEnvi(GL_TEXTURE_ENV, GL_TEXTURE_ENV_MODE, GL_REPLACE);
    for (int level = 0; level < levels; level++) {
        upload_level(t, level);
    }
    glEnable(t->target);
    for (int level = 0; level < levels; level++) {
        for (int slice = 0; slice < slices_of(t, level); slice++) {
            draw_image(t, level, slice);
            check_image(t, level, slice);
        }
    }
    glDisable(t->target);
    glDeleteTextures(1, &name);
    assert_int_equal(glGetError(), GL_NO_ERROR);
}

/*
 * What Mesa's driver can: it has no levels for sizes that are no powers of two, and on 915 it lets
 * the levels overlap of what is higher than wide.
 */
static void test_levels(void **state)
{
    static const struct texture textures[] = {
        {GL_TEXTURE_2D, 64, 64, 0, 0}, {GL_TEXTURE_2D, 64, 8, 0, 0},  {GL_TEXTURE_2D, 2, 2, 0, 0},
        {GL_TEXTURE_2D, 40, 24, 0, 1}, {GL_TEXTURE_2D, 33, 17, 0, 1}, {GL_TEXTURE_2D, 4, 64, 0, 0},
    };

    for (unsigned i = 0; i < COUNT(textures); i++) {
        if (!is_915() || textures[i].width >= textures[i].height) {
            check_texture(&textures[i]);
        }
    }
}

static void test_faces(void **state)
{
    static const int sizes[] = {64, 32, 8, 4, 2};

    for (unsigned i = 0; i < COUNT(sizes); i++) {
        check_texture(&(struct texture){GL_TEXTURE_CUBE_MAP, sizes[i], sizes[i], 0, 0});
    }
}

/* Here, too: on 915 it puts all levels of a slice in one place. */
static void test_slices(void **state)
{
    struct texture textures[] = {
        {GL_TEXTURE_3D, 16, 16, 16, 0}, {GL_TEXTURE_3D, 32, 8, 4, 0}, {GL_TEXTURE_3D, 4, 8, 8, 0},
        {GL_TEXTURE_3D, 64, 4, 64, 0},  {GL_TEXTURE_3D, 8, 8, 1, 0},
    };

    for (unsigned i = 0; i < COUNT(textures); i++) {
        textures[i].levels = is_915() ? 1 : 0;
        check_texture(&textures[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renderer), cmocka_unit_test(test_triangle),
        cmocka_unit_test(test_levels),   cmocka_unit_test(test_faces),
        cmocka_unit_test(test_slices),
    };

    return cmocka_run_group_tests(tests, open_target, close_target);
}
