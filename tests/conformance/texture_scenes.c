/* SPDX-License-Identifier: MIT */
/* Textures: formats, filters, addressing, shapes. */
#include "scene.h"

#include <stdlib.h>

static void set_wrap(GLenum target, GLenum s, GLenum t)
{
    glTexParameteri(target, GL_TEXTURE_WRAP_S, (GLint)s);
    glTexParameteri(target, GL_TEXTURE_WRAP_T, (GLint)t);
}

/* Texture coordinates from -1 to 2, so that every edge of the texture is crossed. */
static void draw_beyond_the_edges(void)
{
    glMatrixMode(GL_TEXTURE);
    glTranslatef(-1, -0.5f, 0);
    glScalef(3, 2.5f, 1);
    draw_quad(0);
}

static void nearest(void)
{
    make_texture(GL_RGBA8, 64, 64, GL_NEAREST, GL_NEAREST);
    draw_quad(0);
}

static void linear(void)
{
    make_texture(GL_RGBA8, 64, 64, GL_LINEAR, GL_LINEAR);
    draw_quad(0);
}

static void odd_size(void)
{
    make_texture(GL_RGBA8, 50, 37, GL_LINEAR, GL_LINEAR);
    draw_quad(0);
}

static void trilinear(void)
{
    make_texture(GL_RGBA8, 256, 256, GL_LINEAR_MIPMAP_LINEAR, GL_LINEAR);
    draw_quad(0);
}

static void nearest_level(void)
{
    make_texture(GL_RGBA8, 256, 256, GL_NEAREST_MIPMAP_NEAREST, GL_NEAREST);
    glScalef(0.3f, 0.3f, 1);
    draw_quad(0);
}

static void perspective(void)
{
    make_texture(GL_RGBA8, 64, 64, GL_LINEAR, GL_LINEAR);
    glMatrixMode(GL_PROJECTION);
    glFrustum(-1, 1, -1, 1, 1, 20);
    glMatrixMode(GL_MODELVIEW);
    glTranslatef(0, 0, -3);
    glRotatef(60, 1, 0, 0);
    glScalef(2, 2, 1);
    draw_quad(0);
}

static void repeated(void)
{
    make_texture(GL_RGBA8, 32, 32, GL_LINEAR, GL_LINEAR);
    draw_beyond_the_edges();
}

static void clamped_and_mirrored(void)
{
    make_texture(GL_RGBA8, 32, 32, GL_LINEAR, GL_LINEAR);
    set_wrap(GL_TEXTURE_2D, GL_CLAMP_TO_EDGE, GL_MIRRORED_REPEAT);
    draw_beyond_the_edges();
}

static void bordered(void)
{
    static const float colour[] = {1, 0.5f, 0, 1};

    make_texture(GL_RGBA8, 32, 32, GL_LINEAR, GL_LINEAR);
    glTexParameterfv(GL_TEXTURE_2D, GL_TEXTURE_BORDER_COLOR, colour);
    set_wrap(GL_TEXTURE_2D, GL_CLAMP_TO_BORDER, GL_CLAMP_TO_BORDER);
    draw_beyond_the_edges();
}

#define FORMAT_SCENE(name, format)                                                                 \
    static void name(void)                                                                         \
    {                                                                                              \
        make_texture(format, 64, 64, GL_LINEAR, GL_LINEAR);                                        \
        draw_quad(0);                                                                              \
    }

FORMAT_SCENE(format_rgb8, GL_RGB8)
FORMAT_SCENE(format_rgb565, GL_RGB565)
FORMAT_SCENE(format_rgba4, GL_RGBA4)
FORMAT_SCENE(format_rgb5_a1, GL_RGB5_A1)
FORMAT_SCENE(format_rgb10_a2, GL_RGB10_A2)
FORMAT_SCENE(format_luminance8, GL_LUMINANCE8)
FORMAT_SCENE(format_alpha8, GL_ALPHA8)
FORMAT_SCENE(format_intensity8, GL_INTENSITY8)
FORMAT_SCENE(format_luminance8_alpha8, GL_LUMINANCE8_ALPHA8)
FORMAT_SCENE(format_srgb8_alpha8, GL_SRGB8_ALPHA8)
FORMAT_SCENE(format_dxt1, GL_COMPRESSED_RGB_S3TC_DXT1_EXT)
FORMAT_SCENE(format_dxt3, GL_COMPRESSED_RGBA_S3TC_DXT3_EXT)
FORMAT_SCENE(format_dxt5, GL_COMPRESSED_RGBA_S3TC_DXT5_EXT)

/* Texels that tell where they are; the caller frees them. */
static uint8_t *make_texels(int size, int depth, uint8_t extra)
{
    uint8_t *texels = malloc((size_t)size * (size_t)size * (size_t)depth * 4);

    if (texels == NULL) {
        abort();
    }
    for (int i = 0; i < size * size * depth; i++) {
        texels[i * 4] = (uint8_t)(i / (size * size) * 255 / depth + extra);
        texels[i * 4 + 1] = (uint8_t)(i % size * 255 / size);
        texels[i * 4 + 2] = (uint8_t)(i / size % size * 255 / size);
        texels[i * 4 + 3] = 255;
    }
    return texels;
}

/* The whole window; the third coordinate is given for each corner. */
static void draw_with_third_coordinate(const float r[4], float low)
{
    static const float corners[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};

    glBegin(GL_QUADS);
    for (int i = 0; i < 4; i++) {
        glTexCoord3f(corners[i][0] != 0 ? 1 : low, corners[i][1] != 0 ? 1 : low, r[i]);
        glVertex2f(corners[i][0] * 2 - 1, corners[i][1] * 2 - 1);
    }
    glEnd();
}

static void cube_map(void)
{
    static const float r[] = {0.3f, 0.9f, -0.8f, 1};
    GLuint texture;

    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_CUBE_MAP, texture);
    for (unsigned face = 0; face < 6; face++) {
        uint8_t *texels = make_texels(32, 1, (uint8_t)(face * 40));
        glTexImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + face, 0, GL_RGBA8, 32, 32, 0, GL_RGBA,
                     GL_UNSIGNED_BYTE, texels);
        free(texels);
    }
    glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    set_wrap(GL_TEXTURE_CUBE_MAP, GL_CLAMP_TO_EDGE, GL_CLAMP_TO_EDGE);
    glEnable(GL_TEXTURE_CUBE_MAP);
    draw_with_third_coordinate(r, -1);
}

static void volume(void)
{
    static const float r[] = {0.1f, 0.9f, 0.5f, 0.2f};
    uint8_t *texels = make_texels(16, 16, 0);
    GLuint texture;

    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_3D, texture);
    glTexImage3D(GL_TEXTURE_3D, 0, GL_RGBA8, 16, 16, 16, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels);
    free(texels);
    glTexParameteri(GL_TEXTURE_3D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glEnable(GL_TEXTURE_3D);
    draw_with_third_coordinate(r, 0);
}

static void two_units(void)
{
    static const float corners[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};

    make_texture(GL_RGBA8, 64, 64, GL_LINEAR, GL_LINEAR);
    glActiveTexture(GL_TEXTURE1);
    make_texture(GL_RGB8, 32, 32, GL_NEAREST, GL_NEAREST);
    glTexEnvi(GL_TEXTURE_ENV, GL_TEXTURE_ENV_MODE, GL_ADD);
    glBegin(GL_QUADS);
    for (int i = 0; i < 4; i++) {
        glMultiTexCoord2f(GL_TEXTURE0, corners[i][0], corners[i][1]);
        glMultiTexCoord2f(GL_TEXTURE1, corners[i][1] * 0.5f, corners[i][0] * 0.5f);
        glVertex2fv(corners[i]);
    }
    glEnd();
}

/* Nearest filters: where a texel ends is a matter of rounding, pixel by pixel. */
static const struct scene scenes[] = {
    {"nearest", nearest, {4, 160}, NULL},
    {"linear", linear, {2, 32}, NULL},
    {"odd_size", odd_size, {3, 32}, NULL},
    {"trilinear", trilinear, {4, 32}, NULL},
    {"nearest_level", nearest_level, {8, 16}, NULL},
    {"perspective", perspective, {4, 32}, NULL},
    {"repeated", repeated, {4, 32}, NULL},
    {"clamped_and_mirrored", clamped_and_mirrored, {4, 48}, NULL},
    {"bordered", bordered, {4, 32}, NULL},
    {"format_rgb8", format_rgb8, {2, 32}, NULL},
    {"format_rgb565", format_rgb565, {2, 32}, NULL},
    {"format_rgba4", format_rgba4, {2, 32}, NULL},
    {"format_rgb5_a1", format_rgb5_a1, {2, 32}, NULL},
    {"format_rgb10_a2", format_rgb10_a2, {2, 32}, NULL},
    {"format_luminance8", format_luminance8, {2, 32}, NULL},
    {"format_alpha8", format_alpha8, {2, 32}, NULL},
    {"format_intensity8", format_intensity8, {2, 32}, NULL},
    {"format_luminance8_alpha8", format_luminance8_alpha8, {2, 32}, NULL},
    {"format_srgb8_alpha8", format_srgb8_alpha8, {2, 32}, NULL},
    {"format_dxt1", format_dxt1, {4, 32}, NULL},
    {"format_dxt3", format_dxt3, {4, 32}, NULL},
    {"format_dxt5", format_dxt5, {4, 32}, NULL},
    {"cube_map", cube_map, {1, 160}, NULL},
    {"volume", volume, {2, 4}, NULL},
    {"two_units", two_units, {2, 4}, NULL},
};

const struct scene_group texture_scenes = {"texture", scenes, sizeof(scenes) / sizeof(scenes[0])};
