/* SPDX-License-Identifier: MIT */
#include "gemd/vigil.h"

#include <sched.h>

#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/pause.h"

#define LOOKS 16u /* between two looks at the clock */

/* Of the machine, whatever clock the server goes by: it is a processor's time. */
static uint64_t now_ns(void)
{
    const struct clock clock = {.now = NULL};
    return clock_now(&clock);
}

uint64_t vigil_usual_ns(void)
{
    cpu_set_t processors;
    CPU_ZERO(&processors);
    return sched_getaffinity(0, sizeof(processors), &processors) == 0 && CPU_COUNT(&processors) > 1
               ? VIGIL_NS
               : 0;
}

void vigil_init(struct vigil *vigil, struct server *server, uint64_t awake_ns)
{
    *vigil = (struct vigil){.server = server, .awake_ns = awake_ns};
}

static struct session *take_out(struct vigil *vigil, unsigned i)
{
    struct session *session = vigil->watched[i];
    vigil->watched[i] = vigil->watched[--vigil->count];
    return session;
}

void vigil_finish(struct vigil *vigil)
{
    while (vigil->count > 0) {
        session_unref(take_out(vigil, 0));
    }
}

bool vigil_watch(struct vigil *vigil, struct session *session)
{
    for (unsigned i = 0; i < vigil->count; i++) {
        if (vigil->watched[i] == session) {
            return true;
        }
    }
    if (vigil->awake_ns == 0 || vigil->ends || vigil->count == VIGIL_SESSIONS) {
        return false;
    }
    if (vigil->skip > 0) {
        vigil->skip--;
        return false;
    }
    vigil->watched[vigil->count++] = session_ref(session);
    return true;
}

void vigil_forget(struct vigil *vigil, const struct session *session)
{
    for (unsigned i = 0; i < vigil->count; i++) {
        if (vigil->watched[i] == session) {
            session_unref(take_out(vigil, i));
            return;
        }
    }
}

static bool has_written(const struct session *session)
{
    return __atomic_load_n((const uint64_t *)session->ring, __ATOMIC_SEQ_CST) != session->ring_head;
}

static bool has_passed(const struct fence *fence)
{
    const struct job *job = list_first(&fence->jobs, struct job, link);
    return job != NULL && gpu_seqno_passed(gpu_passed(fence->gpu), job->gpu_seqno);
}

/* Whoever waits for a client has the time; all alike for one in vain. */
static void charge(struct vigil *vigil, uint64_t ns)
{
    for (unsigned i = 0; i < vigil->count; i++) {
        fair_validated(&vigil->watched[i]->flow, ns / vigil->count);
    }
}

/* Batches came, or were passed, after a wait until 'came': the while begins anew. */
static void note_work(struct vigil *vigil, uint64_t came)
{
    charge(vigil, came - vigil->since);
    vigil->since = now_ns();
    vigil->misses = 0;
}

static bool look_at_gpu(struct vigil *vigil)
{
    struct server *server = vigil->server;
    if (!has_passed(&server->fence)) {
        return false;
    }
    uint64_t came = now_ns();
    exec_progress(&server->exec);
    note_work(vigil, came);
    return true;
}

/* It is watched again if it is read empty again, and not if it has to wait for the GPU. */
static bool look_at_ring(struct vigil *vigil, unsigned i)
{
    struct server *server = vigil->server;
    if (!has_written(vigil->watched[i])) {
        return false;
    }
    uint64_t came = now_ns(), batches = server->fence.batches;
    struct session *session = take_out(vigil, i);
    sched_wake(&server->sched, session);
    session_unref(session);
    sched_run(&server->sched);
    if (server->fence.batches != batches) {
        note_work(vigil, came);
    }
    return true;
}

/* One look at everything, and what follows from it; whether anything did. */
static bool look(struct vigil *vigil)
{
    bool came = look_at_gpu(vigil);
    for (unsigned i = 0; i < vigil->count && !came; i++) {
        came = look_at_ring(vigil, i);
    }
    return came;
}

/* Their clients ring from now on; what they have written meanwhile is read. */
static void end(struct vigil *vigil)
{
    struct server *server = vigil->server;
    vigil->ends = true;
    while (vigil->count > 0) {
        struct session *session = take_out(vigil, 0);
        sched_wake(&server->sched, session);
        session_unref(session);
    }
    sched_run(&server->sched);
    vigil->ends = false;
}

static void give_up(struct vigil *vigil, uint64_t now)
{
    vigil->in_vain++;
    vigil->misses = vigil->misses * 2 + 1 < VIGIL_SKIP_MAX ? vigil->misses * 2 + 1 : VIGIL_SKIP_MAX;
    vigil->skip = vigil->misses;
    charge(vigil, now - vigil->since);
    end(vigil);
}

bool vigil_keep(struct vigil *vigil)
{
    if (vigil->count == 0) {
        vigil->goes_on = false;
        return false;
    }
    uint64_t now = now_ns();
    const uint64_t until = now + VIGIL_MOST_NS;
    if (!vigil->goes_on) {
        vigil->kept++;
        vigil->since = now;
    }
    vigil->goes_on = true;
    while (vigil->count > 0 && !vigil->server->failed) {
        bool came = false;
        for (unsigned i = 0; i < LOOKS && !came; i++) {
            came = look(vigil);
            if (!came) {
                pause_briefly();
            }
        }
        now = now_ns();
        if (now - vigil->since >= vigil->awake_ns) {
            give_up(vigil, now);
        } else if (now >= until) {
            return true;
        }
    }
    vigil->goes_on = false;
    return false;
}
