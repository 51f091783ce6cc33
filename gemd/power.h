/* SPDX-License-Identifier: MIT */
/*
 * Suspend and resume of the machine, as an operator announces them: before, no work begins any
 * more, what the GPU has is finished, and the GPU and the screen stop. Afterwards, when registers
 * and page table are lost but memory is not, all comes back and the sessions go on.
 */
#ifndef GEMD_POWER_H
#define GEMD_POWER_H

#include <event2/event.h>
#include <stdint.h>

struct packet;
struct server;
struct session;

enum power_state { POWER_AWAKE, POWER_GOING, POWER_ASLEEP };

struct power {
    struct server *server;
    enum power_state state; /* unless awake, no ring is read */
    struct event *tick;     /* while going */
    struct session *asker;  /* who waits for the answer; NULL: nobody */
    uint64_t serial;
    uint64_t deadline_ns;
    uint64_t count; /* suspends */
};

/* 0 or -ENOMEM. */
int power_init(struct power *power, struct server *server);
void power_finish(struct power *power);

/* SUSPEND and RESUME; answered by DONE. */
void power_suspend_request(struct session *session, struct packet *packet);
void power_resume_request(struct session *session, struct packet *packet);

#endif
