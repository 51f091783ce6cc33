/* SPDX-License-Identifier: MIT */
/* Colour and depth buffers under the drawing rectangle. */
#include "gemd/validator/internal.h"

#include <stddef.h>

#define ID_OF(info)    ((info) >> 24 & 15u)
#define ID_COLOUR      3u
#define ID_DEPTH       7u
#define INFO_FENCED    (1u << 23)
#define INFO_TILED     (1u << 22)
#define INFO_WALK_Y    (1u << 21)
#define PITCH_OF(info) ((info)&0x3ffcu)

#define COLOUR_FORMAT_OF(formats) ((formats) >> 8 & 15u)
#define DEPTH_FORMAT_OF(formats)  ((formats) >> 2 & 3u)

/* DRAW_RECT: the origin is not added to places in the depth buffer. */
#define RECT_DEPTH_AT_ORIGIN (1u << 30)

/* Bytes per pixel by format; 0: 4:2:2 and floating point, which are not for drawing. */
static const uint8_t colour_bytes[16] = {
    [0x0] = 1, [0x1] = 2, [0x2] = 2, [0x3] = 4, [0x8] = 2, [0x9] = 2, [0xa] = 4,
};
static const uint8_t depth_bytes[4] = {[0] = 2, [2] = 4};

bool check_formats(struct check *check)
{
    uint32_t formats = check->dw[1];

    if ((colour_bytes[COLOUR_FORMAT_OF(formats)] == 0 ||
         depth_bytes[DEPTH_FORMAT_OF(formats)] == 0) &&
        !check_object(check, VALIDATOR_TARGET_FORMAT, 1, "colour format %u, depth format %u",
                      COLOUR_FORMAT_OF(formats), DEPTH_FORMAT_OF(formats))) {
        return false;
    }
    check->state.formats = formats;
    check->state.formats_set = true;
    check->state.drawable = false;
    return true;
}

bool check_draw_rect(struct check *check)
{
    const uint32_t *dw = check->dw;

    /* Judged when something is drawn: a driver without a target sends what it has. */
    check->state.rect = (struct rect){
        .set = true,
        .flags = dw[1],
        .xmin = dw[2] & 0xffff,
        .ymin = dw[2] >> 16,
        .xmax = dw[3] & 0xffff,
        .ymax = dw[3] >> 16,
        .xorg = dw[4] & 0xffff,
        .yorg = dw[4] >> 16,
    };
    check->state.drawable = false;
    return true;
}

static struct walk_bits walk_of(uint32_t info)
{
    return (struct walk_bits){
        .fenced = (info & INFO_FENCED) != 0,
        .tiled = (info & INFO_TILED) != 0,
        .walk_y = (info & INFO_WALK_Y) != 0,
        .pitch = PITCH_OF(info),
    };
}

bool check_buf_info(struct check *check)
{
    static const struct address_rule rule = {GEN3_READ | GEN3_WRITE, 4, REACH_SURFACE};
    uint32_t info = check->dw[1];
    struct target target = {.info = info};
    struct target *const targets[16] = {
        [ID_COLOUR] = &check->state.colour, [ID_DEPTH] = &check->state.depth};
    const struct walk_bits walk = walk_of(info);

    if (targets[ID_OF(info)] == NULL &&
        !check_object(check, VALIDATOR_TARGET_FORMAT, 1, "buffer id %u, not %u or %u", ID_OF(info),
                      ID_COLOUR, ID_DEPTH)) {
        return false;
    }
    if (!check_address(check, 2, &rule, &target.place) ||
        !check_walk(check, 1, &target.place, &walk)) {
        return false;
    }
    if (targets[ID_OF(info)] != NULL) {
        *targets[ID_OF(info)] = target;
    }
    check->state.drawable = false;
    return true;
}

bool check_rect(struct check *check)
{
    const struct rect *rect = &check->state.rect;

    if (!rect->set) {
        return check_object(check, VALIDATOR_STATE_UNSET, 0, "no DRAW_RECT");
    }
    if (rect->xmax > 0x7fff || rect->ymax > 0x7fff || rect->xmin > rect->xmax ||
        rect->ymin > rect->ymax || rect->xorg > rect->xmin || rect->yorg > rect->ymin) {
        return check_object(check, VALIDATOR_DRAW_RECT, 0, "%u,%u to %u,%u, origin %u,%u",
                            rect->xmin, rect->ymin, rect->xmax, rect->ymax, rect->xorg, rect->yorg);
    }
    return true;
}

/* Columns 0 to x and rows 0 to y; drawing goes by 2 x 2 pixels. */
static bool check_target(struct check *check, const struct target *target, uint32_t x, uint32_t y,
                         uint32_t bytes_per_pixel, enum validator_rule rule)
{
    uint32_t pitch = PITCH_OF(target->info);
    uint64_t width_bytes = ((uint64_t)x + 1) * bytes_per_pixel;
    uint64_t even_bytes = (((uint64_t)x + 2) & ~UINT64_C(1)) * bytes_per_pixel;
    uint64_t rows = ((uint64_t)y + 2) & ~UINT64_C(1);
    uint64_t needed = 0;
    uint64_t room = check_room(check, &target->place);
    const struct walk_bits walk = walk_of(target->info);

    width_bytes = even_bytes <= pitch ? even_bytes : width_bytes;
    if (!check_extent(check, &target->place, &walk, width_bytes, rows, &needed) || needed > room) {
        return check_object(check, rule, 0,
                            "%llu bytes x %llu rows, pitch %u = %llu bytes; buffer %u has %llu",
                            (unsigned long long)width_bytes, (unsigned long long)rows, pitch,
                            (unsigned long long)needed, check_buffer(check, &target->place)->id,
                            (unsigned long long)room);
    }
    return true;
}

bool check_colour_target(struct check *check)
{
    const struct state *state = &check->state;

    if (!state->colour.place.set || !state->formats_set) {
        return check_object(check, VALIDATOR_STATE_UNSET, 0, "no colour buffer or no formats");
    }
    return check_target(check, &state->colour, state->rect.xmax, state->rect.ymax,
                        colour_bytes[COLOUR_FORMAT_OF(state->formats)], VALIDATOR_COLOUR_EXTENT);
}

bool check_depth_target(struct check *check)
{
    const struct state *state = &check->state;
    const struct rect *rect = &state->rect;
    bool at_origin = (rect->flags & RECT_DEPTH_AT_ORIGIN) != 0;

    if (!state->depth.place.set || !state->formats_set) {
        return check_object(check, VALIDATOR_STATE_UNSET, 0, "no depth buffer or no formats");
    }
    return check_target(check, &state->depth, rect->xmax - (at_origin ? rect->xorg : 0),
                        rect->ymax - (at_origin ? rect->yorg : 0),
                        depth_bytes[DEPTH_FORMAT_OF(state->formats)], VALIDATOR_DEPTH_EXTENT);
}
