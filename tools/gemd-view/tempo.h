/* SPDX-License-Identifier: MIT */
/* How pictures follow each other: vblanks between them, and how many a second. */
#ifndef GEMD_TOOLS_GEMD_VIEW_TEMPO_H
#define GEMD_TOOLS_GEMD_VIEW_TEMPO_H

#include "proto/gemd.h"

#define TEMPO_PICTURES 240u

struct tempo_step {
    int64_t ns;       /* since the picture before */
    uint32_t vblanks; /* the same in vblanks */
    uint32_t lost;    /* pictures between the two that did not come */
};

struct tempo {
    struct tempo_step steps[TEMPO_PICTURES]; /* the last ones, a ring */
    uint64_t count;                          /* of pictures so far */
    uint64_t lost;                           /* that did not come, so far */
    int64_t time_ns;                         /* of the last one */
    uint64_t sequence, number;
};

/* One more picture. */
void tempo_add(struct tempo *tempo, const struct gemd_picture *picture);
/* What follows is of another daemon, or behind a pause. */
void tempo_break(struct tempo *tempo);
/* How many steps there are, and one of them, 0 the oldest. */
unsigned tempo_steps(const struct tempo *tempo);
const struct tempo_step *tempo_step(const struct tempo *tempo, unsigned index);
/* Pictures a second over the last second of them; 0: not known. */
double tempo_rate(const struct tempo *tempo);

#endif
