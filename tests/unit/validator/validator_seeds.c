/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "seeds.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: validator-seeds DIRECTORY\n");
        return 2;
    }
    int count = seeds_write(argv[1]);
    if (count < 0) {
        fprintf(stderr, "validator-seeds: %s: %s\n", argv[1], strerror(-count));
        return 1;
    }
    printf("validator-seeds: %d\n", count);
    return 0;
}
