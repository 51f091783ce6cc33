/* SPDX-License-Identifier: MIT */
#include "tests/render/bed.h"

#include <stdlib.h>
#include <string.h>

#include "hw/model/denormals.h"
#include "hw/model/render/internal.h"

void *model_memory_at(struct model_memory *memory, uint64_t address, uint64_t want, uint64_t *span)
{
    if (address >= BED_SIZE || (memory->hole != 0 && address >> 12 == memory->hole >> 12)) {
        return NULL;
    }
    uint64_t end = memory->hole > address ? memory->hole & ~UINT64_C(4095) : BED_SIZE;
    if (end - address > want) {
        end = address + want;
    }
    if (memory->max_span != 0 && end - address > memory->max_span) {
        end = address + memory->max_span;
    }
    *span = end - address;
    return memory->bytes + address;
}

bool model_memory_swizzles(const struct model_memory *memory, enum gen3_tiling tiling)
{
    return memory->swizzle[tiling] != 0;
}

uint64_t model_memory_tiled_address(struct model_memory *memory, enum gen3_tiling tiling,
                                    uint64_t address, uint64_t *run)
{
    *run = 1;
    return address ^ (uint64_t)__builtin_parityll(address & memory->swizzle[tiling]) << 6;
}

uint64_t model_memory_fenced_address(struct model_memory *memory, uint64_t address, uint64_t *run)
{
    const uint64_t inside = address - memory->fence_at;
    *run = 1;
    if (memory->fence_at != 0 && address >= memory->fence_at && inside < FENCE_SIZE) {
        const uint64_t x = inside % memory->fence_pitch, y = inside / memory->fence_pitch;
        address = memory->fence_at + y / 8 * 8 * memory->fence_pitch + x / 512 * 4096 +
                  y % 8 * 512 + x % 512;
        return model_memory_tiled_address(memory, GEN3_TILED_X, address, run);
    }
    return address;
}

bool model_memory_read(struct model_memory *memory, uint64_t address, void *to, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        uint64_t span;
        const uint8_t *byte = model_memory_at(memory, address + i, 1, &span);
        if (byte == NULL) {
            return false;
        }
        ((uint8_t *)to)[i] = *byte;
    }
    return true;
}

/* Bus addresses are those of the page table, less a megabyte. */
bool model_memory_physical_read(struct model_memory *memory, uint64_t address, void *to,
                                uint64_t size)
{
    return model_memory_read(memory, address + BED_BUS, to, size);
}

bool model_memory_write(struct model_memory *memory, uint64_t address, const void *from,
                        uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        uint64_t span;
        uint8_t *byte = model_memory_at(memory, address + i, 1, &span);
        if (byte == NULL) {
            return false;
        }
        *byte = ((const uint8_t *)from)[i];
    }
    return true;
}

/* "baseline", or "baseline/3" for three threads. */
static void set_kernel(struct render *render, const char *text)
{
    char name[16] = "";
    const char *slash = strchr(text, '/');
    const size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    memcpy(name, text, length < sizeof(name) ? length : sizeof(name) - 1);
    const struct kernel *kernel = kernel_find(name);
    if (kernel != NULL) {
        render->kernel = kernel;
    }
    if (slash != NULL) {
        render_set_threads(render, (unsigned)strtoul(slash + 1, NULL, 10));
    }
}

int bed_setup(void **state)
{
    denormals_are_zero(); /* as the streamer's thread has it */
    struct bed *bed = calloc(1, sizeof(*bed));
    if (bed == NULL) {
        return -1;
    }
    bed->memory.bytes = calloc(1, BED_SIZE);
    bed->render = render_create(&bed->memory, true);
    if (*state != NULL && bed->render != NULL) {
        set_kernel(bed->render, *state);
    }
    *state = bed;
    return bed->memory.bytes != NULL && bed->render != NULL ? 0 : -1;
}

int bed_teardown(void **state)
{
    struct bed *bed = *state;
    render_destroy(bed->render);
    free(bed->memory.bytes);
    free(bed);
    return 0;
}

void bed_use_915(struct bed *bed)
{
    render_destroy(bed->render);
    bed->render = render_create(&bed->memory, false);
    assert_non_null(bed->render);
}

enum render_status bed_try(struct bed *bed, const uint32_t *dw, size_t count)
{
    const enum render_status status = render_command(bed->render, dw, count, &bed->error);
    if (!bed->deferred) {
        render_finish(bed->render);
    }
    return status;
}

void bed_send(struct bed *bed, const uint32_t *dw, size_t count)
{
    if (bed_try(bed, dw, count) != RENDER_OK) {
        fail_msg("%s", bed->error.text);
    }
}

uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

uint8_t *bed_bytes(struct bed *bed, uint32_t address)
{
    return bed->memory.bytes + address;
}

uint32_t bed_pixel(struct bed *bed, uint32_t address, uint32_t pitch, int x, int y)
{
    uint32_t value;
    memcpy(&value, bed_bytes(bed, address) + (uint32_t)y * pitch + 4u * (uint32_t)x, 4);
    return value;
}

uint32_t bed_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

void bed_target(struct bed *bed, int width, int height)
{
    const uint32_t corner = (uint32_t)(height - 1) << 16 | (uint32_t)(width - 1);
    SEND(bed, 0x7d8e0001, 0x03000000 | (uint32_t)width * 4, COLOR_AT);
    SEND(bed, 0x7d850000, 0x10880308);
    SEND(bed, 0x7d800003, 0x40000000, 0, corner, 0);
    SEND(bed, 0x7c800002);
}

void bed_depth(struct bed *bed, int width)
{
    SEND(bed, 0x7d8e0001, 0x07000000 | (uint32_t)width * 4, DEPTH_AT);
}

void bed_state(struct bed *bed, uint32_t s2, uint32_t s4, uint32_t s5, uint32_t s6)
{
    SEND(bed, 0x7d040743, s2, s4, s5, s6);
}

void bed_diffuse_program(struct bed *bed)
{
    SEND(bed, 0x7d050005, 0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0);
}

void bed_constant_program(struct bed *bed, float r, float g, float b, float a)
{
    SEND(bed, 0x7d060004, 1, bits_of(r), bits_of(g), bits_of(b), bits_of(a));
    SEND(bed, 0x7d050002, 0x02203d00, 0x01230000, 0);
}

void bed_primitive(struct bed *bed, unsigned type, const struct bed_vertex *v, unsigned count)
{
    uint32_t *dw = calloc(1 + 4 * (size_t)count, sizeof(*dw));
    assert_non_null(dw);
    dw[0] = 0x7f000000 | type << 18 | (4 * count - 1);
    memcpy(dw + 1, v, sizeof(*v) * count);
    bed_send(bed, dw, 1 + 4 * (size_t)count);
    free(dw);
}

void bed_fill(struct bed *bed, float x0, float y0, float x1, float y1, float z, uint32_t argb)
{
    const struct bed_vertex v[6] = {{x0, y0, z, argb}, {x1, y0, z, argb}, {x0, y1, z, argb},
                                    {x1, y0, z, argb}, {x1, y1, z, argb}, {x0, y1, z, argb}};
    bed_primitive(bed, 0, v, 6);
}
