/* SPDX-License-Identifier: MIT */
#include "gemd/exec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gemd/capture.h"
#include "gemd/probe.h"
#include "gemd/chaos.h"
#include "gemd/fenced.h"
#include "gemd/publish.h"
#include "gemd/server.h"
#include "proto/codec.h"

/* The lists of a record are given to the validator as they are. */
_Static_assert(sizeof(struct gemd_reloc) == sizeof(struct validator_reloc), "one layout");
_Static_assert(offsetof(struct gemd_reloc, use) == offsetof(struct validator_reloc, use),
               "one layout");
_Static_assert((int)GEMD_USE_READ == (int)VALIDATOR_READ &&
                   (int)GEMD_USE_WRITE == (int)VALIDATOR_WRITE,
               "one meaning");

static const char *const own_rules[] = {
    [EXEC_BUFFER_UNKNOWN - EXEC_RULE_FIRST] = "BUFFER_UNKNOWN",
    [EXEC_BUFFER_TWICE - EXEC_RULE_FIRST] = "BUFFER_TWICE",
    [EXEC_RELOC_INVALID - EXEC_RULE_FIRST] = "RELOC_INVALID",
    [EXEC_GTT_FULL - EXEC_RULE_FIRST] = "GTT_FULL",
    [EXEC_MEMORY - EXEC_RULE_FIRST] = "MEMORY",
    [EXEC_GTT_QUOTA - EXEC_RULE_FIRST] = "GTT_QUOTA",
    [EXEC_BUFFER_UNNEEDED - EXEC_RULE_FIRST] = "BUFFER_UNNEEDED",
    [EXEC_BUFFER_REVOKED - EXEC_RULE_FIRST] = "BUFFER_REVOKED",
    [EXEC_FENCE_REGISTERS - EXEC_RULE_FIRST] = "FENCE_REGISTERS",
};

/* One submission on its way to the GPU. */
struct attempt {
    struct exec *exec;
    struct session *session;
    const struct gemd_record_submit *submit;
    struct batch_slot slot;
    uint32_t *words;   /* the private copy, in the batch area */
    uint32_t resolved; /* buffers found */
    uint32_t pinned;   /* buffers pinned */
    bool broken;       /* a rule, which is audited */
    struct validator_verdict verdict;
};

void exec_init(struct exec *exec, struct server *server)
{
    memset(exec, 0, sizeof(*exec));
    exec->server = server;
}

/* A refused batch retires in its turn: with the batch before it, or at once. */
static void retire_refused(struct session *session, uint64_t seqno)
{
    session->rejected++;
    session->server->exec.rejected++;
    publish_u64(&session->status->rejected, session->rejected);
    session->submitted = seqno;
    if (session->last_job != NULL) {
        session->last_job->retires = seqno;
    } else {
        session->retired = seqno;
        session_publish_retired(session);
    }
}

static void tell_refusal(struct attempt *attempt, int error)
{
    const struct validator_verdict *verdict = &attempt->verdict;
    struct gemd_msg_batch_rejected message;
    codec_begin(&message, GEMD_MSG_BATCH_REJECTED, 0);
    message.seqno = attempt->submit->seqno;
    message.error = error;
    message.dword = verdict->dword;
    message.command = verdict->header;
    message.rule = (uint32_t)verdict->rule;
    const char *rule = (int)verdict->rule >= EXEC_RULE_FIRST
                           ? own_rules[(int)verdict->rule - EXEC_RULE_FIRST]
                           : validator_rule_name(verdict->rule);
    codec_set_text(message.rule_name, sizeof(message.rule_name), rule);
    codec_set_text(message.text, sizeof(message.text), verdict->text);
    session_log(attempt->session, "batch %" PRIu64 " refused at dword %u (%s %08x): %s: %s",
                attempt->submit->seqno, verdict->dword,
                verdict->command != NULL ? verdict->command : "-", verdict->header, rule,
                verdict->text);
    session_event(attempt->session, &message);
}

/* The first 'pinned' of them in pin_some()'s order. */
static void unpin_all(struct attempt *attempt)
{
    struct exec *exec = attempt->exec;
    for (unsigned aligned = 2; aligned-- > 0;) {
        for (uint32_t i = 0; i < attempt->submit->buffer_count && attempt->pinned > 0; i++) {
            struct gtt_node *node = &exec->bos[i]->node;
            if ((node->align > 1) == (aligned != 0)) {
                gtt_unpin(&exec->server->gpu.gtt, node);
                attempt->pinned--;
            }
        }
    }
}

/* Ends an attempt that will not run. */
static void undo(struct attempt *attempt)
{
    unpin_all(attempt);
    batch_area_cancel(&attempt->exec->server->gpu.area, &attempt->slot);
}

static int refuse(struct attempt *attempt, int error)
{
    PROBE4(batch_refused, attempt->session->id, attempt->submit->seqno, attempt->verdict.dword,
           (int)attempt->verdict.rule);
    undo(attempt);
    tell_refusal(attempt, error);
    retire_refused(attempt->session, attempt->submit->seqno);
    return 0;
}

__attribute__((format(printf, 5, 6))) static int refuse_own(struct attempt *attempt,
                                                            enum exec_rule rule, int error,
                                                            uint32_t dword, const char *format, ...)
{
    struct validator_verdict *verdict = &attempt->verdict;
    *verdict = (struct validator_verdict){.rule = (enum validator_rule)rule, .dword = dword};
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->text, sizeof(verdict->text), format, args);
    va_end(args);
    return refuse(attempt, error);
}

/* Finds the buffers; false when the batch was refused. */
static bool resolve(struct attempt *attempt)
{
    struct exec *exec = attempt->exec;
    uint64_t mark = ++exec->marks;
    for (uint32_t i = 0; i < attempt->submit->buffer_count; i++) {
        struct bo *bo = handle_table_find(&attempt->session->buffers, exec->handles[i]);
        if (bo == NULL) {
            (void)refuse_own(attempt, EXEC_BUFFER_UNKNOWN, -ENOENT, 0,
                             "buffer %u of the list: this session has no handle %u", i,
                             exec->handles[i]);
            return false;
        }
        if (bo->mark == mark) {
            (void)refuse_own(attempt, EXEC_BUFFER_TWICE, -EINVAL, 0,
                             "buffer %u of the list: handle %u was named before", i,
                             exec->handles[i]);
            return false;
        }
        if (bo->unneeded) {
            (void)refuse_own(attempt, EXEC_BUFFER_UNNEEDED, -EINVAL, 0,
                             "buffer %u of the list: handle %u was said not to be needed", i,
                             exec->handles[i]);
            return false;
        }
        if (bo->revoked) {
            (void)refuse_own(attempt, EXEC_BUFFER_REVOKED, -EACCES, 0,
                             "buffer %u of the list: handle %u was revoked by its owner", i,
                             exec->handles[i]);
            return false;
        }
        bo->mark = mark;
        exec->bos[i] = bo;
    }
    return true;
}

/* Buffers that need aligned places before all others, which would lie in their way. */
static int pin_some(struct attempt *attempt, bool aligned)
{
    struct exec *exec = attempt->exec;
    struct gtt *gtt = &exec->server->gpu.gtt;
    for (uint32_t i = 0; i < attempt->submit->buffer_count; i++) {
        struct gtt_node *node = &exec->bos[i]->node;
        if ((node->align > 1) != aligned) {
            continue;
        }
        int error = chaos_hits(CHAOS_GTT_FULL) ? -ENOSPC : gtt_pin(gtt, node, 1);
        if (error != 0) {
            return error;
        }
        attempt->pinned++;
    }
    return 0;
}

static int pin_all(struct attempt *attempt)
{
    int error = pin_some(attempt, true);
    error = error == 0 ? pin_some(attempt, false) : error;
    if (error != 0) {
        unpin_all(attempt);
    }
    return error;
}

/* Binds the buffers. 0; -EAGAIN: has to wait for others' batches; 1: refused. */
static int place(struct attempt *attempt)
{
    struct exec *exec = attempt->exec;
    struct server *server = exec->server;
    struct gtt *gtt = &server->gpu.gtt;
    char text[GEMD_TEXT_MAX];
    int room = quota_make_room(attempt->session->quota, gtt, exec->bos,
                               attempt->submit->buffer_count, text);
    if (room == -EDQUOT || (room == -EAGAIN && server->fence.count == 0)) {
        (void)refuse_own(attempt, EXEC_GTT_QUOTA, -EDQUOT, 0, "%s", text);
        return 1;
    }
    if (room == 0 && pin_all(attempt) == 0) {
        quota_notice(attempt->session, LIMIT_GTT_PAGES);
        return 0;
    }
    uint64_t pages = 0;
    for (uint32_t i = 0; i < attempt->submit->buffer_count; i++) {
        pages += exec->bos[i]->node.span;
    }
    uint32_t capacity = gtt_client_capacity(gtt);
    if (pages <= capacity && server->fence.count > 0) {
        /* The others stop submitting until this one has had its turn. */
        sched_drain_for(&server->sched, attempt->session);
        return -EAGAIN;
    }
    gtt_evict_idle(gtt);
    if (pages <= capacity && pin_all(attempt) == 0) {
        return 0;
    }
    (void)refuse_own(attempt, EXEC_GTT_FULL, -ENOSPC, 0,
                     "%u buffers take %" PRIu64 " pages of the GTT; %u of %u are free, the longest "
                     "run is %u",
                     attempt->submit->buffer_count, pages, gtt->space.free_pages, capacity,
                     gtt_space_longest(&gtt->space));
    return 1;
}

static void describe_buffers(struct attempt *attempt)
{
    struct exec *exec = attempt->exec;
    for (uint32_t i = 0; i < attempt->submit->buffer_count; i++) {
        const struct bo *bo = exec->bos[i];
        exec->buffers[i] = (struct validator_buffer){
            .id = bo->handle,
            .gtt_address = gtt_address(&bo->node),
            .size = bo->size,
            .tiling = bo->tiling,
            .pitch = bo->pitch,
            .rights = bo->rights,
        };
    }
}

static void on_broken(void *data, const struct validator_verdict *verdict)
{
    struct attempt *attempt = data;
    attempt->broken = true;
    session_log(attempt->session, "audit: batch %" PRIu64 " dword %u (%s %08x): %s: %s",
                attempt->submit->seqno, verdict->dword, verdict->command, verdict->header,
                validator_rule_name(verdict->rule), verdict->text);
}

/* Copies and checks relocations and words; false when the batch was refused. */
static bool check(struct attempt *attempt, const struct ring_submit *layout, const uint8_t *record)
{
    struct exec *exec = attempt->exec;
    const struct gemd_record_submit *submit = attempt->submit;
    char reason[GEMD_TEXT_MAX];
    uint32_t dword = 0;
    memcpy(exec->relocs, record + layout->relocs,
           (size_t)submit->reloc_count * sizeof(exec->relocs[0]));
    if (ring_relocs_check(submit, (const struct gemd_reloc *)(const void *)exec->relocs, &dword,
                          reason) != 0) {
        (void)refuse_own(attempt, EXEC_RELOC_INVALID, -EINVAL, dword, "%s", reason);
        return false;
    }
    describe_buffers(attempt);
    memcpy(attempt->words, record + layout->words, (size_t)submit->word_count * 4);
    struct audit *audited = &attempt->session->audit;
    const struct validator_audit audit = {audited->counts, on_broken, attempt};
    struct validator_job job = {
        .pci_device = exec->server->gpu.dev->identity.pci_device,
        .words = attempt->words,
        .word_count = submit->word_count,
        .relocs = exec->relocs,
        .reloc_count = submit->reloc_count,
        .buffers = exec->buffers,
        .buffer_count = submit->buffer_count,
        .audit = audited->on ? &audit : NULL,
    };
    capture_keep(&exec->server->capture, &job, attempt->session->id, submit->seqno);
    bool refused = validator_check(&job, &attempt->verdict) != 0;
    if (refused || attempt->broken) {
        capture_write(&exec->server->capture, attempt->session->id, submit->seqno);
    }
    if (refused) {
        (void)refuse(attempt, -EINVAL);
        return false;
    }
    PROBE4(batch_validated, attempt->session->id, submit->seqno, submit->word_count,
           attempt->verdict.cost);
    return true;
}

/* Fence registers for what was checked. 0; -EAGAIN: others' batches have to pass; 1: refused. */
static int take_fences(struct attempt *attempt)
{
    struct exec *exec = attempt->exec;
    struct server *server = exec->server;
    char text[GEMD_TEXT_MAX] = "chaos";
    int error = chaos_hits(CHAOS_FENCE_REGISTERS)
                    ? -EAGAIN
                    : fenced_take(&server->gpu.gtt, attempt->session->quota, exec->bos,
                                  exec->buffers, attempt->submit->buffer_count, text);
    if (error == 0) {
        quota_notice(attempt->session, LIMIT_FENCE_REGISTERS);
        return 0;
    }
    const bool limited = error == -EBUSY, waits = limited || error == -EAGAIN;
    if (waits && server->fence.count > 0) {
        /* Its own batches pass first, and then, if need be, the others'. */
        if (!limited && attempt->session->flow.jobs == 0) {
            sched_drain_for(&server->sched, attempt->session);
        }
        return -EAGAIN;
    }
    error = limited ? -EDQUOT : waits ? -ENOSPC : error;
    (void)refuse_own(attempt, EXEC_FENCE_REGISTERS, error, 0, "%s", text);
    return 1;
}

/* What the GPU runs is not what was checked any more: it stops in it. */
static void spoil(const struct attempt *attempt)
{
    const char *name = attempt->session->name;
    if (chaos_hits_session(CHAOS_HANG, name)) {
        chaos_spoil(CHAOS_HANG, attempt->words, attempt->submit->word_count);
    } else if (chaos_hits_session(CHAOS_STALL, name)) {
        chaos_spoil(CHAOS_STALL, attempt->words, attempt->submit->word_count);
    }
}

static int emit(struct attempt *attempt)
{
    struct exec *exec = attempt->exec;
    struct session *session = attempt->session;
    const struct gemd_record_submit *submit = attempt->submit;
    struct job *job = job_create(submit->buffer_count);
    if (job == NULL) {
        return refuse_own(attempt, EXEC_MEMORY, -ENOMEM, 0, "the daemon is out of memory");
    }
    for (uint32_t i = 0; i < submit->buffer_count; i++) {
        job->buffers[i] = bo_ref(exec->bos[i]);
    }
    job->session = session_ref(session);
    job->seqno = submit->seqno;
    job->retires = submit->seqno;
    job->slot = attempt->slot;
    job->word_count = submit->word_count;
    job->charge =
        sched_emitted(&exec->server->sched, session, attempt->verdict.cost, attempt->slot.taken);
    job_keep_relocs(job, exec->relocs, submit->reloc_count);
    fence_emit(&exec->server->fence, job);
    PROBE4(batch_emitted, session->id, job->seqno, job->gpu_seqno, job->word_count);
    hang_watch(&exec->server->hang);
    session->submitted = submit->seqno;
    quota_add(session->quota, LIMIT_IN_FLIGHT, 1);
    session->last_job = job;
    return 0;
}

int exec_submit(struct exec *exec, struct session *session, const struct gemd_record_submit *submit,
                const struct ring_submit *layout, const uint8_t *record)
{
    struct server *server = exec->server;
    struct attempt attempt = {.exec = exec, .session = session, .submit = submit};
    if (!sched_admits(&server->sched, session) || server->fence.count >= GPU_BATCHES_MAX ||
        !gpu_has_room(&server->gpu) ||
        !batch_area_take(&server->gpu.area, submit->word_count * 4, &attempt.slot)) {
        return -EAGAIN;
    }
    attempt.words = gpu_batch_words(&server->gpu, attempt.slot.offset);
    memcpy(exec->handles, record + layout->buffers,
           (size_t)submit->buffer_count * sizeof(exec->handles[0]));
    if (!resolve(&attempt)) {
        return 0;
    }
    int placed = place(&attempt);
    if (placed == -EAGAIN) {
        undo(&attempt);
        return -EAGAIN;
    }
    sched_drained(&server->sched, session);
    if (placed != 0 || !check(&attempt, layout, record)) {
        return 0;
    }
    int fenced = take_fences(&attempt);
    if (fenced != 0) {
        if (fenced == -EAGAIN) {
            undo(&attempt);
        }
        return fenced == -EAGAIN ? -EAGAIN : 0;
    }
    if (!sched_admits_cost(&server->sched, session, attempt.verdict.cost)) {
        undo(&attempt); /* it is checked again when its turn has come */
        return -EAGAIN;
    }
    spoil(&attempt);
    return emit(&attempt);
}

void exec_retired(void *data, struct job *job)
{
    struct session *session = job->session;
    PROBE3(batch_retired, session->id, job->seqno, job->gpu_seqno);
    sched_passed(&session->server->sched, job);
    quota_give(session->quota, LIMIT_IN_FLIGHT, 1);
    mirror_retired(&session->server->mirror, job);
    session->retired = job->retires;
    session->retired_changed = true;
    if (session->recording != NULL) {
        recording_retired(session, job);
    }
    if (session->ended) {
        fence_exports_retired(&session->exports, session->retired); /* nobody else tells them */
    }
    if (session->last_job == job) {
        session->last_job = NULL;
    }
    session_unref(session);
}

unsigned exec_retire(struct exec *exec)
{
    struct server *server = exec->server;
    unsigned count = fence_retire(&server->fence);
    if (count == 0) {
        return 0;
    }
    list_for_each(session, &server->sessions, struct session, link)
    {
        if (session->retired_changed) {
            session->retired_changed = false;
            session_publish_retired(session);
        }
    }
    return count;
}

void exec_settle(struct exec *exec)
{
    struct server *server = exec->server;
    share_progress(server);
    purge_trim(server);
    display_retry(&server->display);
}

void exec_progress(struct exec *exec)
{
    if (exec_retire(exec) > 0) {
        exec_settle(exec);
        sched_run(&exec->server->sched);
    }
}
