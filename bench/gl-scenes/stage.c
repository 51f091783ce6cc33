/* SPDX-License-Identifier: MIT */
#include "bench/gl-scenes/stage.h"

#include <EGL/eglext.h>
#include <GLES2/gl2ext.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

bool stage_open(struct stage *stage)
{
    static const EGLint config_attributes[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT,
                                               EGL_RENDERABLE_TYPE, EGL_OPENGL_ES2_BIT, EGL_NONE};
    static const EGLint context_attributes[] = {EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
    PFNEGLGETPLATFORMDISPLAYEXTPROC get_display =
        (PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");
    *stage = (struct stage){.display = EGL_NO_DISPLAY, .context = EGL_NO_CONTEXT};
    if (get_display != NULL) {
        stage->display = get_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    }
    EGLConfig config;
    EGLint count = 0;
    if (!eglInitialize(stage->display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API) ||
        !eglChooseConfig(stage->display, config_attributes, &config, 1, &count) || count == 0) {
        fprintf(stderr, "gl-scenes: no surfaceless EGL display (error 0x%x)\n", eglGetError());
        return false;
    }
    stage->context = eglCreateContext(stage->display, config, EGL_NO_CONTEXT, context_attributes);
    if (stage->context == EGL_NO_CONTEXT ||
        !eglMakeCurrent(stage->display, EGL_NO_SURFACE, EGL_NO_SURFACE, stage->context)) {
        fprintf(stderr, "gl-scenes: no GLES 2 context (error 0x%x)\n", eglGetError());
        return false;
    }
    return true;
}

void stage_close(struct stage *stage)
{
    if (stage->display != EGL_NO_DISPLAY) {
        eglMakeCurrent(stage->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        eglTerminate(stage->display);
    }
}

bool stage_framebuffer(struct stage *stage, int width, int height)
{
    stage->width = width;
    stage->height = height;
    glGenTextures(1, &stage->color);
    glBindTexture(GL_TEXTURE_2D, stage->color);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glGenRenderbuffers(1, &stage->depth);
    glBindRenderbuffer(GL_RENDERBUFFER, stage->depth);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT24_OES, width, height);
    glGenFramebuffers(1, &stage->framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, stage->framebuffer);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, stage->color, 0);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, stage->depth);
    const GLenum status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
    if (status != GL_FRAMEBUFFER_COMPLETE) {
        fprintf(stderr, "gl-scenes: no framebuffer of %dx%d (status 0x%x)\n", width, height,
                status);
        return false;
    }
    glViewport(0, 0, width, height);
    return true;
}

static GLuint compile(GLenum type, const char *source)
{
    const GLuint shader = glCreateShader(type);
    GLint compiled = 0;
    glShaderSource(shader, 1, &source, NULL);
    glCompileShader(shader);
    glGetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
    if (!compiled) {
        char log[1000];
        glGetShaderInfoLog(shader, sizeof log, NULL, log);
        fprintf(stderr, "gl-scenes: shader: %s\n", log);
        glDeleteShader(shader);
        return 0;
    }
    return shader;
}

bool stage_program(struct stage *stage, const char *vertex, const char *fragment)
{
    const GLuint shaders[2] = {compile(GL_VERTEX_SHADER, vertex),
                               compile(GL_FRAGMENT_SHADER, fragment)};
    GLint linked = 0;
    stage->program = glCreateProgram();
    for (unsigned i = 0; i < 2; i++) {
        if (shaders[i] == 0) {
            return false;
        }
        glAttachShader(stage->program, shaders[i]);
    }
    glLinkProgram(stage->program);
    glGetProgramiv(stage->program, GL_LINK_STATUS, &linked);
    if (!linked) {
        char log[1000];
        glGetProgramInfoLog(stage->program, sizeof log, NULL, log);
        fprintf(stderr, "gl-scenes: program: %s\n", log);
        return false;
    }
    glUseProgram(stage->program);
    stage->position = glGetAttribLocation(stage->program, "position");
    stage->paint = glGetAttribLocation(stage->program, "paint");
    stage->coordinate = glGetAttribLocation(stage->program, "coordinate");
    stage->turn = glGetUniformLocation(stage->program, "turn");
    return true;
}

void stage_texture(struct stage *stage, int side, bool mipmaps)
{
    uint8_t *texels = malloc((size_t)side * (size_t)side * 4);
    if (texels == NULL) {
        abort();
    }
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            uint8_t *t = texels + ((size_t)y * (size_t)side + (size_t)x) * 4;
            t[0] = (uint8_t)(x * 255 / side);
            t[1] = (uint8_t)(y * 255 / side);
            t[2] = (uint8_t)((x ^ y) * 255 / side);
            t[3] = 255;
        }
    }
    glGenTextures(1, &stage->texture);
    glBindTexture(GL_TEXTURE_2D, stage->texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, side, side, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER,
                    mipmaps ? GL_LINEAR_MIPMAP_LINEAR : GL_LINEAR);
    if (mipmaps) {
        glGenerateMipmap(GL_TEXTURE_2D);
    }
    free(texels);
}
