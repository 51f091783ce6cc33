/* SPDX-License-Identifier: MIT */
/*
 * Three wheels in a light, drawn with OpenGL 2.1's fixed function into the current context.
 */
#ifndef GEMD_TOOLS_EGLGEARS_SCENE_H
#define GEMD_TOOLS_EGLGEARS_SCENE_H

#include <GL/gl.h>

enum { SCENE_GEARS = 3 };

struct scene {
    GLuint vertices, indices;         /* buffer objects that hold all wheels one after the other */
    GLsizei index_count[SCENE_GEARS]; /* of each wheel */
    GLintptr vertex_offset[SCENE_GEARS], index_offset[SCENE_GEARS]; /* bytes */
};

/* 0 or a negative errno. The context must be current here, and in all calls below. */
__attribute__((warn_unused_result)) int scene_init(struct scene *scene);
void scene_finish(struct scene *scene);
void scene_resize(int width, int height);
/* angle: of the large wheel, degrees. */
void scene_draw(const struct scene *scene, float angle);

#endif
