/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

void draw_triangle(float z)
{
    glBegin(GL_TRIANGLES);
    glColor4f(1, 0, 0, 0.5f);
    glVertex3f(-0.8f, -0.7f, z);
    glColor4f(0, 1, 0, 0.7f);
    glVertex3f(0.9f, -0.5f, -z);
    glColor4f(0, 0, 1, 1);
    glVertex3f(0.1f, 0.9f, z);
    glEnd();
    glColor4f(1, 1, 1, 1);
}

void draw_quad(float z)
{
    glBegin(GL_QUADS);
    glTexCoord2f(0, 0);
    glVertex3f(-0.9f, -0.8f, z);
    glTexCoord2f(1, 0);
    glVertex3f(0.8f, -0.9f, z);
    glTexCoord2f(1, 1);
    glVertex3f(0.9f, 0.8f, z);
    glTexCoord2f(0, 1);
    glVertex3f(-0.8f, 0.9f, z);
    glEnd();
}

GLuint make_texture(GLenum internal_format, int width, int height, GLenum min_filter,
                    GLenum mag_filter)
{
    uint8_t *texels = malloc((size_t)width * (size_t)height * 4);
    GLuint texture;

    if (texels == NULL) {
        abort();
    }
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            uint8_t *texel = texels + (y * width + x) * 4;
            texel[0] = (uint8_t)(x * 255 / width);
            texel[1] = (uint8_t)(y * 255 / height);
            texel[2] = (x / 4 + y / 4) & 1 ? 200 : 0;
            texel[3] = (uint8_t)(128 + x * 100 / width);
        }
    }
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, (GLint)min_filter);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, (GLint)mag_filter);
    if (min_filter >= GL_NEAREST_MIPMAP_NEAREST) {
        glTexParameteri(GL_TEXTURE_2D, GL_GENERATE_MIPMAP, GL_TRUE);
    }
    glTexImage2D(GL_TEXTURE_2D, 0, (GLint)internal_format, width, height, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, texels);
    glEnable(GL_TEXTURE_2D);
    free(texels);
    return texture;
}

static GLuint compile(GLenum type, const char *head, const char *source)
{
    const char *parts[] = {head, source};
    const GLuint shader = glCreateShader(type);

    glShaderSource(shader, 2, parts, NULL);
    glCompileShader(shader);
    return shader;
}

GLuint use_shaders(const char *vertex, const char *fragment)
{
    static const char head[] = "varying vec4 place;\n";
    const GLuint program = glCreateProgram();
    char log[1024] = "";
    GLint linked;

    glAttachShader(program, compile(GL_VERTEX_SHADER, head, vertex));
    glAttachShader(program, compile(GL_FRAGMENT_SHADER, head, fragment));
    glLinkProgram(program);
    glGetProgramiv(program, GL_LINK_STATUS, &linked);
    if (!linked) {
        glGetProgramInfoLog(program, sizeof(log), NULL, log);
        fprintf(stderr, "shader: %s\n", log);
    }
    glUseProgram(program);
    return program;
}

void use_shader(const char *source)
{
    use_shaders("void main() { gl_Position = gl_Vertex; place = gl_Vertex; }", source);
}
