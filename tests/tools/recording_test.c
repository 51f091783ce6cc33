/* SPDX-License-Identifier: MIT */
/* Files of recordings: written, read, cut, bent, and made smaller. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tools/gemctl/id_map.h"
#include "tools/gemctl/recording_file.h"
#include "tools/gemctl/recording_writer.h"
#include "tools/gemctl/reducer.h"

static char path[] = "/tmp/gemd-recording-XXXXXX";

#define ITEM(kind, type_) ((struct kind){.item = {.type = type_, .size = sizeof(struct kind)}})

static struct recording_begin a_begin(void)
{
    struct recording_begin begin = ITEM(recording_begin, RECORDING_BEGIN);
    memcpy(begin.magic, RECORDING_MAGIC, sizeof(begin.magic));
    begin.version = RECORDING_VERSION;
    return begin;
}

/* MI_FLUSH, XY_COLOR_BLT with its address, MI_NOOP, MI_BATCH_BUFFER_END. */
struct batch_item {
    struct recording_record head;
    struct gemd_record_submit submit;
    uint32_t words[10];
    struct gemd_reloc relocs[1];
    uint32_t buffers[2];
};

static struct batch_item a_batch(uint64_t seqno)
{
    struct batch_item item = {
        .head.item = {RECORDING_RECORD, sizeof(item), seqno},
        .submit = {.header = {GEMD_RECORD_SUBMIT, sizeof(item) - sizeof(item.head)},
                   .seqno = seqno,
                   .word_count = 10,
                   .reloc_count = 1,
                   .buffer_count = 2},
        .words = {0x02000000, 0x54300004, 0x03f00100, 0, 1 << 16 | 1, 0, 0x77, 0, 0x05000000, 0},
        .relocs = {{5, 1, 64, GEMD_USE_WRITE}},
        .buffers = {7, 8},
    };
    return item;
}

static void put_page(struct recording_writer *writer, uint32_t page, uint8_t value)
{
    struct recording_page item = ITEM(recording_page, RECORDING_PAGES);
    uint8_t content[RECORDING_PAGE];
    memset(content, value, sizeof(content));
    item.object = 1;
    item.page = page;
    recording_writer_put(writer, &item.item, content);
}

/* BEGIN, an arena, pages, batches, END. */
static void write_file(unsigned pages, unsigned batches, bool whole)
{
    struct recording_writer writer;
    struct recording_begin begin = a_begin();
    struct recording_arena arena = ITEM(recording_arena, RECORDING_ARENA);
    struct recording_end end = ITEM(recording_end, RECORDING_END);
    assert_int_equal(recording_writer_open(&writer, path, 1), 0);
    recording_writer_put(&writer, &begin.item, NULL);
    recording_writer_put(&writer, &arena.item, NULL);
    for (unsigned i = 0; i < pages; i++) {
        put_page(&writer, i, (uint8_t)(i % 3));
    }
    for (unsigned i = 1; i <= batches; i++) {
        struct batch_item batch = a_batch(i);
        recording_writer_put(&writer, &batch.head.item, NULL);
    }
    if (whole) {
        recording_writer_put(&writer, &end.item, NULL);
    }
    assert_int_equal(recording_writer_close(&writer), 0);
}

static void contents_are_written_once(void **state)
{
    struct recording_file file;
    write_file(100, 2, true);
    assert_true(recording_file_load(&file, path));
    assert_true(file.whole);
    assert_string_equal(file.damage, "");
    assert_int_equal(file.count, 2 + 100 + 2 + 1);
    assert_int_equal(file.content_count, 3);
    for (unsigned i = 0; i < 100; i++) {
        const struct recording_page *page = (const void *)file.items[2 + i];
        const uint8_t *content = recording_file_content(&file, page);
        assert_int_equal(page->page, i);
        assert_int_equal(content[0], i % 3);
        assert_int_equal(content[RECORDING_PAGE - 1], i % 3);
    }
    recording_file_free(&file);
}

/* Each length of a file: never more than is there, never fewer than before. */
static void cut_files_are_read_as_far_as_they_go(void **state)
{
    struct recording_file file;
    struct stat stat_of;
    size_t least = 105;
    write_file(100, 2, true);
    assert_int_equal(stat(path, &stat_of), 0);
    for (off_t size = stat_of.st_size - 1; size > 0; size -= 7) {
        assert_int_equal(truncate(path, size), 0);
        if (recording_file_load(&file, path)) {
            assert_true(file.count <= least);
            assert_true(file.whole || file.damage[0] != '\0'); /* whole: but for its checksum */
            least = file.count;
        }
        recording_file_free(&file);
    }
    write_file(3, 1, false); /* all of it is sound, but there is no END */
    assert_true(recording_file_load(&file, path));
    assert_false(file.whole);
    assert_non_null(strstr(file.damage, "it is cut at byte"));
    recording_file_free(&file);
}

/* An item that is bent in one place ends the file there. */
static void bent_items_are_none(void **state)
{
    struct bend {
        size_t offset; /* in the batch */
        uint32_t value;
    };
    static const struct bend bends[] = {
        {offsetof(struct batch_item, head.item.type), 0},
        {offsetof(struct batch_item, head.item.type), 12},
        {offsetof(struct batch_item, head.item.type), RECORDING_BEGIN},
        {offsetof(struct batch_item, head.item.type), RECORDING_MESSAGE},
        {offsetof(struct batch_item, head.item.type), RECORDING_PAGES},
        {offsetof(struct batch_item, head.item.size), 0},
        {offsetof(struct batch_item, head.item.size), 20},
        {offsetof(struct batch_item, head.item.size), 24},
        {offsetof(struct batch_item, head.item.size), 0xfffffff8},
        {offsetof(struct batch_item, submit.header.type), 0},
        {offsetof(struct batch_item, submit.header.type), 99},
        {offsetof(struct batch_item, submit.header.size), 8},
        {offsetof(struct batch_item, submit.word_count), 12},
        {offsetof(struct batch_item, submit.word_count), 0x40000000},
        {offsetof(struct batch_item, submit.reloc_count), 0xffffffff},
        {offsetof(struct batch_item, submit.buffer_count), 0x80000001},
    };
    struct {
        struct recording_begin begin;
        struct batch_item batch;
        struct recording_end end;
    } bytes;
    struct recording_file file;
    char reason[160];
    for (size_t i = 0; i <= sizeof(bends) / sizeof(bends[0]); i++) {
        bytes.begin = a_begin();
        bytes.batch = a_batch(1);
        bytes.end = ITEM(recording_end, RECORDING_END);
        const bool bent = i < sizeof(bends) / sizeof(bends[0]);
        if (bent) {
            memcpy((uint8_t *)&bytes.batch + bends[i].offset, &bends[i].value, 4);
        }
        assert_true(recording_file_parse(&file, (const void *)&bytes, sizeof(bytes), reason,
                                         sizeof(reason)));
        assert_int_equal(file.count, bent ? 1 : 3);
        assert_int_equal(file.damage[0] != '\0', bent);
        recording_file_free(&file);
    }
}

static void other_files_are_none(void **state)
{
    struct recording_begin begin = a_begin();
    struct recording_file file;
    char reason[160];
    begin.magic[3]++;
    assert_false(
        recording_file_parse(&file, (const void *)&begin, sizeof(begin), reason, sizeof(reason)));
    recording_file_free(&file);
    begin = a_begin();
    begin.version++;
    assert_false(
        recording_file_parse(&file, (const void *)&begin, sizeof(begin), reason, sizeof(reason)));
    assert_string_equal(reason, "its version is 2, this program knows 1");
    recording_file_free(&file);
    memset(begin.name, 'x', sizeof(begin.name)); /* no end */
    begin.version--;
    assert_false(
        recording_file_parse(&file, (const void *)&begin, sizeof(begin), reason, sizeof(reason)));
    recording_file_free(&file);
    assert_false(recording_file_load(&file, "/"));
    recording_file_free(&file);
    assert_false(recording_file_load(&file, "/dev/null"));
    recording_file_free(&file);
}

/* ---- smaller ---- */

struct wanted {
    struct reducer reducer;
    unsigned tests;
};

/* Of interest is the blit of the third batch. */
static bool third_blits(void *data)
{
    struct wanted *wanted = data;
    const struct reducer_batch *batch = &wanted->reducer.batches[2];
    wanted->tests++;
    return wanted->reducer.kept[batch->item] && batch->packets[1].kept;
}

static void one_packet_is_left(void **state)
{
    struct recording_file file, smaller;
    struct wanted wanted = {0};
    struct reducer_size size;
    write_file(50, 64, true);
    assert_true(recording_file_load(&file, path));
    assert_true(reducer_init(&wanted.reducer, &file, third_blits, &wanted));
    for (unsigned stage = 0; stage < REDUCER_STAGES; stage++) {
        assert_true(reducer_run(&wanted.reducer, (enum reducer_stage)stage) ||
                    stage == REDUCER_FRAMES || stage == REDUCER_CONTENTS);
    }
    reducer_compact(&wanted.reducer);
    reducer_measure(&wanted.reducer, &size);
    assert_int_equal(size.batches, 1);
    assert_int_equal(size.packets, 1);
    assert_int_equal(size.pages, 0);
    assert_in_range(wanted.tests, 10, 100);
    assert_int_equal(reducer_write(&wanted.reducer, path), 0);
    reducer_finish(&wanted.reducer);
    recording_file_free(&file);

    assert_true(recording_file_load(&smaller, path));
    assert_true(smaller.whole);
    assert_int_equal(smaller.count, 3);
    const struct gemd_record_submit *submit = (const void *)recording_file_record(smaller.items[1]);
    const uint32_t *words = (const void *)(submit + 1);
    assert_int_equal(submit->word_count, 8); /* the blit, the end, one to be even */
    assert_int_equal(words[0], 0x54300004);
    assert_int_equal(words[6], 0x05000000);
    const struct gemd_reloc *reloc = (const void *)(words + 8);
    assert_int_equal(submit->reloc_count, 1);
    assert_int_equal(reloc->dword, 4);
    assert_int_equal(reloc->delta, 64);
    assert_int_equal(reloc->buffer, 0);
    assert_int_equal(submit->buffer_count, 1);
    assert_int_equal(*(const uint32_t *)(const void *)(reloc + 1), 8);
    recording_file_free(&smaller);
}

/* ---- id_map ---- */

static void ids_agree_with_an_array(void **state)
{
    struct id_map map;
    uint64_t values[300] = {0};
    id_map_init(&map, sizeof(uint64_t));
    srandom(5);
    for (uint64_t i = 1; i < 100000; i++) {
        const uint32_t id = (uint32_t)random() % 300;
        uint64_t *value = id_map_find(&map, id * 0x10001u);
        assert_int_equal(value != NULL ? *value : 0, values[id]);
        if (random() % 2 == 0) {
            id_map_remove(&map, id * 0x10001u);
            values[id] = 0;
        } else if ((value = id_map_add(&map, id * 0x10001u)) != NULL) {
            assert_int_equal(values[id], 0);
            assert_int_equal(*value, 0);
            *value = values[id] = i;
        } else {
            assert_int_not_equal(values[id], 0);
        }
    }
    uint32_t at = 0, count = 0;
    while (id_map_next(&map, &at) != NULL) {
        count++;
    }
    assert_int_equal(count, map.count);
    id_map_finish(&map);
}

static void ids_are_bounded(void **state)
{
    struct id_map map;
    id_map_init(&map, 8);
    for (uint32_t i = 0; i < ID_MAP_MAX; i++) {
        assert_non_null(id_map_add(&map, i << 16 | i >> 16));
    }
    assert_null(id_map_add(&map, 0x12345678));
    id_map_finish(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents_are_written_once),
        cmocka_unit_test(cut_files_are_read_as_far_as_they_go),
        cmocka_unit_test(bent_items_are_none),
        cmocka_unit_test(other_files_are_none),
        cmocka_unit_test(one_packet_is_left),
        cmocka_unit_test(ids_agree_with_an_array),
        cmocka_unit_test(ids_are_bounded),
    };
    close(mkstemp(path));
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return result;
}
