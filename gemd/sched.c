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
    list_init(&sched->runnable);
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

void sched_wake(struct sched *sched, struct session *session)
{
    if (!session->runnable && !session->ended) {
        session->runnable = true;
        list_append(&sched->runnable, &session->run_link);
    }
}

void sched_remove(struct sched *sched, struct session *session)
{
    session->runnable = false;
    list_remove(&session->run_link);
    sched_drained(sched, session);
}

void sched_drain_for(struct sched *sched, struct session *session)
{
    if (sched->drain_for == NULL) {
        sched->drain_for = session;
    }
}

void sched_drained(struct sched *sched, const struct session *session)
{
    if (sched->drain_for == session) {
        sched->drain_for = NULL;
        event_active(sched->again, EV_TIMEOUT, 0); /* for those who were held back */
    }
}

bool sched_admits(const struct sched *sched, const struct session *session)
{
    if (sched->drain_for != NULL && sched->drain_for != session) {
        return false;
    }
    if (session->in_flight == 0) {
        return true; /* everybody may have one, whatever the others do */
    }
    return quota_has_room(session->quota, LIMIT_IN_FLIGHT, 1, NULL) &&
           session->in_flight_cost < SCHED_SESSION_COST && sched->server->fence.count < SCHED_JOBS;
}

void sched_run(struct sched *sched)
{
    struct list blocked;
    list_init(&blocked);
    for (unsigned turns = 0; !list_empty(&sched->runnable); turns++) {
        if (turns == SCHED_TURNS) {
            event_active(sched->again, EV_TIMEOUT, 0);
            break;
        }
        struct session *session = list_first(&sched->runnable, struct session, run_link);
        session_ref(session);
        list_remove(&session->run_link);
        switch (records_turn(session)) {
        case RECORDS_EMPTY:
            session->runnable = false;
            break;
        case RECORDS_MORE:
            list_append(&sched->runnable, &session->run_link);
            break;
        case RECORDS_BLOCKED:
            list_append(&blocked, &session->run_link);
            break;
        case RECORDS_ENDED:
            break;
        }
        session_unref(session);
    }
    gpu_kick(&sched->server->gpu);
    /* Those go first when something has retired. */
    while (!list_empty(&blocked)) {
        struct list *link = blocked.prev;
        list_remove(link);
        list_insert_before(sched->runnable.next, link);
    }
}
