/* SPDX-License-Identifier: MIT */
#include "gemd/sched.h"

#include <errno.h>

#include "gemd/records.h"
#include "gemd/server.h"
#include "gemd/session.h"

static void on_again(evutil_socket_t fd, short what, void *data)
{
    sched_run(data);
}

int sched_init(struct sched *sched, struct server *server)
{
    *sched = (struct sched){.server = server};
    fair_init(&sched->fair);
    sched->again = event_new(server->base, -1, 0, on_again, sched);
    return sched->again != NULL ? 0 : -ENOMEM;
}

void sched_finish(struct sched *sched)
{
    if (sched->again != NULL) {
        event_free(sched->again);
        sched->again = NULL;
    }
}

static uint64_t now(const struct sched *sched)
{
    return clock_now(&sched->server->options.clock);
}

void sched_add(struct sched *sched, struct session *session)
{
    flow_init(&session->flow);
}

void sched_grant(struct session *session, const struct sched_grant *grant)
{
    fair_grant(&session->server->sched.fair, &session->flow, grant);
}

void sched_wake(struct sched *sched, struct session *session)
{
    if (!session->ended) {
        fair_wake(&sched->fair, &session->flow, now(sched));
    }
}

void sched_remove(struct sched *sched, struct session *session)
{
    fair_remove(&sched->fair, &session->flow);
    sched_drained(sched, session);
}

void sched_drain_for(struct sched *sched, struct session *session)
{
    if (sched->fair.drain_for == NULL) {
        sched->fair.drain_for = &session->flow;
    }
}

void sched_drained(struct sched *sched, const struct session *session)
{
    if (sched->fair.drain_for == &session->flow) {
        sched->fair.drain_for = NULL;
        event_active(sched->again, EV_TIMEOUT, 0); /* for those who were held back */
    }
}

bool sched_admits(struct sched *sched, const struct session *session)
{
    if (session->flow.jobs > 0 && !quota_has_room(session->quota, LIMIT_IN_FLIGHT, 1, NULL)) {
        return false; /* one batch may always be there */
    }
    return fair_admits(&sched->fair, &session->flow, sched->now) == FAIR_GO;
}

bool sched_admits_cost(struct sched *sched, struct session *session, uint64_t cost)
{
    return fair_admits_cost(&sched->fair, &session->flow, cost, sched->now) == FAIR_GO;
}

struct charge sched_emitted(struct sched *sched, struct session *session, uint64_t cost,
                            uint64_t bytes)
{
    return fair_emitted(&sched->fair, &session->flow, cost, bytes, sched->now);
}

void sched_passed(struct sched *sched, const struct job *job)
{
    fair_passed(&sched->fair, &job->session->flow, &job->charge, job->gpu_ns,
                sched->server->fence.seen_ns);
}

void sched_vblank(struct sched *sched, uint64_t time_ns, uint32_t refresh_millihertz)
{
    if (refresh_millihertz != 0) {
        fair_vblank(&sched->fair, time_ns, UINT64_C(1000000000000) / refresh_millihertz);
    }
    if (sched->fair.slot_closed) {
        event_active(sched->again, EV_TIMEOUT, 0);
    }
}

static struct session *session_of(struct flow *flow)
{
    return list_entry(flow, struct session, flow);
}

/* What has passed meanwhile is measured and makes room at once, not after all turns. */
static void look_at_gpu(struct sched *sched)
{
    if (exec_retire(&sched->server->exec) > 0) {
        exec_settle(&sched->server->exec);
        fair_reopen(&sched->fair);
    }
}

static void take_turn(struct sched *sched, struct session *session)
{
    struct flow *flow = &session->flow;
    unsigned jobs = sched->fair.jobs;
    enum records_result result = records_turn(session);
    if (jobs == 0 && sched->fair.jobs > 0) {
        fence_kick(&sched->server->fence); /* it need not wait for the others' turns */
    }
    uint64_t after = now(sched);
    fair_validated(flow, after - sched->now);
    sched->now = after;
    if (result != RECORDS_BLOCKED) {
        sched_drained(sched, session); /* whatever became of the record that others waited for */
    }
    if (result == RECORDS_EMPTY) {
        fair_idle(&sched->fair, flow);
    } else if (result == RECORDS_BLOCKED) {
        fair_set_aside(&sched->fair, flow, after);
    }
}

void sched_run(struct sched *sched)
{
    fair_reopen(&sched->fair);
    sched->now = now(sched);
    for (unsigned turns = 0;; turns++) {
        look_at_gpu(sched);
        struct flow *flow = fair_next(&sched->fair, sched->now);
        if (flow == NULL) {
            break;
        }
        if (turns == SCHED_TURNS) {
            event_active(sched->again, EV_TIMEOUT, 0);
            break;
        }
        struct session *session = session_ref(session_of(flow));
        take_turn(sched, session);
        session_unref(session);
    }
    fence_kick(&sched->server->fence);
    uint64_t wait = fair_slot_wait(&sched->fair, sched->now);
    if (wait != 0) {
        const struct timeval slot = {.tv_usec = (suseconds_t)(wait / 1000 + 1)};
        event_add(sched->again, &slot);
    }
}
