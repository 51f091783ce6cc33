/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gemd/policy/policy.h"

/* A user data base of three users and two groups. */
static int find_user(const char *name, uid_t *uid)
{
    static const char *const users[] = {"root", "ada", "bob"};
    for (uid_t i = 0; i < 3; i++) {
        if (strcmp(name, users[i]) == 0) {
            *uid = i * 500;
            return 0;
        }
    }
    return strcmp(name, "broken") == 0 ? -EIO : -ENOENT;
}

static int find_group(const char *name, gid_t *gid)
{
    *gid = strcmp(name, "video") == 0 ? 44 : 100;
    return strcmp(name, "video") == 0 || strcmp(name, "users") == 0 ? 0 : -ENOENT;
}

static const struct policy_names names = {find_user, find_group, 77};

static struct policy *parse(const char *text)
{
    char reason[POLICY_REASON_MAX];
    int error;
    struct policy *policy = policy_parse("test", text, strlen(text), &names, &error, reason);
    if (policy == NULL) {
        fail_msg("%s", reason);
    }
    return policy;
}

static struct policy_grant match(const struct policy *policy, uid_t uid, gid_t gid, gid_t more)
{
    const struct policy_peer peer = {.uid = uid, .gid = gid, .groups = &more, .group_count = 1};
    struct policy_grant grant;
    policy_match(policy, &peer, &grant);
    return grant;
}

static void the_first_rule_that_matches_counts(void **state)
{
    struct policy *policy = parse("# who\n"
                                  "deny user ada\n"
                                  "\tallow uid 400-600 weight 7   # the rest of them\r\n"
                                  "allow self weight 9\n"
                                  "allow group video weight 8\n"
                                  "deny any");
    assert_int_equal(policy_rule_count(policy), 5);
    struct policy_grant grant = match(policy, 500, 44, 44);
    assert_false(grant.connects);
    assert_int_equal(grant.line, 2);
    grant = match(policy, 600, 44, 44);
    assert_true(grant.connects);
    assert_int_equal(grant.weight, 7);
    assert_int_equal(grant.line, 3);
    assert_int_equal(match(policy, 601, 44, 1).weight, 8);
    assert_int_equal(match(policy, 601, 1, 44).weight, 8);
    assert_int_equal(match(policy, 77, 1, 1).weight, 9);
    assert_int_equal(match(policy, 601, 1, 1).line, 6);
    assert_false(match(policy, 601, 1, 1).connects);
    policy_free(policy);
}

static void all_conditions_of_a_rule_must_hold(void **state)
{
    struct policy *policy = parse("allow uid 5 group video group users\n");
    const gid_t groups[] = {44, 100};
    struct policy_peer peer = {.uid = 5, .gid = 1, .groups = groups, .group_count = 2};
    struct policy_grant grant;
    policy_match(policy, &peer, &grant);
    assert_true(grant.connects);
    peer.group_count = 1;
    policy_match(policy, &peer, &grant);
    assert_false(grant.connects);
    assert_int_equal(grant.line, 0);
    policy_free(policy);
}

static void settings_are_taken(void **state)
{
    struct policy *policy = parse("allow any role operator sees all view yes class compositor weight 1000 "
                                  "sessions 3 bytes 1M:2G user-bytes 3G buffers 64K:none "
                                  "in_flight 4:8\n");
    struct policy_grant grant = match(policy, 1, 1, 1);
    struct limits defaults;
    limits_default(&defaults);
    assert_true(grant.operates && grant.sees_all && grant.views);
    assert_int_equal(grant.class, SCHED_COMPOSITOR);
    assert_int_equal(grant.weight, 1000);
    assert_int_equal(grant.sessions, 3);
    assert_int_equal(grant.limits.session[LIMIT_BYTES].soft, 1 << 20);
    assert_int_equal(grant.limits.session[LIMIT_BYTES].hard, (uint64_t)2 << 30);
    assert_int_equal(grant.limits.uid[LIMIT_BYTES].hard, (uint64_t)3 << 30);
    assert_true(grant.limits.uid[LIMIT_BYTES].soft == LIMIT_NONE);
    assert_true(grant.limits.session[LIMIT_BUFFERS].hard == LIMIT_NONE);
    assert_int_equal(grant.limits.session[LIMIT_IN_FLIGHT].hard, 8);
    assert_memory_equal(&grant.limits.session[LIMIT_FDS], &defaults.session[LIMIT_FDS],
                        sizeof(struct limit));
    policy_free(policy);

    policy = parse("allow any\n");
    grant = match(policy, 1, 1, 1);
    assert_false(grant.operates || grant.sees_all || grant.views);
    assert_int_equal(grant.class, SCHED_NORMAL);
    assert_int_equal(grant.weight, 100);
    assert_memory_equal(&grant.limits, &defaults, sizeof(defaults));
    policy_free(policy);
}

static void bans_are_settings(void **state)
{
    struct policy *policy = parse("allow uid 1 hang_ban 2,3,4 user-hang_ban 5,6,7\n"
                                  "allow uid 2 hang_ban off\n"
                                  "allow any\n");
    struct policy_grant grant = match(policy, 1, 1, 1);
    assert_true(grant.has_ban);
    assert_int_equal(grant.ban.hangs, 2);
    assert_int_equal(grant.ban.window_ns, 3000000000u);
    assert_int_equal(grant.ban.duration_ns, 4000000000u);
    assert_false(grant.ban.of_user);
    assert_int_equal(grant.user_ban.hangs, 5);
    assert_true(grant.user_ban.of_user);
    grant = match(policy, 2, 1, 1);
    assert_true(grant.has_ban);
    assert_int_equal(grant.ban.hangs, 0);
    grant = match(policy, 3, 1, 1);
    assert_false(grant.has_ban);
    assert_int_equal(grant.user_ban.hangs, 0);
    policy_free(policy);
}

static void the_built_in_policy_is_what_was_before(void **state)
{
    char reason[POLICY_REASON_MAX];
    int error;
    struct policy *policy = policy_open(POLICY_NONE, &names, &error, reason);
    assert_non_null(policy);
    assert_true(match(policy, 0, 0, 0).operates && match(policy, 0, 0, 0).views);
    assert_true(match(policy, 77, 1, 1).operates && match(policy, 77, 1, 1).views);
    assert_true(match(policy, 500, 1, 1).connects);
    assert_false(match(policy, 500, 1, 1).operates);
    policy_free(policy);
}

/* What is wrong is named: text, and a part of the reason. */
static const struct mistake {
    const char *text, *reason;
} mistakes[] = {
    {"", "there is no rule"},
    {"# nothing\n\n", "there is no rule"},
    {"permit any\n", "test:1: \"permit\": a rule begins with allow or deny"},
    {"\n\nallow\n", "test:3: \"allow\" whom?"},
    {"allow weight 5\n", "\"allow\" whom?"},
    {"allow any frobs 5\n", "\"frobs\" is neither"},
    {"allow any weight\n", "\"weight\" is no condition"},
    {"deny any weight 5\n", "\"weight\": deny takes no settings"},
    {"allow any weight 5 weight 5\n", "weight is said twice"},
    {"allow any bytes 5 bytes 5\n", "bytes is said twice"},
    {"allow any weight 0\n", "weight 0: not from 1 to 10000"},
    {"allow any weight 10001\n", "weight 10001: not from 1 to 10000"},
    {"allow any weight 5x\n", "weight 5x: not from 1 to 10000"},
    {"allow any sessions 0\n", "sessions 0: not from 1 to 65536"},
    {"allow any role king\n", "role king: neither"},
    {"allow any sees stars\n", "sees stars: neither"},
    {"allow any class first\n", "class first: not"},
    {"allow any bytes 2M:1M\n", "bytes 2M:1M: the soft limit is above the hard one"},
    {"allow any bytes none:1M\n", "the soft limit is above"},
    {"allow any bytes 1T\n", "bytes 1T: not HARD or SOFT:HARD"},
    {"allow any bytes -1\n", "bytes -1: not"},
    {"allow any bytes 5:\n", "bytes 5:: not"},
    {"allow any bytes 99999999999999999999\n", "bytes 99999999999999999999: not"},
    {"allow any bytes 9999999999G\n", "bytes 9999999999G: not"},
    {"allow any hang_ban 0\n", "hang_ban 0: not off or HANGS[,WITHIN[,FOR]]"},
    {"allow any hang_ban 17\n", "hang_ban 17: not off"},
    {"allow any user-hang_ban 3,60,x\n", "user-hang_ban 3,60,x: not off"},
    {"allow any user-hang_ban 1 user-hang_ban 1\n", "user-hang_ban is said twice"},
    {"allow uid\n", "\"uid\" needs a number"},
    {"allow uid x\n", "uid x: not a number below"},
    {"allow uid 4294967295\n", "uid 4294967295: not a number below"},
    {"allow uid 5x\n", "uid 5x: not a number"},
    {"allow uid 5-\n", "uid 5-: not a range"},
    {"allow uid 5-3\n", "uid 5-3: 3 is before 5"},
    {"allow gid 5-3\n", "gid 5-3: 3 is before 5"},
    {"allow user\n", "\"user\" needs a name"},
    {"allow user eve\n", "there is no user \"eve\""},
    {"allow user broken\n", "user \"broken\": Input/output error"},
    {"allow group eve\n", "there is no group \"eve\""},
    {"allow any\nallow uid 5\n", "test:2: is never reached: line 1 is for everybody"},
    {"allow uid 1 uid 1 uid 1 uid 1 uid 1 uid 1 uid 1 uid 1 uid 1\n", "more than 8 conditions"},
    {"allow any\001\n", "byte 10 is a control character, 0x01"},
};

static void mistakes_are_named_with_their_line(void **state)
{
    char reason[POLICY_REASON_MAX];
    int error;
    for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const char *text = mistakes[i].text;
        assert_null(policy_parse("test", text, strlen(text), &names, &error, reason));
        assert_int_equal(error, -EINVAL);
        if (strstr(reason, mistakes[i].reason) == NULL) {
            fail_msg("%s: \"%s\" is not in \"%s\"", text, mistakes[i].reason, reason);
        }
    }
}

static void sizes_are_bounded(void **state)
{
    static char text[POLICY_TEXT_MAX + 2];
    char reason[POLICY_REASON_MAX];
    int error;
    memset(text, '#', sizeof(text));
    assert_null(policy_parse("test", text, POLICY_TEXT_MAX + 1, &names, &error, reason));
    assert_non_null(strstr(reason, "more than 65536 bytes"));
    assert_null(policy_parse("test", text, POLICY_LINE_MAX + 1, &names, &error, reason));
    assert_non_null(strstr(reason, "1025 bytes, at most 1024 are taken"));
    size_t size = 0;
    for (unsigned i = 0; i <= POLICY_RULES_MAX; i++) {
        size += (size_t)sprintf(text + size, "deny uid 1\n");
    }
    assert_null(policy_parse("test", text, size, &names, &error, reason));
    assert_non_null(strstr(reason, "more than 1024 rules"));
    size = (size_t)sprintf(text, "allow any");
    for (unsigned i = 0; i < 70; i++) {
        size += (size_t)sprintf(text + size, " a b");
    }
    assert_null(policy_parse("test", text, size, &names, &error, reason));
    assert_non_null(strstr(reason, "more than 64 words"));
}

/* ---- mutations: whatever the bytes are, it parses or says why ---- */

static const char seed_text[] = "# policy\n"
                                "deny user ada gid 3-9\n"
                                "allow self role operator sees all\n"
                                "allow uid 0-99 group video class compositor weight 500\n"
                                "allow gid 5 sessions 4 bytes 1M:2G user-buffers none fds 16:32\n"
                                "allow any class background in_flight 2:4\n";

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static size_t mutate(char *text, size_t size, uint32_t *seed)
{
    static const char bytes[] = " \n\t#:-0179KMGaz\r";
    size_t at = next_random(seed) % size;
    size_t length = next_random(seed) % (size - at) % 12;
    switch (next_random(seed) % 4) {
    case 0:
        text[at] = bytes[next_random(seed) % (sizeof(bytes) - 1)];
        break;
    case 1:
        text[at] = (char)next_random(seed);
        break;
    case 2: /* a piece goes */
        memmove(text + at, text + at + length, size - at - length);
        return size - length > 0 ? size - length : 1;
    default: /* a piece comes from elsewhere */
        memmove(text + at, text + next_random(seed) % (size - length), length);
    }
    return size;
}

static void whatever_the_bytes_are(void **state)
{
    uint32_t seed = 1;
    unsigned parsed = 0;
    for (unsigned i = 0; i < 20000; i++) {
        char reason[POLICY_REASON_MAX];
        int error = 1;
        size_t size = sizeof(seed_text) - 1;
        char *text = malloc(size); /* no byte more: ASan sees who reads on */
        assert_non_null(text);
        memcpy(text, seed_text, size);
        for (unsigned n = next_random(&seed) % 6; n > 0; n--) {
            size = mutate(text, size, &seed);
        }
        struct policy *policy = policy_parse("test", text, size, &names, &error, reason);
        assert_true((policy != NULL) == (error == 0));
        assert_true((policy != NULL) == (reason[0] == '\0'));
        if (policy != NULL) {
            struct policy_grant grant = match(policy, seed % 1000, seed % 200, 44);
            assert_in_range(grant.weight, grant.connects ? 1 : 0, 10000);
            for (unsigned k = 0; k < LIMIT_KINDS; k++) {
                const struct limit *limit = &grant.limits.session[k];
                assert_true(limit->soft <= limit->hard || limit->soft == LIMIT_NONE);
            }
            parsed++;
        }
        policy_free(policy);
        free(text);
    }
    assert_in_range(parsed, 1000, 19000);
}

/* ---- files ---- */

static void write_text(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void files_that_others_may_write_are_refused(void **state)
{
    char path[] = "/tmp/gemd-policy-XXXXXX";
    char reason[POLICY_REASON_MAX];
    int error;
    close(mkstemp(path));
    write_text(path, "allow any\n", 0644);
    struct policy *policy = policy_load(path, &names, &error, reason);
    assert_non_null(policy);
    assert_string_equal(policy_source(policy), path);
    policy_free(policy);
    write_text(path, "allow any\n", 0646);
    assert_null(policy_load(path, &names, &error, reason));
    assert_non_null(strstr(reason, "others may write it"));
    assert_int_equal(error, -EPERM);
    write_text(path, "allow any\n", 0664);
    assert_null(policy_load(path, &names, &error, reason));
    if (geteuid() == 0) {
        write_text(path, "allow any\n", 0644);
        assert_int_equal(chown(path, 12345, 0), 0);
        assert_null(policy_load(path, &names, &error, reason));
        assert_non_null(strstr(reason, "neither root's nor ours"));
    }
    unlink(path);
    assert_null(policy_load(path, &names, &error, reason));
    assert_int_equal(error, -ENOENT);
    assert_null(policy_load("/tmp", &names, &error, reason));
    assert_non_null(strstr(reason, "not a file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_matches_counts),
        cmocka_unit_test(all_conditions_of_a_rule_must_hold),
        cmocka_unit_test(settings_are_taken),
        cmocka_unit_test(bans_are_settings),
        cmocka_unit_test(the_built_in_policy_is_what_was_before),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(whatever_the_bytes_are),
        cmocka_unit_test(files_that_others_may_write_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
