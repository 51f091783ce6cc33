/* SPDX-License-Identifier: MIT */
/*
 * An X client that asks a server for a little of everything that x11perf leaves out: RENDER's
 * operators, formats, repeats, filters, transforms, gradients, component masks, trapezoids and
 * glyphs, and video of all formats that a port takes. It looks at no result.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/Xrender.h>
#include <X11/extensions/Xvlib.h>

#define SIDE 64

static Display *display;
static Window window;
static int screen;

struct surface {
    Pixmap pixmap;
    Picture picture;
};

static struct surface surface_create(const XRenderPictFormat *format, int width, int height)
{
    struct surface surface;
    const XRenderColor colour = {0x8000, 0x4000, 0x2000, 0xc000};

    surface.pixmap =
        XCreatePixmap(display, window, (unsigned)width, (unsigned)height, (unsigned)format->depth);
    surface.picture = XRenderCreatePicture(display, surface.pixmap, format, 0, NULL);
    XRenderFillRectangle(display, PictOpSrc, surface.picture, &colour, 0, 0, (unsigned)width,
                         (unsigned)height);
    return surface;
}

static void surface_destroy(struct surface surface)
{
    XRenderFreePicture(display, surface.picture);
    XFreePixmap(display, surface.pixmap);
}

static const XRenderPictFormat *format_of(int depth, int index)
{
    const XRenderPictFormat wanted = {.type = PictTypeDirect, .depth = depth};

    return XRenderFindFormat(display, PictFormatType | PictFormatDepth, &wanted, index);
}

static Picture gradient(int radial)
{
    static XFixed stops[] = {0, 0x8000, 0x10000};
    static XRenderColor colours[] = {
        {0xffff, 0, 0, 0xffff}, {0, 0x8000, 0, 0x8000}, {0, 0, 0xffff, 0x4000}};
    const XLinearGradient line = {{0, 0}, {SIDE << 16, SIDE << 15}};
    const XRadialGradient circle = {{SIDE << 15, SIDE << 15, 0x10000},
                                    {SIDE << 15, SIDE << 15, SIDE << 15}};

    return radial ? XRenderCreateRadialGradient(display, &circle, stops, colours, 3)
                  : XRenderCreateLinearGradient(display, &line, stops, colours, 3);
}

static void composite(int op, Picture source, Picture mask, Picture target)
{
    XRenderComposite(display, op, source, mask, target, 1, 2, 3, 4, 5, 6, SIDE - 8, SIDE - 8);
    XSync(display, False);
}

/* All operators, with one source after the other, on one target. */
static void operators(Picture source, Picture mask, Picture target)
{
    for (int op = PictOpMinimum; op <= PictOpMaximum; op++) {
        composite(op, source, mask, target);
    }
}

static void transforms(Picture source, Picture mask, Picture target)
{
    static XTransform matrices[] = {
        {{{0x10000, 0, 0}, {0, 0x10000, 0}, {0, 0, 0x10000}}},
        {{{0x8000, 0, 0}, {0, 0x18000, 0}, {0, 0, 0x10000}}},
        {{{0xb504, -0xb504, 0x10000}, {0xb504, 0xb504, 0}, {0, 0, 0x10000}}},
        {{{0x10000, 0, 0}, {0, 0x10000, 0}, {0x40, 0x20, 0x10000}}},
    };
    static const char *const filters[] = {FilterNearest, FilterBilinear};

    for (size_t i = 0; i < sizeof(matrices) / sizeof(matrices[0]); i++) {
        for (int filter = 0; filter < 2; filter++) {
            for (int repeat = RepeatNone; repeat <= RepeatReflect; repeat++) {
                XRenderPictureAttributes attributes = {.repeat = repeat};

                XRenderSetPictureTransform(display, source, &matrices[i]);
                XRenderSetPictureFilter(display, source, filters[filter], NULL, 0);
                XRenderChangePicture(display, source, CPRepeat, &attributes);
                composite(PictOpSrc, source, None, target);
                composite(PictOpOver, source, mask, target);
            }
        }
    }
}

static void shapes(Picture source, Picture target)
{
    static const XTrapezoid trapezoid = {0x20000,
                                         0x300000,
                                         {{0x10000, 0x20000}, {0x80000, 0x300000}},
                                         {{0x300000, 0x20000}, {0x280000, 0x300000}}};
    static const XTriangle triangle = {{0, 0}, {0x300000, 0x10000}, {0x180000, 0x308000}};
    const XRenderPictFormat *alpha = XRenderFindStandardFormat(display, PictStandardA8);
    const XRenderPictFormat *bit = XRenderFindStandardFormat(display, PictStandardA1);

    XRenderCompositeTrapezoids(display, PictOpOver, source, target, alpha, 0, 0, &trapezoid, 1);
    XRenderCompositeTrapezoids(display, PictOpOver, source, target, bit, 0, 0, &trapezoid, 1);
    XRenderCompositeTrapezoids(display, PictOpSrc, source, target, alpha, 0, 0, &trapezoid, 1);
    XRenderCompositeTriangles(display, PictOpOver, source, target, alpha, 0, 0, &triangle, 1);
    XSync(display, False);
}

static void glyphs(Picture source, Picture target, int standard)
{
    XRenderPictFormat *format = XRenderFindStandardFormat(display, standard);
    const GlyphSet set = XRenderCreateGlyphSet(display, format);
    const XGlyphInfo info = {.width = 8, .height = 8, .xOff = 9};
    static char image[8 * 8 * 4];
    const int bytes = standard == PictStandardARGB32 ? 256 : standard == PictStandardA8 ? 64 : 32;

    memset(image, 0x5a, sizeof(image));
    for (Glyph id = 1; id <= 3; id++) {
        XRenderAddGlyphs(display, set, &id, &info, 1, image, bytes);
    }
    XRenderCompositeString8(display, PictOpOver, source, target, NULL, set, 0, 0, 4, 20, "\1\2\3",
                            3);
    XSync(display, False);
    XRenderCompositeString8(display, PictOpOver, source, target, format, set, 0, 0, 4, 40, "\1\2\3",
                            3);
    XSync(display, False);
    XRenderFreeGlyphSet(display, set);
}

static void render_to(Picture target)
{
    const XRenderColor half = {0x4000, 0x2000, 0x1000, 0x8000};
    const struct surface colour = surface_create(format_of(32, 0), SIDE, SIDE);
    const struct surface odd = surface_create(format_of(32, 0), SIDE - 1, SIDE - 3);
    const struct surface alpha = surface_create(format_of(8, 0), SIDE, SIDE);
    const struct surface pixel = surface_create(format_of(32, 0), 1, 1);
    const Picture solid = XRenderCreateSolidFill(display, &half);
    const Picture fades[] = {gradient(0), gradient(1)};
    XRenderPictureAttributes attributes = {.component_alpha = True, .repeat = RepeatNormal};

    XRenderChangePicture(display, pixel.picture, CPRepeat, &attributes);
    operators(colour.picture, None, target);
    operators(colour.picture, alpha.picture, target);
    operators(solid, None, target);
    operators(solid, alpha.picture, target);
    operators(colour.picture, solid, target);
    operators(fades[0], None, target);
    operators(pixel.picture, colour.picture, target);
    transforms(colour.picture, alpha.picture, target);
    transforms(odd.picture, None, target);
    transforms(fades[0], alpha.picture, target);
    transforms(fades[1], None, target);
    for (int depth = 4; depth <= 32; depth++) {
        for (int index = 0; format_of(depth, index) != NULL; index++) {
            const struct surface other = surface_create(format_of(depth, index), SIDE, SIDE);

            composite(PictOpSrc, other.picture, None, target);
            composite(PictOpOver, other.picture, alpha.picture, target);
            composite(PictOpOver, colour.picture, other.picture, target);
            surface_destroy(other);
        }
    }
    shapes(solid, target);
    shapes(colour.picture, target);
    glyphs(solid, target, PictStandardA8);
    glyphs(colour.picture, target, PictStandardA8);
    glyphs(solid, target, PictStandardARGB32);
    glyphs(solid, target, PictStandardA1);
    XRenderChangePicture(display, colour.picture, CPComponentAlpha, &attributes);
    operators(odd.picture, colour.picture, target);
    operators(solid, colour.picture, target);
    surface_destroy(colour);
    surface_destroy(odd);
    surface_destroy(alpha);
    surface_destroy(pixel);
    XRenderFreePicture(display, solid);
}

/* ---- video ---- */

static void videos_of(XvPortID port, GC gc)
{
    int count = 0;
    XvImageFormatValues *formats = XvListImageFormats(display, port, &count);

    for (int i = 0; i < count; i++) {
        XvImage *image = XvCreateImage(display, port, formats[i].id, NULL, 160, 120);

        image->data = calloc(1, (size_t)image->data_size);
        XvPutImage(display, port, window, gc, image, 0, 0, 160, 120, 10, 10, 200, 150);
        XvPutImage(display, port, window, gc, image, 2, 2, 100, 80, 0, 0, 100, 80);
        XSync(display, False);
        free(image->data);
        XFree(image);
    }
    XFree(formats);
}

static void videos(GC gc)
{
    unsigned count = 0;
    XvAdaptorInfo *adaptors = NULL;

    if (XvQueryAdaptors(display, window, &count, &adaptors) != Success) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        fprintf(stderr, "video: %s\n", adaptors[i].name);
        if (XvGrabPort(display, adaptors[i].base_id, CurrentTime) == Success) {
            videos_of(adaptors[i].base_id, gc);
        }
    }
}

/* An error is a result like any other. */
static int go_on(Display *at, XErrorEvent *error)
{
    (void)at;
    fprintf(stderr, "error %u of request %u.%u\n", error->error_code, error->request_code,
            error->minor_code);
    return 0;
}

int main(void)
{
    display = XOpenDisplay(NULL);
    if (display == NULL) {
        return 1;
    }
    screen = DefaultScreen(display);
    window = XCreateSimpleWindow(display, RootWindow(display, screen), 0, 0, 400, 300, 0, 0, 0);
    XMapWindow(display, window);
    XSetErrorHandler(go_on);
    XSync(display, False);

    const Picture root = XRenderCreatePicture(
        display, window, XRenderFindVisualFormat(display, DefaultVisual(display, screen)), 0, NULL);
    render_to(root);
    for (int depth = 8; depth <= 32; depth += 8) {
        for (int index = 0; format_of(depth, index) != NULL; index++) {
            const struct surface target = surface_create(format_of(depth, index), 96, 80);

            render_to(target.picture);
            surface_destroy(target);
        }
    }
    videos(DefaultGC(display, screen));
    XCloseDisplay(display);
    return 0;
}
