/* SPDX-License-Identifier: MIT */
/* gemctl check: the validator without a daemon. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hw/gen3/chip.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/recording_streams.h"
#include "tools/gemctl/stream.h"

struct check {
    struct stream_guess guess;
    bool quiet, audit;
    const struct stream_batch *batch; /* that is looked at, and its file */
    const char *path;
    uint64_t streams, refused, raw;
    uint64_t broken[VALIDATOR_RULES];
};

static const char usage[] =
    "usage: gemctl check [OPTION]... FILE...\n"
    "  --device CHIP       of raw streams (g33); captures name their own\n"
    "  --buffer-size BYTES of every buffer in raw streams, which do not say it (default: as\n"
    "                      much as the address field reaches, so that few extents are judged)\n"
    "  --quiet             no line for each refusal\n"
    "  --audit             every broken rule of a stream, not only the first one\n"
    "Exits with 0 when every stream is accepted, 3 when one is refused, 1 when a file cannot be\n"
    "read, 2 for a mistake on the command line.\n";

static int mistake(const char *option, const char *value)
{
    fprintf(stderr, "gemctl check: --%s: %s will not do\n", option, value);
    return COMMAND_MISUSED;
}

static int parse(struct check *check, int argc, char **argv)
{
    enum { OPTION_DEVICE = 256, OPTION_SIZE, OPTION_QUIET, OPTION_AUDIT, OPTION_HELP };
    static const struct option table[] = {
        {"device", required_argument, NULL, OPTION_DEVICE},
        {"buffer-size", required_argument, NULL, OPTION_SIZE},
        {"quiet", no_argument, NULL, OPTION_QUIET},
        {"audit", no_argument, NULL, OPTION_AUDIT},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
    };
    check->guess.pci_device = gen3_chip_named("g33")->pci_device;
    optind = 0; /* main() has parsed, too */
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        const struct gen3_chip *chip;
        char *end = NULL;
        switch (option) {
        case OPTION_DEVICE:
            chip = gen3_chip_named(optarg);
            if (chip == NULL) {
                return mistake("device", optarg);
            }
            check->guess.pci_device = chip->pci_device;
            break;
        case OPTION_SIZE:
            errno = 0;
            check->guess.buffer_bytes = strtoull(optarg, &end, 0);
            if (*end != '\0' || errno != 0 || check->guess.buffer_bytes == 0 ||
                check->guess.buffer_bytes > UINT32_MAX) {
                return mistake("buffer-size", optarg);
            }
            break;
        case OPTION_QUIET:
            check->quiet = true;
            break;
        case OPTION_AUDIT:
            check->audit = true;
            break;
        case OPTION_HELP:
            fputs(usage, stdout);
            exit(COMMAND_DONE);
        default:
            return COMMAND_MISUSED;
        }
    }
    if (optind >= argc) {
        fputs(usage, stderr);
        return COMMAND_MISUSED;
    }
    return COMMAND_DONE;
}

static void tell(void *data, const struct validator_verdict *verdict)
{
    const struct check *check = data;
    const struct stream_batch *batch = check->batch;
    if (check->quiet) {
        return;
    }
    printf("%s: ", check->path);
    if (!batch->raw) {
        printf("session %" PRIu64 " ", batch->session);
    }
    printf("batch %" PRIu64 " dword %u: %s 0x%08x: %s: %s\n", batch->seqno, verdict->dword,
           verdict->command, verdict->header, validator_rule_name(verdict->rule), verdict->text);
}

/* An audit has counted all that is broken, the refusal included. */
static uint64_t broken_so_far(const struct check *check)
{
    uint64_t sum = 0;
    for (size_t rule = 0; rule < VALIDATOR_RULES; rule++) {
        sum += check->broken[rule];
    }
    return sum;
}

static void judge(struct check *check, const char *path, struct stream_batch *batch)
{
    const struct validator_audit audit = {.counts = check->broken, .broken = tell, .data = check};
    const uint64_t before = broken_so_far(check);
    struct validator_verdict verdict;
    check->path = path;
    check->batch = batch;
    check->streams++;
    check->raw += batch->raw;
    batch->job.audit = check->audit ? &audit : NULL;
    const bool accepted = validator_check(&batch->job, &verdict) == 0;
    if (!accepted) {
        check->broken[verdict.rule] += !check->audit;
        tell(check, &verdict);
    }
    check->refused += broken_so_far(check) != before;
}

/* False when the file cannot be read to its end. */
static bool check_file(struct check *check, const char *path)
{
    struct stream_cursor cursor = {.path = path};
    struct stream_batch batch;
    int result;
    uint8_t *bytes = recording_streams_read(path, &cursor.size);
    if (bytes == NULL) {
        return false;
    }
    cursor.bytes = bytes;
    while ((result = stream_next(&cursor, &check->guess, &batch)) > 0) {
        judge(check, path, &batch);
        stream_batch_free(&batch);
    }
    free(bytes);
    return result == 0;
}

static void summarise(const struct check *check)
{
    for (size_t rule = 1; rule < VALIDATOR_RULES; rule++) {
        if (check->broken[rule] != 0) {
            printf("%-20s %" PRIu64 "\n", validator_rule_name((enum validator_rule)rule),
                   check->broken[rule]);
        }
    }
    printf("check: streams=%" PRIu64 " accepted=%" PRIu64 " refused=%" PRIu64 " raw=%" PRIu64 "\n",
           check->streams, check->streams - check->refused, check->refused, check->raw);
}

int command_check(const char *socket, int argc, char **argv)
{
    struct check check = {0};
    bool readable = true;
    int result = parse(&check, argc, argv);
    (void)socket;
    if (result != COMMAND_DONE) {
        return result;
    }
    for (int i = optind; i < argc; i++) {
        readable = check_file(&check, argv[i]) && readable;
    }
    summarise(&check);
    return !readable ? COMMAND_FAILED : check.refused != 0 ? COMMAND_REFUSED : COMMAND_DONE;
}
