/* SPDX-License-Identifier: MIT */
/*
 * The look at a monitor of which nothing comes: the controller is dead, the wires stay down, the
 * detection never ends. It takes its time in steps, and whoever says something meanwhile is
 * answered between any two of them. Nothing here depends on how long anything takes.
 */
#include "tests/unit/gemd/test.h"

#include <sys/socket.h>
#include <time.h>

#include "hw/gen3/regs.h"
#include "proto/codec.h"
#include "tests/unit/gemd/stage.h"

#define STEP_ACCESSES_MAX 24u
#define STEP_SLEEP_NS_MAX 100000
#define STEPS_MAX         5000u

static unsigned accesses; /* of registers */
static long slept_ns;     /* what the daemon asked for: nothing sleeps here */
static const struct hw_device_ops *plain;

__attribute__((visibility("default"))) int __wrap_nanosleep(const struct timespec *time,
                                                            struct timespec *rest);

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
    slept_ns += time->tv_nsec + 1000000000 * (long)time->tv_sec;
    return 0;
}

static uint32_t count_read(struct hw_device *dev, uint32_t reg)
{
    accesses++;
    return plain->read(dev, reg);
}

static void count_write(struct hw_device *dev, uint32_t reg, uint32_t value)
{
    accesses++;
    plain->write(dev, reg, value);
}

static void count_accesses(struct stage *stage)
{
    static struct hw_device_ops ops;
    plain = stage->fake->base.ops;
    ops = *plain;
    ops.read = count_read;
    ops.write = count_write;
    stage->fake->base.ops = &ops;
}

/* A plug has been seen to move: the daemon looks. */
static void plug(struct stage *stage)
{
    stage->fake->registers[PORT_HOTPLUG_STAT / 4] = HOTPLUG_CRT_EVENT;
    fake_interrupt(stage->fake, INT_DISPLAY_PORT);
    event_base_loop(stage->base, EVLOOP_NONBLOCK);
}

/* Asks, and has the answer after one turn of the event loop, in which the look went on by a step.
 */
static void ask_once(struct actor *actor)
{
    struct stage *stage = actor->stage;
    struct gemd_msg_buffer_need need;
    const uint64_t before = stage->server->replug.steps;
    codec_begin(&need, GEMD_MSG_BUFFER_NEED, ++actor->serial);
    need.handle = 1;
    accesses = 0;
    slept_ns = 0;
    assert_int_equal(packet_send(actor->socket, &need, NULL, MSG_DONTWAIT), 0);
    event_base_loop(stage->base, EVLOOP_ONCE);
    actor_expect(actor, GEMD_MSG_BUFFER_NEEDED, NULL);
    assert_true(stage->server->replug.steps - before <= 1);
    assert_true(accesses <= STEP_ACCESSES_MAX);
    assert_true(slept_ns <= STEP_SLEEP_NS_MAX);
}

/* The next step, which has a pause before it. */
static void go_on(struct stage *stage)
{
    const struct replug *replug = &stage->server->replug;
    const uint64_t before = replug->steps;
    accesses = 0;
    slept_ns = 0;
    event_base_loop(stage->base, EVLOOP_ONCE);
    assert_true(replug->steps - before <= 1);
    assert_true(accesses <= STEP_ACCESSES_MAX);
    assert_true(slept_ns <= STEP_SLEEP_NS_MAX);
}

static void messages_are_answered_while_a_silent_monitor_is_looked_at(void **state)
{
    struct stage stage;
    struct actor actor;
    unsigned answers = 0;
    stage_open(&stage);
    actor_open(&actor, &stage);
    const struct connector *connector = &stage.server->display.connector;
    const struct replug *replug = &stage.server->replug;
    count_accesses(&stage);
    plug(&stage);
    assert_true(connector->looks);
    for (; connector->looks && replug->steps < STEPS_MAX; answers++) {
        ask_once(&actor);
        if (connector->looks) {
            go_on(&stage);
        }
    }
    assert_false(connector->looks);
    assert_int_equal(connector->probes, 1);
    assert_int_equal(connector->state, CONNECTOR_EMPTY);
    /* The whole of it: controller, wires, detection. */
    assert_in_range(replug->steps, 50 + 20 + 50, STEPS_MAX);
    assert_true(answers >= replug->steps / 2);
    actor_die(&actor);
    stage_close(&stage);
}

/* What moves while it is looked at is looked at again; a daemon that ends meanwhile ends well. */
static void another_plug_is_another_look(void **state)
{
    struct stage stage;
    stage_open(&stage);
    const struct connector *connector = &stage.server->display.connector;
    const struct replug *replug = &stage.server->replug;
    plug(&stage);
    plug(&stage);
    plug(&stage);
    assert_int_equal(connector->probes, 0);
    for (unsigned i = 0; connector->probes < 2 && i < 2 * STEPS_MAX; i++) {
        event_base_loop(stage.base, EVLOOP_ONCE);
    }
    assert_int_equal(connector->probes, 2);
    assert_false(connector->looks || replug->again);
    plug(&stage);
    assert_true(connector->looks);
    stage_close(&stage);
}

/* Registers that are lost are not waited for. */
static void a_look_ends_when_the_machine_sleeps(void **state)
{
    struct stage stage;
    stage_open(&stage);
    plug(&stage);
    replug_stop(&stage.server->replug);
    count_accesses(&stage);
    accesses = 0;
    stage_settle(&stage);
    assert_int_equal(accesses, 0);
    assert_int_equal(stage.server->display.connector.probes, 0);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_answered_while_a_silent_monitor_is_looked_at),
        cmocka_unit_test(another_plug_is_another_look),
        cmocka_unit_test(a_look_ends_when_the_machine_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
