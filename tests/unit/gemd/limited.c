/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include "tests/unit/gemd/limited.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS 3600000u

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct client *client = data;
    switch (event->type) {
    case GEMD_MSG_LIMIT_PASSED:
        memcpy(&client->passed, event, sizeof(client->passed));
        client->passes++;
        break;
    case GEMD_MSG_RING_ERROR:
        memcpy(&client->ring_error, event, sizeof(client->ring_error));
        client->ring_errors++;
        break;
    case GEMD_MSG_BATCH_REJECTED:
        memcpy(&client->rejected, event, sizeof(client->rejected));
        client->rejections++;
        break;
    case GEMD_MSG_BUFFER_REVOKED:
        client->revocations++;
        break;
    default:
        snprintf(client->error, sizeof(client->error), "%s", text);
    }
}

void client_open(struct client *client, const struct puppet *puppet)
{
    client->session = puppet_open(puppet, on_event, client);
}

static void client_close(struct client *client)
{
    for (unsigned i = 0; i < LIMITED_BOS; i++) {
        gemd_bo_unref(client->bos[i]);
    }
    if (client->session != NULL) {
        gemd_session_close(client->session);
    }
}

static int set_up(void **state, bool held)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    assert_non_null(bed);
    limits_default(&bed->limits);
    bed->puppet.limits = &bed->limits;
    bed->puppet.held = held;
    puppet_start(&bed->puppet, HOUR_MS);
    *state = bed;
    return 0;
}

int bed_setup(void **state)
{
    return set_up(state, false);
}

int bed_setup_held(void **state)
{
    return set_up(state, true);
}

int bed_teardown(void **state)
{
    struct bed *bed = *state;
    client_close(&bed->a);
    client_close(&bed->b);
    puppet_finish(&bed->puppet);
    free(bed);
    return 0;
}

unsigned bed_value(const struct bed *bed, const char *key)
{
    const struct gemd_connect_options options = {.socket = bed->puppet.listener.path,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session = NULL;
    char *text = NULL;
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    assert_int_equal(gemd_query_status(session, &text), 0);
    const char *line = strstr(text, key);
    assert_non_null(line);
    unsigned number = (unsigned)strtoul(line + strlen(key) + 2, NULL, 10);
    free(text);
    gemd_session_close(session);
    return number;
}
