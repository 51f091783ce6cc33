/* SPDX-License-Identifier: MIT */
#include "gemd/limits.h"

#include "proto/protocol.h"

static const struct {
    const char *name;
    uint64_t hard; /* of a session */
} kinds[LIMIT_KINDS] = {
    [LIMIT_BYTES] = {"bytes", 16ull << 30},
    [LIMIT_ARENAS] = {"arenas", 4096},
    [LIMIT_BUFFERS] = {"buffers", 65536},
    [LIMIT_GTT_PAGES] = {"gtt_pages", LIMIT_NONE},
    [LIMIT_FENCE_REGISTERS] = {"fence_registers", LIMIT_NONE},
    [LIMIT_IN_FLIGHT] = {"in_flight", 24},
    [LIMIT_FDS] = {"fds", 256},
    [LIMIT_WINDOWS] = {"windows", GEMD_WINDOWS_MAX},
    [LIMIT_VBLANK_WAITS] = {"vblank_waits", 64},
};

void limits_default(struct limits *limits)
{
    for (unsigned i = 0; i < LIMIT_KINDS; i++) {
        limits->session[i] = (struct limit){.soft = LIMIT_NONE, .hard = kinds[i].hard};
        limits->uid[i] = (struct limit){.soft = LIMIT_NONE, .hard = LIMIT_NONE};
    }
}

const char *limit_kind_name(enum limit_kind kind)
{
    return kinds[kind].name;
}
