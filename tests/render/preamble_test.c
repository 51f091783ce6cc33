/* SPDX-License-Identifier: MIT */
/* After the daemon's preamble the pipeline's state is the same, whatever a client has left there.
 */
#include "tests/render/bed.h"

#include <string.h>

#include "gemd/preamble.h"
#include "hw/gen3/command.h"
#include "hw/model/render/internal.h"

#define ROUNDS 200
#define DUMMY  0x00345000u

/* The state that a session could see: as commands that set it again. */
struct snapshot {
    uint32_t words[RENDER_CONTEXT_DWORDS];
};

static void take(struct bed *bed, struct snapshot *image)
{
    render_save_context(bed->render, image->words);
}

/* The 3D commands of a stream; the streamer's own are left out. */
static void run(struct bed *bed, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count;) {
        const struct gen3_command *command = gen3_command_find(words[i]);
        assert_non_null(command);
        const uint32_t length = gen3_command_length(command, words[i]);
        assert_true(length > 0 && length <= count - i);
        if (words[i] >> 29 == 3) {
            bed_send(bed, words + i, length);
        }
        i += length;
    }
}

static void run_preamble(struct bed *bed)
{
    uint32_t words[PREAMBLE_DWORDS_MAX] = {0};
    const size_t count = preamble_write(words, DUMMY);
    assert_true(count <= PREAMBLE_DWORDS_MAX && count % 2 == 0);
    run(bed, words, count);
}

/* Everything that a client can say of state; operands are random. */
static void run_hostile(struct bed *bed, uint32_t *seed)
{
    size_t rows;
    const struct gen3_command *commands = gen3_commands(&rows);
    for (size_t i = 0; i < rows; i++) {
        const struct gen3_command *row = &commands[i];
        uint32_t words[512];
        uint32_t header = row->value | (bed_random(seed) & row->free_bits);
        uint32_t length = row->length;
        if (row->privilege != GEN3_CLIENT || row->value >> 29 != 3 || row->value >> 24 == 0x7f) {
            continue;
        }
        for (uint32_t dword = 1; dword < 512; dword++) {
            words[dword] = bed_random(seed);
        }
        switch (row->id) {
        case GEN3_3DSTATE_MAP_STATE:
        case GEN3_3DSTATE_SAMPLER_STATE:
            length = 50;
            words[1] = 0xffff;
            break;
        case GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1:
            length = 9;
            header |= 0xff0;
            break;
        case GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS:
            length = 130;
            words[1] = 0xffffffff;
            break;
        case GEN3_3DSTATE_PIXEL_SHADER_PROGRAM:
            length = 4;
            words[1] = 0x02203c00 | (bed_random(seed) & 15) << 2; /* oC = R */
            break;
        case GEN3_3DSTATE_MAP_PALETTE_LOAD_32:
            length = 17;
            break;
        case GEN3_3DSTATE_BUF_INFO:
            words[1] = (words[1] & 0xf0ffffff) | (bed_random(seed) % 2 ? 3u : 7u) << 24;
            break;
        case GEN3_3DSTATE_LOAD_INDIRECT:
            continue; /* clients can only say that there is none */
        default:
            break;
        }
        words[0] = header | (row->length_mask != 0 ? length - 2 : 0);
        bed_send(bed, words, length);
    }
}

static void test_nothing_is_left(void **state)
{
    struct bed *bed = *state;
    static struct snapshot clean, hostile, after;
    uint32_t seed = 7;
    render_reset(bed->render);
    run_preamble(bed);
    take(bed, &clean);
    for (int round = 0; round < ROUNDS; round++) {
        run_hostile(bed, &seed);
        take(bed, &hostile);
        run_preamble(bed);
        take(bed, &after);
        assert_memory_not_equal(&hostile, &clean, sizeof(clean));
        assert_memory_equal(&after, &clean, sizeof(clean));
    }
}

/* Each command alone: none changes something that another one of the preamble only seems to mend.
 */
static void test_each_command_is_undone(void **state)
{
    struct bed *bed = *state;
    static struct snapshot before, clean, after;
    size_t rows;
    const struct gen3_command *commands = gen3_commands(&rows);
    unsigned changed = 0;
    render_reset(bed->render);
    run_preamble(bed);
    take(bed, &clean);
    for (size_t i = 0; i < rows; i++) {
        const struct gen3_command *row = &commands[i];
        uint32_t words[8] = {row->value | row->free_bits};
        if (row->privilege != GEN3_CLIENT || row->value >> 29 != 3 || row->value >> 24 == 0x7f ||
            row->length == 0 || row->length > 8 || row->id == GEN3_3DSTATE_LOAD_INDIRECT) {
            continue;
        }
        words[0] |= row->length_mask != 0 ? row->length - 2u : 0;
        memset(words + 1, 0x73, sizeof(words) - sizeof(words[0]));
        bed_send(bed, words, row->length);
        take(bed, &before);
        changed += memcmp(&before, &clean, sizeof(clean)) != 0;
        run_preamble(bed);
        take(bed, &after);
        assert_memory_equal(&after, &clean, sizeof(clean));
    }
    assert_true(changed > 15);
}

/* The addresses that are left are the dummy's. */
static void test_addresses_are_nobodys(void **state)
{
    struct bed *bed = *state;
    const struct registers *registers = &bed->render->state;
    uint32_t seed = 11;
    run_hostile(bed, &seed);
    run_preamble(bed);
    assert_int_equal(registers->s[0], DUMMY);
    assert_int_equal(registers->color.address, DUMMY);
    assert_int_equal(registers->depth.address, DUMMY);
    for (int i = 0; i < MAP_COUNT; i++) {
        assert_int_equal(registers->map[i][0], DUMMY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_left, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_each_command_is_undone, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(test_addresses_are_nobodys, bed_setup, bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
