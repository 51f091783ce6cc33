/* SPDX-License-Identifier: MIT */
/* Pixmaps of an X server: surfaces over them, and copies into them. */
#include "tests/egl/x11_server.h"

/* Widths whose rows fill a stride, and one that does not. */
static void draw_into(struct x11_client *client, EGLConfig config, uint8_t depth, uint16_t width,
                      EGLenum api)
{
    xcb_pixmap_t pixmap = x11_pixmap(client, depth, width, 20);

    x11_fill(client, pixmap, 0x123456);
    EGLSurface surface = eglCreatePlatformPixmapSurface(client->display, config, &pixmap, NULL);

    assert_ptr_not_equal(surface, EGL_NO_SURFACE);
    EGLContext context = x11_current(client, config, surface, api);

    /* What it held is there, also where nothing is drawn. */
    fixture_assert_pixel(width - 1, 19, 0x12, 0x34, 0x56, depth == 32 ? 0 : 255);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, 4, 4);
    fixture_clear(1, 0, 0, 1);
    glDisable(GL_SCISSOR_TEST);
    assert_true(eglWaitClient());
    assert_int_equal(x11_pixel(client, pixmap, 3, 19), 0xff0000);
    assert_int_equal(x11_pixel(client, pixmap, 4, 19), 0x123456);
    assert_int_equal(x11_pixel(client, pixmap, (int16_t)(width - 1), 0), 0x123456);
    fixture_clear(0, 0, 1, 1);
    glFinish();
    assert_int_equal(x11_pixel(client, pixmap, (int16_t)(width - 1), 0), 0x0000ff);
    assert_true(eglSwapBuffers(client->display, surface)); /* does nothing */
    eglMakeCurrent(client->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    assert_true(eglDestroySurface(client->display, surface));
    assert_true(eglDestroyContext(client->display, context));
    xcb_free_pixmap(client->connection, pixmap);
}

static void test_surface(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    draw_into(&client, x11_config(&client, 0, 24), 24, 32, EGL_OPENGL_API);
    draw_into(&client, x11_config(&client, 0, 24), 24, 33, EGL_OPENGL_ES_API);
    draw_into(&client, x11_config(&client, 8, 32), 32, 7, EGL_OPENGL_API);
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

static void test_freed(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);
    xcb_pixmap_t pixmap = x11_pixmap(&client, 24, 16, 16);
    EGLSurface surface = eglCreatePlatformPixmapSurface(client.display, config, &pixmap, NULL);

    x11_current(&client, config, surface, EGL_OPENGL_API);
    fixture_clear(1, 0, 0, 1);
    xcb_free_pixmap(client.connection, pixmap);
    glFinish();
    fixture_clear(0, 1, 0, 1);
    glFinish();
    fixture_assert_pixel(3, 3, 0, 255, 0, 255);
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

/* From every kind of surface; a pixmap that is larger keeps the rest. */
static void test_copy_buffers(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);
    xcb_window_t window = x11_window(&client, config, 37, 20, true);
    xcb_pixmap_t source = x11_pixmap(&client, 24, 37, 20);
    EGLSurface surfaces[] = {
        x11_surface(&client, config, window, NULL),
        eglCreatePlatformPixmapSurface(client.display, config, &source, NULL),
        fixture_pbuffer(client.display, config, 37, 20),
    };
    xcb_pixmap_t pixmap = x11_pixmap(&client, 24, 50, 30);

    for (unsigned i = 0; i < COUNT(surfaces); i++) {
        x11_current(&client, config, surfaces[i], EGL_OPENGL_API);
        x11_fill(&client, pixmap, 0x123456);
        fixture_clear(1, 0, 0, 1);
        glEnable(GL_SCISSOR_TEST);
        glScissor(0, 0, 4, 4);
        fixture_clear(0, 0, 1, 1);
        glDisable(GL_SCISSOR_TEST);
        assert_true(eglCopyBuffers(client.display, surfaces[i], (EGLNativePixmapType)pixmap));
        assert_int_equal(x11_pixel(&client, pixmap, 3, 19), 0x0000ff);
        assert_int_equal(x11_pixel(&client, pixmap, 36, 0), 0xff0000);
        assert_int_equal(x11_pixel(&client, pixmap, 37, 0), 0x123456);
        assert_int_equal(x11_pixel(&client, pixmap, 0, 20), 0x123456);
    }
    /* Current nowhere. */
    x11_fill(&client, pixmap, 0x123456);
    glFinish();
    eglMakeCurrent(client.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    assert_true(eglCopyBuffers(client.display, surfaces[2], (EGLNativePixmapType)pixmap));
    assert_int_equal(x11_pixel(&client, pixmap, 3, 19), 0x0000ff);
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_surface),
        cmocka_unit_test(test_freed),
        cmocka_unit_test(test_copy_buffers),
    };

    return x11_run("x11_pixmap", tests, COUNT(tests), argc, argv);
}
