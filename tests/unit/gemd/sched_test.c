/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's decisions, on a clock and a GPU of the test: a batch takes exactly what it is
 * said to take, and retires the moment that it ends.
 */
#include "tests/unit/gemd/test.h"

#include <stdbool.h>
#include <string.h>

#include "gemd/fair.h"

#define US      1000ull
#define MS      1000000ull
#define PERIOD  16666667ull
#define CLIENTS 12
#define QUEUE   64

struct client {
    struct flow flow;
    uint64_t length;     /* of its batches */
    uint64_t cost;       /* that the validator sees in them */
    uint64_t work;       /* batches that wait in its ring */
    uint64_t every;      /* a new one comes so often; 0: never */
    uint64_t next;       /* when the next one comes */
    uint64_t asked;      /* when the oldest waiting one came */
    uint64_t worst;      /* from then to its end */
    uint64_t emitted_at; /* the last one */
};

struct sim {
    struct fair fair;
    uint64_t now, vblank;
    bool screen;
    struct client clients[CLIENTS];
    unsigned count;
    struct {
        struct client *client;
        struct charge charge;
        uint64_t asked;
    } queue[QUEUE];
    unsigned queued;
    unsigned deepest;
    uint64_t ends; /* of the first in the queue */
};

static void begin(struct sim *sim)
{
    memset(sim, 0, sizeof(*sim));
    sim->now = 1000 * MS;
    fair_init(&sim->fair);
}

static struct client *add(struct sim *sim, enum sched_class class, uint32_t weight, uint64_t length)
{
    struct client *client = &sim->clients[sim->count++];
    const struct sched_grant grant = {.class = class, .weight = weight};
    flow_init(&client->flow);
    fair_grant(&sim->fair, &client->flow, &grant);
    client->length = length;
    client->cost = length / 4;
    return client;
}

/* It has more work than can ever be done. */
static struct client *add_flood(struct sim *sim, enum sched_class class, uint32_t weight,
                                uint64_t length)
{
    struct client *client = add(sim, class, weight, length);
    client->work = UINT64_MAX;
    fair_wake(&sim->fair, &client->flow, sim->now);
    return client;
}

static void give(struct sim *sim, struct client *client)
{
    if (client->work++ == 0) {
        client->asked = sim->now;
    }
    fair_wake(&sim->fair, &client->flow, sim->now);
}

/* As sched_run() does. */
static void schedule(struct sim *sim)
{
    struct flow *flow;
    fair_reopen(&sim->fair);
    while ((flow = fair_next(&sim->fair, sim->now)) != NULL) {
        struct client *client = (struct client *)flow;
        if (client->work == 0) {
            fair_idle(&sim->fair, flow);
        } else if (fair_admits(&sim->fair, flow, sim->now) != FAIR_GO ||
                   fair_admits_cost(&sim->fair, flow, client->cost, sim->now) != FAIR_GO) {
            fair_set_aside(&sim->fair, flow, sim->now);
        } else {
            assert_true(sim->queued < QUEUE);
            sim->queue[sim->queued].client = client;
            sim->queue[sim->queued].asked = client->asked;
            sim->queue[sim->queued].charge =
                fair_emitted(&sim->fair, flow, client->cost, 4096, sim->now);
            if (sim->queued++ == 0) {
                sim->ends = sim->now + client->length;
            }
            client->emitted_at = sim->now;
            client->work -= client->work != UINT64_MAX;
        }
    }
    sim->deepest = sim->queued > sim->deepest ? sim->queued : sim->deepest;
}

static void retire(struct sim *sim)
{
    struct client *client = sim->queue[0].client;
    uint64_t took = sim->now - sim->queue[0].asked;
    fair_passed(&sim->fair, &client->flow, &sim->queue[0].charge, client->length, sim->now);
    client->worst = took > client->worst ? took : client->worst;
    sim->queued--;
    memmove(&sim->queue[0], &sim->queue[1], sim->queued * sizeof(sim->queue[0]));
    if (sim->queued > 0) {
        sim->ends = sim->now + sim->queue[0].client->length;
    }
}

static uint64_t next_moment(const struct sim *sim, uint64_t end)
{
    uint64_t next = end;
    uint64_t slot = fair_slot_wait(&sim->fair, sim->now);
    next = slot != 0 && sim->now + slot < next ? sim->now + slot : next;
    next = sim->queued > 0 && sim->ends < next ? sim->ends : next;
    next = sim->screen && sim->vblank + PERIOD < next ? sim->vblank + PERIOD : next;
    for (unsigned i = 0; i < sim->count; i++) {
        const struct client *client = &sim->clients[i];
        next = client->every != 0 && client->next < next ? client->next : next;
    }
    return next;
}

static void run(struct sim *sim, uint64_t ns)
{
    uint64_t end = sim->now + ns;
    schedule(sim);
    while (sim->now < end) {
        sim->now = next_moment(sim, end);
        if (sim->queued > 0 && sim->now == sim->ends) {
            retire(sim);
        }
        if (sim->screen && sim->now == sim->vblank + PERIOD) {
            sim->vblank = sim->now;
            fair_vblank(&sim->fair, sim->now, PERIOD);
        }
        for (unsigned i = 0; i < sim->count; i++) {
            struct client *client = &sim->clients[i];
            if (client->every != 0 && client->next == sim->now) {
                client->next += client->every;
                give(sim, client);
            }
        }
        schedule(sim);
    }
}

static void turn_screen_on(struct sim *sim)
{
    sim->screen = true;
    sim->vblank = sim->now;
    fair_vblank(&sim->fair, sim->now, PERIOD);
}

static uint64_t had(const struct client *client)
{
    return client->flow.meter.gpu_ns;
}

static void assert_ratio(uint64_t a, uint64_t b, double ratio, double error)
{
    double got = (double)a / (double)b;
    if (got < ratio * (1 - error) || got > ratio * (1 + error)) {
        fail_msg("%.3f is not %.3f", got, ratio);
    }
}

/* ---- fairness ---- */

static void time_counts_and_not_batches(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *slow = add_flood(&sim, SCHED_NORMAL, 0, 3 * MS);
    struct client *fast = add_flood(&sim, SCHED_NORMAL, 0, 200 * US);
    run(&sim, 2000 * MS);
    assert_ratio(had(slow), had(fast), 1, 0.01);
    assert_ratio(fast->flow.meter.batches, slow->flow.meter.batches, 15, 0.02);
}

static void weights_are_honoured(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *one = add_flood(&sim, SCHED_NORMAL, 50, 700 * US);
    struct client *two = add_flood(&sim, SCHED_NORMAL, 100, 1100 * US);
    struct client *four = add_flood(&sim, SCHED_NORMAL, 200, 300 * US);
    run(&sim, 3000 * MS);
    assert_ratio(had(two), had(one), 2, 0.01);
    assert_ratio(had(four), had(one), 4, 0.01);
}

/* The estimate is wrong by a lot; what was measured is what counts. */
static void wrong_estimates_do_no_harm(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *liar = add_flood(&sim, SCHED_NORMAL, 0, 2 * MS);
    struct client *other = add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    liar->cost = 1;
    other->cost = 16u << 20;
    run(&sim, 2000 * MS);
    assert_ratio(had(liar), had(other), 1, 0.02);
}

static void the_daemons_time_is_charged(void **state)
{
    struct flow flow, heavy;
    struct fair fair;
    fair_init(&fair);
    flow_init(&flow);
    flow_init(&heavy);
    heavy.grant.weight = 2 * SCHED_WEIGHT;
    fair_validated(&flow, 1000);
    fair_validated(&heavy, 1000);
    assert_int_equal(flow.meter.validate_ns, 1000);
    assert_int_equal(flow.vtime, 1000);
    assert_int_equal(heavy.vtime, 500);
}

static void idleness_gives_no_credit(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *busy = add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    struct client *sleeper = add(&sim, SCHED_NORMAL, 0, 1 * MS);
    run(&sim, 5000 * MS);
    uint64_t before = had(busy);
    sleeper->work = UINT64_MAX;
    fair_wake(&sim.fair, &sleeper->flow, sim.now);
    run(&sim, 100 * MS);
    uint64_t others = had(busy) - before;
    assert_in_range(had(sleeper), others - 3 * MS, others + FAIR_LAG_NS + 3 * MS);
}

/* A session that had the GPU for itself is not punished for that when others come. */
static void use_of_an_idle_gpu_is_soon_forgotten(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *alone = add(&sim, SCHED_NORMAL, 0, 1 * MS);
    alone->work = 3000;
    fair_wake(&sim.fair, &alone->flow, sim.now);
    run(&sim, 4000 * MS);
    assert_int_equal(had(alone), 3000 * MS);
    struct client *late = add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    alone->work = UINT64_MAX;
    fair_wake(&sim.fair, &alone->flow, sim.now);
    run(&sim, 1000 * MS);
    assert_in_range(had(alone) - 3000 * MS, 500 * MS - FAIR_LEAD_NS, 505 * MS);
    assert_in_range(had(late), 495 * MS, 500 * MS + FAIR_LEAD_NS);
}

/* ---- what is on the GPU ---- */

static void one_alone_fills_the_gpu(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *alone = add_flood(&sim, SCHED_NORMAL, 0, 20 * US);
    run(&sim, 100 * MS);
    assert_int_equal(sim.deepest, alone->flow.grant.limits.jobs);
    assert_int_equal(had(alone), 100 * MS);
}

static void long_batches_of_one_alone_do_not_pile_up(void **state)
{
    struct sim sim;
    begin(&sim);
    add_flood(&sim, SCHED_NORMAL, 0, 3 * MS);
    run(&sim, 100 * MS);
    assert_int_equal(sim.deepest, 2);
}

static void limits_of_a_session_hold(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *client = add_flood(&sim, SCHED_NORMAL, 0, 1 * US);
    const struct sched_grant jobs = {.limits = {.jobs = 5}};
    fair_grant(&sim.fair, &client->flow, &jobs);
    schedule(&sim);
    assert_int_equal(sim.queued, 5);
    const struct sched_grant bytes = {.limits = {.bytes = 6 * 4096 + 1}};
    fair_grant(&sim.fair, &client->flow, &bytes);
    schedule(&sim);
    assert_int_equal(sim.queued, 7);
    const struct sched_grant cost = {.limits = {.cost = 8 * 250}};
    fair_grant(&sim.fair, &client->flow, &cost);
    schedule(&sim);
    assert_int_equal(sim.queued, 8);
}

static void a_flood_delays_by_one_batch(void **state)
{
    struct sim sim;
    begin(&sim);
    add_flood(&sim, SCHED_NORMAL, 0, 5 * MS);
    add_flood(&sim, SCHED_NORMAL, 0, 100 * US);
    struct client *modest = add(&sim, SCHED_NORMAL, 0, 1 * MS);
    modest->every = 50 * MS;
    modest->next = sim.now + 10 * MS;
    run(&sim, 2000 * MS);
    assert_true(modest->flow.meter.batches > 30);
    assert_true(sim.deepest <= 2);
    /* The one that executes, and perhaps a short one behind it. */
    assert_in_range(modest->worst, 1 * MS, 5 * MS + FAIR_BEHIND_NS + 1 * MS);
}

/* Short batches until it is trusted to queue, then a long one. */
static void a_long_batch_does_not_hide_behind_short_ones(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *sly = add(&sim, SCHED_NORMAL, 0, 50 * US);
    struct client *other = add_flood(&sim, SCHED_NORMAL, 0, 100 * US);
    sly->work = UINT64_MAX;
    fair_wake(&sim.fair, &sly->flow, sim.now);
    run(&sim, 50 * MS);
    assert_int_equal(fair_admits(&sim.fair, &other->flow, sim.now), FAIR_FULL);
    retire(&sim);
    fair_reopen(&sim.fair);
    assert_int_equal(sim.queued, 1);
    assert_int_equal(fair_admits(&sim.fair, &sly->flow, sim.now), FAIR_GO);
    assert_int_equal(fair_admits_cost(&sim.fair, &sly->flow, 16u << 20, sim.now), FAIR_FULL);
    /* Nobody overtakes it now, and it is not checked again before its turn. */
    assert_int_equal(fair_admits(&sim.fair, &other->flow, sim.now), FAIR_FULL);
    fair_reopen(&sim.fair);
    assert_int_equal(fair_admits(&sim.fair, &sly->flow, sim.now), FAIR_FULL);
    retire(&sim);
    fair_reopen(&sim.fair);
    assert_int_equal(fair_admits(&sim.fair, &sly->flow, sim.now), FAIR_GO);
}

static void one_that_needs_the_whole_gtt_gets_it(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *large = add_flood(&sim, SCHED_BACKGROUND, 0, 1 * MS);
    struct client *other = add_flood(&sim, SCHED_COMPOSITOR, 0, 1 * MS);
    run(&sim, 10 * MS);
    sim.fair.drain_for = &large->flow;
    uint64_t before = had(other);
    run(&sim, 10 * MS);
    assert_true(had(other) <= before + 2 * MS); /* what was on the GPU */
    assert_true(had(large) >= 7 * MS);
    sim.fair.drain_for = NULL;
    before = had(other);
    run(&sim, 10 * MS);
    assert_true(had(other) > before);
}

/* ---- classes ---- */

static void the_compositor_goes_first_up_to_its_share(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *compositor = add_flood(&sim, SCHED_COMPOSITOR, 0, 1 * MS);
    for (unsigned i = 0; i < 7; i++) {
        add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    }
    run(&sim, 2000 * MS);
    assert_ratio(had(compositor), 1000 * MS, 1, 0.03);
    assert_ratio(had(&sim.clients[1]), had(&sim.clients[7]), 1, 0.02);
}

static void what_a_share_gave_is_soon_forgotten(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *compositor = add_flood(&sim, SCHED_COMPOSITOR, 0, 1 * MS);
    add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    run(&sim, 4000 * MS);
    uint64_t before = had(compositor);
    const struct sched_grant normal = {.class = SCHED_NORMAL};
    fair_grant(&sim.fair, &compositor->flow, &normal);
    run(&sim, 1000 * MS);
    assert_in_range(had(compositor) - before, 333 * MS - FAIR_LEAD_NS, 340 * MS);
}

static void a_compositor_alone_has_it_all(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *compositor = add_flood(&sim, SCHED_COMPOSITOR, 0, 1 * MS);
    run(&sim, 500 * MS);
    assert_int_equal(had(compositor), 500 * MS);
    /* And owes nothing for that. */
    add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    run(&sim, 500 * MS);
    assert_in_range(had(compositor), 745 * MS, 780 * MS);
}

static void background_gets_its_minimum_and_what_is_left(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *background = add_flood(&sim, SCHED_BACKGROUND, 0, 2 * MS);
    run(&sim, 1000 * MS);
    assert_int_equal(had(background), 1000 * MS);
    add_flood(&sim, SCHED_NORMAL, SCHED_WEIGHT_MAX, 1 * MS);
    add_flood(&sim, SCHED_COMPOSITOR, SCHED_WEIGHT_MAX, 1 * MS);
    run(&sim, 2000 * MS);
    assert_ratio(had(background) - 1000 * MS, 100 * MS, 1, 0.10);
}

static void background_batches_may_be_long(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *background = add_flood(&sim, SCHED_BACKGROUND, 0, 100 * MS);
    add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    run(&sim, 20000 * MS);
    assert_ratio(had(background), 1000 * MS, 1, 0.15);
}

/* ---- the slot before a vblank ---- */

static struct client *add_compositor(struct sim *sim, uint64_t before_vblank)
{
    struct client *compositor = add(sim, SCHED_COMPOSITOR, 0, 1 * MS);
    turn_screen_on(sim);
    compositor->every = PERIOD;
    compositor->next = sim->vblank + PERIOD - before_vblank;
    return compositor;
}

static void long_batches_keep_out_of_the_slot(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *flood = add_flood(&sim, SCHED_NORMAL, 0, 3 * MS);
    struct client *compositor = add_compositor(&sim, 2 * MS);
    run(&sim, 100 * MS);
    compositor->worst = 0;
    uint64_t before = had(flood);
    run(&sim, 1000 * MS);
    /* It comes 2 ms before the vblank, and is on time. */
    assert_in_range(compositor->worst, 1 * MS, 2 * MS);
    assert_true(had(flood) - before > 650 * MS);
}

static void after_the_compositors_work_the_slot_is_open(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *flood = add_flood(&sim, SCHED_NORMAL, 0, 3 * MS);
    struct client *compositor = add_compositor(&sim, PERIOD - 1 * MS);
    run(&sim, 100 * MS);
    uint64_t before = had(flood) + had(compositor);
    run(&sim, 1000 * MS);
    assert_true(had(flood) + had(compositor) - before > 990 * MS);
}

static void a_batch_longer_than_a_frame_goes_too(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *flood = add_flood(&sim, SCHED_NORMAL, 0, 40 * MS);
    struct client *compositor = add_compositor(&sim, 2 * MS);
    compositor->every = 4 * PERIOD; /* three frames of four have none of its work */
    run(&sim, 1000 * MS);
    assert_true(had(flood) > 800 * MS);
}

static void without_a_screen_there_is_no_slot(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *flood = add_flood(&sim, SCHED_NORMAL, 0, 3 * MS);
    struct client *compositor = add_compositor(&sim, 2 * MS);
    sim.screen = false; /* the last vblank was long ago */
    sim.now += 100 * MS;
    compositor->every = 0;
    give(&sim, compositor);
    run(&sim, 90 * MS);
    assert_true(had(flood) > 85 * MS);
}

/* ---- statistics ---- */

static void waits_are_counted(void **state)
{
    struct sim sim;
    begin(&sim);
    add_flood(&sim, SCHED_NORMAL, 0, 5 * MS);
    run(&sim, 12 * MS);
    struct client *client = add(&sim, SCHED_NORMAL, 0, 1 * MS);
    give(&sim, client);
    run(&sim, 30 * MS);
    assert_int_equal(client->flow.meter.batches, 1);
    assert_int_equal(client->flow.meter.gpu_ns, 1 * MS);
    assert_int_equal(client->flow.meter.waits, 1);
    assert_in_range(client->flow.meter.wait_ns, 1 * MS, 8 * MS);
}

static void estimates_follow_what_is_measured(void **state)
{
    struct meter meter;
    meter_init(&meter);
    for (unsigned i = 0; i < 100; i++) {
        meter_passed(&meter, 100000, 1 * MS);
    }
    assert_in_range(meter_estimate(&meter, 100000), 950 * US, 1050 * US);
    meter_passed(&meter, 100000, 1000 * MS); /* once, for another reason */
    assert_in_range(meter_estimate(&meter, 100000), 1000 * US, 1500 * US);
    meter_passed(&meter, UINT64_MAX, UINT64_MAX); /* nothing overflows */
    assert_true(meter_estimate(&meter, UINT64_MAX) > 0);
    meter_emitted(&meter, 1000, 1);
    meter_emitted(&meter, 10, 2);
    assert_in_range(meter.usual_cost, 900, 999);
    for (unsigned i = 0; i < 200; i++) {
        meter_emitted(&meter, 10, 3);
    }
    assert_in_range(meter.usual_cost, 10, 20);
}

static void grants_are_completed(void **state)
{
    enum sched_class class;
    const struct sched_grant little = {.class = SCHED_BACKGROUND, .weight = UINT32_MAX};
    struct sched_grant grant = sched_grant_complete(&little);
    assert_int_equal(grant.weight, SCHED_WEIGHT_MAX);
    assert_int_equal(grant.limits.jobs, sched_class_info(SCHED_BACKGROUND)->limits.jobs);
    for (unsigned i = 0; i < SCHED_CLASSES; i++) {
        assert_true(sched_class_parse(sched_class_info((enum sched_class)i)->name, &class));
        assert_int_equal(class, i);
    }
    assert_false(sched_class_parse("royal", &class));
}

/* Who goes while it works, waits or is remembered leaves nothing behind. */
static void sessions_may_go_at_any_time(void **state)
{
    struct sim sim;
    begin(&sim);
    struct client *a = add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    struct client *b = add_flood(&sim, SCHED_NORMAL, 0, 1 * MS);
    run(&sim, 10 * MS);
    fair_remove(&sim.fair, &a->flow);
    run(&sim, 10 * MS);
    fair_remove(&sim.fair, &b->flow);
    run(&sim, 10 * MS);
    assert_int_equal(sim.fair.jobs, 0);
    assert_int_equal(sim.fair.estimate_ns, 0);
    assert_true(list_empty(&sim.fair.runnable) && list_empty(&sim.fair.aside));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_counts_and_not_batches),
        cmocka_unit_test(weights_are_honoured),
        cmocka_unit_test(wrong_estimates_do_no_harm),
        cmocka_unit_test(the_daemons_time_is_charged),
        cmocka_unit_test(idleness_gives_no_credit),
        cmocka_unit_test(use_of_an_idle_gpu_is_soon_forgotten),
        cmocka_unit_test(one_alone_fills_the_gpu),
        cmocka_unit_test(long_batches_of_one_alone_do_not_pile_up),
        cmocka_unit_test(limits_of_a_session_hold),
        cmocka_unit_test(a_flood_delays_by_one_batch),
        cmocka_unit_test(a_long_batch_does_not_hide_behind_short_ones),
        cmocka_unit_test(one_that_needs_the_whole_gtt_gets_it),
        cmocka_unit_test(the_compositor_goes_first_up_to_its_share),
        cmocka_unit_test(what_a_share_gave_is_soon_forgotten),
        cmocka_unit_test(a_compositor_alone_has_it_all),
        cmocka_unit_test(background_gets_its_minimum_and_what_is_left),
        cmocka_unit_test(background_batches_may_be_long),
        cmocka_unit_test(long_batches_keep_out_of_the_slot),
        cmocka_unit_test(after_the_compositors_work_the_slot_is_open),
        cmocka_unit_test(a_batch_longer_than_a_frame_goes_too),
        cmocka_unit_test(without_a_screen_there_is_no_slot),
        cmocka_unit_test(waits_are_counted),
        cmocka_unit_test(estimates_follow_what_is_measured),
        cmocka_unit_test(grants_are_completed),
        cmocka_unit_test(sessions_may_go_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
