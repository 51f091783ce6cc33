/* SPDX-License-Identifier: MIT */
#include "gemd/hang.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

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

static void describe(struct hang *hang, const struct job *job, uint32_t dword,
                     const struct gpu_position *at, char *text, size_t size)
{
    const struct gen3_command *command = gen3_command_find(at->ipehr);
    snprintf(text, size,
             "GPU stopped in batch %" PRIu64 " of session %u (%s), dword %u: IPEHR %08x (%s) ACTHD "
             "%08x EIR %08x ESR %08x PGTBL_ER %08x INSTDONE %08x ring %05x/%05x",
             job->seqno, job->session->id, job->session->name, dword, at->ipehr,
             command != NULL ? command->name : "?", at->acthd, at->eir, at->esr, at->pgtbl_er,
             at->instdone, at->head, at->tail);
}

/* All of the guilty session's batches hold their places only. */
static void kill_jobs(struct fence *fence, const struct session *session)
{
    list_for_each(job, &fence->jobs, struct job, link)
    {
        if (job->session == session) {
            job->killed = true;
        }
    }
}

static void recover(struct hang *hang, uint32_t eir)
{
    struct server *server = hang->server;
    /* What has passed up to now is nobody's fault. */
    (void)exec_retire(&server->exec);
    struct gpu_position at;
    gpu_get_position(&server->gpu, &at);
    at.eir |= eir;
    at.pgtbl_er |= (eir & ERROR_PAGE_TABLE) != 0 ? server->gpu.pgtbl_er : 0;
    uint32_t dword = 0;
    struct job *job = fence_job_at(&server->fence, at.acthd, &dword);
    if (job == NULL && eir == 0) {
        return;
    }
    hang->found++;
    struct session *guilty = NULL;
    if (job != NULL) {
        char text[GEMD_TEXT_MAX];
        describe(hang, job, dword, &at, text, sizeof(text));
        log_warning("%s", text);
        guilty = session_ref(job->session);
        kill_jobs(&server->fence, guilty);
        session_lose(guilty, GEMD_LOST_GUILTY, text);
    } else {
        log_warning("GPU error outside of any batch: EIR %08x ESR %08x PGTBL_ER %08x ACTHD %08x",
                    at.eir, at.esr, at.pgtbl_er, at.acthd);
    }
    if (gpu_reset(&server->gpu) != 0) {
        server_fail(server, "the GPU does not come back from its reset");
    } else {
        display_restore(&server->display);
        fence_replay(&server->fence);
        hang->progress_ns = clock_now(&server->options.clock);
    }
    if (guilty != NULL) {
        session_unref(guilty);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *data)
{
    struct hang *hang = data;
    struct server *server = hang->server;
    hang->ticking = false;
    exec_progress(&server->exec); /* in case an interrupt was lost */
    if (server->fence.count == 0) {
        return;
    }
    uint64_t now = clock_now(&server->options.clock);
    if (progressed(hang)) {
        hang->progress_ns = now;
    } else if (now - hang->progress_ns > server->options.hang_ns) {
        recover(hang, 0);
    }
    if (!hang->ticking) {
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
    const struct job *job = fence_job_at(&server->fence, at.acthd, &dword);
    log_warning("GPU page fault: PGTBL_ER %08x, ACTHD %08x by now, in %s%s", server->gpu.pgtbl_er,
                at.acthd, job != NULL ? "a batch of " : "no batch",
                job != NULL ? job->session->name : "");
}

void hang_error(struct hang *hang, uint32_t eir)
{
    if (eir == ERROR_PAGE_TABLE && (hang->server->gpu.pgtbl_er & PGTBL_ER_CS_INSTR) == 0) {
        note_page_fault(hang);
    } else {
        recover(hang, eir);
    }
}
