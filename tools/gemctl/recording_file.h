/* SPDX-License-Identifier: MIT */
/*
 * Files of recordings (doc/capture.md): proto/recording.h's items, compressed by zstd or plain.
 *
 * Whatever the file holds, what this gives is sound: items lie inside it, have the sizes that
 * their types ask for, and repeated contents name a page before them.
 */
#ifndef GEMD_TOOLS_GEMCTL_RECORDING_FILE_H
#define GEMD_TOOLS_GEMCTL_RECORDING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/recording.h"

#define RECORDING_FILE_MAX (UINT64_C(2) << 30) /* bytes, decompressed */

struct recording_file {
    uint8_t *bytes; /* NULL: the caller's */
    const struct recording_begin *begin;
    const struct recording_item **items; /* the first one is BEGIN */
    size_t count;
    const uint8_t **contents; /* of pages, each once */
    uint32_t content_count;
    bool whole;       /* it ends with END */
    char damage[160]; /* why it was read no further; "" : that was its end */
};

/*
 * Reads a file as far as it is sound. False after one line on stderr: it cannot be read, or is no
 * recording. recording_file_free() in any case.
 */
__attribute__((warn_unused_result)) bool recording_file_load(struct recording_file *file,
                                                             const char *path);
/* Whether a file that begins with these bytes may be one: packed, or plain. */
bool recording_file_is(const uint8_t *bytes, size_t size);
/* recording_file_load() of bytes that were read from 'path', and stay the caller's. */
__attribute__((warn_unused_result)) bool recording_file_open(struct recording_file *file,
                                                             const char *path, const uint8_t *bytes,
                                                             size_t size);
/* The same from plain bytes, which stay the caller's and are aligned to 8. reason: one line. */
__attribute__((warn_unused_result)) bool recording_file_parse(struct recording_file *file,
                                                              const uint8_t *bytes, size_t size,
                                                              char *reason, size_t reason_size);
void recording_file_free(struct recording_file *file);

/* What a PAGES item says. */
const uint8_t *recording_file_content(const struct recording_file *file,
                                      const struct recording_page *page);
/* The ring's record in a RECORD item. */
static inline const struct gemd_record_header *
recording_file_record(const struct recording_item *item)
{
    return (const void *)((const uint8_t *)item + sizeof(struct recording_record));
}

#endif
