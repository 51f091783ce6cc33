/* SPDX-License-Identifier: MIT */
/*
 * What tests of recordings share: a daemon, a client that draws frames which are all different, and
 * gemctl. Failures end the test.
 */
#ifndef GEMD_TESTS_CAPTURE_TAPE_H
#define GEMD_TESTS_CAPTURE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { TAPE_WIDTH = 64, TAPE_HEIGHT = 48, TAPE_STRIDE = 256 };
enum { TAPE_BYTES = TAPE_STRIDE * TAPE_HEIGHT };

struct tape {
    struct daemon daemon;
    char directory[64]; /* for files */
    char output[4096];  /* of the last gemctl */
};

/* cmocka setup and teardown: *state is a struct tape with a daemon that runs. */
int tape_setup(void **state);
int tape_teardown(void **state);

/* A file in the directory; good until the fourth next call. */
const char *tape_path(const struct tape *tape, const char *name);

/* Runs gemctl with these arguments (NULL-terminated); its exit status, 128 + number of a signal. */
int tape_gemctl(struct tape *tape, const char *const *arguments);
#define TAPE_GEMCTL(tape, ...) tape_gemctl(tape, (const char *const[]){__VA_ARGS__, NULL})
/* The same, in the background; tape_await() gives its status. */
pid_t tape_start(struct tape *tape, const char *const *arguments);
#define TAPE_START(tape, ...) tape_start(tape, (const char *const[]){__VA_ARGS__, NULL})
int tape_await(struct tape *tape, pid_t pid);
/* The number behind "key=" in the output. */
long tape_value(const struct tape *tape, const char *key);
/* The text behind it, up to a blank. */
void tape_text(const struct tape *tape, const char *key, char *text, size_t size);
/* Whether both files are pictures, and the same. */
bool tape_same_picture(const char *one, const char *other);

/* A client with a window, buffers for frames, and one that the CPU writes. */
struct painter {
    struct gemd_session *session;
    struct gemd_window *window;
    struct gemd_bo *frames[2], *source;
    unsigned count;
    uint64_t serial;
};

void painter_open(struct painter *painter, const char *socket);
void painter_close(struct painter *painter);
/* Draws and shows the next frame, and waits until it is on the screen. */
void painter_paint(struct painter *painter);
/* Has a batch refused: its second command is none. */
void painter_blunder(struct painter *painter);

/* Copies 'from' to 'to', both of TAPE_BYTES; waits for it. */
void painter_copy(struct painter *painter, struct gemd_bo *to, struct gemd_bo *from);
/* Shows a buffer; waits until it is on the screen. */
void painter_show(struct painter *painter, struct gemd_bo *bo, uint64_t seqno);

/* Saves what is on the daemon's screen. */
void tape_screenshot(const char *socket, const char *path);

#endif
