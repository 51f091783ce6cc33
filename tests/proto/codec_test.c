/* SPDX-License-Identifier: MIT */
/* The message table, and the check of packets against it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "proto/codec.h"

struct message {
    uint8_t bytes[GEMD_MESSAGE_MAX + 8];
};

static struct message valid(const struct codec_message *row)
{
    struct message message = {{0}};
    codec_begin(message.bytes, row->type, 7);
    return message;
}

static const struct codec_message *check(const struct message *message, size_t size, unsigned fds,
                                         enum codec_direction direction)
{
    char reason[GEMD_TEXT_MAX] = "";
    const struct codec_message *row = codec_check(message->bytes, size, fds, direction, reason);
    if (row == NULL) {
        assert_true(reason[0] != '\0');
        assert_null(strchr(reason, '\n'));
    }
    return row;
}

static void table_is_sound(void **state)
{
    for (size_t i = 0; i < codec_message_count; i++) {
        const struct codec_message *row = &codec_messages[i];
        assert_ptr_equal(codec_message(row->type), row);
        assert_in_range(row->size, sizeof(struct gemd_msg_header), GEMD_MESSAGE_MAX);
        assert_int_equal(row->size % 8, 0);
        assert_true(strlen(row->meaning) > 0);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(codec_messages[j].type, row->type);
            assert_string_not_equal(codec_messages[j].name, row->name);
        }
    }
    assert_null(codec_message(0));
    assert_null(codec_message(UINT32_MAX));
}

/* The rows of each struct tile it: no gap, no overlap, nothing forgotten. */
static void fields_tile_messages(void **state)
{
    for (size_t i = 0; i < codec_message_count; i++) {
        uint32_t end = 0;
        for (size_t j = 0; j < codec_field_count; j++) {
            if (strcmp(codec_fields[j].body, codec_messages[i].body) == 0) {
                assert_int_equal(codec_fields[j].offset, end);
                end += codec_fields[j].size;
            }
        }
        assert_int_equal(end, codec_messages[i].size);
    }
}

static void every_message_exact(void **state)
{
    for (size_t i = 0; i < codec_message_count; i++) {
        const struct codec_message *row = &codec_messages[i];
        struct message message = valid(row);
        struct gemd_msg_header *header = (struct gemd_msg_header *)message.bytes;
        assert_ptr_equal(check(&message, row->size, row->fds, row->direction), row);

        assert_null(check(&message, row->size - 1, row->fds, row->direction));
        assert_null(check(&message, row->size + 1, row->fds, row->direction));
        assert_null(check(&message, 0, 0, row->direction));
        assert_null(check(&message, sizeof(*header) - 1, 0, row->direction));
        assert_null(check(&message, row->size, row->fds + 1, row->direction));
        assert_null(check(&message, row->size, row->fds - 1, row->direction));
        assert_null(check(&message, row->size, row->fds, !row->direction));
        header->size++;
        assert_null(check(&message, row->size, row->fds, row->direction));
        assert_null(check(&message, row->size + 1, row->fds, row->direction));
        header->size -= 2;
        assert_null(check(&message, row->size, row->fds, row->direction));
        header->size++;
        header->type = 0;
        assert_null(check(&message, row->size, row->fds, row->direction));
        header->type = UINT32_MAX;
        assert_null(check(&message, row->size, row->fds, row->direction));
    }
}

/* Each bit of each reserved byte of each message. */
static void reserved_bytes_are_zero(void **state)
{
    unsigned pokes = 0;
    for (size_t i = 0; i < codec_field_count; i++) {
        const struct codec_field *field = &codec_fields[i];
        for (size_t j = 0; j < codec_message_count; j++) {
            const struct codec_message *row = &codec_messages[j];
            if (field->kind != CODEC_ZERO || strcmp(field->body, row->body) != 0) {
                continue;
            }
            for (uint32_t bit = 0; bit < field->size * 8; bit++) {
                struct message message = valid(row);
                message.bytes[field->offset + bit / 8] |= (uint8_t)(1u << bit % 8);
                assert_null(check(&message, row->size, row->fds, row->direction));
                pokes++;
            }
        }
    }
    assert_true(pokes >= 32 * 5);
}

static void texts_are_one_terminated_line(void **state)
{
    unsigned texts = 0;
    for (size_t i = 0; i < codec_field_count; i++) {
        const struct codec_field *field = &codec_fields[i];
        for (size_t j = 0; j < codec_message_count; j++) {
            const struct codec_message *row = &codec_messages[j];
            if (field->kind != CODEC_TEXT || strcmp(field->body, row->body) != 0) {
                continue;
            }
            struct message message = valid(row);
            uint8_t *text = message.bytes + field->offset;
            memset(text, 'x', field->size - 1);
            assert_ptr_equal(check(&message, row->size, row->fds, row->direction), row);
            text[field->size - 1] = 'x';
            assert_null(check(&message, row->size, row->fds, row->direction));
            text[field->size - 1] = 0;
            text[3] = 0;
            assert_null(check(&message, row->size, row->fds, row->direction));
            memset(text + 3, 0, field->size - 3);
            assert_ptr_equal(check(&message, row->size, row->fds, row->direction), row);
            text[1] = '\n';
            assert_null(check(&message, row->size, row->fds, row->direction));
            text[1] = 0x7f;
            assert_null(check(&message, row->size, row->fds, row->direction));
            texts++;
        }
    }
    assert_true(texts >= 8);
}

static void set_text_makes_valid_text(void **state)
{
    char field[8];
    codec_set_text(field, sizeof(field), NULL);
    assert_memory_equal(field, "\0\0\0\0\0\0\0", 8);
    codec_set_text(field, sizeof(field), "a\nb\x7f");
    assert_memory_equal(field, "a?b?\0\0\0", 8);
    codec_set_text(field, sizeof(field), "1234567");
    assert_string_equal(field, "1234567");
    codec_set_text(field, sizeof(field), "12345678");
    assert_string_equal(field, "1234567");
    codec_set_text(field, sizeof(field), "12345\xe2\x82\xac");
    assert_memory_equal(field, "12345\0\0", 8);
    codec_set_text(field, sizeof(field), "1234\xe2\x82\xac");
    assert_string_equal(field, "1234\xe2\x82\xac");
}

/* Nothing but the middles of characters: nothing of it can stay. */
static void set_text_of_no_characters(void **state)
{
    char field[8] = "before";
    codec_set_text(field, sizeof(field), "\x80\x80\x80\x80\x80\x80\x80\x80\x80");
    assert_memory_equal(field, "\0\0\0\0\0\0\0", 8);
}

static void unknown_messages_are_not_begun(void **state)
{
    struct message message;
    memset(&message, 0x5a, sizeof(message));
    const struct message before = message;
    codec_begin(message.bytes, UINT32_MAX, 7);
    assert_memory_equal(&message, &before, sizeof(message));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sound),
        cmocka_unit_test(fields_tile_messages),
        cmocka_unit_test(every_message_exact),
        cmocka_unit_test(reserved_bytes_are_zero),
        cmocka_unit_test(texts_are_one_terminated_line),
        cmocka_unit_test(set_text_makes_valid_text),
        cmocka_unit_test(set_text_of_no_characters),
        cmocka_unit_test(unknown_messages_are_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
