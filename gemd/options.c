/* SPDX-License-Identifier: MIT */
#include "gemd/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/chaos.h"
#include "gemd/mode.h"
#include "gemd/purge.h"
#include "gemd/vigil.h"

#define DEFAULT_HANG_MS  10000
#define DEFAULT_DRAIN_MS 2000
#define DEFAULT_BATCH_MS 30000
#define DEFAULT_BAN      "3,60,60"

static const char help[] =
    "usage: gemd [OPTION...]\n"
    "Owns a gen3 GPU and gives each client a session on it.\n"
    "\n"
    "  --device KIND:NAME  the GPU (model:g33); 'help' lists them\n"
    "  --socket PATH       where clients connect (as root /run/gemd/gemd.sock, else\n"
    "                      $XDG_RUNTIME_DIR/gemd/gemd.sock)\n"
    "  --ready-fd N        write READY and a newline to descriptor N when clients can connect\n"
    "  --mode WxH          the screen's size, for windows without wishes (the monitor's,\n"
    "                      or 1024x768)\n"
    "  --monitor WHAT      ask the monitor for its modes: ask, ignore, or auto: unless the GPU is\n"
    "                      a model (auto)\n"
    "  --hang-timeout MS   how long the GPU may stand still before it is reset (10000)\n"
    "  --purge-limit MIB   memory that buffers which nobody needs may keep (256)\n"
    "  --max-sessions N    at once (4096, or as many as descriptors allow)\n"
    "  --batch-timeout MS  how long one batch may run before it is cut; 0: any time (30000)\n"
    "  --hang-ban N[,S[,T]]  a process that hung the GPU N times within S seconds gets no new\n"
    "                      session for T; 'off': never (3,60,60)\n"
    "  --chaos SEED[,WHAT=PERMILLE...][,session=NAME]  for tests: things go wrong; see gemd(1)\n"
    "  --capture DIR       keep refused batches there, for 'gemctl check' and 'decode'\n"
    "  --record FILE       keep all batches in one file, for the same\n"
    "  --trace-registers FILE  write down each access to the GPU's registers, for tests\n"
    "  --policy FILE       who may do what (/etc/gemd/policy.conf); 'none': no file\n"
    "  --user NAME         become this user, without any privilege\n"
    "  --sandbox MODE      close files and system calls when ready: on, off, or strict, which\n"
    "                      ends the daemon for a call that is not allowed (on)\n"
    "  --drain-timeout MS  how long work may take to finish after SIGTERM (2000)\n"
    "  --awake US          stay awake after a batch for so long, for the next (50; 0, as on one\n"
    "                      processor: not at all)\n"
    "  --hwtest [-- ...]   no daemon: measure what only silicon can tell; see gemctl hwtest\n"
    "  --log LEVEL         error, warning, info or debug (info)\n"
    "  --help, --version\n";

enum option_id {
    ID_DEVICE = 256,
    ID_SOCKET,
    ID_READY_FD,
    ID_MODE,
    ID_MONITOR,
    ID_HANG,
    ID_MAX_SESSIONS,
    ID_BATCH,
    ID_BAN,
    ID_PURGE,
    ID_CHAOS,
    ID_CAPTURE,
    ID_RECORD,
    ID_TRACE,
    ID_LOG,
    ID_POLICY,
    ID_DRAIN,
    ID_USER,
    ID_SANDBOX,
    ID_AWAKE,
    ID_HWTEST,
    ID_HELP,
    ID_VERSION
};

static const struct option table[] = {
    {"device", required_argument, NULL, ID_DEVICE},
    {"socket", required_argument, NULL, ID_SOCKET},
    {"ready-fd", required_argument, NULL, ID_READY_FD},
    {"mode", required_argument, NULL, ID_MODE},
    {"monitor", required_argument, NULL, ID_MONITOR},
    {"hang-timeout", required_argument, NULL, ID_HANG},
    {"purge-limit", required_argument, NULL, ID_PURGE},
    {"max-sessions", required_argument, NULL, ID_MAX_SESSIONS},
    {"batch-timeout", required_argument, NULL, ID_BATCH},
    {"hang-ban", required_argument, NULL, ID_BAN},
    {"chaos", required_argument, NULL, ID_CHAOS},
    {"capture", required_argument, NULL, ID_CAPTURE},
    {"record", required_argument, NULL, ID_RECORD},
    {"log", required_argument, NULL, ID_LOG},
    {"trace-registers", required_argument, NULL, ID_TRACE},
    {"policy", required_argument, NULL, ID_POLICY},
    {"user", required_argument, NULL, ID_USER},
    {"sandbox", required_argument, NULL, ID_SANDBOX},
    {"drain-timeout", required_argument, NULL, ID_DRAIN},
    {"awake", required_argument, NULL, ID_AWAKE},
    {"hwtest", no_argument, NULL, ID_HWTEST},
    {"help", no_argument, NULL, ID_HELP},
    {"version", no_argument, NULL, ID_VERSION},
    {NULL, 0, NULL, 0},
};

static bool parse_number(const char *text, long least, long most, long *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number >= least && *number <= most;
}

static bool parse_monitor(const char *text, enum options_monitor *monitor)
{
    static const char *const names[] = {
        [MONITOR_AUTO] = "auto", [MONITOR_ASK] = "ask", [MONITOR_IGNORE] = "ignore"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            *monitor = (enum options_monitor)i;
            return true;
        }
    }
    return false;
}

/* False when the value does not suit the option. */
static bool apply(struct options *options, int id, const char *value)
{
    long number = 0;
    bool fine = true;
    switch (id) {
    case ID_DEVICE:
        options->device = value;
        break;
    case ID_SOCKET:
        options->socket = value;
        break;
    case ID_CAPTURE:
        options->capture = value;
        break;
    case ID_RECORD:
        options->record = value;
        break;
    case ID_TRACE:
        options->trace = value;
        break;
    case ID_READY_FD:
        fine = parse_number(value, 0, INT_MAX, &number);
        options->ready_fd = (int)number;
        break;
    case ID_HANG:
        fine = parse_number(value, 100, 3600000, &number);
        options->hang_ms = (uint32_t)number;
        break;
    case ID_PURGE:
        fine = parse_number(value, 0, 1 << 20, &number);
        options->purge_mib = (uint32_t)number;
        break;
    case ID_MAX_SESSIONS:
        fine = parse_number(value, 1, 1000000, &number);
        options->sessions_max = (uint32_t)number;
        break;
    case ID_POLICY:
        options->policy = value;
        break;
    case ID_USER:
        options->user = value;
        break;
    case ID_SANDBOX:
        fine = sandbox_mode_parse(value, &options->sandbox);
        break;
    case ID_DRAIN:
        fine = parse_number(value, 0, 600000, &number);
        options->drain_ms = (uint32_t)number;
        break;
    case ID_AWAKE:
        fine = parse_number(value, 0, 1000, &number);
        options->awake_us = (uint32_t)number;
        break;
    case ID_HWTEST:
        options->hwtest = true;
        break;
    case ID_BATCH:
        fine = parse_number(value, 0, 3600000, &number);
        options->batch_ms = (uint32_t)number;
        break;
    case ID_CHAOS:
        fine = chaos_start(value);
        options->chaos = value;
        break;
    case ID_BAN:
        fine = ban_rule_parse(value, &options->ban);
        break;
    case ID_MONITOR:
        fine = parse_monitor(value, &options->monitor);
        break;
    case ID_MODE:
        fine = mode_parse(value, &options->width, &options->height);
        break;
    case ID_LOG:
        fine = log_level_parse(value, &options->level);
        break;
    default:
        fine = false;
    }
    return fine;
}

enum options_result options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .device = "model:g33",
        .purge_mib = PURGE_LIMIT_DEFAULT >> 20,
        .hang_ms = DEFAULT_HANG_MS,
        .drain_ms = DEFAULT_DRAIN_MS,
        .batch_ms = DEFAULT_BATCH_MS,
        .sandbox = sandbox_mode_default(),
        .awake_us = (uint32_t)(vigil_usual_ns() / 1000),
        .ready_fd = -1,
        .level = LOG_LEVEL_INFO,
    };
    (void)ban_rule_parse(DEFAULT_BAN, &options->ban);
    int id;
    int index = 0;
    while ((id = getopt_long(argc, argv, "", table, &index)) != -1) {
        if (id == ID_HELP) {
            fputs(help, stdout);
            return OPTIONS_DONE;
        }
        if (id == ID_VERSION) {
            puts("gemd " GEMD_VERSION);
            return OPTIONS_DONE;
        }
        if (id == '?') {
            return OPTIONS_USAGE;
        }
        if (!apply(options, id, optarg)) {
            fprintf(stderr, "gemd: --%s: %s will not do; see gemd --help\n", table[index].name,
                    optarg);
            return OPTIONS_USAGE;
        }
    }
    options->rest = optind;
    if (optind < argc && !options->hwtest) {
        fprintf(stderr, "gemd: what is %s? see gemd --help\n", argv[optind]);
        return OPTIONS_USAGE;
    }
    return OPTIONS_RUN;
}
