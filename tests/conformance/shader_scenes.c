/* SPDX-License-Identifier: MIT */
/* What the driver's compiler makes of GLSL, and what the pipeline makes of that. */
#include "scene.h"

#define SHADER_SCENE(name, ...)                                                                    \
    static void name(void)                                                                         \
    {                                                                                              \
        use_shader("void main() { " __VA_ARGS__ " }");                                             \
        draw_quad(0);                                                                              \
    }

SHADER_SCENE(sines, "gl_FragColor = vec4(sin(place.x * 3.0) * 0.5 + 0.5,"
                    "cos(place.y * 2.0) * 0.5 + 0.5, place.x * place.y + 0.5, 1.0);")
SHADER_SCENE(powers, "vec4 p = place * 0.5 + 0.5;"
                     "gl_FragColor = vec4(pow(p.x, 2.2), exp2(p.y) - 1.0, log2(p.x + 1.0), 1.0);")
SHADER_SCENE(fractions, "vec4 p = place * 4.0;"
                        "gl_FragColor = vec4(fract(p.x), floor(p.y) * 0.25 + 0.5,"
                        "abs(mod(p.x, 0.7)), 1.0);")
SHADER_SCENE(conditions, "if (dot(place.xy, place.xy) > 0.5) discard;"
                         "gl_FragColor = place.x > place.y ? vec4(1, 0, 0, 1)"
                         ": vec4(0, place.x < 0.0 ? 1.0 : 0.5, 1, 1);")
SHADER_SCENE(lengths, "vec3 n = normalize(vec3(place.xy, 0.5));"
                      "gl_FragColor = vec4(n * 0.5 + 0.5, dot(n, n));")
SHADER_SCENE(loops, "vec2 p = place.xy; float sum = 0.0;"
                    "for (int i = 0; i < 6; i++) { sum += p.x * 0.1; p = p.yx * 0.9; }"
                    "gl_FragColor = vec4(sum + 0.5, p * 0.5 + 0.5, 1.0);")
SHADER_SCENE(window_position, "gl_FragColor = vec4(gl_FragCoord.xy / 128.0, gl_FragCoord.z, 1.0);")
SHADER_SCENE(steps, "gl_FragColor = vec4(step(0.2, place.x), smoothstep(-0.5, 0.5, place.y),"
                    "clamp(place.x * 2.0, 0.1, 0.8), mix(0.2, 1.0, place.y));")
SHADER_SCENE(quotients,
             "gl_FragColor = vec4(0.2 / (abs(place.x) + 0.3), inversesqrt(place.y + 2.0),"
             "sqrt(place.x * 0.5 + 0.5), 1.0);")

static void uniforms(void)
{
    GLint program;

    use_shader("uniform vec4 colours[4]; uniform float scale; uniform bool swap;"
               "void main() { vec4 c = place.x < 0.0 ? colours[1] : colours[3];"
               "gl_FragColor = (swap ? c.bgra : c) * scale; }");
    glGetIntegerv(GL_CURRENT_PROGRAM, &program);
    static const float colours[16] = {1, 0, 0, 1, 0.9f, 0.4f, 0.1f, 1,
                                      0, 0, 1, 1, 0.2f, 0.6f, 0.7f, 1};
    glUniform4fv(glGetUniformLocation((GLuint)program, "colours"), 4, colours);
    glUniform1f(glGetUniformLocation((GLuint)program, "scale"), 0.8f);
    glUniform1i(glGetUniformLocation((GLuint)program, "swap"), 1);
    draw_quad(0);
}

/* Jumps that the compiler cannot unroll: the driver's copy of NIR must get sound block sets. */
static void loops_over_vertices(void)
{
    const GLuint program =
        use_shaders("uniform int turns; uniform float limit;"
                    "void main() { vec4 p = gl_Vertex; float sum = 0.0;"
                    "for (int i = 0; i < turns; i++) { if (p.x > limit) break;"
                    "if (p.y > limit) continue; sum += 0.1;"
                    "p.xy = vec2(0.95 * p.x + 0.1 * p.y, 0.95 * p.y - 0.1 * p.x); }"
                    "gl_Position = p; place = vec4(sum, gl_Vertex.xyz); }",
                    "void main() { gl_FragColor = place * 0.5 + 0.5; }");
    glUniform1i(glGetUniformLocation(program, "turns"), 5);
    glUniform1f(glGetUniformLocation(program, "limit"), 2);
    draw_quad(0);
}

/* Outliers: the outline, and pixels where a condition or a fraction jumps. */
static const struct scene scenes[] = {
    {"sines", sines, {6, 32}, NULL},
    {"powers", powers, {3, 32}, NULL},
    {"fractions", fractions, {3, 48}, NULL},
    {"conditions", conditions, {0, 48}, NULL},
    {"lengths", lengths, {2, 32}, NULL},
    {"loops", loops, {2, 32}, NULL},
    {"window_position", window_position, {2, 32}, NULL},
    {"steps", steps, {2, 32}, NULL},
    {"quotients", quotients, {2, 32}, NULL},
    {"loops_over_vertices", loops_over_vertices, {2, 32}, NULL},
    {"uniforms", uniforms, {1, 32}, NULL},
};

const struct scene_group shader_scenes = {"shader", scenes, sizeof(scenes) / sizeof(scenes[0])};
