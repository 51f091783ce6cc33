/* SPDX-License-Identifier: MIT */
/* gemctl policy: reads a policy as the daemon would. Needs no daemon. */
#include "gemd/policy/policy.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/gemctl/command.h"

#define GROUPS_MAX 1024

/* NULL after one line on stderr. path: NULL for what the daemon takes by default. */
static struct policy *open_policy(const char *path, int *code)
{
    struct policy_names names = policy_system_names;
    char reason[POLICY_REASON_MAX];
    int error;
    names.self = geteuid();
    struct policy *policy = policy_open(path, &names, &error, reason);
    if (policy == NULL) {
        fprintf(stderr, "gemctl: %s\n", reason);
        *code = error == -EINVAL ? COMMAND_REFUSED : COMMAND_FAILED;
    }
    return policy;
}

static int check(const char *path)
{
    int code = COMMAND_DONE;
    struct policy *policy = open_policy(path, &code);
    if (policy != NULL) {
        printf("%s: %zu rules\n", policy_source(policy), policy_rule_count(policy));
        policy_free(policy);
    }
    return code;
}

/* A user by number or name, with the groups that the data base gives it. */
static bool find_peer(const char *user, struct policy_peer *peer, gid_t groups[GROUPS_MAX])
{
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(user, &end, 10);
    bool is_number = errno == 0 && end != user && *end == '\0' && number < UINT32_MAX;
    const struct passwd *entry = is_number ? getpwuid((uid_t)number) : getpwnam(user);
    if (entry == NULL && !is_number) {
        fprintf(stderr, "gemctl: there is no user \"%s\"\n", user);
        return false;
    }
    *peer = (struct policy_peer){.uid = (uid_t)number, .gid = (gid_t)-1, .groups = groups};
    if (entry != NULL) {
        int count = GROUPS_MAX;
        peer->uid = entry->pw_uid;
        peer->gid = entry->pw_gid;
        if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &count) >= 0) {
            peer->group_count = (size_t)count;
        }
    }
    return true;
}

static int show(const char *user, const char *path)
{
    static gid_t groups[GROUPS_MAX];
    struct policy_peer peer;
    struct policy_grant grant;
    char self[16];
    int code = COMMAND_DONE;
    snprintf(self, sizeof(self), "%u", (unsigned)getuid());
    if (!find_peer(user != NULL ? user : self, &peer, groups)) {
        return COMMAND_FAILED;
    }
    struct policy *policy = open_policy(path, &code);
    if (policy != NULL) {
        policy_match(policy, &peer, &grant);
        printf("policy: %s\nuid: %u\n", policy_source(policy), (unsigned)peer.uid);
        policy_print_grant(stdout, &grant);
        policy_free(policy);
    }
    return code;
}

int command_policy(const char *socket, int argc, char **argv)
{
    if (strcmp(argv[1], "check") == 0 && argc <= 3) {
        return check(argv[2]);
    }
    if (strcmp(argv[1], "show") == 0) {
        return show(argv[2], argc > 3 ? argv[3] : NULL);
    }
    fputs("usage: gemctl policy check [FILE]\n       gemctl policy show [USER [FILE]]\n", stderr);
    return COMMAND_MISUSED;
}
