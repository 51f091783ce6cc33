/* SPDX-License-Identifier: MIT */
/* Sampler state: filters and address modes. What they can reach is judged with the maps. */
#include "gemd/validator/internal.h"

/* Planar conversion, chroma keys and a base level: nobody needs them here. */
#define SS2_REFUSED 0x5fc00000u
/* Kill pixel, keyed filter, chroma key, deinterlacer, and what has no name. */
#define SS3_REFUSED 0x00ff8001u

#define BIT(n) (1u << (n))

/* A field of SS2 or SS3 and the values that it may have, as bits. */
static const struct field {
    const char *name;
    uint8_t dword, shift, bits;
    uint8_t allowed;
} fields[] = {
    {"mip filter", 0, 20, 2, BIT(0) | BIT(1) | BIT(3)},
    {"mag filter", 0, 17, 3, BIT(0) | BIT(1) | BIT(2) | BIT(5)},
    {"min filter", 0, 14, 3, BIT(0) | BIT(1) | BIT(2) | BIT(5)},
    {"address mode X", 1, 12, 3, BIT(0) | BIT(1) | BIT(2) | BIT(4)},
    {"address mode Y", 1, 9, 3, BIT(0) | BIT(1) | BIT(2) | BIT(4)},
    {"address mode Z", 1, 6, 3, BIT(0) | BIT(1) | BIT(2) | BIT(4)},
};

/* SS2, SS3, SS4 at 'offset'. SS4 is a colour. */
static bool check_sampler(struct check *check, uint32_t offset, struct sampler *sampler)
{
    const uint32_t *ss = &check->dw[offset];

    if ((ss[0] & SS2_REFUSED) != 0 || (ss[1] & SS3_REFUSED) != 0) {
        return check_refuse(check, VALIDATOR_RESERVED_BITS, offset, "SS2 0x%08x SS3 0x%08x", ss[0],
                            ss[1]);
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct field *field = &fields[i];
        uint32_t value = ss[field->dword] >> field->shift & (BIT(field->bits) - 1);

        if ((field->allowed & BIT(value)) == 0) {
            return check_refuse(check, VALIDATOR_SAMPLER, offset + field->dword, "%s %u",
                                field->name, value);
        }
    }
    *sampler = (struct sampler){
        .set = true, .ss2 = ss[0], .ss3 = ss[1], .ss3_dword = check->start + offset + 1};
    return true;
}

bool check_sampler_state(struct check *check)
{
    uint32_t mask = check->dw[1];
    uint32_t offset = 2;

    if (mask > 0xffff || 3 * (uint32_t)__builtin_popcount(mask) + 2 != check->length) {
        return check_refuse(check, VALIDATOR_COUNT_MISMATCH, 1, "mask 0x%08x, %u dwords", mask,
                            check->length);
    }
    for (uint32_t i = 0; i < SAMPLERS; i++) {
        if ((mask & 1u << i) != 0) {
            if (!check_sampler(check, offset, &check->state.samplers[i])) {
                return false;
            }
            offset += 3;
        }
    }
    check->state.drawable = false;
    return true;
}
