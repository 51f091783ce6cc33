/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hw/gen3/command.h"

static void test_each_row_is_found_by_its_value(void **state)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    assert_int_equal(count, GEN3_COMMAND_COUNT);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].id, i);
        assert_ptr_equal(gen3_command_find(rows[i].value), &rows[i]);
        assert_ptr_equal(gen3_command_find(rows[i].value | rows[i].free_bits | rows[i].length_mask),
                         &rows[i]);
    }
}

static void test_rows_are_consistent(void **state)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    for (size_t i = 0; i < count; i++) {
        const struct gen3_command *row = &rows[i];

        assert_int_equal(row->value & ~row->mask, 0);
        assert_int_equal(row->mask & row->length_mask, 0);
        assert_int_equal(row->mask & row->free_bits, 0);
        for (size_t other = 0; other < i; other++) {
            uint32_t common = row->mask & rows[other].mask;

            assert_int_not_equal(row->value & common, rows[other].value & common);
        }
        for (size_t a = 0; a < GEN3_MAX_ADDRESSES; a++) {
            if (row->addresses[a].use != 0) {
                assert_true(row->addresses[a].dword > 0);
                assert_true(row->length == 0 || row->addresses[a].dword < row->length);
            }
        }
        if (row->length_rule == GEN3_LENGTH_FIXED) {
            assert_true(row->length > 0);
            assert_int_equal(row->length_mask, 0);
        }
        if (row->length_rule == GEN3_LENGTH_FIELD_IS) {
            assert_true(row->length >= 2 && row->length - 2u <= row->length_mask);
        }
    }
}

/* Every opcode of every client, against a walk over the table. */
static void test_lookup_agrees_with_a_linear_walk(void **state)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    for (uint32_t high = 0; high < 1u << 16; high++) {
        uint32_t header = high << 16;
        const struct gen3_command *expected = NULL;

        for (size_t i = 0; i < count && expected == NULL; i++) {
            if ((header & rows[i].mask) == rows[i].value) {
                expected = &rows[i];
            }
        }
        assert_ptr_equal(gen3_command_find(header), expected);
    }
}

static void test_lengths(void **state)
{
    static const struct {
        uint32_t header;
        uint32_t length;
        const char *name;
    } samples[] = {
        {0x00000000, 1, "MI_NOOP"},
        {0x02000001, 1, "MI_FLUSH"},
        {0x05000000, 1, "MI_BATCH_BUFFER_END"},
        {0x0a000001, 3, "MI_DISPLAY_FLIP"},
        {0x10000001, 3, "MI_STORE_DATA_IMM"},
        {0x10000002, 0, "MI_STORE_DATA_IMM"},
        {0x11000003, 5, "MI_LOAD_REGISTER_IMM"},
        {0x18800080, 2, "MI_BATCH_BUFFER_START"},
        {0x54300004, 6, "XY_COLOR_BLT"},
        {0x54300005, 0, "XY_COLOR_BLT"},
        {0x54f00006, 8, "XY_SRC_COPY_BLT"},
        {0x6700a770, 1, "3DSTATE_RASTER_RULES"},
        {0x7c800002, 1, "3DSTATE_SCISSOR_ENABLE"},
        {0x7c880002, 1, "3DSTATE_DEPTH_SUBRECT_DISABLE"},
        {0x7d000018, 26, "3DSTATE_MAP_STATE"},
        {0x7d040743, 5, "3DSTATE_LOAD_STATE_IMMEDIATE_1"},
        {0x7d050170, 370, "3DSTATE_PIXEL_SHADER_PROGRAM"},
        {0x7d060080, 130, "3DSTATE_PIXEL_SHADER_CONSTANTS"},
        {0x7d070000, 2, "3DSTATE_LOAD_INDIRECT"},
        {0x7d800003, 5, "3DSTATE_DRAW_RECT"},
        {0x7d800004, 0, "3DSTATE_DRAW_RECT"},
        {0x7d8e0001, 3, "3DSTATE_BUF_INFO"},
        {0x7d9c0005, 7, "3DSTATE_CLEAR_PARAMETERS"},
        {0x7f00000b, 13, "3DPRIMITIVE"},
        {0x7f01ffff, 131073, "3DPRIMITIVE"},
        {0x7f800003, 2, "3DPRIMITIVE_SEQUENTIAL"},
        {0x7f820003, 3, "3DPRIMITIVE_ELEMENTS"},
        {0x7f820004, 3, "3DPRIMITIVE_ELEMENTS"},
        {0x7f820000, 0, "3DPRIMITIVE_ELEMENTS"},
    };

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct gen3_command *row = gen3_command_find(samples[i].header);

        assert_non_null(row);
        assert_string_equal(row->name, samples[i].name);
        assert_int_equal(gen3_command_length(row, samples[i].header), samples[i].length);
    }
}

static void test_what_is_no_command(void **state)
{
    static const uint32_t headers[] = {0x20000000, 0x80000000, 0xffffffff, 0x7f020000,
                                       0x7e000000, 0x79000000, 0x7da00000, 0x0b000001};

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_null(gen3_command_find(headers[i]));
    }
}

/* A rule that the table does not know gives no length. */
static void test_an_unknown_length_rule(void **state)
{
    struct gen3_command command = *gen3_command_find(0x54300004);

    assert_int_equal(gen3_command_length(&command, 0x54300004), 6);
    command.length_rule = 99;
    assert_int_equal(gen3_command_length(&command, 0x54300004), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_is_found_by_its_value),
        cmocka_unit_test(test_rows_are_consistent),
        cmocka_unit_test(test_lookup_agrees_with_a_linear_walk),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_what_is_no_command),
        cmocka_unit_test(test_an_unknown_length_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
