/* SPDX-License-Identifier: MIT */
/*
 * A command stream as bytes, with all that the validator needs to judge it: what the daemon
 * captures and records, and 'gemctl check' and the fuzzers read. No files here, only memory.
 *
 * A file is any number of records, one behind the other. A record: the magic, pci_device, session,
 * seqno (two dwords, low first), word_count, reloc_count, buffer_count, then the buffers (id,
 * gtt_address, size in two dwords, tiling, pitch, rights, 0), the relocations (dword, buffer,
 * delta, use) and the words. Everything is a little-endian dword; tiling and rights are numbered as
 * in validator.h. The words are as the client sent them: addresses are not filled in.
 */
#ifndef GEMD_VALIDATOR_STREAM_FILE_H
#define GEMD_VALIDATOR_STREAM_FILE_H

#include <stdbool.h>

#include "gemd/validator/validator.h"

#define STREAM_FILE_MAGIC       "gemdstr1"
#define STREAM_FILE_MAX_WORDS   (1u << 20)
#define STREAM_FILE_MAX_RELOCS  (1u << 20)
#define STREAM_FILE_MAX_BUFFERS (1u << 16)

/* One record in memory that is the caller's. */
struct stream_record {
    uint16_t pci_device;
    uint32_t session;
    uint64_t seqno;
    uint32_t word_count, reloc_count, buffer_count;
    const uint8_t *body; /* buffers, relocations, words */
    size_t size;         /* bytes, all of it */
};

/* Whether bytes begin with a record, sound or not. */
bool stream_file_is(const uint8_t *bytes, size_t size);

/* The record that 'bytes' begins with. 0, or -EINVAL with a reason of one line. */
int stream_file_open(const uint8_t *bytes, size_t size, struct stream_record *record,
                     char reason[128]);

/* Copies its parts to arrays that have room for them. */
void stream_file_read(const struct stream_record *record, struct validator_buffer *buffers,
                      struct validator_reloc *relocs, uint32_t *words);

/* Bytes of a job's record, and the record; to: as many bytes. */
size_t stream_file_size(const struct validator_job *job);
void stream_file_write(const struct validator_job *job, uint32_t session, uint64_t seqno,
                       uint8_t *to);

#endif
