/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/recording_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "proto/ring.h"

#define ZSTD_FRAME_MAGIC 0xfd2fb528u

/* ---- items ---- */

static bool message_fits(const struct recording_item *item)
{
    const struct recording_message *message = (const void *)item;
    return message->direction <= RECORDING_TO_CLIENT && message->bytes <= GEMD_MESSAGE_MAX &&
           message->bytes >= sizeof(struct gemd_msg_header) &&
           item->size == sizeof(*message) + (message->bytes + 7) / 8 * 8;
}

static bool record_fits(const struct recording_item *item)
{
    /* The daemon has its own, lower limits; what it refuses is told. */
    static const struct ring_limits limits = {1u << 20, 1u << 20, 1u << 20};
    const struct gemd_record_header *header = recording_file_record(item);
    const uint32_t room = item->size - (uint32_t)sizeof(struct recording_record);
    const struct ring_record *row = room >= sizeof(*header) ? ring_record(header->type) : NULL;
    struct ring_submit layout;
    char reason[GEMD_TEXT_MAX];
    if (row == NULL || header->size != room || room < row->size ||
        (!row->grows && room != row->size)) {
        return false;
    }
    return header->type != GEMD_RECORD_SUBMIT ||
           ring_submit_check((const void *)header, &limits, &layout, reason) == 0;
}

static bool page_fits(const struct recording_item *item)
{
    const struct recording_page *page = (const void *)item;
    return page->space <= RECORDING_OF_IMPORT &&
           item->size == sizeof(*page) + (page->content == 0 ? RECORDING_PAGE : 0);
}

static bool begin_fits(const struct recording_item *item)
{
    const struct recording_begin *begin = (const void *)item;
    return memcmp(begin->magic, RECORDING_MAGIC, sizeof(begin->magic)) == 0 &&
           memchr(begin->device, 0, sizeof(begin->device)) != NULL &&
           memchr(begin->name, 0, sizeof(begin->name)) != NULL;
}

static const struct row {
    uint32_t size;
    bool grows;
    bool (*fits)(const struct recording_item *item);
} rows[] = {
    [RECORDING_BEGIN] = {sizeof(struct recording_begin), false, begin_fits},
    [RECORDING_MESSAGE] = {sizeof(struct recording_message), true, message_fits},
    [RECORDING_RECORD] = {sizeof(struct recording_record), true, record_fits},
    [RECORDING_PAGES] = {sizeof(struct recording_page), true, page_fits},
    [RECORDING_ARENA] = {sizeof(struct recording_arena), false, NULL},
    [RECORDING_IMPORT] = {sizeof(struct recording_import), false, NULL},
    [RECORDING_WINDOW] = {sizeof(struct recording_window), false, NULL},
    [RECORDING_RETIRED] = {sizeof(struct recording_retired), false, NULL},
    [RECORDING_FRAME] = {sizeof(struct recording_frame), false, NULL},
    [RECORDING_FLIP] = {sizeof(struct recording_flip), false, NULL},
    [RECORDING_END] = {sizeof(struct recording_end), false, NULL},
};

static bool fits(const struct recording_item *item, bool first)
{
    if (item->type == 0 || item->type >= sizeof(rows) / sizeof(rows[0]) ||
        (item->type == RECORDING_BEGIN) != first) {
        return false;
    }
    const struct row *row = &rows[item->type];
    return (row->grows ? item->size >= row->size : item->size == row->size) &&
           (row->fits == NULL || row->fits(item));
}

static bool grow(void *array, size_t count, size_t size)
{
    void **pointer = array;
    if (count < 64 ? count != 0 : (count & (count - 1)) != 0) {
        return true;
    }
    void *larger = realloc(*pointer, (count < 64 ? 64 : count * 2) * size);
    if (larger != NULL) {
        *pointer = larger;
    }
    return larger != NULL;
}

/* One more page; false: it names none, or out of memory. */
static bool take_page(struct recording_file *file, const struct recording_page *page)
{
    if (page->content != 0) {
        return page->content <= file->content_count;
    }
    if (!grow(&file->contents, file->content_count, sizeof(file->contents[0]))) {
        return false;
    }
    file->contents[file->content_count++] = (const uint8_t *)(page + 1);
    return true;
}

static bool take(struct recording_file *file, const struct recording_item *item)
{
    if (item->type == RECORDING_PAGES && !take_page(file, (const void *)item)) {
        return false;
    }
    if (!grow(&file->items, file->count, sizeof(file->items[0]))) {
        return false;
    }
    file->items[file->count++] = item;
    return true;
}

bool recording_file_parse(struct recording_file *file, const uint8_t *bytes, size_t size,
                          char *reason, size_t reason_size)
{
    *file = (struct recording_file){0};
    size_t at = 0;
    while (size - at >= sizeof(struct recording_item) && !file->whole) {
        const struct recording_item *item = (const void *)(bytes + at);
        if (item->size < sizeof(*item) || item->size % 8 != 0 || item->size > RECORDING_ITEM_MAX) {
            break;
        }
        if (item->size > size - at) {
            snprintf(file->damage, sizeof(file->damage), "it is cut in an item at byte %zu", at);
            break;
        }
        if (!fits(item, at == 0) || !take(file, item)) {
            break;
        }
        file->whole = item->type == RECORDING_END;
        at += item->size;
    }
    if (file->count == 0) {
        snprintf(reason, reason_size, "it is no recording");
        return false;
    }
    file->begin = (const void *)file->items[0];
    if (file->begin->version != RECORDING_VERSION) {
        snprintf(reason, reason_size, "its version is %u, this program knows %u",
                 file->begin->version, RECORDING_VERSION);
        return false;
    }
    if (file->damage[0] == '\0' && at != size) {
        snprintf(file->damage, sizeof(file->damage), "what is at byte %zu is no item", at);
    } else if (file->damage[0] == '\0' && !file->whole) {
        snprintf(file->damage, sizeof(file->damage), "it is cut at byte %zu", at);
    }
    return true;
}

const uint8_t *recording_file_content(const struct recording_file *file,
                                      const struct recording_page *page)
{
    return page->content == 0 ? (const uint8_t *)(page + 1) : file->contents[page->content - 1];
}

/* ---- bytes ---- */

/* All that can be decompressed, malloc'ed; what is behind damage is left out. NULL: no memory. */
static uint8_t *decompress(const uint8_t *from, size_t from_size, size_t *size, bool *damaged)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {from, from_size, 0};
    ZSTD_outBuffer out = {NULL, 0, 0};
    bool fine = stream != NULL;
    *damaged = false;
    while (fine && !*damaged) {
        if (out.pos == out.size) {
            size_t room = out.size == 0 ? 1u << 20 : 2 * out.size;
            void *larger = room <= RECORDING_FILE_MAX ? realloc(out.dst, room) : NULL;
            if (larger == NULL) {
                fine = false;
                break;
            }
            out.dst = larger;
            out.size = room;
        }
        const size_t before = out.pos, read_before = in.pos;
        const size_t result = ZSTD_decompressStream(stream, &out, &in);
        *damaged = ZSTD_isError(result) != 0;
        if (out.pos == before && in.pos == read_before) {
            break;
        }
    }
    ZSTD_freeDStream(stream);
    if (!fine) {
        free(out.dst);
        return NULL;
    }
    *size = out.pos;
    return out.dst;
}

static uint8_t *expand(const char *path, const uint8_t *map, size_t size, size_t *plain_size,
                       bool *damaged)
{
    uint32_t magic = 0;
    uint8_t *plain = NULL;
    *damaged = false;
    memcpy(&magic, map, size < sizeof(magic) ? size : sizeof(magic));
    if (magic == ZSTD_FRAME_MAGIC) {
        plain = decompress(map, size, plain_size, damaged);
    } else if (size <= RECORDING_FILE_MAX) {
        plain = malloc(size + 1);
        *plain_size = size;
        if (plain != NULL) {
            memcpy(plain, map, size);
        }
    }
    if (plain == NULL) {
        fprintf(stderr, "gemctl: %s: there is not enough memory for it, or it is too large\n",
                path);
    }
    return plain;
}

bool recording_file_is(const uint8_t *bytes, size_t size)
{
    const size_t plain = offsetof(struct recording_begin, magic);
    uint32_t magic = 0;
    memcpy(&magic, bytes, size < sizeof(magic) ? size : sizeof(magic));
    return magic == ZSTD_FRAME_MAGIC ||
           (size >= plain + sizeof(RECORDING_MAGIC) &&
            memcmp(bytes + plain, RECORDING_MAGIC, sizeof(RECORDING_MAGIC)) == 0);
}

bool recording_file_open(struct recording_file *file, const char *path, const uint8_t *bytes,
                         size_t size)
{
    char reason[160];
    size_t plain_size = 0;
    bool damaged = false;
    *file = (struct recording_file){0};
    uint8_t *plain = expand(path, bytes, size, &plain_size, &damaged);
    if (plain == NULL) {
        return false;
    }
    bool fine = recording_file_parse(file, plain, plain_size, reason, sizeof(reason));
    file->bytes = plain;
    if (!fine) {
        fprintf(stderr, "gemctl: %s: %s\n", path, reason);
    } else if (damaged) {
        snprintf(file->damage, sizeof(file->damage),
                 "its compressed bytes are damaged behind %zu plain ones", plain_size);
    }
    return fine;
}

/* All of a file, malloc'ed; NULL after one line. */
static uint8_t *read_file(const char *path, size_t *size)
{
    struct stat stat;
    uint8_t *bytes = NULL;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *size = 0;
    if (fd < 0 || fstat(fd, &stat) != 0) {
        fprintf(stderr, "gemctl: %s: %s\n", path, strerror(errno));
    } else if (!S_ISREG(stat.st_mode)) {
        fprintf(stderr, "gemctl: %s: it is no recording\n", path);
    } else {
        bytes = malloc((size_t)stat.st_size + 1);
    }
    while (bytes != NULL && *size < (size_t)stat.st_size && got > 0) {
        got = read(fd, bytes + *size, (size_t)stat.st_size - *size);
        *size += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return bytes;
}

bool recording_file_load(struct recording_file *file, const char *path)
{
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    *file = (struct recording_file){0};
    bool fine = bytes != NULL && recording_file_open(file, path, bytes, size);
    free(bytes);
    return fine;
}

void recording_file_free(struct recording_file *file)
{
    free(file->bytes);
    free(file->items);
    free(file->contents);
    *file = (struct recording_file){0};
}
