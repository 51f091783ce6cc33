/* SPDX-License-Identifier: MIT */
/* What run-proofs must notice, by the macro that is set: a bug of each kind, and an empty proof. */
#include "proof.h"

int main(void)
{
    uint32_t values[4] = {0};
    const uint32_t index = nondet_u32(), count = nondet_u32();

#ifdef CONTROL_BOUNDS
    bound(index <= 4);
    values[index] = 1;
#endif
#ifdef CONTROL_OVERFLOW
    bound(index <= UINT32_MAX - 1 && count == 2);
    values[0] = index + count;
#endif
#ifdef CONTROL_LOOP
    for (uint32_t i = 0; i < count % 8; i++) {
        values[i % 4] = i;
    }
#endif
#ifdef CONTROL_CLAIM
    prove(index != UINT32_MAX, "never the greatest");
#endif
#ifdef CONTROL_BODY
    uint32_t nobody(void);
    values[0] = nobody();
#endif
#ifdef CONTROL_EMPTY
    bound(index < count && count == 0);
#endif
    reach("the end");
    return (int)values[0];
}
