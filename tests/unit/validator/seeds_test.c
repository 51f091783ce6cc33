/* SPDX-License-Identifier: MIT */
/* Seeds are streams that are accepted, and every command that clients may send is in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "command_samples.h"
#include "gemd/validator/stream_file.h"
#include "seeds.h"

static struct stream s;

static void note_commands(bool seen[GEN3_COMMAND_COUNT])
{
    for (size_t id = 0; id < GEN3_COMMAND_COUNT; id++) {
        size_t at;
        uint32_t length;

        seen[id] = seen[id] || command_find(&s, (enum gen3_command_id)id, &at, &length);
    }
}

static void test_seeds(void **state)
{
    static struct validator_buffer buffers[STREAM_BUFFERS];
    static struct validator_reloc relocs[STREAM_RELOCS];
    static uint32_t words[STREAM_WORDS];
    bool seen[GEN3_COMMAND_COUNT] = {false};
    char name[64], reason[128];
    size_t n = 0, count;
    const struct gen3_command *rows = gen3_commands(&count);

    for (; seed_build(n, &s, name); n++) {
        size_t size;
        uint8_t *bytes = seed_record(&s, &size);
        struct stream_record record;

        assert_non_null(bytes);
        assert_int_equal(stream_file_open(bytes, size, &record, reason), 0);
        assert_int_equal(record.size, size);
        stream_file_read(&record, buffers, relocs, words);
        assert_memory_equal(words, s.words, 4 * s.count);
        assert_memory_equal(relocs, s.relocs, s.reloc_count * sizeof(relocs[0]));
        free(bytes);
        note_commands(seen);
        if (stream_check_as_is(&s) != VALIDATOR_ACCEPTED) {
            fail_msg("%s: %s", name, s.verdict.text);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].privilege == GEN3_CLIENT && !seen[i]) {
            fail_msg("no seed has %s", rows[i].name);
        }
    }
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seeds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
