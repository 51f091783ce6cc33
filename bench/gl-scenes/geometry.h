/* SPDX-License-Identifier: MIT */
/* Vertices of scenes. Units: clip coordinates without perspective, texture coordinates in 0..1. */
#ifndef GEMD_BENCH_GL_SCENES_GEOMETRY_H
#define GEMD_BENCH_GL_SCENES_GEOMETRY_H

#include "bench/gl-scenes/stage.h"

/*
 * 'layers' rectangles over the whole framebuffer, two triangles each, drawn one after another at
 * scattered depths. 'repeat': how often the texture is repeated from edge to edge.
 */
void geometry_layers(struct stage *stage, unsigned layers, float repeat);

/* A sheet of columns x rows cells, two triangles each. */
void geometry_sheet(struct stage *stage, unsigned columns, unsigned rows);

#endif
