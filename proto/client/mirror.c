/* SPDX-License-Identifier: MIT */
/*
 * The live view. Whoever reads the session's socket puts pictures into a queue and makes an
 * eventfd readable; whoever waits for a picture sleeps on both. There are never more pictures of one
 * file than slots, so what the queue has no room for has been replaced long ago.
 */
#include "proto/client/mirror.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/client/session.h"
#include "proto/memfile.h"

#define MIRROR_MINOR 2   /* of the protocol */
#define QUEUE_ROOM   256 /* pictures of a file that was replaced may still be there */

/* Pictures of one size; lives as long as anybody has one of them. */
struct gemd_mirror_file {
    unsigned refs; /* atomic: the mirror's, and of each picture */
    struct gemd_msg_mirror_file told;
    uint8_t *map;
};

struct queued {
    struct gemd_msg_mirror_picture told;
    struct gemd_mirror_file *file; /* NULL: the pipe is off */
};

struct gemd_mirror {
    struct gemd_session *session;
    int wake;        /* an eventfd */
    uint32_t losses; /* of the session, when it began */
    pthread_mutex_t lock;
    struct gemd_mirror_file *file;   /* lock: the present one */
    struct queued queue[QUEUE_ROOM]; /* lock */
    unsigned first, count;           /* lock */
    int ended;                       /* lock: negative errno */
};

static void file_unref(struct gemd_mirror_file *file)
{
    if (file != NULL && __atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        munmap(file->map, file->told.bytes);
        free(file);
    }
}

static struct gemd_mirror_file *file_ref(struct gemd_mirror_file *file)
{
    if (file != NULL) {
        __atomic_add_fetch(&file->refs, 1, __ATOMIC_RELAXED);
    }
    return file;
}

/* A daemon's numbers are looked at as anybody's. */
static bool is_sound(const struct gemd_msg_mirror_file *told)
{
    const uint64_t picture = (uint64_t)told->stride * told->height;
    return told->width > 0 && told->height > 0 && told->stride / 4 >= told->width &&
           told->stride % 4 == 0 && told->slots > 0 && told->slots <= GEMD_MIRROR_SLOTS_MAX &&
           told->slot_bytes >= picture && told->slot_bytes <= INT64_MAX / told->slots &&
           told->slots * told->slot_bytes <= told->bytes;
}

static struct gemd_mirror_file *file_open(const struct gemd_msg_mirror_file *told, int fd)
{
    char reason[GEMD_TEXT_MAX];
    uint64_t bytes;
    struct gemd_mirror_file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return NULL;
    }
    file->refs = 1;
    file->told = *told;
    file->map = MAP_FAILED;
    if (is_sound(told) && memfile_check_readable(fd, told->bytes, &bytes, reason) == 0) {
        file->map = mmap(NULL, told->bytes, PROT_READ, MAP_SHARED, fd, 0);
    }
    if (file->map == MAP_FAILED) {
        free(file);
        return NULL;
    }
    return file;
}

static void wake(const struct gemd_mirror *mirror)
{
    const uint64_t one = 1;
    ssize_t written = write(mirror->wake, &one, sizeof(one));
    (void)written; /* it is readable already, else */
}

static void end(struct gemd_mirror *mirror, int error)
{
    mirror->ended = mirror->ended != 0 ? mirror->ended : error;
}

/* ---- what the socket brings ---- */

static void take_file(struct gemd_mirror *mirror, struct packet *packet)
{
    struct gemd_msg_mirror_file told;
    int fd = packet_take_fd(packet, 0);
    memcpy(&told, packet->bytes, sizeof(told));
    struct gemd_mirror_file *file = file_open(&told, fd);
    close(fd);
    file_unref(mirror->file);
    mirror->file = file;
    if (file == NULL) {
        end(mirror, -EIO);
    }
}

static void take_picture(struct gemd_mirror *mirror, const struct packet *packet)
{
    struct gemd_msg_mirror_picture told;
    memcpy(&told, packet->bytes, sizeof(told));
    const struct gemd_mirror_file *file = mirror->file;
    const bool known = told.on == 0 || (file != NULL && told.generation == file->told.generation &&
                                        told.slot < file->told.slots);
    if (!known) {
        end(mirror, -EIO);
        return;
    }
    if (mirror->count == QUEUE_ROOM) { /* the oldest is of a file that was replaced */
        file_unref(mirror->queue[mirror->first].file);
        mirror->first = (mirror->first + 1) % QUEUE_ROOM;
        mirror->count--;
    }
    mirror->queue[(mirror->first + mirror->count++) % QUEUE_ROOM] =
        (struct queued){told, told.on != 0 ? file_ref(mirror->file) : NULL};
}

bool mirror_take(struct gemd_session *session, struct packet *packet)
{
    const uint32_t type = packet->header.type;
    struct gemd_mirror *mirror = session->mirror;
    if (type != GEMD_MSG_MIRROR_FILE && type != GEMD_MSG_MIRROR_PICTURE &&
        type != GEMD_MSG_MIRROR_ENDED) {
        return false;
    }
    if (mirror != NULL) {
        pthread_mutex_lock(&mirror->lock);
        if (type == GEMD_MSG_MIRROR_FILE) {
            take_file(mirror, packet);
        } else if (type == GEMD_MSG_MIRROR_PICTURE) {
            take_picture(mirror, packet);
        } else {
            struct gemd_msg_mirror_ended ended;
            memcpy(&ended, packet->bytes, sizeof(ended));
            end(mirror, ended.error < 0 && ended.error >= -4095 ? ended.error : -EIO);
        }
        wake(mirror);
        pthread_mutex_unlock(&mirror->lock);
    }
    if (type == GEMD_MSG_MIRROR_ENDED) {
        event_queue(session, packet); /* which says why */
    }
    packet_clear(packet);
    return true;
}

/* ---- the program's side ---- */

static int ask(struct gemd_session *session, void *message)
{
    struct packet answer;
    int result = request(session, message, NULL, GEMD_MSG_DONE, &answer);
    if (result == 0) {
        packet_clear(&answer);
    }
    return result;
}

static void set_mirror(struct gemd_session *session, struct gemd_mirror *mirror)
{
    pthread_mutex_lock(&session->socket_lock);
    session->mirror = mirror;
    pthread_mutex_unlock(&session->socket_lock);
}

static void destroy(struct gemd_mirror *mirror)
{
    for (; mirror->count > 0; mirror->count--) {
        file_unref(mirror->queue[mirror->first++ % QUEUE_ROOM].file);
    }
    file_unref(mirror->file);
    close(mirror->wake);
    pthread_mutex_destroy(&mirror->lock);
    session_unref(mirror->session);
    free(mirror);
}

int gemd_mirror_open(struct gemd_session *session, unsigned slots, struct gemd_mirror **mirror)
{
    struct gemd_msg_mirror_start start;
    *mirror = NULL;
    if (session_gone(session)) {
        return -EIO;
    }
    if (session->status->minor < MIRROR_MINOR) {
        return -EOPNOTSUPP;
    }
    if (session->mirror != NULL) {
        return -EALREADY;
    }
    struct gemd_mirror *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    made->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (made->wake < 0) {
        int error = -errno;
        free(made);
        return error;
    }
    pthread_mutex_init(&made->lock, NULL);
    made->session = session_ref(session);
    made->losses = gemd_session_losses(session);
    set_mirror(session, made);
    codec_begin(&start, GEMD_MSG_MIRROR_START, 0);
    start.slots = slots;
    int result = ask(session, &start);
    if (result != 0) {
        set_mirror(session, NULL);
        destroy(made);
        return result;
    }
    *mirror = made;
    return 0;
}

void gemd_mirror_close(struct gemd_mirror *mirror)
{
    struct gemd_msg_mirror_stop stop;
    if (mirror == NULL) {
        return;
    }
    struct gemd_session *session = mirror->session;
    pthread_mutex_lock(&mirror->lock);
    const bool runs = mirror->ended == 0 && mirror->losses == gemd_session_losses(session);
    pthread_mutex_unlock(&mirror->lock);
    if (runs) {
        codec_begin(&stop, GEMD_MSG_MIRROR_STOP, 0);
        (void)!ask(session, &stop);
    }
    set_mirror(session, NULL);
    destroy(mirror);
}

int gemd_mirror_look(struct gemd_mirror *mirror)
{
    struct gemd_msg_mirror_look look;
    codec_begin(&look, GEMD_MSG_MIRROR_LOOK, 0);
    return ask(mirror->session, &look);
}

static void fill(struct gemd_picture *picture, const struct queued *queued)
{
    *picture = (struct gemd_picture){
        .number = queued->told.number,
        .sequence = queued->told.sequence,
        .time_ns = (int64_t)queued->told.time_ns,
        .lost = queued->told.lost,
        .causes = queued->told.causes,
        .slot = queued->told.slot,
        .generation = queued->told.generation,
        .file = queued->file,
    };
    if (queued->file != NULL) {
        const struct gemd_msg_mirror_file *told = &queued->file->told;
        picture->width = told->width;
        picture->height = told->height;
        picture->stride = told->stride;
        picture->pixels = queued->file->map + picture->slot * told->slot_bytes;
    }
}

/* 0, -EAGAIN, or why there will be none. */
static int take_queued(struct gemd_mirror *mirror, struct gemd_picture *picture)
{
    int result = -EAGAIN;
    uint64_t count;
    pthread_mutex_lock(&mirror->lock);
    ssize_t got = read(mirror->wake, &count, sizeof(count)); /* of what is looked at now */
    (void)got;
    if (mirror->count > 0) {
        fill(picture, &mirror->queue[mirror->first]);
        mirror->first = (mirror->first + 1) % QUEUE_ROOM;
        mirror->count--;
        result = 0;
    } else if (mirror->ended != 0) {
        result = mirror->ended;
    } else if (mirror->losses != gemd_session_losses(mirror->session)) {
        result = -EIO;
    }
    if (mirror->count > 0) {
        wake(mirror); /* for other threads, and for who polls */
    }
    pthread_mutex_unlock(&mirror->lock);
    return result;
}

/* Sleeps until there may be something. -ETIME. */
static int sleep_until(const struct gemd_mirror *mirror, int64_t deadline)
{
    struct pollfd wait[2] = {{.fd = gemd_session_fd(mirror->session), .events = POLLIN},
                             {.fd = mirror->wake, .events = POLLIN}};
    struct timespec left;
    if (deadline != GEMD_FOREVER) {
        const int64_t ns = deadline - wait_now_ns();
        if (ns <= 0) {
            return -ETIME;
        }
        left.tv_sec = ns / 1000000000;
        left.tv_nsec = ns % 1000000000;
    }
    int ready = ppoll(wait, 2, deadline != GEMD_FOREVER ? &left : NULL, NULL);
    return ready < 0 && errno != EINTR ? -errno : 0;
}

int gemd_mirror_next(struct gemd_mirror *mirror, int64_t deadline, struct gemd_picture *picture)
{
    int result = 0;
    while (result == 0) {
        gemd_session_dispatch(mirror->session);
        result = take_queued(mirror, picture);
        if (result != -EAGAIN) {
            return result;
        }
        if (session_gone(mirror->session)) {
            return -EIO;
        }
        result = sleep_until(mirror, deadline);
    }
    return result;
}

void gemd_mirror_return(struct gemd_mirror *mirror, struct gemd_picture *picture)
{
    struct gemd_msg_mirror_return give;
    codec_begin(&give, GEMD_MSG_MIRROR_RETURN, 0);
    give.generation = picture->generation;
    give.slot = picture->slot;
    if (mirror->losses == gemd_session_losses(mirror->session)) {
        request_forget(mirror->session, &give, NULL);
    }
    file_unref(picture->file);
    picture->file = NULL;
    picture->pixels = NULL;
}
