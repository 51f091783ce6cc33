/* SPDX-License-Identifier: MIT */
/*
 * What gemctl top shows: rates from two statuses (report.h), in order, as lines of text. Knows
 * nothing of terminals.
 */
#ifndef GEMD_TOOLS_GEMCTL_TOP_H
#define GEMD_TOOLS_GEMCTL_TOP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TOP_UNKNOWN (-1.0) /* a rate that the daemon does not tell */

struct top_row {
    const json_t *session;                  /* of the newer status */
    double gpu, validator;                  /* percent of the time between the two */
    double batches, waits, frames, refused; /* per second */
    bool fresh;                             /* it was not in the older one */
};

enum top_order { TOP_BY_GPU, TOP_BY_MEMORY, TOP_BY_ID };

struct top_view {
    enum top_order order;
    bool command; /* the command line instead of the name */
    int64_t uid;  /* only that user's; -1: all */
};

struct top {
    const json_t *status; /* the newer one */
    double seconds;       /* between the two */
    double gpu;           /* percent, of all sessions; TOP_UNKNOWN */
    double batches, refused, evictions, flips, interrupts; /* per second; TOP_UNKNOWN */
    struct top_row *rows;
    size_t count, hidden; /* hidden: those of other users */
};

/* 'before' may be NULL: then all rates are 0. The statuses are to outlive it. 0 or -ENOMEM. */
int top_make(struct top *top, const json_t *before, const json_t *now, const struct top_view *view);
void top_free(struct top *top);

enum top_line { TOP_SUMMARY, TOP_TITLE, TOP_ROW, TOP_ROW_WARNING };

/*
 * Tells the lines one by one, each at most 'width' columns, at most 'height' of them. width and
 * height 0: no bound.
 */
void top_print(const struct top *top, const struct top_view *view, unsigned width, unsigned height,
               void (*tell)(void *data, enum top_line kind, const char *text), void *data);

/* Cuts text of the locale's encoding to 'width' columns. */
void top_cut(char *text, unsigned width);

/* "1.5M": a number in five columns. */
void top_put_size(char text[8], int64_t number);

#endif
