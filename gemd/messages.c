/* SPDX-License-Identifier: MIT */
#include "gemd/messages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/admission.h"
#include "gemd/chaos.h"
#include "gemd/cursor_messages.h"
#include "gemd/palette_messages.h"
#include "gemd/error_report.h"
#include "gemd/listing.h"
#include "gemd/pipe.h"
#include "gemd/probe.h"
#include "gemd/screen_modes.h"
#include "gemd/screenshot.h"
#include "gemd/server.h"
#include "gemd/session.h"
#include "gemd/status.h"
#include "gemd/swizzle.h"
#include "gemd/tiling.h"
#include "proto/codec.h"
#include "proto/memfile.h"
#include "proto/packet.h"

/* Packets that one session may have answered before others get their turn. */
#define PACKETS_AT_ONCE 16

static void answer_done(struct session *session, uint64_t serial)
{
    struct gemd_msg_done done;
    codec_begin(&done, GEMD_MSG_DONE, serial);
    session_answer(session, &done, NULL);
}

static void welcome(struct session *session, uint64_t serial, const int fds[3])
{
    const struct server *server = session->server;
    const struct hw_identity *identity = &server->gpu.dev->identity;
    struct gemd_msg_welcome message;
    codec_begin(&message, GEMD_MSG_WELCOME, serial);
    message.major = GEMD_PROTOCOL_MAJOR;
    message.minor = session->minor;
    message.session = session->id;
    message.pci_device = identity->pci_device;
    message.ring_bytes = SESSION_RING_BYTES;
    message.aperture_bytes = identity->aperture_size;
    message.gtt_bytes = (uint64_t)gtt_client_capacity(&server->gpu.gtt) * HW_PAGE_SIZE;
    message.max_batch_words = SESSION_MAX_WORDS;
    message.max_relocs = SESSION_MAX_RELOCS;
    message.max_buffers = SESSION_MAX_BUFFERS;
    message.screen_width = server->display.mode.width;
    message.screen_height = server->display.mode.height;
    message.refresh_millihertz = server->display.mode.refresh_millihertz;
    codec_set_text(message.device, sizeof(message.device), server->options.device_name);
    codec_set_text(message.daemon, sizeof(message.daemon), "gemd " GEMD_VERSION);
    session_answer(session, &message, fds);
}

static uint16_t lower_of(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* Ends the session of a peer that may have none for a while, and says why. */
static bool is_banned(struct session *session, uint64_t serial, const struct ban_rule *rule)
{
    struct server *server = session->server;
    uint64_t left =
        ban_left(&server->ban, rule, session->uid, session->pid, clock_now(&server->options.clock));
    if (left == 0) {
        return false;
    }
    session_refuse(session, serial, -EPERM,
                   "no session for process %d of user %u: %s batches hung the GPU %u times within "
                   "%" PRIu64 " s; again in %" PRIu64 " s",
                   session->pid, session->uid, rule->of_user ? "the user's" : "its", rule->hangs,
                   rule->window_ns / 1000000000u, left / 1000000000u + 1);
    session_end(session);
    return true;
}

static void on_hello(struct session *session, struct packet *packet)
{
    const struct gemd_msg_hello *hello = (const void *)packet->bytes;
    uint64_t serial = hello->header.serial;
    if (session->greeted || hello->magic != GEMD_PROTOCOL_MAGIC) {
        session_violation(session, serial,
                          session->greeted ? "a second HELLO"
                                           : "HELLO: this is not gemd's protocol");
        return;
    }
    if (hello->major != GEMD_PROTOCOL_MAJOR) {
        session_violation(session, serial, "HELLO: protocol version %u.%u, the daemon has %u.%u",
                          hello->major, hello->minor, GEMD_PROTOCOL_MAJOR, GEMD_PROTOCOL_MINOR);
        return;
    }
    if (hello->role > GEMD_ROLE_OBSERVER) {
        session_violation(session, serial, "HELLO: role %u", hello->role);
        return;
    }
    codec_set_text(session->name, sizeof(session->name), hello->name);
    if (!admission_greet(session, serial, hello->role)) {
        return;
    }
    if (hello->role == GEMD_ROLE_CLIENT &&
        (is_banned(session, serial, admission_ban_rule(session)) ||
         is_banned(session, serial, &session->grant.user_ban))) {
        return;
    }
    session->role = hello->role;
    session->minor = lower_of(hello->minor, GEMD_PROTOCOL_MINOR);
    int fds[3];
    int error = session_share(session, fds);
    if (error != 0) {
        session_violation(session, serial, "no memory for the session: %s", strerror(-error));
        return;
    }
    session->greeted = true;
    PROBE3(session_begin, session->id, session->pid, session->uid);
    log_debug(SESSION_FIELDS ": begins, uid %u, role %u", SESSION_VALUES(session), session->uid,
              session->role);
    if (session->role == GEMD_ROLE_CLIENT) {
        recording_greet(session);
    }
    welcome(session, serial, fds);
    for (unsigned i = 0; i < 3; i++) {
        close(fds[i]);
    }
}

static int charge_arena(struct session *session, uint64_t size, char reason[GEMD_TEXT_MAX])
{
    int error = quota_charge(session, LIMIT_BYTES, size, reason);
    if (error != 0) {
        return error;
    }
    error = quota_charge(session, LIMIT_ARENAS, 1, reason);
    if (error != 0) {
        quota_give(session->quota, LIMIT_BYTES, size);
    }
    return error;
}

static void on_arena_add(struct session *session, struct packet *packet)
{
    const struct gemd_msg_arena_add *add = (const void *)packet->bytes;
    uint64_t serial = add->header.serial;
    char reason[GEMD_TEXT_MAX];
    if (add->size == 0 || add->size % HW_PAGE_SIZE != 0) {
        session_refuse(session, serial, -EINVAL, "arena %u: size %" PRIu64, add->arena, add->size);
        return;
    }
    if (memfile_check(packet->fds[0], add->size, NULL, reason) != 0) {
        session_refuse(session, serial, -EINVAL, "arena %u: %s", add->arena, reason);
        return;
    }
    purge_make_room(session, add->size);
    int error = charge_arena(session, add->size, reason);
    if (error != 0) {
        session_refuse(session, serial, error, "arena %u: %s", add->arena, reason);
        return;
    }
    struct arena *arena = NULL;
    error = arena_create(&session->server->gpu.gtt, packet->fds[0], add->size, &arena);
    if (error == 0) {
        error = handle_table_add(&session->arenas, add->arena, arena);
        if (error != 0) {
            arena_unref(arena);
        }
    }
    if (error != 0) {
        quota_give(session->quota, LIMIT_BYTES, add->size);
        quota_give(session->quota, LIMIT_ARENAS, 1);
        session_refuse(session, serial, error, "arena %u: %s", add->arena, strerror(-error));
        return;
    }
    purge_pressure(session);
    answer_done(session, serial);
}

static void on_arena_remove(struct session *session, struct packet *packet)
{
    const struct gemd_msg_arena_remove *remove = (const void *)packet->bytes;
    uint64_t serial = remove->header.serial;
    struct arena *arena = handle_table_find(&session->arenas, remove->arena);
    if (arena == NULL || arena->buffers > 0) {
        session_refuse(session, serial, arena == NULL ? -ENOENT : -EBUSY,
                       arena == NULL ? "there is no arena %u" : "arena %u has open buffers",
                       remove->arena);
        return;
    }
    handle_table_remove(&session->arenas, remove->arena);
    session_drop_arena(session, arena);
    answer_done(session, serial);
}

/* An open buffer of the session; NULL: the request was refused. */
static struct bo *find_buffer(struct session *session, uint64_t serial, uint32_t handle)
{
    struct bo *bo = handle_table_find(&session->buffers, handle);
    if (bo == NULL) {
        session_refuse(session, serial, -ENOENT, "there is no buffer %u", handle);
    }
    return bo;
}

static void on_buffer_export(struct session *session, struct packet *packet)
{
    const struct gemd_msg_buffer_export *export = (const void *)packet->bytes;
    uint64_t serial = export->header.serial;
    char text[GEMD_TEXT_MAX];
    struct bo *bo = find_buffer(session, serial, export->handle);
    if (bo == NULL) {
        return;
    }
    int fd = share_export(session, bo, export->rights, text);
    if (fd < 0) {
        session_refuse(session, serial, fd, "export of buffer %u: %s", export->handle, text);
        return;
    }
    struct gemd_msg_buffer_exported exported;
    codec_begin(&exported, GEMD_MSG_BUFFER_EXPORTED, serial);
    session_answer(session, &exported, &fd);
}

static void on_buffer_import(struct session *session, struct packet *packet)
{
    const struct gemd_msg_buffer_import *import = (const void *)packet->bytes;
    uint64_t serial = import->header.serial;
    char text[GEMD_TEXT_MAX];
    struct bo *bo = NULL;
    int error = share_import(session, packet->fds[0], import->handle, &bo, text);
    if (error != 0) {
        session_refuse(session, serial, error, "import: %s", text);
        return;
    }
    struct gemd_msg_buffer_imported imported;
    codec_begin(&imported, GEMD_MSG_BUFFER_IMPORTED, serial);
    imported.handle = bo->handle;
    imported.rights = bo->rights;
    imported.size = bo->size;
    imported.tiling = tiling_on_wire(bo->tiling);
    imported.pitch = bo->pitch;
    session_answer(session, &imported, NULL);
}

static void on_buffer_need(struct session *session, struct packet *packet)
{
    const struct gemd_msg_buffer_need *need = (const void *)packet->bytes;
    uint64_t serial = need->header.serial;
    struct bo *bo = find_buffer(session, serial, need->handle);
    if (bo == NULL) {
        return;
    }
    if (bo->imported) {
        session_refuse(session, serial, -EACCES, "buffer %u is another session's", bo->handle);
        return;
    }
    bool retained;
    char text[GEMD_TEXT_MAX];
    int error = purge_take_back(session, bo, &retained, text);
    if (error != 0) {
        session_refuse(session, serial, error, "buffer %u: %s", bo->handle, text);
        return;
    }
    struct gemd_msg_buffer_needed needed;
    codec_begin(&needed, GEMD_MSG_BUFFER_NEEDED, serial);
    needed.handle = bo->handle;
    needed.retained = retained;
    session_answer(session, &needed, NULL);
}

static void on_buffer_revoke(struct session *session, struct packet *packet)
{
    const struct gemd_msg_buffer_revoke *revoke = (const void *)packet->bytes;
    uint64_t serial = revoke->header.serial;
    struct bo *bo = find_buffer(session, serial, revoke->handle);
    if (bo == NULL) {
        return;
    }
    if (bo->imported) {
        session_refuse(session, serial, -EACCES, "buffer %u is another session's", bo->handle);
        return;
    }
    int result = share_revoke(session, bo, serial);
    if (result == 0) {
        answer_done(session, serial);
    } else if (result != -EINPROGRESS) {
        session_refuse(session, serial, result,
                       "buffer %u: it is revoked, but too many wait to hear when it is idle",
                       revoke->handle);
    }
}

static int free_window_slot(const struct session *session)
{
    for (int i = 0; i < GEMD_WINDOWS_MAX; i++) {
        if (session->windows[i] == NULL) {
            return i;
        }
    }
    return -1;
}

static void on_window_create(struct session *session, struct packet *packet)
{
    const struct gemd_msg_window_create *create = (const void *)packet->bytes;
    uint64_t serial = create->header.serial;
    int slot = free_window_slot(session);
    if (slot < 0) {
        session_refuse(session, serial, -ENOSPC, "more than %d windows", GEMD_WINDOWS_MAX);
        return;
    }
    char reason[GEMD_TEXT_MAX];
    int error = quota_charge(session, LIMIT_WINDOWS, 1, reason);
    if (error != 0) {
        session_refuse(session, serial, error, "no window: %s", reason);
        return;
    }
    struct window *window =
        display_open(&session->server->display, create->width, create->height,
                     &session->status->windows[slot], session, (uint32_t)slot, &error, reason);
    if (window == NULL) {
        quota_give(session->quota, LIMIT_WINDOWS, 1);
        session_refuse(session, serial, error, "no window: %s", reason);
        return;
    }
    window->retired = session->retired;
    session->windows[slot] = window;
    struct gemd_msg_window_created created;
    codec_begin(&created, GEMD_MSG_WINDOW_CREATED, serial);
    created.window = (uint32_t)slot;
    created.width = window->width;
    created.height = window->height;
    created.stride_align = PIPE_STRIDE_ALIGN;
    session_answer(session, &created, NULL);
}

static void on_window_destroy(struct session *session, struct packet *packet)
{
    const struct gemd_msg_window_destroy *destroy = (const void *)packet->bytes;
    uint64_t serial = destroy->header.serial;
    struct display *display = &session->server->display;
    if (destroy->window >= GEMD_WINDOWS_MAX || session->windows[destroy->window] == NULL) {
        session_refuse(session, serial, -ENOENT, "there is no window %u", destroy->window);
        return;
    }
    struct window *window = session->windows[destroy->window];
    session->windows[destroy->window] = NULL; /* closing it may end a mode, and that is told */
    session->closed_frames += window->frames;
    display_close(display, window);
    quota_give(session->quota, LIMIT_WINDOWS, 1);
    if (!display_is_reading_closed(display)) {
        answer_done(session, serial);
    } else if (session->destroy_count < GEMD_WINDOWS_MAX) {
        session->destroy_serials[session->destroy_count++] = serial;
    } else {
        session_violation(session, serial, "too many windows destroyed at once");
    }
}

static void on_status_query(struct session *session, struct packet *packet)
{
    struct gemd_msg_status message;
    codec_begin(&message, GEMD_MSG_STATUS, packet->header.serial);
    int fd = status_write(session, &message.bytes);
    if (fd < 0) {
        session_refuse(session, packet->header.serial, fd, "status: %s", strerror(-fd));
        return;
    }
    session_answer(session, &message, &fd);
    close(fd);
}

static void on_list(struct session *session, struct packet *packet)
{
    const struct gemd_msg_list *list = (const void *)packet->bytes;
    uint64_t serial = list->header.serial;
    struct listing listing;
    int fd = listing_write(session, list->what, &listing);
    if (fd < 0) {
        session_refuse(session, serial, fd, "list %u: %s", list->what,
                       fd == -EINVAL ? "there is no such list" : strerror(-fd));
        return;
    }
    struct gemd_msg_listed message;
    codec_begin(&message, GEMD_MSG_LISTED, serial);
    message.bytes = listing.bytes;
    message.rows = listing.rows;
    message.left_out = listing.left_out;
    session_answer(session, &message, &fd);
    close(fd);
}

static void on_screenshot(struct session *session, struct packet *packet)
{
    struct gemd_msg_screenshot_taken message;
    if (!mirror_admits(session, packet->header.serial)) {
        return;
    }
    codec_begin(&message, GEMD_MSG_SCREENSHOT_TAKEN, packet->header.serial);
    struct screenshot shot;
    int fd = screenshot_take(&session->server->display, &shot);
    if (fd < 0) {
        session_refuse(session, packet->header.serial, fd, "screenshot: %s",
                       fd == -ENODATA ? "the pipe is off" : strerror(-fd));
        return;
    }
    message.width = shot.width;
    message.height = shot.height;
    message.stride = shot.stride;
    message.frame = shot.frame;
    session_answer(session, &message, &fd);
    close(fd);
}

static struct session *find_client(const struct session *operator_session, uint32_t id)
{
    list_for_each(session, &operator_session->server->sessions, struct session, link)
    {
        if (session->id == id && session->greeted && session->role == GEMD_ROLE_CLIENT) {
            return session;
        }
    }
    return NULL;
}

static void on_audit(struct session *session, struct packet *packet)
{
    const struct gemd_msg_audit *audit = (const void *)packet->bytes;
    uint64_t serial = audit->header.serial;
    struct session *client = find_client(session, audit->session);
    if (client == NULL || audit->on > 1) {
        session_refuse(session, serial, client == NULL ? -ENOENT : -EINVAL,
                       client == NULL ? "there is no session %u"
                                      : "audit of session %u: not 0 or 1",
                       audit->session);
        return;
    }
    audit_switch(client, audit->on != 0, session);
    answer_done(session, serial);
}

static void start_recording(struct session *session, struct packet *packet,
                            const struct recording_wish *wish)
{
    char text[GEMD_TEXT_MAX];
    int error = recording_start(session->server, wish, text);
    if (error == 0) {
        answer_done(session, packet->header.serial);
    } else {
        session_refuse(session, packet->header.serial, error, "no recording: %s", text);
    }
}

static void on_record(struct session *session, struct packet *packet)
{
    const struct gemd_msg_record *record = (const void *)packet->bytes;
    const struct recording_wish wish = {.session = find_client(session, record->session),
                                        .group = (pid_t)record->group,
                                        .fd = packet->fds[0]};
    if (record->session != 0 && wish.session == NULL) {
        session_refuse(session, record->header.serial, -ENOENT, "there is no session %u",
                       record->session);
    } else if ((record->session == 0) == (record->group == 0) || record->group > INT32_MAX) {
        session_refuse(session, record->header.serial, -EINVAL, "session %u and group %u: not one",
                       record->session, record->group);
    } else {
        start_recording(session, packet, &wish);
    }
}

static void on_record_self(struct session *session, struct packet *packet)
{
    const struct recording_wish wish = {.session = session, .fd = packet->fds[0], .own = true};
    start_recording(session, packet, &wish);
}

static void on_errors_query(struct session *session, struct packet *packet)
{
    const struct gemd_msg_errors_query *query = (const void *)packet->bytes;
    uint64_t serial = query->header.serial;
    struct gemd_msg_errors message;
    codec_begin(&message, GEMD_MSG_ERRORS, serial);
    const struct error_capture *errors = &session->server->errors;
    int fd = error_report_write(errors, query->form, query->number, &message.bytes);
    if (fd < 0) {
        session_refuse(session, serial, fd, "error %" PRIu64 " of %" PRIu64 ", form %u: %s",
                       query->number, errors->count, query->form, strerror(-fd));
        return;
    }
    session_answer(session, &message, &fd);
    close(fd);
}

typedef void message_handler(struct session *session, struct packet *packet);

static message_handler *const handlers[] = {
    [GEMD_MSG_HELLO] = on_hello,
    [GEMD_MSG_ARENA_ADD] = on_arena_add,
    [GEMD_MSG_ARENA_REMOVE] = on_arena_remove,
    [GEMD_MSG_WINDOW_CREATE] = on_window_create,
    [GEMD_MSG_WINDOW_DESTROY] = on_window_destroy,
    [GEMD_MSG_STATUS_QUERY] = on_status_query,
    [GEMD_MSG_SCREENSHOT] = on_screenshot,
    [GEMD_MSG_AUDIT] = on_audit,
    [GEMD_MSG_FENCE_EXPORT] = fence_export_request,
    [GEMD_MSG_FENCE_IMPORT] = fence_import_request,
    [GEMD_MSG_VBLANK_WAIT] = vblank_wait_request,
    [GEMD_MSG_BUFFER_EXPORT] = on_buffer_export,
    [GEMD_MSG_BUFFER_IMPORT] = on_buffer_import,
    [GEMD_MSG_BUFFER_REVOKE] = on_buffer_revoke,
    [GEMD_MSG_ERRORS_QUERY] = on_errors_query,
    [GEMD_MSG_BUFFER_NEED] = on_buffer_need,
    [GEMD_MSG_LIST] = on_list,
    [GEMD_MSG_RECORD] = on_record,
    [GEMD_MSG_RECORD_SELF] = on_record_self,
    [GEMD_MSG_SCREEN_QUERY] = screen_query_request,
    [GEMD_MSG_MONITOR_PLUG] = screen_plug_request,
    [GEMD_MSG_PALETTE] = palette_request,
    [GEMD_MSG_CURSOR_IMAGE] = cursor_image_request,
    [GEMD_MSG_CURSOR_MOVE] = cursor_move_request,
    [GEMD_MSG_SUSPEND] = power_suspend_request,
    [GEMD_MSG_RESUME] = power_resume_request,
    [GEMD_MSG_TILES_QUERY] = tiles_query_request,
    [GEMD_MSG_WINDOW_DRAWN] = mirror_drawn_request,
    [GEMD_MSG_MIRROR_START] = mirror_start_request,
    [GEMD_MSG_MIRROR_STOP] = mirror_stop_request,
    [GEMD_MSG_MIRROR_LOOK] = mirror_look_request,
    [GEMD_MSG_MIRROR_RETURN] = mirror_return_request,
};

static bool may_send(const struct session *session, const struct codec_message *row)
{
    switch (row->who) {
    case CODEC_ANY:
        return true;
    case CODEC_SESSION:
        return session->greeted && session->role == GEMD_ROLE_CLIENT;
    case CODEC_OBSERVER:
        return session->greeted && session->role != GEMD_ROLE_CLIENT;
    case CODEC_OPERATOR:
        return session->greeted && session->role == GEMD_ROLE_OPERATOR;
    }
    return false;
}

/* Descriptors that the daemon had no room for are not the client's fault: refused, no more. */
static bool refuse_lost(struct session *session, const struct packet *packet)
{
    char reason[GEMD_TEXT_MAX];
    const struct codec_message *row =
        packet->size >= sizeof(packet->header) ? codec_message(packet->header.type) : NULL;
    if (row == NULL || row->fds == 0 || !may_send(session, row) ||
        codec_check(packet->bytes, packet->size, row->fds, CODEC_TO_DAEMON, reason) == NULL) {
        return false;
    }
    session_refuse(session, packet->header.serial, -EMFILE,
                   "%s: the daemon has no descriptor left for what came with it", row->name);
    return true;
}

static void dispatch(struct session *session, struct packet *packet)
{
    char reason[GEMD_TEXT_MAX];
    if (packet->fds_lost && refuse_lost(session, packet)) {
        return;
    }
    const struct codec_message *row = packet_check(packet, CODEC_TO_DAEMON, reason);
    if (row == NULL) {
        session_violation(session, 0, "%s", reason);
    } else if (!may_send(session, row)) {
        session_violation(session, packet->header.serial, "%s: not allowed to this session%s",
                          row->name, session->greeted ? "" : " before HELLO");
    } else {
        handlers[row->type](session, packet);
        if (session->recording != NULL) {
            recording_request(session, packet);
        }
    }
}

void messages_receive(struct session *session)
{
    session_ref(session);
    for (int i = 0; i < PACKETS_AT_ONCE && !session->ended; i++) {
        struct packet packet;
        if (chaos_hits_session(CHAOS_RECEIVE_AGAIN, session->name)) {
            break; /* the socket stays readable */
        }
        int result = packet_receive(session->socket, &packet, MSG_DONTWAIT);
        if (result == -EAGAIN) {
            break;
        }
        if (result > 0 && chaos_hits_session(CHAOS_RECEIVE_CUT, session->name)) {
            packet.size -= packet.size > 8 ? 8 : packet.size;
        }
        if (result > 0 && packet.fd_count > 0 &&
            chaos_hits_session(CHAOS_RECEIVE_RIGHTS, session->name)) {
            packet_clear(&packet);
            packet.fd_count = GEMD_FDS_MAX + 1; /* as of a process that can open none */
            packet.fds_lost = true;
        }
        if (result > 0 && chaos_hits_session(CHAOS_DROP, session->name)) {
            packet_clear(&packet);
            result = -ECONNRESET;
        }
        if (result <= 0) {
            session_end(session);
            break;
        }
        dispatch(session, &packet);
        packet_clear(&packet);
    }
    session_unref(session);
}
