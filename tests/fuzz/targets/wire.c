/* SPDX-License-Identifier: MIT */
/*
 * The daemon's core in this very thread, with clients that do what the script says (wire_script.h),
 * on a GPU that runs batches at once, waits, stops or misses pages. After each script everybody
 * goes, and nothing may be left: no session, batch, buffer, page of the GTT, descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/admission.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "hw/gen3/regs.h"
#include "proto/memfile.h"
#include "proto/packet.h"
#include "proto/ring.h"
#include "tests/fuzz/targets/target.h"
#include "tests/fuzz/targets/wire_script.h"
#include "tests/unit/gemd/fake_device.h"

#define NS_PER_MS    1000000u
#define HANG_MS      1000u
#define STEPS_MAX    64u
#define CLEANUP_MAX  64u
#define RING_FILE    ((size_t)SESSION_RING_BYTES + GEMD_RING_DATA_OFFSET)
#define BATCH_WORDS  1024u
#define BATCH_RELOCS 16u

struct client {
    int socket; /* -1: there is none */
    int ring_fd, doorbell, status_fd;
    uint8_t *ring; /* mapped, or NULL */
    uint64_t tail, seqno, serials[GEMD_WINDOWS_MAX];
};

struct world {
    struct fake_device *fake;
    struct server server;
    struct event_base *base;
    struct client clients[WIRE_CLIENTS];
    enum wire_gpu mode;
    unsigned resets;
    uint64_t now;
    uint32_t frame;
    int fds[WIRE_FDS];
    int reader;        /* the other end of WIRE_FD_STREAM */
    unsigned memories; /* that the idle daemon has */
    int next_fd;       /* the lowest free descriptor */
};

/* ---- the GPU ---- */

/* One command of the ring: its dwords, or 0 when the GPU stays where it is. */
static uint32_t run_command(struct world *w, const uint32_t *dw)
{
    switch (dw[0]) {
    case MI_BATCH_BUFFER_START | MI_BATCH_GTT:
        if (w->mode == WIRE_GPU_STOPS && (dw[1] & MI_BATCH_NON_SECURE) != 0) {
            w->fake->registers[ACTHD / 4] = (dw[1] & ~7u) + 8;
            w->fake->registers[IPEHR / 4] = 0x54300004;
            return 0;
        }
        if (w->mode == WIRE_GPU_MISSES) {
            w->fake->registers[PGTBL_ER / 4] |= PGTBL_ER_LC_PTE;
            w->fake->registers[EIR / 4] |= ERROR_PAGE_TABLE;
            fake_interrupt(w->fake, INT_MASTER_ERROR);
        }
        return 2;
    case MI_STORE_DATA_INDEX: {
        uint8_t *page = w->server.gpu.status.dma.cpu;

        memcpy(page + dw[1], &dw[2], 4);
        return 3;
    }
    case MI_USER_INTERRUPT:
        fake_interrupt(w->fake, INT_USER);
        return 1;
    default:
        return 1;
    }
}

static void run_ring(struct world *w, uint32_t tail)
{
    const uint32_t *ring = w->server.gpu.ring_memory.dma.cpu;
    uint32_t head = fake_register(w->fake, PRB0_HEAD);

    if (w->fake->resets != w->resets) { /* it is well again */
        w->resets = w->fake->resets;
        w->mode = WIRE_GPU_RUNS;
    }
    while (w->mode != WIRE_GPU_WAITS && head != tail) {
        const uint32_t length = run_command(w, &ring[head / 4]);

        if (length == 0) {
            break;
        }
        head = (head + length * 4) % GPU_RING_BYTES;
    }
    w->fake->registers[PRB0_HEAD / 4] = head;
}

static void on_write(struct fake_device *fake, uint32_t reg, uint32_t value)
{
    struct world *w = fake->on_write_data;

    if (reg == PRB0_TAIL && (fake_register(fake, PRB0_CTL) & RING_VALID) != 0) {
        run_ring(w, value);
    }
}

static void set_mode(struct world *w, enum wire_gpu mode)
{
    w->mode = mode;
    if ((fake_register(w->fake, PRB0_CTL) & RING_VALID) != 0) {
        run_ring(w, fake_register(w->fake, PRB0_TAIL));
    }
}

/* ---- the world ---- */

static uint64_t read_clock(void *data)
{
    const struct world *w = data;

    return w->now;
}

/* The daemon's sleeps (--wrap): a PLL that locks, a ring that runs empty. They cost nothing here.
 */
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    return 0;
}

static void turn(struct world *w)
{
    event_base_loop(w->base, EVLOOP_NONBLOCK);
}

/* As long as one thing leads to another. */
static void settle(struct world *w)
{
    for (int i = 0; i < 4; i++) {
        turn(w);
    }
}

static void open_fds(struct world *w)
{
    w->fds[WIRE_FD_FILE] = memfile_create("wire", WIRE_FILE_BYTES);
    w->fds[WIRE_FD_LARGE] = memfile_create("wire", WIRE_LARGE_BYTES);
    w->fds[WIRE_FD_PAGE] = memfile_create("wire", MEMFILE_PAGE);
    w->fds[WIRE_FD_UNSEALED] = memfd_create("wire", MFD_CLOEXEC);
    w->fds[WIRE_FD_NULL] = open("/dev/null", O_RDWR | O_CLOEXEC);
    w->fds[WIRE_FD_EVENT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fds[WIRE_FD_UNSEALED] < 0 || ftruncate(w->fds[WIRE_FD_UNSEALED], WIRE_FILE_BYTES) != 0) {
        abort();
    }
}

/* For recordings; each input has its own, as nothing else ends those that wait for a session. */
static void open_stream(struct world *w)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        abort();
    }
    w->fds[WIRE_FD_STREAM] = ends[0];
    w->reader = ends[1];
}

static int lowest_fd(void)
{
    const int fd = fcntl(0, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0) {
        close(fd);
    }
    return fd;
}

static struct world *world_create(void)
{
    struct world *w = calloc(1, sizeof(*w));

    if (w == NULL || (w->base = event_base_new()) == NULL) {
        abort();
    }
    log_set_level(LOG_LEVEL_ERROR);
    w->fake = fake_device_create();
    w->now = UINT64_C(1) << 40;
    const struct server_options options = {.device_name = "fuzz",
                                           .width = 64,
                                           .height = 64,
                                           .hang_ns = (uint64_t)HANG_MS * NS_PER_MS,
                                           .clock = {read_clock, w}};
    if (server_init(&w->server, w->base, &w->fake->base, &options) != 0) {
        abort();
    }
    w->fake->on_write = on_write;
    w->fake->on_write_data = w;
    open_fds(w);
    for (size_t i = 0; i < WIRE_CLIENTS; i++) {
        w->clients[i].socket = -1;
    }
    settle(w);
    w->memories = w->fake->memories;
    return w;
}

/* ---- clients ---- */

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void client_close(struct client *client)
{
    if (client->socket < 0) {
        return;
    }
    if (client->ring != NULL) {
        munmap(client->ring, RING_FILE);
    }
    close_fd(&client->socket);
    close_fd(&client->ring_fd);
    close_fd(&client->doorbell);
    close_fd(&client->status_fd);
    *client = (struct client){.socket = -1};
}

static void client_connect(struct world *w, struct client *client)
{
    int pair[2];

    client_close(client);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        abort();
    }
    *client = (struct client){.socket = pair[0], .ring_fd = -1, .doorbell = -1, .status_fd = -1};
    struct session *session = session_create(&w->server, pair[1]);
    if (session == NULL || !admission_enter(session)) {
        target_fail("no session");
    }
}

static void take_welcome(struct client *client, struct packet *packet)
{
    if (client->ring != NULL || packet->fd_count != 3) {
        target_fail("a second WELCOME, or one with %u descriptors", packet->fd_count);
    }
    client->ring_fd = packet_take_fd(packet, 0);
    client->status_fd = packet_take_fd(packet, 1);
    client->doorbell = packet_take_fd(packet, 2);
    client->ring = mmap(NULL, RING_FILE, PROT_READ | PROT_WRITE, MAP_SHARED, client->ring_fd, 0);
    if (client->ring == MAP_FAILED) {
        abort();
    }
}

/* What the daemon says is as the tables have it. */
static void client_read(struct client *client)
{
    char reason[GEMD_TEXT_MAX];

    for (;;) {
        struct packet packet;
        if (client->socket < 0 || packet_receive(client->socket, &packet, MSG_DONTWAIT) != 1) {
            return;
        }
        const struct codec_message *row = packet_check(&packet, CODEC_TO_CLIENT, reason);
        if (row == NULL) {
            target_fail("the daemon sends what breaks the protocol: %s", reason);
        }
        if (row->type == GEMD_MSG_WELCOME) {
            take_welcome(client, &packet);
        }
        packet_clear(&packet);
    }
}

static int fd_of(const struct world *w, const struct client *client, uint8_t kind)
{
    int fd = kind % WIRE_FDS == WIRE_FD_RING     ? client->ring_fd
             : kind % WIRE_FDS == WIRE_FD_STATUS ? client->status_fd
                                                 : w->fds[kind % WIRE_FDS];

    return fd >= 0 ? fd : w->fds[WIRE_FD_NULL];
}

static void send_bytes(const struct world *w, struct client *client, const uint8_t *bytes,
                       size_t size, uint8_t kind, unsigned fd_count)
{
    int fds[8];

    for (unsigned i = 0; i < 8; i++) {
        fds[i] = fd_of(w, client, kind);
    }
    const int result = packet_send_raw(client->socket, bytes, size, fds,
                                       fd_count < 8 ? fd_count : 8, MSG_DONTWAIT);
    (void)result; /* the daemon may have closed, or not have read for long */
}

static void send_message(const struct world *w, struct client *client, const struct wire_step *step)
{
    uint8_t bytes[GEMD_MESSAGE_MAX] = {0};
    struct gemd_msg_header header;

    if (step->size < 1 + sizeof(header)) {
        return;
    }
    const size_t size = step->size - 1 < sizeof(bytes) ? step->size - 1 : sizeof(bytes);
    memcpy(bytes, step->bytes + 1, size);
    memcpy(&header, bytes, sizeof(header));
    const struct codec_message *row = codec_message(header.type);
    if (row == NULL) {
        send_bytes(w, client, bytes, size, step->bytes[0], 0);
        return;
    }
    header.size = row->size;
    memcpy(bytes, &header, sizeof(header));
    send_bytes(w, client, bytes, row->size, step->bytes[0], row->fds);
}

/* ---- the ring ---- */

static void write_tail(struct client *client, uint64_t tail)
{
    client->tail = tail;
    __atomic_store_n((uint64_t *)(void *)client->ring, tail, __ATOMIC_SEQ_CST);
}

static void ring_doorbell(struct client *client)
{
    const uint64_t one = 1;

    if (client->doorbell >= 0) {
        (void)!write(client->doorbell, &one, sizeof(one));
    }
}

/* A record's bytes, as they are, with PAD before them where they would straddle the end. */
static void append(struct client *client, const uint8_t *bytes, size_t size)
{
    uint8_t *area = client->ring + GEMD_RING_DATA_OFFSET;
    size_t at = client->tail % SESSION_RING_BYTES;

    if (SESSION_RING_BYTES - at < size) {
        const struct gemd_record_header pad = {.type = GEMD_RECORD_PAD,
                                               .size = (uint32_t)(SESSION_RING_BYTES - at)};

        if (pad.size >= sizeof(pad)) {
            memcpy(area + at, &pad, sizeof(pad));
        }
        client->tail += pad.size;
        at = 0;
    }
    memcpy(area + at, bytes, size);
    write_tail(client, client->tail + size);
    ring_doorbell(client);
}

/* Numbers that have to be the next ones. */
static void fix_number(struct client *client, uint8_t *bytes)
{
    struct gemd_record_header header;

    memcpy(&header, bytes, sizeof(header));
    if (header.type == GEMD_RECORD_SUBMIT) {
        struct gemd_record_submit submit;

        memcpy(&submit, bytes, sizeof(submit));
        submit.seqno = ++client->seqno;
        memcpy(bytes, &submit, sizeof(submit));
    } else if (header.type == GEMD_RECORD_PRESENT) {
        struct gemd_record_present present;

        memcpy(&present, bytes, sizeof(present));
        if (present.window < GEMD_WINDOWS_MAX) {
            present.serial = ++client->serials[present.window];
        }
        if (present.seqno > client->seqno) {
            present.seqno = client->seqno;
        }
        memcpy(bytes, &present, sizeof(present));
    }
}

static void put_record(struct client *client, const struct wire_step *step)
{
    uint8_t bytes[WIRE_STEP_MAX + 64] = {0};

    if (client->ring == NULL || step->size < 1 + sizeof(struct gemd_record_header)) {
        return;
    }
    const uint8_t fix = step->bytes[0];
    size_t size = step->size - 1 < WIRE_STEP_MAX ? step->size - 1 : WIRE_STEP_MAX;
    memcpy(bytes, step->bytes + 1, size);
    size = (size + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
    if ((fix & WIRE_FIX_SIZE) != 0) {
        const uint32_t said = (uint32_t)size;

        memcpy(bytes + 4, &said, sizeof(said));
    }
    if ((fix & WIRE_FIX_NUMBER) != 0 && size >= sizeof(struct gemd_record_present)) {
        fix_number(client, bytes);
    }
    append(client, bytes, size);
}

static uint32_t load(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* A SUBMIT that is a sound record, whatever the batch is. */
static void put_submit(struct client *client, const struct wire_step *step)
{
    static uint8_t record[sizeof(struct gemd_record_submit) + BATCH_WORDS * 4 + BATCH_RELOCS * 16 +
                          256 * 4 + 16];
    struct gemd_record_submit submit = {.header = {.type = GEMD_RECORD_SUBMIT}};
    size_t at = 2;

    if (client->ring == NULL || step->size < 2) {
        return;
    }
    submit.buffer_count = step->bytes[0];
    submit.reloc_count = step->bytes[1] % (BATCH_RELOCS + 1);
    if (step->size - at < submit.reloc_count * sizeof(struct gemd_reloc)) {
        submit.reloc_count = (uint32_t)((step->size - at) / sizeof(struct gemd_reloc));
    }
    const uint8_t *relocs = step->bytes + at;
    at += submit.reloc_count * sizeof(struct gemd_reloc);
    submit.word_count = (uint32_t)((step->size - at) / 8 * 2);
    if (submit.word_count > BATCH_WORDS) {
        submit.word_count = BATCH_WORDS;
    }
    const struct ring_submit layout =
        ring_submit_layout(submit.word_count, submit.reloc_count, submit.buffer_count);
    submit.seqno = ++client->seqno;
    submit.header.size = (uint32_t)layout.size;
    memset(record, 0, sizeof(record));
    memcpy(record, &submit, sizeof(submit));
    memcpy(record + layout.words, step->bytes + at, (size_t)submit.word_count * 4);
    memcpy(record + layout.relocs, relocs, submit.reloc_count * sizeof(struct gemd_reloc));
    for (uint32_t i = 0; i < submit.buffer_count; i++) { /* handles 1, 2, 3 ... */
        const uint32_t handle = i + 1;

        memcpy(record + layout.buffers + 4 * (size_t)i, &handle, sizeof(handle));
    }
    append(client, record, layout.size);
}

static void poke(struct client *client, const struct wire_step *step)
{
    if (client->ring != NULL && step->size > 4) {
        const size_t at = load(step->bytes) % (RING_FILE - WIRE_STEP_MAX);

        memcpy(client->ring + at, step->bytes + 4,
               step->size - 4 < WIRE_STEP_MAX ? step->size - 4 : WIRE_STEP_MAX);
    }
}

static void set_tail(struct client *client, const struct wire_step *step)
{
    if (client->ring != NULL && step->size >= 8) {
        write_tail(client, load(step->bytes) | (uint64_t)load(step->bytes + 4) << 32);
        ring_doorbell(client);
    }
}

/* ---- the rest of the world ---- */

static void vblank(struct world *w)
{
    w->now += 16 * NS_PER_MS;
    fake_set_frame(w->fake, ++w->frame, 0);
    w->fake->registers[PIPESTAT_A / 4] |= PIPESTAT_VBLANK;
    fake_interrupt(w->fake, INT_PIPE_A_EVENT);
    turn(w);
}

static void tick(struct world *w, uint32_t ms)
{
    w->now += (uint64_t)ms * NS_PER_MS;
    event_active(w->server.hang.timer, EV_TIMEOUT, 1);
    event_active(w->server.vblank.tick, EV_TIMEOUT, 1);
}

static void perform(struct world *w, const struct wire_step *step)
{
    struct client *client = &w->clients[step->client % WIRE_CLIENTS];

    if (client->socket < 0 && step->kind >= WIRE_PACKET && step->kind <= WIRE_CLOSE) {
        return;
    }
    switch ((enum wire_kind)step->kind) {
    case WIRE_CONNECT:
        client_connect(w, client);
        break;
    case WIRE_PACKET:
        if (step->size >= 2) {
            send_bytes(w, client, step->bytes + 2, step->size - 2, step->bytes[1],
                       step->bytes[0] % 8);
        }
        break;
    case WIRE_MESSAGE:
        send_message(w, client, step);
        break;
    case WIRE_RECORD:
        put_record(client, step);
        break;
    case WIRE_BATCH:
        put_submit(client, step);
        break;
    case WIRE_TAIL:
        set_tail(client, step);
        break;
    case WIRE_POKE:
        poke(client, step);
        break;
    case WIRE_DOORBELL:
        ring_doorbell(client);
        break;
    case WIRE_CLOSE:
        client_close(client);
        break;
    case WIRE_VBLANK:
        for (uint32_t i = 0; step->size > 0 && i < step->bytes[0] % 8u; i++) {
            vblank(w);
        }
        break;
    case WIRE_TICK:
        tick(w, step->size >= 2 ? step->bytes[0] | (uint32_t)step->bytes[1] << 8 : 100);
        break;
    case WIRE_GPU:
        set_mode(w, (enum wire_gpu)(step->size > 0 ? step->bytes[0] % WIRE_GPU_MODES : 0));
        break;
    case WIRE_KINDS:
        break;
    }
}

static bool is_idle(const struct world *w)
{
    return list_empty(&w->server.sessions) && w->server.fence.count == 0 &&
           w->fake->memories == w->memories && w->server.recordings.count == 0;
}

static void check_fds(const struct world *w)
{
    char name[64], file[256] = "?";

    if (lowest_fd() == w->next_fd) {
        return;
    }
    snprintf(name, sizeof(name), "/proc/self/fd/%d", w->next_fd);
    (void)!readlink(name, file, sizeof(file) - 1);
    target_fail("descriptor %d is still there: %s", w->next_fd, file);
}

/* Everybody goes; the GPU is well, or is made so. */
static void clean_up(struct world *w)
{
    for (size_t i = 0; i < WIRE_CLIENTS; i++) {
        client_close(&w->clients[i]);
    }
    close_fd(&w->fds[WIRE_FD_STREAM]);
    close_fd(&w->reader);
    set_mode(w, WIRE_GPU_RUNS);
    settle(w);
    for (unsigned i = 0; i < CLEANUP_MAX && !is_idle(w); i++) {
        vblank(w);
        tick(w, 2 * HANG_MS);
        settle(w);
    }
    if (!is_idle(w)) {
        target_fail("left: %u sessions, %u batches, %u recordings, %u memories of %u",
                    w->server.session_count, w->server.fence.count, w->server.recordings.count,
                    w->fake->memories, w->memories);
    }
    if (w->server.session_count != 0 || w->server.gpu.gtt.client_pages != 0 ||
        !list_empty(&w->server.display.windows) || w->server.sched.fair.drain_for != NULL) {
        target_fail("left: count %u, %u pages, or a window", w->server.session_count,
                    w->server.gpu.gtt.client_pages);
    }
    if (w->server.failed) {
        target_fail("the daemon gave up");
    }
    check_fds(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct world *w;
    struct wire_step step;
    size_t at = 0;

    if (w == NULL) {
        w = world_create();
    }
    w->next_fd = lowest_fd(); /* engines open some between two inputs */
    open_stream(w);
    for (unsigned i = 0; i < STEPS_MAX && wire_next(bytes, size, &at, &step); i++) {
        perform(w, &step);
        if ((step.client & WIRE_QUIET) == 0) {
            turn(w);
            for (size_t n = 0; n < WIRE_CLIENTS; n++) {
                client_read(&w->clients[n]);
            }
        }
    }
    clean_up(w);
    return 0;
}
