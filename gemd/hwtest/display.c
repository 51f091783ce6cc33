/* SPDX-License-Identifier: MIT */
/* Pipes: those that run as they are found, and pipe A with a mode of ours on the analog port. */
#include <string.h>

#include "gemd/found.h"
#include "gemd/hwtest/item.h"
#include "gemd/hwtest/scan.h"
#include "gemd/mode.h"
#include "gemd/pipe.h"
#include "hw/gen3/regs.h"

#define WIDTH       1024u
#define HEIGHT      768u
#define LOCK_NS_MAX 500000000u
#define LOCK_NS     20000000u /* more than a frame: something else than a PLL is slow */
#define VBLANKS     60u
#define PATIENCE_NS 200000000u
#define MISSED_MAX  1u

static bool runs(struct hw_device *dev, unsigned pipe)
{
    return (hw_read(dev, PIPECONF_A + pipe * PIPE_STRIDE) & PIPECONF_ENABLE) != 0;
}

/* The worst of all pipes counts, with its reason. */
enum hwtest_result test_running_pipes(struct hwtest *test)
{
    enum hwtest_result worst = HWTEST_SKIPPED;
    char reason[HWTEST_REASON_MAX] = "no pipe shows anything";
    for (unsigned pipe = 0; pipe < 2; pipe++) {
        struct scan_timing timing;
        int32_t least, most;
        if (!runs(test->dev, pipe)) {
            continue;
        }
        scan_read_timing(test->dev, pipe, &timing);
        hwtest_note(test, "registers",
                    "PIPECONF 0x%08x DPLL 0x%08x ADPA 0x%08x LVDS 0x%08x PFIT 0x%08x",
                    hw_read(test->dev, PIPECONF_A + pipe * PIPE_STRIDE),
                    hw_read(test->dev, pipe == 0 ? DPLL_A : DPLL_B), hw_read(test->dev, ADPA),
                    hw_read(test->dev, LVDS), hw_read(test->dev, PFIT_CONTROL));
        enum hwtest_result result = scan_judge(test, pipe, &timing);
        hwtest_note(test, pipe == 0 ? "pipe.A" : "pipe.B", "%s", test->reason);
        if (worst == HWTEST_SKIPPED || result > worst) {
            worst = result;
            memcpy(reason, test->reason, sizeof(reason));
        }
        scan_compare_lines(test, pipe, &timing, &least, &most);
    }
    return hwtest_conclude(test, worst, "%s", reason);
}

/* ---- a mode of our own ---- */

struct screen {
    struct found found;
    struct mode mode;
    struct scan_timing timing;
    uint64_t started_ns;
};

static bool begin(struct hwtest *test, struct screen *screen, enum hwtest_result *result)
{
    struct hw_device *dev = test->dev;
    if (runs(dev, 0) && !test->options->dangerous) {
        *result = hwtest_conclude(test, HWTEST_SKIPPED,
                                  "pipe A shows something: --dangerous takes it for a moment");
        return false;
    }
    int error = mode_compute(pipe_pll_kind(dev), WIDTH, HEIGHT, &screen->mode);
    if (error != 0) {
        *result = hwtest_conclude(test, HWTEST_FAILED, "no mode: %s", strerror(-error));
        return false;
    }
    found_save(&screen->found, dev);
    if (runs(dev, 0)) {
        pipe_stop(dev);
    }
    screen->started_ns = hwtest_now(test);
    pipe_start(dev, &screen->mode);
    scan_read_timing(dev, 0, &screen->timing);
    return true;
}

static void end(struct hwtest *test, const struct screen *screen)
{
    pipe_stop(test->dev);
    found_restore(&screen->found, test->dev);
}

/* Until the scan line moves; the time, or 0: it does not. */
static uint64_t await_movement(struct hwtest *test, uint64_t since)
{
    uint32_t line = hw_read(test->dev, PIPEDSL_A);
    for (uint64_t now = hwtest_now(test); now - since < LOCK_NS_MAX; now = hwtest_now(test)) {
        if (hw_read(test->dev, PIPEDSL_A) != line) {
            return hwtest_now(test) - since;
        }
    }
    return 0;
}

static enum hwtest_result judge_pll(struct hwtest *test, const struct screen *screen)
{
    uint64_t slack = 0, moved = await_movement(test, screen->started_ns);
    hwtest_note(test, "pll", "n %u m1 %u m2 %u p1 %u p2 %u: %u kHz", screen->mode.pll.n,
                screen->mode.pll.m1, screen->mode.pll.m2, screen->mode.pll.p1, screen->mode.pll.p2,
                screen->mode.pll.clock_khz);
    if (moved == 0) {
        return hwtest_conclude(test, HWTEST_FAILED,
                               "the scan line stands for %u ms: the PLL does not lock",
                               LOCK_NS_MAX / 1000000);
    }
    hwtest_note(test, "ns_to_the_first_line", "%llu", (unsigned long long)moved);
    uint64_t early = scan_measure(test, 0, &screen->timing, 2 * LOCK_NS, &slack);
    hwtest_note(test, "first_frames_ns", "%llu give or take %llu", (unsigned long long)early,
                (unsigned long long)slack);
    enum hwtest_result result = scan_judge(test, 0, &screen->timing);
    if (result == HWTEST_OK && test->judges_time && moved > LOCK_NS) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "the first line came after %llu us",
                               (unsigned long long)moved / 1000);
    }
    return result;
}

enum hwtest_result test_pll(struct hwtest *test)
{
    struct screen screen;
    enum hwtest_result result;
    if (begin(test, &screen, &result)) {
        result = judge_pll(test, &screen);
        end(test, &screen);
    }
    return result;
}

enum hwtest_result test_scan_lines(struct hwtest *test)
{
    struct screen screen;
    enum hwtest_result result;
    int32_t least, most;
    if (!begin(test, &screen, &result)) {
        return result;
    }
    scan_compare_lines(test, 0, &screen.timing, &least, &most);
    end(test, &screen);
    if (least > most) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "no look was within one line");
    }
    return hwtest_conclude(test, least == 0 && most == 0 ? HWTEST_OK : HWTEST_DIFFERS,
                           "the pixel counter's line is %d to %d from PIPEDSL + 1", least, most);
}

/* ---- vblanks by interrupt ---- */

struct beats {
    uint32_t taken, missed;
    uint64_t last_ns, least, most;
    uint32_t last_frame;
    uint32_t line_least, line_most; /* where the interrupt was seen */
    bool stopped;
};

static void count_beat(struct hwtest *test, struct beats *beats, uint64_t when)
{
    uint32_t line = hw_read(test->dev, PIPEDSL_A),
             frame = pipe_frame_count(test->dev, &pipe_analog);
    if (beats->taken > 0) {
        uint64_t gap = when - beats->last_ns;
        uint32_t frames = (frame - beats->last_frame) & 0xffffffu;
        beats->missed += frames > 1 ? frames - 1 : 0;
        beats->least = gap < beats->least ? gap : beats->least;
        beats->most = gap > beats->most ? gap : beats->most;
    }
    beats->line_least = line < beats->line_least ? line : beats->line_least;
    beats->line_most = line > beats->line_most ? line : beats->line_most;
    beats->last_ns = when;
    beats->last_frame = frame;
    beats->taken++;
}

static void count_beats(struct hwtest *test, struct beats *beats)
{
    const uint64_t patience = test->judges_time ? PATIENCE_NS : 10 * (uint64_t)PATIENCE_NS;
    hw_write(test->dev, PIPESTAT_A, PIPESTAT_VBLANK_ENABLE | PIPESTAT_VBLANK);
    while (beats->taken < VBLANKS && !beats->stopped) {
        uint64_t when = 0;
        uint32_t iir = engine_take(test, patience, &when);
        if ((iir & INT_PIPE_A_EVENT) != 0) {
            count_beat(test, beats, when);
        }
        beats->stopped = iir == 0;
    }
    hw_write(test->dev, PIPESTAT_A, PIPESTAT_VBLANK);
    engine_drain(test);
}

enum hwtest_result test_vblanks(struct hwtest *test)
{
    struct screen screen;
    struct beats beats = {.least = UINT64_MAX, .line_least = UINT32_MAX};
    enum hwtest_result result;
    if (!engine_need(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
    }
    if (!begin(test, &screen, &result)) {
        return result;
    }
    count_beats(test, &beats);
    end(test, &screen);
    hwtest_note(test, "taken", "%u of %u", beats.taken, VBLANKS);
    hwtest_note(test, "missed", "%u", beats.missed);
    if (beats.taken > 1) {
        hwtest_note(test, "gap_ns", "least %llu most %llu, computed %llu",
                    (unsigned long long)beats.least, (unsigned long long)beats.most,
                    (unsigned long long)scan_expected_ns(&screen.timing));
        hwtest_note(test, "seen_at_line", "%u to %u, vblank begins at %u", beats.line_least,
                    beats.line_most, screen.timing.height);
    }
    if (beats.stopped) {
        return hwtest_conclude(test, HWTEST_FAILED, "no vblank interrupt within %u ms, after %u",
                               PATIENCE_NS / 1000000, beats.taken);
    }
    bool is_missed = test->judges_time && beats.missed > MISSED_MAX;
    return hwtest_conclude(test, is_missed ? HWTEST_DIFFERS : HWTEST_OK,
                           "%u vblanks came by interrupt, %u frames passed without", beats.taken,
                           beats.missed);
}
