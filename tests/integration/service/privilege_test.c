/* SPDX-License-Identifier: MIT */
/* What a daemon that is ready has left: user, capabilities, filters. As root also --user. */
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "gemd/sandbox.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

/* What /proc/PID/status says. */
static void expect_line(const struct daemon *daemon, const char *key, const char *value)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)daemon->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        size_t length = strlen(key);
        if (strncmp(line, key, length) == 0) {
            fclose(file);
            assert_string_equal(line + length, value);
            return;
        }
    }
    fail_msg("there is no %s", key);
}

static void draw(const struct daemon *daemon)
{
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    struct gemd_bo *bo;
    struct batch batch;
    uint64_t seqno;
    assert_int_equal(gemd_bo_create(session, 65536, true, &bo), 0);
    batch_reset(&batch);
    batch_fill(&batch, bo, 256, 0, 0, 16, 16, 7);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(*(const uint32_t *)gemd_bo_map(bo), 7);
    gemd_bo_unref(bo);
    gemd_session_close(session);
}

static void a_ready_daemon_is_confined(void **state)
{
    struct daemon daemon = {0};
    daemon_start(&daemon, NULL);
    if (sandbox_mode_default() != SANDBOX_OFF) {
        expect_line(&daemon, "NoNewPrivs:", "\t1\n");
        expect_line(&daemon, "Seccomp:", "\t2\n");
    }
    draw(&daemon);
    daemon_stop(&daemon);
}

static void it_can_be_left_open(void **state)
{
    struct daemon daemon = {0};
    daemon_start(&daemon, (const char *const[]){"--sandbox", "off", NULL});
    expect_line(&daemon, "Seccomp:", "\t0\n");
    expect_line(&daemon, "NoNewPrivs:", "\t1\n");
    draw(&daemon);
    daemon_stop(&daemon);
}

static bool has_mapped(const struct daemon *daemon, const char *name)
{
    char path[64], line[512];
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)daemon->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (!found && fgets(line, sizeof(line), file) != NULL) {
        found = strstr(line, name) != NULL;
    }
    fclose(file);
    return found;
}

static void root_becomes_who_it_is_told(void **state)
{
    const struct passwd *nobody = getpwnam("nobody");
    struct daemon daemon = {0};
    struct stat status;
    char ids[64];
    if (geteuid() != 0 || nobody == NULL) {
        skip();
    }
    strcpy(daemon.directory, "/tmp/gemd-test-XXXXXX");
    assert_non_null(mkdtemp(daemon.directory));
    assert_int_equal(chown(daemon.directory, nobody->pw_uid, 0), 0); /* as tmpfiles.d does it */
    daemon_start(&daemon, (const char *const[]){"--user", "nobody", NULL});
    unsigned uid = nobody->pw_uid, gid = nobody->pw_gid;
    snprintf(ids, sizeof(ids), "\t%u\t%u\t%u\t%u\n", uid, uid, uid, uid);
    expect_line(&daemon, "Uid:", ids);
    snprintf(ids, sizeof(ids), "\t%u\t%u\t%u\t%u\n", gid, gid, gid, gid);
    expect_line(&daemon, "Gid:", ids);
    expect_line(&daemon, "Groups:", "\t \n");
    static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        expect_line(&daemon, sets[i], "\t0000000000000000\n");
    }
    assert_int_equal(stat(daemon.socket, &status), 0);
    assert_int_equal(status.st_uid, nobody->pw_uid);
    /* The device was opened before: here the model's compiler, if there is one. */
    assert_true(daemon_is_on_device() ||
                has_mapped(&daemon, "libgemd_jit.so") ==
                    (access(GEMD_BINARY_DIR "/lib/libgemd_jit.so", R_OK) == 0));
    draw(&daemon);
    daemon_stop(&daemon); /* which sees that the socket is gone */
}

/* The first child that is not a device's supervisor, which has the device. 0: there is none. */
static int find_reader(FILE *children)
{
    int pid = 0;
    char name[64] = "";
    while (fscanf(children, "%d", &pid) == 1) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/comm", pid);
        FILE *file = fopen(path, "re");
        if (file != NULL && fgets(name, sizeof(name), file) != NULL &&
            strncmp(name, "gemd-supervisor", 15) != 0) {
            fclose(file);
            return pid;
        }
        if (file != NULL) {
            fclose(file);
        }
    }
    return 0;
}

/* The process that reads the policy: standard error, its socket, and nothing of the daemon's. */
static void the_reader_holds_nothing(void **state)
{
    struct daemon daemon = {0}, reader = {0};
    char path[64];
    daemon_start(&daemon, NULL);
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)daemon.pid, (int)daemon.pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) { /* a kernel can be without */
        reader.pid = find_reader(file);
        fclose(file);
        assert_true(reader.pid > 0);
        assert_int_equal(daemon_open_files(&reader), 2 + 2); /* with "." and ".." */
    }
    daemon_stop(&daemon);
}

static bool has_open(const struct daemon *daemon, const char *name)
{
    char path[64], target[256];
    bool found = false;
    const struct dirent *entry;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)daemon->pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (!found && (entry = readdir(directory)) != NULL) {
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
        target[size < 0 ? 0 : size] = '\0';
        found = strstr(target, name) != NULL;
    }
    closedir(directory);
    return found;
}

/* Who starts it may have anything open, as a shell of root's. */
static void what_it_did_not_open_is_closed(void **state)
{
    struct daemon daemon = {0};
    const struct daemon self = {.pid = getpid()};
    int low = memfd_create("stranger", 0), high = fcntl(low, F_DUPFD, 200);
    assert_true(low >= 3 && high >= 200 && has_open(&self, "stranger"));
    daemon_start(&daemon, NULL);
    assert_false(has_open(&daemon, "stranger"));
    draw(&daemon);
    daemon_stop(&daemon);
    close(low);
    close(high);
}

static void nobody_that_there_is_not(void **state)
{
    struct daemon daemon = {0};
    daemon_start(&daemon, NULL);
    char command[256];
    snprintf(command, sizeof(command),
             GEMD_BINARY_DIR "/bin/gemd --socket %s.2 --user nobody-of-that-name 2>/dev/null",
             daemon.socket);
    int result = system(command);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 1);
    daemon_stop(&daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ready_daemon_is_confined),
        cmocka_unit_test(it_can_be_left_open),
        cmocka_unit_test(root_becomes_who_it_is_told),
        cmocka_unit_test(the_reader_holds_nothing),
        cmocka_unit_test(what_it_did_not_open_is_closed),
        cmocka_unit_test(nobody_that_there_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
