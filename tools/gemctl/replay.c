/* SPDX-License-Identifier: MIT */
/* gemctl replay: plays a recording to a daemon of its own, or to one that is there. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hw/gen3/chip.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/player.h"
#include "tools/lib/install.h"
#include "tools/lib/picture.h"
#include "tools/lib/private_daemon.h"

/* Of its own, beside those of command.h. */
enum { REPLAY_DAMAGED = 3 };

static const char usage[] =
    "usage: gemctl replay [OPTION]... FILE\n"
    "  --device NAME       on which device (model:CHIP[,threads=N]; default: as it was recorded)\n"
    "  --against SOCKET    on the daemon there, instead of one that is started for it\n"
    "  --png DIR           save each frame as DIR/frame-NUMBER.png\n"
    "  --frame N           end with that frame, and save only it\n"
    "  --speed recorded    with the pauses as they were (default: max, without)\n"
    "  -q, --quiet         no lines about what is refused or differs\n"
    "Exits with 0 when all is as it was recorded, 1 when something differs or a batch is refused,\n"
    "2 for a mistake on the command line, 3 when the file is damaged or cut.\n";

struct replay {
    const char *path, *device, *against, *directory;
    uint64_t frame;
    bool in_time, quiet;
    bool unsaved; /* a picture could not be written */
};

static bool parse_number(const char *text, uint64_t *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '1' && text[0] <= '9' && *end == '\0';
}

static int mistake(const char *option, const char *value)
{
    fprintf(stderr, "gemctl replay: --%s: %s will not do\n", option, value);
    return COMMAND_MISUSED;
}

static int parse(struct replay *replay, int argc, char **argv)
{
    static const struct option table[] = {
        {"device", required_argument, NULL, 'd'}, {"against", required_argument, NULL, 'a'},
        {"png", required_argument, NULL, 'p'},    {"frame", required_argument, NULL, 'f'},
        {"speed", required_argument, NULL, 's'},  {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "d:a:p:f:s:qh", table, NULL)) != -1;) {
        switch (option) {
        case 'd':
            replay->device = optarg;
            break;
        case 'a':
            replay->against = optarg;
            break;
        case 'p':
            replay->directory = optarg;
            break;
        case 'f':
            if (!parse_number(optarg, &replay->frame)) {
                return mistake("frame", optarg);
            }
            break;
        case 's':
            replay->in_time = strcmp(optarg, "recorded") == 0;
            if (!replay->in_time && strcmp(optarg, "max") != 0) {
                return mistake("speed", optarg);
            }
            break;
        case 'q':
            replay->quiet = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return COMMAND_DONE;
        default:
            return COMMAND_MISUSED;
        }
    }
    if (optind != argc - 1 || (replay->device != NULL && replay->against != NULL)) {
        fputs(usage, stderr);
        return COMMAND_MISUSED;
    }
    replay->path = argv[optind];
    return COMMAND_GO_ON;
}

static bool save_frame(void *data, const struct player_frame *frame)
{
    struct replay *replay = data;
    char path[PATH_MAX];
    if (replay->directory == NULL || (replay->frame != 0 && frame->number != replay->frame)) {
        return true;
    }
    if (frame->format != GEMD_FORMAT_XRGB8888) {
        fprintf(stderr, "gemctl: frame %" PRIu64 " is not XRGB8888, and not saved\n",
                frame->number);
        return true;
    }
    int length = snprintf(path, sizeof(path), "%s/frame-%06" PRIu64 ".png", replay->directory,
                          frame->number);
    const struct picture picture = {.width = frame->width,
                                    .height = frame->height,
                                    .stride = frame->stride,
                                    .order = PICTURE_BGRX,
                                    .pixels = (uint8_t *)(uintptr_t)frame->pixels};
    replay->unsaved =
        length < 0 || (size_t)length >= sizeof(path) || picture_save(&picture, path) != 0;
    return !replay->unsaved;
}

/* The device that a recording was made on, as the daemon's --device takes it. */
static bool device_of(const struct recording_file *file, char *name, size_t size)
{
    const struct gen3_chip *chip = gen3_chip_find((uint16_t)file->begin->pci_device);
    if (chip == NULL) {
        fprintf(stderr, "gemctl: it was recorded on %04x, which is no chip of gen3; try --device\n",
                file->begin->pci_device);
        return false;
    }
    return snprintf(name, size, "model:%s", chip->name) < (int)size;
}

static int judge(const struct replay *replay, const struct recording_file *file,
                 const struct player_result *result)
{
    printf("replay: batches=%" PRIu64 " frames=%" PRIu64 " refused=%" PRIu64 " differs=%" PRIu64
           " hash=%016" PRIx64 "\n",
           result->batches, result->frames, result->refused, result->differs, result->hash);
    if (result->lost[0] != '\0') {
        fprintf(stderr, "gemctl: it could not be played to its end: %s\n", result->lost);
        return COMMAND_FAILED;
    }
    if (replay->unsaved || (replay->frame != 0 && result->frames < replay->frame)) {
        if (!replay->unsaved) {
            fprintf(stderr, "gemctl: there are %" PRIu64 " frames\n", result->frames);
        }
        return COMMAND_FAILED;
    }
    if (file->damage[0] != '\0' && !result->stopped) {
        fprintf(stderr, "gemctl: %s: %s; what is before was played\n", replay->path, file->damage);
        return REPLAY_DAMAGED;
    }
    return result->refused != 0 || result->differs != 0 ? COMMAND_FAILED : COMMAND_DONE;
}

static int play(struct replay *replay, const struct recording_file *file, const char *socket)
{
    const struct player_options options = {.socket = socket,
                                           .in_time = replay->in_time,
                                           .quiet = replay->quiet,
                                           .last_frame = replay->frame,
                                           .on_frame = save_frame,
                                           .data = replay};
    struct player_result result;
    player_play(file, &options, &result);
    return judge(replay, file, &result);
}

static int play_privately(struct replay *replay, const struct recording_file *file)
{
    struct private_daemon daemon;
    char program[PATH_MAX], device[64];
    sigset_t child, old;
    const char *name = replay->device;
    if (name == NULL && !device_of(file, device, sizeof(device))) {
        return COMMAND_FAILED;
    }
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &old);
    if (install_find_daemon(program, sizeof(program)) != 0 ||
        private_daemon_start(&daemon, program, name != NULL ? name : device, NULL, "error") != 0) {
        return COMMAND_FAILED;
    }
    int code = play(replay, file, daemon.socket);
    private_daemon_stop(&daemon);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return code;
}

int command_replay(const char *socket, int argc, char **argv)
{
    struct replay replay = {0};
    struct recording_file file;
    int code = parse(&replay, argc, argv);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    if (replay.directory != NULL && mkdir(replay.directory, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "gemctl: %s: %s\n", replay.directory, strerror(errno));
        return COMMAND_FAILED;
    }
    code = REPLAY_DAMAGED;
    if (recording_file_load(&file, replay.path)) {
        code = replay.against != NULL ? play(&replay, &file, replay.against)
                                      : play_privately(&replay, &file);
    }
    recording_file_free(&file);
    return code;
}
