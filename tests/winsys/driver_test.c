/* SPDX-License-Identifier: MIT */
/* The loadable drivers as they are built: what they export, and that the software ones draw. */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pipe/p_screen.h"

#include "scene.h"
#include "winsys/i915/driver.h"

static const struct {
    const char *file, *name;
} drivers[] = {
    {"libgemd_swrast.so", "swrast"},
    {"libgemd_i915.so", "i915"},
};

static char *path_of(const char *file)
{
    static char path[4096];

    snprintf(path, sizeof(path), "%s/lib/%s", GEMD_BINARY_DIR, file);
    return path;
}

/* Loaded for good: LLVM does not like to be unloaded, nor does the EGL driver unload. */
static const struct gemd_gallium_driver *load(const char *file)
{
    void *object = dlopen(path_of(file), RTLD_NOW | RTLD_LOCAL);

    if (object == NULL) {
        fail_msg("%s", dlerror());
    }
    const struct gemd_gallium_driver *driver = dlsym(object, GEMD_DRIVER_SYMBOL);
    assert_non_null(driver);
    return driver;
}

static void report_their_abi_and_name(void **state)
{
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        const struct gemd_gallium_driver *driver = load(drivers[i].file);
        assert_int_equal(driver->abi, GEMD_DRIVER_ABI);
        assert_string_equal(driver->mesa_version, PACKAGE_VERSION);
        assert_string_equal(driver->name, drivers[i].name);
        assert_true((driver->create_screen != NULL) != (driver->create_software_screen != NULL));
    }
}

static uint8_t *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    uint8_t *bytes = malloc((size_t)size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    fclose(file);
    return bytes;
}

/* Nothing else may be found by name: each object carries its own copy of Mesa's libraries. */
static void export_their_table_and_nothing_else(void **state)
{
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        uint8_t *bytes = read_file(path_of(drivers[i].file));
        const ElfW(Ehdr) *header = (const void *)bytes;
        const ElfW(Shdr) *sections = (const void *)(bytes + header->e_shoff);
        unsigned exported = 0;

        for (unsigned n = 0; n < header->e_shnum; n++) {
            if (sections[n].sh_type != SHT_DYNSYM) {
                continue;
            }
            const ElfW(Sym) *symbols = (const void *)(bytes + sections[n].sh_offset);
            const char *names = (const char *)bytes + sections[sections[n].sh_link].sh_offset;
            for (size_t s = 0; s < sections[n].sh_size / sizeof(*symbols); s++) {
                if (symbols[s].st_shndx != SHN_UNDEF) {
                    assert_string_equal(names + symbols[s].st_name, GEMD_DRIVER_SYMBOL);
                    exported++;
                }
            }
        }
        assert_int_equal(exported, 1);
        free(bytes);
    }
}

static struct pipe_screen *software_screen(const char *name)
{
    return load("libgemd_swrast.so")->create_software_screen(name);
}

static void have_no_software_screen_of_another_name(void **state)
{
    assert_null(software_screen("mathpipe"));
    assert_null(software_screen(""));
}

/* Both interpolate in floats: rounding may differ by one step, and edges by a pixel. */
static void draw_the_same_with_both_rasterizers(void **state)
{
    static const char *const names[] = {"llvmpipe", "softpipe"};
    static uint32_t pixels[2][SCENE_SIZE * SCENE_SIZE];

    for (int i = 0; i < 2; i++) {
        struct pipe_screen *screen = software_screen(names[i]);
        assert_non_null(screen);
        assert_non_null(strstr(screen->get_name(screen), names[i]));
        scene_draw(screen, 3, pixels[i]);
        screen->destroy(screen);
        assert_int_equal(pixels[i][0], SCENE_GROUND);
        assert_int_not_equal(pixels[i][SCENE_SIZE / 2 * SCENE_SIZE + SCENE_SIZE / 2], SCENE_GROUND);
    }
    const struct scene_difference difference = scene_compare(pixels[0], pixels[1]);
    assert_true(difference.mean < 0.1);
    assert_true(difference.pixels < 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_their_abi_and_name),
        cmocka_unit_test(export_their_table_and_nothing_else),
        cmocka_unit_test(have_no_software_screen_of_another_name),
        cmocka_unit_test(draw_the_same_with_both_rasterizers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
