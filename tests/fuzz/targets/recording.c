/* SPDX-License-Identifier: MIT */
/*
 * Files of recordings: what was read is walked through, made smaller at random, written, read again
 * and must then be what was meant.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/ring.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/targets/target.h"
#include "tools/gemctl/recording_file.h"
#include "tools/gemctl/reducer.h"

#define SIZE_MAX_HERE (1u << 18)
#define TESTS         6u /* candidates of one input that are written */

struct attempt {
    struct reducer reducer;
    struct rng rng;
    char path[64];
    unsigned left;
};

/* Reads all that a player would. */
static uint64_t walk(const struct recording_file *file)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < file->count; i++) {
        const struct recording_item *item = file->items[i];

        if (item->type == RECORDING_PAGES) {
            const uint8_t *content = recording_file_content(file, (const void *)item);

            sum += content[0] + content[RECORDING_PAGE - 1];
        } else if (item->type == RECORDING_RECORD) {
            const struct gemd_record_header *header = recording_file_record(item);

            sum += ((const uint8_t *)header)[header->size - 1];
        }
    }
    return sum;
}

static void check_written(struct attempt *attempt)
{
    struct recording_file again;
    struct reducer_size size;

    reducer_measure(&attempt->reducer, &size);
    if (reducer_write(&attempt->reducer, attempt->path) != 0 ||
        !recording_file_load(&again, attempt->path) || !again.whole || again.damage[0] != '\0') {
        target_fail("what was written cannot be read");
    }
    /* END is made where there is none. */
    if (again.count != size.items + (attempt->reducer.file->whole ? 0 : 1)) {
        target_fail("%zu items are %zu", size.items, again.count);
    }
    (void)walk(&again);
    recording_file_free(&again);
}

static bool on_test(void *data)
{
    struct attempt *attempt = data;

    if (attempt->left > 0 && rng_percent(&attempt->rng, 30)) {
        attempt->left--;
        check_written(attempt);
    }
    return rng_percent(&attempt->rng, 50);
}

static void reduce(const struct recording_file *file, uint64_t seed)
{
    struct attempt attempt = {.rng = {seed}, .left = TESTS};
    int fd = memfd_create("recording", MFD_CLOEXEC);

    if (fd < 0) {
        abort();
    }
    snprintf(attempt.path, sizeof(attempt.path), "/proc/self/fd/%d", fd);
    if (!reducer_init(&attempt.reducer, file, on_test, &attempt)) {
        abort();
    }
    for (unsigned stage = REDUCER_BATCHES; stage < REDUCER_STAGES; stage++) {
        (void)reducer_run(&attempt.reducer, (enum reducer_stage)stage);
    }
    reducer_compact(&attempt.reducer);
    check_written(&attempt);
    reducer_finish(&attempt.reducer);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int silent;
    struct recording_file file;
    char reason[160];

    if (size > SIZE_MAX_HERE) {
        return -1;
    }
    if (silent == 0) {
        silent = 1;
        target_silence();
    }
    uint8_t *copy = malloc(size + 1); /* aligned, and no longer than that */
    if (copy == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    if (recording_file_parse(&file, copy, size, reason, sizeof(reason))) {
        const uint64_t sum = walk(&file);

        if (sum % 4 == 0) { /* it takes far longer than the rest */
            reduce(&file, size);
        }
    }
    recording_file_free(&file);
    free(copy);
    return 0;
}
