/* SPDX-License-Identifier: MIT */
#include "tests/proto/fake_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/address.h"
#include "proto/memfile.h"
#include "proto/packet.h"
#include "proto/ring.h"

static const struct ring_limits limits = {.words = 4096, .relocs = 1024, .buffers = 256};

/* Notes what the client did wrong; the first is told by fake_stop(). */
__attribute__((format(printf, 2, 3))) static void blame(struct fake_daemon *fake,
                                                        const char *format, ...)
{
    if (fake->failure[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(fake->failure, sizeof(fake->failure), format, arguments);
        va_end(arguments);
    }
}

void fake_wake(uint32_t *word)
{
    __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* ---- the ring; lock is held ---- */

static void read_create(struct fake_daemon *fake, const uint8_t *record)
{
    struct gemd_record_create create;
    memcpy(&create, record, sizeof(create));
    fake->counts.creates++;
    if (create.handle == 0 || create.handle >= FAKE_HANDLES ||
        fake->handle_arena[create.handle] != 0) {
        blame(fake, "handle %u created twice", create.handle);
        return;
    }
    if (create.arena >= FAKE_ARENAS || fake->arenas[create.arena] == 0) {
        blame(fake, "buffer in unknown arena %u", create.arena);
        return;
    }
    if (create.offset % 4096 != 0 || create.size % 4096 != 0 || create.size == 0 ||
        create.offset + create.size > fake->arenas[create.arena]) {
        blame(fake, "buffer beyond its arena");
    }
    fake->handle_arena[create.handle] = create.arena;
    fake->counts.buffers++;
}

static void read_close(struct fake_daemon *fake, const uint8_t *record)
{
    struct gemd_record_close close_record;
    memcpy(&close_record, record, sizeof(close_record));
    fake->counts.closes++;
    if (close_record.handle >= FAKE_HANDLES || fake->handle_arena[close_record.handle] == 0) {
        blame(fake, "handle %u closed, but not open", close_record.handle);
        return;
    }
    fake->handle_arena[close_record.handle] = 0;
    fake->counts.buffers--;
    fake_wake(&fake->status->ring_changes);
}

static void read_submit(struct fake_daemon *fake, const uint8_t *record)
{
    struct gemd_record_submit submit;
    struct ring_submit layout;
    char reason[GEMD_TEXT_MAX];
    memcpy(&submit, record, sizeof(submit));
    if (submit.seqno != ++fake->counts.submissions) {
        blame(fake, "submission %llu is not the next", (unsigned long long)submit.seqno);
    }
    if (ring_submit_check(&submit, &limits, &layout, reason) < 0) {
        blame(fake, "%s", reason);
        return;
    }
    /* Tests fill batches with one word, and end them with that word and the count. */
    uint32_t first, last;
    memcpy(&first, record + layout.words, sizeof(first));
    memcpy(&last, record + layout.relocs - sizeof(last), sizeof(last));
    if (last != first + submit.word_count) {
        blame(fake, "batch %llu is torn: 0x%x, 0x%x", (unsigned long long)submit.seqno, first,
              last);
    }
    for (uint32_t i = 0; i < submit.buffer_count; i++) {
        uint32_t handle;
        memcpy(&handle, record + layout.buffers + i * sizeof(handle), sizeof(handle));
        if (handle >= FAKE_HANDLES || fake->handle_arena[handle] == 0) {
            blame(fake, "batch %llu names handle %u, not open", (unsigned long long)submit.seqno,
                  handle);
        }
    }
}

static void read_present(struct fake_daemon *fake, const uint8_t *record)
{
    memcpy(&fake->counts.last_present, record, sizeof(fake->counts.last_present));
}

static void read_pad(struct fake_daemon *fake, const uint8_t *record)
{
}

static void (*const readers[])(struct fake_daemon *fake, const uint8_t *record) = {
    [GEMD_RECORD_PAD] = read_pad,         [GEMD_RECORD_CREATE] = read_create,
    [GEMD_RECORD_CLOSE] = read_close,     [GEMD_RECORD_SUBMIT] = read_submit,
    [GEMD_RECORD_PRESENT] = read_present,
};

static void retire(struct fake_daemon *fake, uint64_t seqno)
{
    __atomic_store_n(&fake->status->retired, seqno, __ATOMIC_RELEASE);
    fake_wake(&fake->status->retired_changes);
}

static void read_ring(struct fake_daemon *fake)
{
    const uint8_t *data = (const uint8_t *)fake->ring + GEMD_RING_DATA_OFFSET;
    struct gemd_record_header header;
    char reason[GEMD_TEXT_MAX];
    while (!fake->paused) {
        uint64_t tail = __atomic_load_n(&fake->ring->tail, __ATOMIC_SEQ_CST);
        int result = ring_peek(data, fake->ring_bytes, fake->head, tail, &header, reason);
        if (result < 0) {
            blame(fake, "%s", reason);
        }
        if (result <= 0) {
            break;
        }
        bool full = tail - fake->head > fake->ring_bytes / 2;
        readers[header.type](fake, data + fake->head % fake->ring_bytes);
        fake->head += header.size;
        __atomic_store_n(&fake->status->ring_head, fake->head, __ATOMIC_RELEASE);
        if (full) {
            fake_wake(&fake->status->ring_changes);
        }
        if (fake->retires && header.type == GEMD_RECORD_SUBMIT) {
            retire(fake, fake->counts.submissions);
        }
    }
}

/* ---- messages; lock is held ---- */

static void answer(struct fake_daemon *fake, void *message, const int *fds)
{
    /* A client may be gone before it has read the answers that it does not wait for. */
    int result = packet_send(fake->connection, message, fds, 0);
    if (result < 0 && result != -EPIPE && result != -ECONNRESET) {
        blame(fake, "an answer could not be sent");
    }
}

static void answer_done(struct fake_daemon *fake, uint64_t serial)
{
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, serial);
    answer(fake, &done, NULL);
}

static void answer_error(struct fake_daemon *fake, uint64_t serial, int error, const char *text)
{
    struct gemd_msg_error message;
    codec_begin(&message, GEMD_MSG_ERROR, serial);
    message.error = error;
    codec_set_text(message.text, sizeof(message.text), text);
    answer(fake, &message, NULL);
}

static void on_arena_add(struct fake_daemon *fake, struct packet *packet)
{
    struct gemd_msg_arena_add add;
    char reason[GEMD_TEXT_MAX];
    memcpy(&add, packet->bytes, sizeof(add));
    if (fake->refuse_arenas != 0) {
        answer_error(fake, add.header.serial, fake->refuse_arenas, "no arenas today");
        return;
    }
    if (memfile_check(packet->fds[0], add.size, NULL, reason) < 0) {
        blame(fake, "%s", reason);
    }
    if (add.arena >= FAKE_ARENAS || fake->arenas[add.arena] != 0) {
        blame(fake, "arena %u added twice", add.arena);
        return;
    }
    fake->arenas[add.arena] = add.size;
    fake->counts.arena_adds++;
    fake->counts.arenas++;
    answer_done(fake, add.header.serial);
}

static void on_arena_remove(struct fake_daemon *fake, struct packet *packet)
{
    struct gemd_msg_arena_remove message;
    memcpy(&message, packet->bytes, sizeof(message));
    if (message.arena >= FAKE_ARENAS || fake->arenas[message.arena] == 0) {
        blame(fake, "unknown arena %u removed", message.arena);
        return;
    }
    for (uint32_t handle = 0; handle < FAKE_HANDLES; handle++) {
        if (fake->handle_arena[handle] == message.arena) {
            blame(fake, "arena %u removed with handle %u open", message.arena, handle);
        }
    }
    fake->arenas[message.arena] = 0;
    fake->counts.arena_removes++;
    fake->counts.arenas--;
    answer_done(fake, message.header.serial);
}

static void on_window_create(struct fake_daemon *fake, struct packet *packet)
{
    struct gemd_msg_window_create create;
    struct gemd_msg_window_created created;
    memcpy(&create, packet->bytes, sizeof(create));
    if (create.width > 2048) {
        answer_error(fake, create.header.serial, -EINVAL, "width beyond 2048");
        return;
    }
    codec_begin(&created, GEMD_MSG_WINDOW_CREATED, create.header.serial);
    created.window = 3;
    created.width = create.width != 0 ? create.width : 1024;
    created.height = create.height != 0 ? create.height : 768;
    created.stride_align = 64;
    fake->counts.windows_created++;
    answer(fake, &created, NULL);
}

static void on_window_destroy(struct fake_daemon *fake, struct packet *packet)
{
    fake->counts.windows_destroyed++;
    answer_done(fake, packet->header.serial);
}

static const char status_text[] = "sessions: 1\nbuffers: 0\n";

static void on_status_query(struct fake_daemon *fake, struct packet *packet)
{
    struct gemd_msg_status status;
    int fd = memfile_create("status", sizeof(status_text));
    if (fd < 0 || pwrite(fd, status_text, sizeof(status_text), 0) < 0) {
        blame(fake, "no status");
        return;
    }
    codec_begin(&status, GEMD_MSG_STATUS, packet->header.serial);
    status.bytes = sizeof(status_text) - 1;
    answer(fake, &status, &fd);
    close(fd);
}

/* As many rows as 'what', one more left out. */
static void on_list(struct fake_daemon *fake, struct packet *packet)
{
    static const char text[] = "session\thandle\n1\t2\n";
    struct gemd_msg_list list;
    struct gemd_msg_listed listed;
    memcpy(&list, packet->bytes, sizeof(list));
    int fd = memfile_create("list", sizeof(text));
    if (fd < 0 || pwrite(fd, text, sizeof(text), 0) < 0) {
        blame(fake, "no list");
        return;
    }
    codec_begin(&listed, GEMD_MSG_LISTED, packet->header.serial);
    listed.bytes = sizeof(text) - 1;
    listed.rows = list.what;
    listed.left_out = list.what + 1;
    answer(fake, &listed, &fd);
    close(fd);
}

static void on_screenshot(struct fake_daemon *fake, struct packet *packet)
{
    struct gemd_msg_screenshot_taken taken;
    uint32_t pixel = 0x00123456;
    int fd = memfile_create("screenshot", 64 * 2);
    if (fd < 0 || pwrite(fd, &pixel, sizeof(pixel), 64) < 0) {
        blame(fake, "no screenshot");
        return;
    }
    codec_begin(&taken, GEMD_MSG_SCREENSHOT_TAKEN, packet->header.serial);
    taken.width = 16;
    taken.height = 2;
    taken.stride = 64;
    taken.frame = 42;
    answer(fake, &taken, &fd);
    close(fd);
}

static void on_audit(struct fake_daemon *fake, struct packet *packet)
{
    struct gemd_msg_audit audit;
    memcpy(&audit, packet->bytes, sizeof(audit));
    fake->counts.audited = audit.session;
    fake->counts.audit_on = audit.on;
    answer_done(fake, packet->header.serial);
}

static void on_errors_query(struct fake_daemon *fake, struct packet *packet)
{
    static const char text[] = "1 it hung\n";
    struct gemd_msg_errors_query query;
    struct gemd_msg_errors errors;
    memcpy(&query, packet->bytes, sizeof(query));
    int fd = memfile_create("errors", sizeof(text));
    if (query.number != 3 || query.form != GEMD_ERRORS_JSON || fd < 0 ||
        pwrite(fd, text, sizeof(text) - 1, 0) < 0) {
        blame(fake, "ERRORS_QUERY");
    } else {
        codec_begin(&errors, GEMD_MSG_ERRORS, packet->header.serial);
        errors.bytes = sizeof(text) - 1;
        answer(fake, &errors, &fd);
    }
    close(fd);
}

/* Cookie 1 comes at once, 2 is refused, others are never answered. */
static void on_vblank_wait(struct fake_daemon *fake, struct packet *packet)
{
    struct gemd_msg_vblank_wait wait;
    struct gemd_msg_vblank_event event;
    memcpy(&wait, packet->bytes, sizeof(wait));
    fake->counts.vblank_waits++;
    if (wait.cookie == 1) {
        codec_begin(&event, GEMD_MSG_VBLANK_EVENT, wait.header.serial);
        event.sequence = wait.sequence;
        event.cookie = wait.cookie;
        answer(fake, &event, NULL);
    } else if (wait.cookie == 2) {
        answer_error(fake, wait.header.serial, -EDQUOT, "no vblanks today");
    }
}

static void (*const handlers[])(struct fake_daemon *fake, struct packet *packet) = {
    [GEMD_MSG_ARENA_ADD] = on_arena_add,
    [GEMD_MSG_ARENA_REMOVE] = on_arena_remove,
    [GEMD_MSG_WINDOW_CREATE] = on_window_create,
    [GEMD_MSG_WINDOW_DESTROY] = on_window_destroy,
    [GEMD_MSG_STATUS_QUERY] = on_status_query,
    [GEMD_MSG_SCREENSHOT] = on_screenshot,
    [GEMD_MSG_AUDIT] = on_audit,
    [GEMD_MSG_ERRORS_QUERY] = on_errors_query,
    [GEMD_MSG_LIST] = on_list,
    [GEMD_MSG_VBLANK_WAIT] = on_vblank_wait,
};

/* False when the connection has ended. */
static bool read_messages(struct fake_daemon *fake)
{
    struct packet packet;
    char reason[GEMD_TEXT_MAX];
    for (;;) {
        int result = packet_receive(fake->connection, &packet, MSG_DONTWAIT);
        if (result == -EAGAIN) {
            return true;
        }
        if (result <= 0) {
            return false;
        }
        if (packet_check(&packet, CODEC_TO_DAEMON, reason) == NULL) {
            blame(fake, "%s", reason);
        } else if (packet.header.type < sizeof(handlers) / sizeof(handlers[0]) &&
                   handlers[packet.header.type] != NULL) {
            handlers[packet.header.type](fake, &packet);
        }
        packet_clear(&packet);
    }
}

/* ---- HELLO ---- */

static int unsealed_file(uint64_t size)
{
    int fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_return_code(ftruncate(fd, (off_t)size), errno);
    return fd;
}

static void make_welcome(struct fake_daemon *fake, struct gemd_msg_welcome *welcome,
                         uint64_t serial)
{
    codec_begin(welcome, GEMD_MSG_WELCOME, serial);
    welcome->major = fake->welcome == FAKE_WRONG_MAJOR ? 2 : GEMD_PROTOCOL_MAJOR;
    welcome->session = 7;
    welcome->pci_device = 0x29c2;
    welcome->ring_bytes = fake->welcome == FAKE_ODD_RING ? 5000 : fake->ring_bytes;
    welcome->aperture_bytes = 256u << 20;
    welcome->gtt_bytes = 512u << 20;
    welcome->max_batch_words = limits.words;
    welcome->max_relocs = limits.relocs;
    welcome->max_buffers = limits.buffers;
    welcome->screen_width = 1024;
    welcome->screen_height = 768;
    welcome->refresh_millihertz = 60000;
    codec_set_text(welcome->device, sizeof(welcome->device), "fake:g33");
    codec_set_text(welcome->daemon, sizeof(welcome->daemon), "fake 1");
}

/* Makes what three descriptors share. */
static void make_shared(struct fake_daemon *fake, int fds[3])
{
    uint64_t size = ring_file_size(fake->ring_bytes);
    size -= fake->welcome == FAKE_SMALL_RING_FILE ? 4096 : 0;
    fds[0] =
        fake->welcome == FAKE_UNSEALED_RING ? unsealed_file(size) : memfile_create("ring", size);
    fake->ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
    fds[1] = memfile_create_published("status", sizeof(*fake->status), (void **)&fake->status);
    fds[2] = fcntl(fake->doorbell, F_DUPFD_CLOEXEC, 0);
    fake->status->magic = fake->welcome == FAKE_WRONG_STATUS_MAGIC ? 1 : GEMD_PROTOCOL_MAGIC;
    fake->status->major = GEMD_PROTOCOL_MAJOR;
}

static bool greet(struct fake_daemon *fake)
{
    struct packet packet;
    struct gemd_msg_welcome welcome;
    char reason[GEMD_TEXT_MAX];
    int fds[3];

    if (packet_receive(fake->connection, &packet, 0) != 1 ||
        packet_check(&packet, CODEC_TO_DAEMON, reason) == NULL ||
        packet.header.type != GEMD_MSG_HELLO) {
        blame(fake, "no HELLO");
        return false;
    }
    if (fake->welcome == FAKE_HANGS_UP) {
        return false;
    }
    if (fake->welcome == FAKE_REFUSES) {
        answer_error(fake, packet.header.serial, -EPERM, "not you");
        return false;
    }
    if (fake->welcome == FAKE_OTHER_MESSAGE) {
        answer_done(fake, packet.header.serial);
        return false;
    }
    make_shared(fake, fds);
    make_welcome(fake, &welcome, packet.header.serial);
    unsigned size = fake->welcome == FAKE_TRUNCATED ? sizeof(welcome) - 8 : sizeof(welcome);
    unsigned count = fake->welcome == FAKE_NO_DESCRIPTORS ? 0 : 3;
    if (packet_send_raw(fake->connection, &welcome, size, fds, count, 0) < 0) {
        blame(fake, "WELCOME could not be sent");
    }
    for (unsigned i = 0; i < 3; i++) {
        close(fds[i]);
    }
    return true;
}

/* ---- its thread ---- */

static void drain(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR) {
    }
}

static void set_wanted(struct fake_daemon *fake, uint32_t wanted)
{
    if (fake->status != NULL) {
        __atomic_store_n(&fake->status->doorbell_wanted, wanted, __ATOMIC_SEQ_CST);
    }
}

static void hang_up(struct fake_daemon *fake)
{
    if (fake->connection >= 0) {
        close(fake->connection);
        fake->connection = -1;
    }
}

/* One round: sleeps until there is something to do, and does it. False when told to stop. */
static bool serve(struct fake_daemon *fake)
{
    enum { LISTENER, CONTROL, DOORBELL, CONNECTION, COUNT };
    pthread_mutex_lock(&fake->lock);
    struct pollfd wait[COUNT] = {
        {.fd = fake->listener, .events = POLLIN},
        {.fd = fake->control, .events = POLLIN},
        {.fd = fake->doorbell, .events = POLLIN},
        {.fd = fake->connection, .events = POLLIN},
    };
    pthread_mutex_unlock(&fake->lock);
    if (poll(wait, COUNT, -1) < 0) {
        return errno == EINTR;
    }
    pthread_mutex_lock(&fake->lock);
    set_wanted(fake, 0);
    if (wait[CONTROL].revents != 0) {
        drain(fake->control);
    }
    if (wait[DOORBELL].revents != 0) {
        drain(fake->doorbell);
        fake->counts.doorbells++;
    }
    if (wait[LISTENER].revents != 0 && fake->connection < 0) {
        fake->connection = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
        if (!greet(fake)) {
            hang_up(fake);
        }
    } else if (wait[CONNECTION].revents != 0 && fake->connection >= 0 && !read_messages(fake)) {
        hang_up(fake);
    }
    if (fake->ring != NULL) {
        read_ring(fake);
        set_wanted(fake, fake->paused ? 0 : 1);
        read_ring(fake);
    }
    bool go_on = !fake->stop;
    pthread_mutex_unlock(&fake->lock);
    return go_on;
}

static void *thread_main(void *data)
{
    while (serve(data)) {
    }
    return NULL;
}

static void poke(struct fake_daemon *fake)
{
    uint64_t one = 1;
    assert_int_equal(write(fake->control, &one, sizeof(one)), sizeof(one));
}

/* ---- for tests ---- */

struct fake_daemon *fake_new(void)
{
    struct fake_daemon *fake = calloc(1, sizeof(*fake));
    assert_non_null(fake);
    fake->ring_bytes = 64u << 10;
    fake->retires = true;
    fake->connection = -1;
    pthread_mutex_init(&fake->lock, NULL);
    strcpy(fake->directory, "/tmp/gemd-test-XXXXXX");
    assert_non_null(mkdtemp(fake->directory));
    snprintf(fake->path, sizeof(fake->path), "%s/gemd.sock", fake->directory);
    return fake;
}

void fake_start(struct fake_daemon *fake)
{
    struct sockaddr_un address;
    fake->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fake->control = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fake->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(address_of_path(fake->path, &address), 0);
    assert_return_code(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), errno);
    assert_return_code(listen(fake->listener, 4), errno);
    assert_int_equal(pthread_create(&fake->thread, NULL, thread_main, fake), 0);
}

void fake_stop(struct fake_daemon *fake)
{
    char failure[sizeof(fake->failure)];
    pthread_mutex_lock(&fake->lock);
    fake->stop = true;
    pthread_mutex_unlock(&fake->lock);
    poke(fake);
    pthread_join(fake->thread, NULL);
    hang_up(fake);
    close(fake->listener);
    close(fake->doorbell);
    close(fake->control);
    if (fake->status != NULL) {
        munmap(fake->status, (sizeof(*fake->status) + 4095) / 4096 * 4096);
    }
    if (fake->ring != NULL) {
        uint64_t size = ring_file_size(fake->ring_bytes);
        munmap(fake->ring, size - (fake->welcome == FAKE_SMALL_RING_FILE ? 4096 : 0));
    }
    unlink(fake->path);
    rmdir(fake->directory);
    memcpy(failure, fake->failure, sizeof(failure));
    free(fake);
    assert_string_equal(failure, "");
}

void fake_set(struct fake_daemon *fake, bool paused, bool retires)
{
    pthread_mutex_lock(&fake->lock);
    fake->paused = paused;
    fake->retires = retires;
    set_wanted(fake, 0);
    pthread_mutex_unlock(&fake->lock);
    poke(fake);
}

void fake_retire(struct fake_daemon *fake, uint64_t seqno)
{
    pthread_mutex_lock(&fake->lock);
    retire(fake, seqno);
    pthread_mutex_unlock(&fake->lock);
}

void fake_send(struct fake_daemon *fake, const void *message, size_t size)
{
    pthread_mutex_lock(&fake->lock);
    int result = packet_send_raw(fake->connection, message, size, NULL, 0, 0);
    pthread_mutex_unlock(&fake->lock);
    assert_int_equal(result, 0);
}

void fake_die(struct fake_daemon *fake)
{
    pthread_mutex_lock(&fake->lock);
    shutdown(fake->connection, SHUT_RDWR);
    fake->paused = true;
    pthread_mutex_unlock(&fake->lock);
    poke(fake);
}

void fake_refuse_arenas(struct fake_daemon *fake, int error)
{
    pthread_mutex_lock(&fake->lock);
    fake->refuse_arenas = error;
    pthread_mutex_unlock(&fake->lock);
}

struct fake_counts fake_settle(struct fake_daemon *fake)
{
    for (;;) {
        pthread_mutex_lock(&fake->lock);
        struct pollfd connection = {.fd = fake->connection, .events = POLLIN};
        int waiting = fake->connection >= 0 ? poll(&connection, 1, 0) : 0;
        uint64_t tail = __atomic_load_n(&fake->ring->tail, __ATOMIC_SEQ_CST);
        bool read_all = fake->paused || fake->head == tail;
        struct fake_counts counts = fake->counts;
        pthread_mutex_unlock(&fake->lock);
        if (waiting == 0 && read_all) {
            return counts;
        }
        sched_yield();
    }
}
