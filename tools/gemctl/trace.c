/* SPDX-License-Identifier: MIT */
/* gemctl trace: what was done with a chip's registers, compared with what another did, or is. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/model/model.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/trace_compare.h"
#include "tools/gemctl/trace_replay.h"

#define MODEL_PREFIX "model:"

static const char usage[] =
    "usage: gemctl trace replay [--device model:CHIP] [--found] FILE\n"
    "       gemctl trace compare [--names FIRST,SECOND] [--explained FILE] [--quiet] FIRST SECOND\n"
    "Files are those of gemd --trace-registers, and of gma-vfio-user.\n"
    "replay makes the writes again on the model, and says where reads are answered otherwise.\n"
    "  --device model:CHIP  instead of the chip that the file names\n"
    "  --found              also where nothing was written before: firmware's values\n"
    "compare says which registers only one of them writes, and what differs of the others while a\n"
    "screen is shown.\n"
    "  --names FIRST,SECOND who they are\n"
    "  --explained FILE     a document with tables of what may differ (doc/registers.md)\n"
    "  --quiet              only what is not explained\n"
    "Exits with 0 when nothing differs, or all is explained; 3 when something does; 1 when a file\n"
    "cannot be read, 2 for a mistake on the command line.\n";

struct trace_options {
    char *device, *names, *explained;
    bool found, quiet;
};

static int misused(void)
{
    fputs(usage, stderr);
    return COMMAND_MISUSED;
}

/* COMMAND_GO_ON, or an exit code. */
static int parse(struct trace_options *options, int argc, char **argv)
{
    enum { OPTION_DEVICE = 256, OPTION_NAMES, OPTION_EXPLAINED, OPTION_FOUND, OPTION_QUIET };
    static const struct option table[] = {
        {"device", required_argument, NULL, OPTION_DEVICE},
        {"names", required_argument, NULL, OPTION_NAMES},
        {"explained", required_argument, NULL, OPTION_EXPLAINED},
        {"found", no_argument, NULL, OPTION_FOUND},
        {"quiet", no_argument, NULL, OPTION_QUIET},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    optind = 0; /* main() has parsed, too */
    for (int option; (option = getopt_long(argc, argv, "h", table, NULL)) != -1;) {
        switch (option) {
        case OPTION_DEVICE:
            options->device = optarg;
            break;
        case OPTION_NAMES:
            options->names = optarg;
            break;
        case OPTION_EXPLAINED:
            options->explained = optarg;
            break;
        case OPTION_FOUND:
            options->found = true;
            break;
        case OPTION_QUIET:
            options->quiet = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return COMMAND_DONE;
        default:
            return COMMAND_MISUSED;
        }
    }
    return COMMAND_GO_ON;
}

static struct hw_device *create(void *data, const char *chip)
{
    const char *device = data;
    const struct model_options options = {
        .chipset = device != NULL ? device + strlen(MODEL_PREFIX) : chip,
        .threads = 1,
    };
    struct hw_device *dev = model_create(&options);
    if (dev == NULL) {
        fprintf(stderr, "gemctl: there is no model of %s\n", options.chipset);
    }
    return dev;
}

static int replay(struct trace_options *options, char **files, int count)
{
    const char *device = options->device;
    const struct trace_replay_options how = {
        .create = create, .data = options->device, .out = stdout, .found = options->found};
    struct trace_replay_counts counts;
    struct trace_file trace;
    if (count != 1 ||
        (device != NULL && strncmp(device, MODEL_PREFIX, strlen(MODEL_PREFIX)) != 0)) {
        return misused();
    }
    if (!trace_file_open(&trace, files[0])) {
        return COMMAND_FAILED;
    }
    int error = trace_replay(&trace, &how, &counts);
    trace_file_close(&trace);
    if (error != 0) {
        return COMMAND_FAILED;
    }
    printf("trace: lines=%" PRIu64 " writes=%" PRIu64 " reads=%" PRIu64 " excused=%" PRIu64
           " found=%" PRIu64 " differ=%" PRIu64 " registers=%u\n",
           counts.lines, counts.writes, counts.reads, counts.excused, counts.found, counts.differ,
           counts.registers);
    return counts.differ != 0 ? COMMAND_REFUSED : COMMAND_DONE;
}

static int compare_states(const struct trace_compare_options *how)
{
    struct trace_compare_counts counts;
    trace_compare(how, &counts);
    printf("trace: chips=%s,%s shown=%d registers=%u differ=%u unexplained=%u\n",
           how->states[0]->chip, how->states[1]->chip, counts.shown, counts.registers,
           counts.differ, counts.unexplained);
    return counts.unexplained != 0 ? COMMAND_REFUSED : COMMAND_DONE;
}

static int compare(struct trace_options *options, char **files, int count)
{
    struct trace_states *states[2] = {NULL, NULL};
    struct trace_explanations *explanations = NULL;
    char *second = options->names;
    const char *first = second != NULL ? strsep(&second, ",") : "the first";
    int code = COMMAND_FAILED;
    if (count != 2 || (options->names != NULL && second == NULL)) {
        return misused();
    }
    if (options->explained != NULL) {
        explanations = trace_explanations_read(options->explained);
        if (explanations == NULL) {
            return COMMAND_FAILED;
        }
    }
    states[0] = trace_states_read(files[0]);
    states[1] = states[0] != NULL ? trace_states_read(files[1]) : NULL;
    if (states[1] != NULL) {
        const struct trace_compare_options how = {
            .states = {states[0], states[1]},
            .names = {first, second != NULL ? second : "the second"},
            .explanations = explanations,
            .out = stdout,
            .quiet = options->quiet,
        };
        code = compare_states(&how);
    }
    free(states[0]);
    free(states[1]);
    trace_explanations_free(explanations);
    return code;
}

int command_trace(const char *socket, int argc, char **argv)
{
    struct trace_options options = {0};
    (void)socket;
    int code = parse(&options, argc, argv);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    /* The subcommand, then files. */
    if (optind >= argc) {
        return misused();
    }
    const char *what = argv[optind];
    char **files = argv + optind + 1;
    int count = argc - optind - 1;
    if (strcmp(what, "replay") == 0) {
        return replay(&options, files, count);
    }
    return strcmp(what, "compare") == 0 ? compare(&options, files, count) : misused();
}
