/* SPDX-License-Identifier: MIT */
/* Registers by name, as snapshots compare them. */
#ifndef GEMD_HWTEST_REGISTER_TABLE_H
#define GEMD_HWTEST_REGISTER_TABLE_H

#include "gemd/hwtest/item.h"

struct register_row {
    const char *name;
    uint32_t reg;
    bool counts; /* it may change by itself */
};

extern const struct register_row register_rows[];
extern const unsigned register_row_count;

#define REGISTER_ROWS_MAX 128u

struct register_snapshot {
    uint32_t values[REGISTER_ROWS_MAX];
};

void register_snapshot_take(struct register_snapshot *snapshot, struct hw_device *dev);
/* Notes each register that is not as it was; how many that are, those that count left out. */
unsigned register_snapshot_compare(struct hwtest *test, const struct register_snapshot *before,
                                   const struct register_snapshot *after, unsigned *survived);

#endif
