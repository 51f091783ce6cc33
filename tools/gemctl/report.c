/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/report.h"

#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

#define REPLACEMENT 0xfffdu

/* Reads one character; what is no UTF-8 is one REPLACEMENT a byte. Returns its bytes. */
static size_t read_character(const unsigned char *text, uint32_t *character)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t more = 0; more < 4; more++) {
        if ((text[0] & forms[more].mask) != forms[more].lead) {
            continue;
        }
        uint32_t value = text[0] & (unsigned char)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((text[i] & 0xc0) != 0x80) {
                *character = REPLACEMENT;
                return 1;
            }
            value = value << 6 | (text[i] & 0x3fu);
        }
        const bool sound = value >= forms[more].least && value <= 0x10ffff &&
                           !(value >= 0xd800 && value <= 0xdfff);
        *character = sound ? value : REPLACEMENT;
        return sound ? more + 1 : 1;
    }
    *character = REPLACEMENT;
    return 1;
}

/* Sound UTF-8, malloc'ed; NULL: out of memory. */
static char *make_sound(const char *text)
{
    char *sound = malloc(strlen(text) * 3 + 1);
    char *to = sound;
    while (sound != NULL && *text != '\0') {
        uint32_t character;
        size_t bytes = read_character((const unsigned char *)text, &character);
        if (character == REPLACEMENT) {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
        } else {
            memcpy(to, text, bytes);
            to += bytes;
        }
        text += bytes;
    }
    if (sound != NULL) {
        *to = '\0';
    }
    return sound;
}

/* Controls, marks without width, and what turns the direction of writing. */
static bool disturbs(uint32_t character)
{
    static const uint32_t ranges[][2] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},
                                         {0x300, 0x36f},   {0x61c, 0x61c},   {0x200b, 0x200f},
                                         {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfe00, 0xfe0f},
                                         {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (character >= ranges[i][0] && character <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

void report_printable(char *to, size_t size, const char *text)
{
    const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    while (*text != '\0') {
        uint32_t character;
        size_t bytes = read_character((const unsigned char *)text, &character);
        const bool fine = character < 0x80 || (utf8 && character != REPLACEMENT);
        const char *from = fine && !disturbs(character) ? text : "?";
        size_t length = from == text ? bytes : 1;
        if (length >= size) {
            break;
        }
        memcpy(to, from, length);
        to += length;
        size -= length;
        text += bytes;
    }
    *to = '\0';
}

/* ---- values ---- */

static bool is_number(const char *text)
{
    const char *digits = text + (text[0] == '-');
    return *digits != '\0' && digits[strspn(digits, "0123456789")] == '\0';
}

static void unquote(char *text)
{
    char *to = text;
    for (const char *from = text + 1; *from != '\0' && *from != '"'; from++) {
        from += *from == '\\' && from[1] != '\0';
        *to++ = *from;
    }
    *to = '\0';
}

json_t *report_value(char *text)
{
    if (is_number(text)) {
        errno = 0;
        long long number = strtoll(text, NULL, 10);
        if (errno == 0) {
            return json_integer(number);
        }
    }
    if (text[0] == '"') {
        unquote(text);
    }
    char *sound = make_sound(text);
    json_t *value = sound != NULL ? json_string(sound) : NULL;
    free(sound);
    return value;
}

int64_t report_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool report_has(const json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL;
}

const char *report_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* ---- the status ---- */

/* The member of 'object' with that name, made with make() if it is missing. */
static json_t *member(json_t *object, const char *name, json_t *(*make)(void))
{
    json_t *found = json_object_get(object, name);
    if (found == NULL) {
        found = make();
        if (json_object_set_new(object, name, found) != 0) {
            return NULL;
        }
    }
    return found;
}

/* The element with that id of an array; elements come in runs, so the last one is looked at first.
 */
static json_t *element(json_t *array, const char *id)
{
    const long long number = strtoll(id, NULL, 10);
    for (size_t i = json_array_size(array); i-- > 0;) {
        json_t *found = json_array_get(array, i);
        if (report_number(found, "id") == number) {
            return found;
        }
    }
    json_t *made = json_pack("{s:I}", "id", (json_int_t)number);
    return json_array_append_new(array, made) == 0 ? made : NULL;
}

/* "noun.N.rest" below 'object': where rest belongs. *key becomes its last part. */
static json_t *descend(json_t *object, char **key)
{
    char *part, *dot;
    while ((part = *key) != NULL && (dot = strchr(part, '.')) != NULL) {
        char name[64];
        *dot = '\0';
        char *next = dot + 1;
        char *end = strchr(next, '.');
        const bool numbered = end != NULL && next[strspn(next, "0123456789")] == '.';
        snprintf(name, sizeof(name), "%s%s", part, numbered ? "s" : "");
        if (numbered) {
            *end = '\0';
            object = element(member(object, name, json_array), next);
            next = end + 1;
        } else {
            object = member(object, name, json_object);
        }
        *key = next;
    }
    return object;
}

/* What a key of a group is called in the group's object. */
static char *name_in_group(const char *group, char *key)
{
    static char value[] = "value";
    size_t length = strlen(group);
    if (strcmp(key, group) == 0) {
        return value;
    }
    return strncmp(key, group, length) == 0 && key[length] == '_' ? key + length + 1 : key;
}

static int take_line(json_t *root, char *group, size_t size, char *line)
{
    char *colon = strstr(line, ": ");
    if (line[0] == '[') {
        snprintf(group, size, "%.*s", (int)strcspn(line + 1, "]"), line + 1);
        return 0;
    }
    if (colon == NULL) {
        return 0;
    }
    *colon = '\0';
    char *key = line;
    json_t *object = root;
    if (strchr(key, '.') != NULL) {
        object = descend(root, &key);
    } else if (group[0] != '\0') {
        object = member(root, group, json_object);
        key = name_in_group(group, key);
    }
    return json_object_set_new(object, key, report_value(colon + 2));
}

/* What is there although nothing is in it. */
static int add_empty(json_t *root)
{
    size_t i;
    json_t *session;
    json_t *sessions = member(root, "sessions", json_array);
    json_array_foreach(sessions, i, session)
    {
        if (member(session, "windows", json_array) == NULL) {
            return -ENOMEM;
        }
    }
    return sessions != NULL ? 0 : -ENOMEM;
}

json_t *report_status(char *text)
{
    char group[64] = "";
    char *line;
    json_t *root = json_object();
    int error = 0;
    while (error == 0 && (line = strsep(&text, "\n")) != NULL) {
        /* The heading of what is at the top is for people. */
        if (strcmp(line, "[sessions]") == 0) {
            group[0] = '\0';
        } else {
            error = take_line(root, group, sizeof(group), line);
        }
    }
    if (error != 0 || add_empty(root) != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

/* ---- lists ---- */

static json_t *list_row(char *line, const json_t *columns)
{
    json_t *row = json_object();
    size_t count = json_array_size(columns);
    for (size_t i = 0; row != NULL && i < count; i++) {
        const char *column = json_string_value(json_array_get(columns, i));
        char *cell = line != NULL ? strsep(&line, "\t") : NULL;
        json_t *value = cell == NULL || *cell == '\0' ? json_null() : report_value(cell);
        if (json_object_set_new(row, column, value) != 0) {
            json_decref(row);
            return NULL;
        }
    }
    return row;
}

json_t *report_list(char *text, json_t **columns)
{
    json_t *rows = json_array();
    *columns = json_array();
    char *heading = strsep(&text, "\n");
    char *line;
    int error = 0;
    while ((line = strsep(&heading, "\t")) != NULL) {
        error |= json_array_append_new(*columns, json_string(line));
    }
    while (error == 0 && (line = strsep(&text, "\n")) != NULL) {
        if (*line != '\0') {
            error = json_array_append_new(rows, list_row(line, *columns));
        }
    }
    if (error != 0) {
        json_decref(rows);
        json_decref(*columns);
        *columns = NULL;
        return NULL;
    }
    return rows;
}
