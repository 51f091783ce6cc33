/* SPDX-License-Identifier: MIT */
/* The 3D pipe beside the processor: a texture is drawn into a target of its size, texel by texel.
 */
#include <string.h>

#include "gemd/hwtest/item.h"
#include "gemd/preamble.h"
#include "hw/gen3/regs.h"

#define REPEATS   16u
#define LINES     (BUFFER_BYTES / 64u)
#define PITCH     256u
#define WIDTH     64u
#define HEIGHT    (BUFFER_BYTES / PITCH)
#define RECTANGLE (0x7f000000u | 7u << 18) /* RECTLIST, vertices behind it (doc/gen3.md E) */
#define VERTEX    6u                       /* dwords: x, y, z, colour, u, v */

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static uint32_t put_vertex(uint32_t *words, float x, float y)
{
    const uint32_t vertex[VERTEX] = {bits_of(x * WIDTH), bits_of(y * HEIGHT), 0,
                                     0xffffffffu,        bits_of(x),          bits_of(y)};
    memcpy(words, vertex, sizeof(vertex));
    return VERTEX;
}

/* The batch of doc/gen3.md J.2 and J.3: one texture, nearest, over all of the target. */
static void write_batch(struct hwtest *test)
{
    const uint32_t target = bench_address(&test->bench, PAGE_TARGET);
    const uint32_t source = bench_address(&test->bench, PAGE_SOURCE);
    const uint32_t state[] = {
        0x7d8e0001,
        0x03000000 | PITCH,
        target, /* colour */
        0x7d850000,
        0x10880300, /* ARGB8888 */
        0x7d800003,
        0,
        0,
        (HEIGHT - 1) << 16 | (WIDTH - 1),
        0, /* all of it */
        0x7d040743,
        0xfffffff0,
        0x00902440,
        0,
        6, /* S2, S4, S5, S6: one 2D texcoord */
        0x7d000003,
        1,
        source,
        (HEIGHT - 1) << 21 | (WIDTH - 1) << 10 | 3u << 7,
        (PITCH / 4 - 1) << 21 | 0x3fu << 15, /* the map */
        0x7d010003,
        1,
        0,
        0x000024a0,
        0, /* its sampler */
        0x7d050008,
        0x19080c00,
        0,
        0,
        0x19180000,
        0,
        0,
        0x15200000,
        0x01000000,
        0,
        RECTANGLE | (3 * VERTEX - 1),
    };
    uint32_t *words = bench_words(&test->bench, PAGE_BATCH);
    uint32_t count = sizeof(state) / sizeof(state[0]);
    memcpy(words, state, sizeof(state));
    count += put_vertex(words + count, 1, 1);
    count += put_vertex(words + count, 0, 1);
    count += put_vertex(words + count, 0, 0);
    words[count++] = MI_FLUSH;
    words[count++] = MI_BATCH_BUFFER_END;
    words[count] = MI_NOOP;
    memset(bench_words(&test->bench, PAGE_PREAMBLE), 0, HW_PAGE_SIZE);
    (void)preamble_write(bench_words(&test->bench, PAGE_PREAMBLE),
                         bench_address(&test->bench, PAGE_DUMMY));
    bench_flush(&test->bench, PAGE_PREAMBLE, 2);
}

static bool draw(struct hwtest *test)
{
    static const uint32_t pages[] = {PAGE_PREAMBLE, PAGE_BATCH};
    for (unsigned i = 0; i < 2; i++) {
        const uint32_t dwords[] = {MI_BATCH_BUFFER_START | MI_BATCH_GTT,
                                   bench_address(&test->bench, pages[i])};
        engine_put(test, dwords, 2);
    }
    engine_put_one(test, MI_FLUSH | MI_FLUSH_MAP_CACHE);
    return engine_run(test);
}

static bool count_draws(struct hwtest *test, uint32_t seed, bool flushes_source,
                        bool flushes_target, uint64_t *stale)
{
    const struct bench *bench = &test->bench;
    for (uint32_t i = 0; i < REPEATS; i++) {
        bench_fill(bench, PAGE_SOURCE, BUFFER_PAGES, seed + i);
        if (flushes_source) {
            bench_flush_lines(bench, PAGE_SOURCE, BUFFER_PAGES);
        }
        hw_chipset_flush(bench->dev);
        if (!draw(test)) {
            return false;
        }
        if (flushes_target) {
            bench_flush_lines(bench, PAGE_TARGET, BUFFER_PAGES);
        }
        *stale += bench_count_stale(bench, PAGE_TARGET, BUFFER_PAGES, seed + i);
    }
    bench_flush(bench, PAGE_SOURCE, BUFFER_PAGES);
    bench_flush(bench, PAGE_TARGET, BUFFER_PAGES);
    return true;
}

static void set_entries(struct hwtest *test, bool source, bool target)
{
    for (uint32_t i = 0; i < BUFFER_PAGES; i++) {
        bench_set_entry(&test->bench, PAGE_SOURCE + i, PAGE_SOURCE + i, source);
        bench_set_entry(&test->bench, PAGE_TARGET + i, PAGE_TARGET + i, target);
    }
    bench_flush_entries(&test->bench);
}

/* First without, so that what differs is the snooping. */
static enum hwtest_result test_drawn(struct hwtest *test, bool source, bool target,
                                     const char *what)
{
    uint64_t plain = 0, snooped = 0;
    if (!engine_need(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
    }
    write_batch(test);
    set_entries(test, false, false);
    bool is_done = count_draws(test, 0x800, true, true, &plain);
    set_entries(test, source, target);
    is_done = is_done && count_draws(test, 0x880, !source, !target, &snooped);
    set_entries(test, false, false);
    if (!is_done) {
        return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
    }
    hwtest_note(test, "lines", "%u", LINES * REPEATS);
    hwtest_note(test, "wrong_uncached", "%llu", (unsigned long long)plain);
    hwtest_note(test, "wrong_snooped", "%llu", (unsigned long long)snooped);
    if (plain != 0) {
        return hwtest_conclude(test, HWTEST_FAILED, "%llu of %u lines are drawn wrong, unsnooped",
                               (unsigned long long)plain, LINES * REPEATS);
    }
    return hwtest_judge_count(test, snooped, (uint64_t)LINES * REPEATS, what);
}

enum hwtest_result test_textures(struct hwtest *test)
{
    return test_drawn(test, true, false, "lines of a snooped texture were stale");
}

enum hwtest_result test_colours(struct hwtest *test)
{
    return test_drawn(test, false, true, "lines of a snooped colour buffer were not seen");
}
