/* SPDX-License-Identifier: MIT */
/*
 * What a scene is drawn with: a GLES 2 context without a window, and a framebuffer object that
 * every renderer offers alike. All pixels are off the screen: no window system is measured.
 */
#ifndef GEMD_BENCH_GL_SCENES_STAGE_H
#define GEMD_BENCH_GL_SCENES_STAGE_H

#include <EGL/egl.h>
#include <GLES2/gl2.h>
#include <stdbool.h>

struct stage {
    EGLDisplay display;
    EGLContext context;
    int width, height; /* of the framebuffer, pixels */
    GLuint framebuffer, color, depth;
    GLuint program;
    GLint position, paint, coordinate; /* attributes, -1 where the program has none */
    GLint turn;                        /* uniform: changes with every frame */
    GLuint texture;                    /* bound while the scene draws */
    unsigned vertices;                 /* in the scene's buffer */
};

/* A surfaceless context, current. False, with a line on stderr, where there is none. */
bool stage_open(struct stage *stage);
void stage_close(struct stage *stage);

/* The framebuffer, with depth of 24 bits. False, with a line on stderr. */
bool stage_framebuffer(struct stage *stage, int width, int height);

/* Compiles and links; attributes and uniforms by their names above. False, with GL's log. */
bool stage_program(struct stage *stage, const char *vertex, const char *fragment);

/* A square texture of a smooth pattern; complete with mip maps when 'mipmaps'. */
void stage_texture(struct stage *stage, int side, bool mipmaps);

#endif
