/* SPDX-License-Identifier: MIT */
/*
 * Decides whether a client's command stream may run, and resolves its addresses.
 *
 * A library over hw/gen3 alone: no sockets, no allocation, no knowledge of the daemon. The caller
 * owns all memory. 'words' must be the private copy that the GPU will run: nobody else may be able
 * to write it from the moment validation begins.
 */
#ifndef GEMD_VALIDATOR_H
#define GEMD_VALIDATOR_H

#include <stddef.h>
#include <stdint.h>

#include "hw/gen3/surface.h"

/* A buffer that the stream may name, by its index in the list. */
struct validator_buffer {
    uint32_t id;             /* the client's handle, for messages */
    uint32_t gtt_address;    /* where it is bound, bytes */
    uint64_t size;           /* bytes */
    enum gen3_tiling tiling; /* of Y tiles, the chip's: gen3_tiling_y() */
    uint32_t pitch;          /* bytes, when tiled */
    uint32_t rights;         /* VALIDATOR_READ | VALIDATOR_WRITE */
    uint32_t used;           /* out: the same bits, for what the stream does to it, and FENCED */
};

enum {
    VALIDATOR_READ = 1,
    VALIDATOR_WRITE = 2,
    VALIDATOR_FENCED = 4, /* in tiles, by what goes through its fence register: that must be live */
};

/* An address dword: words[dword] becomes buffers[buffer].gtt_address + delta. */
struct validator_reloc {
    uint32_t dword;
    uint32_t buffer;
    uint32_t delta;
    uint32_t use; /* VALIDATOR_READ | VALIDATOR_WRITE: what the client says the GPU does there */
};

/*
 * A second mode: what is wrong with a stream is counted and told, and the stream is refused only
 * where nothing sound could be said of the rest (doc/validator.md, "Audit"). It gives up what the
 * validator is for, and is meant for one session that somebody watches.
 */
struct validator_verdict;
struct validator_audit {
    uint64_t *counts; /* VALIDATOR_RULES of them; refusals count, too */
    /* Called for each broken rule that the stream is not refused for; the verdict is the callee's
     * to read until it returns. NULL: only count. */
    void (*broken)(void *data, const struct validator_verdict *verdict);
    void *data;
};

struct validator_job {
    uint16_t pci_device; /* the chipset, 0x29c2 */
    uint32_t *words;     /* in: the stream; out: with addresses filled in */
    size_t word_count;
    const struct validator_reloc *relocs; /* ascending by dword */
    size_t reloc_count;
    struct validator_buffer *buffers;
    size_t buffer_count;
    const struct validator_audit *audit; /* NULL: every broken rule is a refusal */
};

/* Rule ids: stable names for tests, logs and documents. */
enum validator_rule {
    VALIDATOR_ACCEPTED = 0,
#define VALIDATOR_RULE(id, text) VALIDATOR_##id,
#include "gemd/validator/rules.def"
#undef VALIDATOR_RULE
    VALIDATOR_RULES /* how many, with ACCEPTED */
};

struct validator_verdict {
    enum validator_rule rule; /* VALIDATOR_ACCEPTED, or what was broken */
    uint32_t dword;           /* index in the stream */
    uint32_t header;          /* header of the command it belongs to */
    const char *command;      /* the command's name; "?" when unknown */
    uint64_t cost;            /* accepted: an estimate of work, in pixels */
    char text[200]; /* the numbers: "rows 1088 x pitch 4096 = 4456448 > 4194304 bytes ..." */
};

/* 0 when accepted; -EINVAL when refused, and then 'words' is undefined and must not run. */
int validator_check(struct validator_job *job, struct validator_verdict *verdict);

/* "RELOC_MISSING"; "?" beyond the list. */
const char *validator_rule_name(enum validator_rule rule);

#endif
