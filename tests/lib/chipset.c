/* SPDX-License-Identifier: MIT */
#include "tests/lib/chipset.h"

#include <stddef.h>
#include <stdlib.h>
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

const char *test_chipset_name(void)
{
    const char *told = getenv("GEMD_TEST_CHIPSET"); /* in a virtual machine, of its device */
    return told != NULL ? told : test_chipset != NULL ? test_chipset : "g33";
}

const char *test_chipset_renderer(void)
{
    static const struct {
        const char *chipset, *renderer;
    } names[] = {
        {"g33", "i915 (chipset: G33)"},
        {"q33", "i915 (chipset: Q33)"},
        {"q35", "i915 (chipset: Q35)"},
        {"pineview-g", "i915 (chipset: Pineview G)"},
        {"pineview-m", "i915 (chipset: Pineview M)"},
        {"945g", "i915 (chipset: 945G)"},
        {"945gm", "i915 (chipset: 945GM)"},
        {"945gme", "i915 (chipset: 945GME)"},
        {"915g", "i915 (chipset: 915G)"},
        {"915gm", "i915 (chipset: 915GM)"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].chipset, test_chipset_name()) == 0) {
            return names[i].renderer;
        }
    }
    return NULL;
}
