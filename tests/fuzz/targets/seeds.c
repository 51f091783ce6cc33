/* SPDX-License-Identifier: MIT */
/*
 * Writes the seeds and the dictionary of a target, from the tables: a stream for each command that
 * clients may send, a script for each message and record, the headers, rules and values.
 *
 * usage: fuzz_seeds validator|oracle|wire|decode|capture|recording|vfio_user|edid DIRECTORY
 *        fuzz_seeds dictionary FILE
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/command.h"
#include "proto/codec.h"
#include "proto/recording.h"
#include "proto/ring.h"
#include "tests/fuzz/generate.h"
#include "tests/fuzz/targets/vfio_script.h"
#include "tests/fuzz/targets/wire_script.h"
#include "tests/unit/gemd/edid_blocks.h"
#include "tools/gma-vfio-user/wire.h"

#define ROOM         (1u << 16)
#define MORE_STREAMS 64u

static uint8_t bytes[ROOM];

static void fail(const char *path)
{
    fprintf(stderr, "fuzz_seeds: %s: %s\n", path, strerror(errno));
    exit(EXIT_FAILURE);
}

static void write_seed(const char *directory, const char *name, size_t size)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        fail(path);
    }
}

/* raw: only the words. */
static void write_stream(const char *directory, const char *name, const struct fuzz_case *c,
                         bool raw)
{
    size_t size = case_store(c, bytes, sizeof(bytes));

    if (raw) {
        size = c->word_count * sizeof(c->words[0]);
        memcpy(bytes, c->words, size);
    }
    write_seed(directory, name, size);
}

static void write_streams(const char *directory, const char *target)
{
    const bool decode = strcmp(target, "decode") == 0, capture = strcmp(target, "capture") == 0;
    static struct fuzz_case c;
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);
    char name[64];

    for (size_t i = 0; i < count; i++) {
        struct rng rng = {i};

        if (rows[i].privilege == GEN3_CLIENT && generate_command(&c, &rng, &rows[i])) {
            write_stream(directory, rows[i].name, &c, decode);
        }
    }
    for (uint32_t i = 0; i < MORE_STREAMS; i++) {
        struct rng rng = {i};

        generate_case(&c, &rng, 0);
        snprintf(name, sizeof(name), "generated-%u", i);
        write_stream(directory, name, &c, decode || (capture && i % 2 != 0));
    }
}

static void write_script(const char *directory, const char *name, const struct wire_writer *script)
{
    write_seed(directory, name, script->size);
}

/* By the role in its HELLO, the second step. */
static bool is_operator(const struct wire_writer *script)
{
    struct wire_step step;
    size_t at = 0;

    return wire_next(script->bytes, script->size, &at, &step) &&
           wire_next(script->bytes, script->size, &at, &step) &&
           step.size > offsetof(struct gemd_msg_hello, role) + 1 &&
           step.bytes[1 + offsetof(struct gemd_msg_hello, role)] == GEMD_ROLE_OPERATOR;
}

static void write_scripts(const char *directory)
{
    char name[64];

    for (size_t i = 0; i < codec_message_count; i++) {
        struct wire_writer script = {.bytes = bytes, .room = sizeof(bytes)};
        struct rng rng = {i + 1};

        do {
            script.size = 0;
            wire_put_session(&script, &rng, 0);
        } while (is_operator(&script) != (codec_messages[i].who >= CODEC_OBSERVER));
        wire_put_message(&script, &rng, 0, codec_messages[i].type);
        write_script(directory, codec_messages[i].name, &script);
    }
    for (size_t i = 0; i < ring_record_count; i++) {
        struct wire_writer script = {.bytes = bytes, .room = sizeof(bytes)};
        struct rng rng = {i + 100};

        wire_put_session(&script, &rng, 0);
        wire_put_record(&script, &rng, 0, ring_records[i].type);
        snprintf(name, sizeof(name), "record-%s", ring_records[i].name);
        write_script(directory, name, &script);
    }
    for (uint32_t n = 0; n < 64; n++) {
        struct wire_writer script = {.bytes = bytes, .room = sizeof(bytes)};
        struct rng rng = {n + 1000};

        wire_put_session(&script, &rng, 0);
        wire_put_session(&script, &rng, 1);
        for (uint32_t i = 0; i < n / 2; i++) {
            wire_put_random(&script, &rng);
        }
        snprintf(name, sizeof(name), "sessions-%u", n);
        write_script(directory, name, &script);
    }
}

/* ---- recordings ---- */

static size_t put_item(size_t at, void *item, uint32_t type, size_t size, const void *body,
                       size_t body_size)
{
    struct recording_item *head = item;
    *head = (struct recording_item){
        .type = type, .size = (uint32_t)((size + body_size + 7) / 8 * 8), .time_ns = at};
    memset(bytes + at, 0, head->size);
    memcpy(bytes + at, item, size);
    if (body_size > 0) {
        memcpy(bytes + at + size, body, body_size);
    }
    return at + head->size;
}

#define PUT_ITEM(at, type, item, body, size) put_item(at, &(item), type, sizeof(item), body, size)

static size_t put_record(size_t at, const void *record)
{
    const struct gemd_record_header *header = record;
    struct recording_record item = {.refused = at % 3 == 0};
    return PUT_ITEM(at, RECORDING_RECORD, item, record, header->size);
}

static size_t put_objects(size_t at)
{
    static const uint8_t page[RECORDING_PAGE] = {1, 2, 3};
    struct recording_begin begin = {
        .magic = RECORDING_MAGIC, .version = RECORDING_VERSION, .pci_device = 0x29c2};
    struct recording_arena arena = {.arena = 1, .size = 65536};
    struct recording_import import = {.handle = 9, .rights = GEMD_USE_READ, .size = 4096};
    struct recording_window window = {.window = 0, .width = 16, .height = 16};
    struct recording_page pages = {.page = 3, .object = 1}, same = {.object = 1, .content = 1};
    const struct gemd_record_create create = {
        .header = {GEMD_RECORD_CREATE, sizeof(create)}, .handle = 5, .arena = 1, .size = 16384};
    at = PUT_ITEM(at, RECORDING_BEGIN, begin, NULL, 0);
    at = PUT_ITEM(at, RECORDING_ARENA, arena, NULL, 0);
    at = PUT_ITEM(at, RECORDING_IMPORT, import, NULL, 0);
    at = PUT_ITEM(at, RECORDING_WINDOW, window, NULL, 0);
    at = PUT_ITEM(at, RECORDING_PAGES, pages, page, sizeof(page));
    at = PUT_ITEM(at, RECORDING_PAGES, same, NULL, 0);
    return put_record(at, &create);
}

static size_t put_batch(size_t at, const struct fuzz_case *c)
{
    static union {
        struct gemd_record_submit submit;
        uint8_t bytes[ROOM];
    } record;
    const uint32_t words = (uint32_t)c->word_count & ~1u, handles[2] = {5, 9};
    const struct gemd_reloc relocs[2] = {{1, 0, 0, GEMD_USE_WRITE}, {3, 1, 64, GEMD_USE_READ}};
    const struct ring_submit layout = ring_submit_layout(words, words >= 4 ? 2 : 0, 2);
    struct recording_retired retired = {.seqno = 1, .hash = 7};
    struct recording_frame frame = {.serial = 1, .width = 16, .height = 16};
    const struct gemd_record_present present = {
        .header = {GEMD_RECORD_PRESENT, sizeof(present)}, .handle = 5, .stride = 64, .serial = 1};
    memset(&record, 0, sizeof(record));
    record.submit.header = (struct gemd_record_header){GEMD_RECORD_SUBMIT, (uint32_t)layout.size};
    record.submit.word_count = words;
    record.submit.reloc_count = words >= 4 ? 2 : 0;
    record.submit.buffer_count = 2;
    memcpy(record.bytes + layout.words, c->words, (size_t)words * 4);
    memcpy(record.bytes + layout.relocs, relocs, layout.buffers - layout.relocs);
    memcpy(record.bytes + layout.buffers, handles, sizeof(handles));
    at = put_record(at, &record);
    at = PUT_ITEM(at, RECORDING_RETIRED, retired, NULL, 0);
    at = put_record(at, &present);
    return PUT_ITEM(at, RECORDING_FRAME, frame, NULL, 0);
}

static void write_recordings(const char *directory)
{
    static struct fuzz_case c;
    char name[64];
    for (uint32_t i = 0; i < MORE_STREAMS; i++) {
        struct rng rng = {i};
        struct recording_end end = {.reason = RECORDING_ENDED};
        size_t at = put_objects(0);
        for (uint32_t batch = 0; batch <= i % 4; batch++) {
            generate_case(&c, &rng, 0);
            if (c.word_count >= 2 && at + 8 * c.word_count + 8192 < sizeof(bytes)) {
                at = put_batch(at, &c);
            }
        }
        if (i % 5 != 0) {
            at = PUT_ITEM(at, RECORDING_END, end, NULL, 0);
        }
        snprintf(name, sizeof(name), "recording-%u", i);
        write_seed(directory, name, at);
    }
}

/* ---- peers of gma-vfio-user ---- */

static size_t put_step(size_t at, uint16_t command, uint8_t fds, const void *body, size_t size)
{
    const struct vfio_step step = {.command = command, .fds = fds, .size = (uint32_t)size};
    memcpy(bytes + at, &step, sizeof(step));
    memset(bytes + at + sizeof(step), 0, size + 4);
    memcpy(bytes + at + sizeof(step), body, size);
    return at + sizeof(step) + (size + 3) / 4 * 4;
}

#define PUT_STEP(at, command, fds, body) put_step(at, command, fds, &(body), sizeof(body))

/* A guest's memory, a table that leads to it, and accesses of each kind. */
static void write_peers(const char *directory)
{
    static const uint32_t offsets[] = {0, 4, 0x52, 0x90, 0xc0, 0xd4, 0x2030, 0x20a4, 0x60000};
    const struct wire_dma_map map = {sizeof(map), 3, 0, 0x100000, 1u << 20};
    const struct wire_dma_map rom = {sizeof(rom), 1, 0, 0xc0000, 1u << 16};
    const struct wire_dma_unmap unmap = {sizeof(unmap), 0, 0x100000, 1u << 20};
    const struct wire_info info = {.argsz = sizeof(info)};
    const struct wire_irq_set intx = {sizeof(intx), 0x24, 0, 0, 1};
    const struct wire_irq_set unmask = {sizeof(unmask), 0x11, 0, 0, 1};
    for (uint32_t region = 0; region < 9; region++) {
        for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
            const struct wire_region_info ask = {.argsz = 64, .index = region};
            const struct {
                struct wire_access access;
                uint32_t value;
            } put = {{offsets[i], region, 4}, (offsets[i] << 12) | 3};
            const struct wire_access get = {offsets[i], region, 8};
            const struct wire_access table = {0, 3, 4};
            char name[64];
            size_t at = PUT_STEP(0, WIRE_DMA_MAP, 1, map);
            at = PUT_STEP(at, WIRE_DMA_MAP, 0x21, rom);
            at = PUT_STEP(at, WIRE_GET_INFO, 0, info);
            at = PUT_STEP(at, WIRE_GET_REGION_INFO, 0, ask);
            at = PUT_STEP(at, WIRE_SET_IRQS, 0x11, intx);
            at = put_step(at, WIRE_REGION_WRITE, 0, &put, sizeof(put.access) + 4);
            at = PUT_STEP(at, WIRE_REGION_READ, 0, get);
            at = PUT_STEP(at, WIRE_REGION_READ, 0, table);
            at = PUT_STEP(at, WIRE_SET_IRQS, 0, unmask);
            at = PUT_STEP(at, WIRE_DMA_UNMAP, 0, unmap);
            at = put_step(at, WIRE_RESET, 0, &info, 0);
            snprintf(name, sizeof(name), "region-%u-%x", region, offsets[i]);
            write_seed(directory, name, at);
        }
    }
}

static void write_word(FILE *file, const char *name, uint32_t word)
{
    fprintf(file, "%s=\"\\x%02x\\x%02x\\x%02x\\x%02x\"\n", name, word & 0xff, word >> 8 & 0xff,
            word >> 16 & 0xff, word >> 24);
}

static void write_dictionary(const char *path)
{
    static const uint32_t words[] = {1,          0x7fff,     0x8000,     0xffff,     0x10000,
                                     0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000, 0x7fc00000};
    FILE *file = fopen(path, "w");
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    if (file == NULL) {
        fail(path);
    }
    fprintf(file, "# Generated by fuzz_seeds.\nrecord=\"gemdstr1\"\n");
    for (size_t i = 0; i < count; i++) {
        char name[96];
        const uint32_t length =
            rows[i].length_rule == GEN3_LENGTH_FIELD_IS ? rows[i].length - 2u : 0;

        snprintf(name, sizeof(name), "command_%s", rows[i].name);
        write_word(file, name, rows[i].value | (length & rows[i].length_mask));
    }
    for (size_t i = 0; i < codec_message_count; i++) {
        char name[96];

        snprintf(name, sizeof(name), "message_%s", codec_messages[i].name);
        write_word(file, name, codec_messages[i].type);
        snprintf(name, sizeof(name), "size_%s", codec_messages[i].name);
        write_word(file, name, codec_messages[i].size);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char name[32];

        snprintf(name, sizeof(name), "word_%zu", i);
        write_word(file, name, words[i]);
    }
    if (fclose(file) != 0) {
        fail(path);
    }
}

/* Steps of drm.c: each number once, with small words; then the same broken; then in shared memory.
 */
static void write_calls(const char *directory)
{
    for (unsigned number = 0; number < 256; number++) {
        char name[32];
        size_t size = 0;

        for (unsigned flags = 4; flags <= 12; flags += 4) {
            const uint8_t step[4] = {0, (uint8_t)number, (uint8_t)flags, 96};
            memcpy(bytes + size, step, sizeof(step));
            for (unsigned i = 0; i < step[3]; i++) {
                bytes[size + sizeof(step) + i] = (uint8_t)((number + i * flags) * 37 % 11 % 4);
            }
            size += sizeof(step) + step[3];
        }
        const uint8_t shared[4 + 6] = {5, (uint8_t)number, 0, 6, 3}; /* an ioctl, all zeros */
        memcpy(bytes + size, shared, sizeof(shared));
        size += sizeof(shared);
        snprintf(name, sizeof(name), "call-%02x", number);
        write_seed(directory, name, size);
    }
}

static size_t add_step(size_t at, uint8_t kind, uint8_t a, uint8_t b, const uint8_t *more,
                       uint8_t count)
{
    const uint8_t step[4] = {kind, a, b, count};

    memcpy(bytes + at, step, sizeof(step));
    memcpy(bytes + at + sizeof(step), more, count);
    return at + sizeof(step) + count;
}

/* A sync object with a fence (0xbf), its sync file (0xc1), and what can be asked of that. */
static void write_descriptors(const char *directory)
{
    const uint8_t create[] = {0, 1}, export[] = {1, 1}, object[] = {1};
    size_t size = add_step(0, 0, 0xbf, 4, create, sizeof(create));

    size = add_step(size, 0, 0xc1, 4, export, sizeof(export));
    for (uint8_t call = 0; call < 5; call++) {
        size = add_step(size, 6, call, 0, (const uint8_t[]){1, 0, 0, 0}, 4);
    }
    size = add_step(size, 0, 0xc1, 4, object, sizeof(object));
    size = add_step(size, 0, 0xc2, 4, object, sizeof(object));
    write_seed(directory, "descriptors", size);
}

/* A commit that sets a mode, one that shows a cursor and one that ends both; drm.c's numbers. */
static void write_commits(const char *directory)
{
    enum { CRTC, CONNECTOR, PRIMARY, CURSOR, FB = 4 * 4, CURSOR_FB = 5 * 4, MODE = 6 * 4 };
    enum { CRTC_ID = 7 * 4, WIDTH = 8 * 4, HEIGHT = 9 * 4, WIDE = 10 * 4, HIGH = 11 * 4 };
    enum { SIDE = 12 * 4, SQUARE = 13 * 4, ONE = 15 * 4 };
    static const uint8_t on[] = {
        CRTC + MODE,      21, 0, CRTC + ONE,        20, 0, CONNECTOR + CRTC_ID, 9,  0,
        PRIMARY + FB,     7,  0, PRIMARY + CRTC_ID, 9,  0, PRIMARY + WIDTH,     12, 0,
        PRIMARY + HEIGHT, 13, 0, PRIMARY + WIDE,    16, 0, PRIMARY + HIGH,      17, 0};
    static const uint8_t cursor[] = {CURSOR + CURSOR_FB,
                                     7,
                                     0,
                                     CURSOR + CRTC_ID,
                                     9,
                                     0,
                                     CURSOR,
                                     10,
                                     9,
                                     CURSOR,
                                     11,
                                     7,
                                     CURSOR + SIDE,
                                     12,
                                     0,
                                     CURSOR + SIDE,
                                     13,
                                     0,
                                     CURSOR + SQUARE,
                                     16,
                                     0,
                                     CURSOR + SQUARE,
                                     17,
                                     0};
    static const uint8_t off[] = {CRTC, 20,      0, CRTC, 21,      0, CONNECTOR, 9,
                                  0,    PRIMARY, 7, 0,    PRIMARY, 9, 0};
    static const struct {
        const uint8_t *bytes;
        uint8_t size, flags; /* 6: nonblocking, with mode sets */
    } steps[] = {{on, sizeof(on), 6}, {cursor, sizeof(cursor), 0}, {off, sizeof(off), 6}};
    size_t size = 0;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const uint8_t step[4] = {7, 0, steps[i].flags, steps[i].size};
        memcpy(bytes + size, step, sizeof(step));
        memcpy(bytes + size + sizeof(step), steps[i].bytes, steps[i].size);
        size += sizeof(step) + steps[i].size;
        write_seed(directory, i == 0 ? "commit-on" : i == 1 ? "commit-cursor" : "commit-off", size);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: fuzz_seeds TARGET DIRECTORY | dictionary FILE\n", stderr);
        return 2;
    }
    if (strcmp(argv[1], "dictionary") == 0) {
        write_dictionary(argv[2]);
    } else if (strcmp(argv[1], "wire") == 0) {
        write_scripts(argv[2]);
    } else if (strcmp(argv[1], "recording") == 0) {
        write_recordings(argv[2]);
    } else if (strcmp(argv[1], "vfio_user") == 0) {
        write_peers(argv[2]);
    } else if (strcmp(argv[1], "drm") == 0) {
        write_calls(argv[2]);
        write_descriptors(argv[2]);
        write_commits(argv[2]);
    } else if (strcmp(argv[1], "edid") == 0) {
        edid_block_panel(bytes);
        write_seed(argv[2], "panel", EDID_BLOCK);
    } else {
        write_streams(argv[2], argv[1]);
    }
    return EXIT_SUCCESS;
}
