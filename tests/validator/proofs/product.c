/* SPDX-License-Identifier: MIT */
/*
 * Stands for products and quotients of rows and a pitch, which are too hard for a solver. What is
 * assumed of them holds of all whole numbers, so of the code's as long as they do not overflow:
 * rows.c proves that within the bounds that each call here is held to.
 */
#include "proof.h"

#include "gemd/validator/internal.h"

#define CALLS  6
#define SPLITS 4

/* Products grow with the rows where the pitch is the same: 'before' are the earlier ones. */
#define ASSUME_ORDER(before, count, rows_, pitch_, result)                                         \
    for (unsigned i = 0; i < CALLS; i++) {                                                         \
        if (i < (count) && (before)[i].pitch == (pitch_)) {                                        \
            bound((before)[i].rows > (rows_) || (before)[i].product <= (result));                  \
            bound((before)[i].rows < (rows_) || (before)[i].product >= (result));                  \
        }                                                                                          \
    }

/* For gen3_rows_bytes(). */
uint64_t product_of_rows(uint64_t rows, uint32_t pitch)
{
    static struct {
        uint64_t rows, product;
        uint32_t pitch;
    } before[CALLS];
    static unsigned count;
    const uint64_t result = nondet_u64();

    prove(rows <= UINT32_MAX, "rows are within what rows.c proves");
    prove(count < CALLS, "all products are remembered");
    bound(result <= (rows << 32) - rows); /* rows * UINT32_MAX */
    bound(pitch > UINT32_C(1) << 31 || result <= rows << 31);
    ASSUME_ORDER(before, count, rows, pitch, result)
    before[count].rows = rows;
    before[count].product = result;
    before[count].pitch = pitch;
    count++;
    return result;
}

/* For row_at(), where both have signs: what is remembered are products with the pitch's magnitude.
 */
int64_t product_of_row(int64_t y, int64_t pitch)
{
    static struct {
        int64_t rows, pitch, product;
    } before[CALLS];
    static unsigned count;
    const int64_t result = nondet_i64();

    prove(y > -(INT64_C(1) << 17) && y < INT64_C(1) << 17 && pitch >= INT16_MIN &&
              pitch <= INT16_MAX,
          "row and pitch are within what rows.c proves");
    prove(count < CALLS, "all products are remembered");
    bound(y < 0 ? result <= 0 && result >= y * 32768 : result >= 0 && result <= y * 32768);
    ASSUME_ORDER(before, count, y, pitch, result)
    before[count].rows = y;
    before[count].pitch = pitch;
    before[count].product = result;
    count++;
    return pitch < 0 ? -result : result;
}

/* For check_split(). */
struct split any_split(uint64_t bytes, uint32_t pitch)
{
    static struct {
        uint64_t bytes;
        struct split split;
        uint32_t pitch;
    } before[SPLITS];
    static unsigned count;
    const struct split result = {nondet_u64(), nondet_u64()};

    prove(pitch != 0, "no division by 0");
    prove(count < SPLITS, "all quotients are remembered");
    bound(result.rows <= bytes && result.rest < pitch);
    bound(bytes >= pitch || (result.rows == 0 && result.rest == bytes));
    for (unsigned i = 0; i < SPLITS; i++) {
        if (i < count && before[i].pitch == pitch) {
            bound(before[i].bytes > bytes || before[i].split.rows <= result.rows);
            bound(before[i].bytes < bytes || before[i].split.rows >= result.rows);
            bound(before[i].bytes != bytes || before[i].split.rest == result.rest);
        }
    }
    before[count].bytes = bytes;
    before[count].split = result;
    before[count].pitch = pitch;
    count++;
    return result;
}
