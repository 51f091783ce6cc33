/* SPDX-License-Identifier: MIT */
/* Which dwords are addresses, and which chips there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hw/gen3/chip.h"
#include "hw/gen3/command.h"

static size_t addresses_of(const uint32_t *dw, uint32_t length,
                           struct gen3_address found[GEN3_ADDRESSES_MAX])
{
    return gen3_command_addresses(gen3_command_find(dw[0]), dw, length, found);
}

static void maps_have_one_each(void **state)
{
    struct gen3_address found[GEN3_ADDRESSES_MAX];
    const uint32_t dw[] = {0x7d000006, 0x8002, 0, 0, 0, 0, 0, 0};
    assert_int_equal(addresses_of(dw, 8, found), 2);
    assert_int_equal(found[0].dword, 2);
    assert_int_equal(found[1].dword, 5);
    assert_int_equal(found[0].use, GEN3_READ);
    /* cut short, or with a mask that its length does not bear out */
    assert_int_equal(addresses_of(dw, 1, found), 0);
    assert_int_equal(addresses_of(dw, 5, found), 1);
    const uint32_t all[50] = {0x7d000030, 0xffffffff};
    assert_int_equal(addresses_of(all, 50, found), 16);
    assert_int_equal(found[15].dword, 47);
}

static void s0_comes_first(void **state)
{
    struct gen3_address found[GEN3_ADDRESSES_MAX];
    const uint32_t with[] = {0x7d040031, 0x1000, 0x01010000};
    const uint32_t without[] = {0x7d040021, 0, 0};
    assert_int_equal(addresses_of(with, 3, found), 1);
    assert_int_equal(found[0].dword, 1);
    assert_int_equal(addresses_of(without, 3, found), 0);
}

static void rows_say_the_others(void **state)
{
    size_t count;
    const struct gen3_command *commands = gen3_commands(&count);
    for (size_t i = 0; i < count; i++) {
        struct gen3_address found[GEN3_ADDRESSES_MAX];
        uint32_t dw[256] = {commands[i].value};
        size_t expected = 0;
        for (size_t a = 0; a < GEN3_MAX_ADDRESSES; a++) {
            expected += commands[i].addresses[a].use != 0;
        }
        size_t n = gen3_command_addresses(&commands[i], dw, 256, found);
        assert_int_equal(n, expected);
        for (size_t a = 0; a < n; a++) {
            assert_true(found[a].dword > 0);
            assert_true(found[a].use != 0);
            assert_true(a == 0 || found[a - 1].dword < found[a].dword);
        }
        /* none beyond the command's end */
        assert_int_equal(gen3_command_addresses(&commands[i], dw, 1, found), 0);
    }
}

static void chips_by_name_and_number(void **state)
{
    size_t count;
    const struct gen3_chip *chips = gen3_chips(&count);
    assert_int_equal(count, 11);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(gen3_chip_named(chips[i].name), &chips[i]);
        assert_ptr_equal(gen3_chip_find(chips[i].pci_device), &chips[i]);
    }
    assert_string_equal(gen3_chip_named("945GM")->name, "945gm");
    assert_false(gen3_chip_named("915gm")->is_945_class);
    assert_null(gen3_chip_named("965g"));
    assert_null(gen3_chip_find(0x29a2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_have_one_each),
        cmocka_unit_test(s0_comes_first),
        cmocka_unit_test(rows_say_the_others),
        cmocka_unit_test(chips_by_name_and_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
