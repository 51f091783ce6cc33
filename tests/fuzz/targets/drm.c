/* SPDX-License-Identifier: MIT */
/*
 * The DRM adapter's server, on a daemon of its own, with a program that sends anything: ioctls as
 * the table has them, with any contents; packets that are broken afterwards; packets of any bytes;
 * shared memory with any bytes; ioctls of sync files and dma-bufs that came back.
 * After each input nothing may be left: no file, no descriptor.
 *
 * An input is steps: kind, a, b, length, and so many bytes. Those of a COMMIT are properties, three
 * bytes each: object and what kind of number the value is, property, and that number.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <drm.h>
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <i915_drm.h>

#include "tests/fuzz/targets/drm_source.h"
#include "tests/fuzz/targets/target.h"
#include "winsys/drm/fence_property.h"
#include "winsys/drm/pack.h"
#include "winsys/drm/server/mode/ids.h"
#include "winsys/drm/server/server.h"
#include "winsys/drm/server/sync_file.h"
#include "winsys/drm/shared.h"

#define FILES     3u
#define STEPS_MAX 32u
#define NAMED_MAX 32u /* properties of a commit */

enum step_kind {
    STEP_IOCTL,
    STEP_RAW,
    STEP_OPEN,
    STEP_CLOSE,
    STEP_MAP,
    STEP_SHARED,
    STEP_DESCRIPTOR,
    STEP_COMMIT,
    STEP_KINDS
};
enum { FLAG_WORDS = 4, FLAG_BROKEN = 8 }; /* of b; its lowest bits are the file */

struct world {
    struct drm_server server;
    pthread_t loop;
    char socket[64];
    int channel;
    struct drm_link link; /* another channel, with memory; its socket is -1: none */
    int files[FILES];
    uint64_t ids[FILES];
    int kept;                                          /* the last descriptor that came back; -1 */
    uint32_t fbs[FILES], cursors[FILES], modes[FILES]; /* that a file of the card begins with */
};

/* ---- the world ---- */

static void start_daemon(struct world *w)
{
    int ready[2];
    char number[16], text[6], directory[] = "/tmp/gemd-fuzz-XXXXXX", path[64];

    if (mkdtemp(directory) == NULL || pipe(ready) != 0) {
        abort();
    }
    snprintf(path, sizeof(path), "%s/gemd.sock", directory);
    snprintf(number, sizeof(number), "%d", ready[1]);
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(GEMD_BINARY_DIR "/bin/gemd", "gemd", "--socket", path, "--ready-fd", number,
              "--policy", "none", "--log", "error", (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    if (pid < 0 || read(ready[0], text, sizeof(text)) != sizeof(text)) {
        target_fail("no daemon: " GEMD_BINARY_DIR "/bin/gemd");
    }
    close(ready[0]);
    /* Nobody tells a fuzz target that it ends: the socket is reached without its name. */
    snprintf(w->socket, sizeof(w->socket), "/proc/self/fd/%d", open(path, O_PATH | O_CLOEXEC));
    if (unlink(path) != 0 || rmdir(directory) != 0) {
        target_fail("more than a socket is left in %s", directory);
    }
}

static void *run_loop(void *data)
{
    drm_server_run(data);
    return NULL;
}

static struct world *world_create(void)
{
    struct world *w = calloc(1, sizeof(*w));
    char reason[GEMD_TEXT_MAX];

    if (w == NULL) {
        abort();
    }
    signal(SIGPIPE, SIG_IGN);
    start_daemon(w);
    if (drm_server_init(&w->server, NULL, w->socket, reason) != 0) {
        target_fail("no server: %s", reason);
    }
    if (pthread_create(&w->loop, NULL, run_loop, &w->server) != 0) {
        abort();
    }
    w->channel = w->link.socket = w->kept = -1;
    for (size_t i = 0; i < FILES; i++) {
        w->files[i] = -1;
    }
    target_silence();
    return w;
}

/* A channel: a new one when the last one was ended for what was sent. */
static int channel(struct world *w)
{
    int ends[2];

    if (w->channel >= 0) {
        return w->channel;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 ||
        drm_channel_start(&w->server, ends[1]) != 0) {
        abort();
    }
    return w->channel = ends[0];
}

static void drop_channel(struct world *w)
{
    if (w->channel >= 0) {
        close(w->channel);
        w->channel = -1;
    }
}

/* 1: an answer is there. Everything that is sent has one, or ends the channel. */
static int ask(struct world *w, struct drm_packet *request, struct drm_packet *answer,
               struct drm_buffer *buffer)
{
    const int error = drm_packet_send(channel(w), request);

    answer->fd = -1;
    const int result = error == 0 ? drm_packet_receive(w->channel, answer, buffer) : error;
    if (result != 1) {
        drop_channel(w);
    }
    return result;
}

static void close_file(struct world *w, size_t i)
{
    if (w->files[i] >= 0) {
        close(w->files[i]);
        w->files[i] = -1;
    }
}

/* ---- steps ---- */

static int call(struct world *w, size_t file, uint32_t request, void *argument, bool broken,
                struct drm_source *s)
{
    struct drm_packed packed;
    struct drm_packet packet = {.fd = -1}, answer;
    struct drm_buffer out = {0}, in = {0};
    int result = drm_pack_request(&packed, request, argument, &packet, &out);

    if (result == 0) {
        packet.request.file = w->ids[file];
        for (unsigned i = 0; broken && i < 4 && packet.request.payload > 0; i++) {
            const size_t at =
                (drm_source_next(s) | (size_t)drm_source_next(s) << 8) % packet.request.payload;
            packet.payload[at] ^= (uint8_t)(1u << drm_source_next(s) % 8);
        }
        if (broken && drm_source_next(s) % 8 == 0) {
            packet.request.payload -= packet.request.payload % 7;
        }
        result = ask(w, &packet, &answer, &in);
        if (result == 1) { /* broken counts make what comes back meaningless */
            result = broken ? -EIO : drm_unpack_answer(&packed, argument, &answer, &out);
            if (answer.fd >= 0) {
                close(answer.fd);
            }
        }
    }
    drm_buffer_clear(&out);
    drm_buffer_clear(&in);
    return result;
}

static uint32_t add_picture(struct world *w, size_t i, uint32_t width, uint32_t height,
                            uint32_t format)
{
    struct drm_mode_create_dumb create = {.width = width, .height = height, .bpp = 32};
    (void)call(w, i, DRM_IOCTL_MODE_CREATE_DUMB, &create, false, NULL);
    struct drm_mode_fb_cmd2 add = {.width = width,
                                   .height = height,
                                   .pixel_format = format,
                                   .handles = {create.handle},
                                   .pitches = {create.pitch}};
    (void)call(w, i, DRM_IOCTL_MODE_ADDFB2, &add, false, NULL);
    return add.fb_id;
}

/* A mode, and what can be shown in it. */
static void prepare_commits(struct world *w, size_t i)
{
    struct drm_set_client_cap cap = {.capability = DRM_CLIENT_CAP_ATOMIC, .value = 1};
    struct drm_mode_modeinfo mode = {.clock = 25175,
                                     .hdisplay = 640,
                                     .hsync_start = 656,
                                     .hsync_end = 752,
                                     .htotal = 800,
                                     .vdisplay = 480,
                                     .vsync_start = 490,
                                     .vsync_end = 492,
                                     .vtotal = 525};
    struct drm_mode_create_blob blob = {.data = (uintptr_t)&mode, .length = sizeof(mode)};
    (void)call(w, i, DRM_IOCTL_SET_CLIENT_CAP, &cap, false, NULL);
    (void)call(w, i, DRM_IOCTL_MODE_CREATEPROPBLOB, &blob, false, NULL);
    w->modes[i] = blob.blob_id;
    w->fbs[i] = add_picture(w, i, 640, 480, DRM_FORMAT_XRGB8888);
    w->cursors[i] = add_picture(w, i, 64, 64, DRM_FORMAT_ARGB8888);
}

static void open_file(struct world *w, size_t i, uint32_t minor)
{
    struct drm_packet request = {.request = {.type = DRM_WIRE_OPEN, .minor = minor}, .fd = -1};
    struct drm_packet answer;
    struct drm_buffer buffer = {0};

    close_file(w, i);
    if (ask(w, &request, &answer, &buffer) == 1 && answer.answer.result == 0) {
        w->files[i] = answer.fd;
        w->ids[i] = answer.answer.file;
        for (unsigned n = 0; n < 3; n++) { /* so that small handles name something */
            struct drm_i915_gem_create create = {.size = 4096u << n};
            (void)call(w, i, DRM_IOCTL_I915_GEM_CREATE, &create, false, NULL);
        }
        if (minor == DRM_MINOR_CARD) {
            prepare_commits(w, i);
        }
    }
    drm_buffer_clear(&buffer);
}

/* Waits that only other programs could end. */
static bool may_block(uint32_t number)
{
    static const uint32_t blocking[] = {
        _IOC_NR(DRM_IOCTL_WAIT_VBLANK), _IOC_NR(DRM_IOCTL_SYNCOBJ_WAIT),
        _IOC_NR(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT), _IOC_NR(DRM_IOCTL_SYNCOBJ_TRANSFER),
        _IOC_NR(DRM_IOCTL_I915_GEM_WAIT)};

    for (size_t i = 0; i < sizeof(blocking) / sizeof(blocking[0]); i++) {
        if (blocking[i] == number) {
            return true;
        }
    }
    return false;
}

/* Makes a call of those that does not wait. Whether it could. */
static bool calm_down(uint32_t number, uint8_t *structure)
{
    const size_t transfer_flags = offsetof(struct drm_syncobj_transfer, flags);

    switch (number) {
    case _IOC_NR(DRM_IOCTL_SYNCOBJ_WAIT):
        drm_put(structure, offsetof(struct drm_syncobj_wait, timeout_nsec), 8, 0);
        return true;
    case _IOC_NR(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT):
        drm_put(structure, offsetof(struct drm_syncobj_timeline_wait, timeout_nsec), 8, 0);
        return true;
    case _IOC_NR(DRM_IOCTL_SYNCOBJ_TRANSFER):
        structure[transfer_flags] &= (uint8_t)~DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
        return true;
    default:
        return false;
    }
}

/* Takes it. */
static void keep(struct world *w, int fd)
{
    if (w->kept >= 0) {
        close(w->kept);
    }
    w->kept = fd;
}

static void do_ioctl(struct world *w, uint8_t number, uint8_t flags, struct drm_source *s)
{
    const struct drm_call_row *row = drm_call_row_at(number);
    static uint8_t structure[DRM_CALL_STRUCT_MAX];
    static struct drm_source_memory memory;
    uint8_t *arrays[DRM_CALL_ARRAYS] = {0};
    uint32_t counts[DRM_CALL_ARRAYS] = {0};

    if (row->name == NULL) {
        return;
    }
    memory.used = 0;
    s->words = (flags & FLAG_WORDS) != 0;
    drm_source_fill(s, structure, row->size);
    if (row->fd_out
            .there) { /* only what came back is ours to close: 2 is where findings are told */
        memset(structure + row->fd_out.offset, 0xff, sizeof(int32_t));
    }
    for (unsigned i = 0; i < DRM_CALL_ARRAYS && row->arrays[i].kind != DRM_ARRAY_NONE; i++) {
        drm_source_array(row, i, structure, &memory, arrays, counts, s);
    }
    if (row->fd_in.there) {
        drm_put(structure, row->fd_in.offset, 4, (uint32_t)w->kept);
    }
    if (may_block(number) && ((flags & FLAG_BROKEN) != 0 || !calm_down(number, structure))) {
        return;
    }
    const int result =
        call(w, flags % FILES, row->request, structure, (flags & FLAG_BROKEN) != 0, s);
    if (result >= 0 && row->maps && (flags & FLAG_BROKEN) == 0) {
        struct drm_i915_gem_mmap map;
        memcpy(&map, structure, sizeof(map));
        munmap((void *)(uintptr_t)map.addr_ptr, map.size);
    }
    if (result >= 0 && row->fd_out.there && drm_call_names_fd(&row->fd_out, structure)) {
        int32_t fd;
        memcpy(&fd, structure + row->fd_out.offset, sizeof(fd));
        keep(w, fd);
    }
}

static uint64_t value_of(const struct world *w, size_t file, uint8_t kind, uint8_t number)
{
    const uint64_t values[] = {number,
                               (uint64_t)number << 16,
                               (uint64_t) - (int64_t)number,
                               (uint64_t)number << 24,
                               w->fbs[file],
                               w->cursors[file],
                               w->modes[file],
                               MODE_ID_CRTC,
                               640,
                               480,
                               640ull << 16,
                               480ull << 16,
                               64,
                               64ull << 16,
                               UINT64_MAX,
                               1};
    return values[kind % (sizeof(values) / sizeof(values[0]))];
}

static void do_commit(struct world *w, size_t file, uint8_t flags, struct drm_source *s)
{
    static const uint32_t objects[] = {MODE_ID_CRTC, MODE_ID_CONNECTOR, MODE_ID_PRIMARY,
                                       MODE_ID_CURSOR};
    uint32_t named[NAMED_MAX], counts[NAMED_MAX], properties[NAMED_MAX], count = 0;
    uint64_t values[NAMED_MAX];
    int32_t fence = -1;
    for (; count < NAMED_MAX && s->left >= 3; count++) {
        const uint8_t what = drm_source_next(s);
        named[count] = objects[what % 4];
        counts[count] = 1;
        properties[count] = drm_source_next(s);
        values[count] = value_of(w, file, what / 4, drm_source_next(s));
        if (properties[count] == DRM_PROPERTY_OUT_FENCE_PTR && values[count] != 0) {
            values[count] = (uintptr_t)&fence;
        }
    }
    struct drm_mode_atomic request = {.flags = (flags & 7u) << 8 | flags >> 3,
                                      .count_objs = count,
                                      .objs_ptr = (uintptr_t)named,
                                      .count_props_ptr = (uintptr_t)counts,
                                      .props_ptr = (uintptr_t)properties,
                                      .prop_values_ptr = (uintptr_t)values,
                                      .user_data = flags};
    (void)call(w, file, DRM_IOCTL_MODE_ATOMIC, &request, false, s);
    if (fence >= 0) {
        close(fence);
    }
}

static void do_raw(struct world *w, struct drm_source *s)
{
    struct drm_packet answer;
    struct drm_buffer buffer = {0};

    if (send(channel(w), s->bytes, s->left, MSG_NOSIGNAL) != (ssize_t)s->left ||
        drm_packet_receive(w->channel, &answer, &buffer) != 1) {
        drop_channel(w);
    } else if (answer.fd >= 0) {
        close(answer.fd);
    }
    drm_buffer_clear(&buffer);
}

static void do_map(struct world *w, size_t file, struct drm_source *s)
{
    struct drm_packet answer, request = {.request = {.type = DRM_WIRE_MAP,
                                                     .request = drm_source_next(s),
                                                     .file = w->ids[file],
                                                     .length = (uint64_t)drm_source_next(s) << 12},
                                         .fd = -1};
    struct drm_buffer buffer = {0};

    request.request.offset = (uint64_t)drm_source_next(s) << 12;
    if (ask(w, &request, &answer, &buffer) == 1 && answer.fd >= 0) {
        close(answer.fd);
    }
    drm_buffer_clear(&buffer);
}

/* ioctl() of what came back. */
static void do_descriptor(struct world *w, uint8_t number, struct drm_source *s)
{
    static const uint32_t requests[] = {
        (uint32_t)SYNC_IOC_MERGE, (uint32_t)SYNC_IOC_FILE_INFO, (uint32_t)DMA_BUF_IOCTL_SYNC,
        (uint32_t)DMA_BUF_IOCTL_EXPORT_SYNC_FILE, (uint32_t)DMA_BUF_IOCTL_IMPORT_SYNC_FILE};
    const uint32_t request = requests[number % (sizeof(requests) / sizeof(requests[0]))];
    uint64_t structure[16];
    struct drm_packet packet = {.request = {.type = DRM_WIRE_DMABUF, .request = request},
                                .fd = w->kept,
                                .payload = (uint8_t *)structure};
    struct drm_packet answer;
    struct drm_buffer buffer = {0};

    s->words = true;
    packet.request.payload =
        drm_source_next(s) % 8 == 0 ? drm_source_next(s) % sizeof(structure) : _IOC_SIZE(request);
    packet.request.offset = drm_sync_file_id(&w->server, w->kept);
    drm_source_fill(s, (uint8_t *)structure, sizeof(structure));
    if (ask(w, &packet, &answer, &buffer) == 1 && answer.fd >= 0) {
        keep(w, answer.fd);
    }
    drm_buffer_clear(&buffer);
}

static void drop_link(struct world *w)
{
    drm_shared_close(&w->link);
    close(w->link.socket);
    w->link.socket = -1;
}

static void make_link(struct world *w)
{
    struct drm_packet packet = {
        .request = {.type = DRM_WIRE_HELLO, .file = DRM_WIRE_VERSION, .length = 1}, .fd = -1};
    struct drm_buffer buffer = {0};
    int ends[2];

    if (w->link.socket >= 0) {
        return;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 ||
        drm_channel_start(&w->server, ends[1]) != 0 || drm_packet_send(ends[0], &packet) != 0 ||
        drm_packet_receive(ends[0], &packet, &buffer) != 1 || packet.fd < 0) {
        abort();
    }
    w->link = (struct drm_link){.socket = ends[0]};
    if (drm_shared_open(&w->link, packet.fd) != 0) {
        abort();
    }
    close(packet.fd);
    drm_buffer_clear(&buffer);
}

/* What a program may put there. Only a message that is elsewhere has no answer. */
static void do_shared(struct world *w, uint8_t number, uint8_t b, struct drm_source *s)
{
    const struct drm_call_row *row = drm_call_row_at(number);
    struct drm_wire_request head = {.type = drm_source_next(s) % (DRM_WIRE_TYPES + 1),
                                    .request = row->request,
                                    .file = w->ids[b % FILES]};
    struct drm_packet bell = {.request = {.type = DRM_WIRE_BELL}, .fd = -1}, answer;
    struct drm_buffer buffer = {0};

    if (may_block(number)) {
        return;
    }
    make_link(w);
    head.flags = (b & FLAG_BROKEN) != 0 ? drm_source_next(s) : 0;
    head.minor = drm_source_next(s);
    head.offset = (uint64_t)drm_source_next(s) << 12;
    head.length = drm_source_next(s);
    head.payload =
        (b & FLAG_WORDS) != 0 ? drm_source_next(s) | (uint64_t)drm_source_next(s) << 12 : row->size;
    drm_source_fill(s, w->link.shared->payload, row->size + 256u);
    w->link.own->request = head;
    __atomic_add_fetch(&w->link.own->number, 1, __ATOMIC_SEQ_CST);
    bool is_there = drm_packet_send(w->link.socket, &bell) == 0;
    if (is_there && head.flags != DRM_WIRE_ELSEWHERE) {
        is_there = drm_link_receive(&w->link, &answer, &buffer) == 1;
        if (is_there && answer.fd >= 0) {
            close(answer.fd);
        }
    }
    if (!is_there || head.type == DRM_WIRE_HELLO || head.flags == DRM_WIRE_ELSEWHERE) {
        drop_link(w);
    }
    drm_buffer_clear(&buffer);
}

static void perform(struct world *w, uint8_t kind, uint8_t a, uint8_t b, struct drm_source *s)
{
    switch ((enum step_kind)(kind % STEP_KINDS)) {
    case STEP_IOCTL:
        do_ioctl(w, a, b, s);
        break;
    case STEP_RAW:
        do_raw(w, s);
        break;
    case STEP_OPEN:
        open_file(w, a % FILES, b % 2 == 0 ? DRM_MINOR_CARD : DRM_MINOR_RENDER);
        break;
    case STEP_CLOSE:
        close_file(w, a % FILES);
        break;
    case STEP_MAP:
        do_map(w, a % FILES, s);
        break;
    case STEP_SHARED:
        do_shared(w, a, b, s);
        break;
    case STEP_DESCRIPTOR:
        do_descriptor(w, a, s);
        break;
    case STEP_COMMIT:
        do_commit(w, a % FILES, b, s);
        break;
    case STEP_KINDS:
        break;
    }
}

static unsigned left_files(struct world *w)
{
    pthread_mutex_lock(&w->server.lock);
    const unsigned count = w->server.file_count;
    pthread_mutex_unlock(&w->server.lock);
    return count;
}

static unsigned left(struct world *w)
{
    return left_files(w) + drm_sync_file_count(&w->server);
}

static void clean_up(struct world *w)
{
    const struct timespec moment = {.tv_nsec = 200000};

    for (size_t i = 0; i < FILES; i++) {
        close_file(w, i);
        w->ids[i] = 0;
    }
    keep(w, -1);
    for (unsigned i = 0; i < 50000 && left(w) > 0; i++) {
        nanosleep(&moment, NULL);
    }
    if (left(w) > 0) {
        target_fail("%u files are left, %u sync files", left_files(w),
                    drm_sync_file_count(&w->server));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct world *w;
    size_t at = 0;

    if (w == NULL) {
        w = world_create();
    }
    open_file(w, 0, DRM_MINOR_CARD);
    for (unsigned i = 0; i < STEPS_MAX && at + 4 <= size; i++) {
        const uint8_t *step = bytes + at;
        const size_t left = size - at - 4, length = step[3] < left ? step[3] : left;
        struct drm_source s = {step + 4, length, false};

        perform(w, step[0], step[1], step[2], &s);
        at += 4 + length;
    }
    clean_up(w);
    return 0;
}
