/* SPDX-License-Identifier: MIT */
/* The player's memory: files that were the client's, and buffers that a second session lends. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/codec.h"
#include "proto/memfile.h"
#include "tools/gemctl/player_state.h"

/* ---- memory ---- */

/* A zeroed memory file, mapped; -1: out of memory, or too much. */
static int make_memory(struct player *player, uint64_t size, struct memory *memory)
{
    if (size == 0 || size % MEMFILE_PAGE != 0 || size > PLAYER_MEMORY_MAX - player->memory) {
        return -1;
    }
    int fd = memfile_create("gemctl-replay", size);
    if (fd < 0) {
        return -1;
    }
    void *map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        close(fd);
        return -1;
    }
    *memory = (struct memory){.map = map, .size = size};
    player->memory += size;
    return fd;
}

void player_free_memory(struct player *player, struct memory *memory)
{
    player->memory -= memory->size;
    munmap(memory->map, (size_t)memory->size);
}

int player_ask(struct wire *wire, void *message, const int *fds, uint32_t type)
{
    struct packet answer;
    int error = wire_ask(wire, message, fds, type, &answer);
    if (error == 0) {
        packet_clear(&answer);
    }
    return error;
}

static int add_arena(struct wire *wire, uint32_t number, uint64_t size, int fd)
{
    struct gemd_msg_arena_add add;
    codec_begin(&add, GEMD_MSG_ARENA_ADD, 0);
    add.arena = number;
    add.size = size;
    return player_ask(wire, &add, &fd, GEMD_MSG_DONE);
}

static bool remove_arena(struct player *player, uint32_t number)
{
    struct memory *memory = id_map_find(&player->arenas, number);
    struct gemd_msg_arena_remove remove;
    codec_begin(&remove, GEMD_MSG_ARENA_REMOVE, 0);
    remove.arena = number;
    if (memory != NULL && player_ask(&player->wire, &remove, NULL, GEMD_MSG_DONE) == 0) {
        player_free_memory(player, memory);
        id_map_remove(&player->arenas, number);
    }
    return player_goes_on(player);
}

bool player_play_arena(struct player *player, const struct recording_item *item)
{
    const struct recording_arena *arena = (const void *)item;
    struct memory memory;
    if (arena->gone != 0) {
        return remove_arena(player, arena->arena);
    }
    if (id_map_find(&player->arenas, arena->arena) != NULL) {
        return true;
    }
    int fd = make_memory(player, arena->size, &memory);
    if (fd < 0) {
        return player_give_up(player, "no memory file of %" PRIu64 " bytes", arena->size);
    }
    int error = add_arena(&player->wire, arena->arena, arena->size, fd);
    close(fd);
    struct memory *kept = error == 0 ? id_map_add(&player->arenas, arena->arena) : NULL;
    if (kept == NULL) {
        player_free_memory(player, &memory);
        return player_goes_on(player) &&
               player_give_up(player,
                              "the daemon does not take a memory file of %" PRIu64 " bytes: %s",
                              arena->size, strerror(error != 0 ? -error : ENOMEM));
    }
    *kept = memory;
    return true;
}

uint8_t *player_memory(const struct player *player, uint32_t space, uint32_t object,
                       uint64_t offset, uint64_t size)
{
    const struct memory *memory =
        id_map_find(space == RECORDING_OF_IMPORT ? &player->imports : &player->arenas, object);
    if (memory == NULL || size > memory->size || offset > memory->size - size) {
        return NULL;
    }
    return memory->map + offset;
}

bool player_play_page(struct player *player, const struct recording_item *item)
{
    const struct recording_page *page = (const void *)item;
    uint8_t *to = player_memory(player, page->space, page->object,
                                (uint64_t)page->page * RECORDING_PAGE, RECORDING_PAGE);
    if (to != NULL) {
        memcpy(to, recording_file_content(player->file, page), RECORDING_PAGE);
    }
    return true;
}

/* ---- buffers that were lent: by a second session ---- */

static bool open_lender(struct player *player)
{
    if (player->lends) {
        return true;
    }
    player->lends = true;
    if (wire_open(&player->lender, player->options->socket, "gemctl replay, lender")) {
        return true;
    }
    return player_goes_on(player);
}

/* The token of a buffer that the lender makes; a negative errno. */
static int lend(struct player *player, const struct recording_import *import, int fd)
{
    struct wire *lender = &player->lender;
    const uint32_t number = ++player->lent;
    const struct gemd_record_create create = {.header = {GEMD_RECORD_CREATE, sizeof(create)},
                                              .handle = number,
                                              .arena = number,
                                              .size = import->size,
                                              .tiling = import->tiling,
                                              .pitch = import->pitch};
    struct gemd_msg_buffer_export export;
    struct packet answer;
    int error = add_arena(lender, number, import->size, fd);
    if (error != 0) {
        return error;
    }
    if (!wire_put(lender, &create, sizeof(create))) {
        return -EIO;
    }
    codec_begin(&export, GEMD_MSG_BUFFER_EXPORT, 0);
    export.handle = number;
    export.rights = import->rights;
    error = wire_ask(lender, &export, NULL, GEMD_MSG_BUFFER_EXPORTED, &answer);
    if (error != 0) {
        return error;
    }
    int token = packet_take_fd(&answer, 0);
    packet_clear(&answer);
    return token;
}

static bool keep_import(struct player *player, const struct recording_import *import,
                        const struct memory *memory)
{
    struct memory *kept = id_map_add(&player->imports, import->handle);
    if (kept == NULL) {
        return false;
    }
    *kept = *memory;
    kept->lent = player->lent;
    struct buffer *buffer = id_map_add(&player->buffers, import->handle);
    if (buffer != NULL) {
        *buffer = (struct buffer){.size = import->size,
                                  .object = import->handle,
                                  .space = RECORDING_OF_IMPORT,
                                  .tiling = import->tiling};
    }
    return true;
}

bool player_play_import(struct player *player, const struct recording_item *item)
{
    const struct recording_import *import = (const void *)item;
    struct gemd_msg_buffer_import message;
    struct memory memory;
    if (id_map_find(&player->imports, import->handle) != NULL || !open_lender(player)) {
        return player_goes_on(player);
    }
    int fd = make_memory(player, import->size, &memory);
    if (fd < 0) {
        return player_give_up(player, "no memory for a buffer of %" PRIu64 " bytes", import->size);
    }
    int token = lend(player, import, fd);
    close(fd);
    int error = token < 0 ? token : 0;
    if (error == 0) {
        codec_begin(&message, GEMD_MSG_BUFFER_IMPORT, 0);
        message.handle = import->handle;
        error = player_ask(&player->wire, &message, &token, GEMD_MSG_BUFFER_IMPORTED);
        close(token);
    }
    if (error != 0 || !keep_import(player, import, &memory)) {
        player_free_memory(player, &memory);
        return player_goes_on(player) &&
               player_give_up(player, "buffer %u cannot be lent: %s", import->handle,
                              strerror(error != 0 ? -error : ENOMEM));
    }
    return true;
}

void player_free_memories(struct player *player, struct id_map *map)
{
    uint32_t at = 0;
    struct memory *memory;
    while ((memory = id_map_next(map, &at)) != NULL) {
        player_free_memory(player, memory);
    }
    id_map_finish(map);
}
