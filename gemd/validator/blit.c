/* SPDX-License-Identifier: MIT */
/* The blitter: rectangles in signed 16-bit coordinates, bounded with the depth that is programmed.
 */
#include "gemd/validator/internal.h"

#define ROP_OF(br13)   ((br13) >> 16 & 0xffu)
#define DEPTH_OF(br13) ((br13) >> 24 & 3u)

static const uint8_t bytes_per_pixel[4] = {1, 2, 2, 4};

/* x1, y1 inclusive; x2, y2 exclusive. */
struct blit_rect {
    int64_t x1, y1, x2, y2;
};

static int64_t low(uint32_t dword)
{
    return (int16_t)(dword & 0xffff);
}

static int64_t high(uint32_t dword)
{
    return (int16_t)(dword >> 16);
}

/* The operation must not depend on an operand that the command has not. */
static bool check_operation(struct check *check, bool has_source)
{
    uint32_t br13 = check->dw[1];
    uint32_t rop = ROP_OF(br13);
    bool known = has_source ? rop >> 4 == (rop & 0x0f) : (rop >> 2 & 0x33) == (rop & 0x33);

    if (!known) {
        return check_refuse(check, VALIDATOR_BLIT_VALUE, 1, "BR13 0x%08x: operation 0x%02x", br13,
                            rop);
    }
    return true;
}

static bool check_rect(struct check *check, uint32_t offset, const struct blit_rect *rect)
{
    if (rect->x1 < 0 || rect->y1 < 0 || rect->x2 < rect->x1 || rect->y2 < rect->y1) {
        return check_refuse(check, VALIDATOR_BLIT_RECT, offset, "%lld,%lld to %lld,%lld",
                            (long long)rect->x1, (long long)rect->y1, (long long)rect->x2,
                            (long long)rect->y2);
    }
    return true;
}

/* How far from 'place' the rectangle reaches. Rows may be wider than the pitch: they overlap. */
static bool check_span(struct check *check, uint32_t offset, const struct blit_rect *rect,
                       const struct place *place, uint32_t pitch_dword, uint32_t bytes)
{
    const struct validator_buffer *buffer = check_buffer(check, place);
    int64_t pitch = low(pitch_dword);
    uint64_t end = 0;

    if (pitch <= 0) {
        return check_refuse(check, VALIDATOR_BLIT_VALUE, offset, "pitch %lld", (long long)pitch);
    }
    if (buffer->tiling != GEN3_LINEAR && buffer->tiling != GEN3_TILED_X) {
        return check_refuse(check, VALIDATOR_TILING, offset, "buffer %u is tiled in Y", buffer->id);
    }
    /* Tiling comes from the buffer's fence; the stream has no bit for it. */
    if (!check_surface_tiling(check, offset, place, buffer->tiling, (uint32_t)pitch)) {
        return false;
    }
    if (rect->x1 == rect->x2 || rect->y1 == rect->y2) {
        return true;
    }
    if (buffer->tiling == GEN3_LINEAR) {
        end = (uint64_t)((rect->y2 - 1) * pitch + rect->x2 * bytes);
    } else if (!gen3_surface_extent(buffer->tiling, (uint32_t)pitch, (uint64_t)rect->x2 * bytes,
                                    (uint64_t)rect->y2, &end)) {
        return check_refuse(check, VALIDATOR_BLIT_EXTENT, offset, "%lld bytes wide, pitch %lld",
                            (long long)rect->x2 * bytes, (long long)pitch);
    }
    if (end > check_room(check, place)) {
        return check_refuse(check, VALIDATOR_BLIT_EXTENT, offset,
                            "to %lld,%lld x %u bytes, pitch %lld = %llu; buffer %u has %llu",
                            (long long)rect->x2, (long long)rect->y2, bytes, (long long)pitch,
                            (unsigned long long)end, buffer->id,
                            (unsigned long long)check_room(check, place));
    }
    return true;
}

/* The destination: BR13, two corners, the address. */
static bool check_destination(struct check *check, struct blit_rect *rect)
{
    static const struct address_rule rule = {GEN3_READ | GEN3_WRITE, 1, REACH_BLIT};
    const uint32_t *dw = check->dw;
    struct place place;

    *rect = (struct blit_rect){low(dw[2]), high(dw[2]), low(dw[3]), high(dw[3])};
    if (!check_rect(check, 2, rect) || !check_address(check, 4, &rule, &place) ||
        !check_span(check, 1, rect, &place, dw[1], bytes_per_pixel[DEPTH_OF(dw[1])])) {
        return false;
    }
    check->cost += (uint64_t)((rect->x2 - rect->x1) * (rect->y2 - rect->y1));
    return true;
}

bool check_color_blt(struct check *check)
{
    struct blit_rect rect;

    return check_operation(check, false) && check_destination(check, &rect);
}

bool check_copy_blt(struct check *check)
{
    static const struct address_rule rule = {GEN3_READ, 1, REACH_BLIT};
    const uint32_t *dw = check->dw;
    struct blit_rect to;
    struct place place;

    if (!check_operation(check, true) || !check_destination(check, &to)) {
        return false;
    }
    struct blit_rect from = {
        .x1 = low(dw[5]),
        .y1 = high(dw[5]),
        .x2 = low(dw[5]) + (to.x2 - to.x1),
        .y2 = high(dw[5]) + (to.y2 - to.y1),
    };
    return check_rect(check, 5, &from) && check_address(check, 7, &rule, &place) &&
           check_span(check, 6, &from, &place, dw[6], bytes_per_pixel[DEPTH_OF(dw[1])]);
}
