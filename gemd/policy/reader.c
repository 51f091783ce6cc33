/* SPDX-License-Identifier: MIT */
#include "gemd/policy/reader.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gemd/policy/internal.h"

/* Shared by both processes; the reader writes it between a question and its answer. */
struct policy_answer {
    int32_t error;
    uint32_t count;
    char reason[POLICY_REASON_MAX];
    char source[sizeof(((struct policy *)0)->source)];
    struct policy_rule rules[POLICY_RULES_MAX];
};

/* ---- the reader ---- */

static void fill_answer(struct policy_answer *answer, const struct policy *policy)
{
    answer->count = (uint32_t)policy->count;
    memcpy(answer->source, policy->source, sizeof(answer->source));
    memcpy(answer->rules, policy->rules, policy->count * sizeof(policy->rules[0]));
}

static void read_policy(struct policy_answer *answer, const char *option,
                        const struct policy_names *names)
{
    int error;
    struct policy *policy = policy_open(option, names, &error, answer->reason);
    answer->error = error;
    if (policy != NULL) {
        fill_answer(answer, policy);
        policy_free(policy);
    }
}

/* Signals for the daemon's whole group, as a terminal sends them, are not for the reader. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
    for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        signal(ignored[i], SIG_IGN);
    }
}

/* The socket becomes descriptor 3; none but that and standard error stay. */
static int keep_only(int socket)
{
    if (dup2(socket, 3) != 3) {
        return -1;
    }
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close_range(4, ~0u, 0);
    return 3;
}

_Noreturn static void serve(int socket, struct policy_answer *answer, const char *option,
                            const struct policy_names *names)
{
    char question;
    ignore_signals();
    socket = keep_only(socket);
    bool fine = socket >= 0 && send(socket, "", 1, MSG_NOSIGNAL) == 1;
    while (fine && recv(socket, &question, 1, 0) == 1) {
        read_policy(answer, option, names);
        fine = send(socket, &question, 1, MSG_NOSIGNAL) == 1;
    }
    _exit(0);
}

/* ---- the daemon ---- */

/* Until it has closed what it was born with: clients must not reach a dead daemon's socket there.
 */
static int await_reader(const struct policy_reader *reader)
{
    char byte;
    ssize_t got;
    do {
        got = recv(reader->socket, &byte, 1, 0);
    } while (got < 0 && errno == EINTR);
    return got == 1 ? 0 : -EPIPE;
}

int policy_reader_start(struct policy_reader *reader, const char *option,
                        const struct policy_names *names)
{
    int ends[2];
    *reader = (struct policy_reader){.socket = -1};
    void *map = mmap(NULL, sizeof(*reader->answer), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        return -errno;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        int error = -errno;
        munmap(map, sizeof(*reader->answer));
        return error;
    }
    reader->answer = map;
    reader->socket = ends[0];
    reader->child = fork();
    if (reader->child == 0) {
        serve(ends[1], map, option, names);
    }
    int error = reader->child < 0 ? -errno : 0;
    close(ends[1]);
    if (error == 0) {
        error = await_reader(reader);
    }
    if (error != 0) {
        policy_reader_stop(reader);
    }
    return error;
}

void policy_reader_stop(struct policy_reader *reader)
{
    if (reader->socket < 0) {
        return;
    }
    close(reader->socket); /* it ends by that */
    reader->socket = -1;
    if (reader->child > 0) {
        (void)waitpid(reader->child, NULL, 0);
    }
    munmap(reader->answer, sizeof(*reader->answer));
    reader->answer = NULL;
}

int policy_reader_ask(struct policy_reader *reader)
{
    if (reader->socket < 0) {
        return -EPIPE;
    }
    return send(reader->socket, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

static struct policy *copy_answer(const struct policy_answer *answer)
{
    struct policy *policy = calloc(1, sizeof(*policy));
    uint32_t count = answer->count;
    if (policy == NULL || count > POLICY_RULES_MAX) {
        free(policy);
        return NULL;
    }
    policy->rules = malloc(count * sizeof(policy->rules[0]) + 1);
    if (policy->rules == NULL) {
        free(policy);
        return NULL;
    }
    memcpy(policy->rules, answer->rules, count * sizeof(policy->rules[0]));
    memcpy(policy->source, answer->source, sizeof(policy->source) - 1);
    policy->count = policy->room = count;
    return policy;
}

struct policy *policy_reader_take(struct policy_reader *reader, int *error,
                                  char reason[POLICY_REASON_MAX])
{
    char byte;
    ssize_t got = recv(reader->socket, &byte, 1, MSG_DONTWAIT);
    if (got != 1) {
        *error = got == 0 || errno != EAGAIN ? -EPIPE : -EAGAIN;
        snprintf(reason, POLICY_REASON_MAX, "%s",
                 *error == -EPIPE ? "the process that reads it has gone"
                                  : "there is no answer yet");
        return NULL;
    }
    const struct policy_answer *answer = reader->answer;
    *error = answer->error;
    if (*error != 0) {
        memcpy(reason, answer->reason, POLICY_REASON_MAX - 1);
        reason[POLICY_REASON_MAX - 1] = '\0';
        return NULL;
    }
    struct policy *policy = copy_answer(answer);
    if (policy == NULL) {
        *error = -ENOMEM;
        snprintf(reason, POLICY_REASON_MAX, "out of memory");
    }
    return policy;
}
