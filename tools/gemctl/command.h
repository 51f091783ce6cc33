/* SPDX-License-Identifier: MIT */
/* The commands of gemctl: one row of the table in main.c, one function, one file each. */
#ifndef GEMD_TOOLS_GEMCTL_COMMAND_H
#define GEMD_TOOLS_GEMCTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

struct gemd_session;

/* Exit codes. */
enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_MISUSED = 2, COMMAND_REFUSED = 3 };

/* Of command_parse_json(): no exit code. */
enum { COMMAND_GO_ON = -1 };

/* socket: NULL for the default; argv: the command's name, its arguments, NULL. */
int command_status(const char *socket, int argc, char **argv);
int command_top(const char *socket, int argc, char **argv);
int command_sessions(const char *socket, int argc, char **argv);
int command_list(const char *socket, int argc, char **argv); /* by argv[0] */
int command_gtt(const char *socket, int argc, char **argv);
int command_screenshot(const char *socket, int argc, char **argv);
int command_monitor(const char *socket, int argc, char **argv);
int command_suspend(const char *socket, int argc, char **argv);
int command_resume(const char *socket, int argc, char **argv);
int command_audit(const char *socket, int argc, char **argv);
int command_policy(const char *socket, int argc, char **argv);
int command_errors(const char *socket, int argc, char **argv);
int command_decode(const char *socket, int argc, char **argv);
int command_check(const char *socket, int argc, char **argv);
int command_record(const char *socket, int argc, char **argv);
int command_replay(const char *socket, int argc, char **argv);
int command_trace(const char *socket, int argc, char **argv);
int command_reduce(const char *socket, int argc, char **argv);
int command_hwtest(const char *socket, int argc, char **argv);

/* An operator's session; NULL after one line on stderr. */
struct gemd_session *command_connect(const char *socket);
/* One that may look: at everything, or at what is the own user's. NULL likewise. */
struct gemd_session *command_connect_observer(const char *socket);

/* For commands whose one option is --json. COMMAND_GO_ON, or an exit code. */
int command_parse_json(int argc, char **argv, const char *help, bool *json);

/* Takes 'value' over; NULL: out of memory, which is said. An exit code. */
int command_print_json(json_t *value);

#endif
