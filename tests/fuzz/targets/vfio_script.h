/* SPDX-License-Identifier: MIT */
/* What a peer of gma-vfio-user does, as bytes: steps one after another, in whole dwords. */
#ifndef GEMD_TESTS_FUZZ_TARGETS_VFIO_SCRIPT_H
#define GEMD_TESTS_FUZZ_TARGETS_VFIO_SCRIPT_H

#include <stdint.h>

/* 'size' bytes follow, rounded up to dwords. */
struct vfio_step {
    uint16_t command;
    uint8_t how; /* VFIO_STEP_* */
    uint8_t fds; /* 3:0 how many, 7:4 of what kind */
    uint32_t size;
};

#define VFIO_STEP_RAW     1u  /* the bytes are all that is sent; else they are a message's body */
#define VFIO_STEP_SILENT  2u  /* no reply is wanted */
#define VFIO_STEP_LEAVE   4u  /* and a new peer comes */
#define VFIO_STEP_DEAF    8u  /* replies stay where they are */
#define VFIO_STEP_NEW     16u /* the next peer does not say VERSION by itself */
#define VFIO_STEP_SHORTEN 32u /* the memory file becomes shorter, and long again later */

#define VFIO_STEP_BYTES_MAX 1024u

#endif
