/* SPDX-License-Identifier: MIT */
/*
 * A target without an engine: runs the files, and those of directories, that it is given; then,
 * with
 * --mutate N, as many changes of them, always the same ones. For tests, and for findings.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/random.h"
#include "tests/fuzz/targets/target.h"

#define ROOM (1u << 20)

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input *inputs;
static size_t input_count;

static void fail(const char *path)
{
    printf("%s: %s\n", path, strerror(errno));
    exit(EXIT_FAILURE);
}

static void add_file(const char *path)
{
    static uint8_t bytes[ROOM];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fail(path);
    }
    const size_t size = fread(bytes, 1, ROOM, file);
    fclose(file);
    inputs = realloc(inputs, (input_count + 1) * sizeof(*inputs));
    uint8_t *copy = malloc(size + 1);
    if (inputs == NULL || copy == NULL) {
        abort();
    }
    memcpy(copy, bytes, size);
    inputs[input_count++] = (struct input){copy, size};
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add(const char *path)
{
    struct dirent **names;
    const int count = scandir(path, &names, NULL, by_name);

    if (count < 0) {
        add_file(path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char name[PATH_MAX];

        if (names[i]->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", path, names[i]->d_name);
            add_file(name);
        }
        free(names[i]);
    }
    free(names);
}

static void mutate(unsigned long count)
{
    static uint8_t bytes[ROOM];
    struct rng rng = {1};
    size_t size = 0;

    for (unsigned long i = 0; i < count; i++) {
        if (i % 16 == 0) {
            const struct input *input = &inputs[rng_below(&rng, (uint32_t)input_count)];

            size = input->size;
            memcpy(bytes, input->bytes, size);
        }
        size = LLVMFuzzerCustomMutator(bytes, size, 1u << 16, rng_next(&rng));
        (void)LLVMFuzzerTestOneInput(bytes, size);
    }
}

int main(int argc, char **argv)
{
    unsigned long mutations = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--mutate") == 0 && i + 1 < argc) {
            mutations = strtoul(argv[++i], NULL, 0);
        } else {
            add(argv[i]);
        }
    }
    for (size_t i = 0; i < input_count; i++) {
        (void)LLVMFuzzerTestOneInput(inputs[i].bytes, inputs[i].size);
    }
    if (input_count > 0) {
        mutate(mutations);
    }
    for (size_t i = 0; i < input_count; i++) {
        free(inputs[i].bytes);
    }
    free(inputs);
    printf("%zu inputs, %lu changes of them\n", input_count, mutations);
    return input_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
