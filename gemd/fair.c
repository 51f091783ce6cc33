/* SPDX-License-Identifier: MIT */
#include "gemd/fair.h"

/* Who goes first: the lower rank, then the lower virtual time. */
enum rank { RANK_COMPOSITOR, RANK_BACKGROUND_DUE, RANK_NORMAL, RANK_BACKGROUND };

void fair_init(struct fair *fair)
{
    *fair = (struct fair){0};
    list_init(&fair->runnable);
    list_init(&fair->aside);
}

void flow_init(struct flow *flow)
{
    *flow = (struct flow){.grant = sched_grant_complete(&(struct sched_grant){0})};
    list_init(&flow->link);
    meter_init(&flow->meter);
}

/* ---- virtual time ---- */

static unsigned domain(const struct flow *flow)
{
    return flow->grant.class == SCHED_BACKGROUND ? 0 : 1;
}

static void charge_time(struct flow *flow, int64_t ns)
{
    flow->vtime += ns * (int64_t)SCHED_WEIGHT / (int64_t)flow->grant.weight;
}

static void lower_to(const struct list *list, const struct flow *flow, int64_t *lowest)
{
    list_for_each(other, list, struct flow, link)
    {
        if (domain(other) == domain(flow) && other->vtime < *lowest) {
            *lowest = other->vtime;
        }
    }
}

/* Where those stand who have work, in the flow's domain. */
static int64_t raise_floor(struct fair *fair, const struct flow *flow)
{
    int64_t *floor = &fair->floors[domain(flow)];
    int64_t lowest = INT64_MAX;
    lower_to(&fair->runnable, flow, &lowest);
    lower_to(&fair->aside, flow, &lowest);
    if (lowest != INT64_MAX && lowest > *floor) {
        *floor = lowest;
    }
    return *floor;
}

/* Neither idleness nor what was used while nobody else wanted it counts for long. */
static void join_others(struct fair *fair, struct flow *flow)
{
    int64_t floor = raise_floor(fair, flow);
    if (flow->vtime < floor - FAIR_LAG_NS) {
        flow->vtime = floor - FAIR_LAG_NS;
    } else if (flow->vtime > floor + FAIR_LEAD_NS) {
        flow->vtime = floor + FAIR_LEAD_NS;
    }
}

void fair_grant(struct fair *fair, struct flow *flow, const struct sched_grant *grant)
{
    flow->grant = sched_grant_complete(grant);
    join_others(fair, flow);
}

/* ---- who has work ---- */

static void note_active(struct fair *fair, const struct flow *flow, uint64_t now)
{
    if (fair->active[0].flow != flow) {
        fair->active[1] = fair->active[0];
        fair->active[0].flow = flow;
    }
    fair->active[0].at = now;
    if (flow->grant.class == SCHED_COMPOSITOR) {
        fair->compositor_active = now;
    }
}

static bool others_active(const struct fair *fair, const struct flow *flow, uint64_t now)
{
    for (unsigned i = 0; i < 2; i++) {
        if (fair->active[i].flow != NULL && fair->active[i].flow != flow &&
            now - fair->active[i].at < FAIR_ACTIVE_NS) {
            return true;
        }
    }
    return fair->jobs > flow->jobs;
}

void fair_wake(struct fair *fair, struct flow *flow, uint64_t now)
{
    note_active(fair, flow, now);
    if (!flow->runnable && flow->jobs == 0) {
        join_others(fair, flow);
    }
    flow->runnable = true;
    list_remove(&flow->link); /* it may have been aside */
    list_append(&fair->runnable, &flow->link);
}

void fair_idle(struct fair *fair, struct flow *flow)
{
    flow->runnable = false;
    flow->meter.waits_since = 0;
    list_remove(&flow->link);
}

void fair_remove(struct fair *fair, struct flow *flow)
{
    fair_idle(fair, flow);
    for (unsigned i = 0; i < 2; i++) {
        if (fair->active[i].flow == flow) {
            fair->active[i].flow = NULL;
        }
    }
}

void fair_set_aside(struct fair *fair, struct flow *flow, uint64_t now)
{
    meter_waits(&flow->meter, now);
    note_active(fair, flow, now);
    list_remove(&flow->link);
    list_append(&fair->aside, &flow->link);
}

void fair_reopen(struct fair *fair)
{
    fair->full = false;
    fair->slot_closed = false;
    while (!list_empty(&fair->aside)) {
        struct list *link = fair->aside.prev;
        list_remove(link);
        list_insert_before(fair->runnable.next, link);
    }
}

/* ---- whose turn ---- */

static bool has_budget(struct fair *fair, enum sched_class class, uint64_t now)
{
    const struct sched_class_info *info = sched_class_info(class);
    struct budget *budget = &fair->budgets[class];
    uint64_t passed = now - budget->since;
    uint64_t most = (uint64_t)((int64_t)info->burst_ns - budget->ns);
    uint64_t gained = passed < UINT64_MAX / 1000 ? passed * info->share_permille / 1000 : most;
    budget->ns += (int64_t)(gained < most ? gained : most);
    budget->since = now;
    return budget->ns > 0;
}

struct flow *fair_next(struct fair *fair, uint64_t now)
{
    const enum rank ranks[SCHED_CLASSES] = {
        [SCHED_COMPOSITOR] =
            has_budget(fair, SCHED_COMPOSITOR, now) ? RANK_COMPOSITOR : RANK_NORMAL,
        [SCHED_NORMAL] = RANK_NORMAL,
        [SCHED_BACKGROUND] =
            has_budget(fair, SCHED_BACKGROUND, now) ? RANK_BACKGROUND_DUE : RANK_BACKGROUND,
    };
    struct flow *best = NULL;
    list_for_each(flow, &fair->runnable, struct flow, link)
    {
        enum rank rank = ranks[flow->grant.class];
        if (best == NULL || rank < ranks[best->grant.class] ||
            (rank == ranks[best->grant.class] && flow->vtime < best->vtime)) {
            best = flow;
        }
    }
    if (best != NULL) {
        /* So that of equal ones the one that waits longest is first. */
        list_remove(&best->link);
        list_append(&fair->runnable, &best->link);
    }
    return best;
}

/* ---- what may be on the GPU ---- */

/* Time to the next vblank; UINT64_MAX: there is none. */
static uint64_t until_vblank(const struct fair *fair, uint64_t now)
{
    /* A pipe that is off tells no vblanks; one may be told late. */
    if (fair->period == 0 || now < fair->vblank || now - fair->vblank > 2 * fair->period) {
        return UINT64_MAX;
    }
    return fair->period - (now - fair->vblank) % fair->period;
}

/* A compositor draws this frame yet, or may do so, and the batch would be in its way. */
static bool is_in_the_way(const struct fair *fair, const struct flow *flow, uint64_t estimate,
                          uint64_t now)
{
    if (flow->grant.class == SCHED_COMPOSITOR || fair->compositor_active == 0 ||
        now - fair->compositor_active >= FAIR_ACTIVE_NS) {
        return false;
    }
    uint64_t left = until_vblank(fair, now);
    if (left >= FAIR_SLOT_NS || left >= fair->estimate_ns + estimate) {
        return false;
    }
    return fair->compositor_emitted + fair->period < now + left; /* nothing in this frame yet */
}

static bool within_limits(const struct flow *flow)
{
    const struct sched_limits *limits = &flow->grant.limits;
    return flow->jobs == 0 ||
           (flow->jobs < limits->jobs && flow->cost < limits->cost && flow->bytes < limits->bytes);
}

static bool is_deep_enough(const struct fair *fair, const struct flow *flow, uint64_t estimate,
                           uint64_t now)
{
    if (fair->jobs == 0) {
        return false;
    }
    if (others_active(fair, flow, now)) {
        return fair->jobs > 1 || estimate >= FAIR_BEHIND_NS;
    }
    return fair->jobs >= FAIR_JOBS || (fair->jobs > 1 && fair->estimate_ns >= FAIR_ALONE_NS);
}

static enum fair_answer admits(struct fair *fair, const struct flow *flow, uint64_t cost,
                               uint64_t now)
{
    if (fair->drain_for != NULL && fair->drain_for != flow) {
        return FAIR_HELD;
    }
    if (!within_limits(flow)) {
        return FAIR_HELD;
    }
    uint64_t estimate = meter_estimate(&flow->meter, cost);
    if (fair->full || is_deep_enough(fair, flow, estimate, now)) {
        fair->full = true;
        return FAIR_FULL;
    }
    if (fair->drain_for == NULL && is_in_the_way(fair, flow, estimate, now)) {
        fair->slot_closed = true;
        return FAIR_HELD;
    }
    return FAIR_GO;
}

enum fair_answer fair_admits(struct fair *fair, const struct flow *flow, uint64_t now)
{
    return admits(fair, flow, flow->next_known ? flow->next_cost : flow->meter.usual_cost, now);
}

enum fair_answer fair_admits_cost(struct fair *fair, struct flow *flow, uint64_t cost, uint64_t now)
{
    enum fair_answer answer = admits(fair, flow, cost, now);
    flow->next_known = answer != FAIR_GO;
    flow->next_cost = cost;
    return answer;
}

struct charge fair_emitted(struct fair *fair, struct flow *flow, uint64_t cost, uint64_t bytes,
                           uint64_t now)
{
    enum sched_class class = flow->grant.class;
    struct charge charge = {
        .estimate_ns = meter_estimate(&flow->meter, cost),
        .cost = cost,
        .bytes = bytes,
        .class = class,
        .budgeted = sched_class_info(class)->share_permille != 0 && has_budget(fair, class, now),
    };
    (void)raise_floor(fair, flow);
    meter_emitted(&flow->meter, cost, now);
    note_active(fair, flow, now);
    if (class == SCHED_COMPOSITOR) {
        fair->compositor_emitted = now;
    }
    if (charge.budgeted) {
        fair->budgets[class].ns -= (int64_t)charge.estimate_ns;
    }
    charge_time(flow, (int64_t)charge.estimate_ns);
    flow->jobs++;
    flow->cost += cost;
    flow->bytes += bytes;
    flow->next_known = false;
    fair->jobs++;
    fair->estimate_ns += charge.estimate_ns;
    return charge;
}

void fair_passed(struct fair *fair, struct flow *flow, const struct charge *charge, uint64_t ns,
                 uint64_t now)
{
    int64_t more = (int64_t)ns - (int64_t)charge->estimate_ns;
    if (charge->budgeted) {
        fair->budgets[charge->class].ns -= more;
    }
    charge_time(flow, more);
    meter_passed(&flow->meter, charge->cost, ns);
    note_active(fair, flow, now);
    flow->jobs--;
    flow->cost -= charge->cost;
    flow->bytes -= charge->bytes;
    fair->jobs--;
    fair->estimate_ns -= charge->estimate_ns;
}

void fair_validated(struct flow *flow, uint64_t ns)
{
    flow->meter.validate_ns += ns;
    charge_time(flow, (int64_t)ns);
}

void fair_vblank(struct fair *fair, uint64_t at, uint64_t period)
{
    uint64_t expected = fair->vblank + period;
    if (fair->period == period && at >= expected && at - expected < period / 2) {
        /* Told late rather than late: mostly by the clock, a little after what is told. */
        at = expected + (at - expected) / 8;
    }
    fair->vblank = at;
    fair->period = period;
}

uint64_t fair_slot_wait(const struct fair *fair, uint64_t now)
{
    uint64_t left = until_vblank(fair, now);
    if (!fair->slot_closed) {
        return 0;
    }
    return left < FAIR_SLOT_NS ? left : 1;
}
