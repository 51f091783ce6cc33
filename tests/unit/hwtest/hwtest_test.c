/* SPDX-License-Identifier: MIT */
/*
 * The list on silicon as it is assumed to be: all is ok. And on silicon where one thing is
 * otherwise: its item says so, with the right numbers.
 */
#include "tests/unit/pci/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gemd/hwtest/hwtest.h"
#include "gemd/hwtest/redact.h"
#include "gemd/mode.h"
#include "gemd/pipe.h"
#include "hw/gen3/regs.h"
#include "hw/model/model.h"
#include "tests/unit/hwtest/silicon.h"

static char *text; /* the last report */
static size_t text_size;

static struct hwtest_summary run(struct hw_device *dev, struct hwtest_options options)
{
    struct hwtest_summary summary;
    free(text);
    options.report = open_memstream(&text, &text_size);
    options.device = "test";
    options.root = options.root != NULL ? options.root : "";
    assert_int_equal(hwtest_run(dev, &options, &summary), 0);
    fclose(options.report);
    return summary;
}

static struct hwtest_summary run_silicon(const char *chipset, const struct silicon_faults *faults,
                                         const char *only)
{
    struct silicon *silicon = silicon_create(chipset, faults);
    struct hwtest_summary summary = run(
        silicon_device(silicon),
        (struct hwtest_options){
            .clock = silicon_clock(silicon), .judges_time = true, .dangerous = true, .only = only});
    silicon_destroy(silicon);
    return summary;
}

static void has(const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, text);
    }
}

static void as_assumed_all_is_ok(void **state)
{
    static const char *const chipsets[] = {"915gm", "945gm", "g33", "pineview-m"};
    for (unsigned i = 0; i < sizeof(chipsets) / sizeof(chipsets[0]); i++) {
        struct hwtest_summary summary =
            run_silicon(chipsets[i], &(struct silicon_faults){.memory = NULL}, NULL);
        if (summary.counts[HWTEST_DIFFERS] + summary.counts[HWTEST_FAILED] != 0) {
            fail_msg("%s:\n%s", chipsets[i], text);
        }
        assert_in_range(summary.counts[HWTEST_SKIPPED], 0, 5);
        /* It is silicon: what nobody flushes is not there. */
        has("stale_unflushed: 256\n");
        has("stale_chipset_only: 256\n");
        has("stale_clflush_only: 256\n");
        has("stale_without_clflush: 32768\n");
        has("stale_without_chipset_flush: 32768\n");
        has("old_page_unflushed: 200\n");
        has("stale_at_once: 1000\n");
        has("store_ps_of_lonely_dwords: 100");
        has("reason: the two blocks are the same\n");
    }
}

static void memory_layouts_are_found(void **state)
{
    static const char *const layouts[] = {"single", "interleaved", "interleaved-11",
                                          "interleaved-17"};
    for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        struct hwtest_summary summary = run_silicon(
            "945gm", &(struct silicon_faults){.memory = layouts[i]}, "swizzle-x,swizzle-y");
        assert_int_equal(summary.counts[HWTEST_OK], 2);
    }
}

static void each_fault_is_judged(void **state)
{
    static const struct {
        struct silicon_faults faults;
        const char *only;
        enum hwtest_result result;
        const char *part;
    } rows[] = {
        {{.loses_clflush_every = 4}, "cpu-to-aperture", HWTEST_DIFFERS, "reason: 64 of 256 pages"},
        {{.loses_chipset_every = 1}, "cpu-to-aperture", HWTEST_DIFFERS, "reason: 256 of 256 "},
        {{.loses_clflush_every = 8}, "blit-flush", HWTEST_DIFFERS, "reason: 8000 of 64000 lines"},
        {{.aperture_loses_every = 16}, "aperture-to-cpu", HWTEST_DIFFERS, "reason: 16 of 256 "},
        {{.is_uncombined = true}, "aperture-speed", HWTEST_DIFFERS, "100030 ps: not combined"},
        {{.is_slow_to_flush = true}, "clflush", HWTEST_DIFFERS, "a frame of 1024x768 takes 295"},
        {{.drops_cached_bits = true}, "gtt-entries", HWTEST_FAILED, "512 of 1024 entries"},
        {{.drops_cached_bits = true}, "gtt-entries", HWTEST_FAILED, "differ: 0x00000006"},
        {{.tlb_is_late = true}, "gtt-order", HWTEST_DIFFERS, "1000 of 1000 reads"},
        {{.tlb_is_late = true}, "tlb", HWTEST_DIFFERS, "200 of 200 copies"},
        {{.snoop_misses_every = 8}, "snooped-read", HWTEST_DIFFERS, "4096 of 32768 lines"},
        {{.snoop_hides_every = 4}, "snooped-write", HWTEST_DIFFERS, "8192 of 32768 lines"},
        {{.snoop_misses_every = 8}, "textures", HWTEST_DIFFERS, "2048 of 16384 lines"},
        {{.snoop_hides_every = 4}, "colours", HWTEST_DIFFERS, "4096 of 16384 lines"},
        {{.channels = 0x402}, "swizzle-x", HWTEST_DIFFERS, "says 9_10 in X, memory shows none"},
        {{.memory = "interleaved-17", .channels = 0x402},
         "swizzle-y",
         HWTEST_DIFFERS,
         "says 9_10 in X, memory shows 9_10_17"},
        {{.tail_is_lost = true}, "ring", HWTEST_FAILED, "the ring stands: head 0x0"},
        {{.loses_interrupt_every = 50}, "interrupts", HWTEST_FAILED, "reason: 4 of 200 interrupts"},
        {{.loses_interrupt_every = 1},
         "bursts",
         HWTEST_FAILED,
         "reason: the last interrupt of 8 of 8"},
        {{.store_is_late = true}, "interrupts", HWTEST_DIFFERS, "reason: 200 of 200 interrupts"},
        {{.loses_interrupt_every = 10},
         "vblanks",
         HWTEST_DIFFERS,
         "60 vblanks came by interrupt, 6"},
        {{.never_locks = true}, "pll", HWTEST_FAILED, "stands for 500 ms"},
        {{.clock_percent = 90}, "pll", HWTEST_DIFFERS, "takes 18520 us, computed 16668 us"},
        {{.lines_ahead = 3}, "scan-lines", HWTEST_DIFFERS, "line is -3 to -3"},
        {{.wires_are_cut = true}, "ddc", HWTEST_DIFFERS, "GMBUS: a block; by hand: "},
        {{.has_no_controller = true}, "ddc", HWTEST_DIFFERS, "error; by hand: a block"},
        {{.wires_are_cut = true, .has_no_controller = true}, "ddc", HWTEST_DIFFERS, "by hand: In"},
        {{.counts_by_itself = true}, "registers", HWTEST_DIFFERS, "reason: 1 of "},
        {{.never_resets = true}, "reset", HWTEST_FAILED, "does not come back"},
        {{.resets_slowly = true}, "reset", HWTEST_DIFFERS, "reason: it took 200 ms"},
        {{.has_no_error_bits = true}, "page-fault", HWTEST_DIFFERS, "PGTBL_ER 0x00000000"},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hwtest_summary summary = run_silicon("945gm", &rows[i].faults, rows[i].only);
        if (summary.items != 1 || summary.counts[rows[i].result] != 1) {
            fail_msg("row %u, %s:\n%s", i, rows[i].only, text);
        }
        has(rows[i].part);
    }
}

/* ---- pipes that firmware left running ---- */

static void start_panel(struct hw_device *dev)
{
    static const uint32_t writes[][2] = {
        /* 1024x768 of 1344x806; 100 MHz * (5 * 17 + 6) / 10 / (2 * 7) = 65 MHz */
        {FPB0, 8u << 16 | 15u << 8 | 4u},
        {DPLL_B, 1u << 31 | 2u << 26 | 1u << 24 | 2u << 16 | 3u << 13},
        {DPLL_B, 1u << 31 | 1u << 28 | 2u << 26 | 1u << 24 | 2u << 16 | 3u << 13},
        {HTOTAL_A + PIPE_STRIDE, 1343u << 16 | 1023u},
        {HBLANK_A + PIPE_STRIDE, 1343u << 16 | 1023u},
        {HSYNC_A + PIPE_STRIDE, 1183u << 16 | 1047u},
        {VTOTAL_A + PIPE_STRIDE, 805u << 16 | 767u},
        {VBLANK_A + PIPE_STRIDE, 805u << 16 | 767u},
        {VSYNC_A + PIPE_STRIDE, 776u << 16 | 770u},
        {PIPESRC_A + PIPE_STRIDE, 1023u << 16 | 767u},
        {LVDS, 1u << 31 | 1u << 30},
        {PIPECONF_A + PIPE_STRIDE, PIPECONF_ENABLE},
    };
    for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        hw_write(dev, writes[i][0], writes[i][1]);
    }
}

static struct hwtest_summary run_panel(const struct silicon_faults *faults)
{
    struct silicon *silicon = silicon_create("945gm", faults);
    start_panel(silicon_device(silicon));
    struct hwtest_summary summary =
        run(silicon_device(silicon), (struct hwtest_options){.clock = silicon_clock(silicon),
                                                             .judges_time = true,
                                                             .only = "running-pipes,pll,reset"});
    /* What was found is there again. */
    assert_int_equal(hw_read(silicon_device(silicon), PIPECONF_A + PIPE_STRIDE) & PIPECONF_ENABLE,
                     PIPECONF_ENABLE);
    assert_int_equal(hw_read(silicon_device(silicon), LVDS), 3u << 30);
    silicon_destroy(silicon);
    return summary;
}

static void the_panel_of_the_firmware_is_measured_and_kept(void **state)
{
    struct hwtest_summary summary = run_panel(&(struct silicon_faults){.memory = NULL});
    if (summary.counts[HWTEST_OK] != 3) {
        fail_msg("%s", text);
    }
    has("clock_khz: 65000\n");
    has("reason: pipe B: a frame takes 16665 us, computed 16665 us\n");
}

static void a_panel_of_another_clock_differs(void **state)
{
    struct hwtest_summary summary = run_panel(&(struct silicon_faults){.clock_percent = 96});
    assert_int_equal(summary.counts[HWTEST_DIFFERS], 2);
    has("reason: pipe B: a frame takes 17360 us, computed 16665 us\n");
}

static void a_pipe_that_shows_something_is_left_alone(void **state)
{
    struct silicon *silicon = silicon_create("g33", &(struct silicon_faults){.memory = NULL});
    struct hw_device *dev = silicon_device(silicon);
    struct mode mode;
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 800, 600, &mode), 0);
    pipe_start(dev, &mode);
    struct hwtest_summary summary =
        run(dev, (struct hwtest_options){.clock = silicon_clock(silicon),
                                         .judges_time = true,
                                         .only = "running-pipes,pll,scan-lines,vblanks"});
    assert_int_equal(summary.counts[HWTEST_OK], 1);
    assert_int_equal(summary.counts[HWTEST_SKIPPED], 3);
    has("timing: pipe A 800x600 of ");
    has("reason: pipe A shows something: --dangerous takes it for a moment\n");
    silicon_destroy(silicon);
}

static void a_pipe_that_is_taken_comes_back(void **state)
{
    struct silicon *silicon = silicon_create("g33", &(struct silicon_faults){.memory = NULL});
    struct hw_device *dev = silicon_device(silicon);
    struct mode mode;
    assert_int_equal(mode_compute(MODE_PLL_GEN3, 800, 600, &mode), 0);
    pipe_start(dev, &mode);
    uint32_t timing = hw_read(dev, HTOTAL_A), clock = hw_read(dev, DPLL_A);
    struct hwtest_summary summary =
        run(dev, (struct hwtest_options){.clock = silicon_clock(silicon),
                                         .judges_time = true,
                                         .dangerous = true,
                                         .only = "pll,scan-lines,vblanks"});
    assert_int_equal(summary.counts[HWTEST_OK], 3);
    has("timing: pipe A 1024x768 of ");
    assert_int_equal(hw_read(dev, HTOTAL_A), timing);
    assert_int_equal(hw_read(dev, DPLL_A), clock);
    assert_int_equal(hw_read(dev, PIPECONF_A) & PIPECONF_ENABLE, PIPECONF_ENABLE);
    silicon_destroy(silicon);
}

/* A ring that stands in one item is reset for the next ones, and given up in the end. */
static void a_ring_that_stands_ends_no_run(void **state)
{
    struct hwtest_summary summary =
        run_silicon("g33", &(struct silicon_faults){.tail_is_lost = true}, NULL);
    assert_in_range(summary.counts[HWTEST_FAILED], 8, 20);
    assert_in_range(summary.counts[HWTEST_OK], 8, 31);
    has("\nhwtest: items=31 ");
}

static void on_the_model_all_is_ok_or_skipped(void **state)
{
    const char *chipset;
    for (size_t i = 0; (chipset = model_chipset_name(i)) != NULL; i++) {
        struct hw_device *model =
            model_create(&(struct model_options){.chipset = chipset, .threads = 1});
        /* But what takes time: that is tried on one of them, as a program. */
        struct hwtest_summary summary =
            run(model,
                (struct hwtest_options){.skip = "pll,scan-lines,vblanks,ddc", .dangerous = true});
        if (summary.counts[HWTEST_DIFFERS] + summary.counts[HWTEST_FAILED] != 0) {
            fail_msg("%s:\n%s", chipset, text);
        }
        has("reason: by --skip\nresult: skipped\n");
        hw_device_destroy(model);
    }
}

static void no_monitor_is_no_difference(void **state)
{
    struct hw_device *model = model_create(&(struct model_options){.threads = 1});
    model_plug_monitor(model, false, NULL);
    struct hwtest_summary summary = run(model, (struct hwtest_options){.only = "ddc"});
    assert_int_equal(summary.counts[HWTEST_SKIPPED], 1);
    has("reason: no monitor answers at the analog port\n");
    hw_device_destroy(model);
}

/* What is published tells of the monitor's kind, not which one it is. */
static void serial_numbers_are_blanked(void **state)
{
    uint8_t block[128] = {0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,  0x1c, 0xad,
                          0x33, 0x29, 0xee, 0xee, 0xee, 0xee, 1,    30, 1,    3};
    static const uint8_t serial[18] = {0, 0, 0, 0xff, 0, 'S', 'E', 'C', 'R', 'E', 'T', '\n'};
    memcpy(block + 72, serial, sizeof(serial));
    for (unsigned i = 0; i < 127; i++) {
        block[127] = (uint8_t)(block[127] - block[i]);
    }
    struct hw_device *model = model_create(&(struct model_options){.threads = 1});
    model_plug_monitor(model, true, block);
    struct hwtest_summary summary = run(model, (struct hwtest_options){.only = "ddc"});
    assert_int_equal(summary.counts[HWTEST_OK], 1);
    has("edid.00: 00 ff ff ff ff ff ff 00 1c ad 33 29 00 00 00 00\n");
    has("edid.40: 00 00 00 00 00 00 00 00 00 00 00 ff 00 00 00 00\n");
    hw_device_destroy(model);
}

static void a_small_table_is_refused(void **state)
{
    struct hw_device *model = model_create(&(struct model_options){.threads = 1});
    struct hwtest_summary summary;
    model->identity.gtt_entries = 1000;
    const struct hwtest_options options = {.device = "test", .root = "", .report = stdout};
    assert_int_equal(hwtest_run(model, &options, &summary), -EINVAL);
    hw_device_destroy(model);
}

static void entries_are_put_back(void **state)
{
    struct hw_device *model = model_create(&(struct model_options){.threads = 1});
    uint32_t last = 65535;
    last = last < model->identity.gtt_entries ? last : model->identity.gtt_entries - 1;
    hw_gtt_write(model, last, 0x1234000);
    (void)run(model, (struct hwtest_options){.only = "gtt-entries,h15,blit-flush"});
    assert_int_equal(hw_gtt_read(model, last), 0x1234000);
    hw_device_destroy(model);
}

/* ---- names ---- */

static void names_and_numbers_are_known(void **state)
{
    char unknown[16];
    assert_true(hwtest_names_are_known("ids", unknown, sizeof(unknown)));
    assert_true(hwtest_names_are_known("ids,h2,vblanks", unknown, sizeof(unknown)));
    assert_false(hwtest_names_are_known("", unknown, sizeof(unknown)));
    assert_false(hwtest_names_are_known("ids,", unknown, sizeof(unknown)));
    assert_false(hwtest_names_are_known("ids,h99", unknown, sizeof(unknown)));
    assert_string_equal(unknown, "h99");
    assert_false(hwtest_names_are_known("idss", unknown, sizeof(unknown)));
    assert_false(hwtest_names_are_known("id", unknown, sizeof(unknown)));
}

/* ---- the kernel's files, of a machine that is a directory ---- */

static char root[64];

static void put_file(const char *path, const char *content, size_t size)
{
    char place[256];
    snprintf(place, sizeof(place), "%s%s", root, path);
    for (char *at = strchr(place + strlen(root) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(place, 0700);
        *at = '/';
    }
    FILE *file = fopen(place, "w");
    assert_non_null(file);
    fwrite(content, 1, size, file);
    fclose(file);
}

static void put_text(const char *path, const char *content)
{
    put_file(path, content, strlen(content));
}

static void has_file(const char *path, const char *content)
{
    char place[256], line[64] = "";
    snprintf(place, sizeof(place), "%s%s", root, path);
    FILE *file = fopen(place, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, content);
    fclose(file);
}

static int make_machine(void **state)
{
    char bridge[256] = {0};
    strcpy(root, "/tmp/gemd-hwtest-XXXXXX");
    assert_non_null(mkdtemp(root));
    put_text("/proc/cpuinfo", "model name\t: Genuine Intel\nflags\t\t: fpu sse2\n");
    put_text("/proc/cmdline", "root=UUID=01234567-89ab-cdef-0123-456789abcdef ro nomodeset\n");
    put_text("/proc/iomem", "00000000-0009fbff : System RAM\nd0000000-febfffff : PCI Bus 0000:00\n"
                            "  d0000000-dfffffff : 0000:00:02.0\n");
    put_text("/proc/interrupts", " 16:  1  IO-APIC  16-fasteoi  uio_pci_generic, ehci_hcd\n");
    put_text("/proc/mtrr", "reg00: base=0x000000000 (0MB), size= 2048MB, count=1: write-back\n");
    put_text("/sys/kernel/debug/x86/pat_memtype_list",
             "PAT memtype list:\n"
             "PAT: [mem 0x0000000000000000-0x0000000010000000] write-combining\n");
    put_text("/sys/class/rtc/rtc0/wakealarm", "");
    put_text("/sys/power/state", "");
    put_text("/sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086\n");
    bridge[0x60] = 0x01;
    bridge[0x61] = (char)0xf0;
    bridge[0x62] = (char)0xbf;
    bridge[0x63] = (char)0xfe;
    put_file("/sys/bus/pci/devices/0000:00:00.0/config", bridge, sizeof(bridge));
    return 0;
}

static int remove_machine(void **state)
{
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static struct hwtest_summary run_machine(const char *only)
{
    struct hw_device *model =
        model_create(&(struct model_options){.chipset = "945gm", .threads = 1});
    struct hwtest_summary summary = run(
        model,
        (struct hwtest_options){.has_files = true, .root = root, .only = only, .dangerous = true});
    hw_device_destroy(model);
    return summary;
}

static void a_machine_is_described(void **state)
{
    struct hwtest_summary summary = run_machine("irq-line,memory-type,flush-page,suspend");
    if (summary.counts[HWTEST_OK] != 4) {
        fail_msg("%s", text);
    }
    has("judges_time: yes\n");
    has("cmdline: root=UUID=************************************ ro nomodeset\n");
    has("pci: 0000:00:02.0 0x8086:- class -");
    has("iomem:   d0000000-dfffffff : 0000:00:02.0\n");
    has("reason: INTA by uio, shared\n");
    has("mtrr: reg00: base=0x000000000");
    has("reason: the aperture is write-combining\n");
    has("reason: at 0xfebff000, which nothing else has\n");
    has_file("/sys/class/rtc/rtc0/wakealarm", "+20");
    has_file("/sys/power/state", "mem");
}

static void what_differs_on_a_machine_is_said(void **state)
{
    put_text("/proc/cpuinfo", "flags\t\t: fpu hypervisor sse2\n");
    put_text("/proc/interrupts", " 16:  1  IO-APIC  16-fasteoi  ehci_hcd\n");
    put_text("/sys/kernel/debug/x86/pat_memtype_list",
             "PAT: [mem 0x0000000000000000-0x0000000010000000] uncached-minus\n");
    put_text("/proc/iomem", "febff000-febfffff : hpet\n");
    struct hwtest_summary summary = run_machine("irq-line,memory-type,flush-page");
    assert_int_equal(summary.counts[HWTEST_DIFFERS], 3);
    has("virtual: yes\njudges_time: no\n");
    has("reason: uio_pci_generic has no interrupt: polled\n");
    has("reason: the aperture is mapped, but not write-combining\n");
    has("reason: 0xfebff000 is also that of \"febff000-febfffff : hpet\"\n");
}

static void nothing_tells_which_machine_it_was(void **state)
{
    static const char *const rows[][2] = {
        {"eth0: 00:1a:2B:3c:4d:5e up", "eth0: **:**:**:**:**:** up"},
        {"at 0000:00:02.0 it is", "at 0000:00:02.0 it is"},
        {"SerialNumber: 12AB 3", "SerialNumber: **** 3"},
        {"Serial port at 0x3f8", "Serial port at 0x3f8"},
        {"root=PARTUUID=1234-02 quiet", "root=PARTUUID=******* quiet"},
        {"id 01234567-89ab-cdef-0123-456789abcdef.", "id ********-****-****-****-************."},
        {"a\tb\033[1m", "a b [1m"},
        {"", ""},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[96];
        strcpy(line, rows[i][0]);
        redact_line(line);
        assert_string_equal(line, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_assumed_all_is_ok),
        cmocka_unit_test(memory_layouts_are_found),
        cmocka_unit_test(each_fault_is_judged),
        cmocka_unit_test(the_panel_of_the_firmware_is_measured_and_kept),
        cmocka_unit_test(a_panel_of_another_clock_differs),
        cmocka_unit_test(a_pipe_that_shows_something_is_left_alone),
        cmocka_unit_test(a_pipe_that_is_taken_comes_back),
        cmocka_unit_test(a_ring_that_stands_ends_no_run),
        cmocka_unit_test(on_the_model_all_is_ok_or_skipped),
        cmocka_unit_test(no_monitor_is_no_difference),
        cmocka_unit_test(serial_numbers_are_blanked),
        cmocka_unit_test(a_small_table_is_refused),
        cmocka_unit_test(entries_are_put_back),
        cmocka_unit_test(names_and_numbers_are_known),
        cmocka_unit_test_setup_teardown(a_machine_is_described, make_machine, remove_machine),
        cmocka_unit_test_setup_teardown(what_differs_on_a_machine_is_said, make_machine,
                                        remove_machine),
        cmocka_unit_test(nothing_tells_which_machine_it_was),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    return failed;
}
