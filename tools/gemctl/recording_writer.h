/* SPDX-License-Identifier: MIT */
/* Writes recordings as files: compressed, in frames that can each be read without the next. */
#ifndef GEMD_TOOLS_GEMCTL_RECORDING_WRITER_H
#define GEMD_TOOLS_GEMCTL_RECORDING_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/recording.h"

#define RECORDING_FRAME_BYTES (1u << 20) /* of items, at least, in one frame */

struct recording_writer {
    int fd;
    int error; /* negative errno of the first failure; nothing is written after it */
    void *compressor;
    uint8_t *room;
    size_t room_size;
    uint64_t plain, written;   /* bytes */
    uint64_t in_frame;         /* plain ones */
    struct page_place *places; /* contents that were written, by hash */
    size_t place_count, places_size;
    uint32_t contents;
};

/* Makes 'path' anew. 0 or a negative errno. */
__attribute__((warn_unused_result)) int recording_writer_open(struct recording_writer *writer,
                                                              const char *path, int level);
/* One item, whole. 'content' of a PAGES item: its 4096 bytes, wherever; written once only. */
void recording_writer_put(struct recording_writer *writer, const struct recording_item *item,
                          const uint8_t *content);
/* What was put can be read from the file. */
void recording_writer_flush(struct recording_writer *writer);
/* Closes the file. 0, or the first error. */
int recording_writer_close(struct recording_writer *writer);

#endif
