/* SPDX-License-Identifier: MIT */
/* A program with a window, and viewers of the screen, for tests of the live view. Functions fail
 * the test. */
#ifndef GEMD_TESTS_UNIT_MIRROR_BED_H
#define GEMD_TESTS_UNIT_MIRROR_BED_H

#include "tests/unit/gemd/test.h"

#include "tests/unit/gemd/stage.h"

#define GROUND 0x102030u

/* An operator. */
struct mirror_bed_viewer {
    struct stage *stage;
    struct session *session; /* the daemon's end */
    int socket;
    uint64_t serial;
    struct gemd_msg_mirror_file file;
    uint8_t *map;
};

struct mirror_bed {
    struct stage stage;
    struct actor client; /* with a window */
    uint32_t window;
    uint32_t frames;
    struct mirror_bed_viewer viewer;
};

void mirror_bed_send_to(struct mirror_bed_viewer *viewer, void *message);
void mirror_bed_expect(struct mirror_bed_viewer *viewer, uint32_t type, void *out);
void mirror_bed_expect_nothing(struct mirror_bed_viewer *viewer);
void mirror_bed_expect_refusal(struct mirror_bed_viewer *viewer, int error, const char *text);
void mirror_bed_expect_file(struct mirror_bed_viewer *viewer, uint32_t width, uint32_t height);
uint32_t mirror_bed_pixel(const struct mirror_bed_viewer *viewer,
                          const struct gemd_msg_mirror_picture *picture, uint32_t x, uint32_t y);
/* The next picture, all of one colour. */
struct gemd_msg_mirror_picture mirror_bed_expect_picture(struct mirror_bed_viewer *viewer,
                                                         uint32_t causes, uint32_t colour);
void mirror_bed_give_back(struct mirror_bed_viewer *viewer,
                          const struct gemd_msg_mirror_picture *picture);
void mirror_bed_viewer_open(struct mirror_bed_viewer *viewer, struct stage *stage);
void mirror_bed_viewer_ask(struct mirror_bed_viewer *viewer, uint32_t slots);
void mirror_bed_viewer_die(struct mirror_bed_viewer *viewer);
/* With the picture of now, which is returned. */
void mirror_bed_viewer_begin(struct mirror_bed_viewer *viewer, struct stage *stage, uint32_t slots,
                             uint32_t colour);
void mirror_bed_paint(struct mirror_bed *bed, uint32_t buffer, uint32_t colour);
/* The next frame, in another buffer than the last three. */
void mirror_bed_present_with(struct mirror_bed *bed, uint32_t colour, uint32_t flags);
void mirror_bed_present(struct mirror_bed *bed, uint32_t colour);
int mirror_bed_setup(void **state);
int mirror_bed_teardown(void **state);

#endif
