/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <i915_drm.h>

#include "hw/gen3/chip.h"
#include "proto/memfile.h"
#include "winsys/drm/server/fence.h"
#include "winsys/drm/server/objects.h"
#include "winsys/drm/server/view.h"

#define SPAN_LEAST   (UINT64_C(1) << 20) /* of a fence register */
#define SPARE_MOST   (UINT64_C(64) << 10)
#define FIRST_OFFSET (UINT64_C(1) << 32) /* of mappings; 0 looks like a failure to some */
#define FIRST_PLACE  (1u << 20)
#define LAST_PLACE   (224u << 20)

/* ---- the table ---- */

int drm_gem_init(struct drm_server *server)
{
    struct rlimit files;
    struct drm_objects *objects = calloc(1, sizeof(*objects));
    if (objects == NULL) {
        return -ENOMEM;
    }
    pthread_mutex_init(&objects->lock, NULL);
    objects->next_offset = FIRST_OFFSET;
    objects->next_place = FIRST_PLACE;
    server->objects = objects;
    /* Each object has a descriptor, and another one in each session that uses it. */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    return 0;
}

void drm_gem_finish(struct drm_server *server)
{
    if (server->objects != NULL) {
        pthread_mutex_destroy(&server->objects->lock);
        free(server->objects);
        server->objects = NULL;
    }
}

static struct drm_memory **bucket(struct drm_objects *objects, dev_t device, ino_t inode)
{
    return &objects->buckets[(inode ^ device) % DRM_OBJECT_BUCKETS];
}

static struct drm_memory *find_memory(struct drm_objects *objects, dev_t device, ino_t inode)
{
    struct drm_memory *memory = *bucket(objects, device, inode);
    while (memory != NULL && (memory->inode != inode || memory->device != device)) {
        memory = memory->next;
    }
    return memory;
}

/* lock of the objects is held. */
static void enter(struct drm_objects *objects, struct drm_memory *memory)
{
    struct drm_memory **first = bucket(objects, memory->device, memory->inode);
    memory->next = *first;
    *first = memory;
}

/* Takes the descriptor. */
static int adopt(struct drm_object *object, struct drm_memory *memory, int fd)
{
    struct stat file;
    if (fstat(fd, &file) < 0) {
        close(fd);
        return -EINVAL;
    }
    memory->fd = fd;
    memory->device = file.st_dev;
    memory->inode = file.st_ino;
    memory->object = object;
    return 0;
}

/* Takes the descriptor, of a file that no other object has. */
static int adopt_new(struct drm_object *object, struct drm_memory *memory, int fd)
{
    struct drm_objects *objects = object->server->objects;
    int result = adopt(object, memory, fd);
    if (result == 0) {
        pthread_mutex_lock(&objects->lock);
        enter(objects, memory);
        pthread_mutex_unlock(&objects->lock);
    }
    return result;
}

/* lock of the objects is held. */
static void forget(struct drm_objects *objects, struct drm_memory *memory)
{
    struct drm_memory **link = bucket(objects, memory->device, memory->inode);
    while (*link != NULL && *link != memory) {
        link = &(*link)->next;
    }
    if (*link == memory) {
        *link = memory->next;
    }
}

static void release(struct drm_memory *memory, uint64_t size)
{
    if (memory->map != NULL) {
        munmap(memory->map, size);
    }
    if (memory->fd >= 0) {
        close(memory->fd);
    }
}

/* ---- lives ---- */

/* Where it pretends to be: pages of an aperture that others may share, but never at 0. */
static uint32_t take_place(struct drm_objects *objects, uint64_t size)
{
    if (size > LAST_PLACE - objects->next_place) {
        objects->next_place = FIRST_PLACE;
    }
    const uint32_t place = objects->next_place;
    objects->next_place += size < LAST_PLACE - place ? (uint32_t)size : 0;
    return place;
}

static struct drm_object *object_new(struct drm_server *server, uint64_t size)
{
    struct drm_objects *objects = server->objects;
    struct drm_object *object = calloc(1, sizeof(*object));
    if (object == NULL) {
        return NULL;
    }
    object->server = server;
    object->references = 1;
    object->size = size;
    object->linear.fd = object->tiles.fd = -1;
    object->caching = I915_CACHING_NONE;
    pthread_mutex_init(&object->lock, NULL);
    pthread_mutex_lock(&objects->lock);
    object->map_offset = objects->next_offset;
    objects->next_offset += 2 * (size + DRM_PAGE);
    object->place = take_place(objects, size);
    pthread_mutex_unlock(&objects->lock);
    return object;
}

static void object_free(struct drm_object *object)
{
    while (object->uses != NULL) {
        struct drm_use *use = object->uses;
        object->uses = use->of_object;
        gemd_bo_unref(use->bo);
        free(use);
    }
    drm_fence_unref(object->reads);
    drm_fence_unref(object->writes);
    release(&object->linear, object->size);
    release(&object->tiles, object->size);
    pthread_mutex_destroy(&object->lock);
    free(object);
}

int drm_object_create(struct drm_server *server, uint64_t size, struct drm_object **object)
{
    *object = NULL;
    if (size == 0) {
        return -EINVAL;
    }
    if (size > server->info.gtt_bytes * 16) {
        return -E2BIG;
    }
    size = (size + DRM_PAGE - 1) / DRM_PAGE * DRM_PAGE;
    int fd = memfile_create("gemd-drm", size);
    if (fd < 0) {
        return fd == -EMFILE || fd == -ENFILE ? fd : -ENOMEM;
    }
    struct drm_object *made = object_new(server, size);
    if (made == NULL) {
        close(fd);
        return -ENOMEM;
    }
    int result = adopt_new(made, &made->linear, fd);
    if (result < 0) {
        object_free(made);
        return result;
    }
    *object = made;
    return 0;
}

struct drm_object *drm_object_of_file(struct drm_server *server, int fd)
{
    struct drm_object *object = NULL;
    struct stat file;
    if (fstat(fd, &file) < 0) {
        return NULL;
    }
    pthread_mutex_lock(&server->objects->lock);
    struct drm_memory *memory = find_memory(server->objects, file.st_dev, file.st_ino);
    if (memory != NULL) {
        object = memory->object;
        object->references++;
    }
    pthread_mutex_unlock(&server->objects->lock);
    return object;
}

/* The new object; or the one that another thread has imported of the same file meanwhile. */
static struct drm_object *enter_once(struct drm_objects *objects, struct drm_object *made)
{
    struct drm_object *object = made;
    pthread_mutex_lock(&objects->lock);
    const struct drm_memory *other = find_memory(objects, made->linear.device, made->linear.inode);
    if (other != NULL) {
        object = other->object;
        object->references++;
    } else {
        enter(objects, &made->linear);
    }
    pthread_mutex_unlock(&objects->lock);
    if (object != made) {
        object_free(made);
    }
    return object;
}

int drm_object_import(struct drm_server *server, int fd, struct drm_object **object)
{
    struct drm_objects *objects = server->objects;
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    *object = drm_object_of_file(server, fd);
    if (*object != NULL) {
        return 0;
    }
    if (memfile_check(fd, 0, &size, reason) < 0) {
        return -EINVAL;
    }
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    struct drm_object *made = own >= 0 ? object_new(server, size) : NULL;
    if (made == NULL) {
        int result = own < 0 ? -errno : -ENOMEM;
        if (own >= 0) {
            close(own);
        }
        return result;
    }
    int result = adopt(made, &made->linear, own);
    if (result < 0) {
        object_free(made);
        return result;
    }
    made->is_exported = true;
    *object = enter_once(objects, made);
    return 0;
}

struct drm_object *drm_object_ref(struct drm_object *object)
{
    struct drm_objects *objects = object->server->objects;
    pthread_mutex_lock(&objects->lock);
    object->references++;
    pthread_mutex_unlock(&objects->lock);
    return object;
}

static void forget_name(struct drm_objects *objects, const struct drm_object *object)
{
    struct drm_object **link = &objects->named;
    while (*link != NULL && *link != object) {
        link = &(*link)->next_named;
    }
    if (*link == object) {
        *link = object->next_named;
    }
}

/* Takes the object's uses out of their files' lists. */
static void leave_files(struct drm_object *object)
{
    for (struct drm_use *use = object->uses; use != NULL; use = use->of_object) {
        struct drm_use **link = &use->gem->uses;
        while (*link != NULL && *link != use) {
            link = &(*link)->of_file;
        }
        if (*link == use) {
            *link = use->of_file;
        }
        use->gem->bo_count -= use->bo != NULL;
    }
}

void drm_object_unref(struct drm_object *object)
{
    if (object == NULL) {
        return;
    }
    struct drm_objects *objects = object->server->objects;
    pthread_mutex_lock(&objects->lock);
    bool last = --object->references == 0;
    if (last) {
        forget(objects, &object->linear);
        forget(objects, &object->tiles);
        forget_name(objects, object);
        leave_files(object);
    }
    pthread_mutex_unlock(&objects->lock);
    if (last) {
        object_free(object); /* a buffer of libgemd keeps its session */
    }
}

/* ---- memory ---- */

struct drm_memory *drm_object_memory(struct drm_object *object)
{
    return object->tiling != I915_TILING_NONE && object->tiles.fd >= 0 ? &object->tiles
                                                                       : &object->linear;
}

uint8_t *drm_memory_map(struct drm_memory *memory, uint64_t size)
{
    if (memory->map == NULL) {
        void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
        memory->map = map != MAP_FAILED ? map : NULL;
    }
    return memory->map;
}

enum gen3_tiling drm_object_walk(const struct drm_object *object)
{
    const struct gen3_chip *chip = gen3_chip_find(object->server->info.pci_device);
    return object->tiling == I915_TILING_X   ? GEN3_TILED_X
           : object->tiling == I915_TILING_Y ? gen3_tiling_y(chip == NULL || chip->is_945_class)
                                             : GEN3_LINEAR;
}

/* The bytes of one memory file into the other one; one that nobody has written has none. */
static int copy_bytes(const struct drm_memory *from, const struct drm_memory *to, uint64_t size)
{
    uint8_t bytes[65536];
    off_t at = 0;
    while ((at = lseek(from->fd, at, SEEK_DATA)) >= 0 && (uint64_t)at < size) {
        const uint64_t left = size - (uint64_t)at;
        ssize_t got = pread(from->fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes), at);
        if (got <= 0 || pwrite(to->fd, bytes, (size_t)got, at) != got) {
            return got == 0 ? 0 : -ENOMEM;
        }
        at += got;
    }
    return 0;
}

/*
 * Drivers reach a row of tiles beyond their buffers: Mesa fills texels of one byte as if they had
 * two. On Linux what lies there is nobody's, where the fence register covers more than the buffer;
 * the daemon lets nobody reach it, so here it is the buffer's own. A buffer has a row of tiles at
 * least, so there are as many bytes more, and never so many that the register had to be larger.
 */
static uint64_t spare_bytes(uint64_t size)
{
    const uint64_t most = size < SPARE_MOST ? size : SPARE_MOST;
    uint64_t span = SPAN_LEAST;
    while (span < size) {
        span *= 2;
    }
    return most < span - size ? most : span - size;
}

/*
 * Gives it memory for tiles; lines that programs have mapped stay where they are. Whoever is given
 * the file and does not ask for its tiling goes by its name; drivers do not tile a buffer one way
 * and then the other.
 */
static int make_tiles(struct drm_object *object, uint32_t tiling)
{
    if (object->tiles.fd < 0) {
        int fd = memfile_create(tiling == I915_TILING_X ? MEMFILE_X_TILES : MEMFILE_Y_TILES,
                                object->size + spare_bytes(object->size));
        if (fd < 0) {
            return -ENOMEM;
        }
        int result = adopt_new(object, &object->tiles, fd);
        if (result < 0) {
            object->tiles.fd = -1;
            return result;
        }
    }
    return copy_bytes(&object->linear, &object->tiles, object->size);
}

/* lock is held. One whose file others have keeps that file. */
static int change_tiling(struct drm_object *object, uint32_t tiling, uint32_t pitch)
{
    int result = view_push(object);
    bool was_tiled = drm_object_memory(object) == &object->tiles;
    if (result == 0 && !was_tiled && tiling != I915_TILING_NONE && !object->is_exported) {
        result = make_tiles(object, tiling);
    }
    if (result == 0 && was_tiled && tiling == I915_TILING_NONE) {
        result = copy_bytes(&object->tiles, &object->linear, object->size);
    }
    if (result == 0) {
        object->tiling = tiling;
        object->pitch = pitch;
        object->view_valid = false;
    }
    return result;
}

int drm_object_set_tiling(struct drm_object *object, uint32_t tiling, uint32_t pitch)
{
    int result = 0;
    pthread_mutex_lock(&object->lock);
    bool is_same = object->tiling == tiling && object->pitch == pitch;
    pthread_mutex_unlock(&object->lock);
    if (is_same) {
        return 0;
    }
    (void)drm_object_wait(object, true, GEMD_FOREVER);
    pthread_mutex_lock(&object->lock);
    if (object->tiling != tiling || object->pitch != pitch) {
        result = object->framebuffers != 0 ? -EBUSY : change_tiling(object, tiling, pitch);
    }
    pthread_mutex_unlock(&object->lock);
    return result;
}

/* ---- names ---- */

uint32_t drm_object_name(struct drm_object *object)
{
    struct drm_objects *objects = object->server->objects;
    pthread_mutex_lock(&objects->lock);
    if (object->name == 0) {
        object->name = ++objects->last_name;
        object->next_named = objects->named;
        objects->named = object;
    }
    uint32_t name = object->name;
    pthread_mutex_unlock(&objects->lock);
    return name;
}

struct drm_object *drm_object_named(struct drm_server *server, uint32_t name)
{
    pthread_mutex_lock(&server->objects->lock);
    struct drm_object *object = server->objects->named;
    while (object != NULL && object->name != name) {
        object = object->next_named;
    }
    if (object != NULL) {
        object->references++;
    }
    pthread_mutex_unlock(&server->objects->lock);
    return object;
}
