/* SPDX-License-Identifier: MIT */
#include "gemd/share.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"

#define RIGHTS (GEMD_USE_READ | GEMD_USE_WRITE)

struct token {
    struct list link;        /* share.tokens */
    struct session *session; /* the exporter's; its end ends the token */
    struct bo *bo;           /* the same */
    uint32_t rights;
    int fd;
    dev_t device;
    ino_t inode;
};

struct revoke {
    struct list link;        /* share.revokes */
    struct session *session; /* referenced */
    uint64_t serial;
    uint64_t batches; /* answered when as many have retired */
};

void share_init(struct share *share)
{
    *share = (struct share){0};
    for (unsigned i = 0; i < SHARE_BUCKETS; i++) {
        list_init(&share->tokens[i]);
    }
    list_init(&share->revokes);
}

static void end_revoke(struct share *share, struct revoke *revoke)
{
    list_remove(&revoke->link);
    share->revoke_count--;
    session_unref(revoke->session);
    free(revoke);
}

void share_finish(struct share *share)
{
    while (share->revoke_count > 0) {
        end_revoke(share, list_first(&share->revokes, struct revoke, link));
    }
}

/* ---- tokens ---- */

static struct list *bucket_of(struct share *share, ino_t inode)
{
    return &share->tokens[(uint64_t)inode % SHARE_BUCKETS];
}

/* An empty memory file that nobody can make anything of. */
static int token_file(void)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (chaos_hits(CHAOS_ALLOC_TOKEN_FILE)) {
        return -EMFILE;
    }
    int fd = memfd_create("gemd-token", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -errno;
    }
    if (fcntl(fd, F_ADD_SEALS, seals) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static void token_end(struct share *share, struct token *token)
{
    list_remove(&token->link);
    share->token_count--;
    quota_give(token->session->quota, LIMIT_FDS, 1);
    close(token->fd);
    free(token);
}

static struct token *find_token(struct share *share, const struct bo *bo, uint32_t rights)
{
    for (unsigned i = 0; bo->exported && i < SHARE_BUCKETS; i++) {
        list_for_each(token, &share->tokens[i], struct token, link)
        {
            if (token->bo == bo && token->rights == rights) {
                return token;
            }
        }
    }
    return NULL;
}

static struct token *token_create(struct session *session, struct bo *bo, uint32_t rights, int fd)
{
    struct stat file;
    struct token *token = chaos_hits(CHAOS_ALLOC_TOKEN) ? NULL : calloc(1, sizeof(*token));
    if (token == NULL || fstat(fd, &file) < 0) {
        free(token);
        return NULL;
    }
    struct share *share = &session->server->share;
    *token = (struct token){
        .session = session,
        .bo = bo,
        .rights = rights,
        .fd = fd,
        .device = file.st_dev,
        .inode = file.st_ino,
    };
    list_append(bucket_of(share, file.st_ino), &token->link);
    share->token_count++;
    bo->exported = true;
    return token;
}

int share_export(struct session *session, struct bo *bo, uint32_t rights, char text[GEMD_TEXT_MAX])
{
    if (rights != RIGHTS && rights != GEMD_USE_READ) {
        snprintf(text, GEMD_TEXT_MAX, "rights %u, must be 1 (read) or 3 (read and write)", rights);
        return -EINVAL;
    }
    if (bo->imported) {
        snprintf(text, GEMD_TEXT_MAX, "buffer %u is another session's", bo->handle);
        return -EACCES;
    }
    struct token *token = find_token(&session->server->share, bo, rights);
    if (token != NULL) {
        return token->fd;
    }
    int error = quota_charge(session, LIMIT_FDS, 1, text);
    if (error != 0) {
        return error;
    }
    int fd = token_file();
    if (fd >= 0 && token_create(session, bo, rights, fd) == NULL) {
        close(fd);
        fd = -ENOMEM;
    }
    if (fd < 0) {
        quota_give(session->quota, LIMIT_FDS, 1);
        snprintf(text, GEMD_TEXT_MAX, "%s", strerror(-fd));
    }
    return fd;
}

/* ---- importing ---- */

static struct token *recognise(struct share *share, int fd)
{
    struct stat file;
    if (fstat(fd, &file) < 0) {
        return NULL;
    }
    list_for_each(token, bucket_of(share, file.st_ino), struct token, link)
    {
        if (token->inode == file.st_ino && token->device == file.st_dev) {
            return token;
        }
    }
    return NULL;
}

/* The importer pays for all that it keeps: the whole file. */
static int charge_import(struct session *session, const struct arena *arena,
                         char text[GEMD_TEXT_MAX])
{
    int error = quota_charge(session, LIMIT_BYTES, arena->size, text);
    if (error != 0) {
        return error;
    }
    error = quota_charge(session, LIMIT_BUFFERS, 1, text);
    if (error != 0) {
        quota_give(session->quota, LIMIT_BYTES, arena->size);
    }
    return error;
}

int share_import(struct session *session, int fd, uint32_t handle, struct bo **bo,
                 char text[GEMD_TEXT_MAX])
{
    const struct token *token = recognise(&session->server->share, fd);
    if (token == NULL) {
        snprintf(text, GEMD_TEXT_MAX, "the descriptor is no token of a buffer that is shared now");
        return -ENOENT;
    }
    struct bo *owner = token->bo;
    int error = charge_import(session, owner->arena, text);
    if (error != 0) {
        return error;
    }
    struct bo *made = bo_create(owner->arena, session->quota, handle, owner->offset, owner->size);
    error = made != NULL ? handle_table_add(&session->buffers, handle, made) : -ENOMEM;
    if (made != NULL) {
        owner->arena->buffers--; /* its client may take the arena back all the same */
    }
    if (error != 0) {
        if (made != NULL) {
            bo_unref(made);
        }
        quota_give(session->quota, LIMIT_BUFFERS, 1);
        quota_give(session->quota, LIMIT_BYTES, owner->arena->size);
        snprintf(text, GEMD_TEXT_MAX, "handle %u: %s", handle, strerror(-error));
        return error;
    }
    made->imported = true;
    made->importer = session;
    made->rights = token->rights;
    bo_tile(made, owner->tiling, owner->pitch);
    list_append(&owner->shared, &made->shared);
    session->buffer_bytes += made->size;
    *bo = made;
    return 0;
}

/* ---- the end ---- */

static void end_tokens(struct share *share, struct bo *bo)
{
    for (unsigned i = 0; bo->exported && i < SHARE_BUCKETS; i++) {
        list_for_each(token, &share->tokens[i], struct token, link)
        {
            if (token->bo == bo) {
                token_end(share, token);
            }
        }
    }
    bo->exported = false;
}

static void tell_revoked(struct session *session, const struct bo *bo)
{
    struct gemd_msg_buffer_revoked message;
    codec_begin(&message, GEMD_MSG_BUFFER_REVOKED, 0);
    message.handle = bo->handle;
    session_event(session, &message);
}

/* Takes an import away; whether the GPU may still be at it. */
static bool take_away(struct gtt *gtt, struct bo *bo)
{
    bo->revoked = true;
    list_remove(&bo->shared);
    tell_revoked(bo->importer, bo);
    if (bo->node.pins > 0) {
        return true;
    }
    gtt_unbind(gtt, &bo->node);
    return false;
}

int share_revoke(struct session *session, struct bo *bo, uint64_t serial)
{
    struct server *server = session->server;
    struct share *share = &server->share;
    bool busy = false;
    end_tokens(share, bo);
    list_for_each(import, &bo->shared, struct bo, shared)
    {
        busy = take_away(&server->gpu.gtt, import) || busy;
    }
    gtt_flush(&server->gpu.gtt);
    if (!busy || server->fence.count == 0) {
        return 0;
    }
    struct revoke *revoke = share->revoke_count < SHARE_REVOKES && !chaos_hits(CHAOS_ALLOC_REVOKE)
                                ? calloc(1, sizeof(*revoke))
                                : NULL;
    if (revoke == NULL) {
        return -EBUSY;
    }
    revoke->session = session_ref(session);
    revoke->serial = serial;
    revoke->batches = server->fence.batches;
    list_append(&share->revokes, &revoke->link);
    share->revoke_count++;
    return -EINPROGRESS;
}

void share_progress(struct server *server)
{
    struct share *share = &server->share;
    uint64_t retired = server->fence.batches - server->fence.count;
    struct revoke *revoke;
    while ((revoke = list_first(&share->revokes, struct revoke, link)) != NULL &&
           revoke->batches <= retired) {
        struct gemd_msg_done done;
        codec_begin(&done, GEMD_MSG_DONE, revoke->serial);
        session_answer(revoke->session, &done, NULL);
        end_revoke(share, revoke);
    }
}

void share_forget(struct session *session, struct bo *bo)
{
    if (bo->imported) {
        list_remove(&bo->shared);
        quota_give(session->quota, LIMIT_BYTES, bo->arena->size);
        return;
    }
    end_tokens(&session->server->share, bo);
    list_for_each(import, &bo->shared, struct bo, shared)
    {
        list_remove(&import->shared); /* they stay, but nobody can revoke them any more */
    }
}
