/* SPDX-License-Identifier: MIT */
/* Which pixels a primitive covers, and how values spread over it. */
#include "scene.h"

#include <math.h>

static void nothing(void)
{
}

static void smooth_triangle(void)
{
    draw_triangle(0);
}

static void flat_triangle(void)
{
    glShadeModel(GL_FLAT);
    draw_triangle(0);
}

static void many_rectangles(void)
{
    for (int i = 0; i < 400; i++) {
        const float x = (float)(i % 20) / 10.0f - 1, y = (float)(i / 20) / 10.0f - 1;
        glColor4f((float)(i % 7) / 7, (float)(i % 11) / 11, (float)(i % 5) / 5, 1);
        glRectf(x, y, x + 0.08f, y + 0.07f);
    }
}

/* More vertices than any one batch holds. */
static void more_than_a_batch(void)
{
    for (int i = 0; i < 20000; i++) {
        const float x = (float)(i % 100) / 50.0f - 1, y = (float)(i / 100) / 100.0f - 1;
        glColor3f((float)(i % 3) / 3, (float)(i % 17) / 17, (float)(i % 29) / 29);
        glRectf(x, y, x + 0.02f, y + 0.01f);
    }
}

static void culled_faces(void)
{
    glEnable(GL_CULL_FACE);
    draw_triangle(0);
    glFrontFace(GL_CW);
    glRotatef(90, 0, 0, 1);
    draw_triangle(0);
}

static void clipped_triangle(void)
{
    glScalef(3, 2.5f, 1);
    glTranslatef(0.3f, -0.2f, 0);
    draw_triangle(0);
}

/* Flat: the driver drops w when nothing but colours needs it, and so spreads them linearly. */
static void triangle_behind_the_eye(void)
{
    glShadeModel(GL_FLAT);
    glMatrixMode(GL_PROJECTION);
    glFrustum(-1, 1, -1, 1, 1, 10);
    glMatrixMode(GL_MODELVIEW);
    glTranslatef(0, 0, -1.2f);
    glRotatef(80, 1, 0, 0);
    glScalef(3, 3, 1);
    draw_triangle(0);
}

static void lit_triangle(void)
{
    static const float place[] = {1, 1, -2, 0};

    glEnable(GL_LIGHTING);
    glEnable(GL_LIGHT0);
    glLightfv(GL_LIGHT0, GL_POSITION, place);
    glBegin(GL_TRIANGLES);
    glNormal3f(0, 0, 1);
    glVertex2f(-0.9f, -0.9f);
    glNormal3f(0.7f, 0, -0.7f);
    glVertex2f(0.9f, -0.9f);
    glNormal3f(0, 0.7f, -0.7f);
    glVertex2f(0, 0.9f);
    glEnd();
}

static void wide_lines(void)
{
    glLineWidth(3);
    glBegin(GL_LINES);
    for (int i = 0; i < 12; i++) {
        const float angle = (float)i * 0.52f;
        glColor3f((float)i / 12, 1, 0);
        glVertex2f(0, 0);
        glVertex2f(0.9f * cosf(angle), 0.9f * sinf(angle));
    }
    glEnd();
}

static void thin_lines(void)
{
    glBegin(GL_LINE_LOOP);
    for (int i = 0; i < 20; i++) {
        glColor3f((float)i / 20, 1, 0);
        glVertex2f(0.7f * cosf((float)i * 0.314f), 0.7f * sinf((float)i * 0.314f));
    }
    glEnd();
}

static void smooth_lines(void)
{
    glEnable(GL_LINE_SMOOTH);
    glEnable(GL_BLEND);
    glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
    glLineWidth(2);
    glBegin(GL_LINES);
    for (int i = 0; i < 8; i++) {
        glVertex2f(-0.9f, (float)i * 0.2f - 0.8f);
        glVertex2f(0.9f, (float)i * 0.15f - 0.6f);
    }
    glEnd();
}

static void thin_points(void)
{
    glBegin(GL_POINTS);
    for (int i = 0; i < 300; i++) {
        glVertex2f(sinf((float)i * 1.7f), cosf((float)i * 2.3f));
    }
    glEnd();
}

static void outlines(void)
{
    glPolygonMode(GL_FRONT_AND_BACK, GL_LINE);
    draw_triangle(0);
}

static void straight_lines(void)
{
    glBegin(GL_LINES);
    for (int i = 0; i < 10; i++) {
        const float place = ((float)i * 12 + 4.5f) / 64 - 1;
        glVertex2f(-0.898f, place);
        glVertex2f(0.899f, place);
    }
    glEnd();
}

static void wide_points(void)
{
    glPointSize(5);
    glBegin(GL_POINTS);
    for (int i = 0; i < 30; i++) {
        glVertex2f(sinf((float)i * 1.7f), cosf((float)i * 2.3f));
    }
    glEnd();
}

static const struct scene scenes[] = {
    {"nothing", nothing, {0, 0}, NULL},
    {"smooth_triangle", smooth_triangle, {1, 4}, NULL},
    {"flat_triangle", flat_triangle, {0, 4}, NULL},
    {"many_rectangles", many_rectangles, {1, 0}, NULL},
    {"more_than_a_batch", more_than_a_batch, {1, 40}, NULL},
    {"culled_faces", culled_faces, {1, 8}, NULL},
    {"clipped_triangle", clipped_triangle, {1, 4}, NULL},
    {"triangle_behind_the_eye", triangle_behind_the_eye, {1, 16}, NULL},
    {"lit_triangle", lit_triangle, {1, 4}, NULL},
    {"wide_lines", wide_lines, {2, 16}, NULL},
    {"thin_lines", thin_lines, {1, 4}, "llvmpipe"},
    {"smooth_lines", smooth_lines, {2, 16}, NULL},
    {"thin_points", thin_points, {0, 4}, "llvmpipe"},
    {"outlines", outlines, {1, 4}, "llvmpipe"},
    {"straight_lines", straight_lines, {0, 0}, NULL},
    {"wide_points", wide_points, {1, 16}, "llvmpipe"},
};

const struct scene_group raster_scenes = {"raster", scenes, sizeof(scenes) / sizeof(scenes[0])};
