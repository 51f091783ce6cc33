/* SPDX-License-Identifier: MIT */
#ifndef GEMD_TOOLS_GEMD_VIEW_OPTIONS_H
#define GEMD_TOOLS_GEMD_VIEW_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *socket; /* NULL: the usual one */
    bool once;          /* one picture */
    bool fullscreen;
    unsigned long pictures;   /* end after so many; 0: never */
    const char *vnc;          /* where to serve; NULL: a window */
    const char *vnc_password; /* a file; NULL: one is made up where one is needed */
};

/* Ends the program after --help, and after a mistake. */
void options_parse(struct options *options, int argc, char **argv);

#endif
