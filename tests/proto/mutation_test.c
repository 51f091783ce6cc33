/* SPDX-License-Identifier: MIT */
/*
 * Mutates valid messages and compares the checker's verdict with an oracle that was written from
 * protocol.h by hand and shares nothing with the tables. Each packet lies in memory of exactly its
 * size, so that a sanitizer sees a read beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/codec.h"

enum { ROUNDS = 200000 };

#define ZERO(body, field)                                                                          \
    {                                                                                              \
        offsetof(struct body, field), sizeof(((struct body *)0)->field), false                     \
    }
#define TEXT(body, field)                                                                          \
    {                                                                                              \
        offsetof(struct body, field), sizeof(((struct body *)0)->field), true                      \
    }

static const struct oracle {
    uint32_t type, size;
    unsigned fds;
    bool to_daemon;
    struct {
        size_t offset, size;
        bool text;
    } strict[3];
} oracles[] = {
    {1, 96, 0, true, {ZERO(gemd_msg_hello, reserved), TEXT(gemd_msg_hello, name)}},
    {2, 200, 3, false, {TEXT(gemd_msg_welcome, device), TEXT(gemd_msg_welcome, daemon)}},
    {3, 280, 0, false, {TEXT(gemd_msg_error, text)}},
    {4, 32, 1, true, {ZERO(gemd_msg_arena_add, reserved)}},
    {5, 24, 0, true, {ZERO(gemd_msg_arena_remove, reserved)}},
    {6, 16, 0, false, {{0}}},
    {7, 24, 0, true, {{0}}},
    {8, 32, 0, false, {{0}}},
    {9, 24, 0, true, {ZERO(gemd_msg_window_destroy, reserved)}},
    {10,
     360,
     0,
     false,
     {TEXT(gemd_msg_batch_rejected, rule_name), TEXT(gemd_msg_batch_rejected, text)}},
    {11, 288, 0, false, {ZERO(gemd_msg_ring_error, reserved), TEXT(gemd_msg_ring_error, text)}},
    {12, 16, 0, true, {{0}}},
    {13, 24, 1, false, {{0}}},
    {14, 16, 0, true, {{0}}},
    {15, 40, 1, false, {ZERO(gemd_msg_screenshot_taken, reserved)}},
    {16, 280, 0, false, {ZERO(gemd_msg_session_lost, reserved), TEXT(gemd_msg_session_lost, text)}},
    {17, 24, 0, true, {{0}}},
    {20, 24, 0, true, {{0}}},
    {21, 16, 1, false, {{0}}},
    {22, 24, 1, true, {ZERO(gemd_msg_fence_import, reserved)}},
    {23, 40, 0, true, {{0}}},
    {24, 48, 0, false, {{0}}},
    {27, 56, 0, false, {ZERO(gemd_msg_flip_event, reserved)}},
    {30,
     368,
     0,
     false,
     {ZERO(gemd_msg_limit_passed, reserved), TEXT(gemd_msg_limit_passed, kind),
      TEXT(gemd_msg_limit_passed, text)}},
    {31, 24, 0, true, {{0}}},
    {32, 16, 1, false, {{0}}},
    {33, 24, 1, true, {ZERO(gemd_msg_buffer_import, reserved)}},
    {34, 40, 0, false, {{0}}},
    {35, 24, 0, true, {ZERO(gemd_msg_buffer_revoke, reserved)}},
    {36, 24, 0, false, {ZERO(gemd_msg_buffer_revoked, reserved)}},
    {40, 32, 0, true, {ZERO(gemd_msg_errors_query, reserved)}},
    {41, 24, 1, false, {{0}}},
    {37, 24, 0, true, {ZERO(gemd_msg_buffer_need, reserved)}},
    {38, 24, 0, false, {{0}}},
    {45, 24, 0, true, {ZERO(gemd_msg_list, reserved)}},
    {46, 32, 1, false, {{0}}},
    {50, 24, 1, true, {{0}}},
    {51, 16, 1, true, {{0}}},
    {52, 16, 0, true, {{0}}},
    {53, 928, 0, false, {ZERO(gemd_msg_screen, reserved)}},
    {54, 24, 1, true, {{0}}},
    {55, 16, 0, true, {{0}}},
    {56, 16, 0, true, {{0}}},
    {57, 32, 1, true, {ZERO(gemd_msg_cursor_image, reserved)}},
    {58, 40, 0, true, {ZERO(gemd_msg_cursor_move, reserved)}},
    {59, 152, 0, true, {{0}}},
    {60, 16, 0, false, {{0}}},
    {62, 16, 0, true, {{0}}},
    {63, 24, 0, false, {{0}}},
    {64, 24, 0, true, {ZERO(gemd_msg_mirror_start, reserved)}},
    {65, 16, 0, true, {{0}}},
    {66, 16, 0, true, {{0}}},
    {67, 24, 0, true, {{0}}},
    {68, 56, 1, false, {ZERO(gemd_msg_mirror_file, reserved)}},
    {69, 64, 0, false, {{0}}},
    {71, 24, 0, true, {ZERO(gemd_msg_window_drawn, reserved)}},
    {70, 280, 0, false, {ZERO(gemd_msg_mirror_ended, reserved), TEXT(gemd_msg_mirror_ended, text)}},
};
#define ORACLES (sizeof(oracles) / sizeof(oracles[0]))

static bool text_is_good(const uint8_t *text, size_t size)
{
    bool ended = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == 0) {
            ended = true;
        } else if (ended || text[i] < 32 || text[i] == 127) {
            return false;
        }
    }
    return ended;
}

/* What a reader of protocol.h would say. */
static bool oracle_says(const uint8_t *bytes, size_t size, unsigned fds, bool to_daemon)
{
    uint32_t words[2];
    if (size < 16) {
        return false;
    }
    memcpy(words, bytes, sizeof(words));
    for (size_t i = 0; i < ORACLES; i++) {
        const struct oracle *oracle = &oracles[i];
        if (words[0] != oracle->type) {
            continue;
        }
        bool good = size == oracle->size && words[1] == size && fds == oracle->fds &&
                    to_daemon == oracle->to_daemon;
        for (unsigned j = 0; good && j < 3 && oracle->strict[j].size > 0; j++) {
            const uint8_t *field = bytes + oracle->strict[j].offset;
            static const uint8_t zeros[256];
            good = oracle->strict[j].text ? text_is_good(field, oracle->strict[j].size)
                                          : memcmp(field, zeros, oracle->strict[j].size) == 0;
        }
        return good;
    }
    return false;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Copies to memory of its own size, asks both, and compares. */
static bool verdicts_agree(const uint8_t *bytes, size_t size, unsigned fds, bool to_daemon)
{
    char reason[GEMD_TEXT_MAX];
    uint8_t *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    bool accepted = codec_check(exact, size, fds, to_daemon ? CODEC_TO_DAEMON : CODEC_TO_CLIENT,
                                reason) != NULL;
    bool expected = oracle_says(exact, size, fds, to_daemon);
    free(exact);
    if (accepted != expected) {
        uint32_t type;
        memcpy(&type, bytes, sizeof(type));
        print_error("type %u, %zu bytes, %u descriptors: checker %d, oracle %d\n", type, size, fds,
                    accepted, expected);
    }
    return accepted == expected;
}

static void every_byte_of_every_message(void **state)
{
    static const uint8_t values[] = {1, 'a', 0x7f, 0x80, 0xff, '\n'};
    for (size_t i = 0; i < ORACLES; i++) {
        uint8_t bytes[GEMD_MESSAGE_MAX];
        codec_begin(bytes, oracles[i].type, 0);
        assert_true(verdicts_agree(bytes, oracles[i].size, oracles[i].fds, oracles[i].to_daemon));
        assert_true(oracle_says(bytes, oracles[i].size, oracles[i].fds, oracles[i].to_daemon));
        for (size_t b = 0; b < oracles[i].size; b++) {
            for (size_t v = 0; v < sizeof(values); v++) {
                uint8_t before = bytes[b];
                bytes[b] = values[v];
                assert_true(
                    verdicts_agree(bytes, oracles[i].size, oracles[i].fds, oracles[i].to_daemon));
                bytes[b] = before;
            }
        }
        for (size_t size = 0; size <= 400; size++) {
            assert_true(verdicts_agree(bytes, size, oracles[i].fds, oracles[i].to_daemon));
        }
    }
}

static void random_mutations(void **state)
{
    uint64_t random = 0x9e3779b97f4a7c15u;
    unsigned accepted = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct oracle *oracle = &oracles[next_random(&random) % ORACLES];
        uint8_t bytes[GEMD_MESSAGE_MAX] = {0};
        codec_begin(bytes, oracle->type, next_random(&random));
        size_t size = oracle->size;
        unsigned fds = oracle->fds;
        bool to_daemon = oracle->to_daemon;
        for (unsigned changes = (unsigned)(next_random(&random) % 4); changes > 0; changes--) {
            uint64_t r = next_random(&random);
            switch (r % 16) {
            case 0:
                size = (r >> 8) % sizeof(bytes);
                break;
            case 1:
                fds = (r >> 8) % 6;
                break;
            case 2:
                to_daemon = !to_daemon;
                break;
            default:
                bytes[(r >> 8) % oracle->size] = (uint8_t)(r >> 40);
                break;
            }
        }
        assert_true(verdicts_agree(bytes, size, fds, to_daemon));
        accepted += oracle_says(bytes, size, fds, to_daemon);
    }
    /* Both verdicts must have been tried. */
    assert_in_range(accepted, ROUNDS / 10, ROUNDS * 9 / 10);
}

static void the_oracle_knows_all_messages(void **state)
{
    assert_int_equal(ORACLES, codec_message_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oracle_knows_all_messages),
        cmocka_unit_test(every_byte_of_every_message),
        cmocka_unit_test(random_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
