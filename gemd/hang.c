/* SPDX-License-Identifier: MIT */
#include "gemd/hang.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "gemd/admission.h"
#include "gemd/probe.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "hw/gen3/command.h"
#include "hw/gen3/regs.h"

#define TICK_US 100000

static void start_ticking(struct hang *hang)
{
    const struct timeval tick = {.tv_usec = TICK_US};
    hang->ticking = event_add(hang->timer, &tick) == 0;
}

/* Whether anything has moved since the last look. */
static bool progressed(struct hang *hang)
{
    struct gpu *gpu = &hang->server->gpu;
    struct gpu_position position;
    gpu_get_position(gpu, &position);
    uint32_t passed = gpu_passed(gpu);
    bool moved = passed != hang->passed || position.acthd != hang->acthd ||
                 position.instdone != hang->instdone;
    hang->passed = passed;
    hang->acthd = position.acthd;
    hang->instdone = position.instdone;
    return moved;
}

static const char *const causes[] = {
    [ERROR_KIND_STILL] = "GPU stopped in",
    [ERROR_KIND_GPU] = "GPU stopped in",
    [ERROR_KIND_SLOW] = "too long on the GPU:",
};

static void describe(const struct job *job, enum error_kind kind, uint32_t dword,
                     const struct gpu_position *at, char *text, size_t size)
{
    const struct gen3_command *command = gen3_command_find(at->ipehr);
    snprintf(text, size,
             "%s batch %" PRIu64 " of session %u (%s), dword %u: IPEHR %08x (%s) ACTHD "
             "%08x EIR %08x ESR %08x PGTBL_ER %08x INSTDONE %08x ring %05x/%05x",
             causes[kind], job->seqno, job->session->id, job->session->name, dword, at->ipehr,
             command != NULL ? command->name : "?", at->acthd, at->eir, at->esr, at->pgtbl_er,
             at->instdone, at->head, at->tail);
}

/* All of a lost session's batches hold their places only. */
static void kill_jobs(struct fence *fence, const struct session *session)
{
    list_for_each(job, &fence->jobs, struct job, link)
    {
        if (job->session == session) {
            job->killed = true;
        }
    }
}

/*
 * Whose fault it is. An error is that of the command the GPU stopped at. Without one it is the
 * oldest batch that has not ended: commands may be taken in before those ahead of them have drawn.
 */
static struct job *find_guilty(struct fence *fence, enum error_kind kind, uint32_t acthd,
                               uint32_t *dword)
{
    struct job *job = fence_job_at(fence, acthd, dword);
    struct job *oldest = list_first(&fence->jobs, struct job, link);
    if (kind != ERROR_KIND_GPU && job != oldest) {
        *dword = 0;
        return oldest;
    }
    return job;
}

static void note_hang(struct hang *hang, const struct session *session, const struct ban_rule *rule)
{
    struct server *server = hang->server;
    uint64_t now = clock_now(&server->options.clock);
    if (ban_note(&server->ban, rule, session->uid, session->pid, now)) {
        log_warning("process %d of user %u (%s)%s hung the GPU %u times within %" PRIu64
                    " s: no new session for %s for %" PRIu64 " s",
                    session->pid, session->uid, session->name,
                    rule->of_user ? " and others of the user have" : " has", rule->hangs,
                    rule->window_ns / 1000000000u, rule->of_user ? "the user" : "it",
                    rule->duration_ns / 1000000000u);
    }
}

static void lose_guilty(struct hang *hang, struct session *session, const char *text)
{
    log_warning("%s", text);
    kill_jobs(&hang->server->fence, session);
    note_hang(hang, session, admission_ban_rule(session));
    note_hang(hang, session, &session->grant.user_ban);
    session_lose(session, GEMD_LOST_GUILTY, text);
}

/* After a reset: a batch that was begun and is not the guilty one's cannot run again. */
static void lose_half_done(struct hang *hang)
{
    struct fence *fence = &hang->server->fence;
    struct job *job = list_first(&fence->jobs, struct job, link);
    if (job == NULL || job->killed || gpu_begun(fence->gpu) != job->gpu_seqno) {
        return;
    }
    struct session *session = session_ref(job->session);
    char text[GEMD_TEXT_MAX];
    snprintf(text, sizeof(text),
             "the GPU was reset in the midst of batch %" PRIu64 " of session %u (%s), which had no "
             "part in it",
             job->seqno, session->id, session->name);
    log_warning("%s", text);
    hang->innocents++;
    kill_jobs(fence, session);
    session_lose(session, GEMD_LOST_INNOCENT, text);
    session_unref(session);
}

void hang_bring_back(struct hang *hang)
{
    struct server *server = hang->server;
    hang->halted = false;
    if (gpu_reset(&server->gpu) != 0) {
        server_fail(server, "the GPU does not come back from its reset");
        return;
    }
    /* Nothing moves now: what has passed up to here must not run again. */
    (void)exec_retire(&server->exec);
    lose_half_done(hang);
    display_restore(&server->display);
    fence_replay(&server->fence);
    hang->progress_ns = clock_now(&server->options.clock);
}

static void recover(struct hang *hang, enum error_kind kind, uint32_t eir)
{
    struct server *server = hang->server;
    /* The next batch, an innocent's, must not begin between this look and the reset. */
    gpu_halt(&server->gpu);
    /* What has passed up to now is nobody's fault. */
    (void)exec_retire(&server->exec);
    struct gpu_position at;
    gpu_get_position(&server->gpu, &at);
    at.eir |= eir;
    at.pgtbl_er |= (eir & ERROR_PAGE_TABLE) != 0 ? server->gpu.pgtbl_er : 0;
    uint32_t dword = 0;
    struct job *job = find_guilty(&server->fence, kind, at.acthd, &dword);
    if (job == NULL && eir == 0) {
        gpu_resume(&server->gpu);
        hang->halted = false;
        return;
    }
    hang->found++;
    hang->slow += kind == ERROR_KIND_SLOW;
    PROBE4(hang, job != NULL ? job->session->id : 0, job != NULL ? job->seqno : 0, dword, at.ipehr);
    if (job != NULL) {
        char text[GEMD_TEXT_MAX];
        describe(job, kind, dword, &at, text, sizeof(text));
        error_capture_take(&server->errors, server, kind, text, &at, job, dword);
        struct session *guilty = session_ref(job->session);
        lose_guilty(hang, guilty, text);
        session_unref(guilty);
    } else {
        char text[GEMD_TEXT_MAX];
        snprintf(text, sizeof(text),
                 "GPU error outside of any batch: EIR %08x ESR %08x PGTBL_ER %08x ACTHD %08x",
                 at.eir, at.esr, at.pgtbl_er, at.acthd);
        log_warning("%s", text);
        error_capture_take(&server->errors, server, kind, text, &at, NULL, 0);
    }
    hang_bring_back(hang);
}

/* Its places in the GPU's queue are free again: whoever waited for one goes on. */
static void go_on(struct server *server)
{
    exec_settle(&server->exec);
    sched_run(&server->sched);
}

/* How long the oldest batch has run, as far as ticks can tell: a little too short. */
static uint64_t oldest_time(struct hang *hang, uint64_t now)
{
    const struct job *job = list_first(&hang->server->fence.jobs, struct job, link);
    if (job->gpu_seqno != hang->oldest) {
        hang->oldest = job->gpu_seqno;
        hang->oldest_ns = now;
        if (hang->halted) {
            hang->halted = false;
            gpu_resume(&hang->server->gpu);
        }
    }
    return now - hang->oldest_ns;
}

/*
 * The oldest batch has had its time. First nothing new begins; a tick later the batch is cut, if
 * the GPU takes commands of it. A GPU that is further on has all of it and will end it by itself.
 */
static void cut_oldest(struct hang *hang)
{
    struct server *server = hang->server;
    if (!hang->halted) {
        hang->halted = true;
        gpu_halt(&server->gpu);
        return;
    }
    struct gpu_position at;
    uint32_t dword;
    gpu_get_position(&server->gpu, &at);
    if (fence_job_at(&server->fence, at.acthd, &dword) ==
        list_first(&server->fence.jobs, struct job, link)) {
        recover(hang, ERROR_KIND_SLOW, 0);
        go_on(server);
    }
}

static void look(struct hang *hang)
{
    struct server *server = hang->server;
    uint64_t now = clock_now(&server->options.clock);
    bool moved = progressed(hang);
    uint64_t running = oldest_time(hang, now);
    if (moved) {
        hang->progress_ns = now;
    }
    if (now - hang->progress_ns > server->options.hang_ns) {
        recover(hang, ERROR_KIND_STILL, 0);
        go_on(server);
    } else if (server->options.batch_ns != 0 && running > server->options.batch_ns) {
        cut_oldest(hang);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *data)
{
    struct hang *hang = data;
    struct server *server = hang->server;
    hang->ticking = false;
    if (server->power.state == POWER_ASLEEP) {
        return; /* nothing can move */
    }
    exec_progress(&server->exec); /* in case an interrupt was lost */
    if (server->fence.count > 0) {
        look(hang);
    } else if (hang->halted) {
        hang->halted = false;
        gpu_resume(&server->gpu);
    }
    if (server->fence.count > 0 && !hang->ticking) {
        start_ticking(hang);
    }
}

int hang_init(struct hang *hang, struct server *server)
{
    *hang = (struct hang){.server = server};
    hang->timer = event_new(server->base, -1, 0, on_tick, hang);
    return hang->timer != NULL ? 0 : -ENOMEM;
}

void hang_finish(struct hang *hang)
{
    if (hang->timer != NULL) {
        event_free(hang->timer);
        hang->timer = NULL;
    }
}

void hang_watch(struct hang *hang)
{
    if (!hang->ticking) {
        hang->progress_ns = clock_now(&hang->server->options.clock);
        start_ticking(hang);
    }
}

/*
 * An engine that misses a page reads nothing there and gets on, so that the GPU may be elsewhere by
 * now: the log says where. Only without commands to read does the streamer stand still.
 */
static void note_page_fault(struct hang *hang)
{
    struct server *server = hang->server;
    struct gpu_position at;
    uint32_t dword = 0;

    hang->page_faults++;
    gpu_get_position(&server->gpu, &at);
    at.eir |= ERROR_PAGE_TABLE;
    at.pgtbl_er |= server->gpu.pgtbl_er;
    const struct job *job = fence_job_at(&server->fence, at.acthd, &dword);
    char text[GEMD_TEXT_MAX];
    snprintf(text, sizeof(text), "GPU page fault: PGTBL_ER %08x, ACTHD %08x by now, in %s%s",
             server->gpu.pgtbl_er, at.acthd, job != NULL ? "a batch of " : "no batch",
             job != NULL ? job->session->name : "");
    log_warning("%s", text);
    error_capture_take(&server->errors, server, ERROR_KIND_FAULT, text, &at, job, dword);
}

void hang_error(struct hang *hang, uint32_t eir)
{
    if (eir == ERROR_PAGE_TABLE && (hang->server->gpu.pgtbl_er & PGTBL_ER_CS_INSTR) == 0) {
        note_page_fault(hang);
    } else {
        recover(hang, ERROR_KIND_GPU, eir);
        go_on(hang->server);
    }
}
