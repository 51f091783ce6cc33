/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/gtt_strip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gemctl/report.h"

#define PAGES_MAX (1u << 20) /* of 4 GiB: more is no GTT */

static const struct {
    const char *name;
    char letter;
    uint8_t rgb[3];
} kinds[] = {
    [GTT_KIND_HIDDEN] = {"", ' ', {0, 0, 0}},
    [GTT_KIND_FREE] = {"free", '.', {40, 40, 44}},
    [GTT_KIND_DAEMON] = {"daemon", '#', {235, 235, 235}},
    [GTT_KIND_BUFFER] = {"buffer", 'a', {0, 0, 0}},
    [GTT_KIND_SCANOUT] = {"scanout", '@', {255, 40, 40}},
    [GTT_KIND_LEAVING] = {"leaving", '~', {120, 60, 140}},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static enum gtt_kind kind_of(const char *name)
{
    for (unsigned i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return (enum gtt_kind)i;
        }
    }
    return GTT_KIND_LEAVING; /* a use that this program does not know */
}

static bool note_session(struct gtt_pages *pages, uint32_t session)
{
    uint32_t at = 0;
    while (at < pages->session_count && pages->sessions[at] < session) {
        at++;
    }
    if (at < pages->session_count && pages->sessions[at] == session) {
        return true;
    }
    uint32_t *sessions =
        realloc(pages->sessions, (pages->session_count + 1) * sizeof(pages->sessions[0]));
    if (sessions == NULL) {
        return false;
    }
    memmove(&sessions[at + 1], &sessions[at],
            (pages->session_count - at) * sizeof(pages->sessions[0]));
    sessions[at] = session;
    pages->sessions = sessions;
    pages->session_count++;
    return true;
}

/* The place that a row tells; false when it cannot be. */
static bool read_place(const json_t *row, uint32_t *first, uint32_t *end)
{
    int64_t from = report_number(row, "first"), length = report_number(row, "pages");
    if (from < 0 || length < 0 || from > PAGES_MAX || length > PAGES_MAX - from) {
        return false;
    }
    *first = (uint32_t)from;
    *end = (uint32_t)(from + length);
    return true;
}

static int fill(struct gtt_pages *pages, const json_t *rows)
{
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        uint32_t first, end;
        struct gtt_owner owner = {
            .kind = kind_of(report_text(row, "use")),
            .session = (uint32_t)report_number(row, "session"),
            .handle = (uint32_t)report_number(row, "handle"),
        };
        if (!read_place(row, &first, &end)) {
            return -EPROTO;
        }
        if ((owner.kind == GTT_KIND_BUFFER || owner.kind == GTT_KIND_SCANOUT) &&
            !note_session(pages, owner.session)) {
            return -ENOMEM;
        }
        for (uint32_t page = first; page < end; page++) {
            pages->owners[page] = owner;
        }
    }
    return 0;
}

int gtt_pages_make(struct gtt_pages *pages, const json_t *rows, uint32_t count)
{
    size_t i;
    const json_t *row;
    *pages = (struct gtt_pages){.count = count < PAGES_MAX ? count : PAGES_MAX};
    json_array_foreach(rows, i, row)
    {
        uint32_t first, end;
        if (!read_place(row, &first, &end)) {
            return -EPROTO;
        }
        pages->count = end > pages->count ? end : pages->count;
    }
    pages->owners = calloc((size_t)pages->count + 1, sizeof(pages->owners[0]));
    int error = pages->owners != NULL ? fill(pages, rows) : -ENOMEM;
    if (error != 0) {
        gtt_pages_free(pages);
    }
    return error;
}

void gtt_pages_free(struct gtt_pages *pages)
{
    free(pages->owners);
    free(pages->sessions);
    *pages = (struct gtt_pages){0};
}

char gtt_session_letter(const struct gtt_pages *pages, uint32_t session)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (uint32_t i = 0; i < pages->session_count && i < sizeof(letters) - 1; i++) {
        if (pages->sessions[i] == session) {
            return letters[i];
        }
    }
    return '*';
}

static char letter_of(const struct gtt_pages *pages, const struct gtt_owner *owner)
{
    return owner->kind == GTT_KIND_BUFFER ? gtt_session_letter(pages, owner->session)
                                          : kinds[owner->kind].letter;
}

/* The letter of a cell: counts by letters, which are few. */
static char cell(const struct gtt_pages *pages, uint32_t first, uint32_t end)
{
    uint32_t counts[128] = {0};
    const unsigned free_letter = (unsigned char)kinds[GTT_KIND_FREE].letter;
    for (uint32_t page = first; page < end; page++) {
        counts[(unsigned char)letter_of(pages, &pages->owners[page])]++;
    }
    unsigned most = free_letter;
    for (unsigned i = 0; i < 128; i++) {
        if (i != free_letter && (most == free_letter || counts[i] > counts[most]) &&
            counts[i] > 0) {
            most = i;
        }
    }
    const bool mostly_free = counts[free_letter] * 2 > end - first;
    return (char)(mostly_free && most != free_letter ? ':' : (int)most);
}

void gtt_strip(const struct gtt_pages *pages, uint32_t first, uint32_t end, char *line,
               uint32_t columns)
{
    const uint64_t length = end - first;
    for (uint32_t i = 0; i < columns; i++) {
        uint32_t from = first + (uint32_t)(length * i / columns);
        uint32_t to = first + (uint32_t)(length * (i + 1) / columns);
        to = to > from ? to : from + 1; /* fewer pages than columns */
        line[i] = from < end ? cell(pages, from, to) : ' ';
    }
    line[columns] = '\0';
}

void gtt_colour(const struct gtt_owner *owner, uint8_t rgb[3])
{
    memcpy(rgb, kinds[owner->kind].rgb, 3);
    if (owner->kind != GTT_KIND_BUFFER) {
        return;
    }
    /* Hues a golden angle apart, so that any few sessions differ; neighbours differ in brightness.
     */
    const unsigned hue = (uint32_t)((uint64_t)owner->session * 137 % 360);
    const unsigned bright = owner->handle % 2 == 0 ? 230 : 165;
    const unsigned low = bright / 4, rise = low + (bright - low) * (hue % 60) / 60;
    const unsigned fall = bright + low - rise;
    const unsigned wheel[6][3] = {{bright, rise, low}, {fall, bright, low}, {low, bright, rise},
                                  {low, fall, bright}, {rise, low, bright}, {bright, low, fall}};
    for (unsigned i = 0; i < 3; i++) {
        rgb[i] = (uint8_t)wheel[hue / 60][i];
    }
}
