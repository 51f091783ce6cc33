/* SPDX-License-Identifier: MIT */
#include "tests/soak/watch.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/packet.h"

enum { HALF = WATCH_SIDE / 2, MANY = 8, RIGHTS = GEMD_USE_READ | GEMD_USE_WRITE };

/* ---- lends ---- */

struct loan {
    struct watch watch;
    struct gemd_session *lender, *borrower;
    struct gemd_bo *bo, *borrowed;
};

/* The borrower is told of what is taken back, and that its batch is refused: as it should be. */
static void expect(void *data, const struct gemd_msg_header *event, const char *text)
{
}

static bool worked(struct loan *loan, int result, const char *what)
{
    return result >= 0 || client_error(loan->watch.client, "%s: %s", what, strerror(-result));
}

static bool fill(struct loan *loan, struct gemd_session *session, struct gemd_bo *bo, uint32_t top,
                 uint32_t colour, uint64_t *seqno)
{
    struct batch batch;

    batch_reset(&batch);
    batch_fill(&batch, bo, WATCH_PITCH, 0, top, WATCH_SIDE, WATCH_SIDE, colour);
    return watch_submitted(&loan->watch, session, &batch, seqno);
}

/* Gives the buffer to the other session. */
static bool lend(struct loan *loan)
{
    int token = gemd_bo_share(loan->bo, RIGHTS);

    if (!worked(loan, token, "a token")) {
        return false;
    }
    int result = gemd_bo_accept(loan->borrower, token, &loan->borrowed);
    close(token);
    return worked(loan, result, "a buffer by token");
}

/* The borrower fills all of it, then, after a fence, the lender its lower half. */
static bool draw_in_turn(struct loan *loan)
{
    const uint32_t above = client_random(loan->watch.client);
    const uint32_t below = client_random(loan->watch.client);
    uint64_t seqno = 0;

    if (!fill(loan, loan->borrower, loan->borrowed, 0, above, &seqno)) {
        return false;
    }
    int fence = gemd_fence_export(loan->borrower, seqno);
    if (!worked(loan, fence, "a fence")) {
        return false;
    }
    int result = gemd_fence_wait_before(loan->lender, fence, GEMD_FOREVER);
    close(fence);
    return worked(loan, result, "a wait for a fence") &&
           fill(loan, loan->lender, loan->bo, HALF, below, &seqno) &&
           watch_finished(&loan->watch, loan->lender, seqno) &&
           watch_is_filled(&loan->watch, loan->bo, WATCH_SIDE - 1, HALF - 1, above, "borrower") &&
           watch_is_filled(&loan->watch, loan->bo, WATCH_SIDE - 1, HALF, below, "lender");
}

/* Takes it back; now and then the borrower goes on, and must change nothing. */
static bool take_back(struct loan *loan)
{
    const uint32_t *pixels = gemd_bo_map(loan->bo);
    const uint32_t was = pixels[0];
    const bool goes_on = client_below(loan->watch.client, 4) == 0;
    uint64_t seqno = 0;

    if (!worked(loan, gemd_bo_revoke(loan->bo), "taking back")) {
        return false;
    }
    if (goes_on && (!fill(loan, loan->borrower, loan->borrowed, 0, ~was, &seqno) ||
                    !watch_finished(&loan->watch, loan->borrower, seqno))) {
        return false;
    }
    gemd_bo_unref(loan->borrowed);
    loan->borrowed = NULL;
    return watch_is_filled(&loan->watch, loan->bo, 0, 0, was, "a buffer that was taken back");
}

bool client_lends(struct client *client)
{
    struct loan loan = {.watch = {.client = client}};
    bool fine = true;

    loan.lender = client_open(client, watch_event, &loan.watch);
    loan.borrower = loan.lender != NULL ? client_open(client, expect, NULL) : NULL;
    while (loan.borrower != NULL && fine && !client_stopped()) {
        if (client->rounds++ % 16 == 0) {
            gemd_bo_unref(loan.bo);
            loan.bo = watch_buffer(&loan.watch, loan.lender, WATCH_BYTES, true);
        }
        fine = loan.bo != NULL && lend(&loan) && draw_in_turn(&loan) && take_back(&loan) &&
               watch_is_sound(&loan.watch, loan.lender) &&
               watch_is_sound(&loan.watch, loan.borrower);
    }
    gemd_bo_unref(loan.borrowed);
    gemd_bo_unref(loan.bo);
    gemd_session_close(loan.borrower);
    gemd_session_close(loan.lender);
    return fine;
}

/* ---- inherits ---- */

/* A process that lends a buffer of that colour, and is killed. */
static void lend_until_death(struct client *client, int to, uint32_t colour)
{
    struct client child = *client;
    struct watch watch = {.client = &child};
    uint64_t seqno = 0;
    struct batch batch;
    char byte = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    child.name = "lends.child";
    struct gemd_session *session = client_open(&child, watch_event, &watch);
    struct gemd_bo *bo = session != NULL ? watch_buffer(&watch, session, WATCH_BYTES, true) : NULL;
    if (bo == NULL) {
        _exit(1);
    }
    batch_reset(&batch);
    batch_fill(&batch, bo, WATCH_PITCH, 0, 0, WATCH_SIDE, WATCH_SIDE, colour);
    int token =
        watch_submitted(&watch, session, &batch, &seqno) && watch_finished(&watch, session, seqno)
            ? gemd_bo_share(bo, GEMD_USE_READ)
            : -1;
    if (token < 0 || packet_send_raw(to, &byte, sizeof(byte), &token, 1, 0) != 0) {
        _exit(1);
    }
    pause();
    _exit(0);
}

/* A copy of what was lent is as it was, whenever the lender goes; 'borrowed' is of that colour. */
static bool copy_loan(struct loan *loan, pid_t lender, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno = 0;

    batch_reset(&batch);
    batch_fill(&batch, loan->bo, WATCH_PITCH, 0, 0, WATCH_SIDE, WATCH_SIDE, ~colour);
    BATCH_PUT(&batch, 0x54f00006, 0x03cc0000 | WATCH_PITCH, 0, WATCH_SIDE << 16 | WATCH_SIDE);
    batch_address(&batch, loan->bo, 0, GEMD_USE_WRITE);
    BATCH_PUT(&batch, 0, WATCH_PITCH);
    batch_address(&batch, loan->borrowed, 0, GEMD_USE_READ);
    usleep(client_below(loan->watch.client, 3000));
    kill(lender, SIGKILL);
    return watch_submitted(&loan->watch, loan->borrower, &batch, &seqno) &&
           watch_finished(&loan->watch, loan->borrower, seqno) &&
           watch_is_filled(&loan->watch, loan->bo, WATCH_SIDE - 1, WATCH_SIDE - 1, colour,
                           "copy of a buffer whose lender was killed");
}

static bool inherit_once(struct loan *loan)
{
    const uint32_t colour = client_random(loan->watch.client);
    struct packet packet;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return client_error(loan->watch.client, "no sockets");
    }
    pid_t lender = fork();
    if (lender == 0) {
        close(ends[0]);
        lend_until_death(loan->watch.client, ends[1], colour);
    }
    close(ends[1]);
    bool fine = packet_receive(ends[0], &packet, 0) == 1 && packet.fd_count == 1;
    if (fine) {
        int result = gemd_bo_accept(loan->borrower, packet.fds[0], &loan->borrowed);
        packet_clear(&packet);
        fine = worked(loan, result, "a buffer by token") && copy_loan(loan, lender, colour);
        gemd_bo_unref(loan->borrowed);
        loan->borrowed = NULL;
    } else if (!client_stopped()) {
        client_error(loan->watch.client, "the lender ended without a buffer");
    }
    close(ends[0]);
    if (lender > 0) {
        kill(lender, SIGKILL);
        waitpid(lender, NULL, 0);
    }
    return fine || client_stopped();
}

bool client_inherits(struct client *client)
{
    struct loan loan = {.watch = {.client = client}};
    bool fine = true;

    loan.borrower = client_open(client, watch_event, &loan.watch);
    if (loan.borrower == NULL) {
        return true;
    }
    loan.bo = watch_buffer(&loan.watch, loan.borrower, WATCH_BYTES, false);
    fine = loan.bo != NULL;
    while (fine && !client_stopped()) {
        fine = inherit_once(&loan) && watch_is_sound(&loan.watch, loan.borrower);
        client->rounds++;
    }
    gemd_bo_unref(loan.bo);
    gemd_session_close(loan.borrower);
    return fine;
}

/* ---- purges ---- */

/* A buffer that is not needed between the rounds. */
struct spare {
    struct gemd_bo *bo;
    uint32_t colour;
};

/* Its pixels are as they were, or the daemon says that they are not. Then there are new ones. */
static bool use_spare(struct watch *watch, struct gemd_session *session, struct spare *spare)
{
    struct batch batch;
    uint64_t seqno = 0;
    bool retained = false;
    int result = gemd_bo_need(spare->bo, &retained);

    if (result != 0) {
        return client_error(watch->client, "needing: %s", strerror(-result));
    }
    if (retained && (!watch_is_filled(watch, spare->bo, 0, 0, spare->colour, "kept buffer") ||
                     !watch_is_filled(watch, spare->bo, WATCH_SIDE - 1, WATCH_SIDE - 1,
                                      spare->colour, "kept buffer"))) {
        return false;
    }
    spare->colour = client_random(watch->client);
    batch_reset(&batch);
    batch_fill(&batch, spare->bo, WATCH_PITCH, 0, 0, WATCH_SIDE, WATCH_SIDE, spare->colour);
    if (!watch_submitted(watch, session, &batch, &seqno) ||
        !watch_finished(watch, session, seqno) ||
        !watch_is_filled(watch, spare->bo, WATCH_SIDE - 1, 0, spare->colour, "fill")) {
        return false;
    }
    result = gemd_bo_dont_need(spare->bo);
    return result == 0 || client_error(watch->client, "not needing: %s", strerror(-result));
}

bool client_purges(struct client *client)
{
    struct watch watch = {.client = client};
    struct gemd_session *session = client_open(client, watch_event, &watch);
    struct spare spares[MANY] = {0};
    bool fine = true;

    for (unsigned i = 0; session != NULL && fine && i < MANY; i++) {
        spares[i].bo = watch_buffer(&watch, session, WATCH_BYTES, client_below(client, 2) == 0);
        fine = spares[i].bo != NULL && gemd_bo_dont_need(spares[i].bo) == 0;
    }
    while (session != NULL && fine && !client_stopped()) {
        fine = use_spare(&watch, session, &spares[client_below(client, MANY)]) &&
               watch_is_sound(&watch, session);
        client->rounds++;
    }
    for (unsigned i = 0; i < MANY; i++) {
        gemd_bo_unref(spares[i].bo);
    }
    gemd_session_close(session);
    return fine;
}
