/* SPDX-License-Identifier: MIT */
#include "tests/soak/client.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/codec.h"
#include "proto/packet.h"
#include "proto/ring.h"
#include "tests/lib/batch.h"
#include "tests/lib/raw.h"

enum { PITCH = 1024, SIDE = 256, BYTES = PITCH * SIDE };

static void ignore(void *data, const struct gemd_msg_header *event, const char *text)
{
}

/* ---- floods ---- */

bool client_floods(struct client *client)
{
    while (!client_stopped()) {
        struct gemd_session *session = client_open(client, ignore, NULL);
        struct gemd_bo *bo = NULL;
        struct batch batch;
        uint64_t seqno = 0;

        if (session == NULL || gemd_bo_create(session, BYTES, false, &bo) != 0) {
            gemd_session_close(session);
            continue;
        }
        batch_reset(&batch);
        for (unsigned i = 0; i < 16; i++) {
            batch_fill(&batch, bo, PITCH, 0, 0, SIDE, SIDE, i);
        }
        const struct batch filled = batch;
        for (unsigned i = 0; i < 20000 && !client_stopped(); i++) {
            batch = filled;
            if (batch_submit(&batch, session, &seqno) != 0) {
                break;
            }
            client->rounds++;
        }
        gemd_bo_unref(bo);
        gemd_session_close(session); /* with all of it in flight */
    }
    return true;
}

/* ---- refuses ---- */

static void break_a_rule(struct client *client, struct batch *batch, struct gemd_bo *bo)
{
    switch (client_below(client, 5)) {
    case 0: /* no end */
        BATCH_PUT(batch, 0, 0);
        break;
    case 1: /* a command of nobody */
        BATCH_PUT(batch, client_random(client) | 0x60000000, client_random(client), 0x05000000, 0);
        break;
    case 2: /* beyond the buffer */
        batch_fill(batch, bo, PITCH, 0, 0, SIDE, SIDE + 1 + client_below(client, 1000), 1);
        BATCH_PUT(batch, 0x05000000);
        break;
    case 3: /* an address of its own */
        BATCH_PUT(batch, 0x54300004, 0x03f00000 | PITCH, 0, SIDE << 16 | SIDE,
                  client_random(client), 0, 0x05000000, 0);
        break;
    default: /* a register */
        BATCH_PUT(batch, 0x11000001, 0x2020, client_random(client), 0x05000000);
        break;
    }
}

bool client_refuses(struct client *client)
{
    while (!client_stopped()) {
        struct gemd_session *session = client_open(client, ignore, NULL);
        struct gemd_bo *bo = NULL;

        for (unsigned i = 0; session != NULL && i < 2000 && !client_stopped(); i++) {
            struct batch batch;
            uint64_t seqno = 0;

            if (bo == NULL && gemd_bo_create(session, BYTES, false, &bo) != 0) {
                break;
            }
            batch_reset(&batch);
            break_a_rule(client, &batch, bo);
            if (batch_submit_as_is(&batch, session, &seqno) != 0) {
                break;
            }
            if (i % 64 == 0) {
                (void)gemd_seqno_wait(session, seqno, GEMD_FOREVER);
            }
            client->rounds++;
        }
        gemd_bo_unref(bo);
        gemd_session_close(session);
    }
    return true;
}

/* ---- by hand, without the library ---- */

/* A connection with its WELCOME, as soon as there is one; -1 when stopped before. */
static int greet(struct client *client, struct packet *welcome)
{
    int socket = -1;

    while (!client_stopped() && (socket = raw_greet(client->socket, client->name, welcome)) < 0) {
        usleep(20000);
    }
    return socket;
}

/* ---- scrawls ---- */

static void scrawl_in_ring(struct client *client, const struct packet *welcome)
{
    const uint64_t size =
        ring_file_size(((const struct gemd_msg_welcome *)(const void *)welcome->bytes)->ring_bytes);
    uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, welcome->fds[0], 0);
    const uint64_t one = 1;

    if (map == MAP_FAILED) {
        return;
    }
    struct gemd_ring_header *ring = (struct gemd_ring_header *)(void *)map;
    uint32_t *words = (uint32_t *)(void *)(map + GEMD_RING_DATA_OFFSET);
    for (unsigned i = 0; i < 1024; i++) {
        words[i] = client_below(client, 3) == 0 ? client_random(client) : client_below(client, 64);
    }
    /* Often a record that begins well. */
    if (client_below(client, 4) != 0) {
        words[0] = 1 + client_below(client, 8);
        words[1] = 8 * (1 + client_below(client, 32));
    }
    const uint64_t tail = client_below(client, 8) == 0 ? client_random(client) : 4096;
    __atomic_store_n(&ring->tail, tail, __ATOMIC_SEQ_CST);
    (void)!write(welcome->fds[2], &one, sizeof(one));
    munmap(map, size);
}

static void scrawl_in_socket(struct client *client, int socket)
{
    uint32_t words[GEMD_MESSAGE_MAX / 4];
    size_t size = 4 + client_below(client, sizeof(words) - 4);

    for (size_t i = 0; i < sizeof(words) / 4; i++) {
        words[i] = client_random(client);
    }
    words[0] = client_below(client, 64);
    words[1] = (uint32_t)size;
    (void)!send(socket, words, size, MSG_NOSIGNAL);
}

bool client_scrawls(struct client *client)
{
    while (!client_stopped()) {
        struct packet welcome;
        int socket = greet(client, &welcome);

        if (socket < 0) {
            break;
        }
        if (client_below(client, 2) == 0) {
            scrawl_in_ring(client, &welcome);
        } else {
            scrawl_in_socket(client, socket);
        }
        packet_clear(&welcome);
        usleep(client_below(client, 5000));
        close(socket);
        client->rounds++;
    }
    return true;
}

/* ---- sleeps ---- */

bool client_sleeps(struct client *client)
{
    while (!client_stopped()) {
        struct packet welcome;
        int socket = greet(client, &welcome);

        if (socket < 0) {
            break;
        }
        packet_clear(&welcome);
        /* Each is answered, and none of the answers is ever read. */
        for (unsigned i = 0; i < 5000 && !client_stopped(); i++) {
            struct gemd_msg_window_destroy destroy;

            codec_begin(&destroy, GEMD_MSG_WINDOW_DESTROY, 2 + i);
            if (packet_send(socket, &destroy, NULL, MSG_DONTWAIT) != 0) {
                usleep(10000);
            }
            client->rounds++;
        }
        close(socket);
    }
    return true;
}

/* ---- dies ---- */

static void draw_until_death(struct client *client)
{
    static client_kind *const kinds[] = {client_shows, client_draws,  client_floods,
                                         client_lends, client_purges, client_strands};
    struct client child = *client;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    child.name = "dies.child";
    kinds[client_below(&child, sizeof(kinds) / sizeof(kinds[0]))](&child);
    _exit(0);
}

bool client_dies(struct client *client)
{
    while (!client_stopped()) {
        pid_t child = fork();

        if (child == 0) {
            draw_until_death(client);
        }
        (void)client_random(client);
        usleep(1000 + client_below(client, 200000));
        if (child > 0) {
            kill(child, SIGKILL);
            waitpid(child, NULL, 0);
        }
        client->rounds++;
    }
    return true;
}
