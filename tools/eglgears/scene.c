/* SPDX-License-Identifier: MIT */
#define GL_GLEXT_PROTOTYPES
#include "tools/eglgears/scene.h"

#include <GL/glext.h>
#include <math.h>
#include <stddef.h>

#include "tools/eglgears/gear.h"

/* The wheels everybody knows. The first turns the other two. */
static const struct wheel {
    struct gear_shape shape;
    float x, y;
    GLfloat colour[4];
} wheels[SCENE_GEARS] = {
    {{.bore = 1.0f, .pitch = 4.0f, .thickness = 1.0f, .teeth = 20, .tooth_depth = 0.7f},
     -3.0f,
     -2.0f,
     {0.8f, 0.1f, 0.0f, 1.0f}},
    {{.bore = 0.5f, .pitch = 2.0f, .thickness = 2.0f, .teeth = 10, .tooth_depth = 0.7f},
     3.1f,
     -2.0f,
     {0.0f, 0.8f, 0.2f, 1.0f}},
    {{.bore = 1.3f, .pitch = 2.0f, .thickness = 0.5f, .teeth = 10, .tooth_depth = 0.7f},
     -3.1f,
     4.2f,
     {0.2f, 0.2f, 1.0f, 1.0f}},
};

static int upload(struct scene *scene, const struct gear_mesh meshes[SCENE_GEARS])
{
    GLintptr vertex_bytes = 0, index_bytes = 0;
    for (unsigned i = 0; i < SCENE_GEARS; i++) {
        scene->vertex_offset[i] = vertex_bytes;
        scene->index_offset[i] = index_bytes;
        scene->index_count[i] = (GLsizei)meshes[i].index_count;
        vertex_bytes += (GLintptr)(meshes[i].vertex_count * sizeof(struct gear_vertex));
        index_bytes += (GLintptr)(meshes[i].index_count * sizeof(uint16_t));
    }
    glGenBuffers(1, &scene->vertices);
    glGenBuffers(1, &scene->indices);
    glBindBuffer(GL_ARRAY_BUFFER, scene->vertices);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, scene->indices);
    glBufferData(GL_ARRAY_BUFFER, vertex_bytes, NULL, GL_STATIC_DRAW);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, index_bytes, NULL, GL_STATIC_DRAW);
    for (unsigned i = 0; i < SCENE_GEARS; i++) {
        glBufferSubData(GL_ARRAY_BUFFER, scene->vertex_offset[i],
                        (GLsizeiptr)(meshes[i].vertex_count * sizeof(struct gear_vertex)),
                        meshes[i].vertices);
        glBufferSubData(GL_ELEMENT_ARRAY_BUFFER, scene->index_offset[i],
                        (GLsizeiptr)(meshes[i].index_count * sizeof(uint16_t)), meshes[i].indices);
    }
    return 0;
}

static void set_state(void)
{
    static const GLfloat light[4] = {5.0f, 5.0f, 10.0f, 0.0f};
    glEnable(GL_DEPTH_TEST);
    glEnable(GL_CULL_FACE);
    glEnable(GL_LIGHTING);
    glEnable(GL_LIGHT0);
    glMatrixMode(GL_MODELVIEW);
    glLoadIdentity();
    glLightfv(GL_LIGHT0, GL_POSITION, light);
    glEnableClientState(GL_VERTEX_ARRAY);
    glEnableClientState(GL_NORMAL_ARRAY);
    glClearColor(0, 0, 0, 0);
}

int scene_init(struct scene *scene)
{
    struct gear_mesh meshes[SCENE_GEARS] = {0};
    int error = 0;
    *scene = (struct scene){0};
    for (unsigned i = 0; i < SCENE_GEARS && error == 0; i++) {
        error = gear_mesh_init(&meshes[i], &wheels[i].shape);
    }
    if (error == 0) {
        error = upload(scene, meshes);
    }
    for (unsigned i = 0; i < SCENE_GEARS; i++) {
        gear_mesh_finish(&meshes[i]);
    }
    if (error == 0) {
        set_state();
    }
    return error;
}

void scene_finish(struct scene *scene)
{
    glDeleteBuffers(1, &scene->vertices);
    glDeleteBuffers(1, &scene->indices);
    *scene = (struct scene){0};
}

void scene_resize(int width, int height)
{
    const double aspect = (double)height / (double)width;
    glViewport(0, 0, width, height);
    glMatrixMode(GL_PROJECTION);
    glLoadIdentity();
    /* The shorter side always holds the whole scene. */
    if (aspect > 1) {
        glFrustum(-1, 1, -aspect, aspect, 5, 60);
    } else {
        glFrustum(-1 / aspect, 1 / aspect, -1, 1, 5, 60);
    }
    glMatrixMode(GL_MODELVIEW);
}

static float wheel_angle(unsigned i, float angle)
{
    if (i == 0) {
        return angle;
    }
    float direction = atan2f(wheels[i].y - wheels[0].y, wheels[i].x - wheels[0].x);
    return gear_driven_angle(wheels[0].shape.teeth, angle, wheels[i].shape.teeth,
                             direction * 180.0f / (float)M_PI);
}

void scene_draw(const struct scene *scene, float angle)
{
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glLoadIdentity();
    glTranslatef(0, 0, -40);
    glRotatef(20, 1, 0, 0);
    glRotatef(30, 0, 1, 0);
    for (unsigned i = 0; i < SCENE_GEARS; i++) {
        const char *base = (const char *)scene->vertex_offset[i];
        glPushMatrix();
        glTranslatef(wheels[i].x, wheels[i].y, 0);
        glRotatef(wheel_angle(i, angle), 0, 0, 1);
        glMaterialfv(GL_FRONT, GL_AMBIENT_AND_DIFFUSE, wheels[i].colour);
        glNormalPointer(GL_FLOAT, sizeof(struct gear_vertex),
                        base + offsetof(struct gear_vertex, normal));
        glVertexPointer(3, GL_FLOAT, sizeof(struct gear_vertex),
                        base + offsetof(struct gear_vertex, position));
        glDrawElements(GL_TRIANGLES, scene->index_count[i], GL_UNSIGNED_SHORT,
                       (const void *)scene->index_offset[i]);
        glPopMatrix();
    }
}
