/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/mman.h>

#include "tests/vm/judge/gem.h"
#include "tests/vm/judge/judgement.h"

/* doc/gen3.md C.2, D.1 */
#define XY_COLOR_BLT      0x54300004u
#define XY_SRC_COPY_BLT   0x54f00006u
#define BLT_FILL          0x03f00000u
#define BLT_COPY          0x03cc0000u
#define MI_STORE_DATA_IMM 0x10400001u
#define MI_FLUSH          0x02000000u

#define SIDE    64u
#define PITCH   (SIDE * 4)
#define SIZE    (SIDE * PITCH)
#define FILLED  16u /* the square in the middle that is filled: from here to SIDE - here */
#define STORED  5u  /* the dword that is stored */
#define SECONDS 20u

#define CORNER(x, y) ((uint32_t)(y) << 16 | (x))

struct picture {
    uint32_t pixels[SIDE * SIDE];
};

static void expect(struct picture *to, const struct picture *from, uint32_t colour, uint32_t word)
{
    *to = *from;
    for (unsigned y = FILLED; y < SIDE - FILLED; y++) {
        for (unsigned x = FILLED; x < SIDE - FILLED; x++) {
            to->pixels[y * SIDE + x] = colour;
        }
    }
    to->pixels[STORED] = word;
}

static void emit_copy(struct gem_batch *batch, uint32_t target, uint32_t source)
{
    gem_emit(batch, XY_SRC_COPY_BLT);
    gem_emit(batch, BLT_COPY | PITCH);
    gem_emit(batch, CORNER(0, 0));
    gem_emit(batch, CORNER(SIDE, SIDE));
    gem_emit_address(batch, target, 0, true);
    gem_emit(batch, CORNER(0, 0));
    gem_emit(batch, PITCH);
    gem_emit_address(batch, source, 0, false);
}

static void emit_fill(struct gem_batch *batch, uint32_t target, uint32_t colour)
{
    gem_emit(batch, XY_COLOR_BLT);
    gem_emit(batch, BLT_FILL | PITCH);
    gem_emit(batch, CORNER(FILLED, FILLED));
    gem_emit(batch, CORNER(SIDE - FILLED, SIDE - FILLED));
    gem_emit_address(batch, target, 0, true);
    gem_emit(batch, colour);
}

static void emit_store(struct gem_batch *batch, uint32_t target, uint32_t word)
{
    gem_emit(batch, MI_FLUSH);
    gem_emit(batch, MI_STORE_DATA_IMM);
    gem_emit_address(batch, target, STORED * 4, true);
    gem_emit(batch, word);
    /* A store is privileged (doc/gen3.md C.5). */
    batch->secure = true;
}

static unsigned differ(const uint32_t *seen, const struct picture *wanted)
{
    unsigned count = 0;

    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        count += seen[i] != wanted->pixels[i];
    }
    return count;
}

static int compare(int fd, uint32_t target, const struct picture *wanted)
{
    struct picture seen;
    int error = gem_read(fd, target, &seen, SIZE);
    if (error != 0) {
        return error;
    }
    unsigned read = differ(seen.pixels, wanted);
    uint32_t *map = gem_map_aperture(fd, target, SIZE);
    if (map == NULL) {
        perror("aperture");
        return 1;
    }
    unsigned mapped = differ(map, wanted);
    munmap(map, SIZE);
    if (read + mapped != 0) {
        printf("vm: batch_differs_by_read=%u by_aperture=%u\n", read, mapped);
    }
    return read + mapped != 0;
}

static int run_one(int fd, unsigned long number)
{
    struct gem_batch batch = {0};
    struct picture source;
    struct picture wanted;
    uint32_t handles[3] = {0};
    uint32_t colour = 0xff000000u | (uint32_t)number * 0x010305u;

    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        source.pixels[i] = i * 0x9e3779b1u + (uint32_t)number;
    }
    expect(&wanted, &source, colour, ~(uint32_t)number);
    int error = gem_create(fd, SIZE, &handles[0]);
    error = error != 0 ? error : gem_create(fd, SIZE, &handles[1]);
    error = error != 0 ? error : gem_write(fd, handles[0], &source, SIZE);
    if (error == 0) {
        emit_copy(&batch, handles[1], handles[0]);
        emit_fill(&batch, handles[1], colour);
        emit_store(&batch, handles[1], ~(uint32_t)number);
        error = gem_submit(fd, &batch, &handles[2]);
        error = error != 0 ? error : gem_wait(fd, handles[2], SECONDS);
        error = error != 0 ? error : compare(fd, handles[1], &wanted);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (handles[i] != 0) {
            gem_close(fd, handles[i]);
        }
    }
    return error;
}

int judge_batches(int fd, unsigned long count)
{
    unsigned wrong = 0;
    int last = 0;

    for (unsigned long i = 0; i < count && last >= 0; i++) {
        last = run_one(fd, i);
        wrong += last != 0;
    }
    printf("vm: batches=%lu batches_wrong=%u batches_error=%d\n", count, wrong,
           last < 0 ? -last : 0);
    return last < 0 ? last : (int)wrong;
}
