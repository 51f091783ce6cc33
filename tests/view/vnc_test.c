/* SPDX-License-Identifier: MIT */
/* gemd-view --vnc, with viewers of LibVNCClient: pictures, passwords, who may come, who stalls. */
#include <arpa/inet.h>
#include <errno.h>
#include <rfb/rfbclient.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/view/desk.h"

enum { WIDTH = 320, HEIGHT = 200 };

static char password[64]; /* that viewers say */

static char *say_password(rfbClient *client)
{
    return strdup(password);
}

/* Where it serves, and its password into 'password'; the port, 0 of a socket file. */
static int await_service(const struct desk *desk)
{
    char line[200], *comma;
    desk_await_output(desk, "gemd-view: VNC at ", line, sizeof(line));
    password[0] = '\0';
    comma = strstr(line, ", password ");
    if (comma != NULL) {
        snprintf(password, sizeof(password), "%s", comma + strlen(", password "));
        *comma = '\0';
    }
    const char *colon = strrchr(line, ':');
    return colon != NULL ? atoi(colon + 1) : 0;
}

static void quiet(const char *format, ...)
{
}

/* NULL: it is not let in. host: an address, or the path of a socket. */
static rfbClient *come(const char *host, int port)
{
    rfbClientLog = quiet;
    rfbClientErr = quiet;
    rfbClient *client = rfbGetClient(8, 3, 4);
    assert_non_null(client);
    client->GetPassword = say_password;
    client->canHandleNewFBSize = TRUE;
    client->serverHost = strdup(host);
    client->serverPort = port;
    client->appData.encodingsString = "zrle raw"; /* as they are */
    client->format.redShift = 16; /* as the screen has them */
    client->format.greenShift = 8;
    client->format.blueShift = 0;
    return rfbInitClient(client, NULL, NULL) ? client : NULL; /* which frees it else */
}

static void leave(rfbClient *client)
{
    free(client->frameBuffer);
    rfbClientCleanup(client);
}

static bool has_picture(const rfbClient *client, uint32_t seed, uint32_t width, uint32_t height)
{
    if (client->width != (int)width || client->height != (int)height) {
        return false;
    }
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint32_t pixel;
            memcpy(&pixel, client->frameBuffer + ((size_t)y * width + x) * 4, 4);
            if ((pixel & 0xffffffu) != desk_pixel(seed, x, y)) {
                return false;
            }
        }
    }
    return true;
}

static void await_picture(rfbClient *client, uint32_t seed, uint32_t width, uint32_t height)
{
    int64_t begin = 0;
    while (!has_picture(client, seed, width, height)) {
        const int ready = WaitForMessage(client, 20000);
        assert_true(ready >= 0);
        if (ready > 0) {
            assert_true(HandleRFBServerMessage(client));
        }
        desk_wait(&begin);
    }
}

static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    desk_open(desk);
    desk_turn_on(desk, WIDTH, HEIGHT);
    desk_show(desk, 1);
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    if (desk->view != 0) {
        kill(desk->view, SIGTERM);
        assert_int_equal(desk_await_end(desk), 0);
    }
    desk_close(desk);
    free(desk);
    return 0;
}

static void viewers_see_what_the_screen_shows(void **state)
{
    struct desk *desk = *state;
    desk_view(desk, (const char *const[]){"--vnc", "0", NULL});
    const int port = await_service(desk);
    rfbClient *first = come("127.0.0.1", port), *second = come("127.0.0.1", port);
    assert_true(first != NULL && second != NULL);
    for (uint32_t seed = 1; seed < 6; seed++) {
        desk_show(desk, seed);
        await_picture(first, seed, WIDTH, HEIGHT);
        await_picture(second, seed, WIDTH, HEIGHT);
    }
    leave(second);
    desk_turn_off(desk);
    desk_turn_on(desk, 512, 384);
    desk_show(desk, 7);
    await_picture(first, 7, 512, 384);
    /* What they send does nothing. */
    SendKeyEvent(first, 'q', TRUE);
    SendPointerEvent(first, 10, 10, 1);
    char text[] = "text";
    SendClientCutText(first, text, 4);
    desk_show(desk, 8);
    await_picture(first, 8, 512, 384);
    leave(first);
}

/* While nobody looks the daemon has nothing to copy. */
static void without_viewers_nothing_is_copied(void **state)
{
    struct desk *desk = *state;
    desk_view(desk, (const char *const[]){"--vnc", "127.0.0.1:0", NULL});
    const int port = await_service(desk);
    rfbClient *client = come("127.0.0.1", port);
    assert_non_null(client);
    await_picture(client, 1, WIDTH, HEIGHT);
    leave(client);
    /* By then it has noticed, and its slots are full. */
    int64_t begin = 0, before = -1, after = 0;
    for (uint32_t seed = 2; before != after; seed++) {
        before = daemon_value(&desk->daemon, "pictures_copied");
        for (unsigned i = 0; i < 10; i++) {
            desk_show(desk, seed);
        }
        after = daemon_value(&desk->daemon, "pictures_copied");
        desk_wait(&begin);
    }
    desk_show(desk, 99);
    client = come("127.0.0.1", port);
    assert_non_null(client);
    await_picture(client, 99, WIDTH, HEIGHT);
    leave(client);
}

static void only_who_knows_the_password_comes_in(void **state)
{
    struct desk *desk = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/password", desk->folder);
    FILE *file = fopen(path, "we");
    assert_true(file != NULL && fputs("s3cret\n", file) >= 0 && fclose(file) == 0);
    assert_int_equal(chmod(path, 0600), 0);
    desk_view(desk, (const char *const[]){"--vnc", "[::1]:0", "--vnc-password-file", path, NULL});
    const int port = await_service(desk);
    assert_int_equal(password[0], '\0'); /* it is not told */
    strcpy(password, "wrong");
    assert_null(come("::1", port));
    strcpy(password, "s3cret");
    rfbClient *client = come("::1", port);
    assert_non_null(client);
    await_picture(client, 1, WIDTH, HEIGHT);
    leave(client);
}

static void a_socket_file_is_its_users(void **state)
{
    struct desk *desk = *state;
    struct stat status;
    char path[128], where[160];
    snprintf(path, sizeof(path), "%s/vnc", desk->folder);
    snprintf(where, sizeof(where), "unix:%s", path);
    desk_view(desk, (const char *const[]){"--vnc", where, NULL});
    (void)await_service(desk);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    rfbClient *client = come(path, 0);
    assert_non_null(client);
    await_picture(client, 1, WIDTH, HEIGHT);
    leave(client);
    kill(desk->view, SIGTERM);
    assert_int_equal(desk_await_end(desk), 0);
    assert_int_equal(stat(path, &status), -1);
}

/* They do not even say hello, or read nothing of what they asked for. */
static void who_stalls_holds_up_nobody(void **state)
{
    struct desk *desk = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int silent[4];
    desk_view(desk, (const char *const[]){"--vnc", "0", NULL});
    const int port = await_service(desk);
    address.sin_port = htons((uint16_t)port);
    for (unsigned i = 0; i < 4; i++) {
        silent[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(silent[i], (struct sockaddr *)&address, sizeof(address)), 0);
    }
    rfbClient *lazy = come("127.0.0.1", port), *client = come("127.0.0.1", port);
    assert_true(lazy != NULL && client != NULL);
    for (unsigned i = 0; i < 200; i++) {
        SendFramebufferUpdateRequest(lazy, 0, 0, WIDTH, HEIGHT, FALSE);
    }
    for (uint32_t seed = 1; seed < 20; seed++) {
        desk_show(desk, seed);
        await_picture(client, seed, WIDTH, HEIGHT);
    }
    leave(client);
    leave(lazy);
    for (unsigned i = 0; i < 4; i++) {
        close(silent[i]);
    }
}

static void it_outlives_the_daemon(void **state)
{
    struct desk *desk = *state;
    desk_view(desk, (const char *const[]){"--vnc", "0", NULL});
    const int port = await_service(desk);
    rfbClient *client = come("127.0.0.1", port);
    char rest[8];
    assert_non_null(client);
    await_picture(client, 1, WIDTH, HEIGHT);
    daemon_kill(&desk->daemon);
    desk_await_output(desk, "the daemon has gone", rest, sizeof(rest));
    desk_end(desk);
    daemon_start(&desk->daemon, NULL);
    desk_await_output(desk, "the daemon is back", rest, sizeof(rest));
    desk_begin(desk);
    desk_turn_on(desk, WIDTH, HEIGHT);
    desk_show(desk, 5);
    await_picture(client, 5, WIDTH, HEIGHT);
    leave(client);
}

static void places_that_others_can_reach_are_refused(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *where, *says;
    } rows[] = {
        {"0.0.0.0:5900", "only 127.0.0.1 and [::1] are served"},
        {"[::]:5900", "only 127.0.0.1 and [::1] are served"},
        {"192.168.0.1:5900", "only 127.0.0.1 and [::1] are served"},
        {"localhost:5900", "only 127.0.0.1 and [::1] are served"},
        {"127.0.0.1:65536", "that is no port"},
        {"127.0.0.1:", "that is no port"},
        {"5900x", "that is no port"},
        {"unix:", "that is no path"},
        {"unix:/nowhere/at/all", "No such file"},
    };
    char rest[8], path[128];
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        desk_view(desk, (const char *const[]){"--vnc", rows[i].where, NULL});
        assert_int_equal(desk_await_end(desk), 1);
        desk_await_output(desk, rows[i].says, rest, sizeof(rest));
    }
    snprintf(path, sizeof(path), "%s/password", desk->folder);
    FILE *file = fopen(path, "we");
    assert_true(file != NULL && fputs("much too long\n", file) >= 0 && fclose(file) == 0);
    assert_int_equal(chmod(path, 0644), 0);
    const char *const with[] = {"--vnc", "0", "--vnc-password-file", path, NULL};
    desk_view(desk, with);
    assert_int_equal(desk_await_end(desk), 1);
    desk_await_output(desk, "others may read it", rest, sizeof(rest));
    assert_int_equal(chmod(path, 0600), 0);
    desk_view(desk, with);
    assert_int_equal(desk_await_end(desk), 1);
    desk_await_output(desk, "no password of 1 to 8 characters", rest, sizeof(rest));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(viewers_see_what_the_screen_shows),
        TEST(without_viewers_nothing_is_copied),
        TEST(only_who_knows_the_password_comes_in),
        TEST(a_socket_file_is_its_users),
        TEST(who_stalls_holds_up_nobody),
        TEST(it_outlives_the_daemon),
        TEST(places_that_others_can_reach_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
