/* SPDX-License-Identifier: MIT */
/*
 * From version 4 on zwp_linux_dmabuf_v1 tells its formats by feedback: a table in a file, and
 * tranches of rows of it. All tranches count alike for us, whose buffers are linear on any device.
 */
#include "wayland.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux-dmabuf-client-protocol.h"

struct row {
    uint32_t fourcc;
    uint32_t padding;
    uint64_t modifier;
};

struct feedback {
    struct wayland_formats *formats;
    const struct row *table; /* NULL: none came */
    size_t bytes;
};

static void forget_table(struct feedback *feedback)
{
    if (feedback->table) {
        munmap((void *)feedback->table, feedback->bytes);
        feedback->table = NULL;
    }
}

static void on_table(void *data, struct zwp_linux_dmabuf_feedback_v1 *object, int32_t fd,
                     uint32_t bytes)
{
    struct feedback *feedback = data;
    void *table = MAP_FAILED;
    struct stat file;

    /* What the file does not have cannot be read. */
    if (fstat(fd, &file) == 0 && file.st_size >= bytes) {
        table = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    forget_table(feedback);
    if (table != MAP_FAILED) {
        feedback->table = table;
        feedback->bytes = bytes;
    }
}

static void on_formats(void *data, struct zwp_linux_dmabuf_feedback_v1 *object,
                       struct wl_array *indices)
{
    struct feedback *feedback = data;
    const size_t rows = feedback->table ? feedback->bytes / sizeof(*feedback->table) : 0;
    const uint16_t *index = indices->data;

    for (size_t i = 0; i < indices->size / sizeof(*index); i++) {
        if (index[i] < rows) {
            wayland_formats_add_dmabuf(feedback->formats, feedback->table[index[i]].fourcc,
                                       feedback->table[index[i]].modifier);
        }
    }
}

static void on_device(void *data, struct zwp_linux_dmabuf_feedback_v1 *object,
                      struct wl_array *device)
{
}

static void on_flags(void *data, struct zwp_linux_dmabuf_feedback_v1 *object, uint32_t flags)
{
}

static void on_end(void *data, struct zwp_linux_dmabuf_feedback_v1 *object)
{
}

static const struct zwp_linux_dmabuf_feedback_v1_listener listener = {
    .done = on_end,
    .format_table = on_table,
    .main_device = on_device,
    .tranche_done = on_end,
    .tranche_target_device = on_device,
    .tranche_formats = on_formats,
    .tranche_flags = on_flags,
};

bool wayland_feedback_collect(struct wayland *wayland)
{
    struct feedback feedback = {.formats = &wayland->formats};
    struct zwp_linux_dmabuf_feedback_v1 *object =
        zwp_linux_dmabuf_v1_get_default_feedback(wayland->dmabuf);
    int result = -1;

    if (object) {
        zwp_linux_dmabuf_feedback_v1_add_listener(object, &listener, &feedback);
        /* It is sent at once, before the answer to the round trip. */
        result = wl_display_roundtrip_queue(wayland->connection, wayland->queue);
        zwp_linux_dmabuf_feedback_v1_destroy(object);
    }
    forget_table(&feedback);
    return result >= 0;
}
