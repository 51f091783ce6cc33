/* SPDX-License-Identifier: MIT */
/* What purged buffers do to the quota: their bytes come back, and count again when they must. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gemd/kept.h"
#include "gemd/page_set.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/memfile.h"
#include "tests/unit/gemd/fake_device.h"

#define PAGE  4096u
#define PAGES 8u

/* As much of a server and of a session as purging looks at. */
struct bed {
    struct fake_device *fake;
    struct server *server;
    struct session *session;
    struct list accounts;
    struct limits limits;
    struct arena *arena;
    struct gemd_ring_header ring;
    struct gemd_status_page status;
};

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    bed.fake = fake_device_create();
    bed.server = calloc(1, sizeof(*bed.server));
    bed.session = calloc(1, sizeof(*bed.session));
    list_init(&bed.accounts);
    limits_default(&bed.limits);
    assert_int_equal(gtt_init(&bed.server->gpu.gtt, &bed.fake->base), 0);
    purge_init(&bed.server->purge, 1u << 30);
    bed.session->server = bed.server;
    bed.session->ring = &bed.ring;
    bed.session->status = &bed.status;
    bed.session->minor = GEMD_PROTOCOL_MINOR;
    handle_table_init(&bed.session->buffers, 16);
    bed.session->quota = quota_create(&bed.accounts, 1, &bed.limits);
    int file = memfile_create("test", PAGES * PAGE);
    assert_int_equal(arena_create(&bed.server->gpu.gtt, file, PAGES * PAGE, &bed.arena), 0);
    quota_add(bed.session->quota, LIMIT_BYTES, PAGES * PAGE);
    close(file);
    *state = &bed;
    return 0;
}

static uint64_t used(const struct bed *bed)
{
    uint64_t bytes = quota_used(bed->session->quota, LIMIT_BYTES);
    assert_int_equal(account_used(bed->session->quota->account, LIMIT_BYTES), bytes);
    return bytes / PAGE;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    /* All buffers are closed: the arena counts whole, whatever was purged. */
    assert_int_equal(used(bed), PAGES);
    assert_int_equal(bed->server->purge.bytes, 0);
    arena_unref(bed->arena);
    quota_unref(bed->session->quota);
    handle_table_finish(&bed->session->buffers);
    gtt_finish(&bed->server->gpu.gtt);
    assert_int_equal(bed->fake->memories, 0);
    fake_device_destroy(bed->fake);
    free(bed->session);
    free(bed->server);
    return 0;
}

static struct bo *open_bo(struct bed *bed, uint32_t first, uint32_t pages)
{
    struct bo *bo = bo_create(bed->arena, bed->session->quota, 1, first * PAGE, pages * PAGE);
    assert_non_null(bo);
    arena_cover(bed->arena, bo);
    return bo;
}

/* As session_close_bo() does. */
static void close_bo(struct bed *bed, struct bo *bo)
{
    purge_forget(bed->session, bo);
    arena_uncover(bed->arena, bo);
    bo_unref(bo);
}

/* Purges all that is not needed. */
static void press(struct bed *bed)
{
    bed->server->purge.limit = 0;
    purge_trim(bed->server);
    bed->server->purge.limit = 1u << 30;
}

static void purged_bytes_come_back(void **state)
{
    struct bed *bed = *state;
    char text[GEMD_TEXT_MAX];
    bool retained = true;
    struct bo *a = open_bo(bed, 0, 2), *b = open_bo(bed, 2, 3);
    purge_offer(bed->session, a);
    assert_int_equal(used(bed), PAGES); /* it has its pages yet */
    press(bed);
    assert_int_equal(used(bed), PAGES - 2);
    purge_offer(bed->session, b);
    press(bed);
    assert_int_equal(used(bed), PAGES - 5);
    assert_int_equal(purge_take_back(bed->session, b, &retained, text), 0);
    assert_false(retained);
    assert_int_equal(used(bed), PAGES - 2);
    assert_int_equal(purge_take_back(bed->session, b, &retained, text), 0);
    assert_true(retained);
    assert_int_equal(used(bed), PAGES - 2);
    close_bo(bed, b);
    close_bo(bed, a);
}

/* A device that pins memory: whatever the pressure is, the buffer stays as it is. */
static void what_is_pinned_stays(void **state)
{
    struct bed *bed = *state;
    const struct hw_device_ops *whole = bed->fake->base.ops;
    struct hw_device_ops ops = *whole;
    char text[GEMD_TEXT_MAX];
    bool retained = false;
    ops.dma_discard = NULL;
    bed->fake->base.ops = &ops;
    struct bo *a = open_bo(bed, 0, 2);
    bed->limits.session[LIMIT_BYTES].soft = PAGE;
    purge_offer(bed->session, a);
    press(bed);
    purge_make_room(bed->session, 1u << 30);
    assert_int_equal(bed->server->purge.bytes, 2 * PAGE);
    assert_int_equal(bed->server->purge.purged, 0);
    assert_int_equal(used(bed), PAGES);
    assert_int_equal(purge_take_back(bed->session, a, &retained, text), 0);
    assert_true(retained);
    close_bo(bed, a);
    bed->fake->base.ops = whole;
}

static void taking_back_may_be_too_much(void **state)
{
    struct bed *bed = *state;
    char text[GEMD_TEXT_MAX];
    bool retained = true;
    struct bo *a = open_bo(bed, 0, 2);
    bed->limits.session[LIMIT_BYTES].hard = PAGES * PAGE;
    purge_offer(bed->session, a);
    press(bed);
    quota_add(bed->session->quota, LIMIT_BYTES, PAGE); /* something else was made meanwhile */
    assert_int_equal(purge_take_back(bed->session, a, &retained, text), -EDQUOT);
    assert_string_equal(text, "bytes: 8192 more, the session has 28672 and may have 32768");
    assert_true(a->unneeded && a->purged);
    quota_give(bed->session->quota, LIMIT_BYTES, PAGE);
    assert_int_equal(purge_take_back(bed->session, a, &retained, text), 0);
    assert_false(retained || a->unneeded);

    /* What still has its pages is taken back whatever the limits say by now. */
    purge_offer(bed->session, a);
    bed->limits.session[LIMIT_BYTES].hard = 0;
    assert_int_equal(purge_take_back(bed->session, a, &retained, text), 0);
    assert_true(retained);
    close_bo(bed, a);
}

/* Of new memory: as many go as that takes, the longest unneeded first. */
static void unneeded_ones_make_room(void **state)
{
    struct bed *bed = *state;
    struct bo *a = open_bo(bed, 0, 2), *b = open_bo(bed, 2, 2), *c = open_bo(bed, 4, 2);
    purge_offer(bed->session, b);
    purge_offer(bed->session, a);
    purge_offer(bed->session, c);
    bed->limits.session[LIMIT_BYTES].hard = PAGES * PAGE;
    purge_make_room(bed->session, 3 * PAGE);
    assert_true(b->purged && a->purged);
    assert_false(c->purged);
    assert_int_equal(used(bed), PAGES - 4);

    struct session other = {.server = bed->server,
                            .quota = quota_create(&bed->accounts, 2, &bed->limits)};
    purge_make_room(&other, 100 * PAGE); /* not of others */
    assert_false(c->purged);
    quota_unref(other.quota);

    /* Beyond a soft limit, too. */
    bed->limits.session[LIMIT_BYTES].soft = (PAGES - 5) * PAGE;
    purge_pressure(bed->session);
    assert_true(c->purged);
    assert_int_equal(used(bed), PAGES - 6);
    close_bo(bed, a);
    close_bo(bed, b);
    close_bo(bed, c);
}

/* Or else one page would be given back twice, or while it is in use. */
static void overlapping_buffers_give_nothing_back(void **state)
{
    struct bed *bed = *state;
    char text[GEMD_TEXT_MAX];
    bool retained;
    struct bo *a = open_bo(bed, 0, 4);
    purge_offer(bed->session, a);
    press(bed);
    assert_int_equal(used(bed), PAGES - 4);
    struct bo *b = open_bo(bed, 3, 2); /* now they do */
    assert_int_equal(used(bed), PAGES);
    assert_int_equal(purge_take_back(bed->session, a, &retained, text), 0);
    assert_int_equal(used(bed), PAGES);
    purge_offer(bed->session, a);
    purge_offer(bed->session, b);
    press(bed);
    assert_true(a->purged && b->purged);
    assert_int_equal(used(bed), PAGES);
    close_bo(bed, a);
    assert_int_equal(used(bed), PAGES);
    close_bo(bed, b);
}

/* Ranges that were closed can be opened again. */
static void closed_ranges_are_free(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct bo *a = open_bo(bed, 0, 4 + i), *b = open_bo(bed, 4 + i, 4 - i);
        purge_offer(bed->session, b);
        press(bed);
        assert_int_equal(used(bed), PAGES - 4 + i);
        close_bo(bed, b);
        close_bo(bed, a);
        assert_int_equal(used(bed), PAGES);
    }
}

/* One of a client's, at a place of what it keeps. */
static struct bo *keep(struct bed *bed, unsigned place, uint32_t handle)
{
    struct bo *bo = open_bo(bed, handle - 1, 1);
    bo->handle = handle;
    assert_int_equal(handle_table_add(&bed->session->buffers, handle, bo), 0);
    bed->ring.kept[place] = handle;
    return bo;
}

static struct bo *claim(struct bed *bed)
{
    unsigned next = 0;
    return kept_claim(bed->session, &next);
}

/* Only what is surely idle; whatever a client writes there. */
static void kept_ones_are_claimed_with_care(void **state)
{
    struct bed *bed = *state;
    struct gtt *gtt = &bed->server->gpu.gtt;
    struct bo *bo = keep(bed, 7, 3);
    bed->ring.kept[0] = 9; /* there is none */
    bed->ring.kept[GEMD_KEPT_MAX - 1] = UINT32_MAX;
    bed->ring.tail = 64; /* a record that may name it */
    assert_null(claim(bed));
    assert_int_equal(bed->status.kept_lost[7], 0);
    bed->session->ring_head = 64;

    assert_int_equal(gtt_pin(gtt, &bo->node, 1), 0); /* on the GPU */
    assert_null(claim(bed));
    gtt_unpin(gtt, &bo->node);
    bo->exported = true;
    assert_null(claim(bed));
    bo->exported = false;
    bed->session->minor = 1;
    assert_null(claim(bed));
    bed->session->minor = GEMD_PROTOCOL_MINOR;

    assert_ptr_equal(claim(bed), bo);
    assert_int_equal(bed->status.kept_lost[7], 3);
    kept_forget(bed->session, bo);
    assert_int_equal(bed->status.kept_lost[7], 0);

    bed->limits.session[LIMIT_BYTES].soft = (PAGES - 1) * PAGE;
    purge_pressure(bed->session);
    assert_true(bo->purged && bo->unneeded);
    assert_int_equal(used(bed), PAGES - 1);
    assert_null(claim(bed)); /* it is claimed already */
    (void)handle_table_remove(&bed->session->buffers, 3);
    close_bo(bed, bo);
    assert_int_equal(bed->status.kept_lost[7], 0);
}

/* A place is used again as soon as the client knows that its buffer is lost. */
static void a_place_may_be_anothers_by_now(void **state)
{
    struct bed *bed = *state;
    struct bo *first = keep(bed, 2, 1);
    assert_ptr_equal(claim(bed), first);
    struct bo *second = keep(bed, 2, 2);
    assert_ptr_equal(claim(bed), second);
    assert_int_equal(bed->status.kept_lost[2], 2);
    (void)handle_table_remove(&bed->session->buffers, 1);
    close_bo(bed, first); /* its CLOSE comes only now */
    assert_int_equal(bed->status.kept_lost[2], 2);
    (void)handle_table_remove(&bed->session->buffers, 2);
    close_bo(bed, second);
    assert_int_equal(bed->status.kept_lost[2], 0);
}

static void page_sets_know_each_page(void **state)
{
    enum { ALL = 200 };
    struct page_set set;
    bool there[ALL] = {false};
    uint32_t random = 1;
    page_set_init(&set, ALL);
    for (unsigned round = 0; round < 20000; round++) {
        random = random * 1664525u + 1013904223u;
        unsigned first = (random >> 8) % ALL;
        unsigned count = 1 + (random >> 16) % (round % 4 == 0 ? ALL - first : 1);
        unsigned present = 0;
        for (unsigned i = first; i < first + count; i++) {
            present += there[i];
        }
        if (present == count) {
            page_set_remove(&set, first, count);
            memset(&there[first], false, count);
        } else {
            assert_int_equal(page_set_add(&set, first, count), present == 0);
            memset(&there[first], true, present == 0 ? count : 0);
        }
        for (unsigned i = 0; i < ALL; i++) {
            assert_int_equal(set.words[i / 64] >> i % 64 & 1, there[i]);
        }
    }
    page_set_finish(&set);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(purged_bytes_come_back),
        TEST(taking_back_may_be_too_much),
        TEST(unneeded_ones_make_room),
        TEST(overlapping_buffers_give_nothing_back),
        TEST(closed_ranges_are_free),
        TEST(kept_ones_are_claimed_with_care),
        TEST(a_place_may_be_anothers_by_now),
        TEST(what_is_pinned_stays),
        cmocka_unit_test(page_sets_know_each_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
