/* SPDX-License-Identifier: MIT */
#include "tests/lib/raw.h"

#include <unistd.h>

#include "proto/address.h"
#include "proto/codec.h"

struct gemd_msg_hello raw_hello(const char *name)
{
    struct gemd_msg_hello hello;

    codec_begin(&hello, GEMD_MSG_HELLO, 1);
    hello.magic = GEMD_PROTOCOL_MAGIC;
    hello.major = GEMD_PROTOCOL_MAJOR;
    hello.minor = GEMD_PROTOCOL_MINOR;
    codec_set_text(hello.name, sizeof(hello.name), name);
    return hello;
}

int raw_greet(const char *socket, const char *name, struct packet *welcome)
{
    char reason[GEMD_TEXT_MAX];
    const struct gemd_msg_hello hello = raw_hello(name);
    int fd = address_connect(socket, reason);

    if (fd < 0) {
        return -1;
    }
    if (packet_send(fd, &hello, NULL, 0) == 0 && packet_receive(fd, welcome, 0) == 1) {
        if (packet_check(welcome, CODEC_TO_CLIENT, reason) != NULL &&
            welcome->header.type == GEMD_MSG_WELCOME) {
            return fd;
        }
        packet_clear(welcome);
    }
    close(fd);
    return -1;
}
