/* SPDX-License-Identifier: MIT */
#include "tests/egl/memory_picture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int memory_file(size_t bytes, int seals)
{
    int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

int memory_picture(size_t bytes, uint8_t **map)
{
    int fd = memory_file(bytes, F_SEAL_SHRINK | F_SEAL_GROW);

    *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(*map, MAP_FAILED);
    return fd;
}

unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory)) {
        count++;
    }
    closedir(directory);
    return count;
}

EGLImage import_picture(EGLDisplay display, int fd, EGLint fourcc, EGLint width, EGLint height,
                        EGLint offset, EGLint stride)
{
    const EGLAttrib attributes[] = {EGL_WIDTH,
                                    width,
                                    EGL_HEIGHT,
                                    height,
                                    EGL_LINUX_DRM_FOURCC_EXT,
                                    fourcc,
                                    EGL_DMA_BUF_PLANE0_FD_EXT,
                                    fd,
                                    EGL_DMA_BUF_PLANE0_OFFSET_EXT,
                                    offset,
                                    EGL_DMA_BUF_PLANE0_PITCH_EXT,
                                    stride,
                                    EGL_NONE};

    return eglCreateImage(display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
}

EGLContext current_es2(EGLDisplay display)
{
    EGLConfig config = fixture_config(display, 8, 8, 0);
    EGLSurface surface = fixture_pbuffer(display, config, 8, 8);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);

    assert_true(eglMakeCurrent(display, surface, surface, context));
    return context;
}

static void add_shader(GLuint program, GLenum type, const char *text)
{
    PFNGLCREATESHADERPROC create = fixture_function("glCreateShader");
    PFNGLSHADERSOURCEPROC source = fixture_function("glShaderSource");
    PFNGLCOMPILESHADERPROC compile = fixture_function("glCompileShader");
    PFNGLGETSHADERIVPROC get = fixture_function("glGetShaderiv");
    PFNGLATTACHSHADERPROC attach = fixture_function("glAttachShader");
    GLuint shader = create(type);
    GLint is_compiled = 0;

    source(shader, 1, &text, NULL);
    compile(shader);
    get(shader, GL_COMPILE_STATUS, &is_compiled);
    assert_true(is_compiled);
    attach(program, shader);
}

static GLuint link_program(GLenum target)
{
    PFNGLCREATEPROGRAMPROC create = fixture_function("glCreateProgram");
    PFNGLLINKPROGRAMPROC link = fixture_function("glLinkProgram");
    PFNGLBINDATTRIBLOCATIONPROC bind = fixture_function("glBindAttribLocation");
    GLuint program = create();

    add_shader(program, GL_VERTEX_SHADER,
               "attribute vec2 place; varying vec2 at;"
               "void main() { gl_Position = vec4(place, 0, 1); at = place * 0.5 + 0.5; }");
    add_shader(program, GL_FRAGMENT_SHADER,
               target == GL_TEXTURE_2D
                   ? "precision mediump float; varying vec2 at; uniform sampler2D image;"
                     "void main() { gl_FragColor = texture2D(image, at); }"
                   : "#extension GL_OES_EGL_image_external : require\n"
                     "precision mediump float; varying vec2 at; uniform samplerExternalOES image;"
                     "void main() { gl_FragColor = texture2D(image, at); }");
    bind(program, 0, "place");
    link(program);
    return program;
}

void draw_image(EGLImage image, GLenum target)
{
    static const float square[] = {-1, -1, 1, -1, -1, 1, 1, 1};
    void (*image_target)(GLenum, void *) = fixture_function("glEGLImageTargetTexture2DOES");
    PFNGLUSEPROGRAMPROC use = fixture_function("glUseProgram");
    PFNGLVERTEXATTRIBPOINTERPROC point = fixture_function("glVertexAttribPointer");
    PFNGLENABLEVERTEXATTRIBARRAYPROC enable = fixture_function("glEnableVertexAttribArray");
    GLuint texture;

    glGenTextures(1, &texture);
    glBindTexture(target, texture);
    glTexParameteri(target, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(target, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(target, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    image_target(target, image);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    use(link_program(target));
    point(0, 2, GL_FLOAT, GL_FALSE, 0, square);
    enable(0);
    fixture_clear(0, 0, 0, 0);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    glDeleteTextures(1, &texture);
}
