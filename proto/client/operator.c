/* SPDX-License-Identifier: MIT */
#include "proto/client/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/memfile.h"

/* Maps a memory file that came with an answer, for reading; closes it. NULL on failure. */
static void *map_answer(struct packet *answer, uint64_t least, size_t *size)
{
    char reason[GEMD_TEXT_MAX];
    uint64_t bytes;
    void *map = MAP_FAILED;
    int fd = packet_take_fd(answer, 0);
    if (memfile_check_readable(fd, least, &bytes, reason) == 0) {
        map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
        *size = bytes;
    }
    close(fd);
    return map == MAP_FAILED ? NULL : map;
}

/* The text of 'bytes' that came with an answer; clears the answer. NULL: it is not there. */
static char *take_text(struct packet *answer, uint64_t bytes, int *error)
{
    size_t size = 0;
    const char *map = map_answer(answer, bytes, &size);
    packet_clear(answer);
    *error = map == NULL ? -EIO : 0;
    if (map == NULL) {
        return NULL;
    }
    char *text = strndup(map, bytes);
    munmap((void *)(uintptr_t)map, size);
    *error = text == NULL ? -ENOMEM : 0;
    return text;
}

int gemd_query_status(struct gemd_session *session, char **text)
{
    struct gemd_msg_status_query query;
    struct gemd_msg_status status;
    struct packet answer;

    *text = NULL;
    codec_begin(&query, GEMD_MSG_STATUS_QUERY, 0);
    int result = request(session, &query, NULL, GEMD_MSG_STATUS, &answer);
    if (result < 0) {
        return result;
    }
    memcpy(&status, answer.bytes, sizeof(status));
    *text = take_text(&answer, status.bytes, &result);
    return result;
}

int gemd_query_list(struct gemd_session *session, uint32_t what, char **text, uint32_t *left_out)
{
    struct gemd_msg_list list;
    struct gemd_msg_listed listed;
    struct packet answer;

    *text = NULL;
    codec_begin(&list, GEMD_MSG_LIST, 0);
    list.what = what;
    int result = request(session, &list, NULL, GEMD_MSG_LISTED, &answer);
    if (result < 0) {
        return result;
    }
    memcpy(&listed, answer.bytes, sizeof(listed));
    if (left_out != NULL) {
        *left_out = listed.left_out;
    }
    *text = take_text(&answer, listed.bytes, &result);
    return result;
}

int gemd_take_screenshot(struct gemd_session *session, struct gemd_screenshot *screenshot)
{
    struct gemd_msg_screenshot take;
    struct gemd_msg_screenshot_taken taken;
    struct packet answer;

    memset(screenshot, 0, sizeof(*screenshot));
    codec_begin(&take, GEMD_MSG_SCREENSHOT, 0);
    int result = request(session, &take, NULL, GEMD_MSG_SCREENSHOT_TAKEN, &answer);
    if (result < 0) {
        return result;
    }
    memcpy(&taken, answer.bytes, sizeof(taken));
    uint64_t least = (uint64_t)taken.stride * taken.height;
    if (taken.stride / 4 >= taken.width && least > 0) {
        screenshot->pixels = map_answer(&answer, least, &screenshot->size);
    }
    packet_clear(&answer);
    if (screenshot->pixels == NULL) {
        return -EIO;
    }
    screenshot->width = taken.width;
    screenshot->height = taken.height;
    screenshot->stride = taken.stride;
    screenshot->frame = taken.frame;
    return 0;
}

void gemd_screenshot_free(struct gemd_screenshot *screenshot)
{
    if (screenshot->pixels != NULL) {
        munmap(screenshot->pixels, screenshot->size);
        screenshot->pixels = NULL;
    }
}

int gemd_audit(struct gemd_session *session, uint32_t number, bool on)
{
    struct gemd_msg_audit audit;
    struct packet answer;

    codec_begin(&audit, GEMD_MSG_AUDIT, 0);
    audit.session = number;
    audit.on = on;
    int result = request(session, &audit, NULL, GEMD_MSG_DONE, &answer);
    if (result == 0) {
        packet_clear(&answer);
    }
    return result;
}

static int ask_plainly(struct gemd_session *session, void *message)
{
    struct packet answer;

    int result = request(session, message, NULL, GEMD_MSG_DONE, &answer);
    if (result == 0) {
        packet_clear(&answer);
    }
    return result;
}

int gemd_suspend(struct gemd_session *session)
{
    struct gemd_msg_suspend suspend;

    codec_begin(&suspend, GEMD_MSG_SUSPEND, 0);
    return ask_plainly(session, &suspend);
}

int gemd_resume(struct gemd_session *session)
{
    struct gemd_msg_resume resume;

    codec_begin(&resume, GEMD_MSG_RESUME, 0);
    return ask_plainly(session, &resume);
}

int gemd_plug_monitor(struct gemd_session *session, bool plugged, const uint8_t *edid)
{
    struct gemd_msg_monitor_plug plug;

    codec_begin(&plug, GEMD_MSG_MONITOR_PLUG, 0);
    plug.plugged = plugged;
    if (plugged && edid != NULL) {
        plug.edid_bytes = GEMD_EDID_BYTES;
        memcpy(plug.edid, edid, GEMD_EDID_BYTES);
    }
    return ask_plainly(session, &plug);
}

int gemd_query_errors(struct gemd_session *session, uint64_t number, enum gemd_errors_form form,
                      char **bytes, size_t *size)
{
    struct gemd_msg_errors_query query;
    struct gemd_msg_errors errors;
    struct packet answer;
    size_t mapped = 0;

    *bytes = NULL;
    codec_begin(&query, GEMD_MSG_ERRORS_QUERY, 0);
    query.number = number;
    query.form = form;
    int result = request(session, &query, NULL, GEMD_MSG_ERRORS, &answer);
    if (result < 0) {
        return result;
    }
    memcpy(&errors, answer.bytes, sizeof(errors));
    const char *map = map_answer(&answer, errors.bytes, &mapped);
    packet_clear(&answer);
    if (map == NULL) {
        return -EIO;
    }
    *size = (size_t)errors.bytes;
    *bytes = malloc(*size + 1);
    if (*bytes != NULL) {
        memcpy(*bytes, map, *size);
        (*bytes)[*size] = '\0';
    }
    munmap((void *)(uintptr_t)map, mapped);
    return *bytes == NULL ? -ENOMEM : 0;
}

#define RECORD_MINOR 2u

static int ask_for_recording(struct gemd_session *session, void *message, int socket)
{
    struct packet answer;
    pthread_rwlock_rdlock(&session->connection);
    const bool knows = session->status->minor >= RECORD_MINOR;
    pthread_rwlock_unlock(&session->connection);
    if (!knows) {
        return -EOPNOTSUPP;
    }
    int result = request(session, message, &socket, GEMD_MSG_DONE, &answer);
    if (result == 0) {
        packet_clear(&answer);
    }
    return result;
}

int gemd_record(struct gemd_session *session, uint32_t number, uint32_t group, int socket)
{
    struct gemd_msg_record record;
    codec_begin(&record, GEMD_MSG_RECORD, 0);
    record.session = number;
    record.group = group;
    return ask_for_recording(session, &record, socket);
}

int gemd_record_self(struct gemd_session *session, int socket)
{
    struct gemd_msg_record_self record;
    codec_begin(&record, GEMD_MSG_RECORD_SELF, 0);
    return ask_for_recording(session, &record, socket);
}
