/* SPDX-License-Identifier: MIT */
#include "gemd/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static enum log_level log_level = LOG_LEVEL_INFO;

static const struct {
    const char *name;
    const char *colour;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", "\033[1;31m"},
    [LOG_LEVEL_WARNING] = {"warning", "\033[33m"},
    [LOG_LEVEL_INFO] = {"info", ""},
    [LOG_LEVEL_DEBUG] = {"debug", "\033[2m"},
};

void log_set_level(enum log_level level)
{
    log_level = level;
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

void log_line(enum log_level level, const char *format, ...)
{
    if (level > log_level) {
        return;
    }
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    make_printable(text);

    bool colour = isatty(STDERR_FILENO) == 1;
    char line[LINE_MAX_BYTES + 64];
    int size =
        snprintf(line, sizeof(line), "%sgemd: %s%s%s%s\n", colour ? levels[level].colour : "",
                 level == LOG_LEVEL_INFO ? "" : levels[level].name,
                 level == LOG_LEVEL_INFO ? "" : ": ", text, colour ? "\033[0m" : "");
    if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0) {
        return; /* nobody is left to tell */
    }
}

bool log_limit_pass(struct log_limit *limit, uint64_t now_ns, uint32_t *suppressed)
{
    uint64_t step = 1000000000u / LOG_LIMIT_PER_SECOND;
    uint64_t refill = (now_ns - limit->refilled_ns) / step;
    if (refill >= limit->spent) {
        limit->spent = 0;
        limit->refilled_ns = now_ns;
    } else {
        limit->spent -= (uint32_t)refill;
        limit->refilled_ns += refill * step;
    }
    if (limit->spent >= LOG_LIMIT_BURST) {
        limit->suppressed++;
        return false;
    }
    limit->spent++;
    *suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}
