/* SPDX-License-Identifier: MIT */
/* The command line of eglgears. */
#ifndef GEMD_TOOLS_EGLGEARS_OPTIONS_H
#define GEMD_TOOLS_EGLGEARS_OPTIONS_H

#include <stdbool.h>

#include "tools/eglgears/surface.h"

struct options {
    struct surface_options surface;
    unsigned long frames; /* 0: until told to stop */
    const char *png;      /* where the last frame goes; NULL: nowhere */
    bool info, quiet, hold;
};

/* Ends the program by itself for --help, --version and mistakes. */
void options_parse(struct options *options, int argc, char **argv);

#endif
