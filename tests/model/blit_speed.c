/* SPDX-License-Identifier: MIT */
/*
 * The blitter's speed beside memset and memcpy of the same bytes in the same memory, by processor
 * time of all threads; the best of some short rounds of each, by turns. For those who work on it:
 * ninja blit_speed; bin/blit_speed [part of a row's name]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hw/gen3/regs.h"
#include "tests/lib/model_harness.h"

#define MIB      0x100000u
#define BYTES    (16 * MIB) /* of each surface */
#define TO       0x02000000u
#define FROM     0x03000000u
#define BATCH    0x00100000u
#define ROUNDS   6
#define SECONDS  0.03 /* of each round */
#define XY(x, y) ((uint32_t)(y) << 16 | (uint32_t)(x))

enum kind { LINEAR, X_TILED, Y_TILED };

struct row {
    const char *name;
    uint32_t opcode;
    uint32_t rop;
    enum kind to, from;
    uint32_t pitch; /* of both */
    uint32_t width, height;
    uint32_t offset; /* of the source's left edge, pixels */
};

static const struct row rows[] = {
    {"fill", 0x50, 0xf0, LINEAR, LINEAR, 8192, 2048, 2048, 0},
    {"fill, gaps", 0x50, 0xf0, LINEAR, LINEAR, 8192, 2000, 2048, 0},
    {"fill X", 0x50, 0xf0, X_TILED, LINEAR, 8192, 2048, 2048, 0},
    {"fill X, gaps", 0x50, 0xf0, X_TILED, LINEAR, 8192, 1999, 2047, 0},
    {"fill Y", 0x50, 0xf0, Y_TILED, LINEAR, 8192, 2048, 2048, 0},
    {"fill 512", 0x50, 0xf0, LINEAR, LINEAR, 2048, 512, 512, 0},
    {"fill 512 X", 0x50, 0xf0, X_TILED, LINEAR, 2048, 512, 512, 0},
    {"copy", 0x53, 0xcc, LINEAR, LINEAR, 8192, 2048, 2048, 0},
    {"copy, gaps", 0x53, 0xcc, LINEAR, LINEAR, 8192, 2000, 2048, 0},
    {"copy, shifted", 0x53, 0xcc, LINEAR, LINEAR, 8192, 2000, 2048, 3},
    {"copy X from X", 0x53, 0xcc, X_TILED, X_TILED, 8192, 2048, 2048, 0},
    {"copy X from X, shifted", 0x53, 0xcc, X_TILED, X_TILED, 8192, 2000, 2048, 3},
    {"copy X from linear", 0x53, 0xcc, X_TILED, LINEAR, 8192, 2048, 2048, 0},
    {"copy linear from X", 0x53, 0xcc, LINEAR, X_TILED, 8192, 2048, 2048, 0},
    {"copy Y from linear", 0x53, 0xcc, Y_TILED, LINEAR, 8192, 2048, 2048, 0},
    {"copy linear from Y", 0x53, 0xcc, LINEAR, Y_TILED, 8192, 2048, 2048, 0},
    {"copy 1024", 0x53, 0xcc, LINEAR, LINEAR, 8192, 2048, 1024, 0},
    {"copy 1024 Y from linear", 0x53, 0xcc, Y_TILED, LINEAR, 8192, 2048, 1024, 0},
    {"copy 1024 linear from Y", 0x53, 0xcc, LINEAR, Y_TILED, 8192, 2048, 1024, 0},
    {"copy 512", 0x53, 0xcc, LINEAR, LINEAR, 2048, 512, 512, 0},
    {"copy 512 X from linear", 0x53, 0xcc, X_TILED, LINEAR, 2048, 512, 512, 0},
    {"copy 512 linear from X", 0x53, 0xcc, LINEAR, X_TILED, 2048, 512, 512, 0},
    {"copy 512 Y from linear", 0x53, 0xcc, Y_TILED, LINEAR, 2048, 512, 512, 0},
    {"copy 512 linear from Y", 0x53, 0xcc, LINEAR, Y_TILED, 2048, 512, 512, 0},
    {"xor", 0x53, 0x66, LINEAR, LINEAR, 8192, 2048, 2048, 0},
    {"xor X from linear", 0x53, 0x66, X_TILED, LINEAR, 8192, 2048, 2048, 0},
    {"rop b8 512", 0x55, 0xb8, LINEAR, LINEAR, 2048, 512, 512, 0},
    {"pattern", 0x51, 0xf0, LINEAR, LINEAR, 8192, 2048, 2048, 0},
    {"mono source", 0x54, 0xcc, LINEAR, LINEAR, 8192, 2048, 2048, 0},
    {"mono source 512", 0x54, 0xcc, LINEAR, LINEAR, 2048, 512, 512, 0},
    {"fill 16x16", 0x50, 0xf0, LINEAR, LINEAR, 2048, 16, 16, 0},
    {"copy 16x16", 0x53, 0xcc, LINEAR, LINEAR, 2048, 16, 16, 0},
    {"copy 16x16 X from X", 0x53, 0xcc, X_TILED, X_TILED, 2048, 16, 16, 0},
};

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void set_fence(struct model_harness *h, unsigned i, uint32_t at, enum kind kind,
                      uint32_t pitch)
{
    uint32_t widths = pitch / (kind == Y_TILED ? 128 : 512);

    hw_write(h->dev, FENCE(i),
             kind == LINEAR
                 ? 0
                 : at | FENCE_VALID | (uint32_t)__builtin_ctz(widths) << FENCE_PITCH_SHIFT |
                       4u << FENCE_SIZE_SHIFT | (kind == Y_TILED ? FENCE_WALK_Y : 0));
}

static size_t put(uint32_t *dw, const struct row *row)
{
    size_t n = 5;

    dw[1] = 3u << 24 | row->rop << 16 | row->pitch;
    dw[2] = XY(0, 0);
    dw[3] = XY(row->width, row->height);
    dw[4] = TO;
    switch (row->opcode) {
    case 0x50:
        dw[n++] = 0x12345678;
        break;
    case 0x51:
        dw[n++] = FROM;
        break;
    case 0x53:
        dw[n++] = XY(row->offset, 0);
        dw[n++] = row->pitch;
        dw[n++] = FROM;
        break;
    case 0x54:
        dw[n++] = FROM;
        dw[n++] = 0x11111111;
        dw[n++] = 0xeeeeeeee;
        break;
    default:
        dw[n++] = row->pitch;
        dw[n++] = XY(row->offset, 0);
        dw[n++] = FROM;
        dw[n++] = FROM;
    }
    dw[0] = 0x40300000 | row->opcode << 22 | (uint32_t)(n - 2);
    return n;
}

/* memset or memcpy of as many bytes, at once where the blit is in one piece. */
static double plain(const struct row *row, uint8_t *to, const uint8_t *from)
{
    size_t size = (size_t)row->width * row->height * 4;
    bool fill = row->opcode != 0x53 && row->opcode != 0x55;
    double spent = 0;
    double start = seconds();
    unsigned rounds = 0;

    for (; spent < SECONDS; rounds++) {
        if (fill) {
            memset(to, (int)rounds, size);
        } else {
            memcpy(to, from, size);
        }
        spent = seconds() - start;
    }
    return (double)size * rounds / spent;
}

static double blits(struct model_harness *h, uint32_t *batch, const struct row *row)
{
    size_t size = (size_t)row->width * row->height * 4;
    unsigned many = size < MIB / 4 ? 2000 : size < 2 * MIB ? 50 : 4;
    size_t n = 0;
    double spent = 0;
    unsigned rounds = 0;

    for (unsigned i = 0; i < many; i++) {
        n += put(batch + n, row);
    }
    batch[n] = MI_BATCH_BUFFER_END;
    const uint32_t words[] = {MI_BATCH_BUFFER_START | MI_BATCH_GTT, BATCH};
    harness_run(h, words, 2);
    double start = seconds();
    for (; spent < SECONDS; rounds += many) {
        harness_run(h, words, 2);
        spent = seconds() - start;
    }
    if (harness_stopped(h)) {
        fprintf(stderr, "%s: stopped\n", row->name);
        exit(1);
    }
    return (double)size * rounds / spent;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

int main(int argc, char **argv)
{
    struct model_harness h;

    harness_init(&h, NULL);
    uint32_t *batch = harness_bind(&h, BATCH, MIB);
    uint8_t *to = harness_bind(&h, TO, BYTES);
    uint8_t *from = harness_bind(&h, FROM, BYTES);
    memset(from, 0x5a, BYTES);
    memset(to, 0, BYTES);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if (argc > 1 && strstr(row->name, argv[1]) == NULL) {
            continue;
        }
        set_fence(&h, 0, TO, row->to, row->pitch);
        set_fence(&h, 1, FROM, row->from, row->pitch);
        double speed = 0;
        double reference = 0;
        for (unsigned round = 0; round < ROUNDS; round++) {
            speed = larger(speed, blits(&h, batch, row));
            reference = larger(reference, plain(row, to, from));
        }
        printf("%-24s %8.0f MB/s %6.2f of %s", row->name, speed * 1e-6, speed / reference,
               row->opcode == 0x53 || row->opcode == 0x55 ? "memcpy" : "memset");
        printf(row->width == 16 ? "  %.0f ns each\n" : "\n", 1024e9 / speed);
    }
    harness_finish(&h);
    return 0;
}
