/* SPDX-License-Identifier: MIT */
/* Packets and their descriptors over a real socket pair; memory files. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/memfile.h"
#include "proto/packet.h"

struct pair {
    int ends[2];
    unsigned files; /* open before */
};

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    pair->files = open_files();
    *state = pair;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair->ends);
}

/* No test may leave a descriptor behind. */
static int teardown(void **state)
{
    struct pair *pair = *state;
    close(pair->ends[0]);
    close(pair->ends[1]);
    unsigned files = open_files();
    int result = files == pair->files ? 0 : -1;
    free(pair);
    return result;
}

static struct gemd_msg_arena_add arena_add(void)
{
    struct gemd_msg_arena_add message;
    codec_begin(&message, GEMD_MSG_ARENA_ADD, 1);
    message.arena = 1;
    message.size = 4096;
    return message;
}

static void message_with_descriptor(void **state)
{
    struct pair *pair = *state;
    struct gemd_msg_arena_add message = arena_add();
    struct packet packet;
    char reason[GEMD_TEXT_MAX];
    int file = memfile_create("test", 4096);
    assert_int_equal(packet_send(pair->ends[0], &message, &file, 0), 0);
    close(file);
    assert_int_equal(packet_receive(pair->ends[1], &packet, 0), 1);
    assert_int_equal(packet.size, sizeof(message));
    assert_int_equal(packet.fd_count, 1);
    assert_non_null(packet_check(&packet, CODEC_TO_DAEMON, reason));
    assert_memory_equal(packet.bytes, &message, sizeof(message));
    file = packet_take_fd(&packet, 0);
    assert_true((fcntl(file, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(memfile_check(file, 4096, NULL, reason), 0);
    assert_int_equal(packet_take_fd(&packet, 0), -1);
    assert_int_equal(packet_take_fd(&packet, 99), -1);
    packet_clear(&packet);
    close(file);
}

static void nothing_and_the_end(void **state)
{
    struct pair *pair = *state;
    struct packet packet;
    assert_int_equal(packet_receive(pair->ends[1], &packet, MSG_DONTWAIT), -EAGAIN);
    shutdown(pair->ends[0], SHUT_RDWR);
    assert_int_equal(packet_receive(pair->ends[1], &packet, 0), 0);
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, 1);
    assert_int_equal(packet_send(pair->ends[1], &done, NULL, 0), -EPIPE); /* and no SIGPIPE */
}

/* 0 to 40 descriptors: all that were not wanted are closed, and the count tells. */
static void surplus_descriptors_are_closed(void **state)
{
    struct pair *pair = *state;
    struct gemd_msg_arena_add message = arena_add();
    int fds[40];
    for (unsigned i = 0; i < 40; i++) {
        fds[i] = pair->ends[0];
    }
    for (unsigned count = 0; count <= 40; count++) {
        struct packet packet;
        char reason[GEMD_TEXT_MAX];
        unsigned files = open_files();
        assert_int_equal(packet_send_raw(pair->ends[0], &message, sizeof(message), fds, count, 0),
                         0);
        assert_int_equal(packet_receive(pair->ends[1], &packet, 0), 1);
        if (count <= GEMD_FDS_MAX) {
            assert_int_equal(packet.fd_count, count);
        } else {
            assert_true(packet.fd_count > GEMD_FDS_MAX);
        }
        assert_int_equal(packet_check(&packet, CODEC_TO_DAEMON, reason) != NULL, count == 1);
        packet_clear(&packet);
        assert_int_equal(open_files(), files);
    }
}

/* Without room for descriptors the kernel drops them; the packet must not pass for whole. */
static void no_room_for_descriptors(void **state)
{
    struct pair *pair = *state;
    struct gemd_msg_arena_add message = arena_add();
    struct rlimit limit, none;
    struct packet packet;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(packet_send_raw(pair->ends[0], &message, sizeof(message), pair->ends, 1, 0),
                     0);
    assert_return_code(getrlimit(RLIMIT_NOFILE, &limit), errno);
    none = limit;
    none.rlim_cur = 3;
    assert_return_code(setrlimit(RLIMIT_NOFILE, &none), errno);
    int result = packet_receive(pair->ends[1], &packet, 0);
    assert_return_code(setrlimit(RLIMIT_NOFILE, &limit), errno);
    assert_int_equal(result, 1);
    assert_true(packet.fd_count > 1);
    assert_null(packet_check(&packet, CODEC_TO_DAEMON, reason));
    packet_clear(&packet);
}

static void oversized_packets_are_seen(void **state)
{
    struct pair *pair = *state;
    static const size_t sizes[] = {GEMD_MESSAGE_MAX - 1, GEMD_MESSAGE_MAX, GEMD_MESSAGE_MAX + 1,
                                   60000};
    static uint8_t bytes[60000];
    struct gemd_msg_arena_add message = arena_add();
    memcpy(bytes, &message, sizeof(message));
    for (unsigned i = 0; i < 4; i++) {
        struct packet packet;
        char reason[GEMD_TEXT_MAX];
        assert_int_equal(packet_send_raw(pair->ends[0], bytes, sizes[i], pair->ends, 1, 0), 0);
        assert_int_equal(packet_receive(pair->ends[1], &packet, 0), 1);
        assert_int_equal(packet.size, sizes[i]);
        assert_null(packet_check(&packet, CODEC_TO_DAEMON, reason));
        packet_clear(&packet);
    }
}

static void full_socket_says_again(void **state)
{
    struct pair *pair = *state;
    struct gemd_msg_done done;
    int result = 0;
    codec_begin(&done, GEMD_MSG_DONE, 1);
    for (unsigned i = 0; i < 1000000 && result == 0; i++) {
        result = packet_send(pair->ends[0], &done, NULL, MSG_DONTWAIT);
    }
    assert_int_equal(result, -EAGAIN);
}

static void only_messages_of_the_table_are_sent(void **state)
{
    struct pair *pair = *state;
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, 1);
    done.header.size++;
    assert_int_equal(packet_send(pair->ends[0], &done, NULL, 0), -EINVAL);
    done.header.type = 999;
    assert_int_equal(packet_send(pair->ends[0], &done, NULL, 0), -EINVAL);
}

/* ---- memory files ---- */

static void memory_files_are_sealed(void **state)
{
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    int file = memfile_create("test", 5000);
    assert_true(file >= 0);
    assert_int_equal(memfile_check(file, 0, &size, reason), 0);
    assert_int_equal(size, 8192);
    assert_int_equal(memfile_check(file, 4096, &size, reason), -EINVAL);
    assert_int_equal(ftruncate(file, 4096), -1);
    assert_int_equal(ftruncate(file, 12288), -1);
    assert_int_equal(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), -1);
    assert_int_equal(memfile_check_readable(file, 8192, &size, reason), 0);
    assert_int_equal(memfile_check_readable(file, 8193, &size, reason), -EINVAL);
    close(file);
    assert_int_equal(memfile_create("test", 0), -EINVAL);
    assert_int_equal(memfile_create("test", UINT64_MAX), -EINVAL);
}

static void published_files_are_read_only(void **state)
{
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    void *map;
    int file = memfile_create_published("test", 4096, &map);
    assert_true(file >= 0);
    *(uint32_t *)map = 5;
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), MAP_FAILED);
    const uint32_t *view = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    assert_int_equal(*view, 5);
    assert_int_equal(mprotect((void *)(uintptr_t)view, 4096, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(write(file, "x", 1), -1);
    assert_int_equal(memfile_check(file, 4096, &size, reason), -EINVAL);
    assert_int_equal(memfile_check_readable(file, 4096, &size, reason), 0);
    munmap((void *)(uintptr_t)view, 4096);
    munmap(map, 4096);
    close(file);
}

/* A read-only descriptor of a good memory file cannot be mapped for writing by the daemon. */
static void read_only_descriptor(void **state)
{
    char reason[GEMD_TEXT_MAX], path[64];
    int file = memfile_create("test", 4096);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    int view = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(view >= 0);
    assert_int_equal(memfile_check(view, 4096, NULL, reason), -EINVAL);
    assert_non_null(strstr(reason, "writing"));
    close(view);
    close(file);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(message_with_descriptor),
        TEST(nothing_and_the_end),
        TEST(surplus_descriptors_are_closed),
        TEST(no_room_for_descriptors),
        TEST(oversized_packets_are_seen),
        TEST(full_socket_says_again),
        TEST(only_messages_of_the_table_are_sent),
        TEST(memory_files_are_sealed),
        TEST(published_files_are_read_only),
        TEST(read_only_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
