/* SPDX-License-Identifier: MIT */
/* A bounded number of seqnos that have not passed: who adds one too many waits for the oldest. */

#include "winsys/i915/winsys.h"

void backlog_init(struct backlog *backlog, unsigned limit)
{
    pthread_mutex_init(&backlog->lock, NULL);
    backlog->limit = limit < BACKLOG_MAX ? limit : BACKLOG_MAX;
}

void backlog_finish(struct backlog *backlog)
{
    pthread_mutex_destroy(&backlog->lock);
}

/* Forgets the oldest ones that have passed. Lock held. */
static void drop_passed(struct backlog *backlog, struct gemd_session *session)
{
    while (backlog->count > 0 &&
           gemd_seqno_passed(session, backlog->seqnos[backlog->first % BACKLOG_MAX])) {
        backlog->first++;
        backlog->count--;
    }
}

void backlog_wait(struct backlog *backlog, struct gemd_session *session)
{
    for (;;) {
        pthread_mutex_lock(&backlog->lock);
        drop_passed(backlog, session);
        const bool is_full = backlog->count >= backlog->limit;
        const uint64_t oldest = backlog->seqnos[backlog->first % BACKLOG_MAX];
        pthread_mutex_unlock(&backlog->lock);
        if (!is_full) {
            return;
        }
        (void)gemd_seqno_wait(session, oldest, GEMD_FOREVER);
    }
}

void backlog_add(struct backlog *backlog, uint64_t seqno)
{
    pthread_mutex_lock(&backlog->lock);
    if (backlog->count < BACKLOG_MAX) {
        backlog->seqnos[(backlog->first + backlog->count++) % BACKLOG_MAX] = seqno;
    }
    pthread_mutex_unlock(&backlog->lock);
}
