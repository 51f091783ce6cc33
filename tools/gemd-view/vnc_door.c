/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/vnc_door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

union place {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "gemd-view: --vnc %s: %s\n", what, why);
    return -1;
}

/* ---- the password ---- */

static int read_password(struct vnc_door *door, const char *path)
{
    struct stat status;
    char line[64] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        fail(path, strerror(errno));
        if (file != NULL) {
            fclose(file);
        }
        return -1;
    }
    const bool got = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(path, "others may read it (mode go= is needed)");
    }
    if (!got || line[0] == '\0' || strlen(line) > VNC_PASSWORD_MAX) {
        return fail(path, "its first line is no password of 1 to 8 characters");
    }
    snprintf(door->password, sizeof(door->password), "%.*s", VNC_PASSWORD_MAX, line);
    door->has_password = true;
    return 0;
}

/* 32 letters, five bits each: none that are taken for another. */
static int make_password(struct vnc_door *door)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char random[VNC_PASSWORD_MAX];
    if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
        return fail("password", strerror(errno));
    }
    for (unsigned i = 0; i < VNC_PASSWORD_MAX; i++) {
        door->password[i] = letters[random[i] % 32];
    }
    door->has_password = true;
    door->made_up = true;
    return 0;
}

/* ---- the socket ---- */

static bool parse_port(const char *text, uint16_t *port)
{
    char *end;
    const unsigned long number = strtoul(text, &end, 10);
    *port = (uint16_t)number;
    return *text >= '0' && *text <= '9' && *end == '\0' && number <= UINT16_MAX;
}

/* "5900", "127.0.0.1:5900", "[::1]:5900"; nothing that others can reach. */
static int parse_place(const char *where, union place *place, socklen_t *size)
{
    static const char loopback[] = "127.0.0.1:", loopback6[] = "[::1]:";
    uint16_t port;
    memset(place, 0, sizeof(*place));
    const bool is6 = strncmp(where, loopback6, sizeof(loopback6) - 1) == 0;
    const bool is4 = strncmp(where, loopback, sizeof(loopback) - 1) == 0;
    const char *number = where + (is6 ? sizeof(loopback6) - 1 : is4 ? sizeof(loopback) - 1 : 0);
    if (strchr(number, ':') != NULL) {
        return fail(where, "only 127.0.0.1 and [::1] are served");
    }
    if (!parse_port(number, &port)) {
        return fail(where, "that is no port");
    }
    if (is6) {
        place->in6 = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
        *size = sizeof(place->in6);
    } else {
        place->in = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
        *size = sizeof(place->in);
    }
    return 0;
}

static int parse_path(const char *path, union place *place, socklen_t *size)
{
    memset(place, 0, sizeof(*place));
    if (*path == '\0' || strlen(path) >= sizeof(place->un.sun_path)) {
        return fail(path, "that is no path of a socket");
    }
    place->un.sun_family = AF_UNIX;
    memcpy(place->un.sun_path, path, strlen(path) + 1);
    *size = sizeof(place->un);
    return 0;
}

static int listen_at(struct vnc_door *door, const char *where, const union place *place,
                     socklen_t size)
{
    const int one = 1;
    door->fd = socket(place->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door->fd < 0) {
        return fail(where, strerror(errno));
    }
    if (place->any.sa_family != AF_UNIX) {
        setsockopt(door->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    }
    const mode_t mask = umask(0177);
    const int bound = bind(door->fd, &place->any, size);
    const int error = errno;
    umask(mask);
    if (bound == 0 && place->any.sa_family == AF_UNIX) {
        memcpy(door->path, place->un.sun_path, sizeof(door->path));
    }
    if (bound != 0 || listen(door->fd, BACKLOG) != 0) {
        fail(where, strerror(bound != 0 ? error : errno));
        vnc_door_close(door);
        return -1;
    }
    return 0;
}

/* What people are told: with the port that it got. */
static void name_it(struct vnc_door *door)
{
    union place place;
    socklen_t size = sizeof(place);
    if (door->path[0] != '\0') {
        snprintf(door->name, sizeof(door->name), "unix:%s", door->path);
    } else if (getsockname(door->fd, &place.any, &size) == 0) {
        const bool is6 = place.any.sa_family == AF_INET6;
        snprintf(door->name, sizeof(door->name), "%s:%u", is6 ? "[::1]" : "127.0.0.1",
                 ntohs(is6 ? place.in6.sin6_port : place.in.sin_port));
    }
}

int vnc_door_open(struct vnc_door *door, const char *where, const char *password_file)
{
    static const char prefix[] = "unix:";
    const bool is_path = strncmp(where, prefix, sizeof(prefix) - 1) == 0;
    union place place;
    socklen_t size;
    *door = (struct vnc_door){.fd = -1};
    int result = is_path ? parse_path(where + sizeof(prefix) - 1, &place, &size)
                         : parse_place(where, &place, &size);
    if (result == 0 && password_file != NULL) {
        result = read_password(door, password_file);
    } else if (result == 0 && !is_path) {
        result = make_password(door);
    }
    if (result == 0) {
        result = listen_at(door, where, &place, size);
    }
    if (result == 0) {
        name_it(door);
    }
    return result;
}

void vnc_door_close(struct vnc_door *door)
{
    if (door->fd >= 0) {
        close(door->fd);
        door->fd = -1;
    }
    if (door->path[0] != '\0') {
        unlink(door->path);
        door->path[0] = '\0';
    }
}
