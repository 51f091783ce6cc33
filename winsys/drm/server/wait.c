/* SPDX-License-Identifier: MIT */
/* What the GPU still does with objects, of all files' sessions, and the ioctls that ask for it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <i915_drm.h>

#include "winsys/drm/server/fence.h"
#include "winsys/drm/server/gem.h"
#include "winsys/drm/server/objects.h"
#include "winsys/drm/server/view.h"

#define SECOND_NS   1000000000LL
#define THROTTLE_NS 20000000LL /* who is that far ahead of the GPU waits */
#define BUSY_READ   0x10000u   /* by the render engine */
#define BUSY_WRITE  0x00001u

int64_t drm_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

void drm_complain(const struct drm_file *file, const char *format, ...)
{
    char path[64], name[32] = "?", text[GEMD_TEXT_MAX];
    va_list arguments;
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)file->opener.pid);
    FILE *comm = fopen(path, "re");
    if (comm != NULL) {
        if (fgets(name, sizeof(name), comm) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        fclose(comm);
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(stderr, "gemd-drm: %s (%d): %s\n", name, (int)file->opener.pid, text);
}

/* ---- waiting ---- */

static void add(struct drm_pending *pending, unsigned *count, uint64_t file, uint64_t seqno)
{
    unsigned i = 0;
    while (i < *count && pending[i].file != file) {
        i++;
    }
    if (i == DRM_FILES_MAX) {
        return;
    }
    if (i == *count) {
        pending[(*count)++] = (struct drm_pending){file, seqno};
    }
    pending[i].seqno = seqno > pending[i].seqno ? seqno : pending[i].seqno;
}

unsigned drm_object_pending(struct drm_object *object, bool all, const struct drm_file *except,
                            struct drm_pending pending[DRM_FILES_MAX], unsigned count)
{
    struct drm_objects *objects = object->server->objects;
    pthread_mutex_lock(&objects->lock);
    for (struct drm_use *use = object->uses; use != NULL; use = use->of_object) {
        const uint64_t seqno = all ? use->last_use : use->last_write;
        struct drm_file *file = use->gem->file;
        if (file != except && !gemd_seqno_passed(file->session, seqno)) {
            add(pending, &count, file->id, seqno);
        }
    }
    pthread_mutex_unlock(&objects->lock);
    return count;
}

static int wait_for(struct drm_server *server, const struct drm_pending *pending, int64_t deadline)
{
    struct drm_file *file = drm_file_find(server, pending->file);
    if (file == NULL) {
        drm_await_end();
        return deadline != GEMD_FOREVER && drm_now_ns() >= deadline ? -ETIME : 0;
    }
    int result = gemd_seqno_wait(file->session, pending->seqno, deadline);
    drm_file_unref(file);
    return result == -ETIME ? result : 0;
}

void drm_await_end(void)
{
    const struct timespec moment = {.tv_nsec = 500000};
    nanosleep(&moment, NULL);
}

int drm_object_wait(struct drm_object *object, bool all, int64_t deadline)
{
    struct drm_pending pending[DRM_FILES_MAX];
    unsigned count;
    int result = 0;
    do {
        count = drm_object_pending(object, all, NULL, pending, 0);
        for (unsigned i = 0; i < count && result == 0; i++) {
            result = wait_for(object->server, &pending[i], deadline);
        }
    } while (count > 0 && result == 0);
    struct drm_fence *fence = result == 0 ? drm_object_fence(object, all) : NULL;
    if (fence != NULL) {
        result = drm_fence_wait(fence, deadline, -1);
        drm_fence_unref(fence);
    }
    return result == -ETIME ? result : 0;
}

static bool has_fence(struct drm_object *object, bool all)
{
    struct drm_fence *fence = drm_object_fence(object, all);
    drm_fence_unref(fence);
    return fence != NULL;
}

int gem_busy(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_busy *busy = call->argument;
    struct drm_pending pending[DRM_FILES_MAX];
    struct drm_object *object = drm_handle_object(file, busy->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    busy->busy = drm_object_pending(object, true, NULL, pending, 0) != 0 || has_fence(object, true)
                     ? BUSY_READ
                     : 0;
    if (drm_object_pending(object, false, NULL, pending, 0) != 0 || has_fence(object, false)) {
        busy->busy |= BUSY_READ | BUSY_WRITE;
    }
    drm_object_unref(object);
    return 0;
}

int gem_wait(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_wait *wait = call->argument;
    if (wait->flags != 0) {
        return -EINVAL;
    }
    struct drm_object *object = drm_handle_object(file, wait->bo_handle);
    if (object == NULL) {
        return -ENOENT;
    }
    const int64_t begin = drm_now_ns();
    const int64_t deadline = wait->timeout_ns < 0 ? GEMD_FOREVER
                             : wait->timeout_ns > GEMD_FOREVER - begin - 1
                                 ? GEMD_FOREVER
                                 : begin + wait->timeout_ns;
    int result = drm_object_wait(object, true, deadline);
    if (wait->timeout_ns > 0) {
        const int64_t left = wait->timeout_ns - (drm_now_ns() - begin);
        wait->timeout_ns = result == 0 && left > 0 ? left : 0;
    }
    drm_object_unref(object);
    return result;
}

/*
 * Drivers say it at the end of a frame, before they hand it over. Who is handed it may be a
 * compositor that does not come by this server, and takes it for complete.
 */
int gem_throttle(struct drm_file *file, struct drm_call *call)
{
    struct drm_gem_file *gem = file->gem;
    struct drm_objects *objects = file->server->objects;
    const int64_t before = drm_now_ns() - THROTTLE_NS;
    uint64_t seqno;
    (void)call;
    pthread_mutex_lock(&objects->lock);
    seqno = gem->given;
    for (unsigned i = 0; i < sizeof(gem->recent) / sizeof(gem->recent[0]); i++) {
        if (gem->recent[i].time_ns < before && gem->recent[i].seqno > seqno) {
            seqno = gem->recent[i].seqno;
        }
    }
    pthread_mutex_unlock(&objects->lock);
    (void)gemd_seqno_wait(file->session, seqno, GEMD_FOREVER);
    return 0;
}

/* ---- domains ---- */

#define GPU_DOMAINS                                                                                \
    (I915_GEM_DOMAIN_RENDER | I915_GEM_DOMAIN_SAMPLER | I915_GEM_DOMAIN_COMMAND |                  \
     I915_GEM_DOMAIN_INSTRUCTION | I915_GEM_DOMAIN_VERTEX)

/* lock is held, and the GPU is done. */
static int enter_domain(struct drm_object *object, uint32_t domain, bool write)
{
    const bool is_aperture = (domain & I915_GEM_DOMAIN_GTT) != 0;
    int result = is_aperture ? view_pull(object) : view_push(object);
    if (result == 0 && write && is_aperture) {
        object->view_dirty = view_is_there(object);
    } else if (result == 0 && write) {
        object->view_valid = false;
    }
    return result;
}

int gem_set_domain(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_set_domain *domain = call->argument;
    const uint32_t read = domain->read_domains, write = domain->write_domain;
    if (((read | write) & GPU_DOMAINS) != 0 || (write != 0 && read != write)) {
        return -EINVAL;
    }
    if (read == 0) {
        return 0;
    }
    struct drm_object *object = drm_handle_object(file, domain->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    (void)drm_object_wait(object, write != 0, GEMD_FOREVER);
    view_await(object);
    pthread_mutex_lock(&object->lock);
    int result =
        object->unneeded || object->purged ? -EFAULT : enter_domain(object, read, write != 0);
    pthread_mutex_unlock(&object->lock);
    drm_object_unref(object);
    return result;
}

int gem_sw_finish(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_sw_finish *finish = call->argument;
    struct drm_object *object = drm_handle_object(file, finish->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    drm_object_unref(object);
    return 0;
}
