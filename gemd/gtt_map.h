/* SPDX-License-Identifier: MIT */
/* Who has which part of the GTT, for people who look at it: made anew for each look. */
#ifndef GEMD_GTT_MAP_H
#define GEMD_GTT_MAP_H

#include <stddef.h>
#include <stdint.h>

struct bo;
struct server;
struct session;

enum gtt_use {
    GTT_USE_FREE,
    GTT_USE_DAEMON,  /* the daemon's own */
    GTT_USE_BUFFER,  /* a client's buffer */
    GTT_USE_SCANOUT, /* a buffer that the pipe reads, or is about to */
    GTT_USE_LEAVING, /* a buffer that its client has closed, and that the GPU or the pipe still uses
                      */
};

struct gtt_part {
    uint32_t first, pages; /* pages */
    enum gtt_use use;
    const struct session *session; /* of a client's buffer that is open; else NULL */
    const struct bo *bo;           /* of BUFFER, SCANOUT; of LEAVING where it is known */
};

struct gtt_map {
    struct gtt_part *parts; /* ascending, without gaps */
    size_t count;
};

/* 0 or -ENOMEM. */
int gtt_map_make(struct gtt_map *map, const struct server *server);
void gtt_map_free(struct gtt_map *map);

const char *gtt_use_name(enum gtt_use use);

#endif
