/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <drm.h>

#include "tests/drm/pack_rig.h"

static uint32_t state = 12345;

uint32_t pack_roll(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

void pack_fill(void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)pack_roll();
    }
}

void pack_put(void *bytes, size_t offset, unsigned size, uint64_t value)
{
    memcpy((uint8_t *)bytes + offset, &value, size);
}

uint8_t *pack_random_bytes(size_t size)
{
    uint8_t *bytes = malloc(size + 1);

    assert_non_null(bytes);
    pack_fill(bytes, size);
    return bytes;
}

static void make_array(struct pack_program *p, unsigned index)
{
    const struct drm_array_row *array = &p->row->arrays[index];
    const uint32_t count = pack_roll() % MANY;

    if (array->when_mask != 0) {
        uint64_t flags;
        memcpy(&flags, p->structure + array->when, sizeof(flags));
        flags =
            array->kind == DRM_ARRAY_CHAIN ? flags & ~array->when_mask : flags | array->when_mask;
        memcpy(p->structure + array->when, &flags, sizeof(flags));
    }
    switch ((enum drm_array_kind)array->kind) {
    case DRM_ARRAY_FIXED:
        p->counts[index] = array->fixed;
        break;
    case DRM_ARRAY_COUNTED:
        for (unsigned i = 0; i < index; i++) { /* two arrays may have one count */
            if (p->row->arrays[i].kind == DRM_ARRAY_COUNTED &&
                p->row->arrays[i].count == array->count) {
                p->counts[index] = p->counts[i];
                break;
            }
            p->counts[index] = count;
        }
        if (index == 0) {
            p->counts[index] = count;
        }
        pack_put(p->structure, array->count, array->count_bytes, p->counts[index]);
        break;
    case DRM_ARRAY_SUMMED: {
        uint32_t *numbers = (uint32_t *)(void *)p->arrays[array->parent];
        p->counts[index] = 0;
        for (uint64_t i = 0; i < p->counts[array->parent]; i++) {
            numbers[i] = index > array->parent + 1u ? numbers[i] : pack_roll() % MANY;
            p->counts[index] += numbers[i];
        }
        break;
    }
    case DRM_ARRAY_NESTED:
        for (uint64_t i = 0; i < p->counts[array->parent]; i++) {
            uint8_t *element = p->arrays[array->parent] + i * p->row->arrays[array->parent].element;
            p->nested_count[i] = pack_roll() % MANY;
            p->nested[i] = pack_random_bytes((size_t)p->nested_count[i] * array->element);
            pack_put(element, array->pointer, 8, (uintptr_t)p->nested[i]);
            pack_put(element, array->count, array->count_bytes, p->nested_count[i]);
            p->counts[index] += p->nested_count[i];
        }
        return;
    case DRM_ARRAY_CHAIN: /* has a test of its own; its pointer may be another array's too */
        if (array->when_mask == 0) {
            pack_put(p->structure, array->pointer, 8, 0);
        }
        return;
    case DRM_ARRAY_NONE:
        return;
    }
    p->arrays[index] = pack_random_bytes((size_t)p->counts[index] * array->element);
    pack_put(p->structure, array->pointer, 8, (uintptr_t)p->arrays[index]);
}

void pack_make(struct pack_program *p, const struct drm_call_row *row)
{
    *p = (struct pack_program){.row = row, .structure = pack_random_bytes(row->size)};
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        make_array(p, i);
    }
    if (row->fd_in.there) {
        pack_put(p->structure, row->fd_in.offset, 4, UINT32_MAX);
    }
}

void pack_discard(struct pack_program *p)
{
    for (unsigned i = 0; i < DRM_CALL_ARRAYS; i++) {
        free(p->arrays[i]);
    }
    for (unsigned i = 0; i < MANY; i++) {
        free(p->nested[i]);
    }
    free(p->structure);
}

void pack_transfer(struct drm_packet *packet, struct drm_packet *there, struct drm_buffer *buffer)
{
    int ends[2];

    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), errno);
    assert_int_equal(drm_packet_send(ends[0], packet), 0);
    assert_int_equal(drm_packet_receive(ends[1], there, buffer), 1);
    close(ends[0]);
    close(ends[1]);
}
