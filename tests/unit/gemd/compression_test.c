/* SPDX-License-Identifier: MIT */
/* Compression that firmware has left on. */
#include "tests/unit/gemd/test.h"

#include "gemd/compression.h"
#include "hw/gen3/regs.h"
#include "tests/unit/gemd/fake_device.h"

static unsigned writes;

static void count(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    writes++;
}

static void it_is_switched_off_where_it_is(void **state)
{
    static const struct {
        uint16_t id;
        uint32_t before, after;
        unsigned writes;
    } cases[] = {
        {0x2592, 0xc0001234, 0x40001234, 1}, {0x27a2, 0x80000000, 0, 1},
        {0x27ae, 0x80000000, 0, 1},          {0x27a2, 0x40000000, 0x40000000, 0},
        {0x2772, 0x80000000, 0x80000000, 0}, {0x29c2, 0x80000000, 0x80000000, 0},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_device *fake = fake_device_create();
        fake->base.identity.pci_device = cases[i].id;
        fake->registers[FBC_CONTROL / 4] = cases[i].before;
        fake->registers[FBC_STATUS / 4] = FBC_STATUS_BUSY; /* it never ends: no reason to hang */
        fake->on_write = count;
        writes = 0;
        compression_stop(&fake->base);
        assert_int_equal(fake_register(fake, FBC_CONTROL), cases[i].after);
        assert_int_equal(writes, cases[i].writes);
        fake_device_destroy(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_switched_off_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
