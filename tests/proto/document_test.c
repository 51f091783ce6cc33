/* SPDX-License-Identifier: MIT */
/*
 * doc/protocol.md against the tables: each marked block must be exactly what the tables say, and
 * every message, record and struct must have one.
 *
 *   proto_document_test --write FILE   writes the document with its blocks made anew
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/codec.h"
#include "proto/ring.h"

#define DOCUMENT GEMD_SOURCE_DIR "/doc/protocol.md"
#define END      "<!-- end -->\n"

/* ---- what the tables say ---- */

static void print_fields(FILE *out, const char *body)
{
    fputs("| offset | size | field | meaning |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < codec_field_count; i++) {
        const struct codec_field *field = &codec_fields[i];
        if (strcmp(field->body, body) == 0) {
            fprintf(out, "| %u | %u | %s | %s |\n", field->offset, field->size, field->name,
                    field->meaning);
        }
    }
}

static const char *direction_name(const struct codec_message *row)
{
    return row->direction == CODEC_TO_DAEMON ? "to the daemon" : "to the client";
}

static const char *who_name(const struct codec_message *row)
{
    static const char *const names[] = {[CODEC_ANY] = "ANY",
                                        [CODEC_SESSION] = "SESSION",
                                        [CODEC_OBSERVER] = "OBSERVER",
                                        [CODEC_OPERATOR] = "OPERATOR"};
    return names[row->who];
}

static void print_messages(FILE *out)
{
    fputs("| number | name | bytes | descriptors | direction | who | meaning |\n"
          "|---|---|---|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < codec_message_count; i++) {
        const struct codec_message *row = &codec_messages[i];
        fprintf(out, "| %u | %s | %u | %u | %s | %s | %s |\n", row->type, row->name, row->size,
                row->fds, direction_name(row), who_name(row), row->meaning);
    }
}

static void print_records(FILE *out)
{
    fputs("| number | name | bytes | struct |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < ring_record_count; i++) {
        const struct ring_record *row = &ring_records[i];
        fprintf(out, "| %u | %s | %u%s | %s |\n", row->type, row->name, row->size,
                row->grows ? " and more" : "", row->body);
    }
}

static const struct codec_message *message_named(const char *name)
{
    for (size_t i = 0; i < codec_message_count; i++) {
        if (strcmp(codec_messages[i].name, name) == 0) {
            return &codec_messages[i];
        }
    }
    return NULL;
}

static bool is_struct(const char *body)
{
    for (size_t i = 0; i < codec_field_count; i++) {
        if (strcmp(codec_fields[i].body, body) == 0) {
            return true;
        }
    }
    return false;
}

/* Prints the block of a marker; false when there is no such thing. */
static bool print_block(FILE *out, const char *kind, const char *name)
{
    if (strcmp(kind, "table") == 0 && strcmp(name, "messages") == 0) {
        print_messages(out);
    } else if (strcmp(kind, "table") == 0 && strcmp(name, "records") == 0) {
        print_records(out);
    } else if (strcmp(kind, "struct") == 0 && is_struct(name)) {
        print_fields(out, name);
    } else if (strcmp(kind, "message") == 0 && message_named(name) != NULL) {
        const struct codec_message *row = message_named(name);
        fprintf(out, "Number %u, %u bytes, %u descriptors, %s, %s.\n\n", row->type, row->size,
                row->fds, direction_name(row), who_name(row));
        print_fields(out, row->body);
    } else {
        return false;
    }
    return true;
}

/* ---- the document ---- */

/* Copies the document from 'in' to 'out' with its blocks made anew; false on a bad marker. */
static bool rewrite(FILE *in, FILE *out)
{
    char line[1024], kind[16], name[64];
    bool inside = false;
    while (fgets(line, sizeof(line), in) != NULL) {
        if (strcmp(line, END) == 0) {
            if (!inside) {
                return false;
            }
            inside = false;
        }
        if (!inside) {
            fputs(line, out);
        }
        if (sscanf(line, "<!-- %15[a-z]: %63[A-Za-z_] -->", kind, name) == 2) {
            if (inside || !print_block(out, kind, name)) {
                print_error("what is this? %s", line);
                return false;
            }
            inside = true;
        }
    }
    return !inside;
}

static char *read_document(void)
{
    char *text = NULL;
    size_t size;
    char line[1024];
    FILE *in = fopen(DOCUMENT, "re");
    FILE *out = open_memstream(&text, &size);
    assert_non_null(in);
    assert_non_null(out);
    while (fgets(line, sizeof(line), in) != NULL) {
        fputs(line, out);
    }
    fclose(in);
    fclose(out);
    return text;
}

static void blocks_are_what_the_tables_say(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *in = fopen(DOCUMENT, "re");
    FILE *out = open_memstream(&text, &size);
    assert_non_null(in);
    assert_non_null(out);
    assert_true(rewrite(in, out));
    fclose(in);
    fclose(out);
    char *document = read_document();
    assert_string_equal(document, text);
    free(document);
    free(text);
}

static void expect_once(const char *document, const char *kind, const char *name)
{
    char marker[128];
    snprintf(marker, sizeof(marker), "<!-- %s: %s -->", kind, name);
    const char *first = strstr(document, marker);
    if (first == NULL || strstr(first + 1, marker) != NULL) {
        fail_msg("the document must have \"%s\" once", marker);
    }
}

static void nothing_is_left_out(void **state)
{
    char *document = read_document();
    expect_once(document, "table", "messages");
    expect_once(document, "table", "records");
    for (size_t i = 0; i < codec_message_count; i++) {
        expect_once(document, "message", codec_messages[i].name);
    }
    for (size_t i = 0; i < codec_field_count; i++) {
        const char *body = codec_fields[i].body;
        bool is_message = false;
        for (size_t j = 0; j < codec_message_count; j++) {
            is_message = is_message || strcmp(codec_messages[j].body, body) == 0;
        }
        if (!is_message) {
            expect_once(document, "struct", body);
        }
    }
    char version[32];
    snprintf(version, sizeof(version), "Version %d.%d.", GEMD_PROTOCOL_MAJOR, GEMD_PROTOCOL_MINOR);
    assert_non_null(strstr(document, version));
    free(document);
}

/* The structs that are no messages have no gap either, so the tables are all there is. */
static void structs_are_whole(void **state)
{
    static const struct {
        const char *body;
        size_t size;
    } structs[] = {
#define STRUCT(name) {#name, sizeof(struct name)}
        STRUCT(gemd_msg_header),    STRUCT(gemd_ring_header),    STRUCT(gemd_record_header),
        STRUCT(gemd_record_create), STRUCT(gemd_record_close),   STRUCT(gemd_reloc),
        STRUCT(gemd_record_submit), STRUCT(gemd_record_present), STRUCT(gemd_status_window),
        STRUCT(gemd_status_page),   STRUCT(gemd_record_wait),
#undef STRUCT
    };
    for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++) {
        uint32_t end = 0;
        for (size_t j = 0; j < codec_field_count; j++) {
            if (strcmp(codec_fields[j].body, structs[i].body) == 0) {
                assert_int_equal(codec_fields[j].offset, end);
                end += codec_fields[j].size;
            }
        }
        assert_int_equal(end, structs[i].size);
    }
    for (size_t i = 0; i < ring_record_count; i++) {
        assert_true(is_struct(ring_records[i].body));
    }
}

static int write_document(const char *path)
{
    FILE *in = fopen(DOCUMENT, "re");
    FILE *out = fopen(path, "we");
    bool fine = in != NULL && out != NULL && rewrite(in, out);
    if (in != NULL) {
        fclose(in);
    }
    if (out != NULL) {
        fclose(out);
    }
    return fine ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_what_the_tables_say),
        cmocka_unit_test(nothing_is_left_out),
        cmocka_unit_test(structs_are_whole),
    };
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        return write_document(argv[2]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
