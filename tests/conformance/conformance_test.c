/* SPDX-License-Identifier: MIT */
/* Each scene, drawn by our driver on a daemon and by a software rasterizer, is one test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "picture.h"
#include "tests/lib/daemon.h"

enum { SOFTPIPE, LLVMPIPE, REFERENCES };
static const char *const reference_names[REFERENCES] = {"softpipe", "llvmpipe"};

/* A group as all renderers draw it. */
struct drawn {
    const struct pictures *ours, *reference[REFERENCES];
};

struct comparison {
    const struct scene *scene;
    const struct pictures *ours, *reference;
    const struct picture *our_picture, *reference_picture;
};

static void our_picture_is_the_references(void **state)
{
    const struct comparison *c = *state;
    const struct tolerance *tolerance = &c->scene->tolerance;

    assert_non_null(strstr(c->ours->renderer, "i915"));
    assert_non_null(strstr(c->reference->renderer, c->scene->reference == NULL
                                                       ? reference_names[SOFTPIPE]
                                                       : c->scene->reference));
    assert_true(c->reference_picture->drawn && c->our_picture->drawn);
    assert_int_equal(c->reference_picture->gl_error, 0);
    assert_int_equal(c->our_picture->gl_error, 0);
    const unsigned outliers = picture_outliers(c->our_picture, c->reference_picture, tolerance);
    if (outliers > tolerance->outliers) {
        fail_msg("%u pixels differ by more than %u, %u may", outliers, tolerance->channel,
                 tolerance->outliers);
    }
}

static struct drawn draw(const struct scene_group *group, const char *socket)
{
    struct drawn drawn = {.ours = pictures_draw(group, socket, reference_names[SOFTPIPE])};

    for (int i = 0; i < REFERENCES; i++) {
        drawn.reference[i] = pictures_draw(group, NULL, reference_names[i]);
    }
    return drawn;
}

static struct comparison comparison_of(const struct drawn *drawn, const struct scene_group *group,
                                       size_t i)
{
    const struct scene *scene = &group->scenes[i];
    const struct pictures *reference =
        drawn->reference[scene->reference == NULL ? SOFTPIPE : LLVMPIPE];

    return (struct comparison){scene, drawn->ours, reference, &drawn->ours->scene[i],
                               &reference->scene[i]};
}

static int run_group(const struct scene_group *group, const char *socket)
{
    static struct comparison comparisons[SCENES_MAX];
    static struct CMUnitTest tests[SCENES_MAX];
    const struct drawn drawn = draw(group, socket);

    for (size_t i = 0; i < group->count; i++) {
        comparisons[i] = comparison_of(&drawn, group, i);
        tests[i] = (struct CMUnitTest){group->scenes[i].name, our_picture_is_the_references, NULL,
                                       NULL, &comparisons[i]};
    }
    return _cmocka_run_group_tests(group->name, tests, group->count, NULL, NULL);
}

/* Shows the outliers of every scene with growing tolerance, to set the tables by. */
static void print_differences(const struct scene_group *group, const char *socket)
{
    const struct drawn drawn = draw(group, socket);

    for (size_t i = 0; i < group->count; i++) {
        const struct comparison c = comparison_of(&drawn, group, i);
        printf("%-28s", group->scenes[i].name);
        for (unsigned channel = 0; channel <= 8; channel++) {
            const struct tolerance tolerance = {channel, 0};
            printf(" %5u", picture_outliers(c.our_picture, c.reference_picture, &tolerance));
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static const struct scene_group *const groups[] = {
        &raster_scenes, &fragment_scenes, &shader_scenes, &texture_scenes, &target_scenes};
    const int measure = argc > 1 && strcmp(argv[1], "--measure") == 0;
    int failed = 0;

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        struct daemon daemon = {0};

        daemon_start(&daemon, NULL);
        if (measure) {
            print_differences(groups[i], daemon.socket);
        } else {
            failed += run_group(groups[i], daemon.socket);
        }
        daemon_stop(&daemon);
    }
    return failed;
}
