/* SPDX-License-Identifier: MIT */
/* gemctl errors: what the GPU did when it hung, as the daemon keeps it. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"

struct wish {
    uint64_t number; /* 0: all */
    bool json;
    const char *save;
};

static bool parse_number(const char *text, uint64_t *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '1' && text[0] <= '9' && *end == '\0';
}

static bool parse(struct wish *wish, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            wish->json = true;
        } else if (strcmp(argv[i], "--save") == 0 && i + 1 < argc) {
            wish->save = argv[++i];
        } else if (wish->number != 0 || !parse_number(argv[i], &wish->number)) {
            return false;
        }
    }
    return !wish->json || wish->save == NULL;
}

static enum gemd_errors_form form_of(const struct wish *wish)
{
    if (wish->save != NULL) {
        return GEMD_ERRORS_STREAM;
    }
    if (wish->json) {
        return GEMD_ERRORS_JSON;
    }
    return wish->number != 0 ? GEMD_ERRORS_TEXT : GEMD_ERRORS_LIST;
}

static bool save(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    bool fine = file != NULL && fwrite(bytes, 1, size, file) == size;
    if (file != NULL) {
        fine = fclose(file) == 0 && fine;
    }
    if (!fine) {
        fprintf(stderr, "gemctl: %s: %s\n", path, strerror(errno));
    }
    return fine;
}

int command_errors(const char *socket, int argc, char **argv)
{
    struct wish wish = {0};
    if (!parse(&wish, argc, argv)) {
        fputs("usage: gemctl errors [N] [--json | --save FILE]\n", stderr);
        return COMMAND_MISUSED;
    }
    struct gemd_session *session = command_connect(socket);
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    char *bytes = NULL;
    size_t size = 0;
    int error = gemd_query_errors(session, wish.number, form_of(&wish), &bytes, &size);
    bool fine = error == 0;
    if (error == -ENOENT) {
        fprintf(stderr, "gemctl: error %llu is not kept\n", (unsigned long long)wish.number);
    } else if (error == -ENODATA) {
        fputs("gemctl: no batch is kept\n", stderr);
    } else if (error != 0) {
        fprintf(stderr, "gemctl: errors: %s\n", strerror(-error));
    } else if (wish.save != NULL) {
        fine = save(wish.save, bytes, size);
    } else {
        fine = fwrite(bytes, 1, size, stdout) == size;
    }
    free(bytes);
    gemd_session_close(session);
    return fine ? COMMAND_DONE : COMMAND_FAILED;
}
