/* SPDX-License-Identifier: MIT */
/* Drawing into textures, and pixels that move between program, texture and window. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static GLuint bind_target(GLuint texture, int level, int size)
{
    GLuint framebuffer;

    glGenFramebuffers(1, &framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, level);
    glViewport(0, 0, size, size);
    glDisable(GL_TEXTURE_2D);
    return framebuffer;
}

static void bind_window(void)
{
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    glViewport(0, 0, SCENE_SIZE, SCENE_SIZE);
    glEnable(GL_TEXTURE_2D);
}

static void into_a_texture(void)
{
    const GLuint texture = make_texture(GL_RGBA8, 64, 64, GL_LINEAR, GL_LINEAR);
    GLuint depth;

    bind_target(texture, 0, 64);
    glGenRenderbuffers(1, &depth);
    glBindRenderbuffer(GL_RENDERBUFFER, depth);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, 64, 64);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, depth);
    glEnable(GL_DEPTH_TEST);
    glClearColor(0.1f, 0.3f, 0.2f, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    draw_triangle(0.5f);
    glDisable(GL_DEPTH_TEST);
    bind_window();
    draw_quad(0);
}

static void into_a_level(void)
{
    const GLuint texture = make_texture(GL_RGBA8, 64, 64, GL_LINEAR_MIPMAP_NEAREST, GL_LINEAR);

    bind_target(texture, 1, 32);
    glClearColor(1, 0, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    draw_triangle(0);
    bind_window();
    glScalef(0.25f, 0.25f, 1);
    draw_quad(0);
}

static void into_sixteen_bits(void)
{
    const GLuint texture = make_texture(GL_RGB565, 64, 64, GL_NEAREST, GL_NEAREST);

    bind_target(texture, 0, 64);
    glClearColor(0.5f, 0.25f, 0.75f, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glDisable(GL_DITHER);
    glColor3f(1, 1, 0);
    glRectf(-0.5f, -0.5f, 0.5f, 0.25f);
    glColor3f(1, 1, 1);
    bind_window();
    draw_quad(0);
}

static void back_and_forth(void)
{
    const GLuint texture = make_texture(GL_RGBA8, 64, 64, GL_LINEAR, GL_LINEAR);
    const GLuint framebuffer = bind_target(texture, 0, 64);

    for (int i = 0; i < 4; i++) {
        glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
        glViewport(0, 0, 64, 64);
        glDisable(GL_TEXTURE_2D);
        glRotatef(25, 0, 0, 1);
        draw_triangle(0);
        bind_window();
        glPushMatrix();
        glLoadIdentity();
        glTranslatef((float)(i % 2) - 0.5f, (float)(i / 2) - 0.5f, 0);
        glScalef(0.45f, 0.45f, 1);
        draw_quad(0);
        glPopMatrix();
    }
}

static void window_to_texture(void)
{
    draw_triangle(0);
    make_texture(GL_RGBA8, 64, 64, GL_LINEAR, GL_LINEAR);
    glCopyTexSubImage2D(GL_TEXTURE_2D, 0, 8, 8, 30, 30, 48, 40);
    draw_quad(0);
}

/* The second upload must not reach the first quad. */
static void changed_between_draws(void)
{
    static uint8_t white[32 * 32 * 4];

    memset(white, 255, sizeof(white));
    make_texture(GL_RGBA8, 64, 64, GL_LINEAR, GL_LINEAR);
    draw_quad(0);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 10, 20, 32, 32, GL_RGBA, GL_UNSIGNED_BYTE, white);
    glScalef(0.5f, 0.5f, 1);
    draw_quad(0);
}

static void drawn_and_copied_pixels(void)
{
    uint8_t *pixels = malloc(64 * 64 * 4);

    if (pixels == NULL) {
        abort();
    }
    for (int i = 0; i < 64 * 64 * 4; i++) {
        pixels[i] = (uint8_t)(i * 7);
    }
    glRasterPos2f(-0.5f, -0.5f);
    glDrawPixels(64, 64, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    glRasterPos2f(-0.2f, 0);
    glCopyPixels(20, 20, 40, 40, GL_COLOR);
    free(pixels);
}

static const struct scene scenes[] = {
    {"into_a_texture", into_a_texture, {2, 48}, NULL},
    {"into_a_level", into_a_level, {2, 16}, NULL},
    {"into_sixteen_bits", into_sixteen_bits, {0, 160}, NULL},
    {"back_and_forth", back_and_forth, {2, 64}, NULL},
    {"window_to_texture", window_to_texture, {2, 32}, NULL},
    {"changed_between_draws", changed_between_draws, {2, 48}, NULL},
    {"drawn_and_copied_pixels", drawn_and_copied_pixels, {0, 0}, NULL},
};

const struct scene_group target_scenes = {"target", scenes, sizeof(scenes) / sizeof(scenes[0])};
