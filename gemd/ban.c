/* SPDX-License-Identifier: MIT */
#include "gemd/ban.h"

#include <stddef.h>

#define WHOLE_USER (-1) /* the pid of a row that is for all processes of its user */

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

bool ban_note(struct ban *ban, const struct ban_rule *rule, uid_t uid, pid_t pid, uint64_t now_ns)
{
    if (rule->hangs == 0) {
        return false;
    }
    pid = rule->of_user ? WHOLE_USER : pid;
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

uint64_t ban_left(struct ban *ban, const struct ban_rule *rule, uid_t uid, pid_t pid,
                  uint64_t now_ns)
{
    const struct ban_peer *peer = find(ban, uid, rule->of_user ? WHOLE_USER : pid);
    if (rule->hangs == 0 || peer == NULL || peer->until_ns <= now_ns) {
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
