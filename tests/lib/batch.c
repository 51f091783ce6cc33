/* SPDX-License-Identifier: MIT */
#include "tests/lib/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define MI_BATCH_BUFFER_END 0x05000000u
#define MI_FLUSH            0x02000000u

void batch_reset(struct batch *batch)
{
    batch->word_count = 0;
    batch->reloc_count = 0;
    batch->buffer_count = 0;
}

void batch_put(struct batch *batch, uint32_t count, const uint32_t *words)
{
    assert_true(batch->word_count + count <= BATCH_WORDS);
    memcpy(batch->words + batch->word_count, words, count * sizeof(*words));
    batch->word_count += count;
}

uint32_t batch_list(struct batch *batch, struct gemd_bo *bo)
{
    for (uint32_t i = 0; i < batch->buffer_count; i++) {
        if (batch->buffers[i] == bo) {
            return i;
        }
    }
    assert_true(batch->buffer_count < BATCH_BUFFERS);
    batch->buffers[batch->buffer_count] = bo;
    return batch->buffer_count++;
}

void batch_address(struct batch *batch, struct gemd_bo *bo, uint32_t delta, uint32_t use)
{
    assert_true(batch->reloc_count < BATCH_RELOCS);
    batch->relocs[batch->reloc_count++] =
        (struct gemd_reloc){batch->word_count, batch_list(batch, bo), delta, use};
    BATCH_PUT(batch, 0);
}

void batch_fill(struct batch *batch, struct gemd_bo *bo, uint32_t pitch, uint32_t x0, uint32_t y0,
                uint32_t x1, uint32_t y1, uint32_t colour)
{
    BATCH_PUT(batch, 0x54300004, 0x03f00000 | pitch, y0 << 16 | x0, y1 << 16 | x1);
    batch_address(batch, bo, 0, GEMD_USE_WRITE);
    BATCH_PUT(batch, colour);
}

static uint32_t bits(float value)
{
    uint32_t word;
    memcpy(&word, &value, sizeof(word));
    return word;
}

void batch_triangle(struct batch *batch, struct gemd_bo *bo, uint32_t colour)
{
    static const float corners[3][2] = {{0, 0}, {256, 0}, {0, 256}};
    BATCH_PUT(batch, 0x7d8e0001, 0x03000400); /* colour buffer, pitch 1024 */
    batch_address(batch, bo, 0, GEMD_USE_WRITE);
    BATCH_PUT(batch, 0x7d850000, 0x10880300);                            /* ARGB8888 */
    BATCH_PUT(batch, 0x7d800003, 0x40000000, 0, 0x00ff00ff, 0);          /* drawing rectangle */
    BATCH_PUT(batch, 0x7d040743, 0xffffffff, 0x00902440, 0, 0x00000006); /* S2, S4, S5, S6 */
    BATCH_PUT(batch, 0x7d050005, 0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0); /* oC = colour */
    BATCH_PUT(batch, 0x7f00000b); /* inline triangle list */
    for (unsigned i = 0; i < 3; i++) {
        BATCH_PUT(batch, bits(corners[i][0]), bits(corners[i][1]), bits(0.5f), colour);
    }
}

int batch_submit_as_is(struct batch *batch, struct gemd_session *session, uint64_t *seqno)
{
    const struct gemd_submission submission = {.words = batch->words,
                                               .word_count = batch->word_count,
                                               .relocs = batch->relocs,
                                               .reloc_count = batch->reloc_count,
                                               .buffers = batch->buffers,
                                               .buffer_count = batch->buffer_count};
    return gemd_submit(session, &submission, seqno);
}

int batch_submit(struct batch *batch, struct gemd_session *session, uint64_t *seqno)
{
    BATCH_PUT(batch, MI_FLUSH, MI_BATCH_BUFFER_END);
    if (batch->word_count % 2 != 0) {
        BATCH_PUT(batch, 0);
    }
    return batch_submit_as_is(batch, session, seqno);
}
