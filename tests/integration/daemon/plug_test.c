/* SPDX-License-Identifier: MIT */
/* The operator plugs the model's monitor in and out, and clients hear of it. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/address.h"
#include "proto/codec.h"
#include "tests/lib/daemon.h"
#include "tests/lib/raw.h"
#include "tests/unit/gemd/edid_blocks.h"

static void count(void *data, const struct gemd_msg_header *event, const char *text)
{
    *(unsigned *)data += event->type == GEMD_MSG_SCREEN_CHANGED;
}

/* Sleeps until the screen has changed that often. */
static void await(struct gemd_session *session, const unsigned *changes, unsigned wanted)
{
    while (*changes < wanted) {
        struct pollfd wait = {.fd = gemd_session_fd(session), .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 60000), 1);
        gemd_session_dispatch(session);
    }
    assert_int_equal(*changes, wanted);
}

static void clients_are_told(void **state)
{
    struct daemon *daemon = *state;
    unsigned changes = 0, others = 0;
    struct gemd_screen_modes screen;
    uint8_t panel[EDID_BLOCK];
    const struct gemd_connect_options as_boss = {
        .socket = daemon->socket, .name = "boss", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *boss, *session = daemon_open(daemon, count, &changes),
                               *other = daemon_open(daemon, count, &others);
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&as_boss, &boss, reason), 0);
    /* Nobody has looked at the model's. */
    assert_int_equal(gemd_query_screen_modes(session, &screen), 0);
    assert_int_equal(screen.monitor, GEMD_MONITOR_UNKNOWN);
    assert_int_equal(gemd_plug_monitor(boss, false, NULL), 0);
    await(session, &changes, 1);
    assert_int_equal(gemd_query_screen_modes(session, &screen), 0);
    assert_int_equal(screen.monitor, GEMD_MONITOR_NONE);
    edid_block_panel(panel);
    assert_int_equal(gemd_plug_monitor(boss, true, panel), 0);
    await(session, &changes, 2);
    assert_int_equal(gemd_query_screen_modes(session, &screen), 0);
    assert_int_equal(screen.monitor, GEMD_MONITOR_KNOWN);
    assert_int_equal(screen.modes[0].width, 1280);
    assert_memory_equal(screen.edid, panel, EDID_BLOCK);
    assert_int_equal(gemd_plug_monitor(boss, true, NULL), 0);
    await(session, &changes, 3);
    assert_int_equal(gemd_query_screen_modes(session, &screen), 0);
    assert_int_equal(screen.modes[0].width, 1024);
    gemd_session_dispatch(other);
    assert_int_equal(others, 0); /* it never asked */
    gemd_session_close(boss);
    gemd_session_close(other);
    gemd_session_close(session);
}

static void ask(int socket, const void *message, struct packet *answer)
{
    assert_int_equal(packet_send(socket, message, NULL, 0), 0);
    assert_int_equal(packet_receive(socket, answer, 0), 1);
}

static void wrong_numbers_are_refused(void **state)
{
    static const struct {
        uint32_t plugged, edid_bytes;
    } rows[] = {{2, 0}, {1, 127}, {1, 129}, {0, GEMD_EDID_BYTES}, {UINT32_MAX, 0}};
    struct daemon *daemon = *state;
    struct packet packet;
    char reason[GEMD_TEXT_MAX];
    struct gemd_msg_hello hello = raw_hello("boss");
    hello.role = GEMD_ROLE_OPERATOR;
    const int socket = address_connect(daemon->socket, reason);
    assert_true(socket >= 0);
    ask(socket, &hello, &packet);
    packet_clear(&packet);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gemd_msg_monitor_plug plug;
        codec_begin(&plug, GEMD_MSG_MONITOR_PLUG, 7);
        plug.plugged = rows[i].plugged;
        plug.edid_bytes = rows[i].edid_bytes;
        ask(socket, &plug, &packet);
        assert_int_equal(packet.header.type, GEMD_MSG_ERROR);
        assert_int_equal(((const struct gemd_msg_error *)packet.bytes)->error, -EINVAL);
        packet_clear(&packet);
    }
    close(socket);
    assert_true(daemon_logged(daemon, "plugged 2 (0 or 1) with an EDID of 0 bytes"));
}

/* Who may draw may not pull the plug. */
static void it_takes_an_operator(void **state)
{
    struct gemd_session *session = daemon_open(*state, NULL, NULL);
    assert_int_not_equal(gemd_plug_monitor(session, false, NULL), 0);
    gemd_session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clients_are_told, daemon_setup, daemon_teardown),
        cmocka_unit_test_setup_teardown(wrong_numbers_are_refused, daemon_setup, daemon_teardown),
        cmocka_unit_test_setup_teardown(it_takes_an_operator, daemon_setup, daemon_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
