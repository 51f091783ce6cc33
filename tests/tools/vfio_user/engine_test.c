/* SPDX-License-Identifier: MIT */
/*
 * The GPU driven through the protocol alone, as a guest does it: a ring in the guest's memory, a
 * batch that blits into it, and the interrupt at the end.
 */
#include "tests/tools/vfio_user/peer.h"

#include <linux/vfio.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/gen3/regs.h"

enum { REGISTERS, IO, APERTURE, TABLE, CONFIG = VFIO_PCI_CONFIG_REGION_INDEX };

#define RW         (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define GUEST      0x20000000u
#define GUEST_SIZE (4u << 20)
/* The GTT shows the guest's memory page by page from 0 on. */
#define RING      0u
#define RING_SIZE 4096u
#define STATUS    0x2000u
#define BATCH     0x3000u
#define TARGET    0x100000u
#define PITCH     256u
#define SEQNO_AT  0x100u

struct guest {
    struct peer peer;
    uint8_t *memory;
    int fd, event;
    uint32_t tail;
};

static uint32_t *word(struct guest *guest, uint32_t address)
{
    return (uint32_t *)(guest->memory + address);
}

static void bind_all(struct guest *guest)
{
    for (uint32_t page = 0; page < GUEST_SIZE / 4096; page++) {
        peer_write(&guest->peer, TABLE, page * 4, 4, (GUEST + page * 4096) | PTE_VALID);
    }
}

static void start(struct guest *guest)
{
    struct peer *peer = &guest->peer;
    const struct hw_identity *chip = &peer->device.hw->identity;
    bind_all(guest);
    if (chip->has_gtt_enable) {
        uint32_t control = peer_read(peer, REGISTERS, PGTBL_CTL, 4);
        peer_write(peer, REGISTERS, PGTBL_CTL, 4, control | PGTBL_CTL_ENABLE);
    }
    peer_write(peer, REGISTERS, HWS_PGA, 4, chip->needs_physical ? GUEST + STATUS : STATUS);
    peer_write(peer, REGISTERS, IMR, 4, ~INT_USER);
    peer_write(peer, REGISTERS, IER, 4, INT_USER);
    peer_write(peer, REGISTERS, PRB0_HEAD, 4, 0);
    peer_write(peer, REGISTERS, PRB0_TAIL, 4, 0);
    peer_write(peer, REGISTERS, PRB0_START, 4, RING);
    peer_write(peer, REGISTERS, PRB0_CTL, 4, (RING_SIZE - 4096) | RING_VALID);
    guest->tail = 0;
}

static void guest_init(struct guest *guest, const char *chip)
{
    peer_init(&guest->peer, chip);
    void *memory;
    guest->fd = peer_file(GUEST_SIZE, &memory);
    guest->memory = memory;
    guest->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_int_equal(peer_map(&guest->peer, GUEST, GUEST_SIZE, guest->fd, 0, RW), 0);
    assert_int_equal(peer_irq(&guest->peer, 0, 0x24, guest->event), 0);
    start(guest);
}

static void guest_finish(struct guest *guest)
{
    peer_finish(&guest->peer);
    munmap(guest->memory, GUEST_SIZE);
    close(guest->fd);
    close(guest->event);
}

/* A batch that fills 32x16 pixels, and behind it a number and an interrupt. */
static void submit_fill(struct guest *guest, uint32_t colour, uint32_t seqno)
{
    const uint32_t batch[] = {0x54300004, 0x03f00000 | PITCH,  0, 16u << 16 | 32, TARGET,
                              colour,     MI_BATCH_BUFFER_END, 0};
    const uint32_t ring[] = {MI_BATCH_BUFFER_START | MI_BATCH_GTT,
                             BATCH,
                             MI_FLUSH,
                             0,
                             MI_STORE_DATA_INDEX,
                             SEQNO_AT,
                             seqno,
                             MI_USER_INTERRUPT};
    memcpy(word(guest, BATCH), batch, sizeof(batch));
    memcpy(word(guest, RING + guest->tail), ring, sizeof(ring));
    guest->tail = (guest->tail + (uint32_t)sizeof(ring)) % RING_SIZE;
    peer_write(&guest->peer, REGISTERS, PRB0_TAIL, 4, guest->tail);
}

static void acknowledge(struct guest *guest)
{
    assert_int_equal(peer_read(&guest->peer, REGISTERS, IIR, 4), INT_USER);
    peer_write(&guest->peer, REGISTERS, IIR, 4, INT_USER);
    assert_int_equal(peer_irq(&guest->peer, 0, 0x11, -1), 0);
}

static void expect_filled(struct guest *guest, uint32_t colour)
{
    for (uint32_t y = 0; y < 17; y++) {
        for (uint32_t x = 0; x < 33; x++) {
            uint32_t want = x < 32 && y < 16 ? colour : 0;
            assert_int_equal(*word(guest, TARGET + y * PITCH + x * 4), want);
        }
    }
}

static void run_batches(const char *chip)
{
    static struct guest guest;
    guest_init(&guest, chip);
    for (uint32_t i = 1; i <= 3; i++) {
        submit_fill(&guest, 0xff000000u | i, i);
        peer_await(&guest.peer, guest.event);
        assert_int_equal(*word(&guest, STATUS + SEQNO_AT), i);
        expect_filled(&guest, 0xff000000u | i);
        /* The same through the aperture. */
        assert_int_equal(peer_read(&guest.peer, APERTURE, TARGET + 4, 4), 0xff000000u | i);
        acknowledge(&guest);
    }
    guest_finish(&guest);
}

static void a_batch_blits_into_the_guest_and_interrupts(void **state)
{
    static const char *const chips[] = {"g33", "945gm", "915g", "pineview-m"};
    (void)state;
    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
        run_batches(chips[i]);
    }
}

/* The same again after a reset, after the peer changed, and with messages instead of a line. */
static void it_works_after_a_reset_and_for_the_next_peer(void **state)
{
    static struct guest guest;
    struct peer *peer = &guest.peer;
    (void)state;
    guest_init(&guest, NULL);
    submit_fill(&guest, 1, 1);
    peer_await(peer, guest.event);
    assert_int_equal(peer_call(peer, WIRE_RESET, NULL, 0), 0);
    memset(guest.memory, 0, GUEST_SIZE);
    start(&guest);
    submit_fill(&guest, 2, 2);
    peer_await(peer, guest.event);
    expect_filled(&guest, 2);

    peer_leave(peer);
    peer_connect(peer);
    peer_agree(peer);
    memset(guest.memory, 0, GUEST_SIZE);
    assert_int_equal(peer_map(peer, GUEST, GUEST_SIZE, guest.fd, 0, RW), 0);
    assert_int_equal(peer_irq(peer, 1, 0x24, guest.event), 0);
    start(&guest);
    for (uint32_t i = 3; i < 6; i++) {
        submit_fill(&guest, i, i);
        peer_await(peer, guest.event);
        expect_filled(&guest, i);
        peer_write(peer, REGISTERS, IIR, 4, INT_USER);
    }
    guest_finish(&guest);
}

/* Words into memory that is the server's own, at a page of the GTT. */
static void put_stolen(struct guest *guest, uint32_t address, const uint32_t *words, size_t count)
{
    peer_write(&guest->peer, TABLE, address / 4096 * 4, 4,
               (DEVICE_STOLEN_BASE + address) | PTE_VALID);
    for (size_t i = 0; i < count; i++) {
        peer_write(&guest->peer, APERTURE, address + 4 * i, 4, words[i]);
    }
}

/* Memory goes away under a batch that never ends: neither can hurt the other. */
static void memory_may_go_while_the_gpu_uses_it(void **state)
{
    static struct guest guest;
    uint32_t *pixel;
    (void)state;
    guest_init(&guest, NULL);
    const uint32_t loop[] = {0x54300004, 0x03f00000 | PITCH,
                             0,          64u << 16 | 64,
                             TARGET,     7,
                             MI_FLUSH,   MI_BATCH_BUFFER_START | MI_BATCH_GTT,
                             BATCH};
    put_stolen(&guest, BATCH, loop, 9);
    put_stolen(&guest, RING, loop + 7, 2);
    pixel = word(&guest, TARGET);
    peer_write(&guest.peer, REGISTERS, PRB0_TAIL, 4, 8);
    for (uint32_t i = 0; i < 50; i++) {
        while (__atomic_load_n(pixel, __ATOMIC_ACQUIRE) != 7) {
            sched_yield(); /* it is at work there */
        }
        assert_int_equal(peer_unmap(&guest.peer, GUEST, GUEST_SIZE), 0);
        __atomic_store_n(pixel, 1000 + i, __ATOMIC_RELEASE);
        (void)peer_read(&guest.peer, REGISTERS, ACTHD, 4);
        assert_int_equal(__atomic_load_n(pixel, __ATOMIC_ACQUIRE), 1000 + i); /* out of its reach */
        assert_int_equal(peer_map(&guest.peer, GUEST, GUEST_SIZE, guest.fd, 0, RW), 0);
    }
    assert_int_equal(peer_call(&guest.peer, WIRE_RESET, NULL, 0), 0);
    memset(guest.memory, 0, GUEST_SIZE);
    start(&guest);
    submit_fill(&guest, 9, 9);
    peer_await(&guest.peer, guest.event);
    expect_filled(&guest, 9);
    guest_finish(&guest);
}

/* ---- a guest whose processors write to commands that run ---- */

struct scribbler {
    uint32_t *words;
    bool stop;
};

#define SCRIBBLED 64u /* dwords */

static void *scribble(void *data)
{
    /* Primitives of any length, programs, constants, blits, loads, and what ends a batch. */
    static const uint32_t headers[] = {0x7f000007, 0x7f01ffff, 0x7f820010, 0x7d050008, 0x7d0501ff,
                                       0x7d060020, 0x7d00003f, 0x7d0407ff, 0x54f00006, 0x54300004,
                                       0x7d0701ff, 0x00000000, 0x0000ffff, 0x05000000};
    struct scribbler *scribbler = data;
    uint32_t state = 1;
    while (!__atomic_load_n(&scribbler->stop, __ATOMIC_ACQUIRE)) {
        state = state * 1664525u + 1013904223u;
        uint32_t header = headers[(state >> 8) % (sizeof(headers) / sizeof(headers[0]))];
        __atomic_store_n(&scribbler->words[(state >> 20) % SCRIBBLED], header, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void commands_may_change_while_they_run(void **state)
{
#if defined(__SANITIZE_THREAD__)
    skip(); /* a race is what it is about */
#endif
    static struct guest guest;
    pthread_t thread;
    (void)state;
    guest_init(&guest, NULL);
    struct scribbler scribbler = {.words = word(&guest, BATCH)};
    const uint32_t ring[] = {MI_BATCH_BUFFER_START | MI_BATCH_GTT, BATCH};
    memcpy(word(&guest, RING), ring, sizeof(ring));
    assert_int_equal(pthread_create(&thread, NULL, scribble, &scribbler), 0);
    for (int i = 0; i < 100; i++) {
        peer_write(&guest.peer, REGISTERS, PRB0_TAIL, 4, 8);
        for (int look = 0; look < 50 && peer_read(&guest.peer, REGISTERS, ESR, 4) == 0; look++) {
            sched_yield();
        }
        assert_int_equal(peer_call(&guest.peer, WIRE_RESET, NULL, 0), 0);
        start(&guest);
    }
    __atomic_store_n(&scribbler.stop, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    assert_int_equal(peer_call(&guest.peer, WIRE_RESET, NULL, 0), 0);
    memset(guest.memory, 0, GUEST_SIZE);
    start(&guest);
    submit_fill(&guest, 9, 9);
    peer_await(&guest.peer, guest.event);
    expect_filled(&guest, 9);
    guest_finish(&guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_blits_into_the_guest_and_interrupts),
        cmocka_unit_test(it_works_after_a_reset_and_for_the_next_peer),
        cmocka_unit_test(memory_may_go_while_the_gpu_uses_it),
        cmocka_unit_test(commands_may_change_while_they_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
