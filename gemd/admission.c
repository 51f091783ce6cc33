/* SPDX-License-Identifier: MIT */
#include "gemd/admission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"

/* Groups besides the first; as many as the kernel allows a process. */
#define GROUPS_MAX 65536u

/* *groups is malloc()ed. Without an answer the peer has no more groups: rules for them miss. */
static size_t read_groups(int socket, gid_t **groups)
{
    socklen_t bytes = 0;
    *groups = NULL;
    if (chaos_hits(CHAOS_PEER_GROUPS) ||
        getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, NULL, &bytes) == 0 || errno != ERANGE ||
        bytes > GROUPS_MAX * sizeof(gid_t)) {
        return 0;
    }
    *groups = malloc(bytes);
    if (*groups == NULL || getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, *groups, &bytes) != 0) {
        return 0;
    }
    return bytes / sizeof(gid_t);
}

/* Class and weight; batches on the GPU where the rule says something of them. */
static void tell_scheduler(struct session *session)
{
    struct limits defaults;
    limits_default(&defaults);
    uint64_t jobs = session->grant.limits.session[LIMIT_IN_FLIGHT].hard;
    struct sched_grant grant = {.class = session->grant.class, .weight = session->grant.weight};
    if (jobs != defaults.session[LIMIT_IN_FLIGHT].hard) {
        grant.limits.jobs = jobs < UINT32_MAX ? (uint32_t)jobs : UINT32_MAX;
    }
    sched_grant(session, &grant);
}

static void ask_policy(struct session *session)
{
    struct ucred credentials = {.uid = (uid_t)-1, .gid = (gid_t)-1};
    socklen_t size = sizeof(credentials);
    gid_t *groups;
    (void)getsockopt(session->socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    struct policy_peer peer = {.uid = credentials.uid, .gid = credentials.gid};
    peer.group_count = read_groups(session->socket, &groups);
    peer.groups = groups;
    policy_match(session->server->policy, &peer, &session->grant);
    if (session->server->options.limits == NULL) {
        session->limits = session->grant.limits;
    }
    free(groups);
    if (session->grant.connects) {
        tell_scheduler(session);
    }
}

const struct ban_rule *admission_ban_rule(const struct session *session)
{
    return session->grant.has_ban ? &session->grant.ban : &session->server->ban.rule;
}

/* Of the session's user, itself not counted: connections, or clients' sessions. */
static uint32_t count_others(const struct session *session, bool greeted)
{
    uint32_t count = 0;
    list_for_each(other, &session->server->sessions, struct session, link)
    {
        if (other != session && other->uid == session->uid &&
            (!greeted || (other->greeted && other->role == GEMD_ROLE_CLIENT))) {
            count++;
        }
    }
    return count;
}

bool admission_enter(struct session *session)
{
    ask_policy(session);
    uint32_t allowed = session->grant.connects ? session->grant.sessions : 0;
    return count_others(session, false) < allowed + ADMISSION_DOOR;
}

/* Why it may not be here in that role; an empty text when it may. */
static void judge(const struct session *session, uint32_t role, char text[GEMD_TEXT_MAX])
{
    const struct policy_grant *grant = &session->grant;
    const char *source = policy_source(session->server->policy);
    unsigned uid = session->uid;
    text[0] = '\0';
    if (grant->line == 0) {
        snprintf(text, GEMD_TEXT_MAX, "user %u may not connect: no rule of %.128s is for it", uid,
                 source);
    } else if (!grant->connects) {
        snprintf(text, GEMD_TEXT_MAX, "user %u may not connect: %.128s, line %u", uid, source,
                 grant->line);
    } else if (role == GEMD_ROLE_OPERATOR && !grant->operates) {
        snprintf(text, GEMD_TEXT_MAX, "user %u may not be an operator: %.128s, line %u", uid,
                 source, grant->line);
    }
}

bool admission_greet(struct session *session, uint64_t serial, uint32_t role)
{
    char text[GEMD_TEXT_MAX];
    judge(session, role, text);
    if (text[0] == '\0' && role == GEMD_ROLE_CLIENT) {
        uint32_t count = count_others(session, true);
        if (count >= session->grant.sessions) {
            snprintf(text, sizeof(text), "user %u has %u sessions: %.128s, line %u allows %u",
                     (unsigned)session->uid, count, policy_source(session->server->policy),
                     session->grant.line, session->grant.sessions);
        }
    }
    if (text[0] != '\0') {
        session_violation(session, serial, "%s", text);
        return false;
    }
    return true;
}

unsigned admission_replace(struct server *server, struct policy *policy)
{
    unsigned gone = 0;
    policy_free(server->policy);
    server->policy = policy;
    list_for_each(session, &server->sessions, struct session, link)
    {
        ask_policy(session);
    }
    list_for_each(session, &server->sessions, struct session, link)
    {
        char text[GEMD_TEXT_MAX];
        judge(session, session->role, text);
        if (session->greeted && text[0] != '\0') {
            session_lose(session, GEMD_LOST_UNKNOWN, text);
            gone++;
        }
    }
    mirror_review(&server->mirror);
    return gone;
}
