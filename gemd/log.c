/* SPDX-License-Identifier: MIT */
#include "gemd/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES   1024
#define PREFIX_MAX_BYTES 64

enum log_style { STYLE_UNKNOWN, STYLE_PLAIN, STYLE_JOURNAL, STYLE_TERMINAL, STYLE_COLOUR };

static enum log_level log_level = LOG_LEVEL_INFO;
static uint64_t log_left_out; /* by limits, which belong to the daemon's one thread */

static const struct {
    const char *name;
    const char *colour;
    int priority; /* as syslog has it */
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", "\033[1;31m", 3},
    [LOG_LEVEL_WARNING] = {"warning", "\033[33m", 4},
    [LOG_LEVEL_INFO] = {"info", "", 6},
    [LOG_LEVEL_DEBUG] = {"debug", "\033[2m", 7},
};

void log_set_level(enum log_level level)
{
    log_level = level;
}

void log_prepare(void)
{
    tzset();
}

bool log_level_parse(const char *name, enum log_level *level)
{
    for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(name, levels[i].name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Names and texts of clients end up here: no control character may reach a terminal. */
static void make_printable(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

/* Whether standard error is the socket or pipe that the journal gave us. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device = 0, inode = 0;
    struct stat file;
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &file) == 0 && file.st_dev == device && file.st_ino == inode;
}

/* Once for all threads: nobody changes what standard error is. */
static enum log_style find_style(void)
{
    static enum log_style style;
    enum log_style found = __atomic_load_n(&style, __ATOMIC_RELAXED);
    if (found == STYLE_UNKNOWN) {
        const char *no_colour = getenv("NO_COLOR");
        found = is_journal()                      ? STYLE_JOURNAL
                : isatty(STDERR_FILENO) != 1      ? STYLE_PLAIN
                : no_colour != NULL && *no_colour ? STYLE_TERMINAL
                                                  : STYLE_COLOUR;
        __atomic_store_n(&style, found, __ATOMIC_RELAXED);
    }
    return found;
}

static int put_time(char *text, size_t size)
{
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    return snprintf(text, size, "%02d:%02d:%02d.%03ld ", local.tm_hour, local.tm_min, local.tm_sec,
                    now.tv_nsec / 1000000);
}

/* What a line begins with. */
static void put_prefix(char *text, size_t size, enum log_style style, enum log_level level)
{
    const char *name = level == LOG_LEVEL_INFO ? "" : levels[level].name;
    const char *colon = level == LOG_LEVEL_INFO ? "" : ": ";
    char time_of_day[32] = "";
    if (style == STYLE_JOURNAL) {
        snprintf(text, size, "<%d>", levels[level].priority);
        return;
    }
    if (style != STYLE_PLAIN) {
        put_time(time_of_day, sizeof(time_of_day));
    }
    snprintf(text, size, "%s%sgemd: %s%s", style == STYLE_COLOUR ? levels[level].colour : "",
             time_of_day, name, colon);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > log_level) {
        return;
    }
    const enum log_style style = find_style();
    char text[LINE_MAX_BYTES];
    char prefix[PREFIX_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    make_printable(text);
    put_prefix(prefix, sizeof(prefix), style, level);

    char line[LINE_MAX_BYTES + PREFIX_MAX_BYTES + 8];
    int size = snprintf(line, sizeof(line), "%s%s%s\n", prefix, text,
                        style == STYLE_COLOUR ? "\033[0m" : "");
    if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0) {
        return; /* nobody is left to tell */
    }
}

static bool pass(struct log_limit *limit, uint64_t now_ns, uint32_t burst, uint32_t per_second)
{
    uint64_t step = 1000000000u / per_second;
    uint64_t refill = (now_ns - limit->refilled_ns) / step;
    if (refill >= limit->spent) {
        limit->spent = 0;
        limit->refilled_ns = now_ns;
    } else {
        limit->spent -= (uint32_t)refill;
        limit->refilled_ns += refill * step;
    }
    if (limit->spent >= burst) {
        limit->suppressed++;
        log_left_out++;
        return false;
    }
    limit->spent++;
    return true;
}

bool log_limit_pass(struct log_limit *limit, uint64_t now_ns, uint32_t *suppressed)
{
    if (!pass(limit, now_ns, LOG_LIMIT_BURST, LOG_LIMIT_PER_SECOND)) {
        return false;
    }
    *suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}

bool log_clients_pass(uint64_t now_ns)
{
    static struct log_limit limit;
    if (!pass(&limit, now_ns, LOG_CLIENTS_BURST, LOG_CLIENTS_PER_SECOND)) {
        return false;
    }
    if (limit.suppressed > 0) {
        log_warning("%u lines about clients were left out", limit.suppressed);
        limit.suppressed = 0;
    }
    return true;
}

uint64_t log_suppressed(void)
{
    return log_left_out;
}
