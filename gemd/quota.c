/* SPDX-License-Identifier: MIT */
#include "gemd/quota.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gemd/bo.h"
#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"

#define LIMIT_PASSED_MINOR 2 /* of the protocol: who speaks less does not know the event */

static struct account *find_account(struct list *accounts, uid_t uid)
{
    list_for_each(account, accounts, struct account, link)
    {
        if (account->uid == uid) {
            account->refs++;
            return account;
        }
    }
    struct account *account = chaos_hits(CHAOS_ALLOC_ACCOUNT) ? NULL : calloc(1, sizeof(*account));
    if (account != NULL) {
        account->uid = uid;
        account->refs = 1;
        gtt_owner_init(&account->owner, NULL);
        list_append(accounts, &account->link);
    }
    return account;
}

struct quota *quota_create(struct list *accounts, uid_t uid, const struct limits *limits)
{
    struct quota *quota = chaos_hits(CHAOS_ALLOC_QUOTA) ? NULL : calloc(1, sizeof(*quota));
    struct account *account = quota != NULL ? find_account(accounts, uid) : NULL;
    if (account == NULL) {
        free(quota);
        return NULL;
    }
    quota->refs = 1;
    quota->limits = limits;
    quota->account = account;
    gtt_owner_init(&quota->owner, &account->owner);
    quota->owner.soft = &limits->session[LIMIT_GTT_PAGES].soft;
    quota->owner.group_soft = &limits->uid[LIMIT_GTT_PAGES].soft;
    quota->owner.fence_soft = &limits->session[LIMIT_FENCE_REGISTERS].soft;
    quota->owner.group_fence_soft = &limits->uid[LIMIT_FENCE_REGISTERS].soft;
    return quota;
}

struct quota *quota_ref(struct quota *quota)
{
    quota->refs++;
    return quota;
}

void quota_unref(struct quota *quota)
{
    if (quota == NULL || --quota->refs != 0) {
        return;
    }
    struct account *account = quota->account;
    for (unsigned i = 0; i < LIMIT_KINDS; i++) {
        account->used[i] -= quota->used[i];
    }
    if (--account->refs == 0) {
        list_remove(&account->link);
        free(account);
    }
    free(quota);
}

void quota_detach(struct quota *quota)
{
    quota->limits = NULL;
    quota->owner.soft = NULL;
    quota->owner.group_soft = NULL;
    quota->owner.fence_soft = NULL;
    quota->owner.group_fence_soft = NULL;
}

/* What the GTT counts. */
static const uint64_t *counted(const struct gtt_owner *owner, enum limit_kind kind)
{
    return kind == LIMIT_GTT_PAGES         ? &owner->pages
           : kind == LIMIT_FENCE_REGISTERS ? &owner->fences
                                           : NULL;
}

uint64_t quota_used(const struct quota *quota, enum limit_kind kind)
{
    const uint64_t *count = counted(&quota->owner, kind);
    return count != NULL ? *count : quota->used[kind];
}

uint64_t account_used(const struct account *account, enum limit_kind kind)
{
    const uint64_t *count = counted(&account->owner, kind);
    return count != NULL ? *count : account->used[kind];
}

bool quota_has_room(const struct quota *quota, enum limit_kind kind, uint64_t amount,
                    char text[GEMD_TEXT_MAX])
{
    if (quota->limits == NULL) {
        return true;
    }
    const struct {
        const char *whose;
        uint64_t used, hard;
    } sides[] = {
        {"the session", quota_used(quota, kind), quota->limits->session[kind].hard},
        {"the user", account_used(quota->account, kind), quota->limits->uid[kind].hard},
    };
    for (unsigned i = 0; i < 2; i++) {
        if (sides[i].used <= sides[i].hard && amount <= sides[i].hard - sides[i].used) {
            continue;
        }
        if (text != NULL) {
            snprintf(text, GEMD_TEXT_MAX,
                     "%s: %" PRIu64 " more, %s has %" PRIu64 " and may have %" PRIu64,
                     limit_kind_name(kind), amount, sides[i].whose, sides[i].used, sides[i].hard);
        }
        return false;
    }
    return true;
}

void quota_add(struct quota *quota, enum limit_kind kind, uint64_t amount)
{
    quota->used[kind] += amount;
    quota->account->used[kind] += amount;
}

void quota_give(struct quota *quota, enum limit_kind kind, uint64_t amount)
{
    quota->used[kind] -= amount;
    quota->account->used[kind] -= amount;
}

/* An idle buffer of the user's sessions makes way; false when there is none. */
static bool evict_of_user(struct gtt *gtt, const struct account *account)
{
    list_for_each(owner, &gtt->owners, struct gtt_owner, link)
    {
        if (owner->group == &account->owner) {
            return gtt_evict_of(gtt, owner);
        }
    }
    return false;
}

/* Evicts until 'pages' more fit, or nothing is left to evict. */
static bool trim(struct quota *quota, struct gtt *gtt, uint64_t pages, char text[GEMD_TEXT_MAX])
{
    while (!quota_has_room(quota, LIMIT_GTT_PAGES, pages, text)) {
        if (!gtt_evict_of(gtt, &quota->owner) && !evict_of_user(gtt, quota->account)) {
            return false;
        }
    }
    return true;
}

int quota_make_room(struct quota *quota, struct gtt *gtt, struct bo *const *bos, uint32_t count,
                    char text[GEMD_TEXT_MAX])
{
    const struct limits *limits = quota->limits;
    if (limits == NULL || (limits->session[LIMIT_GTT_PAGES].hard == LIMIT_NONE &&
                           limits->uid[LIMIT_GTT_PAGES].hard == LIMIT_NONE)) {
        return 0;
    }
    uint64_t all = 0;
    uint64_t more = 0;
    for (uint32_t i = 0; i < count; i++) {
        all += bos[i]->node.span;
        more += bos[i]->node.bound ? 0 : bos[i]->node.span;
    }
    if (all > limits->session[LIMIT_GTT_PAGES].hard || all > limits->uid[LIMIT_GTT_PAGES].hard) {
        snprintf(text, GEMD_TEXT_MAX,
                 "gtt_pages: its %" PRIu32 " buffers take %" PRIu64
                 ", the session may have %" PRIu64 ", its user %" PRIu64,
                 count, all, limits->session[LIMIT_GTT_PAGES].hard,
                 limits->uid[LIMIT_GTT_PAGES].hard);
        return -EDQUOT;
    }
    if (quota_has_room(quota, LIMIT_GTT_PAGES, more, text)) {
        return 0;
    }
    /* Those that are there already stay while others make way. */
    for (uint32_t i = 0; i < count; i++) {
        if (bos[i]->node.bound) {
            (void)gtt_pin(gtt, &bos[i]->node, 1);
        }
    }
    bool fits = trim(quota, gtt, more, text);
    for (uint32_t i = 0; i < count; i++) {
        if (bos[i]->node.bound) {
            gtt_unpin(gtt, &bos[i]->node);
        }
    }
    return fits ? 0 : -EAGAIN;
}

int quota_charge(struct session *session, enum limit_kind kind, uint64_t amount,
                 char text[GEMD_TEXT_MAX])
{
    if (chaos_hits_session(CHAOS_QUOTA, session->name)) {
        snprintf(text, GEMD_TEXT_MAX, "%s: chaos", limit_kind_name(kind));
        return -EDQUOT;
    }
    if (!quota_has_room(session->quota, kind, amount, text)) {
        return -EDQUOT;
    }
    quota_add(session->quota, kind, amount);
    quota_notice(session, kind);
    return 0;
}

static void tell(struct session *session, enum limit_kind kind, bool of_user)
{
    const struct quota *quota = session->quota;
    const struct limit *limit = of_user ? &quota->limits->uid[kind] : &quota->limits->session[kind];
    struct gemd_msg_limit_passed message;
    codec_begin(&message, GEMD_MSG_LIMIT_PASSED, 0);
    message.of_user = of_user;
    message.used = of_user ? account_used(quota->account, kind) : quota_used(quota, kind);
    message.soft = limit->soft;
    message.hard = limit->hard;
    codec_set_text(message.kind, sizeof(message.kind), limit_kind_name(kind));
    snprintf(message.text, sizeof(message.text),
             "%s: %s has %" PRIu64 ", its soft limit is %" PRIu64, limit_kind_name(kind),
             of_user ? "the user" : "the session", message.used, limit->soft);
    session_log(session, "%s", message.text);
    if (session->minor >= LIMIT_PASSED_MINOR) {
        session_event(session, &message);
    }
}

void quota_notice(struct session *session, enum limit_kind kind)
{
    struct quota *quota = session->quota;
    if (quota->limits == NULL) {
        return;
    }
    bool own = quota_used(quota, kind) > quota->limits->session[kind].soft;
    bool users = account_used(quota->account, kind) > quota->limits->uid[kind].soft;
    uint32_t bit = 1u << kind;
    if (!own && !users) {
        quota->told &= ~bit;
        return;
    }
    uint32_t left_out;
    uint64_t now = clock_now(&session->server->options.clock);
    if ((quota->told & bit) == 0 && log_limit_pass(&quota->log_limit, now, &left_out)) {
        quota->told |= bit;
        tell(session, kind, !own);
    }
}
