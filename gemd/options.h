/* SPDX-License-Identifier: MIT */
/* The daemon's command line. */
#ifndef GEMD_OPTIONS_H
#define GEMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/ban.h"
#include "gemd/log.h"
#include "gemd/sandbox.h"

/* Whether the monitor is asked: AUTO, on devices that are more than the process. */
enum options_monitor { MONITOR_AUTO, MONITOR_ASK, MONITOR_IGNORE };

struct options {
    const char *device;  /* "model:g33" */
    const char *socket;  /* NULL: the default */
    const char *capture; /* NULL: none */
    const char *record;  /* the same */
    const char *trace;   /* the same: of registers */
    const char *policy;  /* NULL: the default; see policy_open() */
    const char *user;    /* NULL: who started it */
    enum sandbox_mode sandbox;
    uint32_t width, height; /* 0: not said */
    enum options_monitor monitor;
    uint32_t hang_ms;
    uint32_t drain_ms;
    uint32_t batch_ms; /* 0: no limit */
    struct ban_rule ban;
    const char *chaos;     /* NULL: off */
    uint32_t sessions_max; /* 0: the default */
    uint32_t purge_mib;
    uint32_t awake_us; /* after a batch; 0: not at all */
    int ready_fd;      /* -1: none */
    bool hwtest;       /* instead of a daemon; what is behind "--" is its arguments */
    int rest;          /* where that begins in argv */
    enum log_level level;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_USAGE };

/* RUN: options are filled in. DONE: help or version was printed. USAGE: the mistake was printed. */
enum options_result options_parse(struct options *options, int argc, char **argv);

#endif
