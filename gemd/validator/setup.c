/* SPDX-License-Identifier: MIT */
/*
 * Blits by the setup: address, pitch, clip and colours are those of an XY_SETUP_BLT before. It
 * stays in the engine from one stream to the next, so each stream has to say its own.
 */
#include "gemd/validator/blit.h"

#define SETUP_CLIP    2u
#define SETUP_ADDRESS 4u
#define SETUP_PATTERN 7u

#define TEXT_BYTE_PACKED (1u << 16)
#define TEXT_SOURCE      3u
#define TEXT_IMMEDIATE   3u

bool check_setup_blt(struct check *check)
{
    static const struct address_rule target = {GEN3_READ | GEN3_WRITE, 1, REACH_BLIT};
    static const struct address_rule pattern = {GEN3_READ, 1, REACH_BLIT};
    const uint32_t *dw = check->dw;
    struct setup *setup = &check->state.setup;

    *setup = (struct setup){
        .mono_pattern = check->command->id == GEN3_XY_SETUP_MONO_PATTERN_SL_BLT,
        .control = dw[1],
        .clip = {dw[SETUP_CLIP], dw[SETUP_CLIP + 1]},
    };
    if (!check_address(check, SETUP_ADDRESS, &target, &setup->place)) {
        return false;
    }
    setup->set = true;
    /* For text there is no pattern, and 0 is where it is. */
    if (setup->mono_pattern || (dw[SETUP_PATTERN] == 0 && !check_has_reloc(check, SETUP_PATTERN))) {
        return true;
    }
    return check_address(check, SETUP_PATTERN, &pattern, &setup->pattern);
}

/* What is not set up here is another stream's: an address of its buffers. */
static bool check_is_set(struct check *check)
{
    if (!check->state.setup.set) {
        return check_refuse(check, VALIDATOR_STATE_UNSET, 0, "no XY_SETUP_BLT");
    }
    return true;
}

bool check_setup_clip_blt(struct check *check)
{
    struct setup *setup = &check->state.setup;

    if (!check_is_set(check)) {
        return false;
    }
    setup->clip[0] = check->dw[1];
    setup->clip[1] = check->dw[2];
    return true;
}

/* A rectangle of what is set up. */
static bool check_use(struct check *check, const struct blit_rect *rect, uint32_t operands)
{
    const struct setup *setup = &check->state.setup;

    return check_is_set(check) && blit_check_operation(check, setup->control, operands) &&
           blit_check_target(check, 1, setup->control, rect, &setup->place);
}

bool check_pixel_blt(struct check *check)
{
    const uint32_t at = check->dw[1];
    const struct blit_rect rect = {blit_low(at), blit_high(at), blit_low(at) + 1,
                                   blit_high(at) + 1};

    return check_use(check, &rect, BLIT_PATTERN);
}

bool check_scanlines_blt(struct check *check)
{
    const struct setup *setup = &check->state.setup;
    const struct blit_rect rect = blit_corners(check->dw[1], check->dw[2]);

    if (!check_use(check, &rect, BLIT_PATTERN)) {
        return false;
    }
    if (setup->mono_pattern) {
        return true;
    }
    if (!setup->pattern.set) {
        return check_refuse(check, VALIDATOR_STATE_UNSET, 0, "the setup has no pattern");
    }
    return blit_check_pattern(check, 0, &setup->pattern, blit_bytes(setup->control));
}

bool check_text_blt(struct check *check)
{
    static const struct address_rule rule = {GEN3_READ, 1, REACH_BLIT};
    const struct blit_rect rect = blit_corners(check->dw[1], check->dw[2]);
    const bool immediate = check->command->id == GEN3_XY_TEXT_IMMEDIATE_BLT;
    const bool packed = (check->dw[0] & TEXT_BYTE_PACKED) != 0;
    struct place place = {0};

    if (!immediate && !check_address(check, TEXT_SOURCE, &rule, &place)) {
        return false;
    }
    if (!check_use(check, &rect, BLIT_SOURCE)) {
        return false;
    }
    return immediate ? blit_check_immediate(check, TEXT_IMMEDIATE, &rect, 0, packed ? MONO_BYTE : 1)
                     : blit_check_bits(check, TEXT_SOURCE, &place, &rect, 0, MONO_BYTE);
}
