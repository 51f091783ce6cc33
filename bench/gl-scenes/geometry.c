/* SPDX-License-Identifier: MIT */
#include "bench/gl-scenes/geometry.h"

#include <stddef.h>
#include <stdlib.h>

struct corner {
    float position[3];
    float paint[3];
    float coordinate[2];
};

/* Corners of the two triangles over a cell, as (column, row) steps. */
static const unsigned char cell[6][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 0}, {1, 1}, {0, 1}};

static struct corner *corners_new(struct stage *stage, unsigned cells)
{
    stage->vertices = cells * 6;
    struct corner *corners = calloc(stage->vertices, sizeof *corners);
    if (corners == NULL) {
        abort();
    }
    return corners;
}

static void attribute(GLint location, GLint size, size_t offset)
{
    if (location >= 0) {
        glEnableVertexAttribArray((GLuint)location);
        glVertexAttribPointer((GLuint)location, size, GL_FLOAT, GL_FALSE, sizeof(struct corner),
                              (const void *)offset);
    }
}

static void upload(struct stage *stage, struct corner *corners)
{
    GLuint buffer;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(stage->vertices * sizeof *corners), corners,
                 GL_STATIC_DRAW);
    attribute(stage->position, 3, offsetof(struct corner, position));
    attribute(stage->paint, 3, offsetof(struct corner, paint));
    attribute(stage->coordinate, 2, offsetof(struct corner, coordinate));
    free(corners);
}

void geometry_layers(struct stage *stage, unsigned layers, float repeat)
{
    struct corner *corners = corners_new(stage, layers);
    for (unsigned layer = 0; layer < layers; layer++) {
        /* every depth once, in an order without a pattern: about half of the pixels are hidden */
        const unsigned rank = layer * 7 % layers;
        const float z = 0.9f - 1.8f * (float)rank / (float)layers;
        const float shade = 0.3f + 0.7f * (float)layer / (float)layers;
        for (unsigned i = 0; i < 6; i++) {
            const float x = cell[i][0], y = cell[i][1];
            corners[layer * 6 + i] = (struct corner){.position = {2 * x - 1, 2 * y - 1, z},
                                                     .paint = {x * shade, y * shade, 1 - x * shade},
                                                     .coordinate = {x * repeat, y * repeat}};
        }
    }
    upload(stage, corners);
}

void geometry_sheet(struct stage *stage, unsigned columns, unsigned rows)
{
    struct corner *corners = corners_new(stage, columns * rows);
    for (unsigned n = 0; n < columns * rows; n++) {
        for (unsigned i = 0; i < 6; i++) {
            const float x = (float)(n % columns + cell[i][0]) / (float)columns;
            const float y = (float)(n / columns + cell[i][1]) / (float)rows;
            corners[n * 6 + i] = (struct corner){.position = {2 * x - 1, 2 * y - 1, x * y},
                                                 .paint = {x, y, 1 - x},
                                                 .coordinate = {x, y}};
        }
    }
    upload(stage, corners);
}
