/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/finding.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/validator/stream_file.h"

static FILE *create(const char *directory, const char *name, const char *suffix)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    return file;
}

static bool keep_record(const char *directory, const char *name, const struct fuzz_case *c)
{
    struct fuzz_case copy;

    case_copy(&copy, c);
    const struct validator_job job = case_job(&copy);
    const size_t size = stream_file_size(&job);
    uint8_t *bytes = malloc(size);
    FILE *file = bytes != NULL ? create(directory, name, ".stream") : NULL;
    bool good = false;
    if (file != NULL) {
        stream_file_write(&job, 0, 0, bytes);
        good = fwrite(bytes, 1, size, file) == size;
        good = fclose(file) == 0 && good;
    }
    free(bytes);
    return good;
}

bool finding_keep(const char *directory, const char *name, const struct fuzz_case *c,
                  const struct oracle_report *report)
{
    FILE *file = create(directory, name, ".txt");

    if (file == NULL) {
        return false;
    }
    fprintf(file, "%s: dword %u, %s (0x%08x): %s\n", oracle_result_name(report->result),
            report->dword, report->command, report->header, report->text);
    fprintf(file, "gemctl decode %s.stream; gemctl check %s.stream\n", name, name);
    return fclose(file) == 0 && keep_record(directory, name, c);
}
