/* SPDX-License-Identifier: MIT */
#include "tests/proto/client_fixture.h"

#include <dirent.h>

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct fixture *fixture = data;
    fixture->last_event = event->type;
    snprintf(fixture->last_text, sizeof(fixture->last_text), "%s", text);
    __atomic_add_fetch(&fixture->events, 1, __ATOMIC_RELEASE);
}

void fixture_open(struct fixture *fixture)
{
    struct gemd_connect_options options = {.socket = fixture->fake->path,
                                           .name = "test\nclient",
                                           .on_event = on_event,
                                           .on_event_data = fixture};
    char reason[GEMD_TEXT_MAX];
    int result = gemd_session_open(&options, &fixture->session, reason);
    assert_string_equal(reason, "");
    assert_int_equal(result, 0);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->fake = fake_new();
    fake_start(fixture->fake);
    fixture_open(fixture);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    gemd_session_close(fixture->session);
    fake_stop(fixture->fake);
    free(fixture);
    return 0;
}

int fixture_submit(struct gemd_session *session, uint32_t words, struct gemd_bo *const *bos,
                   uint32_t bo_count, uint64_t *seqno)
{
    uint32_t *batch = malloc(words * sizeof(*batch));
    struct gemd_reloc reloc = {.dword = 1, .buffer = 0, .use = GEMD_USE_WRITE};
    assert_non_null(batch);
    for (uint32_t i = 0; i < words; i++) {
        batch[i] = 0x1000u + words;
    }
    batch[words - 1] += words;
    struct gemd_submission submission = {.words = batch,
                                         .word_count = words,
                                         .relocs = bo_count > 0 ? &reloc : NULL,
                                         .reloc_count = bo_count > 0 ? 1 : 0,
                                         .buffers = bos,
                                         .buffer_count = bo_count};
    int result = gemd_submit(session, &submission, seqno);
    free(batch);
    return result;
}

unsigned fixture_open_files(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}
