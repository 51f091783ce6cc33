/* SPDX-License-Identifier: MIT */
/*
 * A case: a command stream with its relocations and buffers, as a client might send it, in arrays
 * that have room for changes. What it is in a file: gemd/validator/stream_file.h.
 */
#ifndef GEMD_TESTS_FUZZ_CASE_H
#define GEMD_TESTS_FUZZ_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gemd/validator/validator.h"
#include "hw/gen3/command.h"

#define CASE_WORDS   10240u
#define CASE_RELOCS  512u
#define CASE_BUFFERS 64u

struct fuzz_case {
    uint16_t pci_device;
    uint32_t word_count, reloc_count, buffer_count;
    struct validator_reloc relocs[CASE_RELOCS];
    struct validator_buffer buffers[CASE_BUFFERS];
    uint32_t words[CASE_WORDS];
};

/* Only what is in use is copied. */
void case_copy(struct fuzz_case *to, const struct fuzz_case *from);

/* The first record of a file. False: none, or one that a case has no room for. */
bool case_load(struct fuzz_case *c, const uint8_t *bytes, size_t size);

/* Its record; 0 when there is no room for it, else its bytes. */
size_t case_store(const struct fuzz_case *c, uint8_t *bytes, size_t room);

/* A job that has the case's own arrays: what is checked is changed. */
struct validator_job case_job(struct fuzz_case *c);

/* A command in a case. */
struct case_command {
    uint32_t at, length;                /* dwords; 1 where a header makes no sense */
    const struct gen3_command *command; /* NULL: none */
};

/* The commands, 'room' at most, one behind the other as the streamer would see them. */
size_t case_commands(const struct fuzz_case *c, struct case_command *commands, size_t room);

/* The one at dword 'at'. */
struct case_command case_command_at(const struct fuzz_case *c, uint32_t at);

/* Words behind which others move; relocations go with them. What has no room is not inserted. */
void case_remove(struct fuzz_case *c, uint32_t at, uint32_t count);
bool case_insert(struct fuzz_case *c, uint32_t at, const uint32_t *words, uint32_t count);

/* A relocation, put where the order wants it. */
bool case_add_reloc(struct fuzz_case *c, struct validator_reloc reloc);
void case_remove_reloc(struct fuzz_case *c, uint32_t index);

/* Copies words [at, at + count) of another case, or of itself, with their relocations, to 'to'. */
bool case_splice(struct fuzz_case *c, uint32_t to, const struct fuzz_case *from, uint32_t at,
                 uint32_t count);

#endif
