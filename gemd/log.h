/* SPDX-License-Identifier: MIT */
/*
 * The daemon's log: lines on standard error. The one global of gemd. Lines may come from any
 * thread; one line is one write.
 *
 * On a terminal a line has the time of day and, unless NO_COLOR is set, a colour. When standard
 * error is the journal's ($JOURNAL_STREAM names it) a line begins with its priority, "<4>", and the
 * journal knows the time. Elsewhere it begins with "gemd: ".
 */
#ifndef GEMD_LOG_H
#define GEMD_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are left out; LOG_LEVEL_INFO at start. */
void log_set_level(enum log_level level);

/* Looks up what lines need, while files can be opened: the time zone. */
void log_prepare(void);

/* "error", "warning", "info", "debug"; false for anything else. */
bool log_level_parse(const char *name, enum log_level *level);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * A bound on lines that a client can cause: a burst, then a few a second. What was left out is
 * counted and said with the next line that passes. Zeroed at start.
 */
struct log_limit {
    uint64_t refilled_ns;
    uint32_t spent;
    uint32_t suppressed;
};

#define LOG_LIMIT_BURST      10u
#define LOG_LIMIT_PER_SECOND 2u

/*
 * The same for the lines of all clients together, many short-lived ones included. To be asked last;
 * says itself how many were left out.
 */
bool log_clients_pass(uint64_t now_ns);

#define LOG_CLIENTS_BURST      60u
#define LOG_CLIENTS_PER_SECOND 20u

/* Lines that any limit has left out so far. */
uint64_t log_suppressed(void);

/* Whether a line may be written at 'now_ns'; *suppressed: how many were left out before it. */
bool log_limit_pass(struct log_limit *limit, uint64_t now_ns, uint32_t *suppressed);

#endif
