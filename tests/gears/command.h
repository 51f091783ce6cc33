/* SPDX-License-Identifier: MIT */
/* Runs shell commands for tests, in a directory of the test's own. */
#ifndef GEMD_TESTS_GEARS_COMMAND_H
#define GEMD_TESTS_GEARS_COMMAND_H

#include <stddef.h>

/*
 * In the shell's environment: BIN (the build's programs) and DIR (an empty directory that goes away
 * with the test program); our EGL vendor is chosen, no daemon is.
 */
void command_setup(void);
void command_teardown(void);
const char *command_directory(void);

/* The command's exit code; what it printed on stdout goes to output, NUL-terminated. */
__attribute__((format(printf, 3, 4))) int command_run(char *output, size_t size, const char *format,
                                                      ...);

#endif
