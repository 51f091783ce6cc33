/* SPDX-License-Identifier: MIT */
/*
 * Who gets how much of the GPU, and when: equal clients, weighted ones, a background one, and a
 * compositor of 60 Hz beside floods. The daemon is the real one with a policy, which knows the
 * clients by their users: each has one of its own, which takes root. All figures are the clients'
 * or from the daemon's status.
 *
 * usage: fairness [--seconds N] [--device CHIPSET[,threads=N]] [--fills N]
 *
 * seconds: of each measurement; fills: of 1024x1024 pixels in a flood's batch. The last line:
 *   fairness: jain=... weight_error=... compositor_p99_ms=... compositor_late=...
 *             background_percent=...
 * jain: of the GPU time of 8 equal floods (on a line above also of the batches that they got done);
 * weight_error: percent, the greatest of three floods with weights 1:2:4; compositor_p99_ms: from
 * the vblank at which a frame is begun until the GPU has passed it, beside 7 floods;
 * compositor_late: so many of a thousand frames were not shown at the next vblank;
 * background_percent: of the GPU's time, for a background flood beside 7 normal ones. Not zero
 * below 0.99, above 5, above the vblank's period, and below 4 (doc/scheduling.md promises 5).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

#define SIDE         512u /* of a frame, pixels */
#define MODE         "512x512"
#define FLOOD_SIDE   1024u /* of what a flood fills */
#define FLOOD_AHEAD  64u   /* batches; so that it always has work, though it is rarely run */
#define FRAME_FILLS  2u
#define BUFFERS      3u
#define CLIENTS_MAX  8u
#define FRAMES_MAX   65536u
#define WARM_UP_MS   500u
#define JAIN_MIN     0.99
#define WEIGHT_ERROR 5.0
#define BACKGROUND   4.0 /* percent */
#define FIRST_UID    61000u

struct settings {
    unsigned seconds, fills;
    const char *device;
    const char *socket;
};

/* Kinds of users: how the policy knows them, and what it gives them. */
enum kind { EQUAL, LIGHT, MIDDLE, HEAVY, COMPOSITOR, BACKGROUND_KIND, KINDS };
static const struct {
    const char *name; /* of the session, too */
    unsigned users;
    const char *settings;
    const char *class;
    unsigned weight;
} kinds[KINDS] = {
    [EQUAL] = {"equal", CLIENTS_MAX, "", "normal", 100},
    [LIGHT] = {"light", 1, "weight 100", "normal", 100},
    [MIDDLE] = {"middle", 1, "weight 200", "normal", 200},
    [HEAVY] = {"heavy", 1, "weight 400", "normal", 400},
    [COMPOSITOR] = {"compositor", 1, "class compositor", "compositor", 100},
    [BACKGROUND_KIND] = {"background", 1, "class background", "background", 100},
};

static unsigned first_uid(enum kind kind)
{
    return FIRST_UID + kind * CLIENTS_MAX;
}

static void fail(const char *what)
{
    fprintf(stderr, "fairness: %s\n", what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void sleep_ms(unsigned ms)
{
    const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

/* ---- the daemon ---- */

static void write_policy(const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fail(strerror(errno));
    }
    fputs("allow self role operator sees all\n", file);
    for (unsigned i = 0; i < KINDS; i++) {
        fprintf(file, "allow uid %u-%u %s\n", first_uid(i), first_uid(i) + kinds[i].users - 1,
                kinds[i].settings);
    }
    if (fclose(file) != 0) {
        fail(strerror(errno));
    }
}

/* Others than its own user may come to its socket. */
static void start_daemon(struct daemon *daemon, const struct settings *settings)
{
    char policy[] = "/tmp/gemd-fairness-XXXXXX";
    char device[96];
    int fd = mkstemp(policy);
    if (fd < 0) {
        fail(strerror(errno));
    }
    close(fd);
    write_policy(policy);
    snprintf(device, sizeof(device), "model:%s", settings->device);
    daemon_start(daemon, (const char *const[]){"--policy", policy, "--device", device, "--mode",
                                               MODE, "--hang-timeout", "60000", NULL});
    unlink(policy);
    if (chmod(daemon->directory, 0711) != 0 || chmod(daemon->socket, 0666) != 0) {
        fail(strerror(errno));
    }
}

/* As one of the kind's users; 0: a child, which dies with us. */
static pid_t start_process(enum kind kind, unsigned number)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        fail(strerror(errno));
    }
    if (pid == 0) {
        unsigned uid = first_uid(kind) + number;
        if (setgroups(0, NULL) != 0 || setgid(uid) != 0 || setuid(uid) != 0 ||
            prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
            fail(strerror(errno));
        }
    }
    return pid;
}

/* ---- clients ---- */

static struct gemd_session *open_session(const struct settings *settings, const char *name,
                                         uint32_t role)
{
    const struct gemd_connect_options options = {
        .socket = settings->socket, .name = name, .role = role};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&options, &session, reason) != 0) {
        fail(reason);
    }
    return session;
}

static uint64_t submit_fills(struct gemd_session *session, struct gemd_bo *bo, uint32_t side,
                             unsigned fills, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    for (unsigned i = 0; i < fills; i++) {
        batch_fill(&batch, bo, side * 4, 0, 0, side, side, colour + i);
    }
    if (batch_submit(&batch, session, &seqno) != 0) {
        fail("a batch does not go");
    }
    return seqno;
}

static struct gemd_bo *make_buffer(struct gemd_session *session, uint32_t side, bool shared)
{
    struct gemd_bo *bo;
    if (gemd_bo_create(session, (uint64_t)side * side * 4, shared, &bo) != 0) {
        fail("no buffer");
    }
    return bo;
}

/* Until it is killed. */
static void flood(const struct settings *settings, const char *name)
{
    struct gemd_session *session = open_session(settings, name, GEMD_ROLE_CLIENT);
    struct gemd_bo *bo = make_buffer(session, FLOOD_SIDE, false);
    for (uint32_t i = 0;; i++) {
        uint64_t seqno = submit_fills(session, bo, FLOOD_SIDE, settings->fills, i);
        if (seqno > FLOOD_AHEAD &&
            gemd_seqno_wait(session, seqno - FLOOD_AHEAD, GEMD_FOREVER) != 0) {
            fail("a flood was lost");
        }
    }
}

static int compare_times(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

struct frames {
    uint64_t p50, p99, worst, period; /* ns */
    unsigned count, late;             /* late: not at the next vblank */
};

/* Draws and shows frames for the time; what became of them. */
static struct frames compose(const struct settings *settings)
{
    static uint64_t times[FRAMES_MAX];
    struct gemd_session *session = open_session(settings, kinds[COMPOSITOR].name, GEMD_ROLE_CLIENT);
    struct gemd_bo *bos[BUFFERS];
    struct gemd_window *window;
    uint64_t serial = 0;
    if (gemd_window_create(session, SIDE, SIDE, &window) != 0) {
        fail("no window");
    }
    for (unsigned i = 0; i < BUFFERS; i++) {
        bos[i] = make_buffer(session, SIDE, true);
    }
    struct frames frames = {.period =
                                1000000000000u / gemd_session_info(session)->refresh_millihertz};
    uint64_t measure_from = now_ns() + WARM_UP_MS * 1000000ull;
    uint64_t end = measure_from + settings->seconds * 1000000000ull;
    for (unsigned i = 0; frames.count < FRAMES_MAX; i++) {
        uint64_t start = now_ns();
        if (start >= end) {
            break;
        }
        uint64_t seqno = submit_fills(session, bos[i % BUFFERS], SIDE, FRAME_FILLS, i);
        if (gemd_window_present(window, bos[i % BUFFERS], 0, SIDE * 4, 1, seqno, &serial) != 0 ||
            gemd_seqno_wait(session, seqno, GEMD_FOREVER) != 0) {
            fail("a frame does not go");
        }
        uint64_t took = now_ns() - start;
        if (gemd_window_wait_latched(window, serial, GEMD_FOREVER) != 0) {
            fail("a frame is not shown");
        }
        if (start >= measure_from) {
            times[frames.count++] = took;
            frames.late += now_ns() - start > frames.period * 3 / 2;
        }
    }
    qsort(times, frames.count, sizeof(times[0]), compare_times);
    if (frames.count == 0) {
        fail("no frame was shown");
    }
    frames.p50 = times[frames.count / 2];
    frames.p99 = times[(uint64_t)frames.count * 99 / 100];
    frames.worst = times[frames.count - 1];
    gemd_window_destroy(window);
    for (unsigned i = 0; i < BUFFERS; i++) {
        gemd_bo_unref(bos[i]);
    }
    gemd_session_close(session);
    return frames;
}

/* The same in a process of the compositor's user. */
static struct frames compose_apart(const struct settings *settings)
{
    struct frames frames;
    int ends[2], status = -1;
    if (pipe(ends) != 0) {
        fail(strerror(errno));
    }
    pid_t pid = start_process(COMPOSITOR, 0);
    if (pid == 0) {
        frames = compose(settings);
        _exit(write(ends[1], &frames, sizeof(frames)) == sizeof(frames) ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &frames, sizeof(frames)) != sizeof(frames) ||
        waitpid(pid, &status, 0) != pid || status != 0) {
        fail("the compositor has ended");
    }
    close(ends[0]);
    return frames;
}

/* ---- what the daemon says of them ---- */

struct sample {
    enum kind kinds[CLIENTS_MAX];
    uint64_t gpu_ns[CLIENTS_MAX], batches[CLIENTS_MAX];
    unsigned count;
};

/* The kind of that name, KINDS: it is no flood. */
static enum kind kind_of(const char *name)
{
    for (unsigned i = 0; i < KINDS; i++) {
        if (i != COMPOSITOR && strcmp(name, kinds[i].name) == 0) {
            return i;
        }
    }
    return KINDS;
}

static void take_value(struct sample *sample, unsigned at, const char *key, const char *value)
{
    const enum kind kind = sample->kinds[at];
    if (strcmp(key, "gpu_ns") == 0) {
        sample->gpu_ns[at] = strtoull(value, NULL, 10);
    } else if (strcmp(key, "batches") == 0) {
        sample->batches[at] = strtoull(value, NULL, 10);
    } else if ((strcmp(key, "class") == 0 && strcmp(value, kinds[kind].class) != 0) ||
               (strcmp(key, "weight") == 0 && strtoul(value, NULL, 10) != kinds[kind].weight)) {
        fail("the policy did not give what it should");
    }
}

static void take_line(struct sample *sample, const char *line, bool *wanted)
{
    unsigned id;
    char key[32], value[64];
    if (sscanf(line, "session.%u.%31[^:]: %63s", &id, key, value) != 3) {
        return;
    }
    if (strcmp(key, "name") == 0) {
        *wanted = kind_of(value) != KINDS && sample->count < CLIENTS_MAX;
        if (*wanted) {
            sample->kinds[sample->count++] = kind_of(value);
        }
    } else if (*wanted) {
        take_value(sample, sample->count - 1, key, value);
    }
}

/* The clients in the order in which they came. */
static struct sample take_sample(struct gemd_session *looker)
{
    struct sample sample = {.count = 0};
    char *text = NULL, *rest, *line;
    bool wanted = false;
    if (gemd_query_status(looker, &text) != 0) {
        fail("no status");
    }
    rest = text;
    while ((line = strsep(&rest, "\n")) != NULL) {
        take_line(&sample, line, &wanted);
    }
    free(text);
    return sample;
}

struct crowd {
    pid_t pids[CLIENTS_MAX];
    unsigned count;
};

static void add_flood(struct crowd *crowd, const struct settings *settings,
                      struct gemd_session *looker, enum kind kind)
{
    pid_t pid = start_process(kind, kinds[kind].users > 1 ? crowd->count : 0);
    if (pid == 0) {
        flood(settings, kinds[kind].name);
    }
    crowd->pids[crowd->count++] = pid;
    while (take_sample(looker).count < crowd->count) {
        sleep_ms(2); /* so that they come in this order */
    }
}

static void end_crowd(struct crowd *crowd, struct gemd_session *looker)
{
    for (unsigned i = 0; i < crowd->count; i++) {
        int status;
        if (waitpid(crowd->pids[i], &status, WNOHANG) != 0) {
            fail("a flood has ended");
        }
        kill(crowd->pids[i], SIGKILL);
        waitpid(crowd->pids[i], NULL, 0);
    }
    crowd->count = 0;
    while (take_sample(looker).count > 0) {
        sleep_ms(2);
    }
}

/* What each got within the time. */
static struct sample measure(const struct settings *settings, struct gemd_session *looker)
{
    sleep_ms(WARM_UP_MS);
    struct sample before = take_sample(looker);
    sleep_ms(settings->seconds * 1000);
    struct sample after = take_sample(looker);
    for (unsigned i = 0; i < after.count; i++) {
        after.gpu_ns[i] -= before.gpu_ns[i];
        after.batches[i] -= before.batches[i];
    }
    return after;
}

static double jain(const uint64_t *values, unsigned count)
{
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    return squares > 0 ? sum * sum / (count * squares) : 0;
}

static double measure_equals(const struct settings *settings, struct gemd_session *looker)
{
    struct crowd crowd = {.count = 0};
    for (unsigned i = 0; i < 8; i++) {
        add_flood(&crowd, settings, looker, EQUAL);
    }
    struct sample got = measure(settings, looker);
    end_crowd(&crowd, looker);
    double time = jain(got.gpu_ns, got.count), work = jain(got.batches, got.count);
    uint64_t total = 0, batches = 0;
    for (unsigned i = 0; i < got.count; i++) {
        total += got.gpu_ns[i];
        batches += got.batches[i];
    }
    printf("8 equal floods: jain of time %.5f, of batches %.5f; %llu batches of %.0f us; the GPU "
           "busy for %.1f %%\n",
           time, work, (unsigned long long)batches, (double)total / 1000.0 / (double)batches,
           (double)total / 1e7 / settings->seconds);
    return time;
}

static double measure_weights(const struct settings *settings, struct gemd_session *looker)
{
    struct crowd crowd = {.count = 0};
    for (unsigned i = 0; i < 3; i++) {
        add_flood(&crowd, settings, looker, LIGHT + i);
    }
    struct sample got = measure(settings, looker);
    end_crowd(&crowd, looker);
    double total = (double)got.gpu_ns[0] + (double)got.gpu_ns[1] + (double)got.gpu_ns[2];
    double worst = 0;
    for (unsigned i = 0; i < 3; i++) {
        double error = 100 * ((double)got.gpu_ns[i] / total * 700 / kinds[LIGHT + i].weight - 1);
        worst = error > worst ? error : -error > worst ? -error : worst;
    }
    printf("weights 1:2:4: %.1f : %.1f : %.1f %% of the time\n",
           100 * (double)got.gpu_ns[0] / total, 100 * (double)got.gpu_ns[1] / total,
           100 * (double)got.gpu_ns[2] / total);
    return worst;
}

static struct frames measure_compositor(const struct settings *settings,
                                        struct gemd_session *looker)
{
    struct crowd crowd = {.count = 0};
    for (unsigned i = 0; i < 7; i++) {
        add_flood(&crowd, settings, looker, EQUAL);
    }
    struct frames frames = compose_apart(settings);
    end_crowd(&crowd, looker);
    printf("compositor beside 7 floods: %u frames, p50 %.2f ms, p99 %.2f ms, worst %.2f ms of "
           "%.2f; %u were late\n",
           frames.count, (double)frames.p50 / 1e6, (double)frames.p99 / 1e6,
           (double)frames.worst / 1e6, (double)frames.period / 1e6, frames.late);
    return frames;
}

/* Percent of what all got. */
static double measure_background(const struct settings *settings, struct gemd_session *looker)
{
    struct crowd crowd = {.count = 0};
    uint64_t total = 0;
    add_flood(&crowd, settings, looker, BACKGROUND_KIND);
    for (unsigned i = 0; i < 7; i++) {
        add_flood(&crowd, settings, looker, EQUAL);
    }
    struct sample got = measure(settings, looker);
    end_crowd(&crowd, looker);
    for (unsigned i = 0; i < got.count; i++) {
        total += got.gpu_ns[i];
    }
    double percent = 100 * (double)got.gpu_ns[0] / (double)total;
    printf("background beside 7 floods: %.2f %% of the time\n", percent);
    return percent;
}

static void parse(struct settings *settings, int argc, char **argv)
{
    static const struct option table[] = {{"seconds", required_argument, NULL, 's'},
                                          {"fills", required_argument, NULL, 'f'},
                                          {"device", required_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    int id;
    *settings = (struct settings){.seconds = 5, .fills = 4, .device = "g33"};
    while ((id = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (id == 's') {
            settings->seconds = (unsigned)strtoul(optarg, NULL, 10);
        } else if (id == 'f') {
            settings->fills = (unsigned)strtoul(optarg, NULL, 10);
        } else if (id == 'd') {
            settings->device = optarg;
        }
        if (id == '?' || settings->seconds == 0 || settings->seconds > 600 ||
            settings->fills == 0 || settings->fills > BATCH_RELOCS) {
            fprintf(stderr, "usage: fairness [--seconds N] [--device CHIPSET] [--fills N]\n");
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct daemon daemon = {.pid = 0};
    parse(&settings, argc, argv);
    if (geteuid() != 0) {
        fail("clients need users of their own for a policy to tell them apart: run it as root");
    }
    start_daemon(&daemon, &settings);
    settings.socket = daemon.socket;
    struct gemd_session *looker = open_session(&settings, "fairness", GEMD_ROLE_OPERATOR);
    double index = measure_equals(&settings, looker);
    double error = measure_weights(&settings, looker);
    double background = measure_background(&settings, looker);
    struct frames frames = measure_compositor(&settings, looker);
    gemd_session_close(looker);
    daemon_stop(&daemon);
    printf("fairness: jain=%.4f weight_error=%.2f compositor_p99_ms=%.2f compositor_late=%.1f "
           "background_percent=%.2f\n",
           index, error, (double)frames.p99 / 1e6, 1000.0 * frames.late / frames.count, background);
    return index >= JAIN_MIN && error <= WEIGHT_ERROR && frames.p99 <= frames.period &&
                   background >= BACKGROUND
               ? 0
               : 1;
}
