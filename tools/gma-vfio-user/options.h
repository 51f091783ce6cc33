/* SPDX-License-Identifier: MIT */
/* The command line of gma-vfio-user. */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_OPTIONS_H
#define GEMD_TOOLS_GMA_VFIO_USER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/model/model.h"
#include "tools/gma-vfio-user/firmware.h"

struct options {
    const char *socket;
    struct model_options model; /* points into the arguments */
    uint64_t stolen_base;
    enum firmware_screen firmware;
    const char *screenshot; /* NULL: none */
    const char *trace;      /* NULL: none */
    bool view, watch, once, maps_table;
};

/* False with *code set: the program is to end with it, all has been said. */
bool options_parse(struct options *options, int argc, char **argv, int *code);

#endif
