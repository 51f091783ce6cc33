/* SPDX-License-Identifier: MIT */
/*
 * Round trips and throughput of the daemon beside bare ones of the same minutes.
 *
 *   ipc-speed latency GEMD-SOCKET [VTEST-SOCKET]   interleaved rounds; ns of a round trip each
 *   ipc-speed pipeline GEMD-SOCKET COUNT           empty batches without waiting; batches a second
 *   ipc-speed buffers GEMD-SOCKET COUNT            buffers made and destroyed; ns each
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/clock.h"
#include "peer.h"

#define ROUNDS    15u
#define TRIPS     1000u
#define PEERS_MAX 4u

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Medians of the rounds: other programs of the machine hit single rounds of one peer. */
static int run_latency(const char *gemd, const char *vtest)
{
    const struct {
        const struct peer *peer;
        const char *at;
    } peers[PEERS_MAX] = {
        {&peer_futex, NULL}, {&peer_pipe, NULL}, {&peer_gemd, gemd}, {&peer_vtest, vtest}};
    static double ns[PEERS_MAX][ROUNDS];
    const unsigned count = vtest != NULL ? PEERS_MAX : PEERS_MAX - 1;
    for (unsigned i = 0; i < count; i++) {
        if (!peers[i].peer->start(peers[i].at) || !peers[i].peer->round_trips(TRIPS / 10)) {
            return 1;
        }
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < count; i++) {
            double begin = clock_now();
            if (!peers[i].peer->round_trips(TRIPS)) {
                return 1;
            }
            ns[i][round] = (clock_now() - begin) / TRIPS;
        }
    }
    printf("latency:");
    for (unsigned i = 0; i < count; i++) {
        qsort(ns[i], ROUNDS, sizeof(ns[i][0]), by_size);
        printf(" %s_ns=%.0f %s_best_ns=%.0f", peers[i].peer->name, ns[i][ROUNDS / 2],
               peers[i].peer->name, ns[i][0]);
    }
    printf("\n");
    return 0;
}

static int run_many(const char *gemd, const char *name, bool (*many)(unsigned count),
                    unsigned count)
{
    if (!peer_gemd.start(gemd) || !peer_gemd.round_trips(100)) {
        return 1;
    }
    double begin = clock_now();
    if (!many(count)) {
        return 1;
    }
    double ns = clock_now() - begin;
    printf("%s: count=%u ns_each=%.1f per_second=%.0f\n", name, count, ns / count,
           count / (ns / 1e9));
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*run)(unsigned count);
    } many[] = {{"pipeline", gemd_pipeline}, {"buffers", gemd_buffers}};
    if (argc >= 3 && strcmp(argv[1], "latency") == 0) {
        return run_latency(argv[2], argc > 3 ? argv[3] : NULL);
    }
    for (unsigned i = 0; i < sizeof(many) / sizeof(many[0]) && argc == 4; i++) {
        if (strcmp(argv[1], many[i].name) == 0) {
            return run_many(argv[2], many[i].name, many[i].run,
                            (unsigned)strtoul(argv[3], NULL, 10));
        }
    }
    fprintf(stderr, "usage: ipc-speed latency SOCKET [VTEST] | pipeline|buffers SOCKET COUNT\n");
    return 2;
}
