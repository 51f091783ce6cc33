/* SPDX-License-Identifier: MIT */
/* The disassembler: the input is raw dwords. */
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/disasm.h"
#include "tests/fuzz/targets/target.h"

#define WORDS_MAX (1u << 16)

struct seen {
    size_t lines, next;
};

/* Each dword once, in order. */
static void on_line(void *data, size_t dword, uint32_t value, const char *text)
{
    struct seen *seen = data;

    if (dword != seen->next || text == NULL || strlen(text) > 4096) {
        target_fail("dword %zu after %zu", dword, seen->next);
    }
    seen->next++;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const size_t count = size / 4;
    struct seen seen = {0};

    if (count > WORDS_MAX) {
        return -1;
    }
    uint32_t *words = malloc(count * 4 + 1); /* as long as that: reading on is seen */
    if (words == NULL) {
        abort();
    }
    if (count > 0) {
        memcpy(words, bytes, count * 4);
    }
    const size_t unknown = gen3_disasm(words, count, on_line, &seen);
    if (seen.next != count || unknown > count) {
        target_fail("%zu lines for %zu dwords, %zu unknown", seen.next, count, unknown);
    }
    free(words);
    return 0;
}
