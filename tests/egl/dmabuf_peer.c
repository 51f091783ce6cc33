/* SPDX-License-Identifier: MIT */
/*
 * usage: dmabuf_peer give SOCKET | take SOCKET: one program draws a picture, exports it as a
 * dma-buf and gives it away; the other imports it, looks at each pixel and draws into it, which the
 * first one looks at. Each may be on any EGL driver (dmabuf_peers.sh).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/gl.h>
#include <GL/glext.h>

#define WIDTH  300
#define HEIGHT 41

struct message {
    int32_t fourcc, stride, offset;
};

static const char *role;
static EGLDisplay display;
static EGLContext context;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "dmabuf_peer: %s: line %d: %s (EGL 0x%x)\n", role, __LINE__,           \
                    #condition, eglGetError());                                                    \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void *function(const char *name)
{
    void *found = (void *)eglGetProcAddress(name);

    CHECK(found);
    return found;
}

/* ---- pictures ---- */

static void pixel_at(unsigned x, unsigned y, bool is_drawn, uint8_t pixel[4])
{
    const uint8_t green[4] = {0, 255, 0, 255},
                  before[4] = {(uint8_t)x, (uint8_t)(y * 5), (uint8_t)(x >> 8), 255};

    memcpy(pixel, is_drawn && x >= 100 && x < 260 && y >= 7 && y < 30 ? green : before, 4);
}

static void open_display(void)
{
    const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, 2, EGL_NONE};

    display =
        eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, (void *)EGL_DEFAULT_DISPLAY, NULL);
    CHECK(eglInitialize(display, NULL, NULL));
    CHECK(eglBindAPI(EGL_OPENGL_ES_API));
    context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
    CHECK(context);
    CHECK(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    fprintf(stderr, "dmabuf_peer: %s: %s\n", role, (const char *)glGetString(GL_RENDERER));
    CHECK(strstr((const char *)glGetString(GL_RENDERER), "i915"));
}

static void attach(GLuint texture)
{
    PFNGLGENFRAMEBUFFERSPROC gen = function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC set = function("glFramebufferTexture2D");
    PFNGLCHECKFRAMEBUFFERSTATUSPROC check = function("glCheckFramebufferStatus");
    GLuint framebuffer;

    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    set(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    CHECK(check(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE);
}

static void check_picture(bool is_drawn)
{
    static uint8_t seen[HEIGHT][WIDTH][4];

    glReadPixels(0, 0, WIDTH, HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, seen);
    CHECK(glGetError() == GL_NO_ERROR);
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned x = 0; x < WIDTH; x++) {
            uint8_t wanted[4];

            pixel_at(x, y, is_drawn, wanted);
            if (memcmp(seen[y][x], wanted, 4) != 0) {
                fprintf(stderr, "dmabuf_peer: %s: at %u,%u: %u %u %u %u, not %u %u %u %u\n", role,
                        x, y, seen[y][x][0], seen[y][x][1], seen[y][x][2], seen[y][x][3], wanted[0],
                        wanted[1], wanted[2], wanted[3]);
                exit(1);
            }
        }
    }
}

static GLuint make_picture(void)
{
    static uint8_t pixels[HEIGHT][WIDTH][4];
    GLuint texture;

    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned x = 0; x < WIDTH; x++) {
            pixel_at(x, y, false, pixels[y][x]);
        }
    }
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, WIDTH, HEIGHT, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    CHECK(glGetError() == GL_NO_ERROR);
    return texture;
}

/* ---- the other one ---- */

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(strlen(path) < sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(listen(fd, 1) == 0);
    return fd;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(strlen(path) < sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    for (unsigned i = 0; i < 3000; i++) {
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
            return fd;
        }
        usleep(10000);
    }
    CHECK(!"nobody gives");
    return -1;
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static void send_picture(int to, struct message *message, int fd)
{
    union control control = {.header = {.cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS,
                                        .cmsg_len = CMSG_LEN(sizeof(int))}};
    struct iovec bytes = {message, sizeof(*message)};
    struct msghdr packet = {.msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};

    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    CHECK(sendmsg(to, &packet, 0) == sizeof(*message));
}

static int receive_picture(int from, struct message *message)
{
    union control control = {0};
    struct iovec bytes = {message, sizeof(*message)};
    struct msghdr packet = {.msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    int fd = -1;

    CHECK(recvmsg(from, &packet, MSG_CMSG_CLOEXEC) == sizeof(*message));
    memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
    CHECK(fd >= 0);
    return fd;
}

/* ---- roles ---- */

static void give(const char *path)
{
    PFNEGLEXPORTDMABUFIMAGEQUERYMESAPROC query = function("eglExportDMABUFImageQueryMESA");
    PFNEGLEXPORTDMABUFIMAGEMESAPROC export = function("eglExportDMABUFImageMESA");
    GLuint texture = make_picture();
    EGLImage image = eglCreateImage(display, context, EGL_GL_TEXTURE_2D,
                                    (EGLClientBuffer)(uintptr_t)texture, NULL);
    struct message message = {0};
    int server = listen_at(path), peer, fd = -1;
    char done = 0;

    CHECK(image);
    CHECK(query(display, image, &message.fourcc, NULL, NULL));
    CHECK(export(display, image, &fd, &message.stride, &message.offset));
    peer = accept(server, NULL, NULL);
    CHECK(peer >= 0);
    send_picture(peer, &message, fd);
    CHECK(read(peer, &done, 1) == 1);
    attach(texture);
    check_picture(true);
}

static void take(const char *path)
{
    void (*image_target)(GLenum, void *) = function("glEGLImageTargetTexture2DOES");
    int peer = connect_to(path), fd;
    struct message message;
    GLuint texture;
    EGLImage image;

    fd = receive_picture(peer, &message);
    const EGLint attributes[] = {EGL_WIDTH,
                                 WIDTH,
                                 EGL_HEIGHT,
                                 HEIGHT,
                                 EGL_LINUX_DRM_FOURCC_EXT,
                                 message.fourcc,
                                 EGL_DMA_BUF_PLANE0_FD_EXT,
                                 fd,
                                 EGL_DMA_BUF_PLANE0_OFFSET_EXT,
                                 message.offset,
                                 EGL_DMA_BUF_PLANE0_PITCH_EXT,
                                 message.stride,
                                 EGL_NONE};
    PFNEGLCREATEIMAGEKHRPROC create = function("eglCreateImageKHR");

    image = create(display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
    CHECK(image);
    close(fd);
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    image_target(GL_TEXTURE_2D, image);
    CHECK(glGetError() == GL_NO_ERROR);
    attach(texture);
    check_picture(false);
    glEnable(GL_SCISSOR_TEST);
    glScissor(100, 7, 160, 23);
    glClearColor(0, 1, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glFinish();
    CHECK(write(peer, "d", 1) == 1);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    role = argv[1];
    open_display();
    if (strcmp(role, "give") == 0) {
        give(argv[2]);
    } else {
        take(argv[2]);
    }
    return 0;
}
