/* SPDX-License-Identifier: MIT */
/*
 * What validating costs: recorded streams beside a futex round trip and a memcpy, and streams made
 * to be costly, by length. Figures on standard output; bench/run-validator judges them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/clock.h"
#include "bench/lib/futex.h"
#include "hostile.h"
#include "recording.h"

#define ROUNDS       21
#define FUTEX_TRIPS  2000u
#define BATCH_DWORDS 1024.0 /* 4 KiB: the unit that is compared with a round trip */
#define FULL_DWORDS  1024u  /* a recorded stream is full from here on */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), ascending);
    return values[count / 2];
}

static bool validated(struct stream *stream)
{
    struct validator_verdict verdict;

    if (!stream_validate(stream, &verdict)) {
        fprintf(stderr, "validator-speed: refused at dword %u (%s): %s: %s\n", verdict.dword,
                verdict.command, validator_rule_name(verdict.rule), verdict.text);
        return false;
    }
    return true;
}

/* Nanoseconds to copy and validate one stream; 'repeat' times for the clock. */
static double time_validate(struct stream *stream, unsigned repeat)
{
    struct validator_verdict verdict;
    double start = clock_processor();

    for (unsigned i = 0; i < repeat; i++) {
        (void)stream_validate(stream, &verdict);
    }
    return (clock_processor() - start) / repeat;
}

static double time_copy(struct stream *stream, unsigned repeat)
{
    double start = clock_processor();

    for (unsigned i = 0; i < repeat; i++) {
        memcpy(stream->job.words, stream->words, stream->job.word_count * sizeof(uint32_t));
        __asm__ volatile("" ::"r"(stream->job.words) : "memory");
    }
    return (clock_processor() - start) / repeat;
}

static unsigned repeats(const struct stream *stream)
{
    return (unsigned)(200000 / (stream->job.word_count + 200)) + 1;
}

/* One round over a recording, in nanoseconds. */
struct pass {
    double validate, copy;
};

/* best: of each stream the least so far, since others use the machine too. */
static struct pass pass_over(struct recording *recording, double *best)
{
    struct pass pass = {0};

    for (size_t i = 0; i < recording->count; i++) {
        struct stream *stream = &recording->streams[i];
        double each = time_validate(stream, repeats(stream));

        best[i] = best[i] == 0 || each < best[i] ? each : best[i];
        pass.validate += each;
        pass.copy += time_copy(stream, repeats(stream));
    }
    return pass;
}

/* Nanoseconds per dword of the full stream that takes most. */
static double slowest_of(const struct recording *recording, const double *best)
{
    double slowest = 0;

    for (size_t i = 0; i < recording->count; i++) {
        double each = best[i] / (double)recording->streams[i].job.word_count;

        if (recording->streams[i].job.word_count >= FULL_DWORDS && each > slowest) {
            slowest = each;
        }
    }
    return slowest;
}

static bool sound(struct recording *recording, double *dwords)
{
    *dwords = 0;
    for (size_t i = 0; i < recording->count; i++) {
        *dwords += (double)recording->streams[i].job.word_count;
        if (!validated(&recording->streams[i])) {
            return false;
        }
    }
    return true;
}

static bool recorded(const char *path)
{
    double validate[ROUNDS], copy[ROUNDS], apart[ROUNDS], together[ROUNDS], dwords;
    struct recording recording;

    if (!recording_read(path, &recording) || !sound(&recording, &dwords)) {
        return false;
    }
    double *best = calloc(recording.count, sizeof(double));
    if (best == NULL) {
        return false;
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct pass pass = pass_over(&recording, best);

        validate[round] = pass.validate;
        copy[round] = pass.copy;
        apart[round] = futex_time(FUTEX_TRIPS, false);
        together[round] = futex_time(FUTEX_TRIPS, true);
    }
    double v = median(validate, ROUNDS) / dwords, c = median(copy, ROUNDS) / dwords;
    double s = slowest_of(&recording, best);
    printf("recorded: streams=%zu dwords=%.0f ns_per_dword=%.3f slowest_ns_per_dword=%.3f "
           "copy_ns_per_dword=%.3f batch_ns=%.0f slowest_batch_ns=%.0f futex_ns=%.0f "
           "futex_one_core_ns=%.0f\n",
           recording.count, dwords, v, s, c, v * BATCH_DWORDS, s * BATCH_DWORDS,
           median(apart, ROUNDS), median(together, ROUNDS));
    free(best);
    return true;
}

/* Nanoseconds per dword of a made stream; the best of a few, since others use the machine. */
static double hostile_cost(size_t kind, size_t dwords)
{
    struct stream stream;
    double best = 0;

    if (!hostile_make(kind, dwords, &stream) || !validated(&stream)) {
        return -1;
    }
    for (unsigned round = 0; round < 5; round++) {
        double each = time_validate(&stream, dwords > 10000 ? 1 : 4);

        best = round == 0 || each < best ? each : best;
    }
    return best / (double)stream.job.word_count;
}

static bool hostile(void)
{
    static const size_t sizes[] = {2048, 8192, 32768};

    for (size_t kind = 0; kind < hostile_count(); kind++) {
        double cost[3];

        for (size_t i = 0; i < 3; i++) {
            cost[i] = hostile_cost(kind, sizes[i]);
            if (cost[i] < 0) {
                fprintf(stderr, "validator-speed: made stream: %s\n", hostile_name(kind));
                return false;
            }
        }
        printf("made: ns_per_dword_2k=%.2f ns_per_dword_8k=%.2f ns_per_dword_32k=%.2f name=%s\n",
               cost[0], cost[1], cost[2], hostile_name(kind));
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: validator-speed RECORDING\n", stderr);
        return 2;
    }
    return futex_start() && recorded(argv[1]) && hostile() ? 0 : 1;
}
