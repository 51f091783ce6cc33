/* SPDX-License-Identifier: MIT */
/* The arithmetic of the submission ring, for both sides. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "proto/ring.h"

enum { BYTES = 4096 };

static char reason[GEMD_TEXT_MAX];

static void sizes_of_rings(void **state)
{
    assert_true(ring_bytes_valid(4096));
    assert_true(ring_bytes_valid(RING_BYTES_MAX));
    assert_false(ring_bytes_valid(0));
    assert_false(ring_bytes_valid(2048));
    assert_false(ring_bytes_valid(4096 + 8));
    assert_false(ring_bytes_valid(1u << 31));
    assert_int_equal(ring_file_size(65536), 69632);
}

static void places(void **state)
{
    static const struct {
        uint64_t head, tail, size;
        int result;
        uint64_t pad;
    } cases[] = {
        {0, 0, 8, 0, 0},
        {0, 0, 2048, 0, 0},
        {0, 0, 2056, -E2BIG, 0},
        {0, 2048, 2048, 0, 0},
        {0, 2056, 2048, -EAGAIN, 2040},
        {2056, 2056, 2048, 0, 2040},
        {8, 2056, 2048, -EAGAIN, 2040},
        {2048 + 8, 4096, 2048, 0, 0},
        {0, 4096, 8, -EAGAIN, 0},
        {8, 4096, 8, 0, 0},
        {UINT64_MAX - 7, UINT64_MAX - 7, 16, 0, 8},
        {100, 50, 8, -EAGAIN, 0}, /* a head that makes no sense */
        {0, 8192, 8, -EAGAIN, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t pad = 0;
        assert_int_equal(ring_place(BYTES, cases[i].head, cases[i].tail, cases[i].size, &pad),
                         cases[i].result);
        assert_int_equal(pad, cases[i].pad);
    }
}

/* Whatever stands in the ring, an empty one takes any record of up to half of it. */
static void half_a_ring_always_fits(void **state)
{
    for (uint64_t tail = 0; tail < 2 * BYTES; tail += 8) {
        for (uint64_t size = 8; size <= ring_record_max(BYTES); size += 8) {
            uint64_t pad;
            assert_int_equal(ring_place(BYTES, tail, tail, size, &pad), 0);
            assert_true(tail % BYTES + pad == BYTES || (pad == 0 && tail % BYTES + size <= BYTES));
        }
    }
}

static int peek(uint32_t type, uint32_t size, uint64_t head, uint64_t tail)
{
    static _Alignas(8) uint8_t data[BYTES];
    struct gemd_record_header record = {.type = type, .size = size};
    struct gemd_record_header header;
    memset(data, 0, sizeof(data));
    memcpy(data + head % BYTES, &record, sizeof(record));
    reason[0] = '\0';
    int result = ring_peek(data, BYTES, head, tail, &header, reason);
    assert_int_equal(result < 0, reason[0] != '\0');
    if (result == 1) {
        assert_memory_equal(&header, &record, sizeof(record));
    }
    return result;
}

static void peeks(void **state)
{
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 0, 0), 0);
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 0, 16), 1);
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 4096 * 7 + 64, 4096 * 7 + 80), 1);
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 0, 8), -EPROTO);
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 0, 12), -EPROTO);
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 0, 4104), -EPROTO);
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 16, 0), -EPROTO);
    assert_int_equal(peek(GEMD_RECORD_CLOSE, 16, 4088, 4104), -EPROTO); /* straddles the end */
    assert_int_equal(peek(GEMD_RECORD_PAD, 8, 4088, 4104), 1);
    assert_int_equal(peek(GEMD_RECORD_PAD, 16, 4088, 4104), -EPROTO);
    assert_int_equal(peek(GEMD_RECORD_PAD, 8, 4080, 4096), -EPROTO); /* not up to the end */
    assert_int_equal(peek(GEMD_RECORD_PAD, 0, 4088, 4104), -EPROTO);
    assert_int_equal(peek(GEMD_RECORD_SUBMIT, 32, 0, 32), 1);
    assert_int_equal(peek(GEMD_RECORD_SUBMIT, 24, 0, 32), -EPROTO);
    assert_int_equal(peek(GEMD_RECORD_SUBMIT, 4096, 0, 4096), 1);
    assert_int_equal(peek(GEMD_RECORD_SUBMIT, 0xfffffff8u, 0, 4096), -EPROTO);
    assert_int_equal(peek(0, 8, 0, 8), -EPROTO);
    assert_int_equal(peek(UINT32_MAX, 8, 0, 8), -EPROTO);
}

static void every_record_exact(void **state)
{
    for (size_t i = 0; i < ring_record_count; i++) {
        const struct ring_record *row = &ring_records[i];
        assert_ptr_equal(ring_record(row->type), row);
        assert_int_equal(row->size % RING_ALIGN, 0);
        for (uint32_t size = 0; size <= 512; size++) {
            uint64_t head = row->type == GEMD_RECORD_PAD ? BYTES - row->size : 0;
            bool fits = row->grows && row->type != GEMD_RECORD_PAD
                            ? size >= row->size && size % 8 == 0
                            : size == row->size;
            assert_int_equal(peek(row->type, size, head, head + 512), fits ? 1 : -EPROTO);
        }
    }
    assert_null(ring_record(0));
}

static void submit_layouts_do_not_overflow(void **state)
{
    struct ring_submit layout = ring_submit_layout(4, 1, 1);
    assert_int_equal(layout.words, 32);
    assert_int_equal(layout.relocs, 48);
    assert_int_equal(layout.buffers, 64);
    assert_int_equal(layout.size, 72);
    layout = ring_submit_layout(UINT32_MAX, UINT32_MAX, UINT32_MAX);
    assert_true(layout.size == (32 + 24ull * UINT32_MAX + 7) / 8 * 8);
}

static int check(uint32_t words, uint32_t relocs, uint32_t buffers, uint32_t flags, int32_t more)
{
    static const struct ring_limits limits = {.words = 100, .relocs = 10, .buffers = 5};
    struct ring_submit layout = ring_submit_layout(words, relocs, buffers);
    struct gemd_record_submit submit = {
        .header = {.type = GEMD_RECORD_SUBMIT, .size = (uint32_t)layout.size + (uint32_t)more},
        .word_count = words,
        .reloc_count = relocs,
        .buffer_count = buffers,
        .flags = flags};
    reason[0] = '\0';
    int result = ring_submit_check(&submit, &limits, &layout, reason);
    assert_int_equal(result < 0, reason[0] != '\0');
    return result;
}

static void submit_heads(void **state)
{
    assert_int_equal(check(100, 10, 5, 0, 0), 0);
    assert_int_equal(check(2, 0, 0, 0, 0), 0);
    assert_int_equal(check(102, 10, 5, 0, 0), -E2BIG);
    assert_int_equal(check(100, 11, 5, 0, 0), -E2BIG);
    assert_int_equal(check(100, 10, 6, 0, 0), -E2BIG);
    assert_int_equal(check(0, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(check(3, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(check(2, 0, 0, 1, 0), -EINVAL);
    assert_int_equal(check(2, 0, 0, 0, 8), -EINVAL);
    assert_int_equal(check(4, 0, 0, 0, -8), -EINVAL);
    /* 2^30 relocations take 2^34 bytes: a 32-bit size would be that of none. */
    assert_int_equal(check(2, 1u << 30, 0, 0, 0), -EINVAL);
}

static int relocs_check(const struct gemd_reloc *relocs, uint32_t count)
{
    struct gemd_record_submit submit = {.word_count = 8, .reloc_count = count, .buffer_count = 2};
    uint32_t dword = 0;
    return ring_relocs_check(&submit, relocs, &dword, reason);
}

static void relocations(void **state)
{
    const struct gemd_reloc good[] = {{0, 0, 0, 1}, {1, 1, UINT32_MAX, 2}, {7, 0, 0, 3}};
    const struct gemd_reloc twice[] = {{1, 0, 0, 1}, {1, 1, 0, 1}};
    const struct gemd_reloc back[] = {{2, 0, 0, 1}, {1, 1, 0, 1}};
    const struct gemd_reloc beyond = {8, 0, 0, 1}, other = {1, 2, 0, 1}, useless = {1, 0, 0, 0},
                            strange = {1, 0, 0, 4};
    assert_int_equal(relocs_check(NULL, 0), 0);
    assert_int_equal(relocs_check(good, 3), 0);
    assert_int_equal(relocs_check(twice, 2), -EINVAL);
    assert_int_equal(relocs_check(back, 2), -EINVAL);
    assert_int_equal(relocs_check(&beyond, 1), -EINVAL);
    assert_int_equal(relocs_check(&other, 1), -EINVAL);
    assert_int_equal(relocs_check(&useless, 1), -EINVAL);
    assert_int_equal(relocs_check(&strange, 1), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_rings),
        cmocka_unit_test(places),
        cmocka_unit_test(half_a_ring_always_fits),
        cmocka_unit_test(peeks),
        cmocka_unit_test(every_record_exact),
        cmocka_unit_test(submit_layouts_do_not_overflow),
        cmocka_unit_test(submit_heads),
        cmocka_unit_test(relocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
