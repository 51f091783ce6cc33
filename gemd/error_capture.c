/* SPDX-License-Identifier: MIT */
#include "gemd/error_capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "hw/gen3/regs.h"

#define FAULT_INTERVAL_NS UINT64_C(1000000000)

/* The first nine are those of struct gpu_position. */
static const uint32_t register_offsets[ERROR_REGISTERS] = {
    ACTHD,     IPEHR,     IPEIR,      EIR,      ESR,     PGTBL_ER,  INSTDONE,
    PRB0_HEAD, PRB0_TAIL, PRB0_START, PRB0_CTL, HWS_PGA, PGTBL_CTL, INSTPM,
    MI_MODE,   EMR,       IIR,        IMR,      IER,     HWSTAM,
};

const char *const error_register_names[ERROR_REGISTERS] = {
    "ACTHD",     "IPEHR",     "IPEIR",      "EIR",      "ESR",     "PGTBL_ER",  "INSTDONE",
    "PRB0_HEAD", "PRB0_TAIL", "PRB0_START", "PRB0_CTL", "HWS_PGA", "PGTBL_CTL", "INSTPM",
    "MI_MODE",   "EMR",       "IIR",        "IMR",      "IER",     "HWSTAM",
};

static void clear(struct error_record *record)
{
    free(record->job.words);
    free((void *)(uintptr_t)record->job.relocs);
    free(record->job.buffers);
    free(record->flights);
    *record = (struct error_record){.number = 0};
}

void error_capture_finish(struct error_capture *capture)
{
    for (unsigned i = 0; i < ERROR_CAPTURES; i++) {
        clear(&capture->records[i]);
    }
}

static bool is_older(const struct error_record *record, const struct error_record *than)
{
    return than == NULL || record->number < than->number;
}

/* A free place, or the oldest one's: a flood of page faults has only that of page faults. */
static struct error_record *take_place(struct error_capture *capture, enum error_kind kind)
{
    struct error_record *oldest = NULL;
    struct error_record *oldest_fault = NULL;
    unsigned faults = 0;
    for (unsigned i = 0; i < ERROR_CAPTURES; i++) {
        struct error_record *record = &capture->records[i];
        if (is_older(record, oldest)) {
            oldest = record;
        }
        if (record->number != 0 && record->kind == ERROR_KIND_FAULT) {
            faults++;
            oldest_fault = is_older(record, oldest_fault) ? record : oldest_fault;
        }
    }
    struct error_record *place =
        kind == ERROR_KIND_FAULT && faults >= ERROR_FAULTS ? oldest_fault : oldest;
    clear(place);
    return place;
}

static void take_registers(struct error_record *record, struct server *server,
                           const struct gpu_position *at)
{
    struct hw_device *dev = server->gpu.dev;
    const uint32_t known[] = {at->acthd,    at->ipehr,    at->ipeir, at->eir, at->esr,
                              at->pgtbl_er, at->instdone, at->head,  at->tail};
    memcpy(record->registers, known, sizeof(known));
    for (size_t i = sizeof(known) / sizeof(known[0]); i < ERROR_REGISTERS; i++) {
        record->registers[i] = hw_read(dev, register_offsets[i]);
    }
    record->fence_count =
        dev->identity.fence_count < ERROR_FENCES_MAX ? dev->identity.fence_count : ERROR_FENCES_MAX;
    for (uint32_t i = 0; i < record->fence_count; i++) {
        record->fences[i] = hw_read(dev, FENCE(i));
    }
}

static void take_ring(struct error_record *record, const struct gpu_ring *ring, uint32_t head)
{
    record->ring_head = head & RING_HEAD_MASK & (ring->size - 1);
    record->ring_first = (record->ring_head - 4 * ERROR_RING_BACK) & (ring->size - 1);
    for (uint32_t i = 0; i < ERROR_RING_WORDS; i++) {
        uint32_t byte = (record->ring_first + 4 * i) & (ring->size - 1);
        memcpy(&record->ring[i], ring->base + byte, 4);
    }
}

static void describe_buffers(struct validator_buffer *buffers, const struct job *job)
{
    for (uint32_t i = 0; i < job->buffer_count; i++) {
        const struct bo *bo = job->buffers[i];
        buffers[i] = (struct validator_buffer){
            .id = bo->handle,
            .gtt_address = gtt_address(&bo->node),
            .size = bo->size,
            .tiling = bo->tiling,
            .pitch = bo->pitch,
            .rights = VALIDATOR_READ | VALIDATOR_WRITE,
        };
    }
}

static void *copy(const void *from, size_t size)
{
    void *to = chaos_hits(CHAOS_ALLOC_ERROR) ? NULL : malloc(size > 0 ? size : 1);
    if (to != NULL && size > 0) {
        memcpy(to, from, size);
    }
    return to;
}

/* Without memory, what there is: the registers say most. */
static void take_batch(struct error_record *record, struct server *server, const struct job *job)
{
    record->session = job->session->id;
    record->seqno = job->seqno;
    struct validator_job *kept = &record->job;
    kept->pci_device = server->gpu.dev->identity.pci_device;
    kept->words = copy(gpu_batch_words(&server->gpu, job->slot.offset), 4 * job->word_count);
    kept->buffers = chaos_hits(CHAOS_ALLOC_ERROR_BUFFERS)
                        ? NULL
                        : calloc(job->buffer_count + 1u, sizeof(kept->buffers[0]));
    struct validator_reloc *relocs =
        copy(job->relocs, job->relocs != NULL ? job->reloc_count * sizeof(*relocs) : 0);
    kept->relocs = relocs;
    kept->word_count = kept->words != NULL ? job->word_count : 0;
    kept->reloc_count = relocs != NULL && job->relocs != NULL ? job->reloc_count : 0;
    kept->buffer_count = kept->buffers != NULL ? job->buffer_count : 0;
    if (kept->buffers != NULL) {
        describe_buffers(kept->buffers, job);
    }
}

static struct error_flight *flight_of(struct error_record *record, const struct session *session)
{
    for (uint32_t i = 0; i < record->flight_count; i++) {
        if (record->flights[i].session == session->id) {
            return &record->flights[i];
        }
    }
    struct error_flight *flight = &record->flights[record->flight_count++];
    *flight =
        (struct error_flight){.session = session->id, .pid = session->pid, .uid = session->uid};
    memcpy(flight->name, session->name, sizeof(flight->name));
    return flight;
}

static void take_flights(struct error_record *record, const struct fence *fence,
                         const struct session *guilty)
{
    /* At most one for each batch. */
    record->flights = chaos_hits(CHAOS_ALLOC_ERROR_FLIGHTS)
                          ? NULL
                          : calloc(fence->count + 1u, sizeof(record->flights[0]));
    if (record->flights == NULL) {
        return;
    }
    list_for_each(job, &fence->jobs, struct job, link)
    {
        struct error_flight *flight = flight_of(record, job->session);
        flight->first = flight->batches == 0 ? job->seqno : flight->first;
        flight->last = job->seqno;
        flight->batches++;
        flight->guilty = job->session == guilty;
    }
}

void error_capture_take(struct error_capture *capture, struct server *server, enum error_kind kind,
                        const char *text, const struct gpu_position *at, const struct job *job,
                        uint32_t dword)
{
    uint64_t now = clock_now(&server->options.clock);
    if (kind == ERROR_KIND_FAULT) {
        if (capture->last_fault_ns != 0 && now - capture->last_fault_ns < FAULT_INTERVAL_NS) {
            capture->faults_left_out++;
            return;
        }
        capture->last_fault_ns = now;
    }
    struct error_record *record = take_place(capture, kind);
    record->number = ++capture->count;
    record->kind = kind;
    record->uptime_ns = now - server->started_ns;
    clock_gettime(CLOCK_REALTIME, &record->time);
    snprintf(record->text, sizeof(record->text), "%s", text);
    take_registers(record, server, at);
    take_ring(record, &server->gpu.ring, at->head);
    if (job != NULL) {
        record->dword = dword;
        take_batch(record, server, job);
    }
    bool blamed = job != NULL && kind != ERROR_KIND_FAULT;
    take_flights(record, &server->fence, blamed ? job->session : NULL);
}

const struct error_record *error_capture_find(const struct error_capture *capture, uint64_t number)
{
    for (unsigned i = 0; i < ERROR_CAPTURES && number != 0; i++) {
        if (capture->records[i].number == number) {
            return &capture->records[i];
        }
    }
    return NULL;
}

unsigned error_capture_list(const struct error_capture *capture,
                            const struct error_record *records[ERROR_CAPTURES])
{
    unsigned count = 0;
    for (unsigned i = 0; i < ERROR_CAPTURES; i++) {
        const struct error_record *record = &capture->records[i];
        if (record->number == 0) {
            continue;
        }
        unsigned at = count++;
        for (; at > 0 && records[at - 1]->number > record->number; at--) {
            records[at] = records[at - 1];
        }
        records[at] = record;
    }
    return count;
}
