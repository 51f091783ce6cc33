/* SPDX-License-Identifier: MIT */
/* The GTT as characters and as a picture: who has which part. */
#ifndef GEMD_TOOLS_GEMCTL_GTT_STRIP_H
#define GEMD_TOOLS_GEMCTL_GTT_STRIP_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum gtt_kind {
    GTT_KIND_HIDDEN, /* of others, for who may not see it */
    GTT_KIND_FREE,
    GTT_KIND_DAEMON,
    GTT_KIND_BUFFER,
    GTT_KIND_SCANOUT,
    GTT_KIND_LEAVING,
};

struct gtt_owner {
    enum gtt_kind kind;
    uint32_t session; /* of BUFFER and SCANOUT */
    uint32_t handle;
};

/* Who has each page. */
struct gtt_pages {
    struct gtt_owner *owners;
    uint32_t count;
    uint32_t *sessions; /* that have any, ascending: the first one is letter 'a' */
    uint32_t session_count;
};

/* rows: of the daemon's list; pages: at least so many. 0; -ENOMEM; -EPROTO: rows that cannot be. */
int gtt_pages_make(struct gtt_pages *pages, const json_t *rows, uint32_t count);
void gtt_pages_free(struct gtt_pages *pages);

/* "a" to "z", "A" to "Z", then '*'. */
char gtt_session_letter(const struct gtt_pages *pages, uint32_t session);

/*
 * Fills 'columns' characters for the pages [first, end): in each the one who has most of it; ':'
 * when most of it is free but not all.
 */
void gtt_strip(const struct gtt_pages *pages, uint32_t first, uint32_t end, char *line,
               uint32_t columns);

/* Red, green, blue of an owner. */
void gtt_colour(const struct gtt_owner *owner, uint8_t rgb[3]);

#endif
