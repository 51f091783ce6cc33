/* SPDX-License-Identifier: MIT */
#include "gemd/hwtest/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* As they are written: x a hexadecimal digit. */
static const char *const shapes[] = {
    "xx:xx:xx:xx:xx:xx",
    "xx-xx-xx-xx-xx-xx",
    "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
};

static const char *const words[] = {"serial", "uuid=", "hostname", "systemd.machine_id="};

static bool has_shape(const char *text, const char *shape)
{
    for (; *shape != '\0'; text++, shape++) {
        if (*shape == 'x' ? !isxdigit((unsigned char)*text) : *text != *shape) {
            return false;
        }
    }
    return !isxdigit((unsigned char)*text);
}

static void blank_shapes(char *line)
{
    for (char *at = line; *at != '\0'; at++) {
        bool begins = at == line || !isxdigit((unsigned char)at[-1]);
        for (size_t i = 0; begins && i < sizeof(shapes) / sizeof(shapes[0]); i++) {
            if (has_shape(at, shapes[i])) {
                for (size_t j = 0; shapes[i][j] != '\0'; j++) {
                    at[j] = shapes[i][j] == 'x' ? '*' : at[j];
                }
            }
        }
    }
}

static bool is_word(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* Of what a word announces, up to the next blank; "serial port" and the like announce nothing. */
static void blank_words(char *line)
{
    for (char *at = line; *at != '\0'; at++) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (!is_word(at, words[i])) {
                continue;
            }
            char *value = at + strlen(words[i]);
            if (value[-1] != '=') {
                value += strspn(value, "Nnumber. ");
                if (*value != ':' && *value != '=') {
                    continue;
                }
                value++;
                value += strspn(value, " ");
            }
            for (; *value != '\0' && !isspace((unsigned char)*value); value++) {
                *value = '*';
            }
        }
    }
}

void redact_line(char *line)
{
    for (char *at = line; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at)) {
            *at = ' ';
        }
    }
    blank_shapes(line);
    blank_words(line);
}
