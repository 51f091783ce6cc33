/* SPDX-License-Identifier: MIT */
#include "gemd/ban.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S        UINT64_C(1000000000)
#define BAN_SECONDS_MAX 86400ul

void ban_init(struct ban *ban, const struct ban_rule *rule)
{
    *ban = (struct ban){.rule = *rule};
}

static struct ban_peer *find(struct ban *ban, uid_t uid, pid_t pid)
{
    for (unsigned i = 0; i < BAN_PEERS; i++) {
        struct ban_peer *peer = &ban->peers[i];
        if (peer->count > 0 && peer->uid == uid && peer->pid == pid) {
            return peer;
        }
    }
    return NULL;
}

static uint64_t last_hang(const struct ban_peer *peer)
{
    return peer->hangs[(peer->count - 1) % BAN_HANGS_MAX];
}

/* A free row, or that of whoever has been quiet the longest. */
static struct ban_peer *take_row(struct ban *ban, uid_t uid, pid_t pid)
{
    struct ban_peer *best = &ban->peers[0];
    for (unsigned i = 0; i < BAN_PEERS && best->count > 0; i++) {
        struct ban_peer *peer = &ban->peers[i];
        if (peer->count == 0 || last_hang(peer) < last_hang(best)) {
            best = peer;
        }
    }
    *best = (struct ban_peer){.uid = uid, .pid = pid};
    return best;
}

bool ban_note(struct ban *ban, uid_t uid, pid_t pid, uint64_t now_ns)
{
    const struct ban_rule *rule = &ban->rule;
    if (rule->hangs == 0) {
        return false;
    }
    struct ban_peer *peer = find(ban, uid, pid);
    if (peer == NULL) {
        peer = take_row(ban, uid, pid);
    }
    peer->hangs[peer->count++ % BAN_HANGS_MAX] = now_ns;
    if (peer->count < rule->hangs ||
        now_ns - peer->hangs[(peer->count - rule->hangs) % BAN_HANGS_MAX] > rule->window_ns) {
        return false;
    }
    peer->until_ns = now_ns + rule->duration_ns;
    ban->banned++;
    return true;
}

uint64_t ban_left(struct ban *ban, uid_t uid, pid_t pid, uint64_t now_ns)
{
    const struct ban_peer *peer = find(ban, uid, pid);
    if (peer == NULL || peer->until_ns <= now_ns) {
        return 0;
    }
    ban->refused++;
    return peer->until_ns - now_ns;
}

uint32_t ban_count(const struct ban *ban, uint64_t now_ns)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < BAN_PEERS; i++) {
        count += ban->peers[i].count > 0 && ban->peers[i].until_ns > now_ns;
    }
    return count;
}

/* One number and what ends it: a comma, or the end. */
static bool parse_part(const char **text, unsigned long most, unsigned long *number)
{
    char *end = NULL;
    if (**text < '1' || **text > '9') {
        return false;
    }
    errno = 0;
    *number = strtoul(*text, &end, 10);
    bool fine = errno == 0 && *number <= most && (*end == '\0' || (*end == ',' && end[1] != '\0'));
    *text = *end == ',' ? end + 1 : end;
    return fine;
}

bool ban_rule_parse(const char *text, struct ban_rule *rule)
{
    unsigned long hangs = 0;
    unsigned long window = 60;
    unsigned long duration = 60;
    if (strcmp(text, "off") == 0) {
        *rule = (struct ban_rule){.hangs = 0};
        return true;
    }
    if (!parse_part(&text, BAN_HANGS_MAX, &hangs) ||
        (*text != '\0' && !parse_part(&text, BAN_SECONDS_MAX, &window)) ||
        (*text != '\0' && !parse_part(&text, BAN_SECONDS_MAX, &duration)) || *text != '\0') {
        return false;
    }
    *rule = (struct ban_rule){.hangs = (uint32_t)hangs,
                              .window_ns = window * NS_PER_S,
                              .duration_ns = duration * NS_PER_S};
    return true;
}
