/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_uint model_lines;

void log_say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    fprintf(stderr, "gma-vfio-user: %s\n", line);
}

void log_model(void *data, const char *line)
{
    unsigned count = atomic_fetch_add(&model_lines, 1);
    if (count < LOG_MODEL_LINES) {
        log_say("model: %s", line);
    } else if (count == LOG_MODEL_LINES) {
        log_say("model: more lines of this connection are left out");
    }
}

void log_begin(void)
{
    atomic_store(&model_lines, 0);
}
