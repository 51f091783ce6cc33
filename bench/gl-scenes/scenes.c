/* SPDX-License-Identifier: MIT */
#include "bench/gl-scenes/scene.h"

#include <string.h>

#include "bench/gl-scenes/geometry.h"

#define WIDTH  800
#define HEIGHT 600
#define LAYERS 20

/* Pixels of one layer. */
#define SCREEN ((double)WIDTH * HEIGHT)

#define TRANSFER_WIDTH  2048
#define TRANSFER_HEIGHT 1024
#define TRANSFER_BYTES  ((double)TRANSFER_WIDTH * TRANSFER_HEIGHT * 4)

static const char vertex_plain[] = "attribute vec3 position;\n"
                                   "void main() { gl_Position = vec4(position, 1.0); }\n";

static const char vertex_smooth[] =
    "attribute vec3 position; attribute vec3 paint; varying vec3 tint;\n"
    "void main() { gl_Position = vec4(position, 1.0); tint = paint; }\n";

static const char vertex_textured[] =
    "attribute vec3 position; attribute vec2 coordinate; varying vec2 at;\n"
    "void main() { gl_Position = vec4(position, 1.0); at = coordinate; }\n";

static const char vertex_both[] =
    "attribute vec3 position; attribute vec3 paint; attribute vec2 coordinate;\n"
    "varying vec3 tint; varying vec2 at;\n"
    "void main() { gl_Position = vec4(position, 1.0); tint = paint; at = coordinate; }\n";

static const char fragment_flat[] = "precision mediump float; uniform float turn;\n"
                                    "void main() { gl_FragColor = vec4(turn, 0.5, 0.25, 1.0); }\n";

static const char fragment_smooth[] =
    "precision mediump float; uniform float turn; varying vec3 tint;\n"
    "void main() { gl_FragColor = vec4(tint * turn, 0.5); }\n";

static const char fragment_textured[] =
    "precision mediump float; uniform float turn; varying vec2 at; uniform sampler2D map;\n"
    "void main() { gl_FragColor = texture2D(map, at) * turn; }\n";

static const char fragment_both[] =
    "precision mediump float; uniform float turn; varying vec3 tint; varying vec2 at;\n"
    "uniform sampler2D map;\n"
    "void main() { gl_FragColor = texture2D(map, at) * vec4(tint * turn, 1.0); }\n";

/* About fifty instructions after Mesa's compiler: three lights with highlights, by vectors that
 * vary. */
static const char fragment_long[] =
    "precision mediump float; uniform float turn; varying vec3 tint;\n"
    "vec3 lit(vec3 n, vec3 l, vec3 c) {\n"
    "    l = normalize(l);\n"
    "    float d = max(dot(n, l), 0.0);\n"
    "    float s = max(dot(reflect(-l, n), vec3(0.0, 0.0, 1.0)), 0.0);\n"
    "    s *= s; s *= s; s *= s;\n"
    "    return c * d + vec3(s);\n"
    "}\n"
    "void main() {\n"
    "    vec3 n = normalize(tint * 2.0 - 1.0 + vec3(0.0, 0.0, turn));\n"
    "    vec3 c = lit(n, vec3(1.0, 1.0, 1.0), vec3(0.6, 0.1, 0.1));\n"
    "    c += lit(n, tint - 0.3, vec3(0.1, 0.6, 0.1));\n"
    "    c += lit(n, vec3(turn, -0.5, 0.7), vec3(0.1, 0.1, 0.6));\n"
    "    gl_FragColor = vec4(c, 1.0);\n"
    "}\n";

static void depth_on(void)
{
    glEnable(GL_DEPTH_TEST);
    glDepthFunc(GL_LESS);
}

static void prepare_layers(struct stage *stage)
{
    geometry_layers(stage, LAYERS, 1);
}

static void prepare_depth_layers(struct stage *stage)
{
    depth_on();
    geometry_layers(stage, LAYERS, 1);
}

static void prepare_blended(struct stage *stage)
{
    glEnable(GL_BLEND);
    glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
    geometry_layers(stage, LAYERS, 1);
}

static void prepare_bilinear(struct stage *stage)
{
    stage_texture(stage, 256, false);
    geometry_layers(stage, LAYERS, 2);
}

static void prepare_trilinear(struct stage *stage)
{
    stage_texture(stage, 512, true);
    geometry_layers(stage, LAYERS, 4.3f);
}

/* Nearest first: everything is drawn once and hidden after. */
static void prepare_both(struct stage *stage)
{
    depth_on();
    glDepthFunc(GL_LEQUAL);
    stage_texture(stage, 256, false);
    geometry_layers(stage, 1, 2);
}

static void prepare_small(struct stage *stage)
{
    depth_on();
    geometry_sheet(stage, 200, 150);
}

static void clear(void)
{
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
}

static void turn(const struct stage *stage, unsigned number)
{
    glUniform1f(stage->turn, 0.5f + 0.03125f * (float)(number % 16));
}

static void frame_once(struct stage *stage, unsigned number)
{
    clear();
    turn(stage, number);
    glDrawArrays(GL_TRIANGLES, 0, (GLsizei)stage->vertices);
}

/* The same layer again and again, each pixel passing the depth test and being written. */
static void frame_again(struct stage *stage, unsigned number)
{
    clear();
    for (unsigned layer = 0; layer < LAYERS; layer++) {
        turn(stage, number + layer);
        glDrawArrays(GL_TRIANGLES, 0, (GLsizei)stage->vertices);
    }
}

static void prepare_copy(struct stage *stage)
{
    glClearColor(0.25f, 0.5f, 0.75f, 1.0f);
    clear();
    glGenTextures(1, &stage->texture);
    glBindTexture(GL_TEXTURE_2D, stage->texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, stage->width, stage->height, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, NULL);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
}

static void frame_copy(struct stage *stage, unsigned number)
{
    glCopyTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 0, 0, stage->width, stage->height);
}

static void prepare_nothing(struct stage *stage)
{
}

static void frame_clear(struct stage *stage, unsigned number)
{
    glClearColor((float)(number % 16) / 16.0f, 0.5f, 0.25f, 1.0f);
    glClear(GL_COLOR_BUFFER_BIT);
}

const struct scene scenes[] = {
    {"flat", "one colour, 20 layers", WIDTH, HEIGHT, vertex_plain, fragment_flat, prepare_layers,
     frame_once, SCREEN *LAYERS, 0, false},
    {"smooth", "interpolated colour, 20 layers", WIDTH, HEIGHT, vertex_smooth, fragment_smooth,
     prepare_layers, frame_once, SCREEN *LAYERS, 0, false},
    {"blended", "interpolated colour over what is there, 20 layers", WIDTH, HEIGHT, vertex_smooth,
     fragment_smooth, prepare_blended, frame_once, SCREEN *LAYERS, 0, false},
    {"overdraw", "20 layers at scattered depths, depth tested", WIDTH, HEIGHT, vertex_smooth,
     fragment_smooth, prepare_depth_layers, frame_once, SCREEN *LAYERS, 0, false},
    {"bilinear", "a texture magnified, 20 layers", WIDTH, HEIGHT, vertex_textured,
     fragment_textured, prepare_bilinear, frame_once, SCREEN *LAYERS, 0, false},
    {"trilinear", "a texture between two mip levels, 20 layers", WIDTH, HEIGHT, vertex_textured,
     fragment_textured, prepare_trilinear, frame_once, SCREEN *LAYERS, 0, false},
    {"fill", "depth tested, smooth, textured, 20 passes that all write", WIDTH, HEIGHT, vertex_both,
     fragment_both, prepare_both, frame_again, SCREEN *LAYERS, 0, false},
    {"small", "60,000 triangles of 8 pixels", WIDTH, HEIGHT, vertex_smooth, fragment_smooth,
     prepare_small, frame_once, SCREEN, 0, false},
    {"long", "about fifty fragment instructions, 20 layers", WIDTH, HEIGHT, vertex_smooth,
     fragment_long, prepare_layers, frame_once, SCREEN *LAYERS, 0, false},
    {"blit", "8 MiB from one surface to another", TRANSFER_WIDTH, TRANSFER_HEIGHT, vertex_plain,
     fragment_flat, prepare_copy, frame_copy, 0, TRANSFER_BYTES, true},
    {"clear", "8 MiB of one colour", TRANSFER_WIDTH, TRANSFER_HEIGHT, vertex_plain, fragment_flat,
     prepare_nothing, frame_clear, 0, TRANSFER_BYTES, false},
};
const unsigned scene_count = sizeof scenes / sizeof scenes[0];

const struct scene *scene_find(const char *name)
{
    for (unsigned i = 0; i < scene_count; i++) {
        if (strcmp(scenes[i].name, name) == 0) {
            return &scenes[i];
        }
    }
    return NULL;
}
