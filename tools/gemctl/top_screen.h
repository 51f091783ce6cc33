/* SPDX-License-Identifier: MIT */
/* gemctl top on a terminal: a screen that is drawn anew at each look, and keys. */
#ifndef GEMD_TOOLS_GEMCTL_TOP_SCREEN_H
#define GEMD_TOOLS_GEMCTL_TOP_SCREEN_H

#include "tools/gemctl/top.h"

struct top_options {
    double delay; /* seconds */
    long count;   /* looks; 0: no end */
    struct top_view view;
    /* The status by now (report.h), the caller's; NULL: there is no more. */
    json_t *(*look)(void *data);
    void *data;
};

/* A name of a user or a number; false for anything else. */
bool top_parse_user(const char *text, int64_t *uid);
/* 0.05 to 3600 seconds; false and nothing changed for anything else. */
bool top_parse_delay(const char *text, double *delay);

/* An exit code. */
int top_screen_run(struct top_options *options);

#endif
