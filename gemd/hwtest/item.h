/* SPDX-License-Identifier: MIT */
/* One item of the list, and what all items share. */
#ifndef GEMD_HWTEST_ITEM_H
#define GEMD_HWTEST_ITEM_H

#include "gemd/hwtest/bench.h"
#include "gemd/hwtest/engine.h"
#include "gemd/hwtest/hwtest.h"

#define HWTEST_REASON_MAX 320

struct hwtest {
    struct hw_device *dev;
    const struct hwtest_options *options;
    const struct hwtest_clock *clock;
    struct bench bench;
    struct engine engine;
    bool is_virtual;  /* the machine is: its bridge, its caches and its times are nobody's */
    bool judges_time; /* neither the model nor a virtual machine */
    char reason[HWTEST_REASON_MAX];
};

struct hwtest_item {
    const char *name;
    const char *title;
    const char *assumed; /* what the daemon and the model take for granted */
    const char *source;  /* of doc/gen3.md, or another document */
    bool is_dangerous;
    enum hwtest_result (*run)(struct hwtest *test);
};

/* The list, in the order in which it is to be run. */
extern const struct hwtest_item hwtest_items[];
extern const unsigned hwtest_item_count;

/* A line "key: value" of the report, under the item that runs. */
__attribute__((format(printf, 3, 4))) void hwtest_note(struct hwtest *test, const char *key,
                                                       const char *format, ...);

/* Sets the line that explains the result, and returns the result. */
__attribute__((format(printf, 3, 4))) enum hwtest_result
hwtest_conclude(struct hwtest *test, enum hwtest_result result, const char *format, ...);

/* For what was counted: ok when nothing was wrong. */
enum hwtest_result hwtest_judge_count(struct hwtest *test, uint64_t wrong, uint64_t of,
                                      const char *what);

static inline uint64_t hwtest_now(const struct hwtest *test)
{
    return test->clock->now(test->clock->data);
}

static inline void hwtest_sleep(const struct hwtest *test, uint64_t ns)
{
    test->clock->sleep(test->clock->data, ns);
}

/* One of the kernel's files; NULL: there is none, or it is not for the device. */
FILE *hwtest_open(const struct hwtest *test, const char *path);

/* Reads only. */
enum hwtest_result test_ids(struct hwtest *test);
enum hwtest_result test_irq_line(struct hwtest *test);
enum hwtest_result test_memory_type(struct hwtest *test);
enum hwtest_result test_flush_page(struct hwtest *test);
enum hwtest_result test_registers(struct hwtest *test);
enum hwtest_result test_running_pipes(struct hwtest *test);
/* Page table and aperture. */
enum hwtest_result test_gtt_entries(struct hwtest *test);
enum hwtest_result test_gtt_order(struct hwtest *test);
enum hwtest_result test_cpu_to_aperture(struct hwtest *test);
enum hwtest_result test_aperture_to_cpu(struct hwtest *test);
enum hwtest_result test_aperture_speed(struct hwtest *test);
enum hwtest_result test_clflush(struct hwtest *test);
enum hwtest_result test_swizzle_x(struct hwtest *test);
enum hwtest_result test_swizzle_y(struct hwtest *test);
/* The ring. */
enum hwtest_result test_ring(struct hwtest *test);
enum hwtest_result test_status_page(struct hwtest *test);
enum hwtest_result test_interrupts(struct hwtest *test);
enum hwtest_result test_bursts(struct hwtest *test);
enum hwtest_result test_blit_flush(struct hwtest *test);
enum hwtest_result test_snooped_read(struct hwtest *test);
enum hwtest_result test_snooped_write(struct hwtest *test);
enum hwtest_result test_tlb(struct hwtest *test);
enum hwtest_result test_textures(struct hwtest *test);
enum hwtest_result test_colours(struct hwtest *test);
/* The display. */
enum hwtest_result test_pll(struct hwtest *test);
enum hwtest_result test_scan_lines(struct hwtest *test);
enum hwtest_result test_vblanks(struct hwtest *test);
enum hwtest_result test_ddc(struct hwtest *test);
/* What may take the machine along. */
enum hwtest_result test_reset(struct hwtest *test);
enum hwtest_result test_page_fault(struct hwtest *test);
enum hwtest_result test_suspend(struct hwtest *test);

#endif
