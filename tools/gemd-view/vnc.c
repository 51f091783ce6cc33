/* SPDX-License-Identifier: MIT */
/*
 * Each viewer has a thread of LibVNCServer's, so that one which stalls holds up nobody. All read
 * one framebuffer, as large as a screen can be and never given back; what has changed of it is told
 * to them. While nobody looks no picture is given back to the daemon, and so none is copied.
 */
#include "tools/gemd-view/vnc.h"

#include <errno.h>
#include <poll.h>
#include <rfb/rfb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/gemd-view/feed.h"
#include "tools/gemd-view/vnc_door.h"

#define SIDE_MAX     4096u /* pixels each way */
#define EMPTY_WIDTH  640u  /* before there was a picture */
#define EMPTY_HEIGHT 480u
#define TILE         64u /* pixels each way: what is compared, and sent, as one */
#define VIEWERS_MAX  16

struct vnc {
    struct feed feed;
    struct vnc_door door;
    rfbScreenInfoPtr screen;
    uint8_t *pixels; /* R G B X, lines of screen->width pixels */
    char *passwords[2];
    int wake;                             /* an eventfd */
    int viewers;                          /* atomic */
    struct gemd_picture kept[FEED_SLOTS]; /* taken while nobody looks */
    unsigned kept_count;
    enum feed_state state;
};

static void wake(void *data)
{
    const uint64_t one = 1;
    const struct vnc *vnc = data;
    ssize_t written = write(vnc->wake, &one, sizeof(one));
    (void)written; /* it is readable already, else */
}

/* ---- pictures ---- */

/* LibVNCServer wants red first. */
static void convert(const uint32_t *from, uint32_t *to, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t pixel = from[i];
        to[i] = (pixel & 0x0000ff00u) | (pixel >> 16 & 0xffu) | (pixel & 0xffu) << 16;
    }
}

/* Copies what differs in a square; whether anything does. */
static bool update_tile(struct vnc *vnc, const struct gemd_picture *picture, uint32_t x, uint32_t y)
{
    const uint32_t width = picture->width - x < TILE ? picture->width - x : TILE;
    const uint32_t end = picture->height - y < TILE ? picture->height : y + TILE;
    bool changed = false;
    for (; y < end; y++) {
        uint32_t line[TILE];
        const uint8_t *from = (const uint8_t *)picture->pixels + (size_t)y * picture->stride;
        uint8_t *to = vnc->pixels + ((size_t)y * picture->width + x) * 4;
        convert((const uint32_t *)(const void *)from + x, line, width);
        if (memcmp(to, line, (size_t)width * 4) != 0) {
            memcpy(to, line, (size_t)width * 4);
            changed = true;
        }
    }
    return changed;
}

/* Neighbours in a row of squares are told of as one. */
static void update_row(struct vnc *vnc, const struct gemd_picture *picture, uint32_t y)
{
    const uint32_t end = picture->height - y < TILE ? picture->height : y + TILE;
    uint32_t first = 0;
    bool open = false;
    for (uint32_t x = 0; x < picture->width; x += TILE) {
        const bool changed = update_tile(vnc, picture, x, y);
        if (open && !changed) {
            rfbMarkRectAsModified(vnc->screen, (int)first, (int)y, (int)x, (int)end);
        }
        first = changed && !open ? x : first;
        open = changed;
    }
    if (open) {
        rfbMarkRectAsModified(vnc->screen, (int)first, (int)y, (int)picture->width, (int)end);
    }
}

static void set_size(struct vnc *vnc, uint32_t width, uint32_t height)
{
    memset(vnc->pixels, 0, (size_t)width * height * 4);
    rfbNewFramebuffer(vnc->screen, (char *)vnc->pixels, (int)width, (int)height, 8, 3, 4);
}

static void show_black(struct vnc *vnc)
{
    const uint32_t width = (uint32_t)vnc->screen->width, height = (uint32_t)vnc->screen->height;
    memset(vnc->pixels, 0, (size_t)width * height * 4);
    rfbMarkRectAsModified(vnc->screen, 0, 0, (int)width, (int)height);
}

static void show_picture(struct vnc *vnc, const struct gemd_picture *picture)
{
    if (picture->pixels == NULL || picture->width > SIDE_MAX || picture->height > SIDE_MAX) {
        show_black(vnc);
        return;
    }
    if (picture->width != (uint32_t)vnc->screen->width ||
        picture->height != (uint32_t)vnc->screen->height) {
        set_size(vnc, picture->width, picture->height);
    }
    for (uint32_t y = 0; y < picture->height; y += TILE) {
        update_row(vnc, picture, y);
    }
}

static void return_kept(struct vnc *vnc)
{
    while (vnc->kept_count > 0) {
        feed_return(&vnc->feed, &vnc->kept[--vnc->kept_count]);
    }
}

/* The newest of them is what counts. */
static void take_pictures(struct vnc *vnc)
{
    struct gemd_picture picture;
    while (feed_take(&vnc->feed, &picture)) {
        if (vnc->kept_count == FEED_SLOTS) { /* some are of a file that was replaced */
            return_kept(vnc);
        }
        vnc->kept[vnc->kept_count++] = picture;
    }
    if (__atomic_load_n(&vnc->viewers, __ATOMIC_ACQUIRE) > 0 && vnc->kept_count > 0) {
        show_picture(vnc, &vnc->kept[vnc->kept_count - 1]);
        return_kept(vnc);
    }
}

/* False: there will be no more pictures. */
static bool follow_state(struct vnc *vnc)
{
    char text[GEMD_TEXT_MAX];
    const enum feed_state state = feed_look(&vnc->feed, text);
    if (state != vnc->state) {
        vnc->state = state;
        if (state != FEED_RUNS) {
            return_kept(vnc);
            show_black(vnc);
        }
        fprintf(stderr, "gemd-view: %s\n",
                state == FEED_GONE   ? "the daemon has gone, waiting for it"
                : state == FEED_RUNS ? "the daemon is back"
                                     : text);
    }
    return state != FEED_REFUSED;
}

/* ---- viewers ---- */

static void on_gone(rfbClientPtr client)
{
    struct vnc *vnc = client->screen->screenData;
    __atomic_sub_fetch(&vnc->viewers, 1, __ATOMIC_ACQ_REL);
    wake(vnc);
}

static enum rfbNewClientAction on_new(rfbClientPtr client)
{
    struct vnc *vnc = client->screen->screenData;
    client->viewOnly = TRUE;
    client->clientGoneHook = on_gone;
    __atomic_add_fetch(&vnc->viewers, 1, __ATOMIC_ACQ_REL);
    return RFB_CLIENT_ACCEPT;
}

static void ignore_keys(rfbBool down, rfbKeySym key, rfbClientPtr client)
{
}

static void ignore_pointer(int buttons, int x, int y, rfbClientPtr client)
{
}

static void accept_viewer(struct vnc *vnc)
{
    int fd = accept4(vnc->door.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (__atomic_load_n(&vnc->viewers, __ATOMIC_ACQUIRE) >= VIEWERS_MAX) {
        close(fd);
        return;
    }
    rfbClientPtr client = rfbNewClient(vnc->screen, fd);
    if (client != NULL) {
        rfbStartOnHoldClient(client);
    }
}

static int open_screen(struct vnc *vnc)
{
    static char name[] = "gemd";
    const size_t bytes = (size_t)SIDE_MAX * SIDE_MAX * 4;
    rfbLogEnable(0);
    vnc->pixels = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    vnc->screen = rfbGetScreen(NULL, NULL, EMPTY_WIDTH, EMPTY_HEIGHT, 8, 3, 4);
    if (vnc->pixels == MAP_FAILED || vnc->screen == NULL) {
        fprintf(stderr, "gemd-view: --vnc: %s\n", strerror(ENOMEM));
        return -1;
    }
    rfbScreenInfoPtr screen = vnc->screen;
    screen->screenData = vnc;
    screen->frameBuffer = (char *)vnc->pixels;
    screen->desktopName = name;
    screen->port = -1; /* the door is ours */
    screen->ipv6port = -1;
    screen->alwaysShared = TRUE;
    screen->permitFileTransfer = FALSE;
    screen->cursor = NULL; /* it is in the picture */
    screen->newClientHook = on_new;
    screen->kbdAddEvent = ignore_keys;
    screen->ptrAddEvent = ignore_pointer;
    screen->backgroundLoop = TRUE; /* a thread for each viewer */
    if (vnc->door.has_password) {
        vnc->passwords[0] = vnc->door.password;
        screen->authPasswdData = vnc->passwords;
        screen->authPasswdFirstViewOnly = 0;
        screen->passwordCheck = rfbCheckPasswordByList;
    }
    return 0;
}

/* ---- the loop ---- */

static int open_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void loop(struct vnc *vnc, int signals)
{
    struct pollfd wait[] = {{.fd = signals, .events = POLLIN},
                            {.fd = vnc->door.fd, .events = POLLIN},
                            {.fd = vnc->wake, .events = POLLIN}};
    do {
        uint64_t count;
        if (poll(wait, 3, -1) < 0 && errno != EINTR) {
            return;
        }
        if (wait[1].revents != 0) {
            accept_viewer(vnc);
        }
        ssize_t got = read(vnc->wake, &count, sizeof(count));
        (void)got;
        if (!follow_state(vnc)) {
            return;
        }
        take_pictures(vnc);
    } while (wait[0].revents == 0);
}

static void say_where(const struct vnc *vnc)
{
    if (vnc->door.made_up) {
        printf("gemd-view: VNC at %s, password %s\n", vnc->door.name, vnc->door.password);
    } else {
        printf("gemd-view: VNC at %s\n", vnc->door.name);
    }
    fflush(stdout);
}

int vnc_run(const struct options *options)
{
    static struct vnc vnc; /* viewers' threads look at it to the end */
    int signals = open_signals();
    vnc.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (vnc_door_open(&vnc.door, options->vnc, options->vnc_password) != 0) {
        return 1;
    }
    if (open_screen(&vnc) != 0 || feed_start(&vnc.feed, options->socket, wake, &vnc) != 0) {
        vnc_door_close(&vnc.door);
        return 1;
    }
    say_where(&vnc);
    loop(&vnc, signals);
    const bool refused = vnc.state == FEED_REFUSED;
    vnc_door_close(&vnc.door);
    return_kept(&vnc);
    feed_stop(&vnc.feed);
    return refused ? 1 : 0;
}
