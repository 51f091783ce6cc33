/* SPDX-License-Identifier: MIT */
/* gemctl reduce: makes a recording smaller while a command still fails with it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "tools/gemctl/command.h"
#include "tools/gemctl/reducer.h"
#include "tools/lib/child.h"
#include "tools/lib/private_daemon.h"

enum { REDUCE_DAMAGED = 3, ROUNDS = 4, TIMEOUT_DEFAULT = 60, RUNS_DEFAULT = 10000 };

static const char usage[] =
    "usage: gemctl reduce [OPTION]... FILE -o SMALLER -- COMMAND [ARGUMENT]...\n"
    "  -o SMALLER         always holds the smallest recording so far\n"
    "  --timeout SECONDS  a run of COMMAND that takes longer counts as one that does not fail "
    "(60)\n"
    "  --runs N           end after so many runs (10000)\n"
    "  --verbose          COMMAND may write to the terminal\n"
    "Makes a recording smaller as long as COMMAND FAILS with it: ends with another status than 0, "
    "or\n"
    "by a signal. {} in its arguments stands for the path. Ask for one failure, not for any: such "
    "as\n"
    "  sh -c '! gemctl replay {} 2>&1 | grep -q RULE'\n"
    "^C ends with the smallest so far. Exits with 0, 1 when COMMAND does not fail with FILE, 2 for "
    "a\n"
    "mistake on the command line, 3 when the file is no recording.\n";

struct reduce {
    const char *path, *smaller;
    char **command;
    unsigned timeout, runs_max;
    bool verbose, terminal;
    char try[PATH_MAX];
    struct reducer reducer;
    enum reducer_stage stage;
    unsigned runs;
    bool interrupted, exhausted;
    int error; /* of writing */
    off_t bytes;
    sigset_t old_mask;
};

static bool parse_number(const char *text, unsigned *number)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    return errno == 0 && text[0] >= '1' && text[0] <= '9' && *end == '\0' && value <= 1000000;
}

static int parse(struct reduce *reduce, int argc, char **argv)
{
    static const struct option table[] = {
        {"output", required_argument, NULL, 'o'}, {"timeout", required_argument, NULL, 't'},
        {"runs", required_argument, NULL, 'r'},   {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int files = argc;
    for (int i = 1; i < argc && files == argc; i++) {
        files = strcmp(argv[i], "--") == 0 ? i : argc; /* what is behind is not ours */
    }
    optind = 0;
    for (int option; (option = getopt_long(files, argv, "o:h", table, NULL)) != -1;) {
        unsigned *number = option == 't' ? &reduce->timeout : &reduce->runs_max;
        if (option == 'h') {
            fputs(usage, stdout);
            return COMMAND_DONE;
        }
        if (option == 'o') {
            reduce->smaller = optarg;
        } else if (option == 'v') {
            reduce->verbose = true;
        } else if ((option != 't' && option != 'r') || !parse_number(optarg, number)) {
            fputs(usage, stderr);
            return COMMAND_MISUSED;
        }
    }
    if (optind != files - 1 || reduce->smaller == NULL || files + 1 >= argc) {
        fputs(usage, stderr);
        return COMMAND_MISUSED;
    }
    reduce->path = argv[optind];
    reduce->command = argv + files + 1;
    return COMMAND_GO_ON;
}

/* ---- one run ---- */

/* The argument with each {} replaced; NULL: no memory. */
static char *fill_in(const char *argument, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (const char *at = argument; out != NULL && *at != '\0';) {
        if (strncmp(at, "{}", 2) == 0) {
            fputs(path, out);
            at += 2;
        } else {
            fputc(*at++, out);
        }
    }
    if (out != NULL) {
        fclose(out);
    }
    return text;
}

__attribute__((noreturn)) static void become_command(const struct reduce *reduce, pid_t parent)
{
    char *argv[256] = {NULL};
    die_with_parent(parent, SIGKILL);
    setpgid(0, 0);
    for (unsigned i = 0; reduce->command[i] != NULL && i < 255; i++) {
        argv[i] = fill_in(reduce->command[i], reduce->try);
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    if (!reduce->verbose) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    sigprocmask(SIG_SETMASK, &reduce->old_mask, NULL);
    execvp(argv[0], argv);
    _exit(127);
}

/* Whether it ended in time; what interrupts us ends it, too. */
static bool wait_for(struct reduce *reduce, pid_t pid, int *status)
{
    struct timespec now, end;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)reduce->timeout;
    for (;;) {
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended != 0) {
            return ended == pid;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        const int64_t left =
            (int64_t)(end.tv_sec - now.tv_sec) * 1000000000 + (end.tv_nsec - now.tv_nsec);
        const struct timespec span = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
        const int number = left > 0 ? sigtimedwait(&signals, NULL, &span) : -1;
        reduce->interrupted = reduce->interrupted || number == SIGINT || number == SIGTERM;
        if (left <= 0 || reduce->interrupted) {
            kill(-pid, SIGKILL);
            waitpid(pid, status, 0);
            return false;
        }
    }
}

/* Whether COMMAND fails with the candidate. */
static bool fails(struct reduce *reduce)
{
    int status = 0;
    const pid_t parent = getpid();
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        become_command(reduce, parent);
    }
    if (pid < 0) {
        fprintf(stderr, "gemctl: %s\n", strerror(errno));
        reduce->interrupted = true;
        return false;
    }
    (void)setpgid(pid, pid);
    if (!wait_for(reduce, pid, &status)) {
        return false;
    }
    return !WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 127);
}

static void show_progress(const struct reduce *reduce, const char *end)
{
    struct reducer_size size;
    if (reduce->terminal) {
        reducer_measure(&reduce->reducer, &size);
        fprintf(stderr,
                "\r%-8s run %u: %zu batches, %zu frames, %zu pages, %zu packets, %lld bytes\33[K%s",
                reducer_stage_name(reduce->stage), reduce->runs, size.batches, size.frames,
                size.pages, size.packets, (long long)reduce->bytes, end);
        fflush(stderr);
    }
}

/* Writes what is left beside the best one and tries it; the better one takes its place. */
static bool try(void *data)
{
    struct reduce *reduce = data;
    struct stat stat_of;
    reduce->exhausted = reduce->exhausted || reduce->runs == reduce->runs_max;
    if (reduce->interrupted || reduce->exhausted || reduce->error != 0) {
        return false;
    }
    reduce->runs++;
    reduce->error = reducer_write(&reduce->reducer, reduce->try);
    if (reduce->error != 0 || !fails(reduce)) {
        return false;
    }
    if (stat(reduce->try, &stat_of) != 0 || rename(reduce->try, reduce->smaller) != 0) {
        reduce->error = -errno;
        return false;
    }
    reduce->bytes = stat_of.st_size;
    show_progress(reduce, "");
    return true;
}

/* ---- all of it ---- */

static void run_stages(struct reduce *reduce)
{
    bool any = true;
    for (unsigned round = 0; any && round < ROUNDS; round++) {
        any = false;
        for (unsigned stage = round == 0 ? REDUCER_FRAMES : REDUCER_BATCHES; stage < REDUCER_STAGES;
             stage++) {
            reduce->stage = (enum reducer_stage)stage;
            any = reducer_run(&reduce->reducer, reduce->stage) || any;
        }
    }
    reducer_compact(&reduce->reducer);
    show_progress(reduce, "\n");
}

static int finish(struct reduce *reduce, const struct reducer_size *before, off_t bytes)
{
    struct reducer_size after;
    unlink(reduce->try);
    if (reduce->error != 0) {
        fprintf(stderr, "gemctl: %s: %s\n", reduce->smaller, strerror(-reduce->error));
        return COMMAND_FAILED;
    }
    reducer_measure(&reduce->reducer, &after);
    printf("reduce: runs=%u bytes=%lld->%lld batches=%zu->%zu frames=%zu->%zu pages=%zu->%zu "
           "packets=%zu->%zu%s\n",
           reduce->runs, (long long)bytes, (long long)reduce->bytes, before->batches, after.batches,
           before->frames, after.frames, before->pages, after.pages, before->packets, after.packets,
           reduce->interrupted ? " interrupted=1"
           : reduce->exhausted ? " exhausted=1"
                               : "");
    return COMMAND_DONE;
}

static int reduce_file(struct reduce *reduce, const struct recording_file *file)
{
    struct reducer_size before;
    struct stat stat_of = {.st_size = 0};
    if (!reducer_init(&reduce->reducer, file, try, reduce)) {
        fputs("gemctl: out of memory\n", stderr);
        return COMMAND_FAILED;
    }
    (void)stat(reduce->path, &stat_of);
    reducer_measure(&reduce->reducer, &before);
    if (!try(reduce)) {
        if (reduce->error == 0) {
            unlink(reduce->try);
            fprintf(stderr,
                    "gemctl: %s does not fail with %s, without what was recorded of its "
                    "results\n",
                    reduce->command[0], reduce->path);
            return COMMAND_FAILED;
        }
    } else {
        run_stages(reduce);
    }
    return finish(reduce, &before, stat_of.st_size);
}

int command_reduce(const char *socket, int argc, char **argv)
{
    struct reduce reduce = {.timeout = TIMEOUT_DEFAULT, .runs_max = RUNS_DEFAULT};
    struct recording_file file;
    sigset_t signals;
    int code = parse(&reduce, argc, argv);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    int length = snprintf(reduce.try, sizeof(reduce.try), "%s.try", reduce.smaller);
    if (length < 0 || (size_t)length >= sizeof(reduce.try)) {
        fprintf(stderr, "gemctl: %s: %s\n", reduce.smaller, strerror(ENAMETOOLONG));
        return COMMAND_FAILED;
    }
    if (socket != NULL) {
        setenv("GEMD_SOCKET", socket, 1);
    }
    reduce.terminal = isatty(STDERR_FILENO) != 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &reduce.old_mask);
    code = REDUCE_DAMAGED;
    if (recording_file_load(&file, reduce.path)) {
        if (file.damage[0] != '\0') {
            fprintf(stderr, "gemctl: %s: %s; what is before is reduced\n", reduce.path,
                    file.damage);
        }
        code = reduce_file(&reduce, &file);
        reducer_finish(&reduce.reducer);
    }
    recording_file_free(&file);
    sigprocmask(SIG_SETMASK, &reduce.old_mask, NULL);
    return code;
}
