/* SPDX-License-Identifier: MIT */
/* Records of streams: what was written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gemd/validator/stream_file.h"
#include "stream.h"

static struct stream s;
static uint8_t bytes[65536];
static char reason[128];

static struct validator_job build(void)
{
    stream_init(&s);
    stream_put_color_blt(&s);
    stream_put_copy_blt(&s);
    PUT(&s, 0x05000000);
    s.buffers[1].size = UINT64_C(0x123456789a);
    return (struct validator_job){.pci_device = 0x27a2,
                                  .words = s.words,
                                  .word_count = s.count,
                                  .relocs = s.relocs,
                                  .reloc_count = s.reloc_count,
                                  .buffers = s.buffers,
                                  .buffer_count = STREAM_BUFFERS};
}

static void test_what_is_written_is_read(void **state)
{
    struct validator_job job = build();
    struct stream_record record;
    struct validator_buffer buffers[STREAM_BUFFERS];
    struct validator_reloc relocs[STREAM_RELOCS];
    uint32_t words[STREAM_WORDS];

    stream_file_write(&job, 3, UINT64_C(0x1122334455), bytes);
    assert_int_equal(stream_file_open(bytes, sizeof(bytes), &record, reason), 0);
    assert_int_equal(record.size, stream_file_size(&job));
    assert_int_equal(record.pci_device, 0x27a2);
    assert_int_equal(record.session, 3);
    assert_int_equal(record.seqno, UINT64_C(0x1122334455));
    stream_file_read(&record, buffers, relocs, words);
    assert_memory_equal(words, s.words, 4 * s.count);
    assert_memory_equal(relocs, s.relocs, s.reloc_count * sizeof(relocs[0]));
    for (size_t i = 0; i < STREAM_BUFFERS; i++) {
        assert_int_equal(buffers[i].id, s.buffers[i].id);
        assert_int_equal(buffers[i].gtt_address, s.buffers[i].gtt_address);
        assert_true(buffers[i].size == s.buffers[i].size);
        assert_int_equal(buffers[i].tiling, s.buffers[i].tiling);
        assert_int_equal(buffers[i].pitch, s.buffers[i].pitch);
        assert_int_equal(buffers[i].rights, s.buffers[i].rights);
    }
}

/* Each length that is too short, from memory that ends there. */
static void test_cut_records(void **state)
{
    struct validator_job job = build();
    struct stream_record record;
    const size_t size = stream_file_size(&job);

    stream_file_write(&job, 1, 1, bytes);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut + 1);

        memcpy(copy, bytes, cut);
        assert_int_not_equal(stream_file_open(copy, cut, &record, reason), 0);
        assert_true(reason[0] != '\0');
        free(copy);
    }
    assert_int_equal(stream_file_open(bytes, size, &record, reason), 0);
}

static void test_bent_records(void **state)
{
    static const struct {
        size_t dword;
        uint32_t value;
    } bends[] = {
        {0, 0x64656d67},     /* the magic */
        {2, 0x10000},        /* a chip */
        {6, (1u << 20) + 1}, /* counts */
        {7, (1u << 20) + 1},
        {8, (1u << 16) + 1},
        {6, 0xffffffff},
        {8, 0xffffffff},
        {13, 3}, /* the first buffer's tiling, rights, last dword */
        {15, 4},
        {16, 1},
    };
    struct stream_record record;

    for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
        struct validator_job job = build();

        stream_file_write(&job, 1, 1, bytes);
        memcpy(bytes + 4 * bends[i].dword, &bends[i].value, 4);
        assert_int_not_equal(stream_file_open(bytes, sizeof(bytes), &record, reason), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_cut_records),
        cmocka_unit_test(test_bent_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
