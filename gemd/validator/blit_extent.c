/* SPDX-License-Identifier: MIT */
/* How far a blit reaches from its addresses. All of it is signed, and in 64 bits. */
#include "gemd/validator/blit.h"

#define ROP_OF(control)   ((control) >> 16 & 0xffu)
#define DEPTH_OF(control) ((control) >> 24 & 3u)

/* Whether no bit of the result depends on the operand whose bits select between two halves. */
#define WITHOUT_SOURCE(rop)  ((((rop) >> 2) & 0x33u) == ((rop)&0x33u))
#define WITHOUT_PATTERN(rop) ((rop) >> 4 == ((rop)&0x0fu))

uint32_t blit_bytes(uint32_t control)
{
    static const uint8_t bytes[4] = {1, 2, 2, 4};

    return bytes[DEPTH_OF(control)];
}

bool blit_check_operation(struct check *check, uint32_t control, uint32_t operands)
{
    uint32_t rop = ROP_OF(control);

    if (((operands & BLIT_SOURCE) == 0 && !WITHOUT_SOURCE(rop)) ||
        ((operands & BLIT_PATTERN) == 0 && !WITHOUT_PATTERN(rop))) {
        return check_object(check, VALIDATOR_BLIT_VALUE, 1, "BR13 0x%08x: operation 0x%02x",
                            control, rop);
    }
    return true;
}

bool blit_check_rect(struct check *check, uint32_t offset, const struct blit_rect *rect,
                     bool inside)
{
    if (rect->x2 < rect->x1 || rect->y2 < rect->y1 || (inside && (rect->x1 < 0 || rect->y1 < 0))) {
        return check_object(check, VALIDATOR_BLIT_RECT, offset, "%lld,%lld to %lld,%lld",
                            (long long)rect->x1, (long long)rect->y1, (long long)rect->x2,
                            (long long)rect->y2);
    }
    return true;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool blit_clip(struct check *check, uint32_t control, struct blit_rect *rect)
{
    const struct setup *setup = &check->state.setup;

    if ((control & BR13_CLIP) == 0) {
        return true;
    }
    if (!setup->set) {
        return check_refuse(check, VALIDATOR_STATE_UNSET, 1, "a clip without a setup");
    }
    /*
     * Right and bottom are taken as drawn: the manual of the 815's blitter says so of its clip,
     * drivers of gen3 think otherwise.
     */
    const struct blit_rect clip = blit_corners(setup->clip[0], setup->clip[1]);
    rect->x1 = greater(rect->x1, clip.x1);
    rect->y1 = greater(rect->y1, clip.y1);
    rect->x2 = greater(rect->x1, lesser(rect->x2, clip.x2 + 1));
    rect->y2 = greater(rect->y1, lesser(rect->y2, clip.y2 + 1));
    return true;
}

static bool is_empty(const struct blit_rect *rect)
{
    return rect->x2 <= rect->x1 || rect->y2 <= rect->y1;
}

/*
 * The blitter knows no tiles: it adds up an address as always, and the fence looks at where in its
 * rows that is, counted from the buffer's start. So an address may be inside a row of tiles, and
 * what goes beyond the pitch goes on in the next row, in any of its columns.
 */
static bool fence_extent(const struct check *check, const struct blit_rect *rect,
                         const struct place *place, uint32_t pitch, uint32_t bytes, uint64_t *end)
{
    const struct split from = check_split(place->delta, pitch);
    const uint64_t width = from.rest + (uint64_t)rect->x2 * bytes;
    const uint64_t more = check_split(width - 1, pitch).rows;

    return check_fenced_extent(check_buffer(check, place)->tiling, pitch, more > 0 ? pitch : width,
                               from.rows + (uint64_t)rect->y2 + more, end);
}

/* Through the buffer's fence: rows of tiles, from the buffer's start. */
static bool check_tiles(struct check *check, uint32_t offset, const struct blit_rect *rect,
                        const struct place *place, int64_t pitch, uint32_t bytes)
{
    const struct validator_buffer *buffer = check_buffer(check, place);
    uint64_t end = 0;

    check_note_fenced(check, place);
    if (buffer->tiling != GEN3_TILED_X &&
        !check_object(check, VALIDATOR_TILING, offset, "buffer %u is tiled in Y", buffer->id)) {
        return false;
    }
    if (pitch <= 0) {
        return check_object(check, VALIDATOR_BLIT_VALUE, offset, "pitch %lld of tiles",
                            (long long)pitch);
    }
    if (!check_buffer_tiling(check, offset, place, buffer->tiling, (uint32_t)pitch)) {
        return false;
    }
    if (!is_empty(rect) &&
        (!fence_extent(check, rect, place, (uint32_t)pitch, bytes, &end) || end > buffer->size)) {
        return check_object(check, VALIDATOR_BLIT_EXTENT, offset,
                            "%lld,%lld to %lld,%lld x %u bytes of tiles, pitch %lld, delta %u: to "
                            "%llu; buffer %u has %llu",
                            (long long)rect->x1, (long long)rect->y1, (long long)rect->x2,
                            (long long)rect->y2, bytes, (long long)pitch, place->delta,
                            (unsigned long long)end, buffer->id, (unsigned long long)buffer->size);
    }
    return true;
}

/* The only product of two unknowns here: proofs of the rest take it as growing with 'y'. */
static int64_t row_at(int64_t y, int64_t pitch)
{
    return y * pitch;
}

bool blit_check_span(struct check *check, uint32_t offset, const struct blit_rect *rect,
                     const struct place *place, int64_t pitch, uint32_t bytes)
{
    const struct validator_buffer *buffer = check_buffer(check, place);

    if (pitch == 0) {
        return check_object(check, VALIDATOR_BLIT_VALUE, offset, "pitch 0");
    }
    if (!is_empty(rect) && !blit_check_rect(check, offset, rect, true)) {
        return false;
    }
    if (buffer->tiling != GEN3_LINEAR) {
        return check_tiles(check, offset, rect, place, pitch, bytes);
    }
    if (is_empty(rect)) {
        return true;
    }
    /* Rows may be wider than the pitch: they overlap. With a negative one the last is the lowest.
     */
    const int64_t first = row_at(rect->y1, pitch), last = row_at(rect->y2 - 1, pitch);
    const int64_t low = (int64_t)place->delta + lesser(first, last) + rect->x1 * bytes;
    const int64_t high = (int64_t)place->delta + greater(first, last) + rect->x2 * bytes;
    if (low < 0 || (uint64_t)high > buffer->size) {
        return check_object(check, VALIDATOR_BLIT_EXTENT, offset,
                            "%lld,%lld to %lld,%lld x %u bytes, pitch %lld: bytes %lld to %lld; "
                            "buffer %u has %llu",
                            (long long)rect->x1, (long long)rect->y1, (long long)rect->x2,
                            (long long)rect->y2, bytes, (long long)pitch, (long long)low,
                            (long long)high, buffer->id, (unsigned long long)buffer->size);
    }
    return true;
}

bool blit_check_target(struct check *check, uint32_t offset, uint32_t control,
                       const struct blit_rect *rect, const struct place *place)
{
    struct blit_rect drawn = *rect;

    if (!blit_check_rect(check, offset, rect, (control & BR13_CLIP) == 0) ||
        !blit_clip(check, control, &drawn)) {
        return false;
    }
    check->cost +=
        is_empty(&drawn) ? 0 : (uint64_t)(drawn.x2 - drawn.x1) * (uint64_t)(drawn.y2 - drawn.y1);
    return blit_check_span(check, offset, &drawn, place, blit_low(control), blit_bytes(control));
}

/* Nothing says whether fences are looked at for patterns and bits: there must be none. */
static bool check_linear(struct check *check, uint32_t offset, const struct place *place)
{
    const struct validator_buffer *buffer = check_buffer(check, place);

    if (buffer->tiling != GEN3_LINEAR) {
        return check_object(check, VALIDATOR_TILING, offset, "buffer %u is tiled", buffer->id);
    }
    return true;
}

bool blit_check_pattern(struct check *check, uint32_t offset, const struct place *place,
                        uint32_t bytes)
{
    const uint32_t size = PATTERN_SIDE * PATTERN_SIDE * bytes;

    /* Its low address bits may be left out. */
    if (((check_buffer(check, place)->gtt_address + place->delta) & (size - 1)) != 0 &&
        !check_object(check, VALIDATOR_ADDRESS_ALIGNMENT, offset, "a pattern of %u bytes at %u",
                      size, place->delta)) {
        return false;
    }
    if (size > check_room(check, place)) {
        return check_object(
            check, VALIDATOR_BLIT_EXTENT, offset, "a pattern of %u bytes; buffer %u has %llu", size,
            check_buffer(check, place)->id, (unsigned long long)check_room(check, place));
    }
    return check_linear(check, offset, place);
}

/* Bytes of a rectangle's bits, in whole qwords. */
static uint64_t bits_size(const struct blit_rect *rect, uint32_t first_bit, uint32_t unit)
{
    if (is_empty(rect)) {
        return 0;
    }
    const uint64_t width = (uint64_t)(rect->x2 - rect->x1), rows = (uint64_t)(rect->y2 - rect->y1);
    const uint64_t row = (first_bit + width + unit - 1) / unit * unit;

    return (row * rows + 63) / 64 * 8;
}

bool blit_check_bits(struct check *check, uint32_t offset, const struct place *place,
                     const struct blit_rect *rect, uint32_t first_bit, uint32_t unit)
{
    const uint64_t size = bits_size(rect, first_bit, unit);

    if (size > check_room(check, place)) {
        return check_object(check, VALIDATOR_BLIT_EXTENT, offset,
                            "%llu bytes of bits; buffer %u has %llu", (unsigned long long)size,
                            check_buffer(check, place)->id,
                            (unsigned long long)check_room(check, place));
    }
    return check_linear(check, offset, place);
}

bool blit_check_immediate(struct check *check, uint32_t offset, const struct blit_rect *rect,
                          uint32_t first_bit, uint32_t unit)
{
    const uint64_t size = bits_size(rect, first_bit, unit);
    const uint64_t here = ((uint64_t)check->length - offset) * 4;

    /* An engine that counts for itself would take the next command for bits, or bits for one. */
    if (size != here) {
        return check_refuse(check, VALIDATOR_BLIT_DATA, 0, "%llu bytes of bits, %llu are needed",
                            (unsigned long long)here, (unsigned long long)size);
    }
    return true;
}
