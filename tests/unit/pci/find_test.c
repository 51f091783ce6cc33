/* SPDX-License-Identifier: MIT */
/* Which GPU is taken, and what is said of one that cannot be had. */
#include "tests/unit/pci/test.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/gen3/chip.h"
#include "hw/model/model.h"
#include "hw/pci/chip.h"
#include "hw/pci/find.h"
#include "hw/pci/stolen.h"
#include "tests/unit/pci/bus.h"

static struct bus bus;
static struct pci_function gpu, bridge;
static struct pci_error error;

static int setup(void **state)
{
    bus_init(&bus);
    bus_add(&bus, 0, 0x8086, 0x27a0, "Intel Corporation Mobile 945GM Host Bridge");
    return 0;
}

static int teardown(void **state)
{
    bus_finish(&bus);
    return 0;
}

static void add_945gm(void)
{
    bus_add(&bus, 2, 0x8086, 0x27a2, "Intel Corporation Mobile 945GM");
}

static int find(const char *slot)
{
    return pci_find(&bus.system, slot, &gpu, &bridge, &error);
}

static void expect_text(const char *part)
{
    if (strstr(error.text, part) == NULL) {
        fail_msg("\"%s\" does not have \"%s\"", error.text, part);
    }
}

static void expect_remedy(unsigned index, const char *part)
{
    assert_true(index < error.remedy_count);
    if (strstr(error.remedies[index], part) == NULL) {
        fail_msg("\"%s\" does not have \"%s\"", error.remedies[index], part);
    }
}

static void the_first_one_is_found_with_its_bridge(void **state)
{
    bus_add(&bus, 1, 0x1234, 0x1111, "QEMU VGA");
    add_945gm();
    assert_int_equal(find(NULL), 0);
    assert_int_equal(gpu.device, 0x27a2);
    assert_int_equal(gpu.dev, 2);
    assert_int_equal(bridge.device, 0x27a0);
}

static void one_can_be_named(void **state)
{
    add_945gm();
    assert_int_equal(find("0000:00:02.0"), 0);
    assert_int_equal(gpu.device, 0x27a2);
}

static void every_chip_of_the_table_is_known(void **state)
{
    size_t count;
    const struct gen3_chip *chips = gen3_chips(&count);
    add_945gm();
    for (size_t i = 0; i < count; i++) {
        bus.functions[1].device = chips[i].pci_device;
        assert_int_equal(find(NULL), 0);
        assert_string_equal(pci_chip_find(gpu.device)->identity.name, chips[i].name);
    }
}

/* What the model says of a chip is what the bus says of it. */
static void chips_are_as_modelled(void **state)
{
    const char *name;
    for (size_t i = 0; (name = model_chipset_name(i)) != NULL; i++) {
        const struct model_options options = {.chipset = name, .threads = 1};
        struct hw_device *model = model_create(&options);
        assert_non_null(model);
        const struct pci_chip *chip = pci_chip_find(model->identity.pci_device);
        assert_non_null(chip);
        struct hw_identity identity = chip->identity;
        assert_string_equal(identity.name, model->identity.name);
        assert_string_equal(identity.board, model->identity.board);
        assert_int_equal(identity.fence_count, model->identity.fence_count);
        assert_int_equal(identity.needs_physical, model->identity.needs_physical);
        assert_int_equal(identity.has_gtt_enable, model->identity.has_gtt_enable);
        assert_int_equal(identity.has_held_reset, model->identity.has_held_reset);
        assert_int_equal(identity.has_pineview_pll, model->identity.has_pineview_pll);
        assert_int_equal(pci_chip_gtt_entries(chip, hw_read(model, 0x2020),
                                              model->identity.aperture_size, 1u << 20),
                         model->identity.gtt_entries);
        hw_device_destroy(model);
    }
}

static void entries_end_with_their_bar(void **state)
{
    const struct pci_chip *g33 = pci_chip_find(0x29c2), *i945 = pci_chip_find(0x27a2);
    assert_int_equal(pci_chip_gtt_entries(g33, 1u << 1, 256u << 20, 1u << 20), 65536);
    assert_int_equal(pci_chip_gtt_entries(g33, 0, 256u << 20, 1u << 20), 131072);
    assert_int_equal(pci_chip_gtt_entries(g33, 0, 256u << 20, 64u << 10), 16384);
    assert_int_equal(pci_chip_gtt_entries(g33, 3u << 1, 256u << 20, 1u << 20), 0);
    assert_int_equal(pci_chip_gtt_entries(i945, 0, 128u << 20, 1u << 20), 32768);
}

static void stolen_sizes_are_those_of_the_table(void **state)
{
    assert_int_equal(pci_stolen_size(0x0000), 0);
    assert_int_equal(pci_stolen_size(0x0032), 8u << 20);
    assert_int_equal(pci_stolen_size(0x01d0), 352u << 20);
    assert_int_equal(pci_stolen_size(0x00f0), 0);
}

static void places_are_parsed_strictly(void **state)
{
    static const char *const wrong[] = {"",
                                        "0:00:02.0",
                                        "0000:00:02",
                                        "0000:00:02.8",
                                        "0000:00:20.0",
                                        "0000:00:02.0 ",
                                        "000g:00:02.0",
                                        "pci"};
    struct pci_function place;
    assert_true(pci_slot_parse("00a1:FF:1f.7", &place));
    assert_int_equal(place.domain, 0xa1);
    assert_int_equal(place.bus, 0xff);
    assert_int_equal(place.dev, 31);
    assert_int_equal(place.func, 7);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(pci_slot_parse(wrong[i], &place));
    }
    assert_int_equal(find("nonsense"), -EINVAL);
    expect_text("nonsense");
}

static void without_one_others_are_named(void **state)
{
    assert_int_equal(find(NULL), -ENODEV);
    expect_text("nor any other");
    bus_add(&bus, 2, 0x8086, 0x0102, "Intel Corporation HD Graphics");
    assert_int_equal(find(NULL), -ENODEV);
    expect_text("there is 0000:00:02.0 Intel Corporation HD Graphics (8086:0102)");
    assert_null(strstr(error.text, "Bridge"));
}

static void another_gpu_is_refused_by_name(void **state)
{
    bus_add(&bus, 2, 0x8086, 0x0102, "Intel Corporation HD Graphics");
    assert_int_equal(find("0000:00:02.0"), -ENOTSUP);
    expect_text("0000:00:02.0 is Intel Corporation HD Graphics (8086:0102)");
    assert_int_equal(find("0000:00:03.0"), -ENODEV);
    expect_text("nothing is at 0000:00:03.0");
}

/* The numbers are another vendor's. */
static void vendors_count(void **state)
{
    bus_add(&bus, 2, 0x1002, 0x27a2, "");
    assert_int_equal(find("0000:00:02.0"), -ENOTSUP);
    expect_text("is 1002:27a2,");
}

static void a_driver_must_let_go(void **state)
{
    add_945gm();
    bus_link(bus_gpu_path(&bus, "driver"), "../../../bus/pci/drivers/i915");
    assert_int_equal(find(NULL), -EBUSY);
    expect_text("driver i915 has 0000:00:02.0");
    expect_remedy(0, "vtcon");
    expect_remedy(1, "echo 0000:00:02.0 > ");
    expect_remedy(1, "/drivers/i915/unbind");
    expect_remedy(2, "modprobe uio_pci_generic");
    expect_remedy(3, "echo uio_pci_generic > ");
    expect_remedy(3, "/devices/0000:00:02.0/driver_override");
    expect_remedy(4, "/drivers_probe");
}

static void uio_may_have_it(void **state)
{
    add_945gm();
    bus_link(bus_gpu_path(&bus, "driver"), "../../../bus/pci/drivers/uio_pci_generic");
    assert_int_equal(find(NULL), 0);
}

static void a_bar_without_a_place_is_told(void **state)
{
    add_945gm();
    bus.functions[1].bars[2].base = 0;
    assert_int_equal(find(NULL), -ENXIO);
    expect_text("BAR 2 (aperture)");
    bus.functions[1].bars[2].base = 0xe0000000;
    bus.functions[1].bars[3].size = 0;
    assert_int_equal(find(NULL), -ENXIO);
    expect_text("BAR 3 (page table)");
}

static void a_kernel_that_is_locked_down_is_told(void **state)
{
    add_945gm();
    bus_write_text(bus.system.lockdown, "[none] integrity confidentiality\n");
    assert_int_equal(find(NULL), 0);
    bus_write_text(bus.system.lockdown, "none [integrity] confidentiality\n");
    assert_int_equal(find(NULL), -EPERM);
    expect_text("locked down (none [integrity] confidentiality)");
    expect_remedy(0, "Secure Boot");
}

static void an_iommu_that_translates_is_told(void **state)
{
    add_945gm();
    bus_write_text(bus_gpu_path(&bus, "iommu_group/type"), "identity\n");
    assert_int_equal(find(NULL), 0);
    bus_write_text(bus_gpu_path(&bus, "iommu_group/type"), "DMA-FQ\n");
    assert_int_equal(find(NULL), -ENOTSUP);
    expect_text("(DMA-FQ)");
    expect_remedy(0, "igfx_off");
}

static void who_is_not_root_is_told(void **state)
{
    add_945gm();
    if (geteuid() == 0) {
        int status;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            bool fine = setresuid(65534, 65534, 65534) == 0 && find(NULL) == -EACCES &&
                        error.remedy_count == 1 &&
                        strstr(error.remedies[0], "start as root") != NULL;
            _exit(fine ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(unlink(bus_gpu_path(&bus, "resource0")), 0);
    assert_int_equal(find(NULL), -ENOENT);
    expect_text("resource0");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_one_is_found_with_its_bridge),
        TEST(one_can_be_named),
        TEST(every_chip_of_the_table_is_known),
        TEST(chips_are_as_modelled),
        TEST(entries_end_with_their_bar),
        TEST(stolen_sizes_are_those_of_the_table),
        TEST(places_are_parsed_strictly),
        TEST(without_one_others_are_named),
        TEST(another_gpu_is_refused_by_name),
        TEST(vendors_count),
        TEST(a_driver_must_let_go),
        TEST(uio_may_have_it),
        TEST(a_bar_without_a_place_is_told),
        TEST(a_kernel_that_is_locked_down_is_told),
        TEST(an_iommu_that_translates_is_told),
        TEST(who_is_not_root_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
