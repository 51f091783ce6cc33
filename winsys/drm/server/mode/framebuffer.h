/* SPDX-License-Identifier: MIT */
/* Framebuffers: what a plane can show, of a file's buffer. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_FRAMEBUFFER_H
#define GEMD_WINSYS_DRM_SERVER_MODE_FRAMEBUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_format;
struct drm_mode_fb_cmd2;
struct drm_object;
struct drm_screen;
struct gemd_bo;
struct gemd_session;

struct framebuffer {
    struct framebuffer *next; /* drm_screen.framebuffers, while it has a name */
    uint32_t id;              /* 0: it has none any more */
    uint64_t owner;           /* drm_file.id */
    unsigned references;      /* the name's, and what shows it */
    const struct drm_format *format;
    uint32_t width, height, pitch, offset;
    uint64_t modifier;
    bool modifiers;            /* the program said so */
    struct drm_object *object; /* referenced */
    struct gemd_bo *bo;        /* its memory in the screen's session */
};

/* All under the screen's lock. */
struct framebuffer *framebuffer_find(struct drm_screen *screen, uint32_t id);
struct framebuffer *framebuffer_ref(struct framebuffer *fb);
void framebuffer_unref(struct framebuffer *fb);
/* One without a name. 0; -ENOENT: no such buffer; -EINVAL, -ERANGE, -ENOMEM. */
int framebuffer_create(struct drm_file *file, const struct drm_mode_fb_cmd2 *request,
                       struct framebuffer **fb);
/* Those of a file that ends. */
void framebuffer_close_all(struct drm_screen *screen, uint64_t owner);
/* Where its picture begins from that pixel on, in its buffer; false: frames cannot begin there. */
bool framebuffer_offset(const struct framebuffer *fb, uint32_t x, uint32_t y, uint32_t *offset);
/* What the session presents from now on waits for what the GPU still draws there. 0, -EIO. */
int framebuffer_wait_before(struct framebuffer *fb, struct gemd_session *session);

drm_handler framebuffer_add, framebuffer_add2, framebuffer_remove, framebuffer_get,
    framebuffer_get2, framebuffer_dirty;

#endif
