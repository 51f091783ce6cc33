/* SPDX-License-Identifier: MIT */
/*
 * Something was plugged in or out, perhaps: the daemon looks, step by step, between the messages of
 * its sessions (gemd/connector.h).
 */
#ifndef GEMD_REPLUG_H
#define GEMD_REPLUG_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct server;

struct replug {
    struct server *server;
    struct event *turn;
    bool again; /* something happened since it began */
    uint64_t steps;
};

/* 0 or -ENOMEM. */
int replug_init(struct replug *replug, struct server *server);
void replug_finish(struct replug *replug);

/* Looks; once more when it is at that. */
void replug_begin(struct replug *replug);
/* The registers are about to be lost. */
void replug_stop(struct replug *replug);

#endif
