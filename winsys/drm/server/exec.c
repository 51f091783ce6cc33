/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/exec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <i915_drm.h>

#include "hw/gen3/command.h"
#include "winsys/drm/server/exec_fences.h"
#include "winsys/drm/server/objects.h"
#include "winsys/drm/server/revive.h"
#include "winsys/drm/server/sync_file.h"
#include "winsys/drm/server/view.h"

#define BATCH_END  0x05000000u
#define NOT_LISTED UINT32_MAX

/* One of the program's list. */
struct entry {
    struct drm_use *use;
    uint32_t handle;
    uint32_t buffer; /* in the submission; NOT_LISTED */
    bool is_written;
};

struct drm_exec_scratch {
    struct entry *entries;
    uint32_t entry_room;
    uint32_t *words;
    struct gemd_reloc *relocs;
    uint32_t reloc_room;
    struct gemd_bo **buffers; /* as many as entries */
    uint32_t *entry_of;       /* [handle - 1]: index + 1 in entries while it is right there */
    uint32_t entry_of_room;
};

struct exec {
    struct drm_file *file;
    const struct drm_i915_gem_execbuffer2 *args;
    struct drm_i915_gem_exec_object2 *objects;
    struct drm_i915_gem_relocation_entry *entries; /* of all objects in a row */
    struct drm_exec_scratch *s;
    uint32_t count, batch; /* of objects; the batch's index */
    uint32_t word_count, reloc_count, buffer_count;
    struct exec_fences fences;
};

void exec_scratch_free(struct drm_exec_scratch *scratch)
{
    if (scratch != NULL) {
        free(scratch->entries);
        free(scratch->words);
        free(scratch->relocs);
        free(scratch->buffers);
        free(scratch->entry_of);
        free(scratch);
    }
}

static bool make_room(void **array, uint32_t *room, uint64_t wanted, size_t element)
{
    if (wanted <= *room) {
        return true;
    }
    void *grown = realloc(*array, (wanted + 64) * element);
    if (grown == NULL) {
        return false;
    }
    memset((char *)grown + *room * element, 0, (wanted + 64 - *room) * element);
    *array = grown;
    *room = (uint32_t)wanted + 64;
    return true;
}

/* exec_lock is held. */
static int prepare_scratch(struct exec *exec, uint32_t relocs)
{
    struct drm_gem_file *gem = exec->file->gem;
    const size_t words = exec->file->server->info.max_batch_words + 2ull;
    if (gem->scratch == NULL) {
        gem->scratch = calloc(1, sizeof(*gem->scratch));
    }
    struct drm_exec_scratch *s = exec->s = gem->scratch;
    if (s == NULL) {
        return -ENOMEM;
    }
    if (s->words == NULL) {
        s->words = malloc(words * sizeof(uint32_t));
    }
    pthread_mutex_lock(&exec->file->lock);
    const uint32_t handles = gem->handle_room;
    pthread_mutex_unlock(&exec->file->lock);
    uint32_t buffers = s->entry_room;
    bool is_there =
        make_room((void **)&s->buffers, &buffers, exec->count, sizeof(struct gemd_bo *)) &&
        make_room((void **)&s->entries, &s->entry_room, exec->count, sizeof(struct entry)) &&
        make_room((void **)&s->relocs, &s->reloc_room, relocs, sizeof(struct gemd_reloc)) &&
        make_room((void **)&s->entry_of, &s->entry_of_room, handles, sizeof(uint32_t));
    return is_there && s->words != NULL ? 0 : -ENOMEM;
}

/* ---- what may be asked ---- */

static int check_flags(const struct drm_i915_gem_execbuffer2 *args)
{
    const uint64_t flags = args->flags;
    const uint64_t refused = __I915_EXEC_UNKNOWN_FLAGS | I915_EXEC_CONSTANTS_MASK |
                             I915_EXEC_RESOURCE_STREAMER | I915_EXEC_GEN7_SOL_RESET;
    const bool has_fences = (flags & (I915_EXEC_FENCE_ARRAY | I915_EXEC_USE_EXTENSIONS)) != 0;
    if ((flags & refused) != 0 ||
        (!has_fences && (args->num_cliprects != 0 || args->cliprects_ptr != 0)) || args->DR1 != 0 ||
        (args->DR4 != 0 && args->DR4 != UINT32_MAX) ||
        ((args->batch_start_offset | args->batch_len) & 7) != 0) {
        return -EINVAL;
    }
    return (flags & I915_EXEC_SECURE) != 0 ? -EPERM : 0;
}

static int check_engine(const struct drm_i915_gem_execbuffer2 *args)
{
    if (i915_execbuffer2_get_context_id(*args) != 0) {
        return -ENOENT; /* gen3 has none but the file's own */
    }
    return (args->flags & I915_EXEC_RING_MASK) > I915_EXEC_RENDER ||
                   (args->flags & I915_EXEC_BSD_MASK) != 0
               ? -EINVAL
               : 0;
}

static int check_object(const struct exec *exec, const struct drm_i915_gem_exec_object2 *object)
{
    if ((object->flags & (uint64_t)__EXEC_OBJECT_UNKNOWN_FLAGS) != 0 ||
        (object->alignment & (object->alignment - 1)) != 0 ||
        ((object->flags & EXEC_OBJECT_PAD_TO_SIZE) != 0 && object->pad_to_size % DRM_PAGE != 0)) {
        return -EINVAL;
    }
    if ((object->flags & EXEC_OBJECT_PINNED) != 0) {
        drm_complain(exec->file,
                     "a batch with buffer %u pinned at %#llx: addresses are the daemon's",
                     object->handle, (unsigned long long)object->offset);
        return -EINVAL;
    }
    return 0;
}

/* ---- its buffers ---- */

static void release_entries(struct exec *exec)
{
    for (uint32_t i = 0; i < exec->count; i++) {
        struct entry *entry = &exec->s->entries[i];
        if (entry->use != NULL) {
            entry->use->is_listed = false;
            drm_object_unref(entry->use->object);
            entry->use = NULL;
        }
    }
}

static uint32_t index_of(const struct exec *exec, uint32_t handle)
{
    const struct drm_exec_scratch *s = exec->s;
    const uint32_t index = handle != 0 && handle <= s->entry_of_room ? s->entry_of[handle - 1] : 0;
    return index != 0 && index <= exec->count && s->entries[index - 1].handle == handle
               ? index - 1
               : NOT_LISTED;
}

/* References to all, none twice. What is beyond the GTT can never run. */
static int look_up(struct exec *exec)
{
    uint64_t bytes = 0;
    int result = 0;
    for (uint32_t i = 0; i < exec->count; i++) {
        exec->s->entries[i] = (struct entry){.buffer = NOT_LISTED};
    }
    for (uint32_t i = 0; i < exec->count && result == 0; i++) {
        const struct drm_i915_gem_exec_object2 *object = &exec->objects[i];
        struct entry *entry = &exec->s->entries[i];
        entry->use = drm_handle_use(exec->file, object->handle);
        if (entry->use == NULL) {
            return -ENOENT;
        }
        if (object->handle > exec->s->entry_of_room) {
            return -ENOENT; /* made while this began */
        }
        if (index_of(exec, object->handle) != NOT_LISTED) {
            return -EINVAL;
        }
        entry->handle = object->handle;
        exec->s->entry_of[object->handle - 1] = i + 1;
        entry->is_written = (object->flags & EXEC_OBJECT_WRITE) != 0;
        bytes += entry->use->object->size;
        result = check_object(exec, object);
    }
    if (result == 0 && bytes > exec->file->server->info.gtt_bytes) {
        result = -ENOSPC;
    }
    return result;
}

/* ---- its words ---- */

uint32_t exec_batch_length(const uint32_t *words, uint32_t count)
{
    for (uint32_t at = 0; at < count;) {
        const struct gen3_command *command = gen3_command_find(words[at]);
        const uint32_t length = command != NULL ? gen3_command_length(command, words[at]) : 0;
        if (length == 0 || command->privilege != GEN3_CLIENT ||
            command->id == GEN3_MI_BATCH_BUFFER_END) {
            return at + 1;
        }
        at = length <= count - at ? at + length : count;
    }
    return 0;
}

static int copy_words(struct exec *exec)
{
    struct drm_object *object = exec->s->entries[exec->batch].use->object;
    const uint64_t start = exec->args->batch_start_offset, length = exec->args->batch_len;
    uint32_t *words = exec->s->words;
    if (exec->s->entries[exec->batch].is_written || start > object->size ||
        length > object->size - start || start == object->size) {
        return -EINVAL;
    }
    const uint64_t most = exec->file->server->info.max_batch_words * 4ull;
    uint64_t bytes = length != 0 ? length : object->size - start;
    bytes = bytes < most ? bytes : most;
    view_await(object);
    pthread_mutex_lock(&object->lock);
    int result = view_push(object);
    ssize_t got =
        result == 0 ? pread(drm_object_memory(object)->fd, words, bytes, (off_t)start) : -1;
    pthread_mutex_unlock(&object->lock);
    if (got < (ssize_t)bytes) {
        return -ENOMEM;
    }
    exec->word_count = exec_batch_length(words, (uint32_t)(bytes / 4));
    if (exec->word_count == 0) {
        drm_complain(exec->file, "a batch of %u words without MI_BATCH_BUFFER_END",
                     (unsigned)(bytes / 4));
        return -EINVAL;
    }
    /* The daemon says what is wrong with a command that is not a client's. */
    if (words[exec->word_count - 1] != BATCH_END) {
        words[exec->word_count++] = BATCH_END;
    }
    if (exec->word_count % 2 != 0) {
        words[exec->word_count++] = 0;
    }
    return 0;
}

/* ---- its relocations ---- */

/* In the submission's list; what the memory is to the session must be known for that. */
static int list(struct exec *exec, struct entry *entry)
{
    struct drm_object *object = entry->use->object;
    if (entry->buffer != NOT_LISTED) {
        return 0;
    }
    view_await(object);
    pthread_mutex_lock(&object->lock);
    struct gemd_bo *bo;
    int result = object->unneeded || object->purged ? -EFAULT : view_push(object);
    if (result == 0) {
        result = drm_use_bo(entry->use, &bo);
    }
    if (result == 0) {
        entry->use->is_listed = true;
        entry->buffer = exec->buffer_count;
        exec->s->buffers[exec->buffer_count++] = bo;
    }
    pthread_mutex_unlock(&object->lock);
    return result;
}

#define GPU_DOMAINS                                                                                \
    (I915_GEM_DOMAIN_RENDER | I915_GEM_DOMAIN_SAMPLER | I915_GEM_DOMAIN_COMMAND |                  \
     I915_GEM_DOMAIN_INSTRUCTION | I915_GEM_DOMAIN_VERTEX)

static bool is_sane(const struct drm_i915_gem_relocation_entry *reloc)
{
    return (reloc->write_domain & (reloc->write_domain - 1)) == 0 &&
           ((reloc->read_domains | reloc->write_domain) & ~GPU_DOMAINS) == 0;
}

static bool is_inside(const struct drm_i915_gem_relocation_entry *reloc,
                      const struct drm_object *object)
{
    return reloc->offset <= object->size - 4 && reloc->offset % 4 == 0;
}

/*
 * The word in a buffer that is no batch. Nothing that the GPU reads there is an address: the daemon
 * takes them in batches only. The program finds it all the same.
 */
static int write_elsewhere(struct drm_object *object, uint64_t offset, uint32_t word)
{
    (void)drm_object_wait(object, true, GEMD_FOREVER);
    view_await(object);
    pthread_mutex_lock(&object->lock);
    int result = object->unneeded || object->purged ? -EFAULT : view_push(object);
    if (result == 0) {
        ssize_t done = pwrite(drm_object_memory(object)->fd, &word, sizeof(word), (off_t)offset);
        result = done == sizeof(word) ? 0 : -ENOMEM;
        object->view_valid = false;
    }
    pthread_mutex_unlock(&object->lock);
    return result;
}

/* What the program sees of it: the address at which the buffer pretends to be, also in the word. */
static int write_back(struct exec *exec, uint32_t in, struct drm_i915_gem_relocation_entry *reloc,
                      const struct drm_object *target)
{
    struct drm_object *object = exec->s->entries[in].use->object;
    const uint32_t word = target->place + reloc->delta;
    if (!is_inside(reloc, object)) {
        return -EINVAL;
    }
    reloc->presumed_offset = target->place;
    if (in != exec->batch) {
        return write_elsewhere(object, reloc->offset, word);
    }
    pthread_mutex_lock(&object->lock); /* it has been copied: the GPU does not see this */
    ssize_t done = pwrite(drm_object_memory(object)->fd, &word, sizeof(word), (off_t)reloc->offset);
    pthread_mutex_unlock(&object->lock);
    return done == sizeof(word) ? 0 : -ENOMEM;
}

/*
 * With NO_RELOC Linux looks at no relocation when all buffers are where the program has them. What
 * is wrong with one is no error then; where addresses are is still to be known.
 */
static bool looks_at_relocations(const struct exec *exec)
{
    bool looks = (exec->args->flags & I915_EXEC_NO_RELOC) == 0;
    for (uint32_t i = 0; i < exec->count && !looks; i++) {
        looks = exec->objects[i].offset != exec->s->entries[i].use->object->place;
    }
    return looks;
}

static int relocate(struct exec *exec, uint32_t in, struct drm_i915_gem_relocation_entry *reloc,
                    bool looks)
{
    const bool by_index = (exec->args->flags & I915_EXEC_HANDLE_LUT) != 0;
    const uint32_t index = by_index ? reloc->target_handle : index_of(exec, reloc->target_handle);
    const uint64_t start = exec->args->batch_start_offset;
    if (index >= exec->count || !is_sane(reloc)) {
        return !looks ? 0 : index >= exec->count ? -ENOENT : -EINVAL;
    }
    struct entry *target = &exec->s->entries[index];
    int result = looks && reloc->presumed_offset != target->use->object->place
                     ? write_back(exec, in, reloc, target->use->object)
                     : 0;
    target->is_written = target->is_written || reloc->write_domain != 0;
    if (result < 0 || in != exec->batch || reloc->offset % 4 != 0 || reloc->offset < start ||
        (reloc->offset - start) / 4 >= exec->word_count) {
        return result;
    }
    result = list(exec, target);
    if (result < 0) {
        return result;
    }
    const uint32_t use = (reloc->read_domains != 0 ? GEMD_USE_READ : 0) |
                         (reloc->write_domain != 0 ? GEMD_USE_WRITE : 0);
    exec->s->relocs[exec->reloc_count++] = (struct gemd_reloc){
        .dword = (uint32_t)((reloc->offset - start) / 4),
        .buffer = target->buffer,
        .delta = reloc->delta,
        .use = use != 0 ? use : GEMD_USE_READ,
    };
    exec->s->words[(reloc->offset - start) / 4] = 0;
    return 0;
}

static int by_dword(const void *a, const void *b)
{
    const struct gemd_reloc *x = a, *y = b;
    return x->dword < y->dword ? -1 : x->dword > y->dword;
}

static int relocate_all(struct exec *exec, uint32_t most)
{
    const bool looks = looks_at_relocations(exec);
    uint32_t at = 0;
    int result = 0;
    for (uint32_t i = 0; i < exec->count && result == 0; i++) {
        for (uint32_t j = 0; j < exec->objects[i].relocation_count && result == 0; j++) {
            result = at < most ? relocate(exec, i, &exec->entries[at++], looks) : -EINVAL;
        }
    }
    for (uint32_t i = 1; i < exec->reloc_count && result == 0; i++) {
        if (exec->s->relocs[i].dword < exec->s->relocs[i - 1].dword) {
            qsort(exec->s->relocs, exec->reloc_count, sizeof(struct gemd_reloc), by_dword);
            break;
        }
    }
    return result;
}

/* A session that was lost comes back, and the program is told once, as of a GPU that was reset. */
static int come_back(struct exec *exec)
{
    char reason[GEMD_TEXT_MAX];
    if (revive_session(exec->file, reason) < 0) {
        drm_complain(exec->file, "the session is lost: %s", reason);
    }
    return -EIO;
}

/* ---- its order behind others ---- */

/* 0, or -EAGAIN: look again. */
static int wait_before(struct exec *exec, const struct drm_pending *pending)
{
    struct gemd_session *session = exec->file->session;
    struct drm_file *other = drm_file_find(exec->file->server, pending->file);
    if (other == NULL) {
        drm_await_end();
        return -EAGAIN;
    }
    int fence = gemd_fence_export(other->session, pending->seqno);
    int result = fence >= 0 ? gemd_fence_wait_before(session, fence, GEMD_FOREVER) : fence;
    if (result < 0) { /* too many fences: wait here */
        (void)gemd_seqno_wait(other->session, pending->seqno, GEMD_FOREVER);
    }
    if (fence >= 0) {
        close(fence);
    }
    drm_file_unref(other);
    return 0;
}

static unsigned find_others(struct exec *exec, struct drm_pending pending[DRM_FILES_MAX])
{
    unsigned count = 0;
    for (uint32_t i = 0; i < exec->count; i++) {
        const struct entry *entry = &exec->s->entries[i];
        if ((exec->objects[i].flags & EXEC_OBJECT_ASYNC) == 0) {
            count = drm_object_pending(entry->use->object, entry->is_written, exec->file, pending,
                                       count);
        }
    }
    return count;
}

/* What programs put into buffers by DMA_BUF_IOCTL_IMPORT_SYNC_FILE. */
static int await_imported(struct exec *exec, int hangup)
{
    int result = 0;
    for (uint32_t i = 0; i < exec->count && result == 0; i++) {
        const struct entry *entry = &exec->s->entries[i];
        struct drm_fence *fence = NULL;
        if ((exec->objects[i].flags & EXEC_OBJECT_ASYNC) == 0) {
            fence = drm_object_fence(entry->use->object, entry->is_written);
        }
        if (fence != NULL) {
            result = drm_fence_wait_before(fence, exec->file->session, hangup);
            drm_fence_unref(fence);
        }
    }
    return result;
}

static int order(struct exec *exec, const struct drm_call *call)
{
    struct drm_pending pending[DRM_FILES_MAX];
    int result;
    do {
        const unsigned count = find_others(exec, pending);
        result = 0;
        for (unsigned i = 0; i < count && result == 0; i++) {
            result = wait_before(exec, &pending[i]);
        }
    } while (result == -EAGAIN);
    result = await_imported(exec, call->channel);
    if (result == 0) {
        result = exec_fences_await(&exec->fences, exec->file, call->channel);
    }
    return result == -EIO ? come_back(exec) : result;
}

/* ---- the submission ---- */

static void remember(struct exec *exec, uint64_t seqno)
{
    struct drm_gem_file *gem = exec->file->gem;
    struct drm_objects *objects = exec->file->server->objects;
    bool is_given = false;
    for (uint32_t i = 0; i < exec->count; i++) {
        const struct entry *entry = &exec->s->entries[i];
        struct drm_object *object = entry->use->object;
        is_given = is_given || (entry->is_written && drm_object_is_elsewhere(object));
        drm_use_mark(entry->use, seqno, entry->is_written);
        exec->objects[i].offset = object->place;
        if (entry->is_written) {
            pthread_mutex_lock(&object->lock);
            object->view_valid = false;
            pthread_mutex_unlock(&object->lock);
        }
    }
    pthread_mutex_lock(&objects->lock);
    gem->given = is_given ? seqno : gem->given;
    gem->recent[gem->recent_at].time_ns = drm_now_ns();
    gem->recent[gem->recent_at].seqno = seqno;
    gem->recent_at = (gem->recent_at + 1) % (sizeof(gem->recent) / sizeof(gem->recent[0]));
    pthread_mutex_unlock(&objects->lock);
}

/* The batch's end, for who wants to know of it. */
static int give_fences(struct exec *exec, struct drm_call *call, uint64_t seqno)
{
    const bool wants_file = (exec->args->flags & I915_EXEC_FENCE_OUT) != 0;
    struct drm_fence *fence;
    if (!wants_file && !exec_fences_want(&exec->fences)) {
        return 0;
    }
    int result = drm_fence_of_seqno(exec->file, seqno, &fence);
    if (result == 0) {
        result = exec_fences_signal(&exec->fences, fence);
    }
    if (result == 0 && wants_file) {
        call->fd_out = drm_sync_file_open(exec->file->server, fence);
        result = call->fd_out < 0 ? call->fd_out : 0;
    }
    drm_fence_unref(fence);
    return result;
}

static int submit(struct exec *exec, struct drm_call *call)
{
    const struct gemd_submission submission = {
        .words = exec->s->words,
        .word_count = exec->word_count,
        .relocs = exec->s->relocs,
        .reloc_count = exec->reloc_count,
        .buffers = exec->s->buffers,
        .buffer_count = exec->buffer_count,
    };
    uint64_t seqno;
    int result = gemd_submit(exec->file->session, &submission, &seqno);
    if (result == -EIO) {
        return come_back(exec);
    }
    if (result < 0) {
        drm_complain(exec->file, "a batch of %u words, %u relocations, %u buffers: over a limit",
                     exec->word_count, exec->reloc_count, exec->buffer_count);
        return result == -E2BIG ? -EINVAL : result;
    }
    remember(exec, seqno);
    return give_fences(exec, call, seqno);
}

static int run(struct exec *exec, struct drm_call *call)
{
    const uint32_t relocs = call->arrays[1].count;
    int result = prepare_scratch(exec, relocs);
    if (result < 0) {
        return result;
    }
    result = look_up(exec);
    if (result == 0) {
        result = copy_words(exec);
    }
    if (result == 0) {
        result = relocate_all(exec, relocs);
    }
    if (result == 0) {
        result = order(exec, call);
    }
    if (result == 0) {
        result = submit(exec, call);
    }
    release_entries(exec);
    return result;
}

static int execbuffer2(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_gem_execbuffer2 *args = call->argument;
    struct exec exec = {
        .file = file,
        .args = args,
        .objects = call->arrays[0].bytes,
        .entries = call->arrays[1].bytes,
        .count = call->arrays[0].count,
        .batch = (args->flags & I915_EXEC_BATCH_FIRST) != 0 ? 0 : args->buffer_count - 1,
    };
    if (exec.count == 0 || exec.count != args->buffer_count) {
        return -EINVAL;
    }
    int result = check_flags(args);
    if (result == 0) {
        result = exec_fences_collect(file, call, &exec.fences);
    }
    if (result == 0) {
        result = check_engine(args);
    }
    if (result == 0 && revive_is_banned(file)) {
        result = -EIO;
    }
    if (result == 0) {
        pthread_mutex_lock(&file->gem->exec_lock);
        result = run(&exec, call);
        pthread_mutex_unlock(&file->gem->exec_lock);
    }
    exec_fences_clear(&exec.fences);
    call->arrays[0].used = call->arrays[0].count;
    call->arrays[1].used = call->arrays[1].count;
    return result;
}

/* ---- what the daemon says of it ---- */

/* A batch that breaks a rule was taken long ago: its program only sees that nothing was drawn. */
void drm_gem_event(struct drm_file *file, const struct gemd_msg_header *event, const char *text)
{
    if (event->type != GEMD_MSG_FLIP_EVENT && event->type != GEMD_MSG_VBLANK_EVENT) {
        drm_complain(file, "%s", text);
    }
}

const struct drm_ioctl drm_exec_ioctls[] = {
    {DRM_IOCTL_I915_GEM_EXECBUFFER2 & 0xffu, DRM_IOCTL_RENDER, execbuffer2},
    {0, 0, NULL},
};
