/* SPDX-License-Identifier: MIT */
/* The commands of gemctl: one row of the table in main.c, one function, one file each. */
#ifndef GEMD_TOOLS_GEMCTL_COMMAND_H
#define GEMD_TOOLS_GEMCTL_COMMAND_H

struct gemd_session;

/* Exit codes. */
enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_MISUSED = 2, COMMAND_REFUSED = 3 };

/* socket: NULL for the default; argv: the command's name, its arguments, NULL. */
int command_status(const char *socket, int argc, char **argv);
int command_screenshot(const char *socket, int argc, char **argv);
int command_audit(const char *socket, int argc, char **argv);
int command_policy(const char *socket, int argc, char **argv);
int command_errors(const char *socket, int argc, char **argv);
int command_decode(const char *socket, int argc, char **argv);
int command_check(const char *socket, int argc, char **argv);

/* An operator's session; NULL after one line on stderr. */
struct gemd_session *command_connect(const char *socket);

#endif
