/* SPDX-License-Identifier: MIT */
#include "fake_gemd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

struct gemd_session *fake_session_new(void)
{
    struct gemd_session *session = calloc(1, sizeof(*session));

    assert_non_null(session);
    session->info = (struct gemd_info){
        .session = 1,
        .pci_device = 0x29c2,
        .aperture_bytes = 256u << 20,
        .gtt_bytes = 16u << 20,
        .max_batch_words = FAKE_WORDS,
        .max_relocs = FAKE_RELOCS,
        .max_buffers = FAKE_BUFFERS,
    };
    return session;
}

unsigned fake_live_buffers(const struct gemd_session *session)
{
    unsigned count = 0;

    for (const struct fake_bo *bo = session->bos; bo != NULL; bo = bo->next) {
        count++;
    }
    return count;
}

void fake_session_free(struct gemd_session *session)
{
    assert_int_equal(fake_live_buffers(session), 0);
    free(session);
}

const struct gemd_info *gemd_session_info(const struct gemd_session *session)
{
    return &session->info;
}

enum gemd_lost_reason gemd_session_lost(struct gemd_session *session)
{
    return session->lost;
}

uint32_t gemd_session_losses(struct gemd_session *session)
{
    return session->losses;
}

enum gemd_lost_reason gemd_session_last_loss(struct gemd_session *session)
{
    return session->last_loss;
}

/* There is never another daemon. */
int gemd_session_reconnect(struct gemd_session *session, char reason[GEMD_TEXT_MAX])
{
    return session->lost != GEMD_LOST_NOT ? -ECONNREFUSED : 0;
}

static struct gemd_bo *bo_new(struct gemd_session *session, uint64_t size, int fd)
{
    struct fake_bo *bo = calloc(1, sizeof(*bo));

    assert_non_null(bo);
    bo->session = session;
    bo->next = session->bos;
    session->bos = bo;
    bo->references = 1;
    bo->fd = fd;
    bo->handle = ++session->next_handle;
    bo->size = (size + 4095) & ~4095ull;
    bo->map = calloc(1, bo->size);
    assert_non_null(bo->map);
    return (struct gemd_bo *)bo;
}

int gemd_bo_create(struct gemd_session *session, uint64_t size, bool shared, struct gemd_bo **bo)
{
    *bo = NULL;
    if (session->lost != GEMD_LOST_NOT) {
        return -EIO;
    }
    if (session->out_of_memory) {
        return -ENOMEM;
    }
    int fd = -1;
    if (shared) {
        fd = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, (off_t)((size + 4095) & ~4095ull)), 0);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    }
    *bo = bo_new(session, size, fd);
    return 0;
}

struct gemd_bo *gemd_bo_ref(struct gemd_bo *bo)
{
    fake_bo(bo)->references++;
    return bo;
}

void gemd_bo_unref(struct gemd_bo *bo)
{
    struct fake_bo *fake = fake_bo(bo);

    if (fake == NULL || --fake->references > 0) {
        return;
    }
    struct fake_bo **link = &fake->session->bos;
    while (*link != fake) {
        link = &(*link)->next;
    }
    *link = fake->next;
    if (fake->fd >= 0) {
        close(fake->fd);
    }
    free(fake->map);
    free(fake);
}

uint64_t gemd_bo_size(const struct gemd_bo *bo)
{
    return ((const struct fake_bo *)bo)->size;
}

uint32_t gemd_bo_handle(const struct gemd_bo *bo)
{
    return ((const struct fake_bo *)bo)->handle;
}

void *gemd_bo_map(struct gemd_bo *bo)
{
    return fake_bo(bo)->map;
}

int gemd_bo_export(struct gemd_bo *bo)
{
    return fake_bo(bo)->fd < 0 ? -EINVAL : fcntl(fake_bo(bo)->fd, F_DUPFD_CLOEXEC, 0);
}

static bool same_file(int a, int b)
{
    struct stat sa, sb;

    return a >= 0 && b >= 0 && fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

int gemd_bo_import(struct gemd_session *session, int fd, struct gemd_bo **bo)
{
    *bo = NULL;
    for (struct fake_bo *known = session->bos; known != NULL; known = known->next) {
        if (same_file(known->fd, fd)) {
            *bo = gemd_bo_ref((struct gemd_bo *)known);
            return 0;
        }
    }
    return -EINVAL;
}

/* Its tiling is nothing here: nobody draws. */
int gemd_bo_import_tiled(struct gemd_session *session, int fd, uint32_t tiling, uint32_t pitch,
                         struct gemd_bo **bo)
{
    return gemd_bo_import(session, fd, bo) == 0 ? 0 : -ENOENT;
}

int gemd_query_swizzle(struct gemd_session *session, uint32_t *x, uint32_t *y)
{
    *x = session->swizzle;
    *y = 0;
    return 0;
}

uint64_t gemd_bo_last_use(const struct gemd_bo *bo, bool write)
{
    const struct fake_bo *fake = (const struct fake_bo *)bo;

    return write ? fake->last_write : fake->last_use;
}

bool gemd_bo_busy(struct gemd_bo *bo, bool write_only)
{
    return !gemd_seqno_passed(fake_bo(bo)->session, gemd_bo_last_use(bo, write_only));
}

int gemd_bo_wait(struct gemd_bo *bo, bool write_only, int64_t deadline)
{
    return gemd_seqno_wait(fake_bo(bo)->session, gemd_bo_last_use(bo, write_only), deadline);
}

int gemd_submit(struct gemd_session *session, const struct gemd_submission *submission,
                uint64_t *seqno)
{
    if (session->lost != GEMD_LOST_NOT) {
        return -EIO;
    }
    if (session->submit_error != 0) {
        const int error = session->submit_error;
        session->submit_error = 0;
        return error;
    }
    if (submission->word_count > session->info.max_batch_words ||
        submission->reloc_count > session->info.max_relocs ||
        submission->buffer_count > session->info.max_buffers) {
        return -E2BIG;
    }
    session->submissions++;
    *seqno = ++session->seqno;
    session->word_count = submission->word_count;
    session->reloc_count = submission->reloc_count;
    session->buffer_count = submission->buffer_count;
    memcpy(session->words, submission->words, submission->word_count * sizeof(uint32_t));
    memcpy(session->relocs, submission->relocs,
           submission->reloc_count * sizeof(struct gemd_reloc));
    for (uint32_t i = 0; i < submission->buffer_count; i++) {
        session->buffers[i] = submission->buffers[i];
        fake_bo(submission->buffers[i])->last_use = *seqno;
    }
    for (uint32_t i = 0; i < submission->reloc_count; i++) {
        if (submission->relocs[i].use & GEMD_USE_WRITE) {
            fake_bo(submission->buffers[submission->relocs[i].buffer])->last_write = *seqno;
        }
    }
    return 0;
}

uint64_t gemd_last_seqno(struct gemd_session *session)
{
    return session->seqno;
}

bool gemd_seqno_passed(struct gemd_session *session, uint64_t seqno)
{
    return session->lost != GEMD_LOST_NOT || seqno <= session->retired;
}

int gemd_seqno_wait(struct gemd_session *session, uint64_t seqno, int64_t deadline)
{
    if (session->lost != GEMD_LOST_NOT) {
        return -EIO;
    }
    if (seqno <= session->retired) {
        return 0;
    }
    session->waits++;
    session->last_wait = seqno;
    if (deadline != GEMD_FOREVER) {
        return -ETIME; /* nothing here ever happens by itself */
    }
    session->retired = seqno;
    return 0;
}

int gemd_fence_export(struct gemd_session *session, uint64_t seqno)
{
    session->exports++;
    session->exported = seqno;
    return session->fence_error != 0 ? session->fence_error : eventfd(0, EFD_CLOEXEC);
}

int gemd_fence_wait(int fd, int64_t deadline)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct stat status;

    if (fstat(fd, &status) != 0 || S_ISCHR(status.st_mode)) {
        return -EINVAL;
    }
    return poll(&wait, 1, deadline == GEMD_FOREVER ? -1 : 0) > 0 ? 0 : -ETIME;
}

int gemd_fence_wait_before(struct gemd_session *session, int fd, int64_t deadline)
{
    session->fence_waits++;
    session->submissions_before_wait = session->submissions;
    return session->fence_error;
}
