/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/gma-vfio-user/device.h"

#define MODEL_PREFIX "model:"
#define MIB          ((uint64_t)1 << 20)
#define FOUR_GIB     ((uint64_t)1 << 32)

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "usage: gma-vfio-user --socket PATH [OPTION]...\n"
    "Serves a modelled gen3 GPU as a PCI device to a virtual machine, by the vfio-user protocol.\n"
    "\n"
    "  -s, --socket PATH      where the machine connects; one at a time, one after another\n"
    "  -d, --device model:NAME[,memory=LAYOUT][,threads=N]\n"
    "                         the chip (model:g33); 'help' lists them\n"
    "      --view             show live what the chip scans out, in a window\n"
    "      --screenshot FILE  write that as a PNG when a connection ends, and at SIGUSR1\n"
    "      --watch            print each range of memory that the GPU reads or writes\n"
    "      --trace-registers FILE\n"
    "                         write down each access to the chip's registers\n"
    "      --stolen ADDRESS   where the 8 MiB of stolen memory begin (0x7f800000): behind the\n"
    "                         guest's memory, below 4 GiB\n"
    "      --firmware SCREEN  begin with a picture on a 'monitor' (pipe A), or on a 'panel' (pipe "
    "B,\n"
    "                         mobile chips), as firmware leaves it; 'none': dark\n"
    "      --map-page-table   let the machine map the page table; QEMU then waits for each write\n"
    "                         to another BAR\n"
    "      --once             end when the first connection ends\n"
    "      --help, --version\n";

enum {
    OPTION_VIEW = 256,
    OPTION_SHOT,
    OPTION_WATCH,
    OPTION_TRACE,
    OPTION_STOLEN,
    OPTION_FIRMWARE,
    OPTION_MAP,
    OPTION_ONCE,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option table[] = {
    {"socket", required_argument, NULL, 's'},
    {"device", required_argument, NULL, 'd'},
    {"view", no_argument, NULL, OPTION_VIEW},
    {"screenshot", required_argument, NULL, OPTION_SHOT},
    {"watch", no_argument, NULL, OPTION_WATCH},
    {"trace-registers", required_argument, NULL, OPTION_TRACE},
    {"stolen", required_argument, NULL, OPTION_STOLEN},
    {"firmware", required_argument, NULL, OPTION_FIRMWARE},
    {"map-page-table", no_argument, NULL, OPTION_MAP},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static void list_devices(FILE *to)
{
    const char *chipset, *memory;
    for (size_t i = 0; (chipset = model_chipset_name(i)) != NULL; i++) {
        fprintf(to, "%s%s[,threads=N][,memory=", MODEL_PREFIX, chipset);
        for (size_t j = 0; (memory = model_channels_name(chipset, j)) != NULL; j++) {
            fprintf(to, "%s%s", j != 0 ? "|" : "", memory);
        }
        fputs("]\n", to);
    }
}

static bool is_chipset(const char *name)
{
    const char *listed;
    for (size_t i = 0; (listed = model_chipset_name(i)) != NULL; i++) {
        if (strcasecmp(listed, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_memory(const char *chipset, const char *name)
{
    const char *listed;
    for (size_t i = 0; (listed = model_channels_name(chipset, i)) != NULL; i++) {
        if (strcasecmp(listed, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    *value = strtoull(text, &end, 0);
    return *end == '\0' && *value <= max;
}

/* Cuts the argument up, which the options then point into. */
static bool parse_device(char *text, struct model_options *model)
{
    static const char threads[] = "threads=", memory[] = "memory=";
    uint64_t number;
    if (strncmp(text, MODEL_PREFIX, strlen(MODEL_PREFIX)) != 0) {
        return false;
    }
    text += strlen(MODEL_PREFIX);
    model->chipset = strsep(&text, ",");
    if (!is_chipset(model->chipset)) {
        return false;
    }
    for (char *option; (option = strsep(&text, ",")) != NULL;) {
        if (strncmp(option, threads, strlen(threads)) == 0) {
            if (!parse_number(option + strlen(threads), MODEL_THREADS_MAX, &number)) {
                return false;
            }
            model->threads = (unsigned)number;
        } else if (strncmp(option, memory, strlen(memory)) == 0 &&
                   is_memory(model->chipset, option + strlen(memory))) {
            model->memory = option + strlen(memory);
        } else {
            return false;
        }
    }
    return true;
}

/* The address of 'stolen' has to have 20 zeros, which BSM has no bits for. */
static bool parse_stolen(const char *text, uint64_t *base)
{
    return parse_number(text, FOUR_GIB - DEVICE_STOLEN_SIZE, base) && *base % MIB == 0 &&
           *base != 0;
}

static bool parse_firmware(const char *text, enum firmware_screen *screen)
{
    static const char *const names[] = {
        [FIRMWARE_DARK] = "none", [FIRMWARE_MONITOR] = "monitor", [FIRMWARE_PANEL] = "panel"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            *screen = (enum firmware_screen)i;
            return true;
        }
    }
    fprintf(stderr, "gma-vfio-user: --firmware %s: it is none, monitor or panel\n", text);
    return false;
}

static bool apply(struct options *options, int option, char *argument)
{
    switch (option) {
    case 's':
        options->socket = argument;
        return true;
    case 'd':
        if (parse_device(argument, &options->model)) {
            return true;
        }
        fputs("gma-vfio-user: --device: there is no such device; these are:\n", stderr);
        list_devices(stderr);
        return false;
    case OPTION_STOLEN:
        if (parse_stolen(argument, &options->stolen_base)) {
            return true;
        }
        fprintf(stderr, "gma-vfio-user: --stolen %s: not whole MiB below 4 GiB\n", argument);
        return false;
    case OPTION_FIRMWARE:
        return parse_firmware(argument, &options->firmware);
    case OPTION_VIEW:
        options->view = true;
        return true;
    case OPTION_SHOT:
        options->screenshot = argument;
        return true;
    case OPTION_WATCH:
        options->watch = true;
        return true;
    case OPTION_TRACE:
        options->trace = argument;
        return true;
    case OPTION_MAP:
        options->maps_table = true;
        return true;
    case OPTION_ONCE:
        options->once = true;
        return true;
    default:
        return false;
    }
}

static bool check(const struct options *options, int argc, char **argv)
{
    if (optind < argc) {
        fprintf(stderr, "gma-vfio-user: what is '%s'? (try --help)\n", argv[optind]);
        return false;
    }
    if (options->socket == NULL) {
        fputs("gma-vfio-user: no --socket (try --help)\n", stderr);
        return false;
    }
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, int *code)
{
    *options = (struct options){.stolen_base = DEVICE_STOLEN_BASE};
    *code = EXIT_USAGE;
    for (int option; (option = getopt_long(argc, argv, "s:d:", table, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(usage, stdout);
            *code = EXIT_SUCCESS;
            return false;
        }
        if (option == OPTION_VERSION) {
            puts("gma-vfio-user " GEMD_VERSION);
            *code = EXIT_SUCCESS;
            return false;
        }
        if (option == 'd' && strcmp(optarg, "help") == 0) {
            list_devices(stdout);
            *code = EXIT_SUCCESS;
            return false;
        }
        if (!apply(options, option, optarg)) {
            return false;
        }
    }
    return check(options, argc, argv);
}
