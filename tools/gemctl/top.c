/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/top.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "tools/gemctl/report.h"

enum { LINE_MAX_BYTES = 512 };

/* ---- rates ---- */

static const json_t *session_with_id(const json_t *status, int64_t id)
{
    size_t i;
    json_t *session;
    json_array_foreach(json_object_get(status, "sessions"), i, session)
    {
        if (report_number(session, "id") == id) {
            return session;
        }
    }
    return NULL;
}

/* Growth of a counter per second; one that shrank is another daemon's. before may be NULL. */
static double rate(const json_t *before, const json_t *now, const char *key, double seconds)
{
    if (!report_has(now, key)) {
        return TOP_UNKNOWN;
    }
    double grown = (double)(report_number(now, key) - report_number(before, key));
    return grown > 0 && seconds > 0 ? grown / seconds : 0;
}

static double share(const json_t *before, const json_t *now, const char *key, double seconds)
{
    double ns = rate(before, now, key, seconds);
    return ns == TOP_UNKNOWN ? ns : ns / 1e7;
}

static void fill_row(struct top_row *row, const json_t *before, const json_t *session,
                     double seconds)
{
    const json_t *old = session_with_id(before, report_number(session, "id"));
    *row = (struct top_row){
        .session = session,
        .gpu = share(old, session, "gpu_ns", seconds),
        .validator = share(old, session, "validate_ns", seconds),
        .batches = rate(old, session, "retired", seconds),
        .waits = rate(old, session, "waits", seconds),
        .frames = rate(old, session, "frames", seconds),
        .refused = rate(old, session, "rejected", seconds),
        .fresh = old == NULL,
    };
}

static int compare_ids(const struct top_row *a, const struct top_row *b)
{
    int64_t left = report_number(a->session, "id"), right = report_number(b->session, "id");
    return (left > right) - (left < right);
}

static int by_id(const void *a, const void *b)
{
    return compare_ids(a, b);
}

static int by_memory(const void *a, const void *b)
{
    const struct top_row *left = a, *right = b;
    int64_t l = report_number(left->session, "bytes"), r = report_number(right->session, "bytes");
    return l != r ? (l < r) - (l > r) : compare_ids(left, right);
}

/* Without GPU times: by batches. */
static int by_gpu(const void *a, const void *b)
{
    const struct top_row *left = a, *right = b;
    if (left->gpu != right->gpu) {
        return left->gpu < right->gpu ? 1 : -1;
    }
    if (left->batches != right->batches) {
        return left->batches < right->batches ? 1 : -1;
    }
    return compare_ids(left, right);
}

static int (*const orders[])(const void *a, const void *b) = {
    [TOP_BY_GPU] = by_gpu, [TOP_BY_MEMORY] = by_memory, [TOP_BY_ID] = by_id};

static const json_t *group(const json_t *status, const char *name)
{
    return json_object_get(status, name);
}

int top_make(struct top *top, const json_t *before, const json_t *now, const struct top_view *view)
{
    size_t i;
    json_t *session;
    const json_t *sessions = group(now, "sessions");
    *top = (struct top){.status = now, .gpu = TOP_UNKNOWN};
    top->rows = calloc(json_array_size(sessions) + 1, sizeof(top->rows[0]));
    if (top->rows == NULL) {
        return -ENOMEM;
    }
    int64_t ns = report_number(group(now, "daemon"), "time_ns") -
                 report_number(group(before, "daemon"), "time_ns");
    top->seconds = before != NULL && ns > 0 ? (double)ns / 1e9 : 0;
    json_array_foreach(sessions, i, session)
    {
        struct top_row row;
        fill_row(&row, before, session, top->seconds);
        if (row.gpu != TOP_UNKNOWN) {
            top->gpu = (top->gpu == TOP_UNKNOWN ? 0 : top->gpu) + row.gpu;
        }
        if (view->uid >= 0 && report_number(session, "uid") != view->uid) {
            top->hidden++;
        } else {
            top->rows[top->count++] = row;
        }
    }
    qsort(top->rows, top->count, sizeof(top->rows[0]), orders[view->order]);
    const json_t *old = group(before, "gpu"), *gpu = group(now, "gpu");
    top->batches = rate(old, gpu, "batches", top->seconds);
    top->refused = rate(old, gpu, "batches_rejected", top->seconds);
    top->interrupts = rate(old, gpu, "interrupts", top->seconds);
    top->evictions = rate(group(before, "gtt"), group(now, "gtt"), "evictions", top->seconds);
    top->flips = rate(group(before, "screen"), group(now, "screen"), "flips", top->seconds);
    return 0;
}

void top_free(struct top *top)
{
    free(top->rows);
    *top = (struct top){0};
}

/* ---- text ---- */

void top_put_size(char text[8], int64_t number)
{
    static const char units[] = "KMGTPE";
    double value = (double)number;
    if (number < 10000) {
        snprintf(text, 8, "%d", number < 0 ? 0 : (int)number);
        return;
    }
    size_t unit = 0;
    for (value /= 1024; value >= 999.5; value /= 1024) {
        unit++;
    }
    snprintf(text, 8, value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

/* A rate in at most four columns. */
static void put_rate(char text[8], double value)
{
    if (value < 0) {
        strcpy(text, "-");
    } else if (value < 999.5) {
        snprintf(text, 8, value < 99.95 ? "%.1f" : "%.0f", value);
    } else if (value < 99500) {
        snprintf(text, 8, "%.0fk", value / 1000);
    } else {
        snprintf(text, 8, "%.1fM", value < 99e6 ? value / 1e6 : 99.0);
    }
}

void top_cut(char *text, unsigned width)
{
    mbstate_t state = {0};
    unsigned columns = 0;
    while (*text != '\0') {
        wchar_t character;
        size_t bytes = mbrtowc(&character, text, strlen(text), &state);
        if (bytes == 0 || bytes > strlen(text)) {
            *text = '\0'; /* not of this encoding */
            return;
        }
        int wide = wcwidth(character);
        if (wide < 0 || columns + (unsigned)wide > width) {
            *text = '\0';
            return;
        }
        columns += (unsigned)wide;
        text += bytes;
    }
}

static void put_user(char *text, size_t size, int64_t uid)
{
    const struct passwd *user = getpwuid((uid_t)uid);
    if (user != NULL && strlen(user->pw_name) <= 8) {
        snprintf(text, size, "%s", user->pw_name);
    } else {
        char number[24];
        int length = snprintf(number, sizeof(number), "%lld", (long long)uid);
        snprintf(text, size, length > 8 ? "%.7s+" : "%s", number);
    }
}

/* The command line of a process, arguments separated by spaces; false when it cannot be read. */
static bool put_command(char *text, size_t size, int64_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%lld/cmdline", (long long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t got = fread(text, 1, size - 1, file);
    fclose(file);
    while (got > 0 && text[got - 1] == '\0') {
        got--;
    }
    for (size_t i = 0; i < got; i++) {
        text[i] = text[i] == '\0' ? ' ' : text[i];
    }
    text[got] = '\0';
    return got > 0;
}

static void put_name(char *text, size_t size, const json_t *session, bool command)
{
    char line[LINE_MAX_BYTES];
    if (!command || !put_command(line, sizeof(line), report_number(session, "pid"))) {
        snprintf(line, sizeof(line), "%s", report_text(session, "name"));
    }
    report_printable(text, size, line);
}

struct output {
    unsigned width, height, lines;
    void (*tell)(void *data, enum top_line kind, const char *text);
    void *data;
};

static void tell(struct output *output, enum top_line kind, char *text)
{
    if (output->height == 0 || output->lines < output->height) {
        if (output->width != 0) {
            top_cut(text, output->width);
        }
        output->lines++;
        output->tell(output->data, kind, text);
    }
}

static void tell_row(struct output *output, const struct top_row *row, bool command)
{
    const json_t *session = row->session;
    char line[LINE_MAX_BYTES * 2], name[LINE_MAX_BYTES], user[32], memory[8], pages[8], refused[8];
    char rates[5][8];
    const char *class = report_text(session, "class");
    const double values[5] = {row->gpu, row->validator, row->batches, row->waits, row->frames};
    for (size_t i = 0; i < 5; i++) {
        put_rate(rates[i], values[i]);
    }
    put_user(user, sizeof(user), report_number(session, "uid"));
    put_name(name, sizeof(name), session, command);
    top_put_size(memory, report_number(session, "bytes"));
    top_put_size(pages, report_number(session, "gtt_pages"));
    top_put_size(refused, report_number(session, "rejected"));
    snprintf(line, sizeof(line), "%4lld %7lld %-8s %c %4s %4s %5s %5s %4s %4s %4s %4s %s",
             (long long)report_number(session, "id"), (long long)report_number(session, "pid"),
             user, class[0] != '\0' ? class[0] : '-', rates[0], rates[1], memory, pages, rates[2],
             rates[3], rates[4], refused, name);
    tell(output, row->refused > 0 ? TOP_ROW_WARNING : TOP_ROW, line);
}

static void tell_first(struct output *output, const struct top *top)
{
    char line[LINE_MAX_BYTES], clock[16];
    time_t now = time(NULL);
    struct tm local;
    const json_t *daemon = group(top->status, "daemon"), *screen = group(top->status, "screen");
    int64_t up = report_number(daemon, "uptime_seconds");
    strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
    snprintf(line, sizeof(line), "gemctl top - %s up %lld:%02d:%02d, %s, screen %s", clock,
             (long long)up / 3600, (int)(up / 60 % 60), (int)(up % 60),
             report_text(daemon, "device"), report_text(screen, "value"));
    tell(output, TOP_SUMMARY, line);
}

static void tell_summary(struct output *output, const struct top *top)
{
    char line[LINE_MAX_BYTES], bytes[8], gpu[8], batches[8], refused[8], flips[8], evictions[8];
    const json_t *daemon = group(top->status, "daemon"), *gtt = group(top->status, "gtt");
    top_put_size(bytes, report_number(daemon, "bytes"));
    put_rate(gpu, top->gpu);
    put_rate(batches, top->batches);
    put_rate(refused, top->refused);
    put_rate(flips, top->flips);
    put_rate(evictions, top->evictions);
    tell_first(output, top);
    snprintf(line, sizeof(line), "Sessions: %lld (%zu hidden), %lld buffers, %s bytes",
             (long long)report_number(daemon, "sessions"), top->hidden,
             (long long)report_number(daemon, "buffers"), bytes);
    tell(output, TOP_SUMMARY, line);
    if (report_has(gtt, "pages_used")) {
        const json_t *counts = group(top->status, "gpu");
        snprintf(line, sizeof(line),
                 "GPU: %s %%, %s batches/s, %s refused/s, %s flips/s, %lld hangs", gpu, batches,
                 refused, flips, (long long)report_number(counts, "hangs"));
        tell(output, TOP_SUMMARY, line);
        snprintf(
            line, sizeof(line), "GTT: %lld of %lld pages used, longest free %lld, %s evictions/s",
            (long long)report_number(gtt, "pages_used"), (long long)report_number(gtt, "pages"),
            (long long)report_number(gtt, "longest_free"), evictions);
        tell(output, TOP_SUMMARY, line);
    }
    strcpy(line, "");
    tell(output, TOP_SUMMARY, line);
}

void top_print(const struct top *top, const struct top_view *view, unsigned width, unsigned height,
               void (*told)(void *data, enum top_line kind, const char *text), void *data)
{
    struct output output = {.width = width, .height = height, .tell = told, .data = data};
    char title[LINE_MAX_BYTES];
    tell_summary(&output, top);
    snprintf(title, sizeof(title), "%4s %7s %-8s %c %4s %4s %5s %5s %4s %4s %4s %4s %s", "ID",
             "PID", "USER", 'C', "%GPU", "%VAL", "MEM", "GTT", "B/s", "W/s", "FPS", "REF",
             view->command ? "COMMAND" : "NAME");
    tell(&output, TOP_TITLE, title);
    for (size_t i = 0; i < top->count; i++) {
        tell_row(&output, &top->rows[i], view->command);
    }
}
