/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/recording_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

struct page_place {
    XXH128_hash_t hash;
    uint32_t content; /* 0: free */
};

int recording_writer_open(struct recording_writer *writer, const char *path, int level)
{
    *writer = (struct recording_writer){.fd = -1, .room_size = ZSTD_CStreamOutSize()};
    writer->compressor = ZSTD_createCCtx();
    writer->room = malloc(writer->room_size);
    if (writer->compressor == NULL || writer->room == NULL) {
        (void)recording_writer_close(writer);
        return -ENOMEM;
    }
    (void)ZSTD_CCtx_setParameter(writer->compressor, ZSTD_c_compressionLevel, level);
    (void)ZSTD_CCtx_setParameter(writer->compressor, ZSTD_c_checksumFlag, 1);
    writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (writer->fd < 0) {
        int error = -errno;
        (void)recording_writer_close(writer);
        return error;
    }
    return 0;
}

static void write_all(struct recording_writer *writer, size_t size)
{
    size_t at = 0;
    while (at < size && writer->error == 0) {
        ssize_t written = write(writer->fd, writer->room + at, size - at);
        if (written > 0) {
            at += (size_t)written;
            writer->written += (uint64_t)written;
        } else if (written < 0 && errno != EINTR) {
            writer->error = -errno;
        } else if (written == 0) {
            writer->error = -EIO;
        }
    }
}

static void compress(struct recording_writer *writer, const void *bytes, size_t size,
                     ZSTD_EndDirective directive)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left = 1;
    while (writer->error == 0 && (left != 0 || in.pos < in.size)) {
        ZSTD_outBuffer out = {writer->room, writer->room_size, 0};
        left = ZSTD_compressStream2(writer->compressor, &out, &in, directive);
        if (ZSTD_isError(left)) {
            writer->error = -EIO;
            break;
        }
        write_all(writer, out.pos);
        if (directive == ZSTD_e_continue && in.pos == in.size) {
            break;
        }
    }
    writer->plain += size;
    writer->in_frame += size;
}

static struct page_place *place_of(struct recording_writer *writer, XXH128_hash_t hash)
{
    size_t i = hash.low64 & (writer->places_size - 1);
    while (writer->places[i].content != 0 && !XXH128_isEqual(writer->places[i].hash, hash)) {
        i = (i + 1) & (writer->places_size - 1);
    }
    return &writer->places[i];
}

static bool grow_places(struct recording_writer *writer)
{
    struct recording_writer larger = *writer;
    larger.places_size = writer->places_size == 0 ? 1024 : 2 * writer->places_size;
    larger.places = calloc(larger.places_size, sizeof(larger.places[0]));
    if (larger.places == NULL) {
        return false;
    }
    for (size_t i = 0; i < writer->places_size; i++) {
        if (writer->places[i].content != 0) {
            *place_of(&larger, writer->places[i].hash) = writer->places[i];
        }
    }
    free(writer->places);
    *writer = larger;
    return true;
}

static void put_page(struct recording_writer *writer, const struct recording_page *page,
                     const uint8_t *bytes)
{
    struct recording_page head = *page;
    if (2 * writer->place_count >= writer->places_size && !grow_places(writer)) {
        writer->error = -ENOMEM;
        return;
    }
    struct page_place *place = place_of(writer, XXH3_128bits(bytes, RECORDING_PAGE));
    head.content = place->content;
    head.item.size = sizeof(head);
    if (place->content == 0) {
        head.item.size += RECORDING_PAGE;
        *place = (struct page_place){XXH3_128bits(bytes, RECORDING_PAGE), ++writer->contents};
        writer->place_count++;
    }
    compress(writer, &head, sizeof(head), ZSTD_e_continue);
    if (head.content == 0) {
        compress(writer, bytes, RECORDING_PAGE, ZSTD_e_continue);
    }
}

void recording_writer_put(struct recording_writer *writer, const struct recording_item *item,
                          const uint8_t *content)
{
    if (item->type == RECORDING_PAGES) {
        put_page(writer, (const void *)item, content);
    } else {
        compress(writer, item, item->size, ZSTD_e_continue);
    }
    if (writer->in_frame >= RECORDING_FRAME_BYTES) {
        compress(writer, NULL, 0, ZSTD_e_end);
        writer->in_frame = 0;
    }
}

void recording_writer_flush(struct recording_writer *writer)
{
    if (writer->in_frame > 0) {
        compress(writer, NULL, 0, ZSTD_e_flush);
    }
}

int recording_writer_close(struct recording_writer *writer)
{
    if (writer->fd >= 0) {
        if (writer->in_frame > 0) {
            compress(writer, NULL, 0, ZSTD_e_end);
        }
        if (close(writer->fd) != 0 && writer->error == 0) {
            writer->error = -errno;
        }
        writer->fd = -1;
    }
    ZSTD_freeCCtx(writer->compressor);
    free(writer->room);
    free(writer->places);
    writer->compressor = NULL;
    writer->room = NULL;
    writer->places = NULL;
    return writer->error;
}
