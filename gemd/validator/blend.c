/* SPDX-License-Identifier: MIT */
/* Blending: what its functions and factors may be while it is on (doc/gen3.md E.3, E.10, H.4). */
#include "gemd/validator/internal.h"

#define S5_LOGIC_OP     (1u << 0) /* instead of blending */
#define S6_BLEND        (1u << 15)
#define S6_COLOUR_WRITE (1u << 2)
#define S6_FUNC(s6)     ((s6) >> 12 & 7u)
#define S6_SOURCE(s6)   ((s6) >> 8 & 15u)
#define S6_TARGET(s6)   ((s6) >> 4 & 15u)

/* INDEPENDENT_ALPHA_BLEND: fields, and for each a bit that says whether it is to change. */
#define ALPHA_ENABLE    (1u << 22)
#define ALPHA_FUNC(w)   ((w) >> 16 & 7u)
#define ALPHA_SOURCE(w) ((w) >> 6 & 15u)
#define ALPHA_TARGET(w) ((w)&15u)

static const struct {
    uint32_t modify, field;
} fields[] = {{1u << 23, ALPHA_ENABLE}, {1u << 21, 7u << 16}, {1u << 11, 15u << 6}, {1u << 5, 15u}};

#define FUNC_REVERSE_SUBTRACT 2u /* add, subtract before it; minimum, maximum have no factors */
#define FUNC_LAST             4u

/* The preamble's: off; add, one, zero. */
#define ALPHA_PREAMBLE (2u << 6 | 1u)

bool check_alpha_blend(struct check *check)
{
    uint32_t now = check->state.alpha_blend ^ ALPHA_PREAMBLE;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if ((check->dw[0] & fields[i].modify) != 0) {
            now = (now & ~fields[i].field) | (check->dw[0] & fields[i].field);
        }
    }
    check->state.alpha_blend = now ^ ALPHA_PREAMBLE;
    check->state.drawable = false;
    return true;
}

static bool check_equation(struct check *check, const char *of, uint32_t func, uint32_t source,
                           uint32_t target)
{
    if (func > FUNC_LAST || (func <= FUNC_REVERSE_SUBTRACT && (source == 0 || target == 0))) {
        return check_object(check, VALIDATOR_BLEND, 0, "%s: function %u, factors %u and %u", of,
                            func, source, target);
    }
    return true;
}

bool check_blend(struct check *check)
{
    const uint32_t s6 = check->state.s[6];
    const uint32_t alpha = check->state.alpha_blend ^ ALPHA_PREAMBLE;

    if ((s6 & S6_BLEND) == 0 || (s6 & S6_COLOUR_WRITE) == 0 ||
        (check->state.s[5] & S5_LOGIC_OP) != 0) {
        return true;
    }
    return check_equation(check, "S6", S6_FUNC(s6), S6_SOURCE(s6), S6_TARGET(s6)) &&
           ((alpha & ALPHA_ENABLE) == 0 ||
            check_equation(check, "alpha", ALPHA_FUNC(alpha), ALPHA_SOURCE(alpha),
                           ALPHA_TARGET(alpha)));
}
