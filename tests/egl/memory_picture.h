/* SPDX-License-Identifier: MIT */
/* Memory files that tests import as dma-bufs, and what a shader samples of them. */
#ifndef GEMD_TESTS_EGL_MEMORY_PICTURE_H
#define GEMD_TESTS_EGL_MEMORY_PICTURE_H

#include "tests/egl/fixture.h"

/* A memory file of so many bytes with these seals (F_SEAL_*), the caller's to close. */
int memory_file(size_t bytes, int seals);
/* One that can be imported, mapped at *map (munmap() of 'bytes'). */
int memory_picture(size_t bytes, uint8_t **map);

/* Open descriptors of this process. */
unsigned count_descriptors(void);

/* One plane in lines of 'stride' bytes; EGL_NO_IMAGE on failure. */
EGLImage import_picture(EGLDisplay display, int fd, EGLint fourcc, EGLint width, EGLint height,
                        EGLint offset, EGLint stride);

/* An OpenGL ES 2 context, current with a pbuffer of 8 by 8 pixels. */
EGLContext current_es2(EGLDisplay display);
/* Fills the pbuffer with what a sampler of this texture target sees of the image. */
void draw_image(EGLImage image, GLenum target);

#ifndef GL_TEXTURE_EXTERNAL_OES
#define GL_TEXTURE_EXTERNAL_OES 0x8D65
#endif

#endif
