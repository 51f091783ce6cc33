/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/sync_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "winsys/drm/server/server.h"
#include "winsys/drm/server/syncobj.h"

#define BUCKETS 256u

struct sync_file {
    struct drm_sync_files *files;
    struct sync_file *next; /* in its bucket */
    uint64_t inode;
    int write_end;
    struct event *released; /* nobody has the read end any more */
    /* one of them */
    struct drm_fence *fence;
    struct drm_syncobj *object;
    struct drm_fence_watch *watch; /* NULL: done */
    char name[32];
};

/* The lock is taken in the event loop too; nothing but the fences' lock is taken with it. */
struct drm_sync_files {
    pthread_mutex_t lock;
    struct sync_file *buckets[BUCKETS];
    dev_t device; /* of pipes */
    unsigned count;
};

/* Which device all pipes are on: a named one of a file system may have the same inode number. */
static int find_device(dev_t *device)
{
    struct stat status;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -errno;
    }
    const int error = fstat(ends[0], &status) == 0 ? 0 : -errno;
    close(ends[0]);
    close(ends[1]);
    *device = error == 0 ? status.st_dev : 0;
    return error;
}

int drm_sync_files_init(struct drm_server *server)
{
    struct drm_sync_files *files = calloc(1, sizeof(*files));
    const int error = files != NULL ? find_device(&files->device) : -ENOMEM;

    if (error != 0) {
        free(files);
        return error;
    }
    pthread_mutex_init(&files->lock, NULL);
    server->sync_files = files;
    return 0;
}

/* ---- the table ---- */

static struct sync_file **bucket(struct drm_sync_files *files, uint64_t inode)
{
    return &files->buckets[inode % BUCKETS];
}

/* The lock is held. */
static struct sync_file *find(struct drm_sync_files *files, uint64_t inode)
{
    struct sync_file *file = inode != 0 ? *bucket(files, inode) : NULL;

    while (file != NULL && file->inode != inode) {
        file = file->next;
    }
    return file;
}

/* Of a pipe that may be ours; 0: it is none. Without the lock: a file may make fstat() wait. */
static uint64_t inode_of(const struct drm_sync_files *files, int fd)
{
    struct stat status;

    return fd >= 0 && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) &&
                   status.st_dev == files->device
               ? status.st_ino
               : 0;
}

/* ---- lives ---- */

static void free_file(struct sync_file *file)
{
    if (file->released != NULL) {
        event_free(file->released);
    }
    if (file->watch != NULL) {
        drm_fence_unwatch(file->watch);
    }
    close(file->write_end);
    drm_fence_unref(file->fence);
    drm_syncobj_unref(file->object);
    free(file);
}

/* In the event loop. Also called when it can be written to, which says nothing. */
static void on_released(evutil_socket_t fd, short what, void *data)
{
    struct sync_file *file = data;
    struct drm_sync_files *files = file->files;
    struct pollfd end = {.fd = fd};

    if (poll(&end, 1, 0) != 1 || (end.revents & POLLERR) == 0) {
        return;
    }
    pthread_mutex_lock(&files->lock);
    struct sync_file **link = bucket(files, file->inode);
    while (*link != file) {
        link = &(*link)->next;
    }
    *link = file->next;
    files->count--;
    pthread_mutex_unlock(&files->lock);
    free_file(file);
}

static void tell_done(const struct sync_file *file)
{
    const ssize_t written = write(file->write_end, "", 1);

    (void)written; /* full: it has been told already */
}

static void on_done(void *data)
{
    struct sync_file *file = data;

    pthread_mutex_lock(&file->files->lock);
    file->watch = NULL;
    tell_done(file);
    pthread_mutex_unlock(&file->files->lock);
}

/* The lock is held, so that the loop sees all of it. */
static int watch(struct drm_server *server, struct sync_file *file)
{
    if (file->fence != NULL && drm_fence_status(file->fence) != 0) {
        tell_done(file);
    } else if (file->fence != NULL) {
        file->watch = drm_fence_watch(server, file->fence, on_done, file);
        if (file->watch == NULL) {
            return -ENOMEM;
        }
    }
    file->released =
        event_new(server->base, file->write_end, EV_WRITE | EV_ET | EV_PERSIST, on_released, file);
    if (file->released == NULL) {
        return -ENOMEM;
    }
    return event_add(file->released, NULL) == 0 ? 0 : -ENOMEM;
}

/* Takes both ends and what the file has; the read end goes to the program. */
static int enter(struct drm_server *server, struct sync_file *file, int read_end)
{
    struct drm_sync_files *files = server->sync_files;
    struct stat status;

    if (fstat(read_end, &status) != 0) {
        return -errno;
    }
    pthread_mutex_lock(&files->lock);
    file->inode = status.st_ino;
    const int error = watch(server, file);
    if (error == 0) {
        struct sync_file **first = bucket(files, file->inode);
        file->next = *first;
        *first = file;
        files->count++;
    }
    pthread_mutex_unlock(&files->lock);
    return error;
}

/* Takes the references. */
static int open_file(struct drm_server *server, const struct sync_file *as)
{
    struct sync_file *file = malloc(sizeof(*file));
    int ends[2];

    if (file == NULL) {
        drm_fence_unref(as->fence);
        drm_syncobj_unref(as->object);
        return -ENOMEM;
    }
    *file = *as;
    file->files = server->sync_files;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        const int error = -errno;
        file->write_end = -1;
        free_file(file);
        return error;
    }
    file->write_end = ends[1];
    const int error = enter(server, file, ends[0]);
    if (error != 0) {
        close(ends[0]);
        free_file(file);
        return error;
    }
    return ends[0];
}

static int open_named(struct drm_server *server, struct drm_fence *fence, const char *name)
{
    struct sync_file as = {.fence = drm_fence_ref(fence)};

    snprintf(as.name, sizeof(as.name), "%.*s", (int)sizeof(as.name) - 1, name);
    return open_file(server, &as);
}

/* As the kernel calls those that nobody gave a name. */
int drm_sync_file_open(struct drm_server *server, struct drm_fence *fence)
{
    struct drm_fence_info info = {.seqno = 0};
    char name[128];

    (void)drm_fence_tell(fence, &info, 1);
    snprintf(name, sizeof(name), "%s-%s%llu-%llu", info.driver, info.timeline,
             (unsigned long long)info.context, (unsigned long long)info.seqno);
    return open_named(server, fence, name);
}

int drm_sync_file_open_object(struct drm_server *server, struct drm_syncobj *object)
{
    const struct sync_file as = {.object = drm_syncobj_ref(object)};

    return open_file(server, &as);
}

unsigned drm_sync_file_count(struct drm_server *server)
{
    pthread_mutex_lock(&server->sync_files->lock);
    const unsigned count = server->sync_files->count;
    pthread_mutex_unlock(&server->sync_files->lock);
    return count;
}

/* Ends what programs still have: the loop runs no longer. */
void drm_sync_files_finish(struct drm_server *server)
{
    struct drm_sync_files *files = server->sync_files;

    if (files == NULL) {
        return;
    }
    for (unsigned i = 0; i < BUCKETS; i++) {
        struct sync_file *file;
        while ((file = files->buckets[i]) != NULL) {
            files->buckets[i] = file->next;
            free_file(file);
        }
    }
    pthread_mutex_destroy(&files->lock);
    free(files);
    server->sync_files = NULL;
}

/* ---- what a descriptor is ---- */

/* name: room for 32 bytes, or NULL. */
static struct drm_fence *fence_of(struct drm_server *server, int fd, uint64_t id, char *name)
{
    struct drm_sync_files *files = server->sync_files;
    struct drm_fence *fence = NULL;

    id = fd >= 0 ? inode_of(files, fd) : id;
    pthread_mutex_lock(&files->lock);
    const struct sync_file *file = find(files, id);
    if (file != NULL && file->fence != NULL) {
        fence = drm_fence_ref(file->fence);
        if (name != NULL) {
            memcpy(name, file->name, sizeof(file->name));
        }
    }
    pthread_mutex_unlock(&files->lock);
    return fence;
}

struct drm_fence *drm_sync_file_named(struct drm_server *server, uint64_t id)
{
    return id != 0 ? fence_of(server, -1, id, NULL) : NULL;
}

int drm_sync_file_fence(struct drm_server *server, int fd, struct drm_fence **fence)
{
    *fence = fd >= 0 ? fence_of(server, fd, 0, NULL) : NULL;
    if (*fence != NULL) {
        return 0;
    }
    return fd >= 0 ? drm_fence_of_descriptor(fd, fence) : -EINVAL;
}

/* An anonymous pipe that is none of this server's, of which sync objects are no fences. */
static bool is_others_pipe(struct drm_server *server, int fd)
{
    struct drm_sync_files *files = server->sync_files;
    const uint64_t inode = inode_of(files, fd);
    const int flags = inode != 0 ? fcntl(fd, F_GETFL) : -1;

    pthread_mutex_lock(&files->lock);
    const bool is_ours = find(files, inode) != NULL;
    pthread_mutex_unlock(&files->lock);
    return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && !is_ours;
}

int drm_sync_file_any_fence(struct drm_server *server, int fd, struct drm_fence **fence)
{
    const int error = drm_sync_file_fence(server, fd, fence);

    return error == -EINVAL && is_others_pipe(server, fd) ? drm_fence_of_pipe(fd, fence) : error;
}

uint64_t drm_sync_file_id(struct drm_server *server, int fd)
{
    struct drm_sync_files *files = server->sync_files;
    const uint64_t inode = inode_of(files, fd);

    pthread_mutex_lock(&files->lock);
    const struct sync_file *file = find(files, inode);
    const uint64_t id = file != NULL && file->fence != NULL ? file->inode : 0;
    pthread_mutex_unlock(&files->lock);
    return id;
}

struct drm_syncobj *drm_sync_file_object(struct drm_server *server, int fd)
{
    struct drm_sync_files *files = server->sync_files;
    struct drm_syncobj *object = NULL;
    const uint64_t inode = inode_of(files, fd);

    pthread_mutex_lock(&files->lock);
    const struct sync_file *file = find(files, inode);
    if (file != NULL && file->object != NULL) {
        object = drm_syncobj_ref(file->object);
    }
    pthread_mutex_unlock(&files->lock);
    return object;
}

/* ---- their ioctls ---- */

static int merge(struct drm_server *server, struct drm_descriptor_call *call,
                 struct drm_fence *fence)
{
    struct sync_merge_data *data = call->argument;
    struct drm_fence *merged;

    if (call->size < sizeof(*data)) {
        return -ENOTTY;
    }
    if (data->flags != 0 || data->pad != 0) {
        return -EINVAL;
    }
    struct drm_fence *other = drm_sync_file_named(server, call->other);
    if (other == NULL) {
        return -ENOENT;
    }
    int result = drm_fence_merge(fence, other, &merged);
    drm_fence_unref(other);
    if (result == 0) {
        data->name[sizeof(data->name) - 1] = '\0';
        call->fd_out = open_named(server, merged, data->name);
        drm_fence_unref(merged);
        result = call->fd_out < 0 ? call->fd_out : 0;
    }
    return result;
}

/* The leaves, as many as there are now. -EINVAL: more than there is room for. */
static int list_leaves(struct drm_descriptor_call *call, struct sync_file_info *info,
                       struct drm_fence *fence, unsigned count)
{
    struct drm_fence_info *infos = calloc(count, sizeof(*infos));
    struct sync_fence_info *told = calloc(count, sizeof(*told));
    int result = infos != NULL && told != NULL ? 0 : -ENOMEM;

    if (result == 0 && drm_fence_tell(fence, infos, count) < count) {
        result = -EAGAIN; /* some of a timeline were forgotten meanwhile: they are done */
    }
    for (unsigned i = 0; i < count && result == 0; i++) {
        memcpy(told[i].obj_name, infos[i].timeline, sizeof(told[i].obj_name));
        memcpy(told[i].driver_name, infos[i].driver, sizeof(told[i].driver_name));
        told[i].status = infos[i].status;
        told[i].timestamp_ns = (uint64_t)infos[i].time_ns;
        info->status = info->status <= 0 ? info->status : infos[i].status;
    }
    free(infos);
    if (result != 0) {
        free(told);
        return result;
    }
    call->more = told;
    call->more_bytes = count * (uint32_t)sizeof(*told);
    return 0;
}

static int describe(struct drm_descriptor_call *call, struct drm_fence *fence, const char *name)
{
    struct sync_file_info *info = call->argument;
    int result;

    if (call->size < sizeof(*info)) {
        return -ENOTTY;
    }
    if (info->flags != 0 || info->pad != 0) {
        return -EINVAL;
    }
    const uint32_t room = info->num_fences;
    do {
        const unsigned count = drm_fence_tell(fence, NULL, 0);
        if (room != 0 && room < count) {
            return -EINVAL;
        }
        info->num_fences = count;
        info->status = room == 0 ? drm_fence_status(fence) : 1;
        result = room == 0 ? 0 : list_leaves(call, info, fence, count);
    } while (result == -EAGAIN);
    memcpy(info->name, name, sizeof(info->name));
    return result;
}

int drm_sync_file_ioctl(struct drm_server *server, struct drm_descriptor_call *call)
{
    char name[32];
    struct drm_fence *fence = fence_of(server, call->fd, 0, name);
    int result = -ENOTTY;

    if (fence == NULL) {
        return result;
    }
    if (call->request == (uint32_t)SYNC_IOC_MERGE) {
        result = merge(server, call, fence);
    } else if (call->request == (uint32_t)SYNC_IOC_FILE_INFO) {
        result = describe(call, fence, name);
    }
    drm_fence_unref(fence);
    return result;
}
