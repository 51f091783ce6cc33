/* SPDX-License-Identifier: MIT */
/* Handles: small numbers of a file for objects, the lowest free one first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winsys/drm/server/exec.h"
#include "winsys/drm/server/objects.h"

#define CLOSE_WAIT_NS 1000000000LL
#define BOS_MANY      2048u /* of a session; the daemon's default limit is twice that */
#define BOS_AT_ONCE   64u

int drm_gem_open(struct drm_file *file)
{
    struct drm_gem_file *gem = calloc(1, sizeof(*gem));
    if (gem == NULL) {
        return -ENOMEM;
    }
    gem->file = file;
    pthread_mutex_init(&gem->exec_lock, NULL);
    file->gem = gem;
    return 0;
}

/* lock of the objects is held. */
static struct gemd_bo *take_bo(struct drm_use *use)
{
    struct gemd_bo *bo = use->bo;
    use->bo = NULL;
    use->gem->bo_count -= bo != NULL;
    return bo;
}

/* The daemon answers each that ends, and drops sessions that do not read. */
static void end_bo(struct gemd_session *session, struct gemd_bo *bo)
{
    if (bo != NULL) {
        gemd_bo_unref(bo);
        gemd_session_dispatch(session);
    }
}

/* Takes one use out of its object's list, with the reference that keeps the object meanwhile. */
static struct drm_use *take_use(struct drm_gem_file *gem, struct drm_objects *objects)
{
    pthread_mutex_lock(&objects->lock);
    struct drm_use *use = gem->uses;
    if (use != NULL) {
        gem->uses = use->of_file;
        use->object->references++;
        struct drm_use **link = &use->object->uses;
        while (*link != use) {
            link = &(*link)->of_object;
        }
        *link = use->of_object;
    }
    pthread_mutex_unlock(&objects->lock);
    return use;
}

/* Whether others have it, or a fence of it, who may be going to look at what is still drawn. */
static bool others_wait(struct drm_gem_file *gem, struct drm_objects *objects, uint64_t *seqno)
{
    pthread_mutex_lock(&objects->lock);
    bool found = !gemd_seqno_passed(gem->file->session, gem->fenced);
    *seqno = found ? gem->fenced : 0;
    for (struct drm_use *use = gem->uses; use != NULL; use = use->of_file) {
        bool is_others = use->object->references > use->handles;
        if (is_others && !gemd_seqno_passed(gem->file->session, use->last_use)) {
            *seqno = use->last_use > *seqno ? use->last_use : *seqno;
            found = true;
        }
    }
    pthread_mutex_unlock(&objects->lock);
    return found;
}

bool drm_gem_is_awaited(struct drm_file *file)
{
    uint64_t seqno = 0;
    return file->gem != NULL && others_wait(file->gem, file->server->objects, &seqno);
}

void drm_gem_fenced(struct drm_file *file, uint64_t seqno)
{
    struct drm_objects *objects = file->server->objects;
    pthread_mutex_lock(&objects->lock);
    file->gem->fenced = seqno > file->gem->fenced ? seqno : file->gem->fenced;
    pthread_mutex_unlock(&objects->lock);
}

/* The end of a session takes along what has not begun: what others have is drawn first. */
void drm_gem_close(struct drm_file *file)
{
    struct drm_gem_file *gem = file->gem;
    if (gem == NULL) {
        return;
    }
    struct drm_objects *objects = file->server->objects;
    uint64_t seqno = 0;
    if (others_wait(gem, objects, &seqno)) {
        (void)gemd_seqno_wait(file->session, seqno, drm_now_ns() + CLOSE_WAIT_NS);
    }
    struct drm_use *use;
    while ((use = take_use(gem, objects)) != NULL) {
        struct drm_object *object = use->object;
        for (unsigned i = 0; i < use->handles; i++) {
            drm_object_unref(object);
        }
        end_bo(file->session, use->bo);
        free(use);
        drm_object_unref(object);
    }
    exec_scratch_free(gem->scratch);
    pthread_mutex_destroy(&gem->exec_lock);
    free(gem->handles);
    free(gem);
    file->gem = NULL;
}

/* ---- uses ---- */

/* lock of the objects is held. */
static struct drm_use *use_of(struct drm_gem_file *gem, struct drm_object *object)
{
    struct drm_use *use = object->uses;
    while (use != NULL && use->gem != gem) {
        use = use->of_object;
    }
    if (use == NULL && (use = calloc(1, sizeof(*use))) != NULL) {
        use->object = object;
        use->gem = gem;
        use->of_object = object->uses;
        object->uses = use;
        use->of_file = gem->uses;
        gem->uses = use;
    }
    return use;
}

/*
 * The daemon has a descriptor and a mapping for each, and so allows a session some thousands: those
 * that the GPU has passed can be imported again. exec_lock is held.
 */
static void make_way(struct drm_gem_file *gem)
{
    struct drm_objects *objects = gem->file->server->objects;
    struct gemd_session *session = gem->file->session;
    struct gemd_bo *idle[BOS_AT_ONCE];
    unsigned count = 0;
    pthread_mutex_lock(&objects->lock);
    struct drm_use *use = gem->bo_count >= BOS_MANY ? gem->uses : NULL;
    for (; use != NULL && count < BOS_AT_ONCE; use = use->of_file) {
        if (use->bo != NULL && !use->is_listed && !use->unneeded &&
            gemd_seqno_passed(session, use->last_use)) {
            idle[count++] = take_bo(use);
        }
    }
    pthread_mutex_unlock(&objects->lock);
    for (unsigned i = 0; i < count; i++) {
        end_bo(session, idle[i]);
    }
}

static int import_bo(struct drm_use *use)
{
    struct drm_objects *objects = use->object->server->objects;
    struct drm_object *object = use->object;
    struct gemd_bo *bo;
    make_way(use->gem);
    int result = gemd_bo_import_tiled(use->gem->file->session, drm_object_memory(object)->fd,
                                      object->tiling, object->pitch, &bo);
    if (result < 0) {
        return result == -EDQUOT ? -ENOMEM : result;
    }
    pthread_mutex_lock(&objects->lock);
    use->bo = bo;
    use->gem->bo_count++;
    pthread_mutex_unlock(&objects->lock);
    use->tiling = object->tiling;
    use->pitch = object->pitch;
    use->unneeded = false;
    return 0;
}

int drm_use_bo(struct drm_use *use, struct gemd_bo **bo)
{
    struct drm_objects *objects = use->object->server->objects;
    struct drm_object *object = use->object;
    if (use->bo != NULL && (use->tiling != object->tiling || use->pitch != object->pitch)) {
        pthread_mutex_lock(&objects->lock);
        struct gemd_bo *other = take_bo(use);
        pthread_mutex_unlock(&objects->lock);
        end_bo(use->gem->file->session, other);
    }
    int result = use->bo != NULL ? 0 : import_bo(use);
    *bo = use->bo;
    return result;
}

int drm_object_bo(struct drm_file *file, struct drm_object *object, struct gemd_bo **bo)
{
    struct drm_objects *objects = file->server->objects;
    pthread_mutex_lock(&objects->lock);
    struct drm_use *use = use_of(file->gem, object);
    pthread_mutex_unlock(&objects->lock);
    *bo = NULL;
    if (use == NULL) {
        return -ENOMEM;
    }
    pthread_mutex_lock(&file->gem->exec_lock);
    pthread_mutex_lock(&object->lock);
    int result = drm_use_bo(use, bo);
    if (result == 0) {
        gemd_bo_ref(*bo);
    }
    pthread_mutex_unlock(&object->lock);
    pthread_mutex_unlock(&file->gem->exec_lock);
    return result;
}

bool drm_object_is_elsewhere(struct drm_object *object)
{
    struct drm_objects *objects = object->server->objects;
    unsigned files = 0;
    if (!__atomic_load_n(&object->is_exported, __ATOMIC_RELAXED)) {
        return false;
    }
    pthread_mutex_lock(&objects->lock);
    for (const struct drm_use *use = object->uses; use != NULL; use = use->of_object) {
        files += use->handles > 0 ? 1 : 0;
    }
    pthread_mutex_unlock(&objects->lock);
    return files <= 1;
}

void drm_use_mark(struct drm_use *use, uint64_t seqno, bool write)
{
    struct drm_objects *objects = use->object->server->objects;
    pthread_mutex_lock(&objects->lock);
    use->last_use = seqno;
    if (write) {
        use->last_write = seqno;
    }
    pthread_mutex_unlock(&objects->lock);
}

/* ---- handles ---- */

static int grow(struct drm_gem_file *gem)
{
    uint32_t room = gem->handle_room == 0 ? 64 : gem->handle_room * 2;
    struct drm_use **handles = realloc(gem->handles, room * sizeof(struct drm_use *));
    if (handles == NULL) {
        return -ENOMEM;
    }
    memset(handles + gem->handle_room, 0, (room - gem->handle_room) * sizeof(struct drm_use *));
    gem->handles = handles;
    gem->handle_room = room;
    return 0;
}

/* lock of the file is held. */
static int take_handle(struct drm_gem_file *gem, struct drm_use *use, uint32_t *handle)
{
    uint32_t at = gem->handle_low;
    while (at < gem->handle_room && gem->handles[at] != NULL) {
        at++;
    }
    if (at == gem->handle_room && grow(gem) < 0) {
        return -ENOMEM;
    }
    gem->handles[at] = use;
    gem->handle_low = at + 1;
    *handle = at + 1;
    return 0;
}

static int create(struct drm_file *file, struct drm_object *object, bool is_same, uint32_t *handle)
{
    struct drm_objects *objects = file->server->objects;
    int result = 0;
    pthread_mutex_lock(&file->lock);
    pthread_mutex_lock(&objects->lock);
    struct drm_use *use = use_of(file->gem, object);
    if (use == NULL) {
        result = -ENOMEM;
    } else if (is_same && use->first_handle != 0) {
        *handle = use->first_handle;
    } else {
        result = take_handle(file->gem, use, handle);
        if (result == 0) {
            use->handles++;
            object->references++;
            use->first_handle = use->first_handle != 0 ? use->first_handle : *handle;
        }
    }
    pthread_mutex_unlock(&objects->lock);
    pthread_mutex_unlock(&file->lock);
    return result;
}

int drm_handle_create(struct drm_file *file, struct drm_object *object, uint32_t *handle)
{
    return create(file, object, false, handle);
}

int drm_handle_get(struct drm_file *file, struct drm_object *object, uint32_t *handle)
{
    return create(file, object, true, handle);
}

/* lock of the file is held. */
static struct drm_use *look_up(struct drm_file *file, uint32_t handle)
{
    struct drm_gem_file *gem = file->gem;
    return handle != 0 && handle <= gem->handle_room ? gem->handles[handle - 1] : NULL;
}

/* Another handle of the same, when the first one is gone; both locks are held. */
static uint32_t other_handle(const struct drm_gem_file *gem, const struct drm_use *use)
{
    for (uint32_t i = 0; use->handles > 0 && i < gem->handle_room; i++) {
        if (gem->handles[i] == use) {
            return i + 1;
        }
    }
    return 0;
}

/* The session's buffer goes with the last handle: the daemon counts what a session has. */
static void drop_bo(struct drm_gem_file *gem, struct drm_object *object)
{
    struct drm_objects *objects = object->server->objects;
    struct gemd_bo *bo = NULL;
    pthread_mutex_lock(&gem->exec_lock);
    pthread_mutex_lock(&objects->lock);
    struct drm_use *use = use_of(gem, object);
    if (use != NULL && use->handles == 0) {
        bo = take_bo(use);
    }
    pthread_mutex_unlock(&objects->lock);
    pthread_mutex_unlock(&gem->exec_lock);
    end_bo(gem->file->session, bo);
}

int drm_handle_close(struct drm_file *file, uint32_t handle)
{
    struct drm_objects *objects = file->server->objects;
    struct drm_gem_file *gem = file->gem;
    pthread_mutex_lock(&file->lock);
    struct drm_use *use = look_up(file, handle);
    if (use == NULL) {
        pthread_mutex_unlock(&file->lock);
        return -EINVAL;
    }
    gem->handles[handle - 1] = NULL;
    gem->handle_low = handle - 1 < gem->handle_low ? handle - 1 : gem->handle_low;
    struct drm_object *object = use->object;
    pthread_mutex_lock(&objects->lock);
    bool last = --use->handles == 0;
    if (use->first_handle == handle) {
        use->first_handle = other_handle(gem, use);
    }
    pthread_mutex_unlock(&objects->lock);
    pthread_mutex_unlock(&file->lock);
    if (last) {
        drop_bo(gem, object);
    }
    drm_object_unref(object);
    return 0;
}

struct drm_use *drm_handle_use(struct drm_file *file, uint32_t handle)
{
    struct drm_objects *objects = file->server->objects;
    pthread_mutex_lock(&file->lock);
    struct drm_use *use = look_up(file, handle);
    if (use != NULL) {
        pthread_mutex_lock(&objects->lock);
        use->object->references++;
        pthread_mutex_unlock(&objects->lock);
    }
    pthread_mutex_unlock(&file->lock);
    return use;
}

struct drm_object *drm_handle_object(struct drm_file *file, uint32_t handle)
{
    struct drm_use *use = drm_handle_use(file, handle);
    return use != NULL ? use->object : NULL;
}
