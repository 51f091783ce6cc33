/* SPDX-License-Identifier: MIT */
/*
 * What the GPU was doing when it hung or complained: registers, the ring around its head, the batch
 * with its buffers and relocations, and who had what in flight. The last few are kept in memory.
 *
 * Clients cause errors: memory is bounded by ERROR_CAPTURES of the largest batches; page faults,
 * which cost their client nothing, are taken once a second and hold few of the places.
 */
#ifndef GEMD_ERROR_CAPTURE_H
#define GEMD_ERROR_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "gemd/gpu.h"
#include "gemd/validator/validator.h"
#include "proto/protocol.h"

#define ERROR_CAPTURES   8u
#define ERROR_FAULTS     2u /* of them page faults, at most */
#define ERROR_RING_WORDS 64u
#define ERROR_RING_BACK  16u /* of them before the head */
#define ERROR_FENCES_MAX 16u
#define ERROR_REGISTERS  20u

struct server;
struct job;

enum error_kind {
    ERROR_KIND_STILL, /* the GPU stood still */
    ERROR_KIND_GPU,   /* it reported an error and stopped */
    ERROR_KIND_SLOW,  /* one batch took too long */
    ERROR_KIND_FAULT, /* a page fault that it got over */
    ERROR_KINDS
};

/* What one session had on the GPU, in the ring or waiting in it. */
struct error_flight {
    uint32_t session;
    pid_t pid;
    uid_t uid;
    char name[GEMD_NAME_MAX];
    uint32_t batches;
    uint64_t first, last; /* seqnos */
    bool guilty;
};

struct error_record {
    uint64_t number; /* 1 is the first since the daemon began; 0: the place is free */
    enum error_kind kind;
    struct timespec time; /* CLOCK_REALTIME */
    uint64_t uptime_ns;
    char text[GEMD_TEXT_MAX]; /* as in the log */
    uint32_t registers[ERROR_REGISTERS];
    uint32_t fences[ERROR_FENCES_MAX];
    uint32_t fence_count;
    uint32_t ring_first; /* byte offset of ring[0] */
    uint32_t ring_head;
    uint32_t ring[ERROR_RING_WORDS];
    /* The batch, all NULL and 0 when the GPU was in none, or without memory for it. */
    uint32_t session;
    uint64_t seqno;
    uint32_t dword;
    struct validator_job job; /* words have their addresses filled in */
    struct error_flight *flights;
    uint32_t flight_count;
};

struct error_capture {
    struct error_record records[ERROR_CAPTURES];
    uint64_t count;         /* taken so far */
    uint64_t last_fault_ns; /* when one was taken */
    uint64_t faults_left_out;
};

void error_capture_finish(struct error_capture *capture);

/*
 * Takes a record, before a reset wipes the registers. at: with the bits that were acknowledged
 * meanwhile; job: the batch that the GPU was in, NULL: none; dword: where in it.
 */
void error_capture_take(struct error_capture *capture, struct server *server, enum error_kind kind,
                        const char *text, const struct gpu_position *at, const struct job *job,
                        uint32_t dword);

/* A record by its number; NULL: it is not kept (any more). */
const struct error_record *error_capture_find(const struct error_capture *capture, uint64_t number);

/* The records that are kept, the oldest first; returns how many. */
unsigned error_capture_list(const struct error_capture *capture,
                            const struct error_record *records[ERROR_CAPTURES]);

/* Names of 'registers', in their order, ERROR_REGISTERS of them. */
extern const char *const error_register_names[ERROR_REGISTERS];

#endif
