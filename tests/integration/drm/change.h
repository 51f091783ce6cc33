/* SPDX-License-Identifier: MIT */
/* Atomic commits of a card's file, by the names of properties. All of it asserts. */
#ifndef TESTS_INTEGRATION_DRM_CHANGE_H
#define TESTS_INTEGRATION_DRM_CHANGE_H

#include "tests/integration/drm/card.h"

#define CHANGE_MAX 64u

/* What a commit names, one property after the other, of objects that follow each other. */
struct change {
    const struct card *card;
    uint32_t primary, cursor; /* planes */
    uint32_t objects[CHANGE_MAX], counts[CHANGE_MAX], ids[CHANGE_MAX];
    uint64_t values[CHANGE_MAX];
    uint32_t object_count, count;
};

/* Of a file that says that it is atomic from here on. */
void change_begin(struct change *change, const struct card *card);
void change_add(struct change *change, uint32_t object, const char *name, uint64_t value);
/* A property that may not be the object's. */
void change_add_id(struct change *change, uint32_t object, uint32_t id, uint64_t value);
/* The plane shows all of a framebuffer of that size there. */
void change_add_plane(struct change *change, uint32_t plane, uint32_t fb, int32_t x, int32_t y,
                      uint32_t width, uint32_t height);
/* The mode, as a blob of the file, with the CRTC active and the connector on it. */
void change_add_mode(struct change *change, const struct drm_mode_modeinfo *mode);
/* What it has named is forgotten. */
void change_clear(struct change *change);
int change_commit(struct change *change, uint32_t flags, uint64_t user_data);
/* -1: no such property of it. */
int64_t card_property(const struct card *card, uint32_t object, const char *name, uint32_t *id);
uint32_t card_blob(const struct card *card, const void *bytes, uint32_t size);

#endif
