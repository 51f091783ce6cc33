/* SPDX-License-Identifier: MIT */
/* EDIDs: what is taken from good ones, and that bad ones give nothing bad. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdlib.h>

#include "gemd/edid.h"
#include "tests/unit/gemd/edid_blocks.h"

static const struct timing *find(const struct edid *edid, uint32_t width, uint32_t height)
{
    for (unsigned i = 0; i < edid->timing_count; i++) {
        if (edid->timings[i].width == width && edid->timings[i].height == height) {
            return &edid->timings[i];
        }
    }
    return NULL;
}

static void a_panel_is_read(void **state)
{
    uint8_t block[EDID_BLOCK];
    struct edid edid;
    const char *reason;
    edid_block_panel(block);
    assert_int_equal(edid_parse(block, &edid, &reason), 0);
    assert_string_equal(edid.maker, "DEL");
    assert_int_equal(edid.product, 0xa017);
    assert_string_equal(edid.name, "FLAT 17");
    assert_false(edid.digital);
    assert_false(edid.continuous);
    assert_true(edid.prefers);
    assert_int_equal(edid.timing_count, 5);
    const struct timing preferred = {1280, 1328, 1440,   1688, 1024, 1025,
                                     1028, 1066, 108000, true, true};
    assert_memory_equal(&edid.timings[0], &preferred, sizeof(preferred));
    assert_int_equal(find(&edid, 1024, 768)->clock_khz, 65000);
    assert_int_equal(timing_refresh(find(&edid, 1152, 864)), 75000);
    assert_true(edid.has_limits);
    assert_int_equal(edid.hertz_min, 56);
    assert_int_equal(edid.hertz_max, 76);
    assert_int_equal(edid.line_rate_min, 30000);
    assert_int_equal(edid.line_rate_max, 81000);
    assert_int_equal(edid.clock_max_khz, 140000);
    for (unsigned i = 0; i < edid.timing_count; i++) {
        assert_true(edid_takes(&edid, &edid.timings[i]));
    }
    assert_false(edid_takes(&edid, timing_find(1600, 1200, 60)));
}

static void what_is_none_is_refused_with_a_reason(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
        bool seal;
    } rows[] = {{0, 1, true}, {7, 0xff, true}, {18, 2, true}, {18, 0, true}, {60, 0x77, false}};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t block[EDID_BLOCK];
        struct edid edid;
        const char *reason = NULL;
        edid_block_panel(block);
        block[rows[i].at] = rows[i].value;
        if (rows[i].seal) {
            edid_block_seal(block);
        }
        assert_int_equal(edid_parse(block, &edid, &reason), -EINVAL);
        assert_non_null(reason);
        assert_int_equal(edid.timing_count, 0);
    }
}

/* One detailed timing with a byte changed: it is left out, the rest stays. */
static void timings_that_contradict_themselves_are_left_out(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } rows[] = {
        {54, 0x00},      /* with the next: it is no timing then */
        {54 + 3, 0x00},  /* 256 pixels of blanking, 160 of them before the sync's end: kept */
        {54 + 6, 0x00},  /* no blanking lines */
        {54 + 9, 0x00},  /* no sync */
        {54 + 11, 0xc0}, /* the sync behind the blanking */
        {54 + 10, 0xf0}, /* no vertical sync */
        {54 + 17, 0x1e | 0x80}, /* fields */
        {54 + 5, 0x00},         /* fewer lines, still a picture: kept */
    };
    static const bool kept[] = {true, true, false, false, false, false, false, true};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t block[EDID_BLOCK];
        struct edid edid;
        const char *reason;
        edid_block_panel(block);
        block[rows[i].at] = rows[i].value;
        edid_block_seal(block);
        assert_int_equal(edid_parse(block, &edid, &reason), 0);
        assert_int_equal(edid.prefers, kept[i]);
        assert_non_null(find(&edid, 1024, 768));
        for (unsigned j = 0; j < edid.timing_count; j++) {
            assert_true(timing_is_sane(&edid.timings[j]));
        }
    }
}

static void names_are_printable(void **state)
{
    uint8_t block[EDID_BLOCK];
    struct edid edid;
    const char *reason;
    edid_block_panel(block);
    memcpy(block + 54 + 2 * 18 + 5, "\x1b[31mred\xffred\x7f", 13);
    edid_block_seal(block);
    assert_int_equal(edid_parse(block, &edid, &reason), 0);
    assert_string_equal(edid.name, "?[31mred?red?");
    memset(block + 8, 0xff, 2);
    edid_block_seal(block);
    assert_int_equal(edid_parse(block, &edid, &reason), 0);
    assert_string_equal(edid.maker, "???");
}

/* Each byte with each value: all that is taken is sane. Under sanitizers this also finds more. */
static void any_byte_may_be_anything(void **state)
{
    for (unsigned at = 8; at < EDID_BLOCK - 1; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t block[EDID_BLOCK];
            struct edid edid;
            const char *reason;
            edid_block_panel(block);
            block[at] = (uint8_t)value;
            edid_block_seal(block);
            if (edid_parse(block, &edid, &reason) != 0) {
                assert_int_equal(at, 18);
                continue;
            }
            assert_true(edid.timing_count <= EDID_TIMINGS_MAX);
            assert_true(strlen(edid.name) < sizeof(edid.name));
            for (unsigned i = 0; i < edid.timing_count; i++) {
                assert_true(timing_is_sane(&edid.timings[i]));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_panel_is_read),
        cmocka_unit_test(what_is_none_is_refused_with_a_reason),
        cmocka_unit_test(timings_that_contradict_themselves_are_left_out),
        cmocka_unit_test(names_are_printable),
        cmocka_unit_test(any_byte_may_be_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
