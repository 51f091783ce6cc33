/* SPDX-License-Identifier: MIT */
/*
 * Ioctls of DRM's core and of i915 that are about the device and the file, not about buffers or the
 * screen. Numbers and errors are those of Linux 6.1 on gen3.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <drm.h>
#include <i915_drm.h>

#include "hw/gen3/chip.h"
#include "winsys/drm/server/core.h"
#include "winsys/drm/server/server.h"

#define DRM_IF_MAJOR 1
#define DRM_IF_MINOR 4
#define I915_MAJOR   1
#define I915_MINOR   6
#define OVERFLOW_UID 65534u
#define CURSOR_SMALL 64u
#define CURSOR_LARGE 256u
#define FIRST_MAGIC  1u
#define MAGICS_LAST  INT32_MAX

/* ---- who we are ---- */

/* As much of a text as there is room for, and how long it is. */
static size_t copy_text(struct drm_call_array *array, const char *text, const void *pointer)
{
    const size_t length = strlen(text);

    array->used = length < array->count ? (uint32_t)length : array->count;
    memcpy(array->bytes, text, array->used);
    if (pointer == NULL) {
        array->used = 0;
    }
    return length;
}

static int do_version(struct drm_file *file, struct drm_call *call)
{
    struct drm_version *version = call->argument;

    version->version_major = I915_MAJOR;
    version->version_minor = I915_MINOR;
    version->version_patchlevel = 0;
    version->name_len = copy_text(&call->arrays[0], "i915", version->name);
    version->date_len = copy_text(&call->arrays[1], "20201103", version->date);
    version->desc_len = copy_text(&call->arrays[2], "Intel Graphics", version->desc);
    return 0;
}

static int do_get_unique(struct drm_file *file, struct drm_call *call)
{
    struct drm_unique *unique = call->argument;
    struct drm_call_array *array = &call->arrays[0];

    pthread_mutex_lock(&file->server->lock);
    const char *name = file->server->has_unique ? DRM_PCI_NAME : "";
    pthread_mutex_unlock(&file->server->lock);
    if (unique->unique_len >= strlen(name)) {
        copy_text(array, name, unique->unique);
    }
    unique->unique_len = strlen(name);
    return 0;
}

static int do_set_version(struct drm_file *file, struct drm_call *call)
{
    struct drm_set_version *version = call->argument;
    int error = 0;

    if (version->drm_di_major != -1) {
        if (version->drm_di_major != DRM_IF_MAJOR || version->drm_di_minor < 0 ||
            version->drm_di_minor > DRM_IF_MINOR) {
            error = -EINVAL;
        } else if (version->drm_di_minor >= 1) {
            pthread_mutex_lock(&file->server->lock);
            file->server->has_unique = true;
            pthread_mutex_unlock(&file->server->lock);
        }
    }
    if (error == 0 && version->drm_dd_major != -1 &&
        (version->drm_dd_major != I915_MAJOR || version->drm_dd_minor < 0 ||
         version->drm_dd_minor > I915_MINOR)) {
        error = -EINVAL;
    }
    *version = (struct drm_set_version){DRM_IF_MAJOR, DRM_IF_MINOR, I915_MAJOR, I915_MINOR};
    return error;
}

static int do_get_client(struct drm_file *file, struct drm_call *call)
{
    struct drm_client *client = call->argument;

    if (client->idx != 0) {
        return -EINVAL;
    }
    client->auth = drm_file_is_authenticated(file);
    client->pid = (unsigned long)call->pid;
    client->uid = OVERFLOW_UID;
    client->magic = 0;
    client->iocs = 0;
    return 0;
}

static int do_get_stats(struct drm_file *file, struct drm_call *call)
{
    memset(call->argument, 0, sizeof(struct drm_stats));
    return 0;
}

/* What was for drivers of the user mode, and does nothing any more. */
static int do_nothing(struct drm_file *file, struct drm_call *call)
{
    return 0;
}

static int do_invalid(struct drm_file *file, struct drm_call *call)
{
    return -EINVAL;
}

static int do_no_device(struct drm_file *file, struct drm_call *call)
{
    return -ENODEV;
}

/* ---- capabilities ---- */

static bool is_915_class(const struct drm_file *file)
{
    const struct gen3_chip *chip = gen3_chip_find(file->server->info.pci_device);

    return chip != NULL && !chip->is_945_class;
}

static uint64_t cursor_size(const struct drm_file *file)
{
    return is_915_class(file) ? CURSOR_SMALL : CURSOR_LARGE;
}

static int do_get_cap(struct drm_file *file, struct drm_call *call)
{
    struct drm_get_cap *cap = call->argument;

    cap->value = 0;
    switch (cap->capability) {
    case DRM_CAP_TIMESTAMP_MONOTONIC:
    case DRM_CAP_DUMB_BUFFER:
    case DRM_CAP_VBLANK_HIGH_CRTC:
    case DRM_CAP_DUMB_PREFER_SHADOW:
    case DRM_CAP_ADDFB2_MODIFIERS:
    case DRM_CAP_CRTC_IN_VBLANK_EVENT:
        cap->value = 1;
        return 0;
    case DRM_CAP_PRIME:
        cap->value = DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT;
        return 0;
    case DRM_CAP_SYNCOBJ:
    case DRM_CAP_SYNCOBJ_TIMELINE:
        cap->value = 1;
        return 0;
    case DRM_CAP_DUMB_PREFERRED_DEPTH:
        cap->value = 24;
        return 0;
    case DRM_CAP_ASYNC_PAGE_FLIP:
    case DRM_CAP_PAGE_FLIP_TARGET:
        return 0;
    case DRM_CAP_CURSOR_WIDTH:
    case DRM_CAP_CURSOR_HEIGHT:
        cap->value = cursor_size(file);
        return 0;
    default:
        return -EINVAL;
    }
}

static int set_atomic(struct drm_file *file, uint64_t value)
{
    if (!file->server->atomic) {
        return -EOPNOTSUPP;
    }
    if (value > 2) {
        return -EINVAL;
    }
    file->atomic = (uint32_t)value;
    file->universal_planes = file->aspect_ratio = value != 0;
    return 0;
}

static int set_client_cap(struct drm_file *file, uint64_t capability, uint64_t value)
{
    switch (capability) {
    case DRM_CLIENT_CAP_ATOMIC:
        return set_atomic(file, value);
    case DRM_CLIENT_CAP_WRITEBACK_CONNECTORS:
        if (file->atomic == 0 || value > 1) {
            return -EINVAL;
        }
        file->writeback = value != 0;
        return 0;
    case DRM_CLIENT_CAP_STEREO_3D:
    case DRM_CLIENT_CAP_UNIVERSAL_PLANES:
    case DRM_CLIENT_CAP_ASPECT_RATIO:
        break;
    default:
        return -EINVAL;
    }
    if (value > 1) {
        return -EINVAL;
    }
    if (capability == DRM_CLIENT_CAP_STEREO_3D) {
        file->stereo = value != 0;
    } else if (capability == DRM_CLIENT_CAP_UNIVERSAL_PLANES) {
        file->universal_planes = value != 0;
    } else {
        file->aspect_ratio = value != 0;
    }
    return 0;
}

/*
 * The X server's driver says 1 without knowing what that means, and Linux says so to whatever
 * program begins with X. Who knows says 2.
 */
static bool is_x_server(int32_t pid)
{
    char path[32], first = 0;

    snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!read(fd, &first, 1);
        close(fd);
    }
    return first == 'X';
}

static int do_set_client_cap(struct drm_file *file, struct drm_call *call)
{
    const struct drm_set_client_cap *cap = call->argument;

    if (cap->capability == DRM_CLIENT_CAP_ATOMIC && cap->value == 1 && is_x_server(call->pid)) {
        return -EOPNOTSUPP;
    }
    pthread_mutex_lock(&file->server->lock);
    const int error = set_client_cap(file, cap->capability, cap->value);
    pthread_mutex_unlock(&file->server->lock);
    return error;
}

/* ---- magic and master ---- */

static int do_get_magic(struct drm_file *file, struct drm_call *call)
{
    struct drm_auth *auth = call->argument;
    struct drm_server *server = file->server;
    int error = 0;

    pthread_mutex_lock(&server->lock);
    if (file->magic == 0) {
        if (server->last_magic == MAGICS_LAST) {
            error = -ENOSPC;
        } else {
            file->magic = ++server->last_magic;
        }
    }
    auth->magic = file->magic;
    pthread_mutex_unlock(&server->lock);
    return error;
}

/* A magic is good once. */
static int do_auth_magic(struct drm_file *file, struct drm_call *call)
{
    const struct drm_auth *auth = call->argument;
    struct drm_server *server = file->server;
    int error = -EINVAL;

    pthread_mutex_lock(&server->lock);
    for (struct drm_file *other = server->files; other != NULL; other = other->next) {
        if (other->magic != 0 && other->magic == auth->magic && !other->magic_spent) {
            other->authenticated = other->magic_spent = true;
            error = 0;
            break;
        }
    }
    pthread_mutex_unlock(&server->lock);
    return error;
}

static bool may_be_master(const struct drm_file *file, const struct drm_call *call)
{
    return (file->was_master && file->opener.pid == call->pid) || call->uid == 0;
}

static int do_set_master(struct drm_file *file, struct drm_call *call)
{
    struct drm_server *server = file->server;
    bool becomes = false;
    int error = 0;

    pthread_mutex_lock(&server->lock);
    if (!may_be_master(file, call)) {
        error = -EACCES;
    } else if (server->master != NULL) {
        error = server->master == file ? 0 : -EBUSY;
    } else {
        becomes = file->was_master = file->authenticated = true;
        server->master = file;
    }
    pthread_mutex_unlock(&server->lock);
    if (becomes) {
        drm_mode_master(file, true);
    }
    return error;
}

static int do_drop_master(struct drm_file *file, struct drm_call *call)
{
    struct drm_server *server = file->server;
    int error = 0;

    pthread_mutex_lock(&server->lock);
    if (!may_be_master(file, call)) {
        error = -EACCES;
    } else if (server->master != file) {
        error = -EINVAL;
    } else {
        server->master = NULL;
    }
    pthread_mutex_unlock(&server->lock);
    if (error == 0) {
        drm_mode_master(file, false);
    }
    return error;
}

/* ---- i915 ---- */

/* What GETPARAM answers with always the same on gen3: a value, or a negative errno. */
static const struct {
    int32_t param, value;
} params[] = {
    {I915_PARAM_IRQ_ACTIVE, -ENODEV},
    {I915_PARAM_ALLOW_BATCHBUFFER, -ENODEV},
    {I915_PARAM_LAST_DISPATCH, -ENODEV},
    {I915_PARAM_HAS_EXEC_CONSTANTS, -ENODEV},
    {I915_PARAM_REVISION, CORE_REVISION},
    {I915_PARAM_HAS_GEM, 1},
    {I915_PARAM_HAS_OVERLAY, 0}, /* the chip has one, the daemon does not give it out */
    {I915_PARAM_HAS_PAGEFLIPPING, 1},
    {I915_PARAM_HAS_EXECBUF2, 1},
    {I915_PARAM_HAS_BSD, 0},
    {I915_PARAM_HAS_BLT, 0},
    {I915_PARAM_HAS_RELAXED_FENCING, 1},
    {I915_PARAM_HAS_COHERENT_RINGS, 1},
    {I915_PARAM_HAS_RELAXED_DELTA, 1},
    {I915_PARAM_HAS_GEN7_SOL_RESET, 1},
    {I915_PARAM_HAS_LLC, 0},
    {I915_PARAM_HAS_ALIASING_PPGTT, 0},
    {I915_PARAM_HAS_WAIT_TIMEOUT, 1},
    {I915_PARAM_HAS_SEMAPHORES, 0},
    {I915_PARAM_HAS_PRIME_VMAP_FLUSH, 1},
    {I915_PARAM_HAS_VEBOX, 0},
    {I915_PARAM_HAS_SECURE_BATCHES, 0},
    {I915_PARAM_HAS_PINNED_BATCHES, 1},
    {I915_PARAM_HAS_EXEC_NO_RELOC, 1},
    {I915_PARAM_HAS_EXEC_HANDLE_LUT, 1},
    {I915_PARAM_HAS_WT, 0},
    {I915_PARAM_CMD_PARSER_VERSION, 0},
    {I915_PARAM_HAS_COHERENT_PHYS_GTT, 1},
    {I915_PARAM_MMAP_VERSION, 1},
    {I915_PARAM_HAS_BSD2, 0},
    {I915_PARAM_SUBSLICE_TOTAL, -ENODEV},
    {I915_PARAM_EU_TOTAL, -ENODEV},
    {I915_PARAM_HAS_GPU_RESET, 1},
    {I915_PARAM_HAS_RESOURCE_STREAMER, 0},
    {I915_PARAM_HAS_EXEC_SOFTPIN, 0}, /* Linux: 1; places are the daemon's choice */
    {I915_PARAM_HAS_POOLED_EU, 0},
    {I915_PARAM_MIN_EU_IN_POOL, 0},
    {I915_PARAM_MMAP_GTT_VERSION, 4},
    {I915_PARAM_HAS_SCHEDULER, 0},
    {I915_PARAM_HUC_STATUS, -ENODEV},
    {I915_PARAM_HAS_EXEC_ASYNC, 1},
    {I915_PARAM_HAS_EXEC_FENCE, 1},
    {I915_PARAM_HAS_EXEC_CAPTURE, 1},
    {I915_PARAM_SLICE_MASK, -ENODEV},
    {I915_PARAM_SUBSLICE_MASK, -ENODEV},
    {I915_PARAM_HAS_EXEC_BATCH_FIRST, 1},
    {I915_PARAM_HAS_CONTEXT_ISOLATION, 0},
    {I915_PARAM_CS_TIMESTAMP_FREQUENCY, 12500000}, /* a 16th of a clock of 200 MHz */
    {I915_PARAM_HAS_EXEC_SUBMIT_FENCE, 1},
    {I915_PARAM_PERF_REVISION, 5},
    {I915_PARAM_HAS_EXEC_TIMELINE_FENCES, 1},
    {I915_PARAM_HAS_EXEC_FENCE_ARRAY, 1},
    {I915_PARAM_HAS_USERPTR_PROBE, 1},
};

/* Those that the chip, or what the rooms can do, decides. */
static int computed_param(const struct drm_file *file, int32_t param)
{
    switch (param) {
    case I915_PARAM_CHIPSET_ID:
        return file->server->info.pci_device;
    case I915_PARAM_NUM_FENCES_AVAIL:
        return is_915_class(file) ? 8 : 16;
    case I915_PARAM_MMAP_GTT_COHERENT:
        return file->server->info.pci_device != CORE_915G;
    default:
        return -EINVAL;
    }
}

int core_param(const struct drm_file *file, int32_t param)
{
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        if (params[i].param == param) {
            return params[i].value;
        }
    }
    return computed_param(file, param);
}

static int do_getparam(struct drm_file *file, struct drm_call *call)
{
    const drm_i915_getparam_t *param = call->argument;
    const int32_t value = core_param(file, param->param);

    if (value < 0) {
        return value;
    }
    memcpy(call->arrays[0].bytes, &value, sizeof(value));
    call->arrays[0].used = 1;
    return 0;
}

/* Planes that there are none of have no keys either. */
static int do_set_colorkey(struct drm_file *file, struct drm_call *call)
{
    const struct drm_intel_sprite_colorkey *key = call->argument;
    const uint32_t both = I915_SET_COLORKEY_DESTINATION | I915_SET_COLORKEY_SOURCE;
    const uint32_t flags = key->flags & ~(uint32_t)I915_SET_COLORKEY_NONE;

    return (flags & ~both) != 0 || flags == both ? -EINVAL : -ENOENT;
}

/* Of the registers that programs may read, the first chip that has one is of gen4. */
static int do_reg_read(struct drm_file *file, struct drm_call *call)
{
    return -EINVAL;
}

static int do_reset_stats(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_reset_stats *stats = call->argument;

    if (stats->flags != 0 || stats->pad != 0) {
        return -EINVAL;
    }
    if (stats->ctx_id != 0) {
        return -ENOENT;
    }
    pthread_mutex_lock(&file->server->lock);
    stats->reset_count = call->uid == 0 ? file->server->resets : 0;
    stats->batch_active = file->guilty;
    stats->batch_pending = file->innocent;
    pthread_mutex_unlock(&file->server->lock);
    return 0;
}

/* ---- contexts: there is the file's own, number 0 ---- */

static int do_context_destroy(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_gem_context_destroy *destroy = call->argument;

    return destroy->pad != 0 ? -EINVAL : -ENOENT;
}

static bool read_bit(struct drm_file *file, const bool *bit)
{
    pthread_mutex_lock(&file->server->lock);
    const bool value = *bit;
    pthread_mutex_unlock(&file->server->lock);
    return value;
}

static int write_bit(struct drm_file *file, const struct drm_i915_gem_context_param *param,
                     bool *bit, bool value)
{
    if (param->size != 0) {
        return -EINVAL;
    }
    pthread_mutex_lock(&file->server->lock);
    *bit = value;
    pthread_mutex_unlock(&file->server->lock);
    return 0;
}

static int do_context_getparam(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_context_param *param = call->argument;
    uint64_t value;

    if (param->ctx_id != 0) {
        return -ENOENT;
    }
    switch (param->param) {
    case I915_CONTEXT_PARAM_GTT_SIZE:
        value = file->server->info.gtt_bytes;
        break;
    case I915_CONTEXT_PARAM_NO_ERROR_CAPTURE:
        value = read_bit(file, &file->is_not_captured);
        break;
    case I915_CONTEXT_PARAM_BANNABLE:
        value = !read_bit(file, &file->is_not_bannable);
        break;
    case I915_CONTEXT_PARAM_RECOVERABLE:
        value = !read_bit(file, &file->is_not_recoverable);
        break;
    case I915_CONTEXT_PARAM_PRIORITY:
    case I915_CONTEXT_PARAM_PROTECTED_CONTENT:
        value = 0;
        break;
    case I915_CONTEXT_PARAM_PERSISTENCE:
        value = 1;
        break;
    case I915_CONTEXT_PARAM_SSEU: /* how long it is; there is nothing to be told */
        if (param->size != 0) {
            return -EINVAL;
        }
        param->size = sizeof(struct drm_i915_gem_context_param_sseu);
        return 0;
    case I915_CONTEXT_PARAM_VM:
        return -ENODEV;
    default:
        return -EINVAL;
    }
    param->size = 0;
    param->value = value;
    return 0;
}

/*
 * The bits are kept, and but for BANNABLE (revive.h) change nothing; the rest as Linux has it for a
 * GPU without a scheduler.
 */
static int do_context_setparam(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_gem_context_param *param = call->argument;

    if (param->ctx_id != 0) {
        return -ENOENT;
    }
    switch (param->param) {
    case I915_CONTEXT_PARAM_NO_ERROR_CAPTURE:
        return write_bit(file, param, &file->is_not_captured, param->value != 0);
    case I915_CONTEXT_PARAM_RECOVERABLE:
        return write_bit(file, param, &file->is_not_recoverable, param->value == 0);
    case I915_CONTEXT_PARAM_BANNABLE:
        if (param->size == 0 && param->value == 0 && call->uid != 0) {
            return -EPERM;
        }
        return write_bit(file, param, &file->is_not_bannable, param->value == 0);
    case I915_CONTEXT_PARAM_PRIORITY:
        return param->size != 0 ? -EINVAL : -ENODEV;
    case I915_CONTEXT_PARAM_SSEU:
        return param->size < sizeof(struct drm_i915_gem_context_param_sseu) ? -EINVAL : -ENODEV;
    case I915_CONTEXT_PARAM_PERSISTENCE:
        if (param->size != 0) {
            return -EINVAL;
        }
        return param->value == 0 ? -ENODEV : 0;
    default:
        return -EINVAL;
    }
}

static int do_vm_destroy(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_gem_vm_control *vm = call->argument;

    return vm->flags != 0 || vm->extensions != 0 ? -EINVAL : -ENOENT;
}

/* Linux' own number, which programs know as 524. */
static int do_perf(struct drm_file *file, struct drm_call *call)
{
    return -CORE_ENOTSUPP;
}

const struct drm_ioctl drm_core_ioctls[] = {
#define ROW(name, flags, handle)                                                                   \
    {                                                                                              \
        _IOC_NR(DRM_IOCTL_##name), (flags), (handle)                                               \
    }
#define RENDER DRM_IOCTL_RENDER
#define AUTH   DRM_IOCTL_AUTH
#define MASTER DRM_IOCTL_MASTER
#define ROOT   (DRM_IOCTL_AUTH | DRM_IOCTL_MASTER | DRM_IOCTL_ROOT)
    ROW(VERSION, RENDER, do_version),
    ROW(GET_UNIQUE, 0, do_get_unique),
    ROW(GET_MAGIC, 0, do_get_magic),
    ROW(GET_CLIENT, 0, do_get_client),
    ROW(GET_STATS, 0, do_get_stats),
    ROW(GET_CAP, RENDER, do_get_cap),
    ROW(SET_CLIENT_CAP, 0, do_set_client_cap),
    ROW(SET_VERSION, MASTER, do_set_version),
    ROW(SET_UNIQUE, ROOT, do_invalid),
    ROW(BLOCK, ROOT, do_nothing),
    ROW(UNBLOCK, ROOT, do_nothing),
    ROW(AUTH_MAGIC, MASTER, do_auth_magic),
    ROW(SET_MASTER, 0, do_set_master),
    ROW(DROP_MASTER, 0, do_drop_master),
    ROW(ADD_DRAW, ROOT, do_nothing),
    ROW(RM_DRAW, ROOT, do_nothing),
    ROW(UPDATE_DRAW, ROOT, do_nothing),
    ROW(FINISH, AUTH, do_nothing),
    ROW(MODESET_CTL, 0, do_nothing),
    ROW(I915_INIT, ROOT, do_nothing),
    ROW(I915_FLUSH, AUTH, do_nothing),
    ROW(I915_FLIP, AUTH, do_nothing),
    ROW(I915_BATCHBUFFER, AUTH, do_nothing),
    ROW(I915_IRQ_EMIT, AUTH, do_nothing),
    ROW(I915_IRQ_WAIT, AUTH, do_nothing),
    ROW(I915_SETPARAM, ROOT, do_nothing),
    ROW(I915_ALLOC, AUTH, do_nothing),
    ROW(I915_FREE, AUTH, do_nothing),
    ROW(I915_INIT_HEAP, ROOT, do_nothing),
    ROW(I915_CMDBUFFER, AUTH, do_nothing),
    ROW(I915_DESTROY_HEAP, ROOT, do_nothing),
    ROW(I915_SET_VBLANK_PIPE, ROOT, do_nothing),
    ROW(I915_GET_VBLANK_PIPE, AUTH, do_nothing),
    ROW(I915_VBLANK_SWAP, AUTH, do_nothing),
    ROW(I915_HWS_ADDR, ROOT, do_nothing),
    ROW(I915_GEM_INIT, ROOT, do_nothing),
    ROW(I915_GEM_ENTERVT, ROOT, do_nothing),
    ROW(I915_GEM_LEAVEVT, ROOT, do_nothing),
    ROW(I915_GEM_EXECBUFFER, AUTH, do_invalid),
    ROW(I915_GEM_PIN, AUTH | DRM_IOCTL_ROOT, do_no_device),
    ROW(I915_GEM_UNPIN, AUTH | DRM_IOCTL_ROOT, do_no_device),
    ROW(I915_GETPARAM, RENDER, do_getparam),
    ROW(I915_OVERLAY_PUT_IMAGE, MASTER, do_no_device),
    ROW(I915_OVERLAY_ATTRS, MASTER, do_no_device),
    ROW(I915_SET_SPRITE_COLORKEY, MASTER, do_set_colorkey),
    ROW(I915_GET_SPRITE_COLORKEY, MASTER, do_nothing),
    ROW(I915_REG_READ, RENDER, do_reg_read),
    ROW(I915_GET_RESET_STATS, RENDER, do_reset_stats),
    ROW(I915_GEM_CONTEXT_CREATE_EXT, RENDER, do_no_device),
    ROW(I915_GEM_CONTEXT_DESTROY, RENDER, do_context_destroy),
    ROW(I915_GEM_CONTEXT_GETPARAM, RENDER, do_context_getparam),
    ROW(I915_GEM_CONTEXT_SETPARAM, RENDER, do_context_setparam),
    ROW(I915_GEM_VM_CREATE, RENDER, do_no_device),
    ROW(I915_GEM_VM_DESTROY, RENDER, do_vm_destroy),
    ROW(I915_PERF_OPEN, RENDER, do_perf),
    ROW(I915_PERF_ADD_CONFIG, RENDER, do_perf),
    ROW(I915_PERF_REMOVE_CONFIG, RENDER, do_perf),
    ROW(I915_QUERY, RENDER, core_query),
    {0},
};
