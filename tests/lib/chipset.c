/* SPDX-License-Identifier: MIT */
#include "tests/lib/chipset.h"

#include <string.h>

const char *test_chipset;

/* glibc gives constructors what main() gets: no test's main() has to know of this. */
__attribute__((constructor)) static void take_argument(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--chipset") == 0) {
            test_chipset = argv[i + 1];
        }
    }
}
