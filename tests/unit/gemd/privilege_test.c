/* SPDX-License-Identifier: MIT */
/* Privileges are given up for good; each test in a child of its own. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gemd/privilege.h"

static int code_of(int (*function)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        _exit(function());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A line of /proc/self/status is that. */
static bool has_line(const char *key, const char *value)
{
    char line[128];
    bool found = false;
    FILE *file = fopen("/proc/self/status", "re");
    while (!found && file != NULL && fgets(line, sizeof(line), file) != NULL) {
        size_t length = strlen(key);
        found = strncmp(line, key, length) == 0 && strcmp(line + length, value) == 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/* The number of the first claim that does not hold; 0: all do. */
static int become_somebody(void)
{
    const struct privilege_user user = {.uid = 12345, .gid = 23456};
    const char *step = NULL;
    FILE *status = fopen("/proc/self/status", "re"); /* while we may */
    /* Somebody has groups to lose. */
    if (status == NULL || setgroups(1, &(gid_t){34567}) != 0 || privilege_drop(&user, &step) != 0 ||
        step != NULL) {
        return 1;
    }
    fclose(status);
    if (prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return 2;
    }
    prctl(PR_SET_DUMPABLE, 1); /* so that we can look at ourselves */
    if (!has_line("Uid:", "\t12345\t12345\t12345\t12345\n") ||
        !has_line("Gid:", "\t23456\t23456\t23456\t23456\n") || !has_line("Groups:", "\t \n")) {
        return 3;
    }
    static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (!has_line(sets[i], "\t0000000000000000\n")) {
            return 10 + (int)i;
        }
    }
    return setuid(0) == 0 || setgid(0) == 0 || seteuid(0) == 0 ? 4 : 0;
}

static void root_becomes_somebody_for_good(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(code_of(become_somebody), 0);
}

static int become_another(void)
{
    const struct privilege_user other = {.uid = geteuid() + 1, .gid = getegid()};
    const char *step = NULL;
    if (geteuid() == 0 && setresuid(54321, 54321, 54321) != 0) {
        return 1;
    }
    if (privilege_drop(&other, &step) != -EPERM || step == NULL) {
        return 2;
    }
    return strcmp(step, "being that user") == 0 ? 0 : 3;
}

static void nobody_else_becomes_another(void **state)
{
    assert_int_equal(code_of(become_another), 0);
}

static int stay(void)
{
    const struct privilege_user self = {.uid = geteuid(), .gid = getegid()};
    const char *step = NULL;
    if (geteuid() == 0) {
        return 0;
    }
    return privilege_drop(&self, &step) == 0 ? 0 : 1;
}

static void oneself_is_fine(void **state)
{
    assert_int_equal(code_of(stay), 0);
}

static bool has_no_capability(void)
{
    static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};
    bool none = true;
    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        none = none && has_line(sets[i], "\t0000000000000000\n");
    }
    return none && (geteuid() != 0 || has_line("CapBnd:", "\t0000000000000000\n"));
}

static int stay_without_user(void)
{
    const char *step = NULL;
    uid_t uid = geteuid();
    if (privilege_drop(NULL, &step) != 0 || step != NULL || geteuid() != uid) {
        return 1;
    }
    if (!has_no_capability() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return 2;
    }
    return prctl(PR_GET_DUMPABLE) == 1 ? 0 : 3; /* for debuggers: it is its user's own */
}

static void who_stays_has_no_capability_either(void **state)
{
    assert_int_equal(code_of(stay_without_user), 0);
}

static int drop_again(void)
{
    const char *step = NULL;
    return privilege_drop(NULL, &step) == 0 && privilege_drop(NULL, &step) == 0 ? 0 : 1;
}

static void what_is_gone_need_not_go(void **state)
{
    assert_int_equal(code_of(drop_again), 0);
}

static void users_are_found_by_name(void **state)
{
    struct privilege_user user;
    assert_int_equal(privilege_find("root", &user), 0);
    assert_int_equal(user.uid, 0);
    assert_int_equal(privilege_find("nobody-of-that-name", &user), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_becomes_somebody_for_good),
        cmocka_unit_test(nobody_else_becomes_another),
        cmocka_unit_test(oneself_is_fine),
        cmocka_unit_test(who_stays_has_no_capability_either),
        cmocka_unit_test(what_is_gone_need_not_go),
        cmocka_unit_test(users_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
