/* SPDX-License-Identifier: MIT */
/* What happens to a fragment between the shader and the buffers. */
#include "scene.h"

static void depth_test(void)
{
    glEnable(GL_DEPTH_TEST);
    draw_triangle(0.5f);
    glColor3f(1, 1, 0);
    draw_quad(0);
}

static void depth_functions(void)
{
    static const GLenum functions[] = {GL_LESS,   GL_GREATER,  GL_EQUAL,
                                       GL_LEQUAL, GL_NOTEQUAL, GL_ALWAYS};

    glEnable(GL_DEPTH_TEST);
    draw_quad(0);
    for (int i = 0; i < 6; i++) {
        const float size = 1 - (float)i * 0.15f;
        glDepthFunc(functions[i]);
        glPushMatrix();
        glScalef(size, size, 1);
        draw_triangle(0.4f);
        glPopMatrix();
    }
}

static void depth_clear(void)
{
    glEnable(GL_DEPTH_TEST);
    glClearDepth(0.25);
    glClear(GL_DEPTH_BUFFER_BIT);
    draw_triangle(-0.9f);
    draw_triangle(0.3f);
}

static void depth_offset(void)
{
    glEnable(GL_DEPTH_TEST);
    glColor3f(1, 0, 0);
    draw_quad(0);
    glEnable(GL_POLYGON_OFFSET_FILL);
    glPolygonOffset(-1, -2);
    glColor3f(0, 1, 0);
    glRectf(-0.5f, -0.5f, 0.5f, 0.5f);
}

static void blend_functions(void)
{
    static const GLenum functions[][2] = {{GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA},
                                          {GL_ONE, GL_ONE},
                                          {GL_DST_COLOR, GL_ZERO},
                                          {GL_ONE_MINUS_DST_ALPHA, GL_DST_ALPHA}};

    glEnable(GL_BLEND);
    for (int i = 0; i < 4; i++) {
        glBlendFunc(functions[i][0], functions[i][1]);
        glPushMatrix();
        glRotatef((float)i * 40, 0, 0, 1);
        draw_triangle(0);
        glPopMatrix();
    }
    glBlendFunc(GL_ONE, GL_ONE);
    glBlendEquation(GL_FUNC_REVERSE_SUBTRACT);
    draw_triangle(0);
}

static void alpha_test(void)
{
    glEnable(GL_ALPHA_TEST);
    glAlphaFunc(GL_GREATER, 0.75f);
    draw_triangle(0);
}

static void scissor(void)
{
    glEnable(GL_SCISSOR_TEST);
    glScissor(20, 30, 50, 60);
    glClearColor(0, 1, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glScissor(40, 10, 33, 99);
    draw_triangle(0);
}

static void empty_scissor(void)
{
    glEnable(GL_SCISSOR_TEST);
    glScissor(20, 30, 0, 60);
    draw_triangle(0);
    glScissor(-50, 0, 40, 60);
    draw_quad(0);
    glScissor(0, SCENE_SIZE + 1, 40, 60);
    glClear(GL_COLOR_BUFFER_BIT);
    glScissor(10, 10, 1, 1);
    draw_quad(0);
}

/* As the first scissor of a context. */
static void scissor_beside_the_window(void)
{
    glEnable(GL_SCISSOR_TEST);
    glScissor(-50, -50, 40, 40);
    glClearColor(1, 0, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    draw_triangle(0);
}

static void colour_mask(void)
{
    glColorMask(GL_TRUE, GL_FALSE, GL_TRUE, GL_FALSE);
    draw_triangle(0);
    draw_quad(0);
}

static void stencil(void)
{
    glEnable(GL_STENCIL_TEST);
    glStencilFunc(GL_ALWAYS, 1, 255);
    glStencilOp(GL_KEEP, GL_KEEP, GL_REPLACE);
    draw_triangle(0);
    glStencilFunc(GL_EQUAL, 1, 255);
    glStencilOp(GL_KEEP, GL_KEEP, GL_INCR);
    glColor3f(1, 0, 1);
    glPushMatrix();
    glScalef(0.7f, 0.7f, 1);
    draw_quad(0);
    glPopMatrix();
    glStencilFunc(GL_EQUAL, 2, 3);
    glColor3f(0, 1, 1);
    glRectf(-0.3f, -0.3f, 0.3f, 0.3f);
}

static void fog(void)
{
    static const float colour[] = {0.5f, 0.5f, 1, 1};

    glEnable(GL_FOG);
    glFogi(GL_FOG_MODE, GL_LINEAR);
    glFogfv(GL_FOG_COLOR, colour);
    glFogf(GL_FOG_START, -1);
    glFogf(GL_FOG_END, 1);
    draw_triangle(0.8f);
}

/* Repeats every four pixels, which is what the hardware can. */
static void polygon_stipple(void)
{
    static const GLubyte rows[4] = {0x11, 0x33, 0x77, 0xee};
    GLubyte mask[128];

    for (int i = 0; i < 128; i++) {
        mask[i] = rows[i / 4 % 4];
    }
    glEnable(GL_POLYGON_STIPPLE);
    glPolygonStipple(mask);
    draw_triangle(0);
}

static void stipple_of_all(void)
{
    glEnable(GL_POLYGON_STIPPLE);
    draw_triangle(0);
}

static void logic_operation(void)
{
    draw_quad(0);
    glEnable(GL_COLOR_LOGIC_OP);
    glLogicOp(GL_XOR);
    draw_triangle(0);
}

static const struct scene scenes[] = {
    {"depth_test", depth_test, {1, 32}, NULL},
    {"depth_functions", depth_functions, {1, 48}, NULL},
    {"depth_clear", depth_clear, {1, 16}, NULL},
    {"depth_offset", depth_offset, {1, 32}, NULL},
    {"blend_functions", blend_functions, {2, 16}, NULL},
    {"alpha_test", alpha_test, {1, 40}, NULL},
    {"scissor", scissor, {1, 4}, NULL},
    {"scissor_beside_the_window", scissor_beside_the_window, {0, 0}, NULL},
    {"empty_scissor", empty_scissor, {0, 0}, NULL},
    {"colour_mask", colour_mask, {1, 32}, NULL},
    {"stencil", stencil, {1, 16}, NULL},
    {"fog", fog, {1, 4}, NULL},
    {"polygon_stipple", polygon_stipple, {1, 32}, NULL},
    {"stipple_of_all", stipple_of_all, {1, 4}, NULL},
    {"logic_operation", logic_operation, {1, 32}, NULL},
};

const struct scene_group fragment_scenes = {"fragment", scenes, sizeof(scenes) / sizeof(scenes[0])};
