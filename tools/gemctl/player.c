/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/player.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "hw/gen3/chip.h"
#include "hw/gen3/surface.h"
#include "proto/codec.h"
#include "proto/memfile.h"
#include "proto/ring.h"
#include "tools/gemctl/id_map.h"
#include "tools/gemctl/wire.h"

/* Memory that the file knows by a number: a memory file, or what a lent buffer is made of. */
struct memory {
    uint8_t *map;
    uint64_t size;
    uint64_t lent; /* the lender's handle; 0: an arena */
};

struct buffer {
    uint64_t offset, size; /* checked against its memory when that is used */
    uint32_t object;       /* arena; of a lent one its own handle */
    uint32_t space;        /* enum recording_space */
    uint32_t tiling;       /* enum gemd_tiling */
};

struct window {
    bool there;
    uint32_t slot; /* of the daemon that plays */
    uint32_t width, height;
    uint64_t serial;
    struct player_frame last;
};

struct player {
    const struct recording_file *file;
    const struct player_options *options;
    struct player_result *result;
    struct wire wire;
    struct wire lender; /* the session that lends buffers; opened when it is needed */
    bool lends;
    uint32_t lent;
    struct id_map arenas, imports, buffers;
    uint64_t memory; /* bytes */
    struct window windows[GEMD_WINDOWS_MAX];
    uint8_t *record;  /* room for one that is changed */
    uint8_t *picture; /* and for a frame without its tiles */
    size_t picture_size;
    /* The last batch: as it was recorded, and what it made. */
    uint64_t batch_seqno, batch_hash;
    bool batch_refused;
    bool is_refused; /* an event said so */
    char refusal[GEMD_TEXT_MAX];
    XXH3_state_t *frames;
    uint64_t began_ns;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

__attribute__((format(printf, 2, 3))) static bool give_up(struct player *player, const char *format,
                                                          ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(player->result->lost, sizeof(player->result->lost), format, args);
    va_end(args);
    return false;
}

/* False, with the wire's reason, when there is no session any more. */
static bool goes_on(struct player *player)
{
    const struct wire *wire = player->wire.lost[0] != '\0' ? &player->wire : &player->lender;
    return wire->lost[0] == '\0' || give_up(player, "%s", wire->lost);
}

__attribute__((format(printf, 2, 3))) static void differ(struct player *player, const char *format,
                                                         ...)
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

static void free_memory(struct player *player, struct memory *memory)
{
    player->memory -= memory->size;
    munmap(memory->map, (size_t)memory->size);
}

static int ask(struct wire *wire, void *message, const int *fds, uint32_t type)
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
    return ask(wire, &add, &fd, GEMD_MSG_DONE);
}

static bool remove_arena(struct player *player, uint32_t number)
{
    struct memory *memory = id_map_find(&player->arenas, number);
    struct gemd_msg_arena_remove remove;
    codec_begin(&remove, GEMD_MSG_ARENA_REMOVE, 0);
    remove.arena = number;
    if (memory != NULL && ask(&player->wire, &remove, NULL, GEMD_MSG_DONE) == 0) {
        free_memory(player, memory);
        id_map_remove(&player->arenas, number);
    }
    return goes_on(player);
}

static bool play_arena(struct player *player, const struct recording_item *item)
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
        return give_up(player, "no memory file of %" PRIu64 " bytes", arena->size);
    }
    int error = add_arena(&player->wire, arena->arena, arena->size, fd);
    close(fd);
    struct memory *kept = error == 0 ? id_map_add(&player->arenas, arena->arena) : NULL;
    if (kept == NULL) {
        free_memory(player, &memory);
        return goes_on(player) &&
               give_up(player, "the daemon does not take a memory file of %" PRIu64 " bytes: %s",
                       arena->size, strerror(error != 0 ? -error : ENOMEM));
    }
    *kept = memory;
    return true;
}

static uint8_t *memory_of(const struct player *player, uint32_t space, uint32_t object,
                          uint64_t offset, uint64_t size)
{
    const struct memory *memory =
        id_map_find(space == RECORDING_OF_IMPORT ? &player->imports : &player->arenas, object);
    if (memory == NULL || size > memory->size || offset > memory->size - size) {
        return NULL;
    }
    return memory->map + offset;
}

static bool play_page(struct player *player, const struct recording_item *item)
{
    const struct recording_page *page = (const void *)item;
    uint8_t *to = memory_of(player, page->space, page->object,
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
    return goes_on(player);
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

static bool play_import(struct player *player, const struct recording_item *item)
{
    const struct recording_import *import = (const void *)item;
    struct gemd_msg_buffer_import message;
    struct memory memory;
    if (id_map_find(&player->imports, import->handle) != NULL || !open_lender(player)) {
        return goes_on(player);
    }
    int fd = make_memory(player, import->size, &memory);
    if (fd < 0) {
        return give_up(player, "no memory for a buffer of %" PRIu64 " bytes", import->size);
    }
    int token = lend(player, import, fd);
    close(fd);
    int error = token < 0 ? token : 0;
    if (error == 0) {
        codec_begin(&message, GEMD_MSG_BUFFER_IMPORT, 0);
        message.handle = import->handle;
        error = ask(&player->wire, &message, &token, GEMD_MSG_BUFFER_IMPORTED);
        close(token);
    }
    if (error != 0 || !keep_import(player, import, &memory)) {
        free_memory(player, &memory);
        return goes_on(player) && give_up(player, "buffer %u cannot be lent: %s", import->handle,
                                          strerror(error != 0 ? -error : ENOMEM));
    }
    return true;
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
            (void)ask(&player->wire, &destroy, NULL, GEMD_MSG_DONE);
        }
        return goes_on(player);
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
        return goes_on(player) && give_up(player, "no window of %ux%u: %s", what->width,
                                          what->height, strerror(-error));
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
        (void)ask(&player->lender, &revoke, NULL, GEMD_MSG_DONE);
    }
    return goes_on(player);
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
        (void)ask(&player->wire, &need, NULL, GEMD_MSG_BUFFER_NEEDED);
    }
    if (!to_daemon && header->type == GEMD_MSG_BUFFER_REVOKED &&
        message->bytes == sizeof(struct gemd_msg_buffer_revoked)) {
        return play_revoked(player,
                            ((const struct gemd_msg_buffer_revoked *)(const void *)header)->handle);
    }
    return goes_on(player);
}

/* ---- records of the ring ---- */

static const uint8_t *bytes_of(const struct player *player, uint32_t handle, uint64_t *size)
{
    const struct buffer *buffer = id_map_find(&player->buffers, handle);
    if (buffer == NULL) {
        return NULL;
    }
    *size = buffer->size;
    return memory_of(player, buffer->space, buffer->object, buffer->offset, buffer->size);
}

static bool writes(const struct gemd_reloc *relocs, uint32_t count, uint32_t buffer)
{
    for (uint32_t i = 0; i < count; i++) {
        struct gemd_reloc reloc;
        memcpy(&reloc, &relocs[i], sizeof(reloc));
        if (reloc.buffer == buffer && (reloc.use & GEMD_USE_WRITE) != 0) {
            return true;
        }
    }
    return false;
}

static void hash_buffer(const struct player *player, uint32_t handle, XXH3_state_t *sum)
{
    uint64_t size = 0;
    const uint8_t *bytes = bytes_of(player, handle, &size);
    for (uint64_t at = 0; bytes != NULL && at < size; at += RECORDING_PAGE) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes + at, RECORDING_PAGE));
        (void)XXH3_64bits_update(sum, &canonical, sizeof(canonical));
    }
}

/* As struct recording_retired has it. */
static uint64_t hash_written(const struct player *player, const struct gemd_record_submit *submit)
{
    const struct ring_submit layout =
        ring_submit_layout(submit->word_count, submit->reloc_count, submit->buffer_count);
    const uint8_t *record = (const uint8_t *)submit;
    const struct gemd_reloc *relocs = (const void *)(record + layout.relocs);
    XXH3_state_t *sum = NULL;
    for (uint32_t i = 0; i < submit->buffer_count; i++) {
        uint32_t handle;
        memcpy(&handle, record + layout.buffers + (uint64_t)i * 4, sizeof(handle));
        if (!writes(relocs, submit->reloc_count, i)) {
            continue;
        }
        if (sum == NULL) {
            sum = XXH3_createState();
            if (sum == NULL) {
                return 0;
            }
            (void)XXH3_64bits_reset(sum);
        }
        hash_buffer(player, handle, sum);
    }
    const uint64_t hash = sum != NULL ? XXH3_64bits_digest(sum) : 0;
    XXH3_freeState(sum);
    return hash;
}

static bool play_submit(struct player *player, const struct recording_record *item,
                        const struct gemd_record_header *header)
{
    const struct gemd_record_submit *recorded = (const void *)header;
    struct gemd_record_submit *submit = (void *)player->record;
    const uint64_t rejected = __atomic_load_n(&player->wire.status->rejected, __ATOMIC_ACQUIRE);
    memcpy(submit, recorded, header->size);
    submit->seqno = player->wire.submitted + 1;
    player->is_refused = false;
    player->result->batches++;
    if (!wire_put(&player->wire, submit, header->size)) {
        return goes_on(player);
    }
    const bool refused =
        __atomic_load_n(&player->wire.status->rejected, __ATOMIC_ACQUIRE) != rejected;
    player->result->refused += refused;
    if (refused != (item->refused != 0)) {
        differ(player, "batch %" PRIu64 " was %srefused when it was recorded", recorded->seqno,
               refused ? "not " : "");
    }
    if (refused && player->is_refused && !player->options->quiet) {
        fprintf(stderr, "replay: batch %" PRIu64 " is refused: %s\n", recorded->seqno,
                player->refusal);
    }
    player->batch_seqno = recorded->seqno;
    player->batch_refused = refused;
    player->batch_hash = refused ? 0 : hash_written(player, recorded);
    return true;
}

static bool play_create(struct player *player, const struct gemd_record_header *header)
{
    const struct gemd_record_create *create = (const void *)header;
    struct buffer *buffer = NULL;
    if (create->size != 0 && create->size % RECORDING_PAGE == 0) {
        buffer = id_map_add(&player->buffers, create->handle);
    }
    if (buffer != NULL) {
        *buffer = (struct buffer){.offset = create->offset,
                                  .size = create->size,
                                  .object = create->arena,
                                  .space = RECORDING_OF_ARENA,
                                  .tiling = create->tiling};
    }
    return wire_put(&player->wire, header, header->size) || goes_on(player);
}

static bool play_close(struct player *player, const struct gemd_record_header *header)
{
    const struct gemd_record_close *close = (const void *)header;
    struct memory *memory = id_map_find(&player->imports, close->handle);
    bool fine = wire_put(&player->wire, header, header->size) || goes_on(player);
    id_map_remove(&player->buffers, close->handle);
    if (memory != NULL) {
        free_memory(player, memory);
        id_map_remove(&player->imports, close->handle);
    }
    return fine;
}

static uint64_t hash_frame(const struct player_frame *frame)
{
    XXH3_state_t *sum = XXH3_createState();
    if (sum == NULL) {
        return 0;
    }
    (void)XXH3_64bits_reset(sum);
    for (uint32_t y = 0; y < frame->height; y++) {
        (void)XXH3_64bits_update(sum, frame->pixels + (uint64_t)y * frame->stride,
                                 (size_t)frame->width * 4);
    }
    const uint64_t hash = XXH3_64bits_digest(sum);
    XXH3_freeState(sum);
    return hash;
}

/* The frame's rows, one after the other; false: out of memory. */
static bool untile(struct player *player, const uint8_t *bytes, struct player_frame *frame)
{
    const uint32_t width = frame->width * 4;
    const size_t size = (size_t)width * frame->height;
    if (size > player->picture_size) {
        uint8_t *larger = realloc(player->picture, size);
        if (larger == NULL) {
            return false;
        }
        player->picture = larger;
        player->picture_size = size;
    }
    for (uint32_t y = 0; y < frame->height; y++) {
        for (uint32_t x = 0, run; x < width; x += run) {
            run = gen3_tile_run(GEN3_TILED_X, x);
            run = run < width - x ? run : width - x;
            memcpy(player->picture + (size_t)y * width + x,
                   bytes + gen3_tile_offset(GEN3_TILED_X, frame->stride, x, y), run);
        }
    }
    frame->pixels = player->picture;
    frame->stride = width;
    return true;
}

/* The frame that a PRESENT shows; false: it shows none. */
static bool find_frame(struct player *player, const struct gemd_record_present *present,
                       struct player_frame *frame)
{
    const struct window *window = &player->windows[present->window];
    const struct buffer *buffer = id_map_find(&player->buffers, present->handle);
    uint64_t size = 0, extent;
    const uint8_t *bytes = bytes_of(player, present->handle, &size);
    if (bytes == NULL || buffer->tiling > GEMD_TILING_X) {
        return false;
    }
    const bool tiled = buffer->tiling == GEMD_TILING_X;
    if (!gen3_surface_extent(tiled ? GEN3_TILED_X : GEN3_LINEAR, present->stride,
                             (uint64_t)window->width * 4, window->height, &extent) ||
        extent > size || present->offset > size - extent) {
        return false;
    }
    *frame = (struct player_frame){.window = present->window,
                                   .width = window->width,
                                   .height = window->height,
                                   .stride = present->stride,
                                   .pixels = bytes + present->offset};
    return !tiled || untile(player, frame->pixels, frame);
}

static bool show_frame(struct player *player, struct player_frame *frame)
{
    struct player_result *result = player->result;
    const struct player_options *options = player->options;
    frame->number = ++result->frames;
    frame->hash = hash_frame(frame);
    (void)XXH3_64bits_update(player->frames, &frame->hash, sizeof(frame->hash));
    player->windows[frame->window].last = *frame;
    if (options->on_frame != NULL && !options->on_frame(options->data, frame)) {
        result->stopped = true;
    }
    result->stopped = result->stopped || result->frames == options->last_frame;
    return !result->stopped;
}

static bool play_present(struct player *player, const struct gemd_record_header *header)
{
    struct gemd_record_present present;
    struct player_frame frame;
    memcpy(&present, header, sizeof(present));
    if (present.window >= GEMD_WINDOWS_MAX || !player->windows[present.window].there) {
        player->result->skipped++;
        return true;
    }
    struct window *window = &player->windows[present.window];
    const bool shows = find_frame(player, &present, &frame);
    present.window = window->slot;
    present.serial = window->serial + 1;
    present.seqno = present.seqno != 0 ? player->wire.submitted : 0;
    present.interval = 0; /* the screen's pace is not the recording's */
    present.flags = GEMD_PRESENT_MAILBOX;
    if (!wire_put(&player->wire, &present, sizeof(present))) {
        return goes_on(player);
    }
    window->serial++;
    return !shows || show_frame(player, &frame);
}

static bool play_plain(struct player *player, const struct gemd_record_header *header)
{
    return wire_put(&player->wire, header, header->size) || goes_on(player);
}

static bool play_record(struct player *player, const struct recording_item *item)
{
    const struct recording_record *record = (const void *)item;
    const struct gemd_record_header *header = recording_file_record(item);
    switch (header->type) {
    case GEMD_RECORD_SUBMIT:
        return play_submit(player, record, header);
    case GEMD_RECORD_CREATE:
        return play_create(player, header);
    case GEMD_RECORD_CLOSE:
        return play_close(player, header);
    case GEMD_RECORD_PRESENT:
        return play_present(player, header);
    case GEMD_RECORD_MADVISE:
        return play_plain(player, header);
    default:
        player->result->skipped++; /* one batch after the other: nothing is to be waited for */
        return true;
    }
}

/* ---- what it became when it was recorded ---- */

static bool compare_batch(struct player *player, const struct recording_item *item)
{
    const struct recording_retired *retired = (const void *)item;
    if (retired->seqno == player->batch_seqno && !player->batch_refused &&
        retired->hash != player->batch_hash) {
        differ(player,
               "batch %" PRIu64 " wrote %016" PRIx64 ", and %016" PRIx64 " when it was recorded",
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
        differ(player,
               "frame %" PRIu64 " is %016" PRIx64 ", and was %016" PRIx64 " when it was recorded",
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
    [RECORDING_RECORD] = play_record,
    [RECORDING_PAGES] = play_page,
    [RECORDING_ARENA] = play_arena,
    [RECORDING_IMPORT] = play_import,
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
        return give_up(player,
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
        return goes_on(player);
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

static void free_memories(struct player *player, struct id_map *map)
{
    uint32_t at = 0;
    struct memory *memory;
    while ((memory = id_map_next(map, &at)) != NULL) {
        free_memory(player, memory);
    }
    id_map_finish(map);
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
        (void)give_up(&player, "out of memory");
    } else {
        (void)XXH3_64bits_reset(player.frames);
        (void)play_all(&player);
        result->hash = XXH3_64bits_digest(player.frames);
    }
    wire_close(&player.wire);
    wire_close(&player.lender);
    free_memories(&player, &player.arenas);
    free_memories(&player, &player.imports);
    id_map_finish(&player.buffers);
    XXH3_freeState(player.frames);
    free(player.record);
    free(player.picture);
}
