/* SPDX-License-Identifier: MIT */
/* i915-judge: asks Linux's driver in the guest one question (judgement.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vm/judge/gem.h"
#include "tests/vm/judge/judgement.h"

static const struct question {
    const char *name;
    int (*ask)(int fd, unsigned long argument);
} questions[] = {
    {"batches", judge_batches},
    {"hang", judge_hang},
    {"console", judge_console},
};

int main(int argc, char **argv)
{
    unsigned long argument = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    for (size_t i = 0; argc > 1 && i < sizeof(questions) / sizeof(questions[0]); i++) {
        if (strcmp(questions[i].name, argv[1]) == 0) {
            int fd = gem_open();
            if (fd < 0) {
                fprintf(stderr, "i915-judge: no i915 device: %s\n", strerror(-fd));
                return 2;
            }
            return questions[i].ask(fd, argument) == 0 ? 0 : 1;
        }
    }
    fprintf(stderr, "usage: i915-judge batches COUNT | hang SECONDS | console\n");
    return 2;
}
