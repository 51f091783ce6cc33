/* SPDX-License-Identifier: MIT */
/*
 * What the EGL driver asks of the GBM backend: one symbol of the backend, a table of this type.
 * Pointers that programs give EGL as native devices, surfaces and buffers are only compared with
 * those that there are, so any value is fine. Each function may be called by any thread.
 *
 * A surface has GEMD_GBM_SLOTS buffers, made when they are first taken. EGL takes one to draw into
 * and shows it; then the program locks it, and releases it some time.
 */
#ifndef GEMD_WINSYS_GBM_SEAM_H
#define GEMD_WINSYS_GBM_SEAM_H

#include <stdbool.h>
#include <stdint.h>

#define GEMD_GBM_ABI    3
#define GEMD_GBM_SYMBOL "gemd_gbm_seam"
/* The name by which the loader knows the backend once libgbm has loaded it, from wherever. */
#define GEMD_GBM_SONAME "libgemd_gbm.so.0"
#define GEMD_GBM_SLOTS  4u

struct gemd_gbm_surface;

struct gemd_gbm_buffer {
    int fd; /* its memory file, sealed; -1 where only the rest is told */
    uint32_t width, height, format;
    uint32_t stride, offset; /* bytes */
    uint64_t modifier;
};

/*
 * What a program has GBM import and EGL knows: 0 with the file, which is the caller's to close;
 * -EINVAL: it is no such thing. Called without locks.
 */
struct gemd_gbm_importer {
    int (*of_wayland)(void *wl_buffer, struct gemd_gbm_buffer *buffer);
    int (*of_image)(void *device, void *image, struct gemd_gbm_buffer *buffer);
};

struct gemd_gbm_seam {
    uint32_t abi;
    /* Whether that is a device of this backend that has not been destroyed. */
    bool (*has_device)(const void *device);
    /* Its DRM file, the program's; -1: there is no such device. */
    int (*device_fd)(const void *device);
    /*
     * A reference to a surface of the device (NULL: of any); NULL: there is none. A surface that
     * the program destroys meanwhile gives no more buffers.
     */
    struct gemd_gbm_surface *(*surface_ref)(const void *device, const void *native);
    void (*surface_unref)(struct gemd_gbm_surface *surface);
    /* What all its buffers are like; no file. */
    void (*surface_describe)(struct gemd_gbm_surface *surface, struct gemd_gbm_buffer *like);
    /*
     * One to draw into, with its file, which stays the surface's. -ENOBUFS: the program has them
     * all; -ENOMEM; -ENODEV: the surface was destroyed.
     */
    int (*surface_take)(struct gemd_gbm_surface *surface, unsigned *slot,
                        struct gemd_gbm_buffer *buffer);
    /* What was taken is complete, and is what the program locks next. */
    void (*surface_show)(struct gemd_gbm_surface *surface, unsigned slot);
    /* What was taken is not drawn after all. */
    void (*surface_give_back)(struct gemd_gbm_surface *surface, unsigned slot);
    /* A buffer of the device (NULL: of any). The file is the caller's to close. -EINVAL, -EMFILE.
     */
    int (*bo_describe)(const void *device, const void *native, struct gemd_gbm_buffer *buffer);
    /* From the first display on, for good. */
    void (*set_importer)(const struct gemd_gbm_importer *importer);
};

#endif
