/* SPDX-License-Identifier: MIT */
#include "gemd/hwtest/command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "gemd/found.h"
#include "gemd/supervisor.h"

enum { EXIT_FINE = 0, EXIT_NOT_FINE = 1, EXIT_USAGE = 2 };

static const struct option table[] = {
    {"list", no_argument, NULL, 'l'},       {"only", required_argument, NULL, 'n'},
    {"skip", required_argument, NULL, 'k'}, {"output", required_argument, NULL, 'o'},
    {"dangerous", no_argument, NULL, 'd'},  {NULL, 0, NULL, 0},
};

static bool names_are_known(const char *names)
{
    char unknown[64];
    if (hwtest_names_are_known(names, unknown, sizeof(unknown))) {
        return true;
    }
    fprintf(stderr, "hwtest: no item '%s'; --list has them\n", unknown);
    return false;
}

static bool apply(struct hwtest_command *command, int option, const char *value)
{
    switch (option) {
    case 'l':
        command->lists = true;
        return true;
    case 'n':
        command->options.only = value;
        return names_are_known(value);
    case 'k':
        command->options.skip = value;
        return names_are_known(value);
    case 'o':
        command->output = value;
        return true;
    case 'd':
        command->options.dangerous = true;
        return true;
    default:
        return false;
    }
}

int hwtest_command_parse(struct hwtest_command *command, int argc, char **argv)
{
    /* getopt wants a name before the arguments. */
    *command = (struct hwtest_command){.output = "hwtest.txt"};
    command->options = (struct hwtest_options){.root = "", .progress = stderr};
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+o:", table, NULL)) != -1;) {
        if (!apply(command, option, optarg)) {
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "hwtest: what is %s?\n", argv[optind]);
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}

/* "-" is standard output. It may tell much of a machine: its owner's alone. */
static FILE *open_report(const char *path)
{
    if (strcmp(path, "-") == 0) {
        return fdopen(dup(STDOUT_FILENO), "w");
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static int write_report(struct hwtest_command *command, struct hw_device *dev)
{
    struct hwtest_summary summary;
    FILE *report = open_report(command->output);
    if (report == NULL) {
        fprintf(stderr, "hwtest: --output %s: %s\n", command->output, strerror(errno));
        return EXIT_NOT_FINE;
    }
    command->options.report = report;
    int error = hwtest_run(dev, &command->options, &summary);
    if (fclose(report) != 0 && error == 0) {
        error = -errno;
    }
    if (error != 0) {
        fprintf(stderr, "hwtest: %s: %s\n", command->output, strerror(-error));
        return EXIT_NOT_FINE;
    }
    fprintf(stderr, "hwtest: items=%u ok=%u differs=%u failed=%u skipped=%u report=%s\n",
            summary.items, summary.counts[HWTEST_OK], summary.counts[HWTEST_DIFFERS],
            summary.counts[HWTEST_FAILED], summary.counts[HWTEST_SKIPPED], command->output);
    return summary.counts[HWTEST_DIFFERS] + summary.counts[HWTEST_FAILED] == 0 ? EXIT_FINE
                                                                               : EXIT_NOT_FINE;
}

int hwtest_command_run(struct hwtest_command *command, struct hw_device *dev)
{
    struct found found;
    struct supervisor supervisor;
    found_save(&found, dev);
    int error = supervisor_start(&supervisor, dev, &found, NULL, 0);
    if (error != 0) {
        fprintf(stderr, "hwtest: the screen will not be put back: %s\n", strerror(-error));
    }
    int code = write_report(command, dev);
    if (dev->ops->release == NULL) {
        found_restore(&found, dev);
    }
    hw_device_destroy(dev);
    supervisor_finish(&supervisor);
    return code;
}
