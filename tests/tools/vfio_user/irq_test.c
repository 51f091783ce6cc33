/* SPDX-License-Identifier: MIT */
/* INTx and MSI: who masks, who signals again. The line is raised by an error that EIR reports. */
#include "tests/tools/vfio_user/peer.h"

#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hw/gen3/regs.h"

enum { REGISTERS, APERTURE = 2, CONFIG = VFIO_PCI_CONFIG_REGION_INDEX };

#define TRIGGER_EVENT (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define TRIGGER_NOW   (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define MASK_NOW      (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK)
#define UNMASK_NOW    (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK)

struct rig {
    struct peer peer;
    int event;
};

static int setup(void **state)
{
    static struct rig rig;
    peer_init(&rig.peer, NULL);
    rig.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    peer_write(&rig.peer, REGISTERS, EMR, 4, 0);
    peer_write(&rig.peer, REGISTERS, IMR, 4, ~INT_MASTER_ERROR);
    peer_write(&rig.peer, REGISTERS, IER, 4, INT_MASTER_ERROR);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    close(rig->event);
    peer_finish(&rig->peer);
    return 0;
}

/* An access without a page. */
static void raise_line(struct rig *rig)
{
    (void)peer_read(&rig->peer, APERTURE, 0, 4);
}

/* As a handler does it: the cause, then IIR. */
static void acknowledge(struct rig *rig)
{
    peer_write(&rig->peer, REGISTERS, PGTBL_ER, 4, 0xffffffff);
    peer_write(&rig->peer, REGISTERS, EIR, 4, 0xffffffff);
    peer_write(&rig->peer, REGISTERS, IIR, 4, INT_MASTER_ERROR);
    assert_int_equal(peer_read(&rig->peer, REGISTERS, IIR, 4), 0);
}

static uint32_t status(struct rig *rig)
{
    return peer_read(&rig->peer, CONFIG, 0x06, 2);
}

static void intx_masks_itself_and_comes_again(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, rig->event), 0);
    assert_false(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(status(rig), 0x10);
    raise_line(rig);
    assert_true(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(status(rig), 0x18);
    raise_line(rig);
    assert_false(peer_signalled(&rig->peer, rig->event)); /* masked */
    assert_int_equal(peer_irq(&rig->peer, 0, UNMASK_NOW, -1), 0);
    assert_true(peer_signalled(&rig->peer, rig->event)); /* still asserted */
    acknowledge(rig);
    assert_int_equal(status(rig), 0x10);
    assert_false(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(peer_irq(&rig->peer, 0, UNMASK_NOW, -1), 0);
    assert_false(peer_signalled(&rig->peer, rig->event)); /* quiet now */
    raise_line(rig);
    assert_true(peer_signalled(&rig->peer, rig->event));
}

static void command_bit_10_keeps_intx_off(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, rig->event), 0);
    peer_write(&rig->peer, CONFIG, 0x04, 2, 0x0406);
    raise_line(rig);
    assert_false(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(status(rig), 0x18); /* says so all the same */
    peer_write(&rig->peer, CONFIG, 0x04, 2, 0x0006);
    assert_true(peer_signalled(&rig->peer, rig->event));
    /* As uio does it: the handler turns it off, the program on, when it has been served. */
    peer_write(&rig->peer, CONFIG, 0x04, 2, 0x0406);
    assert_int_equal(peer_irq(&rig->peer, 0, UNMASK_NOW, -1), 0);
    assert_false(peer_signalled(&rig->peer, rig->event));
    acknowledge(rig);
    peer_write(&rig->peer, CONFIG, 0x04, 2, 0x0006);
    assert_false(peer_signalled(&rig->peer, rig->event));
    raise_line(rig);
    assert_true(peer_signalled(&rig->peer, rig->event));
}

static void peers_mask_and_test(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_NOW, -1), 0); /* nobody to signal */
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, rig->event), 0);
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_NOW, -1), 0);
    assert_true(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(peer_irq(&rig->peer, 0, MASK_NOW, -1), 0);
    raise_line(rig);
    assert_false(peer_signalled(&rig->peer, rig->event));
    /* By booleans: no, then yes. */
    struct {
        struct wire_irq_set set;
        uint8_t yes;
    } body = {.set = {21, VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_UNMASK, 0, 0, 1}};
    assert_int_equal(peer_call(&rig->peer, WIRE_SET_IRQS, &body, 21), 0);
    assert_false(peer_signalled(&rig->peer, rig->event));
    body.yes = 1;
    assert_int_equal(peer_call(&rig->peer, WIRE_SET_IRQS, &body, 21), 0);
    assert_true(peer_signalled(&rig->peer, rig->event));
}

static void a_line_waits_for_its_trigger(void **state)
{
    struct rig *rig = *state;
    raise_line(rig);
    peer_turn(&rig->peer);
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, rig->event), 0);
    assert_true(peer_signalled(&rig->peer, rig->event));
    /* Taken back, in both ways. */
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, -1), 0);
    acknowledge(rig);
    raise_line(rig);
    assert_false(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, rig->event), 0);
    assert_true(peer_signalled(&rig->peer, rig->event));
    const struct wire_irq_set none = {20, TRIGGER_NOW, 0, 0, 0};
    assert_int_equal(peer_call(&rig->peer, WIRE_SET_IRQS, &none, sizeof(none)), 0);
    assert_int_equal(rig->peer.device.irq.triggers[IRQ_INTX], -1);
}

/* A message for each time that the line goes up, without anybody who unmasks. */
static void msi_is_sent_at_each_rise(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(peer_irq(&rig->peer, 1, TRIGGER_EVENT, rig->event), 0);
    for (int i = 0; i < 3; i++) {
        raise_line(rig);
        assert_true(peer_signalled(&rig->peer, rig->event));
        raise_line(rig);
        assert_false(peer_signalled(&rig->peer, rig->event)); /* it is up already */
        acknowledge(rig);
        assert_false(peer_signalled(&rig->peer, rig->event));
    }
    /* IIR acknowledged while the cause stands: down for an instant, and up. */
    raise_line(rig);
    assert_true(peer_signalled(&rig->peer, rig->event));
    peer_write(&rig->peer, REGISTERS, IIR, 4, INT_MASTER_ERROR);
    assert_true(peer_signalled(&rig->peer, rig->event));
    /* The same by the enables. */
    peer_write(&rig->peer, REGISTERS, IER, 4, 0);
    assert_false(peer_signalled(&rig->peer, rig->event));
    peer_write(&rig->peer, REGISTERS, IER, 4, INT_MASTER_ERROR);
    assert_true(peer_signalled(&rig->peer, rig->event));
}

/* An eventfd that is full holds nobody up. */
static void a_full_trigger_does_not_block(void **state)
{
    struct rig *rig = *state;
    const uint64_t full = UINT64_MAX - 1;
    int blocking = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(write(blocking, &full, sizeof(full)), sizeof(full));
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, blocking), 0);
    raise_line(rig);
    peer_turn(&rig->peer);
    assert_int_equal(status(rig), 0x18);
    close(blocking);
}

/* After a reset the triggers are there, the line is quiet, and comes again. */
static void triggers_outlive_a_reset(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(peer_irq(&rig->peer, 0, TRIGGER_EVENT, rig->event), 0);
    raise_line(rig);
    assert_true(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(peer_call(&rig->peer, WIRE_RESET, NULL, 0), 0);
    assert_false(peer_signalled(&rig->peer, rig->event));
    assert_int_equal(status(rig), 0x10);
    peer_write(&rig->peer, REGISTERS, EMR, 4, 0);
    peer_write(&rig->peer, REGISTERS, IMR, 4, ~INT_MASTER_ERROR);
    peer_write(&rig->peer, REGISTERS, IER, 4, INT_MASTER_ERROR);
    raise_line(rig);
    assert_true(peer_signalled(&rig->peer, rig->event));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(intx_masks_itself_and_comes_again),
        TEST(command_bit_10_keeps_intx_off),
        TEST(peers_mask_and_test),
        TEST(a_line_waits_for_its_trigger),
        TEST(msi_is_sent_at_each_rise),
        TEST(a_full_trigger_does_not_block),
        TEST(triggers_outlive_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
