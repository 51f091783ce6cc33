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

int capture_init(struct capture *capture, const char *directory, uint32_t max_words)
{
    *capture = (struct capture){.directory = directory};
    if (directory == NULL) {
        return 0;
    }
    capture->words = malloc((size_t)max_words * 4);
    return capture->words != NULL ? 0 : -ENOMEM;
}

void capture_finish(struct capture *capture)
{
    free(capture->words);
    capture->words = NULL;
}

void capture_keep(struct capture *capture, const uint32_t *words, uint32_t count)
{
    if (capture->words != NULL) {
        memcpy(capture->words, words, (size_t)count * 4);
        capture->count = count;
    }
}

void capture_write(struct capture *capture, uint32_t session, uint64_t seqno)
{
    if (capture->words == NULL || capture->files == CAPTURE_FILES_MAX) {
        return;
    }
    capture->files++;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/batch-%u-%" PRIu64 ".raw", capture->directory,
                          session, seqno);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t size = (size_t)capture->count * 4;
    if (fd < 0 || write(fd, capture->words, size) != (ssize_t)size) {
        log_warning("cannot write %s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
}
