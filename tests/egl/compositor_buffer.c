/* SPDX-License-Identifier: MIT */
/* Buffers: their numbers, and when they are released. */
#include "tests/egl/compositor_state.h"

#include <stdlib.h>
#include <unistd.h>

struct numbered {
    struct wl_listener gone;
    struct compositor *compositor;
    unsigned number;
};

static void count_gone(struct wl_listener *listener, void *data)
{
    struct numbered *numbered = wl_container_of(listener, numbered, gone);

    numbered->compositor->buffers--;
    free(numbered);
}

/* Numbers a buffer when it is first met; the listener's memory carries the number. */
unsigned compositor_number(struct compositor *compositor, struct wl_resource *buffer)
{
    struct wl_listener *listener = wl_resource_get_destroy_listener(buffer, count_gone);
    struct numbered *numbered;

    if (listener) {
        numbered = wl_container_of(listener, numbered, gone);
    } else {
        numbered = calloc(1, sizeof(*numbered));
        assert_non_null(numbered);
        numbered->gone.notify = count_gone;
        numbered->compositor = compositor;
        numbered->number = ++compositor->buffers_made;
        compositor->buffers++;
        wl_resource_add_destroy_listener(buffer, &numbered->gone);
    }
    return numbered->number;
}

static void buffer_destroy(struct wl_client *client, struct wl_resource *resource)
{
    wl_resource_destroy(resource);
}

const struct wl_buffer_interface compositor_buffer_interface = {.destroy = buffer_destroy};

void compositor_dmabuf_free(struct wl_resource *resource)
{
    struct dmabuf *dmabuf = wl_resource_get_user_data(resource);

    close(dmabuf->fd);
    free(dmabuf);
}

struct dmabuf *compositor_dmabuf_of(struct wl_resource *buffer)
{
    return wl_resource_instance_of(buffer, &wl_buffer_interface, &compositor_buffer_interface)
               ? wl_resource_get_user_data(buffer)
               : NULL;
}

/* ---- compositor_release, now or later ---- */

static void kept_gone(struct wl_listener *listener, void *data)
{
    struct kept *kept = wl_container_of(listener, kept, gone);

    wl_list_remove(&kept->link);
    free(kept);
}

void compositor_release(struct compositor *compositor, struct wl_resource *buffer)
{
    if (compositor->releases) {
        wl_buffer_send_release(buffer);
        return;
    }
    struct kept *kept = calloc(1, sizeof(*kept));

    assert_non_null(kept);
    kept->buffer = buffer;
    kept->gone.notify = kept_gone;
    wl_resource_add_destroy_listener(buffer, &kept->gone);
    wl_list_insert(compositor->kept.prev, &kept->link);
}

void compositor_release_kept(struct compositor *compositor)
{
    struct kept *kept, *next;

    wl_list_for_each_safe(kept, next, &compositor->kept, link)
    {
        wl_buffer_send_release(kept->buffer);
        wl_list_remove(&kept->gone.link);
        wl_list_remove(&kept->link);
        free(kept);
    }
}
