/* SPDX-License-Identifier: MIT */
/* Files as gemctl reads them: records, or raw streams that it splits; each batch is then checked.
 */
#include <stdlib.h>
#include <string.h>

#include "gemd/validator/stream_file.h"
#include "tests/fuzz/targets/target.h"
#include "tools/gemctl/stream.h"

#define SIZE_MAX_HERE (1u << 18)

/* What was read, written again, is what was read. */
static void check_record(const struct stream_batch *batch, const uint8_t *from, size_t room)
{
    const size_t size = stream_file_size(&batch->job);
    uint8_t *again = malloc(size);

    if (again == NULL) {
        abort();
    }
    stream_file_write(&batch->job, (uint32_t)batch->session, batch->seqno, again);
    if (size > room || memcmp(again, from, size) != 0) {
        target_fail("a record of %zu bytes is another one when it is written", size);
    }
    free(again);
}

static void check_batch(struct stream_batch *batch)
{
    struct validator_verdict verdict;

    for (size_t i = 0; batch->raw && i < batch->job.reloc_count; i++) {
        if (batch->relocs[i].dword >= batch->job.word_count ||
            batch->relocs[i].buffer >= batch->job.buffer_count) {
            target_fail("guessed relocation %zu is beyond the stream", i);
        }
    }
    (void)validator_check(&batch->job, &verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int silent;
    const struct stream_guess guess = {.pci_device = 0x29c2,
                                       .buffer_bytes = size % 3 == 0 ? 0 : (uint64_t)size << 8};
    struct stream_batch batch;

    if (size > SIZE_MAX_HERE) {
        return -1;
    }
    if (silent == 0) {
        silent = 1;
        target_silence();
    }
    uint8_t *copy = malloc(size + 1); /* aligned, as stream_read_all() has it */
    if (copy == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    struct stream_cursor cursor = {.path = "input", .bytes = copy, .size = size};
    for (size_t before = 0; stream_next(&cursor, &guess, &batch) > 0; before = cursor.at) {
        if (cursor.at <= before || cursor.at > size) {
            target_fail("from byte %zu to %zu of %zu", before, cursor.at, size);
        }
        if (!batch.raw) {
            check_record(&batch, copy + before, size - before);
        }
        check_batch(&batch);
        stream_batch_free(&batch);
    }
    free(copy);
    return 0;
}
