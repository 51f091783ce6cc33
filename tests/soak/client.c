/* SPDX-License-Identifier: MIT */
#include "tests/soak/client.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define TRY_AGAIN_US 50000

static volatile sig_atomic_t stopped;

static void on_stop(int number)
{
    stopped = 1;
}

bool client_stopped(void)
{
    return stopped != 0;
}

uint32_t client_random(struct client *client)
{
    client->random ^= client->random << 13;
    client->random ^= client->random >> 7;
    client->random ^= client->random << 17;
    return (uint32_t)(client->random >> 16);
}

bool client_error(const struct client *client, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    printf("%s: error: %s\n", client->name, text);
    fflush(stdout);
    return false;
}

struct gemd_session *client_open(struct client *client,
                                 void (*on_event)(void *data, const struct gemd_msg_header *event,
                                                  const char *text),
                                 void *data)
{
    const struct gemd_connect_options options = {.socket = client->socket,
                                                 .name = client->name,
                                                 .on_event = on_event,
                                                 .on_event_data = data};
    struct gemd_session *session = NULL;

    while (!client_stopped() && gemd_session_open(&options, &session, NULL) != 0) {
        usleep(TRY_AGAIN_US);
    }
    return session;
}

static const struct {
    const char *name;
    client_kind *run;
} kinds[] = {
    {"draws", client_draws},     {"shows", client_shows},     {"streams", client_streams},
    {"idles", client_idles},     {"floods", client_floods},   {"refuses", client_refuses},
    {"scrawls", client_scrawls}, {"sleeps", client_sleeps},   {"dies", client_dies},
    {"lends", client_lends},     {"purges", client_purges},   {"inherits", client_inherits},
    {"hangs", client_hangs},     {"strands", client_strands},
};

static int usage(void)
{
    fputs("usage: soak_client KIND SOCKET SEED\nkinds:", stderr);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        fprintf(stderr, " %s", kinds[i].name);
    }
    fputs("\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct sigaction stop = {.sa_handler = on_stop};

    if (argc != 4) {
        return usage();
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(argv[1], kinds[i].name) == 0) {
            struct client client = {.socket = argv[2],
                                    .name = argv[1],
                                    .random = strtoull(argv[3], NULL, 0) * 2654435761u + 88172645};
            bool fine = kinds[i].run(&client);

            printf("%s: rounds=%llu\n", client.name, (unsigned long long)client.rounds);
            return fine ? 0 : 1;
        }
    }
    return usage();
}
