/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/send_queue.h"

#define MAX (2u << 20)

static uint8_t byte_at(uint64_t place)
{
    return (uint8_t)(place * 7 + place / 1000);
}

static void fill(uint8_t *bytes, size_t size, uint64_t place)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = byte_at(place + i);
    }
}

/* Pieces of all sizes through a socket that is mostly full come out as one stream. */
static void keeps_the_order(void **state)
{
    static uint8_t piece[300000], out[4096];
    struct send_queue queue;
    uint64_t put = 0, got = 0;
    int ends[2], error = -EAGAIN;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    send_queue_init(&queue, ends[0], MAX);
    srandom(3);
    while (put < 8u << 20 || error == -EAGAIN) {
        size_t size = (size_t)random() % sizeof(piece);
        if (put < 8u << 20) {
            fill(piece, size, put);
            if (send_queue_put(&queue, piece, size) == 0) {
                put += size;
            }
        }
        error = send_queue_flush(&queue);
        assert_true(error == 0 || error == -EAGAIN);
        ssize_t read_now = 1;
        for (int i = 0; i < 30 && read_now > 0; i++) {
            read_now = recv(ends[1], out, sizeof(out), MSG_DONTWAIT);
            for (ssize_t j = 0; j < read_now; j++) {
                assert_int_equal(out[j], byte_at(got + (uint64_t)j));
            }
            got += read_now > 0 ? (uint64_t)read_now : 0;
        }
        assert_int_equal(queue.sent + queue.queued, put);
    }
    assert_int_equal(queue.sent, put);
    send_queue_finish(&queue);
    close(ends[0]);
    close(ends[1]);
}

static void is_bounded(void **state)
{
    static uint8_t bytes[MAX];
    struct send_queue queue;
    send_queue_init(&queue, -1, MAX);
    assert_int_equal(send_queue_put(&queue, bytes, MAX - 8), 0);
    assert_int_equal(send_queue_put(&queue, bytes, 9), -ENOBUFS);
    assert_int_equal(send_queue_put(&queue, bytes, SIZE_MAX), -ENOBUFS);
    assert_int_equal(queue.queued, MAX - 8);
    assert_int_equal(send_queue_put(&queue, bytes, 8), 0);
    assert_int_equal(send_queue_put(&queue, NULL, 0), 0);
    send_queue_finish(&queue);
    assert_int_equal(queue.queued, 0);
}

static void nobody_reads(void **state)
{
    struct send_queue queue;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    send_queue_init(&queue, ends[0], MAX);
    assert_int_equal(send_queue_flush(&queue), 0);
    assert_int_equal(send_queue_put(&queue, "x", 1), 0);
    close(ends[1]);
    assert_int_equal(send_queue_flush(&queue), -EPIPE); /* and no signal */
    send_queue_finish(&queue);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(nobody_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
