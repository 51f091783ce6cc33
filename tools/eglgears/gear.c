/* SPDX-License-Identifier: MIT */
#include "tools/eglgears/gear.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* A tooth's share of the circle in quarters: flank, tip, flank, gap. */
enum { QUARTERS = 4, QUADS_PER_TOOTH = 3 + 3 + 4 + 2 };

struct point {
    float x, y;
};

/* One tooth's outline, from its first root point to that of the next tooth. */
struct outline {
    struct point rim[QUARTERS + 1];
    struct point hole[QUARTERS + 1];
};

static struct point polar(float radius, float angle)
{
    return (struct point){radius * cosf(angle), radius * sinf(angle)};
}

static struct outline outline_of(const struct gear_shape *shape, unsigned tooth)
{
    const float root = shape->pitch - shape->tooth_depth / 2;
    const float tip = shape->pitch + shape->tooth_depth / 2;
    const float radius[QUARTERS + 1] = {root, tip, tip, root, root};
    const unsigned steps = shape->teeth * QUARTERS;
    struct outline outline;
    for (unsigned i = 0; i <= QUARTERS; i++) {
        /* The last tooth ends on the very numbers that the first begins with: no crack. */
        unsigned step = (tooth * QUARTERS + i) % steps;
        float angle = 2 * (float)M_PI * (float)step / (float)steps;
        outline.rim[i] = polar(radius[i], angle);
        outline.hole[i] = polar(shape->bore, angle);
    }
    return outline;
}

static void add_vertex(struct gear_mesh *mesh, struct point at, float z, float nx, float ny,
                       float nz)
{
    mesh->vertices[mesh->vertex_count++] = (struct gear_vertex){{nx, ny, nz}, {at.x, at.y, z}};
}

/* The two triangles over the four vertices that come next. */
static void add_quad_indices(struct gear_mesh *mesh)
{
    static const unsigned corners[6] = {0, 1, 2, 0, 2, 3};
    for (unsigned i = 0; i < 6; i++) {
        mesh->indices[mesh->index_count++] = (uint16_t)(mesh->vertex_count + corners[i]);
    }
}

/* A flat piece at height z; the corners are counter-clockwise as seen from +z. */
static void add_face(struct gear_mesh *mesh, const struct point corners[4], float z)
{
    add_quad_indices(mesh);
    for (unsigned i = 0; i < 4; i++) {
        /* From below the same corners go round the other way. */
        struct point at = corners[z > 0 ? i : 3 - i];
        add_vertex(mesh, at, z, 0, 0, z > 0 ? 1 : -1);
    }
}

/* A wall from a to b, with a normal at each end; its outside is to the right of a->b. */
static void add_wall(struct gear_mesh *mesh, struct point a, struct point b, struct point na,
                     struct point nb, float half)
{
    add_quad_indices(mesh);
    add_vertex(mesh, a, -half, na.x, na.y, 0);
    add_vertex(mesh, b, -half, nb.x, nb.y, 0);
    add_vertex(mesh, b, half, nb.x, nb.y, 0);
    add_vertex(mesh, a, half, na.x, na.y, 0);
}

static struct point right_of(struct point a, struct point b)
{
    float dx = b.x - a.x, dy = b.y - a.y, length = hypotf(dx, dy);
    return (struct point){dy / length, -dx / length};
}

static struct point towards_axis(struct point at)
{
    float length = hypotf(at.x, at.y);
    return (struct point){-at.x / length, -at.y / length};
}

static void add_tooth(struct gear_mesh *mesh, const struct gear_shape *shape, unsigned tooth)
{
    const struct outline o = outline_of(shape, tooth);
    const float half = shape->thickness / 2;
    const struct point faces[3][4] = {
        {o.hole[0], o.rim[0], o.rim[3], o.hole[3]},
        {o.rim[0], o.rim[1], o.rim[2], o.rim[3]},
        {o.hole[3], o.rim[3], o.rim[4], o.hole[4]},
    };
    for (unsigned i = 0; i < 3; i++) {
        add_face(mesh, faces[i], half);
        add_face(mesh, faces[i], -half);
    }
    for (unsigned i = 0; i < QUARTERS; i++) {
        struct point normal = right_of(o.rim[i], o.rim[i + 1]);
        add_wall(mesh, o.rim[i], o.rim[i + 1], normal, normal, half);
    }
    /* The hole is round: normals at the corners, so that shading hides the facets. */
    add_wall(mesh, o.hole[3], o.hole[0], towards_axis(o.hole[3]), towards_axis(o.hole[0]), half);
    add_wall(mesh, o.hole[4], o.hole[3], towards_axis(o.hole[4]), towards_axis(o.hole[3]), half);
}

int gear_mesh_init(struct gear_mesh *mesh, const struct gear_shape *shape)
{
    *mesh = (struct gear_mesh){0};
    if (shape->teeth < 3 || shape->teeth > 600) {
        return -EINVAL;
    }
    const size_t quads = (size_t)shape->teeth * QUADS_PER_TOOTH;
    mesh->vertices = calloc(quads * 4, sizeof *mesh->vertices);
    mesh->indices = calloc(quads * 6, sizeof *mesh->indices);
    if (mesh->vertices == NULL || mesh->indices == NULL) {
        gear_mesh_finish(mesh);
        return -ENOMEM;
    }
    for (unsigned tooth = 0; tooth < shape->teeth; tooth++) {
        add_tooth(mesh, shape, tooth);
    }
    return 0;
}

void gear_mesh_finish(struct gear_mesh *mesh)
{
    free(mesh->vertices);
    free(mesh->indices);
    *mesh = (struct gear_mesh){0};
}

/*
 * Count in teeth: a wheel at 'angle' has on the ray 'direction' the phase
 * (direction - angle) / tooth - 3/8, which is whole in the middle of a tooth. The wheels turn
 * against each other, so their phases on the common line are opposite, and half a tooth apart.
 */
float gear_driven_angle(unsigned driver_teeth, float driver_angle, unsigned driven_teeth,
                        float direction)
{
    const float driver_tooth = 360.0f / (float)driver_teeth;
    const float driven_tooth = 360.0f / (float)driven_teeth;
    const float phase = (direction - driver_angle) / driver_tooth - 0.375f;
    return direction + 180.0f - driven_tooth * (0.375f + 0.5f - phase);
}
