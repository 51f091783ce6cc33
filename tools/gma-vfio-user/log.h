/* SPDX-License-Identifier: MIT */
/*
 * What the program says: lines with its name on stderr. A guest can make the model say as much as
 * it likes, so of the model's lines there are some for each connection, and then no more.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_LOG_H
#define GEMD_TOOLS_GMA_VFIO_USER_LOG_H

#define LOG_MODEL_LINES 200u

void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* model_options.log; from any thread. */
void log_model(void *data, const char *line);
/* A new connection: as many lines again. */
void log_begin(void);

#endif
