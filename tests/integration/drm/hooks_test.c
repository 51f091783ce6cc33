/* SPDX-License-Identifier: MIT */
/* The preloaded library and its tree of files, without a server: what names show to a program. */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "winsys/drm/server/tree.h"

static char directory[64];

static int make_tree(void **state)
{
    const struct drm_tree_info info = {.pci_device = 0x29c2,
                                       .revision = 2,
                                       .modes = "1024x768\n",
                                       .edid = "edid",
                                       .edid_bytes = 4};
    char link[128];

    (void)state;
    strcpy(directory, "/tmp/gemd-drm-test.XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_int_equal(drm_tree_make(directory, &info), 0);
    snprintf(link, sizeof(link), "%s/libgemd_drm.so", directory);
    return symlink(GEMD_DRM_LIBRARY, link);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int remove_tree(void **state)
{
    (void)state;
    return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int run(const char *command, bool preloaded)
{
    char library[128];

    snprintf(library, sizeof(library), "%s/libgemd_drm.so", directory);
    const pid_t child = fork();
    if (child == 0) {
        if (preloaded) {
            setenv("LD_PRELOAD", library, 1);
        } else if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(3);
        }
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(5);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void content(const char *path, char *text, size_t size)
{
    char whole[256];

    snprintf(whole, sizeof(whole), "%s/%s", directory, path);
    FILE *file = fopen(whole, "re");
    assert_non_null(file);
    const size_t count = fread(text, 1, size - 1, file);
    text[count] = '\0';
    fclose(file);
}

static void the_tree_says_what_it_was_told(void **state)
{
    char text[512];

    (void)state;
    content("sys/dev/char/226:0/device/uevent", text, sizeof(text));
    assert_non_null(strstr(text, "PCI_ID=8086:29C2\n"));
    assert_non_null(strstr(text, "v00008086d000029C2sv"));
    content("sys/class/drm/card0/device/device", text, sizeof(text));
    assert_string_equal(text, "0x29c2\n");
    content("sys/class/drm/renderD128/device/revision", text, sizeof(text));
    assert_string_equal(text, "0x02\n");
    content("sys/class/drm/" DRM_TREE_CONNECTOR "/status", text, sizeof(text));
    assert_string_equal(text, "connected\n");
    content("sys/class/drm/" DRM_TREE_CONNECTOR "/edid", text, sizeof(text));
    assert_string_equal(text, "edid");
    content("sys/bus/pci/devices/0000:00:02.0/config", text, sizeof(text));
    assert_memory_equal(text, "\x86\x80\xc2\x29", 4);
}

static void a_tree_is_made_once(void **state)
{
    const struct drm_tree_info info = {.pci_device = 0x29c2};

    (void)state;
    assert_int_equal(drm_tree_make(directory, &info), -EEXIST);
    assert_int_equal(drm_tree_make("/nonexistent", &info), -ENOENT);
}

static void programs_see_the_device(void **state)
{
    (void)state;
    assert_int_equal(run(GEMD_DRM_PROBE " paths", true), 0);
}

/* Otherwise the one before proves nothing. */
static void others_do_not(void **state)
{
    (void)state;
    if (access("/dev/dri", F_OK) == 0) {
        skip();
    }
    assert_int_not_equal(run(GEMD_DRM_PROBE " paths", false), 0);
}

static void programs_of_others_see_it_in_listings(void **state)
{
    (void)state;
    assert_int_equal(run("test \"$(ls /sys/class/drm)\" != '' && test -c /dev/dri/card0 &&"
                         " cd /dev/dri && test -c renderD128 &&"
                         " test \"$(pwd -P)\" = /dev/dri && ls -l /dev/dri/ /dev/dri/by-path/*",
                         true),
                     0);
}

static void without_a_server_there_is_no_device(void **state)
{
    (void)state;
    assert_int_equal(run("! cat /dev/dri/card0 2>/dev/null", true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_says_what_it_was_told),
        cmocka_unit_test(a_tree_is_made_once),
        cmocka_unit_test(programs_see_the_device),
        cmocka_unit_test(others_do_not),
        cmocka_unit_test(programs_of_others_see_it_in_listings),
        cmocka_unit_test(without_a_server_there_is_no_device),
    };

    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
