/* SPDX-License-Identifier: MIT */
/*
 * The geometry of a toothed wheel, and how one wheel turns another. No OpenGL in here.
 *
 * A wheel lies in the x-y plane around the origin, its thickness along z, and is a closed surface
 * of triangles, counter-clockwise when seen from outside. Lengths are free units; angles are
 * degrees.
 */
#ifndef GEMD_TOOLS_EGLGEARS_GEAR_H
#define GEMD_TOOLS_EGLGEARS_GEAR_H

#include <stdint.h>

struct gear_shape {
    float bore;        /* radius of the hole */
    float pitch;       /* radius at half the height of a tooth */
    float tooth_depth; /* from root to tip */
    float thickness;
    unsigned teeth;
};

struct gear_vertex {
    float normal[3];
    float position[3];
};

/* Triangles: three indices each. */
struct gear_mesh {
    struct gear_vertex *vertices;
    uint16_t *indices;
    unsigned vertex_count, index_count;
};

/* 0, -ENOMEM, or -EINVAL when there are fewer than 3 or more than 600 teeth. */
__attribute__((warn_unused_result)) int gear_mesh_init(struct gear_mesh *mesh,
                                                       const struct gear_shape *shape);
void gear_mesh_finish(struct gear_mesh *mesh);

/*
 * The angle of a wheel with 'driven_teeth' that a wheel with 'driver_teeth', now at 'driver_angle',
 * turns: a tooth of one meets a gap of the other on the line between their centres, which leaves
 * the driver's centre in 'direction'.
 */
float gear_driven_angle(unsigned driver_teeth, float driver_angle, unsigned driven_teeth,
                        float direction);

#endif
