/* SPDX-License-Identifier: MIT */
/* Sampler state: filters and address modes. What they can reach is judged with the maps. */
#include "gemd/validator/internal.h"

#include "gemd/validator/fields.h"

#define BIT(n) (1u << (n))

/* A field of SS2 or SS3 and the values that it may have, as bits. */
static const struct field {
    const char *name;
    uint8_t dword, shift, bits;
    uint8_t allowed;
} fields[] = {
    {"mip filter", 0, 20, 2, BIT(0) | BIT(1) | BIT(3)},
    {"mag filter", 0, 17, 3, 0x7f},
    {"min filter", 0, 14, 3, 0x7f},
    {"address mode X", 1, 12, 3, 0x3f},
    {"address mode Y", 1, 9, 3, 0x3f},
    {"address mode Z", 1, 6, 3, 0x3f},
};

/* SS2, SS3, SS4 at 'offset'. SS4 is a colour. */
static bool check_sampler(struct check *check, uint32_t offset, struct sampler *sampler)
{
    const uint32_t *ss = &check->dw[offset];

    for (uint32_t i = 0; i < 3; i++) {
        if ((ss[i] & fields_reserved_sampler[i]) != 0 &&
            !check_object(check, VALIDATOR_RESERVED_BITS, offset + i, "SS%u 0x%08x has 0x%08x",
                          i + 2, ss[i], ss[i] & fields_reserved_sampler[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct field *field = &fields[i];
        uint32_t value = ss[field->dword] >> field->shift & (BIT(field->bits) - 1);

        if ((field->allowed & BIT(value)) == 0 &&
            !check_object(check, VALIDATOR_SAMPLER, offset + field->dword, "%s %u", field->name,
                          value)) {
            return false;
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
