/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/hwtest/item.h"
#include "gemd/hwtest/machine.h"

static const char *const result_names[HWTEST_RESULTS] = {
    [HWTEST_OK] = "ok",
    [HWTEST_DIFFERS] = "differs",
    [HWTEST_FAILED] = "failed",
    [HWTEST_SKIPPED] = "skipped",
};

void hwtest_note(struct hwtest *test, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(test->options->report, "%s: ", key);
    vfprintf(test->options->report, format, args);
    fputc('\n', test->options->report);
    va_end(args);
}

enum hwtest_result hwtest_conclude(struct hwtest *test, enum hwtest_result result,
                                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(test->reason, sizeof(test->reason), format, args);
    va_end(args);
    return result;
}

enum hwtest_result hwtest_judge_count(struct hwtest *test, uint64_t wrong, uint64_t of,
                                      const char *what)
{
    return hwtest_conclude(test, wrong == 0 ? HWTEST_OK : HWTEST_DIFFERS, "%llu of %llu %s",
                           (unsigned long long)wrong, (unsigned long long)of, what);
}

FILE *hwtest_open(const struct hwtest *test, const char *path)
{
    char place[512];
    if (!test->options->has_files ||
        snprintf(place, sizeof(place), "%s%s", test->options->root, path) >= (int)sizeof(place)) {
        return NULL;
    }
    return fopen(place, "re");
}

/* ---- which items ---- */

/* By name, or by "h" and the number. */
static bool is_named(const char *name, size_t length, unsigned index)
{
    char number[8];
    snprintf(number, sizeof(number), "h%u", index + 1);
    const char *const both[] = {hwtest_items[index].name, number};
    for (unsigned i = 0; i < 2; i++) {
        if (strlen(both[i]) == length && strncmp(both[i], name, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_name(const char *names, unsigned index)
{
    while (names != NULL && *names != '\0') {
        size_t length = strcspn(names, ",");
        if (is_named(names, length, index)) {
            return true;
        }
        names += length + (names[length] == ',');
    }
    return false;
}

static bool is_known(const char *name, size_t length)
{
    for (unsigned i = 0; i < hwtest_item_count; i++) {
        if (is_named(name, length, i)) {
            return true;
        }
    }
    return false;
}

bool hwtest_names_are_known(const char *names, char *unknown, size_t size)
{
    do {
        size_t length = strcspn(names, ",");
        if (!is_known(names, length)) {
            snprintf(unknown, size, "%.*s", (int)length, names);
            return false;
        }
        names += length;
    } while (*names++ == ',');
    return true;
}

void hwtest_list(FILE *to)
{
    for (unsigned i = 0; i < hwtest_item_count; i++) {
        const struct hwtest_item *item = &hwtest_items[i];
        fprintf(to, "h%-3u %-16s %s%s\n", i + 1, item->name, item->title,
                item->is_dangerous ? " (--dangerous)" : "");
    }
}

/* ---- one after the other ---- */

static enum hwtest_result run_item(struct hwtest *test, unsigned index)
{
    const struct hwtest_item *item = &hwtest_items[index];
    test->reason[0] = '\0';
    if (has_name(test->options->skip, index)) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "by --skip");
    }
    if (item->is_dangerous && !test->options->dangerous) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "it may hang the machine: --dangerous");
    }
    return item->run(test);
}

static void tell(const struct hwtest *test, unsigned index, const char *text)
{
    FILE *to = test->options->progress;
    if (to != NULL) {
        fprintf(to, "h%-3u %-16s %s\n", index + 1, hwtest_items[index].name, text);
        fflush(to);
    }
}

/* On the disk before the next one begins, which may hang the machine. */
static void do_item(struct hwtest *test, unsigned index, struct hwtest_summary *summary)
{
    const struct hwtest_item *item = &hwtest_items[index];
    FILE *to = test->options->report;
    char line[HWTEST_REASON_MAX + 32];
    fprintf(to, "item: h%u %s\ntitle: %s\nassumed: %s\nsource: %s\n", index + 1, item->name,
            item->title, item->assumed, item->source);
    fflush(to);
    fsync(fileno(to));
    enum hwtest_result result = run_item(test, index);
    fprintf(to, "reason: %s\nresult: %s\n\n", test->reason, result_names[result]);
    snprintf(line, sizeof(line), "%s: %s", result_names[result], test->reason);
    tell(test, index, line);
    summary->items++;
    summary->counts[result]++;
}

static void write_summary(const struct hwtest *test, const struct hwtest_summary *summary)
{
    fprintf(test->options->report, "hwtest: items=%u ok=%u differs=%u failed=%u skipped=%u\n",
            summary->items, summary->counts[HWTEST_OK], summary->counts[HWTEST_DIFFERS],
            summary->counts[HWTEST_FAILED], summary->counts[HWTEST_SKIPPED]);
}

int hwtest_run(struct hw_device *dev, const struct hwtest_options *options,
               struct hwtest_summary *summary)
{
    struct hwtest test = {
        .dev = dev,
        .options = options,
        .clock = options->clock != NULL ? options->clock : &hwtest_clock,
    };
    *summary = (struct hwtest_summary){0};
    test.is_virtual = machine_is_virtual(&test);
    test.judges_time = options->judges_time || (options->has_files && !test.is_virtual);
    int error = bench_init(&test.bench, dev);
    if (error != 0) {
        return error;
    }
    machine_write(&test);
    for (unsigned i = 0; i < hwtest_item_count; i++) {
        if (options->only == NULL || has_name(options->only, i)) {
            do_item(&test, i, summary);
        }
    }
    engine_stop(&test);
    bench_finish(&test.bench);
    write_summary(&test, summary);
    return fflush(options->report) == 0 && !ferror(options->report) ? 0 : -EIO;
}
