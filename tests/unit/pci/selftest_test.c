/* SPDX-License-Identifier: MIT */
/* The self-test on the model: it passes on each chip, and finds each thing that is broken. */
#include "tests/unit/pci/test.h"

#include <errno.h>
#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "hw/pci/selftest.h"

static char reason[SELFTEST_REASON_MAX];

static void all_chips_and_layouts_pass(void **state)
{
    const char *chipset, *memory;
    for (size_t i = 0; (chipset = model_chipset_name(i)) != NULL; i++) {
        for (size_t j = 0; (memory = model_channels_name(chipset, j)) != NULL; j++) {
            const struct model_options options = {
                .chipset = chipset, .memory = memory, .threads = 1};
            struct hw_device *model = model_create(&options);
            assert_non_null(model);
            if (pci_selftest(model, reason) != 0) {
                fail_msg("%s, %s: %s", chipset, memory, reason);
            }
            hw_device_destroy(model);
        }
    }
}

/* ---- what can be broken: operations of a model that are not what they should be ---- */

static const struct hw_device_ops *whole;

static void gtt_write_nothing(struct hw_device *dev, uint32_t index, uint32_t pte)
{
}

/* The processor's writes stay in its caches. */
static int aperture_read_stale(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    memset(to, 0, size);
    return 0;
}

static int aperture_write_lost(struct hw_device *dev, uint64_t offset, const void *from,
                               size_t size)
{
    return 0;
}

static int aperture_fails(struct hw_device *dev, uint64_t offset, void *to, size_t size)
{
    return -EFAULT;
}

/* Says that channels are not as they are. */
static uint32_t read_wrong_channels(struct hw_device *dev, uint32_t reg)
{
    return reg == MCH_DCC || reg == MCH_C0DRB2 || reg == MCH_C1DRB2 ? 0x402 : whole->read(dev, reg);
}

static uint32_t read_one_channel(struct hw_device *dev, uint32_t reg)
{
    return reg == MCH_DCC ? 0 : whole->read(dev, reg);
}

static void write_without_tail(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    if (reg != PRB0_TAIL) {
        whole->write(dev, reg, value);
    }
}

/* The head gets there, and nothing was done. */
static uint32_t read_finished(struct hw_device *dev, uint32_t reg)
{
    return reg == PRB0_HEAD ? 32 : whole->read(dev, reg);
}

static void write_fence_nowhere(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    whole->write(dev, reg, reg == FENCE(7) && value != 0 ? value | FENCE_WALK_Y | 0x10 : value);
}

static int dma_refused(struct hw_device *dev, size_t size, struct hw_dma *dma)
{
    return -ENOMEM;
}

static void expect(const char *chipset, const char *memory, const struct hw_device_ops *changed,
                   int result, const char *part)
{
    const struct model_options options = {.chipset = chipset, .memory = memory, .threads = 1};
    struct hw_device *model = model_create(&options);
    assert_non_null(model);
    whole = model->ops;
    struct hw_device_ops ops = *model->ops;
    const char *const *from = (const void *)changed;
    const char **to = (void *)&ops;
    for (size_t i = 0; i < sizeof(ops) / sizeof(*to); i++) {
        to[i] = from[i] != NULL ? from[i] : to[i];
    }
    model->ops = &ops;
    assert_int_equal(pci_selftest(model, reason), result);
    if (strstr(reason, part) == NULL) {
        fail_msg("\"%s\" does not have \"%s\"", reason, part);
    }
    model->ops = whole;
    hw_device_destroy(model);
}

static void each_fault_is_found(void **state)
{
    static const struct {
        const char *memory;
        struct hw_device_ops ops;
        int result;
        const char *part;
    } rows[] = {
        {NULL, {.gtt_write = gtt_write_nothing}, -EIO, "page table: entry"},
        {NULL, {.aperture_read = aperture_read_stale}, -EIO, "flush: the processor wrote"},
        {NULL, {.aperture_read = aperture_fails}, -EIO, "flush: the processor wrote"},
        {NULL, {.aperture_write = aperture_write_lost}, -EIO, "flush: the aperture wrote"},
        {NULL, {.read = read_wrong_channels}, -EIO, "controller says 9_10, memory shows none"},
        {"interleaved", {.read = read_one_channel}, -EIO, "says none, memory shows 9_10"},
        {"interleaved-11", {.read = read_one_channel}, -EIO, "says none, memory shows 9_10_11"},
        {NULL, {.write = write_fence_nowhere}, -EIO, "tiles: what was written at"},
        {NULL, {.write = write_without_tail}, -EIO, "ring: it stands at 0x0 of 0x20"},
        {NULL, {.read = read_finished, .write = write_without_tail}, -EIO, "blitter: dword 0"},
        {NULL, {.dma_alloc = dma_refused}, -ENOMEM, "no memory"},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect("945gm", rows[i].memory, &rows[i].ops, rows[i].result, rows[i].part);
    }
}

static void a_small_table_is_no_bench(void **state)
{
    struct hw_device *model = model_create(&(struct model_options){.threads = 1});
    model->identity.gtt_entries = 300;
    assert_int_equal(pci_selftest(model, reason), -EINVAL);
    hw_device_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_chips_and_layouts_pass),
        cmocka_unit_test(each_fault_is_found),
        cmocka_unit_test(a_small_table_is_no_bench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
