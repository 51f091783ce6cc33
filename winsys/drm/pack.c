/* SPDX-License-Identifier: MIT */
/* Payloads of ioctls. */
#include "winsys/drm/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <i915_drm.h>

#include "winsys/drm/user.h"

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static uint64_t read_pointer(const void *bytes, size_t offset)
{
    uint64_t value;

    memcpy(&value, (const uint8_t *)bytes + offset, sizeof(value));
    return value;
}

/* ---- packing in the program ---- */

/* The payload while it grows. */
struct writer {
    struct drm_buffer *buffer;
    size_t size;
};

/* Zeroed room for 'size' bytes at the end, padded; NULL without memory. What was there stays. */
static uint8_t *append(struct writer *w, size_t size)
{
    const size_t at = w->size, end = at + padded(size);

    if (end > w->buffer->room || w->buffer->bytes == NULL) {
        const size_t room = end + end / 2 + 4096;
        uint8_t *bytes = realloc(w->buffer->bytes, room);
        if (bytes == NULL) {
            return NULL;
        }
        *w->buffer = (struct drm_buffer){bytes, room};
    }
    w->size = end;
    memset(w->buffer->bytes + at + size, 0, padded(size) - size);
    return w->buffer->bytes + at;
}

/* Each element of the parent has a pointer; what they point to, one behind the other. */
static int copy_nested(const struct drm_call_row *row, const struct drm_array_row *array, bool out,
                       uint8_t *ours, const uint8_t *parent, uint64_t parent_count)
{
    const uint32_t step = row->arrays[array->parent].element;
    struct user_copy copy = {.out = out};

    for (uint64_t i = 0; i < parent_count; i++) {
        const uint8_t *element = parent + i * step;
        const size_t bytes = (size_t)drm_call_nested(array, element) * array->element;
        const int error = user_copy_add(&copy, ours, read_pointer(element, array->pointer), bytes);
        if (error != 0) {
            return error;
        }
        ours += bytes;
    }
    return user_copy_finish(&copy);
}

/* One link out of the program's memory. Whether what is behind it counts. */
static bool read_link(const struct drm_array_row *array, uint64_t from, struct drm_call_link *link,
                      uint64_t *next)
{
    struct i915_user_extension head;
    const size_t names = sizeof(array->links) / sizeof(array->links[0]);

    *link = (struct drm_call_link){0};
    if (user_copy_in(&head, from, sizeof(head)) != 0) {
        link->error = -EFAULT;
        return false;
    }
    *next = head.next_extension;
    link->name = head.name;
    link->flags = head.flags;
    link->is_reserved_set = (head.rsvd[0] | head.rsvd[1] | head.rsvd[2] | head.rsvd[3]) != 0;
    if (link->flags != 0 || link->is_reserved_set || head.name >= names ||
        array->links[head.name] == 0) {
        return false;
    }
    if (user_copy_in(link->body, from + sizeof(head), array->links[head.name] - sizeof(head)) !=
        0) {
        *link = (struct drm_call_link){.error = -EFAULT};
        return false;
    }
    return true;
}

/* The links, one behind the other; *count of them. */
static int pack_chain(struct drm_packed *packed, unsigned index, const void *structure,
                      struct writer *w, uint64_t *count)
{
    const struct drm_array_row *array = &packed->row->arrays[index];
    uint64_t at = read_pointer(structure, array->pointer);
    bool goes_on = at != 0 && drm_call_is_there(array, structure);

    packed->parents[index] = w->size;
    for (*count = 0; goes_on && *count < array->most; ++*count) {
        struct drm_call_link link;
        goes_on = read_link(array, at, &link, &at) && at != 0;
        uint8_t *to = append(w, sizeof(link));
        if (to == NULL) {
            return -ENOMEM;
        }
        memcpy(to, &link, sizeof(link));
    }
    return 0;
}

static int pack_bytes(struct drm_packed *packed, unsigned index, struct writer *w, size_t bytes)
{
    const struct drm_array_row *array = &packed->row->arrays[index];
    uint8_t *to = append(w, bytes);

    if (to == NULL) {
        return -ENOMEM;
    }
    packed->parents[index] = (size_t)(to - w->buffer->bytes);
    if (array->optional && packed->pointers[index] == 0) {
        memset(to, 0, bytes);
        return 0;
    }
    if (array->kind != DRM_ARRAY_NESTED) {
        return user_copy_in(to, packed->pointers[index], bytes);
    }
    return copy_nested(packed->row, array, false, to,
                       w->buffer->bytes + packed->parents[array->parent],
                       packed->counts[array->parent]);
}

/* The head is known when the links are there. */
static int pack_chain_array(struct drm_packed *packed, unsigned index, const void *structure,
                            struct writer *w, uint64_t *total)
{
    struct drm_wire_array head = {0};
    const size_t at = w->size;
    int error = append(w, sizeof(head)) != NULL ? 0 : -ENOMEM;

    if (error == 0) {
        error = pack_chain(packed, index, structure, w, &head.count);
    }
    if (error != 0) {
        return error;
    }
    packed->counts[index] = head.count;
    head.bytes = head.count * sizeof(struct drm_call_link);
    *total += head.bytes;
    memcpy(w->buffer->bytes + at, &head, sizeof(head));
    return 0;
}

static int pack_array(struct drm_packed *packed, unsigned index, const void *structure,
                      struct writer *w, uint64_t *total)
{
    const struct drm_array_row *array = &packed->row->arrays[index];
    void *parents[DRM_CALL_ARRAYS] = {0};

    for (unsigned i = 0; i < index; i++) {
        parents[i] = packed->parents[i] > 0 ? w->buffer->bytes + packed->parents[i] : NULL;
    }
    if (array->kind == DRM_ARRAY_CHAIN) {
        return pack_chain_array(packed, index, structure, w, total);
    }
    const uint64_t count = drm_call_count(packed->row, index, structure, parents, packed->counts);
    if (count == UINT64_MAX) {
        return -EINVAL;
    }
    packed->counts[index] = count;
    *total += count * array->element;
    if (*total > DRM_CALL_BYTES_MAX) {
        return -ENOMEM;
    }
    if (array->kind != DRM_ARRAY_NESTED) {
        packed->pointers[index] = read_pointer(structure, array->pointer);
    }
    const struct drm_wire_array head = {
        count, (array->way & DRM_WAY_IN) != 0 ? count * array->element : 0};
    uint8_t *to = append(w, sizeof(head));
    if (to == NULL) {
        return -ENOMEM;
    }
    memcpy(to, &head, sizeof(head));
    return head.bytes > 0 ? pack_bytes(packed, index, w, (size_t)head.bytes) : 0;
}

/* The program's descriptor; one that is none is left out, and what the call says then is its own.
 */
static int named_fd(const struct drm_fd_row *row, const uint8_t *structure)
{
    int32_t fd;

    if (!drm_call_names_fd(row, structure)) {
        return -1;
    }
    memcpy(&fd, structure + row->offset, sizeof(fd));
    return fd >= 0 && fcntl(fd, F_GETFD) >= 0 ? fd : -1;
}

/* Of a commit: what its properties name. */
static int find_fences(struct drm_packed *packed, struct drm_packet *packet, const struct writer *w)
{
    const uint8_t *bytes = w->buffer->bytes;
    const uint64_t count =
        packed->counts[2] < packed->counts[3] ? packed->counts[2] : packed->counts[3];
    int error = fence_properties_find(&packed->fences, bytes + packed->parents[2],
                                      bytes + packed->parents[3], count);
    packet->fd = packed->fences.in;
    return error;
}

static int pack_all(struct drm_packed *packed, uint8_t *structure, uint32_t bytes_in,
                    struct drm_packet *packet, struct writer *w)
{
    uint64_t total = 0;
    uint8_t *to = append(w, bytes_in);

    if (to == NULL) {
        return -ENOMEM;
    }
    memcpy(to, structure, bytes_in);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        if (packed->row->arrays[i].kind == DRM_ARRAY_NONE) {
            break;
        }
        const int error = pack_array(packed, i, structure, w, &total);
        if (error != 0) {
            return error;
        }
    }
    packet->request.type = DRM_WIRE_IOCTL;
    packet->request.request = packed->request;
    packet->request.payload = w->size;
    packet->payload = w->buffer->bytes;
    packet->fd = named_fd(&packed->row->fd_in, structure);
    return packed->row->has_fence_properties ? find_fences(packed, packet, w) : 0;
}

int drm_pack_request(struct drm_packed *packed, uint32_t request, void *argument,
                     struct drm_packet *packet, struct drm_buffer *buffer)
{
    uint8_t small[512] = {0}, *structure = small;
    struct writer w = {buffer, 0};

    *packed = (struct drm_packed){.row = drm_call_row(request), .request = request};
    packet->fd = -1;
    if (packed->row == NULL) {
        return -EINVAL;
    }
    const uint32_t bytes_in = drm_call_bytes_in(packed->row, request);
    const uint32_t room = drm_call_room(packed->row, request);
    if (room > sizeof(small)) {
        structure = calloc(1, room);
        if (structure == NULL) {
            return -ENOMEM;
        }
    }
    int error = user_copy_in(structure, (uintptr_t)argument, bytes_in);
    if (error == 0) {
        error = pack_all(packed, structure, bytes_in, packet, &w);
    }
    if (structure != small) {
        free(structure);
    }
    return error;
}

/* ---- answers in the program ---- */

/* What is left of a payload. */
struct reader {
    uint8_t *bytes;
    size_t left;
};

/* The next 'size' bytes, and their padding; NULL when there are not so many. */
static uint8_t *take(struct reader *r, uint64_t size)
{
    if (size > r->left || padded((size_t)size) > r->left) {
        return NULL;
    }
    uint8_t *bytes = r->bytes;
    r->bytes += padded((size_t)size);
    r->left -= padded((size_t)size);
    return bytes;
}

/* What comes back as it went has not to be written. */
static bool is_as_sent(const struct drm_packed *packed, unsigned index,
                       const struct drm_wire_array *head, const uint8_t *bytes,
                       const struct drm_buffer *sent)
{
    return packed->parents[index] > 0 && head->count == packed->counts[index] &&
           memcmp(sent->bytes + packed->parents[index], bytes, (size_t)head->bytes) == 0;
}

static int unpack_array(const struct drm_packed *packed, unsigned index, struct reader *r,
                        const struct drm_buffer *sent)
{
    const struct drm_array_row *array = &packed->row->arrays[index];
    struct drm_wire_array head;
    const uint8_t *from = take(r, sizeof(head));

    if (from == NULL) {
        return -EIO;
    }
    memcpy(&head, from, sizeof(head));
    if (head.count > packed->counts[index] || head.bytes != head.count * array->element ||
        (head.count > 0 && (array->way & DRM_WAY_OUT) == 0)) {
        return -EIO;
    }
    uint8_t *bytes = take(r, head.bytes);
    if (bytes == NULL) {
        return -EIO;
    }
    if (is_as_sent(packed, index, &head, bytes, sent)) {
        return 0;
    }
    if (array->kind != DRM_ARRAY_NESTED) {
        return user_copy_out(bytes, packed->pointers[index], (size_t)head.bytes);
    }
    if (head.count == 0) {
        return 0;
    }
    if (head.count != packed->counts[index]) {
        return -EIO;
    }
    return copy_nested(packed->row, array, true, bytes,
                       sent->bytes + packed->parents[array->parent], packed->counts[array->parent]);
}

/* GEM_MMAP: what the server gave is mapped, and its address takes the place of the offset. */
static int map_answer(uint8_t *structure, uint32_t size, int fd)
{
    struct drm_i915_gem_mmap map;

    if (size < sizeof(map)) {
        return -EINVAL;
    }
    memcpy(&map, structure, sizeof(map));
    void *address =
        mmap(NULL, map.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)map.addr_ptr);
    if (address == MAP_FAILED) {
        return -errno;
    }
    map.addr_ptr = (uintptr_t)address;
    memcpy(structure, &map, sizeof(map));
    return 0;
}

static bool keeps_exec(const struct drm_fd_row *row, const uint8_t *structure)
{
    uint32_t flags;

    if (row->cloexec_mask == 0) {
        return false;
    }
    memcpy(&flags, structure + row->when, sizeof(flags));
    return (flags & row->cloexec_mask) == 0;
}

/* The answer's descriptor is the program's now, or is gone. */
static int give_fd(const struct drm_packed *packed, uint8_t *structure, uint32_t size,
                   struct drm_packet *answer)
{
    const struct drm_fd_row *row = &packed->row->fd_out;
    const int32_t fd = answer->fd;
    int error = 0;

    if (fd < 0) {
        return 0;
    }
    if (packed->row->has_fence_properties) {
        answer->fd = -1;
        return fence_properties_give(&packed->fences, fd);
    }
    if (row->there && row->offset + sizeof(fd) <= size && !packed->row->maps) {
        memcpy(structure + row->offset, &fd, sizeof(fd));
        if (keeps_exec(row, structure)) {
            fcntl(fd, F_SETFD, 0);
        }
        answer->fd = -1;
        return 0;
    }
    if (packed->row->maps && answer->answer.result >= 0) {
        error = map_answer(structure, size, fd);
    }
    close(fd);
    answer->fd = -1;
    return error;
}

int drm_unpack_answer(const struct drm_packed *packed, void *argument, struct drm_packet *answer,
                      const struct drm_buffer *sent)
{
    const uint32_t bytes_out = drm_call_bytes_out(packed->row, packed->request);
    struct reader r = {answer->payload, (size_t)answer->answer.payload};
    int result = answer->answer.result;
    uint8_t *structure = take(&r, bytes_out);

    if (result < 0 && answer->answer.payload == 0 && answer->fd < 0) {
        return result; /* it did not come to a handler */
    }
    if (structure == NULL) {
        result = -EIO;
    } else {
        const int error = give_fd(packed, structure, bytes_out, answer);
        result = error != 0 ? error : result;
    }
    for (unsigned i = 0; structure != NULL && i < DRM_CALL_ARRAYS; i++) {
        if (packed->row->arrays[i].kind == DRM_ARRAY_NONE) {
            break;
        }
        const int error = unpack_array(packed, i, &r, sent);
        if (error != 0) {
            result = error;
            break;
        }
    }
    if (structure != NULL && user_copy_out(structure, (uintptr_t)argument, bytes_out) != 0) {
        result = -EFAULT;
    }
    if (answer->fd >= 0) {
        close(answer->fd);
        answer->fd = -1;
    }
    return result;
}

/* ---- in the server ---- */

static int take_array(struct drm_call *call, const struct drm_call_row *row, unsigned index,
                      struct reader *r, uint64_t counts[DRM_CALL_ARRAYS], uint64_t *total)
{
    const struct drm_array_row *array = &row->arrays[index];
    void *parents[DRM_CALL_ARRAYS] = {0};
    struct drm_wire_array head;
    const uint8_t *from = take(r, sizeof(head));

    if (from == NULL) {
        return -EPROTO;
    }
    memcpy(&head, from, sizeof(head));
    for (unsigned i = 0; i < index; i++) {
        parents[i] = call->arrays[i].bytes;
    }
    if (array->kind == DRM_ARRAY_CHAIN
            ? head.count > array->most
            : head.count != drm_call_count(row, index, call->argument, parents, counts) ||
                  head.count == UINT64_MAX) {
        return -EPROTO;
    }
    const uint64_t bytes = head.count * array->element;
    *total += bytes;
    if (*total > DRM_CALL_BYTES_MAX || head.bytes != ((array->way & DRM_WAY_IN) != 0 ? bytes : 0)) {
        return -EPROTO;
    }
    counts[index] = head.count;
    if ((array->way & DRM_WAY_IN) != 0) {
        call->arrays[index].bytes = take(r, head.bytes);
    } else {
        call->arrays[index].bytes = calloc(1, bytes > 0 ? (size_t)bytes : 1);
    }
    if (call->arrays[index].bytes == NULL) {
        return (array->way & DRM_WAY_IN) != 0 ? -EPROTO : -ENOMEM;
    }
    call->arrays[index].count = (uint32_t)head.count;
    return 0;
}

int drm_unpack_request(struct drm_call *call, struct drm_packet *packet)
{
    const uint32_t request = packet->request.request;
    const struct drm_call_row *row = drm_call_row(request);
    struct reader r = {packet->payload, (size_t)packet->request.payload};
    uint64_t counts[DRM_CALL_ARRAYS] = {0}, total = 0;

    *call = (struct drm_call){.number = _IOC_NR(request),
                              .given = _IOC_SIZE(request),
                              .fd_in = -1,
                              .fd_out = -1,
                              .channel = -1};
    if (row == NULL) {
        return -EPROTO;
    }
    const uint32_t bytes_in = drm_call_bytes_in(row, request);
    const uint8_t *structure = take(&r, bytes_in);
    if (structure == NULL) {
        return -EPROTO;
    }
    const uint32_t room = drm_call_room(row, request);
    call->argument = calloc(1, room > 0 ? room : 1);
    if (call->argument == NULL) {
        return -ENOMEM;
    }
    memcpy(call->argument, structure, bytes_in);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS && row->arrays[i].kind != DRM_ARRAY_NONE; i++) {
        const int error = take_array(call, row, i, &r, counts, &total);
        if (error != 0) {
            return error;
        }
    }
    if (r.left != 0 || (packet->fd >= 0 && !row->has_fence_properties &&
                        !drm_call_names_fd(&row->fd_in, call->argument))) {
        return -EPROTO;
    }
    call->fd_in = packet->fd;
    packet->fd = -1;
    return 0;
}

static int put_array(const struct drm_call *call, const struct drm_call_row *row, unsigned index,
                     int result, struct writer *w)
{
    const struct drm_array_row *array = &row->arrays[index];
    const struct drm_call_array *given = &call->arrays[index];
    struct drm_wire_array head = {0};

    if (result >= 0 && (array->way & DRM_WAY_OUT) != 0) {
        head.count = given->used < given->count ? given->used : given->count;
        head.bytes = head.count * array->element;
    }
    uint8_t *to = append(w, sizeof(head));
    if (to == NULL) {
        return -ENOMEM;
    }
    memcpy(to, &head, sizeof(head));
    to = append(w, (size_t)head.bytes);
    if (to == NULL) {
        return -ENOMEM;
    }
    if (head.bytes > 0) {
        memcpy(to, given->bytes, (size_t)head.bytes);
    }
    return 0;
}

int drm_pack_answer(struct drm_call *call, uint32_t request, int result, struct drm_packet *answer,
                    struct drm_buffer *buffer)
{
    const struct drm_call_row *row = drm_call_row(request);
    const uint32_t bytes_out = drm_call_bytes_out(row, request);
    struct writer w = {buffer, 0};
    uint8_t *to = append(&w, bytes_out);

    if (to == NULL) {
        return -ENOMEM;
    }
    memcpy(to, call->argument, bytes_out);
    for (unsigned i = 0; i < DRM_CALL_ARRAYS && row->arrays[i].kind != DRM_ARRAY_NONE; i++) {
        if (put_array(call, row, i, result, &w) != 0) {
            return -ENOMEM;
        }
    }
    answer->answer =
        (struct drm_wire_answer){.type = DRM_WIRE_IOCTL, .result = result, .payload = w.size};
    answer->payload = buffer->bytes;
    answer->fd = result >= 0 ? call->fd_out : -1;
    return 0;
}

void drm_call_clear(struct drm_call *call)
{
    const struct drm_call_row *row = drm_call_row(call->number);

    for (unsigned i = 0; row != NULL && i < DRM_CALL_ARRAYS; i++) {
        if (row->arrays[i].kind != DRM_ARRAY_NONE && row->arrays[i].way == DRM_WAY_OUT) {
            free(call->arrays[i].bytes);
        }
        call->arrays[i] = (struct drm_call_array){0};
    }
    free(call->argument);
    call->argument = NULL;
    if (call->fd_in >= 0) {
        close(call->fd_in);
    }
    if (call->fd_out >= 0) {
        close(call->fd_out);
    }
    call->fd_in = call->fd_out = -1;
}
