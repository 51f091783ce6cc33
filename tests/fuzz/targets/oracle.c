/* SPDX-License-Identifier: MIT */
/* The validator, and the model for what it accepts: the input is a record of a stream. */
#include <stdlib.h>

#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets/target.h"

/* Captured batches draw much; run-oracle has the time for it. */
#define PIXELS (1u << 17)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct oracle *oracle;
    static struct fuzz_case c;
    struct oracle_report report;

    if (oracle == NULL) {
        oracle = oracle_create();
        if (oracle == NULL) {
            abort();
        }
        oracle_set_pixels(oracle, PIXELS);
    }
    if (!case_load(&c, bytes, size)) {
        return -1;
    }
    const enum oracle_result result = oracle_judge(oracle, &c, &report);
    if (result == ORACLE_OUTSIDE || result == ORACLE_STUCK) {
        target_fail("%s: dword %u, %s (0x%08x): %s", oracle_result_name(result), report.dword,
                    report.command, report.header, report.text);
    }
    return 0;
}
