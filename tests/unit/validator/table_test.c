/* SPDX-License-Identifier: MIT */
/*
 * The walk over the table of commands. Every row has a length rule, a list of addresses, a
 * privilege, and a disassembly that names each dword; what clients may send has a sample that is
 * accepted, and is refused in each way in which a row can be broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "command_samples.h"
#include "gemd/validator/fields.h"
#include "hw/gen3/disasm.h"

static struct stream s;

/* The row's sample, with its place in it. */
struct sampled {
    const struct gen3_command *row;
    size_t at;
    uint32_t length;
};

static const struct gen3_command *row_at(size_t i)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    return i < count ? &rows[i] : NULL;
}

/* The next row that clients may send, from *i on; builds its sample. */
static bool next_sample(size_t *i, struct sampled *sampled)
{
    while ((sampled->row = row_at((*i)++)) != NULL) {
        if (sampled->row->privilege != GEN3_CLIENT) {
            continue;
        }
        if (!command_sample(sampled->row->id, &s) ||
            !command_find(&s, sampled->row->id, &sampled->at, &sampled->length)) {
            fail_msg("%s has no sample", sampled->row->name);
        }
        return true;
    }
    return false;
}

static enum validator_rule judge(const struct sampled *sampled)
{
    /* The end of the stream is a sample itself. */
    return sampled->row->id == GEN3_MI_BATCH_BUFFER_END ? stream_check_as_is(&s) : stream_check(&s);
}

static void assert_refused(const struct sampled *sampled, enum validator_rule expected,
                           const char *what, uint32_t value)
{
    enum validator_rule rule = judge(sampled);

    if (rule == VALIDATOR_ACCEPTED || (expected != VALIDATOR_ACCEPTED && rule != expected)) {
        fail_msg("%s with %s 0x%x: %s: %s", sampled->row->name, what, value,
                 validator_rule_name(rule), s.verdict.text);
    }
    if (!command_sample(sampled->row->id, &s)) {
        fail();
    }
}

static void test_samples_are_accepted(void **state)
{
    struct sampled sampled;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        if (judge(&sampled) != VALIDATOR_ACCEPTED) {
            fail_msg("%s: %s: %s", sampled.row->name, validator_rule_name(s.verdict.rule),
                     s.verdict.text);
        }
    }
}

static void test_others_are_forbidden(void **state)
{
    const struct gen3_command *row;

    for (size_t i = 0; (row = row_at(i)) != NULL; i++) {
        if (row->privilege == GEN3_CLIENT) {
            continue;
        }
        assert_in_range(row->privilege, GEN3_DAEMON, GEN3_UNKNOWN);
        assert_false(command_sample(row->id, &s));
        PUT(&s, row->value | (row->length_mask != 0 && row->length > 2 ? row->length - 2u : 0));
        for (uint32_t d = 1; d < row->length; d++) {
            PUT(&s, 0);
        }
        assert_int_equal(stream_check(&s), VALIDATOR_FORBIDDEN_COMMAND);
    }
}

/* The table says where addresses are, and so do the relocations that the validator wants. */
static void test_addresses_are_relocated(void **state)
{
    struct sampled sampled;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        struct gen3_address addresses[GEN3_ADDRESSES_MAX];
        size_t count =
            gen3_command_addresses(sampled.row, &s.words[sampled.at], sampled.length, addresses);
        size_t found = 0;

        for (size_t r = 0; r < s.reloc_count; r++) {
            uint32_t dword = s.relocs[r].dword - (uint32_t)sampled.at;

            if (s.relocs[r].dword < sampled.at || dword >= sampled.length) {
                continue;
            }
            assert_true(found < count);
            assert_int_equal(addresses[found].dword, dword);
            assert_int_equal((addresses[found].use & GEN3_WRITE) != 0,
                             (s.relocs[r].use & VALIDATOR_WRITE) != 0);
            found++;
        }
        assert_int_equal(found, count);
    }
}

static void test_truncated(void **state)
{
    struct sampled sampled;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        for (uint32_t left = sampled.length - 1; left > 0; left--) {
            s.count = sampled.at + left;
            assert_int_not_equal(stream_check_as_is(&s), VALIDATOR_ACCEPTED);
            /* Behind the end there may be anything: it must not be looked at. */
            assert_in_range(s.verdict.dword, 0, s.count);
        }
    }
}

static void test_wrong_lengths(void **state)
{
    struct sampled sampled;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        for (int by = -1; by <= 1 && sampled.row->length_mask != 0; by += 2) {
            uint32_t length =
                (uint32_t)((int32_t)(s.words[sampled.at] & sampled.row->length_mask) + by);

            if (length > sampled.row->length_mask) {
                continue;
            }
            s.words[sampled.at] = (s.words[sampled.at] & ~sampled.row->length_mask) | length;
            assert_refused(&sampled, VALIDATOR_ACCEPTED, "length", length);
        }
    }
}

static void test_stray_header_bits(void **state)
{
    struct sampled sampled;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        const struct gen3_command *row = sampled.row;
        uint32_t stray = ~(row->mask | row->length_mask | row->free_bits);

        for (; stray != 0; stray &= stray - 1) {
            s.words[sampled.at] |= stray & -stray;
            assert_refused(&sampled, VALIDATOR_RESERVED_BITS, "stray header bit", stray & -stray);
        }
    }
}

static void test_reserved_bits(void **state)
{
    struct sampled sampled;
    unsigned bits = 0;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        for (uint32_t d = 1; d < sampled.length; d++) {
            uint32_t left = fields_reserved_at(sampled.row, &s.words[sampled.at], d);
            bool address = false;

            for (size_t r = 0; r < s.reloc_count; r++) {
                address = address || s.relocs[r].dword == sampled.at + d;
            }
            /* What the validator fills in itself has the bits that its relocation gives it. */
            for (; left != 0 && !address; left &= left - 1, bits++) {
                s.words[sampled.at + d] |= left & -left;
                assert_refused(&sampled, VALIDATOR_RESERVED_BITS, "reserved bit", left & -left);
            }
        }
    }
    assert_true(bits > 200);
}

/* Registers that the mask of a load does not name have no bits, and neither has what is behind. */
static void test_no_reserved_bits_behind_the_registers(void **state)
{
    static const uint32_t dw[] = {0x7d040011, 0, 0, 0}; /* S0, and two dwords too many */
    const struct gen3_command *row = gen3_command_find(dw[0]);

    assert_int_equal(fields_reserved_at(row, dw, 1), 0xf0000002);
    assert_int_equal(fields_reserved_at(row, dw, 2), 0);
    assert_int_equal(fields_reserved_at(row, dw, 3), 0);
}

static void remove_reloc(size_t at)
{
    memmove(&s.relocs[at], &s.relocs[at + 1], (s.reloc_count - at - 1) * sizeof(s.relocs[0]));
    s.reloc_count--;
}

static void test_missing_relocations(void **state)
{
    struct sampled sampled;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        for (size_t r = 0; r < s.reloc_count; r++) {
            remove_reloc(r);
            assert_refused(&sampled, VALIDATOR_RELOC_MISSING, "relocation gone", (uint32_t)r);
        }
    }
}

static void test_wrong_uses(void **state)
{
    struct sampled sampled;

    for (size_t i = 0; next_sample(&i, &sampled);) {
        for (size_t r = 0; r < s.reloc_count; r++) {
            bool writes = (s.relocs[r].use & VALIDATOR_WRITE) != 0;

            s.relocs[r].use = writes ? VALIDATOR_READ : VALIDATOR_WRITE;
            assert_refused(&sampled, VALIDATOR_RELOC_USE, "use", s.relocs[r].use);
            s.relocs[r].use = 0;
            assert_refused(&sampled, VALIDATOR_RELOC_USE, "use", 0);
        }
    }
}

static void line(void *data, size_t index, uint32_t word, const char *text)
{
    const struct gen3_command *row = data;
    const char *number = strstr(text, ".DW");

    (void)word;
    /* "STIPPLE.DW1 on" has fields, "CHROMA_KEY.DW3" has nothing to say. */
    if (strcmp(text, "unknown") == 0 || (number != NULL && strchr(number, ' ') == NULL)) {
        fail_msg("%s, dword %zu: %s", row->name, index, text);
    }
}

/* Samples, and of what nobody may send the shortest form. */
static void test_each_dword_has_a_name(void **state)
{
    struct gen3_command *row;

    for (size_t i = 0; (row = (struct gen3_command *)(uintptr_t)row_at(i)) != NULL; i++) {
        size_t at = 0;
        uint32_t length = row->length > 2 ? row->length : 2;

        if (!command_sample(row->id, &s)) {
            PUT(&s, row->value | (row->length_mask != 0 ? length - 2 : 0));
            for (uint32_t d = 1; d < length && row->length_rule != GEN3_LENGTH_FIXED; d++) {
                PUT(&s, 0);
            }
        }
        assert_true(command_find(&s, row->id, &at, &length));
        assert_int_equal(gen3_disasm(&s.words[at], length, line, row), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_are_accepted),
        cmocka_unit_test(test_others_are_forbidden),
        cmocka_unit_test(test_addresses_are_relocated),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_wrong_lengths),
        cmocka_unit_test(test_stray_header_bits),
        cmocka_unit_test(test_reserved_bits),
        cmocka_unit_test(test_no_reserved_bits_behind_the_registers),
        cmocka_unit_test(test_missing_relocations),
        cmocka_unit_test(test_wrong_uses),
        cmocka_unit_test(test_each_dword_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
