/* SPDX-License-Identifier: MIT */
#include "gemd/chaos.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/log.h"
#include "hw/gen3/command.h"

#define DEFAULT_PERMILLE 10u
#define UNKNOWN_COMMAND  0x0f800000u /* an MI opcode that gen3 does not have */
#define MARKER           0x9e3779b97f4a7c15u

struct chaos chaos;

static const struct {
    enum chaos_kind kind;
    const char *name;
} sites[CHAOS_SITES] = {
#define CHAOS_SITE(id, kind, name) [CHAOS_##id] = {CHAOS_KIND_##kind, name},
#include "gemd/chaos.def"
#undef CHAOS_SITE
};

static const struct {
    const char *name;
    bool by_default;
} kinds[CHAOS_KINDS] = {
    [CHAOS_KIND_ALLOC] = {"alloc", true},         [CHAOS_KIND_GTT] = {"gtt", true},
    [CHAOS_KIND_SOCKET] = {"socket", true},       [CHAOS_KIND_DROP] = {"drop", false},
    [CHAOS_KIND_INTERRUPT] = {"interrupt", true}, [CHAOS_KIND_SEQNO] = {"seqno", true},
    [CHAOS_KIND_HANG] = {"hang", false},          [CHAOS_KIND_STALL] = {"stall", false},
};

const char *chaos_site_name(enum chaos_site site)
{
    return sites[site].name;
}

/* splitmix64: good enough to be even, and the same everywhere. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += MARKER;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool parse_number(const char *text, uint64_t most, uint64_t *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number <= most;
}

/* WHAT=PERMILLE; false: there is no such thing. */
static bool set_rate(struct chaos *to, const char *what, const char *value)
{
    uint64_t permille;
    bool found = false;
    if (!parse_number(value, 1000, &permille)) {
        return false;
    }
    for (unsigned i = 0; i < CHAOS_SITES; i++) {
        if (strcmp(what, sites[i].name) == 0 || strcmp(what, kinds[sites[i].kind].name) == 0) {
            to->permille[i] = (uint32_t)permille;
            found = true;
        }
    }
    return found;
}

static bool set(struct chaos *to, char *part, bool *rates)
{
    char *value = strchr(part, '=');
    if (value == NULL) {
        return false;
    }
    *value++ = '\0';
    if (strcmp(part, "session") == 0) {
        return value[0] != '\0' &&
               snprintf(to->session, sizeof(to->session), "%s", value) < (int)sizeof(to->session);
    }
    *rates = true;
    return set_rate(to, part, value);
}

static bool parse(struct chaos *to, char *text)
{
    char *part = strsep(&text, ",");
    bool rates = false;
    if (!parse_number(part, UINT64_MAX, &to->seed)) {
        return false;
    }
    while ((part = strsep(&text, ",")) != NULL) {
        if (!set(to, part, &rates)) {
            return false;
        }
    }
    for (unsigned i = 0; i < CHAOS_SITES; i++) {
        if (!rates && kinds[sites[i].kind].by_default) {
            to->permille[i] = DEFAULT_PERMILLE;
        }
        to->state[i] = to->seed + i * 0x10001u;
    }
    return true;
}

bool chaos_start(const char *text)
{
    struct chaos parsed = {.on = true};
    char *copy = strdup(text);
    bool fine = copy != NULL && parse(&parsed, copy);
    free(copy);
    if (fine) {
        chaos = parsed;
    }
    return fine;
}

void chaos_stop(void)
{
    chaos = (struct chaos){.on = false};
}

bool chaos_draw(enum chaos_site site, const char *name)
{
    if (name != NULL && chaos.session[0] != '\0' && strcmp(name, chaos.session) != 0) {
        return false;
    }
    chaos.reached[site]++;
    bool hit = next(&chaos.state[site]) % 1000 < chaos.permille[site];
    chaos.hit[site] += hit;
    return hit;
}

/* Where the nth command before the batch's end begins; *commands: how many there are up to it. */
static size_t find_command(const uint32_t *words, size_t count, size_t nth, size_t *commands)
{
    size_t at = 0;
    for (*commands = 0; at < count && *commands < nth && words[at] != MI_BATCH_BUFFER_END;
         (*commands)++) {
        const struct gen3_command *command = gen3_command_find(words[at]);
        uint32_t length = command != NULL ? gen3_command_length(command, words[at]) : 0;
        at += length > 0 ? length : 1;
    }
    return at;
}

void chaos_spoil(enum chaos_site site, uint32_t *words, size_t count)
{
    size_t commands;
    (void)find_command(words, count, SIZE_MAX, &commands);
    if (commands == 0) {
        return;
    }
    size_t at = find_command(words, count, next(&chaos.state[site]) % commands, &commands);
    /* Pipe B is never on: its blank never comes. */
    words[at] =
        site == CHAOS_STALL ? MI_WAIT_FOR_EVENT | MI_WAIT_PIPE_B_VBLANK_START : UNKNOWN_COMMAND;
}

void chaos_report(void)
{
    unsigned reached = 0;
    unsigned hit = 0;
    if (!chaos.on) {
        return;
    }
    for (unsigned i = 0; i < CHAOS_SITES; i++) {
        log_info("chaos: %s: reached %" PRIu64 " times, failed %" PRIu64, sites[i].name,
                 chaos.reached[i], chaos.hit[i]);
        reached += chaos.reached[i] != 0;
        hit += chaos.hit[i] != 0;
    }
    log_info("chaos: seed=%" PRIu64 " sites=%d reached=%u failed=%u", chaos.seed, CHAOS_SITES,
             reached, hit);
}
