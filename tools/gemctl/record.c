/* SPDX-License-Identifier: MIT */
/* gemctl record: has the daemon tell what a session does, and keeps it in a file. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/recording_writer.h"

#define COMPRESSION_LEVEL 3
#define FLUSH_MS          500
#define ROOM              (RECORDING_ITEM_MAX + (1u << 20))
#define NO_SESSION_MS     1000 /* for a session of a command that has ended */

static const char usage[] = "usage: gemctl record --session ID -o FILE\n"
                            "       gemctl record -o FILE -- COMMAND [ARGUMENT]...\n"
                            "  --session ID    of a session that is there; ^C ends the recording\n"
                            "  -o FILE         what 'gemctl replay' reads; - is not possible\n"
                            "Records the first session that COMMAND, or a process of its group, "
                            "draws in; it is told of the\n"
                            "daemon by $GEMD_SOCKET. Exits with 0 when all was recorded, 1 when "
                            "not, 2 for a mistake on the\n"
                            "command line.\n";

struct record {
    const char *path;
    uint32_t session;
    char **command; /* NULL: none */
    pid_t child;    /* 0: none, or it has ended */
    int gate;       /* the child begins when this is closed */
    int signals, socket;
    bool stopping;
    struct recording_writer writer;
    uint8_t *bytes;
    size_t size;
    uint64_t items, batches, refused, frames, pages;
    struct recording_end end;
    bool began, ended, broken;
};

static bool parse_number(const char *text, uint32_t *number)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return errno == 0 && text[0] >= '1' && text[0] <= '9' && *end == '\0' && value <= UINT32_MAX;
}

static int parse(struct record *record, int argc, char **argv)
{
    static const struct option table[] = {
        {"session", required_argument, NULL, 's'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+o:h", table, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            return COMMAND_DONE;
        }
        if (option == 's' && !parse_number(optarg, &record->session)) {
            fprintf(stderr, "gemctl record: --session: %s will not do\n", optarg);
            return COMMAND_MISUSED;
        }
        if (option == 'o') {
            record->path = optarg;
        } else if (option != 's') {
            return COMMAND_MISUSED;
        }
    }
    record->command = optind < argc ? argv + optind : NULL;
    if (record->path == NULL || (record->session == 0) == (record->command == NULL)) {
        fputs(usage, stderr);
        return COMMAND_MISUSED;
    }
    return COMMAND_GO_ON;
}

/* ---- the command ---- */

/* It waits until the gate is closed; 'group' is its own process group. */
static bool start_child(struct record *record, const char *socket, const sigset_t *mask)
{
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) {
        return false;
    }
    record->child = fork();
    if (record->child == 0) {
        char byte;
        setpgid(0, 0);
        close(gate[1]);
        while (read(gate[0], &byte, 1) < 0 && errno == EINTR) {
        }
        sigprocmask(SIG_SETMASK, mask, NULL);
        if (socket != NULL) {
            setenv("GEMD_SOCKET", socket, 1);
        }
        execvp(record->command[0], record->command);
        fprintf(stderr, "gemctl: %s: %s\n", record->command[0], strerror(errno));
        _exit(127);
    }
    close(gate[0]);
    record->gate = gate[1];
    if (record->child > 0) {
        (void)setpgid(record->child, record->child); /* whoever is first */
    }
    return record->child > 0;
}

static void stop(struct record *record)
{
    if (!record->stopping) {
        record->stopping = true;
        shutdown(record->socket, SHUT_WR);
    }
}

static void on_signal(struct record *record)
{
    struct signalfd_siginfo info;
    if (read(record->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return;
    }
    if (info.ssi_signo != SIGCHLD) {
        if (record->child > 0) {
            kill(-record->child, (int)info.ssi_signo);
        }
        stop(record);
        return;
    }
    int status;
    if (record->child > 0 && waitpid(record->child, &status, WNOHANG) == record->child) {
        record->child = 0;
    }
}

/* ---- what the daemon sends ---- */

static void count(struct record *record, const struct recording_item *item)
{
    const struct recording_record *of_ring = (const void *)item;
    const struct gemd_record_header *header = (const void *)(of_ring + 1);
    record->items++;
    record->began = true;
    switch (item->type) {
    case RECORDING_RECORD:
        if (item->size >= sizeof(*of_ring) + sizeof(*header)) {
            record->batches += header->type == GEMD_RECORD_SUBMIT;
            record->refused += of_ring->refused != 0;
            record->frames += header->type == GEMD_RECORD_PRESENT;
        }
        break;
    case RECORDING_PAGES:
        record->pages++;
        break;
    case RECORDING_END:
        if (item->size == sizeof(record->end)) {
            memcpy(&record->end, item, sizeof(record->end));
            record->ended = true;
        }
        break;
    default:
        break;
    }
}

/* Puts whole items into the file. */
static void take_items(struct record *record)
{
    size_t at = 0;
    while (record->size - at >= sizeof(struct recording_item)) {
        const struct recording_item *item = (const void *)(record->bytes + at);
        if (item->size < sizeof(*item) || item->size % 8 != 0 || item->size > RECORDING_ITEM_MAX ||
            (item->type == RECORDING_PAGES &&
             item->size != sizeof(struct recording_page) + RECORDING_PAGE)) {
            fprintf(stderr, "gemctl: the daemon sends what is no recording\n");
            record->broken = true;
            return;
        }
        if (item->size > record->size - at) {
            break;
        }
        count(record, item);
        recording_writer_put(&record->writer, item,
                             (const uint8_t *)item + sizeof(struct recording_page));
        at += item->size;
    }
    memmove(record->bytes, record->bytes + at, record->size - at);
    record->size -= at;
}

/* False at the end of the stream, or when the file takes no more. */
static bool receive(struct record *record)
{
    ssize_t got = recv(record->socket, record->bytes + record->size, ROOM - record->size, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return true;
    }
    if (got <= 0) {
        return false;
    }
    record->size += (size_t)got;
    take_items(record);
    return !record->broken && record->writer.error == 0;
}

static void run(struct record *record)
{
    struct pollfd fds[] = {{.fd = record->socket, .events = POLLIN},
                           {.fd = record->signals, .events = POLLIN}};
    for (bool more = true; more;) {
        /* Without child and without session there is nothing to come. */
        bool lonely = record->command != NULL && record->child == 0 && !record->began;
        int ready = poll(fds, 2, lonely ? NO_SESSION_MS : FLUSH_MS);
        if (ready == 0) {
            recording_writer_flush(&record->writer);
            if (lonely) {
                stop(record);
            }
        }
        if (ready > 0 && fds[1].revents != 0) {
            on_signal(record);
        }
        if (ready > 0 && fds[0].revents != 0) {
            more = receive(record);
        }
    }
}

/* ---- all of it ---- */

static int finish(struct record *record)
{
    int error = recording_writer_close(&record->writer);
    const struct recording_writer *writer = &record->writer;
    printf("record: batches=%" PRIu64 " frames=%" PRIu64 " refused=%" PRIu64 " pages=%" PRIu64
           " contents=%u plain=%" PRIu64 " bytes=%" PRIu64 "\n",
           record->batches, record->frames, record->refused, record->pages, writer->contents,
           writer->plain, writer->written);
    if (error != 0) {
        fprintf(stderr, "gemctl: %s: %s\n", record->path, strerror(-error));
        return COMMAND_FAILED;
    }
    if (!record->began) {
        fprintf(stderr, "gemctl: there was no session to record\n");
        return COMMAND_FAILED;
    }
    if (!record->ended) {
        fprintf(stderr, "gemctl: the daemon ended in the midst of it\n");
        return COMMAND_FAILED;
    }
    if (record->end.reason > RECORDING_STOPPED) {
        record->end.text[sizeof(record->end.text) - 1] = '\0';
        fprintf(stderr, "gemctl: the recording is not whole: %s\n", record->end.text);
        return COMMAND_FAILED;
    }
    return COMMAND_DONE;
}

static int ask(struct record *record, const char *socket, int theirs)
{
    struct gemd_session *session = command_connect(socket);
    if (session == NULL) {
        return -1;
    }
    int error = gemd_record(session, record->session, (uint32_t)record->child, theirs);
    gemd_session_close(session);
    if (error != 0) {
        fprintf(stderr, "gemctl: no recording: %s\n",
                error == -ENOENT ? "there is no such session" : strerror(-error));
    }
    return error;
}

static int record_to_file(struct record *record, const char *socket, const sigset_t *mask)
{
    int ends[2];
    int error = recording_writer_open(&record->writer, record->path, COMPRESSION_LEVEL);
    if (error != 0) {
        fprintf(stderr, "gemctl: %s: %s\n", record->path, strerror(-error));
        return COMMAND_FAILED;
    }
    record->bytes = malloc(ROOM);
    if (record->bytes == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ||
        (record->command != NULL && !start_child(record, socket, mask))) {
        fprintf(stderr, "gemctl: %s\n", strerror(errno));
        (void)recording_writer_close(&record->writer);
        return COMMAND_FAILED;
    }
    record->socket = ends[0];
    error = ask(record, socket, ends[1]);
    close(ends[1]);
    if (error != 0) {
        if (record->child > 0) {
            kill(record->child, SIGKILL); /* it has not begun */
        }
        (void)recording_writer_close(&record->writer);
    } else {
        if (record->gate >= 0) {
            close(record->gate);
            record->gate = -1;
        }
        run(record);
    }
    close(record->socket);
    if (record->child > 0) {
        waitpid(record->child, NULL, 0);
    }
    return error != 0 ? COMMAND_FAILED : finish(record);
}

int command_record(const char *socket, int argc, char **argv)
{
    struct record record = {.gate = -1, .socket = -1};
    sigset_t signals, mask;
    int code = parse(&record, argc, argv);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &mask);
    record.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    code = record.signals >= 0 ? record_to_file(&record, socket, &mask) : COMMAND_FAILED;
    free(record.bytes);
    if (record.gate >= 0) {
        close(record.gate);
    }
    if (record.signals >= 0) {
        close(record.signals);
    }
    return code;
}
