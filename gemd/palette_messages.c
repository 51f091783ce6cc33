/* SPDX-License-Identifier: MIT */
#include "gemd/palette_messages.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "gemd/chaos.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/codec.h"
#include "proto/memfile.h"
#include "proto/packet.h"

#define BYTES (GEMD_PALETTE_WORDS * sizeof(uint32_t))

/* A copy of the file's words: who gave it may still write to it. 0, -ENOMEM. */
static int copy_words(int fd, uint32_t words[GEMD_PALETTE_WORDS])
{
    void *map = chaos_hits(CHAOS_MAP_PALETTE) ? MAP_FAILED
                                              : mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return -ENOMEM;
    }
    memcpy(words, map, BYTES);
    munmap(map, BYTES);
    return 0;
}

/* The first word with bits that are none of the registers'; GEMD_PALETTE_WORDS: there is none. */
static uint32_t find_wrong(const uint32_t words[GEMD_PALETTE_WORDS])
{
    uint32_t i = 0;
    while (i < GEMD_PALETTE_WORDS && words[i] >> 24 == 0) {
        i++;
    }
    return i;
}

void palette_request(struct session *session, struct packet *packet)
{
    const struct gemd_msg_palette *message = (const void *)packet->bytes;
    const uint64_t serial = message->header.serial;
    struct window *window =
        message->window < GEMD_WINDOWS_MAX ? session->windows[message->window] : NULL;
    struct palette palette = {.depth = message->depth};
    char reason[GEMD_TEXT_MAX];
    uint64_t size;
    if (window == NULL) {
        session_refuse(session, serial, -ENOENT, "palette: there is no window %u", message->window);
        return;
    }
    if (message->depth != 8 && message->depth != 10) {
        session_refuse(session, serial, -EINVAL, "palette: depth is %u, not 8 or 10 bits",
                       message->depth);
        return;
    }
    int error = memfile_check_readable(packet->fds[0], BYTES, &size, reason);
    if (error != 0) {
        session_refuse(session, serial, error, "palette: %s", reason);
        return;
    }
    error = copy_words(packet->fds[0], palette.words);
    if (error != 0) {
        session_refuse(session, serial, error, "palette: %s", strerror(-error));
        return;
    }
    const uint32_t wrong = find_wrong(palette.words);
    if (wrong < GEMD_PALETTE_WORDS) {
        session_refuse(session, serial, -EINVAL, "palette: word %u is 0x%x, more than 24 bits",
                       wrong, palette.words[wrong]);
        return;
    }
    display_set_palette(&session->server->display, window, &palette);
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, serial);
    session_answer(session, &done, NULL);
}
