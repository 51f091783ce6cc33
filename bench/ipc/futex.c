/* SPDX-License-Identifier: MIT */
#include "bench/lib/futex.h"

#include "peer.h"

static bool start(const char *at)
{
    return futex_start();
}

static bool round_trips(unsigned count)
{
    futex_round_trips(count);
    return true;
}

const struct peer peer_futex = {"futex", start, round_trips};
