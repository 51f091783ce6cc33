/* SPDX-License-Identifier: MIT */
#include "tools/eglgears/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: eglgears [OPTION]...\n"
    "Three gears on the framebuffer window of the default EGL display.\n"
    "\n"
    "  -s, --size WxH       size of the window in pixels (default: 300x300; 0x0: the screen's)\n"
    "  -n, --frames N       draw N frames and end; the angle then follows the frame's number\n"
    "  -p, --png FILE       write the last frame to FILE (with --frames)\n"
    "  -i, --interval 0|1   wait for so many vertical blanks per frame (default: 1)\n"
    "  -o, --offscreen      draw into a pbuffer instead of a window\n"
    "      --hold           keep the last frame on screen until standard input ends\n"
    "      --info           print what OpenGL says about itself\n"
    "  -q, --quiet          no line about frames per second every 5 seconds\n"
    "      --help, --version\n";

enum { OPTION_HOLD = 256, OPTION_INFO, OPTION_HELP, OPTION_VERSION };

static const struct option long_options[] = {
    {"size", required_argument, NULL, 's'},
    {"frames", required_argument, NULL, 'n'},
    {"png", required_argument, NULL, 'p'},
    {"interval", required_argument, NULL, 'i'},
    {"offscreen", no_argument, NULL, 'o'},
    {"hold", no_argument, NULL, OPTION_HOLD},
    {"info", no_argument, NULL, OPTION_INFO},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

__attribute__((noreturn)) static void mistake(const char *option, const char *value)
{
    fprintf(stderr, "eglgears: bad %s '%s' (try --help)\n", option, value);
    exit(2);
}

/* The whole of 'text' as a number up to 'max'. */
static unsigned long number(const char *option, const char *text, unsigned long max)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > max) {
        mistake(option, text);
    }
    return value;
}

static void parse_size(struct options *options, const char *text)
{
    int width = 0, height = 0, used = 0;
    if (sscanf(text, "%5dx%5d%n", &width, &height, &used) != 2 || text[used] != '\0' || width < 0 ||
        height < 0 || (width == 0) != (height == 0)) {
        mistake("--size", text);
    }
    options->surface.width = width;
    options->surface.height = height;
}

static void apply(struct options *options, int option, const char *value)
{
    switch (option) {
    case 's':
        parse_size(options, value);
        break;
    case 'n':
        options->frames = number("--frames", value, 1000000000);
        break;
    case 'p':
        options->png = value;
        break;
    case 'i':
        options->surface.interval = (int)number("--interval", value, 1);
        break;
    case 'o':
        options->surface.offscreen = true;
        break;
    case 'q':
        options->quiet = true;
        break;
    case OPTION_HOLD:
        options->hold = true;
        break;
    case OPTION_INFO:
        options->info = true;
        break;
    case OPTION_HELP:
        fputs(usage, stdout);
        exit(0);
    case OPTION_VERSION:
        puts("eglgears " GEMD_VERSION);
        exit(0);
    default:
        exit(2);
    }
}

void options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.surface = {.width = 300, .height = 300, .interval = 1}};
    for (int option; (option = getopt_long(argc, argv, "s:n:p:i:oq", long_options, NULL)) != -1;) {
        apply(options, option, optarg);
    }
    if (optind < argc) {
        mistake("argument", argv[optind]);
    }
    if (options->png != NULL && options->frames == 0) {
        fprintf(stderr, "eglgears: --png needs --frames\n");
        exit(2);
    }
}
