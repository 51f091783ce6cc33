/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include "tests/unit/gemd/puppet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "tests/lib/batch.h"

#define SEQNO_BYTE    0x100u
#define COLOUR_DWORD  5u /* of a batch that is one XY_COLOR_BLT */
#define ERROR_ADDRESS (COLOUR_DWORD * 4)

/* The words of the batch that a ring's jump names; NULL: it is not a client's. */
static const uint32_t *batch_at(const struct puppet *puppet, uint32_t address)
{
    if ((address & MI_BATCH_NON_SECURE) == 0) {
        return NULL;
    }
    const struct gpu *gpu = &puppet->server->gpu;
    return gpu_batch_words(gpu, (address & ~7u) - gtt_address(&gpu->batches.node));
}

static void stop_at(struct puppet *puppet, uint32_t address, uint32_t header)
{
    uint32_t *registers = puppet->fake->registers;
    registers[ACTHD / 4] = (address & ~7u) + ERROR_ADDRESS;
    registers[IPEHR / 4] = header;
    if (puppet->reports_errors) {
        registers[EIR / 4] |= ERROR_INSTRUCTION;
        fake_interrupt(puppet->fake, INT_MASTER_ERROR);
    }
}

static void miss_a_page(struct puppet *puppet)
{
    uint32_t *registers = puppet->fake->registers;
    registers[PGTBL_ER / 4] |= PGTBL_ER_LC_PTE;
    registers[EIR / 4] |= ERROR_PAGE_TABLE;
    fake_interrupt(puppet->fake, INT_MASTER_ERROR);
}

/* One command of the ring: its dwords, or 0 when the GPU stops there. */
static uint32_t run_command(struct puppet *puppet, const uint32_t *dw)
{
    switch (dw[0]) {
    case MI_BATCH_BUFFER_START | MI_BATCH_GTT: {
        const uint32_t *batch = batch_at(puppet, dw[1]);
        if (batch != NULL && batch[COLOUR_DWORD] == PUPPET_POISON) {
            stop_at(puppet, dw[1], batch[0]);
            return 0;
        }
        if (batch != NULL && batch[COLOUR_DWORD] == PUPPET_LONG) {
            stop_at(puppet, dw[1], batch[0]);
            puppet->fake->moving = INSTDONE;
            return 0;
        }
        if (batch != NULL && batch[COLOUR_DWORD] == PUPPET_LATE) {
            puppet->reports_errors = true;
            puppet->runs_on = true;
            stop_at(puppet, dw[1], batch[0]);
            return 0;
        }
        if (batch != NULL && batch[COLOUR_DWORD] == PUPPET_FAULT) {
            miss_a_page(puppet);
        }
        if (batch != NULL && puppet->ran < PUPPET_ORDER) {
            puppet->order[puppet->ran++] = batch[COLOUR_DWORD];
        }
        return 2;
    }
    case MI_STORE_DATA_INDEX: {
        uint8_t *page = puppet->server->gpu.status.dma.cpu;
        __atomic_store_n((uint32_t *)(void *)(page + dw[1]), dw[2], __ATOMIC_RELEASE);
        return 3;
    }
    case MI_USER_INTERRUPT:
        fake_interrupt(puppet->fake, INT_USER);
        return 1;
    default:
        return 1;
    }
}

/* What the GPU still does before the reset: it ends a batch and begins the next. */
static void run_on(struct puppet *puppet)
{
    const uint32_t *ring = puppet->server->gpu.ring_memory.dma.cpu;
    uint32_t head = fake_register(puppet->fake, PRB0_HEAD) + 8;
    uint32_t tail = fake_register(puppet->fake, PRB0_TAIL);
    puppet->runs_on = false;
    while (head < tail) {
        const uint32_t *dw = &ring[head / 4];
        if (dw[0] == (MI_BATCH_BUFFER_START | MI_BATCH_GTT) && batch_at(puppet, dw[1]) != NULL) {
            return;
        }
        head += run_command(puppet, dw) * 4;
    }
}

static bool is_started(const struct puppet *puppet, const uint32_t *ring, uint32_t head,
                       uint32_t tail)
{
    for (uint32_t at = head; at < tail; at += 4) {
        if (ring[at / 4] == (MI_BATCH_BUFFER_START | MI_BATCH_GTT)) {
            at += 4;
            const uint32_t *batch = batch_at(puppet, ring[at / 4]);
            if (batch != NULL && batch[COLOUR_DWORD] == PUPPET_START) {
                return true;
            }
        }
    }
    return false;
}

/* Runs what the ring holds up to 'tail'. */
static void run_to(struct puppet *puppet, uint32_t tail)
{
    const uint32_t *ring = puppet->server->gpu.ring_memory.dma.cpu;
    uint32_t head = fake_register(puppet->fake, PRB0_HEAD);
    puppet->held = false;
    while (head != tail) {
        uint32_t length = run_command(puppet, &ring[head / 4]);
        if (length == 0) {
            break;
        }
        head = (head + length * 4) % GPU_RING_BYTES;
    }
    puppet->fake->registers[PRB0_HEAD / 4] = head;
}

static void on_write(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    struct puppet *puppet = fake->on_write_data;
    if (reg == PRB0_CTL && value == 0) {
        fake->moving = 0;
        if (puppet->runs_on) {
            run_on(puppet);
        }
    }
    if (reg != PRB0_TAIL || (fake_register(fake, PRB0_CTL) & RING_VALID) == 0) {
        return;
    }
    const uint32_t *ring = puppet->server->gpu.ring_memory.dma.cpu;
    uint32_t head = fake_register(fake, PRB0_HEAD);
    __atomic_store_n(&puppet->batches, puppet->server->fence.batches, __ATOMIC_RELEASE);
    if (puppet->held && !is_started(puppet, ring, head, value)) {
        return;
    }
    run_to(puppet, value);
}

static void on_release(evutil_socket_t fd, short what, void *data)
{
    struct puppet *puppet = data;
    if (puppet->held) {
        run_to(puppet, fake_register(puppet->fake, PRB0_TAIL));
    }
}

static void on_stop(evutil_socket_t fd, short what, void *data)
{
    event_base_loopbreak(data);
}

static void *serve(void *data)
{
    struct puppet *puppet = data;
    server_run(puppet->server);
    return NULL;
}

void puppet_start(struct puppet *puppet, uint32_t hang_ms)
{
    snprintf(puppet->directory, sizeof(puppet->directory), "/tmp/gemd-puppet-XXXXXX");
    assert_non_null(mkdtemp(puppet->directory));
    char path[100];
    snprintf(path, sizeof(path), "%s/gemd.sock", puppet->directory);
    puppet->fake = fake_device_create();
    puppet->server = calloc(1, sizeof(*puppet->server));
    puppet->base = event_base_new();
    assert_true(puppet->server != NULL && puppet->base != NULL);
    const struct server_options options = {.device_name = "puppet",
                                           .width = 64,
                                           .height = 64,
                                           .limits = puppet->limits,
                                           .hang_ns = (uint64_t)hang_ms * 1000000u,
                                           .ban = puppet->ban,
                                           .awake_ns = puppet->awake_ns,
                                           .batch_ns = (uint64_t)puppet->batch_ms * 1000000u};
    assert_int_equal(server_init(puppet->server, puppet->base, &puppet->fake->base, &options), 0);
    puppet->fake->on_write = on_write;
    puppet->fake->on_write_data = puppet;
    assert_int_equal(listener_open(&puppet->listener, path), 0);
    assert_int_equal(server_listen(puppet->server, puppet->listener.fd), 0);
    puppet->stop = eventfd(0, EFD_CLOEXEC);
    puppet->stop_event = event_new(puppet->base, puppet->stop, EV_READ, on_stop, puppet->base);
    assert_int_equal(event_add(puppet->stop_event, NULL), 0);
    puppet->release = eventfd(0, EFD_CLOEXEC);
    puppet->release_event = event_new(puppet->base, puppet->release, EV_READ, on_release, puppet);
    assert_int_equal(event_add(puppet->release_event, NULL), 0);
    assert_int_equal(pthread_create(&puppet->thread, NULL, serve, puppet), 0);
}

void puppet_release(struct puppet *puppet)
{
    const uint64_t one = 1;
    assert_int_equal(write(puppet->release, &one, sizeof(one)), sizeof(one));
}

void puppet_await_batches(const struct puppet *puppet, unsigned batches)
{
    while (__atomic_load_n(&puppet->batches, __ATOMIC_ACQUIRE) < batches) {
        usleep(1000);
    }
}

void puppet_finish(struct puppet *puppet)
{
    const uint64_t one = 1;
    assert_int_equal(write(puppet->stop, &one, sizeof(one)), sizeof(one));
    pthread_join(puppet->thread, NULL);
    puppet->hangs = puppet->server->hang.found;
    puppet->slow = puppet->server->hang.slow;
    puppet->innocents = puppet->server->hang.innocents;
    puppet->resets = puppet->server->gpu.resets;
    puppet->vigils = puppet->server->vigil.kept;
    puppet->page_faults = puppet->server->hang.page_faults;
    event_free(puppet->stop_event);
    event_free(puppet->release_event);
    close(puppet->release);
    server_finish(puppet->server);
    listener_close(&puppet->listener);
    event_base_free(puppet->base);
    free(puppet->server);
    close(puppet->stop);
    assert_int_equal(puppet->fake->memories, 0); /* whatever clients had is released */
    fake_device_destroy(puppet->fake);
    assert_int_equal(rmdir(puppet->directory), 0);
}

struct gemd_session *puppet_open(const struct puppet *puppet,
                                 void (*on_event)(void *data, const struct gemd_msg_header *event,
                                                  const char *text),
                                 void *data)
{
    const struct gemd_connect_options options = {
        .socket = puppet->listener.path, .on_event = on_event, .on_event_data = data};
    struct gemd_session *session = NULL;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    return session;
}

uint64_t puppet_fill(struct gemd_session *session, struct gemd_bo *bo, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    batch_fill(&batch, bo, 64, 0, 0, 16, 2, colour);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    return seqno;
}
