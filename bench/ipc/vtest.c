/* SPDX-License-Identifier: MIT */
/*
 * A client of virgl's test server, by its socket protocol: requests of two words (how many words
 * follow, and the number of the request) on a stream socket. A fence is a wait on a resource that
 * the submission may use: the server answers when its own renderer's fence has come.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer.h"

enum { RESOURCE_CREATE = 2, SUBMIT = 6, BUSY_WAIT = 7, CREATE_RENDERER = 8 };

#define RESOURCE 1u
#define WAITS    1u

static int server = -1;

static bool send_all(const void *bytes, size_t size)
{
    return send(server, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool receive_all(void *bytes, size_t size)
{
    return recv(server, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

/* The length of this one is in bytes. */
static bool create_renderer(void)
{
    static const char name[] = "ipc-speed";
    const uint32_t header[] = {sizeof(name), CREATE_RENDERER};
    return send_all(header, sizeof(header)) && send_all(name, sizeof(name));
}

/* A buffer of 64 bytes: handle, target, format R8, bind as vertex buffer, sizes, levels, samples.
 */
static bool create_resource(void)
{
    const uint32_t request[] = {10, RESOURCE_CREATE, RESOURCE, 0, 64, 1 << 4, 64, 1, 1, 1, 0, 0};
    return send_all(request, sizeof(request));
}

static bool start(const char *at)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", at);
    server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        !create_renderer() || !create_resource()) {
        perror("ipc-speed: virgl's test server");
        return false;
    }
    return true;
}

/* One command that does nothing, and the wait for the resource, which is the wait for the fence. */
static bool round_trips(unsigned count)
{
    static const uint32_t request[] = {1, SUBMIT, 0, 2, BUSY_WAIT, RESOURCE, WAITS};
    uint32_t answer[3];
    while (count-- > 0) {
        if (!send_all(request, sizeof(request)) || !receive_all(answer, sizeof(answer)) ||
            answer[0] != 1 || answer[1] != BUSY_WAIT) {
            fprintf(stderr, "ipc-speed: virgl's test server does not answer\n");
            return false;
        }
    }
    return true;
}

const struct peer peer_vtest = {"vtest", start, round_trips};
