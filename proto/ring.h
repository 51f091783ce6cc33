/* SPDX-License-Identifier: MIT */
/*
 * The submission ring: where records lie, how large they are, and whether they may be read.
 * The layout is in proto/protocol.h. Positions and sizes are bytes.
 */
#ifndef GEMD_PROTO_RING_H
#define GEMD_PROTO_RING_H

#include "proto/codec.h"

#define RING_ALIGN     8u /* of positions and of record sizes */
#define RING_BYTES_MIN 4096u
#define RING_BYTES_MAX (256u << 20)

/* A type of record. */
struct ring_record {
    uint32_t type; /* enum gemd_record_type */
    uint32_t size; /* of its struct; SUBMIT and PAD may be larger, the others may not */
    bool grows;
    const char *name; /* "SUBMIT" */
    const char *body; /* "gemd_record_submit" */
};

extern const struct ring_record ring_records[];
extern const size_t ring_record_count;

/* The row of a type; NULL when there is none. */
const struct ring_record *ring_record(uint32_t type);

/* A power of two from RING_BYTES_MIN to RING_BYTES_MAX. */
bool ring_bytes_valid(uint32_t ring_bytes);

/* Bytes of the ring's memory file. */
uint64_t ring_file_size(uint32_t ring_bytes);

/*
 * The largest record that a ring can always take once it has been read empty, wherever it stands:
 * half of it, for PAD may take up to one record's size.
 */
uint64_t ring_record_max(uint32_t ring_bytes);

/*
 * The writer's question: may a record of 'size' bytes (a multiple of RING_ALIGN, not 0) be written
 * at 'tail' when the reader is at 'head'? 0: yes, after *pad bytes of PAD; -EAGAIN: not yet;
 * -E2BIG: never. A reader's head that makes no sense counts as a full ring.
 */
CODEC_CHECKED int ring_place(uint32_t ring_bytes, uint64_t head, uint64_t tail, uint64_t size,
                             uint64_t *pad);

/*
 * The reader's question: what lies at 'head' when the writer says 'tail'? Reads the record's header
 * from 'data' (the data area, writable by the other side) exactly once, into *header.
 * 1: a record that lies whole in [head, tail), does not straddle the end, and has a size that fits
 * its type; 0: nothing; -EPROTO: a protocol error, one line in reason.
 */
CODEC_CHECKED int ring_peek(const void *data, uint32_t ring_bytes, uint64_t head, uint64_t tail,
                            struct gemd_record_header *header, char reason[GEMD_TEXT_MAX]);

/* The daemon's limits for one batch, as WELCOME says them. */
struct ring_limits {
    uint32_t words, relocs, buffers;
};

/* Where the parts of a SUBMIT lie, in bytes from its start. Relocs may be misaligned to 4 only. */
struct ring_submit {
    uint64_t words, relocs, buffers;
    uint64_t size; /* of the whole record */
};

/* Computes it for any counts, without overflow. */
struct ring_submit ring_submit_layout(uint32_t word_count, uint32_t reloc_count,
                                      uint32_t buffer_count);

/*
 * Checks a SUBMIT's head, copied out of the ring, against its own size, the limits, and what
 * protocol.h says (an even count of words, not 0; flags 0). Does not look at seqno.
 * 0 with *layout; -E2BIG: over a limit; -EINVAL; one line in reason.
 */
CODEC_CHECKED int ring_submit_check(const struct gemd_record_submit *submit,
                                    const struct ring_limits *limits, struct ring_submit *layout,
                                    char reason[GEMD_TEXT_MAX]);

/*
 * Checks a submission's arrays, copied out of the ring: relocations ascend by dword, lie inside the
 * batch, name a listed buffer and a use of 1 to 3. 0; -EINVAL with one line in reason and the
 * culprit's dword in *dword. Whether buffers are distinct is left to whoever resolves handles.
 */
CODEC_CHECKED int ring_relocs_check(const struct gemd_record_submit *submit,
                                    const struct gemd_reloc *relocs, uint32_t *dword,
                                    char reason[GEMD_TEXT_MAX]);

#endif
