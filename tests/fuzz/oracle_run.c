/* SPDX-License-Identifier: MIT */
/*
 * Many cases, in several processes: generated, bent, validated, and run on the model when they are
 * accepted. Case i of a seed is always the same case.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hw/gen3/chip.h"
#include "tests/fuzz/finding.h"
#include "tests/fuzz/generate.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/place.h"
#include "tests/fuzz/reduce.h"

#define JOBS_MAX           256u
#define FINDINGS_MAX       64u /* that one process keeps */
#define FINDINGS_OF_A_KIND 3u
#define KINDS              1024u
#define BENT_FROM_ONE      64u /* validator alone: changes of a generated case */
#define TICK_NS            200000000
#define PROGRESS_TICKS     5u

struct settings {
    uint64_t cases, seed, only;
    bool has_only;
    bool validator_alone;
    unsigned jobs;
    uint16_t pci_device;
    const char *findings;
    const char *reduce;
};

/* Shared with the processes. */
struct totals {
    _Atomic uint64_t cases, results[ORACLE_RESULTS], rules[VALIDATOR_RULES];
};

struct worker {
    const struct settings *settings;
    struct totals *totals;
    struct oracle *oracle;
    struct fuzz_case made, before, running;
    unsigned findings;
    uint8_t seen[KINDS]; /* findings by kind */
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static struct rng rng_of(uint64_t seed, uint64_t index)
{
    struct rng rng = {seed};

    rng.state = rng_next64(&rng) + index * UINT64_C(0xd1342543de82ef95);
    return rng;
}

static void make(struct worker *w, uint64_t index)
{
    struct rng rng = rng_of(w->settings->seed, index);

    generate_case(&w->made, &rng, w->settings->pci_device);
    if (rng_percent(&rng, 5)) { /* pieces of another case */
        generate_case(&w->before, &rng, w->made.pci_device);
        mutate_case(&w->made, &rng, &w->before);
    } else {
        mutate_case(&w->made, &rng, NULL);
    }
}

/* The command and what is said, but for the numbers: what has the same is likely one mistake. */
static uint32_t kind_of(const struct oracle_report *report)
{
    uint32_t kind = report->header >> 16;

    for (const char *at = report->text; *at != '\0'; at++) {
        if ((*at < '0' || *at > '9') && (*at < 'a' || *at > 'f')) {
            kind = (kind ^ (uint8_t)*at) * 16777619u;
        }
    }
    return kind;
}

static void keep(struct worker *w, uint64_t index, struct oracle_report *report)
{
    const uint32_t kind = kind_of(report);
    char name[64];

    if (w->findings == FINDINGS_MAX || w->seen[kind % KINDS]++ >= FINDINGS_OF_A_KIND) {
        return;
    }
    w->findings++;
    snprintf(name, sizeof(name), "%s-%" PRIx64 "-%" PRIu64, oracle_result_name(report->result),
             w->settings->seed, index);
    const struct reduce_judge judge = reduce_by_oracle(w->oracle);
    const unsigned tries = reduce_case(&judge, &w->made, report);
    (void)finding_keep(w->settings->findings, name, &w->made, report);
    fprintf(stderr, "%s: case %" PRIu64 ": dword %u, %s: %s (reduced in %u tries)\n",
            oracle_result_name(report->result), index, report->dword, report->command, report->text,
            tries);
}

static void judge(struct worker *w, uint64_t index)
{
    struct oracle_report report;

    make(w, index);
    case_copy(&w->running, &w->made);
    const enum oracle_result result = oracle_judge(w->oracle, &w->running, &report);
    atomic_fetch_add_explicit(&w->totals->cases, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->totals->results[result], 1, memory_order_relaxed);
    if (result == ORACLE_REFUSED) {
        atomic_fetch_add_explicit(&w->totals->rules[report.verdict.rule], 1, memory_order_relaxed);
    } else if (result == ORACLE_OUTSIDE || result == ORACLE_STUCK) {
        keep(w, index, &report);
    }
}

/* One generated case, bent in many ways, each from the start; the validator alone looks. */
static void bend(struct worker *w, uint64_t index, uint64_t count)
{
    struct rng rng = rng_of(w->settings->seed, index);
    uint64_t accepted = 0, rules[VALIDATOR_RULES] = {0};

    generate_case(&w->before, &rng, w->settings->pci_device);
    (void)place_buffers(&w->before);
    for (uint64_t i = 0; i < count; i++) {
        struct validator_verdict verdict;

        case_copy(&w->running, &w->before);
        mutate_in_place(&w->running, &rng);
        struct validator_job job = case_job(&w->running);
        accepted += validator_check(&job, &verdict) == 0;
        rules[verdict.rule]++;
    }
    atomic_fetch_add_explicit(&w->totals->cases, count, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->totals->results[ORACLE_CLEAN], accepted, memory_order_relaxed);
    for (size_t i = 0; i < VALIDATOR_RULES; i++) {
        atomic_fetch_add_explicit(&w->totals->rules[i], rules[i], memory_order_relaxed);
    }
}

static int work(const struct settings *settings, struct totals *totals, unsigned job)
{
    static struct worker w;
    const uint64_t step = settings->validator_alone ? BENT_FROM_ONE : 1;

    w.settings = settings;
    w.totals = totals;
    w.oracle = oracle_create();
    if (w.oracle == NULL) {
        return EXIT_FAILURE;
    }
    for (uint64_t i = job * step; i < settings->cases; i += settings->jobs * step) {
        if (settings->validator_alone) {
            bend(&w, i, settings->cases - i < step ? settings->cases - i : step);
        } else {
            judge(&w, i);
        }
    }
    oracle_destroy(w.oracle);
    return EXIT_SUCCESS;
}

static int show(const struct settings *settings)
{
    static struct worker w;
    struct oracle_report report = {.command = "?"};

    w.settings = settings;
    w.oracle = oracle_create();
    if (w.oracle == NULL) {
        return EXIT_FAILURE;
    }
    make(&w, settings->only);
    case_copy(&w.running, &w.made);
    const enum oracle_result result = oracle_judge(w.oracle, &w.running, &report);
    if (result == ORACLE_REFUSED) {
        printf("refused: dword %u, %s: %s: %s\n", report.verdict.dword, report.verdict.command,
               validator_rule_name(report.verdict.rule), report.verdict.text);
    } else {
        printf("%s: dword %u, %s: %s\n", oracle_result_name(result), report.dword, report.command,
               report.text);
    }
    (void)finding_keep(settings->findings, "case", &w.made, &report);
    oracle_destroy(w.oracle);
    return EXIT_SUCCESS;
}

static bool load_file(const char *path, struct fuzz_case *c)
{
    static uint8_t bytes[1u << 20];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return false;
    }
    const size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    return case_load(c, bytes, size);
}

/* A case that a fuzzer has found. */
static int reduce(const struct settings *settings)
{
    static struct worker w;
    struct oracle_report report = {.command = "?"};
    const char *slash = strrchr(settings->reduce, '/');

    w.settings = settings;
    w.oracle = oracle_create();
    if (w.oracle == NULL || !load_file(settings->reduce, &w.made)) {
        fprintf(stderr, "fuzz_oracle_cases: %s: no case\n", settings->reduce);
        return EXIT_FAILURE;
    }
    case_copy(&w.running, &w.made);
    const enum oracle_result result = oracle_judge(w.oracle, &w.running, &report);
    if (result == ORACLE_OUTSIDE || result == ORACLE_STUCK) {
        const struct reduce_judge judge = reduce_by_oracle(w.oracle);

        (void)reduce_case(&judge, &w.made, &report);
        (void)finding_keep(settings->findings, slash != NULL ? slash + 1 : settings->reduce,
                           &w.made, &report);
    }
    printf("%s: dword %u, %s: %s\n", oracle_result_name(result), report.dword, report.command,
           report.text);
    oracle_destroy(w.oracle);
    return EXIT_SUCCESS;
}

/* ---- the parent ---- */

static void progress(const struct settings *settings, const struct totals *totals, double started)
{
    const uint64_t cases = atomic_load(&totals->cases);
    const char end = isatty(STDERR_FILENO) ? '\r' : '\n';

    fprintf(stderr,
            "oracle: %" PRIu64 " of %" PRIu64 " cases, %" PRIu64 " accepted, %" PRIu64
            " outside, %" PRIu64 " stuck, %.0f/s%c",
            cases, settings->cases, cases - atomic_load(&totals->results[ORACLE_REFUSED]),
            atomic_load(&totals->results[ORACLE_OUTSIDE]),
            atomic_load(&totals->results[ORACLE_STUCK]), (double)cases / (now() - started), end);
}

/* Whether all processes ended well. */
static bool await(const struct settings *settings, const struct totals *totals, double started)
{
    const struct timespec tick = {.tv_nsec = TICK_NS};
    const unsigned ticks = isatty(STDERR_FILENO) ? PROGRESS_TICKS : 10 * PROGRESS_TICKS;
    unsigned left = settings->jobs, ticked = 0;
    bool good = true;

    while (left > 0) {
        int status;
        const pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid < 0) {
            return false;
        }
        if (pid > 0) {
            good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
            left--;
            continue;
        }
        nanosleep(&tick, NULL);
        if (++ticked % ticks == 0) {
            progress(settings, totals, started);
        }
    }
    return good;
}

static void print_rules(const struct totals *totals)
{
    for (size_t i = 1; i < VALIDATOR_RULES; i++) {
        fprintf(stderr, "  %10" PRIu64 " %s\n", atomic_load(&totals->rules[i]),
                validator_rule_name((enum validator_rule)i));
    }
}

static int finish(const struct settings *settings, const struct totals *totals, double seconds,
                  bool good)
{
    const uint64_t cases = atomic_load(&totals->cases);
    const uint64_t outside = atomic_load(&totals->results[ORACLE_OUTSIDE]);
    const uint64_t stuck = atomic_load(&totals->results[ORACLE_STUCK]);
    const uint64_t large = atomic_load(&totals->results[ORACLE_LARGE]);
    const uint64_t clean = atomic_load(&totals->results[ORACLE_CLEAN]);

    print_rules(totals);
    if (!good) {
        fputs("oracle: a process did not end well\n", stderr);
    }
    if (settings->validator_alone) {
        printf("validator: cases=%" PRIu64 " accepted=%" PRIu64 " cases_per_s=%.0f\n", cases, clean,
               (double)cases / seconds);
        return good && cases == settings->cases ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (outside + stuck > 0) {
        fprintf(stderr, "oracle: reduced cases are in %s\n", settings->findings);
    }
    printf("oracle: cases=%" PRIu64 " accepted=%" PRIu64 " outside=%" PRIu64 " stuck=%" PRIu64
           " large=%" PRIu64 " cases_per_s=%.0f\n",
           cases, clean + outside + stuck + large, outside, stuck, large, (double)cases / seconds);
    return good && outside + stuck == 0 && cases == settings->cases ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(const struct settings *settings)
{
    struct totals *totals =
        mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const double started = now();

    if (totals == MAP_FAILED) {
        return EXIT_FAILURE;
    }
    for (unsigned job = 0; job < settings->jobs; job++) {
        const pid_t pid = fork();

        if (pid == 0) {
            _exit(work(settings, totals, job));
        }
        if (pid < 0) {
            return EXIT_FAILURE;
        }
    }
    const bool good = await(settings, totals, started);
    return finish(settings, totals, now() - started, good);
}

static const char usage[] = "usage: fuzz_oracle_cases [OPTION]...\n"
                            "  --cases N        how many (100000)\n"
                            "  --seed S         another seed is another set of cases (1)\n"
                            "  --jobs J         processes (1)\n"
                            "  --chip NAME      g33, 945gm ... (all classes)\n"
                            "  --findings DIR   where reduced cases go (findings)\n"
                            "  --validator      nothing but the validator\n"
                            "  --show I         only case I; it is kept, too\n"
                            "  --reduce FILE    only the record in that file, made small\n";

static uint64_t number(const char *text)
{
    char *end;
    errno = 0;
    const uint64_t value = strtoull(text, &end, 0);

    if (errno != 0 || end == text || *end != '\0') {
        fprintf(stderr, "fuzz_oracle_cases: \"%s\" is no number\n", text);
        exit(2);
    }
    return value;
}

static uint16_t chip(const char *name)
{
    const struct gen3_chip *found = gen3_chip_named(name);

    if (found == NULL) {
        fprintf(stderr, "fuzz_oracle_cases: there is no chip \"%s\"\n", name);
        exit(2);
    }
    return found->pci_device;
}

static void parse(struct settings *settings, int argc, char **argv)
{
    static const struct option options[] = {
        {"cases", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},
        {"jobs", required_argument, NULL, 'j'},
        {"chip", required_argument, NULL, 'p'},
        {"findings", required_argument, NULL, 'f'},
        {"validator", no_argument, NULL, 'v'},
        {"show", required_argument, NULL, 'i'},
        {"reduce", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };

    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            settings->cases = number(optarg);
            break;
        case 's':
            settings->seed = number(optarg);
            break;
        case 'j':
            settings->jobs = (unsigned)number(optarg);
            break;
        case 'p':
            settings->pci_device = chip(optarg);
            break;
        case 'f':
            settings->findings = optarg;
            break;
        case 'v':
            settings->validator_alone = true;
            break;
        case 'r':
            settings->reduce = optarg;
            break;
        case 'i':
            settings->only = number(optarg);
            settings->has_only = true;
            break;
        default:
            fputs(usage, stderr);
            exit(2);
        }
    }
    if (optind != argc || settings->jobs == 0 || settings->jobs > JOBS_MAX) {
        fputs(usage, stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct settings settings = {.cases = 100000, .seed = 1, .jobs = 1, .findings = "findings"};

    parse(&settings, argc, argv);
    if (mkdir(settings.findings, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "fuzz_oracle_cases: %s: %s\n", settings.findings, strerror(errno));
        return EXIT_FAILURE;
    }
    return settings.reduce != NULL ? reduce(&settings)
           : settings.has_only     ? show(&settings)
                                   : run(&settings);
}
