/* SPDX-License-Identifier: MIT */
/* Packets and their descriptors over a real socket pair; memory files. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/memfile.h"
#include "proto/packet.h"

struct pair {
    int ends[2];
    unsigned files; /* open before */
};

/*
 * What kernels can answer but this one will not: the linker has the calls come here (--wrap).
 * refused_fcntl: the command that fails; -1: none.
 */
static int refused_fcntl = -1;
static bool refused_fstat, foreign_control;

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, long argument);
int __real_fstat(int fd, struct stat *file);
int __wrap_fstat(int fd, struct stat *file);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

int __wrap_fcntl(int fd, int command, long argument)
{
    if (command == refused_fcntl) {
        errno = EPERM;
        return -1;
    }
    return __real_fcntl(fd, command, argument);
}

int __wrap_fstat(int fd, struct stat *file)
{
    if (refused_fstat) {
        errno = EIO;
        return -1;
    }
    return __real_fstat(fd, file);
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t result = __real_recvmsg(fd, message, flags);
    if (foreign_control && CMSG_FIRSTHDR(message) != NULL) {
        CMSG_FIRSTHDR(message)->cmsg_level = IPPROTO_IP;
    }
    return result;
}

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
        assert_false(packet.fds_lost);
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
    assert_true(packet.fds_lost);
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

static void more_descriptors_than_the_kernel_takes(void **state)
{
    struct pair *pair = *state;
    struct gemd_msg_arena_add message = arena_add();
    int fds[254];
    for (unsigned i = 0; i < 254; i++) {
        fds[i] = pair->ends[0];
    }
    assert_int_equal(packet_send_raw(pair->ends[0], &message, sizeof(message), fds, 254, 0),
                     -EINVAL);
}

/* The sender's credentials come beside its descriptors; they are not taken for some. Nor is what
 * another protocol numbers like that. */
static void other_control_messages_are_passed_over(void **state)
{
    struct pair *pair = *state;
    struct gemd_msg_arena_add message = arena_add();
    struct packet packet;
    int on = 1;
    assert_return_code(setsockopt(pair->ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), errno);
    assert_int_equal(packet_send_raw(pair->ends[0], &message, sizeof(message), NULL, 0, 0), 0);
    assert_int_equal(packet_receive(pair->ends[1], &packet, 0), 1);
    assert_int_equal(packet.size, sizeof(message));
    assert_int_equal(packet.fd_count, 0);
    foreign_control = true;
    assert_int_equal(packet_send_raw(pair->ends[0], &message, sizeof(message), NULL, 0, 0), 0);
    assert_int_equal(packet_receive(pair->ends[1], &packet, 0), 1);
    foreign_control = false;
    assert_int_equal(packet.fd_count, 0);
    packet_clear(&packet);
}

static const struct pair *interrupted;
static volatile sig_atomic_t ticks;

/* Only some time later there is what a call waits for: the first signals interrupt it. */
static void send_later(int signal)
{
    const int before = errno;
    if (++ticks == 3 && send(interrupted->ends[0], "later", 5, MSG_DONTWAIT) != 5) {
        abort();
    }
    errno = before;
}

static void drain_later(int signal)
{
    const int before = errno;
    char bytes[64];
    while (++ticks >= 3 && recv(interrupted->ends[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
    errno = before;
}

/* Has the handler called every 20 ms, and calls interrupted by it; NULL: no more. */
static void tick(const struct pair *pair, void (*handler)(int))
{
    const struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART */
    ticks = 0;
    interrupted = pair;
    if (handler != NULL) {
        assert_return_code(sigaction(SIGALRM, &action, NULL), errno);
    }
    assert_return_code(setitimer(ITIMER_REAL, handler != NULL ? &often : &never, NULL), errno);
}

static void signals_do_not_end_a_wait(void **state)
{
    struct pair *pair = *state;
    struct packet packet;
    struct gemd_msg_done done;
    tick(pair, send_later);
    int received = packet_receive(pair->ends[1], &packet, 0);
    tick(pair, NULL);
    assert_int_equal(received, 1);
    assert_memory_equal(packet.bytes, "later", 5);

    codec_begin(&done, GEMD_MSG_DONE, 1);
    while (packet_send(pair->ends[0], &done, NULL, MSG_DONTWAIT) == 0) {
    }
    tick(pair, drain_later);
    int sent = packet_send(pair->ends[0], &done, NULL, 0);
    tick(pair, NULL);
    assert_int_equal(sent, 0);
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

/* A sealed file of that size, which need not be whole pages. */
static int sealed_file(off_t size)
{
    int file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(file >= 0);
    assert_return_code(ftruncate(file, size), errno);
    assert_return_code(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), errno);
    return file;
}

static void sizes_that_are_none(void **state)
{
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    int empty = sealed_file(0), odd = sealed_file(100);
    assert_int_equal(memfile_check(empty, 0, &size, reason), -EINVAL);
    assert_int_equal(memfile_check(odd, 0, &size, reason), -EINVAL);
    assert_non_null(strstr(reason, "multiple"));
    assert_int_equal(memfile_check(odd, 100, &size, reason), 0);
    assert_int_equal(memfile_check_readable(empty, 0, &size, reason), -EINVAL);
    assert_int_equal(memfile_check_readable(odd, 0, &size, reason), 0);
    assert_int_equal(size, 100);
    close(empty);
    close(odd);
}

static void readable_files_are_sealed_too(void **state)
{
    struct pair *pair = *state;
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    int file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(file >= 0);
    assert_return_code(ftruncate(file, 4096), errno);
    assert_int_equal(memfile_check_readable(file, 4096, &size, reason), -EINVAL);
    assert_non_null(strstr(reason, "sealed"));
    assert_int_equal(memfile_check_readable(pair->ends[0], 4096, &size, reason), -EINVAL);
    assert_non_null(strstr(reason, "not a memory file"));
    close(file);
}

/* The kernel's refusals come back as they are, and leave no descriptor (see teardown). */
static void files_that_cannot_be_made(void **state)
{
    struct rlimit limit, low;
    char name[300];
    void *map;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(memfile_create(name, 4096), -EINVAL);
    assert_int_equal(memfile_create_published(name, 4096, &map), -EINVAL);

    assert_return_code(getrlimit(RLIMIT_NOFILE, &limit), errno);
    low = limit;
    low.rlim_cur = 0;
    assert_return_code(setrlimit(RLIMIT_NOFILE, &low), errno);
    int result = memfile_create("test", 4096);
    assert_return_code(setrlimit(RLIMIT_NOFILE, &limit), errno);
    assert_int_equal(result, -EMFILE);

    signal(SIGXFSZ, SIG_IGN);
    assert_return_code(getrlimit(RLIMIT_FSIZE, &limit), errno);
    low = limit;
    low.rlim_cur = 4096;
    assert_return_code(setrlimit(RLIMIT_FSIZE, &low), errno);
    result = memfile_create("test", 8192);
    assert_return_code(setrlimit(RLIMIT_FSIZE, &limit), errno);
    assert_int_equal(result, -EFBIG);

    /* More than there are addresses. */
    assert_int_equal(memfile_create_published("test", UINT64_C(1) << 60, &map), -ENOMEM);
}

/* Linux before 5.1 does not know the seal of what is published. */
static void seals_that_are_refused(void **state)
{
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    void *map;
    refused_fcntl = F_ADD_SEALS;
    int created = memfile_create("test", 4096);
    int published = memfile_create_published("test", 4096, &map);
    refused_fcntl = -1;
    assert_int_equal(created, -EPERM);
    assert_int_equal(published, -EPERM);

    int file = memfile_create("test", 4096);
    refused_fstat = true;
    int result = memfile_check(file, 4096, &size, reason);
    refused_fstat = false;
    assert_int_equal(result, -EINVAL);
    close(file);
}

static void memory_files_have_names(void **state)
{
    char long_name[GEMD_TEXT_MAX];
    int tiles = memfile_create(MEMFILE_X_TILES, 4096), plain = open("/dev/null", O_RDONLY);
    assert_true(memfile_is_called(tiles, MEMFILE_X_TILES));
    assert_false(memfile_is_called(tiles, MEMFILE_Y_TILES)); /* as long */
    assert_false(memfile_is_called(tiles, "gemd"));
    assert_false(memfile_is_called(plain, MEMFILE_X_TILES));
    close(plain);
    close(tiles);
    assert_false(memfile_is_called(-1, MEMFILE_X_TILES));
    /* The kernel takes 249 bytes; none of ours is so long. */
    memset(long_name, 'x', 200);
    long_name[200] = '\0';
    int other = memfile_create(long_name, 4096);
    assert_true(other >= 0);
    assert_false(memfile_is_called(other, long_name));
    close(other);
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
        TEST(more_descriptors_than_the_kernel_takes),
        TEST(other_control_messages_are_passed_over),
        TEST(signals_do_not_end_a_wait),
        TEST(memory_files_are_sealed),
        TEST(published_files_are_read_only),
        TEST(read_only_descriptor),
        TEST(sizes_that_are_none),
        TEST(readable_files_are_sealed_too),
        TEST(files_that_cannot_be_made),
        TEST(seals_that_are_refused),
        TEST(memory_files_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
