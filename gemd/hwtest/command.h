/* SPDX-License-Identifier: MIT */
/* 'gemd --hwtest': the list is run instead of a daemon (doc/man/gemctl.1, hwtest). */
#ifndef GEMD_HWTEST_COMMAND_H
#define GEMD_HWTEST_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "gemd/hwtest/hwtest.h"

struct hwtest_command {
    struct hwtest_options options;
    const char *output;
    bool lists;
};

/* argv: what came behind "--". 0 or an exit code; the mistake was printed. */
int hwtest_command_parse(struct hwtest_command *command, int argc, char **argv);
/* An exit code: 0 when nothing differs and nothing failed. Destroys the device; the screen is as it
 * was, also when this process dies. */
int hwtest_command_run(struct hwtest_command *command, struct hw_device *dev);

#endif
