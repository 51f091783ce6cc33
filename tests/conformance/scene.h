/* SPDX-License-Identifier: MIT */
/*
 * Scenes: small programs of OpenGL 2.1, each about one feature, drawn by our driver on the modelled
 * GPU and by one of Mesa's software rasterizers, and compared. A scene finds a new context, a
 * grey-blue colour buffer, a cleared depth and stencil buffer, and need not tidy up.
 */
#ifndef GEMD_TESTS_SCENE_GL_H
#define GEMD_TESTS_SCENE_GL_H

#define GL_GLEXT_PROTOTYPES
#include <stddef.h>
#include <stdint.h>

#include <GL/gl.h>
#include <GL/glext.h>

#define SCENE_SIZE 128 /* pixels, both ways */

/*
 * How far our picture may be from the other one. Outlines: gen3 snaps vertices to a sixteenth of a
 * pixel, the others do not, so that pixels whose centre is nearly on an edge fall either way.
 */
struct tolerance {
    unsigned channel; /* steps of 255 that a channel may differ, everywhere but in outliers */
    unsigned outliers;
};

struct scene {
    const char *name;
    void (*draw)(void);
    struct tolerance tolerance;
    const char *reference; /* "llvmpipe"; NULL: softpipe. They disagree about points and lines. */
};

/* Scenes that share a process, so that a GPU that stops in one group spares the others. */
struct scene_group {
    const char *name;
    const struct scene *scenes;
    size_t count;
};

extern const struct scene_group raster_scenes, fragment_scenes, shader_scenes, texture_scenes,
    target_scenes;

/* ---- what scenes are made of ---- */

/* A triangle, red, green and blue at its corners, alpha from a half to one; z, -z and z. */
void draw_triangle(float z);
/* Nearly the whole window, its texture coordinates from 0 to 1, in the current colour. */
void draw_quad(float z);
/* A gradient with a chequered third channel and rising alpha, as texture, bound and enabled. */
GLuint make_texture(GLenum internal_format, int width, int height, GLenum min_filter,
                    GLenum mag_filter);
/* Uses a program of this fragment shader, whose input is 'varying vec4 place', -1 to 1. */
void use_shader(const char *source);
/* Uses a program of both; returns it. The vertex shader writes gl_Position and 'place'. */
GLuint use_shaders(const char *vertex, const char *fragment);

#endif
