/* SPDX-License-Identifier: MIT */
/*
 * Hangs for long: innocents that look at each pixel of what they draw, and a guilty session a
 * second, whose batch the daemon's chaos mode spoils. For run-hangs.
 *
 * usage: soak_hangs SOCKET SECONDS
 *
 * Last line: soak_hangs: hangs=... told=... frames=... wrong_pixels=... lost=...
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/gemd.h"

enum { PITCH = 512, WIDTH = PITCH / 4, ROWS = 128, FILLS = 16, DEPTH = 4, INNOCENTS = 2 };

#define XY_COLOR_BLT        0x54300004u
#define FORMAT_32           0x03000000u
#define ROP_XOR             0x005a0000u
#define MI_BATCH_BUFFER_END 0x05000000u
#define HANG_WAIT_NS        20000000000

struct result {
    uint64_t frames, wrong_pixels, lost;
};

struct painter {
    struct gemd_session *session;
    struct gemd_bo *bo;
    uint32_t expected[WIDTH * ROWS];
    uint32_t random;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint32_t draw(struct painter *painter, uint32_t below)
{
    painter->random = painter->random * 1664525u + 1013904223u;
    return (painter->random >> 8) % below;
}

static bool painter_open(struct painter *painter, const char *socket, const char *name,
                         uint32_t seed)
{
    const struct gemd_connect_options options = {.socket = socket, .name = name};
    char reason[GEMD_TEXT_MAX];
    memset(painter, 0, sizeof(*painter));
    painter->random = seed;
    if (gemd_session_open(&options, &painter->session, reason) != 0) {
        fprintf(stderr, "soak_hangs: %s: %s\n", name, reason);
        return false;
    }
    if (gemd_bo_create(painter->session, PITCH * ROWS, false, &painter->bo) != 0) {
        gemd_session_close(painter->session);
        return false;
    }
    memset(gemd_bo_map(painter->bo), 0, PITCH * ROWS);
    return true;
}

static void painter_close(struct painter *painter)
{
    gemd_bo_unref(painter->bo);
    gemd_session_close(painter->session);
}

/*
 * A batch of rectangles, each exclusive-ored with a colour: one that ran twice, or half, or not at
 * all, or before another, would show. Commands: doc/gen3.md J.
 */
static int submit(struct painter *painter, uint64_t *seqno)
{
    uint32_t words[FILLS * 6 + 2];
    struct gemd_reloc relocs[FILLS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < FILLS; i++) {
        uint32_t x = draw(painter, WIDTH - 1);
        uint32_t y = draw(painter, ROWS - 1);
        uint32_t right = x + 1 + draw(painter, WIDTH - x);
        uint32_t bottom = y + 1 + draw(painter, ROWS - y);
        uint32_t colour = 1 + draw(painter, 0xffffff);
        const uint32_t fill[] = {
            XY_COLOR_BLT, FORMAT_32 | ROP_XOR | PITCH, y << 16 | x, bottom << 16 | right, 0,
            colour};
        relocs[i] = (struct gemd_reloc){count + 4, 0, 0, GEMD_USE_READ | GEMD_USE_WRITE};
        memcpy(words + count, fill, sizeof(fill));
        count += 6;
        for (uint32_t row = y; row < bottom; row++) {
            for (uint32_t column = x; column < right; column++) {
                painter->expected[row * WIDTH + column] ^= colour;
            }
        }
    }
    words[count++] = MI_BATCH_BUFFER_END;
    words[count++] = 0;
    const struct gemd_submission submission = {.words = words,
                                               .word_count = count,
                                               .relocs = relocs,
                                               .reloc_count = FILLS,
                                               .buffers = &painter->bo,
                                               .buffer_count = 1};
    return gemd_submit(painter->session, &submission, seqno);
}

static uint64_t count_wrong(const struct painter *painter)
{
    const uint32_t *pixels = gemd_bo_map(painter->bo);
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < WIDTH * ROWS; i++) {
        wrong += pixels[i] != painter->expected[i];
    }
    return wrong;
}

static void be_innocent(const char *socket, uint32_t seed, int64_t deadline, int result_fd)
{
    struct painter painter;
    struct result result = {0};
    bool open = painter_open(&painter, socket, "innocent", seed);
    result.lost = !open;
    while (open && now_ns() < deadline) {
        uint64_t seqno = 0;
        int error = 0;
        for (unsigned i = 0; i < DEPTH && error == 0; i++) {
            error = submit(&painter, &seqno);
        }
        if (error != 0 || gemd_seqno_wait(painter.session, seqno, GEMD_FOREVER) != 0 ||
            gemd_session_lost(painter.session) != GEMD_LOST_NOT ||
            gemd_session_rejected(painter.session) != 0) {
            result.lost++;
            break;
        }
        result.wrong_pixels += count_wrong(&painter);
        result.frames++;
    }
    if (write(result_fd, &result, sizeof(result)) != sizeof(result)) {
        _exit(1);
    }
    _exit(0);
}

/* A session whose work is spoilt. Whether it was told that it is guilty. */
static bool be_guilty(const char *socket, uint32_t seed)
{
    struct painter painter;
    uint64_t seqno = 0;
    if (!painter_open(&painter, socket, "guilty", seed)) {
        return false;
    }
    int error = submit(&painter, &seqno);
    if (error == 0) {
        error = gemd_seqno_wait(painter.session, seqno, now_ns() + HANG_WAIT_NS);
    }
    bool told = error == -EIO && gemd_session_lost(painter.session) == GEMD_LOST_GUILTY;
    painter_close(&painter);
    return told;
}

static void sleep_until(int64_t ns)
{
    const struct timespec at = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
}

int main(int argc, char **argv)
{
    int pipes[2];
    if (argc != 3 || pipe(pipes) != 0) {
        fputs("usage: soak_hangs SOCKET SECONDS\n", stderr);
        return 2;
    }
    int64_t seconds = strtol(argv[2], NULL, 10);
    int64_t begin = now_ns();
    for (uint32_t i = 0; i < INNOCENTS; i++) {
        if (fork() == 0) {
            be_innocent(argv[1], i + 1, begin + (seconds + 1) * 1000000000, pipes[1]);
        }
    }
    uint64_t hangs = 0;
    uint64_t told = 0;
    for (int64_t i = 0; i < seconds; i++) {
        sleep_until(begin + i * 1000000000 + 500000000);
        hangs++;
        told += be_guilty(argv[1], (uint32_t)i);
    }
    struct result sum = {0};
    for (unsigned i = 0; i < INNOCENTS; i++) {
        struct result one;
        if (read(pipes[0], &one, sizeof(one)) != sizeof(one)) {
            one = (struct result){.lost = 1};
        }
        sum.frames += one.frames;
        sum.wrong_pixels += one.wrong_pixels;
        sum.lost += one.lost;
    }
    while (wait(NULL) > 0) {
    }
    printf("soak_hangs: hangs=%llu told=%llu frames=%llu wrong_pixels=%llu lost=%llu\n",
           (unsigned long long)hangs, (unsigned long long)told, (unsigned long long)sum.frames,
           (unsigned long long)sum.wrong_pixels, (unsigned long long)sum.lost);
    return told == hangs && sum.wrong_pixels == 0 && sum.lost == 0 && sum.frames > 0 ? 0 : 1;
}
