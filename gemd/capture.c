/* SPDX-License-Identifier: MIT */
#include "gemd/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gemd/log.h"
#include "gemd/validator/stream_file.h"

int capture_init(struct capture *capture, const char *directory, const char *record,
                 const struct validator_job *max)
{
    *capture = (struct capture){.directory = directory, .record = -1};
    if (directory == NULL && record == NULL) {
        return 0;
    }
    capture->room = stream_file_size(max);
    capture->bytes = malloc(capture->room);
    if (capture->bytes == NULL) {
        return -ENOMEM;
    }
    if (record != NULL) {
        capture->record = open(record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (capture->record < 0) {
            int error = -errno;
            log_error("--record %s: %s", record, strerror(-error));
            return error;
        }
    }
    return 0;
}

void capture_finish(struct capture *capture)
{
    if (capture->bytes != NULL && capture->record >= 0) {
        close(capture->record);
    }
    free(capture->bytes);
    *capture = (struct capture){.record = -1};
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

/* A record that is cut would spoil those behind it: the file ends with the first failure. */
static void record(struct capture *capture)
{
    bool full = capture->recorded + capture->size > CAPTURE_RECORD_MAX;
    if (!full && write_all(capture->record, capture->bytes, capture->size)) {
        capture->recorded += capture->size;
        return;
    }
    log_warning("the recording ends after %" PRIu64 " bytes: %s", capture->recorded,
                full ? "it is large enough" : strerror(errno));
    (void)!ftruncate(capture->record, (off_t)capture->recorded);
    close(capture->record);
    capture->record = -1;
}

void capture_keep(struct capture *capture, const struct validator_job *job, uint32_t session,
                  uint64_t seqno)
{
    if (capture->bytes == NULL || stream_file_size(job) > capture->room) {
        return;
    }
    capture->size = stream_file_size(job);
    stream_file_write(job, session, seqno, capture->bytes);
    if (capture->record >= 0) {
        record(capture);
    }
}

void capture_write(struct capture *capture, uint32_t session, uint64_t seqno)
{
    if (capture->bytes == NULL || capture->directory == NULL ||
        capture->files == CAPTURE_FILES_MAX) {
        return;
    }
    capture->files++;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/batch-%u-%" PRIu64 ".stream", capture->directory,
                          session, seqno);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || !write_all(fd, capture->bytes, capture->size)) {
        log_warning("cannot write %s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
}
