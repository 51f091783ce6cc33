/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/blob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winsys/drm/server/mode/screen.h"

struct blob *blob_find(struct drm_screen *screen, uint32_t id)
{
    struct blob *blob = screen->blobs;
    while (blob != NULL && blob->id != id) {
        blob = blob->next;
    }
    return blob;
}

struct blob *blob_add(struct drm_screen *screen, uint64_t owner, const void *bytes, uint32_t length)
{
    unsigned count = 0;
    uint64_t total = length;
    for (const struct blob *other = screen->blobs; other != NULL; other = other->next) {
        total += other->length;
        count++;
    }
    struct blob *blob =
        count < BLOBS_MAX && total <= BLOBS_BYTES_MAX ? malloc(sizeof(*blob) + length) : NULL;
    if (blob == NULL) {
        return NULL;
    }
    *blob = (struct blob){.next = screen->blobs,
                          .id = ++screen->last_id,
                          .references = 1,
                          .owner = owner,
                          .length = length};
    memcpy(blob->bytes, bytes, length);
    screen->blobs = blob;
    return blob;
}

struct blob *blob_ref(struct blob *blob)
{
    if (blob != NULL) {
        blob->references++;
    }
    return blob;
}

void blob_unref(struct drm_screen *screen, struct blob *blob)
{
    if (blob == NULL || --blob->references > 0) {
        return;
    }
    struct blob **link = &screen->blobs;
    while (*link != blob) {
        link = &(*link)->next;
    }
    *link = blob->next;
    free(blob);
}

static void give_up(struct drm_screen *screen, struct blob *blob)
{
    blob->owner = 0;
    blob_unref(screen, blob);
}

void blob_close_all(struct drm_screen *screen, uint64_t owner)
{
    for (struct blob *blob = screen->blobs, *next; blob != NULL; blob = next) {
        next = blob->next;
        if (blob->owner == owner) {
            give_up(screen, blob);
        }
    }
}

/* ---- ioctls ---- */

int blob_get(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_get_blob *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    const struct blob *blob = blob_find(screen, get->blob_id);
    if (blob != NULL) {
        if (get->length == blob->length && call->arrays[0].count >= blob->length) {
            memcpy(call->arrays[0].bytes, blob->bytes, blob->length);
            call->arrays[0].used = blob->length;
        }
        get->length = blob->length;
    }
    pthread_mutex_unlock(&screen->lock);
    return blob != NULL ? 0 : -ENOENT;
}

int blob_create(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_create_blob *create = call->argument;
    struct drm_screen *screen = screen_of(file);
    if (create->length == 0 || call->arrays[0].count < create->length) {
        return -EINVAL;
    }
    pthread_mutex_lock(&screen->lock);
    const struct blob *blob = blob_add(screen, file->id, call->arrays[0].bytes, create->length);
    if (blob != NULL) {
        create->blob_id = blob->id;
    }
    pthread_mutex_unlock(&screen->lock);
    return blob != NULL ? 0 : -ENOMEM;
}

int blob_destroy(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_destroy_blob *destroy = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    struct blob *blob = blob_find(screen, destroy->blob_id);
    int result = blob == NULL ? -ENOENT : blob->owner != file->id ? -EPERM : 0;
    if (result == 0) {
        give_up(screen, blob);
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}
