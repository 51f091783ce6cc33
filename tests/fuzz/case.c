/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/case.h"

#include <string.h>

#include "gemd/validator/stream_file.h"

void case_copy(struct fuzz_case *to, const struct fuzz_case *from)
{
    to->pci_device = from->pci_device;
    to->word_count = from->word_count;
    to->reloc_count = from->reloc_count;
    to->buffer_count = from->buffer_count;
    memcpy(to->words, from->words, from->word_count * sizeof(to->words[0]));
    memcpy(to->relocs, from->relocs, from->reloc_count * sizeof(to->relocs[0]));
    memcpy(to->buffers, from->buffers, from->buffer_count * sizeof(to->buffers[0]));
}

/* Records have their lists as these structs are on little-endian machines, but for 'used'. */
#define AS_IN_FILES (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
_Static_assert(sizeof(struct validator_buffer) == 32 &&
                   offsetof(struct validator_buffer, size) == 8 &&
                   offsetof(struct validator_buffer, tiling) == 16 &&
                   offsetof(struct validator_buffer, pitch) == 20 &&
                   offsetof(struct validator_buffer, rights) == 24 &&
                   sizeof(struct validator_reloc) == 16,
               "records are copied whole");

static void read_lists(struct fuzz_case *c, const struct stream_record *record)
{
    const size_t buffers = c->buffer_count * sizeof(c->buffers[0]);
    const size_t relocs = c->reloc_count * sizeof(c->relocs[0]);

    if (!AS_IN_FILES) {
        stream_file_read(record, c->buffers, c->relocs, c->words);
        return;
    }
    memcpy(c->buffers, record->body, buffers);
    memcpy(c->relocs, record->body + buffers, relocs);
    memcpy(c->words, record->body + buffers + relocs, c->word_count * sizeof(c->words[0]));
}

bool case_load(struct fuzz_case *c, const uint8_t *bytes, size_t size)
{
    struct stream_record record;
    char reason[128];

    if (stream_file_open(bytes, size, &record, reason) != 0 || record.word_count > CASE_WORDS ||
        record.reloc_count > CASE_RELOCS || record.buffer_count > CASE_BUFFERS) {
        return false;
    }
    c->pci_device = record.pci_device;
    c->word_count = record.word_count;
    c->reloc_count = record.reloc_count;
    c->buffer_count = record.buffer_count;
    read_lists(c, &record);
    return true;
}

size_t case_store(const struct fuzz_case *c, uint8_t *bytes, size_t room)
{
    /* The job is only read. */
    const struct validator_job job = case_job((struct fuzz_case *)(uintptr_t)c);
    size_t size = stream_file_size(&job);

    if (size > room) {
        return 0;
    }
    if (!AS_IN_FILES) {
        stream_file_write(&job, 0, 0, bytes);
        return size;
    }
    /* the head alone, then the lists as they are */
    const size_t buffers = c->buffer_count * sizeof(c->buffers[0]);
    const size_t relocs = c->reloc_count * sizeof(c->relocs[0]);
    const size_t words = c->word_count * sizeof(c->words[0]);
    uint8_t *at = bytes + size - words - relocs - buffers;
    struct validator_job head = job;

    head.word_count = head.reloc_count = head.buffer_count = 0;
    stream_file_write(&head, 0, 0, bytes);
    memcpy(bytes + 24, (const uint32_t[]){c->word_count, c->reloc_count, c->buffer_count}, 12);
    memcpy(at, c->buffers, buffers);
    for (uint32_t i = 0; i < c->buffer_count; i++) {
        memset(at + i * sizeof(c->buffers[0]) + offsetof(struct validator_buffer, used), 0, 4);
    }
    memcpy(at + buffers, c->relocs, relocs);
    memcpy(at + buffers + relocs, c->words, words);
    return size;
}

struct validator_job case_job(struct fuzz_case *c)
{
    return (struct validator_job){
        .pci_device = c->pci_device,
        .words = c->words,
        .word_count = c->word_count,
        .relocs = c->relocs,
        .reloc_count = c->reloc_count,
        .buffers = c->buffers,
        .buffer_count = c->buffer_count,
    };
}

struct case_command case_command_at(const struct fuzz_case *c, uint32_t at)
{
    const struct gen3_command *command = gen3_command_find(c->words[at]);
    uint32_t length = command != NULL ? gen3_command_length(command, c->words[at]) : 0;

    if (length == 0) {
        length = 1;
    }
    if (length > c->word_count - at) {
        length = c->word_count - at;
    }
    return (struct case_command){at, length, command};
}

size_t case_commands(const struct fuzz_case *c, struct case_command *commands, size_t room)
{
    size_t count = 0;

    for (uint32_t at = 0; at < c->word_count && count < room; count++) {
        commands[count] = case_command_at(c, at);
        at += commands[count].length;
    }
    return count;
}

void case_remove(struct fuzz_case *c, uint32_t at, uint32_t count)
{
    uint32_t kept = 0;

    memmove(&c->words[at], &c->words[at + count],
            (c->word_count - at - count) * sizeof(c->words[0]));
    c->word_count -= count;
    for (uint32_t i = 0; i < c->reloc_count; i++) {
        struct validator_reloc reloc = c->relocs[i];

        if (reloc.dword >= at && reloc.dword - at < count) {
            continue;
        }
        reloc.dword -= reloc.dword >= at ? count : 0;
        c->relocs[kept++] = reloc;
    }
    c->reloc_count = kept;
}

bool case_insert(struct fuzz_case *c, uint32_t at, const uint32_t *words, uint32_t count)
{
    if (count > CASE_WORDS - c->word_count || at > c->word_count) {
        return false;
    }
    memmove(&c->words[at + count], &c->words[at], (c->word_count - at) * sizeof(c->words[0]));
    memcpy(&c->words[at], words, count * sizeof(c->words[0]));
    c->word_count += count;
    for (uint32_t i = 0; i < c->reloc_count; i++) {
        c->relocs[i].dword += c->relocs[i].dword >= at ? count : 0;
    }
    return true;
}

bool case_add_reloc(struct fuzz_case *c, struct validator_reloc reloc)
{
    uint32_t at = c->reloc_count;

    if (c->reloc_count == CASE_RELOCS) {
        return false;
    }
    while (at > 0 && c->relocs[at - 1].dword > reloc.dword) {
        at--;
    }
    memmove(&c->relocs[at + 1], &c->relocs[at], (c->reloc_count - at) * sizeof(c->relocs[0]));
    c->relocs[at] = reloc;
    c->reloc_count++;
    return true;
}

void case_remove_reloc(struct fuzz_case *c, uint32_t index)
{
    c->reloc_count--;
    memmove(&c->relocs[index], &c->relocs[index + 1],
            (c->reloc_count - index) * sizeof(c->relocs[0]));
}

bool case_splice(struct fuzz_case *c, uint32_t to, const struct fuzz_case *from, uint32_t at,
                 uint32_t count)
{
    uint32_t words[CASE_WORDS];
    struct validator_reloc relocs[CASE_RELOCS];
    uint32_t found = 0;

    memcpy(words, &from->words[at], count * sizeof(words[0]));
    for (uint32_t i = 0; i < from->reloc_count; i++) {
        const struct validator_reloc *reloc = &from->relocs[i];

        if (reloc->dword >= at && reloc->dword - at < count) {
            relocs[found] = *reloc;
            relocs[found++].dword += to - at;
        }
    }
    if (!case_insert(c, to, words, count)) {
        return false;
    }
    for (uint32_t i = 0; i < found; i++) {
        (void)case_add_reloc(c, relocs[i]);
    }
    return true;
}
