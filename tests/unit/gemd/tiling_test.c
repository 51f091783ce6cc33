/* SPDX-License-Identifier: MIT */
/* Which tilings a chip has, and what its fence registers would hold. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <string.h>

#include "gemd/tiling.h"
#include "hw/gen3/chip.h"
#include "hw/gen3/regs.h"

#define MIB (1u << 20)

struct rule {
    uint32_t tiling, pitch;
    uint64_t size;
    int old, new; /* what chips of the 915 class answer, and all others */
};

static const struct rule rules[] = {
    {GEMD_TILING_NONE, 0, 4096, 0, 0},
    {GEMD_TILING_NONE, 512, 4096, -EINVAL, -EINVAL},
    {3, 512, MIB, -EINVAL, -EINVAL},
    {UINT32_MAX, 512, MIB, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 512, 4096, 0, 0},
    {GEMD_TILING_X, 1024, 8192, 0, 0},
    {GEMD_TILING_X, 1024, 4096, -EINVAL, -EINVAL}, /* not one row of tiles */
    {GEMD_TILING_X, 8192, 65536, 0, 0},
    {GEMD_TILING_X, 8192, 61440, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 0, MIB, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 128, MIB, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 256, MIB, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 1536, MIB, -EINVAL, -EINVAL}, /* three tiles */
    {GEMD_TILING_X, 16384, MIB, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 1u << 31, MIB, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 512, 128ull * MIB, 0, 0},
    {GEMD_TILING_X, 512, 128ull * MIB + 4096, -EINVAL, -EINVAL},
    {GEMD_TILING_X, 512, UINT64_MAX - 4095, -EINVAL, -EINVAL},
    {GEMD_TILING_Y, 128, 4096, -EOPNOTSUPP, 0},
    {GEMD_TILING_Y, 128, 0, -EOPNOTSUPP, -EINVAL},
    {GEMD_TILING_Y, 512, 16384, -EOPNOTSUPP, 0},
    {GEMD_TILING_Y, 512, 12288, -EOPNOTSUPP, -EINVAL},
    {GEMD_TILING_Y, 8192, 262144, -EOPNOTSUPP, 0},
    {GEMD_TILING_Y, 64, MIB, -EOPNOTSUPP, -EINVAL},
    {GEMD_TILING_Y, 384, MIB, -EOPNOTSUPP, -EINVAL},
};

static void every_chip_has_its_rules(void **state)
{
    size_t count;
    const struct gen3_chip *chips = gen3_chips(&count);
    for (size_t i = 0; i < count; i++) {
        const struct hw_device dev = {
            .identity = {.board = chips[i].name, .pci_device = chips[i].pci_device}};
        for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
            const struct rule *rule = &rules[r];
            enum gen3_tiling walk = GEN3_TILINGS;
            char text[GEMD_TEXT_MAX] = "";
            int expected = chips[i].is_945_class ? rule->new : rule->old;
            int error = tiling_check(&dev, rule->tiling, rule->pitch, rule->size, &walk, text);
            if (error != expected) {
                fail_msg("%s, rule %zu: %d %s", chips[i].name, r, error, text);
            }
            assert_int_equal(strlen(text) > 0, error != 0); /* refused with reasons */
            assert_int_equal(walk != GEN3_LINEAR, error == 0 && rule->tiling != 0);
        }
    }
}

static void refusals_have_the_numbers(void **state)
{
    const struct hw_device dev = {.identity = {.board = "G33", .pci_device = 0x29c2}};
    enum gen3_tiling walk;
    char text[GEMD_TEXT_MAX];
    assert_int_equal(tiling_check(&dev, GEMD_TILING_X, 1536, MIB, &walk, text), -EINVAL);
    assert_string_equal(text,
                        "pitch 1536 of X tiles, must be a power of two from 512 to 8192 bytes");
    assert_int_equal(tiling_check(&dev, GEMD_TILING_Y, 512, 4096, &walk, text), -EINVAL);
    assert_string_equal(text,
                        "size 4096 in Y tiles with pitch 512, must be 16384 to 134217728 bytes");
}

/* Fields of doc/gen3.md A.7. */
static void registers_hold_walk_pitch_and_size(void **state)
{
    static const struct {
        enum gen3_tiling walk;
        uint32_t pitch;
        uint64_t size;
        uint32_t span, value; /* pages; register */
    } cases[] = {
        {GEN3_TILED_X, 512, 4096, 256, 0x0001},
        {GEN3_TILED_X, 512, MIB, 256, 0x0001},
        {GEN3_TILED_X, 512, MIB + 4096, 512, 0x0101},
        {GEN3_TILED_X, 8192, 3 * MIB, 1024, 0x0241},
        {GEN3_TILED_X, 1024, 128ull * MIB, 32768, 0x0711},
        {GEN3_TILED_Y, 128, MIB, 256, 0x1001},
        {GEN3_TILED_Y, 8192, 65ull * MIB, 32768, 0x1761},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(tiling_span(cases[i].size), cases[i].span);
        uint32_t value = tiling_register(cases[i].walk, cases[i].pitch, cases[i].span);
        assert_int_equal(value, cases[i].value);
        assert_int_equal(value & ~FENCE_BITS, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_has_its_rules),
        cmocka_unit_test(refusals_have_the_numbers),
        cmocka_unit_test(registers_hold_walk_pitch_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
