/* SPDX-License-Identifier: MIT */
/*
 * A compositor that draws with us, and a client that hands it buffers by wl_drm; both in this
 * thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

#include "tests/egl/daemon.h"
#include "tests/egl/memory_picture.h"
#include "wl-drm-client-protocol.h"

#define SIDE   8
#define STRIDE 64
#define BYTES  4096

struct world {
    EGLDisplay display;
    struct wl_display *server;
    struct wl_client *peer;
    struct wl_listener peer_gone;
    bool is_peer_gone;
    struct wl_display *client;
    struct wl_registry *registry;
    struct wl_drm *drm;
    struct wl_shm *shm;
    char device[64];
    unsigned formats;
    uint32_t capabilities;
};

static EGLBoolean bind_wayland(struct world *world)
{
    PFNEGLBINDWAYLANDDISPLAYWL bind = fixture_function("eglBindWaylandDisplayWL");

    return bind(world->display, world->server);
}

static EGLBoolean unbind_wayland(struct world *world, struct wl_display *server)
{
    PFNEGLUNBINDWAYLANDDISPLAYWL unbind = fixture_function("eglUnbindWaylandDisplayWL");

    return unbind(world->display, server);
}

static bool is_offered(EGLDisplay display)
{
    return strstr(eglQueryString(display, EGL_EXTENSIONS), "EGL_WL_bind_wayland_display") != NULL;
}

/* ---- the client's side ---- */

static void on_device(void *data, struct wl_drm *drm, const char *name)
{
    snprintf(((struct world *)data)->device, sizeof(((struct world *)data)->device), "%s", name);
}

static void on_format(void *data, struct wl_drm *drm, uint32_t format)
{
    ((struct world *)data)->formats++;
}

static void on_authenticated(void *data, struct wl_drm *drm)
{
    fail();
}

static void on_capabilities(void *data, struct wl_drm *drm, uint32_t value)
{
    ((struct world *)data)->capabilities = value;
}

static const struct wl_drm_listener drm_listener = {
    .device = on_device,
    .format = on_format,
    .authenticated = on_authenticated,
    .capabilities = on_capabilities,
};

static void on_global(void *data, struct wl_registry *registry, uint32_t name,
                      const char *interface, uint32_t version)
{
    struct world *world = data;

    if (strcmp(interface, "wl_drm") == 0) {
        world->drm = wl_registry_bind(registry, name, &wl_drm_interface, 2);
        wl_drm_add_listener(world->drm, &drm_listener, world);
    }
    if (strcmp(interface, "wl_shm") == 0) {
        world->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
    }
}

static void on_global_gone(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {on_global, on_global_gone};

/* Everything that either has to say is heard. */
static void pump(struct world *world)
{
    for (unsigned i = 0; i < 4; i++) {
        wl_display_flush(world->client);
        wl_event_loop_dispatch(wl_display_get_event_loop(world->server), 0);
        wl_display_flush_clients(world->server);
        if (wl_display_prepare_read(world->client) == 0) {
            char byte;
            int fd = wl_display_get_fd(world->client);

            if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) {
                wl_display_read_events(world->client);
            } else {
                wl_display_cancel_read(world->client);
            }
        }
        wl_display_dispatch_pending(world->client);
    }
}

static void on_peer_gone(struct wl_listener *listener, void *data)
{
    struct world *world = wl_container_of(listener, world, peer_gone);

    world->is_peer_gone = true;
}

static void connect_client(struct world *world)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    world->peer = wl_client_create(world->server, ends[0]);
    assert_non_null(world->peer);
    world->is_peer_gone = false;
    world->peer_gone.notify = on_peer_gone;
    wl_client_add_destroy_listener(world->peer, &world->peer_gone);
    world->client = wl_display_connect_to_fd(ends[1]);
    assert_non_null(world->client);
    world->drm = NULL;
    world->shm = NULL;
    world->registry = wl_display_get_registry(world->client);
    wl_registry_add_listener(world->registry, &registry_listener, world);
    pump(world);
}

static void disconnect_client(struct world *world)
{
    if (world->drm) {
        wl_drm_destroy(world->drm);
    }
    if (world->shm) {
        wl_shm_destroy(world->shm);
    }
    wl_registry_destroy(world->registry);
    wl_display_disconnect(world->client);
    wl_event_loop_dispatch(wl_display_get_event_loop(world->server), 0);
}

static void open_world(struct world *world)
{
    *world = (struct world){.display = fixture_display(0), .server = wl_display_create()};
    assert_non_null(world->server);
    assert_int_equal(wl_display_init_shm(world->server), 0);
}

static void close_world(struct world *world)
{
    wl_display_destroy_clients(world->server);
    wl_display_destroy(world->server);
    fixture_close(world->display);
}

static struct wl_resource *resource_of(struct world *world, struct wl_buffer *buffer)
{
    return wl_client_get_object(world->peer, wl_proxy_get_id((struct wl_proxy *)buffer));
}

static EGLImage image_of(struct world *world, struct wl_resource *resource)
{
    return eglCreateImage(world->display, EGL_NO_CONTEXT, EGL_WAYLAND_BUFFER_WL, resource, NULL);
}

static EGLint query(struct world *world, struct wl_resource *resource, EGLint attribute)
{
    PFNEGLQUERYWAYLANDBUFFERWL function = fixture_function("eglQueryWaylandBufferWL");
    EGLint value = -1;

    return function(world->display, resource, attribute, &value) ? value : -1;
}

/* ---- tests ---- */

static void clients_learn_of_the_device(void **state)
{
    struct world world;

    open_world(&world);
    if (!is_offered(world.display)) {
        assert_false(egl_daemon_runs());
        assert_false(bind_wayland(&world));
        assert_egl_error(EGL_BAD_ACCESS);
        close_world(&world);
        return;
    }
    connect_client(&world);
    assert_null(world.drm);
    disconnect_client(&world);
    assert_true(bind_wayland(&world));
    assert_false(bind_wayland(&world));
    assert_egl_error(EGL_BAD_ACCESS);
    connect_client(&world);
    assert_non_null(world.drm);
    pump(&world);
    assert_string_equal(world.device, "/dev/dri/renderD128");
    assert_true(world.formats >= 3);
    assert_int_equal(world.capabilities, WL_DRM_CAPABILITY_PRIME);
    assert_false(unbind_wayland(&world, (struct wl_display *)&world));
    assert_egl_error(EGL_BAD_ACCESS);
    assert_true(unbind_wayland(&world, world.server));
    assert_false(unbind_wayland(&world, world.server));
    assert_egl_error(EGL_BAD_ACCESS);
    assert_true(bind_wayland(&world));
    disconnect_client(&world);
    close_world(&world); /* while it is bound */
}

static void a_buffer_is_sampled(void **state)
{
    static const uint8_t pixel[4] = {10, 20, 30, 40};
    struct world world;
    uint8_t *map;
    int fd = memory_picture(BYTES, &map);

    open_world(&world);
    if (is_offered(world.display)) {
        assert_true(bind_wayland(&world));
        connect_client(&world);
        for (unsigned i = 0; i < SIDE * STRIDE; i += 4) {
            memcpy(map + 64 + i, pixel, 4);
        }
        for (unsigned i = 0; i < 2; i++) {
            struct wl_buffer *buffer = wl_drm_create_prime_buffer(
                world.drm, fd, SIDE, SIDE - 1,
                i == 0 ? WL_DRM_FORMAT_ARGB8888 : WL_DRM_FORMAT_XRGB8888, 64, STRIDE, 0, 0, 0, 0);
            struct wl_resource *resource;
            EGLImage image;

            pump(&world);
            resource = resource_of(&world, buffer);
            assert_non_null(resource);
            assert_int_equal(query(&world, resource, EGL_WIDTH), SIDE);
            assert_int_equal(query(&world, resource, EGL_HEIGHT), SIDE - 1);
            assert_int_equal(query(&world, resource, EGL_TEXTURE_FORMAT),
                             i == 0 ? EGL_TEXTURE_RGBA : EGL_TEXTURE_RGB);
            assert_int_equal(query(&world, resource, EGL_DEPTH_SIZE), -1);
            assert_egl_error(EGL_BAD_ATTRIBUTE);
            image = image_of(&world, resource);
            assert_ptr_not_equal(image, EGL_NO_IMAGE);
            /* The image keeps what it needs. */
            wl_buffer_destroy(buffer);
            pump(&world);
            current_es2(world.display);
            draw_image(image, GL_TEXTURE_2D);
            fixture_assert_pixel(5, 5, 30, 20, 10, i == 0 ? 40 : 255);
            assert_true(eglDestroyImage(world.display, image));
        }
        disconnect_client(&world);
        assert_true(unbind_wayland(&world, world.server));
    }
    munmap(map, BYTES);
    close(fd);
    close_world(&world);
}

static void buffers_of_others_are_not_ours(void **state)
{
    const EGLAttrib plane_1[] = {EGL_WAYLAND_PLANE_WL, 1, EGL_NONE};
    int fd = memory_file(BYTES, F_SEAL_SHRINK | F_SEAL_GROW);
    struct wl_shm_pool *pool;
    struct wl_buffer *shared, *broken;
    struct world world;

    open_world(&world);
    if (is_offered(world.display)) {
        assert_true(bind_wayland(&world));
        connect_client(&world);
        pool = wl_shm_create_pool(world.shm, fd, BYTES);
        shared = wl_shm_pool_create_buffer(pool, 0, SIDE, SIDE, STRIDE, WL_SHM_FORMAT_ARGB8888);
        broken = wl_drm_create_prime_buffer(world.drm, fd, SIDE, SIDE, WL_DRM_FORMAT_ARGB8888, 0, 8,
                                            0, 0, 0, 0);
        pump(&world);
        assert_int_equal(query(&world, resource_of(&world, shared), EGL_WIDTH), -1);
        assert_egl_error(EGL_BAD_PARAMETER);
        assert_ptr_equal(image_of(&world, resource_of(&world, shared)), EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_PARAMETER);
        assert_ptr_equal(image_of(&world, NULL), EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_PARAMETER);
        assert_ptr_equal(image_of(&world, resource_of(&world, broken)), EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_ACCESS);
        assert_ptr_equal(eglCreateImage(world.display, EGL_NO_CONTEXT, EGL_WAYLAND_BUFFER_WL,
                                        resource_of(&world, broken), plane_1),
                         EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_PARAMETER);
        assert_false(world.is_peer_gone);
        wl_buffer_destroy(broken);
        wl_buffer_destroy(shared);
        wl_shm_pool_destroy(pool);
        disconnect_client(&world);
    }
    close(fd);
    close_world(&world);
}

static void by_name(struct world *world, int fd)
{
    wl_buffer_destroy(wl_drm_create_buffer(world->drm, 1, SIDE, SIDE, STRIDE, DRM_FORMAT_ARGB8888));
}

static void planar_by_name(struct world *world, int fd)
{
    wl_buffer_destroy(wl_drm_create_planar_buffer(world->drm, 1, SIDE, SIDE, WL_DRM_FORMAT_NV12, 0,
                                                  STRIDE, 0, STRIDE, 0, 0));
}

static void of_another_format(struct world *world, int fd)
{
    wl_buffer_destroy(
        wl_drm_create_prime_buffer(world->drm, fd, SIDE, SIDE, 0x1234, 0, STRIDE, 0, 0, 0, 0));
}

static void without_size(struct world *world, int fd)
{
    wl_buffer_destroy(wl_drm_create_prime_buffer(world->drm, fd, 0, SIDE, WL_DRM_FORMAT_ARGB8888, 0,
                                                 STRIDE, 0, 0, 0, 0));
}

static void of_no_memory(struct world *world, int fd)
{
    int other = open("/dev/null", O_RDWR | O_CLOEXEC);

    wl_buffer_destroy(wl_drm_create_prime_buffer(world->drm, other, SIDE, SIDE,
                                                 WL_DRM_FORMAT_ARGB8888, 0, STRIDE, 0, 0, 0, 0));
    close(other);
}

static void authenticates(struct world *world, int fd)
{
    wl_drm_authenticate(world->drm, 7);
}

/* Each ends its client and nothing else, and leaves no descriptor. */
static void broken_clients_are_disconnected(void **state)
{
    static void (*const breaks[])(struct world * world, int fd) = {
        by_name, planar_by_name, of_another_format, without_size, of_no_memory, authenticates,
    };
    int fd = memory_file(BYTES, F_SEAL_SHRINK | F_SEAL_GROW);
    struct world world;

    open_world(&world);
    if (is_offered(world.display)) {
        assert_true(bind_wayland(&world));
        const unsigned descriptors = count_descriptors();

        for (unsigned i = 0; i < COUNT(breaks); i++) {
            connect_client(&world);
            breaks[i](&world, fd);
            pump(&world);
            assert_int_equal(wl_display_get_error(world.client), EPROTO);
            disconnect_client(&world);
            assert_true(world.is_peer_gone);
        }
        assert_int_equal(count_descriptors(), descriptors);
    }
    close(fd);
    close_world(&world);
}

/* Whichever of the EGL display, the compositor's and the client goes first. */
static void ends_in_any_order(void **state)
{
    int fd = memory_file(BYTES, F_SEAL_SHRINK | F_SEAL_GROW);
    struct world world;

    open_world(&world);
    if (is_offered(world.display)) {
        assert_true(bind_wayland(&world));
        connect_client(&world);
        struct wl_buffer *buffer = wl_drm_create_prime_buffer(
            world.drm, fd, SIDE, SIDE, WL_DRM_FORMAT_ARGB8888, 0, STRIDE, 0, 0, 0, 0);

        pump(&world);
        fixture_close(world.display); /* unbinds */
        struct wl_buffer *late = wl_drm_create_prime_buffer(
            world.drm, fd, SIDE, SIDE, WL_DRM_FORMAT_ARGB8888, 0, STRIDE, 0, 0, 0, 0);

        pump(&world);
        assert_non_null(resource_of(&world, late));
        wl_buffer_destroy(late);
        wl_buffer_destroy(buffer);
        disconnect_client(&world);
        world.display = fixture_display(0);
        assert_true(bind_wayland(&world));
        wl_display_destroy_clients(world.server);
        wl_display_destroy(world.server);
        /* What is bound no longer is. */
        struct wl_display *gone = world.server;

        world.server = wl_display_create();
        assert_true(gone == world.server || unbind_wayland(&world, gone));
    }
    close(fd);
    close_world(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_learn_of_the_device),
        cmocka_unit_test(a_buffer_is_sampled),
        cmocka_unit_test(buffers_of_others_are_not_ours),
        cmocka_unit_test(broken_clients_are_disconnected),
        cmocka_unit_test(ends_in_any_order),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
