/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/player.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hw/gen3/chip.h"
#include "proto/codec.h"
#include "tools/gemctl/player_state.h"

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool player_give_up(struct player *player, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(player->result->lost, sizeof(player->result->lost), format, args);
    va_end(args);
    return false;
}

bool player_goes_on(struct player *player)
{
    const struct wire *wire = player->wire.lost[0] != '\0' ? &player->wire : &player->lender;
    return wire->lost[0] == '\0' || player_give_up(player, "%s", wire->lost);
}

void player_differ(struct player *player, const char *format, ...)
{
    player->result->differs++;
    if (!player->options->quiet) {
        va_list args;
        va_start(args, format);
        fputs("replay: ", stderr);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
        va_end(args);
    }
}

/* ---- windows and messages ---- */

static bool play_window(struct player *player, const struct recording_item *item)
{
    const struct recording_window *what = (const void *)item;
    if (what->window >= GEMD_WINDOWS_MAX) {
        return true;
    }
    struct window *window = &player->windows[what->window];
    if (what->gone != 0) {
        struct gemd_msg_window_destroy destroy;
        codec_begin(&destroy, GEMD_MSG_WINDOW_DESTROY, 0);
        destroy.window = window->slot;
        if (window->there) {
            window->there = false;
            (void)player_ask(&player->wire, &destroy, NULL, GEMD_MSG_DONE);
        }
        return player_goes_on(player);
    }
    if (window->there) {
        return true;
    }
    struct gemd_msg_window_create create;
    struct packet answer;
    codec_begin(&create, GEMD_MSG_WINDOW_CREATE, 0);
    create.width = what->width;
    create.height = what->height;
    int error = wire_ask(&player->wire, &create, NULL, GEMD_MSG_WINDOW_CREATED, &answer);
    if (error != 0) {
        return player_goes_on(player) &&
               player_give_up(player, "no window of %ux%u: %s", what->width, what->height,
                              strerror(-error));
    }
    const struct gemd_msg_window_created *created = (const void *)answer.bytes;
    *window = (struct window){
        .there = true, .slot = created->window, .width = created->width, .height = created->height};
    packet_clear(&answer);
    return true;
}

/* The owner took a lent buffer back. */
static bool play_revoked(struct player *player, uint32_t handle)
{
    const struct memory *memory = id_map_find(&player->imports, handle);
    struct gemd_msg_buffer_revoke revoke;
    codec_begin(&revoke, GEMD_MSG_BUFFER_REVOKE, 0);
    if (memory != NULL) {
        revoke.handle = (uint32_t)memory->lent;
        (void)player_ask(&player->lender, &revoke, NULL, GEMD_MSG_DONE);
    }
    return player_goes_on(player);
}

static bool play_message(struct player *player, const struct recording_item *item)
{
    const struct recording_message *message = (const void *)item;
    const struct gemd_msg_header *header = (const void *)(message + 1);
    const bool to_daemon = message->direction == RECORDING_TO_DAEMON;
    if (to_daemon && header->type == GEMD_MSG_BUFFER_NEED &&
        message->bytes == sizeof(struct gemd_msg_buffer_need)) {
        const struct gemd_msg_buffer_need *recorded = (const void *)header;
        struct gemd_msg_buffer_need need;
        codec_begin(&need, GEMD_MSG_BUFFER_NEED, 0);
        need.handle = recorded->handle;
        (void)player_ask(&player->wire, &need, NULL, GEMD_MSG_BUFFER_NEEDED);
    }
    if (!to_daemon && header->type == GEMD_MSG_BUFFER_REVOKED &&
        message->bytes == sizeof(struct gemd_msg_buffer_revoked)) {
        return play_revoked(player,
                            ((const struct gemd_msg_buffer_revoked *)(const void *)header)->handle);
    }
    return player_goes_on(player);
}

/* ---- what it became when it was recorded ---- */

static bool compare_batch(struct player *player, const struct recording_item *item)
{
    const struct recording_retired *retired = (const void *)item;
    if (retired->seqno == player->batch_seqno && !player->batch_refused &&
        retired->hash != player->batch_hash) {
        player_differ(player,
                      "batch %" PRIu64 " wrote %016" PRIx64 ", and %016" PRIx64
                      " when it was recorded",
                      retired->seqno, player->batch_hash, retired->hash);
    }
    return true;
}

static bool compare_frame(struct player *player, const struct recording_item *item)
{
    const struct recording_frame *recorded = (const void *)item;
    if (recorded->window >= GEMD_WINDOWS_MAX) {
        return true;
    }
    const struct player_frame *frame = &player->windows[recorded->window].last;
    if (frame->number != 0 && frame->hash != recorded->hash) {
        player_differ(player,
                      "frame %" PRIu64 " is %016" PRIx64 ", and was %016" PRIx64
                      " when it was recorded",
                      frame->number, frame->hash, recorded->hash);
    }
    return true;
}

/* ---- all of it ---- */

static void on_event(void *data, const struct packet *packet)
{
    struct player *player = data;
    if (packet->header.type == GEMD_MSG_BATCH_REJECTED) {
        const struct gemd_msg_batch_rejected *rejected = (const void *)packet->bytes;
        player->is_refused = true;
        snprintf(player->refusal, sizeof(player->refusal), "dword %u: %.60s: %.180s",
                 rejected->dword, rejected->rule_name, rejected->text);
    }
}

typedef bool play_function(struct player *player, const struct recording_item *item);

static play_function *const functions[] = {
    [RECORDING_MESSAGE] = play_message,
    [RECORDING_RECORD] = player_play_record,
    [RECORDING_PAGES] = player_play_page,
    [RECORDING_ARENA] = player_play_arena,
    [RECORDING_IMPORT] = player_play_import,
    [RECORDING_WINDOW] = play_window,
    [RECORDING_RETIRED] = compare_batch,
    [RECORDING_FRAME] = compare_frame,
    [RECORDING_END] = NULL,
};

static void wait_for(const struct player *player, const struct recording_item *item)
{
    const uint64_t due = player->began_ns + item->time_ns;
    const uint64_t now = now_ns();
    if (player->options->in_time && due > now && item->time_ns < UINT64_C(1) << 50) {
        const struct timespec left = {(time_t)((due - now) / 1000000000u),
                                      (long)((due - now) % 1000000000u)};
        (void)nanosleep(&left, NULL);
    }
}

/* False: the daemon has another device, which will not do. */
static bool check_device(struct player *player)
{
    const struct recording_begin *begin = player->file->begin;
    const struct gemd_msg_welcome *welcome = &player->wire.welcome;
    const struct gen3_chip *then = gen3_chip_find((uint16_t)begin->pci_device);
    const struct gen3_chip *here = gen3_chip_find((uint16_t)welcome->pci_device);
    if (then == NULL || here == NULL || then->is_945_class != here->is_945_class) {
        return player_give_up(
            player,
            "recorded on %04x (%s), the daemon has %04x (%s): their tiles and textures "
            "are laid out in other ways",
            begin->pci_device, then != NULL ? then->name : "?", welcome->pci_device,
            here != NULL ? here->name : "?");
    }
    return true;
}

static bool play_all(struct player *player)
{
    const struct recording_file *file = player->file;
    if (!wire_open(&player->wire, player->options->socket, file->begin->name)) {
        return player_goes_on(player);
    }
    player->wire.on_event = on_event;
    player->wire.data = player;
    if (!check_device(player)) {
        return false;
    }
    player->began_ns = now_ns();
    for (size_t i = 1; i < file->count; i++) {
        const struct recording_item *item = file->items[i];
        play_function *play =
            item->type < sizeof(functions) / sizeof(functions[0]) ? functions[item->type] : NULL;
        wait_for(player, item);
        if (play != NULL && !play(player, item)) {
            return false;
        }
    }
    return true;
}

void player_play(const struct recording_file *file, const struct player_options *options,
                 struct player_result *result)
{
    struct player player = {.file = file, .options = options, .result = result};
    *result = (struct player_result){0};
    player.wire = (struct wire){.socket = -1, .doorbell = -1};
    player.lender = player.wire;
    id_map_init(&player.arenas, sizeof(struct memory));
    id_map_init(&player.imports, sizeof(struct memory));
    id_map_init(&player.buffers, sizeof(struct buffer));
    player.record = malloc(RECORDING_ITEM_MAX);
    player.frames = XXH3_createState();
    if (player.record == NULL || player.frames == NULL) {
        (void)player_give_up(&player, "out of memory");
    } else {
        (void)XXH3_64bits_reset(player.frames);
        (void)play_all(&player);
        result->hash = XXH3_64bits_digest(player.frames);
    }
    wire_close(&player.wire);
    wire_close(&player.lender);
    player_free_memories(&player, &player.arenas);
    player_free_memories(&player, &player.imports);
    id_map_finish(&player.buffers);
    XXH3_freeState(player.frames);
    free(player.record);
    free(player.picture);
}
