/* SPDX-License-Identifier: MIT */
/*
 * Programs that read what nobody has written draw the same pixels after the validator has mended
 * them: the model's registers are zero where silicon's are somebody's.
 */
#include "tests/render/bed.h"

#include <string.h>

#include "gemd/validator/validator.h"

#define SIZE         4
#define ROUNDS       3000
#define INSTRUCTIONS 10
#define WORDS        (1 + 3 * (INSTRUCTIONS + 4) + 1)

enum { R, T, CONST, S, OC, OD, U };

/* Operations that compute each component by itself; SGE makes a one of two zeros. */
static const uint8_t vector_ops[] = {1, 2, 3, 4, 8, 13, 14, 15, 16, 18};
static const uint8_t broadcast_ops[] = {5, 6, 7, 9, 10};

static uint32_t seed = 5;

static uint32_t below(uint32_t limit)
{
    return bed_random(&seed) % limit;
}

static uint32_t source(uint32_t *select)
{
    static const uint8_t types[] = {R, R, R, T, CONST, OC, U};
    const uint32_t type = types[below(7)];

    *select = 0;
    for (unsigned c = 0; c < 4; c++) {
        *select = *select << 4 | below(6) | (below(4) == 0 ? 8 : 0);
    }
    return type << 5 | (type == T ? 8 : type == CONST ? 0 : below(3));
}

/* What only broadcasts may write is written whole: its rest would be the same value, not zero. */
static void put_arithmetic(uint32_t dw[3])
{
    const bool broadcast = below(5) == 0;
    const uint32_t op = broadcast ? broadcast_ops[below(5)] : vector_ops[below(10)];
    static const uint8_t types[] = {R, R, U, OC};
    const uint32_t type = types[below(4)], mask = broadcast ? 15 : below(16);
    uint32_t select[3], from[3];

    for (unsigned i = 0; i < 3; i++) {
        from[i] = source(&select[i]);
    }
    dw[0] = op << 24 | type << 19 | below(3) << 14 | mask << 10 | from[0] << 2;
    dw[1] = select[0] << 16 | from[1] << 8 | select[1] >> 8;
    dw[2] = select[1] << 24 | from[2] << 16 | select[2];
}

/* All texels are zero: where a load looks does not matter, but that something is loaded does. */
static void put_texture(uint32_t dw[3])
{
    static const uint8_t ops[] = {0x15, 0x16, 0x17, 0x18};

    dw[0] = (uint32_t)ops[below(4)] << 24 | below(3) << 14;
    dw[1] = below(3) << 17;
    dw[2] = 0;
}

static size_t build(uint32_t *words)
{
    static const uint32_t declarations[] = {0x190a3c00, 0, 0, 0x19180000, 0, 0};
    size_t count = 1;

    memcpy(words + count, declarations, sizeof(declarations));
    count += 6;
    for (unsigned i = 0; i < INSTRUCTIONS; i++, count += 3) {
        if (below(4) == 0) {
            put_texture(words + count);
        } else {
            put_arithmetic(words + count);
        }
    }
    words[0] = 0x7d050000 | (uint32_t)(count - 2);
    words[count] = 0x05000000;
    return count;
}

static uint32_t draw(struct bed *bed, const uint32_t *words, size_t count)
{
    memset(bed_bytes(bed, COLOR_AT), 0x5a, (size_t)SIZE * SIZE * 4);
    bed_send(bed, words, count);
    bed_fill(bed, 0, 0, SIZE, SIZE, 0, 0xff204060);
    return bed_pixel(bed, COLOR_AT, SIZE * 4, 1, 2);
}

static void prepare(struct bed *bed)
{
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
    SEND(bed, 0x7d000003, 1, TEXTURE_AT, 0x180, 0x003f8000);
    SEND(bed, 0x7d010003, 1, 0, 0x000024a0, 0);
    SEND(bed, 0x7d060004, 1, bits_of(0.25f), bits_of(0.5f), bits_of(0.75f), bits_of(1.0f));
    memset(bed_bytes(bed, TEXTURE_AT), 0, 4096);
}

static void test_mended_programs_draw_the_same(void **state)
{
    struct bed *bed = *state;
    unsigned mended = 0;

    prepare(bed);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t words[WORDS], copy[WORDS];
        const size_t count = build(words);
        struct validator_verdict verdict;
        struct validator_job job = {.pci_device = 0x29c2, .words = copy, .word_count = count + 1};

        memcpy(copy, words, sizeof(copy));
        if (validator_check(&job, &verdict) != 0) {
            fail_msg("%s: %s", validator_rule_name(verdict.rule), verdict.text);
        }
        mended += memcmp(copy, words, 4 * count) != 0;
        const uint32_t before = draw(bed, words, count), after = draw(bed, copy, count);
        if (before != after) {
            for (size_t i = 1; i < count; i++) {
                print_error("%2zu.%zu %08x %08x\n", i / 3, (i - 1) % 3, words[i], copy[i]);
            }
            fail_msg("program %d draws 0x%08x, mended 0x%08x", round, before, after);
        }
    }
    assert_true(mended > ROUNDS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mended_programs_draw_the_same, bed_setup,
                                        bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
