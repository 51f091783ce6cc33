/* SPDX-License-Identifier: MIT */
/*
 * Bounds: rows and pitch of 32 bits; rows of a blit of 17, its pitch of 16 with a sign.
 * The products do not overflow there; for less, they grow as product.c says.
 */
#include "proof.h"

#include "gemd/validator/blit_extent.c"
#include "hw/gen3/surface.h"

#define NARROW 31u

int main(void)
{
    const uint64_t rows = nondet_u64(), more = nondet_u64();
    const uint32_t pitch = nondet_u32();
    const int64_t y = nondet_i64(), step = nondet_i64();

    given(rows <= UINT32_MAX);
    const uint64_t bytes = gen3_rows_bytes(rows, pitch);
    prove(rows != 0 || bytes == 0, "no rows have no bytes");
    reach("rows");

    bound(y > -(INT64_C(1) << 17) && y < INT64_C(1) << 17 && step >= INT16_MIN &&
          step <= INT16_MAX);
    const int64_t at = row_at(y, step);
    prove(at >= -(INT64_C(1) << 32) && at < INT64_C(1) << 32, "a blit's rows fit 33 bits");
    reach("rows of a blit");

    bound(rows <= NARROW && more <= NARROW && pitch <= NARROW && y == (int64_t)rows &&
          step >= -(int64_t)NARROW && step <= (int64_t)NARROW);
    if (rows <= more) {
        prove(gen3_rows_bytes(rows, pitch) <= gen3_rows_bytes(more, pitch), "products grow");
        prove(step < 0 ? row_at(y, step) >= row_at((int64_t)more, step)
                       : row_at(y, step) <= row_at((int64_t)more, step),
              "or fall");
        reach("more rows");
    }
    bound(pitch > 0);
    const struct split few = check_split(rows, pitch), many = check_split(more, pitch);
    prove(few.rows * pitch + few.rest == rows && few.rest < pitch, "a quotient and its rest");
    prove(rows > more || few.rows <= many.rows, "quotients grow");
    reach("a quotient");
    return 0;
}
