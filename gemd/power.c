/* SPDX-License-Identifier: MIT */
#include "gemd/power.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "gemd/log.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"
#include "proto/packet.h"

#define FINISH_NS UINT64_C(2000000000) /* what takes longer is begun again afterwards */

static const struct timeval tick_time = {.tv_usec = 2000};

static uint64_t now_ns(const struct power *power)
{
    return clock_now(&power->server->options.clock);
}

static void answer(struct session *session, uint64_t serial)
{
    struct gemd_msg_done message;
    codec_begin(&message, GEMD_MSG_DONE, serial);
    if (!session->ended) {
        session_answer(session, &message, NULL);
    }
}

static void fall_asleep(struct power *power)
{
    struct server *server = power->server;
    struct session *asker = power->asker;
    const uint32_t left = server->fence.count;
    replug_stop(&server->replug);
    display_suspend(&server->display);
    int error = gpu_suspend(&server->gpu);
    if (error != 0) {
        server_fail(server, "no memory to keep the page table in");
        return;
    }
    power->state = POWER_ASLEEP;
    power->asker = NULL;
    power->count++;
    (void)event_del(power->tick);
    log_info("suspended, %u batches have to run again", left);
    if (asker != NULL) {
        answer(asker, power->serial);
        session_unref(asker);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *data)
{
    struct power *power = data;
    struct server *server = power->server;
    exec_progress(&server->exec);
    if (power->state == POWER_GOING &&
        (server->fence.count == 0 || now_ns(power) >= power->deadline_ns)) {
        fall_asleep(power);
    }
}

int power_init(struct power *power, struct server *server)
{
    *power = (struct power){.server = server};
    power->tick = event_new(server->base, -1, EV_PERSIST, on_tick, power);
    return power->tick != NULL ? 0 : -ENOMEM;
}

void power_finish(struct power *power)
{
    if (power->asker != NULL) {
        session_unref(power->asker);
        power->asker = NULL;
    }
    if (power->tick != NULL) {
        event_free(power->tick);
        power->tick = NULL;
    }
}

void power_suspend_request(struct session *session, struct packet *packet)
{
    struct power *power = &session->server->power;
    const uint64_t serial = packet->header.serial;
    if (power->state != POWER_AWAKE || session->server->draining) {
        session_refuse(session, serial, -EALREADY, "suspend: the daemon %s",
                       session->server->draining      ? "is ending"
                       : power->state == POWER_ASLEEP ? "is suspended"
                                                      : "is being suspended");
        return;
    }
    if (event_add(power->tick, &tick_time) != 0) {
        session_refuse(session, serial, -ENOMEM, "suspend: %s", strerror(ENOMEM));
        return;
    }
    power->state = POWER_GOING;
    power->asker = session_ref(session);
    power->serial = serial;
    power->deadline_ns = now_ns(power) + FINISH_NS;
    on_tick(-1, 0, power);
}

void power_resume_request(struct session *session, struct packet *packet)
{
    struct server *server = session->server;
    const uint64_t serial = packet->header.serial;
    if (server->power.state != POWER_ASLEEP) {
        session_refuse(session, serial, -EALREADY, "resume: the daemon is not suspended");
        return;
    }
    gpu_resume_memory(&server->gpu);
    hang_bring_back(&server->hang);
    if (server->failed) {
        return;
    }
    server->power.state = POWER_AWAKE;
    display_resume(&server->display);
    if (connector_is_asked(&server->display.connector)) {
        replug_begin(&server->replug);
    }
    if (server->fence.count > 0) {
        hang_watch(&server->hang);
    }
    log_info("resumed");
    answer(session, serial);
    exec_settle(&server->exec);
    sched_run(&server->sched);
}
