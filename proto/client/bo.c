/* SPDX-License-Identifier: MIT */
#include "proto/client/bo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/client/arena.h"
#include "proto/client/bo_cache.h"
#include "proto/client/window.h"
#include "proto/memfile.h"

/* Beyond this much closed memory that the GPU still uses, a creator waits instead of growing. */
#define ZOMBIE_BYTES_MAX (64u << 20)

/* ---- the end of a buffer ---- */

/* Whether nobody reads or writes a closed buffer's memory any more. lock is held. */
static bool zombie_ready(struct gemd_session *session, const struct gemd_bo *bo)
{
    return writer_passed(session, bo->close_tail) && seqno_retired(session, bo->last_use) &&
           (bo->shown_in == NULL || gemd_window_released(bo->shown_in, bo->shown_serial));
}

/* Takes zombies that are ready out of the list and gives back what needs no message. lock held. */
static struct gemd_bo *reap(struct gemd_session *session)
{
    struct gemd_bo *ready = NULL;
    struct gemd_bo **link = &session->zombies;
    while (*link != NULL) {
        struct gemd_bo *bo = *link;
        if (!zombie_ready(session, bo)) {
            link = &bo->next;
            continue;
        }
        *link = bo->next;
        if (bo->arena != NULL) {
            arena_give(bo->arena, bo->offset, bo->size);
            session->zombie_bytes -= bo->size;
        }
        session->free_handles[session->free_handle_count++] = bo->handle;
        bo->next = ready;
        ready = bo;
    }
    session->zombies_end = link;
    return ready;
}

static void bo_free(struct gemd_bo *bo)
{
    window_unref(bo->shown_in);
    if (bo->fd >= 0) {
        close(bo->fd);
    }
    if (bo->arena == NULL && bo->map != NULL) {
        munmap(bo->map, bo->size);
    }
    free(bo);
}

/* What reap() and arena_collect() took out, with no lock held. */
static void dispose(struct gemd_session *session, struct gemd_bo *bos, struct arena *arenas)
{
    while (bos != NULL) {
        struct gemd_bo *bo = bos;
        bos = bo->next;
        if (bo->own_arena != 0) {
            arena_renounce(session, bo->own_arena);
        }
        bo_free(bo);
    }
    while (arenas != NULL) {
        struct arena *arena = arenas;
        arenas = arena->next;
        arena_renounce(session, arena->id);
        arena_destroy(arena);
    }
}

static void collect(struct gemd_session *session)
{
    pthread_mutex_lock(&session->lock);
    struct gemd_bo *ready = reap(session);
    struct arena *arenas = ready != NULL ? arena_collect(session) : NULL;
    pthread_mutex_unlock(&session->lock);
    dispose(session, ready, arenas);
}

static void join_live(struct gemd_bo *bo)
{
    struct gemd_session *session = bo->session;
    bo->live_next = session->live;
    bo->live_link = &session->live;
    if (session->live != NULL) {
        session->live->live_link = &bo->live_next;
    }
    session->live = bo;
}

static void leave_live(struct gemd_bo *bo)
{
    if (bo->live_link != NULL) {
        *bo->live_link = bo->live_next;
        if (bo->live_next != NULL) {
            bo->live_next->live_link = bo->live_link;
        }
        bo->live_link = NULL;
    }
}

/* Of a lost session: the daemon knows neither the handle nor the range. */
static void give_back(struct gemd_session *session, struct gemd_bo *bo)
{
    pthread_mutex_lock(&session->lock);
    leave_live(bo);
    if (bo->arena != NULL) {
        arena_give(bo->arena, bo->offset, bo->size);
    }
    if (bo->handle != 0) {
        session->free_handles[session->free_handle_count++] = bo->handle;
    }
    pthread_mutex_unlock(&session->lock);
}

/* Writes CLOSE and makes the buffer a zombie; false when the session is lost. */
static bool bury(struct gemd_session *session, struct gemd_bo *bo)
{
    struct gemd_record_close *record;
    if (writer_begin(session, sizeof(*record), (void **)&record) < 0) {
        return false;
    }
    *record = (struct gemd_record_close){
        .header = {.type = GEMD_RECORD_CLOSE, .size = sizeof(*record)},
        .handle = bo->handle,
    };
    leave_live(bo);
    bo->close_tail = session->tail + sizeof(*record);
    bo->next = NULL;
    *session->zombies_end = bo;
    session->zombies_end = &bo->next;
    session->zombie_bytes += bo->arena != NULL ? bo->size : 0;
    writer_end(session, sizeof(*record));
    return true;
}

/* A buffer made of a token is not known to the daemon to which a session came back. */
static bool daemon_knows(const struct gemd_bo *bo)
{
    return bo->handle != 0 &&
           (bo->rights == 0 || bo->connection == gemd_session_losses(bo->session));
}

/* Ends it for the daemon, and for us if there is none. */
static void close_bo(struct gemd_session *session, struct gemd_bo *bo)
{
    if (!daemon_knows(bo) || !bury(session, bo)) {
        give_back(session, bo);
        bo_free(bo);
    }
}

/* Keeps it for the next who wants such a one; false: it is to be closed. */
static bool keep(struct gemd_session *session, struct gemd_bo *bo, int64_t now)
{
    pthread_mutex_lock(&session->lock);
    bool kept = daemon_knows(bo) && !session_gone(session) && bo_cache_put(session, bo, now);
    if (kept) {
        leave_live(bo);
    }
    pthread_mutex_unlock(&session->lock);
    return kept;
}

static void trim(struct gemd_session *session, int64_t now)
{
    for (;;) {
        pthread_mutex_lock(&session->lock);
        struct gemd_bo *bo = bo_cache_trim(session, now);
        pthread_mutex_unlock(&session->lock);
        if (bo == NULL) {
            return;
        }
        close_bo(session, bo);
    }
}

static bool last_reference(struct gemd_bo *bo)
{
    if (bo->fd < 0) {
        return __atomic_sub_fetch(&bo->references, 1, __ATOMIC_ACQ_REL) == 0;
    }
    /* Under the lock, for gemd_bo_import() may be about to find it. */
    struct gemd_session *session = bo->session;
    pthread_mutex_lock(&session->lock);
    bool last = __atomic_sub_fetch(&bo->references, 1, __ATOMIC_ACQ_REL) == 0;
    struct gemd_bo **link = &session->shared;
    while (last && *link != NULL) {
        if (*link == bo) {
            *link = bo->next;
            break;
        }
        link = &(*link)->next;
    }
    pthread_mutex_unlock(&session->lock);
    return last;
}

void gemd_bo_unref(struct gemd_bo *bo)
{
    if (bo == NULL || !last_reference(bo)) {
        return;
    }
    struct gemd_session *session = bo->session;
    if (bo->fd >= 0) {
        munmap(bo->map, bo->size);
        bo->map = NULL;
    }
    int64_t now = wait_now_ns();
    pthread_rwlock_rdlock(&session->connection);
    if (!keep(session, bo, now)) {
        close_bo(session, bo);
    }
    if (!session_gone(session)) {
        trim(session, now);
        collect(session);
    }
    pthread_rwlock_unlock(&session->connection);
    session_unref(session);
}

void bo_forget_all(struct gemd_session *session)
{
    struct gemd_bo *kept;
    while ((kept = bo_cache_pop(session)) != NULL) {
        bo_free(kept);
    }
    while (session->zombies != NULL) {
        struct gemd_bo *bo = session->zombies;
        session->zombies = bo->next;
        bo_free(bo);
    }
    while (session->arenas != NULL) {
        struct arena *arena = session->arenas;
        session->arenas = arena->next;
        arena_destroy(arena);
    }
    free(session->free_handles);
}

/* ---- its beginning ---- */

uint32_t bo_take_handle(struct gemd_session *session)
{
    if (session->free_handle_count > 0) {
        return session->free_handles[--session->free_handle_count];
    }
    /* Room for every handle there is, so that giving one back cannot fail. */
    if (session->last_handle >= session->free_handle_room) {
        size_t room = session->free_handle_room == 0 ? 64 : session->free_handle_room * 2;
        uint32_t *handles = realloc(session->free_handles, room * sizeof(*handles));
        if (handles == NULL) {
            return 0;
        }
        session->free_handles = handles;
        session->free_handle_room = room;
    }
    return ++session->last_handle;
}

static void write_create(const struct gemd_bo *bo, struct gemd_record_create *record)
{
    *record = (struct gemd_record_create){
        .header = {.type = GEMD_RECORD_CREATE, .size = sizeof(*record)},
        .handle = bo->handle,
        .arena = bo->arena != NULL ? bo->arena->id : bo->own_arena,
        .offset = bo->offset,
        .size = bo->size,
        .tiling = bo->tiling,
        .pitch = bo->pitch,
    };
}

/* Writes CREATE; a shared buffer joins the session's list. */
static int introduce(struct gemd_session *session, struct gemd_bo *bo)
{
    struct gemd_record_create *record;
    int result = writer_begin(session, sizeof(*record), (void **)&record);
    if (result < 0) {
        return result;
    }
    bo->handle = bo_take_handle(session);
    if (bo->handle == 0) {
        pthread_mutex_unlock(&session->lock);
        return -ENOMEM;
    }
    write_create(bo, record);
    join_live(bo);
    if (bo->fd >= 0) {
        bo->next = session->shared;
        session->shared = bo;
    }
    writer_end(session, sizeof(*record));
    return 0;
}

/* Waits for the oldest closed buffer's memory, when there is so much of it that growing is wrong.
 */
static void wait_for_zombies(struct gemd_session *session)
{
    pthread_mutex_lock(&session->lock);
    bool wait = session->zombies != NULL && session->zombie_bytes > ZOMBIE_BYTES_MAX;
    uint64_t seqno = wait ? session->zombies->last_use : 0;
    pthread_mutex_unlock(&session->lock);
    if (wait && gemd_seqno_wait(session, seqno, GEMD_FOREVER) == 0) {
        collect(session);
    }
}

static int take_range(struct gemd_session *session, struct gemd_bo *bo)
{
    for (unsigned round = 0;; round++) {
        pthread_mutex_lock(&session->lock);
        struct gemd_bo *ready = reap(session);
        bool taken = arena_take(session, bo->size, &bo->arena, &bo->offset);
        struct arena *arenas = ready != NULL ? arena_collect(session) : NULL;
        pthread_mutex_unlock(&session->lock);
        dispose(session, ready, arenas);
        if (taken) {
            bo->map = bo->arena->map + bo->offset;
            return 0;
        }
        if (round == 0) {
            wait_for_zombies(session);
        } else {
            int result = arena_create(session, bo->size);
            if (result < 0) {
                return result;
            }
        }
    }
}

static int create_private(struct gemd_session *session, struct gemd_bo *bo)
{
    int result = take_range(session, bo);
    if (result < 0) {
        return result;
    }
    result = arena_zero(bo->arena, bo->offset, bo->size);
    if (result == 0) {
        result = introduce(session, bo);
    }
    if (result < 0) {
        pthread_mutex_lock(&session->lock);
        arena_give(bo->arena, bo->offset, bo->size);
        pthread_mutex_unlock(&session->lock);
    }
    return result;
}

/* Makes bo->fd, which the buffer owns from now on, an arena and a buffer. */
static int create_over_file(struct gemd_session *session, struct gemd_bo *bo, bool is_new)
{
    struct stat file;
    if (fstat(bo->fd, &file) < 0) {
        return -EINVAL;
    }
    bo->device = file.st_dev;
    bo->inode = file.st_ino;
    bo->map = arena_map(bo->fd, bo->size);
    if (bo->map == NULL || (is_new && arena_populate(bo->map, bo->size) < 0)) {
        return -ENOMEM;
    }
    pthread_mutex_lock(&session->lock);
    bo->own_arena = ++session->last_arena;
    pthread_mutex_unlock(&session->lock);
    int result = arena_announce(session, bo->own_arena, bo->fd, bo->size);
    if (result < 0) {
        return result;
    }
    result = introduce(session, bo);
    if (result < 0) {
        arena_renounce(session, bo->own_arena);
    }
    return result;
}

static int create_shared(struct gemd_session *session, struct gemd_bo *bo)
{
    bo->fd = memfile_create("gemd-buffer", bo->size);
    return bo->fd < 0 ? -ENOMEM : create_over_file(session, bo, true);
}

struct gemd_bo *bo_new(struct gemd_session *session, uint64_t size)
{
    struct gemd_bo *bo = calloc(1, sizeof(*bo));
    if (bo != NULL) {
        bo->references = 1;
        bo->session = session;
        bo->size = size;
        bo->fd = -1;
    }
    return bo;
}

/* A lost session's buffer: a file that no daemon knows, so far. */
static int create_orphan(struct gemd_bo *bo)
{
    struct gemd_session *session = bo->session;
    struct stat file;
    bo->fd = memfile_create("gemd-buffer", bo->size);
    bo->map = bo->fd >= 0 ? arena_map(bo->fd, bo->size) : NULL;
    if (bo->map == NULL || fstat(bo->fd, &file) < 0) {
        return -ENOMEM;
    }
    bo->device = file.st_dev;
    bo->inode = file.st_ino;
    pthread_mutex_lock(&session->lock);
    bo->own_arena = ++session->last_arena;
    join_live(bo);
    bo->next = session->shared;
    session->shared = bo;
    pthread_mutex_unlock(&session->lock);
    return 0;
}

static int create(struct gemd_session *session, bool shared, struct gemd_bo *bo)
{
    if (session_gone(session)) {
        return -EIO;
    }
    return shared ? create_shared(session, bo) : create_private(session, bo);
}

/* One that was closed and is as large; NULL: there is none. */
static struct gemd_bo *reuse(struct gemd_session *session, uint64_t size)
{
    pthread_mutex_lock(&session->lock);
    struct gemd_bo *bo = bo_cache_take(session, size);
    if (bo != NULL) {
        join_live(bo);
        bo->references = 1;
        bo->last_use = 0;
        bo->last_write = 0;
    }
    pthread_mutex_unlock(&session->lock);
    if (bo != NULL) {
        memset(bo->map, 0, size);
        session_ref(session);
    }
    return bo;
}

/* Hands out a buffer that was made, or frees it. */
static int bo_done(struct gemd_bo *made, int result, struct gemd_bo **bo)
{
    if (result < 0) {
        bo_free(made);
        return result;
    }
    session_ref(made->session);
    *bo = made;
    return 0;
}

/* What a buffer is made for. */
struct wish {
    uint64_t size;
    bool shared;
    uint32_t tiling, pitch;
};

static struct gemd_bo *bo_new_as(struct gemd_session *session, const struct wish *wish)
{
    struct gemd_bo *bo = bo_new(session, wish->size);
    if (bo != NULL) {
        bo->tiling = wish->tiling;
        bo->pitch = wish->pitch;
    }
    return bo;
}

static int make(struct gemd_session *session, const struct wish *wish, struct gemd_bo **bo)
{
    struct gemd_bo *made = bo_new_as(session, wish);
    if (made == NULL) {
        return -ENOMEM;
    }
    int result = create(session, wish->shared, made);
    if (result == -EIO && session_gone(session)) {
        bo_free(made);
        made = bo_new_as(session, wish);
        result = made != NULL ? create_orphan(made) : -ENOMEM;
    }
    return made != NULL ? bo_done(made, result, bo) : result;
}

int gemd_bo_create(struct gemd_session *session, uint64_t size, bool shared, struct gemd_bo **bo)
{
    return gemd_bo_create_tiled(session, size, shared, GEMD_TILING_NONE, 0, bo);
}

static bool is_tiling(uint32_t tiling, uint32_t pitch)
{
    return tiling <= GEMD_TILING_Y && (tiling == GEMD_TILING_NONE) == (pitch == 0);
}

int gemd_bo_create_tiled(struct gemd_session *session, uint64_t size, bool shared, uint32_t tiling,
                         uint32_t pitch, struct gemd_bo **bo)
{
    int result = 0;
    *bo = NULL;
    if (size == 0 || !is_tiling(tiling, pitch)) {
        return -EINVAL;
    }
    if (size > session->info.gtt_bytes) {
        return -ENOMEM; /* the GPU could never see it whole */
    }
    size = (size + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
    const struct wish wish = {size, shared, tiling, pitch};
    pthread_rwlock_rdlock(&session->connection);
    *bo = shared || tiling != GEMD_TILING_NONE ? NULL : reuse(session, size);
    if (*bo == NULL) {
        result = make(session, &wish, bo);
    }
    pthread_rwlock_unlock(&session->connection);
    return result;
}

static bool is_over(const struct gemd_bo *bo, const struct stat *file, const struct wish *wish)
{
    return bo->inode == file->st_ino && bo->device == file->st_dev && bo->tiling == wish->tiling &&
           bo->pitch == wish->pitch;
}

/* The buffer over that file in those tiles, with one more reference; NULL when there is none. */
static struct gemd_bo *find_file(struct gemd_session *session, const struct stat *file,
                                 const struct wish *wish)
{
    pthread_mutex_lock(&session->lock);
    struct gemd_bo *bo = session->shared;
    while (bo != NULL && !is_over(bo, file, wish)) {
        bo = bo->next;
    }
    if (bo != NULL) {
        gemd_bo_ref(bo);
    }
    pthread_mutex_unlock(&session->lock);
    return bo;
}

static int import_file(struct gemd_session *session, int fd, const struct wish *wish,
                       struct gemd_bo **bo)
{
    struct gemd_bo *made = bo_new_as(session, wish);
    if (made == NULL) {
        return -ENOMEM;
    }
    made->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int result = made->fd < 0 ? -errno : create_over_file(session, made, false);
    return bo_done(made, result, bo);
}

int gemd_bo_import(struct gemd_session *session, int fd, struct gemd_bo **bo)
{
    return gemd_bo_import_tiled(session, fd, GEMD_TILING_NONE, 0, bo);
}

int gemd_bo_import_tiled(struct gemd_session *session, int fd, uint32_t tiling, uint32_t pitch,
                         struct gemd_bo **bo)
{
    struct wish wish = {.shared = true, .tiling = tiling, .pitch = pitch};
    char reason[GEMD_TEXT_MAX];
    struct stat file;
    *bo = NULL;
    if (!is_tiling(tiling, pitch)) {
        return -EINVAL;
    }
    if (session_gone(session)) {
        return -EIO;
    }
    if (memfile_check(fd, 0, &wish.size, reason) < 0 || fstat(fd, &file) < 0) {
        return -EINVAL;
    }
    pthread_rwlock_rdlock(&session->connection);
    pthread_mutex_lock(&session->import_lock);
    int result = 0;
    *bo = find_file(session, &file, &wish);
    if (*bo == NULL) {
        result = import_file(session, fd, &wish, bo);
    }
    pthread_mutex_unlock(&session->import_lock);
    pthread_rwlock_unlock(&session->connection);
    return result;
}

/* ---- on a new connection ---- */

/* What the daemon that is gone knew, and the next one is not told of. */
static void drop(struct gemd_session *session, struct gemd_bo *bo)
{
    if (bo->arena != NULL) {
        arena_give(bo->arena, bo->offset, bo->size);
    }
    session->free_handles[session->free_handle_count++] = bo->handle;
    bo_free(bo);
}

void bo_free_zombies(struct gemd_session *session)
{
    struct gemd_bo *kept;
    while ((kept = bo_cache_pop(session)) != NULL) {
        drop(session, kept);
    }
    while (session->zombies != NULL) {
        struct gemd_bo *bo = session->zombies;
        session->zombies = bo->next;
        drop(session, bo);
    }
    session->zombies_end = &session->zombies;
    session->zombie_bytes = 0;
}

static int recreate(struct gemd_session *session, struct gemd_bo *bo)
{
    struct gemd_record_create *record;
    int result = 0;
    if (bo->arena == NULL) {
        result = arena_announce_again(session, bo->own_arena, bo->fd, bo->size);
    }
    if (result == 0 && bo->handle == 0) {
        bo->handle = bo_take_handle(session);
        result = bo->handle != 0 ? 0 : -ENOMEM;
    }
    if (result == 0) {
        result = writer_begin_locked(session, sizeof(*record), (void **)&record);
    }
    if (result == 0) {
        write_create(bo, record);
        writer_end_locked(session, sizeof(*record));
    }
    return result;
}

int bo_recreate_all(struct gemd_session *session)
{
    int result = 0;
    for (struct arena *arena = session->arenas; arena != NULL && result == 0; arena = arena->next) {
        result = arena_announce_again(session, arena->id, arena->fd, arena->size);
    }
    for (struct gemd_bo *bo = session->live; bo != NULL && result == 0; bo = bo->live_next) {
        result = recreate(session, bo);
    }
    return result;
}
