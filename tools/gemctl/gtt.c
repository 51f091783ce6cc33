/* SPDX-License-Identifier: MIT */
/* gemctl gtt: who has which part of the GTT, as a table, a strip of characters and a picture. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/gtt_strip.h"
#include "tools/gemctl/list.h"
#include "tools/gemctl/table.h"
#include "tools/lib/picture.h"

static const char help[] =
    "usage: gemctl gtt [--json] [--strip] [--png FILE] [--width COLUMNS]\n\n"
    "Prints a table of the parts of the GTT, and below it the whole of it as a strip: a\n"
    "letter for each session, # the daemon, @ on the screen, ~ closed but still in use,\n"
    ". free, : mostly free, blank what one may not see.\n\n"
    "  -j, --json            the table as a JSON array, no strip\n"
    "  -s, --strip           the strip only\n"
    "  -p, --png FILE        a picture, four by four pixels for each page; no table\n"
    "  -w, --width COLUMNS   of the strip; else as wide as the terminal, or 80\n";

enum {
    STRIP_LINES = 4,
    WIDTH_MIN = 20,
    WIDTH_MAX = 1000,
    PAGES_IN_ROW = 256, /* of the picture */
    PAGE_PIXELS = 4,
};

struct options {
    bool json, strip;
    const char *png;
    uint32_t width;
};

static uint32_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN) {
        return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
    }
    return 80;
}

static int parse(struct options *options, int argc, char **argv)
{
    static const struct option table[] = {
        {"json", no_argument, NULL, 'j'},      {"strip", no_argument, NULL, 's'},
        {"png", required_argument, NULL, 'p'}, {"width", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0},
    };
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+jsp:w:h", table, NULL)) != -1;) {
        switch (option) {
        case 'j':
            options->json = true;
            break;
        case 's':
            options->strip = true;
            break;
        case 'p':
            options->png = optarg;
            break;
        case 'w':
            options->width = (uint32_t)strtoul(optarg, NULL, 10);
            if (options->width < WIDTH_MIN || options->width > WIDTH_MAX) {
                fprintf(stderr, "gemctl: gtt: --width %s: %d to %d will do\n", optarg, WIDTH_MIN,
                        WIDTH_MAX);
                return COMMAND_MISUSED;
            }
            break;
        case 'h':
            fputs(help, stdout);
            return COMMAND_DONE;
        default:
            return COMMAND_MISUSED;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "gemctl: what is %s? see gemctl gtt --help\n", argv[optind]);
        return COMMAND_MISUSED;
    }
    return COMMAND_GO_ON;
}

static void print_strip(const struct gtt_pages *pages, uint32_t width)
{
    char line[WIDTH_MAX + 1];
    const uint32_t columns = width - 7;
    for (uint32_t i = 0; i < STRIP_LINES; i++) {
        uint32_t first = (uint32_t)((uint64_t)pages->count * i / STRIP_LINES);
        uint32_t end = (uint32_t)((uint64_t)pages->count * (i + 1) / STRIP_LINES);
        gtt_strip(pages, first, end, line, columns);
        printf("%6u %s\n", first, line);
    }
    fputs("# daemon, @ screen, ~ leaving, . free, : mostly free", stdout);
    for (uint32_t i = 0; i < pages->session_count; i++) {
        const uint32_t session = pages->sessions[i];
        printf("%s%c session %u", i % 5 == 0 ? "\n" : ", ", gtt_session_letter(pages, session),
               session);
    }
    putchar('\n');
}

static void paint(const struct gtt_pages *pages, const struct picture *picture)
{
    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            static const struct gtt_owner nobody = {0};
            const uint32_t page = y / PAGE_PIXELS * PAGES_IN_ROW + x / PAGE_PIXELS;
            const struct gtt_owner *owner = page < pages->count ? &pages->owners[page] : &nobody;
            gtt_colour(owner, &picture->pixels[y * picture->stride + x * 4]);
        }
    }
}

static int save_picture(const struct gtt_pages *pages, const char *path)
{
    struct picture picture = {
        .width = PAGES_IN_ROW * PAGE_PIXELS,
        .height = (pages->count + PAGES_IN_ROW - 1) / PAGES_IN_ROW * PAGE_PIXELS,
        .stride = PAGES_IN_ROW * PAGE_PIXELS * 4,
        .order = PICTURE_RGBX,
    };
    if (picture.height == 0) {
        fputs("gemctl: gtt: there is nothing to draw\n", stderr);
        return COMMAND_FAILED;
    }
    picture.pixels = calloc(picture.height, picture.stride);
    if (picture.pixels == NULL) {
        fputs("gemctl: gtt: out of memory\n", stderr);
        return COMMAND_FAILED;
    }
    paint(pages, &picture);
    int error = picture_save(&picture, path);
    free(picture.pixels);
    if (error != 0) {
        return COMMAND_FAILED;
    }
    printf("%s: %u pages, %d in a row\n", path, pages->count, PAGES_IN_ROW);
    for (uint32_t i = 0; i < pages->session_count; i++) {
        uint8_t rgb[3];
        const struct gtt_owner owner = {GTT_KIND_BUFFER, pages->sessions[i], 0};
        gtt_colour(&owner, rgb);
        printf("#%02x%02x%02x session %u\n", rgb[0], rgb[1], rgb[2], pages->sessions[i]);
    }
    return COMMAND_DONE;
}

static int show(const struct options *options, const json_t *rows, const json_t *columns)
{
    struct gtt_pages pages;
    int error = gtt_pages_make(&pages, rows, 0);
    if (error != 0) {
        fprintf(stderr, "gemctl: gtt: %s\n", strerror(-error));
        return COMMAND_FAILED;
    }
    int code = COMMAND_DONE;
    if (options->png != NULL) {
        code = save_picture(&pages, options->png);
    } else if (!options->strip) {
        table_print(stdout, rows, columns);
        putchar('\n');
    }
    if (code == COMMAND_DONE && (options->png == NULL || options->strip)) {
        print_strip(&pages, options->width != 0 ? options->width : terminal_width());
    }
    gtt_pages_free(&pages);
    return code;
}

int command_gtt(const char *socket, int argc, char **argv)
{
    struct options options = {0};
    json_t *columns = NULL;
    int code = parse(&options, argc, argv);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    json_t *rows = list_fetch(socket, GEMD_LIST_GTT, &columns);
    if (rows == NULL) {
        return COMMAND_FAILED;
    }
    code = options.json ? command_print_json(json_incref(rows)) : show(&options, rows, columns);
    json_decref(rows);
    json_decref(columns);
    return code;
}
